//! A value with its position in the text.

use std::{fmt, marker::PhantomData, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};

/// The struct name by which [`Spanned`] asks the deserializer for a value with its position. No struct of this crate
/// has this name.
pub(super) const NAME: &str = "a value and its place";

/// A value and its range of bytes in the text. Only the deserializer of [`toml_reader`](super) can read one. Two are
/// equal if their values are equal.
#[derive(Clone, Debug)]
pub(crate) struct Spanned<T> {
    span: Range<usize>,
    value: T,
}

impl<T> Spanned<T> {
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub(crate) const fn get_ref(&self) -> &T {
        &self.value
    }

    pub(crate) fn into_inner(self) -> T {
        self.value
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Reads the start offset, the end offset and the value.
        struct Parts<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
            type Value = Spanned<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(NAME)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Spanned<T>, A::Error> {
                let (start, end) = (parts.next_element()?, parts.next_element()?);
                let (Some(start), Some(end), Some(value)) = (start, end, parts.next_element()?) else {
                    return Err(de::Error::invalid_length(2, &self));
                };
                Ok(Spanned { span: start..end, value })
            }
        }

        deserializer.deserialize_newtype_struct(NAME, Parts(PhantomData))
    }
}
