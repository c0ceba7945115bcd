//! Extensions on the Chrome Web Store. The store has no API, so its web pages are read.

use badgesmith_provider::{
    Badge, Call, Failure, Request, Step, color,
    format::{metric, stars},
};

use crate::{
    failures::{not_found, text},
    reading,
};

/// The classes of the elements that hold the values. The store changes them now and then.
const RATING: &str = "Vq0ZA";
const RATING_COUNT: &str = "xJEoWe";
const USERS: &str = "F9iKBc";
const VERSION: &str = "N3EXSc";
const SIZE: &str = "ZSMSLb";

/// The badge of the name, without `chrome-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    let request = Request::get(call.setting("chrome-web-store"), "detail/{}", [call.param("extension")]);
    let page = text(call.fetch(request)?, "not found")?;
    if !page.trim_end().ends_with("</html>") || !page.contains("/detail/") {
        return Err(Failure::invalid_response().because("it is not the page of an extension").into());
    }
    let missing = || not_found("not found");
    let rating = || inner_texts(page, RATING).next().and_then(|text| text.parse::<f64>().ok()).ok_or_else(missing);
    let count = |class| inner_texts(page, class).find_map(counted).ok_or_else(missing);
    Ok(match name {
        "version" => {
            let version = inner_texts(page, VERSION).next().ok_or_else(missing)?;
            reading::version(version)
        }
        "users" => reading::downloads(count(USERS)?, ""),
        "rating" => {
            let rating = (rating()? * 100.0).round() / 100.0;
            Badge::new(format!("{rating}/5")).color(color::floor_count(rating, [2.0, 3.0, 4.0]))
        }
        "stars" => Badge::new(stars(rating()?, 5)).color(color::floor_count(rating()?, [2.0, 3.0, 4.0])),
        "rating-count" => {
            let ratings = count(RATING_COUNT)?;
            Badge::new(format!("{} total", metric(ratings))).color(color::floor_count(ratings, [5.0, 50.0, 500.0]))
        }
        _ => {
            let size = inner_texts(page, SIZE).find(|text| text.starts_with(|first: char| first.is_ascii_digit()));
            let size = size.ok_or_else(missing)?;
            let unit = size.find(|letter: char| letter.is_ascii_alphabetic()).ok_or_else(Failure::invalid_response)?;
            Badge::new(format!("{} {}", size[..unit].trim(), &size[unit..])).color("blue")
        }
    })
}

/// The texts within the first element of a class: its own and those of its children.
fn inner_texts<'p>(page: &'p str, class: &str) -> impl Iterator<Item = &'p str> {
    let starts = page.match_indices(class).map(|(at, _)| at);
    // Only within the attribute of an element, not in a style sheet or a script.
    let start = starts.into_iter().find(|at| {
        let before = &page[..*at];
        let tag = before.rfind('<').unwrap_or_default();
        before[tag..].contains("class=\"") && !before[tag..].contains('>')
    });
    let rest = start.map_or("", |at| &page[at..]);
    let rest = rest.split_once('>').map_or("", |(_, rest)| rest);
    // A value is within the next few elements.
    rest.split('<').take(8).filter_map(|piece| {
        let text = piece.rsplit_once('>').map_or(piece, |(_, text)| text).trim();
        Some(text).filter(|text| !text.is_empty())
    })
}

/// The number in `12,345 users` or `1.2K ratings`.
fn counted(text: &str) -> Option<f64> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, ',' | '.')).unwrap_or(text.len());
    let number: f64 = text[..end].replace(',', "").parse().ok()?;
    Some(match text[end..].chars().next() {
        Some('K') => number * 1e3,
        Some('M') => number * 1e6,
        _ => number,
    })
}
