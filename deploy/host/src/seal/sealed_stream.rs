//! A sealed text of any length: a line of JSON with the wrapped data key, and a line for each encrypted chunk.
//!
//! The nonce of a chunk has random bytes of the stream, the number of the chunk, and whether it is the last one. So a
//! stream is refused if its chunks are missing, swapped, repeated or from another stream, or if its end is missing.

use std::{
    io::{self, BufRead, ErrorKind, Read, Write},
    time::Instant,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::NONCE_LEN;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    cipher::{self, NonceBytes, TAG_BYTES},
    data_key::{DataKey, WrappedKey},
    purpose::{Purpose, VERSION},
    seal_error::SealError,
    sealer::Sealer,
};

/// How many bytes are sealed at once: little enough to be held in memory, enough to make the tags negligible.
const CHUNK_BYTES: usize = 64 * 1024;
/// The longest line of a chunk without its line end, in bytes: base64 has four characters for three bytes.
const LONGEST_CHUNK_LINE: usize = (CHUNK_BYTES + TAG_BYTES).div_ceil(3) * 4;
/// The longest first line, in bytes. A wrapped key of a key service has some hundred.
const LONGEST_HEADER: usize = 16 * 1024;
/// How many bytes of a chunk's nonce are random; four count the chunks, and one says whether it is the last.
const PREFIX_BYTES: usize = NONCE_LEN - 5;

/// The first line, as it is written.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine {
    sealed: u64,
    #[serde(rename = "for")]
    purpose: String,
    key: String,
    wrapped: String,
    nonce: String,
}

/// The part of the first line that every version has.
#[derive(Deserialize)]
struct AnyVersion {
    sealed: u64,
}

/// The data that the chunks of a stream share, and the number of the next chunk.
struct Chunks {
    key: DataKey,
    bound: Vec<u8>,
    prefix: [u8; PREFIX_BYTES],
    /// `None` after the last number.
    next: Option<u32>,
}

impl Chunks {
    fn nonce(&mut self, is_last: bool) -> Result<NonceBytes, SealError> {
        let number = self.next.ok_or(SealError::TooLong)?;
        self.next = number.checked_add(1);
        let mut nonce = [0; NONCE_LEN];
        let parts = self.prefix.into_iter().chain(number.to_be_bytes()).chain([u8::from(is_last)]);
        nonce.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        Ok(nonce)
    }
}

/// Seals the text that is written to it, chunk by chunk. Without [`SealedWriter::finish`] the stream has no end and is
/// refused.
pub struct SealedWriter<W> {
    inner: W,
    chunks: Chunks,
    text: Zeroizing<Vec<u8>>,
}

impl<W: Write> SealedWriter<W> {
    /// Begins a stream with a new data key.
    ///
    /// # Errors
    /// There is no key that seals, or `inner` cannot be written.
    pub fn new(sealer: &Sealer, purpose: Purpose, mut inner: W) -> io::Result<Self> {
        let new = sealer.new_data_key().map_err(refused)?;
        let mut prefix = [0; PREFIX_BYTES];
        cipher::fill_randomly(&mut prefix).map_err(|_| refused(SealError::Randomness))?;
        let header = HeaderLine {
            sealed: VERSION,
            purpose: purpose.name().to_owned(),
            key: new.wrapped.key.clone(),
            wrapped: STANDARD.encode(&new.wrapped.wrapped),
            nonce: STANDARD.encode(prefix),
        };
        inner.write_all(&written(&header).map_err(refused)?)?;
        let chunks = Chunks { key: new.plain, bound: purpose.bound(&new.wrapped), prefix, next: Some(0) };
        // With room for the tag the text is not moved, which would leave a copy behind.
        Ok(Self { inner, chunks, text: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES + TAG_BYTES)) })
    }

    /// Seals the last chunk, and returns the inner writer.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_chunk(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn write_chunk(&mut self, is_last: bool) -> io::Result<()> {
        let nonce = self.chunks.nonce(is_last).map_err(refused)?;
        cipher::seal(self.chunks.key.bytes(), nonce, &self.chunks.bound, &mut self.text)
            .map_err(|_| refused(SealError::TooLong))?;
        let mut line = STANDARD.encode(&*self.text);
        line.push('\n');
        self.text.clear();
        self.inner.write_all(line.as_bytes())
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk is sealed when more follows, so that the last one is never empty unless the text is.
        if self.text.len() == CHUNK_BYTES {
            self.write_chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK_BYTES - self.text.len());
        self.text.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    /// Writes nothing: a chunk that is not full could only be the last one.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a first line is that of a sealed stream.
