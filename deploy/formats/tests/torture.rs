//! For any input `read` returns a report or a refusal: it does not panic, takes time in proportion to the size, and
//! counts no more tests than the input can have.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::PathBuf};

use badgesmith_formats::{LARGEST_FILE, ReportRefusal, read};
use proptest::prelude::*;

fn samples() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut samples = Vec::new();
    for folder in [folder.clone(), folder.join("refused")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                samples.push(fs::read(path).unwrap());
            }
        }
    }
    assert!(samples.len() > 50);
    samples
}

/// Reads the bytes and checks the report or the refusal.
fn check(bytes: &[u8]) {
    match read(bytes) {
        Ok(report) => {
            let lines = u64::try_from(bytes.len()).unwrap();
            assert!(report.counts.total() <= lines.max(1000), "{report:?}");
            assert!(report.suites.iter().all(|suite| !suite.name.is_empty()));
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
}

#[test]
fn samples_cut_off_anywhere_are_read_or_refused() {
    for sample in samples() {
        for end in 0..sample.len() {
            check(&sample[..end]);
        }
        for start in (0..sample.len()).step_by(7) {
            check(&sample[start..]);
        }
    }
}

#[test]
fn samples_with_a_changed_byte_are_read_or_refused() {
    for sample in samples() {
        for at in 0..sample.len() {
            for change in [0x01, 0x20, 0x80] {
                let mut bytes = sample.clone();
                bytes[at] ^= change;
                check(&bytes);
            }
        }
    }
}

/// Whether a sample is one document, so that no part of it is a report.
fn is_document(name: &str) -> bool {
    let is_stream = ["go", "libtest", "dart"].iter().any(|format| name.starts_with(format));
    // Two of these files contain two documents, and one has a log around its document.
    (name.ends_with(".xml") || name.ends_with(".trx") || (name.ends_with(".json") && !is_stream))
        && !["boost-log-and-report.xml", "mocha.json", "mocha-workspaces.json"].contains(&name)
}

#[test]
fn a_document_that_is_cut_off_is_never_counted() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut documents = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !path.is_file() || !is_document(&name) {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let is_blank = |byte: &u8| matches!(byte, 0 | b' ' | b'\r' | b'\n');
        let end = bytes.len() - bytes.iter().rev().take_while(|byte| is_blank(byte)).count();
        for cut in 0..end {
            let part = read(&bytes[..cut]);
            let is_other = part.as_ref().map_err(ReportRefusal::is_other);
            assert!(part.is_err(), "{name}, cut at {cut} of {end}: {part:?}");
            // It must not be skipped in a directory either.
            assert!(cut < end / 2 || is_other == Err(false), "{name}, cut at {cut} of {end}: {part:?}");
        }
        documents += 1;
    }
    assert!(documents > 50);
}

/// Streams in which everything passed. Each states the number of its tests at its beginning, or its result at its end.
const PASSING: [&str; 7] = [
    "TAP version 14\n1..3\nok 1 - a\nok 2 - b\nok 3 - c\n",
    "t/a.t .. \n1..2\nok 1\nok 2\nok\n\
     t/b.t .. \n1..1\nok 1\nok\nAll tests successful.\nFiles=2, Tests=3, 0 wallclock secs\nResult: PASS\n",
    "{\"Action\":\"start\",\"Package\":\"p\"}\n{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"A\"}\n\
     {\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"pass\",\"Package\":\"p\",\"Elapsed\":0.1}\n",
    "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n--- PASS: TestB (0.00s)\nPASS\n",
    "{\"type\":\"suite\",\"event\":\"started\",\"test_count\":1}\n\
     {\"type\":\"test\",\"event\":\"started\",\"name\":\"a\"}\n\
     {\"type\":\"test\",\"name\":\"a\",\"event\":\"ok\"}\n\
     {\"type\":\"suite\",\"event\":\"ok\",\"passed\":1,\"failed\":0}\n",
    "{\"type\":\"start\",\"time\":0}\n{\"type\":\"testStart\",\"test\":{\"id\":1,\"name\":\"a\"},\"time\":1}\n\
     {\"type\":\"testDone\",\"testID\":1,\"result\":\"success\",\"time\":2}\n\
     {\"type\":\"done\",\"success\":true,\"time\":3}\n",
    "{\"meta\":{\"protocolVersion\":\"32.2.0\"}}\n{\"testCase\":{\"id\":\"1\",\"pickleId\":\"2\",\"testSteps\":[]}}\n\
     {\"testCaseStarted\":{\"id\":\"3\",\"testCaseId\":\"1\"}}\n\
     {\"testStepFinished\":{\"testCaseStartedId\":\"3\",\"testStepResult\":{\"status\":\"PASSED\"}}}\n\
     {\"testCaseFinished\":{\"testCaseStartedId\":\"3\"}}\n{\"testRunFinished\":{\"success\":true}}\n",
];

#[test]
fn a_stream_that_is_cut_off_never_passes() {
    for stream in PASSING {
        let whole = read(stream.as_bytes()).unwrap();
        assert!(whole.counts.failed == 0 && whole.counts.passed > 0, "{stream}: {whole:?}");
        // A cut within the last line may leave all that is needed of it.
        let last = stream.trim_end().rfind('\n').unwrap();
        for end in 0..=last {
            if let Ok(part) = read(&stream.as_bytes()[..end]) {
                let is_failure = part.counts.failed > 0 || part.counts.total() == 0;
                assert!(is_failure, "{:?}: {part:?}", &stream[..end]);
            }
        }
    }
}

#[test]
fn a_failure_is_not_lost_by_colors_a_byte_order_mark_or_line_ends() {
    for entry in fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/samples")).unwrap() {
        let path = entry.unwrap().path();
        let Some(text) =
            path.is_file().then(|| fs::read(&path).unwrap()).and_then(|bytes| String::from_utf8(bytes).ok())
        else {
            continue;
        };
        if text.bytes().take(4).any(|byte| byte == 0) {
            // The sample itself is UTF-16.
            continue;
        }
        let (name, counts) = (path.display(), read(text.as_bytes()).unwrap().counts);
        let is_declared = text.contains("encoding=") && !text.to_ascii_lowercase().contains("utf");
        let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
        assert_eq!(read(lines.as_bytes()).unwrap().counts, counts, "{name} with CRLF");
        if !text.starts_with('\u{feff}') && !is_declared {
            assert_eq!(read(format!("\u{feff}{text}").as_bytes()).unwrap().counts, counts, "{name} with a mark");
        }
        let units = format!("\u{feff}{}", text.trim_start_matches('\u{feff}'));
        let bytes: Vec<u8> = units.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&bytes).unwrap().counts, counts, "{name} in UTF-16");
        if !text.trim_start().starts_with(['<', '\u{feff}', '{']) {
            let colored: String = text.lines().map(|line| format!("\u{1b}[31m{line}\u{1b}[0m\n")).collect();
            assert_eq!(read(colored.as_bytes()).unwrap().counts, counts, "{name} in colors");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        check(&bytes);
    }

    #[test]
    fn pieces_of_reports_in_any_order_are_read_or_refused(
        pieces in proptest::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40),
    ) {
        check(pieces.concat().as_bytes());
    }
}

