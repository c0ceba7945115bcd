//! The one request of a badge: `{setting}/path/{part}?query={part}`.

use badgesmith_provider::{Call, Request};
use serde::Deserialize;

use super::braces::{self as template, Piece};

/// A request with its parts left open.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Get {
    /// The setting whose address it begins with.
    base: String,
    /// What follows, with a `{}` for every part.
    path: String,
    /// The names of the parts.
    names: Vec<String>,
    /// The media type to ask for.
    accept: Option<String>,
}

impl Get {
    /// Asks for a media type.
    pub(super) fn accept(mut self, media_type: Option<String>) -> Self {
        self.accept = media_type;
        self
    }

    /// The setting whose address it begins with.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The names of its parts.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The request, each part percent-encoded in its place.
    pub(super) fn request<'a>(&self, call: &Call, part: impl Fn(&str) -> &'a str) -> Request {
        let request = Request::get(call.setting(&self.base), self.path.clone(), self.names().map(part));
        match &self.accept {
            Some(media_type) => request.accept(media_type.clone()),
            None => request,
        }
    }
}

impl TryFrom<String> for Get {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let pieces = template::parse(&text)?;
        let Some((Piece::Name(base), rest)) = pieces.split_first() else { return Err(no_base(&text)) };
        if !matches!(rest, [Piece::Text(path), ..] if path.starts_with('/')) {
            return Err(format!("no / follows the setting; write get = \"{{{base}}}/…\""));
        }
        let mut path = String::new();
        for piece in rest {
            match piece {
                Piece::Text(text) => path.push_str(plain(text)?),
                Piece::Name(_) => path.push_str("{}"),
            }
        }
        if path.split(['/', '?']).any(|segment| matches!(segment, "." | "..")) {
            return Err(format!("{text:?} has a segment . or ..; write the path that is meant"));
        }
        let names = template::names(rest).map(str::to_owned).collect();
        Ok(Self { base: base.clone(), path, names, accept: None })
    }
}

fn no_base(text: &str) -> String {
    let path = text.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(text, |(_, path)| path);
    let path = path.trim_start_matches('/');
    format!(
        "it begins with no setting; write get = {:?} and settings = {{ upstream = \"https://…\" }}",
        format!("{{upstream}}/{path}")
    )
}

/// Text that an address may have as it is.
fn plain(text: &str) -> Result<&str, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~:/?@!$&'()*+,;=%[]".contains(letter);
    match text.chars().find(|letter| !is_plain(*letter)) {
        Some(letter) => Err(format!("{letter:?} cannot stand in an address; write it percent-encoded")),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_stays_in_its_place() {
        let get = Get::try_from("{upstream}/a/{x}-{y}.json?q=%22{x}%22".to_owned()).unwrap();
        let mut call = Call::new("");
        call.settings.insert("upstream".to_owned(), "https://example.com/root/".to_owned());
        let request = get.request(&call, |name| if name == "x" { "a/b?c" } else { "d\"e" });
        assert_eq!(request.url().unwrap(), "https://example.com/root/a/a%2Fb%3Fc-d%22e.json?q=%22a%2Fb%3Fc%22");
    }
}
