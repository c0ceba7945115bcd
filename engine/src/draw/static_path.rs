//! The static badge's path: `label-message-color`, where `--` is a dash, `__` an underscore and `_` a space.
//!
//! The rules are shields' (services/static-badge, and the escapes its badge builder documents).

/// Label, message and colour of `label-message-color` or `message-color`, percent-decoded already.
///
/// A run of an even number of dashes stands for dashes only; a run of an odd number contains a separator. If all runs
/// are even, the first contains both separators: `a--b` is a label, an empty message and a colour.
pub(crate) fn parse(content: &str) -> Option<(String, String, String)> {
    let runs = runs(content);
    let odd: Vec<_> = runs.iter().filter(|(_, length)| length % 2 == 1).collect();
    // The end of the label, the start of the message, and the end of the run that contains the second separator.
    let (label, message, end) = match odd[..] {
        // The first separator is the first dash of its run, the second separator the last dash of its run.
        [&(first, _), &(second, length)] => (first, first + 1, second + length),
        // With a single separator there is no label.
        [&(only, length)] => (0, 0, only + length),
        // The first run contains both separators.
        [] => {
            let &(first, length) = runs.first()?;
            (first, first + 1, first + length)
        }
        _ => return None,
    };
    // The colour must not be empty: if nothing follows the run, its last two dashes are the colour `-`, provided that
    // the run is long enough.
    let color = match end == content.len() {
        true if content[message..].ends_with("---") => end - 2,
        true => return None,
        false => end,
    };
    let message = content.get(message..color.checked_sub(1)?)?;
    Some((unescape(&content[..label]), unescape(message), unescape(&content[color..])))
}

/// The runs of dashes: the start and the length of each.
fn runs(content: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (index, _) in content.match_indices('-') {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == index => *length += 1,
            _ => runs.push((index, 1)),
        }
    }
    runs
}

/// Decodes `__` to an underscore, a single `_` to a space, and `--` to a dash.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(char) = rest.next() {
        let is_pair = matches!(char, '_' | '-') && rest.next_if_eq(&char).is_some();
        plain.push(if char == '_' && !is_pair { ' ' } else { char });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_path_is_parsed_as_by_shields() {
        let rows = [
            ("build-passing-green", Some(("build", "passing", "green"))),
            ("passing-green", Some(("", "passing", "green"))),
            ("just_the_message-8A2BE2", Some(("", "just the message", "8A2BE2"))),
            ("a--b-c__d-e", Some(("a-b", "c_d", "e"))),
            ("any_text-you__like-blue", Some(("any text", "you_like", "blue"))),
            ("a-b---c", Some(("a", "b-", "c"))),
            ("a---b-c", Some(("a", "-b", "c"))),
            ("---b", Some(("", "-", "b"))),
            ("a--b", Some(("a", "", "b"))),
            ("-message-green", Some(("", "message", "green"))),
            ("label--green", Some(("label", "", "green"))),
            ("a___b-c", Some(("", "a_ b", "c"))),
            ("a---", Some(("", "a", "-"))),
            ("a----", Some(("a", "", "-"))),
            ("a-b-c-d", None),
            ("message", None),
            ("message-", None),
            ("", None),
            ("-", None),
        ];
        for (content, expected) in rows {
            let parsed = parse(content);
            let parsed = parsed.as_ref().map(|(label, message, color)| (&**label, &**message, &**color));
            assert_eq!(parsed, expected, "{content}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_path_of_dashes_is_parsed_as_by_the_pattern_of_shields(content in "[ab-]{0,12}") {
            // The path pattern of shields' static badge (services/static-badge/static-badge.service.js).
            let pattern = regex::Regex::new("^((?:[^-]|--)*?)-?((?:[^-]|--)*)-((?:[^-]|--)+?)$").unwrap();
            let read = pattern.captures(&content).map(|found| {
                let [label, message, color] = [1, 2, 3].map(|group| unescape(&found[group]));
                (label, message, color)
            });
            proptest::prop_assert_eq!(parse(&content), read);
        }
    }
}
