//! Files and folders of a repository.

use badgesmith_provider::{
    Badge, Call,
    format::{self, SizeUnits},
};
use serde_json::Value;

use crate::{
    address::Address,
    api,
    failures::{invalid, not_found, refused},
    field, query,
    repository::{MISSING, Repository},
    stop::Stop,
};

/// The address of a repository's files and folders.
const CONTENTS: Address<'_> = Address::of("/contents");

/// The text of a file, on the default branch unless another one is named.
pub(crate) fn text(call: &Call<'_>, name: &str, branch: Option<&str>) -> Result<String, Stop> {
    let query = [("ref", branch.or(Some("HEAD")))];
    let missing = format!("repo not found, branch not found, or {name} missing");
    let file = Repository::of(call).ask(CONTENTS.below(name).query(&query).raw(), &missing)?;
    Ok(String::from_utf8_lossy(file.success()?).into_owned())
}

/// A file that contains a JSON object.
pub(crate) fn json(call: &Call<'_>, name: &str, branch: Option<&str>) -> Result<Value, Stop> {
    let text = text(call, name, branch)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match serde_json::from_slice(text.as_bytes()) {
        Ok(Value::Object(members)) => Ok(Value::Object(members)),
        Ok(_) => Err(field::invalid(name, "an object")),
        Err(fault) => Err(invalid(format!("{name}: {fault}"))),
    }
}

/// The size of a file.
pub(crate) fn size(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let branch = query::optional(call, "branch");
    let missing = if branch.is_some() { "repo, branch or file not found" } else { "repo or file not found" };
    let file = repository.read(CONTENTS.below(call.param("path")).query(&[("ref", branch)]), missing)?;
    if file.is_array() {
        return Err(not_found("not a regular file"));
    }
    Ok(Badge::new(format::size(field::number(&file, "/size")? as f64, SizeUnits::Iec)))
}

/// How many files and folders are in a folder.
pub(crate) fn count(call: &Call<'_>) -> Result<Badge, Stop> {
    let kind = match query::optional(call, "type") {
        None => None,
        Some(_) => Some(query::choice(call, "type", &["dir", "file"])?),
    };
    let extension = query::optional(call, "extension");
    if extension.is_some() && kind != Some("file") {
        return Err(refused("path", "extension is applicable for type file only"));
    }
    let repository = Repository::of(call);
    let path = call.param("path").trim_matches('/');
    let answer = repository.fetch(CONTENTS.below(path), MISSING)?;
    if !path.is_empty() && answer.is_missing() {
        repository.must_be_shown(MISSING)?;
        return Err(refused("path", "directory not found"));
    }
    let contents = api::json(repository.check(answer, MISSING)?)?;
    if contents.get("type").is_some() {
        return Err(refused("path", "not a directory"));
    }
    let mut count = 0;
    for entry in field::list(&contents, "")? {
        let is_kind = match (field::text(entry, "/type")?, kind) {
            (_, None) => true,
            (found, Some("dir")) => found == "dir",
            (found, _) => matches!(found, "file" | "symlink"),
        };
        let name = field::text(entry, "/name")?;
        let is_extension = extension.is_none_or(|extension| extension_of(name) == Some(extension));
        count += u32::from(is_kind && is_extension);
    }
    Ok(Badge::new(format::metric(count.into())))
}

/// The text after the last dot of a name; a dot at its beginning does not count.
fn extension_of(name: &str) -> Option<&str> {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, extension)| extension)
}
