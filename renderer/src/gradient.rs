//! A stop of a grey gradient.

/// A stop of a vertical gradient that a style draws over its background.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GradientStop {
    /// The position from the top, as a fraction of the height.
    #[cfg_attr(not(feature = "png"), expect(dead_code, reason = "an SVG has its gradients as markup"))]
    pub(crate) offset: f32,
    pub(crate) grey: u8,
    pub(crate) opacity: f64,
}
