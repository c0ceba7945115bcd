//! The host to which a badge's requests go: the operator's, or one that the caller names.

use badgesmith_provider::{Auth, Call, Failure, Request, is_web_address};

use crate::failures::invalid_query;

/// Where requests go.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    base: String,
    /// Whether the caller named it.
    is_named: bool,
}

impl Host {
    /// The address in the query parameter, or that of the setting if the caller names none or the same one.
    pub(crate) fn of(call: &Call, setting: &str, parameter: &'static str) -> Result<Self, Failure> {
        let default = call.setting(setting);
        match call.query(parameter).filter(|address| !address.is_empty()) {
            None => Ok(Self { base: default.to_owned(), is_named: false }),
            Some(address) => Self::named(address, default, parameter),
        }
    }

    /// The address in the query parameter, which the caller must give. `usual` is the address of the setting.
    pub(crate) fn required(call: &Call, usual: &str, parameter: &'static str) -> Result<Self, Failure> {
        let address = call.query(parameter).ok_or_else(|| invalid_query(parameter))?;
        Self::named(address, call.setting(usual), parameter)
    }

    /// An address that the caller named.
    pub(crate) fn named(address: &str, usual: &str, parameter: &'static str) -> Result<Self, Failure> {
        let base = address.trim_end_matches('/');
        if !usual.is_empty() && base.eq_ignore_ascii_case(usual.trim_end_matches('/')) {
            return Ok(Self { base: usual.to_owned(), is_named: false });
        }
        if !is_web_address(base) || base.contains(['?', '#']) {
            return Err(invalid_query(parameter));
        }
        Ok(Self { base: base.to_owned(), is_named: true })
    }

    /// A GET of a path of this host, with each `{}` replaced by the corresponding part.
    pub(crate) fn get<'p>(&self, path: &str, parts: impl IntoIterator<Item = &'p str>) -> Request {
        let request = Request::get(self.base.clone(), path, parts);
        if self.is_named { request.web() } else { request }
    }

    /// The request with this secret, unless the caller named the host.
    pub(crate) fn authorize(&self, request: Request, auth: Auth) -> Request {
        if self.is_named { request } else { request.authorize(auth.optional()) }
    }
}

/// A template with a `{}` for each segment of a path, and the segments.
pub(crate) fn segments(path: &str) -> (String, impl Iterator<Item = &str>) {
    let count = path.split('/').count();
    (vec!["{}"; count].join("/"), path.split('/'))
}
