//! What the command prints: results to standard output, notices and failures to standard error.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// How many remarks and refusals are printed. Further ones are only counted.
const MOST_LINES: usize = 20;
/// How many names of skipped files are printed. Further ones are only counted.
const MOST_NAMES: usize = 10;

/// Prints to standard output.
pub(super) fn print_result(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The first lines, and how many more there are.
pub(super) fn first_lines(lines: &[impl Display]) -> String {
    let mut text = lines.iter().take(MOST_LINES).map(ToString::to_string).collect::<Vec<_>>().join("\n");
    if lines.len() > MOST_LINES {
        text += &format!("\nand {} more", lines.len() - MOST_LINES);
    }
    text
}

/// The first names on one line, and how many more there are.
pub(super) fn first_names(names: &[String]) -> String {
    let mut text = names.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMES {
        text += &format!(" and {} more", names.len() - MOST_NAMES);
    }
    text
}
