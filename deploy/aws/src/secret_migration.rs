//! Moves a deployment's secrets from the prefix that all deployments once shared to its own prefix.
//!
//! A value is copied into a secret with a new name. Then the table's item is changed in one conditional write, and only
//! then is the old secret deleted; Secrets Manager can restore it for some days. A lookup during the migration finds
//! either the old secret or the new one. A migration that was interrupted can be repeated and skips what is done.

use std::{error::Error, fmt};

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};
use badgesmith_host::secrets::ListedSecret;

use crate::{
    aws_error::AwsError,
    item::{Item, read, text},
    retry::retry,
    secret_admin::{SHARED_PREFIX, SecretAdmin, SecretAdminError, listed_secret},
    secret_items::{NAMES, OLDER_NAME, names},
    secrets_manager::secret_text,
};

/// The outcome for one item of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigratedSecret {
    /// Whose it is, and what for.
    pub listed: ListedSecret,
    /// How many of its values were moved.
    pub moved: usize,
    /// Names under the old prefix for which Secrets Manager has no text. They stay in the item.
    pub missing: Vec<String>,
}

/// Why a migration stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MigrationError {
    /// A call failed, or an unused secret could not be deleted.
    Admin(SecretAdminError),
    /// An item could not be changed.
    Rename {
        /// Whose it is, and what for.
        listed: ListedSecret,
        /// Why; `None` if it was changed between reading and writing it.
        cause: Option<AwsError>,
    },
}

impl fmt::Display for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admin(error) => error.fmt(f),
            Self::Rename { listed: ListedSecret { holder, purpose, .. }, cause } => match cause {
                Some(cause) => write!(f, "{holder} {purpose}: {cause}"),
                None => write!(f, "{holder} {purpose}: somebody else changed this secret meanwhile; migrate again"),
            },
        }
    }
}

impl Error for MigrationError {}

impl<E: Into<SecretAdminError>> From<E> for MigrationError {
    fn from(error: E) -> Self {
        Self::Admin(error.into())
    }
}

impl SecretAdmin {
    /// Moves every secret whose name begins with the shared prefix. The result contains no values.
    ///
    /// # Errors
    /// A call fails, or an item is changed concurrently. Secrets that were moved before stay moved.
    pub async fn migrate(&self) -> Result<Vec<MigratedSecret>, MigrationError> {
        let mut migrated = Vec::new();
        for item in self.items().await? {
            if let Some(listed) = listed_secret(&item) {
                migrated.push(self.migrate_item(&item, listed).await?);
            }
        }
        migrated.sort_by(|one, other| one.listed.cmp(&other.listed));
        Ok(migrated)
    }

    async fn migrate_item(&self, item: &Item, listed: ListedSecret) -> Result<MigratedSecret, MigrationError> {
        let own = self.aws.tables().secret_prefix();
        let is_shared = |name: &String| name.starts_with(SHARED_PREFIX) && !name.starts_with(&own);
        let (mut after, mut created, mut old, mut missing) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for name in names(item) {
            if !is_shared(&name) {
                after.push(name);
                continue;
            }
            let Some(value) = secret_text(&self.aws, &name, self.aws.deadline()).await? else {
                missing.push(name.clone());
                after.push(name);
                continue;
            };
            let new = self.create(&format!("{}/{}", listed.holder, listed.purpose), &value).await?;
            created.push(new.clone());
            after.push(new);
            old.push(name);
        }
        if old.is_empty() {
            return Ok(MigratedSecret { listed, moved: 0, missing });
        }
        let cause = match self.rename(item, &after).await {
            Ok(true) => {
                // The secret of an older item may still be used by the program that wrote it.
                if item.contains_key(NAMES) {
                    self.delete(&old).await?;
                }
                return Ok(MigratedSecret { listed, moved: old.len(), missing });
            }
            Ok(false) => None,
            Err(cause) => Some(cause),
        };
        self.delete(&created).await?;
        Err(MigrationError::Rename { listed, cause })
    }

    /// Writes these names into an item if its names have not changed since it was read, and returns whether it did.
    async fn rename(&self, item: &Item, names: &[String]) -> Result<bool, AwsError> {
        let keys = ["PK", "SK"].map(|key| (key.to_owned(), text(read(item, key).unwrap_or_default())));
        let update = self.aws.dynamodb().await.update_item().table_name(&self.aws.tables().secrets);
        let update = update
            .set_key(Some(keys.into()))
            .update_expression("SET #names = :after")
            .expression_attribute_names("#names", NAMES)
            .expression_attribute_values(":after", AttributeValue::L(names.iter().map(text).collect()));
        // `#names = :after` is true after a lost response.
        let update = match item.get(NAMES) {
            Some(before) => update
                .condition_expression("#names = :before OR #names = :after")
                .expression_attribute_values(":before", before.clone()),
            None => update
                .condition_expression("#name = :before AND (attribute_not_exists(#names) OR #names = :after)")
                .expression_attribute_names("#name", OLDER_NAME)
                .expression_attribute_values(":before", text(read(item, OLDER_NAME).unwrap_or_default())),
        };
        let updated = retry(self.aws.deadline(), || async {
            match update.clone().send().await {
                Ok(_) => Ok(true),
                Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
                Err(error) => Err(AwsError::call("UpdateItem", &error)),
            }
        });
        updated.await
    }
}
