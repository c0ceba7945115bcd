// Draws the badges of a build by the client and commits them to a branch, for a project without a badge server.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { allowsEmpty, input } from "./facts.mjs";
import { Failure, annotate, log, mask } from "./runner.mjs";
import { withoutTokens } from "./token.mjs";

/** How often a push is retried after another one came first. */
const ATTEMPTS = 6;
/**
 * The longest pause between two attempts, in milliseconds. The pause is random, since jobs of one run end together and
 * must not collide again.
 */
const LONGEST_WAIT = 3000;
/** The timeout of one command, in milliseconds. */
const TIMEOUT = 120_000;
/** The events of pull requests, whose code anybody may have written. */
const FOREIGN_EVENTS = ["pull_request", "pull_request_target", "pull_request_review", "merge_group", "workflow_run"];
/** The author of the commits: the account of GitHub's own jobs. */
const IDENTITY = ["github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com"];

/** Why no pictures are committed in this build; empty if they are. */
export function whyNoPictures(env) {
  if (FOREIGN_EVENTS.includes(env.GITHUB_EVENT_NAME)) return `this is the event ${env.GITHUB_EVENT_NAME}`;
  const wanted = input(env, "badges-of") || defaultBranch(env);
  if (!wanted || wanted === env.GITHUB_REF_NAME) return "";
  return `the pictures are of ${wanted}, and this is ${env.GITHUB_REF_NAME}; \`badges-of\` names another branch`;
}

/** The repository's default branch, as the event tells it. */
function defaultBranch(env) {
  try {
    return JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, "utf8")).repository?.default_branch ?? "";
  } catch {
    return "";
  }
}

/**
 * Draws and pushes, and returns the Markdown of the pictures. If another push came first, its commit is fetched and the
 * pictures are drawn again.
 */
export async function commitPictures(client, { env, found, coverage, values }) {
  const branch = input(env, "badges-branch");
  if (branch === env.GITHUB_REF_NAME)
    throw new Failure("badges-branch must be a branch of its own, not that of the code");
  if (!/^[\w][\w./-]{0,200}$/.test(branch) || /\.\.|\/\/|\/$|\.lock$/.test(branch)) {
    throw new Failure("badges-branch must be the name of a branch, such as badges");
  }
  const token = input(env, "token");
  if (token) mask(token);
  const folder = mkdtempSync(join(env.RUNNER_TEMP || tmpdir(), "badges-"));
  const git = (...words) => run("git", ["-C", folder, ...words], gitEnvironment(env, token));
  try {
    must(git("init", "--quiet", "--initial-branch=pictures"), "git init");
    must(git("remote", "add", "origin", `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}.git`), "git remote");
    for (let attempt = 1; ; attempt += 1) {
      checkOut(git, branch);
      draw(client, folder, { env, found, coverage, values });
      must(git("add", "--all"), "git add");
      if (git("diff", "--cached", "--quiet").status === 0) {
        log("the pictures are the same as before");
        return markdown(env, branch, folder);
      }
      const subject = `Badges of ${(env.GITHUB_SHA ?? "").slice(0, 12)}, run ${env.GITHUB_RUN_ID}`;
      must(git("commit", "--quiet", "--message", subject), "git commit");
      const pushed = git("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
      if (pushed.status === 0) return markdown(env, branch, folder);
      const isRace = /rejected|fetch first|cannot lock ref|failed to update ref|stale info/.test(pushed.stderr);
      if (!isRace || attempt === ATTEMPTS)
        must(pushed, `git push to ${branch} (\`permissions: contents: write\` lets a job push)`);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_WAIT));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Checks out the branch, or begins it without a parent. */
function checkOut(git, branch) {
  const listed = must(git("ls-remote", "--heads", "origin", `refs/heads/${branch}`), "git ls-remote");
  if (listed.stdout.trim() === "") return;
  must(
    git("fetch", "--quiet", "--depth=1", "origin", `+refs/heads/${branch}:refs/remotes/origin/pictures`),
    "git fetch",
  );
  must(git("reset", "--quiet", "--hard", "refs/remotes/origin/pictures"), "git reset");
}

/** Draws the pictures into the folder, in which the history is. */
function draw(client, folder, { env, found, coverage, values }) {
  const plain = (name) => (name.startsWith("-") ? `./${name}` : name);
  const names = [...found.files, ...found.directories].map(plain);
  const options = [
    "owner",
    "repo",
    "branch",
    "platform",
    "part",
    "commit",
    "run-id",
    "run-attempt",
    "html-url",
    "run-url",
  ];
  const given = options.map((name) => [name, input(env, name)]).filter(([, value]) => value);
  const queries = input(env, "badges-query")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line);
  const named = [
    ...given,
    ["out", folder],
    ...values.map((value) => ["value", value]),
    ...queries.map((query) => ["query", query]),
  ];
  const flags = allowsEmpty(env) ? ["--allow-empty"] : [];
  if (found.files.length > 0 && found.named.size === 0) flags.push("--skip-others");
  const words = ["render", ...flags, ...named.map(([name, value]) => `--${name}=${value}`)];
  if (names.length > 0) words.push("--from-report", ...names);
  if (coverage.length > 0) words.push("--coverage", ...coverage.map(plain));
  const inherited = Object.entries(env).filter(([name]) => !name.startsWith("INPUT_"));
  const drawn = run(client, words, withoutTokens(Object.fromEntries(inherited)));
  const said = drawn.stderr.trim().replace(/^badgesmith: /gm, "");
  if (drawn.error || drawn.status !== 0) throw new Failure(drawn.error?.message ?? said);
  if (said) annotate("notice", said.replace(/^notice: /gm, ""));
}

/** The Markdown of the pictures, by their addresses in the repository. */
function markdown(env, branch, folder) {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".svg"))
    .sort();
  const base = `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/raw/${branch}`;
  return files.map((file) => `![${file.slice(0, -4)}](${base}/${encodeURIComponent(file)})`).join("\n");
}

/** The environment of git. The token is no argument, since every process of the machine can read arguments. */
function gitEnvironment(env, token) {
  const inherited = Object.entries(env).filter(([name]) => !/^(?:INPUT_|GIT_|ACTIONS_ID_TOKEN)/.test(name));
  const [name, email] = IDENTITY;
  const header = `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
  if (token) mask(header.split(" ").at(-1));
  const configured = [
    ["core.autocrlf", "false"],
    ...(token ? [[`http.${env.GITHUB_SERVER_URL}/.extraheader`, header]] : []),
  ];
  const pairs = configured.flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ]);
  return {
    ...Object.fromEntries([...inherited, ...pairs]),
    GIT_CONFIG_COUNT: String(configured.length),
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  };
}

function run(program, words, env) {
  const ended = spawnSync(program, words, {
    env,
    encoding: "utf8",
    shell: false,
    timeout: TIMEOUT,
    windowsHide: true,
    cwd: process.cwd(),
  });
  return { ...ended, stdout: ended.stdout ?? "", stderr: ended.stderr ?? "" };
}

/** The result of a command that must have succeeded. */
function must(ended, what) {
  if (ended.error || ended.status !== 0)
    throw new Failure(`${what} fails: ${ended.error?.message ?? ended.stderr.trim()}`);
  return ended;
}
