//! The binary with emulated DynamoDB and Secrets Manager: provision, secrets, reports, export and import.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/aws.rs"]
mod aws;
mod support;

use std::{fs, path::Path, thread};

use aws::Cloud;
use support::{
    Server, command,
    report::{self, TOML, body, nonce, request},
    secret, send,
};

const SECRET: &str = "It's a Secret to Everybody \u{1F980}";

/// An emulated AWS with the tables and a secret of the owner `acme`.
fn provisioned() -> Cloud {
    let cloud = Cloud::start();
    let (success, said) = cloud.run(&["provision"], "");
    assert!(success, "{said}");
    let (success, said) = cloud.run(&["secret", "set", "--aws", "--owner", "ACME", "--purpose", "TestData"], SECRET);
    assert!(success && said == "TestData of ACME is set\n", "{said}");
    cloud
}

#[test]
fn what_is_provisioned_already_is_not_changed() {
    let cloud = Cloud::start();
    let (success, planned) = cloud.run(&["provision", "--plan"], "");
    assert!(success && planned.ends_with("nothing was done: this is the plan\n"), "{planned}");
    let (success, done) = cloud.run(&["provision"], "");
    assert!(success, "{done}");
    for line in [
        "badge-test-results: create the table",
        "badge-test-results: delete what is expired, by TTL",
        "hmac-nonce: create the table",
        "badge-secrets: create the table",
        "badge-answers: create the table",
    ] {
        assert!(planned.contains(line) && done.contains(line), "{line} is not in {planned} and {done}");
    }
    let (success, again) = cloud.run(&["provision"], "");
    assert!(success && again.ends_with("nothing changes\n") && !again.contains("create"), "{again}");
    assert_eq!(cloud.run(&["provision", "--plan"], "").1, again);
}

#[test]
fn a_seed_puts_the_secrets_that_are_missing_and_shows_none() {
    let cloud = Cloud::start();
    cloud.keeper.put("team/acme", "named");
    let seed = r#"
        [[secret]]
        owner = "Acme"
        purpose = "TestData"
        name = "team/acme"

        [[secret]]
        owner = "acme"
        repo = "Tools"
        purpose = "TestData"
        value = "hush hush"
    "#;
    let (success, planned) = cloud.run(&["provision", "--seed", "-", "--plan"], seed);
    assert!(success && planned.contains("TestData of acme/tools: put the secret"), "{planned}");
    assert_eq!(cloud.keeper.names(), ["team/acme"]);
    let (success, done) = cloud.run(&["provision", "--seed", "-"], seed);
    assert!(success && !done.contains("hush"), "{done}");
    assert_eq!(cloud.run(&["secret", "list", "--aws"], "").1, "acme TestData\nacme/tools TestData\n");
    let other = seed.replace("hush hush", "another");
    let (success, again) = cloud.run(&["provision", "--seed", "-"], &other);
    assert!(success && again.ends_with("nothing changes\n"), "{again}");
    for (broken, words) in [
        ("[[secret]]\nowner = \"a\"\npurpose = \"TestData\"\nvalue = \"hush\nhush\"", "line 5"),
        ("[[secret]]\nowner = \"a\"\npurpose = \"TestData\"\nvalues = \"hush\"", "line 4"),
        ("[{\"owner\": \"a\", \"purpose\": \"TestData\", \"value\": [\"hush\"]}]", "line 1"),
        (
            "[[secret]]\nowner = \"a\"\npurpose = \"Package\"\nvalue = \"hush hush\"",
            "Package of a: the secret has blanks",
        ),
        ("[[secret]]\nowner = \"a\"\npurpose = \"Package\"\nenv = \"NOBODY_SET_IT\"", "NOBODY_SET_IT is not set"),
        ("[[secret]]\nowner = \"a\"\npurpose = \"Package\"", "say one of env, name and value"),
    ] {
        let (success, said) = cloud.run(&["provision", "--seed", "-"], broken);
        assert!(!success && said.contains(words) && !said.contains("hush"), "{said}");
    }
}

