//! The buffer that SVG is written into. Its bytes are reserved before anything is written, so that appending a piece is
//! only a copy and an addition.

pub(crate) mod dark;
pub(crate) mod digits;
pub(crate) mod document;
pub(crate) mod outline;

use self::digits::{COPIED, Digits};
use crate::id::IdSuffix;
use crate::scale::QuarterPixels;

/// Markup that is being written. Text that is appended must already be escaped.
///
/// A style draws with a local `Markup`, which the compiler keeps in registers as long as it is passed to inlined
/// functions only. Parts that few badges have are therefore written by [`rarely`](Self::rarely).
#[derive(Default)]
pub(crate) struct Markup<'a> {
    /// The bytes that are not written yet.
    rest: &'a mut [u8],
    /// The size of the buffer.
    room: usize,
    /// How many bytes did not fit, so that the length is known even if the buffer is too small.
    missing: usize,
    /// Whether nothing is written [`rarely`](Self::rarely).
    is_plain: bool,
}

impl<'a> Markup<'a> {
    /// Calls `write` with a buffer and appends what it writes to `out`; `write` returns the full length. If that is
    /// more than `expected`, it is called again with a buffer that is large enough.
    pub(crate) fn append(out: &mut Vec<u8>, expected: usize, write: impl Fn(&mut [u8]) -> usize) {
        let (start, mut room) = (out.len(), expected);
        loop {
            out.resize(start + room, 0);
            let length = write(out.get_mut(start..).unwrap_or_default());
            if length + COPIED <= room {
                return out.truncate(start + length);
            }
            room = length + COPIED;
        }
    }

    #[inline(always)]
    pub(crate) fn over(bytes: &'a mut [u8]) -> Self {
        Self { room: bytes.len(), rest: bytes, missing: 0, is_plain: false }
    }

    /// The markup of a drawing that is plain.
    #[inline(always)]
    pub(crate) fn plain(bytes: &'a mut [u8]) -> Self {
        Self { is_plain: true, ..Self::over(bytes) }
    }

    /// Writes parts that few badges have, and that no plain drawing has.
    #[inline(always)]
    pub(crate) fn rarely(&mut self, write: impl FnOnce(&mut Markup<'a>)) {
        debug_assert!(!self.is_plain, "a plain drawing has nothing that few badges have");
        if !self.is_plain {
            *self = Self { is_plain: false, ..written_apart(std::mem::take(self), write) };
        }
    }

    /// The next bytes of the buffer; `None` if there are too few.
    #[inline(always)]
    fn next(&mut self, length: usize) -> Option<&'a mut [u8]> {
        if length > self.rest.len() {
            self.missing += length;
            return None;
        }
        let (place, rest) = std::mem::take(&mut self.rest).split_at_mut(length);
        self.rest = rest;
        Some(place)
    }

