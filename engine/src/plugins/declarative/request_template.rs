//! The one request of a badge: `{setting}/path/{parameter}?query={parameter}`.

use std::{error::Error, fmt};

use badgesmith_provider::{Call, Request};
use serde::Deserialize;

use super::braces::{self, LoneBrace, TextPiece};

/// A request whose parameters are not filled in yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct RequestTemplate {
    /// The setting whose address it begins with.
    base: String,
    /// What follows, with a `{}` for every parameter.
    path: String,
    /// The names of the parameters, in their order.
    names: Vec<String>,
    /// The `Accept` header.
    accept: Option<String>,
}

impl RequestTemplate {
    /// Sets the `Accept` header.
    pub(super) fn accept(mut self, media_type: Option<String>) -> Self {
        self.accept = media_type;
        self
    }

    /// The setting whose address it begins with.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The names of its parameters.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The request, each parameter percent-encoded in its place.
    pub(super) fn fill<'a>(&self, call: &Call, parameter: impl Fn(&str) -> &'a str) -> Request {
        let request = Request::get(call.setting(&self.base), self.path.clone(), self.names().map(parameter));
        match &self.accept {
            Some(media_type) => request.accept(media_type.clone()),
            None => request,
        }
    }
}

/// Why a text is not a request, with what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RequestTemplateError {
    /// The text does not begin with a setting.
    NoSetting(String),
    /// No slash follows the setting of this name.
    NoSlash(String),
    /// A brace does not enclose a name.
    Brace(LoneBrace),
    /// An address cannot have this character.
    Character(char),
    /// The text has a segment `.` or `..`.
    DotSegment(String),
}

impl TryFrom<String> for RequestTemplate {
    type Error = RequestTemplateError;

    fn try_from(text: String) -> Result<Self, RequestTemplateError> {
        let pieces = braces::parse(&text).map_err(RequestTemplateError::Brace)?;
        let Some((TextPiece::Name(base), rest)) = pieces.split_first() else {
            return Err(RequestTemplateError::NoSetting(text));
        };
        if !matches!(rest, [TextPiece::Literal(path), ..] if path.starts_with('/')) {
            return Err(RequestTemplateError::NoSlash(base.clone()));
        }
        let mut path = String::new();
        for piece in rest {
            match piece {
                TextPiece::Literal(text) => match text.chars().find(|letter| !is_plain(*letter)) {
                    Some(letter) => return Err(RequestTemplateError::Character(letter)),
                    None => path.push_str(text),
                },
                TextPiece::Name(_) => path.push_str("{}"),
            }
        }
        if path.split(['/', '?']).any(|segment| matches!(segment, "." | "..")) {
            return Err(RequestTemplateError::DotSegment(text));
        }
        let names = braces::names(rest).map(str::to_owned).collect();
        Ok(Self { base: base.clone(), path, names, accept: None })
    }
}

/// Whether an address can have this character unencoded.
fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._~:/?@!$&'()*+,;=%[]".contains(letter)
}

impl fmt::Display for RequestTemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSetting(text) => {
                let path = text.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
                let path = path.map_or(text.as_str(), |(_, path)| path).trim_start_matches('/');
                let get = format!("{{upstream}}/{path}");
                write!(
                    f,
                    "it begins with no setting; write get = {get:?} and settings = {{ upstream = \"https://…\" }}"
                )
            }
            Self::NoSlash(base) => write!(f, "no / follows the setting; write get = \"{{{base}}}/…\""),
            Self::Brace(fault) => fault.fmt(f),
            Self::Character(letter) => {
                write!(f, "{letter:?} cannot stand in an address; write it percent-encoded")
            }
            Self::DotSegment(text) => {
                write!(f, "{text:?} has a segment . or ..; write the path that is meant")
            }
        }
    }
}

impl Error for RequestTemplateError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_stays_in_its_place() {
        let template = RequestTemplate::try_from("{upstream}/a/{x}-{y}.json?q=%22{x}%22".to_owned()).unwrap();
        let mut call = Call::new("");
        call.settings.insert("upstream".to_owned(), "https://example.com/root/".to_owned());
        let request = template.fill(&call, |name| if name == "x" { "a/b?c" } else { "d\"e" });
        assert_eq!(request.url().unwrap(), "https://example.com/root/a/a%2Fb%3Fc-d%22e.json?q=%22a%2Fb%3Fc%22");
    }
}
