//! The address of a badge as JSON, which is requested to find out whether the badge shows an error.

use url::Url;

use super::server::BadgeServer;

/// Parameters that change the look of a badge and not its text. A mistake in one of them is refused for JSON, whereas
/// the picture is drawn without it.
pub(super) const LOOKS: [&str; 18] = [
    "style",
    "color",
    "colorB",
    "labelColor",
    "colorA",
    "logo",
    "logoColor",
    "logoSize",
    "logoWidth",
    "logoPosition",
    "link",
    "text",
    "contrast",
    "theme",
    "segment",
    "scale",
    "palette",
    "cacheSeconds",
];
/// The endings of an address that name its format. If the query has `format`, such an ending would count as a part of
/// the last segment.
const ENDINGS: [&str; 3] = [".svg", ".png", ".json"];

/// The address to request. `rest` is the text after the host in a README, without escapes. `None` if it cannot be an
/// address of the server.
pub(super) fn asked(server: &BadgeServer, rest: &str) -> Option<Url> {
    let mut url = server.address(rest)?;
    url.set_fragment(None);
    let query = url.query().unwrap_or_default().to_owned();
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    let is_kept = |pair: &&str| !pair.is_empty() && !LOOKS.contains(&&*name(pair)) && name(pair) != "maxAge";
    let pairs: Vec<&str> = query.split('&').filter(is_kept).collect();
    if !pairs.iter().any(|pair| name(pair) == "format") {
        // Names of packages may end with `.json`; only in these addresses is it a format.
        let path = server.path(&url);
        let may_be_json = ["/badge/", "/static/v1", "/endpoint"].iter().any(|begin| path.starts_with(begin));
        let ending =
            ENDINGS.iter().find(|ending| url.path().ends_with(*ending) && (may_be_json || **ending != ".json"));
        if let Some(path) = ending.and_then(|ending| url.path().strip_suffix(ending)).map(str::to_owned) {
            url.set_path(&path);
        }
    }
    let kept = pairs.into_iter().filter(|pair| name(pair) != "format").chain(["format=json"]);
    url.set_query(Some(&kept.collect::<Vec<_>>().join("&")));
    server.owns(&url).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_asked_for_as_json_without_what_only_changes_its_look() {
        let server = BadgeServer::parse("https://example.com/b").unwrap();
        for (rest, expected) in [
            ("/npm/v/x", "/npm/v/x?format=json"),
            ("/npm/v/x.svg?style=flat&label=y#z", "/npm/v/x?label=y&format=json"),
            ("/npm/v/x.js.png?color=red&maxAge=1", "/npm/v/x.js?format=json"),
            ("/npm/v/x.json", "/npm/v/x.json?format=json"),
            ("/badge/a-b-red.json", "/badge/a-b-red?format=json"),
            ("/npm/v/x.svg?format=png", "/npm/v/x.svg?format=json"),
            ("/x?a=1&&logo=data:image/svg%2bxml;base64,x=", "/x?a=1&format=json"),
            ("/badge/a b%20c-red", "/badge/a%20b%20c-red?format=json"),
        ] {
            let url = asked(&server, rest).unwrap();
            assert_eq!(url.as_str(), format!("https://example.com/b{expected}"), "{rest}");
        }
        assert_eq!(asked(&server, "/../x"), None);
    }
}
