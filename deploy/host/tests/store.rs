//! The promises of a store, tested on the embedded store. `deploy/aws/tests/store.rs` tests the same on DynamoDB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "store/embedded.rs"]
mod embedded;
#[macro_use]
#[path = "store/promises.rs"]
mod promises;

/// Makes a test of each promise.
macro_rules! promised {
    ($($promise:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $promise() {
            let opened = embedded::open(stringify!($promise));
            promises::$promise(&opened.store).await;
        })*
    };
}

for_every_promise!(promised);
for_every_state_promise!(promised);
