//! Istanbul's `coverage-final.json`, as nyc, c8, Jest and Vitest write it. A line is covered if a statement that begins
//! in it is.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;

use crate::{
    coverage::{
        json::{
            format::{JsonFault, JsonFormat},
            hits::Hits,
        },
        report::CoverageReport,
        source_file::{SourceFile, mark_of, short_mark},
    },
    report::ReportFormat,
};

pub(super) const FORMAT: JsonFormat = JsonFormat {
    marks: &["\"statementMap\""],
    is_format_of: |outline| outline.has_object_with(&["statementMap", "s"]) || outline.has_object_with(&["data"]),
    read,
};

const NAME: ReportFormat = ReportFormat::named("Istanbul JSON");

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry<'a> {
    #[serde(borrow)]
    File(File<'a>),
    /// Older versions have the file one level deeper.
    Data { data: File<'a> },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    statement_map: BTreeMap<String, Location>,
    s: BTreeMap<String, Hits>,
    #[serde(borrow, default)]
    fn_map: BTreeMap<String, Function<'a>>,
    #[serde(default)]
    f: BTreeMap<String, Hits>,
    #[serde(default)]
    branch_map: BTreeMap<String, Branch>,
    #[serde(default)]
    b: BTreeMap<String, Vec<Hits>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Location {
    start: Position,
    end: Position,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Position {
    line: Option<f64>,
    column: Option<f64>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(default)]
    decl: Location,
    #[serde(default)]
    loc: Location,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(default)]
    line: Option<f64>,
    #[serde(default)]
    loc: Location,
    #[serde(default)]
    locations: Vec<Location>,
}

impl Position {
    fn number(&self) -> u32 {
        number(self.line)
    }

    fn bytes(&self) -> [u8; 16] {
        let (line, column) = (self.line.unwrap_or_default(), self.column.unwrap_or_default());
        (u128::from(line.to_bits()) << 64 | u128::from(column.to_bits())).to_le_bytes()
    }
}

fn number(line: Option<f64>) -> u32 {
    line.unwrap_or_default().clamp(0.0, f64::from(u32::MAX)) as u32
}

fn read(text: &str) -> Result<CoverageReport, JsonFault> {
    let document: BTreeMap<String, Entry<'_>> = serde_json::from_str(text)?;
    let mut report = CoverageReport::new(NAME);
    for (path, entry) in &document {
        let (Entry::File(read) | Entry::Data { data: read }) = entry;
        write(read, report.file(path));
    }
    Ok(report)
}

fn write(read: &File<'_>, file: &mut SourceFile) {
    for (id, hits) in &read.s {
        if let Some(location) = read.statement_map.get(id) {
            file.line(location.start.number(), hits.is_covered());
        }
    }
    for (id, hits) in &read.f {
        let mark = read.fn_map.get(id).map_or_else(
            || mark_of([id.as_bytes()]),
            |function| mark_of([function.name.as_bytes(), &function.decl.start.bytes(), &function.loc.start.bytes()]),
        );
        file.function(mark, hits.is_covered());
    }
    for (id, arms) in &read.b {
        let Some(branch) = read.branch_map.get(id) else { continue };
        let line = if branch.loc.start.line.is_some() { branch.loc.start.number() } else { number(branch.line) };
        for (index, hits) in (0_u32..).zip(arms) {
            // The missing arm of an `if` without an `else` has no position of its own.
            let place = usize::try_from(index).ok().and_then(|index| branch.locations.get(index));
            let (start, end) = place.map_or(([0; 16], [0; 16]), |arm| (arm.start.bytes(), arm.end.bytes()));
            let outer = branch.loc.start.bytes();
            let mark = short_mark([&outer[..], &index.to_le_bytes(), &start, &end]);
            file.branch(line, mark, hits.is_covered());
        }
    }
}
