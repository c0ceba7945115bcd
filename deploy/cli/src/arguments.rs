//! Options that several commands share.

use std::path::PathBuf;

use clap::Args;

/// Which plugins.toml is read.
#[derive(Args, Debug)]
pub(crate) struct ConfigOption {
    /// The plugins and what they may reach; without it plugins.toml here or beside the binary.
    #[arg(long = "config", env = "BADGESMITH_CONFIG", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Where the data that must survive a restart is kept.
#[derive(Args, Clone, Debug)]
pub(crate) struct DataOption {
    /// The directory of the store and the secrets, private to its user.
    #[arg(long = "data", env = "BADGESMITH_DATA", value_name = "DIR", default_value = "./badgesmith-data")]
    pub(crate) directory: PathBuf,
}