/// Parts of reports in several formats.
const PIECES: [&str; 84] = [
    "<testsuite>",
    "</testsuite>",
    "<testcase name='a'>",
    "</testcase>",
    "<failure/>",
    "<skipped>",
    "</skipped>",
    "<testsuites>",
    "</testsuites>",
    "<TestRun>",
    "<UnitTestResult outcome='Passed'>",
    "</UnitTestResult>",
    "<TestLog>",
    "<TestCase>",
    "<!DOCTYPE a [",
    "<!ENTITY a \"b\">",
    "]>",
    "&a;",
    "<?xml version='1.0'?>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "TAP version 14\n",
    "1..5\n",
    "ok 1\n",
    "not ok",
    " # TODO\n",
    "    ok 2\n",
    "Bail out!\n",
    "=== RUN   TestA\n",
    "--- PASS: TestA (0.00s)\n",
    "FAIL\tpkg\t0.1s\n",
    "BenchmarkA-8 1 1 ns/op\n",
    "{\"Action\":\"run\",\"Test\":\"A\"}\n",
    "{\"Action\":\"fail\",\"Package\":\"p\"}\n",
    "{\"type\":\"suite\",\"event\":\"started\"}\n",
    "{\"type\":\"test\",\"event\":\"ok\",\"name\":\"a\"}",
    "{\"type\":\"testDone\",\"testID\":1,\"time\":1}\n",
    "{\"results\":",
    "{\"stats\":{\"passes\":1,\"failures\":1}}",
    "\n",
    "#",
    "\u{feff}",
    "<testsuite errors='1' failures='2'>",
    "<testcase flaky='true' status='notrun'>",
    "<skipped message='x' type='pytest.skip'/>",
    "<testsuites xmlns='http://check.sourceforge.net/ns'>",
    "<suite>",
    "<test result='failure'/>",
    "<FailedTests>",
    "</FailedTests>",
    "<FailedTest id='1'/>",
    "<Statistics><Tests>5</Tests>",
    "<ResultSummary outcome='Failed'/>",
    "<InnerResults>",
    "<test-suite result='Failed'>",
    "<test-case runstate='Runnable'/>",
    "<Test Status='notrun'>",
    "&#27;",
    "\u{1b}[31m",
    "t/a.t .. \n",
    "Result: FAIL\n",
    "ok\n",
    "1..0 # SKIP\n",
    "{\"type\":\"test\",\"event\":\"ok\",\"name\":\"a\\b\"}\n",
    "{\"numTotalTests\":1,\"testResults\":[{\"status\":\"failed\"}]}",
    "{\"suites\":[],\"errors\":[{}],\"stats\":{\"expected\":1,\"unexpected\":1}}",
    "<robot generator='Robot'>",
    "</robot>",
    "<test>",
    "</test>",
    "<status status='FAIL'/>",
    "<kw type='TEARDOWN'>",
    "</kw>",
    "<Catch name='a'>",
    "<OverallResult success='true'/>",
    "<doctest>",
    "<OverallResultsAsserts failures='1'/>",
    "<testng-results failed='1'>",
    "<test-method status='FAIL' is-config='true'/>",
    "{\"testCaseStarted\":{\"id\":\"1\",\"testCaseId\":\"1\"}}\n",
    "[{\"keyword\":\"Feature\",\"name\":\"\",\"elements\":[{}]}]\n",
    "{\"stats\":{\"passes\":1,\"failures\":1,\"other\":1},\"results\":[{\"suites\":[]}]}",
];

