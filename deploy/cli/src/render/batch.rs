//! `badgesmith render --batch`: every line of a file becomes a picture.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, IsTerminal},
    path::Path,
};

use badgesmith_renderer::{Color, Link, Links, ResolvedBadge, Style};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Form, How, draw, name_logo};

/// The fields of a badge.
const FIELDS: [&str; 11] = [
    "label",
    "message",
    "color",
    "labelColor",
    "style",
    "logo",
    "logoBase64",
    "namedLogo",
    "logoColor",
    "logoSize",
    "links",
];
/// Fields that other JSON of badges has and a picture has no use for: shields' endpoint schema, badge-maker.
const UNUSED: [&str; 6] = ["schemaVersion", "isError", "cacheSeconds", "logoWidth", "logoPosition", "idSuffix"];
/// What is said once, of all badges of a batch: options of the command that share their names with a badge's query.
const OPTIONS: [&str; 5] = ["format", "scale", "text", "contrast", "theme"];
/// How many letters a misspelt field may be away from the one that is named.
const FARTHEST: usize = 3;

/// One line, in the words of shields' JSON.
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
    for (number, line) in (1..).zip(&lines) {
        // Windows writes a byte order mark before the first line.
        let line = if number == 1 { line.trim_start_matches('\u{feff}') } else { line };
        if line.trim().is_empty() {
            continue;
        }
        let at = |fault: String| format!("{} line {number}: {fault}", file.display());
        let line = parse(line).map_err(at)?;
        let names_style = line.style.is_some();
        let drawn = read(&line).and_then(|badge| draw(badge, how, names_style)).map_err(at)?;
        let place = folder.join(format!("{number:05}.{ending}"));
        fs::write(&place, drawn).map_err(|fault| format!("{}: {fault}", place.display()))?;
        bar.inc(1);
    }
    bar.finish();
    Ok(())
}

/// Reads a line. A badge may also stand in it as `badge`, beside whatever is expected of it.
fn parse(line: &str) -> Result<Line, String> {
    let no_badge = |fault: serde_json::Error| format!("not a badge as JSON: {fault}");
    let mut fields: Map<String, Value> = serde_json::from_str(line).map_err(no_badge)?;
    if let Some(inside) = fields.remove("badge") {
        fields = serde_json::from_value(inside).map_err(no_badge)?;
    }
    if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str()) && !UNUSED.contains(&name.as_str()))
    {
        return Err(match nearest(name) {
            _ if OPTIONS.contains(&name.as_str()) => {
                format!("no badge has the field {name:?}; say --{name} for all badges of the batch")
            }
            Some(known) => format!("no badge has the field {name:?}; write {known:?}"),
            None => format!("no badge has the field {name:?}; the fields are {}", FIELDS.join(", ")),
        });
    }
    serde_json::from_value(fields.into()).map_err(no_badge)
}

/// The known field that a misspelt one is nearest to.
fn nearest(name: &str) -> Option<&'static str> {
    let plain = |name: &str| name.replace(['-', '_', ' '], "").to_ascii_lowercase();
    let name = plain(name);
    let known = FIELDS.into_iter().chain(["badge"]);
    let (distance, near) = known.map(|known| (distance(&name, &plain(known)), known)).min_by_key(|(away, _)| *away)?;
    if distance <= FARTHEST && distance < near.len().div_ceil(2) {
        return Some(near);
    }
    // `logoSvg` is a logo, too.
    FIELDS.into_iter().find(|known| name.starts_with(&plain(known)))
}

/// How many letters have to be added, dropped or replaced to make one word of another.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, against) in other.chars().enumerate() {
            let replaced = diagonal + usize::from(letter != against);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[row.len() - 1]
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

#[cfg(test)]
mod tests {
    use badgesmith_renderer::Scale;

    use super::*;

    #[test]
    fn a_field_that_no_badge_has_is_refused_with_the_one_that_is_meant() {
        for (line, words) in [
            (r#"{"lable":"a"}"#, r#"no badge has the field "lable"; write "label""#),
            (r#"{"label":"a","labelcolor":"red"}"#, r#"no badge has the field "labelcolor"; write "labelColor""#),
            (r#"{"label_color":"red"}"#, r#"no badge has the field "label_color"; write "labelColor""#),
            (r#"{"colour":"red"}"#, r#"no badge has the field "colour"; write "color""#),
            (r#"{"bagde":{}}"#, r#"no badge has the field "bagde"; write "badge""#),
            (r#"{"badge":{"mesage":"a"}}"#, r#"no badge has the field "mesage"; write "message""#),
            (
                r#"{"picture":"a"}"#,
                "no badge has the field \"picture\"; the fields are label, message, color, labelColor, style, logo, \
                 logoBase64, namedLogo, logoColor, logoSize, links",
            ),
            (r#"{"scale":2}"#, r#"no badge has the field "scale"; say --scale for all badges of the batch"#),
            (r#"{"logoSvg":"<svg/>"}"#, r#"no badge has the field "logoSvg"; write "logo""#),
            ("[]", "not a badge as JSON: invalid type: sequence, expected a map at line 1 column 0"),
        ] {
            assert_eq!(parse(line).err().as_deref(), Some(words), "{line}");
        }
    }

    #[test]
    fn a_file_with_a_byte_order_mark_and_empty_lines_is_a_batch() {
        let folder = std::env::temp_dir().join(format!("badgesmith-batch-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("badges.jsonl");
        fs::write(&file, "\u{feff}{\"message\":\"one\"}\r\n\r\n{\"message\":\"two\"}\r\n").unwrap();
        let how = How { format: Form::Json, scale: Scale::default(), text: None, contrast: None, theme: None };
        assert_eq!(run(&file, &folder, how), Ok(()));
        let drawn = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert!(drawn("00001.json").contains("one") && drawn("00003.json").contains("two"));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_line_of_shields_json_is_a_badge() {
        for line in [
            r#"{"schemaVersion":1,"label":"a","message":"b","isError":true,"cacheSeconds":300}"#,
            r#"{"badge":{"label":"a","message":"b","idSuffix":"1"},"svg":"<svg/>","expected":true}"#,
        ] {
            let line = parse(line).map(|line| (line.label, line.message));
            assert_eq!(line, Ok(("a".to_owned(), "b".to_owned())));
        }
    }
}
