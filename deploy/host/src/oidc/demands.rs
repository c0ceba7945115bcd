//! What plugins.toml demands of a token beyond a proven subject: environments, workflows, protected branches.

use badgesmith_engine::proof::{IssuerKind, TrustedIssuer, Unproven};

use super::{members::Members, refusal::wrong};

/// The claims that are read here.
pub(super) const CLAIMS: [&str; 5] =
    ["environment", "job_workflow_ref", "workflow_ref", "ci_config_ref_uri", "ref_protected"];

/// Checks the demands of an issuer.
///
/// # Errors
/// The claim that does not meet them.
pub(super) fn check(claims: &Members, trusted: &TrustedIssuer) -> Result<(), Unproven> {
    if !trusted.environments.is_empty() {
        let environment = claims.text("environment")?;
        if !trusted.environments.iter().any(|wanted| wanted == environment) {
            return Err(wrong("environment", "it is none of the environments that this server demands"));
        }
    }
    if !trusted.workflows.is_empty() {
        let claim = match trusted.kind {
            IssuerKind::GitHub if claims.has("job_workflow_ref") => "job_workflow_ref",
            IssuerKind::GitHub => "workflow_ref",
            IssuerKind::GitLab => "ci_config_ref_uri",
        };
        // Split at the last `@`: otherwise a file whose own name contains an `@` could pass for another file.
        let workflow = claims.text(claim)?.rsplit_once('@').map(|(workflow, _)| workflow);
        if !trusted.workflows.iter().any(|wanted| workflow == Some(wanted)) {
            return Err(wrong(claim, "it is none of the workflows that this server demands"));
        }
    }
    if trusted.is_protected && !claims.is_true("ref_protected") {
        return Err(wrong("ref_protected", "this server demands a protected branch"));
    }
    Ok(())
}
