//! The colours of a badge whose words must be readable: `contrast=aa`.

use std::borrow::Cow;

use crate::color::contrast::Veil;
use crate::{ResolvedBadge, Segment, Style};

impl ResolvedBadge {
    /// The badge in the colours it is drawn in. An exact badge is drawn in its own.
    pub(crate) fn painted(&self) -> Cow<'_, Self> {
        if !self.contrast {
            return Cow::Borrowed(self);
        }
        let veils = veils(self.style);
        // A label's own grey is dark enough under every veil.
        let label_color = self.label_color.as_ref().map(|color| color.readable(veils));
        let segments = self
            .segments
            .iter()
            .map(|segment| Segment { color: segment.color.readable(veils), ..segment.clone() })
            .collect();
        Cow::Owned(Self { segments, color: self.color.readable(veils), label_color, ..self.clone() })
    }
}

/// The stops of a style's gradient between which its words stand.
pub(crate) fn veils(style: Style) -> &'static [Veil] {
    const BLACK: u8 = 0;
    match style {
        Style::Flat => &[Veil { grey: 0xbb, opacity: 0.1 }, Veil { grey: BLACK, opacity: 0.1 }],
        Style::Plastic => &[Veil { grey: 0xaa, opacity: 0.1 }, Veil { grey: BLACK, opacity: 0.3 }],
        Style::FlatSquare | Style::ForTheBadge | Style::Social => &[],
    }
}
