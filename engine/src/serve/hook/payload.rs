//! The payload of a delivery: its JSON, and the repository and the owner that it is about.

use badgesmith_provider::{Timestamp, fold};
use bytes::Bytes;
use serde::Deserialize;

/// A payload, and what it is about.
#[derive(Debug)]
pub(super) struct Payload {
    /// The JSON, also if it came in a form.
    pub(super) json: Bytes,
    /// The owners that it names, case-folded: the repository's owner and the owner in the repository's full name, if
    /// they differ; without a repository, the organization. Empty if it names no owner.
    pub(super) owners: Vec<String>,
    pub(super) repository: Option<Repository>,
}

/// The repository that a payload is about.
#[derive(Debug)]
pub(super) struct Repository {
    /// Its owner in its full name, as it is written there.
    pub(super) owner: String,
    /// Its name, as it is written there.
    pub(super) name: String,
    /// Whether it is public, if the payload says so.
    pub(super) is_public: Option<bool>,
    /// When the repository last changed or was pushed to, in seconds since 1970; 0 if the payload does not say.
    pub(super) changed: u64,
}

/// The members of a payload that the engine reads.
#[derive(Deserialize)]
struct Written {
    repository: Option<WrittenRepository>,
    organization: Option<Account>,
}

/// The members of an event `repository` for a renamed repository.
#[derive(Deserialize)]
struct Renamed {
    changes: Changes,
}

#[derive(Deserialize)]
struct Changes {
    repository: ChangedRepository,
}

#[derive(Deserialize)]
struct ChangedRepository {
    name: ChangedName,
}

#[derive(Deserialize)]
struct ChangedName {
    from: String,
}

#[derive(Deserialize)]
struct WrittenRepository {
    full_name: Option<String>,
    owner: Option<Account>,
    private: Option<bool>,
    visibility: Option<String>,
    updated_at: Option<Time>,
    pushed_at: Option<Time>,
}

#[derive(Deserialize)]
struct Account {
    login: Option<String>,
    /// Older payloads of pushes have `name` and no `login`.
    name: Option<String>,
}

/// A time: RFC 3339, or seconds since 1970 in payloads of pushes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Seconds(u64),
    Text(String),
}

impl Payload {
    /// Reads the body of a delivery: JSON, or a form that has it in the field `payload`. `None` if the body is neither,
    /// or if its members do not have the types of a GitHub event.
    pub(super) fn read(body: &Bytes, is_form: bool) -> Option<Self> {
        let json = if is_form {
            let field = form_urlencoded::parse(body).find(|(name, _)| name == "payload");
            Bytes::from(field?.1.into_owned())
        } else {
            body.clone()
        };
        let Written { repository, organization } = serde_json::from_slice(&json).ok()?;
        let owner = repository.as_ref().and_then(|repository| login(repository.owner.as_ref()));
        let owner = owner.or_else(|| login(organization.as_ref()));
        let mut owners: Vec<String> = owner.map(fold).into_iter().collect();
        let repository = match repository {
            Some(repository) => Some(repository.read()?),
            None => None,
        };
        let named = repository.as_ref().map(|repository| fold(&repository.owner));
        owners.extend(named.filter(|named| owners.first() != Some(named)));
        Some(Self { json, owners, repository })
    }

    /// The former name of the repository, if this payload of an event `repository` says that it was renamed.
    pub(super) fn former_name(&self) -> Option<String> {
        let Renamed { changes } = serde_json::from_slice(&self.json).ok()?;
        let former = changes.repository.name.from;
        let is_other = self.repository.as_ref().is_some_and(|repository| fold(&repository.name) != fold(&former));
        // A name with a slash could be that of another owner's repository.
        (is_other && !former.is_empty() && !former.contains('/')).then_some(former)
    }

    /// The owner that the delivery is from, case-folded: the owner in the repository's full name, or else the
    /// organization; empty if the payload names no owner.
    pub(super) fn owner(&self) -> &str {
        self.owners.last().map_or("", String::as_str)
    }
}

fn login(account: Option<&Account>) -> Option<&str> {
    let Account { login, name } = account?;
    login.as_deref().or(name.as_deref()).filter(|login| !login.is_empty())
}

