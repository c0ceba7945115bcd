//! An address of GitHub's API, before the host and the token.

/// A path with its parts and its query. Building a request takes much more code than this, and is in one place.
#[derive(Clone, Copy, Default)]
pub(crate) struct Address<'x> {
    /// The template of the path; it may have a query, too.
    pub(crate) path: &'x str,
    /// What replaces each `{}` of the path.
    pub(crate) parts: &'x [&'x str],
    /// A path below that, whose slashes stay.
    pub(crate) below: &'x str,
    /// The further parameters of the query. Those without a value are left out.
    pub(crate) query: &'x [(&'x str, Option<&'x str>)],
    /// Whether a file is wanted as it is, and not what GitHub says of it.
    pub(crate) is_raw: bool,
}

impl<'x> Address<'x> {
    /// The address with this path.
    pub(crate) const fn of(path: &'x str) -> Self {
        Self { path, parts: &[], below: "", query: &[], is_raw: false }
    }

    /// Sets what replaces each `{}` of the path.
    pub(crate) const fn parts(self, parts: &'x [&'x str]) -> Self {
        Self { parts, ..self }
    }

    /// Sets the path below.
    pub(crate) const fn below(self, below: &'x str) -> Self {
        Self { below, ..self }
    }

    /// Asks for a file as it is.
    pub(crate) const fn raw(self) -> Self {
        Self { is_raw: true, ..self }
    }

    /// Sets the further parameters of the query.
    pub(crate) const fn query(self, query: &'x [(&'x str, Option<&'x str>)]) -> Self {
        Self { query, ..self }
    }
}