    #[inline(always)]
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        if let Some(place) = self.next(text.len()) {
            place.copy_from_slice(text.as_bytes());
        }
        self
    }

    /// Appends a text that is likely to be short. Up to 16 bytes are copied as two pieces of a fixed length, which
    /// overlap; that needs no call.
    #[inline(always)]
    pub(crate) fn words(&mut self, text: &str) -> &mut Self {
        let bytes = text.as_bytes();
        if bytes.len() > 16 || bytes.len() < 4 {
            return self.text(text);
        }
        if let Some(place) = self.next(bytes.len())
            && !copy_ends::<8>(bytes, place)
        {
            copy_ends::<4>(bytes, place);
        }
        self
    }

    /// Appends a whole number.
    #[inline(always)]
    pub(crate) fn number(&mut self, number: i64) -> &mut Self {
        self.digits(Digits::whole(number))
    }

    /// Appends a number of pixels, which must not be negative.
    #[inline(always)]
    pub(crate) fn quarters(&mut self, quarters: QuarterPixels) -> &mut Self {
        self.digits(Digits::pixels(quarters))
    }

    /// Appends a number whose digits are known.
    #[inline(always)]
    pub(crate) fn digits(&mut self, digits: Digits) -> &mut Self {
        let Some((characters, length)) = digits.characters() else {
            let is_plain = self.is_plain;
            *self = Self { is_plain, ..large_number(std::mem::take(self), digits.quarters()) };
            return self;
        };
        let mut rest = std::mem::take(&mut self.rest);
        if let Some(place) = rest.first_chunk_mut::<COPIED>() {
            *place = characters;
            rest = rest.get_mut(length..).unwrap_or_default();
        } else {
            self.missing += length;
        }
        self.rest = rest;
        self
    }

    /// Appends a letter of ASCII.
    #[inline(always)]
    pub(crate) fn letter(&mut self, letter: char) -> &mut Self {
        if let Some([place]) = self.next(1) {
            *place = letter as u8;
        }
        self
    }

    /// Appends an id: a letter that names the element, and the badge's suffix.
    #[inline(always)]
    pub(crate) fn id(&mut self, letter: char, suffix: IdSuffix) -> &mut Self {
        self.letter(letter).around("", suffix, "")
    }

    /// Appends the text before the suffix of an id, the suffix, and the text after it.
    #[inline(always)]
    pub(crate) fn around(&mut self, before: &str, suffix: IdSuffix, after: &str) -> &mut Self {
        let suffix = suffix.characters();
        if let Some(place) = self.next(before.len() + suffix.len() + after.len()) {
            let (start, rest) = place.split_at_mut(before.len());
            let (middle, end) = rest.split_at_mut(suffix.len());
            start.copy_from_slice(before.as_bytes());
            middle.copy_from_slice(&suffix);
            end.copy_from_slice(after.as_bytes());
        }
        self
    }

    /// The length of everything that was written.
    #[inline(always)]
    pub(crate) fn length(&self) -> usize {
        self.room - self.rest.len() + self.missing
    }
}

/// Copies the first and the last `COUNT` bytes, if there are that many.
#[inline(always)]
fn copy_ends<const COUNT: usize>(from: &[u8], to: &mut [u8]) -> bool {
    let (Some(first), Some(last)) = (from.first_chunk::<COUNT>(), from.last_chunk::<COUNT>()) else { return false };
    if let Some(place) = to.first_chunk_mut::<COUNT>() {
        *place = *first;
    }
    if let Some(place) = to.last_chunk_mut::<COUNT>() {
        *place = *last;
    }
    true
}

#[cold]
#[inline(never)]
fn large_number(mut markup: Markup, quarters: QuarterPixels) -> Markup {
    let fraction = ["", ".25", ".5", ".75"].get((quarters & 3) as usize).copied().unwrap_or_default();
    markup.text(itoa::Buffer::new().format(quarters >> 2)).text(fraction);
    markup
}

#[cold]
#[inline(never)]
fn written_apart<'a>(mut markup: Markup<'a>, write: impl FnOnce(&mut Markup<'a>)) -> Markup<'a> {
    write(&mut markup);
    markup
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_does_not_depend_on_the_room_that_was_expected() {
        let write = |bytes: &mut [u8]| {
            let out = &mut Markup::over(bytes);
            out.text("a piece").number(1234).around("before", IdSuffix::default(), "after").quarters(25).words("words");
            out.rarely(|out| {
                out.text("rare").number(12_345_678);
            });
            out.letter('x').number(7);
            out.length()
        };
        let mut expected = b"start ".to_vec();
        Markup::append(&mut expected, 200, write);
        assert!(expected.ends_with(b"after6.25wordsrare12345678x7"), "{expected:?}");
        for room in 0..100 {
            let mut out = b"start ".to_vec();
            Markup::append(&mut out, room, write);
            assert_eq!(out, expected, "{room}");
        }
    }

    #[test]
    fn every_number_is_written_with_all_its_digits() {
        let written = |write: &dyn Fn(&mut Markup)| {
            let mut out = Vec::new();
            Markup::append(&mut out, 64, |bytes| {
                let out = &mut Markup::over(bytes);
                write(out);
                out.length()
            });
            String::from_utf8(out).unwrap()
        };
        for quarters in (0..50_000).chain([400_000_001, 4_000_000_000_000_002]) {
            let expected = (quarters as f64 / 4.0).to_string();
            assert_eq!(written(&|out| _ = out.quarters(quarters)), expected);
        }
        for number in [-1, -9, -12_345, 0, 9, 10, 99, 100, 9_999, 10_000, 1_234_567_890_123] {
            assert_eq!(written(&|out| _ = out.number(number)), number.to_string());
        }
    }
}
