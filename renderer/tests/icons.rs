//! Named logos are drawn as icons, in shields' colours.
#![cfg(feature = "icons")]
#![allow(clippy::expect_used)]

use badgesmith_renderer::{Color, Icon, Logo, ResolvedBadge, Style, is_icon, json, svg};
use resvg::usvg::{Node, Options, Tree};

fn named(name: &str) -> ResolvedBadge {
    ResolvedBadge { named_logo: Some(name.into()), ..ResolvedBadge::new("label", "message") }
}

/// The logo as an SVG document.
fn document(badge: ResolvedBadge) -> String {
    badge.with_icon().logo.as_ref().and_then(Logo::svg).expect("there is an icon")
}

#[test]
fn an_icon_has_shields_color() {
    let auto = Some("auto");
    for (name, color, size, style, expected) in [
        ("nuget", None, None, Style::Flat, "whitesmoke"),
        ("nuget", None, None, Style::Social, "#004880"),
        ("javascript", None, None, Style::Flat, "#f7df1e"),
        ("javascript", None, None, Style::Social, "#333"),
        ("telegram", None, None, Style::ForTheBadge, "#26a5e4"),
        ("telegram", None, None, Style::Social, "#26a5e4"),
        ("nuget", Some("red"), auto, Style::Flat, "#dd4343"),
        ("nuget", Some("ABCDEF"), None, Style::Social, "#abcdef"),
        ("nuget", Some("hsl(120, 50%, 50%)"), None, Style::Flat, "hsl(120, 50%, 50%)"),
        ("nuget", Some("no color"), None, Style::Flat, "whitesmoke"),
        ("nuget", Some(""), None, Style::Flat, "whitesmoke"),
    ] {
        let badge = ResolvedBadge {
            style,
            logo_color: color.map(str::to_owned),
            logo_size: size.map(str::to_owned),
            ..named(name)
        };
        let document = document(badge);
        assert!(document.contains(&format!("fill='{expected}'")), "{name} {color:?} {style:?}: {document}");
    }
}

#[test]
fn an_icon_does_not_change_the_json() {
    for (name, size) in [("github", None), ("amd", Some("auto")), ("no such brand", None)] {
        let badge = ResolvedBadge { logo_size: size.map(str::to_owned), ..named(name) };
        assert_eq!(json(&badge.clone().with_icon(), true), json(&badge, true));
    }
}

#[test]
fn an_unknown_name_gives_no_logo_and_a_logo_is_kept() {
    assert_eq!(named("no such brand").with_icon().logo, None);
    assert!(!is_icon("no such brand") && is_icon("GitHub Actions"));
    let logo = Logo::parse("data:image/gif,x");
    let badge = ResolvedBadge { logo: logo.clone(), ..named("github") };
    assert_eq!(badge.with_icon().logo, logo);
}

#[test]
fn a_fitted_icon_is_as_wide_as_its_shape() {
    for (name, width) in
        [("github", 14), ("amd", 59), ("npm", 14), ("bun", 16), ("babel", 12), ("cisco", 27), ("intel", 36)]
    {
        let icon = Icon::find(name).expect(name);
        assert_eq!(icon.fitted_logo(None, Style::Flat).width(), width, "{name}");
        assert_eq!(icon.logo(None, Style::Flat).width(), 14, "{name}");
    }
}

#[test]
fn a_badge_grows_with_its_icon() {
    let width = |svg: &str| -> f64 {
        let rest = svg.split_once("width=\"").expect(svg).1;
        rest.split_once('"').expect(svg).0.parse().expect(svg)
    };
    for style in Style::ALL {
        for label in ["label", ""] {
            let square = ResolvedBadge { style, label: label.into(), ..named("amd") };
            let fitted = ResolvedBadge { logo_size: Some("auto".into()), ..square.clone() };
            let difference = width(&svg(&fitted.with_icon())) - width(&svg(&square.with_icon()));
            assert_eq!(difference, 59.0 - 14.0, "{style:?} {label:?}");
        }
    }
}

/// resvg reads the data URI as a browser does, and finds the path in it.
#[test]
fn an_icon_is_an_image_that_can_be_drawn() {
    let options = Options::default();
    for name in ["github", "dotnet", "amd", "cplusplus", "1001tracklists", "zyte"] {
        for color in [None, Color::parse("rgba(10, 20, 30, .5)")] {
            let icon = Icon::find(name).expect(name);
            for logo in [icon.logo(color.as_ref(), Style::Flat), icon.fitted_logo(color.as_ref(), Style::Flat)] {
                assert!(!logo.uri().contains(['"', '<', '>', '#', ' ', '&']), "{}", logo.uri());
                let drawn = svg(&ResolvedBadge { logo: Some(logo), ..ResolvedBadge::new("", "") });
                let tree = Tree::from_str(&drawn, &options).expect(name);
                let shapes = images(tree.root());
                assert_eq!(shapes, 1, "{name}: {drawn}");
            }
        }
    }
}

/// The number of images that contain a shape.
fn images(group: &resvg::usvg::Group) -> usize {
    let one = |node: &Node| match node {
        Node::Group(group) => images(group),
        Node::Image(image) => match image.kind() {
            resvg::usvg::ImageKind::SVG(tree) => usize::from(tree.root().has_children()),
            _ => 0,
        },
        _ => 0,
    };
    group.children().iter().map(one).sum()
}
