//! The values of the arguments: their names, and their further properties.

use std::{collections::BTreeSet, fmt};

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::{
    build::BuildBody,
    ci::BuildFacts,
    value::{ValueFault, ValueKind, WrittenValue},
};

/// The most values of one command.
const MOST_VALUES: usize = 64;
/// The longest name that the server accepts, with the part before it, in bytes.
const LONGEST_NAME: usize = 128;

/// Numbers and words to report.
#[derive(Args, Debug)]
pub(super) struct ValueOptions {
    /// A number or a word with a badge of its own, such as size=1.2MB, warnings=3, coverage=87.5%, time='3m 20s',
    /// release=1.2.3 or channel=stable; up to 64 of them.
    #[arg(long = "value", value_name = "NAME=VALUE")]
    pub(super) values: Vec<String>,
    /// How the badge writes a value: metric, bytes, percent, duration, version or text; by default as the value is
    /// written here.
    #[arg(long, value_name = "NAME=KIND", requires = "values")]
    value_as: Vec<String>,
    /// The left half of the badge of a value; by default its name.
    #[arg(long, value_name = "NAME=TEXT", requires = "values")]
    value_label: Vec<String>,
    /// The unit of a number, such as warnings; of bytes and durations the unit that the number is in, such as MiB or s.
    #[arg(long, value_name = "NAME=UNIT", requires = "values")]
    value_unit: Vec<String>,
    /// The ascending numbers at which the color of a badge changes, such as size=1MB,2MB.
    #[arg(long, value_name = "NAME=STEPS", requires = "values")]
    value_steps: Vec<String>,
    /// The colors below, between and above the steps, such as size=green,yellow,red.
    #[arg(long, value_name = "NAME=COLORS", requires = "values")]
    value_colors: Vec<String>,
}

/// A value with its name and all its properties.
#[derive(Debug)]
pub(super) struct NamedValue<'a> {
    /// The name in addresses, with the part before it.
    pub(super) name: String,
    /// The name without the part.
    pub(super) label: &'a str,
    /// The value as it is written in the argument.
    pub(super) text: &'a str,
    fields: ValueFields<'a>,
}

/// The fields of a body that describe the value.
#[derive(Clone, Debug, Serialize)]
struct ValueFields<'a> {
    value: Value,
    r#as: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    colors: Option<&'a str>,
}

/// What is wrong with the arguments of a value.
#[derive(Debug)]
pub(super) enum ValuesFault {
    TooMany,
    /// An option whose argument is not `NAME=…`, and the argument.
    Form(&'static str, String),
    LongName(String),
    Twice(&'static str, String),
    /// An option for a name that no value has.
    NoValue(&'static str, String),
    Kind(String),
    /// A value that has a unit both in its text and in an option.
    TwoUnits(String),
    /// Steps without colors, or colors without steps.
    HalfScale(String),
    Value(String, ValueFault),
}

impl fmt::Display for ValuesFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => write!(f, "--value: at most {MOST_VALUES} values are reported at once"),
            Self::Form(option, argument) => write!(f, "{option} {argument}: write {option} NAME=VALUE"),
            Self::LongName(name) => {
                write!(f, "--value {name}: a name has at most {LONGEST_NAME} bytes, with the part before it")
            }
            Self::Twice(option, name) => write!(f, "{option} {name}: it is given twice; give it once"),
            Self::NoValue(option, name) => write!(f, "{option} {name}: no --value has this name"),
            Self::Kind(name) => {
                write!(f, "--value-as {name}: write metric, bytes, percent, duration, version or text")
            }
            Self::TwoUnits(name) => write!(f, "--value-unit {name}: its value is written with a unit already"),
            Self::HalfScale(name) => write!(f, "--value-steps and --value-colors {name}: give both"),
            Self::Value(name, fault) => write!(f, "--value {name}: {fault}"),
        }
    }
}

impl ValueOptions {
    /// All values, in their order.
    ///
    /// # Errors
    /// The first argument that is wrong.
    pub(super) fn read<'a>(&'a self, part: Option<&str>) -> Result<Vec<NamedValue<'a>>, ValuesFault> {
        if self.values.len() > MOST_VALUES {
            return Err(ValuesFault::TooMany);
        }
        let values = pairs("--value", &self.values)?;
        let said = |option, arguments: &'a [String]| {
            let pairs = pairs(option, arguments)?;
            match pairs.iter().find(|(name, _)| !values.iter().any(|(known, _)| known == name)) {
                Some((name, _)) => Err(ValuesFault::NoValue(option, (*name).to_owned())),
                None => Ok(pairs),
            }
        };
        let kinds = said("--value-as", &self.value_as)?;
        let labels = said("--value-label", &self.value_label)?;
        let units = said("--value-unit", &self.value_unit)?;
        let steps = said("--value-steps", &self.value_steps)?;
        let colors = said("--value-colors", &self.value_colors)?;
        let named = |&(name, text): &(&'a str, &'a str)| {
            let of = |pairs: &[(&str, &'a str)]| pairs.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
            let own = || name.to_owned();
            let kind = match of(&kinds) {
                Some(kind) => Some(ValueKind::parse(kind).ok_or_else(|| ValuesFault::Kind(own()))?),
                None => None,
            };
            let WrittenValue { kind, value, unit } =
                WrittenValue::read(text, kind).map_err(|fault| ValuesFault::Value(own(), fault))?;
            let (steps, colors, other_unit) = (of(&steps), of(&colors), of(&units));
            let has_unit = unit.is_some() || matches!(kind, ValueKind::Bytes | ValueKind::Duration) && !is_plain(text);
            if has_unit && other_unit.is_some() {
                return Err(ValuesFault::TwoUnits(own()));
            }
            if steps.is_some() != colors.is_some() {
                return Err(ValuesFault::HalfScale(own()));
            }
            let full = part.map_or_else(own, |part| format!("{part}.{name}"));
            if full.len() > LONGEST_NAME {
                return Err(ValuesFault::LongName(full));
            }
            let unit = unit.or(other_unit);
            let fields = ValueFields { value, r#as: kind.name(), label: of(&labels), unit, steps, colors };
            Ok(NamedValue { name: full, label: name, text, fields })
        };
        values.iter().map(named).collect()
    }
}

impl NamedValue<'_> {
    /// The body as compact JSON: the bytes that are signed and sent.
    ///
    /// # Errors
    /// None in practice, because every value is a string or a number.
    pub(super) fn body(&self, facts: &BuildFacts, timestamp: &str) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&BuildBody::new(&self.name, facts, timestamp, &self.fields))
    }
}

