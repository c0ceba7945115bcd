//! A NuGet version: parsed, compared and displayed as NuGet does.

use std::{cmp::Ordering, fmt};

#[cfg(test)]
mod vectors;

/// The number of digits up to which every number fits in 31 bits.
const FITTING: usize = 9;

/// A version in NuGet's syntax: one to four numbers and, for a prerelease, labels.
///
/// The labels are a slice of the parsed text, so a list of hundreds of versions is parsed without allocating. Metadata
/// (`+abc`) must be well formed and is then dropped: NuGet neither compares nor displays it.
/// <https://learn.microsoft.com/en-us/nuget/concepts/package-versioning>
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    numbers: [u32; 4],
    labels: &'a str,
}

impl<'a> Version<'a> {
    /// Reads a version. `None` if NuGet would refuse it.
    ///
    /// NuGet is more lenient than SemVer: missing numbers are zero, and a fourth number, leading zeros and blanks
    /// around a number are allowed. The crate `semver` accepts none of these.
    ///
    /// ```
    /// use badgesmith_versions::Version;
    ///
    /// assert_eq!(Version::parse("1.2-Beta+build").unwrap().to_string(), "1.2.0-Beta");
    /// assert!(Version::parse("1.2").unwrap() < Version::parse("1.10").unwrap());
    /// assert!(Version::parse("v1.2").is_none());
    /// ```
    pub fn parse(text: &'a str) -> Option<Self> {
        let (numbers, _, rest) = numbers(trim_end(text))?;
        if rest.is_empty() {
            return Some(Self::stable(numbers));
        }
        let (rest, metadata) = split_metadata(rest);
        if metadata.is_some_and(|metadata| !labels(metadata).all(is_label)) {
            return None;
        }
        match rest.strip_prefix('-') {
            None => rest.is_empty().then_some(Self { numbers, labels: "" }),
            Some(labels) => Self::prerelease(numbers, labels),
        }
    }

    /// The prerelease with these numbers and labels. `None` if a label is empty, has a character other than ASCII
    /// letters, digits and `-`, or is a number with a leading zero.
    pub(crate) fn prerelease(numbers: [u32; 4], labels: &'a str) -> Option<Self> {
        let well_formed = |label: &[u8]| is_label(label) && !(label.len() > 1 && label[0] == b'0' && is_number(label));
        self::labels(labels).all(well_formed).then_some(Self { numbers, labels })
    }

    /// The stable version with these numbers.
    pub(crate) fn stable(numbers: [u32; 4]) -> Self {
        Self { numbers, labels: "" }
    }

    /// Whether the version has labels: `1.0.0-beta.2` has, `1.0.0+build` has none.
    pub fn is_prerelease(&self) -> bool {
        !self.labels.is_empty()
    }

    /// Whether a text is certainly not a version as high as this one, judging by its first numbers. If this is false,
    /// the text may be anything.
    pub(crate) fn is_surely_above(&self, text: &str) -> bool {
        let mut at = 0;
        for own in &self.numbers {
            let Some((number, end)) = digits(text.as_bytes(), at) else { return false };
            if number != *own {
                return number < *own;
            }
            match text.as_bytes().get(end) {
                Some(b'.') => at = end + 1,
                _ => return false,
            }
        }
        false
    }

    /// Major, minor, patch and revision.
    pub(crate) fn numbers(&self) -> &[u32; 4] {
        &self.numbers
    }

    /// The labels as written, without the dash before them; empty for a stable version.
    pub(crate) fn labels(&self) -> &'a str {
        self.labels
    }
}

/// NuGet's normalised form: three numbers, the fourth if it is not zero, and the labels as written.
impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch, revision] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if revision != 0 {
            write!(f, ".{revision}")?;
        }
        if self.is_prerelease() {
            write!(f, "-{}", self.labels)?;
        }
        Ok(())
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.is_prerelease(), other.is_prerelease()) {
            (true, true) => compare_labels(self.labels, other.labels),
            (left, right) => right.cmp(&left),
        })
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version<'_> {}

/// Reads one to four numbers separated by points; returns them, their count, and the rest of the text.
pub(crate) fn numbers(text: &str) -> Option<([u32; 4], usize, &str)> {
    plain_numbers(text).or_else(|| any_numbers(text))
}

