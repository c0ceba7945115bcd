//! Finds the addresses of badges in a text, wherever they stand.
//!
//! The text is read as bytes in any encoding that extends ASCII: only addresses have to be valid. An address inside
//! another one, such as in its query, counts as a part of the outer address and is not found.

use super::{extent, found::FoundAddress, host, markup::Markup, server::BadgeServer};

/// The first segments of a server's own addresses that are not pictures.
const NO_PICTURES: [&[u8]; 14] = [
    b".well-known",
    b"api",
    b"badges.json",
    b"events",
    b"events.schema.json",
    b"favicon.ico",
    b"health",
    b"live",
    b"llms.txt",
    b"metrics",
    b"openapi.json",
    b"redirect",
    b"robots.txt",
    b"webhooks",
];

/// The addresses of badges in the order of the text, both those of shields.io and the server's own.
pub(super) fn addresses(text: &[u8], markup: Markup, server: &BadgeServer) -> Vec<FoundAddress> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(slashes) = next_slashes(text, at) {
        at = slashes + 2;
        let Some(start) = address_start(text, slashes) else { continue };
        let after = text.get(at..).unwrap_or_default();
        let authority = after.iter().position(|byte| !is_of_authority(*byte)).unwrap_or(after.len());
        let path = at + authority;
        let extent = extent::of(text, start, path, markup);
        let own = server.own_length(text.get(slashes..).unwrap_or_default()).map(|length| slashes + length);
        let is_badge = match own {
            Some(own) => is_badge_path(text.get(own..extent.end).unwrap_or_default()),
            None => {
                let authority = text.get(at..path).unwrap_or_default();
                host::is_badge(authority, text.get(path..extent.end).unwrap_or_default())
            }
        };
        if is_badge {
            let (host, address) = (start..own.unwrap_or(path), start..extent.end);
            found.push(FoundAddress { host, address, is_own: own.is_some(), escapes: extent.escapes });
        }
        at = extent.end;
    }
    found
}

fn next_slashes(text: &[u8], from: usize) -> Option<usize> {
    text.get(from..)?.windows(2).position(|pair| pair == b"//").map(|at| from + at)
}

/// Where the address begins whose `//` is here: at its scheme, which is http or https, or at the slashes themselves
/// where an attribute or a destination begins with them.
fn address_start(text: &[u8], slashes: usize) -> Option<usize> {
    let before = text.get(slashes.saturating_sub(7)..slashes)?;
    for scheme in [&b"https:"[..], b"http:"] {
        let Some((head, end)) = before.len().checked_sub(scheme.len()).map(|cut| before.split_at(cut)) else {
            continue;
        };
        if end.eq_ignore_ascii_case(scheme) {
            let is_longer = head.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
            return (!is_longer).then_some(slashes - scheme.len());
        }
    }
    before.last().is_some_and(|byte| b"\"'(<".contains(byte)).then_some(slashes)
}

fn is_of_authority(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-_:@[]%~".contains(&byte)
}

