//! The NuGet provider: the newest version of a package as a badge.

mod choose;
mod range;
mod version;

#[cfg(test)]
mod vectors;
