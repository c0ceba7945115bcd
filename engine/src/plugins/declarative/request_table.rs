//! The request of a badge as it is written, in `[[badge]]` or in `[badge.requests.NAME]`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    address_template::AddressTemplate,
    body_template::BodyTemplate,
    file_error::FileFault,
    header::{HeaderName, HeaderValue},
    name_use::NameUse,
    request_recipe::{RequestBase, RequestRecipe},
    secret_table::SecretTable,
    status_words::{ErrorStatus, FailureWords},
};
use crate::toml_reader::Spanned;

/// The words for error statuses.
pub(super) type Statuses = BTreeMap<ErrorStatus, FailureWords>;

/// A request as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RequestTable {
    pub(super) get: Option<Spanned<AddressTemplate>>,
    pub(super) post: Option<Spanned<AddressTemplate>>,
    pub(super) body: Option<Spanned<BodyTemplate>>,
    pub(super) safe: Option<Spanned<bool>>,
    pub(super) accept: Option<HeaderValue>,
    #[serde(default)]
    pub(super) headers: BTreeMap<HeaderName, HeaderValue>,
    pub(super) secret: Option<Spanned<SecretTable>>,
    pub(super) visibility: Option<Spanned<AddressTemplate>>,
    pub(super) web: Option<Spanned<bool>>,
    #[serde(default)]
    pub(super) statuses: Statuses,
}

impl RequestTable {
    /// The address, of a GET or a POST.
    pub(super) fn address(&self) -> Option<&Spanned<AddressTemplate>> {
        self.get.as_ref().or(self.post.as_ref())
    }

    /// Whether a caller names the host.
    pub(super) fn is_web(&self) -> bool {
        self.web.as_ref().is_some_and(|web| *web.get_ref())
    }

    /// Whether any of its keys is there.
    pub(super) fn is_written(&self) -> bool {
        let has_body = self.body.is_some() || self.safe.is_some();
        let has_option = self.accept.is_some() || self.secret.is_some() || self.visibility.is_some();
        self.address().is_some() || has_body || has_option || !self.headers.is_empty()
    }

    /// The names that the request uses, with their offsets.
    pub(super) fn uses(&self) -> Vec<NameUse<'_>> {
        let mut uses = Vec::new();
        if let Some(address) = self.address() {
            let base = self.is_web().then(|| address.get_ref().base());
            uses.extend(NameUse::all(address, base.into_iter().chain(address.get_ref().names())));
        }
        if let Some(address) = &self.visibility {
            uses.extend(NameUse::all(address, address.get_ref().names()));
        }
        if let Some(body) = &self.body {
            uses.extend(NameUse::all(body, body.get_ref().names()));
        }
        for text in self.secret.iter().flat_map(|secret| secret.get_ref().texts()) {
            uses.extend(NameUse::all(text, text.get_ref().names()));
        }
        uses
    }

    /// The request, after a check that its keys fit together. `offset` is its offset in the file, `statuses` has the
    /// words for all requests of the badge, and `query` has the defaults of the badge's parameters.
    pub(super) fn recipe(
        self,
        offset: usize,
        statuses: &Statuses,
        query: &BTreeMap<String, Spanned<String>>,
    ) -> Result<RequestRecipe, FileFault> {
        if let (Some(_), Some(post)) = (&self.get, &self.post) {
            return Err(FileFault::at(post, "there is a get already; take one of the two away"));
        }
        match (&self.post, &self.body, &self.safe) {
            (None, Some(body), _) => {
                return Err(FileFault::at(body, "a body is for post; write post in the place of get"));
            }
            (None, None, Some(safe)) => return Err(FileFault::at(safe, "safe is for post; take it away")),
            (Some(post), None, _) => {
                return Err(FileFault::at(post, "there is no body; write body = { … }, which is sent as JSON"));
            }
            _ => {}
        }
        let base = self.base(query)?;
        self.check_visibility()?;
        let address = self.get.or(self.post).ok_or_else(|| FileFault::new(offset, "there is no get; write get = …"))?;
        Ok(RequestRecipe {
            base,
            address: address.into_inner(),
            body: self.body.map(Spanned::into_inner),
            safe: self.safe.is_some_and(Spanned::into_inner),
            accept: self.accept.map(|value| value.0),
            headers: self.headers.into_iter().map(|(name, value)| (name.0, value.0)).collect(),
            secret: self.secret.map(|secret| secret.into_inner().template()).transpose()?,
            visibility: self.visibility.map(Spanned::into_inner),
            statuses: statuses.iter().chain(&self.statuses).map(|(status, words)| (*status, words.clone())).collect(),
        })
    }

    /// Checks that the request of `visibility` goes to the same base as the request itself, which must have a secret.
    fn check_visibility(&self) -> Result<(), FileFault> {
        let Some((visibility, address)) = self.visibility.as_ref().zip(self.address()) else { return Ok(()) };
        if self.secret.is_none() {
            let words = "visibility is for a request with a secret; write secret = { … }, or take it away";
            return Err(FileFault::at(visibility, words));
        }
        let base = address.get_ref().base();
        if visibility.get_ref().base() == base {
            return Ok(());
        }
        Err(FileFault::at(
            visibility,
            format!("the request begins with {{{base}}}; write visibility = \"{{{base}}}/…\""),
        ))
    }

    /// Whether the host is a setting's or a caller's, after a check that a request to a caller's host is a plain GET.
    fn base(&self, query: &BTreeMap<String, Spanned<String>>) -> Result<RequestBase, FileFault> {
        let Some((web, address)) = self.web.as_ref().filter(|web| *web.get_ref()).zip(self.address()) else {
            return Ok(RequestBase::Setting);
        };
        let name = address.get_ref().base();
        if self.post.is_some() {
            let words = "a request to a host that a caller names is a GET; write get in the place of post";
            return Err(FileFault::at(web, words));
        }
        if !self.headers.is_empty() {
            return Err(FileFault::at(
                web,
                "a request to a host that a caller names carries no headers; take them away",
            ));
        }
        let setting = query.get(name).and_then(|default| setting_of(default.get_ref()));
        if let (None, Some(_)) = (setting, &self.secret) {
            let words = format!(
                "a host that a caller names gets no secret; write a setting as the default of {{{name}}}, or take the \
                 secret away"
            );
            return Err(FileFault::at(web, words));
        }
        Ok(RequestBase::Caller { setting: setting.map(str::to_owned) })
    }
}

/// The setting that a default names: `{upstream}`.
pub(super) fn setting_of(default: &str) -> Option<&str> {
    default.strip_prefix('{')?.strip_suffix('}')
}
