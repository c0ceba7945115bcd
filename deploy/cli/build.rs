//! What `badgesmith --version` says: the version, and for builds with optimisation the commit and its date.
//!
//! The commit comes from Git, or from BADGESMITH_COMMIT and BADGESMITH_COMMIT_DATE where there is no repository, as in
//! an archive of the sources. A build without optimisation names a commit only if these variables do: otherwise every
//! commit would compile the command and link its tests again.

use std::{env, path::Path, process::Command};

/// How many digits of a commit are shown, as many as Rust's own tools show.
const DIGITS: usize = 9;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=BADGESMITH_COMMIT");
    println!("cargo::rerun-if-env-changed=BADGESMITH_COMMIT_DATE");
    let version = variable("CARGO_PKG_VERSION").unwrap_or_default();
    let kind = variable("CARGO_FEATURE_SERVER").is_none().then(|| "client".to_owned());
    let details: Vec<String> = commit().into_iter().chain(kind).collect();
    let text = if details.is_empty() { version } else { format!("{version} ({})", details.join(", ")) };
    println!("cargo::rustc-env=BADGESMITH_VERSION={text}");
    println!("cargo::rustc-env=BADGESMITH_TARGET={}", variable("TARGET").unwrap_or_default());
}

/// A commit and its date, such as `0123abcde 2026-11-30`.
fn commit() -> Option<String> {
    if let Some(commit) = variable("BADGESMITH_COMMIT") {
        return Some(shown(&commit, variable("BADGESMITH_COMMIT_DATE").as_deref()));
    }
    if variable("PROFILE").as_deref() != Some("release") {
        return None;
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    // What Git writes when HEAD moves. Cargo would run this script at every build for a file that is not there.
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    for name in ["HEAD", "logs/HEAD", "packed-refs"].into_iter().chain(branch.as_deref()) {
        let path = git(&["rev-parse", "--path-format=absolute", "--git-path", name]);
        if let Some(path) = path.filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    Some(shown(&commit, git(&["log", "-1", "--format=%cs"]).as_deref()))
}

fn shown(commit: &str, date: Option<&str>) -> String {
    let commit: String = commit.chars().take(DIGITS).collect();
    date.map_or_else(|| commit.clone(), |date| format!("{commit} {date}"))
}

/// A variable that has a value.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The first line that a command of Git prints; `None` without Git or outside a repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned).filter(|line| !line.is_empty())
}