/// [`any_numbers`] for the usual form of a text: without blanks, with numbers of at most [`FITTING`] digits, and with
/// nothing, labels or metadata after them. `None` for any other text.
fn plain_numbers(text: &str) -> Option<([u32; 4], usize, &str)> {
    let bytes = text.as_bytes();
    let (mut numbers, mut count, mut at) = ([0; 4], 0, 0);
    loop {
        let (number, end) = digits(bytes, at)?;
        *numbers.get_mut(count)? = number;
        count += 1;
        match bytes.get(end) {
            Some(b'.') => at = end + 1,
            None | Some(b'-' | b'+') => return Some((numbers, count, &text[end..])),
            Some(_) => return None,
        }
    }
}

/// Reads one to [`FITTING`] digits from an offset; returns the number and the offset of what follows.
fn digits(text: &[u8], start: usize) -> Option<(u32, usize)> {
    let (mut number, mut end) = (0_u32, start);
    while let Some(digit @ b'0'..=b'9') = text.get(end) {
        number = number.wrapping_mul(10).wrapping_add(u32::from(digit - b'0'));
        end += 1;
    }
    (1..=FITTING).contains(&(end - start)).then_some((number, end))
}

fn any_numbers(text: &str) -> Option<([u32; 4], usize, &str)> {
    let mut numbers = [0; 4];
    let mut count = 0;
    let mut rest = text;
    loop {
        let (number, after) = number(rest)?;
        *numbers.get_mut(count)? = number;
        count += 1;
        match after.strip_prefix('.') {
            Some(after) => rest = after,
            None => return Some((numbers, count, after)),
        }
    }
}

/// Reads a number and the blanks around it; returns it and the rest of the text. The number is at most 2147483647,
/// because NuGet stores it in a 32-bit signed integer.
fn number(text: &str) -> Option<(u32, &str)> {
    let text = trim_start(text);
    let (mut number, mut digits) = (0_u32, 0);
    while let Some(digit @ b'0'..=b'9') = text.as_bytes().get(digits) {
        number = number.checked_mul(10)?.checked_add(u32::from(digit - b'0'))?;
        digits += 1;
    }
    let is_number = digits > 0 && number <= i32::MAX.unsigned_abs();
    is_number.then(|| (number, trim_start(&text[digits..])))
}

/// Compares labels by the rules of SemVer 2 (<https://semver.org/#spec-item-11>), but without regard to case, as NuGet
/// does.
///
/// `semver::Prerelease` has the same order for labels in lower case; it is not used because it would allocate for every
/// version of a list. A test compares the two.
fn compare_labels(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (labels(left), labels(right));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => compare_label(left, right),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn compare_label(left: &[u8], right: &[u8]) -> Ordering {
    match (is_number(left), is_number(right)) {
        // Without leading zeros the longer number is the greater one. Numbers can be too long for an integer type.
        (true, true) => left.len().cmp(&right.len()).then_with(|| left.cmp(right)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => lower_case(left).cmp(lower_case(right)),
    }
}

/// The labels between the points, as bytes: splitting a `str` is slower for texts as short as these.
fn labels(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(|byte| *byte == b'.')
}

fn lower_case(label: &[u8]) -> impl Iterator<Item = u8> {
    label.iter().map(u8::to_ascii_lowercase)
}

fn split_metadata(text: &str) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == b'+') {
        Some(plus) => (&text[..plus], Some(&text[plus + 1..])),
        None => (text, None),
    }
}

/// [`str::trim_start`] with a fast path for a text that starts with visible ASCII, as nearly all do.
fn trim_start(text: &str) -> &str {
    if text.as_bytes().first().is_none_or(u8::is_ascii_graphic) { text } else { text.trim_start() }
}

/// [`str::trim_end`] with the same fast path.
fn trim_end(text: &str) -> &str {
    if text.as_bytes().last().is_none_or(u8::is_ascii_graphic) { text } else { text.trim_end() }
}

fn is_number(label: &[u8]) -> bool {
    !label.is_empty() && label.iter().all(u8::is_ascii_digit)
}

