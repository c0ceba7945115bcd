//! A manifest's example as an address that leads nowhere else.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What ends an address where it is pasted, or begins something else: in HTML, Markdown, reStructuredText, AsciiDoc, or
/// in a browser that reads `\` as `/`. What is encoded already stays so.
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

/// The address without its host and without the slash after it.
///
/// As `./` and this it leads to this server wherever it stands, also below a path of a larger one: an example that
/// begins with two slashes, or with `javascript:`, is a path too.
pub(crate) fn relative(example: &str) -> String {
    utf8_percent_encode(example.trim_start_matches(['/', '\\']), ENDS).to_string()
}

/// The same as an SVG, where an address without an ending is JSON.
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
    fn an_example_becomes_a_picture_before_its_query() {
        assert_eq!(picture("/badges/a/b?tag=x y"), "badges/a/b.svg?tag=x%20y");
        assert_eq!(picture("/badges/é/%20(\"<"), "badges/%C3%A9/%20%28%22%3C.svg");
    }
}
