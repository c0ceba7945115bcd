//! `[[badge]]` as it is written.

use std::collections::BTreeMap;

use badgesmith_provider::{BadgeRoute, order::Order};
use badgesmith_renderer::Style;
use serde::Deserialize;

use super::{
    address_template::AddressTemplate,
    body_template::BodyTemplate,
    braces::TextTemplate,
    file_error::FileFault,
    header::{HeaderName, HeaderValue},
    reducer::Prerelease,
    request_table::{RequestTable, Statuses},
    route_table::{Picture, RouteKeys, RouteTable},
    secret_table::SecretTable,
    shown_words::{AbsentWords, ShownWords},
    sorting::SortKey,
    status_words::FailureWords,
    value_source::SourceList,
    value_table::ValueTable,
};
use crate::toml_reader::Spanned;
use crate::value::{
    color_scale::{ColorName, ColorScale},
    value_format::ValueFormat,
};

/// The default color.
const COLOR: &str = "blue";
/// Shields' categories.
const CATEGORIES: [&str; 17] = [
    "activity",
    "analysis",
    "build",
    "chat",
    "coverage",
    "dependencies",
    "downloads",
    "funding",
    "issue-tracking",
    "license",
    "monitoring",
    "other",
    "platform-support",
    "rating",
    "size",
    "social",
    "version",
];

/// `[[badge]]`: the keys of a badge, those of [`RequestTable`], and those of [`ValueTable`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BadgeTable {
    pub(super) name: Spanned<String>,
    pub(super) route: Spanned<String>,
    #[serde(default)]
    pub(super) routes: Vec<RouteTable>,
    #[serde(default)]
    pub(super) query: BTreeMap<String, Spanned<String>>,
    category: Option<Spanned<String>>,
    pub(super) label: Spanned<String>,
    color: Option<Spanned<ColorName>>,
    logo: Option<String>,
    style: Option<Spanned<String>>,
    picture: Option<Picture>,
    summary: Spanned<String>,
    example: Spanned<String>,
    fresh_seconds: Option<u32>,
    revalidate_seconds: Option<u32>,
    get: Option<Spanned<AddressTemplate>>,
    post: Option<Spanned<AddressTemplate>>,
    body: Option<Spanned<BodyTemplate>>,
    safe: Option<Spanned<bool>>,
    accept: Option<HeaderValue>,
    #[serde(default)]
    headers: BTreeMap<HeaderName, HeaderValue>,
    secret: Option<Spanned<SecretTable>>,
    visibility: Option<Spanned<AddressTemplate>>,
    web: Option<Spanned<bool>>,
    /// Words for error statuses, for all requests of the badge.
    #[serde(default)]
    pub(super) statuses: Statuses,
    from: Option<Spanned<String>>,
    value: Option<Spanned<SourceList>>,
    first: Option<Spanned<bool>>,
    join: Option<Spanned<String>>,
    count: Option<Spanned<bool>>,
    sum: Option<Spanned<bool>>,
    sort: Option<Spanned<SortKey>>,
    finest: Option<Spanned<bool>>,
    times: Option<Spanned<f64>>,
    newest: Option<Spanned<Order>>,
    prerelease: Option<Spanned<Prerelease>>,
    words: Option<Spanned<BTreeMap<String, ShownWords>>>,
    absent: Option<Spanned<AbsentWords>>,
    empty: Option<Spanned<FailureWords>>,
    format: Option<Spanned<ValueFormat>>,
    prefix: Option<Spanned<String>>,
    suffix: Option<Spanned<String>>,
    scale: Option<Spanned<ColorScale>>,
    r#match: Option<Spanned<BTreeMap<String, ColorName>>>,
    #[serde(default)]
    pub(super) requests: BTreeMap<String, Spanned<RequestTable>>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, Spanned<ValueTable>>,
    pub(super) message: Option<Spanned<TextTemplate>>,
}

impl BadgeTable {
    /// Its own route.
    pub(super) fn own_route(&self) -> RouteKeys<'_> {
        RouteKeys { route: &self.route, label: &self.label, fixed: None, example: &self.example }
    }

    /// Moves the keys of its request out of the table; `statuses` stays, because it is for all requests.
    pub(super) fn take_request(&mut self) -> RequestTable {
        RequestTable {
            get: self.get.take(),
            post: self.post.take(),
            body: self.body.take(),
            safe: self.safe.take(),
            accept: self.accept.take(),
            headers: std::mem::take(&mut self.headers),
            secret: self.secret.take(),
            visibility: self.visibility.take(),
            web: self.web.take(),
            statuses: Statuses::new(),
        }
    }

    /// Moves the keys of its value out of the table; `color` stays, because it is a key of the badge, too.
    pub(super) fn take_value(&mut self) -> ValueTable {
        ValueTable {
            from: self.from.take(),
            value: self.value.take(),
            first: self.first.take(),
            join: self.join.take(),
            count: self.count.take(),
            sum: self.sum.take(),
            sort: self.sort.take(),
            finest: self.finest.take(),
            times: self.times.take(),
            newest: self.newest.take(),
            prerelease: self.prerelease.take(),
            words: self.words.take(),
            absent: self.absent.take(),
            empty: self.empty.take(),
            format: self.format.take(),
            prefix: self.prefix.take(),
            suffix: self.suffix.take(),
            color: self.color.clone(),
            scale: self.scale.take(),
            r#match: self.r#match.take(),
        }
    }

    /// The badge in the manifest.
    pub(super) fn manifest(&self) -> Result<BadgeRoute, FileFault> {
        filled(&self.name, "\"version\"")?;
        filled(&self.label, "the left half, such as \"gem\"")?;
        filled(&self.summary, "one sentence about the badge")?;
        if let Some(category) = self.category.as_ref().filter(|name| !CATEGORIES.contains(&name.get_ref().as_str())) {
            return Err(FileFault::at(category, format!("no category; write one of {}", CATEGORIES.join(", "))));
        }
        if let Some(style) = self.style.as_ref().filter(|style| Style::parse(style.get_ref()).is_none()) {
            let styles = Style::ALL.map(Style::name).join(", ");
            return Err(FileFault::at(style, format!("no style; write one of {styles}")));
        }
        let color = self.color.as_ref().map_or(COLOR, |color| &color.get_ref().0);
        let default = BadgeRoute { fresh_seconds: 300, revalidate_seconds: 300, ..BadgeRoute::default() };
        Ok(BadgeRoute {
            name: self.name.get_ref().clone(),
            route: self.route.get_ref().clone(),
            query: self.query.keys().cloned().collect(),
            category: self.category.as_ref().map(|name| name.get_ref().clone()).unwrap_or_default(),
            label: self.label.get_ref().clone(),
            color: Some(color.to_owned()),
            logo: self.logo.clone(),
            style: self.style.as_ref().map(|style| style.get_ref().clone()),
            summary: self.summary.get_ref().clone(),
            example: self.example.get_ref().clone(),
            fresh_seconds: self.fresh_seconds.unwrap_or(default.fresh_seconds),
            revalidate_seconds: self.revalidate_seconds.unwrap_or(default.revalidate_seconds),
            format: self.picture.map(|picture| picture.name().to_owned()),
            routes: self.routes.iter().map(RouteTable::further).collect::<Result<_, _>>()?,
            ..default
        })
    }
}

/// Checks that a text is not blank.
pub(super) fn filled(text: &Spanned<String>, remedy: &str) -> Result<(), FileFault> {
    if text.get_ref().trim().is_empty() {
        Err(FileFault::at(text, format!("it is empty; write {remedy}")))
    } else {
        Ok(())
    }
}
