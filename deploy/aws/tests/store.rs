//! The promises of a store, tested on DynamoDB. `deploy/host/tests/store.rs` tests the same on the embedded store.
//!
//! The peers are dynoxide in this process, and the DynamoDB that `BADGESMITH_DYNAMODB` names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/peer.rs"]
mod peer;
#[macro_use]
#[path = "../../host/tests/store/promises.rs"]
mod promises;

/// Makes two tests of each promise.
macro_rules! promised {
    ($module:ident: $($promise:ident),* $(,)?) => {
        mod dynoxide_in_this_process {
            $(#[tokio::test]
            async fn $promise() {
                let peer = crate::peer::Peer::start().await;
                crate::$module::$promise(&peer.store().await).await;
            })*
        }

        mod another_dynamodb {
            $(#[tokio::test]
            #[ignore = "needs BADGESMITH_DYNAMODB, the URL of a second DynamoDB, which .ci/peers starts"]
            async fn $promise() {
                let peer = crate::peer::Peer::external();
                crate::$module::$promise(&peer.store().await).await;
            })*
        }
    };
}

for_every_promise!(promised);
