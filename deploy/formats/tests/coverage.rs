//! Small coverage reports in every format, written by hand, with what is covered in each and in several together.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeSet, fs, path::PathBuf};

use badgesmith_formats::{CoverageCount, CoverageMerge, CoverageReport, CoverageTotals, read_coverage};

/// How much is covered, and of how much; `None` if the report does not tell.
type Count = Option<(u64, u64)>;

/// File, format, lines, branches and functions.
type Sample = (&'static str, &'static str, (u64, u64), Count, Count);

/// Files, their merged counts of lines, branches and functions, and how many source files there are.
type Merged = (&'static [&'static str], (u64, u64), Count, Count, usize);

#[rustfmt::skip]
const SAMPLES: &[Sample] = &[
    ("cobertura.xml", "Cobertura", (3, 4), Some((1, 2)), Some((1, 2))),
    ("cobertura-other.xml", "Cobertura", (3, 3), Some((2, 2)), Some((1, 2))),
    ("cobertura-totals.xml", "Cobertura", (85, 100), Some((7, 10)), None),
    ("jacoco.xml", "JaCoCo", (2, 3), Some((1, 2)), Some((1, 2))),
    ("jacoco-counters.xml", "JaCoCo", (3, 6), None, Some((2, 2))),
    ("jacoco-other-counters.xml", "JaCoCo", (4, 6), None, Some((2, 2))),
    ("clover.xml", "Clover", (2, 3), Some((1, 2)), Some((1, 2))),
    ("clover-istanbul.xml", "Clover", (2, 2), Some((2, 3)), None),
    ("opencover.xml", "OpenCover", (2, 3), Some((1, 2)), Some((1, 2))),
    ("dotcover.xml", "dotCover", (2, 3), None, Some((1, 2))),
    ("dotcover-totals.xml", "dotCover", (5, 9), None, None),
    ("visual-studio.xml", "Visual Studio coverage", (4, 6), None, Some((1, 2))),
    ("visual-studio-table.xml", "Visual Studio coverage", (2, 3), None, Some((1, 1))),
    ("lcov.info", "lcov", (7, 14), Some((1, 2)), Some((1, 2))),
    ("lcov-functions.info", "lcov", (1, 1), None, Some((1, 2))),
    ("go.out", "go cover profile", (3, 7), None, None),
    ("coverage-py.json", "coverage.py JSON", (2, 3), Some((1, 2)), Some((1, 2))),
    ("coverage-final.json", "Istanbul JSON", (1, 2), Some((1, 2)), Some((1, 1))),
    ("coverage-summary.json", "Istanbul summary", (3, 5), None, Some((1, 2))),
    ("coverage-summary-other.json", "Istanbul summary", (4, 5), None, Some((1, 2))),
    ("resultset.json", "SimpleCov JSON", (3, 3), Some((1, 2)), Some((1, 1))),
    ("simplecov.json", "SimpleCov JSON", (1, 2), Some((1, 1)), Some((1, 2))),
    ("llvm-cov.json", "llvm-cov JSON", (6, 10), Some((1, 2)), Some((1, 2))),
    ("gcovr.json", "gcovr JSON", (1, 2), Some((1, 2)), Some((1, 1))),
    ("gcov.json", "gcov JSON", (1, 2), Some((1, 2)), Some((1, 2))),
    ("gcovr-summary.json", "gcovr summary", (7, 11), Some((2, 4)), Some((2, 3))),
    ("coveralls.json", "Coveralls JSON", (2, 3), Some((1, 2)), None),
    ("no-lines.xml", "JaCoCo", (0, 0), None, None),
];

