//! A request of a badge, whose parameters are not filled in yet.

use std::collections::BTreeMap;

use badgesmith_provider::Request;

use super::{
    address_template::{AddressTemplate, FilledAddress},
    body_template::BodyTemplate,
    parameters::Parameters,
    secret_table::SecretTemplate,
    status_words::{ErrorStatus, FailureWords},
};

/// A request, and the words for the error statuses of its answer.
#[derive(Debug)]
pub(super) struct RequestRecipe {
    pub(super) address: AddressTemplate,
    pub(super) body: Option<BodyTemplate>,
    pub(super) safe: bool,
    pub(super) accept: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) secret: Option<SecretTemplate>,
    pub(super) statuses: BTreeMap<ErrorStatus, FailureWords>,
}

impl RequestRecipe {
    /// The request, each parameter encoded in its place.
    pub(super) fn fill(&self, parameters: Parameters<'_>) -> Request {
        let parameter = |name: &str| parameters.get(name);
        let FilledAddress { path, parts } = self.address.fill(parameter);
        let base = parameters.call.setting(self.address.base());
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
        match &self.secret {
            Some(secret) => request.authorize(secret.fill(parameter)),
            None => request,
        }
    }
}
