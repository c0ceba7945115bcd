//! The promises of a store, tested on the embedded store. `deploy/aws/tests/store.rs` tests the same on DynamoDB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "store/embedded.rs"]
mod embedded;
#[macro_use]
#[path = "store/delivery_promises.rs"]
mod delivery_promises;
#[macro_use]
#[path = "store/part_promises.rs"]
mod part_promises;
#[macro_use]
#[path = "store/promises.rs"]
mod promises;
#[macro_use]
#[path = "store/row_promises.rs"]
mod row_promises;
#[macro_use]
#[path = "store/state_promises.rs"]
mod state_promises;

/// Makes a test of each promise.
macro_rules! promised {
    ($module:ident: $($promise:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $promise() {
            let opened = embedded::open(stringify!($promise));
            $module::$promise(&opened.store).await;
        })*
    };
}

for_every_promise!(promised);
for_every_state_promise!(promised);
for_every_delivery_promise!(promised);
for_every_part_promise!(promised);
for_every_row_promise!(promised);

#[tokio::test]
async fn parts_are_found_among_thousands_of_other_subjects() {
    part_promises::are_found_among_thousands(&embedded::open("among_thousands").store).await;
}
