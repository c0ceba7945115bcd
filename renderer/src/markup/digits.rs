//! The digits of a number. They are computed once and written at every place where the number is needed.

use crate::scale::QuarterPixels;

/// How many bytes are copied for the digits of a number; the bytes after the last digit are overwritten later.
pub(super) const COPIED: usize = 8;

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

/// The decimal fractions of a number of quarters, and their lengths.
static FRACTIONS: [(u32, usize); 4] =
    [(0, 0), (fraction(b".25\0"), 3), (fraction(b".5\0\0"), 2), (fraction(b".75\0"), 3)];

const fn fraction(characters: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*characters)
}

/// A number with up to four digits before its point, as characters; or a larger or a negative one, as a number.
#[derive(Clone, Copy)]
pub(crate) struct Digits {
    characters: u64,
    /// How many characters there are, up to seven; 0 if the number does not fit.
    length: usize,
    quarters: QuarterPixels,
}

impl Digits {
    #[inline(always)]
    pub(crate) fn whole(number: i64) -> Self {
        Self { quarters: 4 * number, ..Self::of(number, 0) }
    }

    /// The digits of a number of pixels, which must not be negative if it has a fraction.
    #[inline(always)]
    pub(crate) fn pixels(quarters: QuarterPixels) -> Self {
        Self { quarters, ..Self::of(quarters >> 2, (quarters & 3) as usize) }
    }

    #[inline(always)]
    fn of(whole: i64, quarters: usize) -> Self {
        // Nearly all numbers of a badge have up to four digits. All four are looked up, and the leading zeros are
        // shifted out, so that no branch depends on the length of the number.
        let pair = |number: u32| PAIRS.get(number as usize).copied().unwrap_or_default();
        let Some(small) = u32::try_from(whole).ok().filter(|small| *small < 10_000) else {
            return Self { characters: 0, length: 0, quarters: 0 };
        };
        let ([a, b], [c, d]) = (pair(small / 100), pair(small % 100));
        let digits = u32::from_le_bytes([a, b, c, d]);
        // The lowest set bit of the digits' values is in the first digit that is not zero, or in the last one.
        let zeros = ((digits & 0x0f0f_0f0f) | 0x1000_0000).trailing_zeros() / 8;
        let (fraction, length) = FRACTIONS.get(quarters).copied().unwrap_or_default();
        let characters = u64::from(digits >> (8 * zeros)) | u64::from(fraction) << (32 - 8 * zeros);
        Self { characters, length: 4 - zeros as usize + length, quarters: 0 }
    }

    /// The characters and how many of them there are, unless the number does not fit.
    #[inline(always)]
    pub(super) fn characters(self) -> Option<([u8; COPIED], usize)> {
        // The mask tells the compiler that the length is less than [`COPIED`].
        (self.length != 0).then(|| (self.characters.to_le_bytes(), self.length & (COPIED - 1)))
    }

    pub(super) fn quarters(self) -> QuarterPixels {
        self.quarters
    }
}
