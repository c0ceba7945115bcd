//! A logo on pixels: an SVG through usvg and resvg, a PNG decoded here; whatever is large, nested or needs more than itself is refused.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use png::{ColorType, Decoder, Limits, Transformations};
use resvg::usvg::roxmltree::{Document, ParsingOptions};
use resvg::usvg::{Group, ImageHrefResolver, ImageKind, Node, Options, Tree};
use tiny_skia::{FilterQuality, IntSize, Paint, Pattern, Pixmap, PixmapPaint, Rect, SpreadMode, Transform};

use super::canvas::Canvas;
use crate::Logo;

const MAX_BYTES: usize = 64 * 1024;
/// The most pixels of a PNG in each direction.
const MAX_SIDE: u32 = 1024;
/// The most nodes of an SVG, as written and as drawn.
const MAX_NODES: usize = 4096;
/// The most `use` elements. Used in one another, so many still make at most 18 times as many nodes.
const MAX_USES: usize = 8;
const HEIGHT: f32 = 14.0;

/// Draws the logo into its box, as large as its proportions allow. Nothing where it is refused.
pub(super) fn draw(logo: &Logo, x: f32, y: f32, canvas: &mut Canvas) {
    let factor = canvas.scale.pixels() as f32;
    let width = logo.width() as f32;
    let Some((kind, bytes)) = logo.image().filter(|(_, bytes)| bytes.len() <= MAX_BYTES) else { return };
    let Some(mut pixels) = Pixmap::new((width * factor) as u32, (HEIGHT * factor) as u32) else { return };
    let fit = |own_width: f32, own_height: f32| {
        let size = (width / own_width).min(HEIGHT / own_height);
        let (left, top) = ((width - own_width * size) / 2.0, (HEIGHT - own_height * size) / 2.0);
        Transform::from_scale(factor, factor).pre_translate(left, top).pre_scale(size, size)
    };
    if kind.eq_ignore_ascii_case("image/svg+xml") {
        let Some(tree) = tree(&bytes) else { return };
        resvg::render(&tree, fit(tree.size().width(), tree.size().height()), &mut pixels.as_mut());
    } else if kind.eq_ignore_ascii_case("image/png") {
        let Some(image) = decoded(&bytes) else { return };
        let (own_width, own_height) = (image.width() as f32, image.height() as f32);
        let Some(rect) = Rect::from_xywh(0.0, 0.0, own_width, own_height) else { return };
        let (mode, quality) = (SpreadMode::Pad, FilterQuality::Bicubic);
        let shader = Pattern::new(image.as_ref(), mode, quality, 1.0, Transform::identity());
        pixels.fill_rect(rect, &Paint { shader, ..Paint::default() }, fit(own_width, own_height), None);
    }
    let (left, top) = ((x * factor) as i32, (y * factor) as i32);
    canvas.pixels.draw_pixmap(left, top, pixels.as_ref(), &PixmapPaint::default(), Transform::identity(), None);
}

/// The SVG, unless it is refused. Text in it is not drawn, because there is no font to draw it with.
fn tree(bytes: &[u8]) -> Option<Tree> {
    let refused = Arc::new(AtomicBool::new(false));
    let (data_refused, string_refused) = (Arc::clone(&refused), Arc::clone(&refused));
    let options = Options {
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(move |_, _, _| refuse(&data_refused)),
            resolve_string: Box::new(move |_, _| refuse(&string_refused)),
        },
        ..Options::default()
    };
    let limits = ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES as u32, ..ParsingOptions::default() };
    let document = Document::parse_with_options(std::str::from_utf8(bytes).ok()?, limits).ok()?;
    let elements =
        |name: &'static str| document.descendants().filter(move |node| node.tag_name().name() == name).count();
    if elements("use") > MAX_USES || elements("marker") > 0 {
        return None;
    }
    let tree = Tree::from_xmltree(&document, &options).ok()?;
    // A filter may take any time, a pattern any memory; both are rare in logos.
    let frugal = tree.filters().is_empty() && tree.patterns().is_empty() && count(tree.root(), MAX_NODES).is_some();
    (frugal && !refused.load(Ordering::Relaxed)).then_some(tree)
}

fn refuse(refused: &AtomicBool) -> Option<ImageKind> {
    refused.store(true, Ordering::Relaxed);
    None
}

/// What remains of `left` after every node took one, `None` if that is not enough or a node could take very long.
fn count(group: &Group, left: usize) -> Option<usize> {
    let clip = group.clip_path().map(|clip| clip.root());
    let mask = group.mask().map(|mask| mask.root());
    let left = clip.into_iter().chain(mask).try_fold(left, |left, group| count(group, left.checked_sub(1)?))?;
    group.children().iter().try_fold(left, |left, node| match node {
        Node::Group(group) => count(group, left.checked_sub(1)?),
        // A short dash makes millions of a long line.
        Node::Path(path) if path.stroke().is_some_and(|stroke| stroke.dasharray().is_some()) => None,
        _ => left.checked_sub(1),
    })
}

fn decoded(bytes: &[u8]) -> Option<Pixmap> {
    let limits = Limits { bytes: 4 * (MAX_SIDE * MAX_SIDE) as usize };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > MAX_SIDE || height > MAX_SIDE {
        return None;
    }
    let mut buffer = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut buffer).ok()?;
    let channels = buffer.chunks_exact(frame.color_type.samples());
    let rgba: fn(&[u8]) -> [u8; 4] = match frame.color_type {
        ColorType::Rgba => |c| std::array::from_fn(|i| c.get(i).copied().unwrap_or_default()),
        ColorType::Rgb => |c| std::array::from_fn(|i| c.get(i).copied().unwrap_or(255)),
        ColorType::Grayscale => {
            |c| std::array::from_fn(|i| if i < 3 { c.first().copied().unwrap_or_default() } else { 255 })
        }
        ColorType::GrayscaleAlpha => |c| std::array::from_fn(|i| c.get(i / 3).copied().unwrap_or_default()),
        // The decoder was told to resolve palettes.
        ColorType::Indexed => return None,
    };
    let premultiplied = channels.flat_map(|channels| {
        let [red, green, blue, alpha] = rgba(channels);
        let color = tiny_skia::ColorU8::from_rgba(red, green, blue, alpha).premultiply();
        [color.red(), color.green(), color.blue(), color.alpha()]
    });
    Pixmap::from_vec(premultiplied.collect(), IntSize::from_wh(width, height)?)
}
