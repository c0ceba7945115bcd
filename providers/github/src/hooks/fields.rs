//! The fields of records and states, with a limit on each text.

use badgesmith_provider::is_web_address;
use serde_json::{Map, Value};

/// The longest title, in characters.
pub(crate) const LONGEST_TITLE: usize = 200;
/// The longest word, such as a conclusion or a commit, in characters.
pub(crate) const LONGEST_WORD: usize = 100;
/// The longest address, in bytes; a longer one is left out.
const LONGEST_URL: usize = 2000;

/// Fields that are being collected. Absent values are left out.
#[derive(Clone, Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Adds a value.
    #[inline(never)]
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a number, if there is one.
    pub(crate) fn number(&mut self, name: &str, value: Option<u64>) -> &mut Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Adds a text, if there is one, cut to `longest` characters.
    pub(crate) fn text(&mut self, name: &str, value: Option<&str>, longest: usize) -> &mut Self {
        match value {
            Some(value) => self.set(name, value.chars().take(longest).collect::<String>()),
            None => self,
        }
    }

    /// Adds a word, if there is one.
    pub(crate) fn word(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        self.text(name, value, LONGEST_WORD)
    }

    /// Adds the address of a page, if it is one.
    pub(crate) fn url(&mut self, value: Option<&str>) -> &mut Self {
        let address = value.filter(|url| url.len() <= LONGEST_URL && is_web_address(url));
        self.text("url", address, LONGEST_URL)
    }

    /// The fields.
    pub(crate) fn into_map(self) -> Map<String, Value> {
        self.0
    }
}
