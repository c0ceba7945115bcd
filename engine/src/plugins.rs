//! plugins.toml, and the plugins that are loaded from it or built by an embedder.

mod allowed_address;
mod checksum;
mod config;
mod config_error;
mod declarative;
mod further_routes;
pub(crate) mod header_names;
mod id;
mod label_template;
mod late_plugin;
mod library;
mod library_error;
mod load;
mod manifest_check;
mod packed;
mod plugin;
mod plugin_code;
mod private_name;
mod provider_file;
mod provider_file_error;
mod route_error;
mod settings;
mod unset_settings;

pub use allowed_address::{AllowedAddress, InvalidAllowedAddress};
pub use checksum::{ChecksumError, checksum};
pub use config::{Config, PluginConfig, SecretGrant};
pub use config_error::{ConfigError, ConfigErrorKind};
pub use declarative::DeclarativeError;
pub use id::is_id;
pub(crate) use late_plugin::PluginNotLoaded;
pub use late_plugin::{LatePlugin, beginnings};
pub use library_error::{InvalidMessage, LibraryError};
pub use load::{load, load_late};
pub use manifest_check::PluginError;
pub use packed::manifest_beside;
pub use plugin::{BoundSecret, Plugin};
pub use plugin_code::{PluginCode, StepError};
pub use private_name::{InvalidPrivateName, PrivateName};
pub(crate) use private_name::{PRIVATE_FLAGS, VISIBILITY, is_granted};
pub use provider_file::ProviderFile;
pub use provider_file_error::{ProviderFileError, ProviderFileErrorKind};
pub use route_error::{RouteError, RouteErrorKind};
pub use settings::{Settings, StoreKind};

pub use crate::route::{RouteSyntaxError, RouteSyntaxFault};
