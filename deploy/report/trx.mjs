// TRX, by the client's rules (deploy/formats/src/xml/trx.rs, which says why).
//
// A data-driven or ordered test is a result with the results of its rows within: the rows count, and it does not,
// unless it failed although no row did.
import { tally } from "./tally.mjs";

const RESULTS = [
  ...["UnitTestResult", "GenericTestResult", "ManualTestResult", "WebTestResult", "LoadTestResult", "TestResult"],
  ...["TestResultAggregation", "OrderedTestResult"],
];
const OUTCOMES = {
  passed: ["Passed", "PassedButRunAborted", "Completed", "Warning"],
  failed: ["Failed", "Error", "Timeout"],
  skipped: ["NotExecuted", "NotRunnable", "Inconclusive", "Aborted", "Disconnected", "InProgress", "Pending", "Skipped"],
};
const ABORTED = ["Aborted", "Error", "Timeout", "Disconnected"];
const FAILED_INFOS = ["Failed", "Error", "Aborted", "Timeout"];
const FAILED_COUNTERS = ["failed", "error", "timeout", "aborted", "disconnected"];

export function trx() {
  const sums = tally();
  const results = [];
  let [unknown, isAborted, isFailed] = [0, false, false];
  const outcomeOf = (word) => {
    // Visual Studio leaves an outcome out where it is the first of its list, `Error`.
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
        const mark = sums.counts.failed;
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
      if (hasInner && (outcome !== "failed" || sums.counts.failed > mark)) return;
      sums.add(outcome);
    },
    finish() {
      const { remarks } = sums.counts;
      if (unknown > 0) remarks.push(`${unknown} test(s) with unknown outcomes count as failed`);
      if (isAborted) remarks.push("the run was aborted, so tests may be missing");
      if (isFailed) sums.failSince(0);
      return sums.finish();
    },
  };
}
