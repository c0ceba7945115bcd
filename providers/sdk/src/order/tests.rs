//! Lists in their right order, and lists with their newest version.

use super::*;

const ALL: [Order; 7] =
    [Order::SemVer, Order::Pep440, Order::Maven, Order::Rubygems, Order::NuGet, Order::Composer, Order::Loose];

/// Checks that each version is older than those after it.
fn ascends(order: Order, versions: &str) {
    let versions: Vec<_> = versions.split_whitespace().collect();
    for (place, older) in versions.iter().enumerate() {
        for newer in &versions[place + 1..] {
            assert_eq!(order.compare(older, newer), Ordering::Less, "{order:?}: {older} and {newer}");
            assert_eq!(order.compare(newer, older), Ordering::Greater, "{order:?}: {newer} and {older}");
        }
    }
}

/// Checks that all versions are equal.
fn equal(order: Order, versions: &str) {
    let versions: Vec<_> = versions.split_whitespace().collect();
    for left in &versions {
        for right in &versions {
            assert_eq!(order.compare(left, right), Ordering::Equal, "{order:?}: {left} and {right}");
        }
    }
}

#[test]
fn versions_ascend_as_their_specification_says() {
    ascends(
        Order::SemVer,
        "1.0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 v1.0.0 2.1.0",
    );
    ascends(
        Order::Pep440,
        "nonsense 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345 \
         1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1 1!0.1",
    );
    ascends(
        Order::Rubygems,
        "nonsense 0.9 1.0.a 1.0.a.2 1.0.b1 1.0.b2 1.0.b10 1.0-rc1 1.0.rc1 1.0 1.0.0.1 1.0.1.beta 1.0.1 1.2.3.4 1.2.3.4.5 1.10 2",
    );
    ascends(Order::NuGet, "latest 1.0.0-alpha 1.0.0-beta.2 1.0.0-beta.10 1.0 1.0.0.1 1.0.1 1.10");
    ascends(Order::Composer, "1.0-alpha2 1.0-alpha10 1.0b1 1.0-RC1 1.0 1.0-patch1 1.0-pl2 1.0-dev 1.0.1 1.10");
}

#[test]
fn maven_versions_ascend_as_maven_says() {
    ascends(
        Order::Maven,
        "1-alpha2snapshot 1-alpha2 1-alpha-123 1-beta-2 1-beta123 1-m2 1-m11 1-rc 1-cr2 1-rc123 1-SNAPSHOT 1 1-sp \
         1-sp2 1-sp123 1-abc 1-def 1-pom-1 1-1-snapshot 1-1 1-2 1-123",
    );
    ascends(
        Order::Maven,
        "2.0 2.0.a 2-1 2.0.2 2.0.123 2.1.0 2.1-a 2.1b 2.1-c 2.1-1 2.1.0.1 2.2 2.123 11.a2 11.a11 11.b2 11.b11 11.m2 \
         11.m11 11 11.a 11b 11c 11m",
    );
    ascends(Order::Maven, "1.0-alpha-1 1.0-alpha-2 1.0-beta-1 1.0-SNAPSHOT 1.0 1.0-1 1.0-2 1.0.1 1.1");
    ascends(Order::Maven, "32.1.3-android 32.1.3-jre 33.0.0-android 33.0.0-jre 20010101000000");
}

