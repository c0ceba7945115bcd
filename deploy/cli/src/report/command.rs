//! `badgesmith report`: what a build's tests said, counted, signed and sent.

mod body;
mod ci;
mod files;
mod send;

use std::{
    fmt, fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

use badgesmith_formats::TestReport as Counted;
use clap::Args;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tokio::runtime;
use url::{Host, Url};

use ci::Facts;
use send::Letter;
pub(crate) use send::{Secret, Signed};

/// The variable that holds the secret.
const SECRET: &str = "BADGESMITH_SECRET";
/// The largest file with a secret, in bytes.
const LARGEST_SECRET: u64 = 8 * 1024;
/// What stays as it is in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Remarks and refusals beyond this many are only counted.
const MOST_LINES: usize = 20;
/// Files that were passed over beyond this many are only counted.
const MOST_NAMES: usize = 10;

/// One build's tests, and where to report them.
#[derive(Args, Debug)]
#[command(after_help = "\
GitHub Actions, GitLab, Azure Pipelines, Jenkins and CircleCI say themselves which repository, branch, commit and run a
job belongs to; there --server is all that is needed. An option outweighs what they say.

The report is signed with the secret in BADGESMITH_SECRET or in --secret-file. A build without one, as of a fork, sends
nothing, says so and goes on.

Kinds of reports: JUnit XML, TRX, NUnit 2 and 3, xUnit.net, CTest, Boost.Test, CppUnit, Check, TAP, CTRF, go test -json
and -v, libtest JSON, dart, mocha, RSpec, Playwright, Jest and Vitest JSON. The kind is found by what is in a file.

Exit codes: 0 sent, or nothing to sign with; 1 refused by the server or not delivered; 2 something is missing or wrong
in the arguments; 3 a report is missing or cannot be read, or the reports have no tests.")]
pub(crate) struct Report {
    /// Reports, directories with reports in them, patterns such as '**/TEST-*.xml', or - for standard input.
    #[arg(required = true, value_name = "FILES")]
    files: Vec<PathBuf>,
    /// The badge server's address.
    #[arg(long, env = "BADGESMITH_SERVER", value_name = "URL")]
    server: Option<Url>,
    /// Whose repository it is.
    #[arg(long)]
    owner: Option<String>,
    /// The repository.
    #[arg(long)]
    repo: Option<String>,
    /// The branch the badge is of.
    #[arg(long)]
    branch: Option<String>,
    /// What the tests ran on; one badge each.
    #[arg(long, default_value = std::env::consts::OS)]
    platform: String,
    /// The commit that was tested.
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// What tells this run from others. A run is recorded once for each platform.
    #[arg(long, value_name = "ID")]
    run_id: Option<String>,
    /// Which try of the run it is, from 1.
    #[arg(long, value_name = "NUMBER")]
    run_attempt: Option<u32>,
    /// Where the badge leads to.
    #[arg(long, value_name = "URL")]
    html_url: Option<String>,
    /// Where the run is to be seen.
    #[arg(long, value_name = "URL")]
    run_url: Option<String>,
    /// A file that holds the secret; without it the variable BADGESMITH_SECRET does.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Sends a result without any tests; without this option that is refused, since it is mostly a mistake.
    #[arg(long)]
    allow_empty: bool,
    /// Passes over named files that are whole and no reports, as in a directory.
    #[arg(long)]
    skip_others: bool,
    /// Prints what would be sent, as JSON, and sends nothing; needs neither server nor secret.
    #[arg(long)]
    dry_run: bool,
    /// Prints the headers that sign the report; with --dry-run before the body, so that curl can send it.
    #[arg(long)]
    print_headers: bool,
    /// Sends to an http:// address of another machine, where anybody on the way can read along.
    #[arg(long)]
    allow_http: bool,
}

/// Why nothing was sent. The number is the exit code.
#[derive(Debug)]
enum Failure {
    Undelivered(String),
    Usage(String),
    Unreadable(String),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Undelivered(_) => 1,
            Self::Usage(_) => 2,
            Self::Unreadable(_) => 3,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Undelivered(words) | Self::Usage(words) | Self::Unreadable(words)) = self;
        f.write_str(words)
    }
}

/// Counts, signs and sends.
pub(crate) fn run(report: &Report) -> ExitCode {
    match report.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&failure.to_string());
            ExitCode::from(failure.code())
        }
    }
}

