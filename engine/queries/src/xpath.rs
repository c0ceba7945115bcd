//! An XPath through XML: version 1.0 by `xpath-eval`, over a tree that counts the steps through it.

mod counted_node;

use roxmltree::Document;
use xpath_eval::{
    EvalError, EvaluationContext, Expr, FilterExpr, FunctionCall, LocationPath, NodeKind, PathExpr, PrimaryExpr, Value,
    evaluate, parse,
};

use crate::{Fault, MOST_BYTES, MOST_TEXTS, cut, step_budget::Steps};
use counted_node::{Budget, Ground, Walk};

/// The longest list of letters that `translate` looks through for every letter of a text.
const LONGEST_TRANSLATION: usize = 128;

/// How deep the parts of an expression may lie in each other: its evaluator calls itself for each. `1 + 1 + 1` is
/// three high.
const HIGHEST: usize = 48;
/// More minuses in a row than this are refused before the parser calls itself for each.
const MOST_MINUSES: &str = "----------------";

/// The texts of what a path selects, in the document's order; a number, a boolean or a text is its own.
pub(crate) fn find(document: &Document, query: &str, steps: &Steps) -> Result<Vec<String>, Fault> {
    let query = query.trim();
    if query.split_whitespace().collect::<String>().contains(MOST_MINUSES) {
        return Err(Fault::QueryTooDeep);
    }
    let expression = parse(query).map_err(|_| Fault::XPath)?;
    if height(&expression) > HIGHEST {
        return Err(Fault::QueryTooDeep);
    }
    let calls = calls(&expression).ok_or(Fault::TooManySteps)?;
    let ground = Ground { document, budget: Budget::new(steps, 1 + calls) };
    let root = Walk::root(&ground);
    let prefixed = |prefix: &str| document.root_element().lookup_namespace_uri(Some(prefix)).map(str::to_owned);
    let mut context = EvaluationContext::new(root);
    context.namespaces = Some(&prefixed);
    let found = evaluate(&expression, &context);
    let texts = match found {
        Ok(Value::NodeSet(nodes)) => texts(nodes),
        Ok(value) => vec![cut(&value.to_xpath_string()).to_owned()],
        Err(EvalError::UnknownFunction(_) | EvalError::ArgumentCount { .. }) => return Err(Fault::XPath),
        Err(EvalError::UnboundVariable(_) | EvalError::ExpectedNodeSet { .. }) => return Err(Fault::XPath),
    };
    // Whatever was found once the steps had run out is nothing to go by.
    if steps.is_spent() { Err(Fault::TooManySteps) } else { Ok(texts) }
}

/// The texts of nodes, as many as there is room for.
fn texts(nodes: Vec<Walk>) -> Vec<String> {
    let mut bytes = 0;
    let mut texts = Vec::new();
    for node in nodes.into_iter().take(MOST_TEXTS) {
        let text = text(node);
        bytes += text.len();
        texts.push(text);
        if bytes >= MOST_BYTES {
            break;
        }
    }
    texts
}

/// What a badge shows of a node, as shields does: of an element the text it begins with, and of one that begins with
/// an element all its text.
fn text(node: Walk) -> String {
    use xpath_eval::Node;

    let text = match node.children().next() {
        Some(first) if first.kind() == NodeKind::Text => first.string_value(),
        _ => node.string_value(),
    };
    cut(text.trim()).to_owned()
}

/// How many functions an expression calls, `translate` once for every letter it looks for; `None` where that is not
/// known beforehand.
fn calls(expression: &Expr) -> Option<u64> {
    let own = match expression {
        Expr::Path(PathExpr::Filter(filter) | PathExpr::FilterLocation(filter, _)) => match &filter.primary {
            PrimaryExpr::Function(call) => call_cost(call)?,
            _ => 0,
        },
        _ => 0,
    };
    parts(expression).into_iter().map(calls).sum::<Option<u64>>().map(|calls| own + calls)
}

fn call_cost(call: &FunctionCall) -> Option<u64> {
    if call.name.local != "translate" {
        return Some(1);
    }
    match call.args.get(1) {
        Some(Expr::Path(PathExpr::Filter(FilterExpr { primary: PrimaryExpr::Literal(letters), predicates })))
            if predicates.is_empty() && letters.len() <= LONGEST_TRANSLATION =>
        {
            Some(letters.len() as u64)
        }
        // The evaluator says itself that there are too few arguments.
        None => Some(1),
        Some(_) => None,
    }
}

/// How deep an expression's parts lie in each other.
fn height(expression: &Expr) -> usize {
    1 + parts(expression).into_iter().map(height).max().unwrap_or(0)
}

/// The expressions in an expression: its operands, arguments and predicates.
fn parts(expression: &Expr) -> Vec<&Expr> {
    match expression {
        Expr::Or(one, other) | Expr::And(one, other) | Expr::Union(one, other) => vec![one, other],
        Expr::Equality(one, _, other) => vec![one, other],
        Expr::Relational(one, _, other) => vec![one, other],
        Expr::Additive(one, _, other) => vec![one, other],
        Expr::Multiplicative(one, _, other) => vec![one, other],
        Expr::Negate(negated) => vec![negated],
        Expr::Path(PathExpr::Location(path)) => in_path(path).collect(),
        Expr::Path(PathExpr::Filter(filter)) => in_filter(filter),
        Expr::Path(PathExpr::FilterLocation(filter, path)) => {
            let mut parts = in_filter(filter);
            parts.extend(in_path(path));
            parts
        }
    }
}

fn in_path(path: &LocationPath) -> impl Iterator<Item = &Expr> {
    path.steps.iter().flat_map(|step| &step.predicates)
}

fn in_filter(filter: &FilterExpr) -> Vec<&Expr> {
    let mut parts: Vec<_> = match &filter.primary {
        PrimaryExpr::Parenthesized(inner) => vec![&**inner],
        PrimaryExpr::Function(call) => call.args.iter().collect(),
        PrimaryExpr::Variable(_) | PrimaryExpr::Literal(_) | PrimaryExpr::Number(_) => Vec::new(),
    };
    parts.extend(&filter.predicates);
    parts
}
