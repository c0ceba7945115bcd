//! Parses the properties of an endpoint document. Lists and objects are not kept: they become empty ones.
//!
//! No valid property is a list or an object, and skipping them bounds the memory for a large document.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// The most properties that are kept. A document with more has some that are not in the schema.
const MOST_FIELDS: usize = 64;

/// The properties of a document; `None` if it is not an object.
///
/// # Errors
/// The document is not JSON.
pub(super) fn read(json: &[u8]) -> Result<Option<Map<String, Value>>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let fields = reader.deserialize_any(Fields)?;
    reader.end()?;
    Ok(fields)
}

/// The whole document.
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Option<Map<String, Value>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let Field(value) = map.next_value()?;
            if fields.len() < MOST_FIELDS || fields.contains_key(&name) {
                fields.insert(name, value);
            }
        }
        Ok(Some(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        pass_over(seq).map(|()| None)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// The value of a property.
struct Field(Value);

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Field(Value::Object(Map::new())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Field, A::Error> {
                pass_over(seq).map(|()| Field(Value::Array(Vec::new())))
            }

            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Field, E> {
                Ok(Field(truth.into()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Field, E> {
                Ok(Field(number.into()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Field, E> {
                Ok(Field(number.into()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Field, E> {
                Ok(Field(number.into()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Field, E> {
                Ok(Field(text.into()))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Field, E> {
                Ok(Field(Value::Null))
            }
        }

        reader.deserialize_any(Any)
    }
}

fn pass_over<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}
