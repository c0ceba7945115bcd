//! The reports of a build, counted without a server, from which `badgesmith render --from-report` makes pictures.

use std::{env, fmt, path::PathBuf};

use badgesmith_provider::fold;

use super::{
    build_options::{BuildOptions, Source},
    ci::BuildFacts,
    destination::CountedKind,
    facts,
    failure::ReportFailure,
    git, parcel,
    signing::now,
    usage::UsageFault,
};

/// The name of an unknown owner, repository, branch or commit.
const UNKNOWN: &str = "local";
/// The part to which tests belong if no argument names one.
const WHOLE: &str = "all";
/// The page of a build without a page. Reports need one, but pictures do not show it.
const NO_PAGE: &str = "http://localhost/";

/// The counted reports of a build.
#[derive(Debug)]
pub(crate) struct CountedBuild {
    pub(crate) owner: String,
    pub(crate) repo: String,
    pub(crate) branch: String,
    /// Whether the build has a page.
    pub(crate) has_page: bool,
    pub(crate) reports: Vec<CountedReport>,
}

/// One counted report.
#[derive(Debug)]
pub(crate) struct CountedReport {
    pub(crate) kind: CountedKind,
    /// The platform of the tests, the part of the repository, or the name of the value.
    pub(crate) part: String,
    /// The part, unless it is the whole.
    pub(crate) named_part: Option<String>,
    /// The body, as a server takes it.
    pub(crate) body: Vec<u8>,
    /// What was counted, in one line.
    pub(crate) words: String,
}

/// Why nothing was counted.
#[derive(Debug)]
pub(crate) struct CountFault(ReportFailure);

impl CountFault {
    /// The exit code of the command.
    pub(crate) fn code(&self) -> u8 {
        self.0.code()
    }
}

impl fmt::Display for CountFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Counts the reports of tests in `files`, and everything else that the options name. The branch and the commit come
/// from the arguments or the CI system, or else from the checkout.
///
/// # Errors
/// A file that is no report, an argument that is wrong, or a report without any tests or lines.
pub(crate) fn count(files: &[PathBuf], build: &BuildOptions) -> Result<CountedBuild, CountFault> {
    let (facts, has_page) = known_facts(build);
    count_for(files, build, &facts, has_page).map_err(CountFault)
}

fn count_for(
    files: &[PathBuf],
    build: &BuildOptions,
    facts: &BuildFacts,
    has_page: bool,
) -> Result<CountedBuild, ReportFailure> {
    let values = build.values.read(build.part.as_deref()).map_err(UsageFault::Values)?;
    let source = Source { files, build, server: None, tests_platform: build.tests_platform().unwrap_or(WHOLE) };
    parcel::check(source, false, facts, &values)?;
    let mut parcels = parcel::read_all(source, facts, &values)?;
    if let Some(empty) = parcels.iter_mut().find_map(|parcel| parcel.empty.take()).filter(|_| !build.allow_empty) {
        return Err(empty);
    }
    let reports = parcels.into_iter().map(|parcel| {
        let part = parcel.destination.platform;
        let is_whole = parcel.destination.addresses.kind != CountedKind::Value && fold(part) == WHOLE;
        CountedReport {
            kind: parcel.destination.addresses.kind,
            part: part.to_owned(),
            named_part: (!is_whole).then(|| part.to_owned()),
            body: parcel.body,
            words: parcel.counted,
        }
    });
    let of = |fact: &Option<String>| fact.clone().unwrap_or_default();
    let (owner, repo, branch) = (of(&facts.owner), of(&facts.repo), of(&facts.branch));
    Ok(CountedBuild { owner, repo, branch, has_page, reports: reports.collect() })
}

/// The facts of the build, with a placeholder for each unknown one, and whether the build has a page. A build without a
/// run id gets the time as its id, so that it differs from every other build.
fn known_facts(build: &BuildOptions) -> (BuildFacts, bool) {
    let known = facts::of(build, false);
    let head = env::current_dir().ok().and_then(|folder| git::head(&folder)).unwrap_or_default();
    let or_unknown = |fact: Option<String>| Some(fact.unwrap_or_else(|| UNKNOWN.to_owned()));
    let has_page = known.html_url.is_some();
    let facts = BuildFacts {
        owner: or_unknown(known.owner),
        repo: or_unknown(known.repo),
        branch: or_unknown(known.branch.or(head.branch)),
        commit: or_unknown(known.commit.or(head.commit)),
        run_id: Some(known.run_id.unwrap_or_else(|| format!("{UNKNOWN}-{}", now()))),
        html_url: Some(known.html_url.unwrap_or_else(|| NO_PAGE.to_owned())),
        ..known
    };
    (facts, has_page)
}
