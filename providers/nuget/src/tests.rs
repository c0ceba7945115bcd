//! Tests of the whole provider: its transcripts, recorded feeds, and the time that a step takes.

use std::path::Path;

use badgesmith_provider::{
    Answer, Badge, Call, Failure, Manifest, Provider, Step, message,
    testkit::{self, InProcess},
};
use badgesmith_versions::{
    Version,
    vectors::{each_latest, folder, read, text},
};
use serde_json::{Value, json};

use crate::Nuget;

#[test]
fn the_provider_does_what_its_transcripts_say() {
    let transcripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let count = testkit::check(&InProcess(Nuget), &transcripts).unwrap_or_else(|faults| panic!("{faults}"));
    println!("{count} transcripts");
}

#[test]
fn the_manifest_has_this_crates_version() {
    let manifest = Manifest::parse(include_str!("../manifest.json")).unwrap();
    assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
}

/// A call for a package of nuget.org, before any answer.
fn call(range: &str, prerelease: bool) -> Call<'static> {
    let mut call = Call::new("version");
    call.params.insert("package".to_owned(), "Acme.Core".to_owned());
    call.query.insert("version".to_owned(), range.to_owned());
    call.query.insert("prerelease".to_owned(), prerelease.to_string());
    call.settings.insert("upstream".to_owned(), "https://api.nuget.org".to_owned());
    call
}

/// Plays a call to its end in at most three turns, or four with a service index, and at most 64 requests: `index` is
/// the list of versions, and `file` returns any other file by its name.
#[track_caller]
fn play(call: &Call<'_>, index: &[u8], file: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Badge, Failure> {
    let granted = if call.setting("index").is_empty() { 3 } else { 4 };
    let mut answers: Vec<(u16, Vec<u8>)> = Vec::new();
    let mut rounds = 0;
    loop {
        let mut turn = call.clone();
        turn.answers =
            answers.iter().map(|(status, body)| Answer { status: *status, body, ..Answer::default() }).collect();
        let requests = match Nuget.badge(&turn) {
            Ok(badge) => return Ok(badge),
            Err(Step::Fail(failure)) => return Err(failure),
            Err(Step::Fetch(requests)) => requests,
            Err(step) => panic!("{step:?}"),
        };
        answers.extend(requests.iter().map(|request| {
            let url = request.url().unwrap();
            let name = url.rsplit('/').next().unwrap().strip_suffix(".json").unwrap();
            let body = if name == "index" { Some(index.to_vec()) } else { file(name) };
            body.map_or_else(|| (404, Vec::new()), |body| (200, body))
        }));
        rounds += 1;
        assert!(rounds <= granted && answers.len() <= 64, "{rounds} rounds, {} requests", answers.len());
    }
}

