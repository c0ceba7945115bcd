//! The facts of a job by its environment variables, one row for each situation.

use super::*;

/// Name, variables, and the facts on a line: owner/repo branch commit run attempt html run-url; a dash for none.
type Job = (&'static str, &'static [(&'static str, &'static str)], &'static str);

#[rustfmt::skip]
const JOBS: [Job; 16] = [
    ("no CI system", &[("BRANCH_NAME", "main"), ("CI", "true")], "-/- - - - - - -"),
    ("GitHub, a push",
     &[("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "acme/shop"), ("GITHUB_REF_NAME", "feature/x"), ("GITHUB_HEAD_REF", ""),
       ("GITHUB_SHA", "c0ffee"), ("GITHUB_RUN_ID", "7"), ("GITHUB_RUN_ATTEMPT", "2"), ("GITHUB_SERVER_URL", "https://github.com"), ("GITHUB_EVENT_NAME", "push")],
     "acme/shop feature/x c0ffee 7 2 https://github.com/acme/shop/actions/runs/7/attempts/2 https://github.com/acme/shop/actions/runs/7"),
    ("GitHub Enterprise, a pull request",
     &[("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "acme/shop"), ("GITHUB_REF_NAME", "12/merge"), ("GITHUB_HEAD_REF", "mend"),
       ("GITHUB_SHA", "c0ffee"), ("GITHUB_RUN_ID", "7"), ("GITHUB_SERVER_URL", "https://git.acme.example/"), ("GITHUB_EVENT_NAME", "pull_request")],
     "acme/shop mend c0ffee 7 - https://git.acme.example/acme/shop/actions/runs/7 https://git.acme.example/acme/shop/actions/runs/7"),
    ("GitHub, after another workflow",
     &[("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "acme/shop"), ("GITHUB_REF_NAME", "main"), ("GITHUB_SHA", "c0ffee"), ("GITHUB_EVENT_NAME", "workflow_run")],
     "acme/shop - - - - - -"),
    ("GitHub, for a pull request from a fork",
     &[("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "acme/shop"), ("GITHUB_REF_NAME", "main"), ("GITHUB_HEAD_REF", "main"), ("GITHUB_EVENT_NAME", "pull_request_target")],
     "acme/shop - - - - - -"),
    ("GitLab, a push to a project in groups",
     &[("GITLAB_CI", "true"), ("CI_PROJECT_PATH", "acme/web/shop"), ("CI_COMMIT_REF_NAME", "main"), ("CI_COMMIT_SHA", "c0ffee"), ("CI_JOB_ID", "70"),
       ("CI_PIPELINE_URL", "https://gitlab.com/acme/web/shop/-/pipelines/7"), ("CI_JOB_URL", "https://gitlab.com/acme/web/shop/-/jobs/70")],
     "acme/web.shop main c0ffee 70 - https://gitlab.com/acme/web/shop/-/pipelines/7/test_report https://gitlab.com/acme/web/shop/-/jobs/70"),
    ("GitLab, a merge request",
     &[("GITLAB_CI", "true"), ("CI_PROJECT_PATH", "acme/shop"), ("CI_COMMIT_REF_NAME", "mend"), ("CI_MERGE_REQUEST_IID", "12"),
       ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "acme/shop"), ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "mend")],
     "acme/shop mend - - - - -"),
    ("GitLab, a merge request from a fork",
     &[("GITLAB_CI", "true"), ("CI_PROJECT_PATH", "acme/shop"), ("CI_COMMIT_REF_NAME", "main"), ("CI_MERGE_REQUEST_IID", "12"),
       ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "mallory/shop"), ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "main")],
     "acme/shop merge-requests/12 - - - - -"),
    ("Azure, a push to its own repository",
     &[("TF_BUILD", "True"), ("BUILD_REPOSITORY_NAME", "shop"), ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"), ("SYSTEM_TEAMPROJECT", "Web Team"),
       ("BUILD_SOURCEBRANCH", "refs/heads/feature/x"), ("BUILD_SOURCEBRANCHNAME", "x"), ("BUILD_SOURCEVERSION", "c0ffee"), ("BUILD_BUILDID", "7"),
       ("SYSTEM_JOBATTEMPT", "1"), ("SYSTEM_STAGEATTEMPT", "3")],
     "acme/shop feature/x c0ffee 7 3 https://dev.azure.com/acme/Web%20Team/_build/results?buildId=7&view=ms.vss-test-web.build-test-results-tab https://dev.azure.com/acme/Web%20Team/_build/results?buildId=7"),
    ("Azure, a pull request on GitHub",
     &[("TF_BUILD", "True"), ("BUILD_REPOSITORY_NAME", "acme/shop"), ("SYSTEM_COLLECTIONURI", "https://acme-build.visualstudio.com/"),
       ("BUILD_SOURCEBRANCH", "refs/pull/12/merge"), ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "mend"), ("SYSTEM_PULLREQUEST_ISFORK", "False"),
       ("BUILD_SOURCEVERSION", "merged"), ("SYSTEM_PULLREQUEST_SOURCECOMMITID", "c0ffee")],
     "acme/shop mend c0ffee - - - -"),
    ("Azure, a pull request from a fork, an old address",
     &[("TF_BUILD", "True"), ("BUILD_REPOSITORY_NAME", "shop"), ("SYSTEM_COLLECTIONURI", "https://acme.visualstudio.com/"),
       ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "main"), ("SYSTEM_PULLREQUEST_ISFORK", "True"), ("SYSTEM_PULLREQUEST_PULLREQUESTID", "900"), ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "12")],
     "acme/shop pull/12 - - - - -"),
    ("CircleCI, a push",
     &[("CIRCLECI", "true"), ("CIRCLE_PROJECT_USERNAME", "acme"), ("CIRCLE_PROJECT_REPONAME", "shop"), ("CIRCLE_BRANCH", "feature/x"),
       ("CIRCLE_SHA1", "c0ffee"), ("CIRCLE_BUILD_NUM", "7"), ("CIRCLE_BUILD_URL", "https://circleci.com/gh/acme/shop/7")],
     "acme/shop feature/x c0ffee 7 - https://circleci.com/gh/acme/shop/7/tests https://circleci.com/gh/acme/shop/7"),
    ("CircleCI, a fork, and a tag elsewhere",
     &[("CIRCLECI", "true"), ("CIRCLE_REPOSITORY_URL", "git@github.com:acme/shop.git"), ("CIRCLE_BRANCH", "pull/12"), ("CIRCLE_PR_NUMBER", "12")],
     "acme/shop pull/12 - - - - -"),
    ("Jenkins, a multibranch job",
     &[("JENKINS_URL", "https://ci.acme.example/"), ("GIT_URL", "https://github.com/acme/shop.git"), ("BRANCH_NAME", "feature/x"), ("GIT_COMMIT", "c0ffee"),
       ("BUILD_TAG", "jenkins-shop-feature%2Fx-7"), ("BUILD_URL", "https://ci.acme.example/job/shop/7/")],
     "acme/shop feature/x c0ffee jenkins-shop-feature%2Fx-7 - https://ci.acme.example/job/shop/7/ https://ci.acme.example/job/shop/7/"),
    ("Jenkins, a simple job",
     &[("JENKINS_HOME", "/var/jenkins"), ("GIT_URL", "ssh://git@host:7999/acme/shop.git"), ("GIT_BRANCH", "origin/main")],
     "acme/shop main - - - - -"),
    ("Jenkins, a pull request from a fork",
     &[("JENKINS_URL", "x"), ("GIT_URL", "https://github.com/acme/shop"), ("BRANCH_NAME", "PR-12"), ("CHANGE_BRANCH", "main"), ("CHANGE_FORK", "mallory")],
     "acme/shop PR-12 - - - - -"),
];

