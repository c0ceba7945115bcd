//! `badgesmith render --from-report`: pictures of a build's tests, coverage and values, without a server. The code of
//! the server's providers makes their texts.

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use badgesmith_provider::fold;
use badgesmith_renderer::Style;
use clap::Args;

use super::{
    draw::{DrawOptions, OutputFormat, draw_resolved},
    history::History,
    picture::{Picture, TREND},
    picture_fault::PictureFault,
    replace::replace,
};
use crate::{
    command_error::CommandError,
    output::{print, print_notice},
    report::{self, BuildOptions, CountedBuild},
};

/// The file of the results, beside the pictures.
const HISTORY: &str = "history.json";
/// The folder of the pictures if no argument names one.
const FOLDER: &str = "badges";

/// What the pictures are made of.
#[derive(Args, Debug)]
pub(super) struct FromReportOptions {
    /// Reports of tests, as `report` reads them: draws a badge and a trend of them into the folder `--out`, and keeps
    /// the results in its history.json.
    #[arg(long, num_args = 1.., value_name = "FILES")]
    from_report: Vec<PathBuf>,
    #[command(flatten)]
    build: BuildOptions,
    /// Query parameters of a badge that is made of reports, as in its address on a server: coverage?precision=1&min=80,
    /// or ?style=flat-square for all badges; the option may be repeated.
    #[arg(long, value_name = "BADGE?QUERY")]
    query: Vec<String>,
}

/// Draws the pictures, writes the history, and prints what was counted with the Markdown of the badges.
///
/// # Errors
/// Standard output is closed.
pub(super) fn run(
    options: &FromReportOptions,
    folder: Option<&Path>,
    style: Option<Style>,
    draw: DrawOptions,
) -> Result<ExitCode, CommandError> {
    match draw_all(options, folder.unwrap_or(Path::new(FOLDER)), style, draw) {
        Ok(summary) => print(&summary).map(|()| ExitCode::SUCCESS),
        Err(fault) => {
            print_notice(&fault.to_string());
            Ok(ExitCode::from(fault.code()))
        }
    }
}

fn draw_all(
    options: &FromReportOptions,
    folder: &Path,
    style: Option<Style>,
    draw: DrawOptions,
) -> Result<String, PictureFault> {
    let path = folder.join(HISTORY);
    let mut history = History::read(&path).map_err(|fault| PictureFault::History { path: path.clone(), fault })?;
    let build = report::count(&options.from_report, &options.build).map_err(PictureFault::Count)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut pictures = Vec::new();
    for report in &build.reports {
        let mut picture = Picture::new(report, &build, now)?;
        let record = picture.record(&report.body, build.has_page)?;
        if !history.add(picture.collection(), &report.part, &build.branch, record) {
            print_notice(&format!("notice: {}: this run is in the history already; it stays as it was", picture.name));
        }
        picture.query = style.map(|style| format!("style={}", style.name())).unwrap_or_default();
        pictures.push(picture);
    }
    apply_queries(&mut pictures, &options.query)?;
    let drawn = draw_pictures(&pictures, &history, draw)?;
    fs::create_dir_all(folder).map_err(|fault| PictureFault::File { path: folder.to_owned(), fault })?;
    let text = history.to_text().map_err(PictureFault::Json)?;
    replace(&path, text.as_bytes())?;
    for (file, bytes) in &drawn {
        replace(&folder.join(file), bytes)?;
    }
    Ok(summary(&build, &drawn, folder))
}

/// Adds the query parameters of `--query` to the pictures that they name.
fn apply_queries(pictures: &mut [Picture<'_>], queries: &[String]) -> Result<(), PictureFault> {
    for argument in queries {
        let (name, query) = argument.split_once('?').ok_or_else(|| PictureFault::QueryForm(argument.clone()))?;
        let is_named = |picture: &Picture<'_>| name.is_empty() || fold(&picture.name) == fold(name);
        if !pictures.iter().any(is_named) {
            let known = pictures.iter().map(|picture| picture.name.clone()).collect();
            return Err(PictureFault::QueryBadge { name: name.to_owned(), known });
        }
        for picture in pictures.iter_mut().filter(|picture| is_named(picture)) {
            // The first value of a parameter counts, so later arguments are put in front.
            picture.query = format!("{query}&{}", picture.query);
        }
    }
    Ok(())
}

/// The name and the bytes of each file: the badges and their trends. A trend cannot be drawn as JSON.
fn draw_pictures(
    pictures: &[Picture<'_>],
    history: &History,
    options: DrawOptions,
) -> Result<Vec<(String, Vec<u8>)>, PictureFault> {
    let mut drawn = Vec::new();
    let mut names = BTreeSet::new();
    let mut add = |name: String, badge, names_style| {
        if !names.insert(fold(&name)) {
            return Err(PictureFault::SameFile(name));
        }
        let file = format!("{name}.{}", options.format().extension());
        let bytes = draw_resolved(badge, options, names_style).map_err(|fault| PictureFault::Draw { name, fault })?;
        drawn.push((file, bytes));
        Ok(())
    };
    for picture in pictures {
        add(picture.name.clone(), picture.resolve(history, "")?, picture.names_style())?;
        if options.format() != OutputFormat::Json {
            let trend = picture.resolve(history, TREND)?;
            // A value that is a word has no trend.
            if trend.spark.is_some() {
                add(picture.trend_name(), trend, picture.names_style())?;
            }
        }
    }
    Ok(drawn)
}

/// The counts, and the Markdown of each picture.
fn summary(build: &CountedBuild, drawn: &[(String, Vec<u8>)], folder: &Path) -> String {
    let mut text = String::new();
    let folder = folder.to_string_lossy().replace('\\', "/");
    let folder = folder.trim_end_matches('/');
    for report in &build.reports {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}, kept for {}", report.words, build.branch);
    }
    for (file, _) in drawn.iter().filter(|(file, _)| !file.ends_with(".json")) {
        let label = file.rsplit_once('.').map_or(&**file, |(name, _)| name);
        let _ = writeln!(text, "![{label}]({folder}/{file})");
    }
    text
}
