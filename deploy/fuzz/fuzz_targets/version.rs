//! Versions of every grammar: the order is total where that is promised, it agrees with equality, and no version of a
//! list is newer than the one that is found as its newest. An input is a list of versions, each on its own line.
#![no_main]

use std::cmp::Ordering;

use badgesmith_provider::order::{Order, newest};
use badgesmith_versions::{Version, candidates};
use libfuzzer_sys::fuzz_target;

const ORDERS: [Order; 7] = [
    Order::SemVer,
    Order::Pep440,
    Order::Maven,
    Order::Rubygems,
    Order::NuGet,
    Order::Composer,
    Order::Loose,
];

/// Whether an order is total for this version. Other versions are compared as shields compares texts, and Maven's own
/// order is not transitive, as order/maven.rs says.
fn is_total(order: Order, text: &str) -> bool {
    text.len() <= 256
        && match order {
            Order::SemVer => semver::Version::parse(text).is_ok(),
            Order::Pep440 => text.parse::<pep440_rs::Version>().is_ok(),
            Order::NuGet => Version::parse(text).is_some(),
            _ => false,
        }
}

/// How many versions are compared with each other.
const MOST: usize = 5;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let versions: Vec<&str> = text.split('\n').take(MOST).collect();
    for order in ORDERS {
        let ruled: Vec<&str> = versions.iter().copied().filter(|text| is_total(order, text)).collect();
        for left in &versions {
            let _ = order.is_prerelease(left);
            assert_eq!(order.compare(left, left), Ordering::Equal, "{order:?}: {left:?}");
            for right in &versions {
                let compared = order.compare(left, right);
                assert_eq!(compared, order.compare(right, left).reverse(), "{order:?}: {left:?} {right:?}");
            }
        }
        for left in &ruled {
            for right in ruled.iter().filter(|right| order.compare(left, right).is_le()) {
                for third in ruled.iter().filter(|third| order.compare(right, third).is_le()) {
                    assert!(order.compare(left, third).is_le(), "{order:?}: {left:?} {right:?} {third:?}");
                }
            }
        }
        for prerelease in [false, true] {
            let found = newest(&versions, order, prerelease).expect("the list is not empty");
            assert!(versions.contains(&found));
            for rival in ruled.iter().filter(|version| prerelease || !order.is_prerelease(version)) {
                assert_ne!(order.compare(found, rival), Ordering::Less, "{order:?}: {found:?} {rival:?}");
            }
        }
    }
    let read: Vec<Version> = versions.iter().filter_map(|text| Version::parse(text)).collect();
    for version in &read {
        assert_eq!(Version::parse(&version.to_string()), Some(*version), "{version}");
        for other in &read {
            assert_eq!(version == other, version.cmp(other).is_eq(), "{version} {other}");
        }
    }
    let found = candidates(versions.iter().copied(), None, true);
    assert!(found.windows(2).all(|pair| pair[0].version > pair[1].version), "{found:?}");
    assert!(read.iter().all(|version| found.iter().any(|found| found.version == *version)), "{found:?}");
});
