//! What operators do with the owners' secrets in AWS: set, rotate, list, remove.
//!
//! A secret in Secrets Manager is made once and never changed. Which ones count, and in which order, says the item in the
//! table, which changes in one write: so nothing is ever half done, and what a crash leaves behind is a secret that
//! nobody asks for.

use std::sync::Arc;

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::AttributeValue};

use super::{
    Aws,
    insist::{Fault, insist},
    item::{Item, read, text},
    secrets::{NAMES, key, names, partition},
};
use badgesmith_host::secrets::{Listed, MOST_VALUES, check, check_purpose};

/// What the names of secrets began with before each deployment had a prefix of its own
/// ([`Tables::secret_prefix`](super::Tables::secret_prefix)).
pub const SHARED_PREFIX: &str = "badgesmith/";
/// How much of a name says whose it is, in bytes. Secrets Manager takes 512 in all; a prefix has 256 at most, what
/// makes a name its own 17, and the last letter may take eight more than there was room for.
const LONGEST_STEM: usize = 230;

/// The secrets of a deployment, to be changed.
#[derive(Clone, Debug)]
pub struct Vault {
    pub(crate) aws: Arc<Aws>,
}

/// Whose secret it is, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The owner.
    pub owner: &'a str,
    /// The repository, if it is the repository's own.
    pub repo: Option<&'a str>,
    /// What it is for.
    pub purpose: &'a str,
}

impl Vault {
    /// The secrets of a deployment.
    #[must_use]
    pub const fn new(aws: Arc<Aws>) -> Self {
        Self { aws }
    }

    /// Puts a secret in the place of all that were there.
    ///
    /// # Errors
    /// The value is no secret, or AWS does not do it.
    pub async fn set(&self, place: Place<'_>, value: &str) -> Result<(), String> {
        check(place.purpose, value)?;
        let before = self.read(place).await?;
        self.put(place, value, &before, 0).await
    }

    /// Puts a secret before the newest one, which stays valid until [`Vault::finish`].
    ///
    /// # Errors
    /// There is none yet; the value is no secret, or AWS does not do it.
    pub async fn rotate(&self, place: Place<'_>, value: &str) -> Result<(), String> {
        check(place.purpose, value)?;
        let before = self.read(place).await?;
        if before.is_empty() {
            return Err("there is no secret to rotate; set one first".to_owned());
        }
        self.put(place, value, &before, MOST_VALUES - 1).await
    }

    /// Forgets the secret before the newest one, and returns whether there was one.
    ///
    /// # Errors
    /// AWS does not do it.
    pub async fn finish(&self, place: Place<'_>) -> Result<bool, String> {
        let before = self.read(place).await?;
        if before.len() < 2 {
            return Ok(false);
        }
        self.write(place, &before[..1], &before).await?;
        self.delete(&before[1..]).await?;
        Ok(true)
    }

    /// Names a secret that is there already, unless the place has one. Returns whether it had none.
    ///
    /// # Errors
    /// AWS does not do it.
    pub async fn name(&self, place: Place<'_>, name: &str) -> Result<bool, String> {
        let before = self.read(place).await?;
        if before.is_empty() {
            self.write(place, &[name.to_owned()], &before).await?;
        }
        Ok(before.is_empty())
    }

    /// Whether the place has a secret.
    ///
    /// # Errors
    /// AWS does not say.
    pub async fn has(&self, place: Place<'_>) -> Result<bool, String> {
        Ok(!self.read(place).await?.is_empty())
    }

    /// Forgets the secrets of a place, and returns whether there were any.
    ///
    /// # Errors
    /// AWS does not do it.
    pub async fn remove(&self, place: Place<'_>) -> Result<bool, String> {
        let before = self.read(place).await?;
        if before.is_empty() {
            return Ok(false);
        }
        let partition = partition(place.owner, place.repo);
        let delete = self.aws.dynamodb().await.delete_item().table_name(&self.aws.tables().secrets);
        let delete = delete.set_key(Some(key(&partition, place.purpose)));
        let send = || async { delete.clone().send().await.map_err(|error| Fault::of("DeleteItem", &error)) };
        insist(self.aws.deadline(), send).await.map_err(|fault| fault.words)?;
        self.delete(&before).await?;
        Ok(true)
    }

    /// Holder, purpose and number of values of every item; never a value.
    ///
    /// # Errors
    /// AWS does not say.
    pub async fn list(&self) -> Result<Vec<Listed>, String> {
        let mut listed: Vec<_> = self.items().await?.iter().filter_map(listing).collect();
        listed.sort();
        Ok(listed)
    }

