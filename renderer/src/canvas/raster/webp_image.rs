//! The first frame of a WebP as pixels.

use std::io::Cursor;

use image_webp::WebPDecoder;
use tiny_skia::Pixmap;

use super::pixels::{MAX_SIDE, picture, widened};

/// The length of the header of a chunk: its name and the number of its bytes.
const HEADER: usize = 8;
/// How many bytes of an `ANMF` chunk come before the chunks of its frame.
const FRAME_HEADER: usize = 16;

/// Decodes a WebP; `None` if it is too large or damaged.
pub(super) fn decoded(bytes: &[u8]) -> Option<Pixmap> {
    // The decoder compares the size of a frame with that of the image only after it has decoded the frame.
    if !has_small_frames(bytes.get(12..)?) {
        return None;
    }
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).ok()?;
    decoder.set_memory_limit(4 * (MAX_SIDE * MAX_SIDE) as usize);
    let (width, height) = decoder.dimensions();
    if width > MAX_SIDE || height > MAX_SIDE {
        return None;
    }
    let mut pixels = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut pixels).ok()?;
    if !decoder.has_alpha() {
        pixels = widened::<3>(&pixels, |[red, green, blue]| [red, green, blue, 255]);
    }
    picture(pixels, width, height)
}

/// Whether every frame in these chunks has few enough pixels to be decoded.
fn has_small_frames(chunks: &[u8]) -> bool {
    Chunks(chunks).all(|chunk| match &chunk.name {
        // The chunks of a frame hold no further frames.
        b"ANMF" => Chunks(chunk.content.get(FRAME_HEADER..).unwrap_or_default()).all(|chunk| chunk.is_small()),
        _ => chunk.is_small(),
    })
}

/// A chunk, as far as its bytes are present.
struct Chunk<'b> {
    name: [u8; 4],
    content: &'b [u8],
}

impl Chunk<'_> {
    /// Whether it is not an image, or a small image. An image that is truncated before its size cannot be decoded.
    fn is_small(&self) -> bool {
        let size = match &self.name {
            b"VP8 " => lossy_size(self.content),
            b"VP8L" => lossless_size(self.content),
            _ => None,
        };
        size.is_none_or(|size| size.width <= MAX_SIDE && size.height <= MAX_SIDE)
    }
}

/// The chunks of a file or of a frame.
struct Chunks<'b>(&'b [u8]);

impl<'b> Iterator for Chunks<'b> {
    type Item = Chunk<'b>;

    fn next(&mut self) -> Option<Chunk<'b>> {
        let ([n, a, m, e, length @ ..], rest) = self.0.split_first_chunk::<HEADER>()?;
        let length = u32::from_le_bytes(*length) as usize;
        // A chunk of odd length is followed by one more byte.
        self.0 = rest.get(length.saturating_add(length % 2)..).unwrap_or_default();
        Some(Chunk { name: [*n, *a, *m, *e], content: rest.get(..length).unwrap_or(rest) })
    }
}

/// The size of an image, in pixels.
struct Size {
    width: u32,
    height: u32,
}

/// The size that a lossy bit stream has in its 14-bit fields (RFC 6386, section 9.1). `None` if it is cut off.
fn lossy_size(stream: &[u8]) -> Option<Size> {
    let [.., a, b, c, d] = stream.first_chunk::<10>()?;
    let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some(Size { width: side(*a, *b), height: side(*c, *d) })
}

/// The size of a lossless bit stream: after its signature two fields of 14 bits, each one less than the side.
fn lossless_size(stream: &[u8]) -> Option<Size> {
    let [_, fields @ ..] = stream.first_chunk::<5>()?;
    let fields = u32::from_le_bytes(*fields);
    Some(Size { width: (fields & 0x3fff) + 1, height: (fields >> 14 & 0x3fff) + 1 })
}
