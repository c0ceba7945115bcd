//! `badgesmith render --batch`: draws a badge for every line of a JSON Lines file.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, IsTerminal},
    path::Path,
};

use badgesmith_engine::edit_distance::word_distance;
use badgesmith_renderer::{Color, Link, Links, ResolvedBadge, Style};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    draw::{DrawOptions, draw, set_logo},
    render_error::{FieldAdvice, RenderError},
};
use crate::command_error::CommandError;

/// The fields of a badge.
const FIELDS: &[&str] = &[
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
/// Fields of shields' endpoint schema and of badge-maker that have no effect on the picture.
const IGNORED_FIELDS: [&str; 6] = ["schemaVersion", "isError", "cacheSeconds", "logoWidth", "logoPosition", "idSuffix"];
/// Options of the command that apply to the whole batch and have the names of a badge's query parameters.
const OPTIONS: [&str; 5] = ["format", "scale", "text", "contrast", "theme"];
/// The largest edit distance between a misspelt field and the field that the error suggests.
const MAX_DISTANCE: usize = 3;

/// The badge of one line, with the field names of shields' JSON.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchBadge {
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

/// Draws every badge of `file` into `folder`; the badge of line 1 is 00001.svg.
///
/// # Errors
/// A line is not a badge, or a file cannot be read or written.
pub(super) fn run(file: &Path, folder: &Path, options: DrawOptions) -> Result<(), CommandError> {
    let lines = BufReader::new(File::open(file).map_err(CommandError::file(file))?).lines();
    let lines = lines.collect::<Result<Vec<_>, _>>().map_err(CommandError::file(file))?;
    fs::create_dir_all(folder).map_err(CommandError::file(folder))?;
    let bar = progress_bar(lines.len());
    for (number, line) in (1..).zip(&lines) {
        // Windows writes a byte order mark before the first line.
        let line = if number == 1 { line.trim_start_matches('\u{feff}') } else { line };
        if line.trim().is_empty() {
            continue;
        }
        let drawn = draw_line(line, options).map_err(|cause| {
            let cause = Box::new(cause);
            RenderError::Line { file: file.to_owned(), number, cause }
        })?;
        let drawn_file = folder.join(format!("{number:05}.{}", options.format().extension()));
        fs::write(&drawn_file, drawn).map_err(CommandError::file(&drawn_file))?;
        bar.inc(1);
    }
    bar.finish();
    Ok(())
}

fn draw_line(line: &str, options: DrawOptions) -> Result<Vec<u8>, RenderError> {
    let fields = parse(line)?;
    draw(resolve(&fields)?, options, fields.style.is_some())
}

/// Parses a line. The badge may also be the value of a field `badge`; the other fields are ignored then.
fn parse(line: &str) -> Result<BatchBadge, RenderError> {
    let malformed = |fault: serde_json::Error| RenderError::Malformed(fault.to_string());
    let mut fields: Map<String, Value> = serde_json::from_str(line).map_err(malformed)?;
    if let Some(inside) = fields.remove("badge") {
        fields = serde_json::from_value(inside).map_err(malformed)?;
    }
    if let Some(name) =
        fields.keys().find(|name| !FIELDS.contains(&name.as_str()) && !IGNORED_FIELDS.contains(&name.as_str()))
    {
        let advice = match nearest(name) {
            _ if OPTIONS.contains(&name.as_str()) => FieldAdvice::UseOption,
            Some(known) => FieldAdvice::Known(known),
            None => FieldAdvice::AnyOf(FIELDS),
        };
        return Err(RenderError::UnknownField { name: name.clone(), advice });
    }
    serde_json::from_value(fields.into()).map_err(malformed)
}

/// The known field that is most similar to a misspelt one.
fn nearest(name: &str) -> Option<&'static str> {
    let plain = |name: &str| name.replace(['-', '_', ' '], "").to_ascii_lowercase();
    let name = plain(name);
    let known = FIELDS.iter().copied().chain(["badge"]);
    let (distance, near) =
        known.map(|known| (word_distance(&name, &plain(known)), known)).min_by_key(|(distance, _)| *distance)?;
    if distance <= MAX_DISTANCE && distance < near.len().div_ceil(2) {
        return Some(near);
    }
    // A name such as `logoSvg` is taken to mean `logo`.
    FIELDS.iter().copied().find(|known| name.starts_with(&plain(known)))
}

/// A progress bar, hidden unless standard error is a terminal.
fn progress_bar(count: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(count as u64);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} badges, {per_sec}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Checks the fields of a line and resolves them to a badge.
fn resolve(line: &BatchBadge) -> Result<ResolvedBadge, RenderError> {
    let color = |text: &str| Color::parse(text).ok_or_else(|| RenderError::InvalidColor(text.to_owned()));
    let mut badge = ResolvedBadge::new(&line.label, &line.message);
    if let Some(text) = &line.color {
        badge.color = color(text)?;
    }
    badge.label_color = line.label_color.as_deref().map(color).transpose()?;
    if let Some(text) = &line.style {
        badge.style = Style::parse(text).ok_or_else(|| RenderError::InvalidStyle(text.to_owned()))?;
    }
    badge.logo_color.clone_from(&line.logo_color);
    badge.logo_size.clone_from(&line.logo_size);
    if let Some(logo) = line.logo.as_deref().filter(|logo| !logo.is_empty()) {
        set_logo(&mut badge, logo)?;
    }
    let mut links = line.links.iter().map(|link| Link::parse(link));
    badge.links = Links { left: links.next().flatten(), right: links.next().flatten() };
    Ok(badge)
}

#[cfg(test)]
mod tests {
    use badgesmith_renderer::Scale;

    use super::{super::draw::OutputFormat, *};

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
            assert_eq!(parse(line).err().map(|fault| fault.to_string()).as_deref(), Some(words), "{line}");
        }
    }

    #[test]
    fn a_file_with_a_byte_order_mark_and_empty_lines_is_a_batch() {
        let folder = std::env::temp_dir().join(format!("badgesmith-batch-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("badges.jsonl");
        fs::write(&file, "\u{feff}{\"message\":\"one\"}\r\n\r\n{\"message\":\"two\"}\r\n").unwrap();
        let options = DrawOptions {
            format: Some(OutputFormat::Json),
            scale: Scale::default(),
            text: None,
            contrast: None,
            theme: None,
        };
        run(&file, &folder, options).unwrap();
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
