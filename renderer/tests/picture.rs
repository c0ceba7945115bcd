//! Recorded badges look like badge-maker's: both SVGs are drawn at twice their size and compared channel by channel.
#![allow(clippy::expect_used)]

mod common;

use std::sync::Arc;

use badgesmith_renderer::svg;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

/// The greatest allowed difference, which is invisible: another element has the transform, so rounding differs.
const TOLERANCE: u8 = 8;

fn options() -> Options<'static> {
    let mut fonts = Database::new();
    fonts.load_font_data(include_bytes!("../../fonts/faces/DejaVuSans.ttf").to_vec());
    fonts.load_font_data(include_bytes!("../../fonts/faces/DejaVuSans-Bold.ttf").to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    Options { fontdb: Arc::new(fonts), font_family: "DejaVu Sans".into(), ..Options::default() }
}

fn draw(svg: &str, options: &Options) -> Pixmap {
    let tree = Tree::from_str(svg, options).expect(svg);
    let size = tree.size();
    let mut pixmap = Pixmap::new((size.width() * 2.0).ceil() as u32, (size.height() * 2.0).ceil() as u32).expect(svg);
    resvg::render(&tree, Transform::from_scale(2.0, 2.0), &mut pixmap.as_mut());
    pixmap
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn every_badge_looks_like_badge_maker_s() {
    let rows = common::recorded();
    let options = options();
    let worst = std::thread::scope(|scope| {
        let workers: Vec<_> = rows
            .chunks(rows.len().div_ceil(2))
            .map(|rows| {
                let options = &options;
                scope.spawn(move || {
                    let mut worst = 0;
                    for (row, expected) in rows {
                        let (ours, theirs) = (draw(&svg(&common::badge(row)), options), draw(expected, options));
                        assert_eq!((ours.width(), ours.height()), (theirs.width(), theirs.height()), "{row}");
                        let difference = ours.data().iter().zip(theirs.data()).map(|(a, b)| a.abs_diff(*b)).max();
                        assert!(difference <= Some(TOLERANCE), "{difference:?}: {row}");
                        worst = worst.max(difference.unwrap_or_default());
                    }
                    worst
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker panicked")).max()
    });
    println!("{} pictures, greatest difference of a channel {worst:?}", rows.len());
}