#[rustfmt::skip]
const MERGED: &[Merged] = &[
    // The same report again changes nothing.
    (&["cobertura.xml", "cobertura.xml"], (3, 4), Some((1, 2)), Some((1, 2)), 1),
    // Line 5 is covered in the other report, and so is the other branch.
    (&["cobertura.xml", "cobertura-other.xml"], (5, 5), Some((2, 2)), Some((2, 3)), 2),
    (&["cobertura-other.xml", "cobertura.xml"], (5, 5), Some((2, 2)), Some((2, 3)), 2),
    // Two formats of one file: by line, with the branches and functions of the first.
    (&["cobertura.xml", "lcov.info"], (8, 14), Some((1, 2)), Some((1, 2)), 2),
    (&["lcov.info", "coverage-py.json"], (7, 14), Some((1, 2)), Some((1, 2)), 2),
    (&["opencover.xml", "dotcover.xml"], (3, 4), Some((1, 2)), Some((1, 2)), 1),
    // The names of the groups, packages and source files differ.
    (&["jacoco.xml", "jacoco-counters.xml"], (5, 9), Some((1, 2)), Some((3, 4)), 3),
    // Totals count once if they are the same, and not at all if another report has the lines.
    (&["coverage-summary.json", "coverage-summary.json"], (3, 5), None, Some((1, 2)), 2),
    (&["coverage-summary.json", "coverage-final.json"], (3, 5), Some((1, 2)), Some((1, 2)), 2),
    (&["coverage-final.json", "coverage-summary.json"], (3, 5), Some((1, 2)), Some((1, 2)), 2),
    (&["coverage-final.json", "clover-istanbul.xml"], (2, 2), Some((1, 2)), Some((1, 1)), 1),
    (&["gcovr.json", "gcov.json"], (1, 3), Some((1, 2)), Some((1, 1)), 1),
    (&["resultset.json", "simplecov.json"], (3, 3), Some((2, 3)), Some((2, 3)), 1),
    (&["no-lines.xml", "go.out"], (3, 7), None, None, 2),
];

/// File, and a part of the refusal.
const REFUSED: &[(&str, &str)] = &[
    ("empty.info", "the file is empty"),
    ("cut.info", "line 2: it ends within a record, so it is cut off"),
    ("nested.info", "line 2: a record begins within another"),
    ("broken.info", "line 2: DA is not followed by its numbers"),
    ("cut.out", "line 2: it is not a block of a cover profile"),
    ("cut.xml", "Unexpected end"),
    ("wrong-line.xml", "a line of a.py has the number `-1`"),
    ("sonar.xml", "without anything of Cobertura or Clover in it, which is no report of coverage"),
    ("junit.xml", "XML with the root <testsuite>, which is no report of coverage"),
    ("laughs.xml", "DOCTYPE declares entities"),
    ("no-points.xml", "it states 9 sequence points and has none"),
    ("endless.xml", "its ranges have more than 5000000 lines"),
    ("root.xml", "XML with the root <Root>"),
    ("results.xml", "without the modules of a coverage report"),
    ("report.xml", "without anything of JaCoCo in it"),
    ("other.json", "JSON with none of the keys that coverage reports have"),
    ("package.json", "JSON with none of the keys that coverage reports have"),
    ("cut.json", "broken JSON, line 2, column 0: EOF while parsing"),
    ("wrong.json", "invalid value: string \"many\", expected a number of hits"),
    ("wrong-branches.json", "the branches of a are not four numbers each"),
    ("prose.txt", "no kind of coverage report is recognized"),
    ("behind-text.xml", "line 4, column 1: a report begins here, behind other text"),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/coverage")
}

fn read(name: &str) -> CoverageReport {
    let bytes = fs::read(folder().join(name)).unwrap();
    read_coverage(&bytes).map_err(|refusal| format!("{name}: {refusal}")).unwrap()
}

fn totals((covered, total): (u64, u64), branches: Count, functions: Count) -> CoverageTotals {
    let count = |(covered, total)| CoverageCount { covered, total };
    CoverageTotals { lines: count((covered, total)), branches: branches.map(count), functions: functions.map(count) }
}

#[test]
fn every_format_is_recognized_and_counted() {
    for &(name, format, lines, branches, functions) in SAMPLES {
        let report = read(name);
        assert_eq!(report.format.name(), format, "{name}");
        assert_eq!(report.totals(), totals(lines, branches, functions), "{name}");
    }
}

#[test]
fn reports_are_merged_by_source_file_and_line() {
    for &(names, lines, branches, functions, files) in MERGED {
        let mut merge = CoverageMerge::new(["/home/ci/shop/", "/app"]);
        names.iter().for_each(|name| merge.add(read(name)).unwrap());
        assert_eq!(merge.totals(), totals(lines, branches, functions), "{names:?}");
        assert_eq!(merge.source_files(), files, "{names:?}");
    }
}

#[test]
fn different_totals_of_one_file_are_refused() {
    for (one, other, file) in [
        ("coverage-summary.json", "coverage-summary-other.json", "/app/src/price.ts"),
        ("jacoco-counters.xml", "jacoco-other-counters.xml", "core/com/acme/A.java"),
    ] {
        let mut merge = CoverageMerge::new([]);
        merge.add(read(one)).unwrap();
        let conflict = merge.add(read(other)).unwrap_err();
        assert_eq!(conflict.file, file);
        assert!(conflict.to_string().contains("cannot be merged"), "{conflict}");
    }
}

