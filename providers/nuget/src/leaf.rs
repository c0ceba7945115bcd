//! The registration leaf of a version, the only resource that says whether the version is listed.

use badgesmith_provider::{Answer, Failure};
use serde_json::Value;

/// Fields of a leaf. Every feed's leaves have at least one of them.
const LEAF: [&str; 4] = ["@id", "catalogEntry", "listed", "packageContent"];

/// Whether a version is listed: it is unless `listed` is false in its leaf, or in the catalog entry that some feeds
/// embed in the leaf. A version without a leaf counts as listed, because such feeds list every version they have.
/// <https://learn.microsoft.com/en-us/nuget/api/registration-base-url-resource#registration-leaf>
///
/// # Errors
/// As [`Answer::json`]; `UPSTREAM_INVALID` for JSON that is not a leaf.
pub(crate) fn is_listed(answer: &Answer<'_>) -> Result<bool, Failure> {
    if answer.is_missing() {
        return Ok(true);
    }
    let leaf: Value = answer.json()?;
    if LEAF.iter().all(|field| leaf.get(field).is_none()) {
        return Err(Failure::invalid_response());
    }
    let listed = leaf.get("listed").or_else(|| leaf.get("catalogEntry")?.get("listed"));
    Ok(listed != Some(&Value::Bool(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expected: Result<bool, &str>) {
        let said = is_listed(&Answer { status, body: body.as_bytes(), ..Answer::default() });
        assert_eq!(said.map_err(|failure| failure.code), expected.map_err(Into::into), "{status} {body}");
    }

    #[test]
    fn a_version_is_unlisted_only_where_its_leaf_says_so() {
        check(200, r#"{"@id": "x", "catalogEntry": "y", "listed": false}"#, Ok(false));
        check(200, r#"{"@id": "x", "catalogEntry": {"listed": false}}"#, Ok(false));
        check(200, r#"{"@id": "x", "catalogEntry": "y", "listed": true}"#, Ok(true));
        check(200, r#"{"@id": "x", "catalogEntry": {"listed": true}}"#, Ok(true));
        check(200, r#"{"packageContent": "x"}"#, Ok(true));
        check(200, r#"{"listed": false}"#, Ok(false));
        check(404, "<Error><Code>BlobNotFound</Code></Error>", Ok(true));
    }

    #[test]
    fn an_answer_that_is_no_leaf_decides_nothing() {
        check(200, "{}", Err("UPSTREAM_INVALID"));
        check(200, "[]", Err("UPSTREAM_INVALID"));
        check(200, "<html>", Err("UPSTREAM_INVALID"));
        check(401, "", Err("UPSTREAM_FORBIDDEN"));
    }
}
