//! The hosts of shields' badges, today's and older ones.

/// Hosts that serve badges and nothing else. `b.adge.me` is the name that shields had first.
const BADGE_HOSTS: [&[u8]; 3] = [b"img.shields.io", b"raster.shields.io", b"b.adge.me"];
/// Hosts that serve shields' web site and badges.
const SITE_HOSTS: [&[u8]; 2] = [b"shields.io", b"www.shields.io"];
/// The first segments of the site's pages.
const PAGES: [&[u8]; 8] = [b"badges", b"blog", b"category", b"community", b"docs", b"assets", b"img", b"search"];

/// Whether `authority` and what follows it in an address are the address of one of shields' badges.
pub(super) fn is_badge(authority: &[u8], rest: &[u8]) -> bool {
    let host = authority.strip_suffix(b":443").or_else(|| authority.strip_suffix(b":80")).unwrap_or(authority);
    let is_one_of = |hosts: &[&[u8]]| hosts.iter().any(|name| host.eq_ignore_ascii_case(name));
    let Some(path) = rest.strip_prefix(b"/").filter(|path| !path.is_empty()) else { return false };
    is_one_of(&BADGE_HOSTS) || is_one_of(&SITE_HOSTS) && !is_page(path)
}

/// Whether a path of the site is a page: a page's name, or one segment without a query, such as `endpoint`.
fn is_page(path: &[u8]) -> bool {
    let end = path.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(path.len());
    let (first, rest) = path.split_at_checked(end).unwrap_or_default();
    PAGES.contains(&first) || matches!(rest, [] | [b'#', ..] | b"/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn badges_are_told_from_the_pages_of_shields_site() {
        for (authority, rest, expected) in [
            ("img.shields.io", "/badge/a-b-red", true),
            ("IMG.Shields.IO", "/x", true),
            ("img.shields.io:443", "/npm/v/x", true),
            ("img.shields.io:8080", "/npm/v/x", false),
            ("raster.shields.io", "/npm/v/x.png", true),
            ("b.adge.me", "/:license-mit-blue.svg", true),
            ("img.shields.io", "/", false),
            ("img.shields.io", "", false),
            ("shields.io", "/badge/a-b-red", true),
            ("shields.io", "/website?url=https%3A%2F%2Fexample.com", true),
            ("shields.io", "/badges/endpoint-badge", false),
            ("shields.io", "/endpoint", false),
            ("shields.io", "/#/endpoint", false),
            ("www.shields.io", "/", false),
            ("img.shields.io.example.com", "/badge/a-b-red", false),
            ("user@img.shields.io", "/badge/a-b-red", false),
            ("notimg.shields.io", "/badge/a-b-red", false),
        ] {
            assert_eq!(is_badge(authority.as_bytes(), rest.as_bytes()), expected, "{authority}{rest}");
        }
    }
}