#[test]
fn every_system_tells_which_build_a_job_belongs_to() {
    for (name, variables, line) in JOBS {
        let facts = read(&|wanted| {
            variables.iter().find(|(variable, _)| *variable == wanted).map(|(_, value)| (*value).to_owned())
        });
        let or_dash = |fact: Option<String>| fact.unwrap_or_else(|| "-".to_owned());
        let found = [
            format!("{}/{}", or_dash(facts.owner), or_dash(facts.repo)),
            or_dash(facts.branch),
            or_dash(facts.commit),
            or_dash(facts.run_id),
            or_dash(facts.run_attempt.map(|attempt| attempt.to_string())),
            or_dash(facts.html_url),
            or_dash(facts.run_url),
        ];
        assert_eq!(found.join(" "), line, "{name}");
    }
}

#[test]
fn a_pull_request_from_the_same_repository_counts_for_its_branch_on_jenkins() {
    let facts = read(&|name| match name {
        "JENKINS_URL" => Some("x".to_owned()),
        "BRANCH_NAME" => Some("PR-12".to_owned()),
        "CHANGE_BRANCH" => Some("mend".to_owned()),
        _ => None,
    });
    assert_eq!(facts.branch.as_deref(), Some("mend"));
}

#[test]
fn a_run_id_that_is_too_long_keeps_its_end() {
    let tag = format!("jenkins-{}é-77", "x".repeat(300));
    let facts = read(&|name| match name {
        "JENKINS_URL" => Some("x".to_owned()),
        "BUILD_TAG" => Some(tag.clone()),
        _ => None,
    });
    let run_id = facts.run_id.unwrap();
    assert!(run_id.len() <= 128 && run_id.ends_with("é-77"), "{run_id}");
}
