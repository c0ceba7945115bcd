//! The JSON of a badge, byte for byte.

use badgesmith_renderer::{BadgeSegment, Color, Logo, ResolvedBadge, Style, json};

fn check(badge: &ResolvedBadge, explicit_style: bool, expected: &str) {
    assert_eq!(json(badge, explicit_style), expected);
}

#[test]
fn all_fields_are_written_in_their_order() {
    let badge = ResolvedBadge {
        color: Color::parse("ABC").unwrap(),
        label_color: Color::parse("critical"),
        style: Style::ForTheBadge,
        is_error: true,
        named_logo: Some("nuget".into()),
        logo: Logo::parse("data:image/svg+xml;base64,PHN2Zy8+"),
        logo_color: Some("white".into()),
        logo_size: Some("auto".into()),
        ..ResolvedBadge::new("a\"b", "c\u{1}\n")
    };
    let expected = concat!(
        r##"{"schemaVersion":1,"label":"a\"b","message":"c\u0001\n","color":"#abc","labelColor":"red","isError":true,"##,
        r#""namedLogo":"nuget","logoSvg":"<svg/>","logoColor":"white","logoSize":"auto","style":"for-the-badge"}"#,
    );
    check(&badge, true, expected);
}

#[test]
fn a_field_that_is_not_set_is_not_written() {
    let expected = r#"{"schemaVersion":1,"label":"","message":"m","color":"lightgrey"}"#;
    check(&ResolvedBadge::new("", "m"), false, expected);
}

#[test]
fn a_logo_that_is_no_svg_is_not_written() {
    let badge =
        ResolvedBadge { logo: Logo::parse("data:image/png;base64,iVBORw0KGgo="), ..ResolvedBadge::new("l", "m") };
    check(&badge, true, r#"{"schemaVersion":1,"label":"l","message":"m","color":"lightgrey","style":"flat"}"#);
}

#[test]
fn segments_are_part_of_the_message() {
    let segment = |text: &str| BadgeSegment { text: text.into(), color: Color::RED };
    let badge = ResolvedBadge {
        segments: vec![segment("2 failed"), segment(" "), segment("5 skipped")],
        ..ResolvedBadge::new("tests", "188 passed")
    };
    let message = "188 passed | 2 failed | 5 skipped";
    let expected = format!(r#"{{"schemaVersion":1,"label":"tests","message":"{message}","color":"lightgrey"}}"#);
    check(&badge, false, &expected);
}
