// The step: finds the reports, has them counted, signed and sent, and prints the outcome.
//
// Every value comes from the environment. None becomes part of a script or of a command line that a shell reads.
import process from "node:process";

import { findClient, reportByClient } from "./client.mjs";
import { allowsEmpty, badgeMarkdown, coverageMarkdown, failsOnError, input, readFacts } from "./facts.mjs";
import { find } from "./files.mjs";
import { Failure, annotate, escapeMarkdown, log, mask, output, summarize } from "./runner.mjs";
import { send } from "./send.mjs";
import { sum } from "./sum.mjs";

const { env } = process;
// If the input `fail-on-error` itself is invalid, its failure fails the step.
let isFatal = true;
try {
  isFatal = failsOnError(env);
  await report();
} catch (fault) {
  const words = fault instanceof Failure ? fault.message : `this action has a defect: ${fault.stack}`;
  annotate(isFatal ? "error" : "warning", `the test results were not reported: ${words}`);
  summarize(env, `### Test results\n\nThey were not reported: ${escapeMarkdown(words)}`);
  output(env, { status: "failed" });
  process.exitCode = isFatal ? 1 : 0;
}

/** Reports the test results, by the client if there is one. */
async function report() {
  // Without the line end that `echo` adds, as the client reads it.
  const secret = (env.INPUT_SECRET ?? "").replace(/^[\r\n]+|[\r\n]+$/g, "");
  if (secret.trim() === "") {
    const why = "there is no secret to sign with. Builds of forks have none; elsewhere set `secret`";
    annotate("notice", `nothing is reported, because ${why}`);
    output(env, { status: "skipped" });
    return;
  }
  mask(secret);
  const facts = readFacts(env);
  const names = lines(input(env, "files"));
  const coverage = lines(input(env, "coverage"));
  const found = find(names, { mayBeNone: coverage.length > 0 });
  const client = findClient(env);
  if (coverage.length > 0 && !client) {
    throw new Failure("coverage is read by the badgesmith client only; install it, or set `binary`");
  }
  const counted = client
    ? reportByClient(client, { env, found, coverage, facts, secret })
    : { tests: await reportByScript(found, facts, secret) };
  output(env, { status: "recorded" });
  if (counted.tests) showTests(counted.tests, facts);
  if (counted.lines) showCoverage(counted.lines, facts);
}

/** The lines of an input that are not blank. */
function lines(text) {
  return text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
}

/** Says how many tests were recorded. */
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

/** Says how many lines were recorded as covered. */
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
  await send({ server: facts.server, path: `/tests/results/${facts.badgePath}`, body, secret });
  return counts;
}
