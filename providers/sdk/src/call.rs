//! A call: the input of a provider, with all answers of the host so far.

use std::{cell::RefCell, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{
    answer::Answer,
    parts::{FoundParts, PartsQuery},
    query::{Query, fold},
    record::Record,
    request::Request,
    state::{FoundState, StateQuery},
    step::{Asked, Step},
};

/// The part whose address stands for all parts. A part with this name is never among the found parts.
const ALL: &str = "all";
/// How many records of each part are enough to know its last commits, including re-runs.
const USUAL_LAST: u32 = 8;

/// A call of a provider: the parameters of one address, and the answers to the provider's requests.
///
/// The host repeats a call with more answers until the provider is done, so the same call must always request the same
/// things in the same order. [`Call::fetch`] takes care of the rest: it returns the answer if the call has it, and
/// otherwise the step that requests it.
#[derive(Clone, Debug, Default)]
pub struct Call<'a> {
    /// Whether it is for a badge, a report, a redirect or a delivery.
    pub kind: CallKind,
    /// The name of the badge, report, redirect or hook in the manifest.
    pub name: String,
    /// The parameters of the route, percent-decoded. For a delivery they are `event`, `owner` and `repo` of its
    /// payload.
    pub params: BTreeMap<String, String>,
    /// The query parameters that the badge declares and the client sent.
    pub query: BTreeMap<String, String>,
    /// The manifest's settings, with the values of this deployment.
    pub settings: BTreeMap<String, String>,
    /// The time of the request in whole seconds since 1970, UTC.
    pub now: u64,
    /// The answers so far, in the order of the provider's requests.
    pub answers: Vec<Answer<'a>>,
    /// All requests so far while the provider runs on this call.
    pub(crate) asked: RefCell<Vec<Asked>>,
}

/// The kind of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallKind {
    /// A badge: [`crate::Provider::badge`].
    #[default]
    Badge,
    /// The record of a report: [`crate::Provider::accept`].
    Report,
    /// The target of a redirect: [`crate::Provider::redirect`].
    Redirect,
    /// The records, states and marks from a delivery of a webhook: [`crate::Provider::deliver`].
    Hook,
}

impl<'a> Call<'a> {
    /// A call for the badge with this name, with everything else empty.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// A parameter of the route; empty if the route has no such parameter.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// A query parameter, if the client sent it.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Whether a query parameter is switched on: sent, and neither `false` nor `0`.
    pub fn flag(&self, name: &str) -> bool {
        self.query(name).is_some_and(|value| !value.eq_ignore_ascii_case("false") && value != "0")
    }

