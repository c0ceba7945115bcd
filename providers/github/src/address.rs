//! An address of GitHub's API, before the host and the token.

/// A path with its parts and its query. Building a request from it takes much more code, so that is done in one place.
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
    /// Whether the raw contents of a file are wanted, and not GitHub's description of it.
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

    /// Requests the raw contents of a file.
    pub(crate) const fn raw(self) -> Self {
        Self { is_raw: true, ..self }
    }

    /// Sets the further parameters of the query.
    pub(crate) const fn query(self, query: &'x [(&'x str, Option<&'x str>)]) -> Self {
        Self { query, ..self }
    }
}
