//! The operations of operators on the owners' secrets in AWS: set, rotate, list, remove.
//!
//! A secret in Secrets Manager is created once and never changed. The table's item says which secrets are valid and in
//! which order, and every change of it is one write. So no change is ever half done, and a crash leaves at most an
//! unused secret.

use std::{error::Error, fmt, slice, sync::Arc};

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};
use badgesmith_engine::world::SERVER;
use badgesmith_host::secrets::{ListedSecret, MOST_VALUES, SecretRefusal, check, check_purpose, check_rotated, holder};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    item::{Item, read, text},
    retry::retry,
    secret_items::{NAMES, key, names, partition},
    secrets_manager::{create_secret, delete_secret},
};

/// The prefix of secrets' names before each deployment had its own
/// ([`TableNames::secret_prefix`](crate::TableNames::secret_prefix)).
pub const SHARED_PREFIX: &str = "badgesmith/";
/// The description that Secrets Manager shows for each secret.
const DESCRIPTION: &str = "A secret of BadgeSmith's, named by its table and changed by `badgesmith secret`";
/// The longest stem of a name in bytes: the part that says whose secret it is. Secrets Manager allows 512 bytes in all;
/// a prefix has at most 256, the random end 17, and the last letter may take eight more than this limit.
const LONGEST_STEM: usize = 230;

/// The secrets of a deployment, for changes.
#[derive(Clone, Debug)]
pub struct SecretAdmin {
    pub(crate) aws: Arc<AwsClients>,
}

/// The holder of a secret, and its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretScope<'a> {
    /// The owner.
    pub owner: &'a str,
    /// The repository, for a secret of its own.
    pub repo: Option<&'a str>,
    /// The purpose.
    pub purpose: &'a str,
}

/// Why secrets cannot be read or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretAdminError {
    /// The value or the purpose breaks the rules for secrets.
    Refused(SecretRefusal),
    /// There is no secret to rotate.
    NothingToRotate,
    /// The item was changed between reading and writing it.
    Changed,
    /// A call failed.
    Aws(AwsError),
    /// A secret that is no longer used could not be deleted.
    NotDeleted {
        /// Its name in Secrets Manager.
        name: String,
        /// Why.
        cause: AwsError,
    },
}

impl fmt::Display for SecretAdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NothingToRotate => f.write_str("there is no secret to rotate; set one first"),
            Self::Changed => f.write_str("somebody else changed this secret meanwhile; look with `secret list --aws`"),
            Self::Aws(error) => error.fmt(f),
            Self::NotDeleted { name, cause } => {
                write!(f, "the secret {name} is no longer used, but is still there: {cause}")
            }
        }
    }
}

impl Error for SecretAdminError {}

