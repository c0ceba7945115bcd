//! The server's own secrets in AWS, of which there may be several: added one by one, and removed by their ids.
//!
//! Each value is a secret of Secrets Manager, and the item of the owner `*` lists the names of all, newest first.

use badgesmith_engine::world::{SERVER, Secret};
use badgesmith_host::secrets::{check, check_added};

use crate::{
    aws_error::AwsError,
    secret_admin::{SecretAdmin, SecretAdminError, SecretScope},
    secret_value::parse,
    secrets_manager::secret_text,
};

impl SecretAdmin {
    /// Adds a secret to the server's own secrets, and returns its id. The server uses all of them in turn.
    ///
    /// # Errors
    /// The server has this secret, or as many as it may; the value is refused, or a call fails.
    pub async fn add(&self, purpose: &str, value: &str) -> Result<String, SecretAdminError> {
        check(SERVER, purpose, value)?;
        let scope = scope(purpose);
        let names = self.read(scope).await?;
        // A name whose value is missing counts, too. No secret is empty.
        let values = self.values(&names).await?.into_iter();
        let present: Vec<_> = values.map(|value| value.unwrap_or(Secret::new(""))).collect();
        let added = Secret::new(value);
        check_added(&added, &present)?;
        self.put(scope, value, &names, names.len()).await?;
        Ok(added.id())
    }

    /// Removes the server's own secret of this id for that purpose, and returns whether there was one.
    ///
    /// # Errors
    /// A call fails.
    pub async fn remove_one(&self, purpose: &str, id: &str) -> Result<bool, SecretAdminError> {
        let scope = scope(purpose);
        let before = self.read(scope).await?;
        let ids = self.ids(&before).await?;
        let named = before.iter().zip(&ids);
        let (removed, kept): (Vec<_>, Vec<_>) = named.partition(|(_, other)| *other == id);
        let names = |some: Vec<(&String, &String)>| some.into_iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let (removed, kept) = (names(removed), names(kept));
        if removed.is_empty() {
            return Ok(false);
        }
        if kept.is_empty() {
            self.delete_item(scope).await?;
        } else {
            self.write(scope, &kept, &before).await?;
        }
        self.delete(&removed).await?;
        Ok(true)
    }

    /// The ids of the secrets with these names. A secret without a value has its name in the place of an id, so that it
    /// is shown and can be removed.
    pub(crate) async fn ids(&self, names: &[String]) -> Result<Vec<String>, AwsError> {
        let values = self.values(names).await?;
        Ok(names.iter().zip(values).map(|(name, value)| value.map_or(name.clone(), |value| value.id())).collect())
    }

    async fn values(&self, names: &[String]) -> Result<Vec<Option<Secret>>, AwsError> {
        let mut values = Vec::new();
        for name in names {
            let text = secret_text(&self.aws, name, self.aws.deadline()).await?;
            values.push(text.and_then(|text| parse(&text)));
        }
        Ok(values)
    }
}

/// The scope of the server's own secrets.
const fn scope(purpose: &str) -> SecretScope<'_> {
    SecretScope { owner: SERVER, repo: None, purpose }
}
