//! A background colour: shields' own names, bare hex, and the CSS colours badge-maker accepts.

pub(crate) mod contrast;
mod css;

use contrast::{Ink, Veil};

/// A colour that can be drawn. Its two spellings, [`name`](Color::name) for JSON and [`svg`](Color::svg) for the picture, are ready.
///
/// ```
/// use badgesmith_renderer::Color;
///
/// assert_eq!(Color::parse("success"), Some(Color::BRIGHTGREEN));
/// assert_eq!(Color::parse("ABCDEF").unwrap().name(), "#abcdef");
/// assert_eq!(Color::parse("__proto__"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Color(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Named(&'static Named),
    Css {
        text: Box<str>,
        rgb: [u8; 3],
    },
    /// Another colour, changed so that words in `ink` can be read on it.
    Readable {
        name: Box<str>,
        svg: Box<str>,
        rgb: [u8; 3],
        ink: Ink,
    },
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Named {
    name: &'static str,
    svg: &'static str,
    rgb: [u8; 3],
}

macro_rules! named {
    ($($constant:ident $name:literal $svg:literal $rgb:expr;)*) => {
        impl Color {
            $(
                #[doc = concat!("shields' `", $name, "`, drawn as `", $svg, "`.")]
                pub const $constant: Self = Self(Kind::Named(&Named { name: $name, svg: $svg, rgb: $rgb }));
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

/// The same names as badge-maker drew them up to 5.0.2, for pictures that shall not change.
static CLASSIC: [Named; 9] = [
    Named { name: "brightgreen", svg: "#4c1", rgb: [0x44, 0xcc, 0x11] },
    Named { name: "green", svg: "#97ca00", rgb: [0x97, 0xca, 0x00] },
    Named { name: "yellow", svg: "#dfb317", rgb: [0xdf, 0xb3, 0x17] },
    Named { name: "yellowgreen", svg: "#a4a61d", rgb: [0xa4, 0xa6, 0x1d] },
    Named { name: "orange", svg: "#fe7d37", rgb: [0xfe, 0x7d, 0x37] },
    Named { name: "red", svg: "#e05d44", rgb: [0xe0, 0x5d, 0x44] },
    Named { name: "blue", svg: "#007ec6", rgb: [0x00, 0x7e, 0xc6] },
    Named { name: "grey", svg: "#555", rgb: [0x55, 0x55, 0x55] },
    Named { name: "lightgrey", svg: "#9f9f9f", rgb: [0x9f, 0x9f, 0x9f] },
];

/// shields' names by meaning and by the other spelling of grey.
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
    /// Reads a colour as badge-maker does, blanks around it ignored: a name or alias of shields, three or six hex digits, or a CSS
    /// colour (a name, `#` with 3, 4, 6 or 8 digits, `rgb()`, `rgba()`, `hsl()`, `hsla()`). Names are lower case; only hex digits may
    /// be of either case. `None` for anything else.
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
            return Some(Self(Kind::Css { rgb: css::rgb(&text)?, text: text.into() }));
        }
        Some(Self(Kind::Css { rgb: css::rgb(text)?, text: text.to_ascii_lowercase().into() }))
    }

    /// The colour as shields drew it before 2026: its own names differ, and stay what they are called.
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
            Kind::Named(named) => {
                let classic = CLASSIC.iter().find(|classic| classic.name == named.name);
                classic.map_or_else(|| self.clone(), |classic| Self(Kind::Named(classic)))
            }
            Kind::Css { .. } | Kind::Readable { .. } => self.clone(),
        }
    }

    /// An opaque colour of red, green and blue, spelled as hex.
    #[cfg(feature = "icons")]
    pub(crate) fn from_rgb(rgb: [u8; 3]) -> Self {
        Self(Kind::Css { text: hex(rgb).into(), rgb })
    }

    /// Red, green and blue, its opacity left aside.
    ///
    /// ```
    /// use badgesmith_renderer::Color;
    ///
    /// assert_eq!(Color::BRIGHTGREEN.rgb(), [0x44, 0xbb, 0x00]);
    /// ```
    pub fn rgb(&self) -> [u8; 3] {
        match &self.0 {
            Kind::Named(named) => named.rgb,
            Kind::Css { rgb, .. } | Kind::Readable { rgb, .. } => *rgb,
        }
    }

    /// The normalised spelling, as shields writes it into JSON: a name of its own with aliases resolved, hex with its `#`, or the CSS
    /// colour in lower case.
    pub fn name(&self) -> &str {
        match &self.0 {
            Kind::Named(named) => named.name,
            Kind::Css { text, .. } => text,
            Kind::Readable { name, .. } => name,
        }
    }

    /// The spelling that goes into an SVG's `fill`; it needs no escaping.
    pub fn svg(&self) -> &str {
        match &self.0 {
            Kind::Named(named) => named.svg,
            Kind::Css { text, .. } => text,
            Kind::Readable { svg, .. } => svg,
        }
    }

    /// How bright the colour looks, from 0 to 1 in hundredths, its opacity left aside.
    ///
    /// The formula is badge-maker's: (299 R + 587 G + 114 B) / 255000, rounded as JavaScript's `toFixed(2)` rounds.
    ///
    /// ```
    /// use badgesmith_renderer::Color;
    ///
    /// assert_eq!(Color::LIGHTGREY.brightness(), 0.58);
    /// assert_eq!(Color::parse("fff").unwrap().brightness(), 1.0);
    /// ```
    pub fn brightness(&self) -> f64 {
        f64::from(self.hundredths()) / 100.0
    }

    /// Whether words on this colour are dark: badge-maker's threshold is 0.69.
    pub(crate) fn is_light(&self) -> bool {
        match &self.0 {
            Kind::Readable { ink, .. } => *ink == Ink::Dark,
            _ => self.hundredths() > 69,
        }
    }

    /// The colour as a background on which words can be read, opaque, under each of `veils`. Its name stays.
    pub(crate) fn readable(&self, veils: &[Veil]) -> Self {
        let (rgb, ink) = contrast::readable(self.rgb(), veils);
        Self(Kind::Readable { name: self.name().into(), svg: hex(rgb).into(), rgb, ink })
    }

    fn hundredths(&self) -> u32 {
        let [r, g, b] = self.rgb().map(u32::from);
        let sum = r * 299 + g * 587 + b * 114;
        let (whole, rest) = (sum / 2550, sum % 2550);
        // Halfway, toFixed looks at which side of it the double has fallen; the fused operation does not round it back.
        let half = || (f64::from(sum) / 255_000.0).mul_add(200.0, -f64::from(2 * whole + 1)) >= 0.0;
        whole + u32::from(rest > 1275 || (rest == 1275 && half()))
    }
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
