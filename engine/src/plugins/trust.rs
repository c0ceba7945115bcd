//! `trust`: the issuers whose tokens prove where reports come from.
//!
//! Each entry is checked by itself when it is read; then all entries are checked together: an owner may have only one
//! issuer. Otherwise the owner `acme` at one platform could write the results of the owner `acme` at the other.

use badgesmith_provider::fold;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use url::{Host, Url};

use super::trust_error::{TrustError, TrustMistake};
use crate::proof::{IssuerKind, TrustedIssuer};

/// The owner that stands for every owner.
pub(crate) const ANY: &str = "*";
/// GitHub's issuer, and GitLab's own.
const GITHUB: &str = "token.actions.githubusercontent.com";
const GITLAB: &str = "gitlab.com";
/// The end of the path of GitHub Enterprise Server's issuer.
const ENTERPRISE: &str = "/_services/token";
/// The host of the repositories whose issuer is [`GITHUB`].
const GITHUB_WEB: &str = "github.com";
/// The domain of GitHub Enterprise with data residency: `token.actions.NAME.ghe.com` issues the tokens of
/// `NAME.ghe.com`.
const RESIDENT: &str = ".ghe.com";
const RESIDENT_ISSUER: &str = "token.actions.";
/// The longest audience, in bytes.
const LONGEST_AUDIENCE: usize = 256;

/// An entry as plugins.toml has it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TrustTable {
    issuer: Option<String>,
    kind: Option<String>,
    audience: Option<String>,
    owners: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    environments: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    workflows: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    protected: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Reads `trust`.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TrustedIssuer>, D::Error> {
    let tables = Vec::<TrustTable>::deserialize(deserializer)?;
    check(tables).map_err(D::Error::custom)
}

/// Writes `trust` as it is read.
pub(super) fn serialize<S: Serializer>(trusted: &[TrustedIssuer], serializer: S) -> Result<S::Ok, S::Error> {
    let tables = trusted.iter().map(|trusted| TrustTable {
        issuer: Some(trusted.issuer.to_string()),
        kind: Some(trusted.kind.name().to_owned()),
        audience: Some(trusted.audience.clone()),
        owners: Some(trusted.owners.clone()),
        environments: trusted.environments.clone(),
        workflows: trusted.workflows.clone(),
        protected: trusted.is_protected,
    });
    serializer.collect_seq(tables)
}

/// Checks that no issuer has a plain http address, unless callers may name such addresses, too.
///
/// # Errors
/// The first issuer that has one.
pub(crate) fn check_scheme(trusted: &[TrustedIssuer], allow_http: bool) -> Result<(), TrustError> {
    match trusted.iter().position(|trusted| trusted.issuer.scheme() == "http") {
        Some(entry) if !allow_http => {
            Err(TrustError { entry, mistake: TrustMistake::PlainHttp(trusted[entry].issuer.to_string()) })
        }
        _ => Ok(()),
    }
}

fn check(tables: Vec<TrustTable>) -> Result<Vec<TrustedIssuer>, TrustError> {
    let read = |(entry, table)| trusted(table).map_err(|mistake| TrustError { entry, mistake });
    let trusted = tables.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    check_owners(&trusted)?;
    Ok(trusted)
}

/// Checks that no owner is in two entries, neither by name nor by `*`.
fn check_owners(trusted: &[TrustedIssuer]) -> Result<(), TrustError> {
    let owners = trusted.iter().enumerate().flat_map(|(entry, it)| it.owners.iter().map(move |owner| (entry, owner)));
    let owners: Vec<_> = owners.collect();
    for (at, (entry, owner)) in owners.iter().enumerate() {
        let is_same = |other: &str| other == *owner || other == ANY || *owner == ANY;
        if let Some((first, _)) = owners[..at].iter().find(|(_, other)| is_same(other)) {
            let mistake = TrustMistake::TwoEntries { owner: (*owner).clone(), first: *first };
            return Err(TrustError { entry: *entry, mistake });
        }
    }
    Ok(())
}

