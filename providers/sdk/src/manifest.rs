//! The manifest: a provider's routes, documentation and defaults, and the permissions it needs.

use std::{collections::BTreeMap, error::Error, fmt};

use serde::{Deserialize, Serialize};

use crate::series::{ChartRoute, Series};

/// The description of a provider, which the host reads without running any of its code.
///
/// A field that this version does not know is ignored, because a later version may have it.
///
/// ```
/// let manifest = badgesmith_provider::Manifest::parse(r#"{
///   "id": "hello", "version": "1.0.0", "mount": "/badges/hello",
///   "badges": [{ "name": "greeting", "route": "{name}", "label": "hello", "summary": "Greets.", "example": "world" }]
/// }"#).unwrap();
/// assert_eq!(manifest.badges[0].fresh_seconds, 300);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// The provider's name: lower-case letters, digits and `-`.
    pub id: String,
    /// The provider's own version.
    pub version: String,
    /// One sentence about the provider.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The path that its relative routes are appended to, such as `/badges/packages/nuget`.
    pub mount: String,
    /// Its badges.
    pub badges: Vec<BadgeRoute>,
    /// The reports it accepts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<ReportRoute>,
    /// The webhooks it reads. The manifest requires `hooks`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookRoute>,
    /// The redirects it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<RedirectRoute>,
    /// Addresses that are common mistakes, and the words that answer them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<RefusedRoute>,
    /// The origins it sends requests to: scheme, host and port, or `{setting}` for the origin of a setting's address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// The collections of records it reads or writes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<String>,
    /// How the records of its collections are drawn over time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Series>,
    /// Further addresses of charts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<ChartRoute>,
    /// The names of the secrets it cannot do without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// The capabilities of the host that it cannot do without: `post`, `headers`, `secrets`, `web`, `routes`, `labels`,
    /// `hooks`, `states`, `optional-requests`, `fresh-requests`, `about`. A host that does not know a name refuses the
    /// provider and says so. Hosts of version 0.1 ignore the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// The names of the headers that its requests may set, besides `Accept`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The settings an operator may change, with their defaults. A setting with an empty default has to be named by the
    /// operator; until then, badges that need it say so.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

/// One badge of a provider, and its addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BadgeRoute {
    /// The value of [`crate::Call::name`] for this badge.
    pub name: String,
    /// Literal segments, `{parameter}` segments and perhaps a `{rest…}` at the end. `{@name}` matches two segments if
    /// the first begins with `@`, as in `@scope/name`. It is relative to the mount unless it begins with `/`.
    pub route: String,
    /// The query parameters it reads; calls have no others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<String>,
    /// The collections whose records and states it reads. If no badge of a manifest has `reads`, each may read all of
    /// the manifest's collections; if one has it, a badge without it reads none. A badge that reads none is cached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<String>,
    /// Shields' category: version, test-results, downloads, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// The text of the left half. It may hold `{parameter}` and `{setting.host}`, the host of the address in a setting.
    pub label: String,
    /// The colour of the right half, unless the provider sets one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The name of a known logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// The style of its pictures if the caller names none, such as `social`; then its logo is drawn in that style
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// One sentence about the badge.
    pub summary: String,
    /// An example of its address, relative like the route.
    pub example: String,
    /// For how many seconds an answer is used without asking the upstream again.
    #[serde(default = "five_minutes")]
    pub fresh_seconds: u32,
    /// For how many seconds after that a cache may serve it while it revalidates (`stale-while-revalidate`).
    #[serde(default = "five_minutes")]
    pub revalidate_seconds: u32,
    /// The format of the response if the address names none: `svg`, `png` or `json`. The default is `json` for an
    /// address that begins with `/badges`, and `svg` for any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The text before the message of a badge that is not an error. `v` is added as shields adds it: not to a text that
    /// begins with `v` or is a date such as `2026-11-29`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Parameters for which the route has no segment, with their values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed: BTreeMap<String, String>,
    /// Further routes to the same badge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<FurtherRoute>,
}

/// A further route to a badge. Keys that it leaves out are taken from the badge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FurtherRoute {
    /// Its route, in the syntax of [`BadgeRoute::route`].
    pub route: String,
    /// The text of the left half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The text before the message, as in [`BadgeRoute::prefix`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The format of the response if the address names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Parameters for which the route has no segment, with their values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed: BTreeMap<String, String>,
    /// The query parameters it reads, if not those of the badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Vec<String>>,
    /// The name of a known logo, if not that of the badge; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// An example of its address, relative like the route.
    pub example: String,
}

/// One kind of report that a provider accepts: a signed POST whose body becomes a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReportRoute {
    /// The value of [`crate::Call::name`] for this report.
    pub name: String,
    /// Its route, with the parameters `owner`, `repo`, `platform` and `branch`, which are the record's subject.
    pub route: String,
    /// The collection its records are stored in.
    pub collection: String,
    /// The purpose of the secrets that sign it, such as `TestData`.
    pub purpose: String,
    /// The JSON Schema of its body for `/openapi.json`; bodies are not validated against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// One sentence about the report.
    pub summary: String,
    /// An example of its address, relative like the route.
    pub example: String,
}

/// An address that receives the deliveries of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HookRoute {
    /// The value of [`crate::Call::name`] for its deliveries.
    pub name: String,
    /// Its route, with the parameter `owner` if the deliveries of each owner are signed with the owner's secret, and
    /// without it if all are signed with the server's. It begins with `/webhooks/`.
    pub route: String,
    /// How a delivery is signed, and where it names its event and its repository.
    pub scheme: HookScheme,
    /// The purpose of the secrets that sign it, such as `Webhook`.
    pub purpose: String,
    /// The collections whose records and states it writes.
    pub collections: Vec<String>,
    /// One sentence about the webhook.
    pub summary: String,
    /// An example of its address.
    pub example: String,
}

/// How a delivery is signed, and where it names its event and its repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookScheme {
    /// As GitHub does it: `X-Hub-Signature-256`, `X-GitHub-Event` and `X-GitHub-Delivery`; the payload, in JSON or in
    /// the form field `payload`, has the repository.
    #[default]
    Github,
}

/// An address that redirects to another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RedirectRoute {
    /// The value of [`crate::Call::name`] for this redirect.
    pub name: String,
    /// Its route, in the syntax of [`BadgeRoute::route`].
    pub route: String,
    /// One sentence about its target.
    pub summary: String,
    /// An example of its address, relative like the route.
    pub example: String,
    /// For how many seconds caches may use it.
    #[serde(default = "five_minutes")]
    pub fresh_seconds: u32,
    /// For how many seconds after that a cache may use it while it revalidates (`stale-while-revalidate`).
    #[serde(default = "five_minutes")]
    pub revalidate_seconds: u32,
}

/// A route that is a common mistake, and the error that answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RefusedRoute {
    /// The mistaken route, in the syntax of [`BadgeRoute::route`].
    pub route: String,
    /// The code that programs read.
    pub code: String,
    /// The name of the parameter that is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// What to do instead, in a short sentence without a full stop.
    pub words: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`UnreadableManifest`] if the text is not the JSON of a manifest.
    pub fn parse(json: &str) -> Result<Self, UnreadableManifest> {
        serde_json::from_str(json).map_err(UnreadableManifest)
    }
}

/// Why a manifest cannot be read, with line and column.
#[derive(Debug)]
pub struct UnreadableManifest(serde_json::Error);

impl fmt::Display for UnreadableManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the manifest cannot be read: {}", self.0)
    }
}

impl Error for UnreadableManifest {}

const fn five_minutes() -> u32 {
    300
}
