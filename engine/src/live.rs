//! What the live page shows: the state of each branch of the repositories that are listed.

pub(crate) mod board;
pub(crate) mod card;
pub(crate) mod point;
pub(crate) mod ring;
