//! The live page: page.html with a card for each branch. Style and script are inline.

use std::{fmt::Write, sync::LazyLock, time::SystemTime};

use badgesmith_provider::Timestamp;
use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::{
    ago::{ago, minute},
    filters::{Filters, Status},
};
use crate::{
    live::{
        board::View,
        card::Card,
        point::{Ending, Point},
    },
    serve::index::html::escape,
};

const HTML: &str = include_str!("page.html");
const CSS: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// The characters that are percent-encoded in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The data of the page, besides its cards.
pub(super) struct Page {
    /// The relative path from the page to the root of this server.
    pub(super) base: String,
    /// The collections that have cards.
    pub(super) collections: String,
    /// The id of the newest event, if the server has a stream of events.
    pub(super) event_id: Option<String>,
    pub(super) filters: Filters,
    pub(super) now: SystemTime,
}

/// The `Content-Security-Policy` of the page: its own style and script, and requests to this server.
pub(super) fn policy() -> String {
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
        format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            hash(SCRIPT),
            hash(CSS)
        )
    });
    POLICY.clone()
}

/// The relative path from a page at this path to the root of the server: `./` for `/live`, `../` for `/live/acme`.
pub(super) fn base(path: &str) -> String {
    match path.matches('/').count() {
        0 | 1 => "./".to_owned(),
        depth => "../".repeat(depth - 1),
    }
}

impl Page {
    /// The whole page.
    pub(super) fn write(&self, view: &View) -> String {
        let named: Vec<&Card> =
            view.cards.iter().map(AsRef::as_ref).filter(|card| self.filters.fits_name(card)).collect();
        let cards = named.iter().filter(|card| self.filters.is_asked(card));
        let list: String = cards.map(|card| self.card(card)).collect();
        let events = self.event_id.as_ref().map(|id| format!(" data-events=\"{}\"", escape(id))).unwrap_or_default();
        let data = format!(
            " data-base=\"{}\" data-scope=\"{}\" data-collections=\"{}\"{events}",
            self.base,
            escape(&self.scope_path()),
            escape(&self.collections)
        );
        let parts = [
            ("css", CSS.to_owned()),
            ("js", SCRIPT.to_owned()),
            ("title", self.title()),
            ("base", self.base.clone()),
            ("crumbs", self.crumbs()),
            ("data", data),
            ("fields", self.fields(view)),
            ("statuses", self.statuses(&named)),
            ("note", self.note(view, list.is_empty())),
            // Cards are inserted last, so that a marker in the name of a branch is not replaced.
            ("cards", list),
        ];
        parts.into_iter().fold(HTML.to_owned(), |page, (name, text)| page.replace(&format!("<!--{name}-->"), &text))
    }

    /// The owner and the repository of the path, as a part of an address.
    fn scope_path(&self) -> String {
        let scope = &self.filters.scope;
        let names =
            [self.filters.owner_in_path.then_some(&scope.owner), self.filters.repo_in_path.then_some(&scope.repo)];
        names.into_iter().flatten().flatten().fold(String::new(), |path, name| path + "/" + &encode(name))
    }

    fn title(&self) -> String {
        let scope = &self.filters.scope;
        match (&scope.owner, &scope.repo) {
            (Some(owner), Some(repo)) => escape(&format!("{owner}/{repo}")),
            (Some(owner), None) => escape(owner),
            _ => "All repositories".to_owned(),
        }
    }

    /// The breadcrumb links to the pages above this one.
    fn crumbs(&self) -> String {
        let (base, scope) = (&self.base, &self.filters.scope);
        let Some(owner) = scope.owner.as_ref().filter(|_| self.filters.owner_in_path) else { return String::new() };
        let mut crumbs = format!("<a href=\"{base}live\">All repositories</a>");
        if self.filters.repo_in_path {
            let _ = write!(crumbs, "<a href=\"{base}live/{}\">{}</a>", encode(owner), escape(owner));
        }
        format!("<nav class=\"crumbs\" aria-label=\"Part of\">{crumbs}</nav>")
    }

    /// The form fields for the filters that the path does not set.
    fn fields(&self, view: &View) -> String {
        let filters = &self.filters;
        let mut out = String::new();
        if !filters.owner_in_path {
            let mut owners: Vec<&str> = view.cards.iter().map(|card| &*card.owner).collect();
            owners.sort_unstable();
            owners.dedup();
            let options: String = owners.iter().map(|owner| format!("<option>{}</option>", escape(owner))).collect();
            let value = escape(filters.scope.owner.as_deref().unwrap_or_default());
            let _ = write!(
                out,
                "<p class=\"field\"><label for=\"owner\">Owner</label><input type=\"search\" id=\"owner\" \
                 name=\"owner\" value=\"{value}\" placeholder=\"all\" list=\"owners\" \
                 autocomplete=\"off\" spellcheck=\"false\" autocapitalize=\"none\">\
                 <datalist id=\"owners\">{options}</datalist></p>"
            );
        }
        let is_shown =
            [("repo", "Repository", &filters.repo, !filters.repo_in_path), ("branch", "Branch", &filters.branch, true)];
        for (name, label, value, _) in is_shown.into_iter().filter(|(_, _, _, is_shown)| *is_shown) {
            let _ = write!(
                out,
                "<p class=\"field\"><label for=\"{name}\">{label}</label><input type=\"search\" id=\"{name}\" \
                 name=\"{name}\" value=\"{}\" placeholder=\"contains\" autocomplete=\"off\" spellcheck=\"false\" \
                 autocapitalize=\"none\"></p>",
                escape(value)
            );
        }
        out
    }

