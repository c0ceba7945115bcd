// Counts the tests of one report without the client: JUnit XML and TRX, by the rules of the client. Other formats are
// refused.
//
// Test cases count, not the totals that suites declare. An error is a failure; a test that was ignored, disabled,
// inconclusive or not run was skipped. A run or a suite that failed although no test case in it did is one failure.
import { junit } from "./junit.mjs";
import { trx } from "./trx.mjs";
import { XmlFault, scan, withoutForbidden } from "./xml.mjs";

/** The largest file that is read, in bytes. */
export const LARGEST_FILE = 64 * 1024 * 1024;

/** Why a file is not counted. `isOther` says that the file is complete and not a test report. */
export class Refusal extends Error {
  constructor(words, { isOther = false } = {}) {
    super(words);
    this.isOther = isOther;
  }
}

const NEEDS_CLIENT = "a kind of report that only the badgesmith client reads; put it in PATH or name it in `binary`";
/** The root elements of NUnit, xUnit.net, CTest, Boost.Test, Catch2, doctest, Robot Framework and TestNG. */
const CLIENT_ROOTS = [
  ...["test-run", "test-results", "test-suite", "assemblies", "assembly", "Site", "TestLog", "TestResult"],
  ...["Catch", "Catch2TestRun", "doctest", "robot", "testng-results"],
];
/** The root elements of all reports. One of them shows that a file that breaks before its root may be a report. */
const ROOTS = ["testsuites", "testsuite", "testrun", "TestRun", ...CLIENT_ROOTS];
/** The root element begins within this many characters. */
const LONGEST_HEAD = 4096;
/** The namespace of the log of Check. */
const CHECK_NAMESPACE = "http://check.sourceforge.net/ns";
/** The elements in the root of a CppUnit file. */
const CPPUNIT_ELEMENTS = ["FailedTests", "SuccessfulTests", "Statistics"];
/** The elements in the root of a TRX file. */
const TRX_ELEMENTS = [
  ...["Results", "ResultSummary", "TestDefinitions", "TestEntries", "TestLists", "TestSettings"],
  ...["TestRunConfiguration", "Times", "Build"],
];

/** The counts of a file: `{ passed, failed, skipped, remarks }`. Throws a `Refusal` if it is not a report. */
export function count(bytes) {
  if (bytes.length > LARGEST_FILE) throw tooLarge();
  const decoded = decode(bytes);
  if (decoded.trim() === "") throw new Refusal("the file is empty; did the test tool run?");
  if (!decoded.trimStart().startsWith("<")) throw new Refusal(NEEDS_CLIENT);
  const text = withoutForbidden(decoded);
  let reader;
  try {
    scan(text, {
      open(name, attributes, depth) {
        reader ??= readerOf(name, attributes);
        reader.open(name, attributes, depth);
      },
      close: (depth) => reader.close(depth),
    });
  } catch (fault) {
    if (!(fault instanceof XmlFault)) throw fault;
    const head = text.slice(0, LONGEST_HEAD);
    const isSuspect = fault.isHostile || fault.isCutOff;
    throw new Refusal(fault.message, { isOther: !reader && !isSuspect && !ROOTS.some((root) => head.includes(root)) });
  }
  const { found, ...counts } = reader.finish();
  if (found) throw new Refusal(`${found}, which is no report of tests`, { isOther: true });
  return counts;
}

/** The refusal of a file that is too large. */
export function tooLarge() {
  return new Refusal(`it has more than the ${LARGEST_FILE} bytes that are read`);
}

/** The reader of the format that has such a root element. */
function readerOf(root, attributes) {
  if (root === "testsuites" && attributes.get("xmlns") === CHECK_NAMESPACE) throw new Refusal(NEEDS_CLIENT);
  // `testrun` is the root of Eclipse's exports.
  if (["testsuites", "testsuite", "testrun"].includes(root)) return junit();
  if (root === "TestRun") return testRun();
  // With a namespace it is a Windows application manifest or a Maven assembly descriptor.
  const isManifest = root === "assembly" && attributes.has("xmlns");
  if (CLIENT_ROOTS.includes(root) && !isManifest) throw new Refusal(NEEDS_CLIENT);
  throw new Refusal(`it is XML with the root <${root.slice(0, 60)}>, which is no report of tests`, { isOther: true });
}

/** Reads TRX, recognized by its namespace or by the elements in the root. CppUnit has a root of the same name. */
function testRun() {
  const reader = trx();
  let isTrx = false;
  return {
    open(name, attributes, depth) {
      if (depth === 1) {
        isTrx = (attributes.get("xmlns") ?? "").startsWith("http://microsoft.com/schemas/VisualStudio/TeamTest/");
      } else if (depth === 2 && !isTrx) {
        if (CPPUNIT_ELEMENTS.includes(name)) throw new Refusal(NEEDS_CLIENT);
        isTrx = TRX_ELEMENTS.includes(name);
      }
      if (isTrx) reader.open(name, attributes, depth);
    },
    close(depth) {
      if (isTrx) reader.close(depth);
    },
    finish() {
      if (isTrx) return reader.finish();
      return { found: "it is XML with the root <TestRun>, without anything of TRX in it" };
    },
  };
}

/**
 * The text of a file, by its byte order mark, by detected UTF-16, or by the encoding that the XML declaration names.
 */
function decode(bytes) {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) return convert(bytes, "utf-16le");
  if (first === 0xfe && second === 0xff) return convert(bytes, "utf-16be");
  // A report begins with ASCII characters, so in UTF-16 every second byte is zero.
  if (first && second === 0 && third && fourth === 0) return convert(bytes, "utf-16le");
  if (first === 0 && second && third === 0 && fourth) return convert(bytes, "utf-16be");
  const declaration = /^<\?xml[^>]{0,250}?encoding\s*=\s*["']([^"']*)["']/.exec(bytes.toString("latin1", 0, 256));
  const declared = declaration?.[1].toLowerCase() ?? "utf-8";
  // .NET's StringWriter declares UTF-16, and the text is saved as UTF-8 afterwards. Real UTF-16 was detected before.
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
    // Without an angle bracket it is a log or an archive and not XML.
    if (!bytes.subarray(0, 512).includes(0x3c)) throw new Refusal(NEEDS_CLIENT);
    throw new Refusal(`the file is not the ${label} that it claims to be`);
  }
}
