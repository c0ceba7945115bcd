//! What to paste where a badge is to be seen. `page.js` writes the same for the builder.

use std::fmt::Write;

use super::html::escape;

/// The server in front of an address, until a script knows better.
const SERVER: &str = "https://HOST/";

/// The picture at `address` (relative) in each language: its name and the text.
pub(crate) fn all(address: &str, alt: &str) -> [(&'static str, String); 4] {
    // A line's end would end an option or a macro.
    let alt = alt.split_whitespace().collect::<Vec<_>>().join(" ");
    [
        ("Markdown", markdown(address, &alt)),
        ("HTML", format!("<img src=\"{SERVER}{}\" alt=\"{}\">", escape(address), escape(&alt))),
        ("reStructuredText", format!(".. image:: {SERVER}{address}\n   :alt: {alt}")),
        ("AsciiDoc", asciidoc(address, &alt)),
    ]
}

fn markdown(address: &str, alt: &str) -> String {
    let alt = marked(alt, &['\\', '[', ']', '*', '_', '<', '`', '&', '|', '$']);
    format!("![{alt}]({SERVER}{address})")
}

/// AsciiDoc makes signs of some letters before it looks for images: in an address they are percent-encoded, in words
/// they are references, which it leaves alone.
fn asciidoc(address: &str, alt: &str) -> String {
    let mut plain = format!("{SERVER}{address}");
    for (sign, encoded) in [("_", "%5F"), ("*", "%2A"), ("~", "%7E"), ("--", "%2D%2D"), ("...", "%2E%2E%2E")] {
        plain = plain.replace(sign, encoded);
    }
    let alt = alt.chars().fold(String::with_capacity(alt.len()), |mut words, char| {
        if "\"&'()*+<>[\\]^_`{|}~#/@".contains(char) {
            // Writing to a String cannot fail.
            let _ = write!(words, "&#{};", u32::from(char));
        } else {
            words.push(char);
        }
        words
    });
    let alt = alt.replace("--", "&#45;&#45;").replace("...", "&#46;&#46;&#46;");
    format!("image:{plain}[\"{alt}\"]")
}

/// The text with a backslash before each of `signs`.
fn marked(text: &str, signs: &[char]) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut marked, char| {
        if signs.contains(&char) {
            marked.push('\\');
        }
        marked.push(char);
        marked
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_pasted_as_each_language_writes_images() {
        let texts = all("badges/a--b_c.svg?x=1&y=2", "a [b]\n\"c\"");
        assert_eq!(
            texts.map(|(_, text)| text),
            [
                r#"![a \[b\] "c"](https://HOST/badges/a--b_c.svg?x=1&y=2)"#,
                r#"<img src="https://HOST/badges/a--b_c.svg?x=1&amp;y=2" alt="a [b] &quot;c&quot;">"#,
                ".. image:: https://HOST/badges/a--b_c.svg?x=1&y=2\n   :alt: a [b] \"c\"",
                r#"image:https://HOST/badges/a%2D%2Db%5Fc.svg?x=1&y=2["a &#91;b&#93; &#34;c&#34;"]"#,
            ]
        );
    }
}
