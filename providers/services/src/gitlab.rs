//! GitLab: projects on gitlab.com, or on another GitLab that the caller names.
//!
//! A request for the operator's own host carries the secret of the project's group, if there is one. An answer to it
//! may contain private data, so the project itself is requested too: the server hides a private project, and the badge
//! hides features of a public project that are for its members only.

use badgesmith_provider::{
    Answer, Auth, Badge, Call, Failure, Request, Step, color,
    format::{build_status, license, metric, whole_percent},
    order::{Order, newest},
};
use serde_json::Value;

use crate::{
    failures::{lacks, not_found},
    host::{Host, segments},
    last_page,
    reading::{self, age, at, count, list, string},
    svg_text,
};

/// The most merge requests that GitLab counts.
const MOST_COUNTED: u64 = 10_000;
const MISSING: &str = "project not found";

/// A project: its host and its path or number.
struct Project {
    host: Host,
    path: String,
}

/// The badge of the name, without `gitlab-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    // The older addresses of pipelines have an owner and a repository.
    let path = match call.param("project") {
        "" => format!("{}/{}", call.param("owner"), call.param("repo")),
        path => path.to_owned(),
    };
    let project = Project { host: Host::of(call, "gitlab", "gitlab_url")?, path };
    match name {
        "stars" => project.counted(call, "/star_count"),
        "forks" => project.counted(call, "/forks_count"),
        "license" => project.license(call),
        "contributors" => project.contributors(call),
        "issues" => project.issues(call),
        "merge-requests" => project.merge_requests(call),
        "pipeline-status" => project.pipeline(call),
        "pipeline-coverage" => project.coverage(call),
        "release" => project.release(call),
        "tag" => project.tag(call),
        "last-commit" => project.last_commit(call),
        "language" => project.language(call),
        _ => project.languages(call),
    }
}

impl Project {
    /// A request for something of the project: `rest` follows the project's address.
    fn request(&self, rest: &str) -> Request {
        let request = self.host.get(&format!("api/v4/projects/{{}}{rest}"), [&*self.path]);
        let group = self.path.split('/').next().unwrap_or(&self.path);
        self.host.authorize(request, Auth::header("gitlab", group, "PRIVATE-TOKEN"))
    }

    /// The answer to a request about the project. If a secret was sent, the project itself is requested too, to check
    /// that it may be shown. Even in a public project, `feature` may be for its members only.
    fn fetch<'c, 'a>(&self, call: &'c Call<'a>, feature: &str, request: Request) -> Result<&'c Answer<'a>, Step> {
        let answer = call.fetch(request)?;
        if answer.is_authenticated() {
            let project = call.fetch(self.request(""))?;
            if project.is_missing() {
                return Err(not_found(MISSING).into());
            }
            let project: Value = project.json()?;
            // If the answer does not say whether the project is public, nothing is shown.
            string(&project, "/visibility")?;
            if at(&project, &format!("/{feature}_access_level")) == "private" {
                return Err(not_found(MISSING).into());
            }
        }
        if matches!(answer.status, 401 | 404) { Err(not_found(MISSING).into()) } else { Ok(answer) }
    }

    fn counted(&self, call: &Call, pointer: &str) -> Result<Badge, Step> {
        let project: Value = self.fetch(call, "", self.request(""))?.json()?;
        Ok(Badge::new(metric(count(&project, pointer)? as f64)).color("blue"))
    }

    fn license(&self, call: &Call) -> Result<Badge, Step> {
        let project: Value = self.fetch(call, "repository", self.request("").query("license", "1"))?.json()?;
        Ok(match at(&project, "/license") {
            Value::Null if at(&project, "/id").is_number() => Badge::new("not specified").color("lightgrey"),
            _ => license(&[string(&project, "/license/name")?]).into(),
        })
    }

    fn contributors(&self, call: &Call) -> Result<Badge, Step> {
        let request = self.request("/repository/contributors").query("page", "1").query("per_page", "1");
        let count =
            last_page::count(self.fetch(call, "repository", request)?)?.ok_or_else(Failure::invalid_response)?;
        Ok(Badge::new(metric(count as f64)).color(color::contributors(count)))
    }

