//! What a store promises, asked of DynamoDB. `deploy/host/tests/store.rs` asks the same of the embedded store.
//!
//! It is asked of dynoxide in this process, and of the DynamoDB that `BADGESMITH_DYNAMODB` names, if any.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "support/peer.rs"]
mod peer;
#[macro_use]
#[path = "../../host/tests/store/promises.rs"]
mod promises;

/// Makes two tests of each promise.
macro_rules! promised {
    ($($promise:ident),* $(,)?) => {
        mod dynamodb {
            $(#[tokio::test]
            async fn $promise() {
                let peer = crate::peer::Peer::start().await;
                crate::promises::$promise(&peer.store().await).await;
            })*
        }

        mod dynamodb_elsewhere {
            $(#[tokio::test]
            async fn $promise() {
                let Some(peer) = crate::peer::Peer::elsewhere() else { return };
                crate::promises::$promise(&peer.store().await).await;
            })*
        }
    };
}

for_every_promise!(promised);
