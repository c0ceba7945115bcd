//! The bases of the addresses in a file: settings, or hosts that callers name.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    badge::{Badge, Part},
    file_error::FileFault,
    request_table::{RequestTable, setting_of},
};
use crate::toml_reader::Spanned;

/// The settings of a file.
type Settings = BTreeMap<String, Spanned<String>>;

/// The settings that requests begin with. Also checks that every request begins with a setting or with a host that a
/// caller names.
pub(super) fn used_settings(badges: &[Badge], settings: &Settings) -> Result<BTreeSet<String>, FileFault> {
    let mut used = BTreeSet::new();
    for badge in badges {
        for request in &badge.requests {
            let setting = if request.table.is_web() {
                setting_of_web(badge, request, settings)?
            } else {
                setting_of_own(request, settings)?
            };
            used.extend(setting.map(str::to_owned));
        }
    }
    Ok(used)
}

/// The setting that a request begins with.
fn setting_of_own<'t>(request: &'t Part<RequestTable>, settings: &Settings) -> Result<Option<&'t str>, FileFault> {
    let Some(address) = request.table.address() else { return Ok(None) };
    let base = address.get_ref().base();
    if settings.contains_key(base) {
        return Ok(Some(base));
    }
    let words = format!("no setting is called {base}; write settings = {{ {base} = \"https://…\" }}");
    Err(FileFault::at(address, words))
}

/// For a request to a host that callers name: the setting that it begins with if a caller names no host.
fn setting_of_web<'t>(
    badge: &'t Badge,
    request: &'t Part<RequestTable>,
    settings: &Settings,
) -> Result<Option<&'t str>, FileFault> {
    let Some((address, web)) = request.table.address().zip(request.table.web.as_ref()) else { return Ok(None) };
    let base = address.get_ref().base();
    if settings.contains_key(base) {
        let words = format!(
            "{{{base}}} is a setting, and web is for a host that a caller names; write query = {{ server = \"\" }} and \
             {{server}}"
        );
        return Err(FileFault::at(web, words));
    }
    let Some(default) = badge.table.query.get(base).filter(|default| !default.get_ref().is_empty()) else {
        return Ok(None);
    };
    let Some(setting) = setting_of(default.get_ref()) else {
        let words = format!(
            "{{{base}}} is named by callers; write \"\", or a setting such as \"{{upstream}}\" for callers who name \
             none"
        );
        return Err(FileFault::at(default, words));
    };
    if settings.contains_key(setting) {
        return Ok(Some(setting));
    }
    let known = settings.keys().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
    Err(FileFault::at(default, format!("no setting is called {setting}; write one of {known}")))
}
