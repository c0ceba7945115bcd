//! Background colours: shields' own names, hex digits, and the CSS colours that badge-maker accepts.

pub(crate) mod contrast;
mod css;

use contrast::TextColor;

use crate::gradient::GradientStop;

/// A valid colour, with two notations: [`name`](Color::name) for JSON and [`svg`](Color::svg) for pictures.
///
/// ```
/// use badgesmith_renderer::Color;
///
/// assert_eq!(Color::parse("success"), Some(Color::BRIGHTGREEN));
/// assert_eq!(Color::parse("ABCDEF").unwrap().name(), "#abcdef");
/// assert_eq!(Color::parse("__proto__"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Color(ColorForm);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ColorForm {
    Named(&'static NamedColor),
    Css {
        text: Box<str>,
        rgb: [u8; 3],
    },
    /// Another colour, changed so that text in `text_color` is readable on it.
    Readable {
        name: Box<str>,
        svg: Box<str>,
        rgb: [u8; 3],
        text_color: TextColor,
    },
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct NamedColor {
    name: &'static str,
    svg: &'static str,
    rgb: [u8; 3],
}

macro_rules! named {
    ($($constant:ident $name:literal $svg:literal $rgb:expr;)*) => {
        impl Color {
            $(
                #[doc = concat!("shields' `", $name, "`, drawn as `", $svg, "`.")]
                pub const $constant: Self = Self(ColorForm::Named(&NamedColor { name: $name, svg: $svg, rgb: $rgb }));
            )*
        }
        const NAMED: &[Color] = &[$(Color::$constant),*];
    };
}

// badge-maker 6.0.0, lib/color.js.
named! {
    BRIGHTGREEN "brightgreen" "#4b0" [0x44, 0xbb, 0x00];
    GREEN "green" "#67ac09" [0x67, 0xac, 0x09];
    YELLOW "yellow" "#d8b800" [0xd8, 0xb8, 0x00];
    YELLOWGREEN "yellowgreen" "#95991a" [0x95, 0x99, 0x1a];
    ORANGE "orange" "#ea7233" [0xea, 0x72, 0x33];
    RED "red" "#dd4343" [0xdd, 0x43, 0x43];
    BLUE "blue" "#007ec6" [0x00, 0x7e, 0xc6];
    GREY "grey" "#555" [0x55, 0x55, 0x55];
    LIGHTGREY "lightgrey" "#939393" [0x93, 0x93, 0x93];
}

/// The colours of these names in badge-maker up to 5.0.2, for pictures that must not change.
static CLASSIC: [NamedColor; 9] = [
    NamedColor { name: "brightgreen", svg: "#4c1", rgb: [0x44, 0xcc, 0x11] },
    NamedColor { name: "green", svg: "#97ca00", rgb: [0x97, 0xca, 0x00] },
    NamedColor { name: "yellow", svg: "#dfb317", rgb: [0xdf, 0xb3, 0x17] },
    NamedColor { name: "yellowgreen", svg: "#a4a61d", rgb: [0xa4, 0xa6, 0x1d] },
    NamedColor { name: "orange", svg: "#fe7d37", rgb: [0xfe, 0x7d, 0x37] },
    NamedColor { name: "red", svg: "#e05d44", rgb: [0xe0, 0x5d, 0x44] },
    NamedColor { name: "blue", svg: "#007ec6", rgb: [0x00, 0x7e, 0xc6] },
    NamedColor { name: "grey", svg: "#555", rgb: [0x55, 0x55, 0x55] },
    NamedColor { name: "lightgrey", svg: "#9f9f9f", rgb: [0x9f, 0x9f, 0x9f] },
];

/// shields' names by meaning, and by the other spelling of grey.
const ALIASES: [(&str, Color); 7] = [
    ("gray", Color::GREY),
    ("lightgray", Color::LIGHTGREY),
    ("critical", Color::RED),
    ("important", Color::ORANGE),
    ("success", Color::BRIGHTGREEN),
    ("informational", Color::BLUE),
    ("inactive", Color::LIGHTGREY),
];

impl Color {
    /// Reads a colour as badge-maker does, ignoring white space around it: a name or alias of shields, three or six
    /// hex digits, or a CSS colour (a name, `#` with 3, 4, 6 or 8 digits, `rgb()`, `rgba()`, `hsl()`, `hsla()`).
    /// Names must be in lower case; hex digits may be in either case. `None` for anything else.
    ///
    /// ```
    /// use badgesmith_renderer::Color;
    ///
    /// assert_eq!(Color::parse("4C1").unwrap().svg(), "#4c1");
    /// assert_eq!(Color::parse("rgba(10, 20, 30, .5)").unwrap().svg(), "rgba(10, 20, 30, .5)");
    /// assert_eq!(Color::parse("oklch(40% 0.2 30)"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(crate::text::is_blank);
        if let Some(color) = NAMED.iter().find(|color| color.name() == text) {
            return Some(color.clone());
        }
        if let Some((_, color)) = ALIASES.iter().find(|(alias, _)| *alias == text) {
            return Some(color.clone());
        }
        if matches!(text.len(), 3 | 6) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let text = ["#", text].concat().to_ascii_lowercase();
            return Some(Self(ColorForm::Css { rgb: css::rgb(&text)?, text: text.into() }));
        }
        Some(Self(ColorForm::Css { rgb: css::rgb(text)?, text: text.to_ascii_lowercase().into() }))
    }

    /// The colour as shields drew it before 2026. Only shields' named colours differ; their names stay the same.
    ///
    /// ```
    /// use badgesmith_renderer::Color;
    ///
    /// assert_eq!(Color::BRIGHTGREEN.classic().svg(), "#4c1");
    /// assert_eq!(Color::BRIGHTGREEN.classic().name(), "brightgreen");
    /// assert_eq!(Color::parse("#123456").unwrap().classic().svg(), "#123456");
    /// ```
    #[must_use]
    pub fn classic(&self) -> Self {
        match &self.0 {
            ColorForm::Named(named) => {
                let classic = CLASSIC.iter().find(|classic| classic.name == named.name);
                classic.map_or_else(|| self.clone(), |classic| Self(ColorForm::Named(classic)))
            }
            ColorForm::Css { .. } | ColorForm::Readable { .. } => self.clone(),
        }
    }

    /// An opaque colour in hex notation.
    #[cfg(feature = "icons")]
    pub(crate) fn from_rgb(rgb: [u8; 3]) -> Self {
        Self(ColorForm::Css { text: hex(rgb).into(), rgb })
    }

    /// Red, green and blue, without the opacity.
    ///
    /// ```
    /// use badgesmith_renderer::Color;
    ///
    /// assert_eq!(Color::BRIGHTGREEN.rgb(), [0x44, 0xbb, 0x00]);
    /// ```
    pub fn rgb(&self) -> [u8; 3] {
        match &self.0 {
            ColorForm::Named(named) => named.rgb,
            ColorForm::Css { rgb, .. } | ColorForm::Readable { rgb, .. } => *rgb,
        }
    }

    /// The normalised notation, as shields writes it into JSON: one of shields' names with aliases resolved, hex digits
    /// with `#`, or the CSS colour in lower case.
    pub fn name(&self) -> &str {
        match &self.0 {
            ColorForm::Named(named) => named.name,
            ColorForm::Css { text, .. } => text,
            ColorForm::Readable { name, .. } => name,
        }
    }

    /// The notation for an SVG's `fill`; it needs no escaping.
    pub fn svg(&self) -> &str {
        match &self.0 {
            ColorForm::Named(named) => named.svg,
            ColorForm::Css { text, .. } => text,
            ColorForm::Readable { svg, .. } => svg,
        }
    }

    /// The perceived brightness, from 0 to 1, rounded to hundredths, without the opacity.
    ///
    /// badge-maker's formula: (299 R + 587 G + 114 B) / 255000, rounded as by JavaScript's `toFixed(2)`.
    ///
    /// ```
    /// use badgesmith_renderer::Color;
    ///
    /// assert_eq!(Color::LIGHTGREY.brightness(), 0.58);
    /// assert_eq!(Color::parse("fff").unwrap().brightness(), 1.0);
    /// ```
    pub fn brightness(&self) -> f64 {
        f64::from(self.brightness_hundredths()) / 100.0
    }

    /// Whether text on this colour has to be dark: badge-maker's threshold is a brightness of 0.69.
    pub(crate) fn is_light(&self) -> bool {
        match &self.0 {
            ColorForm::Readable { text_color, .. } => *text_color == TextColor::Dark,
            // No sum of a colour's parts is rounded up from 0.69½, so the bound needs no division.
            _ => self.brightness_sum() > 177_225,
        }
    }

    /// The colour as an opaque background on which text is readable, also below each of `overlays`. Its name does not
    /// change.
    pub(crate) fn readable(&self, overlays: &[GradientStop]) -> Self {
        let (rgb, text_color) = contrast::readable(self.rgb(), overlays);
        Self(ColorForm::Readable { name: self.name().into(), svg: hex(rgb).into(), rgb, text_color })
    }

    /// The brightness in parts of 255,000.
    fn brightness_sum(&self) -> u32 {
        let [r, g, b] = self.rgb().map(u32::from);
        r * 299 + g * 587 + b * 114
    }

    fn brightness_hundredths(&self) -> u32 {
        let sum = self.brightness_sum();
        let (whole, rest) = (sum / 2550, sum % 2550);
        // toFixed rounds halfway values by the exact value of the double. The fused operation keeps that exactness.
        let half = || (f64::from(sum) / 255_000.0).mul_add(200.0, -f64::from(2 * whole + 1)) >= 0.0;
        whole + u32::from(rest > 1275 || (rest == 1275 && half()))
    }
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_color_is_light_exactly_above_a_brightness_of_0_69() {
        for grey_and_green in 0..=u16::MAX {
            let [grey, green] = grey_and_green.to_be_bytes();
            let color = Color(ColorForm::Css { text: "".into(), rgb: [grey, green, grey] });
            assert_eq!(color.is_light(), color.brightness() > 0.69, "{grey} {green}");
        }
        // Halfway between 0.69 and 0.70, which is rounded down because no double is exactly that.
        let halfway = (0..=u8::MAX).flat_map(|r| (0..=u8::MAX).map(move |g| (r, g))).filter_map(|(r, g)| {
            let rest = 177_225_u32.checked_sub(u32::from(r) * 299 + u32::from(g) * 587)?;
            (rest % 114 == 0).then_some([r, g, u8::try_from(rest / 114).ok()?])
        });
        let halfway: Vec<_> = halfway.map(|rgb| Color(ColorForm::Css { text: "".into(), rgb })).collect();
        assert!(!halfway.is_empty());
        assert!(halfway.iter().all(|color| !color.is_light() && color.brightness() == 0.69));
    }
}
