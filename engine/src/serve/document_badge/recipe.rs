//! The parameters of document badges: the address of the document, and how a badge is made from it.
//!
//! `url`, `query`, `prefix`, `suffix`, `search`, `replace` and `flags` are as in shields. Additional parameters:
//! several `query`, joined by `separator`; `as`, the type of the value; `steps` and `colors`, a color scale.

use std::{fmt::Write, time::Duration};

use badgesmith_provider::Failure;
use badgesmith_queries::DocumentKind;
use url::Url;

use super::{document_rules::STALE, website::Website};
use crate::{
    addresses::Serves,
    code::Code,
    error::Error,
    request::Pairs,
    value::{
        color_scale::{ColorName, ColorRule, ColorScale},
        value_format::ValueFormat,
    },
};

/// The most queries of one badge.
const MOST_QUERIES: usize = 8;
/// The most steps of a scale.
const MOST_STEPS: usize = 16;
/// The default separator between two values.
const SEPARATOR: &str = ", ";
/// The values of `as`.
const VALUE_FORMATS: [&str; 5] = ["version", "metric", "percent", "bytes", "date"];
/// The longest prefix, suffix, separator or replacement, in bytes.
const LONGEST_AFFIX: usize = 256;
/// The default colors of scales with one to five steps, as in shields.
const COLORS: [&[&str]; 5] = [
    &["red", "brightgreen"],
    &["red", "yellow", "brightgreen"],
    &["red", "yellow", "green", "brightgreen"],
    &["red", "yellow", "yellowgreen", "green", "brightgreen"],
    &["red", "orange", "yellow", "yellowgreen", "green", "brightgreen"],
];

/// How a badge is made from a document.
#[derive(Debug)]
pub(super) enum Recipe {
    /// The document describes the badge.
    Endpoint,
    /// The badge shows what is found in the document.
    Dynamic(DynamicRecipe),
    /// The badge says whether there is a document.
    Website(Website),
}

/// How a dynamic badge is made from a document. Its `Debug` output is part of the cache key, so it must show every
/// field.
#[derive(Debug)]
pub(super) struct DynamicRecipe {
    pub(super) lookup: Lookup,
    pub(super) prefix: String,
    pub(super) suffix: String,
    pub(super) separator: String,
    pub(super) format: Option<ValueFormat>,
    pub(super) color: ColorRule,
}

/// The queries or the regular expression of a dynamic badge.
#[derive(Debug)]
pub(super) enum Lookup {
    Queries(DocumentKind, Vec<String>),
    Pattern { search: String, flags: String, replace: Option<String> },
}

impl Recipe {
    /// Reads the parameters of an address that serves document badges.
    ///
    /// # Errors
    /// Shields' `invalid query parameter: …` for the first parameter that is missing or invalid.
    pub(super) fn read(serves: Serves, pairs: &Pairs) -> Result<Self, Failure> {
        match serves {
            Serves::Queries(kind) => DynamicRecipe::read_queries(kind, pairs).map(Self::Dynamic),
            Serves::Regex => DynamicRecipe::read_regex(pairs).map(Self::Dynamic),
            Serves::Website => Ok(Self::Website(Website::read(pairs))),
            _ => Ok(Self::Endpoint),
        }
    }

    /// For how long a stale document is used if it cannot be fetched again. For a website badge, only the newest answer
    /// counts.
    pub(super) const fn stale(&self) -> Duration {
        match self {
            Self::Website(_) => Duration::ZERO,
            Self::Endpoint | Self::Dynamic(_) => STALE,
        }
    }

    /// The `Accept` header.
    pub(super) const fn accept(&self) -> &'static str {
        match self {
            Self::Endpoint => "application/json",
            Self::Dynamic(recipe) => recipe.accept(),
            Self::Website(_) => "*/*",
        }
    }

    /// The cache key of a badge of the document at this address.
    pub(super) fn key(&self, url: &str) -> String {
        let mut key = format!("open {}:{url}", url.len());
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Endpoint => Ok(()),
            Self::Dynamic(recipe) => write!(key, "{recipe:?}"),
            Self::Website(website) => write!(key, "{website:?}"),
        };
        key
    }
}

impl DynamicRecipe {
    /// Reads the parameters of a badge that shows what queries find in a document of this kind.
    ///
    /// # Errors
    /// Shields' `invalid query parameter: …` for the first parameter that is missing or invalid.
    fn read_queries(kind: DocumentKind, pairs: &Pairs) -> Result<Self, Failure> {
        let queries: Vec<_> = pairs.all("query").filter(|query| !query.is_empty()).map(str::to_owned).collect();
        if queries.is_empty() || queries.len() > MOST_QUERIES {
            return Err(wrong("query"));
        }
        Self::read(Lookup::Queries(kind, queries), pairs)
    }

