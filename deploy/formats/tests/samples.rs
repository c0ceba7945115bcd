//! Small reports in every format, written by hand, with the expected counts of each.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeSet, fs, path::PathBuf};

use badgesmith_formats::{TestCounts, TestSuite, read};

/// File, format, passed, failed, skipped, milliseconds, and a part of its remark; empty if it has no remark.
type Sample = (&'static str, &'static str, u64, u64, u64, Option<u128>, &'static str);

#[rustfmt::skip]
const SAMPLES: &[Sample] = &[
    ("junit-nested.xml", "JUnit XML", 2, 2, 1, Some(3250), ""),
    ("junit-no-attributes.xml", "JUnit XML", 1, 1, 1, None, ""),
    ("junit-empty.xml", "JUnit XML", 0, 0, 0, None, ""),
    ("junit-sums-without-cases.xml", "JUnit XML", 0, 1, 0, None, "failed although no test"),
    ("junit-broken-suite.xml", "JUnit XML", 0, 1, 0, None, "failed although no test"),
    ("junit-surefire-reruns.xml", "JUnit XML", 2, 1, 0, Some(1_002_500), ""),
    ("junit-statuses.xml", "JUnit XML", 2, 2, 3, None, ""),
    ("junit-more-statuses.xml", "JUnit XML", 2, 6, 3, None, ""),
    ("junit-prefixed.xml", "JUnit XML", 1, 1, 0, None, ""),
    ("junit-latin1.xml", "JUnit XML", 1, 0, 0, None, ""),
    ("junit-bom.xml", "JUnit XML", 1, 0, 0, None, ""),
    ("junit-utf16.xml", "JUnit XML", 1, 0, 1, None, ""),
    ("junit-doctype.xml", "JUnit XML", 1, 1, 0, None, ""),
    ("junit-eclipse.xml", "JUnit XML", 1, 1, 0, Some(10), ""),
    ("run.trx", "TRX", 2, 4, 2, Some(1500), ""),
    ("run-aborted.trx", "TRX", 1, 1, 1, None, "aborted"),
    ("nunit2.xml", "NUnit 2", 2, 3, 3, Some(404), ""),
    ("nunit3.xml", "NUnit 3", 3, 1, 2, Some(1250), ""),
    ("xunit2.xml", "xUnit.net", 1, 1, 2, Some(185), ""),
    ("xunit1.xml", "xUnit.net", 1, 1, 0, Some(1500), ""),
    ("ctest.xml", "CTest", 1, 2, 0, Some(2000), ""),
    ("boost-log.xml", "Boost.Test", 1, 2, 1, Some(2), ""),
    ("boost-log-and-report.xml", "Boost.Test", 1, 1, 0, None, ""),
    ("boost-report.xml", "Boost.Test", 1, 1, 1, None, ""),
    ("boost-report-short.xml", "Boost.Test", 6, 2, 3, None, ""),
    ("subtests.tap", "TAP", 1, 1, 2, Some(1250), ""),
    ("plan-not-kept.tap", "TAP", 1, 1, 0, None, "5 tests were planned and 2 ran"),
    ("no-plan.tap", "TAP", 2, 0, 0, None, "no plan says how many tests there should be"),
    ("bail-out.tap", "TAP", 1, 1, 0, None, "bailed out: The database is gone"),
    ("two-streams.tap", "TAP", 2, 0, 0, None, ""),
    ("ctrf.json", "CTRF", 1, 1, 3, Some(2500), ""),
    ("ctrf-unknown-status.json", "CTRF", 1, 2, 2, None, "2 test(s) with unknown statuses count as failed"),
    ("ctrf-summary.json", "CTRF", 2, 1, 1, Some(0), ""),
    ("go.json", "go test -json", 3, 4, 1, Some(2000), ""),
    ("go-interrupted.json", "go test -json", 1, 1, 0, None, "cut short"),
    ("go.txt", "go test -v", 2, 5, 1, Some(3664), "1 package(s) passed without naming a test"),
    ("go-binary.txt", "go test -v", 2, 0, 0, None, ""),
    ("libtest.json", "libtest JSON", 4, 1, 2, Some(1500), ""),
    ("libtest-aborted.json", "libtest JSON", 1, 1, 0, None, "cut short"),
    ("dart.json", "dart test JSON", 1, 2, 1, Some(2500), ""),
    ("dart-interrupted.json", "dart test JSON", 0, 1, 0, None, "cut short"),
    ("mocha.json", "mocha JSON", 1, 2, 1, Some(12), ""),
    ("mochawesome.json", "Mochawesome JSON", 2, 1, 2, Some(20), ""),
    ("rspec.json", "RSpec JSON", 1, 3, 1, Some(250), "2 error(s) outside"),
    ("junit-suite-failed.xml", "JUnit XML", 2, 4, 0, None, "failed although no test"),
    ("junit-skipped-and-failed.xml", "JUnit XML", 0, 2, 3, None, ""),
    ("junit-flaky.xml", "JUnit XML", 2, 3, 0, None, ""),
    ("junit-phpunit-warning.xml", "JUnit XML", 1, 2, 0, None, ""),
    ("junit-ctest.xml", "JUnit XML", 1, 2, 2, None, ""),
    ("junit-googletest-list.xml", "JUnit XML", 0, 0, 2, None, "were listed and not run"),
    ("junit-forbidden-characters.xml", "JUnit XML", 1, 1, 0, None, ""),
    ("crashed.trx", "TRX", 3, 1, 0, None, ""),
    ("run-failed.trx", "TRX", 1, 1, 0, None, "failed although no test"),
    ("run-error.trx", "TRX", 1, 1, 0, None, "failed although no test"),
    ("run-timeout.trx", "TRX", 1, 1, 0, None, "aborted"),
    ("run-counters.trx", "TRX", 1, 1, 0, None, "failed although no test"),
    ("nunit3-not-loadable.xml", "NUnit 3", 1, 3, 0, None, "2 run(s) or suite(s) failed although no test"),
    ("nunit3-explored.xml", "NUnit 3", 0, 0, 2, None, ""),
    ("nunit2-fixture-failed.xml", "NUnit 2", 1, 2, 1, None, "failed although no test"),
    ("xunit2-errors.xml", "xUnit.net", 3, 2, 0, None, "failed although no test"),
    ("ctest-notrun.xml", "CTest", 1, 4, 4, None, ""),
    ("ctest-cut-short.xml", "CTest", 1, 1, 0, None, "cut short"),
    ("boost-fixture.xml", "Boost.Test", 1, 1, 0, Some(0), "failed although no test"),
    ("boost-global-fixture.xml", "Boost.Test", 0, 1, 0, None, "failed although no test"),
    ("boost-report-aborted.xml", "Boost.Test", 1, 1, 0, None, "failed although no test"),
    ("cppunit.xml", "CppUnit", 1, 2, 0, None, ""),
    ("aunit.xml", "CppUnit", 1, 2, 0, None, ""),
    ("cppunit-statistics.xml", "CppUnit", 3, 1, 0, None, "counted by the statistics"),
    ("check.xml", "Check", 1, 2, 0, Some(250), ""),
    ("prove.txt", "TAP", 7, 2, 1, None, "failed although no test"),
    ("prove-cut.txt", "TAP", 3, 1, 0, None, "cut short"),
    ("colors.tap", "TAP", 1, 1, 0, None, ""),
    ("several-plans.tap", "TAP", 5, 1, 0, None, ""),
    ("skip-all-then-more.tap", "TAP", 1, 1, 0, None, ""),
    ("cut.tap", "TAP", 1, 1, 0, None, "9 tests were planned and 1 ran"),
    ("blocks.tap", "TAP", 2, 0, 0, None, ""),
    ("directives.tap", "TAP", 0, 2, 2, None, ""),
    ("node.tap", "TAP", 1, 1, 0, None, "failed although no test"),
    ("ctrf-untold.json", "CTRF", 1, 1, 0, Some(5), "failed although no test"),
    ("go-cut-short.json", "go test -json", 1, 1, 0, None, "cut short"),
    ("go-cut-short.txt", "go test -v", 2, 1, 0, None, "cut short"),
    ("go-exit.txt", "go test -v", 1, 1, 0, None, ""),
    ("libtest-windows.json", "libtest JSON", 2, 1, 1, Some(500),
     "2 line(s) are broken JSON; 1 test(s) are counted by the sums"),
    ("libtest-failed.json", "libtest JSON", 1, 1, 0, None, "cut short"),
    ("dart-failed.json", "dart test JSON", 1, 1, 0, Some(9), "failed although no test"),
    ("mocha-untold.json", "mocha JSON", 1, 1, 0, Some(3), "failed although no test"),
    ("playwright.json", "Playwright JSON", 2, 1, 1, Some(1200), ""),
    ("playwright-setup.json", "Playwright JSON", 1, 1, 0, Some(1), "failed although no test"),
    ("bail-out-at-once.tap", "TAP", 0, 1, 0, None, "bailed out"),
    ("mocha-workspaces.json", "mocha JSON", 1, 1, 0, Some(7), ""),
    ("jest.json", "Jest JSON", 2, 3, 4, Some(1000), "2 run(s) or suite(s) failed although no test"),
    ("jest-exit.json", "Jest JSON", 1, 1, 0, Some(250), "failed although no test"),
    ("jest-interrupted.json", "Jest JSON", 1, 1, 0, Some(250), "interrupted"),
    // Catch2: test cases: 6 | 2 passed | 2 failed | 2 failed as expected
    ("catch2-v2.xml", "Catch2", 2, 2, 2, None, ""),
    // Catch2: test cases: 8 | 1 passed | 5 failed | 1 skipped | 1 failed as expected
    ("catch2-v3.xml", "Catch2", 1, 5, 2, Some(0), ""),
    // doctest: test cases: 7 | 3 passed | 4 failed | 1 skipped
    ("doctest.xml", "doctest", 3, 4, 1, None, ""),
    ("doctest-list.xml", "doctest", 0, 0, 7, None, "were listed and not run"),
    ("doctest-crashed.xml", "doctest", 1, 3, 0, None, ""),
    // TestNG: Total tests run: 10, Passes: 3, Failures: 3, Skips: 3, Retries: 1; Configuration Failures: 1
    ("testng.xml", "TestNG", 3, 4, 3, Some(492), "failed although no test"),
    // TestNG: Total tests run: 1, Passes: 1, Failures: 0, Skips: 0; Configuration Failures: 1
    ("testng-configuration.xml", "TestNG", 1, 1, 0, Some(124), "failed although no test"),
    // Robot Framework 7.5 and 6.1: 4 tests, 1 passed, 2 failed, 1 skipped
    ("robot7.xml", "Robot Framework", 1, 2, 1, Some(263), ""),
    ("robot6.xml", "Robot Framework", 1, 2, 1, Some(142), ""),
    // Robot Framework 7.5: 2 tests, 0 passed, 0 failed, 2 skipped
    ("robot-skipped.xml", "Robot Framework", 0, 0, 2, Some(183), ""),
    // Robot Framework 3.2: 2 critical tests, 1 passed, 1 failed; 3 tests total, 1 passed, 2 failed
    ("robot3.xml", "Robot Framework", 1, 1, 1, Some(155), ""),
    // cucumber-js: 11 scenarios (3 failed, 1 ambiguous, 1 undefined, 1 pending, 4 passed, 1 unknown)
    ("cucumber.json", "Cucumber JSON", 4, 6, 1, None, "3 undefined, pending or ambiguous scenario(s)"),
    // behave: 1 scenario passed, 1 failed, 2 error, and one that a step skipped
    ("cucumber-behave.json", "Cucumber JSON", 1, 3, 1, None, ""),
    ("cucumber-background.json", "Cucumber JSON", 1, 3, 0, None, ""),
    // cucumber-js: 4 scenarios (1 failed, 1 pending, 1 passed, 1 unknown); the passed one was retried
    ("cucumber-messages.ndjson", "Cucumber messages", 1, 2, 1, Some(84), "1 undefined, pending or ambiguous"),
    ("cucumber-cut.ndjson", "Cucumber messages", 1, 1, 0, None, "cut short"),
    // cucumber-js --no-strict: 1 scenario (1 pending), exit code 0
    ("cucumber-not-strict.ndjson", "Cucumber messages", 0, 0, 1, Some(10), ""),
    ("cucumber-hook.ndjson", "Cucumber messages", 1, 1, 0, Some(500), "failed although no test"),
    ("cucumber-damaged.ndjson", "Cucumber messages", 1, 1, 0, None, "1 line(s) are broken JSON"),
    // mocha: 3 passing, 1 pending, 3 failing; mochawesome has one skipped test more, which a hook left out
    ("mochawesome-hooks.json", "Mochawesome JSON", 3, 3, 2, Some(75), ""),
    ("xunit3.xml", "xUnit.net", 3, 1, 2, Some(185), ""),
    ("xunit3-crashed.xml", "xUnit.net", 1, 1, 0, Some(10), "failed although no test"),
];

/// File, and a part of the refusal.
const REFUSED: &[(&str, &str)] = &[
    ("empty.xml", "empty"),
    ("blank.xml", "empty"),
    ("cut.xml", "line 4, column 1: Unexpected end"),
    ("mismatched.xml", "line 1, column 36: Unexpected closing tag"),
    ("two-roots.xml", "line 2, column 1: a second root element"),
    ("less-than.xml", "line 2, column 23: '<' is not allowed in attributes"),
    ("laughs.xml", "DOCTYPE declares entities"),
    ("parameter-laughs.xml", "DOCTYPE declares entities"),
    ("page.xml", "XML with the root <html>"),
    ("ctest-build.xml", "without <Testing>"),
    ("false-utf8.xml", "line 2 has bytes that are not UTF-8"),
    ("other.json", "JSON with none of the keys"),
    ("settings.json", "it is JSON, broken in line 2, with none of the keys that reports have"),
    ("cut-ctrf.json", "broken JSON, line 2, column 27: EOF while parsing a string"),
    ("wrong-ctrf.json", "broken JSON, line 1, column 41: invalid type: string \"many\", expected u64"),
    ("prose.txt", "no kind of report is recognized"),
    ("archive.zip", "no kind of report is recognized"),
    ("bandit.json", "JSON with none of the keys"),
    ("hyperfine.json", "JSON with none of the keys"),
    ("semgrep.json", "JSON with none of the keys"),
    ("schema.json", "JSON with none of the keys"),
    ("webpack-stats.json", "JSON with none of the keys"),
    ("manifest.xml", "XML with the root <assembly>"),
    ("maven-assembly.xml", "called as in xUnit.net's, without results"),
    ("test-run.xml", "without anything of TRX or CppUnit"),
    ("test-suites.xml", "called as in JUnit XML, without suites or cases"),
    ("testlink.xml", "cases that people try by hand"),
    ("test-result.xml", "without a suite of Boost.Test"),
    ("test-results.xml", "called as in NUnit's, without a suite"),
    ("template.xml", "it begins like XML, but is not well-formed XML, line 1"),
    ("cut-playwright.json", "broken JSON, line 1"),
    ("hidden-entity.xml", "DOCTYPE declares entities"),
    ("docker-events.jsonl", "with none of the keys"),
    ("log.jsonl", "with none of the keys"),
    ("test-log.xml", "without a suite of Boost.Test"),
    ("behind-text.xml", "line 5, column 1: a report begins here, behind other text"),
    ("urdf.xml", "XML with the root <robot>"),
    ("catch.xml", "called as in Catch2's, without results"),
    ("doctest.xml", "without anything of doctest"),
    ("testng-suite.xml", "XML with the root <suite>"),
    ("robots.xml", "it begins like XML, but is not well-formed XML"),
    ("robot-entity.xml", "DOCTYPE declares entities"),
    ("cut-robot.xml", "Unexpected end"),
    ("keywords.json", "JSON with none of the keys"),
    ("cut-cucumber.json", "broken JSON, line 4"),
    ("cut-mochawesome.json", "broken JSON, line 4"),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/samples")
}

#[test]
fn every_format_is_recognized_and_counted() {
    for &(name, format, passed, failed, skipped, milliseconds, remark) in SAMPLES {
        let report =
            read(&fs::read(folder().join(name)).unwrap()).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!(report.format.name(), format, "{name}");
        assert_eq!(report.counts, TestCounts { passed, failed, skipped }, "{name}");
        assert_eq!(report.duration.map(|time| time.as_millis()), milliseconds, "{name}");
        let is_remarked = report.remarks.iter().any(|said| said.contains(remark));
        assert!(is_remarked != remark.is_empty() && report.remarks.len() < 3, "{name}: {:?}", report.remarks);
        let mut sum = TestCounts::default();
        report.suites.iter().for_each(|suite| sum += suite.counts);
        assert!(sum.total() <= report.counts.total(), "{name}: {:?}", report.suites);
    }
}

#[test]
fn a_broken_file_is_refused_with_its_reason() {
    for &(name, words) in REFUSED {
        let refusal = read(&fs::read(folder().join("refused").join(name)).unwrap()).expect_err(name).to_string();
        assert!(refusal.contains(words), "{name}: {refusal}");
    }
}

#[test]
fn every_sample_stands_in_a_list() {
    let named: BTreeSet<_> = SAMPLES.iter().map(|row| row.0).chain(REFUSED.iter().map(|row| row.0)).collect();
    for folder in [folder(), folder().join("refused")] {
        for entry in fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(name == "refused" || named.contains(&*name), "{name} stands in no list");
        }
    }
}

