//! Chromium draws our SVGs as expected: the widths of texts, the places of letters, the pixels of outlines, and many
//! badges in one page.
#![allow(clippy::expect_used)]

mod browser;

use badgesmith_fonts::{Face, TextLine};
use badgesmith_renderer::{Color, ResolvedBadge, Scale, Style, png, svg};
use browser::Chromium;
use resvg::tiny_skia::Pixmap;

/// The most by which a picture may differ from Chromium's: as a mean, and in a pixel that is not at an edge.
const MEAN: f64 = 8.0;
const GREATEST: u8 = 20;

fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("data/scripts.tsv").lines().map(|line| line.split_once('\t').expect(line))
}

/// The width of the text of a badge without a label, which has 10 pixels of padding.
fn text_box(message: &str) -> f64 {
    let drawn = svg(&ResolvedBadge::new("", message));
    let width = drawn.split_once("width=\"").and_then(|(_, rest)| rest.split_once('"')).expect(&drawn).0;
    width.parse::<f64>().expect(width) - 10.0
}

/// The widths that Chromium measures in 11 px of the bundled font.
fn measured(chromium: &Chromium) -> Vec<f64> {
    let texts: String = scripts().map(|(_, text)| format!("<text>{text}</text>")).collect();
    let page = format!(
        r#"<meta charset="utf-8"><svg font-family="DejaVu Sans" font-size="110" text-rendering="geometricPrecision">{texts}</svg><pre></pre>
        <script>document.querySelector("pre").textContent =
        [...document.querySelectorAll("text")].map(text => text.getComputedTextLength() / 10).join(" ")</script>"#
    );
    let document = chromium.document(&page);
    let widths = document.split_once("<pre>").and_then(|(_, rest)| rest.split_once('<')).expect(&document).0;
    widths.split(' ').map(|width| width.parse().expect(width)).collect()
}

#[test]
#[ignore = "needs Chromium on PATH"]
fn lines_in_every_script_are_as_wide_as_in_chromium() {
    let chromium = Chromium::find("widths");
    let measured = measured(&chromium);
    assert_eq!(measured.len(), 200);
    let mut worst: f64 = 0.0;
    for ((kind, text), expected) in scripts().zip(&measured) {
        let actual = TextLine::new(Face::Verdana11, text).expect("the bundled font is compiled in").width();
        let difference = (actual / expected - 1.0).abs();
        assert!(difference <= 0.05, "{kind} {text}: {actual}, Chromium {expected}");
        worst = worst.max(difference);
    }
    println!("{} texts, the worst off by {:.1} %", measured.len(), 100.0 * worst);
}

