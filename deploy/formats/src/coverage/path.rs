//! Normalizes the paths of source files, so that the same file in two reports is recognized.

/// A path with forward slashes and without `.`, `..` and repeated slashes.
pub(crate) fn normalize(path: &str) -> String {
    let path = path.trim().replace('\\', "/");
    let is_absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if is_absolute { format!("/{joined}") } else { joined }
}

/// Whether a path begins at a root or a drive.
pub(crate) fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || has_drive(path)
}

/// The path below one of the roots, which are normalized; otherwise the path itself.
pub(crate) fn below<'a>(path: &'a str, roots: &[String]) -> &'a str {
    let under = |root: &String| {
        let (start, rest) = path.split_at_checked(root.len())?;
        // The names of drives and directories on Windows are the same in upper and lower case.
        let is_start = start == root || (has_drive(root) && start.eq_ignore_ascii_case(root));
        rest.strip_prefix('/').filter(|rest| is_start && !rest.is_empty())
    };
    roots.iter().filter_map(under).min_by_key(|rest| rest.len()).unwrap_or(path)
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_differ_in_slashes_and_dots_are_one() {
        for (path, normal) in [
            ("src/a.rs", "src/a.rs"),
            ("./src//a.rs", "src/a.rs"),
            ("src\\sub\\..\\a.rs", "src/a.rs"),
            ("/home/ci/./shop/a.rs", "/home/ci/shop/a.rs"),
            ("C:\\shop\\a.cs", "C:/shop/a.cs"),
            ("../a.rs", "../a.rs"),
            ("../../a.rs", "../../a.rs"),
        ] {
            assert_eq!(normalize(path), normal);
        }
    }

    #[test]
    fn what_is_below_a_root_loses_it() {
        let roots = ["/home/ci/shop".to_owned(), "D:/a/shop".to_owned()];
        for (path, below_it) in [
            ("/home/ci/shop/src/a.rs", "src/a.rs"),
            ("/home/ci/shopping/a.rs", "/home/ci/shopping/a.rs"),
            ("/home/ci/shop", "/home/ci/shop"),
            ("d:/A/shop/src/a.cs", "src/a.cs"),
            ("src/a.rs", "src/a.rs"),
            ("é", "é"),
        ] {
            assert_eq!(below(path, &roots), below_it);
        }
    }
}
