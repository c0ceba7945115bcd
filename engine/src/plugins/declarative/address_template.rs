//! The address of a request: `{setting}/path/{parameter}/{rest/}?query={parameter}`.
//!
//! `{group|path}` is a parameter whose dots become slashes, and `{name|lower}` one in lower case.

use std::{error::Error, fmt};

use serde::Deserialize;

use super::braces::{self, LoneBrace, TextPiece};

/// An address whose parameters are not filled in yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct AddressTemplate {
    /// The name of the setting or the parameter that it begins with.
    base: String,
    path: Vec<TextPiece>,
    /// The pairs of the query, each without its `&`.
    pairs: Vec<Vec<TextPiece>>,
}

/// A filled address, as `Request::get` takes it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FilledAddress {
    /// The address after the base, with a `{}` for every part.
    pub(super) path: String,
    pub(super) parts: Vec<String>,
}

impl AddressTemplate {
    /// The name of the setting or the parameter that it begins with.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The names of all parameters after the base.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.path_names().chain(self.pairs.iter().flat_map(|pair| braces::names(pair)))
    }

    /// The names of the parameters in the path, none of which can be empty.
    pub(super) fn path_names(&self) -> impl Iterator<Item = &str> {
        braces::names(&self.path)
    }

    /// Fills in the parameters. A pair of the query with an empty parameter is left out.
    pub(super) fn fill<'a>(&self, parameter: impl Fn(&str) -> &'a str) -> FilledAddress {
        let mut filled = FilledAddress::default();
        filled.add(&self.path, &parameter);
        let is_sent = |pair: &&Vec<TextPiece>| braces::names(pair).all(|name| !parameter(name).is_empty());
        for (at, pair) in self.pairs.iter().filter(is_sent).enumerate() {
            filled.path.push(if at == 0 { '?' } else { '&' });
            filled.add(pair, &parameter);
        }
        filled
    }
}

impl FilledAddress {
    fn add<'a>(&mut self, pieces: &[TextPiece], parameter: impl Fn(&str) -> &'a str) {
        for piece in pieces {
            match piece {
                TextPiece::Literal(text) => self.path.push_str(text),
                TextPiece::Name(name) => self.push_part(parameter(name)),
                TextPiece::Lower(name) => self.push_part(&parameter(name).to_lowercase()),
                TextPiece::Path(name) => self.push_path(parameter(name).split('/')),
                TextPiece::DotsAsPath(name) => self.push_path(parameter(name).split('.')),
            }
        }
    }

    fn push_path<'p>(&mut self, segments: impl Iterator<Item = &'p str>) {
        for (at, segment) in segments.enumerate() {
            self.path.push_str(if at == 0 { "" } else { "/" });
            self.push_part(segment);
        }
    }

    fn push_part(&mut self, part: &str) {
        self.path.push_str("{}");
        self.parts.push(part.to_owned());
    }
}

/// Why a text is not an address, with what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AddressTemplateError {
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

impl TryFrom<String> for AddressTemplate {
    type Error = AddressTemplateError;

    fn try_from(text: String) -> Result<Self, AddressTemplateError> {
        let pieces = braces::parse_address(&text).map_err(AddressTemplateError::Brace)?;
        let Some((TextPiece::Name(base), rest)) = pieces.split_first() else {
            return Err(AddressTemplateError::NoSetting(text));
        };
        if !matches!(rest, [TextPiece::Literal(path), ..] if path.starts_with('/')) {
            return Err(AddressTemplateError::NoSlash(base.clone()));
        }
        let mut places = vec![Vec::new()];
        let mut shape = String::new();
        for piece in rest {
            let TextPiece::Literal(text) = piece else {
                shape.push_str("{}");
                push(&mut places, piece.clone());
                continue;
            };
            if let Some(letter) = text.chars().find(|letter| !is_plain(*letter)) {
                return Err(AddressTemplateError::Character(letter));
            }
            shape.push_str(text);
            split(text, &mut places);
        }
        if shape.split(['/', '?']).any(|segment| matches!(segment, "." | "..")) {
            return Err(AddressTemplateError::DotSegment(text));
        }
        let mut places = places.into_iter();
        let path = places.next().unwrap_or_default();
        Ok(Self { base: base.clone(), path, pairs: places.collect() })
    }
}

/// Divides a literal text at the first `?` of the address, and at each `&` after it.
fn split(text: &str, places: &mut Vec<Vec<TextPiece>>) {
    let mut rest = text;
    loop {
        let divider = if places.len() == 1 { '?' } else { '&' };
        let (piece, after) = rest.split_once(divider).map_or((rest, None), |(piece, after)| (piece, Some(after)));
        if !piece.is_empty() {
            push(places, TextPiece::Literal(piece.to_owned()));
        }
        let Some(after) = after else { return };
        places.push(Vec::new());
        rest = after;
    }
}

fn push(places: &mut [Vec<TextPiece>], piece: TextPiece) {
    if let Some(place) = places.last_mut() {
        place.push(piece);
    }
}

/// Whether an address can have this character unencoded.
fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._~:/?@!$&'()*+,;=%[]".contains(letter)
}

impl fmt::Display for AddressTemplateError {
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

impl Error for AddressTemplateError {}

#[cfg(test)]
mod tests {
    use badgesmith_provider::Request;

    use super::*;

    fn filled(template: &str) -> String {
        let template = AddressTemplate::try_from(template.to_owned()).unwrap();
        let FilledAddress { path, parts } = template.fill(|name| match name {
            "x" => "a/b?c",
            "y" => "d\"e",
            "group" => "com.Acme.x/y",
            _ => "",
        });
        Request::get("https://example.com/root/", path, parts).url().unwrap()
    }

    #[test]
    fn every_parameter_stays_in_its_place() {
        let rows = [
            ("{upstream}/a/{x}-{y}.json?q=%22{x}%22", "a/a%2Fb%3Fc-d%22e.json?q=%22a%2Fb%3Fc%22"),
            ("{upstream}/a/{x/}/z?q={x/}", "a/a/b%3Fc/z?q=a/b%3Fc"),
            ("{upstream}/{group|path}/a?q={group|lower}", "com/Acme/x%2Fy/a?q=com.acme.x%2Fy"),
            ("{upstream}/a?x=1&&y=?&z", "a?x=1&&y=?&z"),
        ];
        for (template, expected) in rows {
            assert_eq!(filled(template), format!("https://example.com/root/{expected}"), "{template}");
        }
    }

    #[test]
    fn a_pair_of_the_query_without_a_value_is_not_sent() {
        let rows = [
            ("{upstream}/a?q={none}", "a"),
            ("{upstream}/a?q={none}&y={y}", "a?y=d%22e"),
            ("{upstream}/a?y={y}&q={none}&z", "a?y=d%22e&z"),
            ("{upstream}/a?q=x{none}{y}&r=", "a?r="),
        ];
        for (template, expected) in rows {
            assert_eq!(filled(template), format!("https://example.com/root/{expected}"), "{template}");
        }
    }
}
