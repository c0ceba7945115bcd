//! Checks the records, states and marks that a provider made from a delivery: they must be about the payload's
//! repository, and the store must be able to keep them.

use std::time::SystemTime;

use badgesmith_provider::{About, Delivered, DeliveredRecord, State, Timestamp, fold};

use super::payload::Payload;
use crate::{
    call::{broken::Broken, records::too_long},
    error::Error,
    plugins::Plugin,
    store::{LONGEST_KEY, ListedSubject, Subject, SubjectRecord, result_key, state_key},
    target::HookTarget,
};

/// The prefix of the names in marks of an owner's packages.
const PACKAGES: &str = "packages/";

/// The checked result of a delivery.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) records: Vec<SubjectRecord>,
    pub(super) states: Vec<(State, Subject)>,
    pub(super) stale: Vec<About>,
}

impl Told {
    /// Checks that all of it is about the payload's repository, belongs to collections of the hook, and can be stored.
    /// A record with a time after `latest` gets the time `latest`; otherwise it would stay the newest record until that
    /// time.
    ///
    /// # Errors
    /// The provider's error if a record, a state or a mark is about something else; the sender's if a name is too long
    /// to be stored.
    pub(super) fn check(
        delivered: Delivered,
        payload: &Payload,
        target: &HookTarget<'_>,
        latest: SystemTime,
    ) -> Result<Self, Error> {
        let latest = latest.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let latest = Timestamp::nearest(i64::try_from(latest).unwrap_or(i64::MAX));
        let checks = Checks { payload, target, latest };
        let records = delivered.records.into_iter().map(|record| checks.record(record));
        let states = delivered.states.into_iter().map(|state| checks.state(state));
        Ok(Self {
            records: records.collect::<Result<_, _>>()?,
            states: states.collect::<Result<_, _>>()?,
            stale: delivered.stale.into_iter().map(|about| checks.mark(about)).collect::<Result<_, _>>()?,
        })
    }
}

struct Checks<'a> {
    payload: &'a Payload,
    target: &'a HookTarget<'a>,
    latest: Timestamp,
}

impl Checks<'_> {
    fn record(&self, delivered: DeliveredRecord) -> Result<SubjectRecord, Error> {
        let DeliveredRecord { collection, owner, repo, platform, branch, mut record } = delivered;
        record.timestamp_ms = record.timestamp_ms.min(self.latest);
        self.names("record", &collection, &owner, &repo)?;
        let subject = subject(&collection, [&*owner, &*repo, &*platform, &*branch])?;
        if result_key(&subject, &record).len() > LONGEST_KEY {
            return Err(Error::from(&too_long("branch")));
        }
        Ok(SubjectRecord { collection, subject, record, outbox: None })
    }

    fn state(&self, state: State) -> Result<(State, Subject), Error> {
        let State { collection, owner, repo, platform, branch, .. } = &state;
        self.names("state", collection, owner, repo)?;
        let subject = subject(collection, [&**owner, &**repo, &**platform, &**branch])?;
        if state_key(subject.platform(), subject.branch()).len() > LONGEST_KEY {
            return Err(Error::from(&too_long("branch")));
        }
        Ok((state, subject))
    }

    fn mark(&self, about: About) -> Result<About, Error> {
        let About { owner, name } = &about;
        let is_repository = self.payload.repository.as_ref().is_some_and(|it| fold(&it.name) == fold(name));
        if fold(owner) == self.payload.owner() && (is_repository || fold(name).starts_with(PACKAGES)) {
            return Ok(about);
        }
        Err(self.violation(format!("it marks {owner}/{name} as stale, which the delivery is not about")))
    }

    /// Checks the collection and the repository of a record or a state.
    fn names(&self, what: &str, collection: &String, owner: &str, repo: &str) -> Result<(), Error> {
        let HookTarget { plugin, route, .. } = self.target;
        if !route.collections.contains(collection) || !plugin.collections.contains(collection) {
            let fault = format!("it writes a {what} of {collection:?}, which is no granted collection of its hook");
            return Err(self.violation(fault));
        }
        let repository = self.payload.repository.as_ref();
        if repository.is_some_and(|it| fold(&it.owner) == fold(owner) && fold(&it.name) == fold(repo)) {
            return Ok(());
        }
        Err(self.violation(format!("it writes a {what} of {owner}/{repo}, which the delivery is not about")))
    }

    fn violation(&self, fault: String) -> Error {
        let Plugin { id, .. } = &**self.target.plugin;
        let broken = Broken::Violation(fault);
        broken.log(id);
        Error::from(&broken)
    }
}

/// The subject of these parts, if its keys are short enough.
fn subject(collection: &str, parts: [&str; 4]) -> Result<Subject, Error> {
    let [owner, repo, platform, branch] = parts;
    let subject = Subject::new(owner, repo, platform, branch).map_err(|part| Error::from(&too_long(part)))?;
    if ListedSubject::key(collection, &subject).len() > LONGEST_KEY {
        return Err(Error::from(&too_long("branch")));
    }
    Ok(subject)
}
