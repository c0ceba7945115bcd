//! A router: a tree of route segments that finds the most specific route that a path matches.

use std::borrow::Cow;

use crate::{
    request::{TooDeep, decode},
    route::{Parameters, RouteSegment, RouteTemplate},
};

/// Route templates with their targets.
#[derive(Debug)]
pub(crate) struct Router<T> {
    routes: Vec<(RouteTemplate, T)>,
    root: RouteNode,
}

/// A node of the tree: the routes that continue a prefix. Routes are indices in [`Router::routes`].
#[derive(Debug, Default)]
struct RouteNode {
    /// The route that ends here.
    end: Option<usize>,
    /// The literals that may follow, in lower case and in their order.
    literals: Vec<(String, RouteNode)>,
    /// The routes that continue with a name that may have a scope.
    scoped: Option<Box<RouteNode>>,
    /// The routes that continue with a parameter.
    parameter: Option<Box<RouteNode>>,
    /// The route whose `{rest…}` begins here.
    rest: Option<usize>,
}

/// A route that matches a path.
#[derive(Debug)]
pub(crate) struct RouteMatch<'r, T> {
    pub(crate) template: &'r RouteTemplate,
    pub(crate) target: &'r T,
    /// The path's values for the parameters, unless the path is percent-encoded too many times.
    pub(crate) parameters: Result<Parameters, TooDeep>,
}

impl<T> Router<T> {
    pub(crate) fn new() -> Self {
        Self { routes: Vec::new(), root: RouteNode::default() }
    }

    /// Adds a route.
    ///
    /// # Errors
    /// The route that matches the same paths already.
    pub(crate) fn add(&mut self, template: RouteTemplate, target: T) -> Result<(), &(RouteTemplate, T)> {
        let index = self.routes.len();
        let place = self.root.place(template.segments());
        match place {
            Some(taken) => Err(&self.routes[*taken]),
            None => {
                *place = Some(index);
                self.routes.push((template, target));
                Ok(())
            }
        }
    }

    /// The most specific route that these segments match: from left to right, a literal before a name that may have a
    /// scope, that before a parameter, and a parameter before the rest. The segments are still percent-encoded.
    pub(crate) fn find(&self, segments: &[&str]) -> Option<RouteMatch<'_, T>> {
        let decoded: Vec<Cow<'_, str>> = segments.iter().map(|segment| decode(segment)).collect();
        let (template, target) = &self.routes[self.root.find(&decoded)?];
        Some(RouteMatch { template, target, parameters: template.parameters(segments, &decoded) })
    }
}

impl RouteNode {
    /// The place in the tree for the route with these segments.
    fn place(&mut self, segments: &[RouteSegment]) -> &mut Option<usize> {
        let mut node = self;
        for segment in segments {
            node = match segment {
                RouteSegment::Literal(literal) => node.literal(literal),
                RouteSegment::Scoped(_) => node.scoped.get_or_insert_default(),
                RouteSegment::Parameter(_) => node.parameter.get_or_insert_default(),
                RouteSegment::Rest(_) => return &mut node.rest,
            };
        }
        &mut node.end
    }

    /// The node after this literal.
    fn literal(&mut self, literal: &str) -> &mut Self {
        let index = match self.literals.binary_search_by(|(other, _)| (**other).cmp(literal)) {
            Ok(index) => index,
            Err(index) => {
                self.literals.insert(index, (literal.to_owned(), Self::default()));
                index
            }
        };
        &mut self.literals[index].1
    }

