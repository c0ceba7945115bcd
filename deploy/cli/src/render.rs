//! `badgesmith render`: badges from the command line, without a server.

mod batch;
mod draw;
pub(crate) mod render_error;

use std::{fs, path::PathBuf};

use badgesmith_host::faces;
use badgesmith_renderer::{BadgeSegment, Color, Link, Links, ResolvedBadge, Style};
use clap::Args;

use crate::{command_error::CommandError, output::print_bytes};
use draw::{DrawOptions, draw, set_logo};

/// Draws one badge, or a file of them.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["message", "batch"]))]
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
    /// The folder that `--batch` draws into.
    #[arg(long, value_name = "DIR", requires = "batch")]
    out: Option<PathBuf>,
}

/// Draws one badge or a batch.
///
/// # Errors
/// The logo or a line of the batch is invalid, or a file cannot be read or written.
pub(crate) fn run(render: &RenderOptions) -> Result<(), CommandError> {
    if let (Some(file), Some(folder)) = (&render.batch, &render.out) {
        return batch::run(file, folder, render.options);
    }
    let mut badge = ResolvedBadge::new(&render.label, render.message.as_deref().unwrap_or_default());
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
    let drawn = draw(badge, render.options, render.style.is_some())?;
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