#[test]
fn some_maven_versions_go_in_a_circle_as_in_maven() {
    for versions in [["1.0-x", "1.0.--alpha", "1.0", "1.0-x"], ["1-alpha", "1-alpha.b)", "1-a0.0-alpha", "1-alpha"]] {
        for pair in versions.windows(2) {
            assert_eq!(Order::Maven.compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
    }
}

#[test]
fn equal_versions_are_spelled_in_several_ways() {
    equal(Order::Maven, "1 1.0 1.0.0 1-0 1.0-0 1-ga 1.0-FINAL 1-release 1ga");
    equal(Order::Maven, "1.0-rc1 1.0-cr1 1.0.RC1 1rc1 1.0.0-RC-1");
    equal(Order::Maven, "1a1 1-alpha-1 1.0.0.a1");
    equal(Order::Pep440, "1.0 1.0.0 v1.0 1");
    equal(Order::Pep440, "1.0rc1 1.0-RC1 1.0.c1");
    equal(Order::NuGet, "1 1.0 1.0.0 1.0.0.0 1.0.0+build");
    equal(Order::Composer, "1.0 v1.0 1.0-stable");
    equal(Order::Rubygems, "1 1.0 1.0.0 01");
    equal(Order::Rubygems, "1.beta 1.0.beta 1.0.0.beta");
    equal(Order::Loose, "1.2.3 v1.2.3 =1.2.3 01.02.03");
}

#[test]
fn the_newest_of_a_list_is_stable_where_one_is() {
    let rows = [
        (Order::SemVer, "1.0.0 2.0.0-rc.1", "1.0.0", "2.0.0-rc.1"),
        (Order::SemVer, "2.0.0-rc.1 2.0.0-rc.2", "2.0.0-rc.2", "2.0.0-rc.2"),
        (Order::Pep440, "0.9 1.0.dev2 not-one", "0.9", "1.0.dev2"),
        (Order::Maven, "31.1-jre 32.0-M1 31.1-android", "31.1-jre", "32.0-M1"),
        (Order::NuGet, "1.0 1.10 1.9 2.0-beta", "1.10", "2.0-beta"),
        (Order::Composer, "v1.0.0 1.1.0-RC1 dev-main", "v1.0.0", "1.1.0-RC1"),
        (Order::Rubygems, "1.0.0 1.1.0.rc1 1.1.0.beta2", "1.0.0", "1.1.0.rc1"),
    ];
    for (order, versions, stable, any) in rows {
        let versions: Vec<_> = versions.split_whitespace().collect();
        assert_eq!(newest(&versions, order, false), Some(stable), "{order:?} of {versions:?}");
        if order != Order::Composer {
            assert_eq!(newest(&versions, order, true), Some(any), "{order:?} of {versions:?}");
        }
    }
}

#[test]
fn the_loose_order_makes_something_of_any_list() {
    let rows = [
        ("1.0.0 1.0.2 1.0.1", true, "1.0.2"),
        ("0.0.1 0.0.10 0.0.2 0.0.20", true, "0.0.20"),
        ("1.0.00 1.0.02 1.0.01", true, "1.0.02"),
        ("0.0.01 0.0.010 0.0.02 0.0.020", true, "0.0.020"),
        ("1.0.0 v1.0.2 r1.0.1 release-2.0.0 v1.0.1-alpha.1", true, "release-2.0.0"),
        ("1.0.0 v2.0.0 r1.0.1 release-1.0.3 v1.0.1-alpha.1", true, "v2.0.0"),
        ("1.0.0 v1.0.2 r2.0.0 release-1.0.3 v1.0.1-alpha.1", true, "r2.0.0"),
        ("1.0.0 v1.0.2 r2.0.0 release-1.0.3 v2.0.1-alpha.1", true, "v2.0.1-alpha.1"),
        ("0.1 0.5 0.12 0.21", true, "0.21"),
        ("2 10 1", true, "10"),
        ("v1.0.1-alpha.2 v1.0.1-beta.3 v1.0.1-RC.1 v1.0.1-RC.2 v1.0.0", true, "v1.0.1-RC.2"),
        ("v1.0.1-alpha.2 v1.0.1-beta.3 v1.0.1-RC.1 v1.0.1-RC.2 v1.0.0", false, "v1.0.0"),
        ("v1.0.1-alpha.2 v1.0.1-RC.2 v1.0.1", true, "v1.0.1"),
        ("v1.0.1-alpha.2 v1.0.1-alpha.1 v1.0.1-beta.3 v1.0.1-beta.1 v1.0.1-RC.1", false, "v1.0.1-RC.1"),
        ("release-1.0.0 release-1.0.2 release-1.0.20 release-1.0.3", true, "release-1.0.20"),
        ("1.0.0 1.0.2 1.1 1.0 notaversion2 12bcde4", false, "1.1"),
        ("0.3.9 0.4.0+1 0.4.0+9", false, "0.4.0+9"),
        ("1.2.3beta 1.2.3 1.2.2", true, "1.2.3"),
        ("main develop Master", true, "Master"),
        ("1.0.0-0123 1.0.0-99", true, "1.0.0-0123"),
        (".. 1.0", true, "1.0"),
    ];
    for (versions, prerelease, expected) in rows {
        let versions: Vec<_> = versions.split_whitespace().collect();
        assert_eq!(newest(&versions, Order::Loose, prerelease), Some(expected), "{versions:?}");
    }
}

#[test]
fn no_text_ends_the_process() {
    let long = "1-".repeat(100_000);
    let texts =
        ["", ".", "-", "--", "..", "v", "é1é", "1.é-é", "1..2", "1-a-", &long, "99999999999999999999999.1.1", "\0"];
    for order in ALL {
        for left in texts {
            order.is_prerelease(left);
            for right in texts {
                assert_eq!(
                    order.compare(left, right),
                    order.compare(right, left).reverse(),
                    "{order:?}: {left:.9} {right:.9}"
                );
            }
        }
        for prerelease in [true, false] {
            assert!(newest(&texts, order, prerelease).is_some());
        }
    }
}

#[test]
fn a_long_version_among_thousands_of_others_takes_no_longer_than_reading_all_of_them() {
    let (digits, words, lists) = ("9.".repeat(1_000_000), "x".repeat(2_000_000), "1a".repeat(120));
    for long in [&*digits, &*words, &*lists] {
        let mut versions = vec!["0-1"; 20_000];
        versions.insert(0, long);
        for order in ALL {
            let began = std::time::Instant::now();
            assert!(newest(&versions, order, true).is_some());
            assert!(newest(&versions, order, false).is_some());
            assert!(began.elapsed().as_secs() < 5, "{order:?} of {long:.9}: {:?}", began.elapsed());
        }
    }
}
