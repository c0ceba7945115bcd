//! `theme=auto`: CSS rules that apply if the reader prefers dark.

use super::Markup;
use crate::drawing::Drawing;

/// Opens a style sheet whose rules apply if the reader prefers dark.
pub(crate) const OPEN_DARK: &str = "<style>@media (prefers-color-scheme:dark){";
pub(crate) const CLOSE_DARK: &str = "}</style>";

/// The first letter of the id of a label whose background adapts.
pub(crate) const LABEL: char = 'l';
/// The first letter of the class of an icon in its brand's colour.
pub(crate) const ICON: char = 'n';

impl Drawing<'_> {
    /// Writes the rule for a label's default grey. `#666` has a contrast ratio of 3:1 with a dark page, as WCAG
    /// requires for graphics; `#555` has less. With white text it has more than 4.5:1.
    pub(crate) fn dark_label(&self, out: &mut Markup) {
        out.text(OPEN_DARK).text("#").id(LABEL, self.id).text("{fill:#666}").text(CLOSE_DARK);
    }

    /// Writes the class attribute of a part that adapts, if the badge follows the reader. Starts with a space.
    pub(crate) fn class(&self, letter: char, out: &mut Markup) {
        if self.follows_reader() {
            out.text(r#" class=""#).id(letter, self.id).text(r#"""#);
        }
    }
}
