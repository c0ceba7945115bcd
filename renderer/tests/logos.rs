//! A caller's SVG logo is drawn as by resvg itself, unless it has more than plain shapes or would take long.
#![cfg(feature = "png")]
#![allow(clippy::expect_used)]

#[path = "common/attacks.rs"]
mod attacks;
#[path = "common/shapes.rs"]
mod shapes;

use std::{fmt::Write, sync::OnceLock};

use badgesmith_renderer::{Logo, ResolvedBadge, Scale, Style, png};
use resvg::tiny_skia::{Pixmap, PixmapPaint, Transform};
use resvg::usvg::{Options, Tree};
use shapes::RandomShapes;

/// The size of a logo, and its position in a flat-square badge, where no shadow of a text falls on it.
const SIDE: f32 = 14.0;
const POSITION: [i32; 2] = [5, 3];

fn badge(logo: &str) -> ResolvedBadge {
    let logo = Logo::parse(logo);
    assert!(logo.is_some());
    ResolvedBadge { logo, style: Style::FlatSquare, ..ResolvedBadge::new("", "m") }
}

fn picture(logo: &str, scale: Scale) -> Pixmap {
    Pixmap::decode_png(&png(&badge(logo), scale).expect("a picture")).expect("a PNG")
}

/// The badge at the largest scale with an empty logo.
fn blank() -> &'static Pixmap {
    static BLANK: OnceLock<Pixmap> = OnceLock::new();
    BLANK.get_or_init(|| picture("data:image/gif,x", Scale::FOUR))
}

fn uri(svg: &str) -> String {
    svg.bytes().fold("data:image/svg+xml,".to_owned(), |mut uri, byte| {
        write!(uri, "%{byte:02x}").expect("a string takes it");
        uri
    })
}

/// The badge with an empty logo, and the SVG drawn over it by resvg itself.
fn by_resvg(svg: &str, factor: f32) -> Pixmap {
    let mut whole = blank().clone();
    let tree = Tree::from_str(svg, &Options::default()).expect(svg);
    let (width, height) = (tree.size().width(), tree.size().height());
    let size = (SIDE / width).min(SIDE / height);
    let fit = Transform::from_scale(factor, factor)
        .pre_translate((SIDE - width * size) / 2.0, (SIDE - height * size) / 2.0)
        .pre_scale(size, size);
    let side = (SIDE * factor) as u32;
    let mut logo = Pixmap::new(side, side).expect("it is small");
    resvg::render(&tree, fit, &mut logo.as_mut());
    let (left, top) = (POSITION[0] * factor as i32, POSITION[1] * factor as i32);
    whole.draw_pixmap(left, top, logo.as_ref(), &PixmapPaint::default(), Transform::identity(), None);
    whole
}

/// The greatest difference of a channel between our picture and resvg's, and whether anything of the logo is visible.
fn compare(svg: &str) -> (u8, bool) {
    let (ours, theirs) = (picture(&uri(svg), Scale::FOUR), by_resvg(svg, 4.0));
    let difference = ours.data().iter().zip(theirs.data()).map(|(one, other)| one.abs_diff(*other)).max();
    (difference.unwrap_or_default(), ours.data() != blank().data())
}

#[cfg(feature = "icons")]
#[test]
fn an_icon_that_a_caller_sends_is_drawn_as_by_resvg() {
    use badgesmith_renderer::{Color, Icon};

    // icons/make.mjs documents the format of the table.
    let table: &[u8] = include_bytes!("../icons/simple-icons.bin");
    let short = |at: usize| usize::from(u16::from_le_bytes([table[at], table[at + 1]]));
    let count = short(0);
    let slugs = 2 + (2 + 4 + 3) * count;
    let mut drawn = 0;
    // Every third icon, which is more than a thousand.
    for index in (0..count).step_by(3) {
        let from = if index == 0 { 0 } else { short(2 * index) };
        let slug = str::from_utf8(&table[slugs + from..slugs + short(2 + 2 * index)]).expect("a slug is text");
        let icon = Icon::find(slug).expect(slug);
        let logo = icon.logo(Some(&Color::parse("#2050f0").expect("a colour")), Style::Flat);
        assert_eq!(compare(&logo.svg().expect(slug)), (0, true), "{slug}");
        drawn += 1;
    }
    assert!(drawn > 1000, "only {drawn}");
}

