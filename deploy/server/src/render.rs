//! `badgesmith render`: one badge from the command line, without a server.

use std::{fs, io::Write, path::PathBuf};

use badgesmith_renderer::{Color, ResolvedBadge, Style, json, svg};
use clap::{Args, ValueEnum};

/// Draws one badge.
#[derive(Args, Debug)]
pub(crate) struct Render {
    /// The left half.
    #[arg(long, default_value = "")]
    label: String,
    /// The right half.
    #[arg(long)]
    message: String,
    /// The right half's colour: a name, a hex value or a CSS colour.
    #[arg(long, default_value = "lightgrey", value_parser = color)]
    color: Color,
    /// The left half's colour.
    #[arg(long, value_parser = color)]
    label_color: Option<Color>,
    /// The style: flat, flat-square, plastic, for-the-badge, social.
    #[arg(long, value_parser = style)]
    style: Option<Style>,
    /// The form it goes out in.
    #[arg(long, value_enum, default_value_t = Form::Svg)]
    format: Form,
    /// The file to write; without it standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    Svg,
    Json,
}

/// Draws the badge and writes it.
///
/// # Errors
/// Where the file cannot be written.
pub(crate) fn run(render: &Render) -> Result<(), String> {
    let mut badge = ResolvedBadge::new(&render.label, &render.message);
    badge.color = render.color.clone();
    badge.label_color = render.label_color.clone();
    badge.style = render.style.unwrap_or(Style::Flat);
    let drawn = match render.format {
        Form::Svg => svg(&badge),
        Form::Json => json(&badge, render.style.is_some()),
    };
    match &render.output {
        Some(file) => fs::write(file, drawn).map_err(|fault| format!("{}: {fault}", file.display())),
        None => writeln!(std::io::stdout(), "{drawn}").map_err(|fault| format!("standard output: {fault}")),
    }
}

fn color(text: &str) -> Result<Color, String> {
    Color::parse(text).ok_or_else(|| "not a colour; write a name such as blue, or a hex value such as 4c1".to_owned())
}

fn style(text: &str) -> Result<Style, String> {
    Style::parse(text)
        .ok_or_else(|| "not a style; there are flat, flat-square, plastic, for-the-badge, social".to_owned())
}
