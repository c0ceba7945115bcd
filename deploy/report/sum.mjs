// Counts all reports without the client. If one of them cannot be read, there is no sum.
import { readFileSync, realpathSync, statSync } from "node:fs";

import { LARGEST_FILE, Refusal, count, tooLarge } from "./counts.mjs";
import { search } from "./files.mjs";
import { Failure, annotate } from "./runner.mjs";

/** Further refusals and remarks are only counted. */
const MOST_LINES = 20;
/** Further names of skipped files are only counted. */
const MOST_NAMES = 10;
/**
 * The file extensions in a directory: of reports that the script reads, of reports that only the client reads, and of
 * files that may be a report for the client or anything else.
 */
const EXTENSIONS = { script: ["xml", "trx"], client: ["tap", "gojson", "ctrf"], unclear: ["json", "jsonl", "ndjson"] };

/** Counts the files and the files in the directories, each once. */
export function sum({ files, named, directories }, { allowsEmpty = false } = {}) {
  // By the real path: the name of the file, and whether it may be something other than a report.
  const candidates = new Map(files.map((file) => [realpathSync(file), { file, mayBeOther: !named.has(file) }]));
  const refusals = [];
  for (const directory of directories) {
    for (const file of search(directory, EXTENSIONS.script)) {
      const real = realpathSync(file);
      if (!candidates.has(real)) candidates.set(real, { file, mayBeOther: true });
    }
    for (const file of search(directory, EXTENSIONS.client)) {
      refusals.push(`${file}: only the badgesmith client reads such reports`);
    }
    const unread = search(directory, EXTENSIONS.unclear).length;
    if (unread > 0) {
      const words = `${unread} JSON file(s) were not looked at, which only the badgesmith client reads`;
      annotate("warning", `${directory}: ${words}`);
    }
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const remarks = [];
  const others = [];
  let reports = 0;
  for (const { file, mayBeOther } of candidates.values()) {
    try {
      const counted = read(file);
      for (const outcome of Object.keys(counts)) counts[outcome] += counted[outcome];
      remarks.push(...counted.remarks.map((remark) => `${file}: ${remark}`));
      reports += 1;
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault;
      if (fault.isOther && mayBeOther) others.push(file);
      else refusals.push(`${file}: ${fault.message}`);
    }
  }
  if (others.length > 0) {
    const more = others.length > MOST_NAMES ? ` and ${others.length - MOST_NAMES} more` : "";
    const names = others.slice(0, MOST_NAMES).join(", ");
    annotate("notice", `passed over, because they are no reports of tests: ${names}${more}`);
  }
  if (refusals.length > 0) throw new Failure(firstLines(refusals));
  if (reports === 0) throw new Failure("no file that was found is a report of tests");
  if (!allowsEmpty && counts.passed + counts.failed + counts.skipped === 0) {
    throw new Failure(`the ${reports} report(s) have no tests; did they run? \`allow-empty\` sends that all the same`);
  }
  if (remarks.length > 0) annotate("warning", firstLines(remarks));
  return counts;
}

/** Counts one file. */
function read(file) {
  let bytes;
  try {
    // A larger file is refused before it is read.
    if (statSync(file).size > LARGEST_FILE) throw tooLarge();
    bytes = readFileSync(file);
  } catch (fault) {
    throw fault instanceof Refusal ? fault : new Refusal(fault.message);
  }
  return count(bytes);
}

/** The first lines, and how many more there are. */
function firstLines(all) {
  const more = all.length > MOST_LINES ? [`and ${all.length - MOST_LINES} more`] : [];
  return [...all.slice(0, MOST_LINES), ...more].join("\n");
}
