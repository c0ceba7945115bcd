//! `theme=auto`: the CSS rules that apply where the reader prefers dark, and the class names they refer to.

use super::Markup;
use crate::drawing::Drawing;

const DARK: &str = "<style>@media (prefers-color-scheme:dark){";
const END: &str = "}</style>";

/// The first letter of the id of a label whose background adapts.
pub(crate) const LABEL: char = 'l';

/// The letters that begin the class names of social's parts: the lines around button, bubble and beak.
pub(crate) const EDGE: char = 'e';
/// The button below its gradient.
pub(crate) const BUTTON: char = 'c';
/// The bubble and its beak.
pub(crate) const BUBBLE: char = 'u';
/// The line that hides the bubble's edge behind the beak.
pub(crate) const JOINT: char = 'j';
/// The text.
pub(crate) const TEXT: char = 'i';
/// The edge below the text.
pub(crate) const TEXT_EDGE: char = 'h';
/// An icon in its brand's colour.
pub(crate) const ICON: char = 'n';

/// The rules for social's parts.
const SOCIAL: [(char, &str); 6] = [
    (EDGE, "{stroke:#444c56}"),
    (BUTTON, "{fill:#21262d}"),
    (BUBBLE, "{fill:#161b22}"),
    (JOINT, "{stroke:#161b22}"),
    (TEXT, "{fill:#e6edf3}"),
    (TEXT_EDGE, "{fill:#010409}"),
];

impl Drawing<'_> {
    /// Writes the rule for a label's default grey. `#666` has the contrast of 3:1 with a dark page that WCAG asks of
    /// graphics, which `#555` has not, and more than 4.5:1 with white text.
    pub(crate) fn dark_label(&self, out: &mut Markup) {
        out.text(DARK).text("#").id(LABEL, self.id).text("{fill:#666}").text(END);
    }

    /// Writes the rules for social, if it follows the reader.
    pub(crate) fn dark_social(&self, out: &mut Markup) {
        if !self.follows_reader() {
            return;
        }
        out.text(DARK);
        for (letter, rule) in SOCIAL {
            out.text(".").id(letter, self.id).text(rule);
        }
        if self.icon_adapts {
            // Inverts the lightness and keeps the hue: an icon that is drawn on white in its brand's colour is dark.
            out.text(".").id(ICON, self.id).text("{filter:invert(1) hue-rotate(180deg)}");
        }
        if self.has_links() {
            out.text("a:hover #").id('r', self.id).text("{fill:#58a6ff}");
        }
        out.text(END);
    }

    /// Writes the class attribute of a part that adapts, if the badge follows the reader. Starts with a space.
    pub(crate) fn class(&self, letter: char, out: &mut Markup) {
        if self.follows_reader() {
            out.text(r#" class=""#).id(letter, self.id).text(r#"""#);
        }
    }
}
