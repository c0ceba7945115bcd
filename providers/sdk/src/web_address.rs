//! Which text is an address that a badge may lead to.
//!
//! Whoever takes an address in and whoever leads to it later must mean the same, so both ask here. The rule is stricter
//! than a browser's: everything it takes is an address to a browser, too.

// The types of addresses, which open nothing.
use core::net::{Ipv4Addr, Ipv6Addr};

/// Whether a text is an absolute http or https address with a host that can exist, and nothing in it that has no place in
/// a header.
///
/// ```
/// use badgesmith_provider::is_web_address;
///
/// assert!(is_web_address("https://ci.example.com:8443/runs/7?tab=tests#top"));
/// assert!(is_web_address("http://[::1]:8000/"));
/// for text in ["ci.example.com", "javascript:alert(1)", "https://", "https://[::1/", "https://%/", "https://a b/"] {
///     assert!(!is_web_address(text), "{text}");
/// }
/// ```
#[must_use]
pub fn is_web_address(text: &str) -> bool {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let Some(rest) = scheme.map(|scheme| &text[scheme.len()..]) else { return false };
    if rest.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return false;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    // A user or a password may stand in front of the host.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, port)) => {
            let port = port.strip_prefix(':').map_or(port.is_empty(), is_port);
            port && address.parse::<Ipv6Addr>().is_ok()
        }
        None => {
            let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
            port.is_none_or(is_port) && is_host(name)
        }
    }
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

/// Whether a name can be a host's, or is an IPv4 address.
fn is_host(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    // A browser takes a name whose last part is a number for an IPv4 address.
    let hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
        || last.strip_prefix("0x").or_else(|| last.strip_prefix("0X")).is_some_and(hexadecimal);
    if is_number {
        return name.parse::<Ipv4Addr>().is_ok();
    }
    name.split('.').all(|label| !label.is_empty()) && name.chars().all(is_letter)
}
