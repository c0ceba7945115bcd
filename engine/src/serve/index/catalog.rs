//! The badges of this server as data, for `/badges.json`, `/?format=json` and `/llms.txt`.

use std::borrow::Cow;

use serde::Serialize;

use super::{
    address::{picture, relative},
    open_query::{open_query, trend_query},
};
use crate::{addresses::ADDRESSES, draw::overrides::OVERRIDES, format::Format, parts::Parts, plugins::Plugin};

/// The version of the schema of `/badges.json`. A field that is added does not change it; one that is removed or means
/// something else does.
const VERSION: u8 = 1;

/// The provider's name for badges that need no provider.
pub(super) const BUILT_IN: &str = "built in";

#[derive(Serialize)]
struct Catalog<'a> {
    version: u8,
    formats: [&'static str; 3],
    /// The query parameters of every badge.
    overrides: Vec<&'static str>,
    badges: Vec<ListedBadge<'a>>,
}

/// The entry of a badge in these documents.
#[derive(Serialize)]
pub(super) struct ListedBadge<'a> {
    pub(super) provider: &'a str,
    pub(super) name: &'a str,
    pub(super) route: Cow<'a, str>,
    /// The parameters in the path of `route`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) query: Vec<&'a str>,
    /// The required parameters among `query`.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    required: &'a [&'a str],
    example: Cow<'a, str>,
    /// The address of the example's picture.
    pub(super) image: String,
    pub(super) summary: &'a str,
}

impl ListedBadge<'_> {
    /// The same entry, for clients that reach the server through a proxy below the path `base`.
    pub(super) fn below(self, base: &str) -> Self {
        let [route, example, image] = [&*self.route, &self.example, &self.image].map(|path| [base, path].concat());
        Self { route: route.into(), example: example.into(), image, ..self }
    }
}

/// The badges of a plugin.
pub(super) fn badges(plugin: &Plugin) -> impl Iterator<Item = ListedBadge<'_>> {
    plugin.manifest.badges.iter().map(|badge| {
        let is_picture = Format::by_default(badge) == Format::Svg;
        let image = if is_picture { relative(&badge.example) } else { picture(&badge.example) };
        ListedBadge {
            provider: &plugin.id,
            name: &badge.name,
            route: (&*badge.route).into(),
            parameters: parameters(&badge.route).collect(),
            query: open_query(badge).chain(trend_query(plugin, badge)).collect(),
            required: &[],
            example: (&*badge.example).into(),
            image: format!("/{image}"),
            summary: &badge.summary,
        }
    })
}

/// The badges that need no provider, as far as they are switched on.
pub(super) fn built_in(parts: &Parts) -> impl Iterator<Item = ListedBadge<'_>> {
    ADDRESSES.iter().filter(|address| parts.is_on(address.switch)).filter_map(|address| {
        let (example, operation) = (address.example.as_ref()?, address.operation.as_ref()?);
        let route = example.route.unwrap_or(address.route);
        Some(ListedBadge {
            provider: BUILT_IN,
            name: operation.id,
            route: route.into(),
            parameters: parameters(route).collect(),
            query: example.query.to_vec(),
            required: example.required,
            example: example.address.into(),
            image: example.address.to_owned(),
            summary: operation.summary,
        })
    })
}

/// The names of the parameters in a route.
fn parameters(route: &str) -> impl Iterator<Item = &str> {
    let names = route.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    names.map(|name| name.trim_start_matches('@').trim_end_matches(['…', '.']))
}

/// The query parameters of every badge.
pub(super) fn overrides() -> impl Iterator<Item = &'static str> {
    OVERRIDES.iter().filter(|parameter| parameter.is_documented).map(|parameter| parameter.name)
}

/// `/badges.json`, whose addresses begin with the path `base`.
pub(super) fn write(parts: &Parts, base: &str) -> String {
    let all = built_in(parts).chain(parts.plugins.all().iter().flat_map(|plugin| badges(plugin)));
    let catalog = Catalog {
        version: VERSION,
        formats: [Format::Svg, Format::Png, Format::Json].map(Format::name),
        overrides: overrides().collect(),
        badges: all.map(|badge| badge.below(base)).collect(),
    };
    // Strings always have a JSON form.
    serde_json::to_string(&catalog).unwrap_or_default()
}
