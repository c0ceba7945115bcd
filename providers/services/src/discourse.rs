//! Discourse: the numbers of a forum that the caller names.

use badgesmith_provider::{Badge, Call, Failure, Step, format::metric};

use crate::{
    failures::{invalid_query, json},
    host::Host,
};

/// The badge of a metric: topics, users, posts, likes or status.
pub(crate) fn badge(call: &Call) -> Result<Badge, Step> {
    let asked = call.param("metric");
    let (host, asked) = match asked {
        // The older address: https/HOST/PATH/METRIC.
        "http" | "https" => {
            let (server, metric) = call.param("rest").rsplit_once('/').ok_or_else(|| invalid_query("server"))?;
            (Host::named(&format!("{asked}://{server}"), "", "server")?, metric)
        }
        metric => (Host::required(call, "", "server")?, metric),
    };
    let answer = json(call.fetch(host.get("site/statistics.json", []))?, "not found")?;
    let count = |singular: &str, plural: &str| {
        let number = [singular, plural].into_iter().find_map(|name| answer[name].as_u64());
        number.ok_or_else(Failure::invalid_response)
    };
    let number = match asked {
        "topics" | "status" => count("topic_count", "topics_count")?,
        "users" => count("user_count", "users_count")?,
        "posts" => count("post_count", "posts_count")?,
        "likes" => count("like_count", "likes_count")?,
        _ => return Err(Failure::invalid_parameter("PARAMETER_INVALID", "metric", "invalid metric").into()),
    };
    let shown = if asked == "status" { "online".to_owned() } else { format!("{} {asked}", metric(number as f64)) };
    Ok(Badge::new(shown).color("brightgreen"))
}
