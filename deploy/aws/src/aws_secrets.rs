//! The owners' secrets in AWS: a DynamoDB table lists their names, and Secrets Manager has their values.
//!
//! A lookup for an unknown owner makes the same two calls as one for an owner with a secret, so that its duration does
//! not reveal which owners exist.

use std::sync::Arc;

use badgesmith_engine::world::{MOST_SERVER_SECRETS, SERVER, Secret, Secrets, Unavailable, Unhealthy};
use badgesmith_host::secrets::MOST_VALUES;
use futures_util::{
    future::BoxFuture,
    stream::{self, StreamExt, TryStreamExt},
};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    batch_get::{BatchGet, batch_get},
    item::{Item, read},
    secret_cache::{SecretCache, SecretCacheKey},
    secret_items::{key, names, partition},
    secret_value::parse,
    secrets_manager::secret_text,
};

/// The end of the name that is requested for an owner without secrets, so that the lookup takes as long as for others.
/// No secret has a name that ends like this.
const DECOY: &str = "nobody";
/// The owner and the purpose that the health check looks up. No owner's name contains a space.
const NOBODY: &str = "no body";
/// How many values are read at once.
const READ_AT_ONCE: usize = 8;

/// The secrets of a deployment. Nothing is called before the first request needs it.
#[derive(Debug)]
pub struct AwsSecrets {
    aws: Arc<AwsClients>,
    cache: SecretCache,
    /// Held while the server's own secrets are read: there may be many of them, so one request reads them for all that
    /// wait.
    reads_own: Mutex<()>,
}

impl AwsSecrets {
    /// The secrets of a deployment with an empty cache.
    #[must_use]
    pub fn new(aws: Arc<AwsClients>) -> Self {
        Self { aws, cache: SecretCache::new(), reads_own: Mutex::new(()) }
    }

    async fn fetch(&self, wanted: &SecretCacheKey) -> Result<Vec<Secret>, AwsError> {
        let deadline = self.aws.deadline();
        let names = self.names(wanted, deadline).await?;
        if names.is_empty() {
            // If reading secrets fails, it fails here in the same way.
            let decoy = self.aws.tables().secret_prefix() + DECOY;
            secret_text(&self.aws, &decoy, deadline).await?;
            return Ok(Vec::new());
        }
        let most = if wanted.owner == SERVER { MOST_SERVER_SECRETS } else { MOST_VALUES };
        let reads: Vec<_> = names.iter().take(most).map(|name| secret_text(&self.aws, name, deadline)).collect();
        let texts: Vec<_> = stream::iter(reads).buffered(READ_AT_ONCE).try_collect().await?;
        let mut secrets = Vec::new();
        for (name, text) in names.iter().zip(texts) {
            let value = text.and_then(|text| parse(&text));
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
        let (table, keys) = (&*self.aws.tables().secrets, keys.collect());
        let batch = BatchGet { operation: "finding a secret", table, keys, is_consistent: true };
        batch_get(&self.aws, batch, deadline).await
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
            // The server's own secrets must not be found as an owner's. A lookup for an owner without secrets replaces
            // it, which takes as long.
            let owner = if owner == SERVER { NOBODY } else { owner };
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

    fn of_server<'a>(&'a self, purpose: &'a str) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        Box::pin(async move {
            let key = SecretCacheKey { owner: SERVER.to_owned(), repo: None, purpose: purpose.to_owned() };
            if let Some(cached) = self.cache.get(&key, Instant::now()) {
                return Ok(cached);
            }
            let _reads = self.reads_own.lock().await;
            if let Some(cached) = self.cache.get(&key, Instant::now()) {
                return Ok(cached);
            }
            let found = self.fetch(&key).await?;
            self.cache.put(key, &found, Instant::now());
            Ok(found)
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        // Bypasses the cache: reads the table once, and once a secret that does not exist.
        Box::pin(async move {
            let nobody = SecretCacheKey { owner: NOBODY.to_owned(), repo: None, purpose: NOBODY.to_owned() };
            self.fetch(&nobody).await.map(drop).map_err(|error| Unavailable::from(error).into())
        })
    }
}