#[test]
fn suites_have_their_own_tests_and_the_names_that_the_tools_give_them() {
    let suites = |name| {
        let report = read(&fs::read(folder().join(name)).unwrap()).unwrap();
        let describe = |suite: TestSuite| {
            format!("{} {}/{}/{}", suite.name, suite.counts.passed, suite.counts.failed, suite.counts.skipped)
        };
        report.suites.into_iter().map(describe).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(suites("junit-nested.xml"), "cart 1/2/0, discounts 1/0/1");
    assert_eq!(suites("junit-latin1.xml"), "café 1/0/0");
    assert_eq!(suites("run.trx"), "Shop.CartTests 1/0/0, Shop.RowTests 1/1/0");
    assert_eq!(suites("nunit3.xml"), "Shop.CartTests 3/1/2");
    assert_eq!(suites("xunit2.xml"), "Shop.CartTests 1/1/1, Cart 0/0/1");
    assert_eq!(suites("boost-log.xml"), "cart 1/2/1");
    assert_eq!(suites("ctrf.json"), "cart 1/0/0, cart > prices 0/1/0, c.test.js 0/0/1");
    assert_eq!(
        suites("go.json"),
        "example.com/shop 3/1/1, example.com/main 0/1/0, example.com/new 0/1/0, example.com/old 0/1/0"
    );
    assert_eq!(suites("dart.json"), "test/cart_test.dart 1/1/1");
    assert_eq!(suites("robot7.xml"), "Cart 1/1/0, Down 0/1/1");
    assert_eq!(suites("testng.xml"), "shop.ConfigTest 0/1/2, shop.Small 3/3/1");
    assert_eq!(suites("catch2-v3.xml"), "c3 1/5/2");
    assert_eq!(suites("cucumber-messages.ndjson"), "Cart 1/2/1");
    assert_eq!(suites("rspec.json"), "./spec/cart_spec.rb 1/1/0, ./spec/price_spec.rb 0/0/1");
}
