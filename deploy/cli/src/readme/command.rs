//! The command: its arguments, and the steps from the files to the listing.

use std::{collections::HashMap, io::Write, path::PathBuf, process::ExitCode};

use clap::Args;
use url::Url;

use super::{
    ask::{MOST_ADDRESSES, ask},
    badge::{ReadmeBadge, describe},
    failure::ReadmeFailure,
    files::{self, Document},
    json::json,
    listing::{ListedDocument, Listing},
    printable::printable,
    replace::replaced,
    scan,
    server::BadgeServer,
    table::table,
    verdict::{BadgeState, Verdict},
    write::write,
};
use crate::{output::print, runtime::block_on};

/// Lists the badges of READMEs, says whether a server answers them, and changes their hosts to it.
///
/// Badges are the addresses of shields.io and of the server itself, in Markdown, HTML, reStructuredText and AsciiDoc.
#[derive(Args, Debug)]
#[command(after_help = "\
A directory is searched for documents, without .git, node_modules and vendor. Symbolic links are not followed.

Only the server is asked, for at most 200 addresses, 4 at once. Addresses in code and in comments are rewritten, but not
asked.

Exit codes: 0 done; 1 with --check: a badge shows an error, is not found, dead or without an answer; 2 something is
wrong in the arguments, or a file cannot be read or written.")]
pub(crate) struct ReadmeOptions {
    /// Documents, and directories with documents in them.
    #[arg(required = true, value_name = "FILE|DIR")]
    names: Vec<PathBuf>,
    /// The address of the badge server; it may have a path that all badges begin with.
    #[arg(long, env = "BADGESMITH_SERVER", value_name = "URL", value_parser = BadgeServer::parse)]
    server: BadgeServer,
    /// Changes the scheme and host of shields' badges to the server's; nothing else in a file changes.
    #[arg(long)]
    write: bool,
    /// Fails if a badge shows an error.
    #[arg(long)]
    check: bool,
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// The exit code if `--check` finds something wrong.
const WRONG_BADGES: u8 = 1;
/// The exit code if a file cannot be read or written, or the command itself fails.
const FAULT: u8 = 2;

/// Lists, asks and rewrites.
pub(crate) fn run(options: &ReadmeOptions) -> ExitCode {
    match options.run() {
        Ok(code) => code,
        Err(failure) => {
            notice(&failure.to_string());
            ExitCode::from(FAULT)
        }
    }
}

impl ReadmeOptions {
    fn run(&self) -> Result<ExitCode, ReadmeFailure> {
        let files = files::read(&self.names);
        for refusal in &files.refusals {
            notice(&format!("{}: {}", refusal.path.display(), refusal.fault));
        }
        let mut documents = Vec::new();
        for document in &files.documents {
            documents.push(self.list(document)?);
        }
        let mut listing = Listing { server: self.server.base().to_owned(), documents, left: 0 };
        self.judge(&mut listing)?;
        let text = if self.json { json(&listing).map_err(ReadmeFailure::Json)? } else { table(&listing) };
        print(&text).map_err(ReadmeFailure::Output)?;
        Ok(if !files.refusals.is_empty() {
            ExitCode::from(FAULT)
        } else if self.check && listing.is_wrong() {
            ExitCode::from(WRONG_BADGES)
        } else {
            ExitCode::SUCCESS
        })
    }

    /// The badges of a document. Their hosts are rewritten in the file if the user wants that.
    fn list(&self, document: &Document) -> Result<ListedDocument, ReadmeFailure> {
        let found = scan::addresses(&document.bytes, document.markup, &self.server);
        let is_written = self.write && found.iter().any(|found| !found.is_own);
        if is_written {
            let text = replaced(&document.bytes, &found, self.server.base());
            write(&document.path, &text)
                .map_err(|fault| ReadmeFailure::Write { path: document.path.clone(), fault })?;
        }
        let badges = describe(document, &found, &self.server);
        Ok(ListedDocument { path: document.path.display().to_string(), is_written, badges })
    }

    /// Requests each address once, and gives every badge its verdict.
    fn judge(&self, listing: &mut Listing) -> Result<(), ReadmeFailure> {
        let mut addresses: Vec<Url> = Vec::new();
        let mut index: HashMap<Url, usize> = HashMap::new();
        for url in listing.badges().filter_map(|badge| badge.asked.as_ref()) {
            index.entry(url.clone()).or_insert_with(|| {
                addresses.push(url.clone());
                addresses.len() - 1
            });
        }
        listing.left = addresses.len().saturating_sub(MOST_ADDRESSES);
        addresses.truncate(MOST_ADDRESSES);
        let verdicts = block_on(ask(&self.server, &addresses)).map_err(ReadmeFailure::Client)?;
        let badges = listing.documents.iter_mut().flat_map(|document| &mut document.badges);
        for ReadmeBadge { asked, verdict, .. } in badges {
            let Some(at) = asked.as_ref().and_then(|url| index.get(url)) else { continue };
            *verdict = match verdicts.get(*at) {
                Some(found) => found.clone(),
                None => {
                    *asked = None;
                    Verdict::new(BadgeState::NotAsked, format!("more than {MOST_ADDRESSES} addresses"))
                }
            };
        }
        Ok(())
    }
}

/// Prints a line to standard error. If that is closed, the line is lost.
fn notice(text: &str) {
    let _ = writeln!(std::io::stderr(), "badgesmith: {}", printable(text));
}