#[test]
fn a_file_of_two_llvm_reports_counts_by_its_lines() {
    let text = fs::read_to_string(folder().join("llvm-cov.json")).unwrap();
    let other = read_coverage(text.replace("[9, 1, 0,", "[9, 1, 4,").as_bytes()).unwrap();
    let mut merge = CoverageMerge::new([]);
    merge.add(read("llvm-cov.json")).unwrap();
    merge.add(other).unwrap();
    // Line 4 alone lies in the region that never ran: line 3 begins before it, and line 5 ends it.
    assert_eq!(merge.totals().lines, CoverageCount { covered: 7, total: 9 });
}

#[test]
fn a_broken_file_is_refused_with_its_reason() {
    for &(name, words) in REFUSED {
        let refusal = read_coverage(&fs::read(folder().join("refused").join(name)).unwrap()).expect_err(name);
        assert!(refusal.to_string().contains(words), "{name}: {refusal}");
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
fn a_document_that_is_cut_off_is_never_counted() {
    for &(name, ..) in SAMPLES.iter().filter(|row| row.0.ends_with(".xml") || row.0.ends_with(".json")) {
        let bytes = fs::read(folder().join(name)).unwrap();
        let end = bytes.trim_ascii_end().len();
        for cut in 0..end {
            let part = read_coverage(&bytes[..cut]);
            assert!(part.is_err(), "{name}, cut at {cut} of {end}: {part:?}");
            // It must not be skipped in a directory either.
            assert!(cut < end / 2 || !part.unwrap_err().is_other(), "{name}, cut at {cut} of {end}");
        }
    }
}

#[test]
fn a_tracefile_that_is_cut_off_within_a_record_is_never_counted() {
    let text = fs::read_to_string(folder().join("lcov-functions.info")).unwrap();
    for cut in 0..text.trim_end().len() {
        assert!(read_coverage(&text.as_bytes()[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn the_encoding_and_the_line_ends_change_no_count() {
    for &(name, ..) in SAMPLES {
        let (text, whole) = (fs::read_to_string(folder().join(name)).unwrap(), read(name).totals());
        let units: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read_coverage(&units).unwrap().totals(), whole, "{name} in UTF-16");
        let lines = text.replace('\n', "\r\n");
        assert_eq!(read_coverage(lines.as_bytes()).unwrap().totals(), whole, "{name} with CRLF");
        assert_eq!(read_coverage(format!("\u{feff}{text}").as_bytes()).unwrap().totals(), whole, "{name} with a mark");
    }
}

/// Whatever is changed in a report, no more is covered than there is.
fn check(bytes: &[u8]) {
    if let Ok(report) = read_coverage(bytes) {
        let totals = report.totals();
        for count in [Some(totals.lines), totals.branches, totals.functions].into_iter().flatten() {
            assert!(count.covered <= count.total, "{totals:?}");
        }
        let mut merge = CoverageMerge::new([]);
        merge.add(report.clone()).unwrap();
        merge.add(report).unwrap();
        assert_eq!(merge.totals(), totals);
    }
}

#[test]
fn samples_with_a_changed_byte_are_read_or_refused() {
    for &(name, ..) in SAMPLES {
        let sample = fs::read(folder().join(name)).unwrap();
        for at in 0..sample.len() {
            for change in [0x01, 0x10, 0x80] {
                let mut bytes = sample.clone();
                bytes[at] ^= change;
                check(&bytes);
            }
        }
        (0..sample.len()).step_by(5).for_each(|start| check(&sample[start..]));
    }
}

#[test]
fn hostile_files_take_time_in_proportion_to_their_size() {
    for (start, piece, times) in [
        ("<coverage line-rate='1'>", "<class>", 100_000),
        ("<coverage line-rate='1'><packages><class filename='", "../", 300_000),
        ("<report><package name='a'>", "<group name='a'>", 100),
        ("", "{\"source_files\":", 100_000),
        ("{\"source_files\":[{\"name\":\"a\",\"coverage\":", "[", 100_000),
        ("{\"source_files\":[{\"name\":\"a\",\"coverage\":[", "1,", 500_000),
        ("SF:a\n", "BRDA:1,1,1,-\n", 100_000),
        ("SF:a\n", "FN:1,2,3,4\n", 100_000),
        ("mode: set\n", "a:1.1,1.1 4294967295 1\n", 50_000),
        ("mode: set\n", "mode: set\n", 100_000),
        ("", "SF:", 300_000),
        ("{\"a\":{\"statementMap\":", "{\"s\":", 100_000),
        ("{\"data\":[{\"totals\":{}}],\"type\":1,\"a\":", "[", 100_000),
    ] {
        check(format!("{start}{}", piece.repeat(times)).as_bytes());
    }
}
