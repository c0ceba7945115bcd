//! The label of a badge: a text that may hold `{parameter}` and `{setting.host}`.

use std::borrow::Cow;

use badgesmith_provider::{BadgeRoute, Manifest};
use url::Url;

use crate::route::RouteTemplate;

/// The suffix after the name of a setting in a label.
const HOST: &str = ".host";

/// A piece of a label.
enum LabelPiece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// The names in a label, in their order.
pub(super) fn names(label: &str) -> Vec<&str> {
    let names = pieces(label).into_iter().filter_map(|piece| match piece {
        LabelPiece::Name(name) => Some(name),
        LabelPiece::Text(_) => None,
    });
    names.collect()
}

/// The first name in the label of a badge that is neither one of its parameters nor a setting's host.
pub(super) fn unknown_name<'b>(
    badge: &'b BadgeRoute,
    template: &RouteTemplate,
    manifest: &Manifest,
) -> Option<&'b str> {
    let is_known = |name: &str| {
        let is_host = || name.strip_suffix(HOST).is_some_and(|setting| manifest.settings.contains_key(setting));
        let is_query = || badge.query.iter().any(|query| query == name);
        template.has(name) || badge.fixed.contains_key(name) || is_query() || is_host()
    };
    names(&badge.label).into_iter().find(|name| !is_known(name))
}

/// The label with its names replaced, and without blanks around it. `setting` returns the values of settings,
/// `parameter` those of all other names.
pub(crate) fn fill<'t>(
    label: &'t str,
    parameter: impl Fn(&str) -> Option<&'t str>,
    setting: impl Fn(&str) -> Option<&'t str>,
) -> Cow<'t, str> {
    if !label.contains('{') {
        return Cow::Borrowed(label);
    }
    let mut filled = String::new();
    for piece in pieces(label) {
        match piece {
            LabelPiece::Text(text) => filled.push_str(text),
            LabelPiece::Name(name) => match (parameter(name), name.strip_suffix(HOST).and_then(&setting)) {
                (Some(value), _) => filled.push_str(value),
                (None, Some(address)) => filled.push_str(&host(address)),
                (None, None) => {}
            },
        }
    }
    Cow::Owned(filled.trim().to_owned())
}

/// The host of an address; empty if it has none.
fn host(address: &str) -> String {
    Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// The pieces of a label. Braces that do not enclose a name are text, and so are doubled braces.
fn pieces(label: &str) -> Vec<LabelPiece<'_>> {
    let mut pieces = Vec::new();
    let mut text = 0;
    let mut at = 0;
    while let Some(open) = label[at..].find('{').map(|open| at + open) {
        let from = &label[open + 1..];
        at = if from.starts_with('{') { open + 2 } else { open + 1 };
        let name = from.split_once('}').map(|(name, _)| name);
        if let Some(name) = name.filter(|name| !name.is_empty() && !name.contains('{')) {
            pieces.extend([LabelPiece::Text(&label[text..open]), LabelPiece::Name(name)]);
            at = open + name.len() + 2;
            text = at;
        }
    }
    pieces.push(LabelPiece::Text(&label[text..]));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_the_values_of_its_parameters_and_the_hosts_of_settings() {
        let parameter = |name: &str| (name == "package").then_some("a{b}");
        let setting = |name: &str| match name {
            "upstream" => Some("https://registry.example:8443/api"),
            "downloads" => Some(""),
            _ => None,
        };
        for (label, filled) in [
            ("npm", "npm"),
            ("{package}", "a{b}"),
            ("{package} on {upstream.host}", "a{b} on registry.example"),
            ("{downloads.host} ", ""),
            ("{other} x", "x"),
            ("a {lone brace", "a {lone brace"),
            ("{} {{package}}", "{} {{package}}"),
        ] {
            assert_eq!(fill(label, parameter, setting), filled, "{label}");
        }
    }
}
