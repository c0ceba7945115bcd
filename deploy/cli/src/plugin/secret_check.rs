//! Finds secrets that a plugin sends although its manifest does not name them, and secrets that plugins.toml grants to
//! a plugin that is not known to send them.

use std::{collections::BTreeSet, time::SystemTime};

use badgesmith_engine::{Engine, Plugin, Request, plugins::PluginConfig};
use badgesmith_provider::{self as provider, Asked, Manifest, message};

use badgesmith_engine::edit_distance::nearest_word;

/// Checks that the manifest names the secret of a request, unless the secret is optional.
pub(super) fn check_secret(manifest: &Manifest, request: &provider::Request) -> Result<(), String> {
    let Some(auth) = request.secret().filter(|auth| !auth.optional && !manifest.secrets.contains(&auth.secret)) else {
        return Ok(());
    };
    let near = nearest_word(&auth.secret, manifest.secrets.iter().map(String::as_str));
    let near = near.map(|near| format!("ask with {near:?}, or ")).unwrap_or_default();
    Err(format!(
        "it asks with the secret {:?}, which its manifest does not name; {near}add it to secrets there",
        auth.secret
    ))
}

/// A sentence for each granted secret that neither the manifest names nor the first step of an example sends. A later
/// step may send it, so this is not certainly a mistake.
pub(super) fn unknown_secrets(engine: &Engine, granted: &PluginConfig) -> Vec<String> {
    let Some(plugin) = engine.plugins().iter().find(|plugin| plugin.id == granted.id) else { return Vec::new() };
    let mut known: BTreeSet<String> = plugin.manifest.secrets.iter().cloned().collect();
    // The examples are run only if needed: most plugins are granted only the secrets that their manifest names.
    if granted.secrets.keys().any(|name| !known.contains(name)) {
        known.extend(asked_with(engine, plugin));
    }
    let words = |name: &String| {
        let others = || known.iter().filter(|known| !granted.secrets.contains_key(*known)).map(String::as_str);
        let remedy = match nearest_word(name, others()).or_else(|| others().next()) {
            Some(other) => format!("write secrets.{other}"),
            None => "take it out, unless a later step asks with it".to_owned(),
        };
        format!(
            "plugin {:?}: secrets.{name} is granted, and no first step of an example asks with {name:?}; {remedy}",
            plugin.id
        )
    };
    granted.secrets.keys().filter(|name| !known.contains(*name)).map(words).collect()
}

/// The names of the secrets in the first steps of all examples.
fn asked_with(engine: &Engine, plugin: &Plugin) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for badge in &plugin.manifest.badges {
        let Some((_, call)) = engine.call(&Request::get(&badge.example), SystemTime::UNIX_EPOCH) else { continue };
        let Ok(step) = plugin.step(&message::write_call(&call), &[]) else { continue };
        let Ok(step) = message::read_step(&step) else { continue };
        names.extend(step.fetch.iter().filter_map(|asked| match asked {
            Asked::Fetch(request) => request.secret().map(|auth| auth.secret.clone()),
            Asked::Latest(_) | Asked::States(_) | Asked::Parts(_) => None,
        }));
    }
    names
}

#[cfg(test)]
mod tests {
    use badgesmith_provider::Auth;

    use super::*;

    #[test]
    fn a_secret_that_the_manifest_does_not_name_is_refused_with_the_one_that_is_meant() {
        let manifest = Manifest { secrets: vec!["token".to_owned()], ..Manifest::default() };
        let refused =
            |auth: Auth| check_secret(&manifest, &provider::Request::to("https://h.example/").authorize(auth));
        let words = "it asks with the secret \"tokn\", which its manifest does not name; ask with \"token\", or add it \
                     to secrets there";
        assert_eq!(refused(Auth::bearer("tokn", "acme")), Err(words.to_owned()));
        let words = "it asks with the secret \"password\", which its manifest does not name; add it to secrets there";
        assert_eq!(refused(Auth::bearer("password", "acme")), Err(words.to_owned()));
        assert_eq!(refused(Auth::bearer("token", "acme")), Ok(()));
        assert_eq!(refused(Auth::bearer("tokn", "acme").optional()), Ok(()));
    }
}
