//! Services that publish their state as a badge of their own, whose text is read: Codecov, Codacy, CodeFactor,
//! CircleCI, Read the Docs, Repology, Travis CI.

use badgesmith_provider::{
    Answer, Badge, Call, Failure, Request, Step, color,
    format::{build_status, metric},
};

use crate::{
    failures::{not_found, text},
    svg_text,
};

/// The grades of CodeFactor and their colors.
const GRADES: [Grade; 14] = [
    Grade("A+", "brightgreen"),
    Grade("A", "brightgreen"),
    Grade("A-", "green"),
    Grade("B+", "yellowgreen"),
    Grade("B", "yellowgreen"),
    Grade("B-", "yellowgreen"),
    Grade("C+", "yellow"),
    Grade("C", "yellow"),
    Grade("C-", "yellow"),
    Grade("D+", "orange"),
    Grade("D", "orange"),
    Grade("D-", "orange"),
    Grade("F", "red"),
    Grade("-", "lightgrey"),
];

struct Grade(&'static str, &'static str);

/// The badge of the name, without `drawn-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    match name {
        "codecov" => codecov(call),
        "codacy-grade" => codacy_grade(call),
        "codacy-coverage" => codacy_coverage(call),
        "codefactor" => codefactor(call),
        "circleci" => circleci(call),
        "readthedocs" => readthedocs(call),
        "travis" => travis(call),
        _ => repology(call),
    }
}

/// The message of the badge in an answer; `missing` is the message for 404.
fn message<'a>(answer: &Answer<'a>, missing: &str) -> Result<&'a str, Failure> {
    let svg = text(answer, missing)?;
    svg_text::message(svg).ok_or_else(|| Failure::invalid_response().because("no badge"))
}

fn invalid(message: &str) -> Failure {
    Failure::invalid_response().because(format!("the badge says {message:?}"))
}

/// The parameters of the path with these names.
fn params<'c, const N: usize>(call: &'c Call, names: [&str; N]) -> [&'c str; N] {
    names.map(|name| call.param(name))
}

/// Adds a parameter of the path or the query to the query, if it has a value.
fn with(call: &Call, request: Request, parameter: &str, name: &str) -> Request {
    let value = Some(call.param(parameter)).filter(|value| !value.is_empty()).or_else(|| call.query(parameter));
    match value.filter(|value| !value.is_empty()) {
        Some(value) => request.query(name, value),
        None => request,
    }
}

fn codecov(call: &Call) -> Result<Badge, Step> {
    let [vcs, owner, repo, branch] = params(call, ["vcs", "owner", "repo", "branch"]);
    let mut request = match branch {
        "" => Request::get(call.setting("codecov"), "{}/{}/{}/graph/badge.svg", [vcs, owner, repo]),
        branch => {
            let path = "{}/{}/{}/branch/{}/graph/badge.svg";
            Request::get(call.setting("codecov"), path, [vcs, owner, repo, branch])
        }
    };
    for parameter in ["token", "flag", "component"] {
        request = with(call, request, parameter, parameter);
    }
    let answer = call.fetch(request)?;
    if answer.status == 400 {
        return Err(Failure::invalid_parameter("TOKEN_INVALID", "token", "invalid token pattern").into());
    }
    match message(answer, "not found")? {
        "unknown" => Ok(Badge::new("unknown").color("lightgrey")),
        text => Ok(coverage(text)?),
    }
}

/// The badge of a coverage such as `87%`.
fn coverage(text: &str) -> Result<Badge, Failure> {
    let percent: Option<u8> = text.strip_suffix('%').and_then(|text| text.parse().ok());
    let percent = percent.filter(|percent| *percent <= 100).ok_or_else(|| invalid(text))?;
    Ok(Badge::new(text).color(color::coverage(f64::from(percent))))
}

fn codacy_grade(call: &Call) -> Result<Badge, Step> {
    let request = Request::get(call.setting("codacy"), "project/badge/grade/{}", [call.param("project")]);
    let svg = text(call.fetch(with(call, request, "branch", "branch"))?, "project or branch not found")?;
    let grade = svg_text::after(svg, "visibility=\"hidden\">").unwrap_or_default();
    let color = match grade {
        "F" => "red",
        "A" | "B" | "C" | "D" | "E" => color::letter_score(grade),
        _ => return Err(invalid(grade).into()),
    };
    Ok(Badge::new(grade).color(color))
}

fn codacy_coverage(call: &Call) -> Result<Badge, Step> {
    let request = Request::get(call.setting("codacy"), "project/badge/coverage/{}", [call.param("project")]);
    let svg = text(call.fetch(with(call, request, "branch", "branch"))?, "project not found")?;
    match svg_text::message(svg).unwrap_or_default() {
        "!" => Err(not_found("not enabled for this project").into()),
        text => Ok(coverage(text)?),
    }
}

fn codefactor(call: &Call) -> Result<Badge, Step> {
    let [vcs, owner, repo, branch] = params(call, ["vcs", "owner", "repo", "branch"]);
    let mut request = Request::get(call.setting("codefactor"), "repository/{}/{}/{}/badge", [vcs, owner, repo]);
    if !branch.is_empty() {
        request = request.join(branch);
    }
    let grade = message(call.fetch(request)?, "repo or branch not found")?;
    let Grade(grade, color) = GRADES.iter().find(|known| known.0 == grade).ok_or_else(|| invalid(grade))?;
    Ok(Badge::new(*grade).color(*color))
}

fn circleci(call: &Call) -> Result<Badge, Step> {
    let [vcs, owner, repo, branch] = params(call, ["vcs", "owner", "repo", "branch"]);
    let vcs = match vcs {
        "" | "gh" | "github" => "gh",
        "bb" | "bitbucket" => "bb",
        _ => return Err(not_found("project not found").into()),
    };
    let request = match branch {
        "" => Request::get(call.setting("circleci"), "{}/{}/{}.svg", [vcs, owner, repo]),
        branch => Request::get(call.setting("circleci"), "{}/{}/{}/tree/{}.svg", [vcs, owner, repo, branch]),
    };
    let request = with(call, request.query("style", "shield"), "token", "circle-token");
    let status = message(call.fetch(request)?, "project not found")?;
    let known = build_status(&status.replace('_', " ")).or_else(|| build_status(status));
    Ok(known.ok_or_else(|| invalid(status))?.into())
}

fn readthedocs(call: &Call) -> Result<Badge, Step> {
    let request = Request::get(call.setting("readthedocs"), "projects/{}/badge/", [call.param("project")]);
    let missing = "project or version not found";
    match message(call.fetch(with(call, request, "version", "version"))?, missing)? {
        "unknown" => Err(not_found(missing).into()),
        status => Ok(build_status(status).ok_or_else(|| invalid(status))?.into()),
    }
}

fn travis(call: &Call) -> Result<Badge, Step> {
    let request = Request::get(call.setting("travis"), "{}/{}.svg", params(call, ["owner", "repo"]));
    match message(call.fetch(with(call, request, "branch", "branch"))?, "not found")? {
        "unknown" => Ok(Badge::new("unknown").color("lightgrey")),
        status => Ok(build_status(status).ok_or_else(|| invalid(status))?.into()),
    }
}

fn repology(call: &Call) -> Result<Badge, Step> {
    let request = Request::get(call.setting("repology"), "badge/tiny-repos/{}.svg", [call.param("project")]);
    let text = message(call.fetch(request)?, "not found")?;
    let count: u32 = text.parse().map_err(|_| invalid(text))?;
    Ok(Badge::new(metric(f64::from(count))).color("blue"))
}
