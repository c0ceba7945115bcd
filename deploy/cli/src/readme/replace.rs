//! Replaces hosts in the text of a README, and nothing else.

use super::found::FoundAddress;

/// The text with `base` in the place of shields' scheme and host. The addresses must be in the order of the text.
pub(super) fn replaced(text: &[u8], addresses: &[FoundAddress], base: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut copied = 0;
    for found in addresses.iter().filter(|found| !found.is_own) {
        out.extend_from_slice(text.get(copied..found.host.start).unwrap_or_default());
        out.extend_from_slice(base.as_bytes());
        copied = found.host.end;
    }
    out.extend_from_slice(text.get(copied..).unwrap_or_default());
    out
}
