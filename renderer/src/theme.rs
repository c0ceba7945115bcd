//! One SVG for light and dark pages: the rules for what becomes darker or lighter where the reader prefers dark.

use crate::Style;
use crate::markup::Markup;
use crate::markup::frame::Drawing;

/// Whether a badge follows what its reader prefers, `prefers-color-scheme`.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, Theme, svg};
///
/// let badge = ResolvedBadge { theme: Theme::Auto, ..ResolvedBadge::new("build", "passing") };
/// assert!(svg(&badge).contains("@media (prefers-color-scheme:dark){"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// The same on every page, as shields draws it.
    #[default]
    Fixed,
    /// Where dark is preferred the label's own grey is lighter, and social is light on dark, an icon in its own colour too. A colour or an
    /// image somebody chose stays as it is.
    Auto,
}

const DARK: &str = "<style>@media (prefers-color-scheme:dark){";
const END: &str = "}</style>";

/// The letter of what has the label's own grey.
pub(crate) const LABEL: char = 'l';

/// Social's parts, each with its letter, what changes, and the value it has in the dark.
const SOCIAL: [(char, &str); 6] = [
    (EDGE, "{stroke:#444c56}"),
    (BUTTON, "{fill:#21262d}"),
    (BUBBLE, "{fill:#161b22}"),
    (JOINT, "{stroke:#161b22}"),
    (INK, "{fill:#e6edf3}"),
    (INK_EDGE, "{fill:#010409}"),
];
/// The lines around button, bubble and beak.
pub(crate) const EDGE: char = 'e';
/// The button below its gradient.
pub(crate) const BUTTON: char = 'c';
/// The bubble and its beak.
pub(crate) const BUBBLE: char = 'u';
/// What hides the bubble's edge behind the beak.
pub(crate) const JOINT: char = 'j';
/// The words.
pub(crate) const INK: char = 'i';
/// The edge below the words.
pub(crate) const INK_EDGE: char = 'h';
/// An icon whose colour nobody chose.
const ICON: char = 'n';

impl Drawing<'_> {
    fn follows_the_reader(&self) -> bool {
        self.badge.theme == Theme::Auto
    }

    /// Whether the label's background changes, where it has one.
    pub(crate) fn label_adapts(&self) -> bool {
        self.follows_the_reader() && self.badge.label_color.is_none()
    }

    /// The rule for the label's own grey: `#666` differs from a dark page by 3:1, as WCAG asks of graphics, which `#555` does not; white
    /// words on it have more than 4.5:1.
    pub(crate) fn dark_label(&self, out: &mut Markup) {
        out.text(DARK).text("#").id(LABEL, self.id).text("{fill:#666}").text(END);
    }

    /// The rules for social, if it follows the reader.
    pub(crate) fn dark_social(&self, has_links: bool, out: &mut Markup) {
        if !self.follows_the_reader() {
            return;
        }
        out.text(DARK);
        for (letter, rule) in SOCIAL {
            out.text(".").id(letter, self.id).text(rule);
        }
        if self.icon_adapts() {
            // Lightness turned round, hue kept: brands that are drawn on white are dark ones.
            out.text(".").id(ICON, self.id).text("{filter:invert(1) hue-rotate(180deg)}");
        }
        if has_links {
            out.text("a:hover #").id('r', self.id).text("{fill:#58a6ff}");
        }
        out.text(END);
    }

    fn icon_adapts(&self) -> bool {
        let icon = self.badge.logo.as_ref().is_some_and(|logo| logo.is_icon());
        self.follows_the_reader() && icon && self.badge.style == Style::Social && self.badge.logo_color.is_none()
    }

    /// Marks social's icon as one that changes.
    pub(crate) fn icon_class(&self, out: &mut Markup) {
        if self.icon_adapts() {
            self.class(ICON, out);
        }
    }

    /// Marks a part of social as one that changes; nothing where none does. A blank stands before it.
    pub(crate) fn class(&self, letter: char, out: &mut Markup) {
        if self.follows_the_reader() {
            out.text(r#" class=""#).id(letter, self.id).text(r#"""#);
        }
    }
}
