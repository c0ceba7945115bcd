//! A repository: its requests, and the rule that a private repository looks like a missing one.

use std::cell::Cell;

use badgesmith_provider::{About, Answer, Call, Request};
use serde_json::Value;

use crate::{address::Address, api, failures::not_found, field, stop::Stop};

/// The message for a missing repository if nothing else can be missing.
pub(crate) const MISSING: &str = "repo not found";
/// The longest login of a user or an organisation, in characters.
const LONGEST_LOGIN: usize = 39;
/// The longest name of a repository, in characters.
const LONGEST_NAME: usize = 100;

/// The repository that a call is about, with names in lower case.
pub(crate) struct Repository<'c, 'a> {
    pub(crate) call: &'c Call<'a>,
    pub(crate) owner: String,
    pub(crate) name: String,
    /// Whether this call has already checked that the repository may be shown.
    is_shown: Cell<bool>,
}

impl<'c, 'a> Repository<'c, 'a> {
    /// The repository that the parameters `user` (or `owner`) and `repo` name.
    pub(crate) fn of(call: &'c Call<'a>) -> Self {
        let owner = call.params.get("user").map_or_else(|| call.param("owner"), String::as_str);
        Self::named(call, owner, call.param("repo"))
    }

    /// The repository with this name of this owner.
    pub(crate) fn named(call: &'c Call<'a>, owner: &str, name: &str) -> Self {
        let [owner, name] = [owner, name].map(|name| name.trim().to_ascii_lowercase());
        Self { call, owner, name, is_shown: Cell::new(false) }
    }

    /// The answer to a request for an address below the repository's. `missing` is the message of the failure if the
    /// requested thing does not exist, or if the repository is private.
    ///
    /// An answer to a request with a token may be about a private repository without saying so. So the repository
    /// itself is requested as well, and the host presents a private one as a missing one.
    pub(crate) fn ask(&self, address: Address<'_>, missing: &str) -> Result<&'c Answer<'a>, Stop> {
        self.check(self.fetch(address, missing)?, missing)
    }

    /// The answer to a request for an address below the repository's, unchecked.
    pub(crate) fn fetch(&self, address: Address<'_>, missing: &str) -> Result<&'c Answer<'a>, Stop> {
        Ok(self.call.fetch(self.request(address, missing)?)?)
    }

    /// The request for an address below the repository's.
    pub(crate) fn request(&self, address: Address<'_>, missing: &str) -> Result<Request, Stop> {
        self.must_be_possible(missing)?;
        let path = format!("repos/{{}}/{{}}{}", address.path);
        let parts = [&[&self.owner, &*self.name], address.parts].concat();
        let request = api::request(self.call, Some(&self.owner), Address { path: &path, parts: &parts, ..address });
        Ok(request.about(self.about()))
    }

    /// The repository's name in marks that make cached answers stale.
    pub(crate) fn about(&self) -> About {
        About::new(&self.owner, &self.name)
    }

    /// The answer to a request about the repository. Fails if the repository does not exist or may not be shown.
    pub(crate) fn check(&self, answer: &'c Answer<'a>, missing: &str) -> Result<&'c Answer<'a>, Stop> {
        api::check(self.call, answer, missing)?;
        if answer.is_authenticated() {
            self.must_be_shown(missing)?;
        }
        Ok(answer)
    }

    /// The JSON of the answer to a request about the repository.
    pub(crate) fn read(&self, address: Address<'_>, missing: &str) -> Result<Value, Stop> {
        api::json(self.ask(address, missing)?)
    }

    /// The answer to a search for issues and pull requests in the repository.
    pub(crate) fn search(&self, search: &str) -> Result<Value, Stop> {
        self.must_be_possible(MISSING)?;
        let search = format!("repo:{}/{} {search}", self.owner, self.name);
        let query = [("q", Some(&*search))];
        let address = Address::of("search/issues?per_page=1").query(&query);
        let request = api::request(self.call, Some(&self.owner), address).about(self.about());
        let answer = self.call.fetch(request)?;
        api::json(self.check(answer, MISSING)?)
    }

    /// GitHub's description of the repository.
    pub(crate) fn itself(&self, missing: &str) -> Result<Value, Stop> {
        let answer = self.fetch(Address::of(""), missing)?;
        api::check(self.call, answer, missing)?;
        let itself = api::json(answer)?;
        field::flag(&itself, "/private")?;
        self.is_shown.set(true);
        Ok(itself)
    }

    /// Fails if no repository can have these names.
    pub(crate) fn must_be_possible(&self, missing: &str) -> Result<(), Stop> {
        if is_login(&self.owner) && is_name(&self.name) { Ok(()) } else { Err(not_found(missing)) }
    }

    /// Fails unless the repository may be shown.
    pub(crate) fn must_be_shown(&self, missing: &str) -> Result<(), Stop> {
        if self.is_shown.get() { Ok(()) } else { self.itself(missing).map(drop) }
    }
}

/// Whether a user or an organisation can have this login. Logins are also inserted into searches.
pub(crate) fn is_login(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !text.is_empty() && text.len() <= LONGEST_LOGIN && text.bytes().all(is_allowed)
}

/// Whether a repository can have this name.
pub(crate) fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !matches!(text, "" | "." | "..") && text.len() <= LONGEST_NAME && text.bytes().all(is_allowed)
}
