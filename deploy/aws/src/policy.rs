//! What the server calls in AWS, and the least policy that lets it.

use serde_json::{Value, json};

use super::Tables;

/// One operation that the server calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service and the operation, as [`Aws::calls`](super::Aws::calls) counts it.
    pub operation: &'static str,
    /// What IAM calls it: a transaction is allowed by what it does.
    pub action: &'static str,
    /// What it is done to.
    pub on: &'static [Resource],
}

/// What something is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The table of results.
    Results,
    /// The table of nonces.
    Nonces,
    /// The table of secrets' names.
    Secrets,
    /// The table of kept answers.
    Answers,
    /// The values in Secrets Manager.
    Values,
}

/// Everything the server calls, and nothing else.
pub const CALLS: [Call; 6] = [
    Call {
        operation: "DynamoDB.TransactWriteItems",
        action: "dynamodb:PutItem",
        on: &[Resource::Results, Resource::Nonces],
    },
    Call { operation: "DynamoDB.Query", action: "dynamodb:Query", on: &[Resource::Results] },
    Call { operation: "DynamoDB.BatchGetItem", action: "dynamodb:BatchGetItem", on: &[Resource::Secrets] },
    Call {
        operation: "Secrets Manager.GetSecretValue",
        action: "secretsmanager:GetSecretValue",
        on: &[Resource::Values],
    },
    Call { operation: "DynamoDB.GetItem", action: "dynamodb:GetItem", on: &[Resource::Answers] },
    Call { operation: "DynamoDB.PutItem", action: "dynamodb:PutItem", on: &[Resource::Answers] },
];

/// The least policy of a role that serves, for tables of these names in any region and account.
#[must_use]
pub fn policy(tables: &Tables) -> Value {
    let arn = |resource: &Resource| match resource {
        Resource::Results => table(&tables.results),
        Resource::Nonces => table(&tables.nonces),
        Resource::Secrets => table(&tables.secrets),
        Resource::Answers => table(&tables.answers),
        Resource::Values => Some(format!("arn:aws:secretsmanager:*:*:secret:{}*", tables.secret_prefix())),
    };
    let statements = CALLS.iter().filter_map(|call| {
        let resources: Vec<_> = call.on.iter().filter_map(arn).collect();
        let is_used = !resources.is_empty();
        is_used.then(|| json!({"Effect": "Allow", "Action": call.action, "Resource": resources}))
    });
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
}

/// A table's name as resources have it; without a name it is switched off.
fn table(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| format!("arn:aws:dynamodb:*:*:table/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_every_table_that_is_used_and_no_other() {
        let words = policy(&Tables::default()).to_string();
        for table in ["badge-test-results", "hmac-nonce", "badge-secrets", "badge-answers"] {
            assert!(words.contains(&format!("table/{table}\"")), "{words}");
        }
        assert!(words.contains("secret:badge-secrets/*\""), "{words}");
        assert!(!words.contains("\"*\"") && !words.contains(":*\""), "{words}");
        let without = policy(&Tables { answers: String::new(), ..Tables::default() }).to_string();
        assert!(!without.contains("GetItem\"") || !without.contains("dynamodb:GetItem"), "{without}");
    }
}