    /// A setting; empty if the manifest has no such setting.
    pub fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    /// The answer to `request`, or the step that requests it.
    ///
    /// ```
    /// use badgesmith_provider::{Answer, Call, Request, Step};
    ///
    /// let request = || Request::get("https://example.com", "{}.json", ["x"]);
    /// let call = Call::new("greeting");
    /// assert_eq!(call.fetch(request()).unwrap_err(), Step::Fetch(vec![request()]));
    ///
    /// let mut call = Call::new("greeting");
    /// call.answers.push(Answer { status: 200, ..Answer::default() });
    /// assert_eq!(call.fetch(request()).unwrap().status, 200);
    /// ```
    ///
    /// # Errors
    /// The step to return, if the call does not have the answer yet.
    pub fn fetch(&self, request: Request) -> Result<&Answer<'a>, Step> {
        let answers = self.fetch_all([request])?;
        // `fetch_all` returned as many answers as there are requests: one.
        Ok(&answers[0])
    }

    /// The answers to `requests` in their order, or the step that requests all of them at once.
    ///
    /// # Errors
    /// The step to return, if the call does not have all the answers yet.
    pub fn fetch_all(&self, requests: impl IntoIterator<Item = Request>) -> Result<&[Answer<'a>], Step> {
        let requests: Vec<Request> = requests.into_iter().collect();
        let mut asked = self.asked.borrow_mut();
        let start = asked.len();
        asked.extend(requests.iter().cloned().map(Asked::Fetch));
        self.answers.get(start..asked.len()).ok_or(Step::Fetch(requests))
    }

    /// The records in the host's store that match `query`, the newest first, perhaps none; or the step that requests
    /// them.
    ///
    /// ```
    /// use badgesmith_provider::{Answer, Call, Query, Step};
    ///
    /// let call = Call::new("tests");
    /// let query = Query::latest("test-results", &call);
    /// assert_eq!(call.records(query.clone()).unwrap_err(), Step::Latest(Box::new(query)));
    /// ```
    ///
    /// # Errors
    /// The step to return, if the call does not have the answer yet; `UPSTREAM_INVALID` if the answer is not an array
    /// of records.
    pub fn records(&self, query: Query) -> Result<Vec<Record>, Step> {
        let mut asked = self.asked.borrow_mut();
        let index = asked.len();
        asked.push(Asked::Latest(query.clone()));
        let answer = self.answers.get(index).ok_or_else(|| Step::Latest(query.into()))?;
        Ok(answer.json()?)
    }

    /// The states in the host's store that match `query`, perhaps none; or the step that requests them. The manifest
    /// requires `states`.
    ///
    /// ```
    /// use badgesmith_provider::{Call, StateQuery, Step};
    ///
    /// let call = Call::new("workflow");
    /// let query = StateQuery::of("workflow", "acme", "tools").platform("ci.yml");
    /// assert_eq!(call.states(query.clone()).unwrap_err(), Step::States(Box::new(query)));
    /// ```
    ///
    /// # Errors
    /// The step to return, if the call does not have the answer yet; `UPSTREAM_INVALID` if the answer is not an array
    /// of states.
    pub fn states(&self, query: StateQuery) -> Result<Vec<FoundState>, Step> {
        let mut asked = self.asked.borrow_mut();
        let index = asked.len();
        asked.push(Asked::States(query.clone()));
        let answer = self.answers.get(index).ok_or_else(|| Step::States(query.into()))?;
        Ok(answer.json()?)
    }

    /// The parts of a branch in the host's store with the newest records of each, perhaps none; or the step that
    /// requests them. The manifest requires `parts`. [`FoundParts::commits`] groups the records by commit.
    ///
    /// # Errors
    /// The step to return, if the call does not have the answer yet; `UPSTREAM_INVALID` if the answer does not have
    /// that form.
    pub fn parts(&self, query: PartsQuery) -> Result<FoundParts, Step> {
        let mut asked = self.asked.borrow_mut();
        let index = asked.len();
        asked.push(Asked::Parts(query.clone()));
        let answer = self.answers.get(index).ok_or_else(|| Step::Parts(query.into()))?;
        Ok(answer.json()?)
    }
}

impl Query {
    /// The query for the newest record of the subject that the call's parameters `owner`, `repo`, `platform` and
    /// `branch` name.
    pub fn latest(collection: impl Into<String>, call: &Call) -> Self {
        let param = |name| call.param(name).to_owned();
        Self {
            collection: collection.into(),
            owner: param("owner"),
            repo: param("repo"),
            platform: param("platform"),
            branch: param("branch"),
            last: 1,
            since_ms: None,
        }
    }
}

impl PartsQuery {
    /// The query for the parts of the branch that the call's parameters `owner`, `repo` and `branch` name, if its
    /// parameter `platform` is `all`. The records contain the field `commit` in addition to `fields`.
    ///
    /// ```
    /// use badgesmith_provider::{Call, PartsQuery};
    ///
    /// let mut call = Call::new("coverage");
    /// for (name, value) in [("platform", "All"), ("owner", "acme"), ("repo", "tools"), ("branch", "main")] {
    ///     call.params.insert(name.to_owned(), value.to_owned());
    /// }
    /// let query = PartsQuery::of_all("coverage", &call, &["lines"]).unwrap();
    /// assert_eq!(query.to_string(), "coverage: the last 8 of every part of acme/tools at main, commit and lines");
    /// call.params.insert("platform".to_owned(), "web".to_owned());
    /// assert_eq!(PartsQuery::of_all("coverage", &call, &["lines"]), None);
    /// ```
    pub fn of_all(collection: impl Into<String>, call: &Call, fields: &[&str]) -> Option<Self> {
        let param = |name| call.param(name).to_owned();
        (fold(call.param("platform")) == ALL).then(|| Self {
            collection: collection.into(),
            owner: param("owner"),
            repo: param("repo"),
            branch: param("branch"),
            last: USUAL_LAST,
            fields: ["commit"].iter().chain(fields).map(|field| (*field).to_owned()).collect(),
        })
    }
}
