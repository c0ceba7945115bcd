//! The image inside a badge, as a checked data URI.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::text;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// An image as a `data:image/…` URI. It is drawn 14 pixels high, as in badge-maker, and 14 pixels wide unless it is
/// an icon fitted to its shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Logo {
    uri: Box<str>,
    /// The index of the payload in the URI.
    payload: usize,
    width: i64,
    is_icon: bool,
}

impl Logo {
    /// The height of every logo and the width of most, in pixels.
    pub(crate) const SIDE: i64 = 14;

    /// Whether a text is meant as an image, rather than as the name of an icon.
    ///
    /// ```
    /// use badgesmith_renderer::Logo;
    ///
    /// assert!(Logo::is_image("DATA:image/png;base64,iVBORw0KGgo="));
    /// assert!(Logo::is_image("image/png;base64,iVBORw0KGgo="));
    /// assert!(!Logo::is_image("data") && !Logo::is_image("image"));
    /// ```
    pub fn is_image(text: &str) -> bool {
        let text = text.trim_matches(text::is_blank);
        let begins = |start: &str| text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
        begins("data:") || begins("image/")
    }

    /// Reads a data URI as shields reads one from a query: `data:` may be missing. In base64 a space is a `+` that form
    /// decoding replaced, other white space is dropped, and both the standard and the URL-safe alphabet are accepted. A
    /// `#` in text becomes `%23`, because browsers would end the image there. `None` if it is not an image, has no
    /// payload, or its base64 cannot be decoded.
    ///
    /// ```
    /// use badgesmith_renderer::Logo;
    ///
    /// assert!(Logo::parse("data:image/png;base64,iVBORw0KGgo=").is_some());
    /// assert!(Logo::parse("image/svg+xml,%3Csvg/%3E").is_some());
    /// assert!(Logo::parse("data:text/html;base64,PGI+").is_none());
    /// assert!(Logo::parse("data:image/png;base64,***").is_none());
    /// ```
    pub fn parse(uri: &str) -> Option<Self> {
        let uri = uri.trim_start_matches(text::is_blank);
        let (scheme, rest) = uri.split_at_checked(5).unwrap_or_default();
        let rest = if scheme.eq_ignore_ascii_case("data:") { rest } else { uri };
        let (head, payload) = rest.split_once(',')?;
        // Form decoding made every `+` of the query a space, also in `svg+xml`.
        let head = head.replace(' ', "+");
        let is_image = head.split_at_checked(6).is_some_and(|(start, _)| start.eq_ignore_ascii_case("image/"));
        let is_harmless = head.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+-.;=_".contains(&byte));
        let trimmed = payload.trim_end_matches(text::is_blank);
        if !is_image || !is_harmless || trimmed.is_empty() {
            return None;
        }
        let payload: String = if is_base64(&head) {
            // Spaces at the end are taken as `+` signs as long as the base64 lacks a full group of four without them,
            // as for an SVG without padding. Other white space at the end is dropped.
            let missing = trimmed.chars().filter(|c| *c == ' ' || !text::is_blank(*c)).count().wrapping_neg() % 4;
            let signs = payload.get(trimmed.len()..)?.bytes().take(missing).take_while(|byte| *byte == b' ').count();
            let payload = payload.get(..trimmed.len() + signs)?;
            let payload = if payload.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)) {
                payload.to_owned()
            } else {
                standard_base64(payload)?
            };
            LENIENT.decode(&payload).ok()?;
            payload
        } else {
            let payload: String = trimmed.chars().filter(|c| !c.is_control() && text::is_allowed(*c)).collect();
            if payload.contains('#') { payload.replace('#', "%23") } else { payload }
        };
        Some(Self {
            payload: 6 + head.len(),
            uri: ["data:", &head, ",", &payload].concat().into(),
            width: Self::SIDE,
            is_icon: false,
        })
    }

    /// An SVG of one path, whose data must not contain characters that a URI must escape. Percent-encoding the rest
    /// takes fewer bytes than base64.
    #[cfg(feature = "icons")]
    pub(crate) fn of_icon(fill: &str, view_box: &str, path: &str, width: i64) -> Self {
        const HEAD: &str = "data:image/svg+xml,";
        let (fill, view_box) = (percent_encoded(fill), percent_encoded(view_box));
        let open = "%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='";
        let uri =
            [HEAD, open, &view_box, "'%20fill='", &fill, "'%3E%3Cpath%20d='", path, "'/%3E%3C/svg%3E"].concat().into();
        Self { payload: HEAD.len(), uri, width, is_icon: true }
    }

    /// An empty image of the same width.
    ///
    /// ```
    /// use badgesmith_renderer::Logo;
    ///
    /// let logo = Logo::parse("image/png;base64,iVBORw0KGgo=").unwrap();
    /// assert_eq!(logo.blank().width(), logo.width());
    /// ```
    #[must_use]
    pub fn blank(&self) -> Self {
        const HEAD: &str = "data:image/svg+xml,";
        let uri = [HEAD, "%3Csvg%20xmlns='http://www.w3.org/2000/svg'/%3E"].concat().into();
        Self { payload: HEAD.len(), uri, width: self.width, is_icon: self.is_icon }
    }

    /// The URI, not escaped for XML.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The width, in pixels.
    ///
    /// ```
    /// use badgesmith_renderer::Logo;
    ///
    /// assert_eq!(Logo::parse("data:image/gif,x").unwrap().width(), 14);
    /// ```
    pub fn width(&self) -> i64 {
        self.width
    }

    /// The distance from the top of a badge of this height to the top of its logo.
    pub(crate) fn y(badge_height: i64) -> i64 {
        (badge_height - Self::SIDE) / 2
    }

    /// Whether the logo is a named icon, which JSON contains as a name.
    pub(crate) fn is_icon(&self) -> bool {
        self.is_icon
    }

    /// The source text of an SVG image, as in the endpoint schema's `logoSvg`; `None` for any other image.
    ///
    /// ```
    /// use badgesmith_renderer::Logo;
    ///
    /// let logo = Logo::parse("data:image/svg+xml;base64,PHN2Zy8+").unwrap();
    /// assert_eq!(logo.svg().as_deref(), Some("<svg/>"));
    /// assert_eq!(Logo::parse("data:image/png;base64,iVBORw0KGgo=").unwrap().svg(), None);
    /// ```
    pub fn svg(&self) -> Option<String> {
        let (media_type, bytes) = self.image()?;
        if media_type.eq_ignore_ascii_case("image/svg+xml") { String::from_utf8(bytes).ok() } else { None }
    }

    /// The media type and the decoded image.
    pub(crate) fn image(&self) -> Option<(&str, Vec<u8>)> {
        let (head, payload) = self.uri.split_at_checked(self.payload)?;
        let media_type = head.strip_prefix("data:")?.split([';', ',']).next()?;
        let bytes =
            if is_base64(head.strip_suffix(',')?) { LENIENT.decode(payload).ok()? } else { percent_decoded(payload) };
        Some((media_type, bytes))
    }
}

