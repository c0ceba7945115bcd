//! Maven metadata: the newest version in the `maven-metadata.xml` of any repository, and of Gradle's plugin portal.

use badgesmith_provider::{
    Badge, Call, Failure, Request, Step,
    order::{Order, newest},
};
use roxmltree::Node;

use crate::{
    failures::{invalid_query, lacks, not_found, text},
    host::Host,
    reading, xml,
};

/// The badge of the name, without `maven-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    let request = if name == "gradle" { portal(call) } else { metadata(call)?.get("", []) };
    let filter = Filter::of(call)?;
    let xml = text(call.fetch(request)?, "not found")?;
    let document = xml::parse(xml)?;
    let root = Some(document.root_element()).filter(|root| root.has_tag_name("metadata"));
    let versioning = root.and_then(|_| child(document.root_element(), "versioning"));
    let versioning = versioning.ok_or_else(|| Failure::invalid_response().because("there is no versioning"))?;
    let property = |name: &str| child(versioning, name).and_then(|node| node.text()).map(str::trim);
    let version = match call.query("strategy") {
        Some("latestProperty") => property("latest").ok_or_else(|| lacks("property 'latest' not found"))?,
        Some("releaseProperty") => property("release").ok_or_else(|| lacks("property 'release' not found"))?,
        _ => {
            let versions = child(versioning, "versions");
            let nodes = versions.iter().flat_map(|versions| versions.children());
            let mut versions: Vec<_> = nodes
                .filter(|node| node.has_tag_name("version"))
                .filter_map(|node| node.text())
                .map(str::trim)
                .collect();
            if versions.is_empty() {
                return Err(lacks("no versions found").into());
            }
            versions.retain(|version| filter.keeps(version));
            newest(&versions, Order::Maven, true).ok_or_else(|| not_found("no matching versions found"))?
        }
    };
    Ok(reading::version(version))
}

/// The first child with this name.
fn child<'d, 'i>(node: Node<'d, 'i>, name: &str) -> Option<Node<'d, 'i>> {
    node.children().find(|child| child.has_tag_name(name))
}

/// The address of the metadata: `metadataUrl=…`, or in the path `https/HOST/PATH`.
fn metadata(call: &Call) -> Result<Host, Failure> {
    match call.param("scheme") {
        "" => Host::required(call, "", "metadataUrl"),
        scheme @ ("http" | "https") => Host::named(&format!("{scheme}://{}", call.param("path")), "", "metadataUrl"),
        _ => Err(invalid_query("metadataUrl")),
    }
}

/// The metadata of a Gradle plugin: `com.acme.rocket` is at `com/acme/rocket/com.acme.rocket.gradle.plugin`.
fn portal(call: &Call) -> Request {
    let plugin = call.param("plugin");
    let request = Request::get(call.setting("gradle"), "m2", [""; 0]).join(&plugin.replace('.', "/"));
    request.join(&format!("{plugin}.gradle.plugin/maven-metadata.xml"))
}

/// Which versions count, by `filter`, `versionPrefix` and `versionSuffix`.
struct Filter {
    /// The pattern, in which `*` stands for any text.
    pattern: String,
    /// Whether versions that match are excluded.
    is_negated: bool,
}

impl Filter {
    fn of(call: &Call) -> Result<Self, Failure> {
        let [filter, prefix, suffix] = ["filter", "versionPrefix", "versionSuffix"].map(|name| call.query(name));
        let is_filtered = filter.or(prefix).or(suffix).is_some();
        match call.query("strategy") {
            None | Some("" | "highestVersion") => {}
            Some(strategy @ ("latestProperty" | "releaseProperty")) if is_filtered => {
                let words = format!("filter is not valid with strategy {strategy}");
                return Err(Failure::invalid_parameter("PARAMETER_INVALID", "filter", words));
            }
            Some("latestProperty" | "releaseProperty") => {}
            Some(_) => return Err(Failure::invalid_parameter("PARAMETER_INVALID", "strategy", "unknown strategy")),
        }
        let pattern = match filter {
            Some(filter) => filter.to_lowercase(),
            None => format!("{}*{}", prefix.unwrap_or_default(), suffix.unwrap_or_default()).to_lowercase(),
        };
        Ok(match pattern.strip_prefix('!') {
            Some(pattern) => Self { pattern: pattern.to_owned(), is_negated: true },
            None => Self { pattern, is_negated: false },
        })
    }

    fn keeps(&self, version: &str) -> bool {
        matches(&self.pattern, &version.to_lowercase()) != self.is_negated
    }
}

/// Whether a text matches a pattern, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut pieces: Vec<_> = rest.split('*').collect();
    let end = pieces.pop().unwrap_or_default();
    for piece in pieces {
        // The first occurrence is the best one: it leaves the most text for the pieces that follow.
        let Some(at) = text.find(piece) else { return false };
        text = &text[at + piece.len()..];
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        let fitting =
            [("*", ""), ("1.*", "1.2"), ("*-beta", "1.0-beta"), ("1*2*3", "1.2.2.3"), ("1.0", "1.0"), ("**", "a")];
        let others = [("1.*", "2.1"), ("*-beta", "1.0-beta2"), ("1*1", "1"), ("1*2*3", "1.3.2"), ("1.0", "1.0.0")];
        assert!(fitting.iter().all(|(pattern, text)| matches(pattern, text)));
        assert!(!others.iter().any(|(pattern, text)| matches(pattern, text)));
    }
}
