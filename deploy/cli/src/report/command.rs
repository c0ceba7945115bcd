//! The command: its arguments, and the steps from the files to the recorded report.

use std::{env, io::Write, path::PathBuf, process::ExitCode};

use clap::Args;
use tokio::runtime;
use url::Url;

use super::{
    body,
    ci::{self, BuildFacts},
    coverage,
    destination::{self, Addresses, Destination},
    failure::ReportFailure,
    files::{self, NamedReport},
    output::{first_lines, first_names, print_notice, print_result},
    secret::{self, ReportSecret},
    send::{self, Delivery},
    signing::{SignedHeaders, now},
    usage::UsageFault,
};

/// The tests of a build and what they cover, and the badge server to report them to.
#[derive(Args, Debug)]
#[command(after_help = "\
GitHub Actions, GitLab, Azure Pipelines, Jenkins and CircleCI tell a job its repository, branch, commit and run in
environment variables; there only --server is needed. An option takes precedence over them.

The report is signed with the secret in BADGESMITH_SECRET or in --secret-file. A build without one, as of a fork, sends
nothing, prints a notice and exits with 0.

Report formats: JUnit XML, TRX, NUnit 2 and 3, xUnit.net, TestNG, Robot Framework, CTest, Boost.Test, Catch2, doctest,
CppUnit, Check, TAP, CTRF, Cucumber JSON and messages, go test -json and -v, libtest JSON, dart, mocha, Mochawesome,
RSpec, Playwright, Jest and Vitest JSON. The format is recognized by the content.

Coverage formats: Cobertura, JaCoCo, lcov, Clover, OpenCover, dotCover and Visual Studio XML, go cover profiles, and the
JSON of SimpleCov, coverage.py, Istanbul, llvm-cov, gcov, gcovr and Coveralls. Reports are merged by source file and line.

Exit codes: 0 sent, or nothing to sign with; 1 refused by the server or not delivered; 2 something is missing or wrong
in the arguments; 3 a report is missing or cannot be read, or the reports have no tests.")]
pub(crate) struct ReportOptions {
    /// Reports, directories with reports in them, patterns such as '**/TEST-*.xml', or - for standard input.
    #[arg(required_unless_present = "coverage", value_name = "FILES")]
    files: Vec<PathBuf>,
    /// Coverage reports, as files, directories or patterns; with reports of tests before it or alone.
    #[arg(long, num_args = 1.., value_name = "FILES")]
    coverage: Vec<PathBuf>,
    /// The address of the badge server.
    #[arg(long, env = "BADGESMITH_SERVER", value_name = "URL")]
    server: Option<Url>,
    /// The owner of the repository.
    #[arg(long)]
    owner: Option<String>,
    /// The repository.
    #[arg(long)]
    repo: Option<String>,
    /// The branch of the badge.
    #[arg(long)]
    branch: Option<String>,
    /// What the tests ran on; each platform has its own badge.
    #[arg(long, default_value = std::env::consts::OS)]
    platform: String,
    /// The part of the repository that is covered, such as a package; each part has its own badge of coverage.
    #[arg(long, value_name = "NAME", default_value = "all")]
    part: String,
    /// A directory that paths in coverage reports begin with, besides the working directory and the checkout of the CI
    /// system.
    #[arg(long, value_name = "DIRECTORY")]
    coverage_root: Vec<String>,
    /// The commit that was tested.
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// The id of this run, which is recorded once for each platform.
    #[arg(long, value_name = "ID")]
    run_id: Option<String>,
    /// The attempt of the run, from 1.
    #[arg(long, value_name = "NUMBER")]
    run_attempt: Option<u32>,
    /// The page that the badge links to.
    #[arg(long, value_name = "URL")]
    html_url: Option<String>,
    /// The page of the run.
    #[arg(long, value_name = "URL")]
    run_url: Option<String>,
    /// A file with the secret; by default it is read from the variable BADGESMITH_SECRET.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Sends a result without any tests or lines; by default that is refused, because it is mostly a mistake.
    #[arg(long)]
    allow_empty: bool,
    /// Skips named files that are complete and not reports of tests, as in a directory.
    #[arg(long)]
    skip_others: bool,
    /// Prints what would be sent as JSON, and sends nothing; needs neither a server nor a secret.
    #[arg(long)]
    dry_run: bool,
    /// Prints the headers that sign the report; with --dry-run before the body, so that curl can send it.
    #[arg(long)]
    print_headers: bool,
    /// Sends to an http:// address of another machine, although the connection is not encrypted.
    #[arg(long)]
    allow_http: bool,
}

