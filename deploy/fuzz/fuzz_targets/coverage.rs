//! No input causes a panic, the covered part is never more than the whole, and adding the same report again changes
//! nothing.
#![no_main]

use badgesmith_formats::{CoverageMerge, read_coverage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = read_coverage(bytes) else { return };
    let totals = report.totals();
    for count in [Some(totals.lines), totals.branches, totals.functions].into_iter().flatten() {
        assert!(count.covered <= count.total, "{totals:?}");
    }
    let mut merge = CoverageMerge::new([]);
    assert!(merge.add(report.clone()).is_ok() && merge.add(report).is_ok());
    assert_eq!(merge.totals(), totals);
});
