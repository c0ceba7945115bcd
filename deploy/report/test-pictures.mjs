// Tests the commits of pictures with a repository of this machine and a client that draws one. test.mjs runs it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const scratch = mkdtempSync(join(tmpdir(), "badgesmith-pictures-"));
after(() => rmSync(scratch, { recursive: true }));
const main = join(fileURLToPath(new URL(".", import.meta.url)), "main.mjs");

/** A client that adds a line to the history, and draws its number; it fails if it is given a token. */
const CLIENT = `#!/bin/sh
case "$(env)" in *hush-token*) echo "badgesmith: it has the token" >&2; exit 1;; esac
for word in "$@"; do case "$word" in --out=*) out="\${word#--out=}";; esac; done
echo "$GITHUB_RUN_ID" >> "$out/history.json"
sort -u -o "$out/history.json" "$out/history.json"
wc -l < "$out/history.json" > "$out/tests.svg"
`;

/** A folder with a build, a repository to push to, and the variables of a job. */
function job() {
  const root = mkdtempSync(join(scratch, "j-"));
  const repository = join(root, "acme/tools.git");
  mkdirSync(join(root, "acme"));
  assert.equal(spawnSync("git", ["init", "--quiet", "--bare", repository]).status, 0);
  writeFileSync(join(root, "badgesmith"), CLIENT, { mode: 0o755 });
  writeFileSync(join(root, "TEST-a.xml"), "<testsuite><testcase/></testsuite>");
  writeFileSync(join(root, "event.json"), JSON.stringify({ repository: { default_branch: "main" } }));
  const env = {
    PATH: process.env.PATH,
    HOME: root,
    RUNNER_TEMP: root,
    GITHUB_OUTPUT: join(root, "outputs"),
    GITHUB_SERVER_URL: `file://${root}`,
    GITHUB_REPOSITORY: "acme/tools",
    GITHUB_EVENT_NAME: "push",
    GITHUB_EVENT_PATH: join(root, "event.json"),
    GITHUB_REF_NAME: "main",
    GITHUB_SHA: "c0ffee",
    GITHUB_RUN_ID: "1",
    INPUT_BINARY: join(root, "badgesmith"),
    INPUT_TOKEN: "hush-token",
    "INPUT_BADGES-BRANCH": "badges",
    "INPUT_FAIL-ON-ERROR": "true",
  };
  const show = (file) => spawnSync("git", ["-C", repository, "show", `badges:${file}`], { encoding: "utf8" }).stdout;
  const commits = () =>
    spawnSync("git", ["-C", repository, "rev-list", "--count", "badges"], { encoding: "utf8" }).stdout.trim();
  return { root, env, show, commits };
}

/** Runs the step; its exit code and what it prints. */
function step({ root, env }, further = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main], { cwd: root, env: { ...env, ...further } });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
    child.on("close", (code) => resolve({ code, said }));
  });
}

test("pictures are committed to their branch with the history, and nothing for the same run again", async () => {
  const build = job();
  for (const [run, history, commits] of [
    ["1", "1\n", "1"],
    ["2", "1\n2\n", "2"],
    ["2", "1\n2\n", "2"],
  ]) {
    const { code, said } = await step(build, { GITHUB_RUN_ID: run });
    assert.equal(code, 0, said);
    assert.deepEqual([build.show("history.json"), build.commits()], [history, commits], said);
    assert.ok(said.includes(`/acme/tools/raw/badges/tests.svg)`), said);
  }
  assert.match(readFileSync(build.env.GITHUB_OUTPUT, "utf8"), /pictures<<[\s\S]*status<<[^\n]*\nrecorded\n/);
});

test("jobs that push at the same time lose no result", async () => {
  const build = job();
  const steps = await Promise.all(["1", "2", "3"].map((run) => step(build, { GITHUB_RUN_ID: run })));
  for (const { code, said } of steps) assert.equal(code, 0, said);
  assert.deepEqual(
    [build.show("history.json"), build.show("tests.svg").trim(), build.commits()],
    ["1\n2\n3\n", "3", "3"],
  );
});

test("builds of pull requests and of other branches commit nothing", async () => {
  const build = job();
  for (const further of [
    { GITHUB_EVENT_NAME: "pull_request" },
    { GITHUB_EVENT_NAME: "pull_request_target" },
    { GITHUB_EVENT_NAME: "workflow_run" },
    { GITHUB_REF_NAME: "topic" },
  ]) {
    const { code, said } = await step(build, further);
    assert.ok(code === 0 && said.includes("no pictures are committed, because"), said);
    assert.equal(build.show("history.json"), "");
  }
  const { code, said } = await step(build, { GITHUB_REF_NAME: "topic", "INPUT_BADGES-OF": "topic" });
  assert.ok(code === 0 && build.show("history.json") === "1\n", said);
});

test("the branch of the code and what is no branch are refused, and a token is printed masked only", async () => {
  const build = job();
  for (const branch of ["main", "-x", "a..b", "a b", "x.lock"]) {
    const { code, said } = await step(build, { "INPUT_BADGES-BRANCH": branch });
    assert.ok(code === 1 && said.includes("badges-branch must be"), said);
  }
  const { code, said } = await step(build, { GITHUB_SERVER_URL: `file://${build.root}/nowhere` });
  assert.ok(code === 1 && said.includes("git ls-remote fails"), said);
  const unmasked = said
    .split("\n")
    .filter((line) => !line.startsWith("::add-mask::"))
    .join("\n");
  assert.ok(!unmasked.includes("hush-token"), unmasked);
});
