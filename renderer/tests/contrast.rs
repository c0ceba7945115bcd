//! Badges whose words can be read: `contrast=aa`.
#![allow(clippy::unwrap_used)]

use badgesmith_renderer::{Color, ResolvedBadge, Style, json, svg};

const STYLES: [Style; 5] = [Style::Flat, Style::FlatSquare, Style::Plastic, Style::ForTheBadge, Style::Social];

fn readable(color: &str, style: Style) -> ResolvedBadge {
    let color = Color::parse(color).unwrap();
    ResolvedBadge { label_color: Some(color.clone()), color, style, contrast: true, ..ResolvedBadge::new("a", "b") }
}

#[test]
fn background_and_words_are_what_was_worked_out() {
    for (color, style, background, words) in [
        // Dark words already stand out from bright green, and white ones never do.
        ("brightgreen", Style::FlatSquare, "#44bb00", "#333"),
        ("blue", Style::FlatSquare, "#007cc2", "#fff"),
        ("red", Style::ForTheBadge, "#d54141", "#fff"),
        ("orange", Style::FlatSquare, "#eb7c41", "#333"),
        // Opaque, because what is behind the badge is not known.
        ("rgba(255, 255, 255, .1)", Style::FlatSquare, "#ffffff", "#333"),
        ("rgba(0, 0, 0, 0)", Style::FlatSquare, "#000000", "#fff"),
        ("grey", Style::Flat, "#555555", "#fff"),
        ("grey", Style::Plastic, "#555555", "#fff"),
    ] {
        let drawn = svg(&readable(color, style));
        assert_eq!(drawn.matches(&format!(r#"fill="{background}""#)).count(), 2, "{color} {style:?}: {drawn}");
        let dark = drawn.matches(r##"fill="#333""##).count();
        assert_eq!(dark, if words == "#333" { 2 } else { 0 }, "{color} {style:?}: {drawn}");
    }
}

#[test]
fn a_gradient_over_the_background_is_counted_in() {
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
fn a_readable_badge_has_the_same_document_and_size() {
    for style in STYLES {
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
fn social_is_readable_as_it_is() {
    let readable = readable("orange", Style::Social);
    let words = |svg: &str| svg.split("<g aria-hidden").nth(1).unwrap().to_owned();
    assert!(words(&svg(&readable)).contains(r##"fill="#333""##));
}

#[cfg(feature = "png")]
#[test]
fn pixels_are_as_readable_as_the_svg() {
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
fn an_icon_that_would_vanish_has_the_color_of_the_words() {
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
