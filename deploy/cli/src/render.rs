//! `badgesmith render`: badges from the command line, without a server.

mod batch;
mod draw;
mod from_report;
mod history;
mod picture;
mod picture_fault;
pub(crate) mod render_error;
mod replace;

use std::{fs, path::PathBuf, process::ExitCode};

use badgesmith_host::faces;
use badgesmith_renderer::{BadgeSegment, Color, Link, Links, ResolvedBadge, Style};
use clap::Args;

use crate::{command_error::CommandError, output::print_bytes};
use draw::{DrawOptions, draw, set_logo};
use from_report::FromReportOptions;

/// The text at the end of `--help`.
const FROM_REPORT_HELP: &str = "\
Without a server: badgesmith render --from-report 'target/**/junit.xml' --coverage lcov.info --value size=1.2MB --out badges
writes tests.svg, coverage.svg, values-size.svg and a trend of each (tests-trend.svg), keeps the results of each branch in
history.json beside them, and prints the Markdown for a README. Of one run and attempt the first result is kept. A platform
or a part is a part of the file's name: tests-web.svg.

Exit codes of it: 0 drawn; 1 a file cannot be written; 2 an argument is wrong; 3 a report or the history is missing, cannot
be read, or has no tests.";

/// The arguments for a single badge, which have no effect with `--from-report`.
const ARGUMENTS_OF_ONE: [&str; 12] = [
    "message",
    "batch",
    "label",
    "color",
    "label_color",
    "logo",
    "logo_color",
    "logo_size",
    "link",
    "segment",
    "face",
    "output",
];

/// Draws one badge, a file of them, or those of a build's reports.
#[derive(Args, Debug)]
#[command(
    group = clap::ArgGroup::new("what").required(true).multiple(true)
        .args(["message", "batch", "from_report", "coverage", "values"]),
    group = clap::ArgGroup::new("pictures").multiple(true).args(["from_report", "coverage", "values"])
        .conflicts_with_all(ARGUMENTS_OF_ONE),
    after_help = FROM_REPORT_HELP,
)]
pub(crate) struct RenderOptions {
    /// The left half.
    #[arg(long, default_value = "")]
    label: String,
    /// The right half.
    #[arg(long)]
    message: Option<String>,
    /// The right half's colour: a name, a hex value or a CSS colour.
    #[arg(long, default_value = "lightgrey", value_parser = color)]
    color: Color,
    /// The left half's colour.
    #[arg(long, value_parser = color)]
    label_color: Option<Color>,
    /// The style: flat, flat-square, plastic, for-the-badge, social.
    #[arg(long, value_parser = style)]
    style: Option<Style>,
    /// A logo: an icon's name, or an image as a data URI.
    #[arg(long)]
    logo: Option<String>,
    /// The colour of a named logo.
    #[arg(long, value_parser = color)]
    logo_color: Option<Color>,
    /// The width of a named logo: `auto` keeps its proportions; without it the logo is as wide as high.
    #[arg(long, value_parser = ["auto"])]
    logo_size: Option<String>,
    /// The target of a click: once for the whole badge, twice for its halves.
    #[arg(long, value_parser = link)]
    link: Vec<Link>,
    /// A further segment right of the message, as TEXT-COLOR; the option may be repeated.
    #[arg(long, value_parser = segment, value_name = "TEXT-COLOR")]
    segment: Vec<BadgeSegment>,
    /// A font file for characters that the bundled font lacks, drawn as outlines or pixels; the option may be repeated.
    #[arg(long, value_name = "FILE", conflicts_with = "batch")]
    face: Vec<PathBuf>,
    #[command(flatten)]
    options: DrawOptions,
    /// The file to write; without it standard output.
    #[arg(short, long, value_name = "FILE", conflicts_with = "batch")]
    output: Option<PathBuf>,
    /// Draws every badge of a file of JSON lines instead, with the fields label, message, color, labelColor, style,
    /// logo, logoColor, logoSize and links.
    #[arg(long, value_name = "FILE", requires = "out", conflicts_with_all = ["message", "logo", "link", "segment"])]
    batch: Option<PathBuf>,
    /// The folder that `--batch` and `--from-report` draw into; of the latter `badges`, unless another is named.
    #[arg(long, value_name = "DIR", conflicts_with = "message")]
    out: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Badges of a build, without a server")]
    from_report: FromReportOptions,
}

/// Draws one badge, a batch, or the badges of reports.
///
/// # Errors
/// The logo or a line of the batch is invalid, or a file cannot be read or written.
pub(crate) fn run(render: &RenderOptions) -> Result<ExitCode, CommandError> {
    match (&render.batch, &render.out, &render.message) {
        (Some(file), Some(folder), _) => batch::run(file, folder, render.options).map(|()| ExitCode::SUCCESS),
        (_, _, Some(message)) => draw_one(render, message).map(|()| ExitCode::SUCCESS),
        (_, folder, None) => from_report::run(&render.from_report, folder.as_deref(), render.style, render.options),
    }
}

fn draw_one(render: &RenderOptions, message: &str) -> Result<(), CommandError> {
    let mut badge = ResolvedBadge::new(&render.label, message);
    badge.color = render.color.clone();
    badge.label_color = render.label_color.clone();
    badge.style = render.style.unwrap_or(Style::Flat);
    badge.logo_color = render.logo_color.as_ref().map(|color| color.name().to_owned());
    badge.logo_size.clone_from(&render.logo_size);
    let mut links = render.link.iter().cloned();
    badge.links = Links { left: links.next(), right: links.next() };
    badge.segments.clone_from(&render.segment);
    if let Some(logo) = &render.logo {
        set_logo(&mut badge, logo)?;
    }
    badge.faces = faces::load(&render.face).map_err(CommandError::configuration)?;
    let options = render.output.as_ref().map_or(render.options, |file| render.options.for_file(file));
    let drawn = draw(badge, options, render.style.is_some())?;
    match &render.output {
        Some(file) => fs::write(file, drawn).map_err(CommandError::file(file)),
        None => print_bytes(&drawn),
    }
}

fn color(text: &str) -> Result<Color, &'static str> {
    Color::parse(text).ok_or("not a colour; write a name such as blue, or a hex value such as 4c1")
}

fn style(text: &str) -> Result<Style, &'static str> {
    Style::parse(text).ok_or("not a style; there are flat, flat-square, plastic, for-the-badge, social")
}

fn link(text: &str) -> Result<Link, &'static str> {
    Link::parse(text).ok_or("not a link; write an http, https or mailto address")
}

fn segment(text: &str) -> Result<BadgeSegment, &'static str> {
    let parts = text.rsplit_once('-').ok_or("not a segment; write its words, a dash and a colour: \"2 failed-red\"")?;
    Ok(BadgeSegment { text: parts.0.to_owned(), color: color(parts.1)? })
}
