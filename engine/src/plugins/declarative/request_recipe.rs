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
    /// The address of a request whose answer says whether the resource is private. It is sent, too, if the secret was
    /// sent.
    pub(super) visibility: Option<AddressTemplate>,
    pub(super) statuses: BTreeMap<ErrorStatus, FailureWords>,
}

/// The kind of the name that the address begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RequestBase {
    /// A setting.
    Setting,
    /// A parameter with the address of a host; if the caller names none, this setting.
    Caller { setting: Option<String> },
}

impl RequestRecipe {
    /// The request, each parameter encoded in its place.
    ///
    /// # Errors
    /// The caller names no host, and there is no default.
    pub(super) fn fill(&self, parameters: Parameters<'_>) -> Result<Request, Failure> {
        self.request(&self.address, self.body.as_ref(), parameters)
    }

    /// The request whose answer says whether the resource is private, if the file has one.
    ///
    /// # Errors
    /// As for [`fill`](Self::fill).
    pub(super) fn fill_visibility(&self, parameters: Parameters<'_>) -> Option<Result<Request, Failure>> {
        self.visibility.as_ref().map(|address| self.request(address, None, parameters))
    }

    fn request(
        &self,
        address: &AddressTemplate,
        body: Option<&BodyTemplate>,
        parameters: Parameters<'_>,
    ) -> Result<Request, Failure> {
        let parameter = |name: &str| parameters.get(name);
        let FilledAddress { path, parts } = address.fill(parameter);
        let name = address.base();
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
        let mut request = match body {
            None => Request::get(base, path, parts),
            Some(body) => Request::post(base, path, parts, body.fill(&parameter)),
        };
        if self.safe && body.is_some() {
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
