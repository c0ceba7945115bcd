//! When a token is valid: `exp`, `nbf` and `iat`, all of which it must have.

use std::time::{Duration, SystemTime};

use badgesmith_engine::proof::Unproven;

use super::{members::Members, refusal::wrong};

/// How far the issuer's clock may be from this one.
const LEEWAY: Duration = Duration::from_secs(60);
/// The longest remaining lifetime of a token, because its `jti` is stored until it expires. GitHub's tokens are valid
/// for minutes, and GitLab's as long as a job may run.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The claims that are read here.
pub(super) const CLAIMS: [&str; 3] = ["exp", "nbf", "iat"];

/// Checks the times of a token. Returns the moment from which on it is refused.
///
/// # Errors
/// It is not valid now, or it is valid for too long.
pub(super) fn check(claims: &Members, now: SystemTime) -> Result<SystemTime, Unproven> {
    let [expires, not_before, issued] = [time(claims, "exp")?, time(claims, "nbf")?, time(claims, "iat")?];
    let expires = expires.checked_add(LEEWAY).ok_or_else(|| wrong("exp", "it is not a time"))?;
    if expires <= now {
        return Err(wrong("exp", "the token has expired"));
    }
    if expires > now + LONGEST + LEEWAY {
        return Err(wrong(
            "exp",
            "the token is good for more than 24 hours; let jobs that report run for at most a day",
        ));
    }
    if not_before > now + LEEWAY {
        return Err(wrong("nbf", "the token is not good yet"));
    }
    if issued > now + LEEWAY {
        return Err(wrong("iat", "the token was issued in the future"));
    }
    Ok(expires)
}

/// A time in seconds since 1970, which may have a fraction.
fn time(claims: &Members, name: &'static str) -> Result<SystemTime, Unproven> {
    let seconds = claims.number(name)?;
    let since = Duration::try_from_secs_f64(seconds).map_err(|_| wrong(name, "it is not a time"))?;
    SystemTime::UNIX_EPOCH.checked_add(since).ok_or_else(|| wrong(name, "it is not a time"))
}
