//! Reads the environment variables in which five CI systems describe a job, so that no arguments are needed.
//!
//! A pull request from the same repository counts for its own branch. One from a fork must not count for the branch of
//! the same name here, which is mostly `main`, so it counts for a branch that is named after its number. In events that
//! run for the code of another event (`workflow_run`, `pull_request_target`) the variables do not contain the tested
//! branch.

use crate::report::path::encode_segment;

/// The longest run id that the server accepts, in bytes.
const LONGEST_RUN_ID: usize = 128;

/// The facts of a build. Every fact may come from an argument instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BuildFacts {
    pub(super) owner: Option<String>,
    pub(super) repo: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) run_id: Option<String>,
    pub(super) run_attempt: Option<u32>,
    /// The page with the results.
    pub(super) html_url: Option<String>,
    /// The page of the run.
    pub(super) run_url: Option<String>,
}

/// Looks up an environment variable.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The facts in the variables of the five systems; none outside of them.
pub(super) fn read(variables: Variables<'_>) -> BuildFacts {
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
        BuildFacts::default()
    }
}

/// The directories of the checkout that the systems name. Paths in coverage reports may begin with them.
pub(super) fn checkouts(variables: Variables<'_>) -> Vec<String> {
    let names =
        ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY", "WORKSPACE", "CIRCLE_WORKING_DIRECTORY"];
    names.iter().filter_map(|name| variables(name)).collect()
}

fn github(get: Variables<'_>) -> BuildFacts {
    let (owner, repo) = get("GITHUB_REPOSITORY").map_or((None, None), |path| owner_and_repo(&path));
    let runs_for_another_event =
        get("GITHUB_EVENT_NAME").is_some_and(|event| event == "workflow_run" || event == "pull_request_target");
    let (branch, commit) = match runs_for_another_event {
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
    BuildFacts { owner, repo, branch, commit, run_id, run_attempt, html_url, run_url }
}

/// The job id is the run id, because GitLab retries single jobs of a pipeline and gives each try a new id.
fn gitlab(get: Variables<'_>) -> BuildFacts {
    let path = get("CI_PROJECT_PATH");
    let (owner, repo) = path.as_deref().map_or((None, None), owner_and_repo);
    let source = get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH");
    let branch = match get("CI_MERGE_REQUEST_IID") {
        Some(number) if source.is_some() && source != path => Some(format!("merge-requests/{number}")),
        Some(_) => get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME").or(get("CI_COMMIT_REF_NAME")),
        None => get("CI_COMMIT_REF_NAME"),
    };
    BuildFacts {
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

/// `BUILD_SOURCEBRANCHNAME` is only the last part of a branch, so it is not used.
fn azure(get: Variables<'_>) -> BuildFacts {
    let collection = get("SYSTEM_COLLECTIONURI");
    let name = get("BUILD_REPOSITORY_NAME").unwrap_or_default();
    let (owner, repo) = match owner_and_repo(&name) {
        (Some(owner), repo) => (Some(owner), repo),
        // A repository in Azure; only the address of the collection contains its organisation.
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
            let project = encode_segment(&project);
            Some(format!("{}/{project}/_build/results?buildId={run}", collection.trim_end_matches('/')))
        }
        _ => None,
    };
    BuildFacts {
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

/// `acme` in `https://dev.azure.com/acme/` and `https://acme.visualstudio.com/`.
fn organisation(collection: &str) -> Option<String> {
    let address = collection.split_once("://").map_or(collection, |(_, address)| address);
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let path = path.split('/').find(|part| !part.is_empty());
    path.or(host.strip_suffix(".visualstudio.com")).map(str::to_owned)
}

/// CircleCI itself names the branch of a fork's pull request `pull/12`.
fn circle(get: Variables<'_>) -> BuildFacts {
    let (owner, repo) = get("CIRCLE_REPOSITORY_URL").map_or((None, None), |url| owner_and_repo(&url));
    let url = get("CIRCLE_BUILD_URL");
    let branch = match get("CIRCLE_PR_NUMBER") {
        Some(number) => Some(format!("pull/{number}")),
        None => get("CIRCLE_BRANCH").or(get("CIRCLE_TAG")),
    };
    BuildFacts {
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

/// The build tag is the run id, because builds of several jobs for one repository have the same numbers.
fn jenkins(get: Variables<'_>) -> BuildFacts {
    let (owner, repo) = get("GIT_URL").map_or((None, None), |url| owner_and_repo(&url));
    let own_change = get("CHANGE_BRANCH").filter(|_| get("CHANGE_FORK").is_none());
    let branch = own_change.or(get("BRANCH_NAME")).or(get("GIT_LOCAL_BRANCH")).or(get("GIT_BRANCH"));
    let url = get("BUILD_URL");
    BuildFacts {
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

fn last_bytes(text: &str, most: usize) -> &str {
    text.get(text.ceil_char_boundary(text.len().saturating_sub(most))..).unwrap_or_default()
}

fn without_ref(branch: &str) -> String {
    branch.strip_prefix("refs/heads/").or(branch.strip_prefix("refs/tags/")).unwrap_or(branch).to_owned()
}

/// The owner and the repository in `acme/shop`, `https://host/acme/shop.git` and `git@host:acme/shop.git`. Further
/// groups in a GitLab path become part of the repository's name: `acme/web/shop` is `web.shop` of `acme`.
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
