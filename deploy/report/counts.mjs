// Counting without the client: JUnit XML and TRX, by the client's rules. Any other kind is refused and named.
//
// Cases count, not the sums that suites declare. An error is a failure; what was ignored, disabled, inconclusive or not
// run was skipped.
import { Broken, scan } from "./xml.mjs";

/** The largest file that is read, in bytes. */
export const LARGEST_FILE = 64 * 1024 * 1024;

/** Why a file is not counted. `isOther` where it is whole and no report of tests. */
export class Refusal extends Error {
  constructor(words, { isOther = false } = {}) {
    super(words);
    this.isOther = isOther;
  }
}

const NEEDS_CLIENT = "a kind of report that only the badgesmith client reads; put it in PATH or name it in `binary`";
/** NUnit, xUnit.net, CTest and Boost.Test. */
const OTHER_ROOTS = ["test-run", "test-results", "test-suite", "assemblies", "assembly", "Site", "TestLog", "TestResult"];

/** What a file's bytes report: `{ passed, failed, skipped, remarks }`. */
export function count(bytes) {
  if (bytes.length > LARGEST_FILE) throw new Refusal(`it has more than the ${LARGEST_FILE} bytes that are read`);
  const text = decode(bytes);
  if (text.trim() === "") throw new Refusal("the file is empty; did the test tool run?");
  if (!text.trimStart().startsWith("<")) throw new Refusal(NEEDS_CLIENT);
  let kind;
  try {
    scan(text, {
      open(name, attributes, depth) {
        kind ??= kindOf(name);
        kind.open(name, attributes, depth);
      },
      close: (depth) => kind.close(depth),
    });
  } catch (fault) {
    throw fault instanceof Broken ? new Refusal(fault.message) : fault;
  }
  return kind.finish();
}

function kindOf(root) {
  // Eclipse calls the root of what it exports `testrun`.
  if (["testsuites", "testsuite", "testrun"].includes(root)) return junit();
  if (root === "TestRun") return trx();
  if (OTHER_ROOTS.includes(root)) throw new Refusal(NEEDS_CLIENT);
  throw new Refusal(`it is XML with the root <${root.slice(0, 60)}>, which is no report of tests`, { isOther: true });
}

/**
 * A case ends as its children say: `failure` and `error` before `skipped`; where there are none, an attribute may.
 * Surefire's `flakyFailure` and `rerunFailure` tell of other tries of the same case and change nothing.
 */
function junit() {
  const counts = { passed: 0, failed: 0, skipped: 0, remarks: [] };
  const suites = [];
  let [current, broken, declared, isWrong] = [undefined, 0, 0, false];
  return {
    open(name, attributes, depth) {
      if (current) {
        if (depth !== current.depth + 1) return;
        current.isFailed ||= name === "failure" || name === "error";
        current.isSkipped ||= name === "skipped" || name === "skip";
      } else if (["testsuites", "testsuite", "testrun"].includes(name)) {
        if (name === "testsuite") {
          const number = (attribute) => Number(/^\s*(\d+)\s*$/.exec(attributes.get(attribute) ?? "")?.[1] ?? 0);
          declared = Math.max(declared, number("tests"));
          isWrong ||= number("failures") + number("errors") > 0;
        }
        suites.push(depth);
      } else if (name === "testcase") {
        current = { depth, isFailed: false, isSkipped: false, said: said(attributes) };
      } else if ((name === "error" || name === "failure") && suites.at(-1) === depth - 1) {
        broken += 1;
      }
    },
    close(depth) {
      if (current?.depth === depth) {
        const outcome = current.isFailed ? "failed" : current.isSkipped ? "skipped" : current.said;
        counts[outcome] += 1;
        current = undefined;
      }
      if (suites.at(-1) === depth) suites.pop();
    },
    finish() {
      const total = counts.passed + counts.failed + counts.skipped;
      if (broken > 0) {
        counts.remarks.push(`${broken} suite(s) broke outside their test cases, which no case counts`);
      } else if (total === 0 && declared > 0) {
        const wrong = isWrong ? ", some of them failed," : "";
        counts.remarks.push(`a suite declares ${declared} tests${wrong} but no test case is listed`);
      }
      return counts;
    },
  };
}

