// The facts of a report and its server: from the inputs of the step, and from the variables of the runner where an
// input is empty.
import { readFileSync } from "node:fs";

import { encodeSegment } from "./sign.mjs";
import { Failure } from "./runner.mjs";

/** The longest time that can be set, in seconds. */
const LONGEST_PATIENCE = 3600;

/** The value of an input. The runner passes inputs in the environment, so none is ever part of a script. */
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

/** How long transient faults are retried, in seconds: a number of them, or a duration such as 90s or 2m. */
export function readPatience(env) {
  const text = input(env, "patience") || "30s";
  const [, number, unit] = /^(\d{1,5})([sm]?)$/.exec(text) ?? [];
  const seconds = Number(number) * (unit === "m" ? 60 : 1);
  if (seconds <= LONGEST_PATIENCE) return seconds;
  throw new Failure(`patience must be a duration such as 90s or 2m, of at most ${LONGEST_PATIENCE} seconds`);
}

/** A boolean in the spellings of YAML, as in GitHub's own actions. */
function isTrue(name, word) {
  if (["true", "True", "TRUE"].includes(word)) return true;
  if (["false", "False", "FALSE", ""].includes(word)) return false;
  throw new Failure(`${name} must be true or false, not ${JSON.stringify(word)}`);
}

/** All facts about the run, complete and checked. A report may be proven by an ID token instead of a secret. */
export function readFacts(env, { isProvenByToken = false } = {}) {
  const [owner, repo] = (env.GITHUB_REPOSITORY ?? "").split("/");
  const run = runPages(env);
  const facts = {
    server: serverBase(input(env, "server")),
    owner: input(env, "owner") || owner,
    repo: input(env, "repo") || repo,
    branch: input(env, "branch") || (isProvenByToken && provenBranch(env)) || testedBranch(env),
    platform: input(env, "platform") || input(env, "part") || (env.RUNNER_OS ?? "").toLowerCase(),
    part: input(env, "part") || "all",
    commit: input(env, "commit") || (runsForAnotherEvent(env) ? "" : env.GITHUB_SHA),
    runId: input(env, "run-id") || env.GITHUB_RUN_ID,
    // The runner's attempt belongs to its own run id, so it is used only with that id.
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
  if ([facts.part, ...parts].some((part) => ["", ".", ".."].includes(part))) {
    throw new Failure("platform, part, owner, repo and the parts of branch must not be empty, `.` or `..`");
  }
  // The server refuses these, because a gateway in front of it may decode them into another address.
  if ([facts.part, ...parts.slice(0, 3)].some((part) => /\/|%[0-9a-f]{2}/i.test(part))) {
    throw new Failure("platform, part, owner and repo must hold no slash and nothing percent-encoded");
  }
  // The owner and the repository are one segment each. A branch keeps its slashes.
  facts.badgePath = parts.map(encodeSegment).join("/");
  facts.coveragePath = [facts.part, ...parts.slice(1)].map(encodeSegment).join("/");
  return facts;
}

/** The badge as Markdown, linked to the results. Every part is percent-encoded, so nothing needs escaping. */
export function badgeMarkdown({ server, badgePath }) {
  return `[![tests](${server}/badges/tests/${badgePath}.svg)](${server}/redirect/test-results/${badgePath})`;
}

/** The badge of the coverage as Markdown, linked to the results. */
export function coverageMarkdown({ server, coveragePath }) {
  return `[![coverage](${server}/badges/coverage/${coveragePath}.svg)](${server}/redirect/coverage/${coveragePath})`;
}

/**
 * The base address of the server. Unencrypted http is allowed only for this machine: anybody who intercepts a signed
 * request can use the signature before the server has seen it.
 */
function serverBase(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new Failure("server must be the badge server's address, such as https://badges.example.com");
  }
  if (url.username || url.password) throw new Failure("server must have no user or password in it");
  const isLocal = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLocal)) {
    throw new Failure("server must be an https:// address; on the way of any other anybody reads along");
  }
  return (url.origin + url.pathname).replace(/\/+$/, "").replace(/[()]/g, encodeSegment);
}

/** Whether the variables of the runner describe the default branch, whatever code was tested. */
function runsForAnotherEvent(env) {
  return ["workflow_run", "pull_request_target"].includes(env.GITHUB_EVENT_NAME);
}

/**
 * The branch that the tests count for. For a pull request from a fork it is named after the number, because the fork's
 * own branch is mostly called `main`.
 */
function testedBranch(env) {
  if (runsForAnotherEvent(env)) return "";
  if (!env.GITHUB_HEAD_REF) return env.GITHUB_REF_NAME;
  const { number, head } = pullRequest(env);
  const isFork = number && head?.repo?.full_name?.toLowerCase() !== env.GITHUB_REPOSITORY?.toLowerCase();
  return isFork ? `pull/${number}` : env.GITHUB_HEAD_REF;
}

/** The branch that the ID token of a pull request proves. It proves the number, and not the branch. */
function provenBranch(env) {
  if (env.GITHUB_EVENT_NAME !== "pull_request") return "";
  const [, number] = /^refs\/pull\/(\d+)\/merge$/.exec(env.GITHUB_REF ?? "") ?? [];
  return number ? `pull/${number}` : "";
}

/** The pull request in the event that started the run, or an empty object. */
export function pullRequest(env) {
  try {
    return JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, "utf8")).pull_request ?? {};
  } catch {
    return {};
  }
}

/** The pages of the run and of this attempt. */
function runPages(env) {
  if (!env.GITHUB_REPOSITORY || !env.GITHUB_RUN_ID) return {};
  const server = env.GITHUB_SERVER_URL || "https://github.com";
  const page = `${server}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`;
  return { page, attempt: env.GITHUB_RUN_ATTEMPT ? `${page}/attempts/${env.GITHUB_RUN_ATTEMPT}` : page };
}
