//! No bytes cause a panic, suites have no more tests than their report, and each has a name.
#![no_main]

use badgesmith_formats::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = read(bytes) else { return };
    let in_suites = report.suites.iter().fold(0_u64, |sum, suite| sum.saturating_add(suite.counts.total()));
    assert!(in_suites <= report.counts.total(), "{report:?}");
    assert!(report.suites.iter().all(|suite| !suite.name.is_empty()), "{report:?}");
    assert!(report.suite_failures <= report.counts.failed, "{report:?}");
});
