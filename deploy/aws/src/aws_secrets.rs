//! The owners' secrets in AWS: a DynamoDB table lists their names, and Secrets Manager has their values.
//!
//! A value is raw text, or JSON: `{"hmac_key": …}` or `{"token": …}`.
//!
//! A lookup for an unknown owner makes the same two calls as one for an owner with a secret, so that its duration does
//! not reveal which owners exist.

use std::sync::Arc;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use badgesmith_engine::world::{Secret, Secrets, Unavailable, Unhealthy};
use badgesmith_host::secrets::{LARGEST_SECRET, MOST_VALUES};
use futures_util::future::{BoxFuture, try_join_all};
use serde::Deserialize;
use tokio::time::Instant;

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    item::{Item, read},
    retry::retry,
    secret_cache::{SecretCache, SecretCacheKey},
    secret_items::{key, names, partition, stored_text},
};

/// The end of the name that is requested for an owner without secrets, so that the lookup takes as long as for others.
/// No secret has a name that ends like this.
const DECOY: &str = "nobody";
/// The owner and the purpose for which the health check looks. No owner's name has a blank.
const NOBODY: &str = "no body";

/// The secrets of a deployment. Nothing is called before the first request needs it.
#[derive(Debug)]
pub struct AwsSecrets {
    aws: Arc<AwsClients>,
    cache: SecretCache,
}

impl AwsSecrets {
    /// The secrets of a deployment with an empty cache.
    #[must_use]
    pub fn new(aws: Arc<AwsClients>) -> Self {
        Self { aws, cache: SecretCache::new() }
    }

    async fn fetch(&self, wanted: &SecretCacheKey) -> Result<Vec<Secret>, AwsError> {
        let deadline = self.aws.deadline();
        let names = self.names(wanted, deadline).await?;
        if names.is_empty() {
            // If reading secrets fails, it fails here in the same way.
            let decoy = self.aws.tables().secret_prefix() + DECOY;
            stored_text(&self.aws, &decoy, deadline).await?;
            return Ok(Vec::new());
        }
        let values = names.iter().take(MOST_VALUES).map(|name| stored_text(&self.aws, name, deadline));
        let values = try_join_all(values).await?.into_iter().map(|text| text.and_then(|text| parse(&text)));
        let mut secrets = Vec::new();
        for (name, value) in names.iter().zip(values) {
            if value.is_none() {
                let SecretCacheKey { owner, purpose, .. } = wanted;
                tracing::error!(owner, purpose, name, "the secret does not exist in Secrets Manager, or is invalid");
            }
            secrets.extend(value);
        }
        Ok(secrets)
    }

    /// The names of the repository's secrets, or else of the owner's.
    async fn names(&self, wanted: &SecretCacheKey, deadline: Instant) -> Result<Vec<String>, AwsError> {
        let SecretCacheKey { owner, repo, purpose } = wanted;
        let organisation = partition(owner, None);
        let older = format!("CONST#GITHUB#{}", purpose.to_lowercase());
        let mut keys = vec![(organisation.clone(), purpose.clone()), (organisation, older)];
        keys.splice(0..0, repo.as_deref().map(|repo| (partition(owner, Some(repo)), purpose.clone())));
        let found = self.items(keys.iter().map(|(partition, purpose)| key(partition, purpose)), deadline).await?;
        let names_of = |(partition, purpose): &(String, String)| {
            let item =
                found.iter().find(|item| read(item, "PK") == Some(partition) && read(item, "SK") == Some(purpose));
            item.map(names).filter(|names| !names.is_empty())
        };
        Ok(keys.iter().find_map(names_of).unwrap_or_default())
    }

    /// The items of these keys that exist.
    async fn items(&self, keys: impl Iterator<Item = Item>, deadline: Instant) -> Result<Vec<Item>, AwsError> {
        let table = &self.aws.tables().secrets;
        let request = |keys| KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let mut items = Vec::new();
        let mut next = Some(request(keys.collect()));
        while let Some(keys) = next.take() {
            let keys = keys.build().map_err(AwsError::invalid_request)?;
            let get = self.aws.dynamodb().await.batch_get_item().request_items(table, keys);
            let send =
                || async { get.clone().send().await.map_err(|error| AwsError::call("finding a secret", &error)) };
            let mut page = retry(deadline, send).await?;
            items.extend(page.responses.as_mut().and_then(|tables| tables.remove(table)).unwrap_or_default());
            // DynamoDB leaves keys unprocessed when it is throttled.
            let unprocessed = page.unprocessed_keys.and_then(|mut tables| tables.remove(table));
            next = unprocessed.map(|unprocessed| request(unprocessed.keys));
            if next.is_some() && Instant::now() >= deadline {
                return Err(AwsError::KeysUnprocessed);
            }
        }
        Ok(items)
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
            let repo = repo.map(str::to_owned);
            let key = SecretCacheKey { owner: owner.to_owned(), repo, purpose: purpose.to_owned() };
            if let Some(cached) = self.cache.get(&key, Instant::now()) {
                return Ok(cached);
            }
            let found = self.fetch(&key).await?;
            self.cache.put(key, &found, Instant::now());
            Ok(found)
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        // Without the cache: one read of the table and one of a secret that does not exist.
        Box::pin(async move {
            let nobody = SecretCacheKey { owner: NOBODY.to_owned(), repo: None, purpose: NOBODY.to_owned() };
            self.fetch(&nobody).await.map(drop).map_err(|error| Unavailable::from(error).into())
        })
    }
}

/// The secret in a value: raw text, or the one field of JSON.
fn parse(text: &str) -> Option<Secret> {
    #[derive(Deserialize)]
    struct JsonValue {
        hmac_key: Option<String>,
        token: Option<String>,
    }
    let json = text.trim_start().starts_with('{').then(|| serde_json::from_str::<JsonValue>(text).ok()).flatten();
    let value = match json.and_then(|json| json.hmac_key.or(json.token)) {
        Some(value) => value,
        None => text.trim_end_matches(['\r', '\n']).to_owned(),
    };
    (!value.is_empty() && value.len() <= LARGEST_SECRET).then(|| Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_raw_text_or_the_field_of_json() {
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
}
