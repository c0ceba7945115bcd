//! Tests of the whole provider: its transcripts, and recorded answers of GitHub.

use std::{collections::BTreeMap, fs, path::Path};

use badgesmith_provider::{
    Answer, Badge, Call, Failure, Manifest, Provider, Request, Step,
    testkit::{self, InProcess},
};
use badgesmith_versions::vectors::{each_latest, folder, read, text};
use serde_json::{Value, json};

use crate::Github;

/// The time of most of the recorded answers: Thu, 06 Feb 2020 18:33:37 GMT.
const NOW: u64 = 1_581_014_017;

#[test]
fn the_provider_does_what_its_transcripts_say() {
    let transcripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let count = testkit::check(&InProcess(Github), &transcripts).unwrap_or_else(|faults| panic!("{faults}"));
    println!("{count} transcripts");
}

#[test]
fn the_manifest_has_this_crates_version() {
    let manifest = Manifest::parse(include_str!("../manifest.json")).unwrap();
    assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
}

#[test]
fn every_badge_of_the_manifest_has_a_function() {
    let manifest = Manifest::parse(include_str!("../manifest.json")).unwrap();
    let names: Vec<_> = manifest.badges.iter().map(|badge| badge.name.as_str()).collect();
    assert_eq!(names, crate::BADGES.map(|(name, _)| name));
}

/// An answer: status, headers, body.
type Reply = (u16, BTreeMap<String, String>, Vec<u8>);

fn list(body: impl Into<Vec<u8>>) -> Reply {
    (200, BTreeMap::new(), body.into())
}

/// A call for a package of an organisation, before any answer.
fn call(query: &[(&str, &str)]) -> Call<'static> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut call = Call::new("version");
    call.params = [("org", "Acme"), ("package", "Core")].map(owned).into();
    call.query = query.iter().copied().map(owned).collect();
    call.settings = [("upstream", "https://api.github.com")].map(owned).into();
    call.now = NOW;
    call
}

/// Plays a call to its end within the eight turns that a host allows; `page` makes the answer for the page of this
/// number. Also returns the addresses of the requests.
#[track_caller]
fn play(call: &Call<'_>, page: impl Fn(u32) -> Reply) -> (Result<Badge, Failure>, Vec<String>) {
    let mut requests: Vec<Request> = Vec::new();
    let mut replies: Vec<Reply> = Vec::new();
    for _turn in 0..8 {
        let mut turn = call.clone();
        let answer = |(status, headers, body)| Answer { status, headers, body, sent_with: None };
        turn.answers = replies.iter().map(|(s, h, b)| answer((*s, h.clone(), b.as_slice()))).collect();
        let ended = match Github.badge(&turn) {
            Ok(badge) => Ok(badge),
            Err(Step::Fail(failure)) => Err(failure),
            Err(Step::Fetch(new)) => {
                replies.extend(new.iter().map(|request| page(number(request))));
                requests.extend(new);
                continue;
            }
            Err(step) => panic!("{step:?}"),
        };
        assert!(requests.iter().all(|request| request.secret().is_some_and(|auth| auth.owner == "acme")));
        return (ended, requests.iter().map(|request| request.url().unwrap()).collect());
    }
    panic!("it is not done after eight turns");
}

