//! The format of a stored value: when it expires, a checksum, and the value itself.
//!
//! | bytes | what |
//! |---|---|
//! | 0 to 5 | when it expires, in seconds since 1970, the lowest byte first |
//! | 6 and 7 | `C3 5A`: this format. Values from before there were checksums have `00 00` here, and no checksum |
//! | 8 to 11 | CRC-32 of the key's parts, of the expiry and of the value, the lowest byte first |
//! | the rest | the value |
//!
//! redb checks its pages only when a file is opened after a crash, or when it is asked to. The checksum here is compared
//! each time a value is read, and since the key is part of it, a value that lies under another key is damaged too.

use crc32fast::Hasher;

/// What the last two of the first eight bytes are in this format.
const FORMAT: u64 = 0x5AC3;
/// How many bits say when a value expires.
const EXPIRY_BITS: u32 = 48;
/// How many bits of a claim say when it expires; the checksum has the rest.
const CLAIM_BITS: u32 = 40;

/// The bytes to store for a value.
pub(super) fn seal(key: &[&str], expires: u64, value: &[u8]) -> Vec<u8> {
    let expires = expires.min((1 << EXPIRY_BITS) - 1);
    let head = (expires | FORMAT << EXPIRY_BITS).to_le_bytes();
    [&head[..], &checksum(key, expires, value).to_le_bytes(), value].concat()
}

/// When a stored value expires, and the value; `None` where it is damaged.
pub(super) fn open<'a>(key: &[&str], stored: &'a [u8]) -> Option<(u64, &'a [u8])> {
    let (head, rest) = stored.split_first_chunk::<8>()?;
    let head = u64::from_le_bytes(*head);
    let expires = head & ((1 << EXPIRY_BITS) - 1);
    match head >> EXPIRY_BITS {
        0 => Some((expires, rest)),
        FORMAT => {
            let (stored, value) = rest.split_first_chunk::<4>()?;
            (u32::from_le_bytes(*stored) == checksum(key, expires, value)).then_some((expires, value))
        }
        _ => None,
    }
}

/// The number to store for a claim that expires then: its upper bits are a checksum, and zero in claims from before.
pub(super) fn seal_claim(key: &[&str], expires: u64) -> u64 {
    let expires = expires.min((1 << CLAIM_BITS) - 1);
    expires | claim_checksum(key, expires) << CLAIM_BITS
}

/// When a stored claim expires; `None` where it is damaged.
pub(super) fn open_claim(key: &[&str], stored: u64) -> Option<u64> {
    let expires = stored & ((1 << CLAIM_BITS) - 1);
    let checksum = stored >> CLAIM_BITS;
    (checksum == 0 || checksum == claim_checksum(key, expires)).then_some(expires)
}

/// The upper bits of a claim's checksum, never zero.
fn claim_checksum(key: &[&str], expires: u64) -> u64 {
    u64::from(checksum(key, expires, &[]) >> 8 | 1)
}

fn checksum(key: &[&str], expires: u64, value: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    for part in key {
        // With their lengths, so that no two keys have the same bytes.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(&expires.to_le_bytes());
    hasher.update(value);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [&str; 2] = ["TEST#acme#tools", "RESULT#linux#main#1"];

    #[test]
    fn a_value_comes_back_as_it_went_and_one_from_before_without_a_checksum() {
        for value in [&b""[..], b"{}", &[0xff; 300]] {
            assert_eq!(open(&KEY, &seal(&KEY, 1_800_000_000, value)), Some((1_800_000_000, value)));
            let before = [&1_800_000_000_u64.to_le_bytes()[..], value].concat();
            assert_eq!(open(&KEY, &before), Some((1_800_000_000, value)));
        }
        assert_eq!(open_claim(&KEY, seal_claim(&KEY, 1_800_000_000)), Some(1_800_000_000));
        assert_eq!(open_claim(&KEY, 1_800_000_000), Some(1_800_000_000));
    }

    #[test]
    fn a_value_with_one_bit_wrong_or_cut_short_or_under_another_key_is_damaged() {
        let sealed = seal(&KEY, 1_800_000_000, br#"{"passed":190}"#);
        for bit in 0..sealed.len() * 8 {
            let mut wrong = sealed.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&KEY, &wrong), None, "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(open(&KEY, &sealed[..length]), None, "cut at {length}");
        }
        assert_eq!(open(&["TEST#acme#tools", "RESULT#linux#main#2"], &sealed), None);
        assert_eq!(open(&["TEST#acme#toolsR", "ESULT#linux#main#1"], &sealed), None);
        assert_eq!(open(&KEY, &vec![0; sealed.len()]), Some((0, &[0; 18][..])), "zeroes are an old value, expired");
        let claim = seal_claim(&KEY, 1_800_000_000);
        for bit in 0..64 {
            assert_eq!(open_claim(&KEY, claim ^ 1 << bit), None, "bit {bit}");
        }
    }
}
