// The sum of all reports, without the client; of half of them there is none.
import { readFileSync, realpathSync, statSync } from "node:fs";

import { LARGEST_FILE, Refusal, count } from "./counts.mjs";
import { search } from "./files.mjs";
import { Failure, annotate } from "./say.mjs";

/** Refusals and remarks beyond this many are only counted. */
const MOST_LINES = 20;
/** Files that were passed over beyond this many are only counted. */
const MOST_NAMES = 10;
/** What the script reads in a directory, what only the client reads, and what may be a report or anything else. */
const ENDINGS = { ours: ["xml", "trx"], clients: ["tap", "gojson", "ctrf"], perhaps: ["json", "jsonl", "ndjson"] };

/** Counts the files and what lies in the directories, each file once. */
export function sum({ files, named, directories }, { allowsEmpty = false } = {}) {
  // By their real paths, each with its name and whether it may turn out to be none of ours.
  const candidates = new Map(files.map((file) => [realpathSync(file), { file, mayBeOther: !named.has(file) }]));
  const refusals = [];
  for (const directory of directories) {
    for (const file of search(directory, ENDINGS.ours)) {
      const real = realpathSync(file);
      if (!candidates.has(real)) candidates.set(real, { file, mayBeOther: true });
    }
    for (const file of search(directory, ENDINGS.clients)) {
      refusals.push(`${file}: only the badgesmith client reads such reports`);
    }
    const unread = search(directory, ENDINGS.perhaps).length;
    if (unread > 0) {
      annotate("warning", `${directory}: ${unread} JSON file(s) were not looked at, which only the badgesmith client reads`);
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
  if (refusals.length > 0) throw new Failure(lines(refusals));
  if (reports === 0) throw new Failure("no file that was found is a report of tests");
  if (!allowsEmpty && counts.passed + counts.failed + counts.skipped === 0) {
    throw new Failure(`the ${reports} report(s) have no tests; did they run? \`allow-empty\` sends that all the same`);
  }
  if (remarks.length > 0) annotate("warning", lines(remarks));
  return counts;
}

function read(file) {
  let bytes;
  try {
    if (statSync(file).size > LARGEST_FILE) throw new Refusal(`it has more than the ${LARGEST_FILE} bytes that are read`);
    bytes = readFileSync(file);
  } catch (fault) {
    throw fault instanceof Refusal ? fault : new Refusal(fault.message);
  }
  return count(bytes);
}

/** Some lines, and how many more there are. */
function lines(all) {
  const more = all.length > MOST_LINES ? [`and ${all.length - MOST_LINES} more`] : [];
  return [...all.slice(0, MOST_LINES), ...more].join("\n");
}
