//! The subject of results and states, and how long its names may be.

use badgesmith_provider::fold;

/// The longest owner and the longest repo, in bytes.
pub const LONGEST_NAME: usize = 100;
/// The longest platform, in bytes: file names of workflows and names of checks are longer than those of platforms.
pub const LONGEST_PLATFORM: usize = 128;
/// The longest branch, in bytes: the 255 bytes of a file name, which limit git, less `refs/heads/`.
pub const LONGEST_BRANCH: usize = 244;

/// The subject of results and states: a platform and branch of a repository. Names are case-insensitive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    owner: String,
    repo: String,
    platform: String,
    branch: String,
}

impl Subject {
    /// A subject with these names, none of which may be empty or too long.
    ///
    /// ```
    /// use badgesmith_engine::store::Subject;
    ///
    /// let one = Subject::new("Acme", "Tools", "Linux", "Feature/X").unwrap();
    /// assert_eq!(one, Subject::new("acme", "tools", "linux", "feature/x").unwrap());
    /// assert_eq!(Subject::new("acme", "tools", "", "main"), Err("platform"));
    /// ```
    ///
    /// # Errors
    /// Says which of the four is empty or too long.
    pub fn new(owner: &str, repo: &str, platform: &str, branch: &str) -> Result<Self, &'static str> {
        let checked = |name, text: &str, most| {
            let folded = fold(text);
            if folded.is_empty() || folded.len() > most { Err(name) } else { Ok(folded) }
        };
        Ok(Self {
            owner: checked("owner", owner, LONGEST_NAME)?,
            repo: checked("repo", repo, LONGEST_NAME)?,
            platform: checked("platform", platform, LONGEST_PLATFORM)?,
            branch: checked("branch", branch, LONGEST_BRANCH)?,
        })
    }

    /// The owner of the repository, case-folded.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository, case-folded.
    pub fn repo(&self) -> &str {
        &self.repo
    }

    /// The platform of the run, case-folded.
    pub fn platform(&self) -> &str {
        &self.platform
    }

    /// The branch, case-folded; it may contain any character, `/` included.
    pub fn branch(&self) -> &str {
        &self.branch
    }
}