fn is_label(label: &[u8]) -> bool {
    !label.is_empty() && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Version<'_> {
        Version::parse(text).unwrap_or_else(|| panic!("{text:?} is refused"))
    }

    #[test]
    fn a_version_prints_in_nugets_normalised_form() {
        for (text, normalised) in [
            ("1", "1.0.0"),
            ("1.2", "1.2.0"),
            ("1.2.3.0", "1.2.3"),
            ("1.2.3.4", "1.2.3.4"),
            ("01.002.0003", "1.2.3"),
            ("  1 . 2 .3 ", "1.2.3"),
            ("1.2-Beta.2+build.7", "1.2.0-Beta.2"),
            ("1.2.3--", "1.2.3--"),
            ("1.2.3+a-b", "1.2.3"),
            ("2147483647.0", "2147483647.0.0"),
        ] {
            assert_eq!(parse(text).to_string(), normalised, "{text:?}");
        }
    }

    #[test]
    fn what_nuget_refuses_is_refused() {
        for text in [
            "",
            " ",
            ".",
            "1.",
            ".1",
            "v1.0",
            "1.2.3.4.5",
            "+1.0",
            "1.+2",
            "1.-2",
            "2147483648",
            "1 0.0",
            "1.0.0-",
            "1.0.0-a..b",
            "1.0.0-01",
            "1.0.0-a b",
            "1.0.0+",
            "1.0.0+a+b",
            "1.0.0-ä",
            "١.0",
        ] {
            assert!(Version::parse(text).is_none(), "{text:?} is read");
        }
    }

    #[test]
    fn each_version_is_older_than_the_next() {
        let ascending = [
            "0.9",
            "1.0.0-0",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-99999999999",
            "1.0.0-100000000000",
            "1.0.0--",
            "1.0.0-alpha",
            "1.0.0-ALPHA.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta2-final",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.0.1-rc",
            "1.0.0.1",
            "1.0.10",
            "1.2",
            "10",
        ];
        for pair in ascending.windows(2) {
            assert!(parse(pair[0]) < parse(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn case_metadata_and_missing_zeros_make_no_difference() {
        for (left, right) in [("1.0", "1.0.0.0"), ("1.0-RC.1", "1.0.0-rc.1"), ("1.0.0+a", "1.0.0+b")] {
            assert_eq!(parse(left), parse(right));
        }
    }

    const LABELS: &str =
        "(0|[1-9][0-9]{0,11}|[0-9]{0,3}[A-Za-z-][0-9A-Za-z-]{0,3})(\\.(0|[1-9][0-9]{0,2}|[a-bA-B-]{1,2})){0,3}";
    const VERSION: &str = "[0-2](\\.[0-2]){0,3}(-(0|10?|[abAB-]{1,2})(\\.(0|10?|[abAB-]{1,2})){0,2})?";

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in any::<String>(), near in "[ 0-9.a-bA-B*+-]{0,24}") {
            let _ = Version::parse(&text);
            let _ = Version::parse(&near);
        }

        #[test]
        fn plain_numbers_are_read_as_any_numbers(text in "[0-9]{0,11}( ?\\.?[0-9]{0,3}){0,5}[ a+-]{0,2}") {
            if let Some(plain) = plain_numbers(&text) {
                prop_assert_eq!(Some(plain), any_numbers(&text));
            }
        }

        #[test]
        fn what_is_printed_reads_as_the_same_version(
            numbers in prop::array::uniform4(0..=i32::MAX.unsigned_abs()), labels in prop::option::of(LABELS)
        ) {
            let version = match &labels {
                Some(labels) => Version::prerelease(numbers, labels).unwrap(),
                None => Version::stable(numbers),
            };
            let printed = version.to_string();
            prop_assert_eq!(parse(&printed), version);
            prop_assert_eq!(parse(&printed).to_string(), printed);
        }

        #[test]
        fn the_order_is_total(a in VERSION, b in VERSION, c in VERSION) {
            let (a, b, c) = (parse(&a), parse(&b), parse(&c));
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert_eq!(a == b, a.to_string().eq_ignore_ascii_case(&b.to_string()));
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }

        #[test]
        fn labels_are_ordered_as_the_semver_crate_orders_them_in_lower_case(left in LABELS, right in LABELS) {
            let semver = |labels: &str| semver::Prerelease::new(&labels.to_ascii_lowercase()).unwrap();
            prop_assert_eq!(compare_labels(&left, &right), semver(&left).cmp(&semver(&right)));
        }
    }
}
