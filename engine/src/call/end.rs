//! The checked end of a call: a badge, the address of a redirect, a record, or a failure.

use badgesmith_provider::{Badge, CallKind, Delivered, Failure, Record, is_web_address, message::StepMessage};
use http::HeaderValue;
use percent_encoding::{CONTROLS, utf8_percent_encode};
use serde::Serialize;
use url::Url;

use super::broken::Broken;
use crate::{
    badge_content::BadgeContent,
    store::{LONGEST_RUN, LONGEST_SEQUENCE, MOST_DELIVERED},
};

/// The longest text of a badge, in bytes.
const LONGEST_TEXT: usize = 1024;

/// How many states a delivery changes at most: each is a write of its own.
const MOST_DELIVERED_STATES: usize = 32;
/// How large the fields of a delivered record or state are at most, as JSON, in bytes.
const LARGEST_FIELDS: usize = 64 * 1024;
/// How many marks, which invalidate cached answers, a delivery makes at most.
const MOST_MARKS: usize = 32;

/// The successful end of a call.
#[derive(Debug)]
pub(crate) enum CallEnd {
    Badge(Badge),
    /// The address of a redirect, as the value of `Location`.
    Redirect(HeaderValue),
    Record(Record),
    Delivered(Delivered),
}

/// The result of calls of one kind.
pub(crate) trait End: Sized {
    /// `None` if this is the end of another kind.
    fn of(end: CallEnd) -> Option<Self>;
}

/// The end of the call, if this step ends it.
pub(super) fn end(step: &StepMessage, kind: CallKind) -> Result<Option<Result<CallEnd, Failure>>, Broken> {
    if step.ends() > 1 {
        return Err(Broken::violation("it has two ends at once"));
    }
    if let Some(failure) = &step.fail {
        return Ok(Some(Err(worded(failure.clone())?)));
    }
    let (of, end) = match step {
        StepMessage { done: Some(badge), .. } => (CallKind::Badge, CallEnd::Badge(drawable(badge.clone())?)),
        StepMessage { redirect: Some(url), .. } => (CallKind::Redirect, CallEnd::Redirect(location(url)?)),
        StepMessage { record: Some(record), .. } => (CallKind::Report, CallEnd::Record(recordable(record.clone())?)),
        StepMessage { delivered: Some(told), .. } => (CallKind::Hook, CallEnd::Delivered(deliverable(told.clone())?)),
        _ if matches!(kind, CallKind::Report | CallKind::Hook) => {
            return Err(Broken::violation("it asks something of a report or a delivery"));
        }
        _ => return Ok(None),
    };
    if of == kind {
        Ok(Some(Ok(end)))
    } else {
        Err(Broken::Violation(format!("asked for a {kind:?}, it ends with a {of:?}")))
    }
}

impl End for BadgeContent {
    fn of(end: CallEnd) -> Option<Self> {
        if let CallEnd::Badge(badge) = end { Some(badge.into()) } else { None }
    }
}

impl End for HeaderValue {
    fn of(end: CallEnd) -> Option<Self> {
        if let CallEnd::Redirect(location) = end { Some(location) } else { None }
    }
}

impl End for Record {
    fn of(end: CallEnd) -> Option<Self> {
        if let CallEnd::Record(record) = end { Some(record) } else { None }
    }
}

impl End for Delivered {
    fn of(end: CallEnd) -> Option<Self> {
        if let CallEnd::Delivered(told) = end { Some(told) } else { None }
    }
}

/// Checks that the texts of a badge are short enough to be drawn.
fn drawable(badge: Badge) -> Result<Badge, Broken> {
    let texts = [&badge.label, &badge.color, &badge.label_color, &badge.named_logo];
    let longest = texts.iter().filter_map(|text| text.as_ref()).chain([&badge.message]).map(String::len).max();
    match longest {
        Some(length) if length > LONGEST_TEXT => {
            Err(Broken::Violation(format!("its badge has a text of {length} bytes, at most {LONGEST_TEXT}")))
        }
        _ => Ok(badge),
    }
}

