//! Sealed texts: who opens them, what their text shows, and everything that is refused.

use std::{
    io::{BufReader, Read as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{FutureExt, future::BoxFuture};

use super::{
    envelope::{is_sealed, open, seal},
    *,
};

const TEXT: &[u8] = b"{\"secrets\": [{\"owner\": \"acme\", \"purpose\": \"Package\", \"values\": [\"hush-hush\"]}]}\n";
/// How many corrupted texts are tried.
const CORRUPTIONS: usize = 10_000;

fn key(byte: u8) -> LocalKey {
    LocalKey::parse(&STANDARD.encode([byte; 32]), || KeySource::Variable("TEST")).unwrap()
}

fn sealer(keys: &[u8]) -> Sealer {
    Sealer::new(keys.iter().map(|byte| SealKey::Local(key(*byte))).collect())
}

fn envelope(keys: &[u8]) -> Vec<u8> {
    seal(&sealer(keys), Purpose::Secrets, TEXT).unwrap().0
}

fn refusal(keys: &[u8], sealed: &[u8]) -> SealError {
    open(&sealer(keys), Purpose::Secrets, sealed).map(|opened| opened.key).unwrap_err()
}

fn stream(keys: &[u8], text: &[u8]) -> Vec<u8> {
    let mut writer = SealedWriter::new(&sealer(keys), Purpose::Export, Vec::new()).unwrap();
    writer.write_all(text).unwrap();
    writer.finish().unwrap()
}

/// Opens a stream, and returns the text that was read and the error.
fn unsealed(keys: &[u8], sealed: &[u8]) -> (Vec<u8>, Option<String>) {
    let end = sealed.iter().position(|byte| *byte == b'\n').map_or(sealed.len(), |end| end + 1);
    let (header, rest) = sealed.split_at(end);
    let sealer = sealer(keys);
    let reader = UnsealedReader::open(&sealer, Purpose::Export, header, BufReader::new(rest));
    let mut reader = match reader.now_or_never().unwrap() {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let mut text = Vec::new();
    let outcome = reader.read_to_end(&mut text);
    (text, outcome.err().map(|error| error.to_string()))
}

#[test]
fn an_envelope_shows_nothing_of_its_text_and_opens_with_its_key_alone() {
    let sealed = envelope(&[1]);
    assert!(is_sealed(&sealed) && !is_sealed(TEXT));
    let shown = String::from_utf8(sealed.clone()).unwrap();
    for part in ["hush", "acme", "Package", &STANDARD.encode(TEXT)[..24]] {
        assert!(!shown.contains(part), "{part} is in {shown}");
    }
    let opened = open(&sealer(&[1]), Purpose::Secrets, &sealed).unwrap();
    assert_eq!((&**opened.text, &*opened.key), (TEXT, key(1).name()));
    let name = key(1).name().to_owned();
    assert_eq!(refusal(&[], &sealed), SealError::KeyMissing { key: name.clone(), given: Vec::new() });
    let given = vec![key(2).name().to_owned()];
    assert_eq!(refusal(&[2], &sealed), SealError::KeyMissing { key: name, given });
    assert_ne!(sealed, envelope(&[1]), "two sealings have the same nonce or data key");
}

#[test]
fn both_ages_open_during_a_rotation_and_the_new_key_seals() {
    let (old, new) = (envelope(&[1]), envelope(&[2, 1]));
    let both = sealer(&[2, 1]);
    assert_eq!(open(&both, Purpose::Secrets, &old).unwrap().key, key(1).name());
    assert_eq!(open(&both, Purpose::Secrets, &new).unwrap().key, key(2).name());
    assert!(matches!(refusal(&[1], &new), SealError::KeyMissing { .. }));
    assert!(matches!(refusal(&[2], &old), SealError::KeyMissing { .. }));
}

#[test]
fn a_text_that_is_sealed_for_one_purpose_stands_for_no_other() {
    let export = seal(&sealer(&[1]), Purpose::Export, TEXT).unwrap().0;
    let words = refusal(&[1], &export);
    assert_eq!(words, SealError::Purpose { sealed: "export".to_owned(), wanted: "secrets" });
    let renamed = String::from_utf8(export).unwrap().replace("\"export\"", "\"secrets\"");
    assert_eq!(refusal(&[1], renamed.as_bytes()), SealError::Changed);
    let newer = String::from_utf8(envelope(&[1])).unwrap().replace("\"sealed\": 1", "\"sealed\": 2");
    assert_eq!(refusal(&[1], newer.as_bytes()), SealError::Version(2));
}

/// Corrupts a text in the way of this number: every byte by every kind of change, cuts, additions, exchanged ranges,
/// random bytes.
fn corrupted(text: &[u8], other: &[u8], number: usize, random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = text.to_vec();
    let place = (number / 8) % text.len();
    match number % 8 {
        0 => bytes[place] ^= 1,
        1 => bytes[place] ^= 0x20,
        2 => bytes[place] = bytes[place].wrapping_add(1),
        3 => drop(bytes.remove(place)),
        4 => bytes.insert(place, b' '),
        5 => bytes.truncate(place),
        6 => {
            // A range of another envelope of the same key, in the place of the same range.
            let end = (place + 1 + random.usize(..200)).min(text.len()).min(other.len());
            bytes[place.min(end)..end].copy_from_slice(&other[place.min(end)..end]);
        }
        _ => {
            for _ in 0..=random.usize(..8) {
                let place = random.usize(..bytes.len());
                bytes[place] = random.u8(..);
            }
        }
    }
    bytes
}

#[test]
fn none_of_10_000_corrupted_envelopes_opens() {
    let (text, other) = (envelope(&[1]), envelope(&[1]));
    let mut random = fastrand::Rng::with_seed(16);
    let (mut tried, mut number) = (0, 0);
    let sealer = sealer(&[1, 2]);
    while tried < CORRUPTIONS {
        let bytes = corrupted(&text, &other, number, &mut random);
        number += 1;
        if bytes != text && bytes != other {
            let opened = open(&sealer, Purpose::Secrets, &bytes);
            assert!(opened.is_err(), "{:?} opens", String::from_utf8_lossy(&bytes));
            tried += 1;
        }
    }
    // Every bit once more.
    for place in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone();
            bytes[place] ^= 1 << bit;
            assert!(open(&sealer, Purpose::Secrets, &bytes).is_err(), "bit {bit} of byte {place} changed");
        }
    }
}

#[test]
fn the_parts_of_two_envelopes_do_not_open_together() {
    let parts = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
    let (one, other) = (parts(&envelope(&[1])), parts(&envelope(&[1])));
    for names in [&["wrapped"][..], &["nonce"], &["data"], &["wrapped", "nonce"], &["nonce", "data"]] {
        let mut mixed = String::from_utf8(envelope(&[1])).unwrap();
        let fields = ["wrapped", "nonce", "data"];
        for name in fields {
            let from = if names.contains(&name) { &other } else { &one };
            let present = parts(mixed.as_bytes())[name].as_str().unwrap().to_owned();
            mixed = mixed.replace(&present, from[name].as_str().unwrap());
        }
        assert_eq!(refusal(&[1], mixed.as_bytes()), SealError::Changed, "{names:?}");
    }
}

#[test]
fn a_stream_of_any_length_is_read_as_it_was_written() {
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 300_000] {
        let text: Vec<u8> = (0..length).map(|index: u32| b"line of results\n"[index as usize % 16]).collect();
        let sealed = stream(&[1], &text);
        assert!(is_sealed_stream(&sealed) && !sealed.windows(7).any(|window| window == b"results"));
        assert_eq!(unsealed(&[2, 1], &sealed), (text, None), "{length}");
    }
}

