//! Recorded reports of many tools with their counts, which are no part of the project: `BADGESMITH_RECORDED` names the
//! folder that has them. Where other tools disagree with the list, and so do we, it is written down here by name.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeMap, fs, path::PathBuf};

use badgesmith_formats::{Counts, read};
use serde_json::Value;

/// Files that are counted otherwise than the list says, with what is counted and why.
const EXCEPTIONS: [(&str, [u64; 3], &str); 4] = [
    (
        "go-test-json/jstemmer-102-broken.gojson",
        [0, 1, 0],
        "it is no JSON but go's words about a package that does not build; the list has what a reader of JSON sees in it, nothing",
    ),
    (
        "junit/generic/mikepenz-issues-testDisabled.xml",
        [6, 6, 10],
        "ten cases have status='disabled' and the suite says disabled='10'; the list has them as passed, because they have no child",
    ),
    (
        "nunit3/jenkins-xunit-nunit3-testcase3.xml",
        [12, 2, 4],
        "one case is inconclusive; Jenkins' stylesheet makes an error of it, elsewhere in the list such cases are skipped",
    ),
    (
        "tap/tap-parser-todo_misparse.tap",
        [0, 1, 0],
        "its `# TODOORNOTTODO` is a word that begins with TODO, which excuses no failure here as it does not for prove",
    ),
];

/// Files whose tests are counted as the list says, and one failure more, because something failed that no test tells
/// of. The list has tests only; it notes beside most of these that the run is not ok whatever its tests say.
const OUTSIDE: [(&str, &str); 5] = [
    ("junit/generic/enricomi-no-cases-but-tests.xml", "a suite declares a failure and lists no case"),
    ("junit/jenkins/jenkins-junit-report-6700.xml", "a class that could not be loaded is an error of its suite"),
    ("junit/jenkins/jenkins-junit-report-nested-testsuites.xml", "a suite without cases has an error"),
    ("tap/tap-parser-bailout-no-raison.tap", "the run bailed out"),
    ("tap/tap-parser-unfinished.tap", "five tests were planned and two ran"),
];

/// Fewest files whose tests must be counted exactly as the list says.
const FEWEST: usize = 234;

#[test]
fn recorded_reports_are_counted_as_their_list_says() {
    let Some(folder) = std::env::var_os("BADGESMITH_RECORDED").map(|data| PathBuf::from(data).join("test-reports")) else {
        println!("skipped: BADGESMITH_RECORDED is unset, so there are no recorded reports to count");
        return;
    };
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut exceptions: BTreeMap<_, _> =
        EXCEPTIONS.iter().map(|(name, counts, why)| (*name, (*counts, *why))).collect();
    let mut outside: BTreeMap<_, _> = OUTSIDE.into_iter().collect();
    let mut exact = 0;
    let mut wrong = Vec::new();
    for entry in manifest["files"].as_array().unwrap() {
        let name = entry["file"].as_str().unwrap();
        let result = read(&fs::read(folder.join(name)).unwrap());
        let expected = || {
            let count = |key: &str| entry["badge"][key].as_u64().unwrap();
            Counts { passed: count("passed"), failed: count("failed"), skipped: count("skipped") }
        };
        let is_exact = match (&result, entry["expect"].as_str().unwrap()) {
            (Ok(report), "ok") => {
                let failed = report.counts.failed - report.outside;
                if report.outside > 0
                    && let Some(why) = outside.remove(name)
                {
                    println!("{name}: {} failed outside its tests: {why}", report.outside);
                    assert_eq!(report.outside, 1, "{name}");
                    Counts { failed, ..report.counts } == expected()
                } else {
                    report.counts == expected()
                }
            }
            (Err(refusal), "error" | "error-or-ignore-entity") => refusal.to_string().len() > 20,
            _ => false,
        };
        let found = result.as_ref().map(|report| [report.counts.passed, report.counts.failed, report.counts.skipped]);
        if is_exact {
            exact += 1;
        } else if let Some((counts, why)) = exceptions.remove(name) {
            println!("{name}: {counts:?}: {why}");
            assert_eq!(found, Ok(counts), "{name}");
        } else {
            wrong.push(format!("{name}: {result:?}, but the list says {}", entry["badge"]));
        }
    }
    println!("{exact} exact");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(exact >= FEWEST, "only {exact} are exact");
    assert!(exceptions.is_empty(), "no exceptions any more: {exceptions:?}");
    assert!(outside.is_empty(), "nothing failed outside the tests of {outside:?}");
}

#[test]
fn recorded_faults_are_counted_as_their_list_says() {
    let Some(folder) = std::env::var_os("BADGESMITH_RECORDED").map(|data| PathBuf::from(data).join("faults")) else {
        println!("skipped: BADGESMITH_RECORDED is unset, so there are no recorded faults to count");
        return;
    };
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    let entries = manifest["reports"].as_array().unwrap();
    for entry in entries {
        let name = entry["file"].as_str().unwrap();
        let path = folder.join("reports").join(name);
        let mut files = vec![path.clone()];
        if path.is_dir() {
            files = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
        }
        let mut counts = Counts::default();
        let mut refusals = Vec::new();
        for file in files {
            match read(&fs::read(file).unwrap()) {
                Ok(report) => counts += report.counts,
                Err(refusal) => refusals.push(refusal.to_string()),
            }
        }
        let is_right = if entry["expect"] == "refused" {
            counts == Counts::default() && refusals.len() == 1
        } else {
            let count = |key: &str| entry[key].as_u64().unwrap();
            let expected = Counts { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
            refusals.is_empty() && counts == expected
        };
        if !is_right {
            wrong.push(format!("{name}: {counts:?} {refusals:?}, but the list says {entry}"));
        }
    }
    println!("{} faults", entries.len());
    assert!(wrong.is_empty() && !entries.is_empty(), "{}", wrong.join("\n"));
}
