//! The board: the cards of all listed repositories, cached in memory with the time of their last change.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::Series;
use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    future::{BoxFuture, Either, select},
    stream,
};

use super::{
    card::{Card, RUNS},
    point::has_ending,
};
use crate::{
    bounded::{Bounded, Weight},
    call::visibility::is_public,
    permits::Permits,
    plugins::{Live, Plugin, PrivateName, Settings, is_granted},
    store::{ListedSubject, Span, States, Unavailable, VISIBILITY},
    world::World,
};

/// The most cards of one answer: a page with more would not be useful.
pub(crate) const MOST_CARDS: usize = 500;
/// The most owners that are read for one answer.
const MOST_OWNERS: usize = 200;
/// The most subjects that are read for one answer.
const MOST_SUBJECTS: usize = 5000;
/// How many subjects one read of the store returns.
const SUBJECTS_AT_ONCE: usize = 500;
/// How many cards are read at once.
const READ_AT_ONCE: usize = 16;
/// How many bytes of cards are kept: a card of 30 runs takes 6 KB.
const CARD_BYTES: u64 = 8 * 1024 * 1024;
/// The size of the cache that says which repositories are listed, in bytes.
const LISTED_BYTES: u64 = 1024 * 1024;
/// A card is cached only if its last change is older than this: clocks differ, and two changes may have the same time.
const SETTLED: Duration = Duration::from_secs(5);
/// How many lists are read at once; others wait. A list of thousands of subjects takes long, and lists are read on the
/// threads that serve badges.
const LISTS_AT_ONCE: usize = 4;
/// How many answers may wait to be read or written.
const MOST_WAITING: u64 = 256;
/// How long a reader of a list pauses after each part, so that other requests get their turn.
const PAUSE: Duration = Duration::from_millis(1);
/// The prefixes of the branch names that webhook deliveries record for pull requests and forks.
const STRANGERS: [&str; 2] = ["pull/", "fork/"];
/// How long the store may take.
const PATIENCE: Duration = Duration::from_millis(2500);

/// The cards, and which of them may be shown.
pub(crate) struct Board {
    /// The owners for whom the live page is on.
    pub(crate) owners: Live,
    pub(crate) world: World,
    granted: Arc<[PrivateName]>,
    /// Limits how many lists are read at once.
    pub(crate) readers: Permits,
    /// Limits how many long answers are written at once on worker threads.
    pub(crate) writers: Permits,
    cards: Bounded<KeptCard>,
    listed: Bounded<KeptListed>,
}

/// The repositories that a request asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// One owner, case-folded.
    pub(crate) owner: Option<String>,
    /// One repository of that owner, case-folded.
    pub(crate) repo: Option<String>,
}

/// The cards of a scope.
#[derive(Debug, Default)]
pub(crate) struct View {
    /// The cards: failing ones first.
    pub(crate) cards: Vec<Arc<Card>>,
    /// How many further cards are left out: of pull requests and forks first, then those that changed less recently.
    pub(crate) left_out: usize,
}

/// The collections that have cards.
#[derive(Debug, Default)]
pub(crate) struct ShownCollections(BTreeMap<String, ShownCollection>);

#[derive(Debug)]
struct ShownCollection {
    series: Series,
    /// Whether the collection has states that describe runs under way.
    has_states: bool,
}

/// Whether the branch belongs to a pull request or a fork. Anybody can open many of those, and they must not displace
/// the repository's own branches.
fn is_strangers(listed: &ListedSubject) -> bool {
    STRANGERS.iter().any(|prefix| listed.subject.branch().starts_with(prefix))
}

struct KeptCard {
    changed: SystemTime,
    card: Arc<Card>,
}

struct KeptListed {
    changed: Option<SystemTime>,
    is_listed: bool,
}

