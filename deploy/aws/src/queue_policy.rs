//! The IAM policy with the least privileges for a server that has queues.

use serde_json::{Value, json};

use crate::{policy, queue_address::QueueAddress, queue_names::QueueNames, table_names::TableNames};

/// The actions on the queue of reports, each with the operation that needs it, as
/// [`AwsClients::call_counts`](crate::AwsClients::call_counts) counts it. A batch needs the action of one message.
pub const REPORT_QUEUE_CALLS: [(&str, &str); 4] = [
    ("SQS.SendMessage", "sqs:SendMessage"),
    ("SQS.ReceiveMessage", "sqs:ReceiveMessage"),
    ("SQS.DeleteMessageBatch", "sqs:DeleteMessage"),
    ("SQS.ChangeMessageVisibility", "sqs:ChangeMessageVisibility"),
];
/// The action by which `/health?deep=1` reads the depth of a queue and of the queue of its dead letters.
const LOOK: &str = "sqs:GetQueueAttributes";
/// The action that is needed for a queue that is given by its name or ARN, not by its URL.
const FIND: &str = "sqs:GetQueueUrl";

/// The policy for the role of a server with these tables and queues, in any region and account.
#[must_use]
pub fn policy(tables: &TableNames, queues: &QueueNames) -> Value {
    let mut policy = policy::policy(tables);
    let address = queues.reports.as_deref().and_then(|name| QueueAddress::parse(name).ok());
    if let (Some(address), Some(statements)) = (address, policy["Statement"].as_array_mut()) {
        let mut actions: Vec<_> = REPORT_QUEUE_CALLS.iter().map(|(_, action)| *action).collect();
        if matches!(address, QueueAddress::Name { .. }) {
            actions.push(FIND);
        }
        let queue = format!("arn:aws:sqs:*:*:{}", address.name());
        statements.push(json!({"Effect": "Allow", "Action": actions, "Resource": [queue]}));
    }
    for name in [&queues.reports, &queues.events].into_iter().flatten() {
        if let (Ok(address), Some(statements)) = (QueueAddress::parse(name), policy["Statement"].as_array_mut()) {
            let actions = if matches!(address, QueueAddress::Name { .. }) { vec![LOOK, FIND] } else { vec![LOOK] };
            let both = [address.name(), &address.dead_name()].map(|name| format!("arn:aws:sqs:*:*:{name}"));
            statements.push(json!({"Effect": "Allow", "Action": actions, "Resource": both}));
        }
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_calls_of_a_queue_that_is_named_and_of_no_other() {
        let with = |reports: Option<&str>, events: Option<&str>| {
            let queues = QueueNames { reports: reports.map(str::to_owned), events: events.map(str::to_owned) };
            policy(&TableNames::default(), &queues).to_string()
        };
        assert!(!with(None, None).contains("sqs:"), "{}", with(None, None));
        let named = with(Some("reports.fifo"), None);
        assert!(named.contains("arn:aws:sqs:*:*:reports.fifo") && named.contains(FIND), "{named}");
        assert!(named.contains("arn:aws:sqs:*:*:reports-dead.fifo") && named.contains(LOOK), "{named}");
        assert!(!named.contains("events") && !named.contains("sqs:*\""), "{named}");
        let seen = with(None, Some("events.fifo"));
        assert!(seen.contains("events-dead.fifo") && seen.contains(LOOK) && !seen.contains("SendMessage"), "{seen}");
        assert!(!with(Some("https://sqs.eu-west-1.amazonaws.com/1/reports.fifo"), None).contains(FIND));
    }
}
