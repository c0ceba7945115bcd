//! The CSS colours that badge-maker accepts. csscolorparser reads them, but it accepts many more.

use crate::text::is_blank;

/// Red, green and blue of a colour that css-color-converter 2.0.0 (badge-maker's library) would accept; `None` for
/// every other text.
pub(super) fn rgb(text: &str) -> Option<[u8; 3]> {
    if !is_accepted(text) {
        return None;
    }
    let color = csscolorparser::parse(text).ok()?.clamp();
    // css-color-converter truncates. The addend corrects whole numbers that single precision made slightly less.
    Some([color.r, color.g, color.b].map(|part| (f64::from(part) * 255.0 + 1e-4) as u8))
}

fn is_accepted(text: &str) -> bool {
    if let Some(digits) = text.strip_prefix('#') {
        return matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if let Some((function, arguments)) = text.strip_suffix(')').and_then(|open| open.split_once('(')) {
        return match function {
            "rgb" | "rgba" => is_rgb(arguments),
            "hsl" | "hsla" => is_hsl(arguments),
            _ => false,
        };
    }
    !text.bytes().any(|byte| byte.is_ascii_uppercase()) && csscolorparser::NAMED_COLORS.contains_key(<&_>::from(text))
}

/// Three whole numbers or three whole percentages, separated by commas and an optional `, alpha`, or by white space
/// and an optional `/ alpha`.
fn is_rgb(arguments: &str) -> bool {
    let (parts, alpha) = if arguments.contains(',') {
        by_comma(arguments)
    } else {
        let (parts, alpha) = arguments.split_once('/').map_or((arguments, None), |(parts, alpha)| (parts, Some(alpha)));
        (parts.split(is_blank).filter(|part| !part.is_empty()).collect(), alpha.map(trimmed))
    };
    parts.len() == 3
        && (parts.iter().all(|part| is_whole(part)) || parts.iter().all(|part| is_percent(part)))
        && is_alpha(alpha)
}

/// A whole number with an optional unit of angle and two whole percentages, separated by commas, and an optional `,
/// alpha`.
fn is_hsl(arguments: &str) -> bool {
    let (parts, alpha) = by_comma(arguments);
    let [hue, saturation, lightness] = parts.as_slice() else { return false };
    let hue = ["deg", "grad", "rad", "turn"].iter().find_map(|unit| hue.strip_suffix(unit)).unwrap_or(hue);
    is_whole(hue) && is_percent(saturation) && is_percent(lightness) && is_alpha(alpha)
}

fn by_comma(arguments: &str) -> (Vec<&str>, Option<&str>) {
    let mut parts: Vec<&str> = arguments.split(',').map(trimmed).collect();
    let alpha = if parts.len() == 4 { parts.pop() } else { None };
    (parts, alpha)
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(is_blank)
}

fn is_whole(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_percent(text: &str) -> bool {
    text.strip_suffix('%').is_some_and(is_whole)
}

fn is_alpha(alpha: Option<&str>) -> bool {
    alpha.is_none_or(|alpha| {
        let fraction = alpha.strip_prefix('0').unwrap_or(alpha).strip_prefix('.');
        matches!(alpha, "0" | "1") || fraction.is_some_and(is_whole) || is_percent(alpha)
    })
}
