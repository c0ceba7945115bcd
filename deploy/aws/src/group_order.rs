//! Processes a batch of messages: the messages of one group in order, different groups concurrently.

use std::collections::BTreeMap;

use futures_util::future::join_all;

/// The outcome of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageEnd {
    /// The message was processed.
    Done,
    /// The message can never be processed. Later messages of its group do not depend on it.
    Poison,
    /// Another attempt may succeed. Later messages of its group wait for it.
    Postponed,
}

/// Processes messages and returns the outcome of each. After a message of a group is postponed, the rest of its group
/// is postponed too, without being processed.
pub async fn work_in_order<M, F>(
    messages: &[M],
    group: impl Fn(&M) -> &str,
    work: impl Fn(usize) -> F,
) -> Vec<MessageEnd>
where
    F: Future<Output = MessageEnd>,
{
    let mut groups = BTreeMap::<&str, Vec<usize>>::new();
    for (place, message) in messages.iter().enumerate() {
        groups.entry(group(message)).or_default().push(place);
    }
    let work = &work;
    let of_group = |places: Vec<usize>| async move {
        let mut done = Vec::new();
        for place in places {
            let end = work(place).await;
            done.push((place, end));
            if end == MessageEnd::Postponed {
                break;
            }
        }
        done
    };
    let mut ends = vec![MessageEnd::Postponed; messages.len()];
    for (place, end) in join_all(groups.into_values().map(of_group)).await.into_iter().flatten() {
        ends[place] = end;
    }
    ends
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::{
        MessageEnd::{Done, Poison, Postponed},
        work_in_order,
    };

    #[tokio::test]
    async fn a_groups_first_failure_postpones_the_rest_of_it_and_no_other_group() {
        let messages = ["a done", "b poison", "a postponed", "b done", "a done", "c done"];
        let worked = Mutex::new(Vec::new());
        let work = |place: usize| {
            let (messages, worked) = (&messages, &worked);
            async move {
                worked.lock().unwrap().push(place);
                match messages[place].split_at(2).1 {
                    "done" => Done,
                    "poison" => Poison,
                    _ => Postponed,
                }
            }
        };
        let ends = work_in_order(&messages, |message| &message[..1], work).await;
        assert_eq!(ends, [Done, Poison, Postponed, Done, Postponed, Done]);
        let mut worked = worked.into_inner().unwrap();
        worked.sort_unstable();
        assert_eq!(worked, [0, 1, 2, 3, 5], "the last one of group a was not begun");
    }
}