    fn issues(&self, call: &Call) -> Result<Badge, Step> {
        let variant = Variant::of(call, &["all", "open", "closed"])?;
        // A member's secret would also count issues that only members can see.
        let request = self.request("/issues_statistics").query("confidential", "false");
        let answer: Value = self.fetch(call, "issues", with_labels(call, request))?.json()?;
        let count = count(
            &answer,
            match variant.state {
                "all" => "/statistics/counts/all",
                "closed" => "/statistics/counts/closed",
                _ => "/statistics/counts/opened",
            },
        )?;
        Ok(variant.badge(call, &metric(count as f64), "issues").color(if count > 0 { "yellow" } else { "brightgreen" }))
    }

    fn merge_requests(&self, call: &Call) -> Result<Badge, Step> {
        let variant = Variant::of(call, &["all", "open", "closed", "locked", "merged"])?;
        let state = if variant.state == "open" { "opened" } else { variant.state };
        let request = self.request("/merge_requests").query("state", state).query("page", "1").query("per_page", "1");
        let count = last_page::count(self.fetch(call, "merge_requests", with_labels(call, request))?)?;
        let shown = match count {
            Some(count) if count <= MOST_COUNTED => metric(count as f64),
            _ => format!("more than {}", metric(MOST_COUNTED as f64)),
        };
        Ok(variant.badge(call, &shown, "merge requests").color("blue"))
    }

    /// The message of a badge that GitLab itself draws for a branch.
    fn drawn<'a>(&self, call: &Call<'a>, request: Request) -> Result<&'a str, Step> {
        let answer = call.fetch(request)?;
        if matches!(answer.status, 401 | 404) {
            return Err(not_found(MISSING).into());
        }
        let svg = std::str::from_utf8(answer.success()?).map_err(|_| Failure::invalid_response())?;
        Ok(svg_text::message(svg).ok_or_else(|| Failure::invalid_response().because("no badge"))?)
    }

    /// A request for a badge that GitLab itself draws. It needs no secret: such a badge is public or missing.
    fn drawn_request(&self, branch: &str, file: &str) -> Request {
        let (project, parts) = segments(&self.path);
        let (branch, branch_parts) = segments(branch);
        self.host.get(&format!("{project}/badges/{branch}/{file}"), parts.chain(branch_parts))
    }

    fn pipeline(&self, call: &Call) -> Result<Badge, Step> {
        let branch = branch(call).unwrap_or("main");
        match self.drawn(call, self.drawn_request(branch, "pipeline.svg"))? {
            "unknown" => Err(not_found("branch not found").into()),
            status => {
                Ok(build_status(status).ok_or_else(|| Failure::invalid_response().because(status.to_owned()))?.into())
            }
        }
    }

    fn coverage(&self, call: &Call) -> Result<Badge, Step> {
        let mut request = self.drawn_request(branch(call).unwrap_or("main"), "coverage.svg");
        if let Some(job) = call.query("job_name") {
            request = request.query("job", job);
        }
        let text = self.drawn(call, request)?;
        if text == "unknown" {
            return Err(not_found("not set up").into());
        }
        let percent = text.strip_suffix('%').and_then(|text| text.parse::<f64>().ok());
        let percent = percent.ok_or_else(Failure::invalid_response)?;
        Ok(Badge::new(whole_percent(percent)).color(color::coverage(percent)))
    }

    fn release(&self, call: &Call) -> Result<Badge, Step> {
        let order_by = if call.query("date_order_by") == Some("released_at") { "released_at" } else { "created_at" };
        let request = self.request("/releases").query("per_page", "100").query("order_by", order_by);
        let releases: Value = self.fetch(call, "releases", request)?.json()?;
        let key = if call.query("display_name") == Some("release") { "/name" } else { "/tag_name" };
        version(call, &names(&releases, key)?, "no releases found")
    }

    fn tag(&self, call: &Call) -> Result<Badge, Step> {
        let request = self.request("/repository/tags").query("order_by", "updated");
        let tags: Value = self.fetch(call, "repository", request)?.json()?;
        version(call, &names(&tags, "/name")?, "no tags found")
    }

    fn last_commit(&self, call: &Call) -> Result<Badge, Step> {
        let mut request = self.request("/repository/commits").query("per_page", "1");
        for (parameter, name) in [("ref", "ref_name"), ("path", "path")] {
            if let Some(value) = call.query(parameter).filter(|value| !value.is_empty()) {
                request = request.query(name, value);
            }
        }
        let commits: Value = self.fetch(call, "repository", request)?.json()?;
        if list(&commits, "")?.is_empty() {
            return Err(not_found("no commits found").into());
        }
        Ok(age(&commits, "/0/committed_date", call.now)?)
    }

    fn shares(&self, call: &Call) -> Result<serde_json::Map<String, Value>, Step> {
        Ok(self.fetch(call, "repository", self.request("/languages"))?.json()?)
    }

    fn language(&self, call: &Call) -> Result<Badge, Step> {
        let shares = self.shares(call)?;
        let shares = shares.iter().filter_map(|(name, share)| Some((name, share.as_f64()?)));
        // If several languages have the same share, the last one counts, as on shields.io.
        let top = shares.max_by(|(_, a), (_, b)| a.total_cmp(b));
        let (name, share) = top.ok_or_else(|| lacks("no languages found"))?;
        Ok(Badge::new(format!("{share:.1}%")).label(name.to_lowercase()).color("blue"))
    }

    fn languages(&self, call: &Call) -> Result<Badge, Step> {
        let shares = self.shares(call)?;
        if shares.values().any(|share| !share.is_number()) {
            return Err(Failure::invalid_response().into());
        }
        Ok(Badge::new(metric(shares.len() as f64)).color("blue"))
    }
}

