//! The failures that more than one file returns.

use badgesmith_provider::Failure;

/// There is no such package, or the token may not see it.
pub(crate) fn package_not_found() -> Failure {
    Failure::not_found("PACKAGE_NOT_FOUND", "package not found").about("package")
}

/// The package has no version that fits the query.
pub(crate) fn version_not_found() -> Failure {
    Failure::not_found("VERSION_NOT_FOUND", "version not found").about("version")
}