fn number(request: &Request) -> u32 {
    let url = request.url().unwrap();
    url.split_once("&page=").map_or(1, |(_, number)| number.parse().unwrap())
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_badge_of_a_recorded_list_shows_what_nuget_computes_but_for_the_excluded_bound() {
    let mut differing = 0;
    let rows = each_latest("github-packages", |versions, row, expected| {
        let body: Value = versions.iter().map(|version| json!({ "name": version })).collect();
        let prerelease = row["prerelease"].to_string();
        let call = call(&[("version", text(row, "version")), ("prerelease", &prerelease)]);
        let (said, _) = play(&call, |_| list(body.to_string()));
        differing += usize::from(expected.as_ref().is_some_and(|expected| expected.differs_from_nuget));
        let missing = if expected.is_some() { "VERSION_NOT_FOUND" } else { "PACKAGE_RANGE_INVALID" };
        match expected.and_then(|expected| expected.newest) {
            Some(newest) => {
                let badge = said.unwrap_or_else(|failure| panic!("{failure:?}: {row}"));
                let color = if newest.contains('-') { "orange" } else { "green" };
                assert_eq!((badge.message, badge.color.as_deref()), (newest, Some(color)), "{row}");
            }
            None => assert_eq!(said.unwrap_err().code, missing, "{row}"),
        }
    });
    println!("{rows} rows, {differing} of them differ from NuGet");
    assert!(rows >= 84, "{rows} rows");
}

/// The images in these lists have tags such as `DEVELOP-182` and `vuls-data-raw-fedora`, none of which is a version.
#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn recorded_lists_are_read_as_they_were_sent() {
    let folder = folder();
    let mut lists = 0;
    for file in fs::read_dir(folder.join("github-packages/versions")).unwrap() {
        let path = file.unwrap().path();
        let recorded = read(&path);
        let Some(versions) = recorded.as_array() else { continue };
        lists += 1;
        let kind = text(&versions[0]["metadata"], "package_type");
        let body = fs::read(&path).unwrap();
        let (said, _) = play(&call(&[("type", kind), ("prerelease", "true")]), |_| list(body.clone()));
        let said = said.map(|badge| badge.message).map_err(|failure| failure.code);
        let newest = if kind == "nuget" { Ok("2.0.0-preview1-20250718-111124") } else { Err("VERSION_NOT_FOUND") };
        assert_eq!(said, newest.map(str::to_owned).map_err(Into::into), "{}", path.display());
    }
    println!("{lists} lists");
    assert!(lists >= 4, "{lists} lists");
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn recorded_pages_are_all_asked_and_read() {
    let folder = folder();
    let recorded = |number: u32| {
        let file = read(folder.join(format!("github-packages/versions/vulsio-container-page{number}.json")));
        let (status, headers, body) = reply(&file);
        (status, headers, String::from_utf8(body).unwrap())
    };
    let call = call(&[("type", "container")]);
    let (said, asked) = play(&call, |number| {
        let (status, headers, body) = recorded(number);
        (status, headers, body.into_bytes())
    });
    let page = "https://api.github.com/orgs/acme/packages/container/core/versions?per_page=100";
    assert_eq!(asked, [page.to_owned(), format!("{page}&page=2")]);
    assert_eq!(said.unwrap_err().code, "VERSION_NOT_FOUND", "no tag of these is a version");
    // If the second page has a version among its tags, it is found there.
    let (said, _) = play(&call, |number| {
        let (status, headers, body) = recorded(number);
        (status, headers, body.replace("vuls-data-raw-fedora", "v0.1.2").into_bytes())
    });
    assert_eq!(said.map(|badge| badge.message), Ok("0.1.2".to_owned()));
}

/// The recorded refusals of GitHub: a part of the file's name, the failure's code, and the seconds to wait. The wait is
/// 60 where the answer has no time in the future.
const REFUSALS: [(&str, &str, Option<u32>); 10] = [
    ("401-", "UPSTREAM_FORBIDDEN", None),
    ("403-github-testGetTraffic", "UPSTREAM_FORBIDDEN", None),
    ("403-Repository", "UPSTREAM_FORBIDDEN", None),
    ("403-SpecificExceptions.testBadUserAgent", "UPSTREAM_FORBIDDEN", None),
    ("403-github-testHandler_Wait-2-r_h_t_fail", "UPSTREAM_RATE_LIMITED", Some(2)),
    ("403-github-testHandler_WaitStuck", "UPSTREAM_RATE_LIMITED", Some(3)),
    ("Too_Many_Requests-2", "UPSTREAM_RATE_LIMITED", Some(8)),
    ("404-", "PACKAGE_NOT_FOUND", None),
    ("503-", "UPSTREAM_UNAVAILABLE", None),
    ("422-", "UPSTREAM_INVALID", None),
];

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn recorded_faults_give_the_right_failures() {
    let folder = folder();
    let mut count = 0;
    for file in fs::read_dir(folder.join("github-packages/http")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let reply = reply(&read(&path));
        // A 304 never reaches a provider; the recorded 200 is the answer to another request, so it is invalid here.
        if reply.0 == 304 {
            continue;
        }
        count += 1;
        let expected = match REFUSALS.iter().find(|(part, ..)| name.contains(part)) {
            Some((_, code, wait)) => (*code, *wait),
            None if matches!(reply.0, 200 | 204) => ("UPSTREAM_INVALID", None),
            None => ("UPSTREAM_RATE_LIMITED", Some(60)),
        };
        let (said, _) = play(&call(&[]), |_| reply.clone());
        let said = said.unwrap_err();
        assert_eq!((&*said.code, said.retry_after), expected, "{name}");
    }
    for (name, status, code) in
        [("lambda-github401", 401, "UPSTREAM_FORBIDDEN"), ("lambda-github404", 404, "PACKAGE_NOT_FOUND")]
    {
        let body = fs::read(folder.join(format!("github-packages/errors/{name}.json"))).unwrap();
        let (said, _) = play(&call(&[]), |_| (status, BTreeMap::new(), body.clone()));
        assert_eq!(said.unwrap_err().code, code, "{name}");
        count += 1;
    }
    println!("{count} recorded answers");
    assert!(count >= 32, "{count} recorded answers");
}

/// A recorded answer as a host passes it on, with the headers that a provider may read.
fn reply(file: &Value) -> Reply {
    let headers = file["headers"].as_object().unwrap().iter().filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let is_passed = matches!(&*name, "content-type" | "etag" | "last-modified" | "link" | "retry-after")
            || name.starts_with("x-ratelimit-");
        Some((name, value.as_str()?.to_owned())).filter(|_| is_passed)
    });
    let status = u16::try_from(file["status"].as_u64().unwrap()).unwrap();
    (status, headers.collect(), text(file, "body").as_bytes().to_owned())
}

