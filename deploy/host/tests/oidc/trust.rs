//! What plugins.toml decides: which issuer for which owner, and what it demands beyond the subject.

use badgesmith_engine::proof::{IssuerKind, TrustedIssuer};
use serde_json::{Value, json};

use super::issuer::{AUDIENCE, GITHUB, GITLAB, Server, github, gitlab, refusal, trusted, with};

#[tokio::test]
async fn an_owner_of_one_issuer_is_not_that_of_another() {
    // Acme of GitLab is not acme of GitHub, whether GitLab is trusted for others by name or for every owner.
    let of_gitlab = with(gitlab(), &json!({ "project_path": "acme/tools" }));
    for owners in [["widgets"], ["*"]] {
        let server = Server::trusting(vec![trusted(GITHUB, &["acme"]), trusted(GITLAB, &owners)]);
        let (claim, words) = refusal(server.verify(&server.signer.sign(&of_gitlab), "acme/tools/main").await);
        assert_eq!(claim, "iss", "{words}");
        assert!(server.verify(&server.signer.sign(&github()), "Acme/tools/main").await.is_ok());
        assert!(server.verify(&server.signer.sign(&gitlab()), "Widgets/gears/main").await.is_ok());
        let (claim, _) = refusal(server.verify(&server.signer.sign(&github()), "widgets/gears/main").await);
        assert_eq!(claim, "iss");
    }
}

#[tokio::test]
async fn an_issuer_may_be_trusted_for_several_owners_in_several_ways() {
    let strict = TrustedIssuer { audience: "strict".to_owned(), ..trusted(GITHUB, &["acme"]) };
    let server = Server::trusting(vec![trusted(GITHUB, &["*"]), strict]);
    let other = with(github(), &json!({ "repository": "other/tools", "repository_owner": "other" }));
    assert!(server.verify(&server.signer.sign(&other), "other/tools/main").await.is_ok());
    assert_eq!(refusal(server.verify(&server.signer.sign(&github()), "acme/tools/main").await).0, "aud");
    let strict = with(github(), &json!({ "aud": "strict" }));
    assert!(server.verify(&server.signer.sign(&strict), "acme/tools/main").await.is_ok());
    assert_eq!(server.web.asked(), 2, "the keys of one issuer are read once");
}

#[tokio::test]
async fn an_issuer_may_have_a_path_and_a_port() {
    for issuer in ["https://git.example.com:8443/_services/token", "https://git.example.com/gitlab"] {
        let server = Server::trusting(vec![TrustedIssuer { kind: IssuerKind::GitHub, ..trusted(issuer, &["acme"]) }]);
        server.web.publish(issuer, &[server.signer.public()]);
        let token = server.signer.sign(&with(github(), &json!({ "iss": issuer })));
        let proof = server.verify(&token, "acme/tools/main").await.unwrap();
        assert_eq!(proof.issuer, issuer);
        assert_eq!(refusal(server.verify(&server.signer.sign(&github()), "acme/tools/main").await).0, "iss");
    }
}

#[tokio::test]
async fn environments_workflows_and_protected_branches_can_be_demanded() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let environments = TrustedIssuer { environments: texts(&["staging", "production"]), ..trusted(GITHUB, &["acme"]) };
    let workflows = TrustedIssuer {
        workflows: texts(&["acme/tools/.github/workflows/ci.yml", "acme/shared/.github/workflows/test.yml"]),
        ..trusted(GITHUB, &["acme"])
    };
    let protected = TrustedIssuer { is_protected: true, ..trusted(GITHUB, &["acme"]) };
    let at = |claim: &str, workflow: &str| json!({ claim: workflow });
    let job = "job_workflow_ref";
    let rows: Vec<(&TrustedIssuer, Value, Option<&str>)> = vec![
        (&environments, json!({}), None),
        (&environments, json!({ "environment": null }), Some("environment")),
        (&environments, json!({ "environment": "Production" }), Some("environment")),
        (&workflows, json!({}), None),
        (&workflows, at(job, "acme/shared/.github/workflows/test.yml@2e1b1d9a1b1e4d7f8a7b6c5d4e3f2a1b0c9d8e7f"), None),
        (&workflows, at(job, "acme/tools/.github/workflows/evil.yml@refs/heads/main"), Some(job)),
        (&workflows, at(job, "acme/tools/.github/workflows/ci.yml@evil.yml@refs/heads/main"), Some(job)),
        (&workflows, at(job, "acme/tools/.github/workflows/ci.yml"), Some(job)),
        (&workflows, json!({ job: null }), None),
        (&workflows, json!({ job: null, "workflow_ref": null }), Some("workflow_ref")),
        (&protected, json!({}), None),
        (&protected, json!({ "ref_protected": "false" }), Some("ref_protected")),
        (&protected, json!({ "ref_protected": null }), Some("ref_protected")),
    ];
    for (trust, changes, refused) in rows {
        let server = Server::trusting(vec![trust.clone()]);
        let outcome = server.verify(&server.signer.sign(&with(github(), &changes)), "acme/tools/main").await;
        assert_eq!(outcome.err().map(|error| refusal(Err(error)).0), refused, "{changes}");
    }
    let workflow = "gitlab.com/widgets/gears//.gitlab-ci.yml";
    let strict = TrustedIssuer { workflows: texts(&[workflow]), is_protected: true, ..trusted(GITLAB, &["widgets"]) };
    let server = Server::trusting(vec![TrustedIssuer { environments: texts(&["staging"]), ..strict }]);
    assert!(server.verify(&server.signer.sign(&gitlab()), "widgets/gears/main").await.is_ok());
    for claim in ["ci_config_ref_uri", "environment", "ref_protected"] {
        let token = server.signer.sign(&with(gitlab(), &json!({ claim: "other@refs/heads/main" })));
        assert_eq!(refusal(server.verify(&token, "widgets/gears/main").await).0, claim);
    }
}

#[tokio::test]
async fn debug_output_names_issuers_and_no_token() {
    let server = Server::new();
    let token = server.signer.sign(&github());
    let error = server.verify(&token, "acme/tools/other").await.unwrap_err();
    for part in token.split('.').chain([AUDIENCE, "2e1b1d9a", "6f4762ed"]) {
        assert!(!format!("{error:?} {error}").contains(part), "{error:?}");
    }
}
