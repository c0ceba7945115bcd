//! Templates of addresses, and the one a path fits.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeMap, fmt};

use crate::request::{TooDeep, decode, decode_fully};

/// A route: literal segments, `{parameter}` segments, and at the end perhaps `{rest…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Segment>);

/// A part of a route between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Matches without regard to case.
    Literal(String),
    /// Takes one segment, decoded once.
    Parameter(String),
    /// Takes all that is left, decoded until nothing is left to decode.
    Rest(String),
}

/// The parameters a path gave.
pub(crate) type Parameters = BTreeMap<String, String>;

/// Which template a path fits, most specific first.
#[derive(Debug)]
pub(crate) struct Router<T>(Vec<(Template, T)>);

impl Template {
    /// Reads `/literal/{parameter}/{rest…}`; `{rest...}` is the same.
    pub(crate) fn parse(route: &str) -> Result<Self, String> {
        let path = route.strip_prefix('/').ok_or_else(|| format!("the route {route:?} does not begin with /"))?;
        let mut segments = Vec::new();
        for text in path.split('/') {
            let segment =
                Self::segment(text).ok_or_else(|| format!("{text:?} in the route {route:?} is no segment"))?;
            if matches!(segments.last(), Some(Segment::Rest(_))) {
                return Err(format!("something follows the rest in the route {route:?}"));
            }
            segments.push(segment);
        }
        let mut names: Vec<_> = segments.iter().filter_map(Segment::name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(format!("a parameter stands twice in the route {route:?}"));
        }
        Ok(Self(segments))
    }

    fn segment(text: &str) -> Option<Segment> {
        let plain = |text: &str| !text.is_empty() && !text.contains(['{', '}', '%', '?', '#']);
        let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
            return plain(text).then(|| Segment::Literal(text.to_ascii_lowercase()));
        };
        let rest = inner.strip_suffix('…').or_else(|| inner.strip_suffix("..."));
        match rest {
            Some(name) => plain(name).then(|| Segment::Rest(name.to_owned())),
            None => plain(inner).then(|| Segment::Parameter(inner.to_owned())),
        }
    }

    /// The parameters, if these segments, still encoded, fit.
    pub(crate) fn fit(&self, segments: &[&str]) -> Option<Parameters> {
        let decoded = decoded(segments);
        if self.fits(&decoded) { self.parameters(segments, &decoded).ok() } else { None }
    }

    /// Whether these segments, decoded once, fit.
    fn fits(&self, segments: &[Cow<'_, str>]) -> bool {
        for (index, segment) in self.0.iter().enumerate() {
            let Some(text) = segments.get(index) else { return false };
            match segment {
                Segment::Literal(literal) if text.eq_ignore_ascii_case(literal) => {}
                Segment::Literal(_) => return false,
                Segment::Parameter(_) if text.is_empty() => return false,
                Segment::Parameter(_) => {}
                Segment::Rest(_) => return segments.len() > index + 1 || !text.is_empty(),
            }
        }
        segments.len() == self.0.len()
    }

    /// The parameters of segments that fit, as they came and decoded once.
    fn parameters(&self, segments: &[&str], decoded: &[Cow<'_, str>]) -> Result<Parameters, TooDeep> {
        let mut parameters = Parameters::new();
        for (index, (segment, text)) in self.0.iter().zip(decoded).enumerate() {
            match segment {
                Segment::Literal(_) => {}
                Segment::Parameter(name) => drop(parameters.insert(name.clone(), text.clone().into_owned())),
                Segment::Rest(name) => {
                    parameters.insert(name.clone(), decode_fully(&segments[index..].join("/"))?);
                }
            }
        }
        Ok(parameters)
    }

    /// Its segments, in their order.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether it has a parameter of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().filter_map(Segment::name).any(|other| other == name)
    }

    /// The first segment, if it is a literal.
    pub(crate) fn first_literal(&self) -> Option<&str> {
        match self.0.first() {
            Some(Segment::Literal(literal)) => Some(literal),
            _ => None,
        }
    }

    /// Literals before parameters, parameters before the rest, from left to right. Templates that every path fits
    /// alike are equal.
    fn precedence(&self, other: &Self) -> Ordering {
        let key = |template: &Self| template.0.iter().map(Segment::rank).collect::<Vec<_>>();
        key(self).cmp(&key(other))
    }
}

