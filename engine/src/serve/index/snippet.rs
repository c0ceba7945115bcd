//! Code to paste a badge into a document. `page.js` generates the same for the builder.

use std::fmt::Write;

use super::html::escape;

/// A placeholder for this server, which `page.js` replaces.
const SERVER: &str = "https://HOST/";

/// The code for the badge at a relative address, for each markup language: the language's name and the code.
pub(crate) fn all(address: &str, alt: &str) -> [(&'static str, String); 4] {
    // A line break would end an option of reStructuredText or a macro of AsciiDoc.
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

/// AsciiDoc applies text formatting and replacements before it parses image macros. Characters that trigger them are
/// percent-encoded in the address, and written as character references in the alternative text.
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

/// Escapes each of `signs` with a backslash.
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
    fn a_badge_is_an_image_in_each_markup_language() {
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
