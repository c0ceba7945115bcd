//! No text, colour, logo or link causes ill-formed XML, ill-formed JSON or a panic.
#![no_main]

use badgesmith_renderer::{Color, Link, Links, Logo, ResolvedBadge, Scale, Style, json, png, svg};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&[style, switches], rest)) = bytes.split_first_chunk() else { return };
    let text = String::from_utf8_lossy(rest);
    let mut parts = text.split('\u{1}');
    let mut next = || parts.next().unwrap_or_default();
    let mut badge = ResolvedBadge::new(next(), next());
    badge.style = Style::ALL[usize::from(style) % Style::ALL.len()];
    badge.outline = switches & 1 != 0;
    badge.contrast = switches & 2 != 0;
    badge.color = Color::parse(next()).unwrap_or(Color::LIGHTGREY);
    badge.label_color = Color::parse(next());
    badge.links = Links { left: Link::parse(next()), right: Link::parse(next()) };
    badge.named_logo = Some(next().to_owned());
    badge.logo_color = Some(next().to_owned());
    badge.logo_size = (switches & 4 != 0).then(|| "auto".to_owned());
    badge.logo = Logo::parse(next());
    let badge = badge.with_icon();
    let drawn = svg(&badge);
    if let Err(fault) = roxmltree::Document::parse(&drawn) {
        panic!("{fault}: {drawn}");
    }
    serde_json::from_str::<serde_json::Value>(&json(&badge, true)).expect("JSON is well-formed");
    if switches & 8 != 0 {
        // A missing picture is allowed, a panic is not.
        let _ = png(&badge, Scale::ONE);
    }
});
