//! The GitHub provider: badges of repositories and their owners, and the newest version of a package on GitHub
//! Packages.

mod about;
mod address;
mod api;
mod branch;
mod builds;
mod code_search;
mod collections;
mod commits;
mod contents;
mod dates;
mod discussions;
mod failures;
mod field;
mod graphql;
mod hooks;
mod issue_detail;
mod issues;
mod jobs;
mod languages;
mod limit;
mod link;
mod listing;
mod manifests;
mod package;
mod package_version;
mod progress;
mod query;
mod releases;
mod repository;
mod runs;
mod stop;
mod tags;
mod users;
mod wildcard;
mod words;
mod workflow;

#[cfg(test)]
mod hook_tests;
#[cfg(test)]
mod privacy_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod words_tests;

use badgesmith_provider::{Badge, Call, Delivered, Failure, Provider, Step};

use crate::stop::Stop;

badgesmith_provider::export!(Github, include_str!("../manifest.json"));

/// The function for each badge of the manifest.
const BADGES: [(&str, MakeBadge); 43] = [
    ("version", package_version::version),
    ("count", about::count),
    ("user-stars", users::stars),
    ("followers", users::followers),
    ("sponsors", users::sponsors),
    ("license", about::license),
    ("repo-size", about::size),
    ("created-at", about::created),
    ("release", releases::version),
    ("tag", tags::version),
    ("release-date", releases::date),
    ("downloads", releases::downloads),
    ("last-commit", commits::last),
    ("commits-since", commits::since),
    ("commits-difference", commits::difference),
    ("commit-status", commits::is_in_branch),
    ("commit-activity", commits::activity),
    ("contributors", commits::contributors),
    ("all-contributors", manifests::all_contributors),
    ("issues", issues::count),
    ("issues-search", issues::search),
    ("issue-detail", issue_detail::property),
    ("milestones", issues::milestones),
    ("milestone", issues::milestone),
    ("label", issues::label),
    ("discussions", discussions::count),
    ("language-count", languages::count),
    ("top-language", languages::top),
    ("code-size", languages::code_size),
    ("file-size", contents::size),
    ("file-count", contents::count),
    ("file-version", manifests::version),
    ("file-member", manifests::member),
    ("dependency-version", manifests::dependency),
    ("go-version", manifests::go_version),
    ("r-version", manifests::r_version),
    ("code-search", code_search::count),
    ("workflow", workflow::badge),
    ("former-workflow", workflow::former),
    ("status", builds::status),
    ("check-runs", builds::check_runs),
    ("pull-request-status", builds::pull_request),
    ("deployments", builds::deployment),
];

/// A function that makes a badge, or returns the step to take first.
type MakeBadge = fn(&Call<'_>) -> Result<Badge, Stop>;

struct Github;

impl Provider for Github {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let make = BADGES.iter().find(|(name, _)| *name == call.name).map(|(_, make)| make);
        Ok(make.ok_or_else(|| Failure::not_found("NOT_FOUND", "badge not found"))?(call)?)
    }

    fn redirect(&self, call: &Call) -> Result<String, Step> {
        Ok(workflow::page(call)?)
    }

    fn deliver(&self, call: &Call, payload: &[u8]) -> Result<Delivered, Step> {
        Ok(hooks::deliver(call, payload)?)
    }
}
