//! The size of a JavaScript package in a bundle, as bundlephobia.com computes it.

use badgesmith_provider::{
    Badge, Call, Request, Step,
    format::{SizeUnits, size},
};

use crate::{failures::json, reading::count};

/// The badge of the name, without `bundlephobia-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    let request = Request::get(call.setting("bundlephobia"), "api/size", [""; 0]);
    let answer = call.fetch(request.query("package", package(call.param("package"))))?;
    let sizes = json(answer, "package or version not found")?;
    let bytes = count(&sizes, if name == "min" { "/size" } else { "/gzip" })?;
    Ok(Badge::new(size(bytes as f64, SizeUnits::Iec)).color("blue"))
}

/// The package and its version as the service expects them: `rocket`, `rocket@1.2.0`, `@acme/rocket@1.2.0`.
fn package(path: &str) -> String {
    let name_has = if path.starts_with('@') { 2 } else { 1 };
    let mut segments = path.splitn(name_has + 1, '/');
    let name: Vec<_> = segments.by_ref().take(name_has).collect();
    match segments.next() {
        Some(version) => format!("{}@{version}", name.join("/")),
        None => name.join("/"),
    }
}
