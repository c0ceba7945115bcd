//! Dynamic badges: they show what a query finds in a document, or what a regular expression finds in any text.
//!
//! `url`, `query`, `prefix`, `suffix`, `search`, `replace` and `flags` are as in shields. Additional parameters:
//! several `query`, joined by `separator`; `as`, the type of the value; `steps` and `colors`, a color scale.

use badgesmith_provider::{Badge, Failure};
use badgesmith_queries::{Document, DocumentKind, Pattern, QueryError, as_xml, is_html};
use serde_json::Value;

use super::document_rules::invalid;
use crate::{
    badge_content::BadgeContent,
    code::Code,
    request::Pairs,
    value::{
        color_scale::{ColorName, ColorRule, ColorScale},
        value_format::{self, ShownValue, ValueFormat},
    },
};

/// The most queries of one badge.
const MOST_QUERIES: usize = 8;
/// The most steps of a scale.
const MOST_STEPS: usize = 16;
/// The default separator between two values.
const SEPARATOR: &str = ", ";
/// The longest prefix, suffix, separator or replacement, in bytes.
const LONGEST_AFFIX: usize = 256;
/// The longest message that is composed, in bytes. Only the beginning of such a message is drawn.
const LONGEST_TEXT: usize = 4 * 1024;

/// The default colors of scales with one to five steps, as in shields.
const COLORS: [&[&str]; 5] = [
    &["red", "brightgreen"],
    &["red", "yellow", "brightgreen"],
    &["red", "yellow", "green", "brightgreen"],
    &["red", "yellow", "yellowgreen", "green", "brightgreen"],
    &["red", "orange", "yellow", "yellowgreen", "green", "brightgreen"],
];

/// How a dynamic badge is made from a document. Its `Debug` output is part of the cache key, so it must show every
/// field.
#[derive(Debug)]
pub(super) struct DynamicRecipe {
    lookup: Lookup,
    prefix: String,
    suffix: String,
    separator: String,
    format: Option<ValueFormat>,
    color: ColorRule,
}

#[derive(Debug)]
enum Lookup {
    Queries(DocumentKind, Vec<String>),
    Pattern { search: String, flags: String, replace: Option<String> },
}

