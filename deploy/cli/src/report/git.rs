//! The branch and the commit of a checkout, read from the files of Git, for builds outside of CI systems.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The branch and the commit that are checked out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// `None` if a commit is checked out without a branch.
    pub(super) branch: Option<String>,
    pub(super) commit: Option<String>,
}

/// The head of the repository that contains a folder; `None` outside of a repository.
pub(super) fn head(folder: &Path) -> Option<Head> {
    let git = folder.ancestors().find_map(|folder| git_folder(&folder.join(".git")))?;
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let Some(name) = head.trim().strip_prefix("ref: ") else {
        return Some(Head { branch: None, commit: Some(head.trim().to_owned()) });
    };
    // The references of an additional work tree are in the repository's own folder.
    let common = fs::read_to_string(git.join("commondir")).map(|path| git.join(path.trim()));
    let common = common.unwrap_or_else(|_| git.clone());
    let commit = fs::read_to_string(common.join(name)).ok().or_else(|| packed(&common, name));
    let commit = commit.map(|commit| commit.trim().to_owned()).filter(|commit| !commit.is_empty());
    Some(Head { branch: name.strip_prefix("refs/heads/").map(str::to_owned), commit })
}

/// The folder of Git's files: `.git` itself, or the folder that a file named `.git` points to.
fn git_folder(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return Some(path.to_owned());
    }
    let text = fs::read_to_string(path).ok()?;
    Some(path.parent()?.join(text.trim().strip_prefix("gitdir: ")?))
}

/// A reference in the file of packed references.
fn packed(git: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(git.join("packed-refs")).ok()?;
    text.lines()
        .find_map(|line| line.split_once(' ').filter(|(_, known)| *known == name))
        .map(|(commit, _)| commit.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_branch_and_the_commit_are_those_of_the_checkout() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        fs::create_dir_all(git.join("refs/heads/feature")).unwrap();
        let inside = folder.path().join("src/deep");
        fs::create_dir_all(&inside).unwrap();
        assert_eq!(head(&inside), None, "a folder without HEAD is no repository");
        fs::write(git.join("HEAD"), "ref: refs/heads/feature/x\n").unwrap();
        fs::write(git.join("packed-refs"), "# pack-refs\nc0ffee refs/heads/feature/x\n").unwrap();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(head(&inside), Some(Head { branch: text("feature/x"), commit: text("c0ffee") }));
        fs::write(git.join("refs/heads/feature/x"), "beef\n").unwrap();
        assert_eq!(head(&inside), Some(Head { branch: text("feature/x"), commit: text("beef") }));
        fs::write(git.join("HEAD"), "abcdef\n").unwrap();
        assert_eq!(head(&inside), Some(Head { branch: None, commit: text("abcdef") }));
    }
}
