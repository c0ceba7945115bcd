//! `badgesmith render --batch`: every line of a file becomes a picture.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, IsTerminal},
    path::Path,
};

use badgesmith_renderer::{Color, Link, Links, ResolvedBadge, Style};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::{Form, How, draw, name_logo};

/// One line, in the words of shields' JSON; what it does not know is ignored.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(default)]
    label: String,
    #[serde(default)]
    message: String,
    color: Option<String>,
    label_color: Option<String>,
    style: Option<String>,
    #[serde(alias = "logoBase64", alias = "namedLogo")]
    logo: Option<String>,
    logo_color: Option<String>,
    logo_size: Option<String>,
    #[serde(default)]
    links: Vec<String>,
    /// A badge may also stand inside, beside what is expected of it.
    badge: Option<Box<Line>>,
}

/// Draws every badge of `file` into `folder`, as 00001.svg and so on by its line.
///
/// # Errors
/// The first line that is no badge, or the file that cannot be read or written.
pub(super) fn run(file: &Path, folder: &Path, how: How) -> Result<(), String> {
    let named = |fault: std::io::Error| format!("{}: {fault}", file.display());
    let lines = BufReader::new(File::open(file).map_err(named)?).lines();
    let lines = lines.collect::<Result<Vec<_>, _>>().map_err(named)?;
    fs::create_dir_all(folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
    let ending = match how.format {
        Form::Svg => "svg",
        Form::Json => "json",
        Form::Png => "png",
    };
    let bar = bar(lines.len());
    for (number, line) in (1..).zip(&lines).filter(|(_, line)| !line.trim().is_empty()) {
        let at = |fault: String| format!("{} line {number}: {fault}", file.display());
        let line: Line = serde_json::from_str(line).map_err(|fault| at(format!("not a badge as JSON: {fault}")))?;
        let line = line.badge.map_or_else(|| Line { badge: None, ..line }, |inside| *inside);
        let names_style = line.style.is_some();
        let drawn = read(&line).and_then(|badge| draw(badge, how, names_style)).map_err(at)?;
        let place = folder.join(format!("{number:05}.{ending}"));
        fs::write(&place, drawn).map_err(|fault| format!("{}: {fault}", place.display()))?;
        bar.inc(1);
    }
    bar.finish();
    Ok(())
}

/// On a terminal only: elsewhere it would be noise.
fn bar(count: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(count as u64);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} badges, {per_sec}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn read(line: &Line) -> Result<ResolvedBadge, String> {
    let color = |text: &str| Color::parse(text).ok_or_else(|| format!("{text:?} is not a colour"));
    let mut badge = ResolvedBadge::new(&line.label, &line.message);
    if let Some(text) = &line.color {
        badge.color = color(text)?;
    }
    badge.label_color = line.label_color.as_deref().map(color).transpose()?;
    if let Some(text) = &line.style {
        badge.style = Style::parse(text).ok_or_else(|| format!("{text:?} is not a style"))?;
    }
    badge.logo_color.clone_from(&line.logo_color);
    badge.logo_size.clone_from(&line.logo_size);
    if let Some(logo) = line.logo.as_deref().filter(|logo| !logo.is_empty()) {
        name_logo(&mut badge, logo)?;
    }
    let mut links = line.links.iter().map(|link| Link::parse(link));
    badge.links = Links { left: links.next().flatten(), right: links.next().flatten() };
    Ok(badge)
}