/// A page with one version, which has the page's number as its minor version, and a `Link` header.
fn numbered(number: u32, link: &str) -> Reply {
    let headers = BTreeMap::from([("link".to_owned(), link.to_owned())]);
    (200, headers, json!([{ "name": format!("1.{number}.0") }]).to_string().into_bytes())
}

#[test]
fn ten_pages_are_asked_and_no_more() {
    let link = "<https://h/x?page=2>; rel=\"next\", <https://h/x?page=4000000000>; rel=\"last\"";
    let (said, asked) = play(&call(&[]), |number| numbered(number, link));
    assert_eq!(asked.len(), 10);
    assert_eq!(said.map(|badge| badge.message), Ok("1.10.0".to_owned()));
}

#[test]
fn older_pages_are_asked_if_the_first_ten_have_no_version_to_show() {
    let link = "<https://h/x?page=2>; rel=\"next\", <https://h/x?page=4000000000>; rel=\"last\"";
    let (said, asked) = play(&call(&[("version", "[1.30.0,1.40.0)")]), |number| numbered(number, link));
    assert_eq!((asked.len(), said.map(|badge| badge.message)), (60, Ok("1.39.0".to_owned())));
    let (said, asked) = play(&call(&[("version", "2.*")]), |number| numbered(number, link));
    assert_eq!((asked.len(), said.unwrap_err().code), (60, "VERSION_NOT_FOUND".into()));
}

#[test]
fn pages_without_a_named_last_one_are_followed_for_as_long_as_there_are_turns() {
    let link = "<https://h/x?after=abc>; rel=\"next\"";
    let (said, asked) = play(&call(&[]), |number| numbered(number, link));
    assert_eq!(asked.len(), 7);
    assert_eq!(said.map(|badge| badge.message), Ok("1.7.0".to_owned()));
}
