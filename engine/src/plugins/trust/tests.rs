use std::path::Path;

use super::*;
use crate::plugins::Config;

const GITHUB_ENTRY: &str = r#"issuer = "https://token.actions.githubusercontent.com", audience = "https://b.example""#;

fn read(engine: &str) -> Result<Vec<TrustedIssuer>, String> {
    let text = format!("[engine]\n{engine}\n");
    let config = Config::parse(&text, Path::new("conf/plugins.toml")).map_err(|fault| fault.to_string())?;
    // The packed form for a Lambda function has the same entries.
    let again =
        Config::parse(&config.to_toml().unwrap(), Path::new("packed.toml")).map_err(|fault| fault.to_string())?;
    assert_eq!(again.engine.trust, config.engine.trust);
    Ok(config.engine.trust)
}

fn refused(engine: &str) -> String {
    let said = read(engine).unwrap_err();
    assert!(said.starts_with("conf/plugins.toml: "), "{said}");
    said
}

#[test]
fn nobody_is_trusted_unless_plugins_toml_says_so() {
    assert_eq!(read(""), Ok(Vec::new()));
    assert_eq!(read("trust = []"), Ok(Vec::new()));
}

#[test]
fn an_entry_is_read_as_it_is_written_and_the_kind_of_known_issuers_is_known() {
    let all = r#"trust = [
        { issuer = "https://token.actions.githubusercontent.com", audience = "https://b.example", owners = ["Acme"],
          environments = ["production"], workflows = ["ci.yml"], protected = true },
        { issuer = "https://gitlab.com", audience = "https://b.example", owners = ["other", "b.c-d_e"] },
        { issuer = "https://gitlab.example.com:8443/sub", kind = "gitlab", audience = "badges", owners = ["third"] },
    ]"#;
    let [github, gitlab, own] = read(all).unwrap().try_into().unwrap();
    assert_eq!(github.issuer.as_str(), "https://token.actions.githubusercontent.com/");
    assert_eq!((github.kind, &*github.audience), (IssuerKind::GitHub, "https://b.example"));
    assert_eq!((github.owners, github.environments), (vec!["acme".to_owned()], vec!["production".to_owned()]));
    assert_eq!((github.workflows, github.is_protected), (vec!["ci.yml".to_owned()], true));
    assert_eq!((gitlab.kind, gitlab.owners), (IssuerKind::GitLab, vec!["other".to_owned(), "b.c-d_e".to_owned()]));
    assert_eq!((own.kind, gitlab.is_protected), (IssuerKind::GitLab, false));
    for issuer in [
        "https://token.actions.githubusercontent.com/acme",
        "https://github.example.com/_services/token",
        "https://token.actions.acme.ghe.com",
    ] {
        let one = format!(r#"trust = [{{ issuer = "{issuer}", audience = "https://b.example", owners = ["*"] }}]"#);
        let trusted = read(&one).unwrap();
        assert_eq!((trusted[0].kind, &*trusted[0].owners), (IssuerKind::GitHub, &["*".to_owned()][..]), "{issuer}");
    }
}

