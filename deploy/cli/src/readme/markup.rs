//! The markup languages of READMEs.

use std::{ffi::OsStr, path::Path};

/// A markup language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Markup {
    Markdown,
    Html,
    /// reStructuredText.
    Rest,
    AsciiDoc,
}

/// The file extensions of each language, in lower case.
const EXTENSIONS: [(Markup, &[&str]); 4] = [
    (Markup::Markdown, &["md", "markdown", "mdown", "mkd", "mkdn", "mdx"]),
    (Markup::Html, &["html", "htm", "xhtml"]),
    (Markup::Rest, &["rst", "rest"]),
    (Markup::AsciiDoc, &["adoc", "asciidoc", "asc"]),
];

impl Markup {
    /// The language of a file in a directory; `None` for a file that is no document. A README without an extension, or
    /// with `.txt`, is read as Markdown.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let lower = |text: Option<&OsStr>| text.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let (stem, extension) = (lower(path.file_stem()), lower(path.extension()));
        let known = EXTENSIONS.iter().find(|(_, extensions)| extensions.contains(&&*extension));
        let is_readme = stem == "readme" && matches!(&*extension, "" | "txt");
        known.map(|(markup, _)| *markup).or(is_readme.then_some(Self::Markdown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_in_the_language_that_its_name_says() {
        for (name, expected) in [
            ("README.md", Some(Markup::Markdown)),
            ("docs/Guide.MARKDOWN", Some(Markup::Markdown)),
            ("README", Some(Markup::Markdown)),
            ("readme.txt", Some(Markup::Markdown)),
            ("index.html", Some(Markup::Html)),
            ("README.rst", Some(Markup::Rest)),
            ("README.adoc", Some(Markup::AsciiDoc)),
            ("notes.txt", None),
            ("main.rs", None),
            (".gitignore", None),
        ] {
            assert_eq!(Markup::of(Path::new(name)), expected, "{name}");
        }
    }
}
