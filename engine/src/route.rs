//! Route templates.

use std::{borrow::Cow, collections::BTreeMap, error::Error, fmt};

use crate::request::{TooDeep, decode, decode_fully};

/// A route such as `/literal/{parameter}/{rest…}`, in which only the last segment may be `{rest…}`. `{@name}` is a name
/// that may have a scope, `@scope/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RouteTemplate(Vec<RouteSegment>);

/// A segment of a route, between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RouteSegment {
    /// Matches itself, case-insensitively.
    Literal(String),
    /// Takes one segment, percent-decoded once.
    Parameter(String),
    /// Takes one segment, or two if the first begins with `@`, percent-decoded once and joined by a slash.
    Scoped(String),
    /// Takes all remaining segments, percent-decoded until they do not change any more.
    Rest(String),
}

/// The values of a route's parameters in a path.
pub(crate) type Parameters = BTreeMap<String, String>;

impl RouteTemplate {
    /// Reads `/literal/{parameter}/{@name}/{rest…}`; `{rest...}` is the same.
    ///
    /// # Errors
    /// [`RouteSyntaxError`].
    pub(crate) fn parse(route: &str) -> Result<Self, RouteSyntaxError> {
        let error = |fault| RouteSyntaxError { route: route.to_owned(), fault };
        let path = route.strip_prefix('/').ok_or_else(|| error(RouteSyntaxFault::NoSlash))?;
        let mut segments = Vec::new();
        for text in path.split('/') {
            let segment = Self::segment(text).ok_or_else(|| error(RouteSyntaxFault::Segment(text.to_owned())))?;
            if matches!(segments.last(), Some(RouteSegment::Rest(_))) {
                return Err(error(RouteSyntaxFault::AfterRest));
            }
            segments.push(segment);
        }
        let mut names: Vec<_> = segments.iter().filter_map(RouteSegment::name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(error(RouteSyntaxFault::DuplicateParameter));
        }
        Ok(Self(segments))
    }

    fn segment(text: &str) -> Option<RouteSegment> {
        let plain = |text: &str| !text.is_empty() && !text.contains(['{', '}', '%', '?', '#']);
        let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
            return plain(text).then(|| RouteSegment::Literal(text.to_ascii_lowercase()));
        };
        if let Some(name) = inner.strip_prefix('@') {
            return (plain(name) && !name.contains(['@', '…', '.'])).then(|| RouteSegment::Scoped(name.to_owned()));
        }
        let rest = inner.strip_suffix('…').or_else(|| inner.strip_suffix("..."));
        match rest {
            Some(name) => plain(name).then(|| RouteSegment::Rest(name.to_owned())),
            None => plain(inner).then(|| RouteSegment::Parameter(inner.to_owned())),
        }
    }

    /// The parameters of a path, if it matches. A query after it is ignored.
    pub(crate) fn fit_address(&self, address: &str) -> Option<Parameters> {
        let path = address.split('?').next().unwrap_or_default();
        self.fit(&path.trim_start_matches('/').split('/').collect::<Vec<_>>())
    }

    /// The parameters of these segments, which are still percent-encoded, if they match.
    pub(crate) fn fit(&self, segments: &[&str]) -> Option<Parameters> {
        let decoded = decoded(segments);
        if self.fits(&decoded) { self.parameters(segments, &decoded).ok() } else { None }
    }

    /// Whether these segments, decoded once, match.
    fn fits(&self, segments: &[Cow<'_, str>]) -> bool {
        let mut rest = segments;
        for segment in &self.0 {
            let Some(width) = segment.width(rest) else { return false };
            rest = &rest[width..];
        }
        rest.is_empty()
    }

    /// The parameters of segments that match, from their encoded and their once decoded form.
    pub(crate) fn parameters(&self, segments: &[&str], decoded: &[Cow<'_, str>]) -> Result<Parameters, TooDeep> {
        let mut parameters = Parameters::new();
        let mut index = 0;
        for segment in &self.0 {
            let Some(width) = segment.width(&decoded[index..]) else { break };
            let value = match segment {
                RouteSegment::Literal(_) => None,
                RouteSegment::Parameter(name) => Some((name, decoded[index].clone().into_owned())),
                RouteSegment::Scoped(name) => Some((name, decoded[index..index + width].join("/"))),
                RouteSegment::Rest(name) => Some((name, decode_fully(&segments[index..].join("/"))?)),
            };
            parameters.extend(value.map(|(name, value)| (name.clone(), value)));
            index += width;
        }
        Ok(parameters)
    }

    /// Its segments, in order.
    pub(crate) fn segments(&self) -> &[RouteSegment] {
        &self.0
    }

    /// Whether it has a parameter of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().filter_map(RouteSegment::name).any(|other| other == name)
    }

    /// The first segment, if it is a literal.
    pub(crate) fn first_literal(&self) -> Option<&str> {
        match self.0.first() {
            Some(RouteSegment::Literal(literal)) => Some(literal),
            _ => None,
        }
    }
}

