//! What a store promises, asked of the embedded store. `deploy/aws/tests/store.rs` asks the same of DynamoDB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

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
