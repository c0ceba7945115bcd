//! The promises of a store, tested on DynamoDB. `deploy/host/tests/store.rs` tests the same on the embedded store.
//!
//! The peers are dynoxide in this process, and the DynamoDB that `BADGESMITH_DYNAMODB` names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[macro_use]
#[path = "../../host/tests/store/delivery_promises.rs"]
mod delivery_promises;
#[path = "support/peer.rs"]
mod peer;
#[macro_use]
#[path = "../../host/tests/store/promises.rs"]
mod promises;
#[macro_use]
#[path = "../../host/tests/store/state_promises.rs"]
mod state_promises;

/// Makes a test of each promise, on dynoxide in this process.
macro_rules! promised_here {
    ($module:ident: $($promise:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $promise() {
            let peer = crate::peer::Peer::start().await;
            crate::$module::$promise(&peer.store().await).await;
        })*
    };
}

/// Makes a test of each promise, on another DynamoDB.
macro_rules! promised_elsewhere {
    ($module:ident: $($promise:ident),* $(,)?) => {
        $(#[tokio::test]
        #[ignore = "needs BADGESMITH_DYNAMODB, the URL of a second DynamoDB, which .ci/peers starts"]
        async fn $promise() {
            let peer = crate::peer::Peer::external();
            crate::$module::$promise(&peer.store().await).await;
        })*
    };
}

mod dynoxide_in_this_process {
    for_every_promise!(promised_here);
    for_every_state_promise!(promised_here);
    for_every_delivery_promise!(promised_here);
}

mod another_dynamodb {
    for_every_promise!(promised_elsewhere);
    for_every_state_promise!(promised_elsewhere);
    for_every_delivery_promise!(promised_elsewhere);
}
