//! A badge of the file: its table, split into requests and values, and the checks that concern several of them.

use std::collections::BTreeSet;

use super::{
    address_template::AddressTemplate,
    badge_table::{BadgeTable, filled},
    braces::TextTemplate,
    file_error::FileFault,
    name_use::NameUse,
    recipe::{BadgeRecipe, NamedValue},
    request_table::RequestTable,
    route_table::{BadgeNames, RouteKeys, not_used},
    value_table::ValueTable,
};
use crate::{plugins::label_template, toml_reader::Spanned};

/// A badge of the file.
#[derive(Debug)]
pub(super) struct Badge {
    pub(super) table: BadgeTable,
    pub(super) requests: Vec<Part<RequestTable>>,
    values: Vec<Part<ValueTable>>,
}

/// One of several tables of a badge.
#[derive(Debug)]
pub(super) struct Part<T> {
    /// Its name; empty if its keys are those of `[[badge]]`.
    pub(super) name: String,
    /// Its offset in the file.
    pub(super) offset: usize,
    pub(super) table: T,
}

impl Badge {
    /// Splits a table into its parts.
    ///
    /// # Errors
    /// Keys of `[[badge]]` conflict with keys of its other tables.
    pub(super) fn new(table: Spanned<BadgeTable>) -> Result<Self, FileFault> {
        let offset = table.span().start;
        let mut table = table.into_inner();
        let own = table.take_request();
        let mut requests: Vec<_> = std::mem::take(&mut table.requests).into_iter().map(Part::of).collect();
        if requests.is_empty() || own.is_written() {
            requests.insert(0, Part { name: String::new(), offset, table: own });
        }
        if let Some(request) = requests.iter().find(|request| request.table.address().is_none()) {
            return Err(FileFault::new(request.offset, "there is no get; write get = …"));
        }
        let own = table.take_value();
        let mut values: Vec<_> = std::mem::take(&mut table.values).into_iter().map(Part::of).collect();
        match (own.first_key(), values.is_empty(), &table.message) {
            (Some(key), false, _) => {
                return Err(FileFault::new(
                    key,
                    "there are several values; write it in the [badge.values.…] it is for",
                ));
            }
            (_, false, None) => {
                let words = "there are values and no message; write message = \"…\", with a {name} for each value";
                return Err(FileFault::new(offset, words));
            }
            (_, true, Some(message)) => {
                let words = "a message is for several values; write [badge.values.NAME], or prefix and suffix";
                return Err(FileFault::at(message, words));
            }
            (_, true, None) => values.push(Part { name: String::new(), offset, table: own }),
            (None, false, Some(_)) => {}
        }
        Ok(Self { table, requests, values })
    }

