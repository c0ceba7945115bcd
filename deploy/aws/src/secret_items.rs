//! The items of the table that lists the owners' secrets, and the values in Secrets Manager.
//!
//! An item has the names of an owner's secrets in `SecretNames`, newest first; two while one is being rotated. Items of
//! earlier deployments are read too: they have one name in `SecretName`, under `CONST#GITHUB#` and the purpose in lower
//! case.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use badgesmith_host::secrets;

use crate::item::{Item, read, text};

/// The attribute with the list of names.
pub(crate) const NAMES: &str = "SecretNames";
/// The attribute with the one name in items of earlier deployments.
pub(crate) const OLDER_NAME: &str = "SecretName";

/// The partition of a holder: `ORG#owner` or `REPO#owner/repo`.
pub(crate) fn partition(owner: &str, repo: Option<&str>) -> String {
    let kind = if repo.is_some() { "REPO" } else { "ORG" };
    format!("{kind}#{}", secrets::holder(owner, repo).replace('#', "%23"))
}

/// The keys of an item.
pub(crate) fn key(partition: &str, purpose: &str) -> Item {
    HashMap::from([("PK".to_owned(), text(partition)), ("SK".to_owned(), text(purpose))])
}

/// The names in an item, newest first.
pub(crate) fn names(item: &Item) -> Vec<String> {
    match (item.get(NAMES), read(item, OLDER_NAME)) {
        (Some(AttributeValue::L(names)), _) => names.iter().filter_map(|name| name.as_s().ok().cloned()).collect(),
        (_, Some(name)) => vec![name.to_owned()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_holders_have_one_partition() {
        assert_eq!(partition("acme", None), "ORG#acme");
        assert_eq!(partition("Acme", Some("Tools")), "REPO#acme/tools");
        assert_eq!(partition("a/b", Some("c")), "REPO#a%2Fb/c");
        assert_eq!(partition("a#%", None), "ORG#a%23%25");
    }

    #[test]
    fn an_item_of_an_earlier_deployment_has_one_name() {
        let mut item = key("ORG#acme", "CONST#GITHUB#package");
        assert!(names(&item).is_empty());
        item.insert(OLDER_NAME.to_owned(), text("github/acme"));
        assert_eq!(names(&item), ["github/acme"]);
        item.insert(NAMES.to_owned(), AttributeValue::L(vec![text("new"), text("old")]));
        assert_eq!(names(&item), ["new", "old"]);
    }
}
