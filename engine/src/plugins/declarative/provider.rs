//! A declarative provider, as the SDK's `Provider`.

use std::collections::BTreeMap;

use badgesmith_provider::{Badge, Call, Failure, Manifest, Provider, Step};

use super::{
    file::DeclarativeFile,
    file_error::{DeclarativeError, FileFault},
    recipe::BadgeRecipe,
};
use crate::code::Code;

/// A declarative provider: its recipes by the names of its badges.
#[derive(Debug)]
pub(crate) struct DeclarativeProvider(BTreeMap<String, BadgeRecipe>);

impl DeclarativeProvider {
    /// Reads a declarative provider, and the manifest that its file implies.
    ///
    /// # Errors
    /// The first line that is wrong, and what to write there.
    pub(crate) fn parse(text: &str) -> Result<(Manifest, Self), DeclarativeError> {
        let read = || {
            let file = DeclarativeFile::read(text)?;
            let manifest = file.manifest()?;
            Ok((manifest, Self(file.recipes()?)))
        };
        read().map_err(|fault: FileFault| fault.locate(text))
    }
}

impl Provider for DeclarativeProvider {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        match self.0.get(&call.name) {
            Some(recipe) => recipe.badge(call),
            None => Err(Failure::not_found(Code::BadgeNotFound.name(), "badge not found").into()),
        }
    }
}
