// JUnit XML, by the client's rules (deploy/formats/src/xml/junit.rs, which says why).
//
// A case ends as its children say; one that is both skipped and failed was skipped. Where there are no such children,
// an attribute may tell. Surefire's `flakyFailure` and `rerunFailure` tell of other tries of the same case.
import { tally } from "./tally.mjs";

/** What stands directly in a suite, beside suites and cases. */
const BESIDE_CASES = ["properties", "system-out", "system-err", "error", "failure", "skipped"];
const TRIES = ["flakyFailure", "flakyError", "rerunFailure", "rerunError"];

export function junit() {
  const sums = tally();
  const suites = [];
  let current;
  let [hasKnown, hasForeign, isListing, isManual, declared] = [false, false, false, false, 0];

  const openSuite = (name, attributes, depth) => {
    if (depth === 1) {
      const without = ["failures", "errors", "time"].every((sum) => !attributes.has(sum));
      isListing = name === "testsuites" && attributes.get("name") === "AllTests" && without;
    }
    if (name === "testsuite") declared = Math.max(declared, number(attributes, "tests") ?? 0);
    const [failures, errors] = [number(attributes, "failures"), number(attributes, "errors")];
    const mark = sums.counts.failed;
    const suite = { depth, mark, failures, errors, failed: 0, flaky: 0 };
    suites.push({ ...suite, isBroken: false, hasCase: false, hasPardoned: false });
  };

  const closeCase = (test) => {
    const suite = suites.at(-1);
    if (!suite) return;
    const outcome = outcomeOf(test);
    suite.hasCase = true;
    suite.hasPardoned ||= test.hasTries || (test.isFailed && outcome !== "failed");
    // Whether one that is marked as flaky failed only the suite's sums tell, when all its cases are known.
    if (outcome === "failed" && test.isFlaky) {
      suite.flaky += 1;
      return;
    }
    if (outcome === "failed") suite.failed += 1;
    sums.add(outcome);
  };

  const closeSuite = (suite) => {
    const isFlakyPassed = suite.failures !== undefined && suite.failures + (suite.errors ?? 0) <= suite.failed;
    sums.add(isFlakyPassed ? "passed" : "failed", suite.flaky);
    const hasPardoned = suite.hasPardoned || (suite.flaky > 0 && isFlakyPassed);
    const hasUntold = (suite.errors ?? 0) > 0 || ((suite.failures ?? 0) > 0 && !suite.hasCase);
    if (suite.isBroken || (hasUntold && !hasPardoned)) sums.failSince(suite.mark);
    const outer = suites.at(-1);
    if (!outer) return;
    outer.hasPardoned ||= hasPardoned;
    outer.hasCase ||= suite.hasCase;
  };

  return {
    open(name, attributes, depth) {
      if (current) {
        if (depth === current.depth + 1) child(current, name, attributes);
        return;
      }
      if (depth === 2) {
        const isKnown = name === "testsuite" || name === "testcase" || BESIDE_CASES.includes(name);
        hasKnown ||= isKnown;
        hasForeign ||= !isKnown;
      }
      if (["testsuites", "testsuite", "testrun"].includes(name)) {
        openSuite(name, attributes, depth);
      } else if (name === "testcase") {
        isManual ||= attributes.has("internalid");
        const isListed = isListing && ["status", "result", "time"].every((end) => !attributes.has(end));
        current = begin(attributes, depth, isListed);
      } else if ((name === "error" || name === "failure") && suites.at(-1)?.depth === depth - 1) {
        suites.at(-1).isBroken = true;
      }
    },
    close(depth) {
      if (current?.depth === depth) {
        const test = current;
        current = undefined;
        closeCase(test);
      }
      if (suites.at(-1)?.depth === depth) closeSuite(suites.pop());
    },
    finish() {
      if (isManual) return { found: "it is a list of cases that people try by hand" };
      if (sums.total() === 0 && hasForeign && !hasKnown) {
        return { found: "it is XML whose root is called as in JUnit XML, without suites or cases of it" };
      }
      const { remarks, skipped } = sums.counts;
      if (sums.total() === 0 && declared > 0) {
        remarks.push(`a suite declares ${declared} tests but no test case is listed`);
      } else if (isListing && sums.total() > 0 && skipped === sums.total()) {
        remarks.push("the tests were listed and not run");
      }
      return sums.finish();
    },
  };
}

/** An attribute that is a count. */
function number(attributes, name) {
  const digits = /^\s*\+?(\d+)\s*$/.exec(attributes.get(name) ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function begin(attributes, depth, isListed) {
  const is = (name, value) => (attributes.get(name) ?? "").toLowerCase() === value;
  return {
    depth,
    isFailed: false,
    isSkipped: false,
    isFlaky: is("flaky", "true"),
    // pytest and GoogleTest count a case that is both skipped and failed as failed.
    isStrict: is("result", "completed"),
    isUnable: is("status", "notrun"),
    hasTries: false,
    said: isListed ? "skipped" : said(attributes),
  };
}

/** An element directly in a case. */
function child(test, name, attributes) {
  if (name === "failure" || name === "error") {
    test.isFailed = true;
  } else if (name === "warning") {
    // PHPUnit's test that could not be run, because its data provider is broken.
    test.isFailed ||= (attributes.get("type") ?? "").startsWith("PHPUnit");
  } else if (name === "skipped" || name === "skip") {
    test.isSkipped = true;
    test.isStrict ||= (attributes.get("type") ?? "").startsWith("pytest.");
    // CTest: `notrun` with a reason, which is no failure where the test was disabled or asked for it.
    const reason = attributes.get("message") ?? "";
    test.isUnable &&= !(reason === "" || reason === "Disabled" || reason.startsWith("SKIP_"));
  } else if (TRIES.includes(name)) {
    test.hasTries = true;
  }
}

function outcomeOf({ isFailed, isSkipped, isStrict, isUnable, said: otherwise }) {
  if (isSkipped) return (isFailed ? isStrict : isUnable) ? "failed" : "skipped";
  return isFailed ? "failed" : otherwise;
}

const FAILED = [
  ...["fail", "failed", "failure", "error", "errored", "not ok", "broken", "crash", "crashed", "killed"],
  ...["timeout", "timedout", "timed_out", "timed out", "cancelled", "canceled", "interrupted"],
];
const SKIPPED = [
  ...["skip", "skipped", "suppressed", "ignored", "disabled", "notrun", "not_run", "not run"],
  ...["pending", "inconclusive", "aborted", "blocked", "todo", "xfail", "xfailed"],
];

/** What a case's attributes say: GoogleTest's and CTest's, and some tools' that write no children. */
function said(attributes) {
  for (const name of ["status", "result"]) {
    const value = (attributes.get(name) ?? "").toLowerCase();
    if (FAILED.includes(value)) return "failed";
    if (SKIPPED.includes(value)) return "skipped";
  }
  return "passed";
}
