// The step: finds the reports, has them counted, signed and sent, and prints the outcome.
//
// Every value comes from the environment. None becomes part of a script or of a command line that a shell reads.
import process from "node:process";

import { findClient, reportByClient } from "./client.mjs";
import {
  allowsEmpty,
  badgeMarkdown,
  coverageMarkdown,
  failsOnError,
  input,
  readFacts,
  readPatience,
} from "./facts.mjs";
import { find } from "./files.mjs";
import { installClient } from "./install.mjs";
import { commitPictures, whyNoPictures } from "./pictures.mjs";
import { Failure, Refused, annotate, escapeMarkdown, log, mask, output, summarize } from "./runner.mjs";
import { send } from "./send.mjs";
import { sum } from "./sum.mjs";
import { isUntrusted, mayAskForToken } from "./token.mjs";

/** What a job without the input `secret` needs. */
const NO_PERMISSION =
  "without `secret` the job must be allowed to ask GitHub for an ID token; write `permissions: id-token: write`";

/** Why nothing is sent in a build of a fork. */
const UNTRUSTED = "GitHub gives pull requests of forks and of Dependabot neither a secret nor a token";

const { env } = process;
// If the input `fail-on-error` itself is invalid, its failure fails the step.
let isFatal = true;
/** The path of the client, once it was searched for. */
let installed;
try {
  isFatal = failsOnError(env);
  if (input(env, "server") || !input(env, "badges-branch")) await report();
  if (input(env, "badges-branch")) await draw();
} catch (fault) {
  const words = fault instanceof Failure ? fault.message : `this action has a defect: ${fault.stack}`;
  const reason = fault instanceof Refused ? words : `nothing was sent: ${words}`;
  annotate(isFatal ? "error" : "warning", reason);
  summarize(env, `### Report\n\n${escapeMarkdown(reason)}`);
  output(env, { status: "failed" });
  process.exitCode = isFatal ? 1 : 0;
}

/** The path of the client that was named, is in PATH, or belongs to this action; undefined if there is none. */
async function theClient() {
  installed ??= findClient(env) ?? (await installClient(env));
  return installed;
}

/** Reports what was built, by the client if there is one. */
async function report() {
  // The line end that `echo` adds is removed, as the client does.
  const secret = (env.INPUT_SECRET ?? "").replace(/^[\r\n]+|[\r\n]+$/g, "");
  const isProvenByToken = secret.trim() === "";
  if (isProvenByToken && !mayAskForToken(env)) {
    if (!isUntrusted(env)) throw new Failure(NO_PERMISSION);
    annotate("notice", `nothing is sent, because ${UNTRUSTED}`);
    output(env, { status: "skipped" });
    return;
  }
  if (!isProvenByToken) mask(secret);
  const facts = readFacts(env, { isProvenByToken });
  const names = lines(input(env, "files"));
  const coverage = lines(input(env, "coverage"));
  const values = lines(input(env, "values"));
  const found = find(names, { mayBeNone: coverage.length + values.length > 0 });
  const client = await theClient();
  if (!client) refuseWithoutClient({ coverage, values, isProvenByToken });
  const { failure, ...counted } = client
    ? reportByClient(client, { env, found, coverage, values, facts, secret: isProvenByToken ? "" : secret })
    : { tests: await reportByScript(found, facts, secret) };
  if (counted.tests) showTests(counted.tests, facts);
  if (counted.lines) showCoverage(counted.lines, facts);
  if (counted.badges?.length > 0) showValues(counted.badges);
  if (failure) throw new Refused(failure);
  output(env, { status: "recorded" });
}

/** Commits pictures of what was built to a branch, if this build is one that may. */
async function draw() {
  const reason = whyNoPictures(env);
  if (reason) {
    annotate("notice", `no pictures are committed, because ${reason}`);
    if (!input(env, "server")) output(env, { status: "skipped" });
    return;
  }
  const client = await theClient();
  if (!client)
    throw new Failure("pictures are drawn by the badgesmith client only; install it, or set `version` or `binary`");
  const coverage = lines(input(env, "coverage"));
  const values = lines(input(env, "values"));
  const found = find(lines(input(env, "files")), { mayBeNone: coverage.length + values.length > 0 });
  const markdown = await commitPictures(client, { env, found, coverage, values });
  output(env, input(env, "server") ? { pictures: markdown } : { pictures: markdown, status: "recorded" });
  log(markdown);
  summarize(env, `### Badges\n\n${markdown}\n\n\`\`\`markdown\n${markdown}\n\`\`\``);
}

/** Refuses inputs that only the client supports. */
function refuseWithoutClient({ coverage, values, isProvenByToken }) {
  const remedy = "the badgesmith client only; install it, or set `binary`";
  if (coverage.length > 0) throw new Failure(`coverage is read by ${remedy}`);
  if (values.length > 0) throw new Failure(`values are sent by ${remedy}`);
  if (isProvenByToken) throw new Failure(`without \`secret\` a report is sent by ${remedy}`);
}

/** The lines of an input that are not blank. */
function lines(text) {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Shows the badges of the values that were recorded. */
function showValues(badges) {
  const markdown = badges.join("\n");
  output(env, { "value-badges": markdown });
  log(markdown);
  summarize(env, `### Values\n\n${markdown}\n\n\`\`\`markdown\n${markdown}\n\`\`\``);
}

/** Prints how many tests were recorded. */
function showTests({ passed, failed, skipped }, facts) {
  const total = passed + failed + skipped;
  const badge = badgeMarkdown(facts);
  output(env, { passed, failed, skipped, total, badge });
  const place = `${facts.owner}/${facts.repo}, ${facts.branch} on ${facts.platform}`;
  log(`${passed} passed, ${failed} failed, ${skipped} skipped; recorded for ${place}\n${badge}`);
  const row = `| ${passed} | ${failed} | ${skipped} | ${total} |`;
  const table = `| passed | failed | skipped | total |\n|---|---|---|---|\n${row}`;
  summarize(env, `### Test results\n\n${badge}\n\n${table}\n\n\`\`\`markdown\n${badge}\n\`\`\``);
}

/** Prints how many lines were recorded as covered. */
function showCoverage({ covered, total }, facts) {
  const badge = coverageMarkdown(facts);
  output(env, { "lines-covered": covered, "lines-total": total, "coverage-badge": badge });
  const place = `${facts.owner}/${facts.repo}, ${facts.branch} on ${facts.part}`;
  log(`${covered} of ${total} lines covered; recorded for ${place}\n${badge}`);
  const table = `| covered lines | all lines |\n|---|---|\n| ${covered} | ${total} |`;
  summarize(env, `### Coverage\n\n${badge}\n\n${table}\n\n\`\`\`markdown\n${badge}\n\`\`\``);
}

/** Counts, signs and sends without the client. */
async function reportByScript(found, facts, secret) {
  const counts = sum(found, { allowsEmpty: allowsEmpty(env) });
  const body = JSON.stringify({
    platform: facts.platform,
    commit: facts.commit,
    run_id: facts.runId,
    run_attempt: facts.runAttempt ? Number(facts.runAttempt) : undefined,
    ...counts,
    total: counts.passed + counts.failed + counts.skipped,
    url_html: facts.htmlUrl,
    workflow_run_url: facts.runUrl || undefined,
    timestamp: new Date().toISOString(),
  });
  const path = `/tests/results/${facts.badgePath}`;
  await send({ server: facts.server, path, body, secret, patience: readPatience(env) });
  return counts;
}
