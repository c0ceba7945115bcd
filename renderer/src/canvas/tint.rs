//! Lays a colour over the pixels that a text covers, four pixels at a time.

use tiny_skia::Pixmap;

use super::{blend::product, coverage::Coverage};

/// How many pixels are tinted at once, and the number of their channels.
const PIXELS: usize = 4;
const CHANNELS: usize = 4 * PIXELS;

/// Lays `color` over the covered pixels, `rows_down` rows lower. `over` combines a channel of the picture, one of the
/// premultiplied colour, the colour's alpha and the coverage.
#[inline(always)]
pub(super) fn tint(
    pixels: &mut Pixmap,
    coverage: &Coverage,
    rows_down: i32,
    color: [u8; 4],
    over: impl Fn(u16, u16, u16, u16) -> u16,
) {
    let [red, green, blue, alpha] = color;
    let color = [product(red, alpha), product(green, alpha), product(blue, alpha), alpha];
    let above: [u8; CHANNELS] = std::array::from_fn(|at| color.get(at % 4).copied().unwrap_or_default());
    let lay = |below: &mut [u8; CHANNELS], covers: [u8; PIXELS]| {
        if covers == [0; PIXELS] {
            return;
        }
        let mut spread = [0; CHANNELS];
        for (four, cover) in spread.as_chunks_mut::<4>().0.iter_mut().zip(covers) {
            *four = [cover; 4];
        }
        for ((channel, above), cover) in below.iter_mut().zip(above).zip(spread) {
            *channel = over((*channel).into(), above.into(), alpha.into(), cover.into()) as u8;
        }
    };
    let columns = pixels.width() as usize;
    let skipped = usize::try_from(-coverage.left).unwrap_or_default();
    let indent = usize::try_from(coverage.left).unwrap_or_default();
    let pixels = pixels.data_mut();
    for (y, covers) in (coverage.top + rows_down..).zip(coverage.covers.chunks_exact(coverage.columns.max(1))) {
        let Ok(y) = usize::try_from(y) else { continue };
        let Some(row) = pixels.get_mut(4 * y * columns..4 * (y + 1) * columns) else { return };
        let row = row.get_mut(4 * indent..).unwrap_or_default();
        let covers = covers.get(skipped..).unwrap_or_default();
        let (row, row_rest) = row.as_chunks_mut::<CHANNELS>();
        let (covers, covers_rest) = covers.as_chunks::<PIXELS>();
        for (below, covers) in row.iter_mut().zip(covers) {
            lay(below, *covers);
        }
        // The rest of the coverage, after the last four whole pixels.
        let rest = row.get_mut(covers.len()).map_or(row_rest, <[u8; CHANNELS]>::as_mut_slice);
        let (mut below, mut covers) = ([0; CHANNELS], [0; PIXELS]);
        below.iter_mut().zip(rest.iter()).for_each(|(to, from)| *to = *from);
        covers.iter_mut().zip(covers_rest).for_each(|(to, from)| *to = *from);
        lay(&mut below, covers);
        rest.iter_mut().zip(below).for_each(|(to, from)| *to = from);
    }
}
