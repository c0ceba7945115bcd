//! Tests of the records and states that deliveries become: recorded payloads, and data that no delivery may write.

use std::{fs, path::PathBuf};

use badgesmith_provider::{Call, CallKind, Delivered, Provider, fold};
use badgesmith_versions::vectors::{folder, read};
use serde_json::{Value, json};

use crate::{Github, branch};

/// The time of the calls: 2026-11-21T12:00:00Z.
const NOW: u64 = 1_795_262_400;

/// The records, states and marks of a delivery with this payload.
fn deliver(event: &str, payload: &Value) -> Delivered {
    let mut call = Call::new("github");
    call.kind = CallKind::Hook;
    call.now = NOW;
    let full_name = payload.pointer("/repository/full_name").and_then(Value::as_str).unwrap_or("/");
    let (owner, repo) = full_name.split_once('/').unwrap();
    let pairs = [("event", event), ("owner", owner), ("repo", repo)];
    call.params = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Github.deliver(&call, payload.to_string().as_bytes()).unwrap_or_else(|step| panic!("{event}: {step:?}"))
}

/// The recorded payloads with their events.
fn recorded() -> Vec<(String, PathBuf, Value)> {
    let events = fs::read_dir(folder().join("webhooks")).unwrap().map(|entry| entry.unwrap().path());
    let mut all = Vec::new();
    for event in events {
        let name = event.file_name().unwrap().to_str().unwrap().to_owned();
        for file in fs::read_dir(&event).unwrap() {
            let path = file.unwrap().path();
            all.push((name.clone(), path.clone(), read(&path)));
        }
    }
    all
}

/// A member's text; empty if there is none.
fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The seconds of a time, which the test parses independently.
fn seconds(value: &Value, pointer: &str) -> u64 {
    match value.pointer(pointer) {
        Some(Value::String(time)) => {
            let time: jiff::Timestamp = time.parse().unwrap();
            u64::try_from(time.as_second()).unwrap()
        }
        number => number.and_then(Value::as_u64).unwrap_or_default(),
    }
}

