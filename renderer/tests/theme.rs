//! `theme=auto` adapts only colours that the caller did not choose, and a PNG ignores the theme and the SVG's scale.

use badgesmith_renderer::{Color, ResolvedBadge, Style, Theme, svg};

fn following(style: Style) -> ResolvedBadge {
    ResolvedBadge { style, theme: Theme::Auto, ..ResolvedBadge::new("build", "passing") }
}

fn adapts(badge: &ResolvedBadge) -> bool {
    svg(badge).contains("prefers-color-scheme")
}

#[test]
fn only_a_badge_with_the_auto_theme_adapts() {
    for style in Style::ALL {
        assert!(adapts(&following(style)), "{style:?}");
        assert!(!adapts(&ResolvedBadge { theme: Theme::Fixed, ..following(style) }), "{style:?}");
    }
}

#[test]
fn a_label_color_that_was_chosen_does_not_adapt() {
    for style in Style::ALL.into_iter().filter(|style| *style != Style::Social) {
        assert!(!adapts(&ResolvedBadge { label_color: Some(Color::GREY), ..following(style) }), "{style:?}");
        assert!(!adapts(&ResolvedBadge { label: String::new(), ..following(style) }), "{style:?}");
    }
}

#[cfg(feature = "icons")]
#[test]
fn an_icon_on_social_is_inverted_unless_its_color_was_chosen() {
    let inverted = |color: Option<&str>| {
        let badge = ResolvedBadge { named_logo: Some("github".into()), ..following(Style::Social) };
        svg(&ResolvedBadge { logo_color: color.map(str::to_owned), ..badge }.with_icon()).contains("invert")
    };
    assert!(inverted(None));
    assert!(!inverted(Some("orange")));
}

#[cfg(feature = "png")]
#[test]
fn a_png_ignores_the_theme_and_the_svg_s_scale() {
    use badgesmith_renderer::{Scale, png};
    for style in Style::ALL {
        let fixed = ResolvedBadge { theme: Theme::Fixed, ..following(style) };
        let scaled = ResolvedBadge { scale: Scale::THREE, ..following(style) };
        assert_eq!(png(&fixed, Scale::ONE).unwrap(), png(&scaled, Scale::ONE).unwrap(), "{style:?}");
    }
}
