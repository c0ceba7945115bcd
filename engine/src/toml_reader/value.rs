//! The deserializer of one value.

use std::{borrow::Cow, fmt, ops::Range, vec};

use serde::{
    Deserializer,
    de::{self, DeserializeSeed, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor},
    forward_to_deserialize_any,
};
use toml::{
    Spanned as At,
    de::{DeFloat, DeInteger, DeTable, DeValue, Error, ValueDeserializer},
};

use super::spanned;

/// A value, a key, or an offset of a [`spanned::Spanned`].
pub(super) struct Value<'de> {
    content: Content<'de>,
    span: Range<usize>,
}

enum Content<'de> {
    Toml(DeValue<'de>),
    Offset(usize),
}

impl<'de> From<At<DeValue<'de>>> for Value<'de> {
    fn from(value: At<DeValue<'de>>) -> Self {
        Self { span: value.span(), content: Content::Toml(value.into_inner()) }
    }
}

impl<'de> Value<'de> {
    fn of_key(key: At<Cow<'de, str>>) -> Self {
        Self { span: key.span(), content: Content::Toml(DeValue::String(key.into_inner())) }
    }

    const fn of_offset(offset: usize) -> Self {
        Self { span: offset..offset, content: Content::Offset(offset) }
    }

    /// The elements of an array; an error if the value is not an array.
    fn elements(self, expected: &dyn Expected) -> Result<Elements<'de>, Error> {
        match self.content {
            Content::Toml(DeValue::Array(array)) => {
                Ok(Elements(array.into_iter().map(Value::from).collect::<Vec<_>>().into_iter()))
            }
            content => Err(content.mismatch(&self.span, expected)),
        }
    }

    /// The entries of a table; an error if the value is not a table.
    fn entries(self, expected: &dyn Expected) -> Result<Entries<'de>, Error> {
        match self.content {
            Content::Toml(DeValue::Table(table)) => Ok(Entries { rest: table.into_iter(), value: None }),
            content => Err(content.mismatch(&self.span, expected)),
        }
    }

    /// A text; an error if the value is not a text.
    fn text(self, expected: &dyn Expected) -> Result<Cow<'de, str>, Error> {
        match self.content {
            Content::Toml(DeValue::String(text)) => Ok(text),
            content => Err(content.mismatch(&self.span, expected)),
        }
    }
}

impl Content<'_> {
    /// The error for a value of another type.
    fn mismatch(&self, span: &Range<usize>, expected: &dyn Expected) -> Error {
        let found = match self {
            Self::Offset(offset) => Unexpected::Unsigned(*offset as u64),
            Self::Toml(DeValue::String(text)) => Unexpected::Str(text),
            Self::Toml(DeValue::Integer(number)) => match signed(number) {
                Some(number) => Unexpected::Signed(number),
                None => Unexpected::Other(number.as_str()),
            },
            Self::Toml(DeValue::Float(number)) => Unexpected::Float(float(number)),
            Self::Toml(DeValue::Boolean(value)) => Unexpected::Bool(*value),
            Self::Toml(DeValue::Datetime(_)) => Unexpected::Other("date"),
            Self::Toml(DeValue::Array(_)) => Unexpected::Seq,
            Self::Toml(DeValue::Table(_)) => Unexpected::Map,
        };
        at(span, &de::Error::invalid_type(found, expected))
    }
}

fn signed(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn unsigned(number: &DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Infinite if it is too large.
fn float(number: &DeFloat<'_>) -> f64 {
    number.as_str().parse().unwrap_or(f64::NAN)
}

/// The same result; an error without a position gets this one.
pub(super) fn placed<T>(span: Range<usize>, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|error| if error.span().is_some() { error } else { at(&span, &error) })
}

/// The same error at this position.
fn at(span: &Range<usize>, error: &Error) -> Error {
    /// A visitor that refuses every value.
    struct Refusal<'a>(&'a str);

    impl Visitor<'_> for Refusal<'_> {
        type Value = Error;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Error, E> {
            Err(E::custom(self.0))
        }
    }

    // The crate `toml` has no other way to make an error with a position.
    let value = ValueDeserializer::from(At::new(span.clone(), DeValue::Boolean(false)));
    value.deserialize_any(Refusal(error.message())).unwrap_or_else(|error| error)
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let span = self.span.clone();
        let result = match self.content {
            Content::Offset(offset) => visitor.visit_u64(offset as u64),
            Content::Toml(DeValue::String(_)) => return self.deserialize_str(visitor),
            Content::Toml(DeValue::Array(_)) => return self.deserialize_seq(visitor),
            Content::Toml(DeValue::Table(_)) => return self.deserialize_map(visitor),
            Content::Toml(DeValue::Boolean(value)) => visitor.visit_bool(value),
            Content::Toml(DeValue::Float(number)) => visitor.visit_f64(float(&number)),
            Content::Toml(DeValue::Integer(ref number)) => match (signed(number), unsigned(number)) {
                (Some(number), _) => visitor.visit_i64(number),
                (None, Some(number)) => visitor.visit_u64(number),
                (None, None) => Err(self.content.mismatch(&span, &visitor)),
            },
            content @ Content::Toml(DeValue::Datetime(_)) => Err(content.mismatch(&span, &visitor)),
        };
        placed(span, result)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let span = self.span.clone();
        let result = match self.text(&visitor)? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        };
        placed(span, result)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let span = self.span.clone();
        let text = self.text(&visitor)?;
        placed(span, visitor.visit_str(&text))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let span = self.span.clone();
        let text = self.text(&visitor)?;
        placed(span, visitor.visit_enum(text.into_deserializer()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let span = self.span.clone();
        placed(span, visitor.visit_some(self))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        let span = self.span.clone();
        let result = if name == spanned::NAME {
            let parts = [Self::of_offset(span.start), Self::of_offset(span.end), self];
            visitor.visit_seq(Elements(Vec::from(parts).into_iter()))
        } else {
            visitor.visit_newtype_struct(self)
        };
        placed(span, result)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let span = self.span.clone();
        let elements = self.elements(&visitor)?;
        placed(span, visitor.visit_seq(elements))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let span = self.span.clone();
        let entries = self.entries(&visitor)?;
        placed(span, visitor.visit_map(entries))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 char bytes byte_buf unit ignored_any unit_struct tuple_struct tuple
    }
}

/// The elements of an array.
struct Elements<'de>(vec::IntoIter<Value<'de>>);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(value) = self.0.next() else { return Ok(None) };
        let span = value.span.clone();
        placed(span, seed.deserialize(value).map(Some))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The entries of a table.
struct Entries<'de> {
    rest: <DeTable<'de> as IntoIterator>::IntoIter,
    /// The value of the key that was read last.
    value: Option<Value<'de>>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(Value::from(value));
        let span = key.span();
        placed(span, seed.deserialize(Value::of_key(key)).map(Some))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = self.value.take().ok_or_else(|| <Error as de::Error>::custom("a value was read before its key"))?;
        let span = value.span.clone();
        placed(span, seed.deserialize(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}