/// The one record and the one state of a collection as `part@branch`, and whether there is a record.
fn told(delivered: &Delivered, collection: &str) -> Vec<(String, bool)> {
    let is_recorded = |subject: &str| {
        let mut records = delivered.records.iter().filter(|record| record.collection == collection);
        records.any(|record| format!("{}@{}", record.platform, record.branch) == subject)
    };
    let states = delivered.states.iter().filter(|state| state.collection == collection);
    let subjects = states.map(|state| format!("{}@{}", state.platform, state.branch));
    subjects.map(|subject| (subject.clone(), is_recorded(&subject))).collect()
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn every_recorded_payload_tells_the_counters_of_its_repository() {
    let mut with_repository = 0;
    let all = recorded();
    for (event, path, payload) in &all {
        let delivered = deliver(event, payload);
        let shown = path.display();
        if event == "ping" || payload.get("repository").is_none() {
            assert_eq!(delivered, Delivered::ignored(), "{shown}");
            with_repository += usize::from(payload.get("repository").is_some());
            continue;
        }
        with_repository += 1;
        let repository = &payload["repository"];
        let (state, record) = (&delivered.states[0], &delivered.records[0]);
        let own = seconds(repository, "/updated_at").max(seconds(repository, "/pushed_at"));
        assert_eq!((state.collection.as_str(), state.sequence.as_slice()), ("repository", &[own, 0][..]), "{shown}");
        assert_eq!((&*record.record.run_id, record.record.timestamp_ms.as_ms()), ("2026-11-21", 1_795_219_200_000));
        for (name, member) in
            [("stars", "stargazers_count"), ("forks", "forks_count"), ("open_issues", "open_issues_count")]
        {
            assert_eq!(state.fields[name], repository[member], "{shown}");
            assert_eq!(record.record.fields[name], repository[member], "{shown}");
        }
        assert_eq!(state.fields["default_branch"], repository["default_branch"], "{shown}");
        let is_private = repository["private"] == json!(true);
        let visibility = repository["visibility"].as_str().unwrap_or(if is_private { "private" } else { "public" });
        assert_eq!(state.fields["visibility"], visibility, "{shown}");
        let names = (fold(&state.owner), fold(&state.repo));
        assert_eq!(format!("{}/{}", names.0, names.1), fold(text(repository, "/full_name")), "{shown}");
    }
    assert_eq!((all.len(), with_repository), (36, 35));
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn every_recorded_run_is_filed_under_its_branch_or_as_a_strangers() {
    let mut count = 0;
    for (_, path, payload) in recorded().iter().filter(|(event, ..)| event == "workflow_run") {
        count += 1;
        let run = &payload["workflow_run"];
        let path_of_workflow = text(payload, "/workflow/path");
        let part = path_of_workflow.strip_prefix(".github/workflows/").unwrap();
        let (own, head) = (text(payload, "/repository/full_name"), text(run, "/head_repository/full_name"));
        let name = text(run, "/head_branch");
        let pull_request = run["pull_requests"]
            .as_array()
            .unwrap()
            .iter()
            .find(|pull_request| pull_request["base"]["repo"]["id"] == payload["repository"]["id"]);
        let branch = match pull_request {
            _ if head.eq_ignore_ascii_case(own) => fold(name),
            Some(pull_request) => format!("pull/{}", pull_request["number"]),
            None => fold(&format!("fork/{}/{name}", head.split('/').next().unwrap())),
        };
        let is_completed = run["status"] == json!("completed");
        let delivered = deliver("workflow_run", payload);
        assert_eq!(told(&delivered, "workflow"), [(format!("{part}@{branch}"), is_completed)], "{}", path.display());
        let state = &delivered.states[1];
        let attempt = run.get("run_attempt").and_then(Value::as_u64).unwrap_or(1);
        let rank = if is_completed { 3 } else { 1 };
        let sequence = [run["run_number"].as_u64().unwrap(), attempt, rank, seconds(run, "/updated_at")];
        assert_eq!(state.sequence, sequence, "{}", path.display());
        if is_completed {
            let record = &delivered.records[1].record;
            let time = seconds(run, "/created_at") * 1000;
            assert_eq!(u64::try_from(record.timestamp_ms.as_ms()).unwrap(), time, "{}", path.display());
            let of_record = (record.run_id.clone(), u64::from(record.run_attempt), record.fields["url"].clone());
            assert_eq!(of_record, (run["id"].to_string(), attempt, run["html_url"].clone()), "{}", path.display());
            assert_eq!(record.fields.get("conclusion"), run.get("conclusion"), "{}", path.display());
        }
    }
    assert_eq!(count, 5);
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn every_recorded_job_check_and_status_is_told() {
    let mut count = 0;
    for (event, path, payload) in recorded() {
        let delivered = deliver(&event, &payload);
        let shown = path.display();
        let pull_requests_are_own = |pointer: &str| {
            let all = payload.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
            all.into_iter().all(|it| it["head"]["repo"]["id"] == payload["repository"]["id"])
        };
        match &*event {
            "workflow_job" => {
                let job = &payload["workflow_job"];
                let subject = format!("{}@{}", job["run_id"], fold(text(job, "/name")));
                assert_eq!(told(&delivered, "job"), [(subject, false)], "{shown}");
                let state = &delivered.states[1];
                assert_eq!(state.life_seconds, Some(90 * 24 * 60 * 60));
                assert_eq!(state.fields.get("conclusion").unwrap_or(&Value::Null), &job["conclusion"], "{shown}");
            }
            "check_run" | "check_suite" => {
                let check = &payload[&*event];
                let slug = text(check, "/app/slug");
                let (part, branch, lists) = if event == "check_run" {
                    let lists = ["/check_run/pull_requests", "/check_run/check_suite/pull_requests"];
                    (text(check, "/name"), text(check, "/check_suite/head_branch"), lists)
                } else {
                    (slug, text(check, "/head_branch"), ["/check_suite/pull_requests"; 2])
                };
                let is_told = slug != "github-actions"
                    && !part.is_empty()
                    && !branch.is_empty()
                    && lists.iter().all(|list| pull_requests_are_own(list));
                let is_completed = check["status"] == json!("completed");
                let subject = format!("{}@{}", fold(part), branch::own(branch));
                let expected = if is_told { vec![(subject, is_completed)] } else { Vec::new() };
                assert_eq!(told(&delivered, "workflow"), expected, "{shown}");
            }
            "status" => {
                let heads = payload["branches"].as_array().unwrap().iter();
                let heads = heads.filter(|branch| branch["commit"]["sha"] == payload["sha"]);
                let expected: Vec<_> =
                    heads.map(|branch| (format!("default@{}", text(branch, "/name")), true)).collect();
                assert_eq!(told(&delivered, "workflow"), expected, "{shown}");
            }
            "release" => assert_eq!(delivered.stale.len(), 1, "{shown}"),
            "package" | "registry_package" => {
                assert_eq!(delivered.stale[1].name, "packages/npm/hello-world-npm", "{shown}");
            }
            _ => continue,
        }
        count += 1;
    }
    assert_eq!(count, 26);
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn no_recorded_payload_tells_of_a_person() {
    for (event, path, payload) in recorded() {
        let delivered = serde_json::to_string(&deliver(&event, &payload)).unwrap().to_lowercase();
        let mut persons = Vec::new();
        collect_persons(&payload, &mut persons);
        let owner = text(&payload, "/repository/full_name").split('/').next().unwrap().to_lowercase();
        // The owner of a fork is part of the name of its branch.
        let fork = text(&payload, "/workflow_run/head_repository/owner/login").to_lowercase();
        for person in persons.iter().filter(|person| ![&owner, &fork].contains(person)) {
            let quoted = format!("\"{person}\"");
            assert!(!delivered.contains(&quoted) && !delivered.contains('@'), "{}: {person}", path.display());
        }
    }
}

/// Every login, name of a committer, and address of an e-mail.
fn collect_persons(value: &Value, persons: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let is_person = matches!(&**name, "login" | "email" | "username" | "avatar_url");
                if let (true, Some(text)) = (is_person, member.as_str()) {
                    persons.push(text.to_lowercase());
                }
                collect_persons(member, persons);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect_persons(element, persons)),
        _ => {}
    }
}

/// A completed run of `acme/shop` that started at this time.
fn run_started_at(time: &str) -> Value {
    json!({
        "workflow_run": {
            "id": 1, "run_number": 1, "status": "completed", "conclusion": "success", "head_branch": "main",
            "head_repository": { "full_name": "acme/shop" }, "path": ".github/workflows/ci.yml",
            "created_at": "2026-11-21T11:00:00Z", "run_started_at": time, "updated_at": "2026-11-21T11:01:00Z",
        },
        "repository": { "id": 1, "full_name": "acme/shop", "stargazers_count": 12, "default_branch": "main" },
    })
}

#[test]
fn an_event_that_github_does_not_document_tells_nothing() {
    let payload = run_started_at("2026-11-21T11:00:30Z");
    for event in ["", "ping", "frobnicate", "Star"] {
        assert_eq!(deliver(event, &payload), Delivered::ignored(), "{event}");
    }
    for event in ["star", "fork", "issues", "issue_comment"] {
        assert_eq!(deliver(event, &payload).states[0].fields["stars"], 12, "{event}");
    }
}

#[test]
fn a_run_of_which_the_year_1_is_said_as_its_start_took_as_long_as_since_it_was_created() {
    for (started, milliseconds) in [("2026-11-21T11:00:30Z", 30_000), ("0001-01-01T00:00:00Z", 60_000)] {
        let delivered = deliver("workflow_run", &run_started_at(started));
        assert_eq!(delivered.records[1].record.fields["duration_ms"], milliseconds, "{started}");
    }
}

#[test]
fn what_is_stored_of_a_delivery_is_small_however_long_its_texts_are() {
    let long = "x".repeat(100_000);
    let names = ["default_branch", "language", "visibility", "html_url"];
    let mut repository =
        json!({ "id": 1, "full_name": "acme/shop", "stargazers_count": 1, "license": { "spdx_id": long } });
    names.iter().for_each(|name| repository[*name] = long.clone().into());
    let mut run = json!({
        "id": 1, "run_number": 1, "created_at": "2026-11-21T11:00:00Z", "updated_at": "2026-11-21T11:00:00Z",
        "head_branch": "main", "head_repository": { "full_name": "acme/shop" }, "status": "completed",
    });
    let names = ["conclusion", "event", "head_sha", "display_title", "html_url", "run_started_at"];
    names.iter().for_each(|name| run[*name] = long.clone().into());
    let workflow = json!({ "path": "ci.yml" });
    let payload = json!({ "repository": repository, "workflow_run": run, "workflow": workflow });
    let delivered = deliver("workflow_run", &payload);
    assert_eq!((delivered.records.len(), delivered.states.len()), (2, 2));
    let size = serde_json::to_string(&delivered).unwrap().len();
    assert!(size < 4_000, "{size} bytes");
}
