//! A call of SNS, whose protocol uses URL-encoded forms.

use std::time::Duration;

use form_urlencoded::Serializer;

use crate::signed_call::{SignedCall, SignedService};

/// The version of SNS' protocol, which every call names.
const VERSION: &str = "2010-03-31";

/// The form of an action, to which its parameters are added.
pub(crate) fn form(action: &str) -> Serializer<'static, String> {
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", action).append_pair("Version", VERSION);
    form
}

/// The call with this form.
pub(crate) fn call(operation: &'static str, mut form: Serializer<'static, String>) -> SignedCall {
    SignedCall { service: SignedService::Sns, operation, body: form.finish(), waits: Duration::ZERO }
}
