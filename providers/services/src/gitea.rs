//! Gitea and Forgejo: repositories on gitea.com, or on another host that the caller names.

use badgesmith_provider::{Answer, Auth, Badge, Call, Failure, Request, Step, format::metric};
use serde_json::Value;

use crate::{
    failures::not_found,
    gitlab::{Variant, names, version, with_labels},
    host::Host,
    last_page,
    reading::{age, at, count},
};

/// A repository and its host.
struct Repository<'c> {
    host: Host,
    owner: &'c str,
    repo: &'c str,
}

/// The badge of the name, without `gitea-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    let host = Host::of(call, "gitea", "gitea_url")?;
    let repository = Repository { host, owner: call.param("owner"), repo: call.param("repo") };
    match name {
        "stars" => repository.counted(call, "/stars_count"),
        "forks" => repository.counted(call, "/forks_count"),
        "issues" => repository.issues(call, "issues", "issues"),
        "pull-requests" => repository.issues(call, "pulls", "pull requests"),
        "languages" => repository.languages(call),
        "last-commit" => repository.last_commit(call),
        _ => repository.release(call),
    }
}

impl Repository<'_> {
    fn request(&self, rest: &str) -> Request {
        let request = self.host.get(&format!("api/v1/repos/{{}}/{{}}{rest}"), [self.owner, self.repo]);
        self.host.authorize(request, Auth::bearer("gitea", self.owner))
    }

    /// The answer to a request about the repository. If a secret was sent, the repository itself is requested too, to
    /// check that it may be shown.
    fn fetch<'c, 'a>(&self, call: &'c Call<'a>, request: Request) -> Result<&'c Answer<'a>, Step> {
        let answer = call.fetch(request)?;
        if answer.is_authenticated() {
            let repository = call.fetch(self.request(""))?;
            if repository.is_missing() {
                return Err(not_found("user or repo not found").into());
            }
            // If the answer does not say whether the repository is public, nothing is shown.
            let repository: Value = repository.json()?;
            if !at(&repository, "/private").is_boolean() {
                return Err(Failure::invalid_response().because("/private is no boolean").into());
            }
        }
        match answer.status {
            403 => Err(Failure::inaccessible("UPSTREAM_FORBIDDEN", "private repo").into()),
            404 => Err(not_found("user or repo not found").into()),
            _ => Ok(answer),
        }
    }

    fn counted(&self, call: &Call, pointer: &str) -> Result<Badge, Step> {
        let repository: Value = self.fetch(call, self.request(""))?.json()?;
        Ok(Badge::new(metric(count(&repository, pointer)? as f64)).color("blue"))
    }

    /// Issues, or pull requests, which Gitea lists as issues of another type.
    fn issues(&self, call: &Call, kind: &str, things: &str) -> Result<Badge, Step> {
        let variant = Variant::of(call, &["all", "open", "closed"])?;
        let request = self.request("/issues").query("page", "1").query("limit", "1").query("type", kind);
        let request = with_labels(call, request.query("state", variant.state));
        let count = last_page::count(self.fetch(call, request)?)?.ok_or_else(Failure::invalid_response)?;
        let color = if count > 0 { "yellow" } else { "brightgreen" };
        Ok(variant.badge(call, &metric(count as f64), things).color(color))
    }

    fn languages(&self, call: &Call) -> Result<Badge, Step> {
        let languages: serde_json::Map<String, Value> = self.fetch(call, self.request("/languages"))?.json()?;
        if languages.values().any(|bytes| !bytes.is_number()) {
            return Err(Failure::invalid_response().into());
        }
        Ok(Badge::new(metric(languages.len() as f64)).color("blue"))
    }

    fn last_commit(&self, call: &Call) -> Result<Badge, Step> {
        let mut request = self.request("/commits").query("limit", "1");
        let branch = call.param("branch");
        for (name, value) in [("sha", Some(branch)), ("path", call.query("path"))] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                request = request.query(name, value);
            }
        }
        let commits: Value = self.fetch(call, request)?.json()?;
        let is_committer = call.query("display_timestamp") == Some("committer");
        let pointer = if is_committer { "/0/commit/committer/date" } else { "/0/commit/author/date" };
        Ok(age(&commits, pointer, call.now)?)
    }

    fn release(&self, call: &Call) -> Result<Badge, Step> {
        let mut releases: Value = self.fetch(call, self.request("/releases"))?.json()?;
        if let Some(list) = releases.as_array_mut() {
            // A member's secret also lists drafts.
            list.retain(|release| at(release, "/draft") != true);
        }
        let is_by_date = call.query("sort") != Some("semver");
        let is_stable = |release: &Value| at(release, "/prerelease") != true;
        if let Some(list) = releases.as_array_mut()
            && is_by_date
            && !call.flag("include_prereleases")
            && list.iter().any(is_stable)
        {
            list.retain(is_stable);
        }
        let key = if call.query("display_name") == Some("release") { "/name" } else { "/tag_name" };
        version(call, &names(&releases, key)?, "no releases found")
    }
}
