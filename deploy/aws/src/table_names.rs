//! The names of a deployment's tables.

/// The names of the tables. Two deployments in one account have different ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableNames {
    /// Results and the claims of their runs.
    pub results: String,
    /// Used nonces.
    pub nonces: String,
    /// The names of each owner's secrets in Secrets Manager.
    pub secrets: String,
    /// Cached answers of upstreams; empty if they are not cached.
    pub answers: String,
    /// Rows of events: the outbox, queues and dead letters; empty, as by default, if there are no events.
    pub events: String,
}

impl Default for TableNames {
    fn default() -> Self {
        Self {
            results: "badge-test-results".to_owned(),
            nonces: "hmac-nonce".to_owned(),
            secrets: "badge-secrets".to_owned(),
            answers: "badge-answers".to_owned(),
            events: String::new(),
        }
    }
}

impl TableNames {
    /// The prefix of this deployment's secrets in Secrets Manager: the name of the table that lists them, which is
    /// unique in the account. A role that may read this prefix reads no other deployment's secrets.
    #[must_use]
    pub fn secret_prefix(&self) -> String {
        // The table may be given as an ARN, which ends with the name.
        format!("{}/", self.secrets.rsplit('/').next().unwrap_or_default())
    }

    /// The names in environment variables, which `variable` reads: `BADGESMITH_TABLE_RESULTS`, `_NONCES`, `_SECRETS`,
    /// `_ANSWERS` and `_EVENTS`; where they are not set, `AWS_RESOURCE_TEST_RESULTS_TABLE`, `AWS_RESOURCE_NONCE_TABLE`
    /// and `AWS_RESOURCE_ORG_SECRETS_TABLE` of earlier deployments. An empty `BADGESMITH_TABLE_ANSWERS` switches that
    /// table off, and so does an empty `BADGESMITH_TABLE_EVENTS` or none.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let default = Self::default();
        let first = |names: [&str; 2], otherwise: String| {
            names.into_iter().filter_map(&variable).find(|name| !name.is_empty()).unwrap_or(otherwise)
        };
        Self {
            results: first(["BADGESMITH_TABLE_RESULTS", "AWS_RESOURCE_TEST_RESULTS_TABLE"], default.results),
            nonces: first(["BADGESMITH_TABLE_NONCES", "AWS_RESOURCE_NONCE_TABLE"], default.nonces),
            secrets: first(["BADGESMITH_TABLE_SECRETS", "AWS_RESOURCE_ORG_SECRETS_TABLE"], default.secrets),
            answers: variable("BADGESMITH_TABLE_ANSWERS").unwrap_or(default.answers),
            events: variable("BADGESMITH_TABLE_EVENTS").unwrap_or(default.events),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_deployments_have_two_prefixes_of_which_neither_begins_with_the_other() {
        let prefix =
            |secrets: &str| TableNames { secrets: secrets.to_owned(), ..TableNames::default() }.secret_prefix();
        assert_eq!(prefix("badgesmith-staging-secrets"), "badgesmith-staging-secrets/");
        assert_eq!(prefix("arn:aws:dynamodb:eu-west-1:123456789012:table/badge-secrets"), "badge-secrets/");
        for (one, other) in [("staging", "production"), ("secrets", "secrets-2"), ("a", "a.b")] {
            assert!(!prefix(one).starts_with(&prefix(other)) && !prefix(other).starts_with(&prefix(one)));
        }
        assert!(!prefix("badgesmith-staging-secrets").starts_with("badgesmith/"), "the prefix that all once shared");
    }

    #[test]
    fn a_table_has_our_name_for_it_or_badgesmiths_or_the_usual_one() {
        let set = [
            ("BADGESMITH_TABLE_RESULTS", "ours"),
            ("AWS_RESOURCE_TEST_RESULTS_TABLE", "theirs"),
            ("AWS_RESOURCE_NONCE_TABLE", "their-nonces"),
            ("BADGESMITH_TABLE_SECRETS", ""),
            ("BADGESMITH_TABLE_ANSWERS", ""),
            ("BADGESMITH_TABLE_EVENTS", "told"),
        ];
        let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let TableNames { results, nonces, secrets, answers, events } = TableNames::from_variables(variable);
        assert_eq!(
            [&*results, &nonces, &secrets, &answers, &events],
            ["ours", "their-nonces", "badge-secrets", "", "told"]
        );
        assert_eq!(TableNames::from_variables(|_| None), TableNames::default());
    }
}
