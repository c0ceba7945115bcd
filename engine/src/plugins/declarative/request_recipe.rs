//! A request of a badge, whose parameters are not filled in yet.

use std::collections::BTreeMap;

use badgesmith_provider::{Failure, Request};

use super::{
    address_template::{AddressTemplate, FilledAddress},
    body_template::BodyTemplate,
    parameters::Parameters,
    secret_table::SecretTemplate,
    status_words::{ErrorStatus, FailureWords},
};
use crate::code::Code;

/// A request, and the words for the error statuses of its answer.
#[derive(Debug)]
pub(super) struct RequestRecipe {
    pub(super) base: RequestBase,
    pub(super) address: AddressTemplate,
    pub(super) body: Option<BodyTemplate>,
    pub(super) safe: bool,
    pub(super) accept: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) secret: Option<SecretTemplate>,
    pub(super) statuses: BTreeMap<ErrorStatus, FailureWords>,
}

/// What the name at the beginning of the address is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RequestBase {
    /// A setting.
    Setting,
    /// A parameter with the address of a host; for callers who name none, this setting.
    Caller { setting: Option<String> },
}

impl RequestRecipe {
    /// The request, each parameter encoded in its place.
    ///
    /// # Errors
    /// The caller names no host and has to.
    pub(super) fn fill(&self, parameters: Parameters<'_>) -> Result<Request, Failure> {
        let parameter = |name: &str| parameters.get(name);
        let FilledAddress { path, parts } = self.address.fill(parameter);
        let name = self.address.base();
        let base = match &self.base {
            RequestBase::Setting => parameters.call.setting(name),
            RequestBase::Caller { setting } => match (parameters.given(name), setting) {
                (Some(host), _) => {
                    let request = Request::get(host, path, parts).web();
                    return Ok(match &self.accept {
                        Some(media_type) => request.accept(media_type.clone()),
                        None => request,
                    });
                }
                (None, Some(setting)) => parameters.call.setting(setting),
                (None, None) => {
                    let words = format!("invalid query parameter: {name}");
                    let code = Code::ParameterInvalid.name();
                    return Err(Failure::invalid_parameter(code, name.to_owned(), words));
                }
            },
        };
        let mut request = match &self.body {
            None => Request::get(base, path, parts),
            Some(body) => Request::post(base, path, parts, body.fill(&parameter)),
        };
        if self.safe {
            request = request.safe();
        }
        if let Some(media_type) = &self.accept {
            request = request.accept(media_type.clone());
        }
        for (name, value) in &self.headers {
            request = request.header(name.clone(), value.clone());
        }
        Ok(match &self.secret {
            Some(secret) => request.authorize(secret.fill(parameter)),
            None => request,
        })
    }
}
