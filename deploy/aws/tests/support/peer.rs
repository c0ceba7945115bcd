//! DynamoDB on this machine: dynoxide in this process, or whatever listens where the environment says.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    env,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use badgesmith_aws::{Aws, DynamoStore, Settings, Tables, provision};
use badgesmith_host::client::Connections;
use tokio::{net::TcpListener, sync::oneshot};

static TURN: Mutex<()> = Mutex::new(());

/// A peer, and for how long it lives.
pub(crate) struct Peer {
    endpoint: String,
    _stop: Option<oneshot::Sender<()>>,
    _turn: Option<MutexGuard<'static, ()>>,
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
        Self { endpoint, _stop: Some(stop), _turn: None }
    }

    /// The one that `BADGESMITH_DYNAMODB` names. Without it there is none, which CI does not let pass.
    pub(crate) fn elsewhere() -> Option<Self> {
        match env::var("BADGESMITH_DYNAMODB") {
            // One test at a time: it is slow enough with one.
            Ok(endpoint) => {
                let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
                Some(Self { endpoint, _stop: None, _turn: Some(turn) })
            }
            Err(_) => {
                assert!(env::var_os("CI").is_none(), "BADGESMITH_DYNAMODB names no peer; .ci/peers starts one");
                println!("skipped: BADGESMITH_DYNAMODB names no second DynamoDB");
                None
            }
        }
    }

    /// Clients of this peer with tables of their own, and of a Secrets Manager elsewhere.
    pub(crate) async fn aws_with(&self, secrets_manager: &str) -> Arc<Aws> {
        let settings = Settings { secrets_manager: Some(secrets_manager.to_owned()), ..self.settings() };
        self.provision(&settings).await;
        Arc::new(Aws::new(settings, Connections::new()))
    }

    /// Makes the tables.
    pub(crate) async fn provision(&self, settings: &Settings) {
        let aws = Aws::new(settings.clone(), Connections::new());
        for step in provision::plan(&aws).await.unwrap().steps {
            provision::take(&aws, &step).await.unwrap();
        }
    }

    /// This peer, with tables of nobody else's.
    pub(crate) fn settings(&self) -> Settings {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let named = |table: &str| format!("{table}-{unique}");
        let tables = Tables {
            results: named("results"),
            nonces: named("nonces"),
            secrets: named("secrets"),
            answers: named("answers"),
        };
        // A loaded machine is no fault of the store's.
        Settings { tables, patience: Duration::from_secs(60), ..Settings::default() }.at(&self.endpoint)
    }

    /// An empty store in this peer.
    pub(crate) async fn store(&self) -> DynamoStore {
        DynamoStore::new(self.aws_with(&self.endpoint).await)
    }
}
