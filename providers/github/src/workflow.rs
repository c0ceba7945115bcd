//! The badge of a workflow: the newest run on a branch, from the deliveries of webhooks or else from the API.

use badgesmith_provider::{Auth, Badge, Call, Failure, Query, StateQuery, fold, is_web_address};
use serde_json::Value;

use crate::{
    address::Address,
    api, branch,
    collections::{ALL, COUNTERS, REPOSITORY, WORKFLOW, can_have},
    field, jobs,
    progress::COMPLETED,
    query,
    repository::Repository,
    runs::Run,
    stop::Stop,
    words,
};

/// The words for a missing workflow or repository.
const MISSING: &str = "repo or workflow not found";
/// How many of the newest records are searched for one with the wanted event.
const MOST_RECORDS: u32 = 100;
/// For how many seconds the API's answer that confirms a recorded run is used without requesting it again.
const CONFIRMED_SECONDS: u32 = 600;

/// The runs that a call selects.
struct Wanted<'c, 'a> {
    repository: Repository<'c, 'a>,
    /// The workflow's file, its id, or the name of a check.
    workflow: &'c str,
    /// The event that caused the runs, if only those are wanted.
    event: Option<&'c str>,
    /// Whether a run that has not ended is shown, too.
    with_progress: bool,
    /// Whether runs on any branch are shown if there are none on the default branch.
    on_any_branch: bool,
}

/// A branch that runs are on.
struct Branch {
    /// The name under which runs from deliveries are stored.
    filed: String,
    /// GitHub's name of the branch; `None` if it is not a branch of the repository.
    name: Option<String>,
}

/// The result of the newest finished run of a workflow, or with `progress=true` of the newest run; with `job` the
/// result of one of its jobs.
///
/// As on GitHub's own badge, it is a run on the default branch unless another one is named; if there is no run on the
/// default branch, a run on any branch.
pub(crate) fn badge(call: &Call<'_>) -> Result<Badge, Stop> {
    let job = query::optional(call, "job");
    let wanted = Wanted::of(call, job.is_none());
    let Some(run) = wanted.newest()? else { return Ok(words::run(COMPLETED, None)) };
    let standing = match job {
        // A call has eight turns, and each page takes one.
        Some(job) => jobs::standing(&wanted.repository, &run, job, if wanted.with_progress { 1 } else { 2 })?,
        None => run.standing,
    };
    if standing.is_unknown(call.now) {
        return Ok(words::build("unknown"));
    }
    Ok(words::run(&standing.status, standing.conclusion.as_deref()))
}

/// The page of the newest finished run of a workflow.
pub(crate) fn page(call: &Call<'_>) -> Result<String, Stop> {
    let run = Wanted::of(call, true).newest()?;
    let url = run.and_then(|run| run.url).filter(|url| is_web_address(url));
    Ok(url.ok_or_else(|| Failure::not_found("RUN_NOT_FOUND", "run not found"))?)
}

/// The message that shields shows at the former address of its workflow badge, which it changed in 2022.
pub(crate) fn former(_: &Call<'_>) -> Result<Badge, Stop> {
    Ok(Badge::new("https://github.com/badges/shields/issues/8671"))
}

impl Branch {
    /// A branch of the repository.
    fn own(name: &str) -> Self {
        Self { filed: branch::own(name), name: Some(name.to_owned()) }
    }

    /// The branch that an address names, which may also be a pull request.
    fn filed(name: &str) -> Self {
        Self { filed: fold(name), name: branch::own_name(name).map(str::to_owned) }
    }
}

impl<'c, 'a> Wanted<'c, 'a> {
    fn of(call: &'c Call<'a>, on_any_branch: bool) -> Self {
        Self {
            repository: Repository::of(call),
            workflow: call.param("workflow"),
            event: query::optional(call, "event"),
            with_progress: call.flag("progress"),
            on_any_branch,
        }
    }

    /// The newest run.
    fn newest(&self) -> Result<Option<Run>, Stop> {
        self.repository.must_be_possible(MISSING)?;
        let call = self.repository.call;
        let of_route = call.params.get("branch").map(|name| Branch::filed(name));
        let of_query = || call.query("branch").filter(|name| !name.is_empty()).map(Branch::own);
        let named = of_route.or_else(of_query);
        let default = if named.is_some() { None } else { self.told_default_branch()? };
        if let Some(branch) = named.as_ref().or(default.as_ref())
            && let Some(run) = self.told(&branch.filed)?
        {
            return self.confirmed(run, branch.name.as_deref()).map(Some);
        }
        self.asked(named)
    }

