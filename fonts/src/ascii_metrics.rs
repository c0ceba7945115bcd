//! Glyphs, advances and kerning of printable ASCII in the bundled font. They are looked up once and cached, because a
//! lookup in the font's own tables takes as long as the rest of a letter's layout.

use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u8 = b' ';
const COUNT: usize = (b'~' - FIRST) as usize + 1;
/// The value of a pair whose kerning was not looked up yet. No font has this kerning, which is 16 ems to the left.
const UNKNOWN: u16 = i16::MIN as u16;

/// A character's glyph and its advance, in font units.
#[derive(Clone, Copy, Default)]
pub(crate) struct AsciiGlyph {
    pub(crate) id: u16,
    pub(crate) advance: f32,
}

pub(crate) struct AsciiMetrics {
    glyphs: [AsciiGlyph; COUNT],
    /// The kerning of each pair, as the bits of an `i16`.
    kerning: Box<[AtomicU16]>,
}

impl AsciiMetrics {
    /// Looks up the glyph of each character in the font.
    pub(crate) fn new(glyph: impl Fn(char) -> AsciiGlyph) -> Self {
        let glyph = |at: usize| glyph((FIRST + at as u8).into());
        let kerning = (0..COUNT * COUNT).map(|_| AtomicU16::new(UNKNOWN)).collect();
        Self { glyphs: std::array::from_fn(glyph), kerning }
    }

    /// The glyph of a character; `None` if it is not printable ASCII.
    pub(crate) fn glyph(&self, character: u8) -> Option<AsciiGlyph> {
        self.glyphs.get(usize::from(character.checked_sub(FIRST)?)).copied()
    }

    /// The kerning of two characters, in font units; 0 if one is not printable ASCII. `look_up` reads the kerning of
    /// two glyphs from the font.
    pub(crate) fn kerning(&self, first: u8, second: u8, look_up: impl FnOnce(u16, u16) -> f32) -> f32 {
        let Some((left, right)) = self.glyph(first).zip(self.glyph(second)) else { return 0.0 };
        let [row, column] = [first, second].map(|character| usize::from(character - FIRST));
        let Some(kept) = self.kerning.get(row * COUNT + column) else { return 0.0 };
        let known = kept.load(Ordering::Relaxed);
        if known != UNKNOWN {
            return f32::from(known as i16);
        }
        let kerning = look_up(left.id, right.id);
        kept.store(kerning as i16 as u16, Ordering::Relaxed);
        kerning
    }
}