#[test]
fn a_stream_that_is_cut_exchanged_repeated_or_continued_is_refused() {
    let text = vec![b'x'; 200_000];
    let sealed = String::from_utf8(stream(&[1], &text)).unwrap();
    let lines: Vec<&str> = sealed.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 5);
    let other = String::from_utf8(stream(&[1], &text)).unwrap();
    let others: Vec<&str> = other.split_inclusive('\n').collect();
    for (parts, words) in [
        (vec![lines[0], lines[1], lines[2], lines[3]], "the end of the sealed text is missing"),
        (vec![lines[0]], "the end of the sealed text is missing"),
        (vec![lines[0], lines[2], lines[1], lines[3], lines[4]], "it was changed"),
        (vec![lines[0], lines[1], lines[1], lines[3], lines[4]], "it was changed"),
        (vec![lines[0], lines[1], lines[3], lines[4]], "it was changed"),
        (vec![lines[0], others[1], lines[2], lines[3], lines[4]], "it was changed"),
        (vec![others[0], lines[1], lines[2], lines[3], lines[4]], "it was changed"),
        (vec![lines[0], lines[1], lines[2], lines[3], lines[4], lines[4]], "behind the end"),
        (vec![lines[0], lines[1], lines[2], lines[3], lines[4], "\n"], "behind the end"),
        (vec![lines[0], lines[1], lines[2], lines[3], lines[4].trim_end()], "the end of the sealed text is missing"),
    ] {
        let (read, fault) = unsealed(&[1], parts.concat().as_bytes());
        let fault = fault.unwrap();
        assert!(fault.contains(words), "{fault}");
        assert!(read.iter().all(|byte| *byte == b'x') && read.len() <= text.len());
    }
    let (_, fault) = unsealed(&[2], sealed.as_bytes());
    assert!(fault.unwrap().contains("sealed with the key"));
    let envelope = seal(&sealer(&[1]), Purpose::Export, TEXT).unwrap().0;
    assert!(unsealed(&[1], &envelope).1.is_some());
}

#[test]
fn no_corrupted_stream_is_read_to_its_end() {
    let (text, other) = (stream(&[1], TEXT), stream(&[1], TEXT));
    let mut random = fastrand::Rng::with_seed(17);
    for number in 0..CORRUPTIONS {
        let bytes = corrupted(&text, &other, number, &mut random);
        if bytes != text && bytes != other {
            let (read, fault) = unsealed(&[1], &bytes);
            // An addition behind the end is found after the text was read.
            assert!(fault.is_some(), "{:?}", String::from_utf8_lossy(&bytes));
            assert!(read.is_empty() || read == TEXT);
        }
    }
}

