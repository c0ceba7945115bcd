//! Finds logos that a manifest names but the renderer does not have.

use badgesmith_engine::edit_distance::nearest_word;
use badgesmith_provider::Manifest;
use badgesmith_renderer::{Icon, is_icon};

/// A sentence for each unknown logo of a manifest, with the name of the most similar logo.
pub(super) fn unknown_logos(manifest: &Manifest) -> Vec<String> {
    let named = manifest.badges.iter().flat_map(|badge| {
        let further = badge.routes.iter().map(|route| &route.logo);
        [&badge.logo].into_iter().chain(further).flatten().map(move |logo| (&badge.name, logo))
    });
    // A further route without a logo of its own has an empty name.
    let mut unknown: Vec<_> = named.filter(|(_, logo)| !logo.is_empty() && !is_icon(logo)).collect();
    unknown.dedup();
    let refused = unknown.into_iter().map(|(badge, logo)| {
        let remedy = match nearest_logo(logo) {
            Some(near) => format!("write {near:?}"),
            None => "write the name of a Simple Icons logo, or leave it out".to_owned(),
        };
        format!("the badge {badge:?} has the logo {logo:?}, which is unknown; {remedy}")
    });
    refused.collect()
}

/// The name of the logo that is most similar to an unknown name; `None` if none is similar.
fn nearest_logo(name: &str) -> Option<&'static str> {
    let plain = name.to_lowercase().replace([' ', '-', '_'], "");
    nearest_word(&plain, Icon::all().map(Icon::slug))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_logo_is_named_with_the_most_similar_one() {
        let manifest = r#"{"id": "a", "version": "1.0.0", "mount": "/badges/a", "badges": [
            {"name": "one", "route": "{x}", "label": "a", "summary": "A.", "example": "x", "logo": "git-hub"},
            {"name": "two", "route": "two/{x}", "label": "a", "summary": "A.", "example": "two/x", "logo": "nugett",
             "routes": [{"route": "/a/{x}", "example": "/a/x", "logo": ""},
                        {"route": "/b/{x}", "example": "/b/x", "logo": "no such brand at all"}]}]}"#;
        let manifest = Manifest::parse(manifest).unwrap();
        let expected = [
            "the badge \"two\" has the logo \"nugett\", which is unknown; write \"nuget\"",
            "the badge \"two\" has the logo \"no such brand at all\", which is unknown; write the name of a Simple \
             Icons logo, or leave it out",
        ];
        assert_eq!(unknown_logos(&manifest), expected);
    }
}
