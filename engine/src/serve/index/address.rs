//! The example address of a manifest, as a link that stays on this server.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The characters that have a meaning around addresses in HTML, Markdown, reStructuredText or AsciiDoc, and `\`, which
/// browsers read as `/`. They are percent-encoded. `%` is not, so what is encoded already stays as it is.
const ENDS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The address as a relative path, to be written after `./`.
///
/// Such a link stays on this server, and works if the server is mounted below a path. An example that begins with two
/// slashes or with `javascript:` becomes a harmless path.
pub(crate) fn relative(example: &str) -> String {
    utf8_percent_encode(example.trim_start_matches(['/', '\\']), ENDS).to_string()
}

/// The relative path of the same badge as an SVG; without the ending it is JSON.
pub(crate) fn picture(example: &str) -> String {
    let address = relative(example);
    match address.split_once('?') {
        Some((path, query)) => format!("{path}.svg?{query}"),
        None => format!("{address}.svg"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_never_leads_to_another_host() {
        let base = url::Url::parse("https://badges.example/").unwrap();
        for example in
            ["//evil.example/x", "/\\evil.example/x", "\\\\evil.example", "/\t/evil.example", "/javascript:x"]
        {
            let address = base.join(&format!("./{}", relative(example))).unwrap();
            assert_eq!((address.scheme(), address.host_str()), ("https", Some("badges.example")), "{example}");
        }
    }

    #[test]
    fn the_ending_of_a_picture_is_added_before_the_query() {
        assert_eq!(picture("/badges/a/b?tag=x y"), "badges/a/b.svg?tag=x%20y");
        assert_eq!(picture("/badges/é/%20(\"<"), "badges/%C3%A9/%20%28%22%3C.svg");
    }
}
