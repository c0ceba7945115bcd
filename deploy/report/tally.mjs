// Counts test outcomes while a file is read. A run or a suite that failed as a whole is one failure, unless a failure
// was counted in it.

/** The counts of one file. */
export function createTally() {
  const counts = { passed: 0, failed: 0, skipped: 0, remarks: [] };
  let suiteFailures = 0;
  return {
    counts,
    total: () => counts.passed + counts.failed + counts.skipped,
    add(outcome, times = 1) {
      counts[outcome] += times;
    },
    /** Adds one failure for a run or a suite that failed as a whole, unless more than `mark` failures were counted. */
    failSince(mark) {
      if (counts.failed !== mark) return;
      counts.failed += 1;
      suiteFailures += 1;
    },
    finish() {
      if (suiteFailures > 0) {
        const words = "run(s) or suite(s) failed although no test in them did; each is one failure";
        counts.remarks.push(`${suiteFailures} ${words}`);
      }
      return counts;
    },
  };
}
