//! Badges of a repository's languages. GitHub states the bytes of code in each.

use badgesmith_provider::{
    Badge, Call,
    format::{self, SizeUnits},
};
use serde_json::Value;

use crate::{
    address::Address,
    field,
    repository::{MISSING, Repository},
    stop::Stop,
};

/// How many languages there are.
pub(crate) fn count(call: &Call<'_>) -> Result<Badge, Stop> {
    Ok(Badge::new(format::metric(languages(call)?.len() as f64)))
}

/// How much code there is in all languages.
pub(crate) fn code_size(call: &Call<'_>) -> Result<Badge, Stop> {
    let bytes: u64 = languages(call)?.into_iter().map(|(_, bytes)| bytes).sum();
    Ok(Badge::new(format::size(bytes as f64, SizeUnits::Iec)))
}

/// The language with the most code, and its share.
pub(crate) fn top(call: &Call<'_>) -> Result<Badge, Stop> {
    let languages = languages(call)?;
    let all: u64 = languages.iter().map(|(_, bytes)| bytes).sum();
    let Some((name, bytes)) = languages.into_iter().max_by_key(|(_, bytes)| *bytes).filter(|_| all > 0) else {
        return Ok(Badge::new("none"));
    };
    let share = bytes as f64 / all as f64 * 100.0;
    Ok(Badge::new(format!("{share:.1}%")).label(name.to_lowercase()))
}

/// The languages with their numbers of bytes; none for an empty repository.
fn languages(call: &Call<'_>) -> Result<Vec<(String, u64)>, Stop> {
    let repository = Repository::of(call);
    let Value::Object(languages) = repository.read(Address::of("/languages"), MISSING)? else {
        return Err(field::invalid("", "an object"));
    };
    let bytes = |(name, bytes): (String, Value)| match bytes.as_u64() {
        Some(bytes) => Ok((name, bytes)),
        None => Err(field::invalid(&name, "a whole number")),
    };
    languages.into_iter().map(bytes).collect()
}