impl From<SecretRefusal> for SecretAdminError {
    fn from(refusal: SecretRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<AwsError> for SecretAdminError {
    fn from(error: AwsError) -> Self {
        Self::Aws(error)
    }
}

impl SecretAdmin {
    /// The secrets of a deployment.
    #[must_use]
    pub const fn new(aws: Arc<AwsClients>) -> Self {
        Self { aws }
    }

    /// Sets a secret, which replaces all others of the scope.
    ///
    /// # Errors
    /// The value is refused, or a call fails.
    pub async fn set(&self, scope: SecretScope<'_>, value: &str) -> Result<(), SecretAdminError> {
        check(&scope.holder(), scope.purpose, value)?;
        let before = self.read(scope).await?;
        self.put(scope, value, &before, 0).await
    }

    /// Adds a secret as the newest. The previous one stays valid until [`SecretAdmin::finish`].
    ///
    /// # Errors
    /// There is no secret yet; the value is refused, or a call fails.
    pub async fn rotate(&self, scope: SecretScope<'_>, value: &str) -> Result<(), SecretAdminError> {
        check(&scope.holder(), scope.purpose, value)?;
        let before = self.read(scope).await?;
        if before.is_empty() {
            return Err(SecretAdminError::NothingToRotate);
        }
        check_rotated(before.len())?;
        self.put(scope, value, &before, MOST_VALUES - 1).await
    }

    /// Removes the secret before the newest one, and returns whether there was one.
    ///
    /// # Errors
    /// A call fails.
    pub async fn finish(&self, scope: SecretScope<'_>) -> Result<bool, SecretAdminError> {
        let before = self.read(scope).await?;
        if before.len() < 2 {
            return Ok(false);
        }
        check_rotated(before.len())?;
        self.write(scope, &before[..1], &before).await?;
        self.delete(&before[1..]).await?;
        Ok(true)
    }

    /// Uses an existing secret of Secrets Manager, by its name, unless the scope has a secret already. Returns whether
    /// it had none.
    ///
    /// # Errors
    /// A call fails.
    pub async fn set_name(&self, scope: SecretScope<'_>, name: &str) -> Result<bool, SecretAdminError> {
        let before = self.read(scope).await?;
        if before.is_empty() {
            self.write(scope, &[name.to_owned()], &before).await?;
        }
        Ok(before.is_empty())
    }

    /// Whether the scope has a secret.
    ///
    /// # Errors
    /// A call fails.
    pub async fn has(&self, scope: SecretScope<'_>) -> Result<bool, SecretAdminError> {
        Ok(!self.read(scope).await?.is_empty())
    }

    /// Removes all secrets of the scope, and returns whether there were any.
    ///
    /// # Errors
    /// A call fails.
    pub async fn remove(&self, scope: SecretScope<'_>) -> Result<bool, SecretAdminError> {
        let before = self.read(scope).await?;
        if before.is_empty() {
            return Ok(false);
        }
        self.delete_item(scope).await?;
        self.delete(&before).await?;
        Ok(true)
    }

    /// Holder, purpose and number of values of every item, and the ids of the server's own secrets, whose values are
    /// read to compute them. A value is never returned.
    ///
    /// # Errors
    /// A call fails.
    pub async fn list(&self) -> Result<Vec<ListedSecret>, SecretAdminError> {
        let mut listed = Vec::new();
        for item in self.items().await? {
            let Some(mut secret) = listed_secret(&item) else { continue };
            if secret.holder == SERVER {
                secret.ids = self.ids(&names(&item)).await?;
            }
            listed.push(secret);
        }
        listed.sort();
        Ok(listed)
    }

    /// Deletes the item of a scope.
    pub(crate) async fn delete_item(&self, scope: SecretScope<'_>) -> Result<(), AwsError> {
        let delete = self.aws.dynamodb().await.delete_item().table_name(&self.aws.tables().secrets);
        let delete = delete.set_key(Some(scope.key()));
        let send = || async { delete.clone().send().await.map_err(|error| AwsError::call("DeleteItem", &error)) };
        retry(self.aws.deadline(), send).await.map(drop)
    }

    /// Every item of the table.
    pub(crate) async fn items(&self) -> Result<Vec<Item>, AwsError> {
        let scan = self.aws.dynamodb().await.scan().table_name(&self.aws.tables().secrets).consistent_read(true);
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let scan = scan.clone().set_exclusive_start_key(start);
            let send = || async { scan.clone().send().await.map_err(|error| AwsError::call("Scan", &error)) };
            let page = retry(self.aws.deadline(), send).await?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// Creates a secret as the newest one, keeps the `keep` newest of the existing ones, and deletes the others.
    pub(crate) async fn put(
        &self,
        scope: SecretScope<'_>,
        value: &str,
        before: &[String],
        keep: usize,
    ) -> Result<(), SecretAdminError> {
        let kept = &before[..keep.min(before.len())];
        let stem = scope.holder() + "/" + scope.purpose;
        let created = self.create(&stem, value).await?;
        let names = [slice::from_ref(&created), kept].concat();
        if let Err(error) = self.write(scope, &names, before).await {
            self.delete(&[created]).await?;
            return Err(error);
        }
        self.delete(&before[kept.len()..]).await
    }

    pub(crate) async fn read(&self, scope: SecretScope<'_>) -> Result<Vec<String>, SecretAdminError> {
        check_purpose(scope.purpose)?;
        let get = self.aws.dynamodb().await.get_item().table_name(&self.aws.tables().secrets).consistent_read(true);
        let get = get.set_key(Some(scope.key()));
        let send = || async { get.clone().send().await.map_err(|error| AwsError::call("GetItem", &error)) };
        let found = retry(self.aws.deadline(), send).await?;
        Ok(found.item.as_ref().map(names).unwrap_or_default())
    }

    /// Writes the names into the item, if it still has the names `before`.
    pub(crate) async fn write(
        &self,
        scope: SecretScope<'_>,
        names: &[String],
        before: &[String],
    ) -> Result<(), SecretAdminError> {
        let list = |names: &[String]| AttributeValue::L(names.iter().map(text).collect());
        let mut item = scope.key();
        item.insert(NAMES.to_owned(), list(names));
        let put = self.aws.dynamodb().await.put_item().table_name(&self.aws.tables().secrets).set_item(Some(item));
        // An item that was written by hand may have a name and no list. `:after` is true after a lost response.
        let put = put
            .condition_expression("attribute_not_exists(#names) OR #names = :before OR #names = :after")
            .expression_attribute_names("#names", NAMES)
            .expression_attribute_values(":before", list(before))
            .expression_attribute_values(":after", list(names));
        let is_written = retry(self.aws.deadline(), || async {
            match put.clone().send().await {
                Ok(_) => Ok(true),
                Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
                Err(error) => Err(AwsError::call("PutItem", &error)),
            }
        });
        if is_written.await? { Ok(()) } else { Err(SecretAdminError::Changed) }
    }

    /// Creates a secret under this deployment's prefix and returns its name. The stem says whose it is.
    pub(crate) async fn create(&self, stem: &str, value: &str) -> Result<String, AwsError> {
        let name = format!("{}{}/{:016x}", self.aws.tables().secret_prefix(), escape(stem), fastrand::u64(..));
        create_secret(&self.aws, &name, value, DESCRIPTION).await.map(|()| name)
    }

    /// Deletes the secrets among these that BadgeSmith created. Secrets Manager keeps them for some days, in which they
    /// can be restored. Other secrets that an item names are not deleted.
    pub(crate) async fn delete(&self, names: &[String]) -> Result<(), SecretAdminError> {
        let own = self.aws.tables().secret_prefix();
        for name in names.iter().filter(|name| name.starts_with(SHARED_PREFIX) || name.starts_with(&own)) {
            delete_secret(&self.aws, name)
                .await
                .map_err(|cause| SecretAdminError::NotDeleted { name: name.clone(), cause })?;
        }
        Ok(())
    }
}

impl SecretScope<'_> {
    /// The holder, as [`holder`] writes it.
    pub(crate) fn holder(&self) -> String {
        holder(self.owner, self.repo)
    }

    /// The keys of its item.
    fn key(&self) -> Item {
        key(&partition(self.owner, self.repo), self.purpose)
    }
}

/// An item without the names of its secrets.
pub(crate) fn listed_secret(item: &Item) -> Option<ListedSecret> {
    let (_, holder) = read(item, "PK")?.split_once('#')?;
    Some(ListedSecret {
        holder: holder.to_owned(),
        purpose: read(item, "SK")?.to_owned(),
        values: names(item).len(),
        ids: Vec::new(),
    })
}

/// A text in the characters that Secrets Manager allows in names; any other is `=` and its hexadecimal number.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if escaped.len() > LONGEST_STEM {
            break;
        }
        if letter.is_ascii_alphanumeric() || "/_+.@-".contains(letter) {
            escaped.push(letter);
        } else {
            escaped += &format!("={:x}", u32::from(letter));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_only_characters_that_secrets_manager_allows_and_is_not_too_long() {
        assert_eq!(escape("acme/my.tools_2/TestData"), "acme/my.tools_2/TestData");
        assert_eq!(escape("\u{1F980}%2F#"), "=1f980=252F=23");
        let longest_prefix_and_end = 256 + 17;
        assert!(escape(&"\u{1F980}".repeat(200)).len() + longest_prefix_and_end <= 512);
    }
}
