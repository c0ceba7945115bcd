//! A badge made from records that the caller has, without a store. The provider chooses the text, as on a server, and
//! the query parameters are those of the badge's address. It is used for pictures that are drawn without a server.

use std::{collections::BTreeMap, error, fmt};

use badgesmith_provider::{
    Answer, Badge, BadgeRoute, Call, Failure, FoundParts, Manifest, Provider, Query, Record, Step,
};
use badgesmith_renderer::ResolvedBadge;

use crate::{
    draw::{
        overrides::{OVERRIDES, Overrides},
        trend_overrides::{TREND_OVERRIDES, TrendOverrides},
    },
    error::Error,
    format::Format,
    plugins::label_template,
    request::Pairs,
    series::spark,
    serve::trend,
};

/// How many steps a provider may take until its badge is done.
const TURNS: usize = 8;

/// The badge of a provider at one address, made of records.
#[derive(Clone, Copy)]
pub struct RecordedBadge<'a> {
    /// The provider's code.
    pub provider: &'a dyn Provider,
    /// The provider's manifest; its first badge is made.
    pub manifest: &'a Manifest,
    /// The parameters of the route: `platform`, `owner`, `repo` and `branch`.
    pub params: &'a BTreeMap<String, String>,
    /// The query of the address, such as `style=flat-square&precision=1`.
    pub query: &'a str,
    /// The time in whole seconds since 1970, UTC.
    pub now: u64,
}

/// Why there is no badge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedFault {
    /// The badge has no query parameter of this name.
    Unknown(String),
    /// A query parameter has an invalid value; the text says why.
    Parameter(String),
    /// The provider ended the call with a failure.
    Failed(Failure),
    /// The provider requests something other than records, or its requests do not end.
    NotOffline,
}

impl fmt::Display for RecordedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "no query parameter of this badge is called {name}"),
            Self::Parameter(words) => f.write_str(words),
            Self::Failed(failure) => f.write_str(&failure.words),
            Self::NotOffline => f.write_str("its provider needs more than records"),
        }
    }
}

impl error::Error for RecordedFault {}

impl fmt::Debug for RecordedBadge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordedBadge of {} ?{}", self.manifest.id, self.query)
    }
}

impl RecordedBadge<'_> {
    /// The badge, resolved as the server resolves it. `records` answers the provider's queries, the newest record
    /// first; `trend` in the query makes a sparkline of the same records.
    ///
    /// # Errors
    /// [`RecordedFault`]: a wrong query parameter, which a server would ignore in a picture, or the provider's failure.
    pub fn resolve(&self, records: &dyn Fn(&Query) -> Vec<Record>) -> Result<ResolvedBadge, RecordedFault> {
        let route = self.manifest.badges.first().ok_or(RecordedFault::NotOffline)?;
        let pairs = Pairs::of_query(self.query);
        if let Some(name) = pairs.names().find(|name| !is_known(route, name)) {
            return Err(RecordedFault::Unknown(name.to_owned()));
        }
        let mut overrides = Overrides::read(&pairs, Format::Json).map_err(parameter)?.over_style_of(route);
        let trends = TrendOverrides::read(&pairs, Format::Json, &route.query).map_err(parameter)?;
        let queried = route.query.iter().filter_map(|name| Some((name.clone(), pairs.get(name)?.to_owned())));
        let call = RecordedCall { badge: self, name: &route.name, query: queried.collect() };
        let (mut badge, read) = call.run(records)?;
        let series = read.as_ref().and_then(|query| {
            let series = self.manifest.series.iter().find(|series| series.collection == query.collection)?;
            Some((series, query.clone()))
        });
        if let Some((series, query)) = series.filter(|_| trends.records() > 0) {
            let last = u32::try_from(trends.records()).unwrap_or(u32::MAX);
            let records = records(&query.last(last));
            trend::change(series, &records, trends, &mut badge);
            overrides.spark = trends.trend.and_then(|last| spark(series, records.get(..last).unwrap_or(&records)));
        }
        let parameter = |name: &str| self.params.get(name).map(String::as_str);
        let label = label_template::fill(&route.label, parameter, |_| None).into_owned();
        Ok(overrides.resolve(&BadgeRoute { label, ..route.clone() }, badge, false))
    }
}

/// A call that is repeated until its badge is done.
struct RecordedCall<'a> {
    badge: &'a RecordedBadge<'a>,
    name: &'a str,
    query: BTreeMap<String, String>,
}

impl RecordedCall<'_> {
    /// The badge, and the last query for records that it made.
    fn run(&self, records: &dyn Fn(&Query) -> Vec<Record>) -> Result<(Badge, Option<Query>), RecordedFault> {
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        let mut last = None;
        for _ in 0..TURNS {
            let mut call = Call::new(self.name);
            (call.params, call.query, call.now) = (self.badge.params.clone(), self.query.clone(), self.badge.now);
            call.answers = bodies.iter().map(|body| Answer { status: 200, body, ..Answer::default() }).collect();
            let answered = match self.badge.provider.badge(&call) {
                Ok(badge) => return Ok((badge, last)),
                Err(Step::Latest(query)) => {
                    let found = serde_json::to_vec(&records(&query));
                    last = Some(*query);
                    found
                }
                Err(Step::Parts(_)) => serde_json::to_vec(&FoundParts::default()),
                Err(Step::Fail(failure)) => return Err(RecordedFault::Failed(failure)),
                Err(_) => return Err(RecordedFault::NotOffline),
            };
            bodies.push(answered.map_err(|_| RecordedFault::NotOffline)?);
        }
        Err(RecordedFault::NotOffline)
    }
}

/// Whether a badge reads the query parameter of this name.
fn is_known(route: &BadgeRoute, name: &str) -> bool {
    route.query.iter().any(|own| own == name)
        || OVERRIDES.iter().any(|known| known.name == name && name != "format")
        || TREND_OVERRIDES.contains(&name)
}

fn parameter(error: Error) -> RecordedFault {
    RecordedFault::Parameter(error.message().into_owned())
}
