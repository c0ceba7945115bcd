//! The JSON body of a POST; its texts may contain parameters of a call.

use std::{error::Error, fmt};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::braces::{self, TextTemplate};

/// The largest body, in bytes, as the host accepts it.
const LARGEST: usize = 16 * 1024;

/// A body whose parameters are not filled in yet.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct BodyTemplate(Part);

/// A value of the body.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// A value without parameters.
    Plain(Value),
    Text(TextTemplate),
    List(Vec<Part>),
    Map(Vec<(String, Part)>),
}

/// Why a value cannot be a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It has this many bytes.
    TooLarge(usize),
    /// This parameter is in a text that has other braces, such as a GraphQL query.
    NameAmongBraces(String),
}

impl BodyTemplate {
    /// The names in it.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.0.add_names(&mut names);
        names
    }

    /// The body with its parameters.
    pub(super) fn fill<'a>(&self, parameter: &impl Fn(&str) -> &'a str) -> Value {
        self.0.fill(parameter)
    }
}

impl TryFrom<Value> for BodyTemplate {
    type Error = BodyError;

    fn try_from(value: Value) -> Result<Self, BodyError> {
        let bytes = value.to_string().len();
        if bytes > LARGEST { Err(BodyError::TooLarge(bytes)) } else { Part::read(value).map(Self) }
    }
}

impl Part {
    fn read(value: Value) -> Result<Self, BodyError> {
        Ok(match value {
            Value::String(text) => Self::read_text(text)?,
            Value::Array(items) => Self::List(items.into_iter().map(Self::read).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let member = |(name, value)| Ok((name, Self::read(value)?));
                Self::Map(members.into_iter().map(member).collect::<Result<_, _>>()?)
            }
            plain => Self::Plain(plain),
        })
    }

    /// A text with names, or one whose braces are its own, such as a GraphQL query.
    fn read_text(text: String) -> Result<Self, BodyError> {
        if let Ok(template) = TextTemplate::try_from(text.clone()) {
            return Ok(Self::Text(template));
        }
        let quoted = text.split("\"{").skip(1).find_map(|after| after.split_once("}\"").map(|(name, _)| name));
        match quoted.filter(|name| braces::is_name(name)) {
            Some(name) => Err(BodyError::NameAmongBraces(name.to_owned())),
            None => Ok(Self::Plain(Value::String(text))),
        }
    }

    fn add_names<'p>(&'p self, names: &mut Vec<&'p str>) {
        match self {
            Self::Plain(_) => {}
            Self::Text(text) => names.extend(text.names()),
            Self::List(items) => items.iter().for_each(|item| item.add_names(names)),
            Self::Map(members) => members.iter().for_each(|(_, member)| member.add_names(names)),
        }
    }

    fn fill<'a>(&self, parameter: &impl Fn(&str) -> &'a str) -> Value {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Text(text) => Value::String(text.fill(parameter)),
            Self::List(items) => items.iter().map(|item| item.fill(parameter)).collect(),
            Self::Map(members) => {
                let members = members.iter().map(|(name, member)| (name.clone(), member.fill(parameter)));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(bytes) => write!(f, "the body has {bytes} bytes; write {LARGEST} at most"),
            Self::NameAmongBraces(name) => write!(
                f,
                "{{{name}}} stands in a text with other braces, which is sent as it is; in GraphQL write ${name} and \
                 variables = {{ {name} = \"{{{name}}}\" }}"
            ),
        }
    }
}

impl Error for BodyError {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_parameter_stays_inside_the_text_where_it_stands() {
        let query = "query($name: String!) { user(login: $name) { stars {total} } }";
        let body = json!({ "query": query, "variables": { "name": "{x}" }, "list": [1, true, null, "a {x}.{y} b"] });
        let template = BodyTemplate::try_from(body).unwrap();
        assert_eq!(template.names(), ["x", "y", "x"]);
        let filled = template.fill(&|name| if name == "x" { "\"}" } else { "{x}" });
        let expected =
            json!({ "query": query, "variables": { "name": "\"}" }, "list": [1, true, null, "a \"}.{x} b"] });
        assert_eq!(filled, expected);
    }
}
