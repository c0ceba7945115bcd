//! DynamoDB on this machine: dynoxide in this process, or whatever listens where the environment says.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use badgesmith_host::{
    aws::{Aws, DynamoStore, Settings, Tables, provision},
    client::Connections,
};
use tokio::{net::TcpListener, sync::oneshot};

/// A peer, and for how long it lives.
pub(crate) struct Peer {
    endpoint: String,
    _stop: Option<oneshot::Sender<()>>,
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
        Self { endpoint, _stop: Some(stop) }
    }

    /// The one that `BADGESMITH_DYNAMODB` names. Without it there is none, which CI does not let pass.
    pub(crate) fn elsewhere() -> Option<Self> {
        match env::var("BADGESMITH_DYNAMODB") {
            Ok(endpoint) => Some(Self { endpoint, _stop: None }),
            Err(_) => {
                assert!(env::var_os("CI").is_none(), "BADGESMITH_DYNAMODB names no peer; .ci/peers starts one");
                println!("skipped: BADGESMITH_DYNAMODB names no second DynamoDB");
                None
            }
        }
    }

    /// Clients of this peer, with tables of their own that are there.
    pub(crate) async fn aws(&self) -> Arc<Aws> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let named = |table: &str| format!("{table}-{unique}");
        let tables = Tables {
            results: named("results"),
            nonces: named("nonces"),
            secrets: named("secrets"),
            answers: named("answers"),
        };
        let settings = Settings { tables, ..Settings::default() }.at(&self.endpoint);
        let aws = Arc::new(Aws::new(settings, Connections::new()));
        for step in provision::plan(&aws).await.unwrap().steps {
            provision::take(&aws, &step).await.unwrap();
        }
        aws
    }

    /// An empty store in this peer.
    pub(crate) async fn store(&self) -> DynamoStore {
        DynamoStore::new(self.aws().await)
    }
}
