//! `SimpleCov`: `.resultset.json`, which has the files of each test command, and `coverage.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    coverage::{
        json::{format::JsonFormat, hits::Hits},
        report::CoverageReport,
        source_file::{SourceFile, mark_of, short_mark},
    },
    report::ReportFormat,
};

/// `.resultset.json`.
pub(super) const RESULTSET: JsonFormat = JsonFormat {
    marks: &["\"coverage\""],
    is_format_of: |outline| outline.has_object_with(&["coverage", "timestamp"]),
    read: |text| {
        let commands: BTreeMap<String, Document> = serde_json::from_str(text)?;
        Ok(read(commands.into_values()))
    },
};

/// `coverage.json`.
pub(super) const FORMATTED: JsonFormat = JsonFormat {
    marks: &["\"simplecov_version\""],
    is_format_of: |outline| {
        outline.get("coverage").is_object()
            && (outline.get("meta").has("simplecov_version") || outline.get("groups").is_present())
    },
    read: |text| {
        let document: Document = serde_json::from_str(text)?;
        Ok(read(std::iter::once(document)))
    },
};

const NAME: ReportFormat = ReportFormat::named("SimpleCov JSON");

/// The files of one test command, or of all test commands.
#[derive(Deserialize)]
struct Document {
    coverage: BTreeMap<String, File>,
}

/// Old versions have only the hits of the lines.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Lines(Vec<Hits>),
    Detailed {
        lines: Vec<Hits>,
        #[serde(default)]
        branches: Option<Branches>,
        #[serde(default)]
        methods: Option<Methods>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Branches {
    /// Conditions such as `[:if, 0, 3, 4, 7, 7]`, and in each the branches such as `[:then, 1, 4, 6, 4, 11]`.
    ByCondition(BTreeMap<String, BTreeMap<String, Hits>>),
    List(Vec<Branch>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Methods {
    ByName(BTreeMap<String, Hits>),
    List(Vec<Method>),
}

#[derive(Deserialize)]
struct Method {
    name: String,
    coverage: Hits,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(rename = "type")]
    kind: String,
    start_line: u32,
    #[serde(default)]
    end_line: u32,
    coverage: Hits,
}

fn read(documents: impl Iterator<Item = Document>) -> CoverageReport {
    let mut report = CoverageReport::new(NAME);
    for document in documents {
        document.coverage.iter().for_each(|(path, read)| write(read, report.file(path)));
    }
    report
}

fn write(read: &File, file: &mut SourceFile) {
    let (File::Lines(lines) | File::Detailed { lines, .. }) = read;
    for (line, hits) in (1..).zip(lines) {
        if let Some(is_covered) = hits.0 {
            file.line(line, is_covered);
        }
    }
    let File::Detailed { branches, methods, .. } = read else { return };
    match branches {
        Some(Branches::ByCondition(conditions)) => {
            for (condition, branches) in conditions {
                for (branch, hits) in branches {
                    let mark = short_mark([condition.as_bytes(), branch.as_bytes()]);
                    file.branch(line_of(condition), mark, hits.is_covered());
                }
            }
        }
        Some(Branches::List(branches)) => {
            for (index, branch) in (0_u32..).zip(branches).filter(|(_, branch)| branch.coverage.0.is_some()) {
                let mark = short_mark([branch.kind.as_bytes(), &branch.end_line.to_le_bytes(), &index.to_le_bytes()]);
                file.branch(branch.start_line, mark, branch.coverage.is_covered());
            }
        }
        None => {}
    }
    match methods {
        Some(Methods::ByName(methods)) => {
            methods.iter().for_each(|(name, hits)| file.function(mark_of([name.as_bytes()]), hits.is_covered()));
        }
        Some(Methods::List(methods)) => {
            methods.iter().filter(|method| method.coverage.0.is_some()).for_each(|method| {
                file.function(mark_of([method.name.as_bytes()]), method.coverage.is_covered());
            })
        }
        None => {}
    }
}

/// The line in `[:if, 0, 3, 4, 7, 7]`, which is its third part.
fn line_of(condition: &str) -> u32 {
    condition.split(',').nth(2).and_then(|line| line.trim().parse().ok()).unwrap_or_default()
}
