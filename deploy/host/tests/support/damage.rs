//! Damages a file's bytes, in a way that a seed determines.

/// The size of redb's pages.
const PAGE: usize = 4096;
/// How many bytes of redb's header are in use.
const HEADER: u64 = 320;

/// Pseudorandom numbers: splitmix64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (number ^ (number >> 31)) % most.max(1)
    }

    fn at(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap()
    }
}

/// A description of the damage, and the damaged bytes.
pub(crate) fn damage(whole: &[u8], seed: u64) -> (&'static str, Vec<u8>) {
    let mut numbers = Numbers(seed.wrapping_mul(0x1234_5678_9abc_def1));
    let mut bytes = whole.to_vec();
    let pages = bytes.len() / PAGE;
    // Most pages of a small store are free, and damage to them shows nowhere.
    let used: Vec<_> =
        (1..pages).filter(|page| whole[page * PAGE..(page + 1) * PAGE].iter().any(|byte| *byte != 0)).collect();
    let page = |numbers: &mut Numbers| used[numbers.at(used.len())] * PAGE;
    let kind = match seed % 9 {
        0 => {
            let at = page(&mut numbers) + numbers.at(PAGE);
            bytes[at] ^= 1 << numbers.below(8);
            "one bit"
        }
        1 => {
            for _ in 0..16 {
                let at = numbers.at(bytes.len());
                bytes[at] ^= 1 << numbers.below(8);
            }
            "sixteen bits"
        }
        2 => {
            let at = page(&mut numbers);
            bytes[at..at + PAGE].fill(0);
            "a page of zeroes"
        }
        3 => {
            let length = match numbers.below(4) {
                0 => 0,
                1 => numbers.at(bytes.len()),
                2 => numbers.at(pages) * PAGE,
                _ => bytes.len() - 1,
            };
            bytes.truncate(length);
            "cut short"
        }
        4 => {
            for _ in 0..=numbers.below(3 * PAGE as u64) {
                bytes.push(u8::try_from(numbers.below(256)).unwrap());
            }
            "a tail of garbage"
        }
        5 => {
            let (one, other) = (page(&mut numbers), page(&mut numbers));
            let kept = bytes[one..one + PAGE].to_vec();
            bytes.copy_within(other..other + PAGE, one);
            bytes[other..other + PAGE].copy_from_slice(&kept);
            "two pages in each other's place"
        }
        6 => {
            let at = page(&mut numbers);
            for byte in &mut bytes[at..at + PAGE] {
                *byte = u8::try_from(numbers.below(256)).unwrap();
            }
            "a page of garbage"
        }
        7 => {
            let at = usize::try_from(numbers.below(HEADER)).unwrap();
            bytes[at] ^= 1 << numbers.below(8);
            "one bit of the header"
        }
        _ => {
            let (from, to) = (page(&mut numbers), page(&mut numbers));
            bytes.copy_within(from..from + PAGE, to);
            "a page over another one"
        }
    };
    (kind, bytes)
}
