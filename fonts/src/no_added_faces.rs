//! Without the feature `added-faces` no faces can be added.

/// No faces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddedFaces(());

impl AddedFaces {
    /// Whether there are no faces: always true.
    pub fn is_empty(&self) -> bool {
        true
    }
}
