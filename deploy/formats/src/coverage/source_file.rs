//! The coverage of one source file, stored for each place in the file so that reports can be merged.

use std::collections::BTreeMap;

use crate::{
    coverage::count::{CoverageCount, CoverageTotals},
    report::ReportFormat,
};

/// A place in a source file: its line, and a mark that distinguishes it from others on the line.
type Place = u64;

/// The coverage of one source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceFile {
    format: ReportFormat,
    /// Lines, or statements where the tool counts those.
    units: BTreeMap<Place, Covered>,
    branches: BTreeMap<Place, Covered>,
    functions: BTreeMap<u64, bool>,
    /// The totals that the report states itself, if it has no lines or does not count by lines. They are used as long
    /// as no other report has lines of the file.
    stated: Option<CoverageTotals>,
}

/// How many of the statements, branches or functions at a place were covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Covered {
    covered: u32,
    total: u32,
}

/// Two reports have only totals of the same file, and the totals differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OnlyTotals;

impl SourceFile {
    pub(crate) fn new(format: ReportFormat) -> Self {
        Self { format, units: BTreeMap::new(), branches: BTreeMap::new(), functions: BTreeMap::new(), stated: None }
    }

    /// Adds a line. If it is added several times, it is covered if it was covered once.
    pub(crate) fn line(&mut self, line: u32, is_covered: bool) {
        self.statements(line, 0, 1, is_covered);
    }

    /// Adds `count` statements that begin in a line and run together. The mark distinguishes them from others of the
    /// line.
    pub(crate) fn statements(&mut self, line: u32, mark: u32, count: u32, is_covered: bool) {
        add(&mut self.units, place(line, mark), if is_covered { count } else { 0 }, count);
    }

    /// Adds one branch of a line. The mark distinguishes it from others of the line.
    pub(crate) fn branch(&mut self, line: u32, mark: u32, is_covered: bool) {
        add(&mut self.branches, place(line, mark), u32::from(is_covered), 1);
    }

    /// Adds all branches of a line, if only their number is known. If they are added several times, the greatest number
    /// of covered ones counts.
    pub(crate) fn branches(&mut self, line: u32, covered: u32, total: u32) {
        if total > 0 {
            add(&mut self.branches, place(line, 0), covered.min(total), total);
        }
    }

    /// Adds a function. If it is added several times, it is covered if it was covered once.
    pub(crate) fn function(&mut self, mark: u64, is_covered: bool) {
        *self.functions.entry(mark).or_default() |= is_covered;
    }

    /// Sets the totals that the report itself states for the file.
    pub(crate) fn state(&mut self, totals: CoverageTotals) {
        self.stated = Some(totals);
    }

    pub(crate) fn has_lines(&self) -> bool {
        !self.units.is_empty()
    }

    pub(crate) fn totals(&self) -> CoverageTotals {
        self.stated.unwrap_or_else(|| CoverageTotals {
            lines: sum(&self.units),
            branches: Some(sum(&self.branches)).filter(|branches| branches.total > 0),
            functions: (!self.functions.is_empty()).then(|| {
                let covered = self.functions.values().filter(|is_covered| **is_covered).count();
                CoverageCount::new(covered as u64, self.functions.len() as u64)
            }),
        })
    }

    /// Merges another report's coverage of the file: a place is covered if it is covered in one of the reports.
    ///
    /// Reports of different formats are merged line by line; branches and functions, which each format names in its own
    /// way, are taken only from the format that was added first.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), OnlyTotals> {
        match (self.has_lines(), other.has_lines()) {
            (false, false) if self.stated.is_some() && other.stated.is_some() => {
                return if self.stated == other.stated { Ok(()) } else { Err(OnlyTotals) };
            }
            (false, true) => {
                *self = other;
                return Ok(());
            }
            (true, false) => return Ok(()),
            _ => {}
        }
        if *self == other {
            return Ok(());
        }
        self.stated = None;
        if self.format == other.format {
            merge_places(&mut self.units, other.units);
            merge_places(&mut self.branches, other.branches);
            other.functions.into_iter().for_each(|(mark, is_covered)| self.function(mark, is_covered));
            return Ok(());
        }
        self.merge_lines(&other);
        if self.branches.is_empty() {
            self.branches = other.branches;
        }
        if self.functions.is_empty() {
            self.functions = other.functions;
        }
        Ok(())
    }

    /// Merges another part of the same report, which contains more of the same file.
    pub(crate) fn merge_part(&mut self, other: Self) {
        merge_places(&mut self.units, other.units);
        merge_places(&mut self.branches, other.branches);
        other.functions.into_iter().for_each(|(mark, is_covered)| self.function(mark, is_covered));
        match (&mut self.stated, other.stated) {
            (Some(own), Some(more)) => *own += more,
            (own, more) => *own = own.take().or(more),
        }
        if self.has_lines() {
            self.stated = None;
        }
    }

    /// Merges the lines of a report in another format. A line that both have keeps the statements of the first.
    fn merge_lines(&mut self, other: &Self) {
        for (&place, unit) in &other.units {
            let line = line_of(place);
            let mut own = self.units.range_mut(u64::from(line) << 32..=u64::from(line) << 32 | u64::from(u32::MAX));
            match own.next() {
                Some(first) if unit.covered > 0 => {
                    std::iter::once(first).chain(own).for_each(|(_, unit)| unit.covered = unit.total);
                }
                Some(_) => {}
                None => self.line(line, unit.covered > 0),
            }
        }
    }
}

fn place(line: u32, mark: u32) -> Place {
    u64::from(line) << 32 | u64::from(mark)
}

fn line_of(place: Place) -> u32 {
    u32::try_from(place >> 32).unwrap_or(u32::MAX)
}

fn add(places: &mut BTreeMap<Place, Covered>, place: Place, covered: u32, total: u32) {
    let known = places.entry(place).or_default();
    *known = Covered { covered: known.covered.max(covered), total: known.total.max(total) };
}

fn merge_places(places: &mut BTreeMap<Place, Covered>, others: BTreeMap<Place, Covered>) {
    others.into_iter().for_each(|(place, Covered { covered, total })| add(places, place, covered, total));
}

fn sum(places: &BTreeMap<Place, Covered>) -> CoverageCount {
    places.values().fold(CoverageCount::default(), |mut sum, Covered { covered, total }| {
        sum += CoverageCount::new(u64::from(*covered), u64::from(*total));
        sum
    })
}

/// A mark for an item that is identified by a name or by several numbers: the FNV-1a hash of its parts.
pub(crate) fn mark_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let mix = |mark: u64, byte: &u8| (mark ^ u64::from(*byte)).wrapping_mul(PRIME);
    parts.into_iter().fold(START, |mark, part| mix(part.iter().fold(mark, mix), &0xff))
}

/// The mark of a place on a line.
pub(crate) fn short_mark<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u32 {
    let mark = mark_of(parts);
    // Both halves, so that neither is lost.
    (mark ^ (mark >> 32)) as u32
}
