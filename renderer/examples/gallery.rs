//! Writes a page with many badges in every style: `cargo run --example gallery -p badgesmith-renderer [-- FILE]`.
//!
//! The page shows each badge of `tests/badges.jsonl` next to its golden. If `BADGESMITH_RECORDED` names the folder of
//! recorded inputs, it also shows some of the recorded badges next to badge-maker's. All badges are inlined in the
//! page, so that equal ids would be visible.
#![allow(clippy::expect_used, clippy::print_stdout)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::fmt::Write as _;
use std::path::Path;

use badgesmith_renderer::{BadgeSegment, Color, Link, Links, Logo, ResolvedBadge, Scale, Style, Theme, svg};
use badgesmith_renderer::{Spark, SparkMark, SparkPoint};
use base64::Engine as _;
use serde_json::Value;

/// One of this many recorded badges is shown.
const STEP: usize = 30;

const HEAD: &str = "<!doctype html><meta charset=utf-8><title>Badges</title><style>\
body{font:13px/1.4 sans-serif;margin:16px}td,th{padding:3px 10px 3px 0;text-align:left;white-space:nowrap}\
td svg{vertical-align:middle}h2{margin:20px 0 6px}.dark{background:#0d1117;color:#eee}</style>";

fn main() {
    let file = std::env::args().nth(1).unwrap_or_else(|| "gallery.html".into());
    let mut page = String::from(HEAD);
    table(
        &mut page,
        "Cases",
        &Style::ALL.map(Style::name),
        cases().map(|(name, badge)| {
            let cells = Style::ALL.map(|style| svg(&ResolvedBadge { style, ..badge.clone() }.with_icon()));
            (name.to_owned(), cells.to_vec())
        }),
    );
    table(&mut page, "Ours and the golden", &["ours", "golden"], goldens());
    if std::env::var_os("BADGESMITH_RECORDED").is_some() {
        let pairs = common::recorded().into_iter().step_by(STEP).map(|(row, expected)| {
            (row["style"].as_str().unwrap_or("flat").to_owned(), vec![svg(&common::badge(&row)), as_image(&expected)])
        });
        table(&mut page, "Ours and badge-maker's", &["ours", "badge-maker"], pairs);
    }
    std::fs::write(&file, page).expect("the page can be written");
    println!("{file}");
}

fn table(page: &mut String, title: &str, columns: &[&str], rows: impl IntoIterator<Item = (String, Vec<String>)>) {
    let _ = write!(page, "<h2>{title}</h2><table><tr><th></th><th>{}</th></tr>", columns.join("</th><th>"));
    for (name, cells) in rows {
        let _ = write!(page, "<tr><td>{name}</td><td>{}</td></tr>", cells.join("</td><td>"));
    }
    page.push_str("</table>");
}

/// badge-maker uses the same ids in every badge, so its badges must be separate documents.
fn as_image(svg: &str) -> String {
    format!(r#"<img src="data:image/svg+xml;base64,{}">"#, base64::engine::general_purpose::STANDARD.encode(svg))
}

fn goldens() -> impl Iterator<Item = (String, Vec<String>)> {
    include_str!("../tests/badges.jsonl").lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect(line);
        let name = row["name"].as_str().expect(line).to_owned();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(&name).with_extension("svg");
        let golden = std::fs::read_to_string(golden).unwrap_or_else(|_| "missing".into());
        (name, vec![svg(&common::badge(&row["badge"])), golden])
    })
}

