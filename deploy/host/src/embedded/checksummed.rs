//! The format of a stored value: its expiry, a checksum, and the value itself.
//!
//! | bytes | what |
//! |---|---|
//! | 0 to 5 | the expiry in seconds since 1970, little-endian |
//! | 6 and 7 | `C3 5A`, the mark of this format. Older values have `00 00` here and no checksum |
//! | 8 to 11 | CRC-32 of the key's parts, the expiry and the value, little-endian |
//! | the rest | the value |
//!
//! redb verifies its own page checksums only after a crash or on request. This checksum is verified on each read, and
//! since it covers the key, a value that was stored under another key is found to be damaged too.

use crc32fast::Hasher;

/// The value of bytes 6 and 7.
const FORMAT: u64 = 0x5AC3;
/// How many of a value's first 64 bits are its expiry.
const EXPIRY_BITS: u32 = 48;
/// The expiry of a value that does not expire: the greatest number that the format can hold.
pub(super) const FOREVER: u64 = (1 << EXPIRY_BITS) - 1;
/// How many of a claim's 64 bits are its expiry; the rest are a checksum.
const CLAIM_BITS: u32 = 40;

/// The bytes to store for a value.
pub(super) fn encode(key: &[&str], expires: u64, value: &[u8]) -> Vec<u8> {
    let expires = expires.min(FOREVER);
    let head = (expires | FORMAT << EXPIRY_BITS).to_le_bytes();
    [&head[..], &checksum(key, expires, value).to_le_bytes(), value].concat()
}

/// The expiry of a stored value, and the value; `None` if it is damaged.
pub(super) fn decode<'a>(key: &[&str], stored: &'a [u8]) -> Option<(u64, &'a [u8])> {
    let (head, rest) = stored.split_first_chunk::<8>()?;
    let head = u64::from_le_bytes(*head);
    let expires = head & FOREVER;
    match head >> EXPIRY_BITS {
        0 => Some((expires, rest)),
        FORMAT => {
            let (stored, value) = rest.split_first_chunk::<4>()?;
            (u32::from_le_bytes(*stored) == checksum(key, expires, value)).then_some((expires, value))
        }
        _ => None,
    }
}

/// The same for a value that can only have been stored with a checksum.
pub(super) fn decode_new<'a>(key: &[&str], stored: &'a [u8]) -> Option<(u64, &'a [u8])> {
    let is_older = stored.get(6..8) == Some(&[0, 0]);
    if is_older { None } else { decode(key, stored) }
}

/// The number to store for a claim with this expiry. Its upper bits are a checksum; in older claims they are zero.
pub(super) fn encode_claim(key: &[&str], expires: u64) -> u64 {
    let expires = expires.min((1 << CLAIM_BITS) - 1);
    expires | claim_checksum(key, expires) << CLAIM_BITS
}

/// The expiry of a stored claim; `None` if it is damaged.
pub(super) fn decode_claim(key: &[&str], stored: u64) -> Option<u64> {
    let expires = stored & ((1 << CLAIM_BITS) - 1);
    let checksum = stored >> CLAIM_BITS;
    (checksum == 0 || checksum == claim_checksum(key, expires)).then_some(expires)
}

/// The upper bits of a claim's checksum. Never zero, which marks a claim without a checksum.
fn claim_checksum(key: &[&str], expires: u64) -> u64 {
    u64::from(checksum(key, expires, &[]) >> 8 | 1)
}

fn checksum(key: &[&str], expires: u64, value: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    for part in key {
        // The lengths make the bytes of two different keys differ.
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
    fn a_value_is_decoded_as_it_was_encoded_and_an_older_one_without_a_checksum() {
        for value in [&b""[..], b"{}", &[0xff; 300]] {
            assert_eq!(decode(&KEY, &encode(&KEY, 1_800_000_000, value)), Some((1_800_000_000, value)));
            let before = [&1_800_000_000_u64.to_le_bytes()[..], value].concat();
            assert_eq!(decode(&KEY, &before), Some((1_800_000_000, value)));
        }
        assert_eq!(decode_claim(&KEY, encode_claim(&KEY, 1_800_000_000)), Some(1_800_000_000));
        assert_eq!(decode_claim(&KEY, 1_800_000_000), Some(1_800_000_000));
    }

    #[test]
    fn a_value_with_one_bit_wrong_or_cut_short_or_under_another_key_is_damaged() {
        let encoded = encode(&KEY, 1_800_000_000, br#"{"passed":190}"#);
        for bit in 0..encoded.len() * 8 {
            let mut wrong = encoded.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&KEY, &wrong), None, "bit {bit}");
        }
        for length in 0..encoded.len() {
            assert_eq!(decode(&KEY, &encoded[..length]), None, "cut at {length}");
        }
        assert_eq!(decode(&["TEST#acme#tools", "RESULT#linux#main#2"], &encoded), None);
        assert_eq!(decode(&["TEST#acme#toolsR", "ESULT#linux#main#1"], &encoded), None);
        assert_eq!(
            decode(&KEY, &vec![0; encoded.len()]),
            Some((0, &[0; 18][..])),
            "zeroes are an expired value of the older format"
        );
        let claim = encode_claim(&KEY, 1_800_000_000);
        for bit in 0..64 {
            assert_eq!(decode_claim(&KEY, claim ^ 1 << bit), None, "bit {bit}");
        }
    }
}
