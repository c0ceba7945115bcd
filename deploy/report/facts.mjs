// What is reported and where to: the inputs, and the runner's variables where an input says nothing.
import { readFileSync } from "node:fs";

import { encodeSegment } from "./sign.mjs";
import { Failure } from "./say.mjs";

/** An input as the runner hands it over: in the environment, never in a script. */
export function input(env, name) {
  return (env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
}

/** Whether a failure fails the step. */
export function failsOnError(env) {
  return isTrue("fail-on-error", input(env, "fail-on-error"));
}

/** Whether a result without any tests is sent. */
export function allowsEmpty(env) {
  return isTrue("allow-empty", input(env, "allow-empty"));
}

/** YAML's spellings, as GitHub's own actions take them. */
function isTrue(name, word) {
  if (["true", "True", "TRUE"].includes(word)) return true;
  if (["false", "False", "FALSE", ""].includes(word)) return false;
  throw new Failure(`${name} must be true or false, not ${JSON.stringify(word)}`);
}

/** Everything about the run, complete and checked. */
export function readFacts(env) {
  const [owner, repo] = (env.GITHUB_REPOSITORY ?? "").split("/");
  const run = runOf(env);
  const facts = {
    server: serverOf(input(env, "server")),
    owner: input(env, "owner") || owner,
    repo: input(env, "repo") || repo,
    branch: input(env, "branch") || branchOf(env),
    platform: input(env, "platform") || (env.RUNNER_OS ?? "").toLowerCase(),
    commit: input(env, "commit") || (isForAnother(env) ? "" : env.GITHUB_SHA),
    runId: input(env, "run-id") || env.GITHUB_RUN_ID,
    // An attempt counts the tries of the run it belongs to.
    runAttempt: input(env, "run-attempt") || (input(env, "run-id") ? "" : env.GITHUB_RUN_ATTEMPT),
    htmlUrl: input(env, "html-url") || run.attempt,
    runUrl: input(env, "run-url") || run.page,
  };
  const needed = ["owner", "repo", "branch", "platform", "commit", "runId", "htmlUrl"];
  const inputs = { runId: "run-id", htmlUrl: "html-url" };
  const missing = needed.filter((fact) => !facts[fact]?.trim()).map((fact) => inputs[fact] ?? fact);
  if (missing.length > 0) throw new Failure(`nothing here says ${missing.join(", ")}; set it in the step's \`with\``);
  if (facts.runAttempt && !/^[1-9]\d{0,3}$/.test(facts.runAttempt)) {
    throw new Failure("run-attempt must be an integer from 1 to 9999");
  }
  const parts = [facts.platform, facts.owner, facts.repo, ...facts.branch.split("/")];
  if (parts.some((part) => ["", ".", ".."].includes(part))) {
    throw new Failure("platform, owner, repo and the parts of branch must not be empty, `.` or `..`");
  }
  // The server refuses these, and a gateway in front of it would read another address in them.
  if (parts.slice(0, 3).some((part) => /\/|%[0-9a-f]{2}/i.test(part))) {
    throw new Failure("platform, owner and repo must hold no slash and nothing percent-encoded");
  }
  // The owner and the repository are one segment each; a branch has its slashes.
  facts.place = parts.map(encodeSegment).join("/");
  return facts;
}

/** The badge as Markdown. Nothing in it needs escaping, every part is percent-encoded. */
export function badgeOf({ server, place }) {
  return `[![tests](${server}/badges/tests/${place}.svg)](${server}/redirect/test-results/${place})`;
}

/** Plain http is for this machine: a signature that is read on the way can be sent once in our place. */
function serverOf(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new Failure("server must be the badge server's address, such as https://badges.example.com");
  }
  if (url.username || url.password) throw new Failure("server must have no user or password in it");
  const isHere = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isHere)) {
    throw new Failure("server must be an https:// address; on the way of any other anybody reads along");
  }
  return (url.origin + url.pathname).replace(/\/+$/, "").replace(/[()]/g, encodeSegment);
}

/** In these events the runner's variables are the default branch's, whoever's code was tested. */
function isForAnother(env) {
  return ["workflow_run", "pull_request_target"].includes(env.GITHUB_EVENT_NAME);
}

/** A pull request counts for its branch; a fork's for its number, because its branch is mostly called `main`. */
function branchOf(env) {
  if (isForAnother(env)) return "";
  if (!env.GITHUB_HEAD_REF) return env.GITHUB_REF_NAME;
  const { number, head } = pullRequestOf(env);
  const isFork = number && head?.repo?.full_name?.toLowerCase() !== env.GITHUB_REPOSITORY?.toLowerCase();
  return isFork ? `pull/${number}` : env.GITHUB_HEAD_REF;
}

function pullRequestOf(env) {
  try {
    return JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, "utf8")).pull_request ?? {};
  } catch {
    return {};
  }
}

function runOf(env) {
  if (!env.GITHUB_REPOSITORY || !env.GITHUB_RUN_ID) return {};
  const server = env.GITHUB_SERVER_URL || "https://github.com";
  const page = `${server}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`;
  return { page, attempt: env.GITHUB_RUN_ATTEMPT ? `${page}/attempts/${env.GITHUB_RUN_ATTEMPT}` : page };
}