#[test]
fn a_key_is_read_as_base64_and_as_digits_and_no_error_repeats_it() {
    let digits = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeFF";
    let base64 = "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=";
    let parse = |text: &str| LocalKey::parse(text, || KeySource::Variable("BADGESMITH_SEAL_KEY"));
    for text in [digits, base64, base64.trim_end_matches('='), " \t ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=\n"] {
        assert_eq!(parse(text).unwrap().name(), parse(digits).unwrap().name());
    }
    for text in
        ["", "hush", &digits[2..], &base64[4..], "+1112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"]
    {
        let words = parse(text).unwrap_err().to_string();
        assert!(words.starts_with("the variable BADGESMITH_SEAL_KEY is no key: write 32 random bytes"), "{words}");
        assert!(text.is_empty() || !words.contains(text), "{words}");
    }
    let shown = format!("{:?} {:?}", parse(digits).unwrap(), Sealer::new(vec![SealKey::Local(parse(digits).unwrap())]));
    assert!(!shown.contains("0011") && !shown.contains("ABEi") && !shown.contains("17"), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_new_key_file_is_its_users_alone_and_no_file_is_overwritten() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("seal.key");
    let made = LocalKey::create(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(LocalKey::read(&path).unwrap().name(), made.name());
    assert!(matches!(LocalKey::create(&path), Err(KeyError::File(..))));
    std::fs::write(&path, [0xFF; 32]).unwrap();
    assert!(matches!(LocalKey::read(&path), Err(KeyError::Form(_))));
    assert!(matches!(LocalKey::read(directory.path()), Err(KeyError::File(..))));
}

/// A key service that counts its calls, and answers later than at once.
#[derive(Default)]
struct Service {
    calls: AtomicUsize,
    is_down: bool,
}

impl KeyWrapper for Service {
    fn generate(&self) -> BoxFuture<'_, Result<NewDataKey, WrapperError>> {
        let new = self.calls.fetch_add(1, Ordering::SeqCst);
        let bytes = [u8::try_from(new).unwrap(); 32];
        let wrapped = WrappedKey { key: "arn:aws:kms:x".to_owned(), wrapped: bytes.map(|byte| byte ^ 0xFF).to_vec() };
        Box::pin(async move { Ok(NewDataKey { plain: DataKey::new(&bytes).unwrap(), wrapped }) })
    }

    fn unwrap<'a>(&'a self, wrapped: &'a WrappedKey) -> BoxFuture<'a, Result<DataKey, WrapperError>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let bytes: Vec<u8> = wrapped.wrapped.iter().map(|byte| byte ^ 0xFF).collect();
        let down = || WrapperError::Unavailable("it is down".to_owned());
        Box::pin(async move { if self.is_down { Err(down()) } else { DataKey::new(&bytes).ok_or_else(down) } })
    }
}

#[test]
fn a_data_key_of_a_service_is_fetched_once_in_five_minutes_and_each_text_has_a_new_one() {
    let service = Arc::new(Service::default());
    let remote = Sealer::new(vec![SealKey::Remote(Arc::clone(&service) as _), SealKey::Local(key(1))]);
    assert_eq!(seal(&remote, Purpose::Secrets, TEXT).unwrap_err(), SealError::NoneFetched);
    remote.fetch_new().now_or_never().unwrap().unwrap();
    let (sealed, name) = seal(&remote, Purpose::Secrets, TEXT).unwrap();
    assert_eq!(name, "arn:aws:kms:x");
    assert_eq!(seal(&remote, Purpose::Secrets, TEXT).unwrap_err(), SealError::NoneFetched, "a data key is used twice");
    let Err(SealError::NotFetched(wrapped)) = open(&remote, Purpose::Secrets, &sealed).map(drop) else { panic!() };
    for _ in 0..3 {
        remote.fetch(&wrapped).now_or_never().unwrap().unwrap();
        assert_eq!(**open(&remote, Purpose::Secrets, &sealed).unwrap().text, *TEXT);
    }
    assert_eq!(service.calls.load(Ordering::SeqCst), 2);
    let later = Instant::now() + Duration::from_secs(5 * 60 + 1);
    assert!(matches!(remote.data_key(&wrapped, later), Err(SealError::NotFetched(_))));
    // A text that a key of this machine sealed can be opened without the service.
    assert!(open(&remote, Purpose::Secrets, &envelope(&[1])).is_ok());
    let down = Service { is_down: true, ..Service::default() };
    let down = Sealer::new(vec![SealKey::Remote(Arc::new(down))]);
    let words = down.fetch(&wrapped).now_or_never().unwrap().unwrap_err().to_string();
    assert_eq!(words, "the key service does not answer: it is down");
    assert!(matches!(sealer(&[1]).data_key(&wrapped, later), Err(SealError::KeyMissing { .. })));
}
