//! The size of a drawing: the scale at which a badge is shown, and the unit in which its width is computed.

/// A number of quarter pixels. for-the-badge spaces its letters by 1¼ pixels, so whole pixels are too coarse.
pub(crate) type QuarterPixels = i64;

/// How many pixels one of the badge's pixels becomes in each direction: 1 to 4.
///
/// ```
/// use badgesmith_renderer::Scale;
///
/// assert_eq!(Scale::new(2), Some(Scale::TWO));
/// assert_eq!(Scale::new(5), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scale(u8);

impl Scale {
    /// The badge's own size.
    pub const ONE: Self = Self(1);
    /// Twice the size.
    pub const TWO: Self = Self(2);
    /// Three times the size.
    pub const THREE: Self = Self(3);
    /// Four times the size.
    pub const FOUR: Self = Self(4);

    /// A scale of 1 to 4; `None` for any other number.
    pub fn new(scale: u8) -> Option<Self> {
        (1..=4).contains(&scale).then_some(Self(scale))
    }

    /// The scale as a number.
    ///
    /// ```
    /// assert_eq!(badgesmith_renderer::Scale::TWO.factor(), 2);
    /// ```
    pub fn factor(self) -> u8 {
        self.0
    }
}

impl Default for Scale {
    /// [`Scale::ONE`].
    fn default() -> Self {
        Self::ONE
    }
}