impl DynamicRecipe {
    /// Reads the parameters of a badge that shows what queries find in a document of this kind.
    ///
    /// # Errors
    /// Shields' `invalid query parameter: …` for the first parameter that is missing or invalid.
    pub(super) fn read_queries(kind: DocumentKind, pairs: &Pairs) -> Result<Self, Failure> {
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
    pub(super) fn read_regex(pairs: &Pairs) -> Result<Self, Failure> {
        let search = pairs.get("search").filter(|search| !search.is_empty()).ok_or_else(|| wrong("search"))?.to_owned();
        let flags = pairs.get("flags").unwrap_or_default().to_owned();
        let replace = pairs.get("replace").filter(|replace| !replace.is_empty());
        let replace = replace.map(|_| affix(pairs, "replace", "")).transpose()?;
        Self::read(Lookup::Pattern { search, flags, replace }, pairs)
    }

    fn read(lookup: Lookup, pairs: &Pairs) -> Result<Self, Failure> {
        let format = match pairs.get("as").filter(|name| !name.is_empty()) {
            None => None,
            Some("version") => Some(ValueFormat::Version),
            Some("metric") => Some(ValueFormat::Metric),
            Some("percent") => Some(ValueFormat::Percent),
            Some("bytes") => Some(ValueFormat::Bytes),
            Some("date") => Some(ValueFormat::Date),
            Some(_) => return Err(wrong("as")),
        };
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
    pub(super) const fn accept(&self) -> &'static str {
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

    /// The badge of a document with this media type. This may take several hundred milliseconds.
    ///
    /// # Errors
    /// The document, the query or the regular expression is invalid, or nothing was found.
    pub(super) fn make(&self, body: &[u8], media_type: &str) -> Result<BadgeContent, Failure> {
        let text = String::from_utf8_lossy(body);
        let texts = match &self.lookup {
            Lookup::Queries(kind, queries) => {
                let found = if *kind == DocumentKind::Xml {
                    find_in_xml(&text, media_type, queries)
                } else {
                    find(*kind, &text, queries)
                };
                found.map_err(|fault| failure(fault, "query"))?
            }
            Lookup::Pattern { search, flags, replace } => {
                let pattern = Pattern::read(search, flags);
                let found = pattern.and_then(|pattern| pattern.find(&text, replace.as_deref()));
                vec![
                    found
                        .map_err(|fault| failure(fault, if fault == QueryError::Flags { "flags" } else { "search" }))?,
                ]
            }
        };
        let shown: Vec<_> = texts.iter().map(|text| self.show(text)).collect::<Result<_, _>>()?;
        let first = shown.first().ok_or_else(|| failure(QueryError::NoResult, "query"))?;
        let color = self.color.color(first).unwrap_or("blue").to_owned();
        let mut message = self.prefix.clone();
        for (at, shown) in shown.iter().enumerate() {
            message.push_str(if at == 0 { "" } else { &self.separator });
            message.push_str(&shown.text);
            if message.len() > LONGEST_TEXT {
                break;
            }
        }
        message.push_str(&self.suffix);
        Ok(Badge { color: Some(color), ..Badge::new(message) }.into())
    }

    /// A text in its format, with its number if there is a color scale.
    fn show(&self, text: &str) -> Result<ShownValue, Failure> {
        let percentage = |text: &str| Value::String(text.trim().trim_end_matches('%').trim_end().to_owned());
        let Some(format) = self.format else {
            let number = match &self.color {
                ColorRule::Scale(_) => {
                    value_format::number(&percentage(text)).ok_or_else(|| unfit("result is no number"))?
                }
                _ => 0.0,
            };
            // Line breaks and other control characters are not drawn.
            let text = text.replace(|letter: char| letter.is_control(), " ");
            return Ok(ShownValue { text: text.trim().to_owned(), number });
        };
        let value = match format {
            ValueFormat::Percent => percentage(text),
            _ => Value::String(text.trim().to_owned()),
        };
        format.show(&value).ok_or_else(|| {
            unfit(match format {
                ValueFormat::Metric | ValueFormat::Percent | ValueFormat::Bytes => "result is no number",
                ValueFormat::Date => "result is no date",
                ValueFormat::Version | ValueFormat::Text => "result is no version",
            })
        })
    }
}

/// The results of all queries in a document.
fn find(kind: DocumentKind, text: &str, queries: &[String]) -> Result<Vec<String>, QueryError> {
    let document = Document::read(kind, text)?;
    let found = queries.iter().map(|query| document.find(query));
    Ok(found.collect::<Result<Vec<_>, _>>()?.concat())
}

/// The results of all queries in XML or HTML. A document is HTML if its media type says so and it does not begin as
/// XML, or if it begins as HTML and is not well-formed XML.
fn find_in_xml(text: &str, media_type: &str, queries: &[String]) -> Result<Vec<String>, QueryError> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let comes_as_html = essence.eq_ignore_ascii_case("text/html");
    let begins_as_xml = text.trim_start_matches('\u{feff}').trim_start().starts_with("<?xml");
    if comes_as_html && !begins_as_xml {
        return find(DocumentKind::Xml, &as_xml(text)?, queries);
    }
    match find(DocumentKind::Xml, text, queries) {
        Err(QueryError::Unparseable(_)) if comes_as_html || is_html(text) => {
            find(DocumentKind::Xml, &as_xml(text)?, queries)
        }
        found => found,
    }
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

/// The failure of a value that is not of the type that `as` names.
fn unfit(words: &'static str) -> Failure {
    Failure { code: Code::ResultInvalid.name().into(), ..invalid(words) }
}

fn wrong(name: &'static str) -> Failure {
    Failure::invalid_parameter(Code::ParameterInvalid.name(), name, format!("invalid query parameter: {name}"))
}

/// The failure of a query error, about one parameter.
fn failure(fault: QueryError, parameter: &'static str) -> Failure {
    match fault {
        fault if fault.is_in_query() => {
            Failure::invalid_parameter(Code::ParameterInvalid.name(), parameter, fault.to_string())
        }
        QueryError::NoResult | QueryError::NoText => {
            Failure { code: Code::ResultNotFound.name().into(), ..invalid(fault.to_string()) }.about(parameter)
        }
        fault => invalid(fault.to_string()),
    }
}
