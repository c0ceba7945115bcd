//! The languages of documents.

/// The language of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// RFC 8259.
    Json,
    /// XML 1.0 with namespaces, without entity declarations.
    Xml,
    /// YAML 1.2, one document, with merge keys.
    Yaml,
    /// TOML 1.1.
    Toml,
}

impl DocumentKind {
    /// Its name in lower case.
    ///
    /// ```
    /// assert_eq!(badgesmith_queries::DocumentKind::Yaml.name(), "yaml");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
        }
    }
}
