//! `status`: the result of another CI system that sets statuses of commits.

use crate::{
    branch,
    hooks::{foreign::ForeignResult, payload::Member, told::Told},
    progress::COMPLETED,
    stop::Stop,
};

/// On how many branches a status is stored; several branches may have the same commit.
const MOST_BRANCHES: usize = 10;

/// Adds the status for every branch of the repository whose last commit has it; its part is the context.
pub(crate) fn read(told: &mut Told<'_>, status: Member<'_>) -> Result<(), Stop> {
    let (progress, conclusion) = match status.needed_text("state")? {
        "pending" => ("in_progress", None),
        "error" => (COMPLETED, Some("failure")),
        state => (COMPLETED, Some(state)),
    };
    let (id, commit) = (status.needed_number("id")?, status.needed_text("sha")?);
    let run_id = format!("status/{id}");
    let result = ForeignResult {
        event: "status",
        part: status.needed_text("context")?,
        branch: "",
        run_id: &run_id,
        id,
        status: progress,
        conclusion,
        commit: Some(commit),
        title: status.text("description"),
        url: status.text("target_url"),
        time: status.needed_moment("created_at")?,
        updated: status.needed_moment("updated_at")?,
    };
    let heads = status.elements("branches").filter(|branch| branch.get("commit").text("sha") == Some(commit));
    for name in heads.filter_map(|branch| branch.text("name")).take(MOST_BRANCHES) {
        ForeignResult { branch: &branch::own(name), ..result }.tell(told);
    }
    Ok(())
}
