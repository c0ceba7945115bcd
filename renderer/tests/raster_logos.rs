//! A caller's logo of pixels is drawn from a PNG, JPEG, GIF or WebP, and a hostile one costs nothing but its place.
#![cfg(feature = "raster-logos")]
#![allow(clippy::expect_used)]

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use badgesmith_renderer::{Logo, ResolvedBadge, Scale, Style, png};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

/// The longest that a badge with a hostile logo may take, in a build that is not optimised.
const BEARABLE: Duration = Duration::from_secs(3);
/// What the images show: green on top, below it red on the left and blue on the right.
const GREEN: [u8; 3] = [30, 180, 60];
const RED: [u8; 3] = [220, 30, 30];
const BLUE: [u8; 3] = [30, 60, 220];

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logos").join(name)).expect(name)
}

fn all_samples() -> [(&'static str, Vec<u8>); 11] {
    [
        "plain.png",
        "baseline.jpg",
        "progressive.jpg",
        "grey.jpg",
        "plain.gif",
        "transparent.gif",
        "animated.gif",
        "lossy.webp",
        "lossless.webp",
        "alpha.webp",
        "animated.webp",
    ]
    .map(|name| (name, sample(name)))
}

fn picture(media_type: &str, image: &[u8]) -> Pixmap {
    let logo = Logo::parse(&format!("data:{media_type};base64,{}", STANDARD.encode(image)));
    assert!(logo.is_some());
    let badge = ResolvedBadge { logo, style: Style::FlatSquare, ..ResolvedBadge::new("", "m") };
    Pixmap::decode_png(&png(&badge, Scale::FOUR).expect("a picture")).expect("a PNG")
}

/// Whether the place of the logo stays empty.
fn is_refused(image: &[u8]) -> bool {
    let started = Instant::now();
    let drawn = picture("image/png", image);
    assert!(started.elapsed() < BEARABLE, "{:?}", started.elapsed());
    drawn.data() == picture("image/gif", b"x").data()
}

/// The colour at a point of the logo, in its own pixels.
fn color(picture: &Pixmap, x: u32, y: u32) -> [u8; 3] {
    let pixel = picture.pixel(4 * (5 + x), 4 * (3 + y)).expect("it is in the picture");
    [PremultipliedColorU8::red, PremultipliedColorU8::green, PremultipliedColorU8::blue].map(|channel| channel(pixel))
}

fn is_near(one: [u8; 3], other: [u8; 3], most: u8) -> bool {
    one.iter().zip(other).all(|(one, other)| one.abs_diff(other) <= most)
}

#[test]
fn a_logo_of_pixels_is_drawn_whatever_its_format_is_called() {
    for (name, image) in all_samples() {
        for media_type in ["image/png", "image/jpg", "image/webp", "image/x-icon"] {
            let drawn = picture(media_type, &image);
            let points = [color(&drawn, 7, 1), color(&drawn, 3, 6), color(&drawn, 10, 10)];
            let wanted = match name {
                "grey.jpg" => [[121; 3], [87; 3], [69; 3]],
                _ => [GREEN, RED, BLUE],
            };
            for (found, wanted) in points.into_iter().zip(wanted) {
                assert!(is_near(found, wanted, 30), "{name}: {points:?}");
            }
        }
    }
}

#[test]
fn transparent_pixels_show_the_badge_behind_the_logo() {
    let behind = color(&picture("image/gif", b"x"), 3, 11);
    for name in ["transparent.gif", "alpha.webp"] {
        assert!(is_near(color(&picture("image/gif", &sample(name)), 3, 11), behind, 8), "{name}");
    }
}

#[test]
fn an_image_with_more_pixels_than_1024_by_1024_is_refused() {
    let mut jpeg = sample("baseline.jpg");
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).expect("it is a baseline JPEG");
    for side in [1025_u16, 0xffff] {
        jpeg[frame + 5..frame + 7].copy_from_slice(&side.to_be_bytes());
        assert!(is_refused(&jpeg));
        let mut gif = sample("plain.gif");
        gif[6..8].copy_from_slice(&side.to_le_bytes());
        assert!(is_refused(&gif));
        // A frame that is larger than its image.
        let mut gif = sample("plain.gif");
        let frame = gif.windows(9).position(|block| block == [0x2c, 0, 0, 0, 0, 28, 0, 28, 0]).expect("one frame");
        gif[frame + 5..frame + 7].copy_from_slice(&side.to_le_bytes());
        assert!(is_refused(&gif));
    }
    let mut lossy = sample("lossy.webp");
    lossy[26..28].copy_from_slice(&1025_u16.to_le_bytes());
    assert!(is_refused(&lossy));
    let mut lossless = sample("lossless.webp");
    lossless[21..25].copy_from_slice(&[0xff; 4]);
    assert!(is_refused(&lossless));
    // The image itself says that it is small; the frame in it does not.
    let mut lossy = sample("lossy.webp").split_off(12);
    lossy[14..18].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    let extended = [&[0; 4][..], &[27, 0, 0, 27, 0, 0]].concat();
    assert!(is_refused(&webp(&[chunk(b"VP8X", &extended), lossy.clone()])));
    let frame = [&[0; 6][..], &[27, 0, 0, 27, 0, 0], &[0; 4], &lossy].concat();
    let animated = [&[2, 0, 0, 0][..], &[27, 0, 0, 27, 0, 0]].concat();
    assert!(is_refused(&webp(&[chunk(b"VP8X", &animated), chunk(b"ANIM", &[0; 6]), chunk(b"ANMF", &frame)])));
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&name[..], &(content.len() as u32).to_le_bytes(), content].concat()
}

fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WEBP".to_vec(), chunks.concat()].concat())
}

#[test]
fn many_frames_or_scans_cost_no_more_than_a_few() {
    let gif = sample("animated.gif");
    let frame = gif.windows(3).rposition(|block| block == [0x21, 0xf9, 4]).expect("a frame");
    let (head, frame) = (&gif[..frame], &gif[frame..gif.len() - 1]);
    let frames = (48 * 1024 / frame.len()).min(2000);
    assert!(!is_refused(&[head, &frame.repeat(frames), b";"].concat()));
    let image = sample("animated.webp");
    let frame = image.windows(4).rposition(|name| name == b"ANMF").expect("a frame");
    let chunks = [&image[12..frame], &image[frame..].repeat(800)].concat();
    assert!(!is_refused(&webp(&[chunks])));
    // A progressive image of the most pixels, with a scan of a few bytes that comes again and again.
    let jpeg = sample("large-progressive.jpg");
    assert!(!is_refused(&jpeg));
    let scans: Vec<_> = (1..jpeg.len()).filter(|at| jpeg[at - 1..=*at] == [0xff, 0xda]).map(|at| at - 1).collect();
    let scan = &jpeg[scans[3]..scans[4]];
    let repeated = [&jpeg[..scans[4]], &scan.repeat(40 * 1024 / scan.len()), &jpeg[scans[4]..]].concat();
    assert!(is_refused(&repeated));
}

#[test]
fn a_jpeg_in_the_colours_of_a_printer_is_refused() {
    assert!(is_refused(&sample("cmyk.jpg")));
}

#[test]
fn a_damaged_image_is_drawn_in_part_or_not_at_all() {
    for (name, image) in all_samples() {
        for end in (7..image.len()).step_by(7) {
            picture("image/png", &image[..end]);
        }
        let started = Instant::now();
        for at in (0..image.len()).step_by(5) {
            let mut image = image.clone();
            image[at] ^= 0x5a;
            picture("image/png", &image);
        }
        let most = BEARABLE * u32::try_from(image.len().div_ceil(5)).expect("it is small") / 10;
        assert!(started.elapsed() < most, "{name}: {:?}", started.elapsed());
    }
}
