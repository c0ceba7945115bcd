//! What the server calls in AWS, and the IAM policy with the least privileges for it.

use serde_json::{Value, json};

use crate::table_names::TableNames;

/// One operation that the server calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowedCall {
    /// The service and the operation, as [`AwsClients::call_counts`](crate::AwsClients::call_counts) counts it.
    pub operation: &'static str,
    /// The IAM action. A transaction needs the actions of its writes.
    pub action: &'static str,
    /// The resources it is for.
    pub on: &'static [PolicyResource],
}

/// A resource of the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyResource {
    /// The table of results.
    Results,
    /// The table of nonces.
    Nonces,
    /// The table that lists the secrets.
    Secrets,
    /// The table of cached answers.
    Answers,
    /// The table of events.
    Events,
    /// The deployment's secrets in Secrets Manager.
    Values,
}

/// All calls of a server, and no others.
pub const ALLOWED_CALLS: [AllowedCall; 8] = [
    AllowedCall {
        operation: "DynamoDB.TransactWriteItems",
        action: "dynamodb:PutItem",
        on: &[PolicyResource::Results, PolicyResource::Nonces, PolicyResource::Events],
    },
    // A transaction that writes a record updates the list of its owner's subjects.
    AllowedCall {
        operation: "DynamoDB.TransactWriteItems",
        action: "dynamodb:UpdateItem",
        on: &[PolicyResource::Results],
    },
    // A row of a sent event is deleted from the table of events in the same transaction that records that it was sent.
    AllowedCall {
        operation: "DynamoDB.TransactWriteItems",
        action: "dynamodb:DeleteItem",
        on: &[PolicyResource::Events],
    },
    AllowedCall {
        operation: "DynamoDB.Query",
        action: "dynamodb:Query",
        on: &[PolicyResource::Results, PolicyResource::Events],
    },
    AllowedCall {
        operation: "DynamoDB.BatchGetItem",
        action: "dynamodb:BatchGetItem",
        on: &[PolicyResource::Secrets, PolicyResource::Answers],
    },
    AllowedCall {
        operation: "Secrets Manager.GetSecretValue",
        action: "secretsmanager:GetSecretValue",
        on: &[PolicyResource::Values],
    },
    AllowedCall { operation: "DynamoDB.GetItem", action: "dynamodb:GetItem", on: &[PolicyResource::Answers] },
    AllowedCall {
        operation: "DynamoDB.PutItem",
        action: "dynamodb:PutItem",
        on: &[PolicyResource::Results, PolicyResource::Answers],
    },
];

/// The policy for the role of a server, for tables of these names in any region and account.
#[must_use]
pub fn policy(tables: &TableNames) -> Value {
    let arn = |resource: &PolicyResource| match resource {
        PolicyResource::Results => table(&tables.results),
        PolicyResource::Nonces => table(&tables.nonces),
        PolicyResource::Secrets => table(&tables.secrets),
        PolicyResource::Answers => table(&tables.answers),
        PolicyResource::Events => table(&tables.events),
        PolicyResource::Values => Some(format!("arn:aws:secretsmanager:*:*:secret:{}*", tables.secret_prefix())),
    };
    let statements = ALLOWED_CALLS.iter().filter_map(|call| {
        let resources: Vec<_> = call.on.iter().filter_map(arn).collect();
        let is_used = !resources.is_empty();
        is_used.then(|| json!({"Effect": "Allow", "Action": call.action, "Resource": resources}))
    });
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
}

/// The ARN of a table; `None` for an empty name, which switches the table off.
fn table(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| format!("arn:aws:dynamodb:*:*:table/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_every_table_that_is_used_and_no_other() {
        let words = policy(&TableNames::default()).to_string();
        for table in ["badge-test-results", "hmac-nonce", "badge-secrets", "badge-answers"] {
            assert!(words.contains(&format!("table/{table}\"")), "{words}");
        }
        assert!(words.contains("secret:badge-secrets/*\""), "{words}");
        assert!(!words.contains("\"*\"") && !words.contains(":*\""), "{words}");
        assert!(!words.contains("DeleteItem") && !words.contains("events"), "{words}");
        let events = policy(&TableNames { events: "badge-events".to_owned(), ..TableNames::default() }).to_string();
        assert_eq!(events.matches("table/badge-events\"").count(), 3, "PutItem, DeleteItem and Query: {events}");
        assert!(events.contains("\"dynamodb:DeleteItem\""), "{events}");
        let without = policy(&TableNames { answers: String::new(), ..TableNames::default() }).to_string();
        assert!(!without.contains("GetItem\"") || !without.contains("dynamodb:GetItem"), "{without}");
    }
}
