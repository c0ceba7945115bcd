//! The version of a project.

use badgesmith_provider::{Badge, Call, Failure, Provider, Request, Step};
use serde::Deserialize;

badgesmith_provider::export!(MyProvider, include_str!("../manifest.json"));

struct MyProvider;

/// The part of the upstream's answer that the badge needs.
#[derive(Deserialize)]
struct Project {
    version: String,
}

impl Provider for MyProvider {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let request = Request::get(call.setting("upstream"), "projects/{}.json", [call.param("project")]);
        let answer = call.fetch(request)?;
        if answer.is_missing() {
            return Err(Failure::not_found("PROJECT_NOT_FOUND", "project not found").into());
        }
        let project: Project = answer.json()?;
        Ok(Badge::new(project.version))
    }
}

#[cfg(test)]
mod tests {
    use badgesmith_provider::testkit::{InProcess, check};

    #[test]
    fn it_does_what_its_transcripts_say() {
        check(&InProcess(super::MyProvider), "transcripts".as_ref()).unwrap();
    }
}
