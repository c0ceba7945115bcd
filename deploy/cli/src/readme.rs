//! `badgesmith readme`: the badges of READMEs, and whether a server answers them.

mod ask;
mod badge;
mod command;
mod extent;
mod failure;
mod files;
mod found;
mod hidden;
mod host;
mod json;
mod listing;
mod markup;
mod printable;
mod question;
mod replace;
mod scan;
mod server;
mod table;
mod unescape;
mod verdict;
mod write;

pub(crate) use command::{ReadmeOptions, run};
