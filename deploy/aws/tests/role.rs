//! Compares the permissions of the function's role in the template with the calls of the code.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;

use badgesmith_aws::{
    TableNames,
    policy::{ALLOWED_CALLS, PolicyResource},
};

/// The resources by what their statements in the template contain. No statement has any other resource.
const NAMES: [(&str, PolicyResource); 6] = [
    ("Results.Arn", PolicyResource::Results),
    ("Nonces.Arn", PolicyResource::Nonces),
    ("Secrets.Arn", PolicyResource::Secrets),
    ("Answers.Arn", PolicyResource::Answers),
    (":secret:${Secrets}/*", PolicyResource::Values),
    (SHARED, PolicyResource::Values),
];

/// The prefix of secrets that all stages of an account once shared.
const SHARED: &str = ":secret:badgesmith/*";

/// The permissions that every Lambda function needs for logs and traces.
const RUNTIME_ACTIONS: [&str; 4] =
    ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

fn read(template: &str) -> String {
    std::fs::read_to_string(format!("{}/../{template}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The function's statements, action by action, with the text of their resources.
fn granted() -> Vec<(String, String)> {
    let template = read("template.yaml");
    let (_, role) = template.split_once("PolicyName: badges\n").unwrap();
    let (role, _) = role.split_once("\n      Tags:").unwrap();
    let statements = role.split("- Sid: ").skip(1).map(|statement| {
        let of = |key: &str| statement.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap();
        (of("Action: "), of("Resource: "))
    });
    let split = |(actions, on): (&str, &str)| {
        let actions = actions.trim_matches(['[', ']']).split(", ").map(|action| (action.to_owned(), on.to_owned()));
        actions.collect::<Vec<_>>()
    };
    statements.flat_map(split).collect()
}

#[test]
fn a_role_reads_the_secrets_of_its_stage_and_shared_ones_only_while_they_are_readable() {
    let own = TableNames { secrets: "badgesmith-staging-secrets".to_owned(), ..TableNames::default() }.secret_prefix();
    // The template's table of this name is its stack's, and stacks are called badgesmith-STAGE.
    let template = read("template.yaml");
    assert!(template.contains("TableName: !Sub ${AWS::StackName}-secrets\n"));
    let boundary = read("github-oidc.yaml");
    assert_eq!(boundary.matches(&format!(":secret:{}*\n", own.replace("staging", "${Stage}"))).count(), 1);
    assert!(boundary.contains(&format!("Value: !Sub {}\n", own.replace("staging", "${Stage}"))));
    for (name, text) in [("template.yaml", template), ("github-oidc.yaml", boundary)] {
        let statements: Vec<_> = text.split("- Sid: ").filter(|statement| statement.contains(":secret:")).collect();
        assert_eq!(statements.len(), 2, "{name}");
        let (own, shared) = (statements[0], statements[1]);
        assert!(!own.contains(SHARED), "{name}: {own}");
        // After the first statement comes the condition of the second, whose `else` is no statement. `split` removed
        // the list marker of the second.
        let words: Vec<_> = own.split_whitespace().collect();
        assert!(words.ends_with(&["-", "!If", "-", "HasSharedSecrets"]), "{name}: {own}");
        assert!(shared.contains(SHARED) && shared.contains("- !Ref AWS::NoValue\n"), "{name}: {shared}");
        assert!(text.contains("HasSharedSecrets: !Equals [!Ref SharedSecrets, readable]\n"), "{name}");
    }
}

#[test]
fn the_templates_role_allows_every_call_of_the_code_and_no_other() {
    let granted = granted();
    let calls: BTreeSet<_> = ALLOWED_CALLS
        .iter()
        .flat_map(|call| call.on.iter().map(move |on| (call.action.to_owned(), format!("{on:?}"))))
        .collect();
    let is_own = |(action, _): &&(String, String)| !RUNTIME_ACTIONS.contains(&action.as_str());
    let allowed: BTreeSet<_> = granted
        .iter()
        .filter(is_own)
        .flat_map(|(action, on)| {
            let named = NAMES.iter().filter(|(name, _)| on.contains(name));
            let resources = named.map(|(_, resource)| format!("{resource:?}")).collect::<Vec<_>>();
            let count = on.matches(".Arn").count() + on.matches("arn:").count();
            assert_eq!(resources.len(), count, "{action} on {on}, which are not all resources of the deployment");
            resources.into_iter().map(|resource| (action.clone(), resource))
        })
        .collect();
    assert_eq!(allowed, calls);
    let rest: Vec<_> = granted.iter().filter(|granted| !is_own(granted)).map(|(action, _)| action.as_str()).collect();
    assert_eq!(BTreeSet::from_iter(rest), BTreeSet::from(RUNTIME_ACTIONS));
    for (action, on) in &granted {
        assert!(!action.contains('*') && (on != "\"*\"" || action.starts_with("xray:")), "{action} on {on}");
    }
}
