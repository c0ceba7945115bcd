//! Where a report is sent: the badge server, and the address of the badge there.

use badgesmith_provider::is_web_address;
use percent_encoding::percent_decode_str;
use url::Url;

use super::{ci::BuildFacts, loopback::is_local, path::encode_segment, usage::UsageFault};

/// A kind of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountedKind {
    /// Results of tests.
    Tests,
    /// How much of the code the tests cover.
    Coverage,
    /// Any other number or word.
    Value,
}

/// The addresses of one kind of reports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses {
    pub(super) kind: CountedKind,
    results: &'static str,
    badges: &'static str,
    redirects: &'static str,
    /// The badge's alternative text; `None` if the name in the address is used.
    label: Option<&'static str>,
}

/// The addresses for results of tests.
pub(super) const TESTS: Addresses = Addresses {
    kind: CountedKind::Tests,
    results: "/tests/results",
    badges: "/badges/tests",
    redirects: "/redirect/test-results",
    label: Some("tests"),
};

/// The addresses for coverage.
pub(super) const COVERAGE: Addresses = Addresses {
    kind: CountedKind::Coverage,
    results: "/coverage/results",
    badges: "/badges/coverage",
    redirects: "/redirect/coverage",
    label: Some("coverage"),
};

/// The addresses for any other values.
pub(super) const VALUES: Addresses = Addresses {
    kind: CountedKind::Value,
    results: "/values/results",
    badges: "/badges/values",
    redirects: "/redirect/values",
    label: None,
};

/// The badge server, and the subject of the badge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Destination<'a> {
    pub(super) server: Option<&'a Url>,
    pub(super) addresses: Addresses,
    /// What the tests ran on, the part of the repository, or the name of the value.
    pub(super) platform: &'a str,
    pub(super) facts: &'a BuildFacts,
}

impl Destination<'_> {
    /// Refuses an address that the server would refuse, or would read differently. A fact that is missing is not
    /// checked.
    pub(super) fn check(&self, allows_http: bool) -> Result<(), UsageFault> {
        let BuildFacts { owner, repo, branch, html_url, run_url, .. } = self.facts;
        let names = [Some(self.platform), owner.as_deref(), repo.as_deref()];
        let segments = names.into_iter().chain([branch.as_deref()]).flatten().flat_map(|name| name.split('/'));
        if segments.into_iter().any(|segment| ["", ".", ".."].contains(&segment)) {
            return Err(UsageFault::PathSegment);
        }
        // The server refuses these, because a gateway in front of it may decode them into another address.
        let is_plain = |name: &str| !name.contains('/') && percent_decode_str(name).decode_utf8_lossy() == name;
        if !names.into_iter().flatten().all(is_plain) {
            return Err(UsageFault::PathName);
        }
        for (option, url) in [("--html-url", html_url), ("--run-url", run_url)] {
            if url.as_deref().is_some_and(|url| !is_web_address(url)) {
                return Err(UsageFault::WebAddress(option));
            }
        }
        self.server.map_or(Ok(()), |server| check_server(server, allows_http))
    }

    /// The path that is signed. A proxy in front of the server may add a prefix to it.
    pub(super) fn report_path(&self) -> String {
        format!("{}/{}", self.addresses.results, self.badge_path())
    }

    /// The URL that the report is sent to.
    pub(super) fn report_url(&self) -> Result<Url, UsageFault> {
        Url::parse(&(self.base() + &self.report_path())).map_err(UsageFault::ServerAddress)
    }

    /// What is reported: tests, coverage, or the name of a value.
    pub(super) fn label(&self) -> &str {
        self.addresses.label.unwrap_or(self.platform)
    }

    /// The badge as Markdown, linked to the results.
    pub(super) fn markdown(&self) -> String {
        let (base, path, Addresses { badges, redirects, .. }) = (self.base(), self.badge_path(), self.addresses);
        // A bracket or a backslash in the label would break the Markdown link.
        let label = self.label().replace(['[', ']', '\\'], "_");
        format!("[![{label}]({base}{badges}/{path}.svg)]({base}{redirects}/{path})")
    }

    /// `linux/acme/shop/feature/x`, each part percent-encoded.
    fn badge_path(&self) -> String {
        let of = |fact: &Option<String>| encode_segment(fact.as_deref().unwrap_or_default());
        let branch = self.facts.branch.as_deref().unwrap_or_default();
        let branch: Vec<_> = branch.split('/').map(encode_segment).collect();
        let platform = encode_segment(self.platform);
        format!("{platform}/{}/{}/{}", of(&self.facts.owner), of(&self.facts.repo), branch.join("/"))
    }

    /// The server's address without a slash at its end, a query or a fragment.
    fn base(&self) -> String {
        let Some(mut server) = self.server.cloned() else { return String::new() };
        server.set_query(None);
        server.set_fragment(None);
        server.as_str().trim_end_matches('/').to_owned()
    }
}

/// Unencrypted http is allowed only for this machine: anybody who intercepts a signed request can use the signature
/// before the server has seen it.
fn check_server(server: &Url, allows_http: bool) -> Result<(), UsageFault> {
    match server.scheme() {
        "https" | "http" if !server.username().is_empty() || server.password().is_some() => {
            Err(UsageFault::ServerCredentials)
        }
        "https" => Ok(()),
        "http" if is_local(server) || allows_http => Ok(()),
        "http" => Err(UsageFault::ServerInsecure),
        _ => Err(UsageFault::ServerScheme),
    }
}
