//! How badges are drawn by the command line: the options, and one badge as SVG, JSON or PNG.

use std::path::Path;

use badgesmith_renderer::{Logo, ResolvedBadge, Scale, Theme, is_icon, json, png, svg};
use clap::{Args, ValueEnum};

use super::render_error::RenderError;

/// The options that apply to one badge and to every badge of a batch.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct DrawOptions {
    /// The output format; without it that of the ending of --output, or SVG.
    #[arg(long, value_enum)]
    pub(super) format: Option<OutputFormat>,
    /// The factor by which the picture is enlarged, 1 to 4.
    #[arg(long, default_value = "1", value_parser = scale)]
    pub(super) scale: Scale,
    /// `outline`: draws the text as paths, so that no font is needed to show it.
    #[arg(long, value_enum)]
    pub(super) text: Option<TextOption>,
    /// `aa`: chooses colours of text and backgrounds with the contrast of WCAG level AA.
    #[arg(long, value_enum)]
    pub(super) contrast: Option<ContrastOption>,
    /// `auto`: an SVG that follows the light or dark theme of its viewer.
    #[arg(long, value_enum)]
    pub(super) theme: Option<ThemeOption>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    Svg,
    Json,
    Png,
}

impl DrawOptions {
    /// The format that was named, or SVG.
    pub(super) fn format(&self) -> OutputFormat {
        self.format.unwrap_or(OutputFormat::Svg)
    }

    /// The options for a file: if no format is named, the file's ending names it.
    pub(super) fn for_file(self, file: &Path) -> Self {
        let ending = file.extension().and_then(|ending| OutputFormat::from_str(ending.to_str()?, true).ok());
        Self { format: self.format.or(ending), ..self }
    }
}

impl OutputFormat {
    /// The extension of a file in this format.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Json => "json",
            Self::Png => "png",
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum TextOption {
    Outline,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ContrastOption {
    Aa,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ThemeOption {
    Auto,
}

/// Draws a badge; SVG and JSON end with a line feed. JSON contains the style only if the caller named one.
pub(super) fn draw(badge: ResolvedBadge, options: DrawOptions, names_style: bool) -> Result<Vec<u8>, RenderError> {
    let theme = if options.theme.is_some() { Theme::Auto } else { Theme::Fixed };
    let (outline, contrast, scale) = (options.text.is_some(), options.contrast.is_some(), options.scale);
    draw_as(ResolvedBadge { outline, contrast, theme, scale, ..badge }, options.format(), names_style)
}

/// Draws a badge with its own options, except where the command's options replace them.
pub(super) fn draw_resolved(
    badge: ResolvedBadge,
    options: DrawOptions,
    names_style: bool,
) -> Result<Vec<u8>, RenderError> {
    let badge = ResolvedBadge {
        outline: badge.outline || options.text.is_some(),
        contrast: badge.contrast || options.contrast.is_some(),
        theme: if options.theme.is_some() { Theme::Auto } else { badge.theme },
        scale: if options.scale == Scale::ONE { badge.scale } else { options.scale },
        ..badge
    };
    draw_as(badge, options.format(), names_style)
}

fn draw_as(badge: ResolvedBadge, format: OutputFormat, names_style: bool) -> Result<Vec<u8>, RenderError> {
    match format {
        OutputFormat::Json => Ok((json(&badge, names_style) + "\n").into_bytes()),
        OutputFormat::Svg => Ok((svg(&badge.with_icon()) + "\n").into_bytes()),
        OutputFormat::Png => {
            let scale = badge.scale;
            png(&badge.with_icon(), scale).map_err(|fault| RenderError::Png(fault.to_string()))
        }
    }
}

/// Gives the badge a logo by an icon's name or by a data URI.
pub(super) fn set_logo(badge: &mut ResolvedBadge, logo: &str) -> Result<(), RenderError> {
    if logo.starts_with("data:") {
        badge.logo = Some(Logo::parse(logo).ok_or(RenderError::InvalidLogo)?);
    } else if is_icon(logo) {
        badge.named_logo = Some(logo.to_owned());
    } else {
        return Err(RenderError::UnknownIcon(logo.to_owned()));
    }
    Ok(())
}

fn scale(text: &str) -> Result<Scale, &'static str> {
    text.parse().ok().and_then(Scale::new).ok_or("not a scale; there are 1, 2, 3 and 4")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_file_names_the_format_unless_an_option_does() {
        for (named, file, format) in [
            (None, "b.png", OutputFormat::Png),
            (None, "b.JSON", OutputFormat::Json),
            (None, "b.svg", OutputFormat::Svg),
            (None, "badge", OutputFormat::Svg),
            (None, "b.gif", OutputFormat::Svg),
            (Some(OutputFormat::Svg), "b.png", OutputFormat::Svg),
        ] {
            let options = DrawOptions { format: named, scale: Scale::ONE, text: None, contrast: None, theme: None };
            assert_eq!(options.for_file(Path::new(file)).format(), format, "{file}");
        }
    }
}
