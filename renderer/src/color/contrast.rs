//! Words that can be read: the ink and the background of `contrast=aa`.
//!
//! Relative luminance and contrast are those of WCAG 2.2 (w3.org/TR/WCAG22, "relative luminance" and "contrast ratio"); level AA asks
//! 4.5:1 of small text (success criterion 1.4.3) and 3:1 of graphics (1.4.11).

/// What WCAG asks of small text.
const AA: f64 = 4.5;
/// What it asks of a picture that means something.
#[cfg(feature = "icons")]
pub(crate) const AA_GRAPHICS: f64 = 3.0;

pub(crate) type Rgb = [u8; 3];

/// badge-maker's two colours of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ink {
    /// `#fff`
    Light,
    /// `#333`
    Dark,
}

impl Ink {
    pub(crate) const fn rgb(self) -> Rgb {
        match self {
            Self::Light => [0xff; 3],
            Self::Dark => [0x33; 3],
        }
    }

    /// What the background is mixed with to set it apart from the words.
    const fn away(self) -> u8 {
        match self {
            Self::Light => 0,
            Self::Dark => 0xff,
        }
    }
}

/// A translucent colour that a style lays over its background: a stop of its gradient where words may stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Veil {
    pub(crate) grey: u8,
    pub(crate) opacity: f64,
}

/// The background, mixed with as little black or white as makes one ink's contrast at least 4.5:1 under each of the veils and without
/// any, and that ink.
pub(crate) fn readable(background: Rgb, veils: &[Veil]) -> (Rgb, Ink) {
    let stands_out = |rgb: Rgb, ink: Ink| {
        veils.iter().map(|veil| veiled(rgb, *veil)).chain([rgb]).all(|rgb| ratio(rgb, ink.rgb()) >= AA)
    };
    for step in 0..=u8::MAX {
        for ink in [Ink::Light, Ink::Dark] {
            let rgb = mixed(background, ink.away(), f64::from(step) / 255.0);
            if stands_out(rgb, ink) {
                return (rgb, ink);
            }
        }
    }
    // Not reached: the last step is white words on black, which no veil of ours makes unreadable.
    ([0; 3], Ink::Light)
}

/// The contrast of two colours, from 1 to 21.
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

fn veiled(rgb: Rgb, veil: Veil) -> Rgb {
    mixed(rgb, veil.grey, veil.opacity)
}

fn mixed(rgb: Rgb, grey: u8, opacity: f64) -> Rgb {
    rgb.map(|part| (f64::from(part) + (f64::from(grey) - f64::from(part)) * opacity).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Veil = Veil { grey: 0, opacity: 0.3 };
    const GREY: Veil = Veil { grey: 0xaa, opacity: 0.1 };

    #[test]
    fn contrast_is_what_wcag_says() {
        // The last two are WebAIM's examples of just failing and just passing.
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
        for (background, expected, ink) in [
            ([0x55; 3], [0x55; 3], Ink::Light),
            ([0x44, 0xbb, 0x00], [0x44, 0xbb, 0x00], Ink::Dark),
            ([0x00, 0x7e, 0xc6], [0x00, 0x7c, 0xc2], Ink::Light),
            ([0xdd, 0x43, 0x43], [0xd5, 0x41, 0x41], Ink::Light),
            ([0x93; 3], [0x9b; 3], Ink::Dark),
            ([0xea, 0x72, 0x33], [0xeb, 0x7c, 0x41], Ink::Dark),
            ([0xff; 3], [0xff; 3], Ink::Dark),
            ([0; 3], [0; 3], Ink::Light),
        ] {
            assert_eq!(readable(background, &[]), (expected, ink), "{background:?}");
        }
    }

    #[test]
    fn words_can_be_read_on_every_color_in_every_style() {
        for veils in [&[][..], &[GREY], &[GREY, BLACK]] {
            for code in (0..0x100_0000_u32).step_by(4_099) {
                let [_, background @ ..] = code.to_be_bytes();
                let (background, ink) = readable(background, veils);
                for rgb in veils.iter().map(|veil| veiled(background, *veil)).chain([background]) {
                    assert!(ratio(rgb, ink.rgb()) >= AA, "{code:06x}: {rgb:?} {ink:?}");
                }
            }
        }
    }
}
