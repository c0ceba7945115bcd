//! Moves a deployment's secrets from the prefix that all deployments once shared to its own.
//!
//! A value is copied into a secret of a new name, then the table's item is changed in one write if it is still as it
//! was read, and only then is the old secret deleted, as Secrets Manager does it: it can be restored for some days.
//! Whoever asks meanwhile finds one or the other. What is done is not done again, so a migration that was stopped is
//! repeated.

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};

use super::{
    insist::{Fault, insist},
    item::{Item, read, text},
    secrets::{BADGESMITHS_NAME, NAMES, names, stored},
    vault::{SHARED_PREFIX, Vault, listing},
};
use badgesmith_host::secrets::Listed;

/// What became of one item of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Whose it is, and what for.
    pub listed: Listed,
    /// How many of its values were moved.
    pub moved: usize,
    /// Names under the old prefix of which Secrets Manager has no text; they stay in the item.
    pub missing: Vec<String>,
}

impl Vault {
    /// Moves every secret whose name begins with the prefix that all deployments once shared. Never says a value.
    ///
    /// # Errors
    /// AWS does not do it, or somebody else changes a secret meanwhile. What was moved until then stays moved.
    pub async fn migrate(&self) -> Result<Vec<Migrated>, String> {
        let mut migrated = Vec::new();
        for item in self.items().await? {
            if let Some(listed) = listing(&item) {
                migrated.push(self.migrate_item(&item, listed).await?);
            }
        }
        migrated.sort_by(|one, other| one.listed.cmp(&other.listed));
        Ok(migrated)
    }

    async fn migrate_item(&self, item: &Item, listed: Listed) -> Result<Migrated, String> {
        let own = self.aws.tables().secret_prefix();
        let is_shared = |name: &String| name.starts_with(SHARED_PREFIX) && !name.starts_with(&own);
        let (mut after, mut made, mut old, mut missing) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for name in names(item) {
            if !is_shared(&name) {
                after.push(name);
                continue;
            }
            let found = stored(&self.aws, &name, self.aws.deadline()).await.map_err(|fault| fault.words)?;
            let Some(value) = found else {
                missing.push(name.clone());
                after.push(name);
                continue;
            };
            let new = self.make(&format!("{}/{}", listed.holder, listed.purpose), &value).await?;
            made.push(new.clone());
            after.push(new);
            old.push(name);
        }
        if old.is_empty() {
            return Ok(Migrated { listed, moved: 0, missing });
        }
        if let Err(words) = self.rename(item, &after).await {
            self.delete(&made).await?;
            return Err(format!("{} {}: {words}", listed.holder, listed.purpose));
        }
        // A name that BadgeSmith wrote is one of its own, and may still be used by it.
        if item.contains_key(NAMES) {
            self.delete(&old).await?;
        }
        Ok(Migrated { listed, moved: old.len(), missing })
    }

    /// Puts these names into an item, if its own are still those that were read. The rest of it stays.
    async fn rename(&self, item: &Item, names: &[String]) -> Result<(), String> {
        let keys = ["PK", "SK"].map(|key| (key.to_owned(), text(read(item, key).unwrap_or_default())));
        let update = self.aws.dynamodb().await.update_item().table_name(&self.aws.tables().secrets);
        let update = update
            .set_key(Some(keys.into()))
            .update_expression("SET #names = :after")
            .expression_attribute_names("#names", NAMES)
            .expression_attribute_values(":after", AttributeValue::L(names.iter().map(text).collect()));
        let update = match item.get(NAMES) {
            // The same once more: an attempt whose answer was lost.
            Some(before) => update
                .condition_expression("#names = :before OR #names = :after")
                .expression_attribute_values(":before", before.clone()),
            None => update
                .condition_expression("#name = :before AND (attribute_not_exists(#names) OR #names = :after)")
                .expression_attribute_names("#name", BADGESMITHS_NAME)
                .expression_attribute_values(":before", text(read(item, BADGESMITHS_NAME).unwrap_or_default())),
        };
        let updated = insist(self.aws.deadline(), || async {
            match update.clone().send().await {
                Ok(_) => Ok(true),
                Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
                Err(error) => Err(Fault::of("UpdateItem", &error)),
            }
        });
        match updated.await {
            Ok(true) => Ok(()),
            Ok(false) => Err("somebody else changed this secret meanwhile; migrate again".to_owned()),
            Err(fault) => Err(fault.words),
        }
    }
}
