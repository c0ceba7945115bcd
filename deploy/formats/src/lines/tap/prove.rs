//! The lines that `prove -v` prints around the TAP streams of its scripts.

/// Whether the text is the output of prove: the first line names a script, or the text contains the summary of prove.
pub(super) fn is_output_of_prove(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    is_script(first.trim_ascii_end()) || text.lines().any(|line| line.starts_with("Files=") && line.contains(" Tests="))
}

/// Whether the line is one that prove prints before the test points of a script: `t/cart.t .. `.
pub(super) fn is_script(line: &str) -> bool {
    let name = line.trim_end_matches('.');
    line.len() >= name.len() + 2
        && name.strip_suffix(' ').is_some_and(|name| !name.contains(char::is_whitespace) && name.contains(['.', '/']))
}

/// Whether the line is one for a skipped script: `t/net.t .. skipped: no network`, or the second half of it alone.
pub(super) fn is_skipped_script(line: &str) -> bool {
    let is_reason = |rest: &str| rest.is_empty() || rest.starts_with(": ");
    line.split_once("skipped")
        .is_some_and(|(before, reason)| is_reason(reason) && (before.is_empty() || is_script(before.trim_ascii_end())))
}

/// Whether the line is one for a failed script: `Failed 2/3 subtests` or `No subtests run`.
pub(super) fn is_failed_script(line: &str) -> bool {
    let counted = line.strip_prefix("Failed ").and_then(|rest| rest.strip_suffix(" subtests"));
    counted.is_some_and(|counted| counted.contains('/')) || line == "No subtests run"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_told_from_sentences() {
        for (line, is_one) in [
            ("t/a.t ..", true),
            ("a.t ........", true),
            ("t/a.t .. ok", false),
            ("Loading ...", false),
            ("t/a.t...", false),
            ("the file a.t ..", false),
            ("..", false),
        ] {
            assert_eq!(is_script(line), is_one, "{line}");
        }
    }
}
