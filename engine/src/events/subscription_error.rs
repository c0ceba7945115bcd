//! Why a `[[subscription]]` is refused, with what to write instead. An error shows only the origin of an address.

use std::{error::Error, fmt};

use url::ParseError;

use super::form::Form;
use crate::origin::Origin;

/// The first mistake of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionError {
    /// The subscription's name, as it was written.
    pub name: String,
    /// What is wrong.
    pub mistake: SubscriptionMistake,
}

/// What is wrong in a `[[subscription]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionMistake {
    /// Its name is not allowed.
    Name,
    /// It has neither `url` nor `sns`.
    NoTarget,
    /// It has `url` and `sns`.
    TwoTargets,
    /// Its `url` is not a valid address of a receiver.
    Address(AddressMistake),
    /// `url.origin` is not an origin.
    SecretOrigin(AddressMistake),
    /// The key of this name has an invalid purpose.
    Purpose(&'static str),
    /// `sns` is neither the name nor the ARN of a topic.
    Arn(String),
    /// Its webhooks would not be signed.
    NoSecret,
    /// It has a secret, but webhooks in this form are not signed.
    SecretInForm(Form),
    /// It has a secret, but messages to a topic are signed by SNS.
    SecretForTopic,
    /// It has a form, but a topic gets JSON.
    FormForTopic(Form),
    /// It has no events.
    NoEvents,
    /// It has an event twice.
    RepeatedEvent(&'static str),
    /// A filter is not a valid pattern.
    Filter {
        /// The key of the filter.
        key: &'static str,
        /// What was written.
        text: String,
    },
    /// A filter for owners or repositories has a slash.
    SlashInFilter {
        /// The key of the filter.
        key: &'static str,
        /// What was written.
        text: String,
    },
}

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressMistake {
    /// It is not a URL.
    NoUrl(ParseError),
    /// It is plain http to another machine.
    PlainHttp(Origin),
    /// It has this scheme.
    Scheme(String),
    /// It has a user or a password.
    User,
    /// It has a fragment.
    Fragment,
    /// It has more parts than an origin.
    MoreThanOrigin(Origin),
}

impl fmt::Display for SubscriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "subscription {:?}: {}", self.name, self.mistake)
    }
}

impl fmt::Display for SubscriptionMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => {
                f.write_str("its name is not 1 to 64 lower-case letters, digits and -; write name = \"team\"")
            }
            Self::NoTarget => f.write_str(
                "it has no receiver; write url = \"https://…\", \
                 url = { secret = \"TeamSlack\", origin = \"https://hooks.slack.com\" } or sns = \"badge-events\"",
            ),
            Self::TwoTargets => f.write_str("it has url and sns; make a subscription of each"),
            Self::Address(mistake) => write!(f, "url: {mistake}"),
            Self::SecretOrigin(mistake) => write!(f, "url.origin: {mistake}"),
            Self::Purpose(key) => write!(
                f,
                "{key} is no purpose of a secret, which has 1 to 64 letters, digits, '.', '_' and '-'; \
                 write {key} = \"TeamEvents\", the purpose under which the server's own secret is stored"
            ),
            Self::Arn(text) => write!(
                f,
                "sns: {text:?} is no name nor ARN of a topic; write sns = \"badges\" or \
                 sns = \"arn:aws:sns:eu-central-1:123456789012:badges\""
            ),
            Self::NoSecret => f.write_str(
                "its webhooks would not be signed; write secret = \"TeamEvents\", and store one with \
                 `badgesmith secret set --owner '*' --purpose TeamEvents --generate=webhook`",
            ),
            Self::SecretInForm(form) => write!(
                f,
                "it has a secret, but nothing is signed with form = \"{form}\"; leave out secret, or write url = \
                 {{ secret = …, origin = … }} if the address is the secret"
            ),
            Self::SecretForTopic => f.write_str("it has a secret, but SNS signs what it sends; leave out secret"),
            Self::FormForTopic(form) => write!(f, "it has form = \"{form}\", but a topic gets JSON; leave out form"),
            Self::NoEvents => f.write_str("it has no events; write events = [\"badge.changed\"]"),
            Self::RepeatedEvent(name) => write!(f, "events has {name:?} twice; take one away"),
            Self::Filter { key, text } => write!(
                f,
                "{key}: {text:?} is no filter; write a name without blanks, in which * stands for any characters, or \
                 leave out {key} for all"
            ),
            Self::SlashInFilter { key, text } => write!(
                f,
                "{key}: {text:?} has a slash; write the owner and the repository apart: \
                 owner = \"acme\" and repo = \"tools\""
            ),
        }
    }
}

impl fmt::Display for AddressMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUrl(fault) => write!(f, "this is no address: {fault}; write https://host/path"),
            Self::PlainHttp(origin) => {
                write!(f, "{origin} is plain http, which is for this machine only; write https")
            }
            Self::Scheme(scheme) => write!(f, "{scheme}: is not https; write https://host/path"),
            Self::User => f.write_str("the address has a user or a password; take it out, webhooks are signed instead"),
            Self::Fragment => f.write_str("the address has a fragment, which is never sent; take out # and the rest"),
            Self::MoreThanOrigin(origin) => write!(f, "this is more than an origin; write {origin}"),
        }
    }
}

impl Error for SubscriptionError {}

impl Error for SubscriptionMistake {}

impl Error for AddressMistake {}
