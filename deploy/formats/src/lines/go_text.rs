//! The output of `go test -v`. Without `-v` the output names failed tests only, and a remark says so.

use std::collections::HashSet;

use crate::{
    duration::parse_seconds,
    lines::go_package::GoPackage,
    report::{ReportFormat, TestCounts, TestReport},
    tally::{Tally, TestOutcome},
};

const NAME: ReportFormat = ReportFormat::named("go test -v");

/// Counts the tests in the output of `go test`. `None` if the text has no line of it.
pub(super) fn read(text: &str) -> Option<TestReport> {
    let mut tally = Tally::default();
    let mut package = GoPackage::default();
    let mut benchmarks = HashSet::new();
    let mut is_go = false;
    let mut silent_packages = 0;
    let mut verdict = None;
    for line in text.lines() {
        if let Some(test) = line.strip_prefix("=== RUN ").map(str::trim) {
            is_go = true;
            package.begin(test);
            verdict = None;
        } else if let Some((test, outcome)) = test_end(line, &package) {
            is_go = true;
            package.end(test, outcome);
            verdict = None;
        } else if let Some(benchmark) = benchmark(line) {
            // New versions of Go begin a benchmark like a test, and end it by this line only.
            package.forget(benchmark);
            benchmarks.insert(benchmark.to_owned());
        } else if let Some((name, outcome, time)) = package_end(line) {
            is_go = true;
            let mut counts = package.close(Some(outcome));
            counts.passed += u64::try_from(benchmarks.len()).unwrap_or(u64::MAX);
            benchmarks.clear();
            verdict = None;
            silent_packages += u64::from(outcome == TestOutcome::Passed && counts == TestCounts::default());
            tally.add_counts(name, counts);
            tally.add_duration(parse_seconds(time));
        } else if line == "PASS" {
            // A test binary that is run directly prints no package after this line.
            verdict = Some(TestOutcome::Passed);
        } else if line == "FAIL" && package.is_open {
            verdict = Some(TestOutcome::Failed);
        }
    }
    if !is_go {
        return None;
    }
    // Tests without a verdict after them: the output was cut short, or the test binary was killed.
    let (is_cut, mark) = (package.is_open && verdict.is_none(), tally.mark());
    let mut rest = package.close(verdict);
    rest.passed += u64::try_from(benchmarks.len()).unwrap_or(u64::MAX);
    tally.add_counts("", rest);
    if is_cut {
        tally.remark("the output has no verdict at its end; it was cut short, so tests may be missing");
        tally.fail_since(mark, "");
    }
    if silent_packages > 0 {
        tally
            .remark(format!("{silent_packages} package(s) passed without naming a test; run go test with -v or -json"));
    }
    Some(tally.finish(NAME))
}

/// Parses `--- PASS: TestName (0.00s)`, which is indented by four spaces for each outer test. The output of a test that
/// did not end its line may precede it; then it counts only if the test is running.
fn test_end<'a>(line: &'a str, package: &GoPackage) -> Option<(&'a str, TestOutcome)> {
    for (words, outcome) in
        [("--- PASS: ", TestOutcome::Passed), ("--- FAIL: ", TestOutcome::Failed), ("--- SKIP: ", TestOutcome::Skipped)]
    {
        let Some((before, after)) = line.split_once(words) else { continue };
        let mut parts = after.split_ascii_whitespace();
        let test = parts.next()?;
        // Benchmarks and Go before 1.0 print no time.
        let is_whole =
            parts.next().is_none_or(|time| time.starts_with('(')) && parts.all(|word| word.starts_with("second"));
        let is_alone = before.bytes().all(|byte| byte == b' ' || byte == b'\t' || byte == 0x16);
        if is_whole && (is_alone || package.is_running(test)) {
            return Some((test, outcome));
        }
    }
    None
}

/// Parses `ok   example.com/shop 0.160s` or `FAIL example.com/shop [build failed]` into package, outcome and time.
fn package_end(line: &str) -> Option<(&str, TestOutcome, &str)> {
    let (word, rest) = line.split_once(['\t', ' '])?;
    let outcome = match word {
        "ok" => TestOutcome::Passed,
        "FAIL" => TestOutcome::Failed,
        "?" => TestOutcome::Skipped,
        _ => return None,
    };
    let mut words = rest.split_ascii_whitespace();
    let (package, time) = (words.next()?, words.next()?);
    let is_time =
        time.ends_with('s') && time.starts_with(|c: char| c.is_ascii_digit()) && parse_seconds(time).is_some();
    let is_end = match outcome {
        TestOutcome::Passed => is_time || time == "(cached)",
        TestOutcome::Failed => is_time || ["[build", "[setup"].contains(&time),
        TestOutcome::Skipped => time == "[no",
    };
    // `ok 12 0.5s` is a test point of TAP.
    (is_end && !package.bytes().all(|byte| byte.is_ascii_digit())).then_some((package, outcome, time))
}

/// Parses `BenchmarkName-8     1000000       1042 ns/op` into the name without the number of cores, so that a benchmark
/// counts once however often it was measured.
fn benchmark(line: &str) -> Option<&str> {
    let mut words = line.split_ascii_whitespace();
    let name = words.next().filter(|name| name.starts_with("Benchmark"))?;
    words.next()?.parse::<u64>().ok()?;
    words.next()?.parse::<f64>().ok()?;
    let without_cores = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = without_cores.strip_suffix('-').unwrap_or(name);
    (words.next()? == "ns/op").then_some(name)
}