    /// The default branch, if a delivery contained it.
    fn told_default_branch(&self) -> Result<Option<Branch>, Stop> {
        let query = StateQuery::of(REPOSITORY, &self.repository.owner, &self.repository.name);
        let states = self.repository.call.states(query.platform(COUNTERS).branch(ALL))?;
        let name = states.first().and_then(|state| state.fields.get("default_branch")?.as_str());
        Ok(name.map(Branch::own))
    }

    /// The newest run on a branch, if there was a delivery about one. For a repository that may not be shown, the host
    /// returns nothing, so that it looks like a repository without deliveries.
    fn told(&self, branch: &str) -> Result<Option<Run>, Stop> {
        let part = fold(self.workflow);
        if !can_have(&part, branch) {
            return Ok(None);
        }
        let Repository { call, owner, name, .. } = &self.repository;
        if self.with_progress {
            let states = call.states(StateQuery::of(WORKFLOW, owner, name).platform(&part).branch(branch))?;
            let run = states.first().map(Run::of_state);
            if let Some(run) = run.filter(|run| run.standing.is_under_way() && run.is_of(self.event)) {
                return Ok(Some(run));
            }
        }
        let query = Query {
            collection: WORKFLOW.to_owned(),
            owner: owner.clone(),
            repo: name.clone(),
            platform: part,
            branch: branch.to_owned(),
            last: if self.event.is_some() { MOST_RECORDS } else { 1 },
            since_ms: None,
        };
        Ok(call.records(query)?.iter().map(Run::of_record).find(|run| run.is_of(self.event)))
    }

    /// A run from a delivery, or a newer one from the API. GitHub does not repeat a failed delivery, so the API is
    /// called now and then if there is a token. Without an answer the run is used unchanged.
    fn confirmed(&self, run: Run, branch: Option<&str>) -> Result<Run, Stop> {
        if branch.is_none() || run.number.is_none() {
            return Ok(run);
        }
        let request = self.with_address(branch, |address| self.repository.request(address, MISSING))?;
        let token = Auth::bearer("token", &self.repository.owner);
        let request = request.authorize(token).optional().fresh_for(CONFIRMED_SECONDS);
        let answer = self.repository.call.fetch(request)?;
        let Some(newest) = api::json(answer).and_then(|runs| self.first(&runs)).ok().flatten() else { return Ok(run) };
        if !newest.replaces(&run) {
            return Ok(run);
        }
        self.repository.must_be_shown(MISSING)?;
        Ok(newest)
    }

    /// The newest run on the named branch, or else on the default branch, from the API.
    fn asked(&self, named: Option<Branch>) -> Result<Option<Run>, Stop> {
        let is_named = named.is_some();
        let name = match named {
            // The API cannot list runs of a pull request or a fork by branch.
            Some(branch) => match branch.name {
                Some(name) => name,
                None => return Ok(None),
            },
            None => field::text(&self.repository.itself(MISSING)?, "/default_branch")?.to_owned(),
        };
        let newest = |branch: Option<&str>| {
            self.first(&self.with_address(branch, |address| self.repository.read(address, MISSING))?)
        };
        match newest(Some(&name))? {
            None if !is_named && self.on_any_branch => newest(None),
            run => Ok(run),
        }
    }

    /// Calls `make` with the address of the newest runs.
    fn with_address<T>(
        &self,
        branch: Option<&str>,
        make: impl FnOnce(Address<'_>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let status = if self.with_progress { None } else { Some(COMPLETED) };
        let query = [("status", status), ("branch", branch), ("event", self.event)];
        let path = "/actions/workflows/{}/runs?per_page=20&exclude_pull_requests=true";
        make(Address::of(path).parts(&[self.workflow]).query(&query))
    }

    /// The first run of a list that was not caused by a fork, since the owner of a fork chooses the names of its
    /// branches.
    fn first(&self, runs: &Value) -> Result<Option<Run>, Stop> {
        let full_name = format!("{}/{}", self.repository.owner, self.repository.name);
        let is_own = |run: &&Value| {
            let head = run.pointer("/head_repository/full_name").and_then(Value::as_str);
            head.is_some_and(|head| head.eq_ignore_ascii_case(&full_name))
        };
        field::list(runs, "/workflow_runs")?.iter().find(is_own).map(Run::of_answer).transpose()
    }
}
