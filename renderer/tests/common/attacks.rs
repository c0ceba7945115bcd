//! Logos that are made to take long to draw, and some that only look like it. All are generated here.
#![allow(dead_code, unreachable_pub, clippy::expect_used)]

/// A logo made to take long.
pub struct Attack {
    pub name: &'static str,
    /// Its media type.
    pub kind: &'static str,
    pub bytes: Vec<u8>,
    /// Whether it must not be drawn at all; the others are only expensive.
    pub refused: bool,
}

impl Attack {
    /// As a data URI in base64.
    pub fn uri(&self) -> String {
        format!("data:{};base64,{}", self.kind, base64(&self.bytes))
    }
}

const OPEN: &str =
    "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 9 9'>";
const RED: &str = "<path fill='red' d='M0 0h9v9z'/>";

fn svg(name: &'static str, refused: bool, content: &str) -> Attack {
    whole(name, refused, &format!("{OPEN}{RED}{content}</svg>"))
}

fn whole(name: &'static str, refused: bool, text: &str) -> Attack {
    Attack { name, kind: "image/svg+xml", bytes: text.as_bytes().to_vec(), refused }
}

fn levels(count: usize, level: impl Fn(usize) -> String) -> String {
    (0..count).map(level).collect()
}

/// Attacks that are small enough for a URL.
pub fn small() -> Vec<Attack> {
    let mut attacks = references();
    attacks.extend(numbers());
    attacks.extend(documents());
    attacks.extend(pngs());
    attacks
}

/// Elements that refer to each other.
fn references() -> Vec<Attack> {
    let doubled = |element: &str, attribute: &str| {
        levels(30, |at| {
            let used = format!("<path {attribute}='url(#a{})' d='M0 0h9v9z'/>", at + 1);
            format!("<{element} id='a{at}'>{used}{used}</{element}>")
        }) + &format!("<path {attribute}='url(#a0)' d='M0 0h9v9z'/>")
    };
    let uses = |levels_: usize, times: usize| {
        "<path id='a0' d='M0 0h9v9z'/>".to_owned()
            + &levels(levels_, |at| {
                format!("<g id='a{}'>{}</g>", at + 1, format!("<use xlink:href='#a{at}'/>").repeat(times))
            })
    };
    let chain = levels(40, |at| format!("<linearGradient id='a{at}' href='#a{}'/>", (at + 1) % 40));
    vec![
        svg("masks that use each other twice", true, &doubled("mask", "mask")),
        svg("clip paths that use each other twice", true, &doubled("clipPath", "clip-path")),
        svg("patterns that use each other twice", true, &doubled("pattern", "fill")),
        svg("a mask on itself", true, "<mask id='a' mask='url(#a)'><g mask='url(#a)'/></mask><g mask='url(#a)'/>"),
        svg("a clip path on itself", true, "<clipPath id='a' clip-path='url(#a)'><path d='M0 0h9'/></clipPath>"),
        svg(
            "a clip path whose shape it clips",
            true,
            "<clipPath id='a'><path id='b' clip-path='url(#a)' d='M0 0h9v9z'/></clipPath><use href='#b'/>",
        ),
        svg("uses that double", true, &uses(30, 2)),
        svg("uses that double where nobody clips", true, &(uses(12, 3) + "<g clip-path='url(#a12)'/>")),
        svg("a use of what it stands in", true, "<g id='a'><use href='#a'/><use href='#a'/></g>"),
        svg(
            "uses of each other",
            true,
            "<g id='a'><use href='#b'/><use href='#b'/></g><g id='b'><use href='#a'/><use href='#a'/></g>",
        ),
        svg("a use of the whole", true, "<g id='a'><g><g><use href='#a' transform='scale(2)'/></g></g></g>"),
        svg("gradients that rest on each other", true, &(chain + "<path fill='url(#a0)' d='M0 0h9v9z'/>")),
        svg(
            "an image of a filter that shows what it filters",
            true,
            "<filter id='a'><feImage xlink:href='#b'/></filter><g id='b' filter='url(#a)'><use href='#b'/></g>",
        ),
        svg("noise", true, "<filter id='a'><feTurbulence numOctaves='9999999'/></filter><g filter='url(#a)'/>"),
        svg("a wide blur", true, "<g style='filter:blur(99999px)'><path d='M0 0h9v9z'/></g>"),
        svg("markers", true, "<marker id='a'><path d='M0 0h9'/></marker><path marker-mid='url(#a)' d='M0 0h9v9z'/>"),
        svg("an image in an image", true, "<image href='data:image/svg+xml,%3Csvg/%3E' width='9' height='9'/>"),
        svg("a page", true, "<foreignObject><div xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>"),
        svg("a symbol of symbols", true, "<symbol id='a'><use href='#a'/></symbol><use href='#a'/>"),
    ]
}