/// One report that is to be sent.
struct Parcel<'a> {
    destination: Destination<'a>,
    body: Vec<u8>,
    /// What was counted.
    counted: String,
    /// The failure that it is, if nothing was counted.
    empty: Option<ReportFailure>,
}

/// Counts, signs and sends.
pub(crate) fn run(report: &ReportOptions) -> ExitCode {
    match report.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print_notice(&failure.to_string());
            ExitCode::from(failure.code())
        }
    }
}

impl ReportOptions {
    fn run(&self) -> Result<(), ReportFailure> {
        let secret = secret::read(self.secret_file.as_deref())?;
        if secret.is_none() && !self.dry_run {
            print_notice(&format!(
                "notice: nothing is sent, because there is no secret to sign with. Builds of forks have none; \
                 elsewhere set {}",
                secret::VARIABLE
            ));
            return Ok(());
        }
        let facts = self.facts();
        let tests = self.destination(destination::TESTS, &self.platform, &facts);
        let coverage = self.destination(destination::COVERAGE, &self.part, &facts);
        if !self.dry_run || self.print_headers {
            self.require(&facts)?;
            tests.check(self.allow_http)?;
            coverage.check(self.allow_http)?;
        }
        let mut parcels = Vec::new();
        if !self.files.is_empty() {
            parcels.push(self.tests(tests)?);
        }
        if !self.coverage.is_empty() {
            parcels.push(self.coverage(coverage)?);
        }
        if self.dry_run {
            for parcel in &parcels {
                self.print(parcel, secret.as_ref())?;
            }
        }
        if let Some(empty) = parcels.iter_mut().find_map(|parcel| parcel.empty.take()).filter(|_| !self.allow_empty) {
            return Err(empty);
        }
        match secret.filter(|_| !self.dry_run) {
            Some(secret) => self.send_all(&parcels, &secret),
            None => Ok(()),
        }
    }