fn cases() -> impl Iterator<Item = (&'static str, ResolvedBadge)> {
    let plain =
        |label: &str, message: &str| ResolvedBadge { color: Color::BRIGHTGREEN, ..ResolvedBadge::new(label, message) };
    let build = || plain("build", "passing");
    let colored = |color, badge| ResolvedBadge { color, ..badge };
    let labelled = |color: &str, badge| ResolvedBadge { label_color: Color::parse(color), ..badge };
    let named = |name: &str, badge| ResolvedBadge { named_logo: Some(name.into()), ..badge };
    let tinted = |color: &str, badge| ResolvedBadge { logo_color: Some(color.into()), ..badge };
    let fitted = |badge| ResolvedBadge { logo_size: Some("auto".into()), ..badge };
    let readable = |badge| ResolvedBadge { contrast: true, ..badge };
    let following = |badge| ResolvedBadge { theme: Theme::Auto, ..badge };
    let segmented = |badge| ResolvedBadge {
        segments: vec![
            BadgeSegment { text: "2 failed".into(), color: Color::RED },
            BadgeSegment { text: "5 skipped".into(), color: Color::LIGHTGREY },
        ],
        ..badge
    };
    let sparkling = |count: usize, badge| {
        let mark = |index| if index % 7 == 3 { SparkMark::Bad } else { SparkMark::Good };
        let points = (0..count).map(|index| SparkPoint::new((index * 37 % 101) as f64 / 100.0, mark(index)));
        let spark = Spark { points: points.collect(), words: format!("trend of {count}") };
        ResolvedBadge { spark: Some(spark), ..badge }
    };
    let link = || Link::parse("https://example.com/");
    let linked = |left, right, badge| ResolvedBadge { links: Links { left, right }, ..badge };
    let image = |badge| ResolvedBadge {
        logo: Logo::parse(concat!(
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 14 14'%3E",
            "%3Ccircle cx='7' cy='7' r='6' fill='gold'/%3E%3C/svg%3E"
        )),
        ..badge
    };
    [
        ("label and message", build()),
        ("message only", plain("", "nightly")),
        ("label only", plain("docs", "")),
        ("nothing", plain("", "")),
        ("coloured label", labelled("red", build())),
        ("coloured empty label", labelled("red", plain("", "beta"))),
        ("light colours", labelled("gold", colored(Color::parse("fff").expect("a colour"), build()))),
        ("image", image(build())),
        ("image, message only", image(plain("", "nightly"))),
        ("image alone", image(plain("", ""))),
        ("image in a coloured label", labelled("red", image(plain("", "beta")))),
        ("icon, brand's colour", named("telegram", build())),
        ("icon, brand too dark or light", named("nuget", build())),
        ("icon, another colour", tinted("orange", named("GitHub", build()))),
        ("icon alone", named("rust", plain("", ""))),
        ("icon, wide", fitted(named("amd", build()))),
        ("icon, wide, message only", fitted(named("intel", plain("", "nightly")))),
        ("icon, narrow", fitted(named("babel", build()))),
        ("icon, wide, not fitted", named("amd", build())),
        ("words as outlines", ResolvedBadge { outline: true, ..build() }),
        ("one link", linked(link(), None, build())),
        ("right link", linked(None, link(), build())),
        ("two links", linked(link(), link(), build())),
        ("two links, icon", named("github", linked(link(), link(), build()))),
        ("contrast: bright green", readable(build())),
        ("as above, exact", build()),
        ("contrast: orange", readable(colored(Color::ORANGE, build()))),
        ("as above, exact", colored(Color::ORANGE, build())),
        ("contrast: red", readable(colored(Color::RED, build()))),
        ("as above, exact", colored(Color::RED, build())),
        (
            "contrast: grey, pink label, icon",
            named("nuget", readable(labelled("pink", colored(Color::LIGHTGREY, build())))),
        ),
        ("as above, exact", named("nuget", labelled("pink", colored(Color::LIGHTGREY, build())))),
        ("segments", segmented(build())),
        ("segments, message only", segmented(plain("", "188 passed"))),
        ("segments, links", segmented(linked(link(), link(), build()))),
        ("sparkline", sparkling(30, build())),
        ("sparkline of sixty, segments", sparkling(60, segmented(build()))),
        ("theme: light or dark", following(build())),
        ("theme, coloured label", following(labelled("navy", build()))),
        ("theme, icon", following(named("github", build()))),
        ("twice the size", ResolvedBadge { scale: Scale::TWO, ..build() }),
        ("long", plain("takes its time", "and thirty characters or so")),
        ("markup", plain("<b>", "\"a\" & 'b' > c")),
        ("right to left", plain("בנייה", "עובר")),
        ("Arabic", plain("بناء", "ناجح")),
        ("Chinese, Japanese, Korean", plain("构建", "成功 ビルド 빌드")),
        ("combining", plain("e\u{301}te\u{301}", "a\u{308}\u{304}")),
        ("emoji", plain("🚀", "👩‍💻 🇩🇪 ok")),
    ]
    .into_iter()
}