#[test]
fn the_servers_own_tokens_are_in_secrets_manager_and_listed_by_their_ids() {
    let cloud = provisioned();
    let own = ["--aws", "--owner", "*", "--purpose", "GitHub"];
    let run =
        |command: &str, more: &[&str], input: &str| cloud.run(&[&["secret", command], &own[..], more].concat(), input);
    let ids: Vec<_> = ["one-token", "two-token"]
        .iter()
        .map(|token| {
            let (success, said) = run("add", &[], token);
            assert!(success && !said.contains(token), "{said}");
            said.trim().strip_prefix("GitHub of *: ").unwrap().strip_suffix(" is added").unwrap().to_owned()
        })
        .collect();
    let (_, listed) = cloud.run(&["secret", "list", "--aws"], "");
    assert_eq!(listed, format!("* GitHub {}\n* GitHub {}\nacme TestData\n", ids[1], ids[0]));
    assert!(cloud.keeper.names().iter().filter(|name| name.starts_with("badge-secrets/=2a/GitHub/")).count() == 2);
    let (success, said) = run("remove", &["--id", &ids[0]], "");
    assert!(success && said == format!("GitHub of *: {} is removed\n", ids[0]), "{said}");
    assert_eq!(cloud.run(&["secret", "list", "--aws"], "").1, format!("* GitHub {}\nacme TestData\n", ids[1]));
}

#[test]
fn secrets_under_the_old_prefix_are_migrated_once_and_never_shown() {
    let cloud = provisioned();
    cloud.keeper.put("badgesmith/other/TestData/1", "hush hush");
    cloud.keeper.put("team/acme", "hush");
    let seed = r#"
        [[secret]]
        owner = "other"
        purpose = "TestData"
        name = "badgesmith/other/TestData/1"

        [[secret]]
        owner = "team"
        purpose = "TestData"
        name = "team/acme"

        [[secret]]
        owner = "lost"
        purpose = "Package"
        name = "badgesmith/lost/Package/1"
    "#;
    assert!(cloud.run(&["provision", "--seed", "-"], seed).0);
    let server = cloud.serve("cloud-migrate");
    let post = |owner: &str, secret: &str, run: &str| {
        let path = format!("/tests/results/linux/{owner}/tools/main");
        report::post(server.address, secret, &path, &body("linux", run, [1, 0, 0])).unwrap().status
    };
    assert_eq!(post("other", "hush hush", "1"), 201);

    let (success, said) = cloud.run(&["secret", "migrate", "--aws"], "");
    assert!(!success && said.contains("other TestData: 1 value moved\n"), "{said}");
    assert!(said.contains("1 values were moved from badgesmith/ to badge-secrets/\n"), "{said}");
    assert!(said.contains("Package of lost names badgesmith/lost/Package/1, which Secrets Manager has not"), "{said}");
    assert!(!said.contains("hush"), "{said}");
    assert!(cloud.run(&["secret", "remove", "--aws", "--owner", "lost", "--purpose", "Package"], "").0);
    let names = cloud.keeper.names();
    assert!(names.contains(&"team/acme".to_owned()) && !names.iter().any(|name| name.starts_with("badgesmith/")));

    let (success, said) = cloud.run(&["secret", "migrate", "--aws"], "");
    assert!(success && said == "0 values were moved from badgesmith/ to badge-secrets/\n", "{said}");
    assert_eq!(cloud.keeper.names(), names);
    let fresh = cloud.serve("cloud-migrated");
    let path = "/tests/results/linux/other/tools/main";
    let posted = report::post(fresh.address, "hush hush", path, &body("linux", "2", [1, 0, 0])).unwrap();
    assert_eq!((posted.status, post("other", "hush hush", "3")), (201, 201));
    let (success, said) = cloud.run(&["secret", "migrate"], "");
    assert!(!success && said.contains("with --aws"), "{said}");
}

