//! Estimates the effort of painting an SVG, in pixels, before any of them is painted.

use resvg::usvg::{Group, Node, NonZeroRect, Paint, Path, Transform, Tree};

/// The most pixels that are painted. A pixel counts each time it is painted; at 5 ns for each this is 100 ms.
const MOST_PIXELS: f64 = 20e6;
/// The additional effort for a pixel of a gradient, in plain pixels; each stop counts as one more.
const GRADIENT: f64 = 8.0;
/// How often each pixel of a layer is written: the layer is cleared and painted. With a clip path there is also a mask,
/// which is cleared, painted, and applied.
const LAYER: f64 = 2.0;
const CLIPPED_LAYER: f64 = 8.0;
/// The most nested layers; each has pixels of its own.
const MOST_LAYERS: usize = 16;
/// How many times as large as the picture a layer may be in each direction; resvg's limit.
const LAYER_SIZE: f64 = 5.0;
/// The pixels that resvg adds to a layer on both sides together, and that antialiasing adds to a shape.
const EDGES: f64 = 4.0;

/// Whether painting the drawing into a picture of this size stays within the limits.
pub(super) fn is_bearable(tree: &Tree, transform: Transform, columns: u32, rows: u32) -> bool {
    let size = [f64::from(columns), f64::from(rows)];
    let mut budget = PaintBudget { pixels: MOST_PIXELS, largest_layer: size.map(|side| side * LAYER_SIZE) };
    budget.count_all(tree.root(), transform, size, MOST_LAYERS).is_some()
}

/// The remaining budget of pixels and layers.
struct PaintBudget {
    pixels: f64,
    largest_layer: [f64; 2],
}

impl PaintBudget {
    fn count_all(&mut self, group: &Group, transform: Transform, within: [f64; 2], layers: usize) -> Option<()> {
        group.children().iter().try_for_each(|node| match node {
            Node::Group(group) => self.count_group(group, transform, within, layers),
            Node::Path(path) => self.count_path(path, transform, within),
            // A drawing of plain shapes contains neither images nor text.
            Node::Image(_) | Node::Text(_) => None,
        })
    }

    fn count_group(&mut self, group: &Group, transform: Transform, within: [f64; 2], layers: usize) -> Option<()> {
        let transform = transform.pre_concat(group.transform());
        if !group.should_isolate() {
            return self.count_all(group, transform, within, layers);
        }
        let layers = layers.checked_sub(1)?;
        let layer = visible_size(group.layer_bounding_box(), transform, self.largest_layer);
        self.take(layer, if group.clip_path().is_some() { CLIPPED_LAYER } else { LAYER })?;
        if let Some(clip) = group.clip_path() {
            self.count_all(clip.root(), transform.pre_concat(clip.transform()), layer, layers)?;
        }
        self.count_all(group, transform, layer, layers)
    }

    fn count_path(&mut self, path: &Path, transform: Transform, within: [f64; 2]) -> Option<()> {
        let bounds = path.stroke_bounding_box();
        let bounds = NonZeroRect::from_xywh(
            bounds.x(),
            bounds.y(),
            bounds.width().max(f32::MIN_POSITIVE),
            bounds.height().max(f32::MIN_POSITIVE),
        );
        let size = bounds.map_or(within, |bounds| visible_size(bounds, transform, within));
        let paints = path.fill().map(|fill| fill.paint()).into_iter().chain(path.stroke().map(|stroke| stroke.paint()));
        for paint in paints {
            let stops = match paint {
                Paint::Color(_) => None,
                Paint::LinearGradient(gradient) => Some(gradient.stops().len()),
                Paint::RadialGradient(gradient) => Some(gradient.stops().len()),
                Paint::Pattern(_) => return None,
            };
            self.take(size, 1.0 + stops.map_or(0.0, |stops| GRADIENT + stops as f64))?;
        }
        Some(())
    }

    fn take(&mut self, [width, height]: [f64; 2], times: f64) -> Option<()> {
        self.pixels -= width * height * times;
        (self.pixels >= 0.0).then_some(())
    }
}

/// The size of bounds after a transform, limited to the size of the surface on which they are painted.
fn visible_size(bounds: NonZeroRect, transform: Transform, within: [f64; 2]) -> [f64; 2] {
    match bounds.transform(transform) {
        Some(bounds) => {
            let [width, height] = within;
            [(f64::from(bounds.width()) + EDGES).min(width), (f64::from(bounds.height()) + EDGES).min(height)]
        }
        None => within,
    }
}