    /// The statuses with the number of branches in each.
    fn statuses(&self, named: &[&Card]) -> String {
        let choice = |value: &str, label: &str, count: usize, is_chosen: bool| {
            let checked = if is_chosen { " checked" } else { "" };
            let class = if value.is_empty() { "all" } else { value };
            format!(
                "<label class=\"{class}\"><input type=\"radio\" name=\"status\" value=\"{value}\"{checked}> \
                 <span>{label} <b data-count>{count}</b></span></label>"
            )
        };
        let mut out = choice("", "All", named.len(), self.filters.status.is_none());
        for status in Status::ALL {
            let name = status.name();
            let label = format!("{}{}", name[..1].to_ascii_uppercase(), &name[1..]);
            let count = named.iter().filter(|card| status.fits(card)).count();
            out += &choice(name, &label, count, self.filters.status == Some(status));
        }
        out
    }

    /// The note about the list.
    fn note(&self, view: &View, is_empty: bool) -> String {
        if view.cards.is_empty() && self.filters.scope.owner.is_some() {
            return "<p>Nothing is listed here.</p>".to_owned();
        }
        if view.cards.is_empty() {
            return "<p>Nothing is listed yet. A repository appears here with its first result, once this server knows \
                    that it is public, or its operator has granted it.</p>"
                .to_owned();
        }
        let none = if is_empty { "<p>No branch fits these filters.</p>" } else { "" };
        let left_out = match view.left_out {
            0 => String::new(),
            count => format!(
                "<p>These are the {} branches that changed last; {count} more are left out. Choose an owner or a \
                 repository to see fewer.</p>",
                view.cards.len()
            ),
        };
        left_out + none
    }

    fn card(&self, card: &Card) -> String {
        let Card { owner, repo, part, branch, version, .. } = card;
        let class = card.ending.map_or("other", Ending::name);
        let running = if card.running.is_some() { " running" } else { "" };
        let (rank, base) = (card.rank(), &self.base);
        let [owner_text, repo_text, part, branch] = [owner, repo, part, branch].map(|text| escape(text));
        let mut out = format!(
            "<li class=\"card {class}{running}\" data-key=\"{}\" data-version=\"{version}\" data-rank=\"{rank}\">\n\
             <div class=\"head\"><h3><a href=\"{base}live/{}/{}\">{owner_text}/<b>{repo_text}</b></a></h3>",
            escape(&card.key()),
            encode(owner),
            encode(repo)
        );
        if let Some(running) = &card.running {
            let words = escape(&running.words);
            out += &linked("under-way", running.url.as_deref(), &format!("<i></i>{words}"));
        }
        let _ = write!(
            out,
            "</div>\n<p class=\"what\"><bdi>{part}</bdi> <span>at</span> <bdi>{branch}</bdi></p>\n{}<p class=\"foot\">",
            self.runs(card)
        );
        if let Some(newest) = card.runs.last() {
            out += &linked("ending", newest.url.as_deref(), &escape(&newest.words));
        }
        let time = card.time_ms();
        let _ = write!(
            out,
            "<time datetime=\"{}\" title=\"{}\">{}</time></p>\n</li>\n",
            Timestamp::nearest(time),
            minute(time),
            ago(time, self.now)
        );
        out
    }

    /// The bars of the last runs.
    fn runs(&self, card: &Card) -> String {
        let count = |ending| card.runs.iter().filter(|run| run.ending == ending).count();
        let counts = [Ending::Failing, Ending::Passing, Ending::Other].map(|ending| (ending, count(ending)));
        let counts = counts.iter().filter(|(_, count)| *count > 0);
        let counts: Vec<_> = counts.map(|(ending, count)| format!("{count} {}", ending.name())).collect();
        let label = match card.runs.len() {
            0 => return "<div class=\"runs\"></div>\n".to_owned(),
            1 => format!("The last run: {}", counts.join(", ")),
            runs => format!("The last {runs} runs, the newest at the right: {}", counts.join(", ")),
        };
        let bars: String = card.runs.iter().map(bar).collect();
        format!("<div class=\"runs\" role=\"group\" aria-label=\"{label}\">{bars}</div>\n")
    }
}

fn bar(run: &Point) -> String {
    let class = &run.ending.name()[..1];
    let title = format!("{}, {}", escape(&run.words), minute(run.time_ms));
    match &run.url {
        Some(url) => format!("<a class=\"{class}\" href=\"{}\" title=\"{title}\"></a>", escape(url)),
        None => format!("<span class=\"{class}\" title=\"{title}\"></span>"),
    }
}

/// The words, as a link if there is an address. The words must be escaped already.
fn linked(class: &str, url: Option<&str>, words: &str) -> String {
    match url {
        Some(url) => format!("<a class=\"{class}\" href=\"{}\">{words}</a>", escape(url)),
        None => format!("<span class=\"{class}\">{words}</span>"),
    }
}

fn encode(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_begins_where_the_path_of_the_page_does() {
        for (path, start) in [("/live", "./"), ("/live/", "../"), ("/live/acme", "../"), ("/live/acme/tools", "../../")]
        {
            assert_eq!(base(path), start, "{path}");
        }
    }
}
