//! What five CI systems say about the job they run, so that it need not be typed.
//!
//! A pull request from within the repository counts for its own branch. One from a fork must not count for the branch it
//! is called, which is mostly `main`, so it counts for a branch named after its number. An event that runs on behalf of
//! another one (`workflow_run`, `pull_request_target`) says nothing that can be trusted about the branch.

/// What is known about a job. Everything can be said by arguments instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) owner: Option<String>,
    pub(super) repo: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) run_id: Option<String>,
    pub(super) run_attempt: Option<u32>,
    /// Where a person reads the results.
    pub(super) html_url: Option<String>,
    /// The run itself.
    pub(super) run_url: Option<String>,
}

/// Looks a variable up.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the variables say; nothing outside the five systems.
pub(super) fn read(variables: Variables<'_>) -> Facts {
    let get = &|name: &str| variables(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let is_set = |name| get(name).is_some();
    if is_set("GITHUB_ACTIONS") {
        github(get)
    } else if is_set("GITLAB_CI") {
        gitlab(get)
    } else if is_set("TF_BUILD") {
        azure(get)
    } else if is_set("CIRCLECI") {
        circle(get)
    } else if is_set("JENKINS_URL") || is_set("JENKINS_HOME") {
        jenkins(get)
    } else {
        Facts::default()
    }
}

fn github(get: Variables<'_>) -> Facts {
    let (owner, repo) = get("GITHUB_REPOSITORY").map_or((None, None), |path| owner_and_repo(&path));
    let is_for_another =
        get("GITHUB_EVENT_NAME").is_some_and(|event| event == "workflow_run" || event == "pull_request_target");
    let (branch, commit) = match is_for_another {
        true => (None, None),
        false => (get("GITHUB_HEAD_REF").or(get("GITHUB_REF_NAME")), get("GITHUB_SHA")),
    };
    let run_id = get("GITHUB_RUN_ID");
    let run_attempt = get("GITHUB_RUN_ATTEMPT").and_then(|attempt| attempt.parse().ok());
    let server = get("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".to_owned());
    let run_url = match (get("GITHUB_REPOSITORY"), &run_id) {
        (Some(path), Some(run)) => Some(format!("{}/{path}/actions/runs/{run}", server.trim_end_matches('/'))),
        _ => None,
    };
    let html_url = match (&run_url, run_attempt) {
        (Some(url), Some(attempt)) => Some(format!("{url}/attempts/{attempt}")),
        (url, _) => url.clone(),
    };
    Facts { owner, repo, branch, commit, run_id, run_attempt, html_url, run_url }
}

/// The job is the run: GitLab retries jobs within a pipeline and numbers each try anew.
fn gitlab(get: Variables<'_>) -> Facts {
    let path = get("CI_PROJECT_PATH");
    let (owner, repo) = path.as_deref().map_or((None, None), owner_and_repo);
    let source = get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH");
    let branch = match get("CI_MERGE_REQUEST_IID") {
        Some(number) if source.is_some() && source != path => Some(format!("merge-requests/{number}")),
        Some(_) => get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME").or(get("CI_COMMIT_REF_NAME")),
        None => get("CI_COMMIT_REF_NAME"),
    };
    Facts {
        owner,
        repo,
        branch,
        commit: get("CI_COMMIT_SHA"),
        run_id: get("CI_JOB_ID"),
        run_attempt: None,
        html_url: get("CI_PIPELINE_URL").map(|url| format!("{url}/test_report")),
        run_url: get("CI_JOB_URL"),
    }
}

/// `BUILD_SOURCEBRANCHNAME` is the last part of a branch only, so it is not used.
fn azure(get: Variables<'_>) -> Facts {
    let collection = get("SYSTEM_COLLECTIONURI");
    let name = get("BUILD_REPOSITORY_NAME").unwrap_or_default();
    let (owner, repo) = match owner_and_repo(&name) {
        (Some(owner), repo) => (Some(owner), repo),
        // A repository of Azure's own; its organisation stands in the address only.
        (None, _) => (collection.as_deref().and_then(organisation), Some(name).filter(|name| !name.is_empty())),
    };
    let number = get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER").or(get("SYSTEM_PULLREQUEST_PULLREQUESTID"));
    let is_fork = get("SYSTEM_PULLREQUEST_ISFORK").is_some_and(|fork| fork.eq_ignore_ascii_case("true"));
    let branch = match (is_fork, number) {
        (true, number) => number.map(|number| format!("pull/{number}")),
        (false, _) => get("SYSTEM_PULLREQUEST_SOURCEBRANCH").or(get("BUILD_SOURCEBRANCH")),
    };
    let run_id = get("BUILD_BUILDID");
    let attempts =
        ["SYSTEM_STAGEATTEMPT", "SYSTEM_JOBATTEMPT"].map(|name| get(name).and_then(|tries| tries.parse().ok()));
    let run_url = match (&collection, get("SYSTEM_TEAMPROJECT"), &run_id) {
        (Some(collection), Some(project), Some(run)) => {
            let project = super::escape(&project);
            Some(format!("{}/{project}/_build/results?buildId={run}", collection.trim_end_matches('/')))
        }
        _ => None,
    };
    Facts {
        owner,
        repo,
        branch: branch.map(|branch| without_ref(&branch)),
        commit: get("SYSTEM_PULLREQUEST_SOURCECOMMITID").or(get("BUILD_SOURCEVERSION")),
        run_id,
        run_attempt: attempts.into_iter().flatten().max(),
        html_url: run_url.as_ref().map(|url| format!("{url}&view=ms.vss-test-web.build-test-results-tab")),
        run_url,
    }
}

/// `https://dev.azure.com/acme/` and `https://acme.visualstudio.com/` are acme's.
fn organisation(collection: &str) -> Option<String> {
    let address = collection.split_once("://").map_or(collection, |(_, address)| address);
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let path = path.split('/').find(|part| !part.is_empty());
    path.or(host.strip_suffix(".visualstudio.com")).map(str::to_owned)
}

/// CircleCI calls the branch of a fork's pull request `pull/12` by itself.
fn circle(get: Variables<'_>) -> Facts {
    let (owner, repo) = get("CIRCLE_REPOSITORY_URL").map_or((None, None), |url| owner_and_repo(&url));
    let url = get("CIRCLE_BUILD_URL");
    let branch = match get("CIRCLE_PR_NUMBER") {
        Some(number) => Some(format!("pull/{number}")),
        None => get("CIRCLE_BRANCH").or(get("CIRCLE_TAG")),
    };
    Facts {
        owner: get("CIRCLE_PROJECT_USERNAME").or(owner),
        repo: get("CIRCLE_PROJECT_REPONAME").or(repo),
        branch,
        commit: get("CIRCLE_SHA1"),
        run_id: get("CIRCLE_BUILD_NUM"),
        run_attempt: None,
        html_url: url.as_ref().map(|url| format!("{url}/tests")),
        run_url: url,
    }
}

/// The tag of the build tells jobs apart that build one repository; their numbers do not.
fn jenkins(get: Variables<'_>) -> Facts {
    let (owner, repo) = get("GIT_URL").map_or((None, None), |url| owner_and_repo(&url));
    let own_change = get("CHANGE_BRANCH").filter(|_| get("CHANGE_FORK").is_none());
    let branch = own_change.or(get("BRANCH_NAME")).or(get("GIT_LOCAL_BRANCH")).or(get("GIT_BRANCH"));
    let url = get("BUILD_URL");
    Facts {
        owner,
        repo,
        branch: branch.map(|branch| {
            let branch = without_ref(&branch);
            branch.strip_prefix("origin/").map_or(branch.clone(), str::to_owned)
        }),
        commit: get("GIT_COMMIT"),
        run_id: get("BUILD_TAG").map(|tag| last_bytes(&tag, LONGEST_RUN_ID).to_owned()),
        run_attempt: None,
        html_url: url.clone(),
        run_url: url,
    }
}

/// The longest run_id the server takes, in bytes.
const LONGEST_RUN_ID: usize = 128;

fn last_bytes(text: &str, most: usize) -> &str {
    text.get(text.ceil_char_boundary(text.len().saturating_sub(most))..).unwrap_or_default()
}

fn without_ref(branch: &str) -> String {
    branch.strip_prefix("refs/heads/").or(branch.strip_prefix("refs/tags/")).unwrap_or(branch).to_owned()
}

/// The two out of `acme/shop`, `https://host/acme/shop.git` and `git@host:acme/shop.git`. Deeper groups, as GitLab has
/// them, become part of the repository's name: `acme/web/shop` is acme's `web.shop`.
fn owner_and_repo(text: &str) -> (Option<String>, Option<String>) {
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => text.split_once(':').map_or(text, |(_, path)| path),
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    match path.split_once('/') {
        Some((owner, repo)) if !owner.is_empty() && !repo.is_empty() => {
            (Some(owner.to_owned()), Some(repo.replace('/', ".")))
        }
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests;
