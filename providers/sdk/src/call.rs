//! What a provider is asked, with everything the host has answered so far.

use std::{cell::RefCell, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{Answer, Asked, Query, Record, Request, Step};

/// One question to a provider.
///
/// A provider is called again with one more answer until it is done, so the same call must always ask the same
/// things in the same order. [`Call::fetch`] keeps that straight: it returns the answer if it is there, and otherwise
/// the step that asks for it.
#[derive(Clone, Debug, Default)]
pub struct Call<'a> {
    /// What is asked for.
    pub kind: CallKind,
    /// The name of the badge, report or redirect in the manifest.
    pub name: String,
    /// The parameters of the route, percent-decoded.
    pub params: BTreeMap<String, String>,
    /// The query parameters that the badge declares, where the caller gave them.
    pub query: BTreeMap<String, String>,
    /// The manifest's settings, as this deployment has them.
    pub settings: BTreeMap<String, String>,
    /// The time of the request in whole seconds since 1970.
    pub now: u64,
    /// The answers so far, in the order in which they were asked.
    pub answers: Vec<Answer<'a>>,
    /// Everything asked so far in this run through the provider.
    pub(crate) asked: RefCell<Vec<Asked>>,
}

/// What a call asks a provider for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallKind {
    /// A badge: [`crate::Provider::badge`].
    #[default]
    Badge,
    /// The record of a report: [`crate::Provider::accept`].
    Report,
    /// An address to lead to: [`crate::Provider::redirect`].
    Redirect,
}

impl<'a> Call<'a> {
    /// A call for the badge of that name, with nothing else set.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// A parameter of the route; empty if the manifest has no such parameter.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// A query parameter, if the caller gave it.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Whether a query parameter is switched on: there, and neither `false` nor `0`.
    pub fn flag(&self, name: &str) -> bool {
        self.query(name).is_some_and(|value| !value.eq_ignore_ascii_case("false") && value != "0")
    }

    /// A setting; empty if the manifest has no such setting.
    pub fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    /// The answer to `request`, or the step that asks for it.
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
    /// The step to return, where there is no answer yet.
    pub fn fetch(&self, request: Request) -> Result<&Answer<'a>, Step> {
        let answers = self.fetch_all([request])?;
        // `fetch_all` gave as many answers as there are requests: one.
        Ok(&answers[0])
    }

    /// The answers to `requests` in their order, or the step that asks for all of them at once.
    ///
    /// # Errors
    /// The step to return, where the answers are not there yet.
    pub fn fetch_all(&self, requests: impl IntoIterator<Item = Request>) -> Result<&[Answer<'a>], Step> {
        let requests: Vec<Request> = requests.into_iter().collect();
        let mut asked = self.asked.borrow_mut();
        let start = asked.len();
        asked.extend(requests.iter().cloned().map(Asked::Fetch));
        self.answers.get(start..asked.len()).ok_or(Step::Fetch(requests))
    }

    /// The records that the host's store has for `query`, the newest first and perhaps none; or the step that asks.
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
    /// The step to return, where there is no answer yet; `UPSTREAM_INVALID` where the answer holds no records.
    pub fn records(&self, query: Query) -> Result<Vec<Record>, Step> {
        let mut asked = self.asked.borrow_mut();
        let at = asked.len();
        asked.push(Asked::Latest(query.clone()));
        let answer = self.answers.get(at).ok_or_else(|| Step::Latest(query.into()))?;
        Ok(answer.json()?)
    }
}
