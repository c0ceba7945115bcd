//! Recorded badges have the same measures as badge-maker's: size, accessible name, positions of texts.
#![allow(clippy::panic)]

mod common;

use badgesmith_renderer::svg;
use roxmltree::{Document, Node};

/// The measures of a badge that are compared.
#[derive(Debug, PartialEq)]
struct Measures {
    size: [String; 2],
    /// The accessible name; badge-maker omits it if there are two links.
    name: Option<String>,
    title: Option<String>,
    /// For each text that is not empty: x, y, textLength, transform, content, colour.
    texts: Vec<[String; 6]>,
    /// For each rectangle with a visible fill of its own: x, width, height, fill.
    sections: Vec<[String; 4]>,
    links: Vec<String>,
    logos: Vec<[String; 5]>,
}

fn measures(svg: &str) -> Measures {
    let document = Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let root = document.root_element();
    let all = |name: &'static str| root.descendants().filter(move |node| node.has_tag_name(name));
    let own = |node: Node, name: &str| node.attribute(name).unwrap_or_default().to_owned();
    let inherited =
        |node: Node, name: &str| node.ancestors().find_map(|node| node.attribute(name)).unwrap_or_default().to_owned();
    let content = |node: Node| node.text().unwrap_or_default().to_owned();
    Measures {
        size: [own(root, "width"), own(root, "height")],
        name: root.attribute("aria-label").map(str::to_owned),
        title: all("title").next().map(content),
        texts: all("text")
            .filter(|node| !content(*node).is_empty())
            .map(|node| {
                let fill = inherited(node, "fill");
                [
                    own(node, "x"),
                    own(node, "y"),
                    own(node, "textLength"),
                    inherited(node, "transform"),
                    content(node),
                    fill,
                ]
            })
            .collect(),
        sections: all("rect")
            .filter(|node| {
                let fill = own(*node, "fill");
                let is_visible = !fill.is_empty() && fill != "rgba(0,0,0,0)" && own(*node, "fill-opacity") != "0";
                is_visible && !fill.starts_with("url") && own(*node, "width") != "0"
            })
            .map(|node| {
                let x = Some(own(node, "x")).filter(|x| !x.is_empty()).unwrap_or("0".into());
                [x, own(node, "width"), own(node, "height"), own(node, "fill")]
            })
            .collect(),
        links: all("a").map(|node| own(node, "href")).collect(),
        logos: all("image").map(|node| ["x", "y", "width", "height", "href"].map(|name| own(node, name))).collect(),
    }
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn every_badge_measures_what_badge_maker_s_does() {
    let rows = common::recorded();
    let (mut ours, mut theirs) = (0, 0);
    for (row, expected) in &rows {
        let drawn = svg(&common::badge(row));
        let (actual, mut wanted) = (measures(&drawn), measures(expected));
        if wanted.name.is_none() {
            (wanted.name, wanted.title) = (actual.name.clone(), actual.title.clone());
            assert!(actual.name.is_some(), "{row}");
        }
        assert_eq!(actual, wanted, "{row}");
        ours += drawn.len();
        theirs += expected.len();
    }
    println!("{} badges, {ours} bytes, badge-maker {theirs}", rows.len());
    assert!(ours <= theirs, "{ours} bytes, badge-maker needs {theirs}");
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn no_two_different_badges_share_an_id() {
    let rows = common::recorded();
    let mut owners = std::collections::HashMap::new();
    for (row, _) in &rows {
        let badge = common::badge(row);
        let drawn = svg(&badge);
        for node in Document::parse(&drawn).unwrap().descendants() {
            if let Some(id) = node.attribute("id") {
                let owner = owners.entry(id.to_owned()).or_insert_with(|| badge.clone());
                assert_eq!(*owner, badge, "{id}");
            }
        }
    }
}
