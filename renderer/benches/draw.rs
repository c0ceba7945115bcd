//! The time of drawing a badge, compared with other libraries: `cargo bench -p badgesmith-renderer`. `-- WORD` measures
//! only the rows whose names have the word.
//!
//! Every row is measured in every round, so that a slow phase of the machine affects all of them; compare the ratios.
//! With `-- --json` it prints a line of JSON for each row instead, with the times of all rounds.
//!
//! badge-maker is included if node finds it, in the folder `BADGE_MAKER` (`npm install badge-maker@6` there) or by
//! itself.
#![allow(clippy::expect_used, clippy::print_stdout)]

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use badgesmith_renderer::{Color, ResolvedBadge, Style, json, write_svg};
#[cfg(feature = "png")]
use badgesmith_renderer::{Scale, png, svg};

const ROUNDS: usize = 41;
/// The time of one row in one round: long enough for the clock's resolution.
const ROUND: Duration = Duration::from_millis(4);

const BADGE_MAKER: &str = r#"
const { makeBadge } = require(require.resolve('badge-maker', { paths: [process.env.BADGE_MAKER || '.'] }))
const badge = { label: 'build', message: 'passing', color: 'brightgreen', style: 'flat' }
const times = []
for (let round = 0; round < 40; round++) {
  const started = process.hrtime.bigint()
  for (let i = 0; i < 1000; i++) makeBadge(badge)
  times.push(Number(process.hrtime.bigint() - started) / 1000)
}
times.sort((a, b) => a - b)
console.log(times[0], times[20])
"#;

/// How many different messages are drawn in turn, as a server draws versions. Glyphs that are kept from one picture to
/// the next help less with them than with one badge again and again.
#[cfg(feature = "png")]
const MESSAGES: usize = 512;

/// A benchmark and its measured times.
struct Row {
    name: String,
    draw: Box<dyn FnMut()>,
    repeats: u32,
    nanoseconds: Vec<f64>,
}

impl Row {
    fn new(name: impl Into<String>, draw: impl FnMut() + 'static) -> Self {
        let mut row = Self { name: name.into(), draw: Box::new(draw), repeats: 1, nanoseconds: Vec::new() };
        while row.time() < ROUND {
            row.repeats *= 2;
        }
        row
    }

    fn time(&mut self) -> Duration {
        let started = Instant::now();
        for _ in 0..self.repeats {
            (self.draw)();
        }
        started.elapsed()
    }

    fn measure(&mut self) {
        let time = self.time();
        self.nanoseconds.push(time.as_nanos() as f64 / f64::from(self.repeats));
    }

    /// The minimum, which is closest to the time of the work itself, and the median.
    fn times(&mut self) -> (f64, f64) {
        self.nanoseconds.sort_by(f64::total_cmp);
        let at = |index: usize| self.nanoseconds.get(index).copied().unwrap_or_default();
        (at(0), at(self.nanoseconds.len() / 2))
    }
}

