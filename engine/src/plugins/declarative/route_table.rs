//! The routes of a badge: its own, and further ones.

use std::collections::{BTreeMap, BTreeSet};

use badgesmith_provider::FurtherRoute;
use serde::Deserialize;

use super::{file_error::FileFault, name_use::NameUse, value_table::affix};
use crate::toml_reader::Spanned;
use crate::{plugins::label_template, route::RouteTemplate};

/// The suffix after the name of a setting in a label.
const HOST: &str = ".host";

/// The format of the response if the address names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Picture {
    Svg,
    Png,
    Json,
}

/// One of the `routes` as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RouteTable {
    route: Spanned<String>,
    label: Option<Spanned<String>>,
    logo: Option<String>,
    prefix: Option<Spanned<String>>,
    picture: Option<Picture>,
    #[serde(default)]
    fixed: BTreeMap<String, Spanned<String>>,
    example: Spanned<String>,
}

/// The parts of a route that are checked, of the badge's own or of a further one.
#[derive(Clone, Copy, Debug)]
pub(super) struct RouteKeys<'t> {
    pub(super) route: &'t Spanned<String>,
    pub(super) label: &'t Spanned<String>,
    pub(super) fixed: Option<&'t BTreeMap<String, Spanned<String>>>,
    pub(super) example: &'t Spanned<String>,
}

impl Picture {
    /// Its name in manifests.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Json => "json",
        }
    }
}

impl RouteTable {
    /// The parts of the route that are checked, with the badge's label if the route has none of its own.
    pub(super) fn keys<'t>(&'t self, label: &'t Spanned<String>) -> RouteKeys<'t> {
        let label = self.label.as_ref().unwrap_or(label);
        RouteKeys { route: &self.route, label, fixed: Some(&self.fixed), example: &self.example }
    }

    /// The route in the manifest.
    pub(super) fn further(&self) -> Result<FurtherRoute, FileFault> {
        Ok(FurtherRoute {
            route: self.route.get_ref().clone(),
            label: self.label.as_ref().map(|label| label.get_ref().clone()),
            prefix: self.prefix.is_some().then(|| affix(self.prefix.clone())).transpose()?,
            format: self.picture.map(|picture| picture.name().to_owned()),
            fixed: self.fixed.iter().map(|(name, value)| (name.clone(), value.get_ref().clone())).collect(),
            query: None,
            logo: self.logo.clone(),
            example: self.example.get_ref().clone(),
        })
    }
}

impl RouteKeys<'_> {
    /// Its absolute route.
    pub(super) fn template(&self, mount: &str) -> Result<RouteTemplate, FileFault> {
        let template = RouteTemplate::parse(&absolute(mount, self.route.get_ref()));
        template.map_err(|fault| {
            FileFault::at(self.route, format!("{fault}; write segments such as {{package}} or latest"))
        })
    }

    /// The names of its parameters, after a check that the example fits the route.
    fn params(&self, mount: &str) -> Result<BTreeSet<String>, FileFault> {
        match self.template(mount)?.fit_address(&absolute(mount, self.example.get_ref())) {
            Some(params) => Ok(params.into_keys().collect()),
            None => {
                let words = format!("it does not fit the route {:?}; write an address that does", self.route.get_ref());
                Err(FileFault::at(self.example, words))
            }
        }
    }

    /// Checks that every `{name}` is a parameter on this route and that every parameter of it is used.
    pub(super) fn check_names(&self, mount: &str, names: &BadgeNames<'_>) -> Result<(), FileFault> {
        let params = self.params(mount)?;
        let is_fixed = |name: &str| self.fixed.is_some_and(|fixed| fixed.contains_key(name));
        let is_known = |name: &str| params.contains(name) || is_fixed(name) || names.query.contains_key(name);
        if let Some(unknown) = names.uses.iter().find(|used| !is_known(used.name)) {
            return Err(self.unknown(unknown, &params, names));
        }
        let in_label = label_template::names(self.label.get_ref());
        let is_setting = |name: &str| name.strip_suffix(HOST).is_some_and(|name| names.settings.contains(name));
        if let Some(name) = in_label.iter().find(|name| !is_known(name) && !is_setting(name)) {
            let words = format!(
                "{{{name}}} is neither in the route nor in query; write one of them, or {{SETTING.host}} for the host \
                 of a setting's address"
            );
            return Err(FileFault::at(self.label, words));
        }
        let is_used = |name: &str| names.uses.iter().any(|used| used.name == name) || in_label.contains(&name);
        if let Some(name) = params.iter().find(|name| !is_used(name)) {
            return Err(FileFault::at(self.route, not_used(name)));
        }
        for (name, value) in self.fixed.into_iter().flatten() {
            if params.contains(name) {
                return Err(FileFault::at(value, format!("{{{name}}} is in the route already; take it away here")));
            }
            if !is_used(name) {
                return Err(FileFault::at(value, not_used(name)));
            }
        }
        Ok(())
    }

    fn unknown(&self, used: &NameUse<'_>, params: &BTreeSet<String>, names: &BadgeNames<'_>) -> FileFault {
        let name = used.name;
        if self.fixed.is_some() {
            let words = format!(
                "this route has no {{{name}}}, which the badge uses; write it in the route, or fixed = \
                 {{ {name} = \"…\" }}"
            );
            return FileFault::at(self.route, words);
        }
        let known: Vec<_> = params.iter().chain(names.query.keys()).map(|name| format!("{{{name}}}")).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        FileFault::new(used.offset, format!("{{{name}}} is neither in the route nor in query; there is {known}"))
    }
}

/// The names that a badge uses and defines, besides those of a route.
#[derive(Clone, Copy, Debug)]
pub(super) struct BadgeNames<'t> {
    /// The names in the texts of the badge, except labels.
    pub(super) uses: &'t [NameUse<'t>],
    pub(super) query: &'t BTreeMap<String, Spanned<String>>,
    pub(super) settings: &'t BTreeSet<&'t str>,
}

pub(super) fn not_used(name: &str) -> String {
    format!("{{{name}}} is not used; write it in get, or take it away")
}

fn absolute(mount: &str, route: &str) -> String {
    if route.starts_with('/') { route.to_owned() } else { format!("{mount}/{route}") }
}
