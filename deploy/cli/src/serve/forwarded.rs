//! The addresses that proxies write into `X-Forwarded-For` and `Forwarded` (RFC 7239).

use std::net::{IpAddr, SocketAddr};

use hyper::{
    HeaderMap,
    header::{self, HeaderName, HeaderValue},
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How many proxies are read at most. A chain is seldom longer than three, and clients may send long headers.
const MOST_HOPS: usize = 32;

/// The addresses of the hops of a request, the nearest first; `None` for a hop where a proxy wrote something else, such
/// as `unknown`.
///
/// `Forwarded` is read only if there is no `X-Forwarded-For`: nearly every proxy writes the latter, and passes on a
/// `Forwarded` that its client may have forged.
pub(crate) fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let mut hops = Vec::new();
    if headers.contains_key(X_FORWARDED_FOR) {
        for value in headers.get_all(X_FORWARDED_FOR).iter().rev() {
            hops.extend(text(value).rsplit(',').take(MOST_HOPS).map(address));
        }
    } else {
        for value in headers.get_all(header::FORWARDED).iter().rev() {
            hops.extend(split(text(value), ',').into_iter().rev().take(MOST_HOPS).map(forwarded_for));
        }
    }
    hops.truncate(MOST_HOPS);
    hops
}

/// The text of a header; empty if it is not text.
fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

/// The address in the parameter `for` of an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    split(element, ';').into_iter().find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| address(value.trim().trim_matches('"')))
    })?
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()));
    address.map(|address| address.to_canonical())
}

/// The parts between separators outside of quoted strings.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = text.split(|char| {
        let is_literal = std::mem::take(&mut is_escaped);
        match char {
            '\\' if is_quoted && !is_literal => is_escaped = true,
            '"' if !is_literal => is_quoted = !is_quoted,
            _ => return char == separator && !is_quoted,
        }
        false
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[(&'static str, &str)]) -> Vec<Option<String>> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        hops(&headers).into_iter().map(|hop| hop.map(|address| address.to_string())).collect()
    }

    fn is(lines: &[(&'static str, &str)], expected: &[&str]) {
        let expected: Vec<_> = expected.iter().map(|hop| (*hop != "-").then(|| (*hop).to_owned())).collect();
        assert_eq!(read(lines), expected, "{lines:?}");
    }

    #[test]
    fn x_forwarded_for_is_read_from_the_right_over_all_its_lines() {
        let name = "x-forwarded-for";
        is(&[(name, "192.0.2.1, 10.0.0.1")], &["10.0.0.1", "192.0.2.1"]);
        is(&[(name, "192.0.2.1"), (name, "10.0.0.2,10.0.0.1")], &["10.0.0.1", "10.0.0.2", "192.0.2.1"]);
        is(&[(name, "192.0.2.1:4711, [2001:db8::1]:80, 2001:db8::2")], &["2001:db8::2", "2001:db8::1", "192.0.2.1"]);
        is(&[(name, "::ffff:192.0.2.1, unknown, ")], &["-", "-", "192.0.2.1"]);
        assert_eq!(read(&[(name, &"192.0.2.1,".repeat(4000))]).len(), MOST_HOPS);
    }

    #[test]
    fn forwarded_is_read_with_its_quotes() {
        let name = "forwarded";
        is(&[(name, "for=192.0.2.60;proto=http;by=203.0.113.43")], &["192.0.2.60"]);
        is(&[(name, "For=\"[2001:db8:cafe::17]:4711\", by=x;for=10.0.0.1")], &["10.0.0.1", "2001:db8:cafe::17"]);
        is(&[(name, "for=192.0.2.43, for=unknown"), (name, "for=_gazonk;x=\"a\\\",b;c\"")], &["-", "-", "192.0.2.43"]);
        is(&[(name, "proto=https")], &["-"]);
    }

    #[test]
    fn a_forwarded_beside_x_forwarded_for_is_not_read() {
        is(&[("forwarded", "for=192.0.2.1"), ("x-forwarded-for", "192.0.2.2")], &["192.0.2.2"]);
        is(&[], &[]);
    }
}