    /// Every item of the table.
    pub(crate) async fn items(&self) -> Result<Vec<Item>, String> {
        let scan = self.aws.dynamodb().await.scan().table_name(&self.aws.tables().secrets).consistent_read(true);
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let scan = scan.clone().set_exclusive_start_key(start);
            let send = || async { scan.clone().send().await.map_err(|error| Fault::of("Scan", &error)) };
            let page = insist(self.aws.deadline(), send).await.map_err(|fault| fault.words)?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// Makes a secret, puts it before the `keep` newest ones, and deletes the rest.
    async fn put(&self, place: Place<'_>, value: &str, before: &[String], keep: usize) -> Result<(), String> {
        let kept = &before[..keep.min(before.len())];
        let stem = badgesmith_host::secrets::holder(place.owner, place.repo) + "/" + place.purpose;
        let made = self.make(&stem, value).await?;
        let names = [std::slice::from_ref(&made), kept].concat();
        if let Err(words) = self.write(place, &names, before).await {
            self.delete(&[made]).await?;
            return Err(words);
        }
        self.delete(&before[kept.len()..]).await
    }

    async fn read(&self, place: Place<'_>) -> Result<Vec<String>, String> {
        check_purpose(place.purpose)?;
        let partition = partition(place.owner, place.repo);
        let get = self.aws.dynamodb().await.get_item().table_name(&self.aws.tables().secrets).consistent_read(true);
        let get = get.set_key(Some(key(&partition, place.purpose)));
        let send = || async { get.clone().send().await.map_err(|error| Fault::of("GetItem", &error)) };
        let found = insist(self.aws.deadline(), send).await.map_err(|fault| fault.words)?;
        Ok(found.item.as_ref().map(names).unwrap_or_default())
    }

    /// Writes the names, if they are still what they were `before`.
    async fn write(&self, place: Place<'_>, names: &[String], before: &[String]) -> Result<(), String> {
        let list = |names: &[String]| AttributeValue::L(names.iter().map(text).collect());
        let mut item = key(&partition(place.owner, place.repo), place.purpose);
        item.insert(NAMES.to_owned(), list(names));
        let put = self.aws.dynamodb().await.put_item().table_name(&self.aws.tables().secrets).set_item(Some(item));
        // A name that somebody wrote by hand has no list.
        let put = put
            .condition_expression("attribute_not_exists(#names) OR #names = :before OR #names = :after")
            .expression_attribute_names("#names", NAMES)
            .expression_attribute_values(":before", list(before))
            .expression_attribute_values(":after", list(names));
        let written = insist(self.aws.deadline(), || async {
            match put.clone().send().await {
                Ok(_) => Ok(true),
                Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
                Err(error) => Err(Fault::of("PutItem", &error)),
            }
        });
        match written.await {
            Ok(true) => Ok(()),
            Ok(false) => Err("somebody else changed this secret meanwhile; look with `secret list --aws`".to_owned()),
            Err(fault) => Err(fault.words),
        }
    }

    /// Makes a secret under this deployment's prefix, and returns its name. The stem says whose it is.
    pub(crate) async fn make(&self, stem: &str, value: &str) -> Result<String, String> {
        let name = format!("{}{}/{:016x}", self.aws.tables().secret_prefix(), plain(stem), fastrand::u64(..));
        let create = self.aws.secrets_manager().await.create_secret().name(&name).secret_string(value);
        let create = create.client_request_token(format!("{:032x}", fastrand::u128(..)));
        let create =
            create.description("A secret of BadgeSmith's, named by its table and changed by `badgesmith secret`");
        let send = || async { create.clone().send().await.map_err(|error| Fault::of("CreateSecret", &error)) };
        insist(self.aws.deadline(), send).await.map(|_| name).map_err(|fault| fault.words)
    }

    /// Deletes those secrets that were made here, as Secrets Manager does: after some days in which they can be restored.
    /// Others that an item names are not ours to delete.
    pub(crate) async fn delete(&self, names: &[String]) -> Result<(), String> {
        let own = self.aws.tables().secret_prefix();
        for name in names.iter().filter(|name| name.starts_with(SHARED_PREFIX) || name.starts_with(&own)) {
            let delete = self.aws.secrets_manager().await.delete_secret().secret_id(name);
            let deleted = insist(self.aws.deadline(), || async {
                match delete.clone().send().await {
                    Err(error) if error.code() != Some("ResourceNotFoundException") => {
                        Err(Fault::of("DeleteSecret", &error))
                    }
                    _ => Ok(()),
                }
            });
            deleted
                .await
                .map_err(|fault| format!("the secret {name} is no longer used, but is still there: {}", fault.words))?;
        }
        Ok(())
    }
}

/// What is listed of an item.
pub(crate) fn listing(item: &Item) -> Option<Listed> {
    let (_, holder) = read(item, "PK")?.split_once('#')?;
    Some(Listed { holder: holder.to_owned(), purpose: read(item, "SK")?.to_owned(), values: names(item).len() })
}

/// A text in the letters that names in Secrets Manager have; any other is `=` and its hexadecimal number.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        if plain.len() > LONGEST_STEM {
            break;
        }
        if letter.is_ascii_alphanumeric() || "/_+.@-".contains(letter) {
            plain.push(letter);
        } else {
            plain += &format!("={:x}", u32::from(letter));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_only_letters_that_secrets_manager_takes_and_is_not_too_long() {
        assert_eq!(plain("acme/my.tools_2/TestData"), "acme/my.tools_2/TestData");
        assert_eq!(plain("\u{1F980}%2F#"), "=1f980=252F=23");
        let longest_prefix_and_end = 256 + 17;
        assert!(plain(&"\u{1F980}".repeat(200)).len() + longest_prefix_and_end <= 512);
    }
}