/// Which issues are counted, and how the count is shown.
pub(crate) struct Variant {
    pub(crate) state: &'static str,
    is_raw: bool,
}

impl Variant {
    /// The variant that the path names: a state, or `open-raw` for the number alone.
    pub(crate) fn of(call: &Call, states: &[&'static str]) -> Result<Self, Failure> {
        let variant = call.param("variant");
        let name = variant.strip_suffix("-raw").unwrap_or(variant);
        let state = states.iter().find(|state| state.eq_ignore_ascii_case(name));
        let state = state.ok_or_else(|| Failure::invalid_parameter("PARAMETER_INVALID", "variant", "invalid state"))?;
        Ok(Self { state, is_raw: name.len() < variant.len() })
    }

    /// The badge of a count of `things`, of those with the labels that the caller names.
    pub(crate) fn badge(&self, call: &Call, count: &str, things: &str) -> Badge {
        let labels = call.query("labels").filter(|labels| !labels.is_empty());
        let labels = labels.map(|labels| format!("{labels} ")).unwrap_or_default();
        if self.is_raw {
            Badge::new(count).label(format!("{} {labels}{things}", self.state))
        } else {
            Badge::new(format!("{count} {}", self.state)).label(format!("{labels}{things}"))
        }
    }
}

/// The request for the items that have the labels which the caller names.
pub(crate) fn with_labels(call: &Call, request: Request) -> Request {
    match call.query("labels").filter(|labels| !labels.is_empty()) {
        Some(labels) => request.query("labels", labels),
        None => request,
    }
}

fn branch<'c>(call: &'c Call) -> Option<&'c str> {
    Some(call.param("branch")).filter(|branch| !branch.is_empty()).or_else(|| call.query("branch"))
}

/// The first of the names, or with `sort=semver` the highest version.
pub(crate) fn version(call: &Call, names: &[&str], none: &str) -> Result<Badge, Step> {
    let first = names.first().filter(|name| !name.is_empty());
    let version = if call.query("sort") == Some("semver") {
        newest(names, Order::Loose, call.flag("include_prereleases"))
    } else {
        first.copied()
    };
    let version = version.ok_or_else(|| not_found(none))?;
    Ok(reading::version(version))
}

/// A text of each item of a list.
pub(crate) fn names<'v>(items: &'v Value, pointer: &str) -> Result<Vec<&'v str>, Failure> {
    list(items, "")?.iter().map(|item| string(item, pointer)).collect()
}
