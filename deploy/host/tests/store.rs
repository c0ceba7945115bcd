//! What a store promises, asked of every store: the embedded one and DynamoDB.
//!
//! DynamoDB's half runs against a peer in this process, and against the one that `BADGESMITH_DYNAMODB` names, if any.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "store/embedded.rs"]
mod embedded;
#[cfg(feature = "aws")]
#[path = "support/peer.rs"]
mod peer;
#[path = "store/promises.rs"]
mod promises;

/// Each promise becomes a test of each store.
macro_rules! promised {
    ($($promise:ident),* $(,)?) => {
        mod the_embedded_store {
            $(#[tokio::test]
            async fn $promise() {
                let opened = crate::embedded::open(stringify!($promise));
                crate::promises::$promise(&opened.store).await;
            })*
        }

        #[cfg(feature = "aws")]
        mod dynamodb {
            $(#[tokio::test]
            async fn $promise() {
                let peer = crate::peer::Peer::start().await;
                crate::promises::$promise(&peer.store().await).await;
            })*
        }

        #[cfg(feature = "aws")]
        mod dynamodb_elsewhere {
            $(#[tokio::test]
            async fn $promise() {
                let Some(peer) = crate::peer::Peer::elsewhere() else { return };
                crate::promises::$promise(&peer.store().await).await;
            })*
        }
    };
}

promised!(
    a_record_is_read_back_whole,
    the_first_and_the_last_moment_are_kept_in_their_order,
    the_newest_is_the_one_with_the_latest_time_whatever_came_first,
    equal_times_are_told_apart_by_run_and_then_by_attempt,
    two_spellings_are_one_subject,
    no_two_subjects_share_a_record,
    no_two_collections_share_a_record,
    the_longest_names_are_kept,
    a_large_record_is_kept,
    a_run_is_recorded_once_whatever_its_time,
    a_duplicate_uses_no_nonce,
    a_nonce_is_used_once_for_its_subject_whatever_became_of_the_run,
    a_used_nonce_writes_nothing,
    a_nonce_may_come_again_when_it_is_forgotten,
    what_is_expired_is_not_read,
    a_run_may_come_again_when_it_is_forgotten,
    of_many_at_once_with_one_nonce_one_is_recorded,
    of_many_at_once_of_one_run_one_is_recorded,
    many_runs_at_once_are_all_recorded,
    history_goes_back_as_far_as_it_is_asked,
    an_answer_is_kept_until_it_expires,
    a_large_answer_is_kept,
    a_store_that_works_says_so_and_asking_it_shows_nowhere,
);
