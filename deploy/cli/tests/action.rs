//! The GitHub Action in deploy/report, run as a GitHub runner does, with a running server. All tests need node.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use support::{Server, command, escape, report::COVERAGE_TOML, secret};

/// How many reports must be compared at least.
const MIN_REPORTS: usize = 20;
const SECRET: &str = "It's a Secret to Everybody";

/// A command that runs node.
fn node() -> Command {
    Command::new(node_path())
}

/// The absolute path of node, because some commands are run without PATH.
fn node_path() -> String {
    let output = Command::new("node").args(["-p", "process.execPath"]).output();
    let output = output.expect("this test needs node in PATH; .ci/tools action installs it");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn action() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../report").canonicalize().unwrap()
}

/// A server whose owner `acme` has a secret, and a folder where a build has left its reports.
fn build(name: &str) -> (Server, PathBuf) {
    let server = Server::start(name, COVERAGE_TOML);
    let (success, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET);
    assert!(success, "{said}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).join("build");
    fs::create_dir_all(folder.join("out")).unwrap();
    let junit = "<testsuites><testsuite><testcase/><testcase/><testcase><failure/></testcase></testsuite></testsuites>";
    fs::write(folder.join("out/TEST-unit.xml"), junit).unwrap();
    let trx = "<TestRun><Results><UnitTestResult outcome='Passed'/><UnitTestResult outcome='NotExecuted'/></Results></TestRun>";
    fs::write(folder.join("out/run.trx"), trx).unwrap();
    (server, folder)
}

/// The outcome of a step: exit code, output, step outputs and summary.
struct StepOutcome {
    code: Option<i32>,
    printed: String,
    outputs: String,
    summary: String,
}

impl StepOutcome {
    fn output(&self, name: &str) -> &str {
        let rest = self.outputs.split_once(&format!("{name}<<")).map_or("", |(_, rest)| rest);
        rest.split('\n').nth(1).unwrap_or_default()
    }
}

/// Runs the step with these variables; it inherits no others.
fn run(server: &Server, folder: &Path, variables: &[(&str, &str)]) -> StepOutcome {
    let (outputs, summary) = (folder.join(".outputs"), folder.join(".summary"));
    fs::write(&outputs, "").unwrap();
    fs::write(&summary, "").unwrap();
    let output = node()
        .arg(action().join("main.mjs"))
        .current_dir(folder)
        .env_clear()
        .env("GITHUB_OUTPUT", &outputs)
        .env("GITHUB_STEP_SUMMARY", &summary)
        .env("GITHUB_REPOSITORY", "Acme/tools")
        .env("GITHUB_REF_NAME", "main")
        .env("GITHUB_SHA", "11e20f8")
        .env("GITHUB_RUN_ID", "4711")
        .env("GITHUB_RUN_ATTEMPT", "1")
        .env("RUNNER_OS", "Linux")
        .env("INPUT_SERVER", format!("http://{}", server.address))
        .env("INPUT_SECRET", SECRET)
        .env("INPUT_FAIL-ON-ERROR", "false")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    StepOutcome {
        code: output.status.code(),
        printed: String::from_utf8(output.stdout).unwrap(),
        outputs: fs::read_to_string(outputs).unwrap(),
        summary: fs::read_to_string(summary).unwrap(),
    }
}

#[test]
#[ignore = "needs node"]
fn the_actions_own_tests_pass() {
    let output = node().arg("test.mjs").current_dir(action()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[ignore = "needs node"]
fn a_step_puts_the_counts_on_the_badge() {
    let (server, folder) = build("action");
    let step = run(&server, &folder, &[]);
    assert_eq!(step.code, Some(0), "{}", step.printed);
    let counts = ["status", "passed", "failed", "skipped", "total"].map(|name| step.output(name));
    assert_eq!(counts, ["recorded", "3", "1", "1", "5"], "{}", step.printed);
    let badge = server.get("/badges/tests/linux/acme/tools/main?skipped=true").body;
    assert!(badge.contains(r#""message":"3 passed, 1 failed, 1 skipped""#), "{badge}");
    let redirect = server.get("/redirect/test-results/linux/acme/tools/main");
    assert!(redirect.head.contains("location: https://github.com/Acme/tools/actions/runs/4711/attempts/1\r\n"));
    let base = format!("http://{}", server.address);
    let place = "linux/Acme/tools/main";
    let markdown = format!("[![tests]({base}/badges/tests/{place}.svg)]({base}/redirect/test-results/{place})");
    assert_eq!(step.output("badge"), markdown);
    assert!(step.summary.contains(&markdown) && step.summary.contains("| 3 | 1 | 1 | 5 |"), "{}", step.summary);
    // The only line with the secret is the one that masks it.
    let lines: Vec<_> = step.printed.lines().filter(|line| line.contains(SECRET)).collect();
    assert_eq!(lines, [format!("::add-mask::{SECRET}")]);
    assert!(!step.summary.contains(SECRET) && !step.outputs.contains(SECRET));
}

#[test]
#[ignore = "needs node"]
fn a_step_puts_the_coverage_on_its_badge() {
    let (server, folder) = build("action-coverage");
    fs::write(folder.join("lcov.info"), "SF:a.c\nDA:1,1\nDA:2,0\nDA:3,2\nDA:4,1\nend_of_record\n").unwrap();
    let binary = command().get_program().to_str().unwrap().to_owned();
    let variables =
        [("INPUT_BINARY", &*binary), ("INPUT_COVERAGE", "lcov.info\n"), ("INPUT_FILES", ""), ("INPUT_PART", "web")];
    let step = run(&server, &folder, &variables);
    assert_eq!(step.code, Some(0), "{}", step.printed);
    let counts = ["status", "passed", "lines-covered", "lines-total"].map(|name| step.output(name));
    assert_eq!(counts, ["recorded", "3", "3", "4"], "{}", step.printed);
    let badge = server.get("/badges/coverage/web/acme/tools/main").body;
    assert!(badge.contains(r#""message":"75%""#), "{badge}");
    assert!(step.output("coverage-badge").contains("/badges/coverage/web/Acme/tools/main.svg"), "{}", step.outputs);
    assert!(step.summary.contains("| 3 | 4 |"), "{}", step.summary);
    // Without reports of tests, and without the client.
    fs::remove_dir_all(folder.join("out")).unwrap();
    let alone = [("INPUT_RUN-ID", "4712")];
    let step = run(&server, &folder, &[&variables[..], &alone].concat());
    assert_eq!((step.output("status"), step.output("lines-total"), step.output("passed")), ("recorded", "4", ""));
    let step = run(&server, &folder, &[("INPUT_COVERAGE", "lcov.info"), ("INPUT_FAIL-ON-ERROR", "true")]);
    assert!(step.code == Some(1) && step.printed.contains("read by the badgesmith client only"), "{}", step.printed);
}

#[test]
#[ignore = "needs node"]
fn a_duplicate_run_gives_a_warning_and_fails_only_with_fail_on_error() {
    let (server, folder) = build("action-again");
    assert_eq!(run(&server, &folder, &[]).output("status"), "recorded");
    for (setting, level, code) in [("false", "warning", 0), ("true", "error", 1)] {
        let again = run(&server, &folder, &[("INPUT_FAIL-ON-ERROR", setting)]);
        assert_eq!((again.code, again.output("status")), (Some(code), "failed"), "{}", again.printed);
        let annotation = format!("::{level} title=BadgeSmith::the report of tests was not recorded: ");
        let line = again.printed.lines().find(|line| line.starts_with(&annotation)).unwrap();
        assert!(line.contains("answers 409") && line.contains("DUPLICATE_TEST_RESULT"), "{line}");
    }
    let attempt = run(&server, &folder, &[("GITHUB_RUN_ATTEMPT", "2"), ("INPUT_FAIL-ON-ERROR", "true")]);
    assert_eq!((attempt.code, attempt.output("status")), (Some(0), "recorded"), "{}", attempt.printed);
    let forged = run(&server, &folder, &[("GITHUB_RUN_ATTEMPT", "3"), ("INPUT_SECRET", "a guess")]);
    assert_eq!((forged.code, forged.output("status")), (Some(0), "failed"));
    assert!(
        forged.printed.contains("answers 401") && forged.printed.contains("is it the secret"),
        "{}",
        forged.printed
    );
}

#[test]
#[ignore = "needs node"]
fn a_branch_name_is_never_run_as_a_command() {
    let (server, folder) = build("action-branches");
    for branch in [
        r#"a"; curl x | sh; #"#,
        "$(touch x)`id`",
        "fix#42",
        "100%",
        "a b",
        "feature/x",
        "🚀/grüße",
        "%2e%2e",
        "a%0A::x",
    ] {
        let step = run(&server, &folder, &[("GITHUB_REF_NAME", branch), ("INPUT_FAIL-ON-ERROR", "true")]);
        assert_eq!(step.code, Some(0), "{branch}: {}", step.printed);
        let path: Vec<_> = branch.split('/').map(escape).collect();
        let badge = server.get(&format!("/badges/tests/linux/acme/tools/{}", path.join("/"))).body;
        assert!(badge.contains(r#""message":"3 passed, 1 failed""#), "{branch}: {badge}");
        assert!(!step.summary.contains("curl x") && !step.summary.contains("touch x"), "{}", step.summary);
    }
    assert!(!folder.join("x").exists());
}

#[test]
#[ignore = "needs node"]
fn with_the_client_the_counts_and_the_badge_are_the_same() {
    let (server, folder) = build("action-client");
    fs::write(folder.join("out/more.tap"), "1..2\nok 1\nnot ok 2\n").unwrap();
    let client = [("INPUT_BINARY", env!("CARGO_BIN_EXE_badgesmith")), ("GITHUB_ACTIONS", "true")];
    let branch = r#"a"; curl x | sh; #"#;
    let by_client = run(&server, &folder, &[&client[..], &[("GITHUB_REF_NAME", branch)]].concat());
    let by_script = run(&server, &folder, &[]);
    for name in ["status", "passed", "failed", "skipped", "total"] {
        assert_eq!(by_client.output(name), by_script.output(name), "{}", by_client.printed);
    }
    let badge = server.get(&format!("/badges/tests/linux/acme/tools/{}", escape(branch))).body;
    assert!(badge.contains(r#""message":"3 passed, 1 failed""#), "{badge}");
    assert!(by_client.output("badge").contains(&escape(branch)));
    let again = run(&server, &folder, &client);
    assert!(again.code == Some(0) && again.printed.contains("::warning title=BadgeSmith::"), "{}", again.printed);
    // Formats and folders that only the client reads.
    let attempt = [("GITHUB_RUN_ATTEMPT", "2"), ("INPUT_FILES", "out")];
    let folders = run(&server, &folder, &[&client[..], &attempt].concat());
    assert_eq!(folders.output("total"), "7", "{}", folders.printed);
    let refused = run(&server, &folder, &attempt);
    assert!(refused.printed.contains("more.tap: only the badgesmith client reads such reports"), "{}", refused.printed);
}

#[test]
#[ignore = "needs node"]
fn the_script_counts_what_the_client_counts() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/samples");
    let mut files: Vec<_> = fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap().to_str().unwrap();
        name.starts_with("junit") || name.ends_with(".trx")
    });
    count_alike(&files);
}

#[test]
#[ignore = "needs node and BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_script_counts_what_the_client_counts_in_recorded_reports() {
    let data = support::recorded();
    let mut files = Vec::new();
    for (list, entries, folder) in [("faults", "reports", "faults/reports"), ("test-reports", "files", "test-reports")]
    {
        let manifest = fs::read(data.join(list).join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        for entry in manifest[entries].as_array().unwrap() {
            let name = entry["file"].as_str().unwrap();
            let is_read = name.starts_with("junit") || name.ends_with(".trx") || list == "faults";
            let is_read = is_read && [".xml", ".trx"].iter().any(|ending| name.ends_with(ending));
            if is_read && !entry["expect"].as_str().unwrap_or_default().starts_with("error") {
                files.push(data.join(folder).join(name));
            }
        }
    }
    count_alike(&files);
}

/// Counts each report with the client and with the script; formats that only the client reads are left out.
fn count_alike(files: &[PathBuf]) {
    let mut compared = 0;
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let client = command().args(["report", "--dry-run"]).arg(file).env_clear().output().unwrap();
        let body: serde_json::Value = serde_json::from_slice(&client.stdout).unwrap();
        let module = action().join("counts.mjs");
        let code = "const [module, file] = process.argv.slice(1);
            const { count } = await import(module);
            const { passed, failed, skipped } = count((await import('node:fs')).readFileSync(file));
            console.log(JSON.stringify({ passed, failed, skipped }));";
        let script = node().args(["--input-type=module", "-e", code]).arg(module).arg(file).output().unwrap();
        let words = String::from_utf8_lossy(&script.stderr);
        if words.contains("only the badgesmith client reads") {
            continue;
        }
        assert!(script.status.success(), "{name}: {words}");
        let counted: serde_json::Value = serde_json::from_slice(&script.stdout).unwrap();
        for outcome in ["passed", "failed", "skipped"] {
            assert_eq!(counted[outcome], body[outcome], "{name}: {outcome}");
        }
        compared += 1;
    }
    println!("{compared} reports are counted alike");
    assert!(compared >= MIN_REPORTS, "only {compared} reports were compared");
}