const FAILED = ["fail", "failed", "failure", "error", "errored"];
const SKIPPED = [
  ...["skip", "skipped", "suppressed", "ignored", "disabled", "notrun", "not_run", "not run"],
  ...["pending", "inconclusive"],
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

const RESULTS = [
  ...["UnitTestResult", "GenericTestResult", "ManualTestResult", "WebTestResult", "LoadTestResult", "TestResult"],
  ...["TestResultAggregation", "OrderedTestResult"],
];
const OUTCOMES = {
  passed: ["Passed", "PassedButRunAborted", "Completed", "Warning"],
  failed: ["Failed", "Error", "Timeout"],
  skipped: ["NotExecuted", "NotRunnable", "Inconclusive", "Aborted", "Disconnected", "InProgress", "Pending", "Skipped"],
};

/** A data-driven or ordered test is a result with the results of its rows within: the rows count, it does not. */
function trx() {
  const counts = { passed: 0, failed: 0, skipped: 0, remarks: [] };
  const results = [];
  let [unknown, isAborted] = [0, false];
  const outcomeOf = (word) => {
    // Visual Studio leaves an outcome out where it is the first of its list, `Error`.
    if (word === undefined) return "failed";
    const outcome = Object.keys(OUTCOMES).find((name) => OUTCOMES[name].includes(word.trim()));
    if (!outcome) unknown += 1;
    return outcome ?? "failed";
  };
  return {
    open(name, attributes, depth) {
      if (RESULTS.includes(name)) {
        if (results.length > 0) results.at(-1).hasInner = true;
        results.push({ depth, outcome: outcomeOf(attributes.get("outcome")), hasInner: false });
      } else if (name === "ResultSummary") {
        isAborted = ["Aborted", "Error"].includes(attributes.get("outcome"));
      }
    },
    close(depth) {
      if (results.at(-1)?.depth !== depth) return;
      const { outcome, hasInner } = results.pop();
      if (!hasInner) counts[outcome] += 1;
    },
    finish() {
      if (unknown > 0) counts.remarks.push(`${unknown} test(s) with unknown outcomes count as failed`);
      if (isAborted) counts.remarks.push("the run was aborted, so tests may be missing");
      return counts;
    },
  };
}

/** Byte order marks, UTF-16 without one, and what an XML declaration declares. */
function decode(bytes) {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) return convert(bytes, "utf-16le");
  if (first === 0xfe && second === 0xff) return convert(bytes, "utf-16be");
  // A report's first character is ASCII, so its other byte gives UTF-16 away.
  if (first && second === 0 && third && fourth === 0) return convert(bytes, "utf-16le");
  if (first === 0 && second && third === 0 && fourth) return convert(bytes, "utf-16be");
  const declaration = /^<\?xml[^>]{0,250}?encoding\s*=\s*["']([^"']*)["']/.exec(bytes.toString("latin1", 0, 256));
  const declared = declaration?.[1].toLowerCase() ?? "utf-8";
  // .NET's StringWriter declares UTF-16 in files that are saved as UTF-8 afterwards; real UTF-16 was seen before.
  return convert(bytes, declared.startsWith("utf-16") ? "utf-8" : declared);
}

function convert(bytes, label) {
  let decoder;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch {
    throw new Refusal(`the encoding \`${label.slice(0, 40)}\` is not known; save the file as UTF-8`);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    // Without the angle bracket it is a log or an archive, not XML.
    if (!bytes.subarray(0, 512).includes(0x3c)) throw new Refusal(NEEDS_CLIENT);
    throw new Refusal(`the file is not the ${label} that it claims to be`);
  }
}
