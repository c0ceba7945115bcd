// Tests the action without a network: `node test.mjs`. deploy/cli/tests/action.rs tests it with a server.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import "./test-counts.mjs";
import "./test-install.mjs";
import "./test-pictures.mjs";
import { badgeMarkdown, failsOnError, readFacts, readPatience } from "./facts.mjs";
import { find, search } from "./files.mjs";
import { escapeCommand, escapeMarkdown } from "./runner.mjs";
import { send } from "./send.mjs";
import { decodeFully, encodeSegment, sign, signedHeaders, stringToSign } from "./sign.mjs";
import { sum } from "./sum.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const text = (name) => readFileSync(join(here, name), "utf8");
const scratch = mkdtempSync(join(tmpdir(), "badgesmith-report-"));
after(() => rmSync(scratch, { recursive: true }));

/** A folder with these files. */
function folder(files) {
  const root = mkdtempSync(join(scratch, "f-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

/** Calls `act` with the folder as working directory. */
function within(root, act) {
  const before = process.cwd();
  process.chdir(root);
  try {
    return act();
  } finally {
    process.chdir(before);
  }
}

const { vectors } = JSON.parse(text("vectors.json"));
test("there are vectors", () => assert.ok(vectors.length >= 10));
for (const vector of vectors) {
  test(`the vector "${vector.name}" has its string and its signature`, () => {
    assert.equal(stringToSign(vector), vector.string_to_sign);
    assert.equal(sign(vector.secret, vector), vector.signature);
    assert.equal(sign(vector.secret, { ...vector, body: Buffer.from(vector.body) }), vector.signature);
  });
}

test("every attempt has its own nonce and the time in UTC", () => {
  const [one, two] = [signedHeaders("s", "/a", "{}"), signedHeaders("s", "/a", "{}")];
  assert.notEqual(one["X-Nonce"], two["X-Nonce"]);
  assert.match(one["X-Timestamp"], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const request = { timestamp: one["X-Timestamp"], nonce: one["X-Nonce"], method: "POST", path: "/a", body: "{}" };
  assert.equal(one["X-Signature"], sign("s", request));
});

test("a branch is encoded part by part, and decodes to itself", () => {
  for (const [branch, encoded] of [
    ["main", "main"],
    ["feature/x", "feature/x"],
    ["fix#42", "fix%2342"],
    ["100%", "100%25"],
    ["a b", "a%20b"],
    ["c++", "c%2B%2B"],
    ["🚀/grüße", "%F0%9F%9A%80/gr%C3%BC%C3%9Fe"],
    ["a?b&c=d", "a%3Fb%26c%3Dd"],
    ["it's(1)!*", "it%27s%281%29%21%2A"],
    ["back\\slash", "back%5Cslash"],
    ["-._~", "-._~"],
    ['a"; curl x | sh; #', "a%22%3B%20curl%20x%20%7C%20sh%3B%20%23"],
    ["$(id)`id`", "%24%28id%29%60id%60"],
  ]) {
    const path = branch.split("/").map(encodeSegment).join("/");
    assert.equal(path, encoded);
    assert.equal(decodeFully(path), branch);
    // URL parsers do not change it, so the signed path equals the path that is sent.
    assert.equal(new URL(`https://x/${path}`).pathname, `/${path}`);
  }
  assert.equal(decodeFully("%zz%2"), "%zz%2");
  assert.equal(decodeFully("%ff"), "\ufffd");
  assert.equal(decodeFully("feature%25252fx"), "feature/x");
});

test("files are found by name, by pattern and in directories, each once", () => {
  const root = folder({
    "TEST-a.xml": "", "a/b/TEST-b.xml": "", "a/b/c/run.trx": "", "a/x[1].xml": "", "a/notes.txt": "",
    "node_modules/m/TEST-m.xml": "", ".git/TEST-g.xml": "", "-dash.xml": "", "out/junit.xml": "", "out/deep/my-junit.xml": "",
  });
  symlinkSync("..", join(root, "a/circle"));
  symlinkSync("loop.xml", join(root, "junit-loop.xml"));
  symlinkSync("junit-loop.xml", join(root, "loop.xml"));
  within(root, () => {
    for (const [names, files, directories = []] of [
      [[], ["TEST-a.xml", "a/b/TEST-b.xml", "a/b/c/run.trx", "out/deep/my-junit.xml", "out/junit.xml"]],
      [["**/TEST-*.xml"], ["TEST-a.xml", "a/b/TEST-b.xml"]],
      [["a/**/*.xml"], ["a/b/TEST-b.xml", "a/x[1].xml"]],
      [["a/x[1].xml"], ["a/x[1].xml"]],
      [["**/**/run.t?x"], ["a/b/c/run.trx"]],
      [["?/[!c]/*.xml"], ["a/b/TEST-b.xml"]],
      [["TEST-[a-c].xml", "./TEST-a.xml", "*.xml"], ["-dash.xml", "TEST-a.xml"]],
      [["a", "TEST-a.xml"], ["TEST-a.xml"], ["a"]],
      [[join(root, "*", "junit.xml")], [join(root, "out/junit.xml")]],
    ]) {
      const found = find(names);
      assert.deepEqual([found.files, found.directories], [files, directories], names.join(" "));
    }
    for (const [names, words] of [
      [["gone.xml"], "gone.xml: there is no such file"],
      [["*.tap"], "*.tap: no file fits; did the tests run?"],
      [["[z-a]"], "its brackets name no range"],
      [["junit-loop.xml"], "there is no such file"],
    ]) {
      assert.throws(() => find(names), (fault) => fault.message.includes(words));
    }
    assert.deepEqual(search("a", ["xml", "trx"]), ["a/b/TEST-b.xml", "a/b/c/run.trx", "a/x[1].xml"]);
  });
  within(folder({ "readme.md": "" }), () => assert.throws(() => find([]), /no file fits .*Say in `files`/));
});

const RUN = {
  INPUT_SERVER: "https://badges.example/", GITHUB_REPOSITORY: "acme/shop", GITHUB_REF_NAME: "main", GITHUB_SHA: "c0ffee",
  GITHUB_RUN_ID: "7", GITHUB_RUN_ATTEMPT: "2", GITHUB_SERVER_URL: "https://github.com", RUNNER_OS: "macOS",
};

test("the variables of the runner stand in for empty inputs", () => {
  const event = join(folder({ "e.json": '{"pull_request":{"number":12,"head":{"repo":{"full_name":"mallory/shop"}}}}' }), "e.json");
  const page = "https://github.com/acme/shop/actions/runs/7";
  for (const [env, expected] of [
    [{}, { badgePath: "macos/acme/shop/main", commit: "c0ffee", runId: "7", runAttempt: "2", htmlUrl: `${page}/attempts/2`, runUrl: page }],
    [{ GITHUB_REF_NAME: "v1.0" }, { branch: "v1.0" }],
    [{ GITHUB_HEAD_REF: "fix/a", GITHUB_REF_NAME: "12/merge" }, { branch: "fix/a" }],
    // The branch `main` of a fork must not count as the repository's own `main`.
    [{ GITHUB_HEAD_REF: "main", GITHUB_REF_NAME: "12/merge", GITHUB_EVENT_PATH: event }, { branch: "pull/12" }],
    [{ GITHUB_HEAD_REF: "fix", GITHUB_REPOSITORY: "Mallory/Shop", GITHUB_EVENT_PATH: event }, { branch: "fix" }],
    [{ INPUT_BRANCH: " dev ", INPUT_PLATFORM: "linux arm", INPUT_OWNER: "o", INPUT_REPO: "r" }, { badgePath: "linux%20arm/o/r/dev" }],
    [{ "INPUT_RUN-ID": "n1" }, { runId: "n1", runAttempt: "", htmlUrl: `${page}/attempts/2` }],
    [{ "INPUT_HTML-URL": "https://x/1", "INPUT_RUN-URL": "https://x/2" }, { htmlUrl: "https://x/1", runUrl: "https://x/2" }],
    [{ INPUT_SERVER: "http://127.0.0.1:8080/badges/?a#b" }, { server: "http://127.0.0.1:8080/badges" }],
    [{ INPUT_SERVER: "http://[::1]:1" }, { server: "http://[::1]:1" }],
    [{ GITHUB_EVENT_NAME: "workflow_run", INPUT_BRANCH: "b", INPUT_COMMIT: "c" }, { branch: "b", commit: "c" }],
  ]) {
    const facts = readFacts({ ...RUN, ...env });
    for (const [name, value] of Object.entries(expected)) assert.equal(facts[name], value, name);
  }
  const pull = { ...RUN, GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/12/merge", GITHUB_HEAD_REF: "mend" };
  assert.equal(readFacts(pull).branch, "mend");
  assert.equal(readFacts(pull, { isProvenByToken: true }).branch, "pull/12");
  assert.equal(readFacts({ ...pull, INPUT_BRANCH: "x" }, { isProvenByToken: true }).branch, "x");
  assert.equal(readFacts({ ...RUN, INPUT_PART: "web" }).badgePath, "web/acme/shop/main");
  for (const [env, words] of [
    [{ GITHUB_EVENT_NAME: "workflow_run" }, "says branch, commit;"],
    [{ GITHUB_EVENT_NAME: "pull_request_target", GITHUB_HEAD_REF: "x" }, "says branch, commit;"],
    [{ GITHUB_REPOSITORY: "", GITHUB_RUN_ID: "" }, "says owner, repo, run-id, html-url;"],
    [{ INPUT_SERVER: "" }, "server must be"],
    [{ INPUT_SERVER: "http://badges.example" }, "https://"],
    [{ INPUT_SERVER: "http://127.0.0.1.evil.example" }, "https://"],
    [{ INPUT_SERVER: "https://me:pw@badges.example" }, "no user or password"],
    [{ INPUT_BRANCH: "a/../b" }, "must not be empty"],
    [{ INPUT_BRANCH: "a//b" }, "must not be empty"],
    [{ INPUT_PLATFORM: "a/b" }, "must hold no slash"],
    [{ INPUT_REPO: "a%41" }, "must hold no slash"],
    [{ "INPUT_RUN-ATTEMPT": "0" }, "run-attempt must be"],
  ]) {
    assert.throws(() => readFacts({ ...RUN, ...env }), (fault) => fault.message.includes(words), words);
  }
  assert.deepEqual(["", "5", "90s", "2m", "0"].map((text) => readPatience({ INPUT_PATIENCE: text })), [30, 5, 90, 120, 0]);
  for (const text of ["soon", "-1", "2h", "3601"]) assert.throws(() => readPatience({ INPUT_PATIENCE: text }), /patience must be/);
  assert.equal(failsOnError({ "INPUT_FAIL-ON-ERROR": "True" }), true);
  assert.equal(failsOnError({}), false);
  assert.throws(() => failsOnError({ "INPUT_FAIL-ON-ERROR": "yes" }), /must be true or false/);
});

test("a badge's Markdown cannot be broken out of", () => {
  const facts = readFacts({ ...RUN, INPUT_BRANCH: "a](x) <script>" });
  assert.match(badgeMarkdown(facts), /^\[!\[tests\]\(https:[\w/.%-]+\)\]\(https:[\w/.%-]+\)$/);
});

test("no value can end a command or begin another one", () => {
  assert.equal(escapeCommand("50%\r\n::error::x"), "50%25%0D%0A::error::x");
  assert.equal(escapeMarkdown("<a>`*"), "&#60;a&#62;&#96;&#42;");
});

/** Sends to a server with these answers, and returns the requests and the pauses. */
async function exchange(answers, patience = 30) {
  const requests = [];
  const pauses = [];
  let time = 0;
  const world = {
    now: () => time,
    async fetch(url, request) {
      requests.push({ url, ...request });
      const answer = answers[requests.length - 1] ?? answers.at(-1);
      if (typeof answer === "string") throw Object.assign(new TypeError("fetch failed"), { cause: { code: answer } });
      const [status, headers, body] = answer;
      return new Response(body, { status, headers });
    },
    async wait(pause) {
      pauses.push(pause);
      time += pause;
    },
  };
  const letter = { server: "https://b.example/p", path: "/tests/results/x", body: "{}", secret: "s", patience };
  const words = await send(letter, world).then(
    () => "recorded",
    (fault) => fault.message,
  );
  return { words, requests, pauses };
}

test("a fault is retried with a new signature, and a conflict after an unanswered attempt is a success", async () => {
  const limited = (seconds) => [429, { "Retry-After": seconds }];
  const refusal = '{"message":"no\\u001b","error_details":[{"error_code":"INVALID_TEST_PAYLOAD","property_name":"total"}]}';
  for (const [answers, expected, tries, patience] of [
    [[[201]], "recorded", 1],
    [[[503], "ECONNRESET", [201]], "recorded", 3],
    [["ECONNRESET", [409]], "recorded", 2],
    [[[500], [409]], "recorded", 2],
    [["ECONNREFUSED", [409]], "another job of this run", 2],
    [[limited("1"), [409]], "another job of this run", 2],
    [[[409]], "tell them apart by `platform` or `part`", 1],
    [[[413]], "answers 413", 1],
    [["ECONNREFUSED"], "https://b.example cannot be reached (ECONNREFUSED)", 1, 0],
    [[[502], [502], [201]], "recorded", 3],
    [[limited("31")], "asks to wait 31 seconds, which is longer than `patience`", 1],
    [[[401]], "is it the secret", 1],
    [[[404]], "is `server` the address of a badge server?", 1],
    [[[302, { Location: "https://x" }]], "the address it moved to", 1],
    [[[400, {}, refusal]], "answers 400: no (INVALID_TEST_PAYLOAD total)", 1],
    [[[400, {}, "x".repeat(100_000)]], "answers 400", 1],
  ]) {
    const { words, requests, pauses } = await exchange(answers, patience);
    assert.ok(words.includes(expected), words);
    assert.equal(requests.length, tries, words);
    assert.equal(new Set(requests.map(({ headers }) => headers["X-Nonce"])).size, tries);
    assert.equal(requests[0].url, "https://b.example/p/tests/results/x");
    assert.equal(requests[0].redirect, "manual");
    assert.equal(pauses.length, tries - 1);
  }
  const { pauses, words } = await exchange([[500]]);
  pauses.slice(0, 5).forEach((pause, retry) => assert.ok(pause >= 100 * 2 ** retry && pause <= 200 * 2 ** retry, `${pause}`));
  // The last attempt begins at the very end.
  assert.equal(Math.round(pauses.reduce((sum, pause) => sum + pause)), 30_000);
  assert.ok(pauses.length < 25 && pauses.every((pause) => pause <= 4000), pauses.join(" "));
  assert.match(words, /^the report of tests was not recorded: .* answers 500, \d+ times within the 30 seconds of `patience`$/);
  assert.deepEqual((await exchange([limited("7"), [201]])).pauses, [7000]);
});

test("a connection that broke may have delivered the report, one that was refused has not", async () => {
  const letter = { path: "/x", body: "{}", secret: "s", patience: 30 };
  let time = 0;
  const world = { fetch, now: () => time, wait: async (pause) => void (time += pause) };
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    if (calls === 1) return void request.socket.destroy();
    response.writeHead(409, { "Content-Type": "application/json", Connection: "close" }).end("{}");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const address = `http://127.0.0.1:${server.address().port}`;
  await send({ ...letter, server: address }, world);
  assert.equal(calls, 2);
  await assert.rejects(send({ ...letter, server: address }, world), /answers 409/);
  await new Promise((closed) => server.close(closed));
  await assert.rejects(send({ ...letter, server: address }, world), /cannot be reached \(ECONNREFUSED\), \d+ times within/);
});

/** Runs the step as the runner does. */
function step(root, env) {
  const [outputs, summary] = [join(root, ".outputs"), join(root, ".summary")];
  for (const file of [outputs, summary]) writeFileSync(file, "");
  const path = { PATH: dirname(process.execPath), GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(here, "main.mjs")], {
    cwd: root, env: { ...RUN, ...path, ...env }, encoding: "utf8",
  });
  assert.equal(stderr, "");
  return { status, stdout, outputs: readFileSync(outputs, "utf8"), summary: readFileSync(summary, "utf8") };
}

test("a pull request of a fork or of Dependabot sends nothing, and the step says so and passes", () => {
  const event = (name) => ({ "e.json": JSON.stringify({ pull_request: { number: 12, head: { repo: { full_name: name } } } }) });
  for (const [name, actor] of [["mallory/shop", "mallory"], ["acme/shop", "dependabot[bot]"]]) {
    const root = folder(event(name));
    const pull = { GITHUB_EVENT_NAME: "pull_request", GITHUB_EVENT_PATH: join(root, "e.json"), GITHUB_ACTOR: actor };
    const { status, stdout, outputs } = step(root, { ...pull, INPUT_SECRET: "\n", "INPUT_FAIL-ON-ERROR": "true" });
    assert.equal(status, 0);
    assert.match(stdout, /^::notice title=BadgeSmith::nothing is sent, because GitHub gives pull requests of forks/);
    assert.match(outputs, /^status<<(\S+)\nskipped\n\1\n$/);
  }
});

test("without a secret the job needs a permission, and the client", () => {
  const asking = { ACTIONS_ID_TOKEN_REQUEST_URL: "https://t.example/", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "hush" };
  const root = folder({ "junit.xml": "<testsuite><testcase/></testsuite>" });
  for (const [env, words] of [
    [{}, "nothing was sent: without `secret` the job must be allowed to ask GitHub for an ID token; write `permissions: id-token: write`"],
    [asking, "nothing was sent: without `secret` a report is sent by the badgesmith client only; install it, or set `binary`"],
    [{ INPUT_SECRET: "s", INPUT_VALUES: "size=1" }, "nothing was sent: values are sent by the badgesmith client only; install it, or set `binary`"],
  ]) {
    for (const [setting, level, code] of [["false", "warning", 0], ["true", "error", 1]]) {
      const { status, stdout, outputs } = step(root, { ...env, "INPUT_FAIL-ON-ERROR": setting });
      assert.equal(status, code, stdout);
      assert.ok(stdout.includes(`::${level} title=BadgeSmith::${words}\n`), stdout);
      assert.match(outputs, /failed/);
    }
  }
});

test("a failure is always seen, and fails the step where it was asked to", () => {
  const root = folder({ "a.tap": "1..1\nok 1\n", "b.xml": "<testsuite><testcase></testsuite>" });
  for (const [setting, level, code] of [["false", "warning", 0], ["true", "error", 1], ["maybe", "error", 1]]) {
    const { status, stdout, outputs, summary } = step(root, { INPUT_SECRET: "hush", INPUT_FILES: "a.tap\nb.xml", "INPUT_FAIL-ON-ERROR": setting });
    assert.equal(status, code, stdout);
    assert.match(stdout, new RegExp(`^::${level} title=BadgeSmith::nothing was sent: `, "m"));
    if (setting !== "maybe") assert.match(stdout, /a\.tap: a kind of report that only the badgesmith client reads.*%0Ab\.xml: not well-formed XML/);
    assert.match(outputs, /failed/);
    assert.match(summary, /nothing was sent/);
  }
});

test("the client gets each value as one argument, the secret in its environment, and no input", { skip: process.platform === "win32" }, () => {
  const client = `#!${process.execPath}
const inputs = Object.keys(process.env).filter((name) => name.startsWith("INPUT_"));
require("fs").writeFileSync("called.json", JSON.stringify({ line: process.argv.slice(2), secret: process.env.BADGESMITH_SECRET, inputs,
  token: process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN ?? "none" }));
process.stderr.write("badgesmith: a.tap: 9 tests were planned\\n");
process.stdout.write("3 passed, 1 failed, 2 skipped in 1 file(s), recorded for acme/shop, main on linux\\n[![tests]...\\n");
process.exit(Number(process.env.CODE ?? 0));
`;
  const root = folder({ "bin/badgesmith": client, "-a.tap": "", "$(touch x).tap": "" });
  chmodSync(join(root, "bin/badgesmith"), 0o755);
  const branch = 'a"; touch pwned; #';
  const env = { INPUT_SECRET: "hush\n", INPUT_FILES: "*.tap", INPUT_BRANCH: branch, INPUT_PLATFORM: "linux", PATH: join(root, "bin"), ACTIONS_ID_TOKEN_REQUEST_URL: "https://t.example/", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "ask" };
  for (const more of [{}, { PATH: "", INPUT_BINARY: "bin/badgesmith" }]) {
    const { status, stdout, outputs, summary } = step(root, { ...env, ...more });
    assert.equal(status, 0, stdout);
    const { line, secret, inputs, token } = JSON.parse(readFileSync(join(root, "called.json"), "utf8"));
    const page = "https://github.com/acme/shop/actions/runs/7";
    assert.deepEqual(line, [
      "report", "$(touch x).tap", "./-a.tap", "--skip-others", "--server=https://badges.example", "--owner=acme", "--repo=shop",
      `--branch=${branch}`, "--platform=linux", "--commit=c0ffee", "--run-id=7", "--run-attempt=2", `--html-url=${page}/attempts/2`, `--run-url=${page}`, "--patience=30s",
    ]);
    assert.deepEqual([secret, token], ["hush", "none"]);
    assert.deepEqual(inputs, []);
    assert.match(stdout, /^::add-mask::hush\n::warning title=BadgeSmith::a\.tap: 9 tests were planned\nbadgesmith: 3 passed/);
    assert.match(outputs, /^passed<<(\S+)\n3\n\1\nfailed<<\1\n1\n\1\nskipped<<\1\n2\n\1\ntotal<<\1\n6\n\1$/m);
    assert.ok(summary.includes("| 3 | 1 | 2 | 6 |") && !summary.includes("touch pwned"), summary);
  }
  const { status, stdout } = step(root, { ...env, CODE: "1" });
  assert.equal(status, 0);
  assert.match(stdout, /^::warning title=BadgeSmith::a\.tap: 9 tests were planned$/m);
  // Without a secret the client proves the origin by a token, for the branch that a pull request's token is good for.
  const pull = { GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/12/merge", GITHUB_HEAD_REF: "mend" };
  step(root, { ...env, ...pull, INPUT_SECRET: "", INPUT_BRANCH: "", INPUT_VALUES: "size=1\nwarnings=2", INPUT_PART: "web", INPUT_PLATFORM: "", INPUT_PATIENCE: "2m" });
  const called = JSON.parse(readFileSync(join(root, "called.json"), "utf8"));
  assert.deepEqual([called.secret, called.token], ["", "ask"]);
  for (const flag of ["--oidc", "--branch=pull/12", "--platform=web", "--part=web", "--value=size=1", "--value=warnings=2", "--patience=120s"]) {
    assert.ok(called.line.includes(flag), `${flag}: ${called.line}`);
  }
  assert.match(step(root, { ...env, INPUT_BINARY: "gone" }).stdout, /binary: there is no file gone/);
});

test("strangers that a pattern found are passed over and named, one that was named is refused", () => {
  const root = folder({ "junit-a.xml": "<testsuite><testcase/></testsuite>", "junit-config.xml": "<config/>", "junit-none.xml": "<testsuite/>" });
  within(root, () => {
    const lines = [];
    const { write } = process.stdout;
    process.stdout.write = (line) => lines.push(line) > 0;
    try {
      assert.deepEqual(sum(find([])).passed, 1);
      assert.throws(() => sum(find(["junit-config.xml", "*.xml"])), /junit-config\.xml: it is XML with the root <config>/);
      assert.throws(() => sum(find(["junit-none.xml"])), /the 1 report\(s\) have no tests; did they run\?/);
      assert.equal(sum(find(["junit-none.xml"]), { allowsEmpty: true }).passed, 0);
    } finally {
      process.stdout.write = write;
    }
    assert.deepEqual(lines, ["::notice title=BadgeSmith::passed over, because they are no reports of tests: junit-config.xml\n"]);
  });
});

test("nothing is pasted into a script, and what the code reads is what is declared", () => {
  const action = text("action.yml");
  // The default of an input is not part of a script.
  assert.ok(!action.replace("default: ${{ github.token }}", "").includes("${{"), "action.yml interpolates");
  assert.match(action, /^runs:\n {2}using: node24\n {2}main: main\.mjs\n$/m);
  const declared = /^inputs:\n([\s\S]*?)^outputs:/m.exec(action)[1].match(/^ {2}[\w-]+(?=:)/gm).map((name) => name.trim());
  const code = ["client.mjs", "facts.mjs", "install.mjs", "main.mjs", "pictures.mjs"].map(text).join("");
  const used = new Set([...code.matchAll(/input\(env, "([\w-]+)"\)/g)].map(([, name]) => name).concat("secret"));
  assert.deepEqual([...used].sort(), declared.sort());
  const readme = text("README.md");
  for (const name of declared) assert.ok(readme.includes(`\`${name}\``), `README.md does not name ${name}`);
  for (const [, pin] of readme.matchAll(/uses: [^@\s]+@(\S+)/g)) assert.match(pin, /^(?:[0-9a-f]{40}|COMMIT)$/);
  for (const line of readme.match(/^.*\$\{\{.*$/gm)) assert.match(line, /^ +[\w-]+: \$\{\{ secrets\.\w+ \}\}$/);
});
