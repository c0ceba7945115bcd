// Counting without the client: JUnit XML and TRX, by the client's rules. Any other kind is refused and named.
//
// Cases count, not the sums that suites declare. An error is a failure; what was ignored, disabled, inconclusive or not
// run was skipped. A run or a suite that failed although no case in it did is one failure.
import { junit } from "./junit.mjs";
import { trx } from "./trx.mjs";
import { Broken, scan, withoutForbidden } from "./xml.mjs";

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
/** Roots of reports, by which what breaks before its root is known is told from a stranger. */
const ROOTS = ["testsuites", "testsuite", "testrun", "TestRun", ...OTHER_ROOTS];
/** A root begins within so many characters. */
const LONGEST_HEAD = 4096;
/** What lies in the root of Check's log, and in that of CppUnit. */
const CHECK = "http://check.sourceforge.net/ns";
const OF_CPPUNIT = ["FailedTests", "SuccessfulTests", "Statistics"];
const OF_TRX = [
  ...["Results", "ResultSummary", "TestDefinitions", "TestEntries", "TestLists", "TestSettings"],
  ...["TestRunConfiguration", "Times", "Build"],
];

/** What a file's bytes report: `{ passed, failed, skipped, remarks }`. */
export function count(bytes) {
  if (bytes.length > LARGEST_FILE) throw new Refusal(`it has more than the ${LARGEST_FILE} bytes that are read`);
  const decoded = decode(bytes);
  if (decoded.trim() === "") throw new Refusal("the file is empty; did the test tool run?");
  if (!decoded.trimStart().startsWith("<")) throw new Refusal(NEEDS_CLIENT);
  const text = withoutForbidden(decoded);
  let kind;
  try {
    scan(text, {
      open(name, attributes, depth) {
        kind ??= kindOf(name, attributes);
        kind.open(name, attributes, depth);
      },
      close: (depth) => kind.close(depth),
    });
  } catch (fault) {
    if (!(fault instanceof Broken)) throw fault;
    const head = text.slice(0, LONGEST_HEAD);
    const isSuspect = fault.isHostile || fault.message.endsWith("it ends too early");
    throw new Refusal(fault.message, { isOther: !kind && !isSuspect && !ROOTS.some((root) => head.includes(root)) });
  }
  const { found, ...counts } = kind.finish();
  if (found) throw new Refusal(`${found}, which is no report of tests`, { isOther: true });
  return counts;
}

function kindOf(root, attributes) {
  if (root === "testsuites" && attributes.get("xmlns") === CHECK) throw new Refusal(NEEDS_CLIENT);
  // Eclipse calls the root of what it exports `testrun`.
  if (["testsuites", "testsuite", "testrun"].includes(root)) return junit();
  if (root === "TestRun") return testRun();
  // An assembly in a namespace is a manifest of Windows, or Maven's description of an archive.
  const isManifest = root === "assembly" && attributes.has("xmlns");
  if (OTHER_ROOTS.includes(root) && !isManifest) throw new Refusal(NEEDS_CLIENT);
  throw new Refusal(`it is XML with the root <${root.slice(0, 60)}>, which is no report of tests`, { isOther: true });
}

/** TRX by its namespace or by what lies in the root; CppUnit calls its root so, too. */
function testRun() {
  const kind = trx();
  let isTrx = false;
  return {
    open(name, attributes, depth) {
      if (depth === 1) {
        isTrx = (attributes.get("xmlns") ?? "").startsWith("http://microsoft.com/schemas/VisualStudio/TeamTest/");
      } else if (depth === 2 && !isTrx) {
        if (OF_CPPUNIT.includes(name)) throw new Refusal(NEEDS_CLIENT);
        isTrx = OF_TRX.includes(name);
      }
      if (isTrx) kind.open(name, attributes, depth);
    },
    close(depth) {
      if (isTrx) kind.close(depth);
    },
    finish() {
      if (isTrx) return kind.finish();
      return { found: "it is XML with the root <TestRun>, without anything of TRX in it" };
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
