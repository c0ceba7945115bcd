//! The reports of one command: each is counted into a parcel, which has a body and an address.

use std::env;

use super::{
    body,
    ci::{self, BuildFacts},
    coverage,
    destination::{self, Destination},
    failure::ReportFailure,
    files::{self, NamedReport},
    options::ReportOptions,
    output::{first_lines, first_names, print_notice},
    signing::now,
    usage::UsageFault,
    values::NamedValue,
};

/// One report that is to be sent.
pub(super) struct Parcel<'a> {
    pub(super) destination: Destination<'a>,
    pub(super) body: Vec<u8>,
    /// What was counted.
    counted: String,
    /// The failure that it is, if nothing was counted.
    pub(super) empty: Option<ReportFailure>,
}

impl Parcel<'_> {
    /// What was recorded, and the badge for a README.
    pub(super) fn summary(&self) -> String {
        let Self { destination, counted, .. } = self;
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
}

/// Refuses addresses that the server would refuse, before any file is read.
pub(super) fn check(options: &ReportOptions, facts: &BuildFacts, values: &[NamedValue<'_>]) -> Result<(), UsageFault> {
    let counted = [tests_destination(options, facts), coverage_destination(options, facts)];
    let named = values.iter().map(|value| value_destination(options, facts, value));
    named.chain(counted).try_for_each(|destination| destination.check(options.allow_http))
}

/// Reads all files, and counts what is in them; the values come last.
pub(super) fn read_all<'a>(
    options: &'a ReportOptions,
    facts: &'a BuildFacts,
    values: &'a [NamedValue<'a>],
) -> Result<Vec<Parcel<'a>>, ReportFailure> {
    let mut parcels = Vec::new();
    if !options.files.is_empty() {
        parcels.push(tests(options, tests_destination(options, facts))?);
    }
    if !options.coverage.is_empty() {
        parcels.push(coverage(options, coverage_destination(options, facts))?);
    }
    for value in values {
        let body = value.body(facts, &now()).map_err(ReportFailure::Body)?;
        let counted = format!("{} is {}", value.label, value.text);
        parcels.push(Parcel { destination: value_destination(options, facts, value), body, counted, empty: None });
    }
    Ok(parcels)
}

fn tests_destination<'a>(options: &'a ReportOptions, facts: &'a BuildFacts) -> Destination<'a> {
    let server = options.server.as_ref();
    Destination { server, addresses: destination::TESTS, platform: options.tests_platform(), facts }
}

fn coverage_destination<'a>(options: &'a ReportOptions, facts: &'a BuildFacts) -> Destination<'a> {
    let server = options.server.as_ref();
    Destination { server, addresses: destination::COVERAGE, platform: options.coverage_part(), facts }
}

fn value_destination<'a>(
    options: &'a ReportOptions,
    facts: &'a BuildFacts,
    value: &'a NamedValue<'a>,
) -> Destination<'a> {
    let server = options.server.as_ref();
    Destination { server, addresses: destination::VALUES, platform: &value.name, facts }
}

/// Counts the tests.
fn tests<'a>(options: &ReportOptions, destination: Destination<'a>) -> Result<Parcel<'a>, ReportFailure> {
    let reports = read_reports(options)?;
    let body = body::write(destination.platform, destination.facts, &reports, &now()).map_err(ReportFailure::Body)?;
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
fn coverage<'a>(options: &ReportOptions, destination: Destination<'a>) -> Result<Parcel<'a>, ReportFailure> {
    let mut roots = options.coverage_root.clone();
    roots.extend(ci::checkouts(&|name| env::var(name).ok()));
    roots.extend(env::current_dir().ok().and_then(|directory| directory.to_str().map(str::to_owned)));
    let merged = coverage::read(&options.coverage, &roots)?;
    let body = merged.body(destination.platform, destination.facts, &now()).map_err(ReportFailure::Body)?;
    let counted = format!("{} in {} file(s)", merged.summary(), merged.reports);
    let empty = (merged.totals.lines.total == 0).then_some(ReportFailure::NoLines { reports: merged.reports });
    Ok(Parcel { destination, body, counted, empty })
}

/// Reads all reports of tests, and prints what a person should know about them.
fn read_reports(options: &ReportOptions) -> Result<Vec<NamedReport>, ReportFailure> {
    let files = files::read(&options.files, &files::TESTS, options.skip_others);
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
