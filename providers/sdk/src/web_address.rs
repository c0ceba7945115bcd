//! Which texts are web addresses that a badge may link to.
//!
//! The code that accepts an address and the code that redirects to it later use the same rule. It is stricter than a
//! browser's: every text it accepts is an address to a browser, too.

// Only the types of addresses are used, no networking.
use core::net::{Ipv4Addr, Ipv6Addr};

/// Whether a text is an absolute http or https address with a valid host, without white space and control characters,
/// which are not allowed in a header.
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
    // A user and a password may precede the host.
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

/// Whether a text is a valid host name or IPv4 address.
fn is_host(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    // A browser parses a name whose last label is a number as an IPv4 address.
    let hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
        || last.strip_prefix("0x").or_else(|| last.strip_prefix("0X")).is_some_and(hexadecimal);
    if is_number {
        return name.parse::<Ipv4Addr>().is_ok();
    }
    name.split('.').all(|label| !label.is_empty()) && name.chars().all(is_letter)
}
