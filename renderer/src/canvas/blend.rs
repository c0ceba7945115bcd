//! Colours and channels as bytes, multiplied and laid over each other with the same rounding as in tiny-skia.

/// The channels of a CSS colour. Every colour of a badge can be parsed; black replaces one that cannot.
pub(super) fn rgba(color: &str) -> [u8; 4] {
    // Nearly every colour is three or six hex digits.
    if let Some([red, green, blue]) = rgb_of_digits(color) {
        return [red, green, blue, 255];
    }
    csscolorparser::parse(color).map_or([0, 0, 0, 255], |color| color.to_rgba8())
}

fn rgb_of_digits(color: &str) -> Option<[u8; 3]> {
    let digits = color.strip_prefix('#')?.as_bytes();
    let digit = |at: usize| (*digits.get(at)? as char).to_digit(16).map(|digit| digit as u8);
    match digits.len() {
        3 => Some([17 * digit(0)?, 17 * digit(1)?, 17 * digit(2)?]),
        6 => {
            let pair = |at: usize| Some(16 * digit(at)? + digit(at + 1)?);
            Some([pair(0)?, pair(2)?, pair(4)?])
        }
        _ => None,
    }
}

/// An opacity from 0 to 1 as a byte.
pub(super) fn alpha(opacity: f32) -> u8 {
    (opacity * 255.0 + 0.5) as u8
}

/// The product of two fractions of 255, rounded to the nearest.
#[inline(always)]
pub(super) fn product(a: u8, b: u8) -> u8 {
    divided_by_255(u16::from(a) * u16::from(b)) as u8
}

/// The product of two fractions of 255, rounded up as in tiny-skia's fast pipeline.
#[inline(always)]
pub(super) fn fast_product(a: u8, b: u8) -> u8 {
    fast_quotient(u16::from(a) * u16::from(b)) as u8
}

// The functions below take and give fractions of 255. Their arithmetic fits 16 bits, so that a processor does it for
// eight channels at once.

/// Blends a premultiplied channel over another one, rounded once as in tiny-skia's exact pipeline.
#[inline(always)]
pub(super) fn over(below: u16, above: u16, alpha: u16, cover: u16) -> u16 {
    let opacity = divided_by_255(alpha * cover);
    divided_by_255(above * cover + below * (255 - opacity))
}

/// Blends like [`over`], rounded as in tiny-skia's fast pipeline, with which resvg paints text.
#[inline(always)]
pub(super) fn fast_over(below: u16, above: u16, alpha: u16, cover: u16) -> u16 {
    let opacity = fast_quotient(alpha * cover);
    (fast_quotient(above * cover) + fast_quotient(below * (255 - opacity))).min(255)
}

#[inline(always)]
fn fast_quotient(number: u16) -> u16 {
    (number + 255) >> 8
}

#[inline(always)]
fn divided_by_255(number: u16) -> u16 {
    let number = number + 128;
    (number + (number >> 8)) >> 8
}