#[test]
fn the_least_policy_of_a_stage_reads_no_other_stages_secrets() {
    let print = |table: &str| {
        let output = command().args(["provision", "--print-policy"]).env("BADGESMITH_TABLE_SECRETS", table).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let [staging, production] = ["staging", "production"].map(|stage| print(&format!("badgesmith-{stage}-secrets")));
    assert!(staging.contains(":secret:badgesmith-staging-secrets/*\""), "{staging}");
    assert!(production.contains(":secret:badgesmith-production-secrets/*\""), "{production}");
    for policy in [staging, production] {
        assert_eq!(policy.matches(":secret:").count(), 1, "{policy}");
    }
}

#[test]
fn the_least_policy_is_printed_without_a_request_to_aws() {
    let output = command().args(["provision", "--print-policy"]).output().unwrap();
    let policy: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let actions: Vec<_> = statements.iter().map(|statement| statement["Action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"dynamodb:Query") && actions.contains(&"secretsmanager:GetSecretValue"), "{policy}");
}

#[test]
fn the_least_policy_has_the_topics_of_subscriptions_and_the_key_that_seals_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plugins.toml");
    let subscription = |name: &str, topic: &str| {
        format!("[[subscription]]\nname = \"{name}\"\nsns = \"{topic}\"\nevents = [\"badge.changed\"]\n")
    };
    let arn = "arn:aws:sns:eu-west-1:123456789012:other";
    let all = [("a", "badge-events"), ("b", arn), ("c", "badge-events")];
    fs::write(&file, all.map(|(name, topic)| subscription(name, topic)).concat()).unwrap();
    let mut provision = command();
    provision.args(["provision", "--print-policy", "--seal-kms", "alias/badgesmith", "--config"]).arg(&file);
    let output = provision.output().unwrap();
    let policy: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = policy.to_string();
    assert_eq!(text.matches("sns:Publish").count(), 1, "{text}");
    assert_eq!(text.matches(arn).count(), 1, "{text}");
    for words in ["arn:aws:sns:*:*:badge-events\"", "kms:GenerateDataKey", "kms:Decrypt", "alias/badgesmith"] {
        assert_eq!(text.matches(words).count(), 1, "{words}: {text}");
    }
    assert!(!text.contains("lambda:") && !text.contains("sns:Create") && !text.contains("sns:Sub"), "{text}");
}

#[test]
fn a_receiver_that_a_topic_cannot_have_is_refused_with_what_to_write() {
    for (option, words) in [
        ("badges=jobs", "write sqs: and the name"),
        ("badges=sqs:jobs.fifo", "a FIFO queue receives from FIFO topics only"),
        ("badges", "write badge-events=sqs:jobs"),
    ] {
        let output = command().args(["provision", "--plan", "--topic-subscription", option]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(words), "{option}: {said}");
    }
}

#[test]
fn a_report_is_on_the_badge_a_moment_later_and_a_secret_being_rotated_counts_twice() {
    let cloud = provisioned();
    let generated = cloud.output(
        &["secret", "rotate", "--aws", "--owner", "acme", "--repo", "tools", "--purpose", "TestData", "--generate"],
        "",
    );
    assert!(!generated.status.success(), "there is none to rotate");
    let generated =
        cloud.output(&["secret", "rotate", "--aws", "--owner", "acme", "--purpose", "TestData", "--generate"], "");
    let fresh = String::from_utf8(generated.stdout).unwrap();
    assert!(fresh.len() == 65 && !String::from_utf8(generated.stderr).unwrap().contains(fresh.trim()), "{fresh}");
    let server = cloud.serve("cloud-results");
    let path = "/tests/results/linux/Acme/tools/feature%2F%23%25%F0%9F%A6%80";
    let post = |secret: &str, run: &str| {
        report::post(server.address, secret, path, &body("Linux", run, [190, 0, 0])).unwrap().status
    };
    assert_eq!([post(SECRET, "1"), post(fresh.trim(), "2"), post("a guess", "3")], [201, 201, 401]);
    assert_eq!(post(SECRET, "1"), 409);
    let badge = "/badges/tests/LINUX/acme/Tools/Feature/%23%25%F0%9F%A6%80";
    assert!(server.get(badge).body.contains(r#""message":"190 passed""#));
    let redirect = server.get(&badge.replace("/badges/tests", "/redirect/test-results"));
    assert!(redirect.head.contains("location: https://example.com/runs/2\r\n"), "{}", redirect.head);
    let said = server.log() + &server.arguments();
    assert!(!said.contains(SECRET) && !said.contains(fresh.trim()), "{said}");
}

#[test]
fn of_64_identical_reports_at_once_one_is_recorded() {
    let cloud = provisioned();
    let server = cloud.serve("cloud-identical");
    let path = "/tests/results/linux/acme/tools/main";
    let request = request(SECRET, path, &body("linux", "1", [1, 0, 0]), &nonce());
    let statuses: Vec<u16> = thread::scope(|scope| {
        let senders: Vec<_> = (0..64).map(|_| scope.spawn(|| send(server.address, &request).status)).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 63, "{statuses:?}");
}

/// The badges of three branches.
fn badges(server: &Server) -> Vec<String> {
    let branches = ["main", "Feature/x", "%F0%9F%A6%80"];
    branches.into_iter().map(|branch| server.get(&format!("/badges/tests/linux/acme/tools/{branch}")).body).collect()
}

fn report_to(server: &Server) {
    for (branch, run, passed) in [("main", "1", 1), ("main", "2", 2), ("feature%2Fx", "3", 3), ("%F0%9F%A6%80", "4", 4)]
    {
        let path = format!("/tests/results/linux/acme/tools/{branch}");
        let response = report::post(server.address, SECRET, &path, &body("linux", run, [passed, 0, 0])).unwrap();
        assert_eq!(response.status, 201, "{}", response.body);
    }
}

/// Posts every run again.
fn statuses_again(server: &Server) -> Vec<u16> {
    let again = |(branch, run)| {
        let path = format!("/tests/results/linux/acme/tools/{branch}");
        report::post(server.address, SECRET, &path, &body("linux", run, [9, 0, 0])).unwrap().status
    };
    [("main", "1"), ("feature%2Fx", "3")].map(again).to_vec()
}

#[test]
fn what_is_exported_from_one_store_and_imported_into_another_shows_the_same_badges() {
    let cloud = provisioned();
    let server = cloud.serve("cloud-export");
    report_to(&server);
    let before = badges(&server);
    assert!(before[0].contains("2 passed") && before[1].contains("3 passed") && before[2].contains("4 passed"));
    let lines = String::from_utf8(cloud.output(&["export", "--aws"], "").stdout).unwrap();
    assert_eq!(lines.lines().count(), 4, "{lines}");

    // An empty AWS.
    let fresh = provisioned();
    let (success, said) = fresh.run(&["import", "--aws"], &lines);
    assert!(success && said.starts_with("4 results are new, 0 were there already"), "{said}");
    let (success, said) = fresh.run(&["import", "--aws"], &lines);
    assert!(success && said.starts_with("0 results are new, 4 were there already"), "{said}");
    let server = fresh.serve("cloud-import");
    assert_eq!(badges(&server), before);
    assert_eq!(statuses_again(&server), [409, 409]);
    drop(server);

    // From there into an embedded store, and out of it again.
    let sorted = |lines: &str| {
        let mut lines: Vec<_> = lines.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cloud-file").join("data");
    let _ = fs::remove_dir_all(&data);
    let data_arguments = ["--data", data.to_str().unwrap()];
    let (success, said) = fresh.run(&[&["import"], &data_arguments[..]].concat(), &lines);
    assert!(success && said.starts_with("4 results are new"), "{said}");
    let out = fresh.output(&[&["export"], &data_arguments[..]].concat(), "").stdout;
    assert_eq!(sorted(&String::from_utf8(out).unwrap()), sorted(&lines));
    assert!(secret(&data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET).0);
    let server = Server::start_with("cloud-file", TOML, &[]);
    assert_eq!(badges(&server), before);
    assert_eq!(statuses_again(&server), [409, 409]);
    for refused in ["export", "import"] {
        let (success, said) = fresh.run(&[&[refused], &data_arguments[..]].concat(), "");
        assert!(!success && said.contains("another badgesmith has it open; stop that one"), "{said}");
    }
}

#[test]
fn an_invalid_line_is_named_and_an_expired_result_is_not_imported() {
    let cloud = provisioned();
    let line = r#"{"collection":"test-results","owner":"a","repo":"b","platform":"c","branch":"d","record":{"run_id":"1","run_attempt":1,"timestamp_ms":1000,"fields":{}},"arrived":"2020-01-01T00:00:00Z"}"#;
    let (success, said) = cloud.run(&["import", "--aws"], &format!("\n{line}\n\n"));
    assert!(success && said == "0 results are new, 0 were there already, 1 are expired\n", "{said}");
    for (broken, words) in [
        ("{}".to_owned(), "line 1 is no exported result"),
        (format!("{line}\nrubbish"), "line 2 is no exported result"),
        (line.replace(r#""owner":"a""#, r#""owner":"""#), "line 1: its owner is empty or too long"),
        (line.replace("2020", "soon"), "line 1: its arrived is no RFC 3339 time"),
        (line.replace(r#""run_attempt":1"#, r#""run_attempt":0"#), "line 1: its run_id"),
    ] {
        let (success, said) = cloud.run(&["import", "--aws"], &broken);
        assert!(!success && said.contains(words), "{said}");
    }
}
