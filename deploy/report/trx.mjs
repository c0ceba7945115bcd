// Reads TRX by the rules of the client; deploy/formats/src/xml/trx.rs has the reasons.
//
// The result of a data-driven or ordered test contains the results of its rows. The rows count; the test itself counts
// only if it failed although no row did.
import { createTally } from "./tally.mjs";

/** The elements with the result of a test. */
const RESULTS = [
  ...["UnitTestResult", "GenericTestResult", "ManualTestResult", "WebTestResult", "LoadTestResult", "TestResult"],
  ...["TestResultAggregation", "OrderedTestResult"],
];
const OUTCOMES = {
  passed: ["Passed", "PassedButRunAborted", "Completed", "Warning"],
  failed: ["Failed", "Error", "Timeout"],
  skipped: [
    ...["NotExecuted", "NotRunnable", "Inconclusive", "Aborted", "Disconnected", "InProgress", "Pending", "Skipped"],
  ],
};
/** Outcomes of an aborted run. */
const ABORTED = ["Aborted", "Error", "Timeout", "Disconnected"];
/** Outcomes of a message about the run that make it a failure. */
const FAILED_INFOS = ["Failed", "Error", "Aborted", "Timeout"];
/** Totals that make the run a failure. */
const FAILED_COUNTERS = ["failed", "error", "timeout", "aborted", "disconnected"];

/** A reader of TRX. */
export function trx() {
  const tally = createTally();
  const results = [];
  let [unknown, isAborted, isFailed] = [0, false, false];
  const outcomeOf = (word) => {
    // Visual Studio omits the attribute for `Error`, which is the default value of its list of outcomes.
    if (word === undefined) return "failed";
    const outcome = Object.keys(OUTCOMES).find((name) => OUTCOMES[name].includes(word.trim()));
    if (!outcome) unknown += 1;
    return outcome ?? "failed";
  };
  return {
    open(name, attributes, depth) {
      const outcome = attributes.get("outcome")?.trim();
      if (RESULTS.includes(name)) {
        if (results.length > 0) results.at(-1).hasInner = true;
        const mark = tally.counts.failed;
        results.push({ depth, outcome: outcomeOf(attributes.get("outcome")), hasInner: false, mark });
      } else if (name === "ResultSummary") {
        isAborted ||= ABORTED.includes(outcome);
        isFailed ||= isAborted || outcome === "Failed";
      } else if (name === "Counters") {
        isFailed ||= FAILED_COUNTERS.some((counter) => /^\s*\+?0*[1-9]\d*\s*$/.test(attributes.get(counter) ?? ""));
      } else if (name === "RunInfo") {
        isFailed ||= FAILED_INFOS.includes(outcome);
      }
    },
    close(depth) {
      if (results.at(-1)?.depth !== depth) return;
      const { outcome, hasInner, mark } = results.pop();
      if (hasInner && (outcome !== "failed" || tally.counts.failed > mark)) return;
      tally.add(outcome);
    },
    finish() {
      const { remarks } = tally.counts;
      if (unknown > 0) remarks.push(`${unknown} test(s) with unknown outcomes count as failed`);
      if (isAborted) remarks.push("the run was aborted, so tests may be missing");
      if (isFailed) tally.failSince(0);
      return tally.finish();
    },
  };
}
