//! What the template lets the function do, beside what the function does.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;

use badgesmith_aws::{
    Tables,
    policy::{CALLS, Resource},
};

/// How the role names what the function asks; whatever it does not name here is no resource of ours.
const NAMES: [(&str, Resource); 6] = [
    ("Results.Arn", Resource::Results),
    ("Nonces.Arn", Resource::Nonces),
    ("Secrets.Arn", Resource::Secrets),
    ("Answers.Arn", Resource::Answers),
    (":secret:${Secrets}/*", Resource::Values),
    (SHARED, Resource::Values),
];

/// The secrets that all stages of an account once shared.
const SHARED: &str = ":secret:badgesmith/*";

/// What every function of Lambda does beside its own calls.
const SURROUNDINGS: [&str; 4] =
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
fn a_stages_secrets_are_read_by_its_own_role_and_those_all_shared_only_until_they_are_closed() {
    let own = Tables { secrets: "badgesmith-staging-secrets".to_owned(), ..Tables::default() }.secret_prefix();
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
        // What follows the first is the condition under which the second counts, and its end is nothing at all.
        // `split` took the sign of the second statement away.
        let words: Vec<_> = own.split_whitespace().collect();
        assert!(words.ends_with(&["-", "!If", "-", "HasSharedSecrets"]), "{name}: {own}");
        assert!(shared.contains(SHARED) && shared.contains("- !Ref AWS::NoValue\n"), "{name}: {shared}");
        assert!(text.contains("HasSharedSecrets: !Equals [!Ref SharedSecrets, readable]\n"), "{name}");
    }
}

#[test]
fn the_templates_role_allows_every_call_of_the_code_and_no_other() {
    let granted = granted();
    let calls: BTreeSet<_> = CALLS
        .iter()
        .flat_map(|call| call.on.iter().map(move |on| (call.action.to_owned(), format!("{on:?}"))))
        .collect();
    let is_ours = |(action, _): &&(String, String)| !SURROUNDINGS.contains(&action.as_str());
    let allowed: BTreeSet<_> = granted
        .iter()
        .filter(is_ours)
        .flat_map(|(action, on)| {
            let named = NAMES.iter().filter(|(name, _)| on.contains(name));
            let resources = named.map(|(_, resource)| format!("{resource:?}")).collect::<Vec<_>>();
            let count = on.matches(".Arn").count() + on.matches("arn:").count();
            assert_eq!(resources.len(), count, "{action} on {on}, of which not all is ours");
            resources.into_iter().map(|resource| (action.clone(), resource))
        })
        .collect();
    assert_eq!(allowed, calls);
    let rest: Vec<_> = granted.iter().filter(|granted| !is_ours(granted)).map(|(action, _)| action.as_str()).collect();
    assert_eq!(BTreeSet::from_iter(rest), BTreeSet::from(SURROUNDINGS));
    for (action, on) in &granted {
        assert!(!action.contains('*') && (on != "\"*\"" || action.starts_with("xray:")), "{action} on {on}");
    }
}
