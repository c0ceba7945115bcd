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
