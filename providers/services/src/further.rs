//! Services whose answers need special interpretation of a word or a color: Netlify, the OpenSSF, Greasy Fork.

use badgesmith_provider::{
    Badge, Call, Failure, Request, Step, color,
    format::{build_status, metric},
};

use crate::{
    failures::{json, text},
    reading::{count, number},
};

/// The progress of a project towards the OpenSSF Best Practices badge.
pub(crate) fn practices(call: &Call) -> Result<Badge, Step> {
    let request = Request::get(call.setting("best-practices"), "projects/{}/badge.json", [call.param("project")]);
    let percent = number(&json(call.fetch(request)?, "project not found")?, "/tiered_percentage")?;
    // The colors are those of the service's own badge.
    let steps = [
        (10.0, "red"),
        (20.0, "#C45A1D"),
        (30.0, "#C4601D"),
        (40.0, "#B86C11"),
        (50.0, "#C47E1D"),
        (60.0, "#C4881D"),
        (70.0, "#C4941D"),
        (80.0, "#C4A41D"),
        (90.0, "#B9A612"),
        (100.0, "#C4C21D"),
        (200.0, "brightgreen"),
        (300.0, "#BBBBBB"),
    ];
    let color = steps.iter().find(|(below, _)| percent < *below).map_or("#E9C504", |(_, color)| color);
    let message = match percent {
        percent if percent < 100.0 => format!("in progress {percent}%"),
        percent if percent < 200.0 => "passing".to_owned(),
        percent if percent < 300.0 => "silver".to_owned(),
        _ => "gold".to_owned(),
    };
    Ok(Badge::new(message).color(color))
}

/// The state of a site's newest deployment on Netlify, which is read from the color of Netlify's badge.
pub(crate) fn netlify(call: &Call) -> Result<Badge, Step> {
    let request = Request::get(call.setting("netlify"), "api/v1/badges/{}/deploy-status", [call.param("site")]);
    let svg = text(call.fetch(request)?, "not found")?;
    let colors = [("#0F4A21", "passing"), ("#800A20", "failing"), ("#603408", "building"), ("#181A1C", "canceled")];
    if !svg.contains("</svg>") {
        return Err(Failure::invalid_response().because("no badge").into());
    }
    let status = colors.iter().find(|(color, _)| svg.contains(color)).map(|(_, status)| *status);
    Ok(match status {
        Some("building") => Badge::new("building").color("yellow"),
        Some(status) => build_status(status).ok_or_else(Failure::invalid_response)?.into(),
        None => Badge::new("unknown").color("lightgrey"),
    })
}

/// The ratings of a script on Greasy Fork.
pub(crate) fn script_ratings(call: &Call) -> Result<Badge, Step> {
    let request = Request::get(call.setting("greasy-fork"), "scripts/{}.json", [call.param("script")]);
    let script = json(call.fetch(request)?, "not found")?;
    let rated = |pointer: &str| count(&script, pointer).map(|count| count as f64);
    let (good, ok, bad) = (rated("/good_ratings")?, rated("/ok_ratings")?, rated("/bad_ratings")?);
    let total = good + ok + bad;
    let score = (good * 3.0 + ok * 2.0 + bad) / total - 1.0;
    let color = if total > 0.0 { color::floor_count(score, [1.0, 1.5, 2.0]) } else { "lightgrey" };
    Ok(Badge::new(format!("{} good, {} ok, {} bad", metric(good), metric(ok), metric(bad))).color(color))
}
