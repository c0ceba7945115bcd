//! The JSON that is sent to Coveralls: for each file the hits of each line.

use serde::Deserialize;

use crate::{
    coverage::{
        json::{
            format::{JsonFault, JsonFormat},
            hits::Hits,
        },
        report::CoverageReport,
        source_file::short_mark,
    },
    refusal::ReportRefusal,
    report::ReportFormat,
};

pub(super) const FORMAT: JsonFormat = JsonFormat {
    marks: &["\"source_files\""],
    is_format_of: |outline| outline.get("source_files").is_list_of("coverage"),
    read,
};

const NAME: ReportFormat = ReportFormat::named("Coveralls JSON");

#[derive(Deserialize)]
struct Document {
    source_files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    name: String,
    coverage: Vec<Hits>,
    /// A flat list of line, block, branch and hits, repeated for each branch.
    #[serde(default)]
    branches: Option<Vec<f64>>,
}

fn read(text: &str) -> Result<CoverageReport, JsonFault> {
    let document: Document = serde_json::from_str(text)?;
    let mut report = CoverageReport::new(NAME);
    for read in &document.source_files {
        let file = report.file(&read.name);
        for (line, hits) in (1..).zip(&read.coverage) {
            if let Some(is_covered) = hits.0 {
                file.line(line, is_covered);
            }
        }
        for branch in read.branches.iter().flatten().copied().collect::<Vec<_>>().chunks(4) {
            let [line, block, number, hits] = *branch else {
                let reason = format!("the branches of {} are not four numbers each", read.name);
                return Err(ReportRefusal::Damaged { reason }.into());
            };
            let mark = short_mark([&block.to_le_bytes()[..], &number.to_le_bytes()[..]]);
            file.branch(line.clamp(0.0, f64::from(u32::MAX)) as u32, mark, hits > 0.0);
        }
    }
    Ok(report)
}