impl RouteSegment {
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Parameter(name) | Self::Scoped(name) | Self::Rest(name) => Some(name),
        }
    }

    /// How many of these segments, decoded once, this segment of the route takes; `None` if it does not match the first
    /// of them.
    pub(crate) fn width(&self, segments: &[Cow<'_, str>]) -> Option<usize> {
        let (first, others) = segments.split_first()?;
        let is_filled = !first.is_empty();
        match self {
            Self::Literal(literal) => first.eq_ignore_ascii_case(literal).then_some(1),
            Self::Parameter(_) => is_filled.then_some(1),
            // An encoded slash is part of the segment: `@scope%2Fname`.
            Self::Scoped(_) if first.starts_with('@') && !first.contains('/') => {
                let name = others.first().filter(|name| !name.is_empty());
                name.filter(|_| first.len() > 1).map(|_| 2)
            }
            Self::Scoped(_) => is_filled.then_some(1),
            Self::Rest(_) => (is_filled || !others.is_empty()).then_some(segments.len()),
        }
    }
}

/// Why a text is not a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteSyntaxError {
    /// The text.
    pub route: String,
    /// What is wrong with it.
    pub fault: RouteSyntaxFault,
}

/// What is wrong with the text of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteSyntaxFault {
    /// It does not begin with a slash.
    NoSlash,
    /// This part of it is not a segment.
    Segment(String),
    /// A segment follows `{rest…}`.
    AfterRest,
    /// Two parameters have the same name.
    DuplicateParameter,
}

impl fmt::Display for RouteSyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = &self.route;
        match &self.fault {
            RouteSyntaxFault::NoSlash => write!(f, "the route {route:?} does not begin with /"),
            RouteSyntaxFault::Segment(text) => write!(f, "{text:?} in the route {route:?} is no segment"),
            RouteSyntaxFault::AfterRest => write!(f, "something follows the rest in the route {route:?}"),
            RouteSyntaxFault::DuplicateParameter => write!(f, "a parameter stands twice in the route {route:?}"),
        }
    }
}

impl Error for RouteSyntaxError {}

impl fmt::Display for RouteTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|segment| match segment {
            RouteSegment::Literal(literal) => write!(f, "/{literal}"),
            RouteSegment::Parameter(name) => write!(f, "/{{{name}}}"),
            RouteSegment::Scoped(name) => write!(f, "/{{@{name}}}"),
            RouteSegment::Rest(name) => write!(f, "/{{{name}…}}"),
        })
    }
}

fn decoded<'s>(segments: &[&'s str]) -> Vec<Cow<'s, str>> {
    segments.iter().map(|segment| decode(segment)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_routes_are_refused() {
        for route in ["", "a", "/a//b", "/{x…}/b", "/{}", "/{a}b", "/{a}/{a}", "/{@}", "/{@a…}/b", "/{@a}/{a}", "/a?b"]
        {
            assert!(RouteTemplate::parse(route).is_err(), "{route}");
        }
    }
}
