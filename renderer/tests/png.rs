//! A PNG equals resvg's picture of the SVG with outlines, except for a difference of 3 in a channel.
#![allow(clippy::expect_used)]

mod common;

use badgesmith_renderer::{BadgeSegment, Color, Logo, ResolvedBadge, Scale, Style, png, svg};
use proptest::prelude::*;
use resvg::tiny_skia::{self, Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// The greatest difference of a channel, which rounding of several layers adds up to.
const TOLERANCE: u8 = 3;

fn scales() -> impl Iterator<Item = (Scale, f32)> {
    (1..=4).map(|scale| (Scale::new(scale).expect("1 to 4"), f32::from(scale)))
}

/// Every golden badge in every style, and a few cases that the goldens do not have.
fn badges() -> Vec<ResolvedBadge> {
    let mut badges: Vec<_> = include_str!("badges.jsonl")
        .lines()
        .map(|line| common::badge(&serde_json::from_str::<serde_json::Value>(line).expect(line)["badge"]))
        // resvg does not draw a colour that it cannot parse.
        .map(
            |badge| if badge.color.svg().contains('/') { ResolvedBadge { color: Color::BLUE, ..badge } } else { badge },
        )
        .collect();
    let light = || Color::parse("gold");
    badges.push(ResolvedBadge { label_color: light(), ..ResolvedBadge::new("light", "and dark") });
    badges.push(ResolvedBadge {
        label_color: light(), color: Color::BLUE, ..ResolvedBadge::new("Ñ한국어", "🎉 שלום")
    });
    badges.push(ResolvedBadge {
        color: Color::parse("rgba(0,80,0,.5)").expect("a colour"),
        ..ResolvedBadge::new("a\u{301}\u{323}", "لا إله")
    });
    Style::ALL
        .iter()
        .flat_map(|style| {
            badges.iter().map(|badge| ResolvedBadge {
                style: *style,
                outline: true,
                scale: Scale::ONE,
                ..badge.clone()
            })
        })
        .collect()
}

fn by_resvg(badge: &ResolvedBadge, scale: f32, width: u32, height: u32) -> Pixmap {
    let drawn = svg(badge);
    let tree = Tree::from_str(&drawn, &Options::default()).expect(&drawn);
    let size = tree.size();
    assert!((size.width() * scale).ceil() == width as f32 && size.height() * scale == height as f32, "{drawn}");
    let mut pixmap = Pixmap::new(width, height).expect(&drawn);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    pixmap
}

fn pixels(png: &[u8]) -> Pixmap {
    Pixmap::decode_png(png).expect("a PNG can be decoded")
}

/// The last column of for-the-badge is not compared: a badge that ends within it fills all of it.
fn greatest_difference(ours: &Pixmap, theirs: &Pixmap) -> u8 {
    let compared = 4 * (ours.width() as usize - usize::from(ours.height().is_multiple_of(28)));
    let rows = ours.data().chunks(4 * ours.width() as usize).zip(theirs.data().chunks(4 * theirs.width() as usize));
    let pairs = rows.flat_map(|(ours, theirs)| ours[..compared].iter().zip(&theirs[..compared]));
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

#[test]
fn a_png_looks_as_resvg_draws_the_outlines() {
    let mut worst = 0;
    for badge in badges() {
        for (scale, factor) in scales() {
            let ours = pixels(&png(&badge, scale).expect("it is not too wide"));
            let theirs = by_resvg(&badge, factor, ours.width(), ours.height());
            let difference = greatest_difference(&ours, &theirs);
            assert!(difference <= TOLERANCE, "{difference} at {factor}: {badge:?}");
            worst = worst.max(difference);
        }
    }
    println!("greatest difference of a channel: {worst}");
}

#[test]
fn a_png_is_the_same_whether_the_svg_has_outlines_or_not() {
    for badge in badges() {
        let text = ResolvedBadge { outline: false, ..badge.clone() };
        assert_eq!(png(&badge, Scale::ONE).unwrap(), png(&text, Scale::ONE).unwrap());
    }
}

#[test]
fn a_badge_that_is_too_wide_is_drawn_at_the_largest_scale_that_fits() {
    let size = |badge: &ResolvedBadge, scale| {
        let picture = pixels(&png(badge, scale).expect("a picture"));
        (picture.width(), picture.height())
    };
    let wide = ResolvedBadge::new("", "m".repeat(200));
    let (columns, rows) = size(&wide, Scale::ONE);
    assert!((2048..4096).contains(&columns) && rows == 20, "{columns} {rows}");
    let fitting = (4096, (20 * 4096_u32).div_ceil(columns));
    for scale in [Scale::TWO, Scale::THREE, Scale::FOUR] {
        assert_eq!(size(&wide, scale), fitting);
    }
    let narrower = ResolvedBadge::new("", "m".repeat(110));
    let (columns, rows) = size(&narrower, Scale::ONE);
    assert_eq!(size(&narrower, Scale::TWO), (2 * columns, 2 * rows), "it fits");
    assert_eq!(size(&narrower, Scale::FOUR), (4096, (20 * 4096_u32).div_ceil(columns)));
    for style in Style::ALL {
        let segment =
            |at: usize| BadgeSegment { text: "w".repeat(255), color: if at == 0 { Color::RED } else { Color::BLUE } };
        let segments = (0..8).map(segment).collect();
        let widest = ResolvedBadge { style, segments, ..ResolvedBadge::new("W".repeat(255), "\u{fdfd}".repeat(255)) };
        for scale in [Scale::ONE, Scale::FOUR] {
            let (columns, rows) = size(&widest, scale);
            assert!(columns == 4096 && (1..20).contains(&rows), "{style:?}: {columns} {rows}");
        }
    }
}

/// Whether a logo is drawn, which is red.
fn has_red(logo: &str) -> bool {
    let badge = ResolvedBadge { logo: Logo::parse(logo), ..ResolvedBadge::new("a", "b") };
    assert!(badge.logo.is_some(), "{logo}");
    let picture = pixels(&png(&badge, Scale::TWO).expect("it is not too wide"));
    picture.pixels().iter().any(|pixel| pixel.red() > 200 && pixel.green() < 20)
}

fn svg_logo(content: &str) -> String {
    format!("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>{content}</svg>")
        .replace('#', "%23")
}

fn png_logo(side: u32) -> String {
    let mut image = Pixmap::new(side, side).expect("it is small");
    image.fill(tiny_skia::Color::from_rgba8(255, 0, 0, 255));
    let escaped: String = image.encode_png().expect("it is small").iter().map(|byte| format!("%{byte:02x}")).collect();
    format!("data:image/png,{escaped}")
}

#[test]
fn a_logo_of_plain_shapes_is_drawn() {
    assert!(has_red(&svg_logo("<path fill='red' d='M0 0h9v9z'/>")));
    assert!(has_red(&png_logo(16)));
    assert!(has_red(&png_logo(1024)));
}

#[test]
fn a_logo_that_is_large_nested_or_refers_outside_is_not_drawn() {
    let red = "<path fill='red' d='M0 0h9v9z'/>";
    let inner = "data:image/svg+xml;base64,PHN2Zy8+";
    let many = format!("<g id='a'>{}</g>", red.repeat(100)) + &"<use href='#a'/>".repeat(100);
    let doubled = |level: usize| format!("<g id='a{}'><use href='#a{level}'/><use href='#a{level}'/></g>", level + 1);
    let bomb = format!("<g id='a0'>{red}</g>") + &(0..30).map(doubled).collect::<String>();
    for logo in [
        svg_logo(&format!("{red}<image href='{inner}' width='9' height='9'/>")),
        svg_logo(&format!("{red}<image href='https://example.com/a.png' width='9' height='9'/>")),
        svg_logo(&format!("{red}<image href='file:///etc/hostname' width='9' height='9'/>")),
        svg_logo(&format!("{red}<!--{}-->", "x".repeat(65_536))),
        svg_logo(&many),
        svg_logo(&bomb),
        svg_logo(&format!(
            "<filter id='f'><feTurbulence numOctaves='1000000'/></filter>{red}<path filter='url(#f)' d='M0 0h9v9z'/>"
        )),
        svg_logo(&format!(
            "<pattern id='p' width='99999' height='99999'>{red}</pattern>{red}<path fill='url(#p)' d='M0 0h9v9z'/>"
        )),
        svg_logo(&format!("{red}<path stroke='red' stroke-dasharray='.001' d='M0 0h999999'/>")),
        svg_logo("<path fill='red'"),
        png_logo(1025),
        png_logo(16)[..200].to_owned(),
        // A red pixel in a format that no build decodes.
        "data:image/bmp;base64,Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAATCwAAEwsAAAAAAAAAAAAAAAD/AA=="
            .to_owned(),
    ] {
        assert!(!has_red(&logo), "{}", logo.chars().take(300).collect::<String>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_and_no_logo_cause_a_panic(
        (label, message) in (".{0,30}", proptest::collection::vec(any::<char>(), 0..30)),
        (kind, image) in (prop::sample::select(vec!["svg+xml", "png"]), ".{1,60}"),
        (style, scale) in (prop::sample::select(Style::ALL.to_vec()), 1..=4u8),
    ) {
        let logo = Logo::parse(&format!("data:image/{kind},<svg {image}"));
        let badge = ResolvedBadge { style, logo, ..ResolvedBadge::new(label, String::from_iter(message)) };
        prop_assert!(png(&badge, Scale::new(scale).unwrap()).is_ok());
        let outlined = svg(&ResolvedBadge { outline: true, ..badge });
        prop_assert!(roxmltree::Document::parse(&outlined).is_ok(), "{}", outlined);
    }
}