/// Base64 in the standard alphabet without white space. Percent-encoding is decoded first, as browsers do.
fn standard_base64(payload: &str) -> Option<String> {
    let standard = |c| match c {
        ' ' | '-' => '+',
        '_' => '/',
        c => c,
    };
    let payload = String::from_utf8(percent_decoded(payload)).ok()?;
    Some(payload.chars().map(standard).filter(|c| !text::is_blank(*c)).collect())
}

fn is_base64(head: &str) -> bool {
    head.rsplit(';').next().is_some_and(|last| last.eq_ignore_ascii_case("base64"))
}

/// Escapes the characters of colours and view boxes that a URI must not contain.
#[cfg(feature = "icons")]
fn percent_encoded(text: &str) -> String {
    text.replace('%', "%25").replace('#', "%23").replace(' ', "%20")
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_an_image_as_shields_reads_it() {
        for (given, expected) in [
            ("data:image/png;base64,iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo="),
            ("image/png;base64,iVBORw0KGgo", "data:image/png;base64,iVBORw0KGgo"),
            ("data:image/svg xml;base64,PHN2Zy8 ", "data:image/svg+xml;base64,PHN2Zy8+"),
            ("data:image/svg+xml;base64,PHN2Zy8+  \n", "data:image/svg+xml;base64,PHN2Zy8+"),
            (" data:image/png;base64,iVBORw0KGgo= ", "data:image/png;base64,iVBORw0KGgo="),
            ("data:image/svg xml;base64,PHN2Zy8 PCE", "data:image/svg+xml;base64,PHN2Zy8+PCE"),
            ("DATA:image/svg+xml;utf8,<svg>\u{0}</svg>", "data:image/svg+xml;utf8,<svg></svg>"),
            ("data:image/png;base64,-_-_", "data:image/png;base64,+/+/"),
            ("data:image/png;base64,iVBORw0KGgo%3d", "data:image/png;base64,iVBORw0KGgo="),
            ("data:image/svg+xml,<svg fill='#f00'/>", "data:image/svg+xml,<svg fill='%23f00'/>"),
        ] {
            assert_eq!(Logo::parse(given).as_ref().map(Logo::uri), Some(expected), "{given:?}");
        }
        for given in [
            "",
            "data:",
            "nuget",
            "image/",
            "data:image/png;base64,",
            "data:image/png;base64,a",
            "data:text/html,<script>",
            "data:image/svg+xml\"onload=,x",
            "https://example.com/a.png",
        ] {
            assert_eq!(Logo::parse(given), None, "{given:?}");
        }
    }

    #[test]
    fn an_svg_logo_gives_its_text() {
        for (uri, expected) in [
            ("data:image/svg+xml,%3Csvg%2F%3E%", Some("<svg/>%")),
            ("data:image/svg+xml;utf8,<svg a='é'/>", Some("<svg a='é'/>")),
            ("data:image/svg+xml;base64,PHN2Zy8+", Some("<svg/>")),
            ("data:image/svg+xml,%ff", None),
            ("data:image/gif,x", None),
        ] {
            assert_eq!(Logo::parse(uri).unwrap().svg().as_deref(), expected, "{uri}");
        }
    }
}