/// Very large and very small numbers.
fn numbers() -> Vec<Attack> {
    let curves = "c9 1 1 9 9 9 1 9 9 1-9-9".repeat(180);
    let stroked =
        |transform: &str| format!("<path transform='{transform}' stroke='red' fill='none' d='M0 0{curves}'/>");
    let nested = "<g transform='scale(90)'>".repeat(40) + &stroked("scale(9)") + &"</g>".repeat(40);
    let opaque = format!("{}{RED}{}", "<g opacity='.9'>".repeat(60), "</g>".repeat(60));
    let stops = "<stop/>".repeat(500);
    vec![
        svg("strokes that are made large", true, &stroked("scale(1e8)")),
        svg("strokes that are made large in steps", true, &nested),
        svg("strokes that are turned and made large", true, &stroked("rotate(9)scale(9e5)")),
        svg("arcs with huge radii", true, &format!("<path d='M0 0{}'/>", "a1e38 1e38 0 1 0 1 1".repeat(150))),
        svg(
            "arcs as large as numbers may be",
            true,
            &format!("<path stroke='red' d='M0 0{}'/>", "A9e5 9e5 0 1 0 1 1".repeat(40)),
        ),
        svg("a circle as large as numbers go", true, "<circle r='1e38' stroke='red'/>"),
        svg("a line to where numbers end", true, "<path stroke='red' d='M0 0L1e300-1e300'/>"),
        svg(
            "curves from end to end",
            true,
            &format!("<path stroke='red' d='M0 0{}'/>", "C9e5-9e5-9e5 9e5 1 1".repeat(200)),
        ),
        svg("short dashes of a long line", true, "<path stroke='red' stroke-dasharray='.001' d='M0 0h99999'/>"),
        svg("dashes that a style asks for", true, "<path style='stroke:red;stroke-dasharray:1e-9' d='M0 0h999'/>"),
        svg("a joint without end", false, "<path stroke='red' stroke-miterlimit='1e6' d='M0 0h9L0 .00001z'/>"),
        svg(
            "a pen wider than all",
            false,
            "<path stroke='red' stroke-width='1e6' stroke-linejoin='round' d='M0 0h9v9z'/>",
        ),
        svg("layers on layers", true, &opaque),
        svg("a gradient of many stops", true, &format!("<linearGradient id='a'>{stops}</linearGradient>")),
        whole("a window like a needle", true, &format!("<svg viewBox='0 0 1e-30 1e30'>{RED}</svg>")),
        whole(
            "a window like a ribbon",
            false,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1000000 1'><path fill='red' d='M0 0h1e6v1e6z'/></svg>",
        ),
        whole(
            "a window that is stretched",
            true,
            &format!(
                "<svg width='1e6' height='1' preserveAspectRatio='none' viewBox='0 0 1e-6 1'>{RED}{}</svg>",
                stroked("")
            ),
        ),
        svg("lines that cross each other", false, &format!("<path d='M0 0{}'/>", "l9 8-9-7".repeat(550))),
        svg(
            "round strokes in circles",
            false,
            &format!(
                "<g fill='none' stroke='red' stroke-linejoin='round'><path d='M4 4{}'/></g>",
                "q9 1 0 2".repeat(500)
            ),
        ),
        svg("many small shapes", false, &"<path d='M1 1h1v1z'/>".repeat(230)),
        svg("many large shapes in layers", false, &"<g opacity='.5'><rect width='9' height='9'/></g>".repeat(90)),
        svg(
            "many colours",
            false,
            &(levels(30, |at| format!("<radialGradient id='g{at}'><stop/><stop offset='1'/></radialGradient>"))
                + &levels(70, |at| format!("<rect width='9' height='9' fill='url(#g{})'/>", at % 30))),
        ),
    ]
}

