//! A caller's SVG reduced to plain shapes: read within limits, and written again as a new document.
//!
//! Reading an arbitrary SVG may take unlimited time: masks that use each other, selectors of style sheets, strokes of
//! a curve that is scaled up. Therefore usvg never reads a caller's text. The text is scanned and then parsed without
//! a document type. Every element and attribute in the tables of this module is written into a new document, with
//! numbers, keywords and ids of our own. Anything else is left out if it does not change the picture; otherwise the
//! whole SVG is refused. Finally the effort of drawing is counted, before anything is drawn.

mod attributes;
mod effort;
mod ids;
mod limits;
mod nodes;
mod number;
mod path;
mod scan;
mod values;
mod writer;

use resvg::usvg::roxmltree::{Document, ParsingOptions};

use self::writer::PlainSvgWriter;

/// The SVG as plain shapes; `None` if it is refused or would take too long to draw. `side` is the number of pixels on
/// the longer side of its picture.
pub(super) fn reduce(svg: &str, side: f64) -> Option<String> {
    if !scan::is_within_bounds(svg) {
        return None;
    }
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    let document = Document::parse_with_options(svg, options).ok()?;
    let root = document.root_element();
    if !nodes::is_svg(root) || root.tag_name().name() != "svg" {
        return None;
    }
    let mut writer = PlainSvgWriter::new(&document);
    let root = writer.write_root(root)?;
    effort::is_bearable(&writer.elements, root, side / writer.short_side).then_some(writer.out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'>";

    fn content(content: &str) -> Option<String> {
        let written = reduce(&format!("{OPEN}{content}</svg>"), 56.0)?;
        let inner = written.split_once('>').unwrap().1.strip_suffix("</svg>").unwrap();
        Some(inner.to_owned())
    }

    #[test]
    fn plain_shapes_are_written_again_with_numbers_and_ids_of_our_own() {
        let rows = [
            ("<path d='M1 2h3v4z' fill='red'/>", "<path fill=\"#ff0000\" d=\"M1 2L4 2L4 6Z\"/>"),
            ("<g style='fill:#0f0;stroke : none ;zoom:2'/>", "<g fill=\"#00ff00\" stroke=\"none\"/>"),
            (
                "<rect id='a\"b' x='1' width='5%' height='2e1mm' data-x='y'/>",
                "<rect id=\"n2\" x=\"1\" width=\"5%\" height=\"20mm\"/>",
            ),
            ("<a href='javascript:x'><circle r='1'/></a>", "<g><circle r=\"1\"/></g>"),
            ("<title>t</title><metadata><x/></metadata><text>words</text>", ""),
            ("<i:x xmlns:i='http://example.com/'><path d='M0 0h1'/></i:x>", ""),
            ("<g id='x'/><use href='#x' x='2'/>", "<g id=\"n2\"/><use x=\"2\" href=\"#n2\"/>"),
            ("<use href='#missing'/><use href='other.svg#x'/>", "<use/><use/>"),
            (
                "<g transform='translate(2) scale(3)' fill='nonsense'/>",
                "<g fill=\"#000000\" transform=\"matrix(3 0 0 3 2 0)\"/>",
            ),
            // Notations that browsers read and svgtypes does not.
            ("<g fill='currentcolor'/>", "<g fill=\"currentColor\"/>"),
            ("<g fill='NONE' stroke='rgb(0 200 0 / 20%)'/>", "<g fill=\"none\" stroke=\"rgba(0,200,0,0.2)\"/>"),
            ("<g color='rgba(0,200,0,100%)'/>", "<g color=\"#00c800\"/>"),
            ("<g fill='rgb(1%)' stroke='%)'/>", "<g fill=\"#000000\" stroke=\"none\"/>"),
            ("<path d='M0 0L1 x'/>", "<path d=\"M0 0\"/>"),
            ("<path fill='url(#none)'/>", "<path fill=\"none\"/>"),
            ("<path fill='url(#none) red'/>", "<path fill=\"#ff0000\"/>"),
        ];
        for (given, expected) in rows {
            assert_eq!(content(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn an_svg_of_more_than_plain_shapes_is_refused() {
        let rows = [
            "<mask id='a'/>",
            "<style>g{}</style>",
            "<filter id='a'/>",
            "<pattern id='a'/>",
            "<image href='x'/>",
            "<foreignObject/>",
            "<script/>",
            "<symbol/>",
            "<switch/>",
            "<svg/>",
            "<marker/>",
            "<g mask='url(#a)'/>",
            "<g style='filter:url(#a)'/>",
            "<path d='M0 0h9' stroke-dasharray='1'/>",
            "<path marker-end='url(#a)'/>",
            "<g systemLanguage='de'/>",
            "<path d='M0 0h1e7'/>",
            "<path d='M0 0a1e9 1e9 0 0 0 1 1'/>",
            "<g transform='scale(1e8)'/>",
            "<g transform='scale(1e3)'><g transform='scale(1e3)'><path d='M0 0h1'/></g></g>",
            "<g id='a'><use href='#a'/></g>",
            "<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g><use href='#a'/>",
            "<clipPath id='a'><g/></clipPath>",
            "<clipPath id='a'><path clip-path='url(#a)'/></clipPath>",
            "<clipPath id='a' clip-path='url(#a)'/>",
            "<clipPath id='a'><use href='#b'/></clipPath><g id='b'/><path clip-path='url(#a)'/>",
            "<linearGradient id='a' href='#b'/><linearGradient id='b' href='#a'/>",
        ];
        for given in rows {
            assert_eq!(content(given), None, "{given}");
        }
        for whole in ["<!DOCTYPE svg><svg/>", "<svg", "<html/>", "<x:svg xmlns:x='urn:x'/>", ""] {
            assert_eq!(reduce(whole, 56.0), None, "{whole}");
        }
    }

    #[test]
    fn a_reused_element_is_counted_each_time_it_is_drawn() {
        let doubled = |levels: usize| {
            let level = |at: usize| format!("<g id='a{}'><use href='#a{at}'/><use href='#a{at}'/></g>", at + 1);
            format!("<path id='a0' d='M0 0h1v1z'/>{}", (0..levels).map(level).collect::<String>())
        };
        assert!(content(&doubled(5)).is_some());
        assert_eq!(content(&doubled(20)), None);
        let clips = |uses: usize| {
            let clip = format!("<clipPath id='a'>{}</clipPath>", "<path d='M0 0h1v1z'/>".repeat(100));
            clip + &"<path clip-path='url(#a)' d='M0 0h1v1z'/>".repeat(uses)
        };
        assert!(content(&clips(10)).is_some());
        assert_eq!(content(&clips(100)), None);
    }
}
