//! The owners' secrets in AWS: the table says what they are called, Secrets Manager what they are.
//!
//! An item of the table holds the names in `SecretNames`, the newest first, two while one is being rotated; the values
//! are raw text, or `{"hmac_key": …}` or `{"token": …}`. BadgeSmith's own items are read too: one name in `SecretName`,
//! under `CONST#GITHUB#` and the purpose in lower case.
//!
//! Whoever asks for an owner nobody knows waits for the same two calls as for one who has a secret.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use badgesmith_engine::world::{Ill, Secret, Secrets, Unavailable};
use futures_util::future::{BoxFuture, try_join_all};
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    Aws,
    insist::{Fault, insist},
    item::{Item, read, text},
    kept::{Kept, Key},
};
use badgesmith_host::secrets::{self, LARGEST_SECRET, MOST_VALUES};

/// What is asked for in the place of a secret that is not there, so that its absence takes as long. Nobody makes one
/// that ends so.
const DECOY: &str = "nobody";
/// Whose secret is asked for to see whether any can be found. No owner's name has a blank.
const NOBODY: &str = "no body";
/// The attributes with names of secrets.
pub(crate) const NAMES: &str = "SecretNames";
pub(crate) const BADGESMITHS_NAME: &str = "SecretName";

/// The secrets of a deployment. Nothing is called before the first request needs it.
#[derive(Debug)]
pub struct AwsSecrets {
    aws: Arc<Aws>,
    kept: Kept,
}

impl AwsSecrets {
    /// The secrets of a deployment, none known yet.
    #[must_use]
    pub fn new(aws: Arc<Aws>) -> Self {
        Self { aws, kept: Kept::new() }
    }

    async fn ask(&self, owner: &str, repo: Option<&str>, purpose: &str) -> Result<Vec<Secret>, Fault> {
        let deadline = self.aws.deadline();
        let names = self.names(owner, repo, purpose, deadline).await?;
        if names.is_empty() {
            // Whatever keeps a real secret from being read keeps this one too, and says so in the same way.
            let decoy = self.aws.tables().secret_prefix() + DECOY;
            value(&self.aws, &decoy, deadline).await?;
            return Ok(Vec::new());
        }
        let values = names.iter().take(MOST_VALUES).map(|name| value(&self.aws, name, deadline));
        let values = try_join_all(values).await?;
        for (name, value) in names.iter().zip(&values) {
            if value.is_none() {
                tracing::error!(owner, purpose, name, "the secret is not there, or is none");
            }
        }
        Ok(values.into_iter().flatten().collect())
    }

    /// What the secrets of the repository, or else of the owner, are called.
    async fn names(
        &self,
        owner: &str,
        repo: Option<&str>,
        purpose: &str,
        deadline: Instant,
    ) -> Result<Vec<String>, Fault> {
        let org = partition(owner, None);
        let badgesmiths = format!("CONST#GITHUB#{}", purpose.to_lowercase());
        let mut keys = vec![(org.clone(), purpose.to_owned()), (org, badgesmiths)];
        keys.splice(0..0, repo.map(|repo| (partition(owner, Some(repo)), purpose.to_owned())));
        let table = &self.aws.tables().secrets;
        let mut found: Vec<Item> = Vec::new();
        let wanted = keys.iter().map(|(partition, purpose)| key(partition, purpose));
        let mut wanted = Some(KeysAndAttributes::builder().set_keys(Some(wanted.collect())).consistent_read(true));
        while let Some(keys) = wanted.take() {
            let keys = keys.build().map_err(|fault| Fault { words: fault.to_string(), passes: false })?;
            let get = self.aws.dynamodb().await.batch_get_item().request_items(table, keys);
            let send = || async { get.clone().send().await.map_err(|error| Fault::of("finding a secret", &error)) };
            let mut page = insist(deadline, send).await?;
            found.extend(page.responses.as_mut().and_then(|tables| tables.remove(table)).unwrap_or_default());
            // What DynamoDB had no room for now.
            let rest = page.unprocessed_keys.and_then(|mut tables| tables.remove(table));
            wanted = rest.map(|rest| KeysAndAttributes::builder().set_keys(Some(rest.keys)).consistent_read(true));
            if wanted.is_some() && Instant::now() >= deadline {
                return Err(Fault { words: "finding a secret: no room in time".to_owned(), passes: true });
            }
        }
        let of = |(partition, purpose): &(String, String)| {
            let item =
                found.iter().find(|item| read(item, "PK") == Some(partition) && read(item, "SK") == Some(purpose));
            item.map(names).filter(|names| !names.is_empty())
        };
        Ok(keys.iter().find_map(of).unwrap_or_default())
    }
}

