//! The secret of a request: `secret = { name = "token", owner = "{owner}" }`.

use badgesmith_provider::{Auth, Scheme};
use serde::Deserialize;

use super::{braces::TextTemplate, file_error::FileFault, header::HeaderName};
use crate::toml_reader::Spanned;

/// A secret as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SecretTable {
    pub(super) name: Spanned<String>,
    owner: Spanned<TextTemplate>,
    #[serde(default)]
    r#in: Scheme,
    r#as: Option<Spanned<String>>,
    user: Option<Spanned<TextTemplate>>,
    #[serde(default)]
    pub(super) optional: bool,
}

/// The secret of a request, and its place in the request.
#[derive(Debug)]
pub(super) struct SecretTemplate {
    name: String,
    owner: TextTemplate,
    scheme: Scheme,
    sent_as: Option<String>,
    user: Option<TextTemplate>,
    optional: bool,
}

impl SecretTable {
    /// The texts that may contain parameters.
    pub(super) fn texts(&self) -> impl Iterator<Item = &Spanned<TextTemplate>> {
        [Some(&self.owner), self.user.as_ref()].into_iter().flatten()
    }

    /// Whether servers of version 0.1 cannot send the secret this way.
    pub(super) fn is_beyond_authorization(&self) -> bool {
        self.optional || self.user.is_some() || self.r#as.is_some()
    }

    /// The secret, after a check that its keys fit together.
    pub(super) fn template(self) -> Result<SecretTemplate, FileFault> {
        let Self { name, owner, r#in: scheme, r#as: sent_as, user, optional } = self;
        if name.get_ref().trim().is_empty() {
            return Err(FileFault::at(&name, "it is empty; write the name of a secret, such as \"token\""));
        }
        let has_name = matches!(scheme, Scheme::Header | Scheme::Query);
        match &sent_as {
            Some(sent_as) if !has_name => {
                return Err(FileFault::at(sent_as, "as is for in = \"header\" or \"query\"; take it away"));
            }
            Some(sent_as) if scheme == Scheme::Header => {
                let checked = HeaderName::try_from(sent_as.get_ref().clone());
                checked.map_err(|fault| FileFault::at(sent_as, fault.to_string()))?;
            }
            Some(sent_as) if !sent_as.get_ref().bytes().all(is_parameter) || sent_as.get_ref().is_empty() => {
                return Err(FileFault::at(sent_as, "write the name of a query parameter, such as \"api_key\""));
            }
            None if has_name => {
                let words = "there is no as; write as = …, the name of the header or of the query parameter";
                return Err(FileFault::at(&name, words));
            }
            _ => {}
        }
        if let Some(user) = user.as_ref().filter(|_| scheme != Scheme::Basic) {
            return Err(FileFault::at(user, "a user is for in = \"basic\"; take it away"));
        }
        Ok(SecretTemplate {
            name: name.into_inner(),
            owner: owner.into_inner(),
            scheme,
            sent_as: sent_as.map(Spanned::into_inner),
            user: user.map(Spanned::into_inner),
            optional,
        })
    }
}

impl SecretTemplate {
    /// The secret with its owner.
    pub(super) fn fill<'a>(&self, parameter: impl Fn(&str) -> &'a str) -> Auth {
        Auth {
            scheme: self.scheme,
            name: self.sent_as.clone(),
            user: self.user.as_ref().map(|user| user.fill(&parameter)),
            optional: self.optional,
            ..Auth::bearer(self.name.clone(), self.owner.fill(&parameter))
        }
    }
}

fn is_parameter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}
