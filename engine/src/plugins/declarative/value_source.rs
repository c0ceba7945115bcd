//! Where a value is in an answer: `value = …`.

use std::fmt;

use badgesmith_provider::Failure;
use badgesmith_queries::{DocumentKind, QueryError};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::{
    lookup::{Leaf, Lookup},
    parameters::Parameters,
    pointer::Pointer,
    query_template::QueryTemplate,
    regex_template::RegexTemplate,
};

/// A place in an answer, and a regex that extracts a part of the value there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ValueSource {
    place: Place,
    regex: Option<RegexTemplate>,
    /// The place as it is written in the file, for reasons in the log.
    pub(super) written: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Pointer(Pointer),
    Query(QueryTemplate),
    /// The text of the whole answer.
    Text,
}

/// One place, or several in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceList(pub(super) Vec<ValueSource>);

/// A place as a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SourceTable {
    pointer: Option<String>,
    jsonpath: Option<String>,
    document: Option<Language>,
    xpath: Option<String>,
    regex: Option<String>,
    flags: Option<String>,
    replace: Option<String>,
}

/// The language of a document for a JSONPath.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Language {
    Json,
    Yaml,
    Toml,
}

impl ValueSource {
    /// The names in it.
    pub(super) fn names(&self) -> Vec<&str> {
        match &self.place {
            Place::Pointer(pointer) => pointer.names().collect(),
            Place::Query(query) => query.names().collect(),
            Place::Text => Vec::new(),
        }
    }

    /// The value at this place.
    ///
    /// # Errors
    /// `invalid response` if the body is not in the expected language.
    pub(super) fn find(&self, body: &[u8], leaf: Leaf, parameters: Parameters<'_>) -> Result<Lookup, Failure> {
        let parameter = |name: &str| parameters.get(name);
        let text = || String::from_utf8_lossy(body);
        let invalid = |fault: QueryError| Failure::invalid_response().because(fault.to_string());
        let found = match &self.place {
            Place::Pointer(pointer) => pointer.find(body, leaf, parameter)?,
            Place::Query(query) => query.find(&text(), leaf, parameter).map_err(invalid)?,
            Place::Text => Lookup::of_value(text().into()),
        };
        match &self.regex {
            Some(regex) => regex.find(found).map_err(invalid),
            None => Ok(found),
        }
    }

    fn pointer<E: de::Error>(text: &str) -> Result<Self, E> {
        let pointer = Pointer::try_from(text.to_owned()).map_err(E::custom)?;
        Ok(Self { place: Place::Pointer(pointer), regex: None, written: text.to_owned() })
    }
}

impl SourceTable {
    /// The place; the error says what is wrong and what to write.
    fn source<E: de::Error>(self) -> Result<ValueSource, E> {
        let kind = match self.document {
            None | Some(Language::Json) => DocumentKind::Json,
            Some(Language::Yaml) => DocumentKind::Yaml,
            Some(Language::Toml) => DocumentKind::Toml,
        };
        if self.document.is_some() && self.jsonpath.is_none() {
            return Err(E::custom("document is for jsonpath; write jsonpath = \"$.version\", or take it away"));
        }
        let query = |kind, text: &str| QueryTemplate::parse(kind, text).map(Place::Query).map_err(E::custom);
        let written = [&self.pointer, &self.jsonpath, &self.xpath, &self.regex].into_iter().flatten().next();
        let written = written.cloned().unwrap_or_default();
        let place = match (self.pointer, self.jsonpath, self.xpath) {
            (Some(pointer), None, None) => Place::Pointer(Pointer::try_from(pointer).map_err(E::custom)?),
            (None, Some(path), None) => query(kind, &path)?,
            (None, None, Some(path)) => query(DocumentKind::Xml, &path)?,
            (None, None, None) if self.regex.is_some() => Place::Text,
            (None, None, None) => {
                return Err(E::custom("it names no place; write a pointer, a jsonpath, an xpath or a regex"));
            }
            _ => return Err(E::custom("pointer, jsonpath and xpath exclude each other; keep one")),
        };
        let flags = self.flags.unwrap_or_default();
        let Some(search) = self.regex else {
            return match flags.is_empty() && self.replace.is_none() {
                true => Ok(ValueSource { place, regex: None, written }),
                false => Err(E::custom("flags and replace are for regex; write regex = '…', or take them away")),
            };
        };
        let regex = RegexTemplate::parse(search, flags, self.replace).map_err(E::custom)?;
        Ok(ValueSource { place, regex: Some(regex), written })
    }
}

/// A pointer or a table.
impl<'de> Deserialize<'de> for ValueSource {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct PointerOrTable;

        impl<'de> Visitor<'de> for PointerOrTable {
            type Value = ValueSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON Pointer such as \"/version\", or a table such as { jsonpath = \"$.version\" }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ValueSource, E> {
                ValueSource::pointer(text)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ValueSource, A::Error> {
                SourceTable::deserialize(MapAccessDeserializer::new(map))?.source()
            }
        }

        reader.deserialize_any(PointerOrTable)
    }
}

impl<'de> Deserialize<'de> for SourceList {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct OneOrMore;

        impl<'de> Visitor<'de> for OneOrMore {
            type Value = SourceList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON Pointer such as \"/version\", or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SourceList, E> {
                Ok(SourceList(vec![ValueSource::pointer(text)?]))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SourceList, A::Error> {
                let table = SourceTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(SourceList(vec![table.source()?]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SourceList, A::Error> {
                let mut sources = Vec::new();
                while let Some(source) = list.next_element()? {
                    sources.push(source);
                }
                Ok(SourceList(sources))
            }
        }

        reader.deserialize_any(OneOrMore)
    }
}
