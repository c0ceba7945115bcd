//! The stack's CloudFront: the token of a report reaches the function, and is in no cache key.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, path::Path};

use serde_json::Value;

/// AWS's managed policies CachingDisabled and AllViewerExceptHostHeader.
const UNCACHED: &str = "CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_HEADERS: &str = "OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac";

fn template() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml")).unwrap()
}

/// The text of a resource.
fn resource<'a>(template: &'a str, name: &str) -> &'a str {
    let (_, rest) = template.split_once(&format!("\n  {name}:\n")).unwrap();
    rest.split_once("\n\n").map_or(rest, |(resource, _)| resource)
}

/// What the routes of all reports begin with, such as `/tests/results/`.
fn beginnings() -> Vec<String> {
    let providers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../providers");
    let manifests = fs::read_dir(providers).unwrap().filter_map(|entry| {
        let manifest = fs::read(entry.unwrap().path().join("manifest.json")).ok()?;
        serde_json::from_slice::<Value>(&manifest).ok()
    });
    let routes = manifests.flat_map(|manifest| manifest["reports"].as_array().cloned().unwrap_or_default());
    let begin = |report: Value| report["route"].as_str().unwrap().split('{').next().unwrap().to_owned();
    routes.map(begin).collect()
}

#[test]
fn every_header_of_a_report_reaches_the_function_and_its_answer_is_not_cached() {
    let template = template();
    let distribution = resource(&template, "Distribution");
    let behaviors: Vec<_> = distribution.split("- PathPattern: ").skip(1).collect();
    let beginnings = beginnings();
    assert!(beginnings.len() >= 2, "{beginnings:?}");
    for beginning in beginnings {
        let pattern = format!("{beginning}*\n");
        let behavior = behaviors.iter().find(|behavior| behavior.starts_with(&pattern));
        let behavior = behavior.unwrap_or_else(|| panic!("template.yaml has no behavior for {pattern}"));
        for words in [UNCACHED, ALL_HEADERS, "POST", "ViewerProtocolPolicy: https-only"] {
            assert!(behavior.contains(words), "{pattern}: {words}");
        }
    }
}

#[test]
fn no_header_is_in_the_key_of_a_cached_badge_and_no_badge_is_asked_for_with_a_token() {
    let template = template();
    assert_eq!(template.matches("Type: AWS::CloudFront::CachePolicy").count(), 1);
    assert!(resource(&template, "CachePolicy").contains("HeadersConfig: {HeaderBehavior: none}\n"));
    let forwarded = resource(&template, "OriginRequestPolicy");
    assert!(forwarded.contains("HeaderBehavior: whitelist\n") && !forwarded.contains("- Authorization"), "{forwarded}");
}