impl Report {
    fn run(&self) -> Result<(), Failure> {
        let secret = self.secret()?;
        if secret.is_none() && !self.dry_run {
            tell(&format!(
                "notice: nothing is sent, because there is no secret to sign with. Builds of forks have none; elsewhere set {SECRET}"
            ));
            return Ok(());
        }
        let facts = self.facts();
        if !self.dry_run || self.print_headers {
            self.need(&facts)?;
        }
        let found = files::read(&self.files, self.skip_others);
        if !found.refusals.is_empty() {
            return Err(Failure::Unreadable(lines(&found.refusals)));
        }
        if !found.others.is_empty() {
            tell(&format!("notice: passed over, because they are no reports of tests: {}", listed(&found.others)));
        }
        if found.reports.is_empty() {
            return Err(Failure::Unreadable("no file that was found is a report of tests".to_owned()));
        }
        let remarks: Vec<_> = remarks(&found.reports);
        if !remarks.is_empty() {
            tell(&lines(&remarks));
        }
        let body = body::write(&self.platform, &facts, &found.reports, &now()).map_err(Failure::Usage)?;
        let is_empty = body::sum(&found.reports).total() == 0 && !self.allow_empty;
        if self.dry_run {
            self.print(&facts, &body, secret.as_ref())?;
        }
        if is_empty {
            let files = found.reports.len();
            return Err(Failure::Unreadable(format!(
                "the {files} report(s) have no tests; did they run? --allow-empty sends that all the same"
            )));
        }
        if self.dry_run {
            return Ok(());
        }
        let Some(secret) = secret else { return Ok(()) };
        self.send(&facts, &body, &secret)?;
        // It is recorded, whether anybody reads that or not.
        let _ = say(&self.sent(&facts, &found.reports));
        Ok(())
    }

    /// What the arguments say, and the CI system where they say nothing.
    fn facts(&self) -> Facts {
        let known = ci::read(&|name| std::env::var(name).ok());
        Facts {
            owner: self.owner.clone().or(known.owner),
            repo: self.repo.clone().or(known.repo),
            branch: self.branch.clone().or(known.branch),
            commit: self.commit.clone().or(known.commit),
            // An attempt counts the tries of the run it belongs to.
            run_attempt: self.run_attempt.or(known.run_attempt.filter(|_| self.run_id.is_none())),
            run_id: self.run_id.clone().or(known.run_id),
            html_url: self.html_url.clone().or(known.html_url),
            run_url: self.run_url.clone().or(known.run_url),
        }
    }

