//! Plugins on the marketplace of JetBrains, by their numbers or by their names.

use badgesmith_provider::{Badge, Call, Failure, Request, Step, color, format::stars};
use roxmltree::Node;
use serde_json::Value;

use crate::{
    failures::not_found,
    reading::{self, at, count, list, number, string},
    xml,
};

/// The badge of the name, without `jetbrains-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    let id = call.param("plugin");
    // `10080-rainbow-brackets` is the plugin 10080.
    let plugin = &id[..id.bytes().take_while(u8::is_ascii_digit).count()];
    let is_named = plugin.is_empty();
    match name {
        "version" => {
            let version = if is_named {
                listed(call, |plugin| child_text(plugin, "version"))?
            } else {
                let updates = numbered(call, plugin, "/updates")?;
                if list(&updates, "")?.is_empty() {
                    return Err(not_found("not found").into());
                }
                string(&updates, "/0/version")?.to_owned()
            };
            Ok(reading::version(&version))
        }
        "downloads" => {
            let downloads = if is_named {
                listed(call, |plugin| plugin.attribute("downloads")?.parse().ok())?
            } else {
                count(&numbered(call, plugin, "")?, "/downloads")?
            };
            Ok(reading::downloads(downloads as f64, ""))
        }
        _ => {
            let rating = if is_named {
                listed(call, |plugin| child_text(plugin, "rating")?.parse().ok())?
            } else {
                mean(&numbered(call, plugin, "/rating")?)?
            };
            let shown = if call.param("format") == "stars" {
                stars(rating, 5)
            } else {
                let text = format!("{rating:.1}");
                format!("{}/5", text.strip_suffix(".0").unwrap_or(&text))
            };
            Ok(Badge::new(shown).color(color::scale(rating, &[2.0, 3.0, 4.0], false)))
        }
    }
}

/// Requests data of a plugin by its number.
fn numbered(call: &Call, plugin: &str, rest: &str) -> Result<Value, Step> {
    let request = Request::get(call.setting("jetbrains"), format!("api/plugins/{{}}{rest}"), [plugin]);
    let answer = call.fetch(request)?;
    if matches!(answer.status, 400 | 404) {
        return Err(not_found("not found").into());
    }
    Ok(answer.json()?)
}

/// The mean of the votes, in which the mean of all plugins counts as two further votes.
fn mean(answer: &Value) -> Result<f64, Failure> {
    let mut sum = 0.0;
    let mut count = 0.0;
    for (rating, votes) in at(answer, "/votes").as_object().ok_or_else(Failure::invalid_response)? {
        let rating: f64 = rating.parse().map_err(|_| Failure::invalid_response())?;
        let votes = votes.as_f64().ok_or_else(Failure::invalid_response)?;
        sum += rating * votes;
        count += votes;
    }
    if count == 0.0 {
        return Err(not_found("No Plugin Ratings"));
    }
    Ok((sum + 2.0 * number(answer, "/meanRating")?) / (count + 2.0))
}

/// Reads data of a plugin from the list of plugins by name.
fn listed<T>(call: &Call, read: impl Fn(Node) -> Option<T>) -> Result<T, Step> {
    let request = Request::get(call.setting("jetbrains"), "plugins/list", [""; 0]);
    let answer = call.fetch(request.query("pluginId", call.param("plugin")))?;
    let invalid = || Failure::invalid_response().because("no list of plugins");
    let xml = std::str::from_utf8(answer.success()?).map_err(|_| invalid())?;
    let document = xml::parse(xml)?;
    let root = Some(document.root_element()).filter(|root| root.has_tag_name("plugin-repository"));
    let root = root.ok_or_else(invalid)?;
    if !root.children().any(|child| child.is_element()) {
        return Err(not_found("not found").into());
    }
    let plugin = root.descendants().find(|node| node.has_tag_name("idea-plugin")).ok_or_else(invalid)?;
    Ok(read(plugin).ok_or_else(invalid)?)
}

fn child_text(node: Node, name: &str) -> Option<String> {
    let child = node.children().find(|child| child.has_tag_name(name))?;
    child.text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