    fn destination<'a>(&'a self, addresses: Addresses, platform: &'a str, facts: &'a BuildFacts) -> Destination<'a> {
        Destination { server: self.server.as_ref(), addresses, platform, facts }
    }

    /// Counts the tests.
    fn tests<'a>(&self, destination: Destination<'a>) -> Result<Parcel<'a>, ReportFailure> {
        let reports = self.read_reports()?;
        let body = body::write(&self.platform, destination.facts, &reports, &now()).map_err(ReportFailure::Body)?;
        let counts = body::sum(&reports);
        let counted = format!(
            "{} passed, {} failed, {} skipped in {} file(s)",
            counts.passed,
            counts.failed,
            counts.skipped,
            reports.len()
        );
        let empty = (counts.total() == 0).then_some(ReportFailure::NoTests { reports: reports.len() });
        Ok(Parcel { destination, body, counted, empty })
    }

    /// Merges the coverage.
    fn coverage<'a>(&self, destination: Destination<'a>) -> Result<Parcel<'a>, ReportFailure> {
        let mut roots = self.coverage_root.clone();
        roots.extend(ci::checkouts(&|name| env::var(name).ok()));
        roots.extend(env::current_dir().ok().and_then(|directory| directory.to_str().map(str::to_owned)));
        let merged = coverage::read(&self.coverage, &roots)?;
        let body = merged.body(&self.part, destination.facts, &now()).map_err(ReportFailure::Body)?;
        let counted = format!("{} in {} file(s)", merged.summary(), merged.reports);
        let empty = (merged.totals.lines.total == 0).then_some(ReportFailure::NoLines { reports: merged.reports });
        Ok(Parcel { destination, body, counted, empty })
    }

    /// Sends all reports, also after a failure of one, and prints what was recorded.
    fn send_all(&self, parcels: &[Parcel<'_>], secret: &ReportSecret) -> Result<(), ReportFailure> {
        let mut outcome = Ok(());
        for parcel in parcels {
            match (self.send(parcel, secret), &outcome) {
                // The report is recorded, so a closed standard output is not a failure.
                (Ok(()), _) => drop(print_result(&summary(parcel))),
                (Err(failure), Ok(())) => outcome = Err(failure),
                (Err(failure), Err(_)) => print_notice(&failure.to_string()),
            }
        }
        outcome
    }

    /// The facts in the arguments, and those of the CI system where an argument is missing.
    fn facts(&self) -> BuildFacts {
        let known = ci::read(&|name| env::var(name).ok());
        BuildFacts {
            owner: self.owner.clone().or(known.owner),
            repo: self.repo.clone().or(known.repo),
            branch: self.branch.clone().or(known.branch),
            commit: self.commit.clone().or(known.commit),
            // An attempt counts the tries of its own run.
            run_attempt: self.run_attempt.or(known.run_attempt.filter(|_| self.run_id.is_none())),
            run_id: self.run_id.clone().or(known.run_id),
            html_url: self.html_url.clone().or(known.html_url),
            run_url: self.run_url.clone().or(known.run_url),
        }
    }

    /// Refuses a report with missing facts.
    fn require(&self, facts: &BuildFacts) -> Result<(), UsageFault> {
        let required = [
            ("--owner", &facts.owner),
            ("--repo", &facts.repo),
            ("--branch", &facts.branch),
            ("--commit", &facts.commit),
            ("--run-id", &facts.run_id),
            ("--html-url", &facts.html_url),
        ];
        let is_missing = |fact: &Option<String>| fact.as_deref().is_none_or(|fact| fact.trim().is_empty());
        let mut missing: Vec<_> = required.iter().filter(|(_, fact)| is_missing(fact)).map(|(name, _)| *name).collect();
        if self.server.is_none() && !self.dry_run {
            missing.insert(0, "--server");
        }
        if missing.is_empty() { Ok(()) } else { Err(UsageFault::Missing(missing)) }
    }

    /// Reads all reports, and prints what a person should know about them.
    fn read_reports(&self) -> Result<Vec<NamedReport>, ReportFailure> {
        let files = files::read(&self.files, &files::TESTS, self.skip_others);
        if !files.refusals.is_empty() {
            return Err(ReportFailure::Files(files.refusals));
        }
        if !files.others.is_empty() {
            let names = first_names(&files.others);
            print_notice(&format!("notice: passed over, because they are no reports of tests: {names}"));
        }
        if files.reports.is_empty() {
            return Err(ReportFailure::NoReports);
        }
        let remarks_of = |NamedReport { file, report }: &NamedReport| {
            report.remarks.iter().map(|remark| format!("{file}: {remark}")).collect::<Vec<_>>()
        };
        let remarks: Vec<_> = files.reports.iter().flat_map(remarks_of).collect();
        print_notice(&first_lines(&remarks));
        Ok(files.reports)
    }

    /// Prints what would be sent.
    fn print(&self, parcel: &Parcel<'_>, secret: Option<&ReportSecret>) -> Result<(), ReportFailure> {
        let Parcel { destination, body, .. } = parcel;
        let mut text = String::new();
        if self.print_headers {
            let secret = secret.ok_or(UsageFault::HeadersWithoutSecret)?;
            let path = destination.report_path();
            text = format!("POST {path}\n{}\n", SignedHeaders::new(secret, &path, body));
        }
        text += &String::from_utf8_lossy(body);
        print_result(&(text + "\n")).map_err(ReportFailure::Output)
    }

    fn send(&self, parcel: &Parcel<'_>, secret: &ReportSecret) -> Result<(), ReportFailure> {
        let Parcel { destination, body, .. } = parcel;
        let path = destination.report_path();
        let delivery = Delivery { url: destination.report_url()?, path: &path, body, secret };
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let show = |headers: &SignedHeaders| {
            if self.print_headers {
                let _ = write!(std::io::stderr(), "{headers}");
            }
        };
        runtime.map_err(ReportFailure::Runtime)?.block_on(send::send(&delivery, show)).map_err(ReportFailure::Send)
    }
}

/// What was recorded, and the badge for a README.
fn summary(parcel: &Parcel<'_>) -> String {
    let Parcel { destination, counted, .. } = parcel;
    let facts = destination.facts;
    let of = |fact: &Option<String>| fact.clone().unwrap_or_default();
    format!(
        "{counted}, recorded for {}/{}, {} on {}\n{}\n",
        of(&facts.owner),
        of(&facts.repo),
        of(&facts.branch),
        destination.platform,
        destination.markdown(),
    )
}
