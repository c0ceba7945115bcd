//! What `go test -v` prints. Without `-v` it names only the tests that failed, and a remark says so.

use std::collections::HashSet;

use crate::{
    lines::go_json::Package,
    report::{Counts, Kind, Report},
    tally::{Outcome, Tally, seconds},
};

/// Counts the output of go, if one of its lines is there.
pub(crate) fn read(text: &str) -> Option<Report> {
    let mut tally = Tally::default();
    let mut package = Package::default();
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
            // Newer versions of go announce them as they announce tests, and end them by this line only.
            package.forget(benchmark);
            benchmarks.insert(benchmark.to_owned());
        } else if let Some((name, outcome, time)) = package_end(line) {
            is_go = true;
            let mut counts = package.close(Some(outcome));
            counts.passed += u64::try_from(benchmarks.len()).unwrap_or(u64::MAX);
            benchmarks.clear();
            verdict = None;
            silent_packages += u64::from(outcome == Outcome::Passed && counts == Counts::default());
            tally.add_all(name, counts);
            if let Some(time) = seconds(time) {
                tally.lasted(time);
            }
        } else if line == "PASS" {
            // A test binary that was run by hand names no package after it.
            verdict = Some(Outcome::Passed);
        } else if line == "FAIL" && package.is_open() {
            verdict = Some(Outcome::Failed);
        }
    }
    if !is_go {
        return None;
    }
    // Tests without a verdict behind them: the output was cut short, or a test binary was ended from outside.
    let (is_cut, mark) = (package.is_open() && verdict.is_none(), tally.mark());
    let mut rest = package.close(verdict);
    rest.passed += u64::try_from(benchmarks.len()).unwrap_or(u64::MAX);
    tally.add_all("", rest);
    if is_cut {
        tally.remark("the output has no verdict at its end; it was cut short, so tests may be missing");
        tally.fail_since(mark, "");
    }
    if silent_packages > 0 {
        tally
            .remark(format!("{silent_packages} package(s) passed without naming a test; run go test with -v or -json"));
    }
    Some(tally.finish(Kind::GoText))
}

/// `--- PASS: TestName (0.00s)`, indented by four blanks for each test around it. It may follow what a test printed
/// without ending the line; then only a test that is running is believed.
fn test_end<'a>(line: &'a str, package: &Package) -> Option<(&'a str, Outcome)> {
    for (words, outcome) in
        [("--- PASS: ", Outcome::Passed), ("--- FAIL: ", Outcome::Failed), ("--- SKIP: ", Outcome::Skipped)]
    {
        let Some((before, after)) = line.split_once(words) else { continue };
        let mut parts = after.split_ascii_whitespace();
        let test = parts.next()?;
        // Benchmarks, and go before 1.0, name no time.
        let is_whole =
            parts.next().is_none_or(|time| time.starts_with('(')) && parts.all(|word| word.starts_with("second"));
        let is_alone = before.bytes().all(|byte| byte == b' ' || byte == b'\t' || byte == 0x16);
        if is_whole && (is_alone || package.is_running(test)) {
            return Some((test, outcome));
        }
    }
    None
}

/// `ok   example.com/shop 0.160s`, `FAIL example.com/shop [build failed]`: a package, how it ended, its time.
fn package_end(line: &str) -> Option<(&str, Outcome, &str)> {
    let (word, rest) = line.split_once(['\t', ' '])?;
    let outcome = match word {
        "ok" => Outcome::Passed,
        "FAIL" => Outcome::Failed,
        "?" => Outcome::Skipped,
        _ => return None,
    };
    let mut words = rest.split_ascii_whitespace();
    let (package, time) = (words.next()?, words.next()?);
    let is_time = time.ends_with('s') && time.starts_with(|c: char| c.is_ascii_digit()) && seconds(time).is_some();
    let is_end = match outcome {
        Outcome::Passed => is_time || time == "(cached)",
        Outcome::Failed => is_time || ["[build", "[setup"].contains(&time),
        Outcome::Skipped => time == "[no",
    };
    // `ok 12 0.5s` is a point of TAP.
    (is_end && !package.bytes().all(|byte| byte.is_ascii_digit())).then_some((package, outcome, time))
}

/// `BenchmarkName-8     1000000       1042 ns/op`, once for each name however often and on how many cores it was measured.
fn benchmark(line: &str) -> Option<&str> {
    let mut words = line.split_ascii_whitespace();
    let name = words.next().filter(|name| name.starts_with("Benchmark"))?;
    words.next()?.parse::<u64>().ok()?;
    words.next()?.parse::<f64>().ok()?;
    let without_cores = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = without_cores.strip_suffix('-').unwrap_or(name);
    (words.next()? == "ns/op").then_some(name)
}
