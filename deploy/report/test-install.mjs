// Tests the download of the client from a release on loopback. test.mjs runs it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { VERSION, installClient } from "./install.mjs";

const scratch = mkdtempSync(join(tmpdir(), "badgesmith-install-"));
const LINUX = { system: "linux", processor: "x64" };
const ARCHIVE = `badgesmith-client-${VERSION}-x86_64-unknown-linux-gnu.tar.gz`;

/** A release on loopback, which has these files. */
async function release(files) {
  const asked = [];
  const server = createServer((request, answer) => {
    asked.push(request.url);
    const file = files[request.url];
    answer.writeHead(file ? 200 : 404).end(file ?? "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  const env = {
    BADGESMITH_RELEASES: `http://127.0.0.1:${server.address().port}/download`,
    RUNNER_TEMP: mkdtempSync(join(scratch, "t-")),
  };
  return { env, asked };
}

/** An archive with a client that says its name. */
function archive() {
  const place = mkdtempSync(join(scratch, "a-"));
  const name = ARCHIVE.replace(".tar.gz", "");
  mkdirSync(join(place, name));
  writeFileSync(join(place, name, "badgesmith"), "#!/bin/sh\necho a client\n", { mode: 0o755 });
  assert.equal(spawnSync("tar", ["-czf", join(place, ARCHIVE), "-C", place, name]).status, 0);
  return readFileSync(join(place, ARCHIVE));
}

const bytes = archive();
const sum = createHash("sha256").update(bytes).digest("hex");
const at = (name, version = VERSION) => `/download/v${version}/${name}`;
after(() => rmSync(scratch, { recursive: true }));

test("the client of the action's own version is downloaded, checked and can be run", async () => {
  const { env, asked } = await release({
    [at("SHA256SUMS")]: `${"0".repeat(64)}  other.zip\n${sum}  ${ARCHIVE}\n`,
    [at(ARCHIVE)]: bytes,
  });
  const client = await installClient(env, LINUX);
  assert.equal(basename(client), "badgesmith");
  assert.equal(spawnSync(client, { encoding: "utf8" }).stdout, "a client\n");
  assert.deepEqual(asked, [at("SHA256SUMS"), at(ARCHIVE)]);
});

test("an archive with another checksum is not unpacked", async () => {
  const wrong = `${"a".repeat(64)}  ${ARCHIVE}\n`;
  const { env } = await release({ [at("SHA256SUMS")]: wrong, [at(ARCHIVE)]: bytes });
  await assert.rejects(installClient(env, LINUX), /has the checksum .* and not a{64}; it is not used/);
  assert.deepEqual(readdirSync(env.RUNNER_TEMP), []);
  const pinned = { ...env, INPUT_SHA256: "b".repeat(64) };
  await assert.rejects(installClient(pinned, LINUX), /and not b{64}/);
  assert.ok(await installClient({ ...env, INPUT_SHA256: sum.toUpperCase() }, LINUX));
});

test("without a release there is no client, unless the step asks for a version", async () => {
  const { env, asked } = await release({});
  assert.equal(await installClient(env, LINUX), undefined);
  assert.equal(await installClient({ ...env, INPUT_VERSION: "none" }, LINUX), undefined);
  assert.equal(await installClient(env, { system: "sunos", processor: "x64" }), undefined);
  assert.equal(await installClient({ GITHUB_ACTION_REPOSITORY: "" }, LINUX), undefined);
  await assert.rejects(
    installClient({ ...env, INPUT_VERSION: "v9.9.9" }, LINUX),
    /there is no .*\/v9\.9\.9\/SHA256SUMS/,
  );
  await assert.rejects(installClient({ ...env, INPUT_VERSION: "../x" }, LINUX), /version must be/);
  await assert.rejects(
    installClient({ ...env, INPUT_VERSION: VERSION }, { system: "sunos", processor: "x64" }),
    /set `binary`/,
  );
  assert.deepEqual(asked, [at("SHA256SUMS"), at("SHA256SUMS", "9.9.9")]);
});

test("a release that is not encrypted on the way is refused", async () => {
  await assert.rejects(installClient({ BADGESMITH_RELEASES: "http://releases.example" }, LINUX), /https:/);
});

test("each system has its own archive", async () => {
  const { env, asked } = await release({});
  for (const [system, processor] of [
    ["win32", "x64"],
    ["darwin", "arm64"],
    ["darwin", "x64"],
    ["linux", "arm64"],
  ]) {
    await installClient({ ...env, INPUT_SHA256: sum }, { system, processor });
  }
  const targets = [
    "x86_64-pc-windows-msvc.zip",
    "aarch64-apple-darwin.tar.gz",
    "x86_64-apple-darwin.tar.gz",
    "aarch64-unknown-linux-gnu.tar.gz",
  ];
  assert.deepEqual(
    asked,
    targets.map((target) => at(`badgesmith-client-${VERSION}-${target}`)),
  );
});

test("the version is that of the workspace", () => {
  const manifest = readFileSync(join(fileURLToPath(new URL(".", import.meta.url)), "../../Cargo.toml"), "utf8");
  assert.equal(/^\[workspace\.package\]\nversion = "(.+)"$/m.exec(manifest)[1], VERSION);
});
