//! The file of a declarative provider as it is written, and the checks of it.

use std::collections::{BTreeMap, BTreeSet};

use badgesmith_provider::{BadgeRoute, Manifest};
use serde::Deserialize;
use toml::Spanned;

use super::{
    file_error::FileFault,
    pointer::{Pointer, PointerList},
    recipe::BadgeRecipe,
    request_template::RequestTemplate,
    status_words::{ErrorStatus, FailureWords},
};
use crate::{
    origin::Origin,
    plugins::id::is_id,
    route::{RouteTemplate, Router},
    value::{
        color_scale::{ColorName, ColorRule, ColorScale},
        value_format::ValueFormat,
    },
};

/// The default color.
const COLOR: &str = "blue";
/// The longest prefix or suffix, in bytes.
const LONGEST_AFFIX: usize = 64;
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

/// The whole file. `id` to `settings` are a manifest's keys; the origins it asks for are those of its settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct DeclarativeFile {
    id: Spanned<String>,
    version: Spanned<String>,
    #[serde(default)]
    summary: String,
    mount: Spanned<String>,
    #[serde(default)]
    settings: BTreeMap<String, Spanned<String>>,
    badge: Vec<BadgeTable>,
}

/// `[[badge]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BadgeTable {
    name: Spanned<String>,
    route: Spanned<String>,
    #[serde(default)]
    query: BTreeMap<String, Spanned<String>>,
    category: Option<Spanned<String>>,
    label: Spanned<String>,
    color: Option<Spanned<ColorName>>,
    logo: Option<String>,
    summary: Spanned<String>,
    example: Spanned<String>,
    fresh_seconds: Option<u32>,
    revalidate_seconds: Option<u32>,
    get: Spanned<RequestTemplate>,
    accept: Option<String>,
    value: Spanned<PointerList>,
    format: Spanned<ValueFormat>,
    prefix: Option<Spanned<String>>,
    suffix: Option<Spanned<String>>,
    scale: Option<Spanned<ColorScale>>,
    r#match: Option<Spanned<BTreeMap<String, ColorName>>>,
    #[serde(default)]
    statuses: BTreeMap<ErrorStatus, FailureWords>,
    empty: Option<FailureWords>,
}

impl DeclarativeFile {
    /// The manifest, after a check that its routes differ.
    pub(super) fn manifest(&self) -> Result<Manifest, FileFault> {
        if !is_id(self.id.get_ref()) {
            return Err(FileFault::at(&self.id, "an id is lower-case letters, digits and -"));
        }
        filled(&self.version, "\"1.0.0\"")?;
        let mount = self.mount.get_ref();
        if !mount.starts_with('/') || mount.ends_with('/') {
            let words =
                format!("a mount begins with / and does not end with it; write \"/{}\"", mount.trim_matches('/'));
            return Err(FileFault::at(&self.mount, words));
        }
        self.check_settings()?;
        let mut router = Router::new();
        let mut names = BTreeSet::new();
        for badge in &self.badge {
            let template = badge.template(mount)?;
            if let Err((_, other)) = router.add(template, badge.name.get_ref()) {
                let words = format!("it fits the same addresses as the route of badge {other:?}; write another");
                return Err(FileFault::at(&badge.route, words));
            }
            if !names.insert(badge.name.get_ref()) {
                return Err(FileFault::at(&badge.name, "another badge has this name; write another"));
            }
        }
        Ok(Manifest {
            id: self.id.get_ref().clone(),
            version: self.version.get_ref().clone(),
            summary: self.summary.clone(),
            mount: mount.clone(),
            badges: self.badge.iter().map(BadgeTable::manifest).collect::<Result<_, _>>()?,
            origins: self.settings.keys().map(|name| format!("{{{name}}}")).collect(),
            settings: self.settings.iter().map(|(name, value)| (name.clone(), value.get_ref().clone())).collect(),
            ..Manifest::default()
        })
    }

    /// How each badge is made, by the badge's name, after a check that every example fits its route.
    pub(super) fn recipes(self) -> Result<BTreeMap<String, BadgeRecipe>, FileFault> {
        let Self { mount, badge, .. } = self;
        let recipe = |badge: BadgeTable| Ok((badge.name.get_ref().clone(), badge.recipe(mount.get_ref())?));
        badge.into_iter().map(recipe).collect()
    }

    /// Checks that every setting is the beginning of an address and that a request begins with it.
    fn check_settings(&self) -> Result<(), FileFault> {
        for BadgeTable { get, .. } in &self.badge {
            let base = get.get_ref().base();
            if !self.settings.contains_key(base) {
                let words = format!("no setting is called {base}; write settings = {{ {base} = \"https://…\" }}");
                return Err(FileFault::at(get, words));
            }
        }
        for (name, value) in &self.settings {
            let address = value.get_ref();
            Origin::of(address).map_err(|fault| {
                FileFault::at(value, format!("no address to begin with, such as \"https://example.com\": {fault}"))
            })?;
            if address.contains(['?', '#']) {
                return Err(FileFault::at(value, "an address to begin with has no ? and no #; write them in get"));
            }
            if !self.badge.iter().any(|badge| badge.get.get_ref().base() == name) {
                let words = format!("no get begins with {{{name}}}; write one that does, or take the setting away");
                return Err(FileFault::at(value, words));
            }
        }
        Ok(())
    }
}

impl BadgeTable {
    /// Its absolute route.
    fn template(&self, mount: &str) -> Result<RouteTemplate, FileFault> {
        let template = RouteTemplate::parse(&absolute(mount, self.route.get_ref()));
        template.map_err(|fault| {
            FileFault::at(&self.route, format!("{fault}; write segments such as {{package}} or latest"))
        })
    }

