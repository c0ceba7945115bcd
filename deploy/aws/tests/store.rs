//! The promises of a store, tested on DynamoDB. `deploy/host/tests/store.rs` tests the same on the embedded store.
//!
//! The peers are dynoxide in this process, and the DynamoDB that `BADGESMITH_DYNAMODB` names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/call_counts.rs"]
mod call_counts;
#[macro_use]
#[path = "../../host/tests/store/delivery_promises.rs"]
mod delivery_promises;
#[macro_use]
#[path = "../../host/tests/store/part_promises.rs"]
mod part_promises;
#[path = "support/peer.rs"]
mod peer;
#[macro_use]
#[path = "../../host/tests/store/promises.rs"]
mod promises;
#[macro_use]
#[path = "../../host/tests/store/row_promises.rs"]
mod row_promises;
#[macro_use]
#[path = "../../host/tests/store/state_promises.rs"]
mod state_promises;

use std::{sync::Arc, time::SystemTime};

use badgesmith_aws::DynamoStore;
use badgesmith_engine::store::{EveryPart, Store};

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
    for_every_part_promise!(promised_here);
    for_every_row_promise!(promised_here);
}

mod another_dynamodb {
    for_every_promise!(promised_elsewhere);
    for_every_state_promise!(promised_elsewhere);
    for_every_delivery_promise!(promised_elsewhere);
    for_every_part_promise!(promised_elsewhere);
    for_every_row_promise!(promised_elsewhere);
}

#[tokio::test]
async fn the_parts_of_a_branch_cost_two_queries_each_however_many_branches_there_are() {
    let peer = peer::Peer::start().await;
    let aws = peer.aws_with("http://127.0.0.1:1").await;
    let store = DynamoStore::new(Arc::clone(&aws));
    part_promises::are_found_among_thousands(&store).await;
    let queries = async |branch: &str| {
        let every = EveryPart::new("test-results", ["acme", "tools", branch], 8, &["passed".to_owned()]).unwrap();
        let before = aws.call_counts();
        let found = store.part_records(&every, SystemTime::now()).await.unwrap();
        (found.found.len(), call_counts::since(&before, &aws))
    };
    // A page for each of four parts, one behind the last, four keys by themselves, and the records of two parts.
    assert_eq!(queries("branch0400x").await, (2, call_counts::calls(&[("DynamoDB.Query", 11)])));
    assert_eq!(queries("a-branch").await, (0, call_counts::calls(&[("DynamoDB.Query", 5)])));
}
