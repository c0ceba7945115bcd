//! Badges that count issues, pull requests and milestones.

use badgesmith_provider::{Badge, Call, format};

use crate::{
    address::Address,
    api, commits,
    failures::refused,
    field, query,
    repository::{MISSING, Repository},
    stop::Stop,
};

/// How many issues or pull requests are open or closed, perhaps with a label. The route's parameters say which: `kind`
/// is `issue` or `pr`, `state` is `open` or `closed`; with `raw` the state is in the label of the badge.
pub(crate) fn count(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let (kind, state) = (call.param("kind"), call.param("state"));
    let mut search = format!("type:{kind} state:{state}");
    let label = query::optional(call, "label");
    if let Some(label) = label {
        // A quotation mark would end the label, and the rest would be read as further search terms.
        if label.contains(['"', '\\']) {
            return Err(refused("label", "invalid label"));
        }
        search.push_str(&format!(" label:\"{label}\""));
    }
    let count = field::number(&repository.search(&search)?, "/total_count")?;
    let quoted = label.map(|label| if label.contains(' ') { format!("\"{label}\" ") } else { format!("{label} ") });
    let what = if kind == "pr" { "pull requests" } else { "issues" };
    let labelled = format!("{}{what}", quoted.unwrap_or_default());
    let count_text = format::metric(count as f64);
    let badge = if call.params.contains_key("raw") {
        Badge::new(count_text).label(format!("{state} {labelled}"))
    } else {
        Badge::new(format!("{count_text} {state}")).label(labelled)
    };
    Ok(badge.color(if count > 0 { "yellow" } else { "brightgreen" }))
}

/// How many issues and pull requests match a search, within a repository if the route names one.
///
/// The request is sent without a token, because a search can name any repository, and a token may see private ones.
pub(crate) fn search(call: &Call<'_>) -> Result<Badge, Stop> {
    let mut search = query::required(call, "query")?.to_owned();
    if call.params.contains_key("repo") {
        search = format!("repo:{}/{} {search}", call.param("user"), call.param("repo"));
    }
    let query = [("q", Some(&*search))];
    let answer = api::fetch(call, None, Address::of("search/issues?per_page=1").query(&query))?;
    // 422 is GitHub's answer if a repository in the search is missing.
    if answer.status == 422 {
        return Ok(Badge::new("0"));
    }
    api::check(call, answer, MISSING)?;
    let found = api::json(answer)?;
    Ok(Badge::new(format::metric(field::number(&found, "/total_count")? as f64)))
}

/// How many milestones there are; the parameter `state` is `open`, `closed` or `all`.
pub(crate) fn milestones(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let query = [("state", Some(call.param("state")))];
    let count = commits::counted(repository.ask(Address::of("/milestones?per_page=1").query(&query), MISSING)?)?;
    let (label, color) = match call.param("state") {
        "open" => ("active milestones", "red"),
        "closed" => ("completed milestones", "green"),
        _ => ("milestones", "blue"),
    };
    Ok(Badge::new(format::metric(count as f64)).label(label).color(color))
}

/// How far a milestone is; the parameter `show` says in which form.
pub(crate) fn milestone(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let number = [call.param("number")];
    let milestone = repository.read(Address::of("/milestones/{}").parts(&number), "repo or milestone not found")?;
    let (open, closed) = (field::number(&milestone, "/open_issues")?, field::number(&milestone, "/closed_issues")?);
    let title = field::text(&milestone, "/title")?;
    let all = open.saturating_add(closed);
    let count = |count: u64| format::metric(count as f64);
    let (message, suffix, color) = match call.param("show") {
        "open" => (count(open), " open issues", "red"),
        "closed" => (count(closed), " closed issues", "green"),
        "total" => (count(all), " issues", "blue"),
        "percent" => (format!("{}%", closed.saturating_mul(100).checked_div(all).unwrap_or_default()), "", "blue"),
        _ => (format!("{closed}/{all}"), "", "blue"),
    };
    Ok(Badge::new(message).label(format!("{title}{suffix}")).color(color))
}

/// The colour of a label of issues, with its name.
pub(crate) fn label(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let name = call.param("name");
    let label = repository.read(Address::of("/labels/{}").parts(&[name]), "repo or label not found")?;
    Ok(Badge::new(name).color(hex(field::text(&label, "/color")?)?))
}

/// A colour as GitHub writes it, six hexadecimal digits.
pub(crate) fn hex(digits: &str) -> Result<String, Stop> {
    let is_color = matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_color { Ok(format!("#{digits}")) } else { Err(field::invalid("/color", "a colour")) }
}
