//! Characters that the bundled font lacks are drawn with added faces, and everything else is as without them.
#![cfg(feature = "added-faces")]
#![allow(clippy::expect_used)]

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use badgesmith_fonts::{AddedFace, AddedFaces, Face, OutlineSegment, TextLine, width};

/// A face of the tests' own: `squares.ttf` has squares for 漢 and ก and the mark ิ, `blob.otf` a circle for 🚀.
fn face(name: &str) -> AddedFace {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    AddedFace::new(0, move || fs::read(&path).ok())
}

fn faces() -> AddedFaces {
    AddedFaces::new([face("squares.ttf"), face("blob.otf")])
}

fn line(text: &str, faces: &AddedFaces) -> TextLine {
    TextLine::with_faces(Face::Verdana11, text, faces).expect("the bundled font is compiled in")
}

fn outlines(text: &str, faces: &AddedFaces) -> Vec<OutlineSegment> {
    let line = line(text, faces);
    let mut all = Vec::new();
    for glyph in line.glyphs() {
        line.trace(*glyph, |segment| all.push(segment));
    }
    all
}

#[test]
fn a_text_that_the_bundled_font_has_is_laid_out_as_without_added_faces() {
    let (faces, none) = (faces(), AddedFaces::default());
    for text in ["build", "Ωжא ببب", "e\u{301}", "☺", "a\u{200d}b", "\u{10ffff}"] {
        assert_eq!(line(text, &faces).glyphs(), line(text, &none).glyphs(), "{text}");
        assert_eq!(outlines(text, &faces), outlines(text, &none), "{text}");
    }
}

#[test]
fn a_character_is_drawn_with_the_first_face_that_has_it() {
    let faces = faces();
    let square = |units: [i32; 4]| {
        let [left, top, right, bottom] = units.map(|units| (units as f32 * 1.1).round() as i32);
        [
            OutlineSegment::Move(left, bottom),
            OutlineSegment::Line(left, top),
            OutlineSegment::Line(right, top),
            OutlineSegment::Line(right, bottom),
            OutlineSegment::Close,
        ]
    };
    assert_eq!(outlines("漢", &faces), square([100, -800, 900, 0]));
    assert_eq!(line("漢漢", &faces).width(), 22.0);
    let circle = outlines("🚀", &faces);
    assert_eq!(circle.iter().filter(|segment| matches!(segment, OutlineSegment::Cubic(..))).count(), 4);
    // In the other order the second one is still found.
    let swapped = AddedFaces::new([face("blob.otf"), face("squares.ttf")]);
    assert_eq!(outlines("漢🚀", &swapped), outlines("漢🚀", &faces));
}

#[test]
fn scripts_are_mixed_in_one_line() {
    let faces = faces();
    let width = |text| line(text, &faces).width();
    assert!((width("a漢b") - (width("a") + 11.0 + width("b"))).abs() < 0.02);
    // A mark has no width, and there is no gap between it and its letter.
    assert!((width("ก\u{e34}") - width("ก")).abs() < 0.01);
    let marked = line("กก\u{e34}", &faces);
    let places = |line: TextLine| line.glyphs().iter().map(|glyph| glyph.x).collect::<Vec<_>>();
    let (narrow, wide) = (places(marked.clone()), places(marked.clone().fitted(marked.width() + 5.0)));
    let moved: Vec<_> = narrow.iter().zip(&wide).map(|(narrow, wide)| wide - narrow).collect();
    assert_eq!(moved, [0, 500, 500]);
    // Right to left: the letter that comes first is the last one on the line.
    let line = line("א漢", &faces);
    assert!(line.glyphs().len() == 2);
}

#[test]
fn text_that_a_reader_sees_in_his_own_fonts_is_as_wide_as_ever() {
    assert_eq!(width(Face::Verdana11, "漢"), 11.0);
}

#[test]
fn a_face_is_read_once_and_only_if_a_character_needs_it() {
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let faces = AddedFaces::new([AddedFace::new(0, move || {
        counted.fetch_add(1, Ordering::SeqCst);
        None
    })]);
    line("plain", &faces);
    assert_eq!(reads.load(Ordering::SeqCst), 0);
    let boxes = outlines("漢", &AddedFaces::default());
    assert_eq!(outlines("漢漢", &faces).len(), 2 * boxes.len());
    assert_eq!(reads.load(Ordering::SeqCst), 1);
}

#[test]
fn a_damaged_face_draws_boxes_or_less_and_never_panics() {
    for name in ["squares.ttf", "blob.otf"] {
        let whole = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).expect(name);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 0xff;
            let cut = whole[..at].to_vec();
            for bytes in [flipped, cut] {
                let faces = AddedFaces::new([AddedFace::new(0, move || Some(bytes.clone()))]);
                outlines("漢ก\u{e34}🚀", &faces);
            }
        }
    }
}
