//! The NuGet provider: the newest version of a package as a badge.