/// The names and the texts after them. No two names may be equal when case is ignored.
fn pairs<'a>(option: &'static str, arguments: &'a [String]) -> Result<Vec<(&'a str, &'a str)>, ValuesFault> {
    let mut seen = BTreeSet::new();
    let pair = |argument: &'a String| {
        let pair = argument.split_once('=').filter(|(name, text)| !name.is_empty() && !text.trim().is_empty());
        let (name, text) = pair.ok_or_else(|| ValuesFault::Form(option, argument.clone()))?;
        if !seen.insert(badgesmith_provider::fold(name)) {
            return Err(ValuesFault::Twice(option, name.to_owned()));
        }
        Ok((name, text))
    };
    arguments.iter().map(pair).collect()
}

/// Whether a text ends with a digit, and so has no unit.
fn is_plain(text: &str) -> bool {
    text.trim_end().ends_with(|last: char| last.is_ascii_digit() || last == '.')
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        options: ValueOptions,
    }

    fn options(arguments: &[&str]) -> ValueOptions {
        Command::try_parse_from([&["report"], arguments].concat()).unwrap().options
    }

    #[test]
    fn a_value_has_what_is_said_of_it() {
        let arguments = [
            "--value",
            "size=1.5MiB",
            "--value",
            "warnings=3",
            "--value-label",
            "size=bundle = all",
            "--value-unit",
            "warnings=warnings",
            "--value-steps",
            "size=1MB,2MB",
            "--value-colors",
            "size=green,yellow,red",
        ];
        let options = options(&arguments);
        let values = options.read(Some("web")).unwrap();
        assert_eq!((&*values[0].name, values[0].label, values[0].text), ("web.size", "size", "1.5MiB"));
        let body = |value: &NamedValue<'_>| {
            String::from_utf8(value.body(&BuildFacts::default(), "2026-01-02T03:04:05Z").unwrap()).unwrap()
        };
        assert_eq!(
            body(&values[0]),
            "{\"platform\":\"web.size\",\"value\":1.5,\"as\":\"bytes\",\"label\":\"bundle = all\",\"unit\":\"MiB\",\
             \"steps\":\"1MB,2MB\",\"colors\":\"green,yellow,red\",\"timestamp\":\"2026-01-02T03:04:05Z\"}"
        );
        assert_eq!(
            body(&values[1]),
            "{\"platform\":\"web.warnings\",\"value\":3,\"as\":\"metric\",\"unit\":\"warnings\",\
             \"timestamp\":\"2026-01-02T03:04:05Z\"}"
        );
    }

    #[test]
    fn a_wrong_argument_is_named_with_what_to_write() {
        let long = format!("{}=1", "x".repeat(125));
        for (arguments, words) in [
            (&["--value", "size"][..], "--value size: write --value NAME=VALUE"),
            (&["--value", "=3"], "--value =3: write --value NAME=VALUE"),
            (&["--value", "size="], "--value size=: write --value NAME=VALUE"),
            (&["--value", "size=1", "--value", "SIZE=2"], "--value SIZE: it is given twice; give it once"),
            (&["--value", "size=1", "--value-as", "code=bytes"], "--value-as code: no --value has this name"),
            (
                &["--value", "size=1", "--value-as", "size=money"],
                "--value-as size: write metric, bytes, percent, duration, version or text",
            ),
            (
                &["--value", "size=1.2M", "--value-as", "size=bytes"],
                "--value size: bytes are written 1200, 1.2MB or 1.2 MiB",
            ),
            (
                &["--value", "size=1B", "--value-unit", "size=kB"],
                "--value-unit size: its value is written with a unit already",
            ),
            (&["--value", "size=1", "--value-steps", "size=1"], "--value-steps and --value-colors size: give both"),
            (
                &["--value", &long],
                &format!("--value web.{}: a name has at most 128 bytes, with the part before it", "x".repeat(125)),
            ),
        ] {
            let options = options(arguments);
            assert_eq!(options.read(Some("web")).unwrap_err().to_string(), words);
        }
        let many: Vec<_> = (0..65).map(|number| format!("--value=n{number}=1")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert!(options(&many[..64]).read(None).is_ok());
        assert_eq!(
            options(&many).read(None).unwrap_err().to_string(),
            "--value: at most 64 values are reported at once"
        );
    }
}
