//! `badgesmith report`: counts the tests of a build and their coverage, signs the counts and any other values, and
//! sends them to a badge server.

mod attempt;
mod body;
mod build;
mod build_options;
mod ci;
mod command;
mod counted;
mod coverage;
mod credential;
mod destination;
mod facts;
mod failure;
mod files;
mod git;
mod loopback;
mod measure;
mod options;
mod output;
mod parcel;
mod path;
mod patience;
mod pull_request;
mod secret;
mod send;
mod signing;
mod token;
mod usage;
mod value;
mod values;

pub(crate) use build_options::BuildOptions;
pub(crate) use command::run;
pub(crate) use counted::{CountFault, CountedBuild, CountedReport, count};
pub(crate) use destination::CountedKind;
pub(crate) use options::ReportOptions;
// For the reports of `badgesmith smoke`.
#[cfg(feature = "server")]
pub(crate) use secret::ReportSecret as Secret;
#[cfg(feature = "server")]
pub(crate) use signing::{SignedHeaders as Signed, now};
