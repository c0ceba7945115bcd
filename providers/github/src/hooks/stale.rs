//! `push`, `package` and `registry_package`: marks cached answers of GitHub as stale.

use crate::{
    hooks::{payload::Member, repository::Repository, told::Told},
    package,
    stop::Stop,
};

/// A push to the default branch makes the answers about the repository stale, since requests are about that branch
/// unless they name another one.
pub(crate) fn read_push(told: &mut Told<'_>, repository: Repository<'_>, push: Member<'_>) -> Result<(), Stop> {
    let branch = push.needed_text("ref")?.strip_prefix("refs/heads/");
    if branch.is_some() && branch == repository.default_branch {
        told.stale_repository();
    }
    Ok(())
}

/// A new version of a package, which each of the two events contains in a member with its own name.
pub(crate) fn read_package(told: &mut Told<'_>, payload: Member<'_>) -> Result<(), Stop> {
    told.stale_repository();
    for event in ["package", "registry_package"] {
        let package = payload.get(event);
        if let Some(registry) = package.text("package_type").or_else(|| package.text("ecosystem")) {
            told.stale(&package::about(registry, package.needed_text("name")?));
        }
    }
    Ok(())
}
