//! Version ranges contain exactly the versions that they should. An input is two bounds, a version and a range, each on
//! its own line.
#![no_main]

use badgesmith_versions::{Range, Version, candidates};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split('\n');
    let mut version = || Version::parse(lines.next().unwrap_or_default());
    let (min, max, version) = (version(), version(), version());
    let range = lines.next().unwrap_or_default();
    let has = |range: &str, version: &Version| Range::parse(range).map(|range| range.satisfied_by(version));
    let Some(version) = version else { return };
    if let Some(range) = Range::parse(range) {
        let (is_in, printed) = (range.satisfied_by(&version), version.to_string());
        assert_eq!(range.satisfied_by(&Version::parse(&printed).expect("it is a version")), is_in);
        assert_eq!(candidates([&*printed].into_iter(), Some(&range), true).len(), usize::from(is_in));
    }
    // A longer range is refused.
    let (Some(min), Some(max)) = (min, max) else { return };
    if min.to_string().len() + max.to_string().len() > 250 {
        return;
    }
    assert_eq!(has(&format!("[{min}]"), &version), Some(version == min));
    assert_eq!(has(&format!("{min}"), &version), Some(version >= min));
    assert_eq!(has(&format!("({min},)"), &version), Some(version > min));
    assert_eq!(has(&format!("(,{max}]"), &version), Some(version <= max));
    if let Some(is_in) = has(&format!("[{min},{max}]"), &version) {
        assert_eq!(is_in, min <= version && version <= max);
    } else {
        assert!(min > max);
    }
    if let Some(is_in) = has(&format!("(,{max})"), &version) {
        assert!(!is_in || version < max);
    }
});
