//! `theme=auto` changes in the dark what nobody chose, and a PNG has neither theme nor a scale of its own.

use badgesmith_renderer::{Color, ResolvedBadge, Style, Theme, svg};

const STYLES: [Style; 5] = [Style::Flat, Style::FlatSquare, Style::Plastic, Style::ForTheBadge, Style::Social];

fn following(style: Style) -> ResolvedBadge {
    ResolvedBadge { style, theme: Theme::Auto, ..ResolvedBadge::new("build", "passing") }
}

fn adapts(badge: &ResolvedBadge) -> bool {
    svg(badge).contains("prefers-color-scheme")
}

#[test]
fn only_a_badge_that_was_asked_to_follows_its_reader() {
    for style in STYLES {
        assert!(adapts(&following(style)), "{style:?}");
        assert!(!adapts(&ResolvedBadge { theme: Theme::Fixed, ..following(style) }), "{style:?}");
    }
}

#[test]
fn a_label_s_color_that_somebody_chose_stays() {
    for style in STYLES.into_iter().filter(|style| *style != Style::Social) {
        assert!(!adapts(&ResolvedBadge { label_color: Some(Color::GREY), ..following(style) }), "{style:?}");
        assert!(!adapts(&ResolvedBadge { label: String::new(), ..following(style) }), "{style:?}");
    }
}

#[cfg(feature = "icons")]
#[test]
fn an_icon_on_social_is_lighter_unless_its_color_was_chosen() {
    let inverted = |color: Option<&str>| {
        let badge = ResolvedBadge { named_logo: Some("github".into()), ..following(Style::Social) };
        svg(&ResolvedBadge { logo_color: color.map(str::to_owned), ..badge }.with_icon()).contains("invert")
    };
    assert!(inverted(None));
    assert!(!inverted(Some("orange")));
}

#[cfg(feature = "png")]
#[test]
fn a_png_has_neither_theme_nor_the_svg_s_scale() {
    use badgesmith_renderer::{Scale, png};
    for style in STYLES {
        let fixed = ResolvedBadge { theme: Theme::Fixed, ..following(style) };
        let scaled = ResolvedBadge { scale: Scale::THREE, ..following(style) };
        assert_eq!(png(&fixed, Scale::ONE).unwrap(), png(&scaled, Scale::ONE).unwrap(), "{style:?}");
    }
}