impl ShownCollections {
    /// The collections of these plugins whose records can succeed or fail.
    pub(crate) fn of(plugins: &[Arc<Plugin>]) -> Self {
        let all = plugins.iter().flat_map(|plugin| {
            let manifest = &plugin.manifest;
            let shown = manifest
                .series
                .iter()
                .filter(|series| has_ending(series) && plugin.collections.contains(&series.collection));
            shown.map(|series| {
                let has_states = manifest.hooks.iter().any(|hook| hook.collections.contains(&series.collection));
                (series.collection.clone(), ShownCollection { series: series.clone(), has_states })
            })
        });
        Self(all.collect())
    }

    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Board {
    /// Whether this board shows the same repositories as another one.
    pub(crate) fn shows_as(&self, other: &Self) -> bool {
        self.owners == other.owners && self.granted == other.granted
    }

    pub(crate) fn new(settings: &Settings, world: &World) -> Self {
        Self {
            owners: settings.live.clone(),
            world: world.clone(),
            granted: settings.private.clone().into(),
            readers: Permits::new(LISTS_AT_ONCE, MOST_WAITING),
            writers: Permits::new(2, MOST_WAITING),
            cards: Bounded::new(CARD_BYTES),
            listed: Bounded::new(LISTED_BYTES),
        }
    }

    /// Whether a repository is listed; `false` if the store cannot be read.
    pub(crate) async fn is_listed(&self, owner: &str, repo: &str) -> bool {
        self.read_listed(owner, repo, None).await.unwrap_or(false)
    }

    /// Whether a repository was listed when its visibility was last read.
    pub(crate) fn was_listed(&self, owner: &str, repo: &str) -> Option<bool> {
        self.listed.get(&format!("{owner}/{repo}")).map(|kept| kept.is_listed)
    }

    /// The cards of a scope at this time.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read in time.
    pub(crate) async fn view(
        self: &Arc<Self>,
        scope: &Scope,
        shown: &ShownCollections,
        now: SystemTime,
    ) -> Result<View, Unavailable> {
        let reading: BoxFuture<'_, _> = Box::pin(self.read(scope, shown, now));
        match select(reading, self.world.executor.sleep(PATIENCE)).await {
            Either::Left((view, _)) => view,
            Either::Right(_) => Err(Unavailable("the list took too long".to_owned())),
        }
    }

    async fn read(&self, scope: &Scope, shown: &ShownCollections, now: SystemTime) -> Result<View, Unavailable> {
        let mut found = Vec::new();
        let mut room = MOST_SUBJECTS;
        for owner in self.owners(scope).await? {
            if let Some(repo) = &scope.repo
                && !self.is_granted(&owner, repo)
                && !is_public(&*self.world.store, &owner, repo, now).await?
            {
                // The time to read its subjects would reveal that the repository exists.
                continue;
            }
            let subjects = self.subjects(&owner, scope.repo.as_deref(), room, now).await?;
            room = room.saturating_sub(subjects.len());
            found.extend(self.of_listed(&owner, subjects, shown, now).await?);
            if room == 0 {
                break;
            }
        }
        found.sort_by(|one, other| {
            let newest = other.changed.cmp(&one.changed);
            is_strangers(one).cmp(&is_strangers(other)).then(newest).then_with(|| one.subject.cmp(&other.subject))
        });
        let left_out = found.len().saturating_sub(MOST_CARDS);
        found.truncate(MOST_CARDS);
        let reading: Vec<BoxFuture<'_, _>> = found.iter().map(|listed| self.card(listed, shown, now).boxed()).collect();
        let cards: Vec<_> = stream::iter(reading).buffer_unordered(READ_AT_ONCE).try_collect::<Vec<_>>().await?;
        let mut cards: Vec<_> = cards.into_iter().flatten().collect();
        cards.sort_by_cached_key(|card| (card.rank(), card.key()));
        Ok(View { cards, left_out })
    }

    /// The owners of a scope for whom the live page is on.
    async fn owners(&self, scope: &Scope) -> Result<Vec<String>, Unavailable> {
        match (&scope.owner, &self.owners) {
            (Some(owner), live) => Ok(Some(owner.clone()).filter(|owner| live.shows(owner)).into_iter().collect()),
            (None, Live::Owners(owners)) => Ok(owners.clone()),
            (None, Live::All) => self.world.store.owners("", MOST_OWNERS).await,
            (None, Live::Off) => Ok(Vec::new()),
        }
    }

    /// The subjects of an owner, at most `most` of them.
    async fn subjects(
        &self,
        owner: &str,
        repo: Option<&str>,
        most: usize,
        now: SystemTime,
    ) -> Result<Vec<ListedSubject>, Unavailable> {
        let mut all = Vec::<ListedSubject>::new();
        while all.len() < most {
            let after = all.last().map(|last| ListedSubject::key(&last.collection, &last.subject)).unwrap_or_default();
            let limit = SUBJECTS_AT_ONCE.min(most - all.len());
            let page = self.world.store.subjects(owner, repo, &after, limit, now).await?;
            let is_last = page.len() < limit;
            all.extend(page);
            if is_last {
                break;
            }
            self.world.executor.sleep(PAUSE).await;
        }
        Ok(all)
    }

    /// The subjects that have cards and belong to listed repositories.
    async fn of_listed(
        &self,
        owner: &str,
        subjects: Vec<ListedSubject>,
        shown: &ShownCollections,
        now: SystemTime,
    ) -> Result<Vec<ListedSubject>, Unavailable> {
        let mut repos = BTreeMap::<String, Option<SystemTime>>::new();
        for listed in &subjects {
            let changed = repos.entry(listed.subject.repo().to_owned()).or_default();
            if listed.collection == VISIBILITY {
                *changed = Some(listed.changed);
            }
        }
        let mut is_listed = BTreeMap::new();
        for (repo, changed) in repos {
            // Without a state, the visibility of the repository is unknown.
            let is_known = changed.is_some() || self.is_granted(owner, &repo);
            let changed = changed.filter(|changed| is_settled(*changed, now));
            is_listed.insert(repo.clone(), is_known && self.read_listed(owner, &repo, changed).await?);
        }
        let is_shown = |listed: &ListedSubject| {
            shown.0.contains_key(&listed.collection) && is_listed.get(listed.subject.repo()) == Some(&true)
        };
        Ok(subjects.into_iter().filter(is_shown).collect())
    }

    fn is_granted(&self, owner: &str, repo: &str) -> bool {
        is_granted(&self.granted, &format!("{owner}/{repo}"))
    }

    /// Whether a repository is listed. The cached answer is used if it belongs to the change at this time; without a
    /// time, the store is read.
    async fn read_listed(&self, owner: &str, repo: &str, changed: Option<SystemTime>) -> Result<bool, Unavailable> {
        if self.is_granted(owner, repo) {
            return Ok(true);
        }
        let key = format!("{owner}/{repo}");
        if let Some(kept) = self.listed.get(&key).filter(|kept| changed.is_some() && kept.changed == changed) {
            return Ok(kept.is_listed);
        }
        // The state has no expiry time, so the current time does not matter.
        let is_listed = is_public(&*self.world.store, owner, repo, SystemTime::UNIX_EPOCH).await?;
        self.listed.put(&key, Arc::new(KeptListed { changed, is_listed }));
        Ok(is_listed)
    }

    /// The card of a subject; `None` if it has nothing to show.
    async fn card(
        &self,
        listed: &ListedSubject,
        shown: &ShownCollections,
        now: SystemTime,
    ) -> Result<Option<Arc<Card>>, Unavailable> {
        let ListedSubject { collection, subject, changed } = listed;
        let Some(shown) = shown.0.get(collection) else { return Ok(None) };
        let key = format!("{}/{}", subject.owner(), ListedSubject::key(collection, subject));
        let kept = self.cards.get(&key).filter(|kept| kept.changed == *changed);
        let card = match kept {
            Some(kept) => Arc::clone(&kept.card),
            None => {
                let card = Arc::new(self.read_card(listed, shown, now).await?);
                self.world.executor.sleep(PAUSE).await;
                if is_settled(*changed, now) {
                    self.cards.put(&key, Arc::new(KeptCard { changed: *changed, card: Arc::clone(&card) }));
                }
                card
            }
        };
        let card = card.at(now).map_or(card, Arc::new);
        Ok(Some(card).filter(|card| !card.runs.is_empty() || card.running.is_some()))
    }

    async fn read_card(
        &self,
        listed: &ListedSubject,
        shown: &ShownCollection,
        now: SystemTime,
    ) -> Result<Card, Unavailable> {
        let ListedSubject { collection, subject, .. } = listed;
        let store = &self.world.store;
        let span = Span { last: RUNS, since_ms: None, before: None };
        let records = store.history(collection, subject, span, now).await?;
        let states = if shown.has_states {
            let states = States {
                collection: collection.clone(),
                owner: subject.owner().to_owned(),
                repo: subject.repo().to_owned(),
                platform: Some(subject.platform().to_owned()),
                branch: Some(subject.branch().to_owned()),
            };
            store.states(&states, now).await?
        } else {
            Vec::new()
        };
        Ok(Card::read(listed, &shown.series, &records, states.first()))
    }
}

fn is_settled(changed: SystemTime, now: SystemTime) -> bool {
    now.duration_since(changed).is_ok_and(|settled| settled >= SETTLED)
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Board")
    }
}

impl Weight for KeptCard {
    fn weight(&self) -> usize {
        size_of::<Self>() + self.card.weight()
    }
}

impl Weight for KeptListed {
    fn weight(&self) -> usize {
        size_of::<Self>()
    }
}