#[test]
fn each_mistake_is_refused_with_its_key_and_what_to_write() {
    for (entry, key, words) in [
        (r#"audience = "b", owners = ["a"]"#, "issuer", "write issuer = \"https://token.actions"),
        (r#"issuer = "gitlab.com", audience = "b", owners = ["a"]"#, "issuer", "is no issuer; write its address"),
        (r#"issuer = "https://u@gitlab.com", audience = "b", owners = ["a"]"#, "issuer", "is no issuer"),
        (r#"issuer = "https://gitlab.com?x", audience = "b", owners = ["a"]"#, "issuer", "is no issuer"),
        (r#"issuer = "https://gitlab.com/x/", audience = "b", owners = ["a"]"#, "issuer", "is no issuer"),
        (r#"issuer = "file:///etc", audience = "b", owners = ["a"]"#, "issuer", "is no issuer"),
        (r#"issuer = "https://ci.example", audience = "b", owners = ["a"]"#, "kind", "write kind = \"github\" or"),
        (r#"issuer = "https://ci.example", kind = "x", audience = "b", owners = ["a"]"#, "kind", "\"x\" is no kind"),
        (r#"issuer = "https://gitlab.com", kind = "github", audience = "b", owners = ["a"]"#, "kind", "take kind away"),
        (r#"issuer = "https://gitlab.com", owners = ["a"]"#, "audience", "write the address of this server"),
        (r#"issuer = "https://gitlab.com", audience = "", owners = ["a"]"#, "audience", "write the address of this"),
        (r#"issuer = "https://gitlab.com", audience = "a b", owners = ["a"]"#, "audience", "is no audience"),
        (r#"issuer = "https://gitlab.com", audience = "https://gitlab.com", owners = ["a"]"#, "audience", "other serv"),
        (r#"issuer = "https://gitlab.com", audience = "b""#, "owners", "owners = [\"*\"] for every owner"),
        (r#"issuer = "https://gitlab.com", audience = "b", owners = []"#, "owners", "write owners = [\"acme\"]"),
        (r#"issuer = "https://gitlab.com", audience = "b", owners = ["a/b"]"#, "owners", "\"a/b\" is no owner"),
        (r#"issuer = "https://gitlab.com", audience = "b", owners = [""]"#, "owners", "\"\" is no owner"),
        (r#"issuer = "https://gitlab.com", audience = "b", owners = ["a", "A"]"#, "owners", "\"a\" is in trust[0]"),
        (r#"issuer = "https://gitlab.com", audience = "b", owners = ["*", "a"]"#, "owners", "\"a\" is in trust[0]"),
        (
            r#"issuer = "https://gitlab.com", audience = "b", owners = ["a"], workflows = [" "]"#,
            "workflows",
            "is empty",
        ),
        (
            r#"issuer = "https://gitlab.com", audience = "b", owners = ["a"], workflows = ["a/b//c.yml@refs/heads/x"]"#,
            "workflows",
            "write it up to the last @",
        ),
        (r#"issuer = "http://gitlab.com", audience = "b", owners = ["a"]"#, "issuer", "allow-http = true for a test"),
    ] {
        let said = refused(&format!("trust = [{{ {entry} }}]"));
        assert!(said.contains(&format!("trust[0].{key}: ")) && said.contains(words), "{entry}: {said}");
    }
    let said = refused(r#"trust = [{ issuer = "https://gitlab.com", owner = ["a"] }]"#);
    assert!(said.contains("unknown field `owner`"), "{said}");
}

#[test]
fn the_audience_that_every_token_of_a_platform_may_have_is_refused() {
    for (issuer, audience) in [
        ("https://token.actions.githubusercontent.com", "https://github.com/acme"),
        ("https://token.actions.githubusercontent.com/acme", "https://GitHub.com/acme"),
        ("https://github.example.com/_services/token", "https://github.example.com/acme"),
        ("https://token.actions.acme.ghe.com", "https://acme.ghe.com/acme"),
        ("https://gitlab.com", "https://gitlab.com/"),
    ] {
        let entry = format!(r#"trust = [{{ issuer = "{issuer}", audience = "{audience}", owners = ["acme"] }}]"#);
        assert!(refused(&entry).contains("trust[0].audience: "), "{audience}");
    }
}

#[test]
fn an_owner_under_two_issuers_is_refused_by_name_or_under_the_asterisk() {
    for (first, second) in [("acme", "Acme"), ("*", "acme"), ("acme", "*"), ("*", "*")] {
        let said = refused(&format!(
            r#"trust = [{{ {GITHUB_ENTRY}, owners = ["{first}"] }},
                {{ issuer = "https://gitlab.com", audience = "b", owners = ["{second}"] }}]"#
        ));
        assert!(said.contains("trust[1].owners: ") && said.contains("is in trust[0]"), "{said}");
    }
}

#[test]
fn plain_http_is_for_tests_alone() {
    let entry = r#"{ issuer = "http://127.0.0.1:9000", kind = "github", audience = "b", owners = ["a"] }"#;
    assert!(read(&format!("allow-http = true\ntrust = [{entry}]")).is_ok());
    assert!(refused(&format!("trust = [{entry}]")).contains("is plain http"));
}
