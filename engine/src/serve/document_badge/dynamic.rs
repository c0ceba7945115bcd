//! What a dynamic badge shows: what queries find in a document, or what a regular expression finds in any text.

use badgesmith_provider::{Badge, Failure, format};
use badgesmith_queries::{Document, DocumentKind, Pattern, QueryError, as_xml, is_html};
use serde_json::Value;

use super::{
    document_rules::invalid,
    recipe::{DynamicRecipe, Lookup},
};
use crate::{
    badge_content::BadgeContent,
    code::Code,
    value::{
        color_scale::ColorRule,
        value_format::{ShownValue, ValueFormat},
    },
};

/// The longest message that is composed, in bytes. Only the beginning of such a message is drawn.
const LONGEST_TEXT: usize = 4 * 1024;

impl DynamicRecipe {
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

    /// A text in the badge's format, with its number if there is a color scale.
    fn show(&self, text: &str) -> Result<ShownValue, Failure> {
        let percentage = |text: &str| Value::String(text.trim().trim_end_matches('%').trim_end().to_owned());
        let Some(format) = self.format else {
            let number = match &self.color {
                ColorRule::Scale(_) => format::number(&percentage(text)).ok_or_else(|| unfit("result is no number"))?,
                _ => 0.0,
            };
            // Line breaks and other control characters are not drawn.
            let text = text.replace(|letter: char| letter.is_control(), " ");
            return Ok(ShownValue { text: text.trim().to_owned(), number, color: None });
        };
        let value = match format {
            ValueFormat::Percent => percentage(text),
            _ => Value::String(text.trim().to_owned()),
        };
        // None of the formats that a caller can name depends on the time.
        format.show(&value, 0).ok_or_else(|| {
            unfit(match format {
                ValueFormat::Metric | ValueFormat::Percent | ValueFormat::Bytes => "result is no number",
                ValueFormat::Date => "result is no date",
                _ => "result is no version",
            })
        })
    }
}

/// The results of all queries in a document.
fn find(kind: DocumentKind, text: &str, queries: &[String]) -> Result<Vec<String>, QueryError> {
    let document = if queries.len() == 1 { Document::lazy(kind, text)? } else { Document::read(kind, text)? };
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

/// The failure of a value that is not of the type that `as` names.
fn unfit(words: &'static str) -> Failure {
    Failure { code: Code::ResultInvalid.name().into(), ..invalid(words) }
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
