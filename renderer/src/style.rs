//! The table of styles: their names, and the file in `style/` that draws each.

mod bars;
mod classic;
mod definition;
mod flat;
mod flat_square;
mod for_the_badge;
mod plastic;
mod social;

use definition::StyleDefinition;
pub(crate) use definition::TextSettings;

macro_rules! styles {
    ($($(#[$attribute:meta])* $style:ident = $name:literal => $definition:path;)*) => {
        /// The look of a badge, by shields' name for it.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum Style {
            $($(#[$attribute])* $style,)*
        }

        impl Style {
            /// All styles.
            ///
            /// ```
            /// use badgesmith_renderer::Style;
            ///
            /// assert!(Style::ALL.iter().all(|style| Style::parse(style.name()) == Some(*style)));
            /// ```
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$style),*];

            /// The names of all styles, in the same order.
            pub const NAMES: [&str; Self::ALL.len()] = [$($name),*];

            /// shields' name of the style.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$style => $name,)*
                }
            }

            pub(crate) fn definition(self) -> &'static StyleDefinition {
                match self {
                    $(Self::$style => &$definition,)*
                }
            }
        }
    };
}

styles! {
    /// `flat`: rounded corners, a slight gradient, text with a shadow.
    #[default]
    Flat = "flat" => flat::STYLE;
    /// `flat-square`: square corners, no gradient, no shadow.
    FlatSquare = "flat-square" => flat_square::STYLE;
    /// `plastic`: a strong gradient, text with a shadow, two pixels lower than flat.
    Plastic = "plastic" => plastic::STYLE;
    /// `for-the-badge`: large, square corners, capital letters.
    ForTheBadge = "for-the-badge" => for_the_badge::STYLE;
    /// `social`: a button and a speech bubble.
    Social = "social" => social::STYLE;
}

impl Style {
    /// Reads shields' name of a style; `None` for any other text.
    ///
    /// ```
    /// use badgesmith_renderer::Style;
    ///
    /// assert_eq!(Style::parse("for-the-badge"), Some(Style::ForTheBadge));
    /// assert_eq!(Style::parse("Flat"), None);
    /// ```
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.name() == name)
    }
}
