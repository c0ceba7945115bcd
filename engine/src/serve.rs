//! What answers: one file a kind of address.

pub(crate) mod badge;
pub(crate) mod document_badge;
pub(crate) mod health;
pub(crate) mod index;
pub(crate) mod redirect;
pub(crate) mod report;
