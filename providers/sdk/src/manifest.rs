//! The declarative half of a provider: routes, documentation, defaults and what it needs to be granted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a provider says of itself, without a line of its code being called.
///
/// A field this version does not know is ignored, because another version may send it.
///
/// ```
/// let manifest = badgesmith_provider::Manifest::parse(r#"{
///   "id": "hello", "version": "1.0.0", "mount": "/badges/hello",
///   "badges": [{ "name": "greeting", "route": "{name}", "label": "hello", "summary": "Greets.", "example": "world" }]
/// }"#).unwrap();
/// assert_eq!(manifest.badges[0].fresh_seconds, 300);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// The provider's name: lower-case letters, digits and `-`.
    pub id: String,
    /// The provider's own version.
    pub version: String,
    /// One sentence about the provider.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The path its relative routes lie under, such as `/badges/packages/nuget`.
    pub mount: String,
    /// The badges it makes.
    pub badges: Vec<BadgeRoute>,
    /// The reports it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<ReportRoute>,
    /// The redirects it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<RedirectRoute>,
    /// Common mistakes in an address, and what to say of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
    /// Where it asks: scheme, host and port, or `{setting}` for the origin of a setting's address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// The collections of records it reads or writes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<String>,
    /// The names of the secrets it cannot do without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// What an operator may set, and what holds until then.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

/// One badge a provider makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BadgeRoute {
    /// What [`crate::Call::name`] says for this badge.
    pub name: String,
    /// Literal segments, `{parameter}` segments and at the end perhaps `{rest…}`; under the mount, or from `/` where
    /// it begins with one.
    pub route: String,
    /// The query parameters it reads; no other reaches it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<String>,
    /// Shields' category: version, test-results, downloads, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// The left half.
    pub label: String,
    /// The right half's colour where the provider leaves it open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// A known logo's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// One sentence about the badge.
    pub summary: String,
    /// An example of its address, relative like the route.
    pub example: String,
    /// For how many seconds an answer is used without asking again.
    #[serde(default = "five_minutes")]
    pub fresh_seconds: u32,
    /// For how many seconds longer a cache downstream may show it while it asks again.
    #[serde(default = "five_minutes")]
    pub revalidate_seconds: u32,
    /// The form it goes out in where its address says none: `svg`, `png`, or `json`, which is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

/// One kind of report a provider takes: a signed POST whose body becomes a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReportRoute {
    /// What [`crate::Call::name`] says for this report.
    pub name: String,
    /// Its route, with the parameters `owner`, `repo`, `platform` and `branch`: the record's subject.
    pub route: String,
    /// The collection its records go to.
    pub collection: String,
    /// What the secret that signs it is stored for: `TestData`.
    pub purpose: String,
    /// The JSON Schema of its body, for those who read `/openapi.json`; nothing is checked by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// One sentence about the report.
    pub summary: String,
    /// An example of its address, relative like the route.
    pub example: String,
}

/// An address that leads to another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RedirectRoute {
    /// What [`crate::Call::name`] says for this redirect.
    pub name: String,
    /// Its route, written like a badge's.
    pub route: String,
    /// One sentence about where it leads.
    pub summary: String,
    /// An example of its address, relative like the route.
    pub example: String,
    /// For how many seconds caches may keep it.
    #[serde(default = "five_minutes")]
    pub fresh_seconds: u32,
    /// For how many seconds longer a cache may use it while it asks again.
    #[serde(default = "five_minutes")]
    pub revalidate_seconds: u32,
}

/// A route that is a common mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Refusal {
    /// The mistaken route, written like a badge's.
    pub route: String,
    /// The code a program reads.
    pub code: String,
    /// The parameter that is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// What to do instead, in a short sentence without a full stop.
    pub words: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong, with its line and column.
    pub fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|fault| format!("the manifest cannot be read: {fault}"))
    }
}

const fn five_minutes() -> u32 {
    300
}