    /// Reads the parameters of a badge that shows what a regular expression finds in any text.
    ///
    /// # Errors
    /// As [`Self::read_queries`].
    fn read_regex(pairs: &Pairs) -> Result<Self, Failure> {
        let search = pairs.get("search").filter(|search| !search.is_empty()).ok_or_else(|| wrong("search"))?.to_owned();
        let flags = pairs.get("flags").unwrap_or_default().to_owned();
        let replace = pairs.get("replace").filter(|replace| !replace.is_empty());
        let replace = replace.map(|_| affix(pairs, "replace", "")).transpose()?;
        Self::read(Lookup::Pattern { search, flags, replace }, pairs)
    }

    fn read(lookup: Lookup, pairs: &Pairs) -> Result<Self, Failure> {
        let format = pairs.get("as").filter(|name| !name.is_empty()).map(value_format).transpose()?;
        let color = match (scale(pairs)?, format) {
            (Some(_), Some(ValueFormat::Version | ValueFormat::Date)) => return Err(wrong("steps")),
            (Some(scale), _) => ColorRule::Scale(scale),
            (None, Some(ValueFormat::Version)) => ColorRule::Version,
            (None, _) => ColorRule::Fixed,
        };
        let (prefix, suffix) = (affix(pairs, "prefix", "")?, affix(pairs, "suffix", "")?);
        Ok(Self { lookup, prefix, suffix, separator: affix(pairs, "separator", SEPARATOR)?, format, color })
    }

    /// The `Accept` header, as in shields.
    const fn accept(&self) -> &'static str {
        match &self.lookup {
            Lookup::Queries(DocumentKind::Json, _) => "application/json",
            Lookup::Queries(DocumentKind::Xml, _) => "application/xml, text/xml",
            Lookup::Queries(DocumentKind::Yaml, _) => {
                "text/x-yaml, text/yaml, application/x-yaml, application/yaml, text/plain"
            }
            Lookup::Queries(DocumentKind::Toml, _) => {
                "text/x-toml, text/toml, application/x-toml, application/toml, text/plain"
            }
            Lookup::Pattern { .. } => "*/*",
        }
    }
}

/// The type of value that `as` names.
fn value_format(name: &str) -> Result<ValueFormat, Failure> {
    match name {
        "version" => Ok(ValueFormat::Version),
        "metric" => Ok(ValueFormat::Metric),
        "percent" => Ok(ValueFormat::Percent),
        "bytes" => Ok(ValueFormat::Bytes),
        "date" => Ok(ValueFormat::Date),
        _ => Err(wrong("as")),
    }
}

/// The error for a failed [`Recipe::read`]; for `as`, it lists the allowed values.
pub(super) fn refused(failure: &Failure, pairs: &Pairs) -> Error {
    let error = Error::from(failure);
    match failure.property.as_deref() {
        Some("as") => error.with_choices(pairs.get("as").unwrap_or_default(), &VALUE_FORMATS),
        _ => error,
    }
}

/// The address in the parameter `url`, or in `uri`, its deprecated name.
pub(super) fn url(pairs: &Pairs) -> Result<Url, Failure> {
    let text = pairs.get("uri").or_else(|| pairs.get("url")).unwrap_or_default();
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let invalid = || Failure::invalid_parameter(Code::UrlInvalid.name(), "url", "invalid query parameter: url");
    let mut url = url.ok_or_else(invalid)?;
    url.set_fragment(None);
    Ok(url)
}

/// A parameter for a text before, after or between the values.
fn affix(pairs: &Pairs, name: &'static str, default: &str) -> Result<String, Failure> {
    match pairs.get(name) {
        Some(text) if text.len() > LONGEST_AFFIX => Err(wrong(name)),
        text => Ok(text.unwrap_or(default).to_owned()),
    }
}

/// The color scale of `steps=80,90` and `colors=red,yellow,brightgreen`; without `colors` the default colors.
fn scale(pairs: &Pairs) -> Result<Option<ColorScale>, Failure> {
    let Some(steps) = pairs.get("steps").filter(|steps| !steps.is_empty()) else {
        return if pairs.get("colors").is_some_and(|colors| !colors.is_empty()) {
            Err(wrong("steps"))
        } else {
            Ok(None)
        };
    };
    let steps: Vec<f64> =
        steps.split(',').map(|step| step.trim().parse().map_err(|_| wrong("steps"))).collect::<Result<_, _>>()?;
    if steps.len() > MOST_STEPS || !steps.iter().all(|step| step.is_finite()) {
        return Err(wrong("steps"));
    }
    let names: Vec<&str> = match pairs.get("colors").filter(|colors| !colors.is_empty()) {
        Some(colors) => colors.split(',').map(str::trim).collect(),
        None => COLORS.get(steps.len() - 1).ok_or_else(|| wrong("colors"))?.to_vec(),
    };
    let colors = names.into_iter().map(|name| ColorName::try_from(name.to_owned()).map_err(|_| wrong("colors")));
    let colors = colors.collect::<Result<Vec<_>, _>>()?;
    let name = if colors.len() == steps.len() + 1 { "steps" } else { "colors" };
    ColorScale::new(steps, colors).map(Some).map_err(|_| wrong(name))
}

fn wrong(name: &'static str) -> Failure {
    Failure::invalid_parameter(Code::ParameterInvalid.name(), name, format!("invalid query parameter: {name}"))
}