#[test]
fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let bytes = vec![b' '; LARGEST_FILE + 1];
    assert_eq!(read(&bytes), Err(ReportRefusal::TooLarge { bytes: LARGEST_FILE + 1 }));
}

#[test]
fn a_long_name_is_not_read_again_for_each_test_in_it() {
    let name = "x".repeat(1_000_000);
    let junit = format!("<testsuite name='{name}'>{}</testsuite>", "<testcase/>".repeat(20_000));
    let started = "{\"testCaseStarted\":{\"id\":\"4\",\"testCaseId\":\"3\"}}\n\
                   {\"testCaseFinished\":{\"testCaseStartedId\":\"4\"}}\n";
    let messages = format!(
        "{{\"meta\":{{\"protocolVersion\":\"32\"}}}}\n{{\"pickle\":{{\"id\":\"2\",\"uri\":\"{name}\"}}}}\n\
         {{\"testCase\":{{\"id\":\"3\",\"pickleId\":\"2\",\"testSteps\":[]}}}}\n{}",
        started.repeat(10_000)
    );
    for (report, tests) in [(junit, 20_000), (messages, 10_001)] {
        assert_eq!(read(report.as_bytes()).unwrap().counts.total(), tests);
    }
}

#[test]
fn hostile_files_take_time_in_proportion_to_their_size() {
    for (start, piece, times) in [
        ("", "<testsuite>", 100_000),
        ("<testsuite ", "a='1' ", 100_000),
        ("<testsuite><testcase name='", "x", 1_000_000),
        ("<!DOCTYPE a [", "<!ENTITY ", 100_000),
        ("", "{", 300_000),
        ("", "[", 300_000),
        ("", "{\n", 300_000),
        ("", "{\"results\":", 100_000),
        ("", "{\"type\":", 100_000),
        ("ok 1 ", "#", 500_000),
        ("ok 1 ", "\\", 500_000),
        ("", "ok 1 # time=1 # time=1\n", 50_000),
        ("", "--- PASS: ", 100_000),
        ("", "=== RUN   TestA/a/a/a/a\n", 50_000),
        ("", "1..18446744073709551615\n", 50_000),
        ("", "1..1\nok 1\n", 50_000),
        ("t/a.t ..\n", "t/a.t ..\nok\n", 50_000),
        ("", "\u{1b}", 500_000),
        ("", "\u{1b}[", 300_000),
        ("<testsuite>", "&#27;", 200_000),
        ("<testsuite>", "&#", 300_000),
        ("<testsuite>", "\u{1}", 500_000),
        ("{\"type\":\"test\",\"event\":\"ok\",\"name\":\"", "\\x", 300_000),
        ("{\"suites\":[", "{\"suites\":[", 100_000),
        ("<TestRun><Results>", "<UnitTestResult outcome='Failed'><InnerResults>", 90),
        ("{\"Action\":\"run\",\"Test\":\"", "a/", 300_000),
        ("", "[{", 300_000),
        ("", "[\n", 300_000),
        ("[{\"keyword\":\"Feature\",\"name\":\"\",\"elements\":[", "{},", 300_000),
        ("", "{\"testCaseStarted\":{\"id\":\"1\",\"testCaseId\":\"1\"}}\n", 20_000),
        ("<robot generator='a'>", "<suite>", 190),
        ("<robot generator='a'><suite>", "<suite></suite>", 50_000),
        ("<testng-results>", "<class><test-method/></class>", 30_000),
        ("<Catch>", "<TestCase tags='[!mayfail]'/>", 30_000),
    ] {
        check(format!("{start}{}", piece.repeat(times)).as_bytes());
    }
}
