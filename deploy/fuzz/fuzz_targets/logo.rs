//! No logo takes long to draw or needs much memory.
//!
//! An input that starts with `<` or `\x89` is the logo itself. Any other input selects pieces of an SVG, because
//! random text is hardly ever a valid SVG.
#![no_main]

use std::fmt::Write;

use badgesmith_renderer::{Logo, ResolvedBadge, Scale, png};
use libfuzzer_sys::fuzz_target;

const ELEMENTS: [&str; 16] = [
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polygon",
    "use",
    "defs",
    "clipPath",
    "linearGradient",
    "radialGradient",
    "stop",
    "a",
    "svg",
    "mask",
];
const ATTRIBUTES: [&str; 20] = [
    "id='a'",
    "id='b'",
    "id='c'",
    "href='#a'",
    "href='#b'",
    "clip-path='url(#a)'",
    "clip-path='url(#c)'",
    "fill='url(#b)'",
    "stroke='red'",
    "stroke='url(#a)'",
    "opacity='.5'",
    "stroke-linejoin='round'",
    "style='mix-blend-mode:hue;stroke:#0f0'",
    "gradientUnits='userSpaceOnUse'",
    "clipPathUnits='objectBoundingBox'",
    "preserveAspectRatio='none'",
    "stroke-dasharray='1'",
    "paint-order='stroke'",
    "offset='.5'",
    "fill='none'",
];
const NUMBERED: [&str; 16] = [
    "x",
    "y",
    "width",
    "height",
    "r",
    "rx",
    "cx",
    "x1",
    "y2",
    "stroke-width",
    "stroke-miterlimit",
    "fx",
    "fr",
    "ry",
    "cy",
    "fill-opacity",
];
const NUMBERS: [&str; 12] = ["0", "1", "9", "-3", ".001", "1e-9", "999", "1e6", "-1e5", "50%", "3mm", "1e38"];
const COMMANDS: [&str; 12] = ["M", "l", "L", "h", "V", "c", "C", "q", "T", "s", "A", "z"];
const TRANSFORMS: [&str; 5] = ["scale", "rotate", "translate", "skewX", "matrix"];

/// An SVG composed of pieces that the bytes select.
fn composed(bytes: &[u8]) -> String {
    let mut bytes = bytes.iter().map(|byte| usize::from(*byte));
    let mut next = || bytes.next();
    let mut svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>".to_owned();
    let mut open = Vec::new();
    'elements: while let Some(choice) = next() {
        if choice % 5 == 4 {
            if let Some(name) = open.pop() {
                let _ = write!(svg, "</{name}>");
            }
            continue;
        }
        let name = ELEMENTS[choice / 5 % ELEMENTS.len()];
        let _ = write!(svg, "<{name}");
        for _ in 0..4 {
            let Some(kind) = next() else { break };
            let Some(choice) = next() else { break };
            let number = NUMBERS[choice / 16 % NUMBERS.len()];
            let _ = match kind % 8 {
                0 | 1 => write!(svg, " {}", ATTRIBUTES[choice % ATTRIBUTES.len()]),
                2 | 3 => write!(svg, " {}='{number}'", NUMBERED[choice % NUMBERED.len()]),
                4 => write!(svg, " transform='{}({number})'", TRANSFORMS[choice % TRANSFORMS.len()]),
                5 => {
                    svg.push_str(" d='M1 1");
                    for _ in 0..choice {
                        let Some(step) = next() else { break };
                        svg.push_str(COMMANDS[step % COMMANDS.len()]);
                        let _ = write!(svg, "{} {} ", NUMBERS[step / 12 % NUMBERS.len()], step);
                    }
                    write!(svg, "' points='0 0 9 9 {number} 9'")
                }
                6 => write!(svg, " viewBox='0 0 {number} {}'", choice),
                _ => break,
            };
        }
        if choice % 2 == 0 && open.len() < 40 {
            svg.push('>');
            open.push(name);
        } else {
            svg.push_str("/>");
        }
        if svg.len() > 60_000 {
            break 'elements;
        }
    }
    while let Some(name) = open.pop() {
        let _ = write!(svg, "</{name}>");
    }
    svg + "</svg>"
}

fuzz_target!(|bytes: &[u8]| {
    let (kind, image) = match bytes.first() {
        Some(b'<') => ("svg+xml", bytes.to_vec()),
        Some(0x89) => ("png", bytes.to_vec()),
        _ => ("svg+xml", composed(bytes).into_bytes()),
    };
    let mut uri = format!("data:image/{kind},");
    for byte in image {
        let _ = write!(uri, "%{byte:02x}");
    }
    let badge = ResolvedBadge { logo: Logo::parse(&uri), ..ResolvedBadge::new("", "m") };
    let picture = png(&badge, Scale::FOUR).expect("there is memory");
    assert!(picture.len() > 50);
});