    /// Refuses what cannot be sent.
    fn need(&self, facts: &Facts) -> Result<(), Failure> {
        let wanted = [
            ("--owner", &facts.owner),
            ("--repo", &facts.repo),
            ("--branch", &facts.branch),
            ("--commit", &facts.commit),
            ("--run-id", &facts.run_id),
            ("--html-url", &facts.html_url),
        ];
        let is_missing = |fact: &Option<String>| fact.as_deref().is_none_or(|fact| fact.trim().is_empty());
        let mut missing: Vec<_> = wanted.iter().filter(|(_, fact)| is_missing(fact)).map(|(name, _)| *name).collect();
        if self.server.is_none() && !self.dry_run {
            missing.insert(0, "--server");
        }
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(Failure::Usage(format!("nothing here says {missing}; give it")));
        }
        if self.path(facts).split('/').any(|part| ["", ".", ".."].contains(&part)) {
            let words = "--platform, --owner, --repo and the parts of --branch must not be empty, `.` or `..`";
            return Err(Failure::Usage(words.to_owned()));
        }
        // The server refuses these, and a gateway in front of it would read another address in them.
        let is_plain = |name: &str| !name.contains('/') && percent_decode_str(name).decode_utf8_lossy() == name;
        let names = [Some(&self.platform), facts.owner.as_ref(), facts.repo.as_ref()];
        if !names.into_iter().flatten().all(|name| is_plain(name)) {
            let words = "--platform, --owner and --repo must hold no slash and nothing percent-encoded";
            return Err(Failure::Usage(words.to_owned()));
        }
        self.server.as_ref().map_or(Ok(()), |server| self.check(server))
    }

    /// Plain http is for this machine: a signature that is read on the way can be sent once in our place.
    fn check(&self, server: &Url) -> Result<(), Failure> {
        let is_here = match server.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let words = match server.scheme() {
            "https" | "http" if !server.username().is_empty() || server.password().is_some() => {
                "--server must have no user or password in it"
            }
            "https" => return Ok(()),
            "http" if is_here || self.allow_http => return Ok(()),
            "http" => {
                "--server is http:// on another machine, where anybody on the way reads along; use https://, or --allow-http in a network of your own"
            }
            _ => "--server must be an https:// address",
        };
        Err(Failure::Usage(words.to_owned()))
    }

    /// `linux/acme/shop/feature/x`, each part percent-encoded.
    fn path(&self, facts: &Facts) -> String {
        let of = |fact: &Option<String>| escape(fact.as_deref().unwrap_or_default());
        let branch = facts.branch.as_deref().unwrap_or_default();
        let branch: Vec<_> = branch.split('/').map(escape).collect();
        format!("{}/{}/{}/{}", escape(&self.platform), of(&facts.owner), of(&facts.repo), branch.join("/"))
    }

    /// The secret, without the line end that `echo` puts behind it; an empty one is none.
    fn secret(&self) -> Result<Option<Secret>, Failure> {
        let text = match &self.secret_file {
            Some(file) => Some(from_file(file)?),
            None => std::env::var_os(SECRET)
                .map(|secret| secret.into_string().map_err(|_| Failure::Usage(format!("{SECRET} is not text"))))
                .transpose()?,
        };
        let text = text.map(|text| text.trim_matches(['\r', '\n']).to_owned());
        Ok(text.filter(|text| !text.trim().is_empty()).map(Secret))
    }

    fn print(&self, facts: &Facts, body: &[u8], secret: Option<&Secret>) -> Result<(), Failure> {
        let mut text = String::new();
        if self.print_headers {
            let Some(secret) = secret else {
                let words = format!("--print-headers needs the secret, from {SECRET} or --secret-file");
                return Err(Failure::Usage(words));
            };
            let path = format!("/tests/results/{}", self.path(facts));
            text = format!("POST {path}\n{}\n", Signed::new(secret, &path, body));
        }
        text += &String::from_utf8_lossy(body);
        say(&(text + "\n")).map_err(Failure::Undelivered)
    }

    fn send(&self, facts: &Facts, body: &[u8], secret: &Secret) -> Result<(), Failure> {
        let path = format!("/tests/results/{}", self.path(facts));
        let url = Url::parse(&format!("{}{path}", self.base()))
            .map_err(|fault| Failure::Usage(format!("--server: {fault}")))?;
        let letter = Letter { url, path: &path, body, secret };
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|fault| Failure::Undelivered(format!("the runtime cannot start: {fault}")))?;
        let show = |signed: &Signed| {
            if self.print_headers {
                let _ = write!(std::io::stderr(), "{signed}");
            }
        };
        runtime.block_on(send::send(&letter, show)).map_err(Failure::Undelivered)
    }

    /// The server's address without a slash at its end, a query or a fragment.
    fn base(&self) -> String {
        let Some(mut server) = self.server.clone() else { return String::new() };
        server.set_query(None);
        server.set_fragment(None);
        server.as_str().trim_end_matches('/').to_owned()
    }

    /// What was sent, and the badge for a README.
    fn sent(&self, facts: &Facts, reports: &[(String, Counted)]) -> String {
        let counts = body::sum(reports);
        let (base, path) = (self.base(), self.path(facts));
        let of = |fact: &Option<String>| fact.clone().unwrap_or_default();
        format!(
            "{} passed, {} failed, {} skipped in {} file(s), recorded for {}/{}, {} on {}\n\
             [![tests]({base}/badges/tests/{path}.svg)]({base}/redirect/test-results/{path})\n",
            counts.passed,
            counts.failed,
            counts.skipped,
            reports.len(),
            of(&facts.owner),
            of(&facts.repo),
            of(&facts.branch),
            self.platform,
        )
    }
}

fn from_file(file: &Path) -> Result<String, Failure> {
    let fault = |words: &str| Failure::Usage(format!("--secret-file {}: {words}", file.display()));
    let length = fs::metadata(file).map_err(|error| fault(&error.to_string()))?.len();
    if length > LARGEST_SECRET {
        return Err(fault("it is too large to be a secret"));
    }
    fs::read_to_string(file).map_err(|error| fault(&error.to_string()))
}

/// What a person should know about the reports, each with its file.
fn remarks(reports: &[(String, Counted)]) -> Vec<String> {
    let of = |(name, report): &(String, Counted)| {
        report.remarks.iter().map(|remark| format!("{name}: {remark}")).collect::<Vec<_>>()
    };
    reports.iter().flat_map(of).collect()
}

/// Some lines, and how many more there are.
fn lines(all: &[String]) -> String {
    let mut text = all.iter().take(MOST_LINES).cloned().collect::<Vec<_>>().join("\n");
    if all.len() > MOST_LINES {
        text += &format!("\nand {} more", all.len() - MOST_LINES);
    }
    text
}

/// Some names on one line, and how many more there are.
fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMES {
        text += &format!(" and {} more", names.len() - MOST_NAMES);
    }
    text
}

/// One segment of a path.
fn escape(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The time in UTC, to the millisecond: of two results the later one is shown. A clock that is outside every calendar
/// says 1970, which no server accepts.
pub(crate) fn now() -> String {
    format!("{:.3}", Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// To standard error, each line with our name; nobody is left to tell if it is closed.
fn tell(words: &str) {
    let text: String = words.lines().map(|line| format!("badgesmith: {line}\n")).collect();
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// To standard output.
fn say(words: &str) -> Result<(), String> {
    let mut out = std::io::stdout();
    out.write_all(words.as_bytes()).and_then(|()| out.flush()).map_err(|fault| format!("standard output: {fault}"))
}
