//! Recorded reports of many tools with their counts, which are no part of the project: `BADGESMITH_DATA` names the folder
//! that has them. Where other tools disagree with the list, and so do we, it is written down here by name.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeMap, fs, path::PathBuf};

use badgesmith_formats::{Counts, read};
use serde_json::Value;

/// Files that are counted otherwise than the list says, with what is counted and why.
const EXCEPTIONS: [(&str, [u64; 3], &str); 3] = [
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
];

/// Fewest files that must be counted exactly as the list says.
const FEWEST: usize = 230;

#[test]
fn recorded_reports_are_counted_as_their_list_says() {
    let Some(folder) = std::env::var_os("BADGESMITH_DATA").map(|data| PathBuf::from(data).join("test-reports")) else {
        println!("skipped: BADGESMITH_DATA is unset, so there are no recorded reports to count");
        return;
    };
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut exceptions: BTreeMap<_, _> =
        EXCEPTIONS.iter().map(|(name, counts, why)| (*name, (*counts, *why))).collect();
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
            (Ok(report), "ok") => report.counts == expected(),
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
}
