//! Reads what GitHub says about the pull request for which a job runs.

use std::{fs::File, io::Read};

use serde::Deserialize;

/// How much of the file with the event is read, in bytes. GitHub's own are smaller by far.
const LARGEST_EVENT: u64 = 8 * 1024 * 1024;
/// The account whose pull requests get no secrets, although they come from the repository itself.
const DEPENDABOT: &str = "dependabot[bot]";

/// Looks up an environment variable.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The branch that an ID token of a pull request proves: `pull/12`. A token proves only the number of the pull request
/// and not the branch, because a branch of a fork can have any name.
pub(super) fn branch(variables: Variables<'_>) -> Option<String> {
    variables("GITHUB_ACTIONS").filter(|value| !value.is_empty())?;
    variables("GITHUB_EVENT_NAME").filter(|event| event == "pull_request")?;
    let number = variables("GITHUB_REF")?.strip_prefix("refs/pull/")?.strip_suffix("/merge")?.to_owned();
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("pull/{number}"))
}

/// Whether GitHub gives the job neither secrets nor tokens whatever the workflow says: it runs for a fork's pull
/// request, or for one of Dependabot.
pub(super) fn is_untrusted(variables: Variables<'_>) -> bool {
    if variables("GITHUB_EVENT_NAME").is_none_or(|event| event != "pull_request") {
        return false;
    }
    let repository = variables("GITHUB_REPOSITORY").unwrap_or_default();
    let head = variables("GITHUB_EVENT_PATH").and_then(|path| head(&path));
    let is_fork = head.is_some_and(|head| !head.eq_ignore_ascii_case(&repository));
    is_fork || variables("GITHUB_ACTOR").is_some_and(|actor| actor == DEPENDABOT)
}

/// The repository that the pull request comes from; empty if it was deleted, `None` if the file does not say.
fn head(path: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Event {
        pull_request: PullRequest,
    }
    #[derive(Deserialize)]
    struct PullRequest {
        head: Head,
    }
    #[derive(Deserialize)]
    struct Head {
        repo: Option<Repository>,
    }
    #[derive(Deserialize)]
    struct Repository {
        full_name: String,
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST_EVENT).read_to_end(&mut bytes).ok()?;
    let event: Event = serde_json::from_slice(&bytes).ok()?;
    Some(event.pull_request.head.repo.map_or(String::new(), |repository| repository.full_name))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn in_job(variables: &[(&str, &str)], event: &str, repository: &str) -> (Option<String>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("event.json");
        fs::write(&file, event).unwrap();
        let found = |name: &str| match name {
            "GITHUB_ACTIONS" => Some("true".to_owned()),
            "GITHUB_REPOSITORY" => Some(repository.to_owned()),
            "GITHUB_EVENT_PATH" => Path::to_str(&file).map(str::to_owned),
            _ => variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
        };
        (branch(&found), is_untrusted(&found))
    }

    #[test]
    fn a_pull_request_has_its_number_and_a_fork_or_dependabot_no_secret() {
        let from =
            |name: &str| format!(r#"{{"number":12,"pull_request":{{"head":{{"repo":{{"full_name":"{name}"}}}}}}}}"#);
        let pull = [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_REF", "refs/pull/12/merge")];
        let of = |branch: &str, is_untrusted| (Some(branch.to_owned()), is_untrusted);
        assert_eq!(in_job(&pull, &from("acme/shop"), "Acme/shop"), of("pull/12", false));
        assert_eq!(in_job(&pull, &from("mallory/shop"), "acme/shop"), of("pull/12", true));
        let deleted = r#"{"pull_request":{"head":{"repo":null}}}"#;
        assert_eq!(in_job(&pull, deleted, "acme/shop"), of("pull/12", true));
        assert_eq!(in_job(&pull, "no JSON", "acme/shop"), of("pull/12", false));
        let dependabot = [&pull[..], &[("GITHUB_ACTOR", "dependabot[bot]")]].concat();
        assert_eq!(in_job(&dependabot, &from("acme/shop"), "acme/shop"), of("pull/12", true));
        let push = [("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF", "refs/heads/main")];
        assert_eq!(in_job(&push, &from("mallory/shop"), "acme/shop"), (None, false));
        let target = [("GITHUB_EVENT_NAME", "pull_request_target"), ("GITHUB_REF", "refs/heads/main")];
        assert_eq!(in_job(&target, &from("mallory/shop"), "acme/shop"), (None, false));
        let odd = [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_REF", "refs/pull/1%2/merge")];
        assert_eq!(in_job(&odd, &from("acme/shop"), "acme/shop"), (None, false));
    }
}
