//! Whether an SVG adapts to light and dark pages.

/// Whether a badge follows its reader's `prefers-color-scheme`.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, Theme, svg};
///
/// let badge = ResolvedBadge { theme: Theme::Auto, ..ResolvedBadge::new("build", "passing") };
/// assert!(svg(&badge).contains("@media (prefers-color-scheme:dark){"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// The badge looks the same on every page, as shields draws it.
    #[default]
    Fixed,
    /// If the reader prefers dark, the label's default grey is lighter, and a social badge is light on dark, including
    /// an icon in its brand's colour. Colours and images that the caller chose stay as they are.
    Auto,
}
