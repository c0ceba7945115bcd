// Reads JUnit XML by the rules of the client; deploy/formats/src/xml/junit.rs has the reasons.
//
// The child elements of a test case state its outcome; a test case that is both skipped and failed was skipped. Without
// such elements an attribute may state the outcome. Surefire's `flakyFailure` and `rerunFailure` are other attempts at
// the same test case.
import { createTally } from "./tally.mjs";

/** The elements of a suite other than suites and test cases. */
const BESIDE_CASES = ["properties", "system-out", "system-err", "error", "failure", "skipped"];
/** The elements of a test case for other attempts at it. */
const ATTEMPTS = ["flakyFailure", "flakyError", "rerunFailure", "rerunError"];

/** A reader of JUnit XML. */
export function junit() {
  const tally = createTally();
  const suites = [];
  let current;
  let [hasKnown, hasForeign, isListing, isManual, declared] = [false, false, false, false, 0];

  const openSuite = (name, attributes, depth) => {
    if (depth === 1) {
      const without = ["failures", "errors", "time"].every((total) => !attributes.has(total));
      isListing = name === "testsuites" && attributes.get("name") === "AllTests" && without;
    }
    if (name === "testsuite") declared = Math.max(declared, number(attributes, "tests") ?? 0);
    const [failures, errors] = [number(attributes, "failures"), number(attributes, "errors")];
    const mark = tally.counts.failed;
    const suite = { depth, mark, failures, errors, failed: 0, flaky: 0 };
    suites.push({ ...suite, isBroken: false, hasCase: false, hasExcusedFailure: false });
  };

  const closeCase = (test) => {
    const suite = suites.at(-1);
    if (!suite) return;
    const outcome = outcomeOf(test);
    suite.hasCase = true;
    suite.hasExcusedFailure ||= test.hasFailedAttempts || (test.isFailed && outcome !== "failed");
    // The totals of the suite decide at its end whether this is a failure.
    if (outcome === "failed" && test.isFlaky) {
      suite.flaky += 1;
      return;
    }
    if (outcome === "failed") suite.failed += 1;
    tally.add(outcome);
  };

  const closeSuite = (suite) => {
    const areFlakyPassed = suite.failures !== undefined && suite.failures + (suite.errors ?? 0) <= suite.failed;
    tally.add(areFlakyPassed ? "passed" : "failed", suite.flaky);
    const hasExcusedFailure = suite.hasExcusedFailure || (suite.flaky > 0 && areFlakyPassed);
    const hasUnlistedFailure = (suite.errors ?? 0) > 0 || ((suite.failures ?? 0) > 0 && !suite.hasCase);
    if (suite.isBroken || (hasUnlistedFailure && !hasExcusedFailure)) tally.failSince(suite.mark);
    const outer = suites.at(-1);
    if (!outer) return;
    outer.hasExcusedFailure ||= hasExcusedFailure;
    outer.hasCase ||= suite.hasCase;
  };

  return {
    open(name, attributes, depth) {
      if (current) {
        if (depth === current.depth + 1) readChild(current, name, attributes);
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
      if (tally.total() === 0 && hasForeign && !hasKnown) {
        return { found: "it is XML whose root is called as in JUnit XML, without suites or cases of it" };
      }
      const { remarks, skipped } = tally.counts;
      if (tally.total() === 0 && declared > 0) {
        remarks.push(`a suite declares ${declared} tests but no test case is listed`);
      } else if (isListing && tally.total() > 0 && skipped === tally.total()) {
        remarks.push("the tests were listed and not run");
      }
      return tally.finish();
    },
  };
}

/** The value of an attribute that is a count. */
function number(attributes, name) {
  const digits = /^\s*\+?(\d+)\s*$/.exec(attributes.get(name) ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The state of a test case that begins. */
function begin(attributes, depth, isListed) {
  const is = (name, value) => (attributes.get(name) ?? "").toLowerCase() === value;
  return {
    depth,
    isFailed: false,
    isSkipped: false,
    isFlaky: is("flaky", "true"),
    // pytest and GoogleTest count a test case that is both skipped and failed as failed.
    isFailedIfSkipped: is("result", "completed"),
    couldNotRun: is("status", "notrun"),
    hasFailedAttempts: false,
    stated: isListed ? "skipped" : stated(attributes),
  };
}

/** Reads a child element of a test case. */
function readChild(test, name, attributes) {
  if (name === "failure" || name === "error") {
    test.isFailed = true;
  } else if (name === "warning") {
    // PHPUnit writes this for a test that could not run because its data provider is broken.
    test.isFailed ||= (attributes.get("type") ?? "").startsWith("PHPUnit");
  } else if (name === "skipped" || name === "skip") {
    test.isSkipped = true;
    test.isFailedIfSkipped ||= (attributes.get("type") ?? "").startsWith("pytest.");
    // CTest gives a reason if a test did not run. One that was disabled, or asked to be skipped, did not fail.
    const reason = attributes.get("message") ?? "";
    test.couldNotRun &&= !(reason === "" || reason === "Disabled" || reason.startsWith("SKIP_"));
  } else if (ATTEMPTS.includes(name)) {
    test.hasFailedAttempts = true;
  }
}

function outcomeOf({ isFailed, isSkipped, isFailedIfSkipped, couldNotRun, stated: otherwise }) {
  if (isSkipped) return (isFailed ? isFailedIfSkipped : couldNotRun) ? "failed" : "skipped";
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

/** The outcome by the attributes of GoogleTest, CTest and tools that write no child elements. */
function stated(attributes) {
  for (const name of ["status", "result"]) {
    const value = (attributes.get(name) ?? "").toLowerCase();
    if (FAILED.includes(value)) return "failed";
    if (SKIPPED.includes(value)) return "skipped";
  }
  return "passed";
}
