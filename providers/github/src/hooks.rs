//! Turns deliveries of GitHub's webhooks into records, states and marks. Each event that contains more than the
//! counters of its repository has a file of its own.

mod checks;
mod events;
mod fields;
mod foreign;
mod moment;
mod payload;
mod pull_request;
mod repository;
mod stale;
mod status;
mod told;
mod workflow_job;
mod workflow_run;

use badgesmith_provider::{Call, Delivered};

use crate::{
    hooks::{payload::Member, told::Told},
    stop::Stop,
};

/// Reads a delivery. A ping, an event that GitHub does not document, and one without a repository are ignored.
pub(crate) fn deliver(call: &Call<'_>, payload: &[u8]) -> Result<Delivered, Stop> {
    let event = call.param("event");
    if !events::is_known(event) || call.param("owner").is_empty() || call.param("repo").is_empty() {
        return Ok(Delivered::ignored());
    }
    let payload = payload::read(payload)?;
    let payload = Member::of(&payload);
    let mut told = Told::of(call);
    let repository = repository::read(&mut told, payload)?;
    match event {
        "workflow_run" => workflow_run::read(&mut told, repository, payload)?,
        "workflow_job" => workflow_job::read(&mut told, payload)?,
        "check_run" => checks::read_run(&mut told, repository, payload)?,
        "check_suite" => checks::read_suite(&mut told, repository, payload)?,
        "status" => status::read(&mut told, payload)?,
        "push" => stale::read_push(&mut told, repository, payload)?,
        "package" | "registry_package" => stale::read_package(&mut told, payload)?,
        "release" | "repository" | "public" | "create" | "delete" => told.stale_repository(),
        _ => {}
    }
    Ok(told.end())
}
