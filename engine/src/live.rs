//! The content of the live page: the state of each branch of the listed repositories.

pub(crate) mod board;
pub(crate) mod card;
pub(crate) mod point;
pub(crate) mod ring;