    /// Its routes: its own, and the further ones.
    pub(super) fn routes(&self) -> impl Iterator<Item = RouteKeys<'_>> {
        let further = self.table.routes.iter().map(|route| route.keys(&self.table.label));
        std::iter::once(self.table.own_route()).chain(further)
    }

    /// The addresses of its requests.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &Spanned<AddressTemplate>> {
        self.requests.iter().filter_map(|request| request.table.address())
    }

    /// Checks the names in its texts, on each of its routes.
    pub(super) fn check_names(&self, mount: &str, settings: &BTreeSet<&str>) -> Result<(), FileFault> {
        let requests = self.requests.iter().flat_map(|request| request.table.uses());
        let uses: Vec<NameUse> = requests.chain(self.values.iter().flat_map(|value| value.table.uses())).collect();
        let names = BadgeNames { uses: &uses, query: &self.table.query, settings };
        let is_in_path =
            |name: &str| self.addresses().any(|address| address.get_ref().path_names().any(|used| used == name));
        for route in self.routes() {
            route.check_names(mount, &names)?;
            let empty =
                route.fixed.into_iter().flatten().find(|(name, value)| value.get_ref().is_empty() && is_in_path(name));
            if let Some((name, value)) = empty {
                return Err(FileFault::at(
                    value,
                    format!("{{{name}}} stands in the path of the address; write a text"),
                ));
            }
        }
        for (name, default) in &self.table.query {
            if self.table.own_route().template(mount)?.has(name) {
                return Err(FileFault::at(default, format!("{{{name}}} is in the route already; write another name")));
            }
            let is_in_label =
                || self.routes().any(|route| label_template::names(route.label.get_ref()).contains(&name.as_str()));
            if !uses.iter().any(|used| used.name == name) && !is_in_label() {
                return Err(FileFault::at(default, not_used(name)));
            }
            if default.get_ref().is_empty() && is_in_path(name) {
                let words = format!(
                    "{{{name}}} stands in the path of the address; write what holds where the caller gives none"
                );
                return Err(FileFault::at(default, words));
            }
            if !default.get_ref().is_empty() {
                filled(default, "what holds where the caller gives none, or \"\"")?;
            }
        }
        Ok(())
    }

    /// How the badge is made, after a check that its tables fit each other.
    pub(super) fn recipe(self) -> Result<BadgeRecipe, FileFault> {
        let Self { table, requests, values } = self;
        let mut recipes = Vec::new();
        let names: Vec<_> = requests.iter().map(|request| request.name.as_str()).collect();
        let from: Vec<_> = values.iter().map(|value| value.request(&names)).collect::<Result<_, _>>()?;
        if let Some(unused) = (0..requests.len()).find(|index| !from.contains(index)) {
            let Part { name, offset, .. } = &requests[unused];
            let remedy = if name.is_empty() { "take it away".to_owned() } else { format!("write from = {name:?}") };
            return Err(FileFault::new(*offset, format!("no value is from this request; {remedy}")));
        }
        for request in requests {
            recipes.push(request.table.recipe(request.offset, &table.statuses, &table.query)?);
        }
        let mut shown = Vec::new();
        for (value, request) in values.into_iter().zip(from) {
            let is_own = value.name.is_empty();
            let mut recipe = value.table.recipe(request, value.offset)?;
            if is_own {
                // The manifest has the color already.
                recipe.other_color = None;
            }
            shown.push(NamedValue { name: value.name, recipe });
        }
        if let Some(message) = &table.message {
            check_message(message, &shown)?;
        }
        Ok(BadgeRecipe {
            requests: recipes,
            query: table.query.into_iter().map(|(name, default)| (name, default.into_inner())).collect(),
            values: shown,
            message: table.message.map(Spanned::into_inner),
        })
    }
}

impl<T> Part<T> {
    fn of((name, table): (String, Spanned<T>)) -> Self {
        Self { name, offset: table.span().start, table: table.into_inner() }
    }
}

impl Part<ValueTable> {
    /// The name of the request whose answer it is in.
    fn from(&self) -> &str {
        self.table.from.as_ref().map_or("", |from| from.get_ref())
    }

    /// The index of that request.
    fn request(&self, names: &[&str]) -> Result<usize, FileFault> {
        names.iter().position(|name| *name == self.from()).ok_or_else(|| {
            let known: Vec<_> = names.iter().filter(|name| !name.is_empty()).copied().collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            match &self.table.from {
                Some(from) => FileFault::at(from, format!("no request has this name; there is {known}")),
                None => FileFault::new(self.offset, format!("there is no from; write the name of a request: {known}")),
            }
        })
    }
}

/// Checks that a message shows every value, and nothing else.
fn check_message(message: &Spanned<TextTemplate>, values: &[NamedValue]) -> Result<(), FileFault> {
    let shown: BTreeSet<_> = message.get_ref().names().collect();
    if let Some(name) = shown.iter().find(|name| values.iter().all(|value| value.name != **name)) {
        let known = values.iter().map(|value| format!("{{{}}}", value.name)).collect::<Vec<_>>().join(", ");
        return Err(FileFault::at(message, format!("{{{name}}} is no value of the badge; there is {known}")));
    }
    match values.iter().find(|value| !shown.contains(value.name.as_str())) {
        Some(NamedValue { name, .. }) => {
            let words = format!("it does not show the value {name}; write {{{name}}}, or take the value away");
            Err(FileFault::at(message, words))
        }
        None => Ok(()),
    }
}
