//! A DynamoDB on this machine: dynoxide in this process, or the one that the environment names.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    env,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use badgesmith_aws::{AwsClients, AwsSettings, DynamoStore, TableNames, provision};
use badgesmith_host::client::Connections;
use tokio::{net::TcpListener, sync::oneshot};

/// Held by the test that uses the external DynamoDB.
static EXTERNAL: Mutex<()> = Mutex::new(());

/// A DynamoDB that lives as long as this.
pub(crate) struct Peer {
    endpoint: String,
    _stop: Option<oneshot::Sender<()>>,
    _external: Option<MutexGuard<'static, ()>>,
}

impl Peer {
    /// Starts dynoxide on a free port of this machine.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = dynoxide::server::serve_with_shutdown(listener, dynoxide::Database::memory().unwrap(), async {
            let _ = stopped.await;
        });
        tokio::spawn(serving);
        Self { endpoint, _stop: Some(stop), _external: None }
    }

    /// The one that `BADGESMITH_DYNAMODB` names. It is slow, so one test at a time uses it.
    pub(crate) fn external() -> Self {
        let endpoint = env::var("BADGESMITH_DYNAMODB");
        let endpoint = endpoint.expect("set BADGESMITH_DYNAMODB to the URL of a DynamoDB; .ci/peers starts one");
        let guard = EXTERNAL.lock().unwrap_or_else(PoisonError::into_inner);
        Self { endpoint, _stop: None, _external: Some(guard) }
    }

    /// Clients of this DynamoDB, with tables of their own, and of this Secrets Manager.
    pub(crate) async fn aws_with(&self, secrets_manager: &str) -> Arc<AwsClients> {
        let settings = AwsSettings { secrets_manager: Some(secrets_manager.to_owned()), ..self.settings() };
        self.provision(&settings).await;
        Arc::new(AwsClients::new(settings, Connections::new()))
    }

    /// Creates the tables.
    pub(crate) async fn provision(&self, settings: &AwsSettings) {
        let aws = AwsClients::new(settings.clone(), Connections::new());
        for step in provision::plan(&aws).await.unwrap().steps {
            provision::apply(&aws, &step).await.unwrap();
        }
    }

    /// Settings for this DynamoDB, with table names that no other test has.
    pub(crate) fn settings(&self) -> AwsSettings {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let named = |table: &str| format!("{table}-{unique}");
        let tables = TableNames {
            results: named("results"),
            nonces: named("nonces"),
            secrets: named("secrets"),
            answers: named("answers"),
            events: named("events"),
        };
        // The time limit is long, because a loaded machine must not fail the tests.
        AwsSettings { tables, timeout: Duration::from_secs(60), ..AwsSettings::default() }.at(&self.endpoint)
    }

    /// An empty store.
    pub(crate) async fn store(&self) -> DynamoStore {
        DynamoStore::new(self.aws_with(&self.endpoint).await)
    }
}
