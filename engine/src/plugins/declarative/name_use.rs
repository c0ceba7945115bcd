//! The names that the texts of a badge use, and their offsets in the file.

use crate::toml_reader::Spanned;

/// A `{name}` in a text of a badge.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameUse<'t> {
    pub(super) name: &'t str,
    /// The offset of the text.
    pub(super) offset: usize,
}

impl<'t> NameUse<'t> {
    /// All names of one text.
    pub(super) fn all<T>(
        text: &Spanned<T>,
        names: impl IntoIterator<Item = &'t str>,
    ) -> impl Iterator<Item = NameUse<'t>> {
        let offset = text.span().start;
        names.into_iter().map(move |name| NameUse { name, offset })
    }
}