    /// The most specific route that these segments, decoded once, match. Backtracking visits each node of the tree at
    /// most once, whatever the path is.
    fn find(&self, segments: &[Cow<'_, str>]) -> Option<usize> {
        let Some((first, others)) = segments.split_first() else { return self.end };
        let literal = self
            .literals
            .binary_search_by(|(literal, _)| literal.bytes().cmp(first.bytes().map(|byte| byte.to_ascii_lowercase())));
        if let Some(found) = literal.ok().and_then(|index| self.literals[index].1.find(others)) {
            return Some(found);
        }
        let width = self.scoped.as_ref().and_then(|_| RouteSegment::Scoped(String::new()).width(segments));
        let scoped = self.scoped.as_ref().zip(width).and_then(|(node, width)| node.find(&segments[width..]));
        if scoped.is_some() {
            return scoped;
        }
        let is_filled = !first.is_empty();
        let parameter = self.parameter.as_ref().filter(|_| is_filled).and_then(|node| node.find(others));
        parameter.or(self.rest.filter(|_| is_filled || !others.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(routes: &[&'static str]) -> Router<&'static str> {
        let mut router = Router::new();
        for route in routes {
            router.add(RouteTemplate::parse(route).unwrap(), *route).unwrap();
        }
        router
    }

    fn found(router: &Router<&'static str>, path: &str) -> Option<&'static str> {
        let segments: Vec<_> = path[1..].split('/').collect();
        router.find(&segments).map(|found| *found.target)
    }

    #[test]
    fn the_most_specific_route_wins_regardless_of_the_order() {
        let router = router(&["/a/{x…}", "/a/{x}/{y}", "/a/b/{y}", "/a/{x}", "/a/{x}/c"]);
        let rows = [
            ("/a/1", "/a/{x}"),
            ("/A/B/1", "/a/b/{y}"),
            ("/a/1/2", "/a/{x}/{y}"),
            ("/a/1/C", "/a/{x}/c"),
            ("/a/1/2/3", "/a/{x…}"),
        ];
        for (path, route) in rows {
            assert_eq!(found(&router, path), Some(route), "{path}");
        }
    }

    #[test]
    fn a_literal_that_leads_nowhere_does_not_hide_a_parameter() {
        let router = router(&["/a/b/c/d", "/a/{x}/c/{y…}", "/a/{x}/{y}", "/{z…}"]);
        let rows = [
            ("/a/b/c/d", "/a/b/c/d"),
            ("/a/b/c/e", "/a/{x}/c/{y…}"),
            ("/a/b/c", "/a/{x}/{y}"),
            ("/a/b", "/{z…}"),
            ("/a//c", "/{z…}"),
            ("/a/b/c/", "/{z…}"),
        ];
        for (path, route) in rows {
            assert_eq!(found(&router, path), Some(route), "{path}");
        }
    }

    #[test]
    fn a_name_takes_its_scope_with_it() {
        let router = router(&["/v/{@name}", "/v/{@name}/{tag…}", "/d/{@name}/dev/{@other}", "/d/{@name}/{@other}"]);
        let rows = [
            ("/v/a", Some("/v/{@name}")),
            ("/v/@a/b", Some("/v/{@name}")),
            ("/v/@a%2Fb", Some("/v/{@name}")),
            ("/v/a/b", Some("/v/{@name}/{tag…}")),
            ("/v/@a/b/c/d", Some("/v/{@name}/{tag…}")),
            ("/v/@a%2Fb/c", Some("/v/{@name}/{tag…}")),
            ("/v/@a", None),
            ("/v/@/b", None),
            ("/v/@a/", None),
            ("/d/@a/b/@c/d", Some("/d/{@name}/{@other}")),
            ("/d/a/dev/@c/d", Some("/d/{@name}/dev/{@other}")),
            ("/d/a/dev", Some("/d/{@name}/{@other}")),
        ];
        for (path, route) in rows {
            assert_eq!(found(&router, path), route, "{path}");
        }
        let segments = ["v", "%40a", "b%2Fc", "d"];
        let parameters = router.find(&segments).unwrap().parameters.unwrap();
        assert_eq!((&*parameters["name"], &*parameters["tag"]), ("@a/b/c", "d"));
    }

    #[test]
    fn two_routes_that_match_the_same_paths_conflict() {
        let mut router = router(&["/a/{x}/b", "/a/{rest…}"]);
        let taken = router.add(RouteTemplate::parse("/A/{other}/B").unwrap(), "second").unwrap_err();
        assert_eq!(taken.1, "/a/{x}/b");
        assert!(router.add(RouteTemplate::parse("/a/{more…}").unwrap(), "third").is_err());
        assert!(router.add(RouteTemplate::parse("/a/{x}/c").unwrap(), "fourth").is_ok());
    }

    #[test]
    fn a_parameter_is_decoded_once_and_the_rest_completely() {
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
}
