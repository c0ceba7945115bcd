//! How many steps a path takes through a tree at the most.
//!
//! Names are taken for any name, so the count is never too low. What matters are the two ways a path explodes: `..`
//! after `..` reaches a value once for every way down to it, and a filter follows its own paths for every candidate.

use serde_json::Value;

use super::scan::{Followed, Selector, Step};

/// How much dearer compiling a pattern is than a step.
const PATTERN: f64 = 500.0;

/// How many steps a path takes, from the root.
pub(super) fn steps(tree: &Value, path: &[Step]) -> f64 {
    let mut heights = Vec::new();
    count(tree, 0, &mut heights);
    let root = Reached { values: at(0, 1.0, heights.len()), ways: at(0, 1.0, heights.len()) };
    Tree { heights }.follow(path, root)
}

/// How many values lie at each depth.
struct Tree {
    heights: Vec<f64>,
}

/// What a part of a path has reached, by depth.
#[derive(Clone)]
struct Reached {
    /// How many values, each as often as it was reached.
    values: Vec<f64>,
    /// In how many ways one value was reached.
    ways: Vec<f64>,
}

impl Tree {
    fn follow(&self, path: &[Step], start: Reached) -> f64 {
        let mut reached = start;
        let mut total = 1.0;
        for step in path {
            if step.descends {
                // Every value is visited once for each way to each value above it, and to itself.
                reached.ways = sums(&reached.ways);
                reached.values = self.bounded(&reached.ways);
                total += reached.values.iter().sum::<f64>();
            }
            let mut next = Reached { values: self.none(), ways: self.none() };
            for selector in &step.selectors {
                let children = self.children(&reached, selector);
                total += children.values.iter().sum::<f64>();
                if let Selector::All(followed) = selector {
                    total += followed.iter().map(|followed| self.filter(followed, &children)).sum::<f64>();
                }
                add(&mut next.values, &children.values);
                add(&mut next.ways, &children.ways);
            }
            reached = next;
        }
        total
    }

    fn filter(&self, followed: &Followed, candidates: &Reached) -> f64 {
        let all: f64 = candidates.values.iter().sum();
        match followed {
            Followed::Here(path) => self.follow(path, candidates.clone()),
            Followed::Root(path) => {
                let root = Reached { values: self.one(), ways: self.one() };
                all * self.follow(path, root)
            }
            Followed::Pattern => all * PATTERN,
        }
    }

    /// What a selector finds one level below.
    fn children(&self, reached: &Reached, selector: &Selector) -> Reached {
        let ways = below(&reached.ways);
        let all = self.bounded(&ways);
        let values = match selector {
            Selector::All(_) => all,
            Selector::One => below(&reached.values).into_iter().zip(all).map(|(one, all)| one.min(all)).collect(),
        };
        Reached { values, ways }
    }

    /// At each depth all values there, each in so many ways.
    fn bounded(&self, ways: &[f64]) -> Vec<f64> {
        self.heights.iter().zip(ways).map(|(values, ways)| values * ways).collect()
    }

    fn none(&self) -> Vec<f64> {
        vec![0.0; self.heights.len()]
    }

    fn one(&self) -> Vec<f64> {
        at(0, 1.0, self.heights.len())
    }
}

fn count(value: &Value, depth: usize, heights: &mut Vec<f64>) {
    if heights.len() == depth {
        heights.push(0.0);
    }
    heights[depth] += 1.0;
    match value {
        Value::Array(items) => items.iter().for_each(|item| count(item, depth + 1, heights)),
        Value::Object(members) => members.values().for_each(|member| count(member, depth + 1, heights)),
        _ => {}
    }
}

fn at(depth: usize, number: f64, depths: usize) -> Vec<f64> {
    let mut by_depth = vec![0.0; depths];
    by_depth[depth] = number;
    by_depth
}

/// At each depth the sum of all depths up to it.
fn sums(by_depth: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    by_depth
        .iter()
        .map(|number| {
            sum += number;
            sum
        })
        .collect()
}

/// Each number one depth further down.
fn below(by_depth: &[f64]) -> Vec<f64> {
    let above = by_depth.len().saturating_sub(1);
    std::iter::once(0.0).chain(by_depth[..above].iter().copied()).collect()
}

fn add(to: &mut [f64], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::scan;
    use super::*;

    fn measured(tree: &Value, query: &str) -> f64 {
        steps(tree, &scan::path(query).unwrap().steps)
    }

    #[test]
    fn a_path_is_measured_by_what_it_visits() {
        let list = json!({"items": vec![json!({"id": 1}); 100]});
        for (query, from, to) in [
            ("$.items", 1.0, 5.0),
            ("$.items[3].id", 1.0, 10.0),
            ("$.items[*].id", 200.0, 210.0),
            ("$..id", 200.0, 500.0),
            ("$.items[?@.id == 1].id", 300.0, 500.0),
            ("$.items[?@.id == $.items[0].id]", 400.0, 700.0),
            ("$.items[?count($..*) > 1]", 20_000.0, 60_000.0),
            ("$.items[?match(@.id, 'x')]", 50_000.0, 51_000.0),
        ] {
            let steps = measured(&list, query);
            assert!((from..to).contains(&steps), "{query}: {steps}");
        }
    }

    #[test]
    fn no_path_finds_more_than_was_measured() {
        let mut deep = json!(1);
        for _ in 0..20 {
            deep = json!({"a": deep, "b": [1, 2]});
        }
        for query in ["$..*", "$..*..*", "$..*..*..*", "$..[*,*,'a']", "$..[?@..b]..*", "$..a..b[0]", "$.a.a[*][*]"] {
            let path = serde_json_path::JsonPath::parse(query).unwrap();
            let found = path.query(&deep).len() as f64;
            let steps = measured(&deep, query);
            assert!(found <= steps && found > 0.0, "{query}: {found} of {steps}");
        }
    }
}
