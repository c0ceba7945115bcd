//! XPath 1.0 by `xpath-eval`, on nodes that count the steps through their document.

mod counted_node;

use roxmltree::Document;
use xpath_eval::{
    EvalError, EvaluationContext, Expr, FilterExpr, FunctionCall, LocationPath, NodeKind, PathExpr, PrimaryExpr, Value,
    evaluate, parse,
};

use crate::{
    limits::{TextLimit, truncate},
    query_error::QueryError,
    step_budget::StepBudget,
};
use counted_node::{CountedDocument, CountedNode, TextBudget};

/// The longest second argument of `translate`, which is searched once for every character of a text.
const LONGEST_TRANSLATION: usize = 128;

/// The greatest height of an expression, on which the evaluator recurses. `1 + 1 + 1` has a height of three.
const HIGHEST: usize = 48;
/// A query with this many minus signs in a row is refused, because the parser recurses on each.
const MOST_MINUSES: &str = "----------------";

/// The texts of the selected nodes, in the document's order, or the text of a number, a boolean or a string.
pub(crate) fn find(
    document: &Document,
    query: &str,
    limit: TextLimit,
    steps: &StepBudget,
) -> Result<Vec<String>, QueryError> {
    evaluated(document, query, steps, |found| match found {
        Value::NodeSet(nodes) => texts(nodes, limit),
        value => Ok(vec![truncate(&value.to_xpath_string()).to_owned()]),
    })
}

/// How many nodes are selected; `None` if there are none.
pub(crate) fn count(document: &Document, query: &str, steps: &StepBudget) -> Result<Option<usize>, QueryError> {
    evaluated(document, query, steps, |found| match found {
        Value::NodeSet(nodes) => Ok(Some(nodes.len()).filter(|count| *count > 0)),
        _ => Ok(Some(1)),
    })
}

/// Evaluates an expression within the limits.
fn evaluated<T>(
    document: &Document,
    query: &str,
    steps: &StepBudget,
    read: impl FnOnce(Value<CountedNode>) -> Result<T, QueryError>,
) -> Result<T, QueryError> {
    let query = query.trim();
    if query.split_whitespace().collect::<String>().contains(MOST_MINUSES) {
        return Err(QueryError::QueryTooDeep);
    }
    let expression = parse(query).map_err(|_| QueryError::XPath)?;
    if height(&expression) > HIGHEST {
        return Err(QueryError::QueryTooDeep);
    }
    let calls = calls(&expression).ok_or(QueryError::TooManySteps)?;
    let counted = CountedDocument { document, budget: TextBudget::new(steps, 1 + calls) };
    let root = CountedNode::root(&counted);
    let prefixed = |prefix: &str| document.root_element().lookup_namespace_uri(Some(prefix)).map(str::to_owned);
    let mut context = EvaluationContext::new(root);
    context.namespaces = Some(&prefixed);
    let found = evaluate(&expression, &context);
    let found = match found {
        Ok(found) => read(found),
        Err(EvalError::UnknownFunction(_) | EvalError::ArgumentCount { .. }) => return Err(QueryError::XPath),
        Err(EvalError::UnboundVariable(_) | EvalError::ExpectedNodeSet { .. }) => return Err(QueryError::XPath),
    };
    // Once the steps are spent, nodes look empty, so the result is wrong.
    if steps.is_spent() { Err(QueryError::TooManySteps) } else { found }
}

/// The texts of nodes, within the limits.
fn texts(nodes: Vec<CountedNode>, limit: TextLimit) -> Result<Vec<String>, QueryError> {
    let mut bytes = 0;
    let mut texts = Vec::new();
    for node in nodes {
        let text = text(node);
        bytes += text.len();
        texts.push(text);
        match limit {
            limit if !limit.is_reached(texts.len(), bytes) => {}
            TextLimit::First => break,
            TextLimit::All => return Err(QueryError::TooManyTexts),
        }
    }
    Ok(texts)
}

/// The text of a node, as shields shows it: the first text node of an element, or the whole text of one that begins
/// with an element.
fn text(node: CountedNode) -> String {
    use xpath_eval::Node;

    let text = match node.children().next() {
        Some(first) if first.kind() == NodeKind::Text => first.string_value(),
        _ => node.string_value(),
    };
    truncate(text.trim()).to_owned()
}

/// How many function calls an expression has; `translate` counts once for every character it searches for. `None` if
/// the number is not known before the evaluation.
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
        // The evaluator reports the missing arguments.
        None => Some(1),
        Some(_) => None,
    }
}

/// The height of an expression's syntax tree.
fn height(expression: &Expr) -> usize {
    1 + parts(expression).into_iter().map(height).max().unwrap_or(0)
}

/// The direct subexpressions: operands, arguments and predicates.
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
