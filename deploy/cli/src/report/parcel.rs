//! The reports of one command: each is counted into a parcel, which has a body and an address.

use std::env;

use super::{
    body,
    build_options::{BuildOptions, Source},
    ci::{self, BuildFacts},
    coverage,
    destination::{self, Destination},
    failure::ReportFailure,
    files::{self, NamedReport},
    output::{first_lines, first_names},
    signing::now,
    usage::UsageFault,
    values::NamedValue,
};
use crate::output::print_notice;

/// One report that is to be sent.
pub(super) struct Parcel<'a> {
    pub(super) destination: Destination<'a>,
    pub(super) body: Vec<u8>,
    /// What was counted.
    pub(super) counted: String,
    /// The failure to report if nothing was counted.
    pub(super) empty: Option<ReportFailure>,
}

impl Parcel<'_> {
    /// The message that the report was recorded, and the badge for a README.
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
pub(super) fn check(
    source: Source<'_>,
    allows_http: bool,
    facts: &BuildFacts,
    values: &[NamedValue<'_>],
) -> Result<(), UsageFault> {
    let counted = [tests_destination(source, facts), coverage_destination(source, facts)];
    let named = values.iter().map(|value| value_destination(source, facts, value));
    named.chain(counted).try_for_each(|destination| destination.check(allows_http))
}

/// Reads all files and counts their contents. The values come last.
pub(super) fn read_all<'a>(
    source: Source<'a>,
    facts: &'a BuildFacts,
    values: &'a [NamedValue<'a>],
) -> Result<Vec<Parcel<'a>>, ReportFailure> {
    let mut parcels = Vec::new();
    if !source.files.is_empty() {
        parcels.push(tests(source, tests_destination(source, facts))?);
    }
    if !source.build.coverage.is_empty() {
        parcels.push(coverage(source.build, coverage_destination(source, facts))?);
    }
    for value in values {
        let body = value.body(facts, &now()).map_err(ReportFailure::Body)?;
        let counted = format!("{} is {}", value.label, value.text);
        parcels.push(Parcel { destination: value_destination(source, facts, value), body, counted, empty: None });
    }
    Ok(parcels)
}

fn tests_destination<'a>(source: Source<'a>, facts: &'a BuildFacts) -> Destination<'a> {
    let Source { server, tests_platform, .. } = source;
    Destination { server, addresses: destination::TESTS, platform: tests_platform, facts }
}

fn coverage_destination<'a>(source: Source<'a>, facts: &'a BuildFacts) -> Destination<'a> {
    let platform = source.build.coverage_part();
    Destination { server: source.server, addresses: destination::COVERAGE, platform, facts }
}

fn value_destination<'a>(source: Source<'a>, facts: &'a BuildFacts, value: &'a NamedValue<'a>) -> Destination<'a> {
    Destination { server: source.server, addresses: destination::VALUES, platform: &value.name, facts }
}

/// Counts the tests.
fn tests<'a>(source: Source<'_>, destination: Destination<'a>) -> Result<Parcel<'a>, ReportFailure> {
    let reports = read_reports(source)?;
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
fn coverage<'a>(options: &BuildOptions, destination: Destination<'a>) -> Result<Parcel<'a>, ReportFailure> {
    let mut roots = options.coverage_root.clone();
    roots.extend(ci::checkouts(&|name| env::var(name).ok()));
    roots.extend(env::current_dir().ok().and_then(|directory| directory.to_str().map(str::to_owned)));
    let merged = coverage::read(&options.coverage, &roots)?;
    let body = merged.body(destination.platform, destination.facts, &now()).map_err(ReportFailure::Body)?;
    let counted = format!("{} in {} file(s)", merged.summary(), merged.reports);
    let empty = (merged.totals.lines.total == 0).then_some(ReportFailure::NoLines { reports: merged.reports });
    Ok(Parcel { destination, body, counted, empty })
}

/// Reads all reports of tests, and prints remarks about them.
fn read_reports(source: Source<'_>) -> Result<Vec<NamedReport>, ReportFailure> {
    let files = files::read(source.files, &files::TESTS, source.build.skip_others);
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
