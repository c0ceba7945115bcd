//! The IAM permissions of a server for the topics that it publishes to and for the key that seals.

use serde_json::{Value, json};

/// The actions on a topic of a subscription, each with the operation that needs it, as
/// [`AwsClients::call_counts`](crate::AwsClients::call_counts) counts it.
pub const TOPIC_CALLS: [(&str, &str); 1] = [("SNS.Publish", "sns:Publish")];
/// The actions on the key that seals.
pub const KEY_CALLS: [(&str, &str); 2] =
    [("KMS.GenerateDataKey", "kms:GenerateDataKey"), ("KMS.Decrypt", "kms:Decrypt")];

/// Adds the permissions for topics with these names or ARNs to a policy.
pub fn allow_topics<'a>(policy: &mut Value, topics: impl IntoIterator<Item = &'a str>) {
    let arn = |topic: &str| if topic.contains(':') { topic.to_owned() } else { format!("arn:aws:sns:*:*:{topic}") };
    let topics: Vec<_> = topics.into_iter().map(arn).collect();
    if !topics.is_empty() {
        let actions = TOPIC_CALLS.map(|(_, action)| action);
        add(policy, json!({"Effect": "Allow", "Action": actions, "Resource": topics}));
    }
}

/// Adds the permissions for sealing with the key of this id, ARN or alias to a policy.
pub fn allow_key(policy: &mut Value, key: &str) {
    let actions = KEY_CALLS.map(|(_, action)| action);
    let mut statement = json!({"Effect": "Allow", "Action": actions});
    // A policy can name keys but not aliases; the condition limits it to the key that has the alias.
    match key.split_once("alias/") {
        Some((_, alias)) => {
            statement["Resource"] = json!(["arn:aws:kms:*:*:key/*"]);
            statement["Condition"] =
                json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": [format!("alias/{alias}")]}});
        }
        None if key.starts_with("arn:") => statement["Resource"] = json!([key]),
        None => statement["Resource"] = json!([format!("arn:aws:kms:*:*:key/{key}")]),
    }
    add(policy, statement);
}

fn add(policy: &mut Value, statement: Value) {
    if let Some(statements) = policy["Statement"].as_array_mut() {
        statements.push(statement);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(topics: &[&str], key: Option<&str>) -> Value {
        let mut policy = json!({"Statement": []});
        allow_topics(&mut policy, topics.iter().copied());
        key.into_iter().for_each(|key| allow_key(&mut policy, key));
        policy["Statement"].clone()
    }

    #[test]
    fn a_topic_may_be_published_to_and_no_other() {
        let arn = "arn:aws:sns:eu-west-1:123456789012:other.fifo";
        let expected = json!([{
            "Effect": "Allow", "Action": ["sns:Publish"], "Resource": ["arn:aws:sns:*:*:badge-events", arn],
        }]);
        assert_eq!(policy(&["badge-events", arn], None), expected);
        assert_eq!(policy(&[], None), json!([]));
    }

    #[test]
    fn a_key_may_be_used_by_its_id_its_arn_or_its_alias_and_no_other() {
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/1-2";
        for (key, resource) in [("1-2", "arn:aws:kms:*:*:key/1-2"), (arn, arn)] {
            let statement = &policy(&[], Some(key))[0];
            assert_eq!((&statement["Resource"], &statement["Condition"]), (&json!([resource]), &Value::Null));
        }
        for alias in ["alias/badges", "arn:aws:kms:eu-west-1:123456789012:alias/badges"] {
            let statement = &policy(&[], Some(alias))[0];
            let only = json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/badges"]}});
            assert_eq!(statement["Condition"], only, "{statement}");
        }
    }
}
