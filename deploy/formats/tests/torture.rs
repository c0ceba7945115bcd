//! Whatever it is given, `read` answers: no panic, no endless work, and numbers that are there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::PathBuf};

use badgesmith_formats::{LARGEST_FILE, Refusal, read};
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

/// Reads and looks at everything that comes out.
fn look(bytes: &[u8]) {
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
fn samples_cut_at_any_place_are_read_or_refused() {
    for sample in samples() {
        for end in 0..sample.len() {
            look(&sample[..end]);
        }
        for start in (0..sample.len()).step_by(7) {
            look(&sample[start..]);
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
                look(&bytes);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        look(&bytes);
    }

    #[test]
    fn pieces_of_reports_in_any_order_are_read_or_refused(
        pieces in proptest::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40),
    ) {
        look(pieces.concat().as_bytes());
    }
}

/// What the formats are made of.
const PIECES: [&str; 44] = [
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
];

#[test]
fn a_file_that_is_too_large_is_refused_unread() {
    let bytes = vec![b' '; LARGEST_FILE + 1];
    assert_eq!(read(&bytes), Err(Refusal::TooLarge { bytes: LARGEST_FILE + 1 }));
}

#[test]
fn files_of_mischief_take_no_longer_than_their_size_allows() {
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
        ("{\"Action\":\"run\",\"Test\":\"", "a/", 300_000),
    ] {
        look(format!("{start}{}", piece.repeat(times)).as_bytes());
    }
}
