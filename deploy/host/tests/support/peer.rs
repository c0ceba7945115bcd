//! DynamoDB on this machine: dynoxide in this process, or whatever listens where the environment says.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    env,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use badgesmith_host::{
    aws::{Aws, DynamoStore, Settings, Tables, provision},
    client::Connections,
};
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
            // One test at a time: the store waits three seconds, which a slow peer under all of them exceeds.
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

    /// The same with Secrets Manager somewhere else.
    pub(crate) async fn aws_with(&self, secrets_manager: &str) -> Arc<Aws> {
        let settings = self.settings();
        let settings = Settings { secrets_manager: Some(secrets_manager.to_owned()), ..settings };
        let aws = Arc::new(Aws::new(settings, Connections::new()));
        for step in provision::plan(&aws).await.unwrap().steps {
            provision::take(&aws, &step).await.unwrap();
        }
        aws
    }

    /// This peer, with tables of their own.
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
        Settings { tables, ..Settings::default() }.at(&self.endpoint)
    }

    /// An empty store in this peer.
    pub(crate) async fn store(&self) -> DynamoStore {
        DynamoStore::new(self.aws_with(&self.endpoint).await)
    }
}
