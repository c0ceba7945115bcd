//! The arguments of the command.

use std::{env, path::PathBuf};

use clap::{ArgAction, Args, builder::NonEmptyStringValueParser};
use url::Url;

use super::{
    build_options::{BuildOptions, Source},
    patience::Patience,
};

/// The tests of a build and what they cover, and the badge server to report them to.
#[derive(Args, Debug)]
#[command(after_help = "\
GitHub Actions, GitLab, Azure Pipelines, Jenkins and CircleCI tell a job its repository, branch, commit and run in
environment variables; there only --server is needed. An option takes precedence over them.

The report is signed with the secret in BADGESMITH_SECRET or in --secret-file, or proven by --oidc. A build of a fork has
neither: it sends nothing, prints a notice and exits with 0.

Report formats: JUnit XML, TRX, NUnit 2 and 3, xUnit.net, TestNG, Robot Framework, CTest, Boost.Test, Catch2, doctest,
CppUnit, Check, TAP, CTRF, Cucumber JSON and messages, go test -json and -v, libtest JSON, dart, mocha, Mochawesome,
RSpec, Playwright, Jest and Vitest JSON. The format is recognized by the content.

Coverage formats: Cobertura, JaCoCo, lcov, Clover, OpenCover, dotCover and Visual Studio XML, go cover profiles, and the
JSON of SimpleCov, coverage.py, Istanbul, llvm-cov, gcov, gcovr and Coveralls. Reports are merged by source file and line.

Values: size=1.2MB is bytes, share=87.5% a percentage, time='3m 20s' a duration, release=1.2.3 a version, warnings=3 a
number, and anything else a text. --value-as says otherwise.

Exit codes: 0 sent, or nothing to prove the origin with in the build of a fork; 1 refused by the server or not delivered;
2 something is missing or wrong in the arguments or the permissions; 3 a report is missing or cannot be read, or the
reports have no tests. With --fail-on-error=false they are warnings, and the code is 0.")]
pub(crate) struct ReportOptions {
    /// Reports, directories with reports in them, patterns such as '**/TEST-*.xml', or - for standard input.
    #[arg(required_unless_present_any = ["coverage", "values"], value_name = "FILES")]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) build: BuildOptions,
    /// The address of the badge server.
    #[arg(long, env = "BADGESMITH_SERVER", value_name = "URL")]
    pub(super) server: Option<Url>,
    /// A file with the secret; by default it is read from the variable BADGESMITH_SECRET.
    #[arg(long, value_name = "FILE", conflicts_with = "oidc")]
    pub(super) secret_file: Option<PathBuf>,
    /// Proves the origin by the ID token of GitHub Actions or GitLab CI in the place of a secret. The audience of
    /// GitHub's token is the origin of the server, unless another is given after =.
    #[arg(long, value_name = "AUDIENCE", num_args = 0..=1, require_equals = true, value_parser = NonEmptyStringValueParser::new())]
    pub(super) oidc: Option<Option<String>>,
    /// How long transient faults are retried, for all reports of the command together, such as 30, 90s or 2m. With 0
    /// there is one attempt for each.
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    pub(super) patience: Patience,
    /// Whether the command fails if a report is not recorded. With =false it warns, and exits with 0.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_value_t = true,
        default_missing_value = "true", hide_possible_values = true, action = ArgAction::Set)]
    pub(super) fail_on_error: bool,
    /// Prints what would be sent as JSON, and sends nothing; needs neither a server nor a secret.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Prints the headers that sign the report, but no token; with --dry-run before the body, so that curl can send it.
    #[arg(long)]
    pub(super) print_headers: bool,
    /// Sends to an http:// address of another machine, although the connection is not encrypted.
    #[arg(long)]
    pub(super) allow_http: bool,
}

impl ReportOptions {
    /// The source of the counts.
    pub(super) fn source(&self) -> Source<'_> {
        Source {
            files: &self.files,
            build: &self.build,
            server: self.server.as_ref(),
            tests_platform: self.build.tests_platform().unwrap_or(env::consts::OS),
        }
    }
}
