//! `/`: what is served here, for a person and for a program.

use std::{fmt::Write, sync::Arc};

use serde::Serialize;

use crate::{
    plugins::Plugin,
    request::Pairs,
    response::{Caching, Draft},
};

/// The badges that need no plugin: route, example, summary.
const BUILT_IN: [(&str, &str, &str); 2] = [
    ("/badge/{label}-{message}-{color}", "/badge/build-passing-brightgreen", "Says what its address says."),
    ("/static/v1?label=&message=&color=", "/static/v1?label=build&message=passing", "Says what its query says."),
];

#[derive(Serialize)]
struct Front<'a> {
    providers: Vec<Listed<'a>>,
    badges: Vec<ListedBadge<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    summary: &'a str,
    badges: Vec<ListedBadge<'a>>,
}

#[derive(Serialize)]
struct ListedBadge<'a> {
    route: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    query: &'a [String],
    example: &'a str,
    summary: &'a str,
}

pub(crate) fn answer(plugins: &[Arc<Plugin>], pairs: &Pairs) -> Draft {
    let providers = plugins.iter().map(|plugin| Listed {
        id: &plugin.id,
        version: &plugin.manifest.version,
        summary: &plugin.manifest.summary,
        badges: plugin
            .manifest
            .badges
            .iter()
            .map(|badge| ListedBadge {
                route: &badge.route,
                query: &badge.query,
                example: &badge.example,
                summary: &badge.summary,
            })
            .collect(),
    });
    let built_in = BUILT_IN.map(|(route, example, summary)| ListedBadge { route, query: &[], example, summary });
    let front = Front { providers: providers.collect(), badges: built_in.into() };
    if pairs.get("format") == Some("json") {
        // Strings always have a JSON form.
        return Draft::json(200, serde_json::to_string(&front).unwrap_or_default(), Caching::Fresh(300));
    }
    Draft::text(plain(&front))
}

fn plain(front: &Front) -> String {
    let mut text = "BadgeSmith\n".to_owned();
    let all =
        front.providers.iter().map(|provider| (format!("{} {}", provider.id, provider.version), &provider.badges));
    for (name, badges) in all.chain([("built in".to_owned(), &front.badges)]) {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{name}\n");
        for badge in badges {
            let _ = write!(text, "  {}\n    {}\n    for example {}\n", badge.route, badge.summary, badge.example);
        }
    }
    text
}