#[track_caller]
fn check(said: Result<Badge, Failure>, newest: Option<&str>, missing: &str, row: &Value) {
    match (said, newest) {
        (Ok(badge), Some(newest)) => {
            assert_eq!(badge.message, newest, "{row}");
            let color = if newest.contains('-') { "orange" } else { "blue" };
            assert_eq!(badge.color.as_deref(), Some(color), "{row}");
        }
        (Err(failure), None) => assert_eq!(failure.code, missing, "{row}"),
        (said, newest) => panic!("{said:?} is not {newest:?}: {row}"),
    }
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_badge_of_a_recorded_list_shows_what_nuget_computes_but_for_the_excluded_bound() {
    let listed = |_: &str| Some(br#"{"@id": "x", "listed": true}"#.to_vec());
    let rows = each_latest("nuget", |versions, row, expected| {
        let index = json!({ "versions": versions }).to_string();
        let said = play(&call(text(row, "version"), row["prerelease"] == true), index.as_bytes(), listed);
        let newest = expected.as_ref().and_then(|expected| expected.newest.as_deref());
        check(said, newest, if expected.is_none() { "PACKAGE_RANGE_INVALID" } else { "VERSION_NOT_FOUND" }, row);
    });
    println!("{rows} rows");
    assert!(rows >= 2_436, "{rows} rows");
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_badge_of_a_recorded_registration_shows_its_newest_listed_version() {
    let folder = folder();
    let (mut registrations, mut unlisted) = (0, 0);
    for file in std::fs::read_dir(folder.join("nuget/registration")).unwrap() {
        let file = read(file.unwrap().path());
        let leaves: Vec<_> = file["items"].as_array().unwrap().iter().flat_map(leaves).collect();
        registrations += usize::from(!leaves.is_empty());
        unlisted += leaves.iter().filter(|(_, leaf)| !is_listed(leaf)).count();
        let spellings: Vec<_> = leaves.iter().map(|(spelling, _)| spelling).collect();
        let index = json!({ "versions": spellings }).to_string();
        let leaf = |version: &str| {
            let of_version = |(spelling, _): &&(&str, &Value)| normalised(spelling).to_ascii_lowercase() == version;
            leaves.iter().find(of_version).map(|(_, leaf)| leaf.to_string().into_bytes())
        };
        for prerelease in [false, true] {
            let said = play(&call("", prerelease), index.as_bytes(), leaf);
            let shown = |version: &Version<'_>| prerelease || !version.is_prerelease();
            let listed = leaves.iter().filter(|(_, leaf)| is_listed(leaf));
            let newest = listed.filter_map(|(spelling, _)| Version::parse(spelling)).filter(shown).max();
            check(said, newest.map(|version| version.to_string()).as_deref(), "VERSION_NOT_FOUND", &file["@id"]);
        }
    }
    println!("{registrations} registrations with {unlisted} unlisted versions");
    assert!(registrations >= 19 && unlisted >= 66, "{registrations} registrations, {unlisted} unlisted versions");
}

/// The versions and leaves on a page of a registration, or those of a single entry of such a page.
fn leaves(entry: &Value) -> Vec<(&str, &Value)> {
    match entry["items"].as_array() {
        Some(entries) => entries.iter().flat_map(leaves).collect(),
        None => entry["catalogEntry"]["version"].as_str().map(|version| (version, entry)).into_iter().collect(),
    }
}

fn is_listed(leaf: &Value) -> bool {
    leaf["catalogEntry"]["listed"] != false
}

fn normalised(spelling: &str) -> String {
    Version::parse(spelling).unwrap().to_string()
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_downloads_of_a_recorded_search_are_shown_and_every_recorded_index_says_where_to_search() {
    let folder = folder();
    let (mut packages, mut indexes) = (0, 0);
    let index = json!({ "resources": [{ "@type": "SearchQueryService", "@id": "https://search.example.com/query" }] });
    for file in std::fs::read_dir(folder.join("nuget/search")).unwrap() {
        let body = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&body);
        let found: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        let data = found["data"].as_array().unwrap();
        // One recorded answer is of the autocomplete service, which returns version strings.
        if data.iter().any(Value::is_string) {
            continue;
        }
        let ids = data.iter().filter_map(|package| package["id"].as_str());
        for id in ids.chain(["No.Such.Package"]) {
            let mut call = Call::new("shields-dt");
            call.params.insert("package".to_owned(), id.to_owned());
            call.settings.insert("upstream".to_owned(), "https://api.nuget.org".to_owned());
            let index = index.to_string();
            let bodies = [index.as_bytes(), &body];
            call.answers = bodies.map(|body| Answer { status: 200, body, ..Answer::default() }).into();
            match (Nuget.badge(&call), id) {
                (Err(Step::Fail(failure)), "No.Such.Package") => assert_eq!(failure.code, "PACKAGE_NOT_FOUND"),
                (Ok(badge), _) => {
                    assert_ne!(badge.message, "0", "{id}");
                    packages += 1;
                }
                (said, _) => panic!("{id}: {said:?}"),
            }
        }
    }
    for file in std::fs::read_dir(folder.join("nuget/service-index")).unwrap() {
        let body = std::fs::read(file.unwrap().path()).unwrap();
        let mut call = Call::new("shields-dt");
        call.params.insert("package".to_owned(), "a".to_owned());
        call.settings.insert("upstream".to_owned(), "https://api.nuget.org".to_owned());
        call.answers = vec![Answer { status: 200, body: &body, ..Answer::default() }];
        match Nuget.badge(&call) {
            Err(Step::Fetch(requests)) => {
                let url = requests.last().unwrap().url().unwrap();
                assert!(url.contains("query") && url.contains("?q=packageid%3Aa&"), "{url}");
                indexes += 1;
            }
            Err(Step::Fail(_)) => {}
            said => panic!("{said:?}"),
        }
    }
    println!("downloads of {packages} packages, searches of {indexes} feeds");
    assert!(packages >= 20 && indexes >= 8, "{packages} packages, {indexes} indexes");
}

#[test]
fn as_many_leaves_are_asked_as_a_host_grants_and_no_more() {
    let versions: Vec<_> = (0..500).map(|minor| format!("1.{minor}.0")).collect();
    let index = json!({ "versions": versions }).to_string();
    let services = json!({ "resources": [
        { "@type": "PackageBaseAddress/3.0.0", "@id": "https://nuget.example.com/packages" },
        { "@type": "RegistrationsBaseUrl", "@id": "https://nuget.example.com/registrations" },
    ] });
    let newest = |call: &Call<'_>, newest_listed: u32| {
        let file = |name: &str| {
            let minor = name.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
            let leaf = minor.map(|minor| json!({ "@id": name, "listed": minor <= newest_listed }));
            Some(leaf.as_ref().unwrap_or(&services).to_string().into_bytes())
        };
        play(call, index.as_bytes(), file).map(|badge| badge.message).map_err(|failure| failure.code)
    };
    let mut call = call("", false);
    assert_eq!(newest(&call, 437), Ok("1.437.0".to_owned()), "the 63rd leaf");
    assert_eq!(newest(&call, 436), Err("VERSION_NOT_FOUND".into()), "the 64th leaf");
    call.settings.insert("index".to_owned(), "https://nuget.example.com/services.json".to_owned());
    assert_eq!(newest(&call, 438), Ok("1.438.0".to_owned()), "the 62nd leaf");
    assert_eq!(newest(&call, 437), Err("VERSION_NOT_FOUND".into()), "the 63rd leaf");
}

/// Prints the time of a step in both turns of a call with 500 versions, from the call's JSON to the step's.
#[test]
#[ignore = "asserts nothing: prints times, best read in a release build with --nocapture"]
fn a_step_with_500_versions_can_be_timed() {
    let versions: Vec<_> = (0..500).map(|n| format!("{}.{}.{}", n / 50, n / 5 % 10, n % 5)).collect();
    let index = json!({ "versions": versions }).to_string();
    let bodies = [index.as_bytes(), br#"{"@id": "x", "listed": true}"#];
    let mut call = call("[1.0,)", false);
    for (turn, body) in bodies.into_iter().enumerate() {
        call.answers.push(Answer { status: 200, body, ..Answer::default() });
        let written = message::write_call(&call);
        let step = || message::answer(&Nuget, &written, &bodies[..=turn]).unwrap();
        let timed = || {
            let start = std::time::Instant::now();
            std::hint::black_box(step());
            start.elapsed()
        };
        let mut times: Vec<_> = (0..200).map(|_| timed()).collect();
        times.sort();
        println!("turn {}: {:?}, at best {:?}", turn + 2, times[100], times[0]);
    }
}
