//! `contrast=aa`: the text colour and the background that make a text readable.
//!
//! Relative luminance and contrast ratio are defined by WCAG 2.2 (w3.org/TR/WCAG22). Level AA requires a ratio of 4.5:1
//! for small text (success criterion 1.4.3) and 3:1 for graphics (1.4.11).

use crate::gradient::GradientStop;

/// The least contrast ratio of small text.
const AA: f64 = 4.5;
/// The least contrast ratio of graphics.
#[cfg(feature = "icons")]
pub(crate) const AA_GRAPHICS: f64 = 3.0;

pub(crate) type Rgb = [u8; 3];

/// badge-maker's two text colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TextColor {
    /// `#fff`
    Light,
    /// `#333`
    Dark,
}

impl TextColor {
    pub(crate) const fn rgb(self) -> Rgb {
        match self {
            Self::Light => [0xff; 3],
            Self::Dark => [0x33; 3],
        }
    }

    /// The grey that the background is mixed with to increase the contrast.
    const fn opposite(self) -> u8 {
        match self {
            Self::Light => 0,
            Self::Dark => 0xff,
        }
    }
}

/// The text colour that needs the least change of the background, and the changed background. The background is mixed
/// with just enough black or white for a contrast ratio of 4.5:1, without an overlay and below each of the overlays.
pub(crate) fn readable(background: Rgb, overlays: &[GradientStop]) -> (Rgb, TextColor) {
    let is_readable = |rgb: Rgb, text: TextColor| {
        overlays.iter().map(|overlay| overlaid(rgb, overlay)).chain([rgb]).all(|rgb| ratio(rgb, text.rgb()) >= AA)
    };
    for step in 0..=u8::MAX {
        for text in [TextColor::Light, TextColor::Dark] {
            let rgb = mixed(background, text.opposite(), f64::from(step) / 255.0);
            if is_readable(rgb, text) {
                return (rgb, text);
            }
        }
    }
    // Not reached: the last step is white text on black, which is readable below the overlays of every style.
    ([0; 3], TextColor::Light)
}

/// The contrast ratio of two colours, from 1 to 21.
pub(crate) fn ratio(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(rgb: Rgb) -> f64 {
    let [r, g, b] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn overlaid(rgb: Rgb, overlay: &GradientStop) -> Rgb {
    mixed(rgb, overlay.grey, overlay.opacity)
}

fn mixed(rgb: Rgb, grey: u8, opacity: f64) -> Rgb {
    rgb.map(|part| (f64::from(part) + (f64::from(grey) - f64::from(part)) * opacity).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: GradientStop = GradientStop { offset: 0.9, grey: 0, opacity: 0.3 };
    const GREY: GradientStop = GradientStop { offset: 0.1, grey: 0xaa, opacity: 0.1 };

    #[test]
    fn the_contrast_ratio_is_wcag_s() {
        // The last two are WebAIM's examples, of which one just fails and one just passes.
        for (one, other, expected) in [
            ([0; 3], [255; 3], 21.0),
            ([255; 3], [255; 3], 1.0),
            ([255, 0, 0], [255; 3], 4.0),
            ([0x77; 3], [255; 3], 4.48),
            ([0x76; 3], [255; 3], 4.54),
        ] {
            let ratio = ratio(one, other);
            assert!((ratio - expected).abs() < 0.005, "{one:?} {other:?}: {ratio}");
        }
    }

    #[test]
    fn a_background_changes_only_as_far_as_it_must() {
        for (background, expected, text) in [
            ([0x55; 3], [0x55; 3], TextColor::Light),
            ([0x44, 0xbb, 0x00], [0x44, 0xbb, 0x00], TextColor::Dark),
            ([0x00, 0x7e, 0xc6], [0x00, 0x7c, 0xc2], TextColor::Light),
            ([0xdd, 0x43, 0x43], [0xd5, 0x41, 0x41], TextColor::Light),
            ([0x93; 3], [0x9b; 3], TextColor::Dark),
            ([0xea, 0x72, 0x33], [0xeb, 0x7c, 0x41], TextColor::Dark),
            ([0xff; 3], [0xff; 3], TextColor::Dark),
            ([0; 3], [0; 3], TextColor::Light),
        ] {
            assert_eq!(readable(background, &[]), (expected, text), "{background:?}");
        }
    }

    #[test]
    fn text_is_readable_on_every_color_in_every_style() {
        for overlays in [&[][..], &[GREY], &[GREY, BLACK]] {
            for code in (0..0x100_0000_u32).step_by(4_099) {
                let [_, background @ ..] = code.to_be_bytes();
                let (background, text) = readable(background, overlays);
                for rgb in overlays.iter().map(|overlay| overlaid(background, overlay)).chain([background]) {
                    assert!(ratio(rgb, text.rgb()) >= AA, "{code:06x}: {rgb:?} {text:?}");
                }
            }
        }
    }
}
