//! The suffix of the ids in an SVG: a hash of its contents, so that many badges can be inlined in one page.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Six characters, 36 bits. In one of 60,000 pages with 1,500 different badges each, two of them share a suffix.
#[derive(Clone, Copy, Default)]
pub(crate) struct IdSuffix([u8; 6]);

impl IdSuffix {
    /// The suffix of a chart with these texts.
    pub(crate) fn of_texts(texts: &[&str]) -> Self {
        let mut hash = ContentHash::default();
        texts.iter().for_each(|text| hash.add(text));
        Self::finished(hash)
    }

    /// The suffix of a badge whose parts were hashed.
    pub(crate) fn finished(hash: ContentHash) -> Self {
        let mut bits = hash.finished();
        Self(std::array::from_fn(|_| {
            let digit = DIGITS.get((bits & 63) as usize).copied().unwrap_or(b'A');
            bits >>= 6;
            digit
        }))
    }

    /// Its characters, which are ASCII.
    pub(crate) fn characters(self) -> [u8; 6] {
        self.0
    }
}

/// A hash that mixes eight bytes at a time by multiplication and rotation, because hashing a logo of 10 KB must not
/// take longer than drawing. It need not be secure. The standard library's hasher may change between releases.
#[derive(Default)]
pub(crate) struct ContentHash(u64);

/// Up to seven bytes as a number whose highest byte is the first. From four bytes on it is composed of the first four
/// and the last four, which overlap, because a loop over a few bytes takes longer.
#[inline(always)]
fn number_of(bytes: &[u8]) -> u64 {
    let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) else {
        return bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    };
    let [first, last] = [first, last].map(|four| u64::from(u32::from_be_bytes(*four)));
    first << (8 * (bytes.len() - 4)) | last
}

impl ContentHash {
    pub(crate) fn add(&mut self, text: &str) {
        // The length distinguishes "ab", "c" from "a", "bc".
        self.mix(text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        self.mix(number_of(rest));
    }

    /// Adds a missing text, which is hashed like an empty one.
    pub(crate) fn add_nothing(&mut self) {
        self.mix(0);
        self.mix(0);
    }

    pub(crate) fn mix(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }

    /// The last step of SplitMix64, so that every bit of the input influences every digit.
    fn finished(self) -> u64 {
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_first_byte_highest_whatever_the_length() {
        let bytes = [1, 2, 3, 4, 5, 6, 7];
        for length in 0..=bytes.len() {
            let expected = bytes[..length].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            assert_eq!(number_of(&bytes[..length]), expected, "{length}");
        }
    }
}
