//! Every badge is a well-formed SVG with the badge's texts, whatever its input.

use badgesmith_renderer::{BadgeSegment, Color, Link, Links, Logo, ResolvedBadge, Style, Theme, json, svg};
use badgesmith_renderer::{Spark, SparkMark, SparkPoint};
use proptest::prelude::*;
use roxmltree::Document;

fn style() -> impl Strategy<Value = Style> {
    prop::sample::select(Style::ALL.to_vec())
}

/// Any characters, with those that are special in XML and in browsers more often than by chance.
fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(
        "\0\u{1}\u{8}\t\n\u{b}\r\u{1f}\u{7f}\u{85}\u{fffd}\u{fffe}\u{ffff}<>&\"']]>;# ß🎉".chars().collect::<Vec<_>>(),
    );
    prop::collection::vec(prop_oneof![any::<char>(), special, any::<u8>().prop_map(char::from)], 0..40)
        .prop_map(String::from_iter)
}

fn address() -> impl Strategy<Value = Option<Link>> {
    (prop::sample::select(vec!["", "https://example.com/", "javascript:", "data:", "/"]), text())
        .prop_map(|(start, rest)| Link::parse(&(start.to_owned() + &rest)))
}

fn logo() -> impl Strategy<Value = Option<Logo>> {
    let start = vec!["", "data:image/svg+xml,", "data:image/png;base64,", "data:image/", "image/gif;x=1,"];
    (prop::sample::select(start), text()).prop_map(|(start, rest)| Logo::parse(&(start.to_owned() + &rest)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_link_or_logo_makes_the_svg_ill_formed(
        (label, message, style) in (text(), text(), style()),
        (left, right, logo) in (address(), address(), logo()),
        (has_label_color, follows_reader, outline) in (any::<bool>(), any::<bool>(), prop::bool::weighted(0.1)),
        texts in prop::collection::vec(text(), 0..3),
        (words, heights) in (text(), prop::collection::vec(any::<f64>(), 0..4)),
    ) {
        let segments = texts.into_iter().map(|text| BadgeSegment { text, color: Color::BLUE }).collect();
        let label_color = has_label_color.then_some(Color::RED);
        let theme = if follows_reader { Theme::Auto } else { Theme::Fixed };
        let links = Links { left, right };
        let points = heights.into_iter().map(|height| SparkPoint::new(height, SparkMark::Bad)).collect();
        let spark = Some(Spark { points, words });
        let badge = ResolvedBadge {
            spark, segments, theme, outline, style, logo, label_color, links, ..ResolvedBadge::new(label, message)
        };
        let drawn = svg(&badge);
        let document = match Document::parse(&drawn) {
            Ok(document) => document,
            Err(error) => return Err(TestCaseError::fail(format!("{error}: {drawn:?}"))),
        };
        let root = document.root_element();
        let name = root.attribute("aria-label").unwrap_or_default().replace([' ', '\t', '\n', '\r'], "");
        let title = root.first_element_child().and_then(|title| title.text()).unwrap_or_default();
        prop_assert_eq!(name, title.replace([' ', '\t', '\n', '\r'], ""));
        for link in root.descendants().filter(|node| node.has_tag_name("a")) {
            let address = link.attribute("href").unwrap_or_default();
            prop_assert!(!address.starts_with("javascript:") && !address.starts_with("data:"), "{}", address);
        }
        let document: serde_json::Value = serde_json::from_str(&json(&badge, true)).unwrap();
        prop_assert_eq!(&document["label"], &badge.label);
    }

    #[test]
    fn no_text_is_a_color_with_markup(text in text()) {
        if let Some(color) = Color::parse(&text) {
            prop_assert!(!color.svg().contains(['<', '&', '"']));
            let again = Color::parse(color.name());
            prop_assert_eq!(again, Some(color));
        }
    }
}