/// Documents that are expensive to parse.
fn documents() -> Vec<Attack> {
    let selector = format!("<style>z {} {{fill:red}}</style>", "g ".repeat(900));
    let chained = levels(9, |at| format!("<!ENTITY a{} '{}'>", at + 1, format!("&a{at};").repeat(9)));
    let attributes = levels(700, |at| format!("a{at}=''"));
    let spaces = levels(150, |at| format!("xmlns:n{at}='n{at}' "));
    vec![
        svg("a selector of many steps", true, &(selector + &"<g>".repeat(60) + &"</g>".repeat(60))),
        whole("entities of entities", true, &format!("<!DOCTYPE svg [<!ENTITY a0 'lol'>{chained}]><svg>&a9;</svg>")),
        whole(
            "entities in a path",
            true,
            &format!("<!DOCTYPE svg [<!ENTITY a 'l1 1-1 1'>]>{OPEN}<path d='M0 0{}'/></svg>", "&a;".repeat(1000)),
        ),
        whole("an outer entity", true, "<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg>&a;</svg>"),
        svg("groups in groups", true, &("<g>".repeat(700) + &"</g>".repeat(700))),
        svg("groups that nobody closes", true, &"<g>".repeat(1500)),
        svg("windows in windows", true, &("<svg viewBox='0 0 1 1'>".repeat(60) + &"</svg>".repeat(60))),
        svg("many attributes", true, &format!("<g {attributes}/>")),
        svg("many namespaces", true, &format!("<g {spaces}>{}</g>", "<n0:g/>".repeat(200))),
        svg("a comment without end", true, "<!--"),
        svg("a switch", true, "<switch><g systemLanguage='xx'/><g/></switch>"),
        svg("a script", true, "<script>for(;;);</script>"),
    ]
}

/// PNGs that decompress to more than their size suggests.
fn pngs() -> Vec<Attack> {
    let png = |name, refused, bytes| Attack { name, kind: "image/png", bytes, refused };
    vec![
        png("a PNG of a million pixels", false, Png { width: 1024, height: 1024, ..Png::default() }.bytes()),
        png(
            "the same in seven passes",
            false,
            Png { width: 1024, height: 1024, interlaced: true, ..Png::default() }.bytes(),
        ),
        png(
            "half of them with deep colours",
            true,
            Png { width: 1024, height: 512, depth: 16, extra: 0, ..Png::default() }.bytes(),
        ),
        png("a PNG of more pixels", true, Png { width: 1025, height: 1, ..Png::default() }.bytes()),
        png(
            "a PNG that says it is vast",
            true,
            Png { width: 0x7fff_ffff, height: 0x7fff_ffff, extra: 1000, ..Png::default() }.bytes(),
        ),
        png(
            "a PNG with more in it than it says",
            false,
            Png { width: 4, height: 4, extra: 5_000_000, ..Png::default() }.bytes(),
        ),
        png(
            "a PNG with less in it than it says",
            true,
            Png { width: 1024, height: 1024, extra: -4_000_000, ..Png::default() }.bytes(),
        ),
    ]
}

/// Attacks as large as a logo may be, which only fit into a document.
pub fn large() -> Vec<Attack> {
    let fill = |text: &str, bytes: usize| text.repeat(bytes / text.len());
    let most = 64_000;
    vec![
        svg(
            "twelve thousand lines that cross each other",
            false,
            &format!("<path d='M0 0{}'/>", fill("l9 8-9-7", most)),
        ),
        svg(
            "the same in strokes",
            true,
            &format!("<path stroke='red' stroke-width='.01' d='M0 0{}'/>", fill("l9 8-9-7", most)),
        ),
        svg("eight thousand curves", false, &format!("<path d='M0 0{}'/>", fill("q9 1 0 2", most))),
        svg(
            "hairs",
            false,
            &format!("<path fill='none' stroke='red' stroke-width='.001' d='M0 0{}'/>", fill("h9v9h-9z", most / 16)),
        ),
        svg("three thousand shapes", false, &fill("<path d='M0 0h9v9z'/>", most)),
        svg("eight hundred layers", false, &fill("<g opacity='.5'><rect width='9' height='9'/></g>", most / 2)),
        svg("thousands of elements", true, &fill("<g/>", most)),
        svg(
            "layers with a gradient in each",
            true,
            &format!(
                "<radialGradient id='a'>{}</radialGradient>{}",
                "<stop offset='.5'/>".repeat(30),
                fill(
                    "<g opacity='.5'><rect x='-99' y='-99' width='999' height='999' fill='url(#a)'/></g>",
                    most - 2000
                ),
            ),
        ),
        svg(
            "clipped a hundred times",
            false,
            &format!(
                "<clipPath id='a'>{}</clipPath>{}",
                "<circle r='9'/>".repeat(20),
                "<rect clip-path='url(#a)' width='9' height='9'/>".repeat(100),
            ),
        ),
        svg("entities", true, &fill("&unknown;", most)),
        svg("references to letters", true, &fill("&#65;", most)),
        svg("attributes", true, &format!("<g {}/>", levels(8000, |at| format!("a{at}=''")))),
    ]
    .into_iter()
    .map(|attack| Attack { refused: attack.refused && attack.name != "references to letters", ..attack })
    .collect()
}

