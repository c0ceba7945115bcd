//! What painting an SVG takes, counted in pixels before any of them is painted.

use resvg::usvg::{Group, Node, NonZeroRect, Paint, Path, Transform, Tree};

/// The most pixels that are painted, each as often as it is: 100 ms where one takes 5 ns.
const MOST_PIXELS: f64 = 20e6;
/// What a pixel of a gradient takes more than a plain one; its stops come on top.
const GRADIENT: f64 = 8.0;
/// How often all pixels of a layer are touched: it is cleared and painted, and with a clip path that is cleared, made a
/// mask, and applied.
const LAYER: f64 = 2.0;
const CLIPPED_LAYER: f64 = 8.0;
/// How many layers lie on one another at the most: each has its own pixels.
const MOST_LAYERS: usize = 16;
/// How much larger than the picture a layer may be in each direction, by resvg's rule.
const LAYER_SIZE: f64 = 5.0;
/// What resvg adds to a layer on all sides together, and what smooth edges add to a shape.
const EDGES: f64 = 4.0;

/// Whether painting the drawing into so many columns and rows takes no more than it may.
pub(super) fn is_bearable(tree: &Tree, transform: Transform, columns: u32, rows: u32) -> bool {
    let picture = [f64::from(columns), f64::from(rows)];
    let mut left = Left { pixels: MOST_PIXELS, largest_layer: picture.map(|side| side * LAYER_SIZE) };
    left.paint_all(tree.root(), transform, picture, MOST_LAYERS).is_some()
}

/// What may still be painted.
struct Left {
    pixels: f64,
    largest_layer: [f64; 2],
}

impl Left {
    fn paint_all(&mut self, group: &Group, transform: Transform, within: [f64; 2], layers: usize) -> Option<()> {
        group.children().iter().try_for_each(|node| match node {
            Node::Group(group) => self.paint_group(group, transform, within, layers),
            Node::Path(path) => self.paint(path, transform, within),
            // Neither is left of plain shapes.
            Node::Image(_) | Node::Text(_) => None,
        })
    }

    fn paint_group(&mut self, group: &Group, transform: Transform, within: [f64; 2], layers: usize) -> Option<()> {
        let transform = transform.pre_concat(group.transform());
        if !group.should_isolate() {
            return self.paint_all(group, transform, within, layers);
        }
        let layers = layers.checked_sub(1)?;
        let layer = seen(group.layer_bounding_box(), transform, self.largest_layer);
        self.take(layer, if group.clip_path().is_some() { CLIPPED_LAYER } else { LAYER })?;
        if let Some(clip) = group.clip_path() {
            self.paint_all(clip.root(), transform.pre_concat(clip.transform()), layer, layers)?;
        }
        self.paint_all(group, transform, layer, layers)
    }

    fn paint(&mut self, path: &Path, transform: Transform, within: [f64; 2]) -> Option<()> {
        let bounds = path.stroke_bounding_box();
        let bounds = NonZeroRect::from_xywh(
            bounds.x(),
            bounds.y(),
            bounds.width().max(f32::MIN_POSITIVE),
            bounds.height().max(f32::MIN_POSITIVE),
        );
        let size = bounds.map_or(within, |bounds| seen(bounds, transform, within));
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

/// How large something is after a transform, and at most as large as what it is painted on.
fn seen(bounds: NonZeroRect, transform: Transform, within: [f64; 2]) -> [f64; 2] {
    match bounds.transform(transform) {
        Some(bounds) => {
            let [width, height] = within;
            [(f64::from(bounds.width()) + EDGES).min(width), (f64::from(bounds.height()) + EDGES).min(height)]
        }
        None => within,
    }
}