impl Segment {
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Parameter(name) | Self::Rest(name) => Some(name),
        }
    }

    fn rank(&self) -> (u8, String) {
        match self {
            Self::Literal(literal) => (0, literal.clone()),
            Self::Parameter(_) => (1, String::new()),
            Self::Rest(_) => (2, String::new()),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|segment| match segment {
            Segment::Literal(literal) => write!(f, "/{literal}"),
            Segment::Parameter(name) => write!(f, "/{{{name}}}"),
            Segment::Rest(name) => write!(f, "/{{{name}…}}"),
        })
    }
}

impl<T> Router<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a route, or returns what already stands where it would.
    pub(crate) fn add(&mut self, template: Template, target: T) -> Result<(), &(Template, T)> {
        match self.0.binary_search_by(|(other, _)| other.precedence(&template)) {
            Ok(index) => Err(&self.0[index]),
            Err(index) => {
                self.0.insert(index, (template, target));
                Ok(())
            }
        }
    }

    /// The most specific route that these segments fit, still encoded.
    pub(crate) fn find(&self, segments: &[&str]) -> Option<Found<'_, T>> {
        let decoded = decoded(segments);
        let (template, target) = self.0.iter().find(|(template, _)| template.fits(&decoded))?;
        Some(Found { template, target, parameters: template.parameters(segments, &decoded) })
    }
}

fn decoded<'s>(segments: &[&'s str]) -> Vec<Cow<'s, str>> {
    segments.iter().map(|segment| decode(segment)).collect()
}

/// A route that a path fits.
#[derive(Debug)]
pub(crate) struct Found<'r, T> {
    pub(crate) template: &'r Template,
    pub(crate) target: &'r T,
    /// What the path gives for its parameters, unless it is encoded too often.
    pub(crate) parameters: Result<Parameters, TooDeep>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(routes: &[&'static str]) -> Router<&'static str> {
        let mut router = Router::new();
        for route in routes {
            router.add(Template::parse(route).unwrap(), *route).unwrap();
        }
        router
    }

    #[test]
    fn the_most_specific_route_wins_whatever_the_order() {
        let router = router(&["/a/{x…}", "/a/{x}/{y}", "/a/b/{y}", "/a/{x}", "/a/{x}/c"]);
        let rows = [
            ("/a/1", "/a/{x}"),
            ("/A/B/1", "/a/b/{y}"),
            ("/a/1/2", "/a/{x}/{y}"),
            ("/a/1/C", "/a/{x}/c"),
            ("/a/1/2/3", "/a/{x…}"),
        ];
        for (path, route) in rows {
            let segments: Vec<_> = path[1..].split('/').collect();
            assert_eq!(router.find(&segments).map(|found| *found.target), Some(route), "{path}");
        }
    }

    #[test]
    fn two_routes_that_fit_the_same_paths_conflict() {
        let mut router = router(&["/a/{x}/b"]);
        assert!(router.add(Template::parse("/A/{other}/B").unwrap(), "second").is_err());
        assert!(router.add(Template::parse("/a/{x}/c").unwrap(), "third").is_ok());
    }

    #[test]
    fn a_parameter_is_decoded_once_and_the_rest_until_the_end() {
        let fit = |route: &'static str, path: &str| {
            let router = router(&[route]);
            let found = router.find(&path[1..].split('/').collect::<Vec<_>>())?;
            found.parameters.unwrap().into_values().next()
        };
        assert_eq!(fit("/{x}", "/a%252Fb").as_deref(), Some("a%2Fb"));
        assert_eq!(fit("/{x…}", "/a%252Fb/c").as_deref(), Some("a/b/c"));
        assert_eq!(fit("/{x}", "/a/b"), None);
        assert_eq!(fit("/{x}", "/"), None);
    }

    #[test]
    fn nonsense_is_no_route() {
        for route in ["", "a", "/a//b", "/{x…}/b", "/{}", "/{a}b", "/{a}/{a}", "/a?b"] {
            assert!(Template::parse(route).is_err(), "{route}");
        }
    }
}