/// Whether a path of the server is a badge, and not its index page or an address for programs.
fn is_badge_path(rest: &[u8]) -> bool {
    let Some(path) = rest.strip_prefix(b"/") else { return false };
    let first = path.split(|byte| b"/?#".contains(byte)).next().unwrap_or_default();
    !first.is_empty() && !NO_PICTURES.contains(&first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{replace::replaced, unescape::unescaped};
    use super::*;

    fn server() -> BadgeServer {
        BadgeServer::parse("https://badges.example.com/b").unwrap()
    }

    /// The addresses as they are requested, without their hosts.
    fn found(text: &str, markup: Markup) -> Vec<String> {
        let rest = |found: FoundAddress| unescaped(&text[found.host.end..found.address.end], found.escapes);
        addresses(text.as_bytes(), markup, &server()).into_iter().map(rest).collect()
    }

    #[test]
    fn an_address_ends_where_its_setting_ends() {
        let rows = [
            (Markup::Markdown, "[![a](https://img.shields.io/npm/v/x)](https://e.example)", "/npm/v/x"),
            (Markup::Markdown, "![a](https://img.shields.io/badge/a-(b)-red \"title\")", "/badge/a-(b)-red"),
            (Markup::Markdown, r"![a](https://img.shields.io/badge/a\_b\)-c-red)", "/badge/a_b)-c-red"),
            (Markup::Markdown, "![a](<https://img.shields.io/badge/a b-c-red>)", "/badge/a b-c-red"),
            (Markup::Markdown, "![a](\n  http://img.shields.io/x?a=1&amp;b=2)", "/x?a=1&b=2"),
            (Markup::Markdown, "![a](//img.shields.io/x)", "/x"),
            (Markup::Markdown, "[a]: https://img.shields.io/x?label=a.\r\n", "/x?label=a."),
            (Markup::Markdown, "See https://img.shields.io/x_y, (HTTPS://IMG.SHIELDS.IO/z).", "/x_y /z"),
            (Markup::Markdown, "| https://img.shields.io/x |`https://img.shields.io/y`|", "/x /y"),
            (Markup::Markdown, "![a][https://img.shields.io/x]", "/x"),
            (Markup::Markdown, "<img alt=a src=\"https://img.shields.io/badge/a b-c\">", "/badge/a b-c"),
            (Markup::Html, "<img src='https://img.shields.io/x?a&#38;b' width=1>", "/x?a&b"),
            (Markup::Html, "<img src = \"https://img.shields.io/x?a='b'\">", "/x?a='b'"),
            (Markup::Html, "<img src=https://img.shields.io/x?y=z alt=b>", "/x?y=z"),
            (Markup::Html, "<img src=https://img.shields.io/x>", "/x"),
            (Markup::Html, "srcset=\"https://img.shields.io/x 1x, https://img.shields.io/y 2x\"", "/x /y"),
            (Markup::Html, "<img src=\"https://img.shields.io/x\n\">", "/x"),
            (Markup::Html, "{\"u\": 'https://img.shields.io/x y'}", "/x"),
            (
                Markup::Rest,
                ".. image:: https://img.shields.io/x?a=1&b=2\n   :target: https://img.shields.io/y",
                "/x?a=1&b=2 /y",
            ),
            (Markup::Rest, ".. |a| image:: https://img.shields.io/x.", "/x."),
            (Markup::Rest, ".. _a: https://img.shields.io/x_\n`b <https://img.shields.io/y>`_", "/x_ /y"),
            (Markup::Rest, "See https://img.shields.io/x.", "/x"),
            (Markup::AsciiDoc, "image:https://img.shields.io/x[a,link=https://img.shields.io/y,b]", "/x /y"),
            (Markup::AsciiDoc, "image::https://img.shields.io/x?a=1[link=\"https://img.shields.io/y\"]", "/x?a=1 /y"),
            (Markup::AsciiDoc, ":badge: https://img.shields.io/x.\nhttps://img.shields.io/y[text]", "/x. /y"),
            (Markup::Markdown, "https://e.example/?u=https://img.shields.io/x git+https://img.shields.io/x", ""),
            (Markup::Markdown, "https://img.shields.io https://shields.io/badges //img.shields.io/x", ""),
            (Markup::Markdown, "https://badges.example.com/b/npm/v/x https://badges.example.com/b/health", "/npm/v/x"),
            (Markup::Markdown, "https://badges.example.com/npm/v/x https://badges.example.com/b/", ""),
        ];
        for (markup, text, expected) in rows {
            assert_eq!(found(text, markup).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn thousands_of_quotes_that_are_not_closed_cost_no_more_than_others() {
        for piece in ["=\"https://img.shields.io/x", "=\"https://img.shields.io/x\n", "](https://img.shields.io/x)"] {
            assert_eq!(found(&piece.repeat(20_000), Markup::Markdown).len(), 20_000, "{piece}");
        }
        assert!(found(&"(https://img.shields.io/x".repeat(20_000), Markup::Markdown).len() < 100);
    }

    /// Pieces of READMEs, among them many that are cut or nested in a wrong way.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        const PIECES: [&str; 24] = [
            "https://img.shields.io/badge/a-b-red",
            "http://img.shields.io",
            "//img.shields.io/x",
            "HTTPS://RASTER.SHIELDS.IO/",
            "https://b.adge.me/:a-b-c",
            "https://badges.example.com/b/npm/v/x",
            "https:",
            "//",
            "/",
            "://",
            "(",
            ")",
            "[",
            "]:",
            "<",
            ">",
            "\"",
            "'",
            "=",
            " ",
            "\r\n",
            "&amp;",
            "\\",
            "é\u{202e}",
        ];
        prop_oneof![
            4 => prop::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..4),
        ]
    }

    proptest! {
        #[test]
        fn a_rewrite_changes_nothing_but_scheme_and_host(
            pieces in prop::collection::vec(piece(), 0..40),
            markup in prop::sample::select(&[Markup::Markdown, Markup::Html, Markup::Rest, Markup::AsciiDoc][..]),
        ) {
            let text = pieces.concat();
            let server = server();
            let found = addresses(&text, markup, &server);
            let written = replaced(&text, &found, server.base());
            // Undoes the rewrite piece by piece: the text between the hosts must be unchanged, and each replaced host
            // must be one of shields.io.
            let (mut read, mut at) = (0, 0);
            for FoundAddress { host, address, is_own, .. } in &found {
                prop_assert!(address.start == host.start && host.end <= address.end && address.end <= text.len());
                prop_assert!(host.start >= read);
                let kept = host.start - read;
                prop_assert_eq!(&text[read..host.start], &written[at..at + kept]);
                (read, at) = (host.start, at + kept);
                if !is_own {
                    let name = text[host.clone()].to_ascii_lowercase();
                    let name = name.rsplit(|byte| *byte == b'/').next().unwrap();
                    prop_assert!([&b"img.shields.io"[..], b"raster.shields.io", b"b.adge.me"].contains(&name));
                    prop_assert!(written[at..].starts_with(server.base().as_bytes()));
                    (read, at) = (host.end, at + server.base().len());
                }
            }
            prop_assert_eq!(&text[read..], &written[at..]);
            // A second rewrite finds the same badges, and has nothing to change.
            let again = addresses(&written, markup, &server);
            prop_assert!(again.iter().all(|found| found.is_own));
            prop_assert_eq!(replaced(&written, &again, server.base()), written);
        }
    }
}
