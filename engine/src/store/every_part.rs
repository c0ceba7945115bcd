//! A query for the records of every part of a branch, and the keys of the parts in the list of subjects.

use badgesmith_provider::{Record, fold};

use super::{entry::ListedSubject, keys::escape, subject::Subject};

/// The most parts whose records one query finds.
pub const MOST_PARTS: usize = 64;
/// The most records of each part that one query finds.
pub const MOST_PART_RECORDS: usize = 10;

/// The name that stands for all parts in an address, so no part has this name.
const ALL: &str = "all";

/// A query for records. All names are case-folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EveryPart {
    /// The collection.
    pub collection: String,
    /// The repository and the branch: the subject that stands for all parts.
    whole: Subject,
    /// How many records of each part are returned, at most [`MOST_PART_RECORDS`].
    pub last: usize,
    /// The fields of the records that are returned.
    pub fields: Vec<String>,
}

impl EveryPart {
    /// The newest `last` records of every part of a branch, with these fields.
    ///
    /// # Errors
    /// The name of the part of the subject that is empty or too long.
    pub fn new(
        collection: &str,
        [owner, repo, branch]: [&str; 3],
        last: usize,
        fields: &[String],
    ) -> Result<Self, &'static str> {
        let whole = Subject::new(owner, repo, ALL, branch)?;
        Ok(Self { collection: collection.to_owned(), whole, last, fields: fields.to_vec() })
    }

    /// The owner of the repository.
    pub fn owner(&self) -> &str {
        self.whole.owner()
    }

    /// The range of the keys of the collection in the list of the owner's subjects: its start and its end, which are
    /// keys of no subject.
    pub fn range(&self) -> (String, String) {
        let start = format!("{}#{}", escape(self.whole.repo()), escape(&self.collection));
        // `$` follows `#` in ASCII.
        (format!("{start}#"), format!("{start}$"))
    }

    /// A key that is after all keys of a part and before those of the next one.
    ///
    /// ```
    /// use badgesmith_engine::store::EveryPart;
    ///
    /// let every = EveryPart::new("coverage", ["acme", "tools", "main"], 1, &[]).unwrap();
    /// assert_eq!(every.range(), ("tools#coverage#".to_owned(), "tools#coverage$".to_owned()));
    /// assert_eq!(every.after("web"), "tools#coverage#web$");
    /// assert_eq!(every.key(&every.subject("web").unwrap()), "tools#coverage#web#main");
    /// ```
    pub fn after(&self, part: &str) -> String {
        self.range().0 + &escape(part) + "$"
    }

    /// The subject of a part; `None` for `all` and for invalid names.
    pub fn subject(&self, part: &str) -> Option<Subject> {
        let whole = &self.whole;
        let is_part = fold(part) != ALL;
        is_part.then(|| Subject::new(whole.owner(), whole.repo(), part, whole.branch()).ok()).flatten()
    }

    /// The key of a subject in the list.
    pub fn key(&self, subject: &Subject) -> String {
        ListedSubject::key(&self.collection, subject)
    }

    /// The part of a key in the list.
    pub fn part(&self, key: &str) -> Option<String> {
        ListedSubject::read(key, self.owner()).map(|(_, subject)| subject.platform().to_owned())
    }

    /// The records without the fields that are not queried.
    pub fn keep(&self, mut records: Vec<Record>) -> Vec<Record> {
        for record in &mut records {
            record.fields.retain(|name, _| self.fields.contains(name));
        }
        records
    }
}
