//! The address of a subscription: which addresses are accepted, and how logs show them.

use url::Url;

use super::subscription_error::AddressMistake;
use crate::origin::{Origin, OriginError};

/// An address as logs and errors show it: its origin alone, because the paths of Slack's and Discord's webhooks are
/// secrets.
///
/// ```
/// let url = "https://hooks.slack.com/services/T0/B0/secret".parse().unwrap();
/// assert_eq!(badgesmith_engine::events::shown(&url), "https://hooks.slack.com/…");
/// ```
#[must_use]
pub fn shown(url: &Url) -> String {
    format!("{}/…", url.origin().ascii_serialization())
}

/// Reads the address of a receiver of webhooks, from plugins.toml or from a stored secret: https, or http to this
/// machine, without a user and without a fragment.
///
/// # Errors
/// What is wrong with it; the error does not show the address.
pub fn parse_address(text: &str) -> Result<Url, AddressMistake> {
    let url = Url::parse(text).map_err(AddressMistake::NoUrl)?;
    Origin::of_url(&url).map_err(mistake)?;
    if url.fragment().is_some() {
        return Err(AddressMistake::Fragment);
    }
    Ok(url)
}

/// Reads the origin that a secret address must have.
///
/// # Errors
/// What is wrong with it; the error shows at most the origin, because an operator may have written the secret here.
pub(super) fn parse_origin(text: &str) -> Result<Origin, AddressMistake> {
    let url = Url::parse(text).map_err(AddressMistake::NoUrl)?;
    let origin = Origin::of_url(&url).map_err(mistake)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(AddressMistake::MoreThanOrigin(origin));
    }
    Ok(origin)
}

fn mistake(fault: OriginError) -> AddressMistake {
    match fault {
        OriginError::Address { fault, .. } => AddressMistake::NoUrl(fault),
        OriginError::PlainHttp(origin) => AddressMistake::PlainHttp(origin),
        OriginError::Scheme(scheme) => AddressMistake::Scheme(scheme),
        OriginError::Credentials(_) => AddressMistake::User,
        OriginError::More { origin, .. } => AddressMistake::MoreThanOrigin(origin),
    }
}
