//! How large a badge is drawn: one to four times its size.

/// How many pixels stand for one of the badge's in each direction.
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
    /// A pixel for a pixel.
    pub const ONE: Self = Self(1);
    /// Twice the size.
    pub const TWO: Self = Self(2);
    /// Three times the size.
    pub const THREE: Self = Self(3);
    /// Four times the size.
    pub const FOUR: Self = Self(4);

    /// A scale of 1 to 4; `None` for any other.
    pub fn new(scale: u8) -> Option<Self> {
        (1..=4).contains(&scale).then_some(Self(scale))
    }

    /// 1 to 4.
    ///
    /// ```
    /// assert_eq!(badgesmith_renderer::Scale::TWO.factor(), 2);
    /// ```
    pub fn factor(self) -> u8 {
        self.0
    }

    pub(crate) fn pixels(self) -> u32 {
        u32::from(self.0)
    }
}

impl Default for Scale {
    /// [`Scale::ONE`].
    fn default() -> Self {
        Self::ONE
    }
}
