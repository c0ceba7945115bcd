//! The arguments that name the measurements of a build and identify the build.

use std::path::PathBuf;

use clap::Args;
use url::Url;

use super::values::ValueOptions;

/// What is counted besides reports of tests, and the facts of the build.
#[derive(Args, Debug)]
pub(crate) struct BuildOptions {
    /// Coverage reports, as files, directories or patterns; with reports of tests before it or alone.
    #[arg(long, num_args = 1.., value_name = "FILES")]
    pub(super) coverage: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) values: ValueOptions,
    /// The owner of the repository.
    #[arg(long)]
    pub(super) owner: Option<String>,
    /// The repository.
    #[arg(long)]
    pub(super) repo: Option<String>,
    /// The branch of the badge.
    #[arg(long)]
    pub(super) branch: Option<String>,
    /// What the tests ran on; each platform has its own badge. [default: the part, or this system]
    #[arg(long, value_name = "NAME")]
    pub(super) platform: Option<String>,
    /// The part of the repository that is reported, such as a package; each part has its own badges. Without it,
    /// coverage is of the part `all`. The name of a value follows it: `web.size`.
    #[arg(long, value_name = "NAME")]
    pub(super) part: Option<String>,
    /// A directory that paths in coverage reports begin with, besides the working directory and the checkout of the CI
    /// system.
    #[arg(long, value_name = "DIRECTORY")]
    pub(super) coverage_root: Vec<String>,
    /// The commit that was tested.
    #[arg(long, value_name = "SHA")]
    pub(super) commit: Option<String>,
    /// The id of this run, which is recorded once for each platform.
    #[arg(long, value_name = "ID")]
    pub(super) run_id: Option<String>,
    /// The attempt of the run, from 1.
    #[arg(long, value_name = "NUMBER")]
    pub(super) run_attempt: Option<u32>,
    /// The page that the badge links to.
    #[arg(long, value_name = "URL")]
    pub(super) html_url: Option<String>,
    /// The page of the run.
    #[arg(long, value_name = "URL")]
    pub(super) run_url: Option<String>,
    /// Accepts a result without any tests or lines; by default that is refused, because it is mostly a mistake.
    #[arg(long)]
    pub(super) allow_empty: bool,
    /// Skips named files that are complete and not reports of tests, as in a directory.
    #[arg(long)]
    pub(super) skip_others: bool,
}

impl BuildOptions {
    /// The platform on which the tests ran, or the part that they test, if an argument names it.
    pub(super) fn tests_platform(&self) -> Option<&str> {
        self.platform.as_deref().or(self.part.as_deref())
    }

    /// The part of the repository to which the coverage belongs.
    pub(super) fn coverage_part(&self) -> &str {
        self.part.as_deref().unwrap_or("all")
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    /// The reports of tests.
    pub(super) files: &'a [PathBuf],
    pub(super) build: &'a BuildOptions,
    pub(super) server: Option<&'a Url>,
    /// What the tests ran on, or the part that they test.
    pub(super) tests_platform: &'a str,
}
