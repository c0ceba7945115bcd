//! What the tables are called.

/// The names of the tables. Two deployments in one account have different ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Results and the claims of their runs.
    pub results: String,
    /// Nonces that were used.
    pub nonces: String,
    /// The names of the owners' secrets.
    pub secrets: String,
    /// What upstreams answered; empty where that is not kept.
    pub answers: String,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            results: "badge-test-results".to_owned(),
            nonces: "hmac-nonce".to_owned(),
            secrets: "badge-secrets".to_owned(),
            answers: "badge-answers".to_owned(),
        }
    }
}

impl Tables {
    /// What the names of this deployment's secrets in Secrets Manager begin with: the name of the table that lists
    /// them, which no other deployment of the account has. A role that reads these reads nobody else's.
    #[must_use]
    pub fn secret_prefix(&self) -> String {
        // A table may be named by its ARN, of which the name is the end.
        format!("{}/", self.secrets.rsplit('/').next().unwrap_or_default())
    }

    /// The names that `variable` has: `BADGESMITH_TABLE_RESULTS`, `_NONCES`, `_SECRETS` and `_ANSWERS`, and where they are
    /// not set BadgeSmith's own `AWS_RESOURCE_TEST_RESULTS_TABLE`, `AWS_RESOURCE_NONCE_TABLE` and
    /// `AWS_RESOURCE_ORG_SECRETS_TABLE`. An empty `BADGESMITH_TABLE_ANSWERS` switches that table off.
    pub fn named(variable: impl Fn(&str) -> Option<String>) -> Self {
        let own = Self::default();
        let first = |names: [&str; 2], default: String| {
            names.into_iter().filter_map(&variable).find(|name| !name.is_empty()).unwrap_or(default)
        };
        Self {
            results: first(["BADGESMITH_TABLE_RESULTS", "AWS_RESOURCE_TEST_RESULTS_TABLE"], own.results),
            nonces: first(["BADGESMITH_TABLE_NONCES", "AWS_RESOURCE_NONCE_TABLE"], own.nonces),
            secrets: first(["BADGESMITH_TABLE_SECRETS", "AWS_RESOURCE_ORG_SECRETS_TABLE"], own.secrets),
            answers: variable("BADGESMITH_TABLE_ANSWERS").unwrap_or(own.answers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_deployments_have_two_prefixes_of_which_neither_begins_with_the_other() {
        let prefix = |secrets: &str| Tables { secrets: secrets.to_owned(), ..Tables::default() }.secret_prefix();
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
        ];
        let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let Tables { results, nonces, secrets, answers } = Tables::named(variable);
        assert_eq!([&*results, &nonces, &secrets, &answers], ["ours", "their-nonces", "badge-secrets", ""]);
        assert_eq!(Tables::named(|_| None), Tables::default());
    }
}
