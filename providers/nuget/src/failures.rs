//! The failures that more than one file returns.

use badgesmith_provider::Failure;

/// The feed has no such package.
pub(crate) fn package_not_found() -> Failure {
    Failure::not_found("PACKAGE_NOT_FOUND", "package not found").about("package")
}

/// The package has no listed version that fits the query.
pub(crate) fn version_not_found() -> Failure {
    Failure::not_found("VERSION_NOT_FOUND", "version not found").about("version")
}
