//! The number of the last page of a list, which is the number of its items if each page has one item.

use badgesmith_provider::{Answer, Failure};
use serde_json::Value;

/// The length of a list whose pages have one item each: the number of the last page in the `Link` header, or the
/// number of items in the answer if it says that there is no further page. `None` if there are more items than the
/// upstream counts.
pub(crate) fn count(answer: &Answer) -> Result<Option<u64>, Failure> {
    let items: Vec<Value> = answer.json()?;
    let link = answer.header("link").unwrap_or_default();
    let last = link.split(',').find(|part| part.contains("rel=\"last\"")).and_then(page);
    match last {
        // The last page of an empty list is the first one.
        Some(_) if items.is_empty() => Ok(Some(0)),
        Some(last) => Ok(Some(last)),
        None if link.contains("rel=\"next\"") => Ok(None),
        None => Ok(Some(items.len() as u64)),
    }
}

/// The value of `page` in the address of a link.
fn page(link: &str) -> Option<u64> {
    let address = link.split_once('<')?.1.split_once('>')?.0;
    let query = address.split_once('?')?.1;
    query.split('&').find_map(|pair| pair.strip_prefix("page="))?.parse().ok()
}