/// Where the outlines have a letter is where a reader with the bundled font sees it.
#[test]
#[ignore = "needs Chromium on PATH"]
fn letters_spaced_to_a_width_are_where_chromium_places_them() {
    let texts = ["build", "AVATAR Tomato", "a", "v1.2.3-beta", "Ж кот", "a  b", "profile offline", "Ñandú", "é"];
    let lines = texts.map(|text| TextLine::new(Face::Verdana11, text).expect("it is compiled in"));
    let widths = lines.each_ref().map(|line| (line.width() + 7.0).floor());
    let elements: String = texts
        .iter()
        .zip(widths)
        .map(|(text, width)| format!(r#"<text y="140" textLength="{}">{text}</text>"#, 10.0 * width))
        .collect();
    let page = format!(
        r#"<meta charset="utf-8"><svg font-family="DejaVu Sans" font-size="110" text-rendering="geometricPrecision">{elements}</svg><pre></pre>
        <script>document.querySelector("pre").textContent = [...document.querySelectorAll("text")].map(text =>
        Array.from({{ length: text.getNumberOfChars() }}, (_, at) => text.getStartPositionOfChar(at).x / 10).join(" ")).join(",")</script>"#
    );
    let document = Chromium::find("letters").document(&page);
    let places = document.split_once("<pre>").and_then(|(_, rest)| rest.split_once('<')).expect(&document).0;
    for ((text, line), (width, places)) in texts.iter().zip(lines).zip(widths.into_iter().zip(places.split(','))) {
        let fitted = line.fitted(width);
        let mut expected = places.split(' ').map(|place| place.parse::<f64>().expect(place));
        for glyph in fitted.glyphs() {
            // The letters of a ligature but the first have a place within its glyph.
            let actual = f64::from(glyph.x) / 100.0;
            assert!(expected.any(|place| (place - actual).abs() < 0.02), "{text}: {actual} of {places}");
        }
    }
}

/// Text has the widths of the tables, or of the bundled font for characters that the tables lack.
#[test]
#[ignore = "needs Chromium on PATH"]
fn text_without_measured_widths_is_as_wide_as_in_chromium() {
    let chromium = Chromium::find("estimates");
    let mut seen = 0;
    for ((kind, text), expected) in scripts().zip(measured(&chromium)) {
        // The tables have these characters, Arabic presentation forms included.
        let has_measured = text.contains(|c: char| c.is_ascii_alphanumeric() || c > '\u{fb00}');
        if matches!(kind, "arabic" | "hebrew") && !has_measured {
            let actual = text_box(text);
            assert!((actual / expected - 1.0).abs() <= 0.1, "{kind} {text}: {actual}, Chromium {expected}");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

fn page(badges: &[String]) -> String {
    format!(r#"<meta charset="utf-8"><style>body{{margin:0}}svg,img{{display:block}}</style>{}"#, badges.concat())
}

#[test]
#[ignore = "needs Chromium on PATH"]
fn a_png_looks_as_chromium_draws_the_outlines_except_at_edges() {
    compare("outlines", true);
}

/// The bundled font is the only one that Chromium has in this test.
#[test]
#[ignore = "needs Chromium on PATH"]
fn a_png_looks_as_chromium_draws_the_text_except_at_edges() {
    compare("text", false);
}

fn compare(name: &str, outline: bool) {
    let chromium = Chromium::find(name);
    for scale in 1..=3u8 {
        let badges: Vec<_> = Style::ALL
            .iter()
            .flat_map(|style| {
                let badge = ResolvedBadge {
                    style: *style,
                    outline,
                    color: Color::BLUE,
                    ..ResolvedBadge::new("build", "passing")
                };
                let gold = ResolvedBadge { label_color: Color::parse("gold"), ..badge.clone() };
                [ResolvedBadge { label: "Ж한 café".into(), message: "official profile".into(), ..gold }, badge]
            })
            .collect();
        let zoomed: Vec<_> = badges
            .iter()
            .map(|badge| svg(badge).replacen("<svg ", &format!(r#"<svg style="zoom:{scale}" "#), 1))
            .collect();
        let screenshot = chromium.screenshot(&page(&zoomed), 900, 900);
        let screenshot = Pixmap::decode_png(&screenshot).expect("a screenshot can be decoded");
        let mut top = 0;
        for badge in &badges {
            let ours =
                Pixmap::decode_png(&png(badge, Scale::new(scale).expect("1 to 3")).expect("a picture")).expect("a PNG");
            assert_eq!(ours.height() % u32::from(scale), 0);
            let name = format!("{name} {:?} {} at {scale}", badge.style, badge.label);
            let (mean, greatest) = differences(&ours, &screenshot, top);
            assert!(mean < MEAN, "{name}: {mean}");
            // Chromium smooths the edges of text in another way than those of paths.
            assert!(!outline || greatest <= GREATEST, "{name}: {greatest}");
            top += ours.height();
        }
    }
}

/// The mean difference of the pixels on a white background, and the greatest one of those that are not at an edge. A
/// pixel is at an edge if it differs much from a neighbour.
fn differences(ours: &Pixmap, screenshot: &Pixmap, top: u32) -> (f64, u8) {
    let on_white = |x: u32, y: u32| {
        let pixel = ours.pixel(x, y).expect("within the picture");
        [pixel.red(), pixel.green(), pixel.blue()].map(|channel| channel + (255 - pixel.alpha()))
    };
    let theirs = |x: u32, y: u32| {
        let pixel = screenshot.pixel(x, y + top).expect("within the screenshot");
        [pixel.red(), pixel.green(), pixel.blue()]
    };
    let distance = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0);
    let (mut greatest, mut sum) = (None, 0u64);
    for y in 1..ours.height() - 1 {
        for x in 1..ours.width() - 1 {
            let here = on_white(x, y);
            let beside = (y - 1..=y + 1).flat_map(|y| (x - 1..=x + 1).map(move |x| (x, y)));
            let steep = beside.map(|(x, y)| distance(here, on_white(x, y))).max().unwrap_or(0);
            let difference = distance(here, theirs(x, y));
            if steep <= 24 {
                greatest = greatest.max(Some(difference));
            }
            sum += u64::from(difference);
        }
    }
    (sum as f64 / f64::from(ours.width() * ours.height()), greatest.expect("some pixels are not at an edge"))
}

#[test]
#[ignore = "needs Chromium on PATH"]
fn twelve_badges_in_one_page_do_not_affect_each_other() {
    let chromium = Chromium::find("twelve");
    for outline in [false, true] {
        let badges: Vec<_> = (0..12).map(|index| svg(&numbered(index, outline))).collect();
        // A badge in an iframe is isolated from the page.
        let alone = |svg: &String| {
            let height = svg.split_once("height=\"").and_then(|(_, rest)| rest.split_once('"')).expect(svg).0;
            let document = page(std::slice::from_ref(svg)).replace('&', "&amp;").replace('"', "&quot;");
            format!(
                r#"<iframe srcdoc="{document}" width="400" height="{height}" style="border:0;display:block"></iframe>"#
            )
        };
        let frames: Vec<_> = badges.iter().map(alone).collect();
        let [inlined, apart] = [badges, frames].map(|parts| {
            let screenshot = chromium.screenshot(&page(&parts), 400, 320);
            Pixmap::decode_png(&screenshot).expect("a screenshot can be decoded")
        });
        let difference = inlined.data().iter().zip(apart.data()).map(|(a, b)| a.abs_diff(*b)).max();
        assert_eq!(difference, Some(0), "outlines: {outline}");
    }
}

fn numbered(index: usize, outline: bool) -> ResolvedBadge {
    let colors = [Color::BRIGHTGREEN, Color::RED, Color::BLUE, Color::parse("#fff").expect("a colour")];
    let badge = ResolvedBadge::new(format!("badge {index}"), "x".repeat(1 + index * 3));
    ResolvedBadge { style: Style::ALL[index % Style::ALL.len()], color: colors[index % 4].clone(), outline, ..badge }
}