fn main() {
    let badge = |style| ResolvedBadge { color: Color::BRIGHTGREEN, style, ..ResolvedBadge::new("build", "passing") };
    let mut rows = Vec::new();
    for style in Style::ALL {
        let (badge, mut out) = (badge(style), Vec::with_capacity(4096));
        rows.push(Row::new(format!("svg {}", style.name()), move || {
            out.clear();
            write_svg(black_box(&badge), &mut out);
            black_box(&out);
        }));
    }
    let flat = badge(Style::Flat);
    rows.push(Row::new("json", move || {
        black_box(json(black_box(&flat), false));
    }));
    #[cfg(feature = "faces")]
    for style in [Style::Flat, Style::Social] {
        let (badge, mut out) = (ResolvedBadge { outline: true, ..badge(style) }, Vec::with_capacity(16_384));
        rows.push(Row::new(format!("outline {}", style.name()), move || {
            out.clear();
            write_svg(black_box(&badge), &mut out);
            black_box(&out);
        }));
    }
    #[cfg(feature = "png")]
    for style in Style::ALL {
        for (suffix, scale) in [("", Scale::ONE), (", 2×", Scale::TWO)] {
            let badge = badge(style);
            rows.push(Row::new(format!("png {}{suffix}", style.name()), move || {
                black_box(png(black_box(&badge), scale)).expect("it has no logo");
            }));
        }
        for (suffix, outline) in [("text", false), ("outlines", true)] {
            let (badge, options) = (ResolvedBadge { outline, ..badge(style) }, resvg_options());
            let drawn = svg(&badge);
            rows.push(Row::new(format!("resvg {} {suffix}", style.name()), move || {
                black_box(by_resvg(black_box(&drawn), &options));
            }));
        }
    }
    #[cfg(feature = "png")]
    for style in Style::ALL {
        let message = |index: usize| format!("v{}.{}.{}", index % 23, index * 7 % 101, index % 10);
        let badges: Vec<_> =
            (0..MESSAGES).map(|index| ResolvedBadge { message: message(index), ..badge(style) }).collect();
        let outlined = |badge: &ResolvedBadge| svg(&ResolvedBadge { outline: true, ..badge.clone() });
        let drawn: Vec<_> = badges.iter().map(outlined).collect();
        let (mut ours, mut theirs) = ((0..MESSAGES).cycle(), (0..MESSAGES).cycle());
        rows.push(Row::new(format!("png {} versions", style.name()), move || {
            let badge = ours.next().and_then(|index| badges.get(index)).expect("there are so many");
            black_box(png(black_box(badge), Scale::ONE)).expect("it has no logo");
        }));
        let options = resvg_options();
        rows.push(Row::new(format!("resvg {} versions", style.name()), move || {
            let drawn = theirs.next().and_then(|index| drawn.get(index)).expect("there are so many");
            black_box(by_resvg(black_box(drawn), &options));
        }));
    }
    let iconed = ResolvedBadge { named_logo: Some("github".into()), ..badge(Style::Flat) };
    rows.push(Row::new("find and decode an icon", move || {
        black_box(black_box(&iconed).clone().with_icon());
    }));
    for (style, builder) in [
        (Style::Flat, shields::builder::Badge::flat as fn() -> _),
        (Style::FlatSquare, shields::builder::Badge::flat_square),
        (Style::Plastic, shields::builder::Badge::plastic),
        (Style::ForTheBadge, shields::builder::Badge::for_the_badge),
        (Style::Social, shields::builder::Badge::social),
    ] {
        rows.push(Row::new(format!("shields {}", style.name()), move || {
            let mut badge = builder();
            badge.label(black_box("build")).message(black_box("passing")).message_color(black_box("brightgreen"));
            black_box(badge.build());
        }));
    }
    let words: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    rows.retain(|row| words.is_empty() || words.iter().any(|word| row.name.contains(word)));
    for _ in 0..ROUNDS {
        rows.iter_mut().for_each(Row::measure);
    }
    if std::env::args().any(|argument| argument == "--json") {
        for Row { name, nanoseconds, .. } in &rows {
            println!("{}", serde_json::json!({ "name": name, "nanoseconds": nanoseconds }));
        }
        return;
    }

    let mut times: Vec<_> = rows.iter_mut().map(|row| (row.name.clone(), row.times())).collect();
    if let Some(theirs) = badge_maker() {
        times.push(("badge-maker, flat".into(), theirs));
    } else {
        println!("skipped badge-maker: node cannot run it; BADGE_MAKER=FOLDER names the folder it is installed in");
    }
    let ours = times.first().expect("flat is the first").1;
    println!("{:<28}{:>12}{:>12}{:>14}", "", "least ns", "median ns", "of svg flat");
    for (name, (least, median)) in &times {
        println!("{name:<28}{least:>12.0}{median:>12.0}{:>13.2}×", least / ours.0);
    }
    let least = |name: String| times.iter().find(|(row, _)| *row == name).map(|(_, (least, _))| *least);
    for style in Style::ALL.map(Style::name) {
        for (ours, theirs) in [("svg", "shields"), ("png", "resvg")] {
            let theirs_name = format!("{theirs} {style}{}", if theirs == "resvg" { " outlines" } else { "" });
            if let Some((ours_time, theirs_time)) = least(format!("{ours} {style}")).zip(least(theirs_name)) {
                println!("{ours} {style}: {:.2} times as fast as {theirs}", theirs_time / ours_time);
            }
        }
        let versions = |drawn_by: &str| least(format!("{drawn_by} {style} versions"));
        if let Some((ours_time, theirs_time)) = versions("png").zip(versions("resvg")) {
            println!("png {style}, {MESSAGES} messages: {:.2} times as fast as resvg", theirs_time / ours_time);
        }
    }
}

/// What a server that draws with resvg keeps: the bundled font.
#[cfg(feature = "png")]
fn resvg_options() -> resvg::usvg::Options<'static> {
    let mut fonts = resvg::usvg::fontdb::Database::new();
    fonts.load_font_data(include_bytes!("../../fonts/faces/DejaVuSans.ttf").to_vec());
    fonts.load_font_data(include_bytes!("../../fonts/faces/DejaVuSans-Bold.ttf").to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    let fontdb = std::sync::Arc::new(fonts);
    resvg::usvg::Options { fontdb, font_family: "DejaVu Sans".into(), ..resvg::usvg::Options::default() }
}

/// The PNG that usvg and resvg make of an SVG.
#[cfg(feature = "png")]
fn by_resvg(svg: &str, options: &resvg::usvg::Options) -> Vec<u8> {
    let tree = resvg::usvg::Tree::from_str(svg, options).expect("the badge is an SVG");
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).expect("it is small");
    resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().expect("it is small")
}

/// The minimum and the median of badge-maker's times, in nanoseconds.
fn badge_maker() -> Option<(f64, f64)> {
    let output =
        Command::new("node").args(["-e", BADGE_MAKER]).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map_while(|number| number.parse().ok());
    numbers.next().zip(numbers.next())
}