fn trusted(table: TrustTable) -> Result<TrustedIssuer, TrustMistake> {
    let TrustTable { issuer, kind, audience, owners, environments, workflows, protected } = table;
    let issuer = issuer_address(issuer.ok_or(TrustMistake::NoIssuer)?)?;
    let kind = issuer_kind(&issuer, kind)?;
    let audience = audience.filter(|audience| !audience.is_empty()).ok_or(TrustMistake::NoAudience)?;
    if audience.len() > LONGEST_AUDIENCE || !audience.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TrustMistake::Audience(audience));
    }
    if is_default_audience(&audience, &issuer) {
        return Err(TrustMistake::DefaultAudience(audience));
    }
    let owners = owners.filter(|owners| !owners.is_empty()).ok_or(TrustMistake::NoOwners)?;
    let owners = owners.into_iter().map(owner_name).collect::<Result<_, _>>()?;
    for (key, names) in [("environments", &environments), ("workflows", &workflows)] {
        if names.iter().any(|name| name.trim().is_empty()) {
            return Err(TrustMistake::EmptyName(key));
        }
    }
    if let Some(workflow) = workflows.iter().find(|workflow| workflow.contains("@refs/")) {
        return Err(TrustMistake::WorkflowWithRef(workflow.clone()));
    }
    Ok(TrustedIssuer { issuer, kind, audience, owners, environments, workflows, is_protected: protected })
}

fn issuer_address(text: String) -> Result<Url, TrustMistake> {
    let Ok(url) = Url::parse(&text) else { return Err(TrustMistake::Issuer(text)) };
    let is_web = matches!(url.scheme(), "https" | "http") && url.has_host();
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_whole = url.query().is_none() && url.fragment().is_none();
    let ends_well = url.path() == "/" || !url.path().ends_with('/');
    if is_web && is_plain && is_whole && ends_well { Ok(url) } else { Err(TrustMistake::Issuer(text)) }
}

/// The kind of an issuer. It need not be named for issuers with a well-known address.
fn issuer_kind(issuer: &Url, named: Option<String>) -> Result<IssuerKind, TrustMistake> {
    let named = match named {
        Some(name) => Some(IssuerKind::parse(&name).ok_or(TrustMistake::Kind(name))?),
        None => None,
    };
    let host = issuer.host_str().unwrap_or_default();
    let is_resident = host.starts_with(RESIDENT_ISSUER) && host.ends_with(RESIDENT);
    let known = if host == GITHUB || is_resident || issuer.path().ends_with(ENTERPRISE) {
        Some(IssuerKind::GitHub)
    } else {
        (host == GITLAB).then_some(IssuerKind::GitLab)
    };
    match (known, named) {
        (Some(known), Some(named)) if known != named => Err(TrustMistake::OtherKind { known, named }),
        (Some(kind), _) | (None, Some(kind)) => Ok(kind),
        (None, None) => Err(TrustMistake::NoKind(issuer.to_string())),
    }
}

/// Whether tokens have this audience by default, if a job asks for none: it is the address of the repository's owner or
/// of the whole platform. Every service that got such a token from a job could send reports in the job's name.
fn is_default_audience(audience: &str, issuer: &Url) -> bool {
    let Ok(audience) = Url::parse(audience) else { return false };
    let is_of_platform = match (audience.host(), issuer.host()) {
        (Some(Host::Domain(audience)), Some(Host::Domain(issuer))) => {
            let of_resident = issuer.strip_prefix(RESIDENT_ISSUER).filter(|host| host.ends_with(RESIDENT));
            audience == GITHUB_WEB || of_resident == Some(audience)
        }
        _ => false,
    };
    is_of_platform || audience.origin() == issuer.origin()
}

fn owner_name(owner: String) -> Result<String, TrustMistake> {
    let is_letter = |letter: char| letter.is_alphanumeric() || "-_.~".contains(letter);
    let is_owner = !matches!(&*owner, "" | "." | "..") && owner.chars().all(is_letter);
    if is_owner || owner == ANY { Ok(fold(&owner)) } else { Err(TrustMistake::Owner(owner)) }
}

impl IssuerKind {
    /// Both.
    const ALL: [Self; 2] = [Self::GitHub, Self::GitLab];

    /// Its name in plugins.toml.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests;