    /// The names of its route's parameters, after a check that the example fits the route.
    fn params(&self, mount: &str) -> Result<BTreeSet<String>, FileFault> {
        match self.template(mount)?.fit_address(&absolute(mount, self.example.get_ref())) {
            Some(params) => Ok(params.into_keys().collect()),
            None => {
                let words = format!("it does not fit the route {:?}; write an address that does", self.route.get_ref());
                Err(FileFault::at(&self.example, words))
            }
        }
    }

    fn manifest(&self) -> Result<BadgeRoute, FileFault> {
        filled(&self.name, "\"version\"")?;
        filled(&self.label, "the left half, such as \"gem\"")?;
        filled(&self.summary, "one sentence about the badge")?;
        if let Some(category) = self.category.as_ref().filter(|name| !CATEGORIES.contains(&name.get_ref().as_str())) {
            return Err(FileFault::at(category, format!("no category; write one of {}", CATEGORIES.join(", "))));
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
            summary: self.summary.get_ref().clone(),
            example: self.example.get_ref().clone(),
            fresh_seconds: self.fresh_seconds.unwrap_or(default.fresh_seconds),
            revalidate_seconds: self.revalidate_seconds.unwrap_or(default.revalidate_seconds),
            ..BadgeRoute::default()
        })
    }

    fn recipe(self, mount: &str) -> Result<BadgeRecipe, FileFault> {
        self.check_names(mount)?;
        let color = self.color_rule()?;
        Ok(BadgeRecipe {
            request: self.get.into_inner().accept(self.accept),
            query: self.query.into_iter().map(|(name, default)| (name, default.into_inner())).collect(),
            values: self.value.into_inner().0,
            format: self.format.into_inner(),
            prefix: affix(self.prefix)?,
            suffix: affix(self.suffix)?,
            color,
            statuses: self.statuses,
            empty: self.empty,
        })
    }

    /// Checks that every `{name}` is a parameter and that every parameter is used.
    fn check_names(&self, mount: &str) -> Result<(), FileFault> {
        let params = self.params(mount)?;
        let get = self.get.get_ref();
        let is_known = |name: &str| params.contains(name) || self.query.contains_key(name);
        let known = || {
            let known: Vec<_> = params.iter().chain(self.query.keys()).map(|name| format!("{{{name}}}")).collect();
            if known.is_empty() { "none".to_owned() } else { known.join(", ") }
        };
        let unknown = |name: &str| format!("{{{name}}} is neither in the route nor in query; there is {}", known());
        if let Some(name) = get.names().find(|name| !is_known(name)) {
            return Err(FileFault::at(&self.get, unknown(name)));
        }
        let pointers = &self.value.get_ref().0;
        if let Some(name) = pointers.iter().flat_map(Pointer::names).find(|name| !is_known(name)) {
            return Err(FileFault::at(&self.value, unknown(name)));
        }
        if pointers.is_empty() {
            return Err(FileFault::at(&self.value, "there is no pointer; write one such as \"/version\""));
        }
        let is_used = |name: &str| get.names().chain(pointers.iter().flat_map(Pointer::names)).any(|used| used == name);
        if let Some(name) = params.iter().find(|name| !is_used(name)) {
            return Err(FileFault::at(
                &self.route,
                format!("{{{name}}} is not used; write it in get, or take it away"),
            ));
        }
        for (name, default) in &self.query {
            if params.contains(name) {
                return Err(FileFault::at(default, format!("{{{name}}} is in the route already; write another name")));
            }
            if !is_used(name) {
                return Err(FileFault::at(
                    default,
                    format!("{{{name}}} is not used; write it in get, or take it away"),
                ));
            }
            filled(default, "what holds where the caller gives none")?;
        }
        Ok(())
    }

    fn color_rule(&self) -> Result<ColorRule, FileFault> {
        let format = *self.format.get_ref();
        match (&self.color, &self.scale, &self.r#match) {
            (_, Some(_), Some(colors)) => {
                Err(FileFault::at(colors, "there is a scale already; take one of the two away"))
            }
            (Some(color), Some(_), None) => Err(FileFault::at(color, "the scale has every colour; take color away")),
            (None, Some(scale), None) if !format.is_number() => Err(FileFault::at(
                scale,
                "a scale is for numbers; write format = \"metric\", \"percent\" or \"bytes\", or a match",
            )),
            (None, Some(scale), None) => Ok(ColorRule::Scale(scale.get_ref().clone())),
            (_, None, Some(colors)) if format != ValueFormat::Text => {
                Err(FileFault::at(colors, "a match is for texts; write format = \"text\", or a scale"))
            }
            (_, None, Some(colors)) => Ok(ColorRule::Match(colors.get_ref().clone())),
            (None, None, None) if format == ValueFormat::Version => Ok(ColorRule::Version),
            (_, None, None) => Ok(ColorRule::Fixed),
        }
    }
}

fn absolute(mount: &str, route: &str) -> String {
    if route.starts_with('/') { route.to_owned() } else { format!("{mount}/{route}") }
}

fn filled(text: &Spanned<String>, remedy: &str) -> Result<(), FileFault> {
    if text.get_ref().trim().is_empty() {
        Err(FileFault::at(text, format!("it is empty; write {remedy}")))
    } else {
        Ok(())
    }
}

/// A prefix or a suffix.
fn affix(text: Option<Spanned<String>>) -> Result<String, FileFault> {
    match text {
        Some(text) if text.get_ref().len() > LONGEST_AFFIX => {
            Err(FileFault::at(&text, format!("it is too long; write {LONGEST_AFFIX} bytes at most")))
        }
        text => Ok(text.map(Spanned::into_inner).unwrap_or_default()),
    }
}
