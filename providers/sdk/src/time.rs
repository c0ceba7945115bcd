//! Times as text: RFC 3339 in, RFC 3339 in UTC out.

use jiff::Timestamp;

/// The milliseconds since 1970 of an RFC 3339 time: date, `T`, time with seconds, and `Z` or an offset. Anything else
/// is `None`.
///
/// ```
/// use badgesmith_provider::time::milliseconds;
///
/// assert_eq!(milliseconds("2025-07-18T13:10:27.5+02:00"), Some(1_752_837_027_500));
/// assert_eq!(milliseconds("2025-07-18 11:10:27Z"), None);
/// assert_eq!(milliseconds("2025-07-18T11:10:27"), None);
/// ```
pub fn milliseconds(text: &str) -> Option<i64> {
    is_rfc3339(text.as_bytes()).then(|| text.parse::<Timestamp>().ok()).flatten().map(|time| time.as_millisecond())
}

/// A time as `2025-07-18T11:10:27.500Z`, in UTC and with three digits behind the second, so that texts sort as times.
///
/// ```
/// assert_eq!(badgesmith_provider::time::text(1_752_837_027_500), "2025-07-18T11:10:27.500Z");
/// ```
pub fn text(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).map(|time| format!("{time:.3}")).unwrap_or_default()
}

/// Whether a text has the form that RFC 3339, section 5.6, gives a time. The library reads more forms than that.
fn is_rfc3339(text: &[u8]) -> bool {
    let fits = |text: &[u8], form: &[u8]| {
        text.len() == form.len()
            && text.iter().zip(form).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                form => byte.eq_ignore_ascii_case(form),
            })
    };
    let Some((start, rest)) = text.split_at_checked(b"0000-00-00t00:00:00".len()) else { return false };
    let digits = match rest.strip_prefix(b".") {
        Some(fraction) => 1 + fraction.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        None => 0,
    };
    let offset = &rest[digits..];
    let is_offset = fits(offset, b"z") || fits(offset, b"+00:00") || fits(offset, b"-00:00");
    fits(start, b"0000-00-00t00:00:00") && digits != 1 && digits <= 10 && is_offset
}
