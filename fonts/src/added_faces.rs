//! Faces that an operator adds for characters that the bundled font lacks. They are read at their first use.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
};

use harfrust::{Direction, FontRef, GlyphInfo, GlyphPosition, ShapeOptions, ShaperData, UnicodeBuffer};
use skrifa::{
    GlyphId, MetadataProvider,
    instance::{LocationRef, Size},
    outline::{DrawSettings, OutlinePen},
};

use crate::ignorable::is_ignorable;
use crate::outline::OutlineSegment;

/// The most faces that are added.
const MOST_FACES: usize = 32;

/// Faces in the order in which they are tried. Cloning copies a reference.
///
/// They are used for outlines and pictures only. The width of text that a reader's own fonts draw is not measured with
/// them.
#[derive(Clone, Default)]
pub struct AddedFaces(Arc<[AddedFace]>);

/// A font file that is read when a character needs it.
pub struct AddedFace {
    read: Box<dyn Fn() -> Option<Vec<u8>> + Send + Sync>,
    index: u32,
    loaded: OnceLock<Option<LoadedFace>>,
}

impl AddedFace {
    /// A face of an OpenType file with TrueType or CFF outlines. `read` returns the bytes of the file, and is called
    /// once; `index` is the number of the face in a collection.
    pub fn new(index: u32, read: impl Fn() -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self { read: Box::new(read), index, loaded: OnceLock::new() }
    }

    fn loaded(&self) -> Option<&LoadedFace> {
        self.loaded.get_or_init(|| guarded(|| LoadedFace::new((self.read)()?, self.index))).as_ref()
    }
}

impl AddedFaces {
    /// Faces, of which the first ones are preferred.
    pub fn new(faces: impl IntoIterator<Item = AddedFace>) -> Self {
        Self(faces.into_iter().take(MOST_FACES).collect())
    }

    /// Whether there are no faces.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first face with all visible characters of the cluster.
    pub(crate) fn with_characters_of(&self, cluster: &str) -> Option<u8> {
        let has_all = |face: &AddedFace| face.loaded().is_some_and(|face| face.has_all(cluster));
        self.0.iter().position(has_all).and_then(|index| u8::try_from(index).ok())
    }

    /// The face with an index that [`with_characters_of`](Self::with_characters_of) returned.
    pub(crate) fn face(&self, index: u8) -> Option<&LoadedFace> {
        self.0.get(usize::from(index))?.loaded()
    }
}

impl fmt::Debug for AddedFaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddedFaces({})", self.0.len())
    }
}

impl fmt::Debug for AddedFace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddedFace({})", self.index)
    }
}

/// Two values are equal if they share the same list of faces, or if both are empty.
impl PartialEq for AddedFaces {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.is_empty() && other.is_empty()
    }
}

impl Eq for AddedFaces {}

/// The result of `read`, which reads a font; the default if it panics, which a damaged font can cause.
fn guarded<T: Default>(read: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
}

/// A face in memory.
pub(crate) struct LoadedFace {
    bytes: Vec<u8>,
    index: u32,
    units_per_em: f32,
    shaper: ShaperData,
}

/// A glyph of a shaped text, in units of its face, y upwards.
pub(crate) struct ShapedGlyph {
    pub(crate) id: u16,
    pub(crate) advance: f32,
    /// From the current position to the glyph's origin.
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl LoadedFace {
    fn new(bytes: Vec<u8>, index: u32) -> Option<Self> {
        let font = FontRef::from_index(&bytes, index).ok()?;
        let shaper = ShaperData::new(&font);
        let units_per_em = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        (units_per_em > 0.0).then_some(Self { shaper, units_per_em, index, bytes })
    }

    /// The font. Its table of contents is read again at each call, because it borrows the bytes.
    fn font(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(&self.bytes, self.index).ok()
    }

    /// The number of the face's units in an em.
    pub(crate) fn units_per_em(&self) -> f32 {
        self.units_per_em
    }

    fn has_all(&self, cluster: &str) -> bool {
        let Some(font) = self.font() else { return false };
        guarded(|| {
            let charmap = font.charmap();
            let has = |character: char| charmap.map(character).is_some_and(|glyph| glyph.to_u32() != 0);
            cluster.chars().all(|character| is_ignorable(character) || has(character))
        })
    }

    /// The glyphs of a text of one direction, from left to right.
    pub(crate) fn shaped(&self, text: &str, is_right_to_left: bool) -> Vec<ShapedGlyph> {
        guarded(|| {
            let Some(font) = self.font() else { return Vec::new() };
            let mut buffer = UnicodeBuffer::new();
            buffer.push_str(text);
            buffer.set_direction(if is_right_to_left { Direction::RightToLeft } else { Direction::LeftToRight });
            buffer.guess_segment_properties();
            let shaped = self.shaper.shaper(&font).build().shape(buffer, ShapeOptions::new());
            let glyph = |(info, position): (&GlyphInfo, &GlyphPosition)| {
                Some(ShapedGlyph {
                    id: u16::try_from(info.glyph_id).ok()?,
                    advance: position.x_advance as f32,
                    x: position.x_offset as f32,
                    y: position.y_offset as f32,
                })
            };
            shaped.glyph_infos().iter().zip(shaped.glyph_positions()).filter_map(glyph).collect()
        })
    }

    /// The segments of a glyph's outline, at `scale` hundredths of a pixel for each unit.
    pub(crate) fn outline(&self, glyph: u16, scale: f32) -> Vec<OutlineSegment> {
        guarded(|| {
            let Some(font) = self.font() else { return Vec::new() };
            let Some(outline) = font.outline_glyphs().get(GlyphId::new(glyph.into())) else { return Vec::new() };
            let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
            let mut pen = ScalingPen { scale, segments: Vec::new(), is_open: false };
            // A damaged glyph is drawn as far as it can be read; the path is closed in any case.
            let _ = outline.draw(settings, &mut pen);
            pen.close();
            pen.segments
        })
    }
}

/// A pen that collects the segments that it draws, in hundredths of a pixel.
struct ScalingPen {
    scale: f32,
    segments: Vec<OutlineSegment>,
    is_open: bool,
}

impl ScalingPen {
    fn scaled(&self, length: f32) -> i32 {
        (length * self.scale).round() as i32
    }
}

impl OutlinePen for ScalingPen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.close();
        self.is_open = true;
        let [x, y] = [x, -y].map(|length| self.scaled(length));
        self.segments.push(OutlineSegment::Move(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let [x, y] = [x, -y].map(|length| self.scaled(length));
        self.segments.push(OutlineSegment::Line(x, y));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let [cx, cy, x, y] = [cx, -cy, x, -y].map(|length| self.scaled(length));
        self.segments.push(OutlineSegment::Quad(cx, cy, x, y));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let [ax, ay, bx, by, x, y] = [ax, -ay, bx, -by, x, -y].map(|length| self.scaled(length));
        self.segments.push(OutlineSegment::Cubic(ax, ay, bx, by, x, y));
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.is_open) {
            self.segments.push(OutlineSegment::Close);
        }
    }
}
