// Counting: outcomes go in, sums come out. What failed as a whole is one failure, unless one was counted in it already.

/** Sums while a file is read. */
export function tally() {
  const counts = { passed: 0, failed: 0, skipped: 0, remarks: [] };
  let outside = 0;
  return {
    counts,
    total: () => counts.passed + counts.failed + counts.skipped,
    add(outcome, times = 1) {
      counts[outcome] += times;
    },
    /** Something that began when so many had failed has failed as a whole. */
    failSince(mark) {
      if (counts.failed !== mark) return;
      counts.failed += 1;
      outside += 1;
    },
    finish() {
      if (outside > 0) {
        counts.remarks.push(`${outside} run(s) or suite(s) failed although no test in them did; each is one failure`);
      }
      return counts;
    },
  };
}
