// Downloads the client of a release, checks its sum, and unpacks it. Nothing of it stays after the job.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { input } from "./facts.mjs";
import { isFile } from "./files.mjs";
import { Failure, annotate, log } from "./runner.mjs";

/** The version of the client that belongs to this action. */
export const VERSION = "0.1.0";
/** The parts of the names of archives, by system and processor as node names them. */
const TARGETS = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
};
/** The largest download, in bytes: several times an archive of the client. */
const LARGEST = 64 * 1024 * 1024;
/** The timeout of one attempt, in milliseconds. */
const TIMEOUT = 60_000;
/** How often a download is tried. */
const ATTEMPTS = 3;

/** There is no such file in the release, or no such release. */
class Missing extends Failure {}

/**
 * The path of the client of the release, or undefined if there is none for this system and the step does not require
 * one. A wrong checksum is always a failure.
 */
export async function installClient(env, { system = process.platform, processor = process.arch } = {}) {
  const asked = input(env, "version");
  if (asked === "none") return undefined;
  const base = releases(env);
  const target = TARGETS[`${system}-${processor}`];
  if (!base || !target) {
    if (asked)
      throw new Failure(
        `version: there is no client of a release for ${base ? `${system} on ${processor}` : "an action of this repository itself"}; set \`binary\``,
      );
    return undefined;
  }
  const version = (asked || VERSION).replace(/^v/, "");
  if (!/^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.-]+)?$/.test(version))
    throw new Failure("version must be a version such as 0.1.0, or none");
  try {
    return await install({ env, base, version, target, system });
  } catch (fault) {
    if (!(fault instanceof Missing) || asked) throw fault;
    annotate("notice", `${fault.message}; without the client a script reads JUnit XML and TRX`);
    return undefined;
  }
}

async function install({ env, base, version, target, system }) {
  const name = `badgesmith-client-${version}-${target}`;
  const archive = name + (system === "win32" ? ".zip" : ".tar.gz");
  const folder = `${base}/v${version}`;
  const sum =
    input(env, "sha256").toLowerCase() || sumOf(archive, (await download(`${folder}/SHA256SUMS`)).toString("utf8"));
  if (!/^[0-9a-f]{64}$/.test(sum)) throw new Failure("sha256 must be the 64 hex digits of the archive's checksum");
  const bytes = await download(`${folder}/${archive}`);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sum) throw new Failure(`${archive} has the checksum ${found} and not ${sum}; it is not used`);
  const place = mkdtempSync(join(env.RUNNER_TEMP || tmpdir(), "badgesmith-"));
  const file = join(place, archive);
  writeFileSync(file, bytes);
  // Windows' own tar reads both kinds of archives; another tar in PATH may not.
  const tar = system === "win32" ? join(env.SystemRoot ?? "C:\\Windows", "System32", "tar.exe") : "tar";
  const { status, error, stderr } = spawnSync(tar, ["-xf", file, "-C", place], { encoding: "utf8", shell: false });
  if (error || status !== 0) throw new Failure(`${archive} cannot be unpacked: ${error?.message ?? stderr.trim()}`);
  const client = join(place, name, system === "win32" ? "badgesmith.exe" : "badgesmith");
  if (!isFile(client)) throw new Failure(`${archive} has no client in it`);
  log(`the client ${version} of ${base}, ${target}`);
  return client;
}

/** The address of the releases of this action's repository; empty if the action is in the workflow's own repository. */
function releases(env) {
  const given = env.BADGESMITH_RELEASES;
  if (!given && !/^[\w.-]+\/[\w.-]+$/.test(env.GITHUB_ACTION_REPOSITORY ?? "")) return "";
  const base =
    given || `${env.GITHUB_SERVER_URL || "https://github.com"}/${env.GITHUB_ACTION_REPOSITORY}/releases/download`;
  const { protocol, hostname } = new URL(base);
  if (protocol !== "https:" && !["127.0.0.1", "localhost", "[::1]"].includes(hostname)) {
    throw new Failure("the releases must have an https:// address");
  }
  return base.replace(/\/+$/, "");
}

/** The checksum of a file in a list as sha256sum writes it. */
function sumOf(name, list) {
  const line = list
    .split(/\r?\n/)
    .map((line) => /^([0-9a-fA-F]{64}) [ *](.+)$/.exec(line))
    .find((line) => line?.[2] === name);
  if (!line) throw new Missing(`SHA256SUMS of the release has no ${name}`);
  return line[1].toLowerCase();
}

/** The bytes at an address. Transient faults are retried. */
async function download(address) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT) });
      if (answer.status === 404) throw new Missing(`there is no ${address}`);
      if (!answer.ok) throw new Error(`it answers ${answer.status}`);
      return await read(answer, address);
    } catch (fault) {
      if (fault instanceof Failure) throw fault;
      if (attempt === ATTEMPTS)
        throw new Failure(`${address} cannot be read: ${fault.cause?.message ?? fault.message}`);
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
    }
  }
}

async function read(answer, address) {
  const chunks = [];
  let length = 0;
  for await (const chunk of answer.body) {
    length += chunk.length;
    if (length > LARGEST) throw new Failure(`${address} is larger than ${LARGEST} bytes; it is not used`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