#[must_use]
pub fn is_sealed_stream(line: &[u8]) -> bool {
    line.starts_with(b"{\"sealed\":")
}

/// Opens a stream, chunk by chunk. It returns only text that is authentic, and a missing end is an error.
pub struct UnsealedReader<R> {
    inner: R,
    chunks: Chunks,
    text: Zeroizing<Vec<u8>>,
    /// How many bytes of the text have been read.
    read: usize,
    is_ended: bool,
}

impl<R: BufRead> UnsealedReader<R> {
    /// Opens a stream whose first line has been read, and fetches the data key of that line if a key service wrapped
    /// it.
    ///
    /// # Errors
    /// Its key is not given, or the line is of another version or purpose, or not as it was written.
    pub async fn open(sealer: &Sealer, purpose: Purpose, header: &[u8], inner: R) -> Result<Self, SealError> {
        let any: AnyVersion = serde_json::from_slice(header).map_err(|_| SealError::Form)?;
        if any.sealed != VERSION {
            return Err(SealError::Version(any.sealed));
        }
        let line: HeaderLine = serde_json::from_slice(header).map_err(|_| SealError::Form)?;
        if header.len() > LONGEST_HEADER || written(&line)? != header {
            return Err(SealError::Form);
        }
        if line.purpose != purpose.name() {
            return Err(SealError::Purpose { sealed: line.purpose, wanted: purpose.name() });
        }
        let decoded = |text: &str| STANDARD.decode(text).map_err(|_| SealError::Form);
        let wrapped = WrappedKey { wrapped: decoded(&line.wrapped)?, key: line.key };
        let prefix = decoded(&line.nonce)?.try_into().map_err(|_| SealError::Form)?;
        sealer.fetch(&wrapped).await?;
        let key = sealer.data_key(&wrapped, Instant::now())?;
        let chunks = Chunks { key, bound: purpose.bound(&wrapped), prefix, next: Some(0) };
        Ok(Self { inner, chunks, text: Zeroizing::default(), read: 0, is_ended: false })
    }

    /// Opens the next chunk, and returns whether there was one.
    fn read_chunk(&mut self) -> io::Result<bool> {
        let mut line = Vec::new();
        self.inner.by_ref().take(LONGEST_CHUNK_LINE as u64 + 1).read_until(b'\n', &mut line)?;
        if self.is_ended {
            return if line.is_empty() { Ok(false) } else { Err(refused(SealError::Longer)) };
        }
        if line.is_empty() {
            return Err(refused(SealError::Cut));
        }
        if line.pop() != Some(b'\n') {
            // Either the line is too long, or it ends with the file.
            return Err(refused(if line.len() < LONGEST_CHUNK_LINE { SealError::Cut } else { SealError::Changed }));
        }
        let sealed = STANDARD.decode(&line).map_err(|_| refused(SealError::Changed))?;
        // A chunk that is not full is the last one, and a full one may be.
        let next = self.chunks.next;
        let mut open = |is_last| {
            self.chunks.next = next;
            let nonce = self.chunks.nonce(is_last)?;
            let mut text = Zeroizing::new(sealed.clone());
            let opened = cipher::open(self.chunks.key.bytes(), nonce, &self.chunks.bound, &mut text);
            opened.map_err(|_| SealError::Changed).map(|()| text)
        };
        let is_full = sealed.len() == CHUNK_BYTES + TAG_BYTES;
        let opened = if is_full { open(false).map(|text| (text, false)) } else { Err(SealError::Changed) };
        let (text, is_last) = opened.or_else(|_| open(true).map(|text| (text, true))).map_err(refused)?;
        (self.text, self.read, self.is_ended) = (text, 0, is_last);
        Ok(true)
    }
}

impl<R: BufRead> Read for UnsealedReader<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.read == self.text.len() && !bytes.is_empty() {
            if !self.read_chunk()? {
                return Ok(0);
            }
        }
        let rest = self.text.get(self.read..).unwrap_or_default();
        let taken = rest.len().min(bytes.len());
        bytes.iter_mut().zip(rest).for_each(|(byte, read)| *byte = *read);
        self.read += taken;
        Ok(taken)
    }
}

fn written(header: &HeaderLine) -> Result<Vec<u8>, SealError> {
    let mut line = serde_json::to_vec(header).map_err(|_| SealError::Form)?;
    line.push(b'\n');
    Ok(line)
}

fn refused(error: SealError) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
