//! `badgesmith render`: badges from the command line, without a server.

mod batch;

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use badgesmith_renderer::{
    BadgeSegment, Color, Link, Links, Logo, ResolvedBadge, Scale, Style, Theme, is_icon, json, png, svg,
};
use clap::{Args, ValueEnum};

/// Draws one badge, or a file of them.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["message", "batch"]))]
pub(crate) struct Render {
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
    /// How wide a named logo may become; without it as wide as high.
    #[arg(long, value_parser = ["auto"])]
    logo_size: Option<String>,
    /// Where a click leads: once for the whole badge, twice for its halves.
    #[arg(long, value_parser = link)]
    link: Vec<Link>,
    /// A further half right of the message, as TEXT-COLOR; as often as there are.
    #[arg(long, value_parser = segment, value_name = "TEXT-COLOR")]
    segment: Vec<BadgeSegment>,
    #[command(flatten)]
    how: How,
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

/// In which form badges go out.
#[derive(Args, Clone, Copy, Debug)]
struct How {
    /// The form.
    #[arg(long, value_enum, default_value_t = Form::Svg)]
    format: Form,
    /// How many times larger a picture is, 1 to 4.
    #[arg(long, default_value = "1", value_parser = scale)]
    scale: Scale,
    /// `outline`: the words as paths, so that no font is needed to see them.
    #[arg(long, value_enum)]
    text: Option<Text>,
    /// `aa`: words and backgrounds that can be read as WCAG level AA asks.
    #[arg(long, value_enum)]
    contrast: Option<Contrast>,
    /// `auto`: an SVG that follows its reader's light or dark.
    #[arg(long, value_enum)]
    theme: Option<Following>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Svg,
    Json,
    Png,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Text {
    Outline,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Following {
    Auto,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Contrast {
    Aa,
}

/// Draws and writes.
///
/// # Errors
/// The logo is none, a line of a batch is no badge, or a file cannot be written.
pub(crate) fn run(render: &Render) -> Result<(), String> {
    if let (Some(file), Some(folder)) = (&render.batch, &render.out) {
        return batch::run(file, folder, render.how);
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
        name_logo(&mut badge, logo)?;
    }
    let drawn = draw(badge, render.how, render.style.is_some())?;
    match &render.output {
        Some(file) => fs::write(file, drawn).map_err(|fault| format!("{}: {fault}", file.display())),
        None => io::stdout().write_all(&drawn).map_err(|fault| format!("standard output: {fault}")),
    }
}

/// The badge in its form; text ends with a line.
fn draw(badge: ResolvedBadge, how: How, names_style: bool) -> Result<Vec<u8>, String> {
    let theme = if how.theme.is_some() { Theme::Auto } else { Theme::Fixed };
    let (outline, contrast, scale) = (how.text.is_some(), how.contrast.is_some(), how.scale);
    let badge = ResolvedBadge { outline, contrast, theme, scale, ..badge };
    match how.format {
        Form::Json => Ok((json(&badge, names_style) + "\n").into_bytes()),
        Form::Svg => Ok((svg(&badge.with_icon()) + "\n").into_bytes()),
        Form::Png => png(&badge.with_icon(), how.scale).map_err(|fault| fault.to_string()),
    }
}

/// Gives the badge a logo by an icon's name or by a data URI.
fn name_logo(badge: &mut ResolvedBadge, logo: &str) -> Result<(), String> {
    if logo.starts_with("data:") {
        let read = Logo::parse(logo);
        badge.logo = Some(read.ok_or("the logo is no image as a data URI; write data:image/svg+xml;base64,…")?);
    } else if is_icon(logo) {
        badge.named_logo = Some(logo.to_owned());
    } else {
        return Err(format!("{logo:?} is no icon; write the slug of a simple-icons icon such as github"));
    }
    Ok(())
}

fn color(text: &str) -> Result<Color, String> {
    Color::parse(text).ok_or_else(|| "not a colour; write a name such as blue, or a hex value such as 4c1".to_owned())
}

fn style(text: &str) -> Result<Style, String> {
    let read = Style::parse(text);
    read.ok_or_else(|| "not a style; there are flat, flat-square, plastic, for-the-badge, social".to_owned())
}

fn link(text: &str) -> Result<Link, String> {
    Link::parse(text).ok_or_else(|| "not a link; write an http, https or mailto address".to_owned())
}

fn segment(text: &str) -> Result<BadgeSegment, String> {
    let parts = text.rsplit_once('-').ok_or("not a segment; write its words, a dash and a colour: \"2 failed-red\"")?;
    Ok(BadgeSegment { text: parts.0.to_owned(), color: color(parts.1)? })
}

fn scale(text: &str) -> Result<Scale, String> {
    text.parse().ok().and_then(Scale::new).ok_or_else(|| "not a scale; there are 1, 2, 3 and 4".to_owned())
}
