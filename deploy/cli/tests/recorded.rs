//! Recorded answers of NuGet and GitHub, replayed by an upstream on loopback; the badges are requested over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use support::{Server, Upstream, escape, github_toml, nuget_toml, recorded, secret};

fn read(file: &Path) -> Value {
    serde_json::from_str(fs::read_to_string(file).unwrap().trim_start_matches('\u{feff}')).unwrap()
}

/// The version that a row expects, with two rules that the recording does not have: a floating version is an upper
/// bound, and a prerelease of an excluded upper bound is outside the range.
fn expected_version(row: &Value) -> Option<String> {
    if let Some(capped) = row.get("float_aware_latest") {
        return capped.as_str().map(str::to_owned);
    }
    let latest = row["latest"].as_str()?;
    let excluded = row["version"].as_str()?.trim().strip_suffix(')').and_then(|range| range.rsplit(',').next());
    let is_outside = excluded.map(str::trim).is_some_and(|bound| {
        let same = latest.split_once('-').is_some_and(|(core, _)| numbers(core) == numbers(bound));
        !bound.is_empty() && !bound.contains('-') && same
    });
    (!is_outside).then(|| latest.to_owned())
}

/// The four numbers of a version.
fn numbers(text: &str) -> Vec<u64> {
    let mut numbers: Vec<u64> = text.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    numbers.resize(4, 0);
    numbers
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn every_recorded_list_gives_the_right_version_for_every_range() {
    let data = recorded();
    let nuget = data.join("nuget");
    let mut lists = BTreeMap::new();
    let mut rows = Vec::new();
    for entry in fs::read_dir(nuget.join("expected-latest")).unwrap() {
        let truth = read(&entry.unwrap().path());
        let name = truth["list"].as_str().unwrap();
        let package = name.rsplit('/').next().unwrap().trim_end_matches(".index.json").to_owned();
        let list = fs::read(nuget.join(name)).unwrap();
        lists.insert(package.clone(), list);
        rows.extend(truth["rows"].as_array().unwrap().iter().map(|row| (package.clone(), row.clone())));
    }
    let upstream = Upstream::start(move |path| {
        let package = path.strip_prefix("/v3-flatcontainer/").and_then(|rest| rest.strip_suffix("/index.json"));
        match package.and_then(|package| lists.get(package)) {
            Some(list) => (200, Vec::new(), list.clone()),
            None if path.starts_with("/v3/registration5-gz-semver2/") => {
                (200, Vec::new(), br#"{"listed":true}"#.to_vec())
            }
            None => (404, Vec::new(), Vec::new()),
        }
    });
    let server = Server::start("recorded", &nuget_toml(&upstream.url()));
    assert!(rows.len() >= 2000, "only {} rows were read", rows.len());
    check(&server, "/badges/packages/nuget", &rows);
}

/// Requests the badge of every row, and compares it with what the row expects.
fn check(server: &Server, mount: &str, rows: &[(String, Value)]) {
    let (mut excluded, count) = (0, rows.len());
    for (package, row) in rows {
        let (range, prerelease) = (row["version"].as_str().unwrap(), row["prerelease"].as_bool().unwrap());
        let query = format!("version={}&prerelease={prerelease}", escape(range));
        let response = server.get(&format!("{mount}/{package}?{query}"));
        let body: Value = serde_json::from_str(&response.body).unwrap();
        let at = format!("{package} {range:?} {prerelease}: {}", response.body);
        match row["result"].as_str().unwrap() {
            "invalid-range" => {
                assert_eq!(response.status, 400, "{at}");
                assert_eq!(body["error_details"][0]["error_code"], "PACKAGE_RANGE_INVALID", "{at}");
            }
            result => match expected_version(row) {
                Some(latest) => assert_eq!(body["message"], Value::from(latest), "{at}"),
                None if result == "ok" && row.get("float_aware_latest").is_none() => {
                    // The recorded version is outside; the right one is found by excluding the bound's prereleases.
                    let bound = range.trim().trim_end_matches(')');
                    let outside = format!("version={}&prerelease=true", escape(&format!("{bound}-0)")));
                    let inside = server.get(&format!("{mount}/{package}?{outside}"));
                    assert_eq!(
                        response.body.split("correlation").next(),
                        inside.body.split("correlation").next(),
                        "{at}"
                    );
                    excluded += 1;
                }
                None => {
                    assert_eq!(response.status, 404, "{at}");
                    assert_eq!(body["error_details"][0]["error_code"], "VERSION_NOT_FOUND", "{at}");
                }
            },
        }
    }
    println!("{mount}: {count} rows, {excluded} of them with a prerelease of the excluded bound");
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn a_recorded_list_of_github_packages_gives_the_right_version_for_every_range() {
    let data = recorded();
    let packages = data.join("github-packages");
    let truth = read(&packages.join("expected-latest/lambda-nuget-LocalStack.Client.expected.json"));
    let list = fs::read(packages.join("versions/lambda-nuget-LocalStack.Client.json")).unwrap();
    let upstream = Upstream::start(move |path| match path {
        "/orgs/acme/packages/nuget/localstack.client/versions?per_page=100" => (200, Vec::new(), list.clone()),
        _ => (404, Vec::new(), b"{}".to_vec()),
    });
    let server = Server::start("recorded-github", &github_toml(&upstream.url()));
    secret(&server.data, &["set", "--owner", "acme", "--purpose", "Package"], "token");
    let rows = truth["rows"].as_array().unwrap().iter();
    let rows: Vec<_> = rows.map(|row| ("LocalStack.Client".to_owned(), row.clone())).collect();
    check(&server, "/badges/packages/github/Acme", &rows);
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn of_recorded_registrations_the_newest_listed_version_is_shown() {
    let data = recorded();
    let mut packages: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    for entry in fs::read_dir(data.join("nuget/registration")).unwrap() {
        let file = entry.unwrap().path();
        let pages = read(&file);
        let name = file.file_stem().unwrap().to_str().unwrap().to_lowercase().replace("--", "-");
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' }).collect();
        let items = pages["items"].as_array().cloned().unwrap_or_default();
        // In a page of a large registration the leaves are at the top level.
        let leaves = items.iter().flat_map(|item| match item["items"].as_array() {
            Some(leaves) => leaves.clone(),
            None => vec![item.clone()],
        });
        for leaf in leaves {
            let entry = &leaf["catalogEntry"];
            if let Some(version) = entry["version"].as_str() {
                let version = version.split('+').next().unwrap().to_lowercase();
                packages.entry(name.clone()).or_default().insert(version, entry["listed"] != Value::Bool(false));
            }
        }
    }
    let known = packages.clone();
    let upstream = Upstream::start(move |path| {
        let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
        match parts[..] {
            ["v3-flatcontainer", package, "index.json"] if known.contains_key(package) => {
                let versions: Vec<_> = known[package].keys().collect();
                (200, Vec::new(), serde_json::json!({ "versions": versions }).to_string().into_bytes())
            }
            ["v3", "registration5-gz-semver2", package, leaf] => {
                let version = leaf.trim_end_matches(".json");
                match known.get(package).and_then(|versions| versions.get(version)) {
                    Some(listed) => {
                        (200, Vec::new(), serde_json::json!({ "@id": "x", "listed": listed }).to_string().into_bytes())
                    }
                    None => (404, Vec::new(), Vec::new()),
                }
            }
            _ => (404, Vec::new(), Vec::new()),
        }
    });
    let server = Server::start("registrations", &nuget_toml(&upstream.url()));
    let mut none_listed = 0;
    for (package, versions) in &packages {
        let body: Value =
            serde_json::from_str(&server.get(&format!("/badges/packages/nuget/{package}?prerelease=true")).body)
                .unwrap();
        match body["message"].as_str() {
            Some("version not found") => {
                assert!(versions.values().all(|listed| !listed), "{package}: {body}");
                none_listed += 1;
            }
            Some(message) => assert_eq!(versions.get(&message.to_lowercase()), Some(&true), "{package}: {body}"),
            None => panic!("{package}: {body}"),
        }
    }
    assert!(packages.len() >= 15 && none_listed >= 1, "{} packages, {none_listed} with nothing listed", packages.len());
    println!("{} packages, {none_listed} of them with nothing listed", packages.len());
}

/// Every recorded address of a NuGet badge of shields gives a picture with the label and message that shields shows.
#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn every_recorded_nuget_address_of_shields_is_served() {
    let data = recorded();
    let list = read(&data.join("badge-urls/badge_urls.json"));
    let here = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let address = std::sync::Arc::clone(&here);
    let upstream = Upstream::start(move |path| {
        let body = match path.split('?').next().unwrap_or_default() {
            "/v3/index.json" => {
                let search = format!("{}/query", address.get().unwrap());
                serde_json::json!({ "resources": [{ "@type": "SearchQueryService", "@id": search }] })
            }
            "/query" => {
                let id = path.split("packageid%3A").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
                serde_json::json!({ "data": [{ "id": id, "totalDownloads": 1_234_567 }] })
            }
            path if path.starts_with("/v3-flatcontainer/") => {
                serde_json::json!({ "versions": ["1.0.0", "1.2.0", "2.0.0-rc.1"] })
            }
            _ => serde_json::json!({ "listed": true }),
        };
        (200, Vec::new(), body.to_string().into_bytes())
    });
    here.set(upstream.url()).unwrap();
    let server = Server::start("shields-nuget", &nuget_toml(&upstream.url()));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let urls = list["urls"].as_array().unwrap();
    for entry in urls.iter().filter(|entry| entry["kind"] == "nuget") {
        let url = entry["url"].as_str().unwrap();
        let path = &url[url.find("/nuget/").unwrap()..];
        let (family, label, message) = match path.split('/').nth(2).unwrap() {
            "v" => ("v", "nuget", "v1.2.0"),
            "vpre" => ("vpre", "nuget", "v2.0.0-rc.1"),
            _ => ("dt", "downloads", "1.2M"),
        };
        let asked = entry["query"].as_array().unwrap().iter().find(|pair| pair[0] == "label");
        let label = asked.map_or(label, |pair| pair[1].as_str().unwrap());
        let body = server.get(path).body;
        assert!(body.contains(&format!("<title>{label}: {message}</title>")), "{path}: {body}");
        *counts.entry(family).or_default() += 1;
    }
    println!("served: {counts:?}");
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), ["dt", "v", "vpre"]);
}
