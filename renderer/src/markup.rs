//! The bytes that SVG is written into. They are reserved before anything is written, so that appending a piece is a
//! copy and an addition.

pub(crate) mod dark;
pub(crate) mod document;
pub(crate) mod outline;

use crate::id::IdSuffix;
use crate::scale::QuarterPixels;

/// A number is written with this many bytes, of which those after its last digit are written over.
const NUMBER: usize = 4;

/// The two digits of each number below 100.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Markup that is being written. Text that is appended must already be escaped.
///
/// A style draws with a local one, which the compiler keeps in registers as long as no function is called with it that
/// is not inlined. What few badges have is therefore written by [`rarely`](Self::rarely).
#[derive(Default)]
pub(crate) struct Markup<'a> {
    /// What is not written yet.
    rest: &'a mut [u8],
    /// How many bytes there were at the start.
    room: usize,
    /// How many bytes had no place, so that the length is known if there is too little room.
    missing: usize,
}

impl<'a> Markup<'a> {
    /// Appends to `out` what `write` writes into the bytes it is given, and whose length it returns. If it is longer
    /// than `expected` it is written once more, into as many bytes as it needs.
    pub(crate) fn append(out: &mut Vec<u8>, expected: usize, write: impl Fn(&mut [u8]) -> usize) {
        let (start, mut room) = (out.len(), expected);
        loop {
            out.resize(start + room, 0);
            let length = write(out.get_mut(start..).unwrap_or_default());
            if length + NUMBER <= room {
                return out.truncate(start + length);
            }
            room = length + NUMBER;
        }
    }

    #[inline(always)]
    pub(crate) fn over(bytes: &'a mut [u8]) -> Self {
        Self { room: bytes.len(), rest: bytes, missing: 0 }
    }

    /// Writes what few badges have.
    #[inline(always)]
    pub(crate) fn rarely(&mut self, write: impl FnOnce(&mut Markup<'a>)) {
        *self = written_apart(std::mem::take(self), write);
    }

    /// The next bytes, unless there is too little room.
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

    /// Appends as many characters of ASCII as the array has.
    #[inline(always)]
    fn ascii<const COUNT: usize>(&mut self, characters: [u8; COUNT]) -> &mut Self {
        if let Some(place) = self.next(COUNT) {
            place.copy_from_slice(&characters);
        }
        self
    }

    #[inline(always)]
    pub(crate) fn number(&mut self, number: i64) -> &mut Self {
        // Nearly all numbers of a badge have up to four digits. All four are looked up, and the leading zeros are
        // shifted out, so that the length of a number costs no branch.
        let pair = |number: usize| PAIRS.get(number).copied().unwrap_or_default();
        let Some(small) = usize::try_from(number).ok().filter(|small| *small < 10_000) else {
            self.rarely(|out| {
                out.text(itoa::Buffer::new().format(number));
            });
            return self;
        };
        let ([a, b], [c, d]) = (pair(small / 100), pair(small % 100));
        let digits = u32::from_le_bytes([a, b, c, d]);
        // The lowest bit that is set in the value of a digit is in the first one that is no zero, or in the last one.
        let zeros = ((digits & 0x0f0f_0f0f) | 0x1000_0000).trailing_zeros() / 8;
        if let Some(place) = self.rest.first_chunk_mut::<NUMBER>() {
            *place = (digits >> (8 * zeros)).to_le_bytes();
        }
        self.next(NUMBER - zeros as usize);
        self
    }

    /// Appends a number of pixels, which must not be negative.
    #[inline(always)]
    pub(crate) fn quarters(&mut self, quarters: QuarterPixels) -> &mut Self {
        self.number(quarters / 4);
        match quarters % 4 {
            1 => self.text(".25"),
            2 => self.text(".5"),
            3 => self.text(".75"),
            _ => self,
        }
    }

    /// Appends a letter of ASCII.
    #[inline(always)]
    pub(crate) fn letter(&mut self, letter: char) -> &mut Self {
        self.ascii([letter as u8])
    }

    /// Appends an id: a letter that names the element, and the badge's suffix.
    #[inline(always)]
    pub(crate) fn id(&mut self, letter: char, suffix: IdSuffix) -> &mut Self {
        self.letter(letter).suffix(suffix)
    }

    /// Appends the suffix of an id whose letter is written already.
    #[inline(always)]
    pub(crate) fn suffix(&mut self, suffix: IdSuffix) -> &mut Self {
        self.ascii(suffix.characters())
    }

    /// The length of all that was written.
    #[inline(always)]
    pub(crate) fn length(&self) -> usize {
        self.room - self.rest.len() + self.missing
    }
}

/// Copies the first and the last bytes, if there are so many.
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
fn written_apart<'a>(mut markup: Markup<'a>, write: impl FnOnce(&mut Markup<'a>)) -> Markup<'a> {
    write(&mut markup);
    markup
}
