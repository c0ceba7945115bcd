//! `badgesmith report`: counts the tests of a build and what they cover, signs the counts and sends them to a badge
//! server.

mod body;
mod build;
mod ci;
mod command;
mod coverage;
mod destination;
mod failure;
mod files;
mod output;
mod path;
mod secret;
mod send;
mod signing;
mod usage;

pub(crate) use command::{ReportOptions, run};
pub(crate) use secret::ReportSecret as Secret;
pub(crate) use signing::{SignedHeaders as Signed, now};
