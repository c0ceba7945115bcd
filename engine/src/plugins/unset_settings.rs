//! Settings without a value: the operator has to set them, and the log says how.

use std::collections::BTreeMap;

/// The setting that a plugin cannot work without.
const UPSTREAM: &str = "upstream";

/// The names of the settings that have no value.
pub(super) fn unset(settings: &BTreeMap<String, String>) -> impl Iterator<Item = &str> {
    settings.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| name.as_str())
}

/// The settings without a value that the log names at the start. In a declarative provider, every setting is the URL
/// that a request begins with. A library can work with empty settings. Only its upstream needs a value, unless another
/// setting is a URL: NuGet's `index` names the feed in place of the upstream.
pub(super) fn needed(settings: &BTreeMap<String, String>, is_declarative: bool) -> impl Iterator<Item = &str> {
    let has_url = settings.values().any(|value| value.starts_with("https://") || value.starts_with("http://"));
    unset(settings).filter(move |name| is_declarative || (*name == UPSTREAM && !has_url))
}

/// The command that gives these settings of a plugin a value.
pub(super) fn remedy<'a>(id: &str, names: impl Iterator<Item = &'a str>) -> String {
    let options = names.map(|name| match name {
        "upstream" | "downloads" => format!(" --{name} URL"),
        name => format!(" --setting {name}=URL"),
    });
    format!("badgesmith plugin enable {id}{}", options.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_write_names_every_setting_without_a_value() {
        let settings = [("downloads", ""), ("host", ""), ("other", "https://example.com"), ("upstream", "")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(needed(&settings, false).count(), 0);
        let without_url =
            [("auth", ""), ("upstream", "")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(needed(&without_url, false).collect::<Vec<_>>(), ["upstream"]);
        let all = needed(&settings, true);
        let command = "badgesmith plugin enable npm --downloads URL --setting host=URL --upstream URL";
        assert_eq!(remedy("npm", all), command);
    }
}
