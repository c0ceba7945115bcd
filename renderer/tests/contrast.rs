//! `contrast=aa` makes texts readable.
#![allow(clippy::unwrap_used)]

use badgesmith_renderer::{Color, ResolvedBadge, Style, json, svg};

fn readable(color: &str, style: Style) -> ResolvedBadge {
    let color = Color::parse(color).unwrap();
    ResolvedBadge { label_color: Some(color.clone()), color, style, contrast: true, ..ResolvedBadge::new("a", "b") }
}

#[test]
fn the_background_and_the_text_have_the_computed_colors() {
    for (color, style, background, text) in [
        // Dark text on bright green has enough contrast, and white text would need a much darker green.
        ("brightgreen", Style::FlatSquare, "#44bb00", "#333"),
        ("blue", Style::FlatSquare, "#007cc2", "#fff"),
        ("red", Style::ForTheBadge, "#d54141", "#fff"),
        ("orange", Style::FlatSquare, "#eb7c41", "#333"),
        // The result is opaque, because the page behind the badge is unknown.
        ("rgba(255, 255, 255, .1)", Style::FlatSquare, "#ffffff", "#333"),
        ("rgba(0, 0, 0, 0)", Style::FlatSquare, "#000000", "#fff"),
        ("grey", Style::Flat, "#555555", "#fff"),
        ("grey", Style::Plastic, "#555555", "#fff"),
    ] {
        let drawn = svg(&readable(color, style));
        assert_eq!(drawn.matches(&format!(r#"fill="{background}""#)).count(), 2, "{color} {style:?}: {drawn}");
        let dark = drawn.matches(r##"fill="#333""##).count();
        assert_eq!(dark, if text == "#333" { 2 } else { 0 }, "{color} {style:?}: {drawn}");
    }
}

#[test]
fn a_gradient_over_the_background_is_taken_into_account() {
    let fill = |style| {
        let drawn = svg(&readable("orange", style));
        drawn
            .split(r#"height="20" fill=""#)
            .chain(drawn.split(r#"height="18" fill=""#))
            .nth(1)
            .map(|rest| rest[..7].to_owned())
    };
    assert_eq!(fill(Style::FlatSquare).as_deref(), Some("#eb7c41"));
    assert_ne!(fill(Style::Flat).as_deref(), Some("#eb7c41"));
}

#[test]
fn a_readable_badge_has_the_same_json_and_size() {
    for style in Style::ALL {
        for color in ["orange", "#abc", "hsl(120, 50%, 50%)"] {
            let readable = readable(color, style);
            let exact = ResolvedBadge { contrast: false, ..readable.clone() };
            assert_eq!(json(&readable, true), json(&exact, true));
            let size = |badge| svg(badge).split_once("viewBox").unwrap().0.to_owned();
            assert_eq!(size(&readable), size(&exact));
        }
    }
}

#[test]
fn social_has_dark_text() {
    let readable = readable("orange", Style::Social);
    let text = |svg: &str| svg.split("<g aria-hidden").nth(1).unwrap().to_owned();
    assert!(text(&svg(&readable)).contains(r##"fill="#333""##));
}

#[cfg(feature = "png")]
#[test]
fn a_png_has_the_same_readable_colors() {
    use badgesmith_renderer::{Scale, png};
    let readable = readable("orange", Style::FlatSquare);
    let background = Color::parse("#eb7c41");
    let painted = ResolvedBadge { label_color: background.clone(), color: background.unwrap(), ..readable.clone() };
    assert_eq!(png(&readable, Scale::ONE).unwrap(), png(&painted, Scale::ONE).unwrap());
    assert_ne!(
        png(&readable, Scale::ONE).unwrap(),
        png(&ResolvedBadge { contrast: false, ..readable }, Scale::ONE).unwrap()
    );
}

#[cfg(feature = "icons")]
#[test]
fn an_icon_with_too_little_contrast_has_the_text_color() {
    for (name, color, label, style, expected) in [
        ("nuget", "orange", "label", Style::Flat, "fill='%23ffffff'"),
        ("javascript", "orange", "label", Style::Flat, "fill='%23f7df1e'"),
        ("nuget", "gold", "", Style::FlatSquare, "fill='%23004880'"),
        ("javascript", "gold", "", Style::FlatSquare, "fill='%23333333'"),
        ("javascript", "gold", "", Style::Social, "fill='%23333333'"),
    ] {
        let badge = ResolvedBadge {
            label: label.into(),
            label_color: None,
            named_logo: Some(name.into()),
            ..readable(color, style)
        };
        let logo = badge.with_icon().logo.unwrap();
        assert!(logo.uri().contains(expected), "{name} on {color}: {}", logo.uri());
    }
}
