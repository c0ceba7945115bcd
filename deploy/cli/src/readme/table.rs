//! The listing as a table for people.

use comfy_table::{Table, presets};

use super::{badge::ReadmeBadge, listing::Listing, printable::printable, verdict::BadgeState};

/// The longest address or text that is shown; a longer one is cut.
const LONGEST_CELL: usize = 100;

/// Writes the table and a summary. Every line begins with text of the command, never with text from a document.
pub(super) fn table(listing: &Listing) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["STATE", "AT", "BADGE", "SAYS"]);
    for document in &listing.documents {
        for badge in &document.badges {
            table.add_row([
                badge.verdict.state.name().to_owned(),
                cell(&format!("{}:{}", document.path, badge.line)),
                cell(&badge.written),
                cell(&says(badge)),
            ]);
        }
    }
    let mut out = String::new();
    if listing.badges().next().is_some() {
        for line in table.lines() {
            out += line.trim();
            out.push('\n');
        }
        out.push('\n');
    }
    out += &summary(listing);
    out
}

fn says(badge: &ReadmeBadge) -> String {
    let verdict = &badge.verdict;
    let joined = [&*verdict.label, &*verdict.message].into_iter().filter(|text| !text.is_empty());
    joined.collect::<Vec<_>>().join(": ")
}

fn cell(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_CELL).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    printable(&short)
}

fn summary(listing: &Listing) -> String {
    let words = |state| match state {
        BadgeState::Answered => "answered",
        BadgeState::Error => "showing an error",
        BadgeState::NotFound => "not found on this server",
        BadgeState::Dead => "of dead services",
        BadgeState::NoAnswer => "without an answer",
        BadgeState::NotAsked => "not asked",
    };
    let counts = listing.counts().into_iter().filter(|counted| counted.count > 0);
    let parts: Vec<_> = counts.map(|counted| format!("{} {}", counted.count, words(counted.state))).collect();
    let files = listing.documents.len();
    let total = listing.badges().count();
    let mut out = format!("{total} badge(s) in {files} file(s)");
    if !parts.is_empty() {
        out += &format!(": {}", parts.join(", "));
    }
    out.push('\n');
    if listing.left > 0 {
        out += &format!("{} address(es) were left, because only the first 200 are asked\n", listing.left);
    }
    for document in listing.documents.iter().filter(|document| document.is_written) {
        out += &format!("rewritten: {}\n", printable(&document.path));
    }
    out
}
