//! Attribute values: read as usvg reads them, and written again.

use std::str::FromStr;

use svgtypes::{
    Align, AspectRatio, Color, FuncIRI, Length, LengthUnit, Paint, PaintFallback, PaintOrder, PaintOrderKind,
    Transform, TransformOrigin, ViewBox,
};

use super::ids::ElementIds;
use super::number::{ShortNumber, bounded, number_list};

/// The kinds of attribute values.
#[derive(Clone, Copy, Debug)]
pub(super) enum ValueKind {
    /// One of these keywords.
    Keyword(&'static [&'static str]),
    Number,
    Length,
    /// A number or a percentage.
    Opacity,
    Color,
    Paint {
        /// The value that replaces an unreadable one.
        default: &'static str,
    },
    Transform,
    Origin,
    PaintOrder,
    ClipPath,
    ViewBox,
    AspectRatio,
    /// A feature that is more than plain shapes, so that only `none` is accepted.
    Unsupported,
}

/// The result of reading a value.
pub(super) enum AttributeValue {
    /// The value to write.
    Written(String),
    /// The value has no effect, so the attribute is left out.
    Ignored,
    /// The value needs more than plain shapes, so the drawing is refused.
    Refused,
}

/// Reads a value and writes it again.
pub(super) fn write(kind: ValueKind, text: &str, ids: &ElementIds) -> AttributeValue {
    let text = text.trim();
    if text == "inherit" {
        // These properties are not inherited by default, and no editor writes `inherit` for them.
        return match kind {
            ValueKind::ClipPath | ValueKind::Transform | ValueKind::Unsupported => AttributeValue::Refused,
            _ => AttributeValue::Written("inherit".to_owned()),
        };
    }
    match kind {
        ValueKind::Keyword(words) => {
            words.iter().find(|word| **word == text).map_or(AttributeValue::Ignored, |word| written(word))
        }
        ValueKind::Number => {
            read(svgtypes::Number::from_str(text), |number| Some(ShortNumber(bounded(number.0)?).to_string()))
        }
        ValueKind::Length => read(Length::from_str(text), length),
        ValueKind::Opacity => read(Length::from_str(text), opacity),
        ValueKind::Color | ValueKind::Paint { .. } if text.eq_ignore_ascii_case("currentColor") => {
            written("currentColor")
        }
        ValueKind::Paint { .. } if text.eq_ignore_ascii_case("none") => written("none"),
        ValueKind::Color => {
            read_color(text).map_or(AttributeValue::Ignored, |read| AttributeValue::Written(color(read)))
        }
        ValueKind::Paint { default } => AttributeValue::Written(match (read_color(text), Paint::from_str(text)) {
            (Some(read), _) => color(read),
            (None, Ok(read)) => paint(&read, ids),
            (None, Err(_)) => default.to_owned(),
        }),
        ValueKind::Transform => read(Transform::from_str(text), transform),
        ValueKind::Origin => read(TransformOrigin::from_str(text), |origin| {
            Some(format!("{} {}", length(origin.x_offset)?, length(origin.y_offset)?))
        }),
        ValueKind::PaintOrder => read(PaintOrder::from_str(text), |read| Some(paint_order(read))),
        ValueKind::ClipPath => match FuncIRI::from_str(text) {
            Err(_) => AttributeValue::Ignored,
            Ok(FuncIRI(id)) => match ids.clip_path(id) {
                Some(number) => AttributeValue::Written(format!("url(#n{number})")),
                None if ids.has(id) => AttributeValue::Refused,
                None => AttributeValue::Ignored,
            },
        },
        ValueKind::ViewBox => match ViewBox::from_str(text) {
            Ok(ViewBox { x, y, w, h }) => {
                number_list([x, y, w, h]).map_or(AttributeValue::Refused, AttributeValue::Written)
            }
            Err(_) => AttributeValue::Ignored,
        },
        ValueKind::AspectRatio => read(AspectRatio::from_str(text), |ratio| Some(aspect_ratio(ratio))),
        ValueKind::Unsupported => {
            if matches!(text, "none" | "") {
                AttributeValue::Ignored
            } else {
                AttributeValue::Refused
            }
        }
    }
}

/// Writes a value that was read; a value that could not be read is ignored. `write` returns `None` if a number is too
/// great.
fn read<T, E>(read: Result<T, E>, write: impl FnOnce(T) -> Option<String>) -> AttributeValue {
    match read {
        Ok(read) => write(read).map_or(AttributeValue::Refused, AttributeValue::Written),
        Err(_) => AttributeValue::Ignored,
    }
}

fn written(text: &str) -> AttributeValue {
    AttributeValue::Written(text.to_owned())
}

