//! Recorded reports of many tools, with the expected counts in a manifest beside them.
//!
//! They are not part of the project; `BADGESMITH_RECORDED` names the folder that contains them. Files whose counts
//! differ from the manifest on purpose are listed here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use badgesmith_formats::{TestCounts, TestReport, read};
use serde_json::Value;

/// Files whose counts differ from the manifest, with the counts and the reason.
const DIFFERENCES: [(&str, [u64; 3], &str); 4] = [
    (
        "go-test-json/jstemmer-102-broken.gojson",
        [0, 1, 0],
        "it is not JSON but the output of go for a package that cannot be built; the manifest has what a reader of \
         JSON finds, nothing",
    ),
    (
        "junit/generic/mikepenz-issues-testDisabled.xml",
        [6, 6, 10],
        "ten cases have status='disabled' and the suite says disabled='10'; the manifest has them as passed, because \
         they have no child",
    ),
    (
        "nunit3/jenkins-xunit-nunit3-testcase3.xml",
        [12, 2, 4],
        "one case is inconclusive; Jenkins' stylesheet makes an error of it, elsewhere in the manifest such cases are \
         skipped",
    ),
    (
        "tap/tap-parser-todo_misparse.tap",
        [0, 1, 0],
        "its `# TODOORNOTTODO` is a word that begins with TODO, which does not excuse a failure, as in prove",
    ),
];

/// Files with the counts of the manifest and one failure more, because a run or a suite failed although no test in it
/// did. The manifest has test cases only; for most of these files it notes that the run as a whole failed.
const SUITE_FAILURES: [(&str, &str); 5] = [
    ("junit/generic/enricomi-no-cases-but-tests.xml", "a suite declares a failure and lists no case"),
    ("junit/jenkins/jenkins-junit-report-6700.xml", "a class that could not be loaded is an error of its suite"),
    ("junit/jenkins/jenkins-junit-report-nested-testsuites.xml", "a suite without cases has an error"),
    ("tap/tap-parser-bailout-no-raison.tap", "the run bailed out"),
    ("tap/tap-parser-unfinished.tap", "five tests were planned and two ran"),
];

/// At least this many files must have exactly the counts of the manifest.
const FEWEST_EXACT: usize = 234;

/// A folder of recorded inputs.
fn recorded(name: &str) -> PathBuf {
    let folder =
        env::var_os("BADGESMITH_RECORDED").expect("BADGESMITH_RECORDED must name the folder of recorded inputs");
    Path::new(&folder).join(name)
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// The counts in an object of the manifest.
fn counts_in(object: &Value) -> TestCounts {
    let count = |key: &str| object[key].as_u64().unwrap();
    TestCounts { passed: count("passed"), failed: count("failed"), skipped: count("skipped") }
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn recorded_reports_have_the_counts_of_their_manifest() {
    let folder = recorded("test-reports");
    let mut differences: BTreeMap<_, _> =
        DIFFERENCES.iter().map(|(name, counts, why)| (*name, (*counts, *why))).collect();
    let mut suite_failures: BTreeMap<_, _> = SUITE_FAILURES.into_iter().collect();
    let mut exact = 0;
    let mut wrong = Vec::new();
    for entry in manifest(&folder)["files"].as_array().unwrap() {
        let name = entry["file"].as_str().unwrap();
        let result = read(&fs::read(folder.join(name)).unwrap());
        let is_exact = match (&result, entry["expect"].as_str().unwrap()) {
            (Ok(report), "ok") => {
                let mut counts = report.counts;
                if report.suite_failures > 0
                    && let Some(why) = suite_failures.remove(name)
                {
                    println!("{name}: {} failed as a whole: {why}", report.suite_failures);
                    assert_eq!(report.suite_failures, 1, "{name}");
                    counts.failed -= 1;
                }
                counts == counts_in(&entry["badge"])
            }
            (Err(refusal), "error" | "error-or-ignore-entity") => refusal.to_string().len() > 20,
            _ => false,
        };
        let triple = |report: &TestReport| [report.counts.passed, report.counts.failed, report.counts.skipped];
        if is_exact {
            exact += 1;
        } else if let Some((counts, why)) = differences.remove(name) {
            println!("{name}: {counts:?}: {why}");
            assert_eq!(result.as_ref().map(triple), Ok(counts), "{name}");
        } else {
            wrong.push(format!("{name}: {result:?}, but the manifest has {}", entry["badge"]));
        }
    }
    println!("{exact} files have exactly the counts of the manifest");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(exact >= FEWEST_EXACT, "only {exact} are exact");
    assert!(differences.is_empty(), "no longer different: {differences:?}");
    assert!(suite_failures.is_empty(), "no suite failed in {suite_failures:?}");
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn recorded_faults_have_the_counts_of_their_manifest() {
    let folder = recorded("faults");
    let manifest = manifest(&folder);
    let entries = manifest["reports"].as_array().unwrap();
    let mut wrong = Vec::new();
    for entry in entries {
        let name = entry["file"].as_str().unwrap();
        let path = folder.join("reports").join(name);
        let mut files = vec![path.clone()];
        if path.is_dir() {
            files = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
        }
        let mut counts = TestCounts::default();
        let mut refusals = Vec::new();
        for file in files {
            match read(&fs::read(file).unwrap()) {
                Ok(report) => counts += report.counts,
                Err(refusal) => refusals.push(refusal.to_string()),
            }
        }
        let is_right = if entry["expect"] == "refused" {
            counts == TestCounts::default() && refusals.len() == 1
        } else {
            refusals.is_empty() && counts == counts_in(entry)
        };
        if !is_right {
            wrong.push(format!("{name}: {counts:?} {refusals:?}, but the manifest has {entry}"));
        }
    }
    println!("{} reports of faults", entries.len());
    assert!(wrong.is_empty() && !entries.is_empty(), "{}", wrong.join("\n"));
}
