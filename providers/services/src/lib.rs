//! Badges of services that take more than a TOML file: a second request, a host that the caller names, sums, words that
//! depend on several values.
//!
//! Each service is a module; the names of its badges begin with the service's name.

mod appveyor;
mod azure_devops;
mod bundlephobia;
mod chrome_web_store;
mod discourse;
mod drawn;
mod failures;
mod fediverse;
mod fixed;
mod further;
mod gitea;
mod gitlab;
mod host;
mod jenkins;
mod jetbrains;
mod last_page;
mod libraries_io;
mod marketplace;
mod matrix;
mod maven;
mod nexus;
mod package_control;
mod packages;
mod reading;
mod sonar;
mod svg_text;
mod tests_badge;
mod xml;

use badgesmith_provider::{Badge, Call, Failure, Provider, Step};

badgesmith_provider::export!(Services, include_str!("../manifest.json"));

struct Services;

/// A service: the prefix of its badges' names, and the function that makes a badge from the rest of the name.
struct Service {
    prefix: &'static str,
    badge: fn(&Call, &str) -> Result<Badge, Step>,
}

const SERVICES: [Service; 23] = [
    Service { prefix: "appveyor-", badge: appveyor::badge },
    Service { prefix: "azure-devops-", badge: azure_devops::badge },
    Service { prefix: "bundlephobia-", badge: bundlephobia::badge },
    Service { prefix: "chrome-", badge: chrome_web_store::badge },
    Service { prefix: "discourse", badge: |call, _| discourse::badge(call) },
    Service { prefix: "drawn-", badge: drawn::badge },
    Service { prefix: "fediverse-", badge: fediverse::badge },
    Service { prefix: "fixed-", badge: fixed::badge },
    Service { prefix: "gitea-", badge: gitea::badge },
    Service { prefix: "gitlab-", badge: gitlab::badge },
    Service { prefix: "jenkins-", badge: jenkins::badge },
    Service { prefix: "jetbrains-", badge: jetbrains::badge },
    Service { prefix: "libraries-io-", badge: libraries_io::badge },
    Service { prefix: "marketplace-", badge: marketplace::badge },
    Service { prefix: "matrix", badge: |call, _| matrix::badge(call) },
    Service { prefix: "maven-", badge: maven::badge },
    Service { prefix: "nexus", badge: |call, _| nexus::badge(call) },
    Service { prefix: "package-control", badge: |call, _| package_control::badge(call) },
    Service { prefix: "sonar", badge: |call, _| sonar::badge(call) },
    Service { prefix: "packages-", badge: packages::badge },
    Service { prefix: "practices", badge: |call, _| further::practices(call) },
    Service { prefix: "netlify", badge: |call, _| further::netlify(call) },
    Service { prefix: "script-ratings", badge: |call, _| further::script_ratings(call) },
];

impl Provider for Services {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        for Service { prefix, badge } in &SERVICES {
            if let Some(name) = call.name.strip_prefix(prefix) {
                return badge(call, name);
            }
        }
        Err(Failure::not_found("BADGE_NOT_FOUND", "badge not found").into())
    }
}

#[cfg(test)]
mod tests {
    use badgesmith_provider::testkit::{InProcess, check};

    #[test]
    fn it_does_what_its_transcripts_say() {
        let transcripts = concat!(env!("CARGO_MANIFEST_DIR"), "/transcripts");
        check(&InProcess(super::Services), transcripts.as_ref()).unwrap();
    }
}