fn length(length: Length) -> Option<String> {
    let unit = match length.unit {
        LengthUnit::None => "",
        LengthUnit::Em => "em",
        LengthUnit::Ex => "ex",
        LengthUnit::Px => "px",
        LengthUnit::In => "in",
        LengthUnit::Cm => "cm",
        LengthUnit::Mm => "mm",
        LengthUnit::Pt => "pt",
        LengthUnit::Pc => "pc",
        LengthUnit::Percent => "%",
    };
    Some(format!("{}{unit}", ShortNumber(bounded(length.number)?)))
}

/// An upper bound of a length in the drawing's units; `whole` is 100 percent.
pub(super) fn units(text: &str, whole: f64) -> Option<f64> {
    let Length { number, unit } = Length::from_str(text.trim()).ok()?;
    Some(match unit {
        LengthUnit::None | LengthUnit::Px => number,
        LengthUnit::Percent => number / 100.0 * whole,
        LengthUnit::Em | LengthUnit::Ex | LengthUnit::Pt | LengthUnit::Pc => number * 16.0,
        LengthUnit::In | LengthUnit::Cm | LengthUnit::Mm => number * 96.0,
    })
}

fn opacity(length: Length) -> Option<String> {
    let unit = match length.unit {
        LengthUnit::Percent => "%",
        LengthUnit::None => "",
        // usvg ignores an opacity with any other unit.
        _ => return Some("1".to_owned()),
    };
    Some(format!("{}{unit}", ShortNumber(length.number.clamp(0.0, 100.0))))
}

/// Reads a colour. Unlike svgtypes, accepts an opacity in `rgb()` that is a percentage.
fn read_color(text: &str) -> Option<Color> {
    let with_percentage = || {
        let inside = text.strip_suffix(')')?.trim_end().strip_suffix('%')?;
        let at = inside.rfind([',', '/', ' '])? + 1;
        let percent: f64 = inside[at..].parse().ok()?;
        Color::from_str(&format!("{}{})", &inside[..at], ShortNumber((percent / 100.0).clamp(0.0, 1.0)))).ok()
    };
    Color::from_str(text).ok().or_else(with_percentage)
}

fn color(color: Color) -> String {
    let Color { red, green, blue, alpha } = color;
    match alpha {
        255 => format!("#{red:02x}{green:02x}{blue:02x}"),
        _ => format!("rgba({red},{green},{blue},{})", f64::from(alpha) / 255.0),
    }
}

/// A paint. A gradient that does not exist is replaced by its fallback, or by `none`.
fn paint(paint: &Paint, ids: &ElementIds) -> String {
    match paint {
        Paint::None => "none".to_owned(),
        Paint::Inherit => "inherit".to_owned(),
        Paint::CurrentColor => "currentColor".to_owned(),
        Paint::Color(read) => color(*read),
        Paint::ContextFill => "context-fill".to_owned(),
        Paint::ContextStroke => "context-stroke".to_owned(),
        Paint::FuncIRI(id, fallback) => {
            let fallback = match fallback {
                Some(PaintFallback::Color(read)) => color(*read),
                Some(PaintFallback::CurrentColor) => "currentColor".to_owned(),
                Some(PaintFallback::None) | None => "none".to_owned(),
            };
            match ids.gradient(id) {
                Some(number) => format!("url(#n{number}) {fallback}"),
                None if ids.has(id) => "none".to_owned(),
                None => fallback,
            }
        }
    }
}

fn transform(transform: Transform) -> Option<String> {
    let Transform { a, b, c, d, e, f } = transform;
    Some(format!("matrix({})", number_list([a, b, c, d, e, f])?))
}

fn paint_order(order: PaintOrder) -> String {
    let word = |kind| match kind {
        PaintOrderKind::Fill => "fill",
        PaintOrderKind::Stroke => "stroke",
        PaintOrderKind::Markers => "markers",
    };
    order.order.map(word).join(" ")
}

fn aspect_ratio(ratio: AspectRatio) -> String {
    let align = match ratio.align {
        Align::None => "none",
        Align::XMinYMin => "xMinYMin",
        Align::XMidYMin => "xMidYMin",
        Align::XMaxYMin => "xMaxYMin",
        Align::XMinYMid => "xMinYMid",
        Align::XMidYMid => "xMidYMid",
        Align::XMaxYMid => "xMaxYMid",
        Align::XMinYMax => "xMinYMax",
        Align::XMidYMax => "xMidYMax",
        Align::XMaxYMax => "xMaxYMax",
    };
    format!("{align}{}", if ratio.slice { " slice" } else { "" })
}