/// A PNG whose pixels are all zero.
#[derive(Default)]
struct Png {
    width: u32,
    height: u32,
    depth: u8,
    interlaced: bool,
    /// How many more bytes its data has than its size requires.
    extra: i64,
}

impl Png {
    fn bytes(&self) -> Vec<u8> {
        let depth = if self.depth == 0 { 8 } else { self.depth };
        let rows = i64::from(self.height.min(1024)) * (1 + i64::from(self.width.min(1025)) * 4 * i64::from(depth) / 8);
        // Interlaced data has a filter byte for each row of each of the seven passes.
        let passes = if self.interlaced { i64::from(self.height) } else { 0 };
        let length = usize::try_from(rows + passes + self.extra).unwrap_or_default();
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut head = [self.width.to_be_bytes(), self.height.to_be_bytes()].concat();
        head.extend([depth, 6, 0, 0, u8::from(self.interlaced)]);
        chunk(&mut bytes, *b"IHDR", &head);
        chunk(&mut bytes, *b"IDAT", &zeros(length));
        chunk(&mut bytes, *b"IEND", &[]);
        bytes
    }
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    out.extend(u32::try_from(content.len()).expect("a chunk is small").to_be_bytes());
    let named = [&name[..], content].concat();
    let crc = named.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    });
    out.extend(named);
    out.extend((!crc).to_be_bytes());
}

/// `length` zeros compressed as a zlib stream, which takes four bits for 516 zeros.
fn zeros(length: usize) -> Vec<u8> {
    let mut bits = Bits(Vec::new(), 0);
    // One block with dynamic Huffman codes: 286 literal and length codes, one distance code, 18 code length codes.
    bits.put(0b101, 3);
    bits.put(29, 5);
    bits.put(0, 5);
    bits.put(14, 4);
    // The code lengths of 18 (a run of zeros), 2 and 1, in the order of RFC 1951: 16 17 18 0 8 7 9 6 10 5 11 4 12 3
    // 13 2 14 1.
    for length in [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2] {
        bits.put(length, 3);
    }
    let (run, one, two) = ([0b0, 1], [0b01, 2], [0b11, 2]);
    let mut put = |[code, width]: [u32; 2]| bits.put(code, width);
    // Code lengths: 2 for the literal 0, 0 for the next 255, 2 for the end of the block, 0 for the next 28, 1 for the
    // length 258; and 1 for the distance.
    put(two);
    put(run);
    put([138 - 11, 7]);
    put(run);
    put([117 - 11, 7]);
    put(two);
    put(run);
    put([28 - 11, 7]);
    put(one);
    put(one);
    // The codes: 0 for the length 258, 10 for the literal 0, 11 for the end of the block, and 0 for the distance 1.
    let literals = if length == 0 { 0 } else { 1 + (length - 1) % 258 };
    for _ in 0..literals {
        bits.put(0b01, 2);
    }
    for _ in 0..length.saturating_sub(1) / 258 {
        bits.put(0b00, 2);
    }
    bits.put(0b11, 2);
    let mut packed = vec![0x78, 0xda];
    packed.extend(bits.0);
    // The Adler-32 checksum of zeros.
    let high = u32::try_from(length % 65521).expect("a remainder is small");
    packed.extend((high << 16 | 1).to_be_bytes());
    packed
}

/// A bit stream, filled from the lowest bit of each byte, and the number of bits used in the last byte.
struct Bits(Vec<u8>, u32);

impl Bits {
    fn put(&mut self, value: u32, width: u32) {
        for bit in 0..width {
            if self.1 == 0 {
                self.0.push(0);
            }
            if let Some(last) = self.0.last_mut() {
                *last |= u8::from(value >> bit & 1 == 1) << self.1;
            }
            self.1 = (self.1 + 1) % 8;
        }
    }
}

/// Base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0, |number, at| number << 8 | three.get(at).map_or(0, |byte| usize::from(*byte)));
        for at in 0..4 {
            let letter = char::from(LETTERS[number >> (18 - 6 * at) & 63]);
            text.push(if at <= three.len() { letter } else { '=' });
        }
    }
    text
}
