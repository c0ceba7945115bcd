//! The events whose deliveries are read.

/// The events of GitHub's documentation whose payloads have a repository, in alphabetical order.
const OF_REPOSITORIES: [&str; 56] = [
    "branch_protection_configuration",
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "code_scanning_alert",
    "commit_comment",
    "create",
    "custom_property_values",
    "delete",
    "dependabot_alert",
    "deploy_key",
    "deployment",
    "deployment_protection_rule",
    "deployment_review",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "gollum",
    "issue_comment",
    "issue_dependencies",
    "issues",
    "label",
    "member",
    "merge_group",
    "meta",
    "milestone",
    "package",
    "page_build",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "registry_package",
    "release",
    "repository",
    "repository_advisory",
    "repository_dispatch",
    "repository_import",
    "repository_ruleset",
    "repository_vulnerability_alert",
    "secret_scanning_alert",
    "secret_scanning_alert_location",
    "secret_scanning_scan",
    "security_and_analysis",
    "star",
    "status",
    "sub_issues",
    "team",
    "team_add",
    "watch",
    "workflow_dispatch",
    "workflow_job",
    "workflow_run",
];

/// Whether the event is known to contain data of a repository, at least its counters.
pub(crate) fn is_known(event: &str) -> bool {
    OF_REPOSITORIES.binary_search(&event).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_in_the_list_by_their_names() {
        assert!(OF_REPOSITORIES.is_sorted());
        assert!(OF_REPOSITORIES.into_iter().all(is_known));
        assert!(!["", "ping", "installation", "workflow", "Push"].into_iter().any(is_known));
    }
}