/// The address of a redirect as the value of `Location`. It is checked by the same rule as in the providers' SDK.
fn location(url: &str) -> Result<HeaderValue, Broken> {
    if url.len() > LONGEST_TEXT * 2 || !is_web_address(url) {
        return Err(Broken::Violation(format!("it leads to {url:?}, which is no http or https address")));
    }
    // Its normal form is ASCII. An internationalised host name may have no such form; the browser then reports it.
    let ascii = Url::parse(url).map_or_else(|_| utf8_percent_encode(url, CONTROLS).to_string(), String::from);
    HeaderValue::try_from(ascii).map_err(|_| Broken::violation("it leads to what no header can say"))
}

/// A record that a store can keep.
fn recordable(record: Record) -> Result<Record, Broken> {
    if record.run_id.is_empty() || record.run_id.len() > LONGEST_RUN {
        return Err(Broken::Violation(format!("its record's run_id is not 1 to {LONGEST_RUN} bytes")));
    }
    if !(1..=9999).contains(&record.run_attempt) {
        return Err(Broken::violation("its record's run_attempt is not 1 to 9999"));
    }
    Ok(record)
}

/// The result of a delivery, if a store can keep it.
fn deliverable(told: Delivered) -> Result<Delivered, Broken> {
    let Delivered { records, states, stale, .. } = &told;
    for (what, count, most) in [
        ("records", records.len(), MOST_DELIVERED),
        ("states", states.len(), MOST_DELIVERED_STATES),
        ("marks", stale.len(), MOST_MARKS),
    ] {
        if count > most {
            return Err(Broken::Violation(format!("it makes {count} {what} of a delivery, at most {most}")));
        }
    }
    for delivered in records {
        recordable(delivered.record.clone())?;
        check_fields(&delivered.record.fields)?;
    }
    for state in states {
        if !(1..=LONGEST_SEQUENCE).contains(&state.sequence.len()) {
            return Err(Broken::Violation(format!("its state's sequence is not 1 to {LONGEST_SEQUENCE} numbers")));
        }
        check_fields(&state.fields)?;
    }
    Ok(told)
}

/// Checks that fields are small enough for a store's item.
fn check_fields(fields: &impl Serialize) -> Result<(), Broken> {
    // Maps of strings always have a JSON form.
    match serde_json::to_vec(fields).map_or(0, |json| json.len()) {
        bytes if bytes > LARGEST_FIELDS => {
            Err(Broken::Violation(format!("it delivers fields of {bytes} bytes, at most {LARGEST_FIELDS}")))
        }
        _ => Ok(()),
    }
}

/// Checks that the code and the text of a failure can be shown.
fn worded(failure: Failure) -> Result<Failure, Broken> {
    let code = &failure.code;
    let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if code.is_empty() || code.len() > 64 || !code.bytes().all(is_code) {
        return Err(Broken::Violation(format!("its failure's code {code:?} is not upper-case letters, digits and _")));
    }
    if failure.words.trim().is_empty() || failure.words.len() > LONGEST_TEXT {
        return Err(Broken::violation("its failure has no words, or too many"));
    }
    Ok(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn every_address_in_ascii_that_providers_take_is_one_to_a_browser(
            host in "[a-c0-9xX.\\[\\]:%@_-]{0,12}", rest in "[ -~]{0,12}",
        ) {
            let text = format!("https://{host}{rest}");
            // Whether an internationalised host name is valid depends on the tables of IDNA, so those are left out.
            if is_web_address(&text) && !text.to_ascii_lowercase().contains("xn--") {
                proptest::prop_assert!(Url::parse(&text).is_ok(), "{}", text);
            }
        }
    }

    #[test]
    fn a_redirect_to_a_name_in_any_letters_is_a_header_in_ascii() {
        for (url, expected) in [
            ("https://münchen.example/ä", "https://xn--mnchen-3ya.example/%C3%A4"),
            ("https://a.example/b?c#d", "https://a.example/b?c#d"),
            ("https://xn--a/", "https://xn--a/"),
        ] {
            assert_eq!(location(url).unwrap(), expected);
        }
        assert!(location("https://[::1/").is_err());
    }
}
