//! Colours and channels as bytes, multiplied and laid over each other with the same rounding as in tiny-skia.

/// The channels of a CSS colour. Every colour of a badge can be parsed; black replaces one that cannot.
pub(super) fn rgba(color: &str) -> [u8; 4] {
    csscolorparser::parse(color).map_or([0, 0, 0, 255], |color| color.to_rgba8())
}

/// An opacity of 0 to 1 as a byte.
pub(super) fn alpha(opacity: f32) -> u8 {
    (opacity * 255.0 + 0.5) as u8
}

/// The product of two fractions of 255, rounded to the nearest.
pub(super) fn product(a: u8, b: u8) -> u8 {
    divided_by_255(u32::from(a) * u32::from(b))
}

/// The product of two fractions of 255, rounded up as in tiny-skia's fast pipeline.
pub(super) fn fast_product(a: u8, b: u8) -> u8 {
    ((u32::from(a) * u32::from(b) + 255) >> 8) as u8
}

/// A channel with a premultiplied one laid over it, rounded once as in tiny-skia's exact pipeline.
pub(super) fn over(below: u8, above: u8, alpha: u8, cover: u8) -> u8 {
    let opacity = product(alpha, cover);
    divided_by_255(u32::from(above) * u32::from(cover) + u32::from(below) * u32::from(255 - opacity))
}

/// The same, rounded as in tiny-skia's fast pipeline, which resvg paints text with.
pub(super) fn fast_over(below: u8, above: u8, alpha: u8, cover: u8) -> u8 {
    fast_product(above, cover).saturating_add(fast_product(below, 255 - fast_product(alpha, cover)))
}

fn divided_by_255(number: u32) -> u8 {
    let number = number + 128;
    ((number + (number >> 8)) >> 8) as u8
}
