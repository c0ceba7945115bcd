//! The NuGet provider: badges with the newest version of a package, and with the number of its downloads.

mod badge;
mod failures;
mod feed;
mod id;
mod index;
mod leaf;
mod listed;
mod search;
mod shields;

#[cfg(test)]
mod tests;

use badgesmith_provider::{Badge, Call, Provider, Step};

use crate::{failures::package_not_found, id::PackageId};

badgesmith_provider::export!(Nuget, include_str!("../manifest.json"));

struct Nuget;

impl Provider for Nuget {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let id = PackageId::parse(call.param("package")).ok_or_else(package_not_found)?;
        match call.name.as_str() {
            "shields-v" => shields::version(call, &id, false),
            "shields-vpre" => shields::version(call, &id, true),
            "shields-dt" => shields::downloads(call, &id),
            _ => badge::version(call, &id),
        }
    }
}