impl WrittenRepository {
    /// The repository; `None` if its full name is not of the form `owner/name`.
    fn read(self) -> Option<Repository> {
        let (owner, name) = self.full_name.as_deref()?.split_once('/')?;
        if owner.is_empty() || name.is_empty() || name.contains('/') {
            return None;
        }
        let is_public = match (self.private, self.visibility.as_deref()) {
            (None, None) => None,
            (private, visibility) => {
                Some(private != Some(true) && visibility.is_none_or(|word| word.eq_ignore_ascii_case("public")))
            }
        };
        let changed = [&self.updated_at, &self.pushed_at].into_iter().flatten().map(Time::seconds).max();
        let (owner, name) = (owner.to_owned(), name.to_owned());
        Some(Repository { owner, name, is_public, changed: changed.unwrap_or_default() })
    }
}

impl Time {
    fn seconds(&self) -> u64 {
        match self {
            Self::Seconds(seconds) => *seconds,
            Self::Text(text) => {
                let ms = Timestamp::parse(text).map_or(0, |time| time.as_ms());
                u64::try_from(ms / 1000).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Payload> {
        Payload::read(&Bytes::from(json.to_owned()), false)
    }

    #[test]
    fn a_payload_is_about_its_repository_or_else_its_organization() {
        for (json, owners, repository) in [
            (r#"{"repository": {"full_name": "Acme/Shop", "owner": {"login": "Acme"}}}"#, &["acme"][..], Some("Shop")),
            (r#"{"repository": {"full_name": "a/b", "owner": {"name": "a"}}}"#, &["a"], Some("b")),
            (r#"{"repository": {"full_name": "a/b", "owner": {"login": "c"}}}"#, &["c", "a"], Some("b")),
            (r#"{"repository": {"full_name": "a/b"}, "organization": {"login": "o"}}"#, &["o", "a"], Some("b")),
            (r#"{"repository": {"full_name": "a/b"}}"#, &["a"], Some("b")),
            (r#"{"organization": {"login": "O"}}"#, &["o"], None),
            (r#"{"repository": null, "zen": [1]}"#, &[], None),
        ] {
            let payload = read(json).unwrap();
            assert_eq!(payload.owners, owners, "{json}");
            assert_eq!(payload.repository.map(|repository| repository.name).as_deref(), repository, "{json}");
        }
        for json in ["", "[]", "x", r#"{"repository": {}}"#, r#"{"repository": {"full_name": "a"}}"#] {
            assert!(read(json).is_none(), "{json}");
        }
        for name in ["a/", "/b", "a/b/c"] {
            assert!(read(&format!(r#"{{"repository": {{"full_name": "{name}"}}}}"#)).is_none(), "{name}");
        }
    }

    #[test]
    fn a_repository_is_public_only_if_every_member_that_tells_says_so() {
        for (members, is_public, changed) in [
            (r#""private": false"#, Some(true), 0),
            (r#""private": false, "visibility": "public", "updated_at": "1970-01-01T00:00:09Z""#, Some(true), 9),
            (r#""private": false, "visibility": "internal""#, Some(false), 0),
            (r#""private": true, "visibility": "public", "pushed_at": 7"#, Some(false), 7),
            (r#""visibility": "private", "pushed_at": 7, "updated_at": "1970-01-01T00:00:09Z""#, Some(false), 9),
            (r#""updated_at": "yesterday""#, None, 0),
        ] {
            let json = format!(r#"{{"repository": {{"full_name": "a/b", {members}}}}}"#);
            let repository = read(&json).unwrap().repository.unwrap();
            assert_eq!((repository.is_public, repository.changed), (is_public, changed), "{members}");
        }
    }

    #[test]
    fn a_repository_that_was_renamed_had_another_name_of_the_same_owner() {
        for (changes, former) in [
            (r#"{"repository": {"name": {"from": "Old"}}}"#, Some("Old")),
            (r#"{"repository": {"name": {"from": "B"}}}"#, None),
            (r#"{"repository": {"name": {"from": "x/y"}}}"#, None),
            (r#"{"repository": {"name": {"from": ""}}}"#, None),
            (r#"{"owner": {"from": {"user": {"login": "x"}}}}"#, None),
            ("[]", None),
        ] {
            let json = format!(r#"{{"repository": {{"full_name": "a/b"}}, "changes": {changes}}}"#);
            assert_eq!(read(&json).unwrap().former_name().as_deref(), former, "{changes}");
        }
    }

    #[test]
    fn a_form_has_the_payload_in_a_field() {
        let form = Bytes::from_static(b"x=1&payload=%7B%22organization%22%3A+%7B%22login%22%3A%22o%22%7D%7D");
        let payload = Payload::read(&form, true).unwrap();
        assert_eq!((payload.owner(), &*payload.json), ("o", &br#"{"organization": {"login":"o"}}"#[..]));
        assert!(Payload::read(&Bytes::from_static(b"data=1"), true).is_none());
    }
}