#[test]
fn an_svg_of_plain_shapes_is_drawn_as_by_resvg() {
    let mut shown = 0;
    for seed in 1..=200 {
        let svg = RandomShapes::new(seed).document();
        let (difference, is_visible) = compare(&svg);
        assert_eq!(difference, 0, "seed {seed}: {svg}");
        shown += usize::from(is_visible);
    }
    assert!(shown > 190, "only {shown} of 200 are visible");
}

#[test]
fn an_svg_from_an_editor_is_drawn_as_by_resvg() {
    for (name, svg) in [
        (
            "a tracer's",
            "<?xml version='1.0' standalone='no'?><svg version='1.0' xmlns='http://www.w3.org/2000/svg' \
             width='1280.000000pt' height='640.000000pt' viewBox='0 0 1280.000000 640.000000' \
             preserveAspectRatio='xMidYMid meet'><metadata>Traced</metadata><g \
             transform='translate(0.000000,640.000000) scale(0.100000,-0.100000)' fill='#123456' stroke='none'>\
             <path d='M6020 6389 c-1180 -90 -2270 -560 -3140 -1353 l2000 -3000 5000 1200 z'/></g></svg>",
        ),
        (
            "Inkscape's",
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:inkscape='http://www.inkscape.org/namespaces/inkscape' \
             xmlns:sodipodi='http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd' \
             xmlns:xlink='http://www.w3.org/1999/xlink' width='20mm' height='20mm' viewBox='0 0 20 20' id='svg5' \
             inkscape:version='1.2'><sodipodi:namedview id='nv' pagecolor='#ffffff' showgrid='false'/><defs id='d'>\
             <linearGradient id='lg' inkscape:collect='always'><stop style='stop-color:#f00;stop-opacity:1' offset='0'/>\
             <stop style='stop-color:#00f;stop-opacity:.5' offset='1'/></linearGradient><linearGradient \
             xlink:href='#lg' id='lg2' x1='1' y1='2' x2='18' y2='19' gradientUnits='userSpaceOnUse'/></defs><g \
             inkscape:groupmode='layer' id='layer1'><path style='fill:url(#lg2);fill-opacity:1;stroke:#000000;\
             stroke-width:0.264583;stroke-dasharray:none;-inkscape-stroke:none' d='m 1,1 h 18 v 18 z'/></g></svg>",
        ),
        (
            "Illustrator's",
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' x='0px' y='0px' \
             viewBox='0 0 30 20' style='enable-background:new 0 0 30 20;' xml:space='preserve'><g><defs><rect id='S1' \
             width='15' height='20'/></defs><clipPath id='S2'><use xlink:href='#S1' style='overflow:visible;'/>\
             </clipPath><circle style='clip-path:url(#S2);fill:#C13;' cx='15' cy='10' r='9'/></g></svg>",
        ),
        (
            "Figma's",
            "<svg width='54' height='80' viewBox='0 0 54 80' fill='none' xmlns='http://www.w3.org/2000/svg'><g \
             clip-path='url(#clip0)'><path d='M13.3 80C20.7 80 26.7 74 26.7 66.7V53.3H13.3C6 53.3 0 59.3 0 66.7S6 80 \
             13.3 80Z' fill='#0ACF83'/><path opacity='.5' d='M0 13.3C0 6 6 0 13.3 0H26.7v26.7H13.3C6 26.7 0 20.7 0 13.3Z' \
             fill='#F24E1E'/></g><defs><clipPath id='clip0'><rect width='53.3' height='80' fill='white'/></clipPath>\
             </defs></svg>",
        ),
    ] {
        assert_eq!(compare(svg), (0, true), "{name}");
    }
}

#[test]
fn a_logo_that_is_an_attack_is_not_drawn() {
    for attack in attacks::small().into_iter().chain(attacks::large()) {
        let began = std::time::Instant::now();
        let is_visible = picture(&attack.uri(), Scale::FOUR).data() != blank().data();
        println!("{:?} {}: {} bytes", began.elapsed(), attack.name, attack.bytes.len());
        // The PNGs here are transparent.
        let expected = !attack.refused && attack.kind != "image/png";
        assert_eq!(is_visible, expected, "{}", attack.name);
    }
}
