//! Values of attributes: read as usvg reads them, and written anew.

use std::{
    fmt::{self, Write},
    str::FromStr,
};

use svgtypes::{
    Align, AspectRatio, Color, FuncIRI, Length, LengthUnit, Paint, PaintFallback, PaintOrder, PaintOrderKind,
    Transform, TransformOrigin, ViewBox,
};

use super::{bounded, elements::Names};

/// What an attribute's value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// One of these words.
    Word(&'static [&'static str]),
    Number,
    Length,
    /// A number or a percentage; what is outside of 0 to 1 is the nearer of them.
    Opacity,
    Color,
    Paint {
        otherwise: &'static str,
    },
    Transform,
    Origin,
    PaintOrder,
    ClipPath,
    ViewBox,
    AspectRatio,
    /// What would have to be drawn with more than plain shapes, unless it says that there is nothing of it.
    Nothing,
}

/// What becomes of a value.
pub(super) enum Value {
    Written(String),
    /// It says nothing, as if it were not there.
    Ignored,
    /// With it, this is no drawing of plain shapes.
    Refused,
}

/// Reads a value and writes it anew.
pub(super) fn write(kind: Kind, text: &str, names: &Names) -> Value {
    let text = text.trim();
    if text == "inherit" {
        // A clip path is not passed on by itself, and nobody writes that it should be.
        return match kind {
            Kind::ClipPath | Kind::Transform | Kind::Nothing => Value::Refused,
            _ => Value::Written("inherit".to_owned()),
        };
    }
    match kind {
        Kind::Word(words) => words.iter().find(|word| **word == text).map_or(Value::Ignored, |word| written(word)),
        Kind::Number => read(svgtypes::Number::from_str(text), |number| Some(Number(bounded(number.0)?).to_string())),
        Kind::Length => read(Length::from_str(text), length),
        Kind::Opacity => read(Length::from_str(text), opacity),
        Kind::Color | Kind::Paint { .. } if text.eq_ignore_ascii_case("currentColor") => written("currentColor"),
        Kind::Paint { .. } if text.eq_ignore_ascii_case("none") => written("none"),
        Kind::Color => read_color(text).map_or(Value::Ignored, |read| Value::Written(color(read))),
        Kind::Paint { otherwise } => Value::Written(match (read_color(text), Paint::from_str(text)) {
            (Some(read), _) => color(read),
            (None, Ok(read)) => paint(&read, names),
            (None, Err(_)) => otherwise.to_owned(),
        }),
        Kind::Transform => read(Transform::from_str(text), transform),
        Kind::Origin => read(TransformOrigin::from_str(text), |origin| {
            Some(format!("{} {}", length(origin.x_offset)?, length(origin.y_offset)?))
        }),
        Kind::PaintOrder => read(PaintOrder::from_str(text), |read| Some(paint_order(read))),
        Kind::ClipPath => match FuncIRI::from_str(text) {
            Err(_) => Value::Ignored,
            Ok(FuncIRI(id)) => match names.of_clip_path(id) {
                Some(name) => Value::Written(format!("url(#n{name})")),
                None if names.has(id) => Value::Refused,
                None => Value::Ignored,
            },
        },
        Kind::ViewBox => match ViewBox::from_str(text) {
            Ok(ViewBox { x, y, w, h }) => numbers([x, y, w, h]).map_or(Value::Refused, Value::Written),
            Err(_) => Value::Ignored,
        },
        Kind::AspectRatio => read(AspectRatio::from_str(text), |ratio| Some(aspect_ratio(ratio))),
        Kind::Nothing => {
            if matches!(text, "none" | "") {
                Value::Ignored
            } else {
                Value::Refused
            }
        }
    }
}

/// What was read, if it could be; `None` from `write` is a number that is too great.
fn read<T, E>(read: Result<T, E>, write: impl FnOnce(T) -> Option<String>) -> Value {
    match read {
        Ok(read) => write(read).map_or(Value::Refused, Value::Written),
        Err(_) => Value::Ignored,
    }
}

fn written(text: &str) -> Value {
    Value::Written(text.to_owned())
}

/// A number in the fewest digits that give it back.
pub(super) struct Number(pub(super) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // In full it would take as many zeros as it is small.
        if self.0 != 0.0 && self.0.abs() < 1e-6 { write!(f, "{:e}", self.0) } else { self.0.fmt(f) }
    }
}

fn numbers<const COUNT: usize>(numbers: [f64; COUNT]) -> Option<String> {
    let mut out = String::new();
    for (index, number) in numbers.into_iter().enumerate() {
        let gap = if index == 0 { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = write!(out, "{gap}{}", Number(bounded(number)?));
    }
    Some(out)
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
    Some(format!("{}{unit}", Number(bounded(length.number)?)))
}

/// A length in the drawing's units, at the most; `whole` is what 100 percent are.
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
    let share = match length.unit {
        LengthUnit::Percent => "%",
        LengthUnit::None => "",
        // As usvg: any other unit says nothing.
        _ => return Some("1".to_owned()),
    };
    Some(format!("{}{share}", Number(length.number.clamp(0.0, 100.0))))
}

/// Reads a colour. svgtypes does not know that the opacity in `rgb()` may be a percentage.
fn read_color(text: &str) -> Option<Color> {
    let with_share = || {
        let inside = text.strip_suffix(')')?.trim_end().strip_suffix('%')?;
        let at = inside.rfind([',', '/', ' '])? + 1;
        let percent: f64 = inside[at..].parse().ok()?;
        Color::from_str(&format!("{}{})", &inside[..at], Number((percent / 100.0).clamp(0.0, 1.0)))).ok()
    };
    Color::from_str(text).ok().or_else(with_share)
}

fn color(color: Color) -> String {
    let Color { red, green, blue, alpha } = color;
    match alpha {
        255 => format!("#{red:02x}{green:02x}{blue:02x}"),
        _ => format!("rgba({red},{green},{blue},{})", f64::from(alpha) / 255.0),
    }
}

/// A paint; a gradient that does not exist is what stands behind it, or else nothing.
fn paint(paint: &Paint, names: &Names) -> String {
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
            match names.of_gradient(id) {
                Some(name) => format!("url(#n{name}) {fallback}"),
                None if names.has(id) => "none".to_owned(),
                None => fallback,
            }
        }
    }
}

fn transform(transform: Transform) -> Option<String> {
    let Transform { a, b, c, d, e, f } = transform;
    Some(format!("matrix({})", numbers([a, b, c, d, e, f])?))
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