impl Secrets for AwsSecrets {
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        Box::pin(async move {
            let key: Key = (owner.to_owned(), repo.map(str::to_owned), purpose.to_owned());
            if let Some(found) = self.kept.get(&key, Instant::now()) {
                return Ok(found);
            }
            let found = self.ask(owner, repo, purpose).await?;
            self.kept.put(key, &found, Instant::now());
            Ok(found)
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Ill>> {
        // An owner nobody has, past what is kept: one read of the table and one of a secret that is not there.
        Box::pin(async move {
            let found = self.ask(NOBODY, None, NOBODY).await;
            found.map(drop).map_err(|fault| Unavailable::from(fault).into())
        })
    }
}

/// `ORG#owner` or `REPO#owner/repo`.
pub(crate) fn partition(owner: &str, repo: Option<&str>) -> String {
    let kind = if repo.is_some() { "REPO" } else { "ORG" };
    format!("{kind}#{}", secrets::holder(owner, repo).replace('#', "%23"))
}

/// The keys of an item.
pub(crate) fn key(partition: &str, purpose: &str) -> Item {
    HashMap::from([("PK".to_owned(), text(partition)), ("SK".to_owned(), text(purpose))])
}

/// The names in an item, the newest first.
pub(crate) fn names(item: &Item) -> Vec<String> {
    match (item.get(NAMES), read(item, BADGESMITHS_NAME)) {
        (Some(AttributeValue::L(names)), _) => names.iter().filter_map(|name| name.as_s().ok().cloned()).collect(),
        (_, Some(name)) => vec![name.to_owned()],
        _ => Vec::new(),
    }
}

/// The secret in a value, if there is one of this name.
async fn value(aws: &Aws, name: &str, deadline: Instant) -> Result<Option<Secret>, Fault> {
    Ok(stored(aws, name, deadline).await?.and_then(|text| parse(&text)))
}

/// A value as it is stored, if there is one of this name.
pub(crate) async fn stored(aws: &Aws, name: &str, deadline: Instant) -> Result<Option<String>, Fault> {
    let get = aws.secrets_manager().await.get_secret_value().secret_id(name);
    let found = insist(deadline, || async {
        match get.clone().send().await {
            Ok(found) => Ok(found.secret_string),
            Err(error) if error.as_service_error().is_some_and(|refusal| refusal.is_resource_not_found_exception()) => {
                Ok(None)
            }
            // A secret that is about to be deleted.
            Err(error) if error.as_service_error().is_some_and(|refusal| refusal.is_invalid_request_exception()) => {
                Ok(None)
            }
            Err(error) => Err(Fault::of("reading a secret", &error)),
        }
    });
    found.await
}

/// The secret in a value: raw text, or the one field that is it.
fn parse(text: &str) -> Option<Secret> {
    #[derive(Deserialize)]
    struct Wrapped {
        hmac_key: Option<String>,
        token: Option<String>,
    }
    let wrapped = text.trim_start().starts_with('{').then(|| serde_json::from_str::<Wrapped>(text).ok()).flatten();
    let value = match wrapped.and_then(|wrapped| wrapped.hmac_key.or(wrapped.token)) {
        Some(value) => value,
        None => text.trim_end_matches(['\r', '\n']).to_owned(),
    };
    (!value.is_empty() && value.len() <= LARGEST_SECRET).then(|| Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_raw_text_or_the_field_that_is_it() {
        let rows = [
            ("hush", Some("hush")),
            ("hush hush \u{e9}\r\n", Some("hush hush \u{e9}")),
            (r#"{"hmac_key": "hush", "rotated": 1}"#, Some("hush")),
            (r#" {"token": "hush"}"#, Some("hush")),
            (r#"{"other": "hush"}"#, Some(r#"{"other": "hush"}"#)),
            ("{hush", Some("{hush")),
            ("", None),
            ("\n", None),
            (r#"{"token": ""}"#, None),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text).as_ref().map(Secret::reveal), expected, "{text:?}");
        }
        assert_eq!(parse(&"x".repeat(LARGEST_SECRET + 1)), None);
    }

    #[test]
    fn no_two_holders_have_one_partition() {
        assert_eq!(partition("acme", None), "ORG#acme");
        assert_eq!(partition("Acme", Some("Tools")), "REPO#acme/tools");
        assert_eq!(partition("a/b", Some("c")), "REPO#a%2Fb/c");
        assert_eq!(partition("a#%", None), "ORG#a%23%25");
    }

    #[test]
    fn an_item_of_badgesmiths_has_one_name() {
        let mut item = key("ORG#acme", "CONST#GITHUB#package");
        assert!(names(&item).is_empty());
        item.insert(BADGESMITHS_NAME.to_owned(), text("github/acme"));
        assert_eq!(names(&item), ["github/acme"]);
        item.insert(NAMES.to_owned(), AttributeValue::L(vec![text("new"), text("old")]));
        assert_eq!(names(&item), ["new", "old"]);
    }
}
