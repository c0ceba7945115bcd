//! `badgesmith plugin enable`: names the upstream of a plugin in plugins.toml, and grants its origin.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use badgesmith_engine::{Origin, plugins::PluginConfig};
use badgesmith_host::{client::Connections, config};
use clap::Args;
use tempfile::NamedTempFile;
use url::Url;

use super::{
    plugin_error::PluginError,
    settings_edit::{NotEditable, SettingsEdit},
};
use crate::{arguments::ConfigOption, command_error::CommandError, output::print, runtime::block_on};

/// How long an upstream may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// The folders in which the file of a declarative provider is searched for, relative to plugins.toml.
const FOLDERS: [&str; 3] = ["", "plugins", "providers/declarative"];

/// Names the upstream of a plugin in plugins.toml, keeping its comments, and adds the plugin if its file lies beside
/// it. Then the upstream is asked once. Without an answer there is a warning, and the exit code is 0.
#[derive(Args, Debug)]
pub(crate) struct EnableOptions {
    /// The plugin's id, such as npm.
    id: String,
    /// The address that its requests begin with.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// The address that its requests for downloads begin with.
    #[arg(long, value_name = "URL")]
    downloads: Option<String>,
    /// Another setting that is an address; may be repeated.
    #[arg(long = "setting", value_name = "NAME=URL", value_parser = parse_setting)]
    others: Vec<(String, String)>,
    #[command(flatten)]
    config: ConfigOption,
}

/// A setting's new value.
struct NamedAddress {
    setting: String,
    url: Url,
    text: String,
    origin: Origin,
}

/// Edits plugins.toml, and sends one request to each upstream.
///
/// # Errors
/// The plugin or a setting does not exist, an address is invalid, or the file cannot be written.
pub(super) fn run(enable: &EnableOptions) -> Result<(), CommandError> {
    let addresses = addresses(enable)?;
    let (file, before) = config::locate(enable.config.file.as_deref()).map_err(CommandError::configuration)?;
    let after = edited(&enable.id, &addresses, &file, &before)?;
    config::check(&after, &file).map_err(CommandError::configuration)?;
    if after == before {
        print(&format!("{}: nothing to change\n", file.display()))?;
    } else {
        replace(&file, &after).map_err(CommandError::file(&file))?;
        let set = addresses.iter().map(|address| format!("{} = {}", address.setting, address.text));
        let set = set.collect::<Vec<_>>().join(", ");
        print(&format!(
            "{}: {} has {set}; `badgesmith reload` has a running server read it\n",
            file.display(),
            enable.id
        ))?;
    }
    addresses.iter().try_for_each(probe)
}

fn parse_setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, url)) if !name.is_empty() => Ok((name.to_owned(), url.to_owned())),
        _ => Err("write NAME=URL".to_owned()),
    }
}

fn addresses(enable: &EnableOptions) -> Result<Vec<NamedAddress>, PluginError> {
    let named = |name: &str, url: &Option<String>| Some((name.to_owned(), url.clone()?));
    let usual = [named("upstream", &enable.upstream), named("downloads", &enable.downloads)];
    let all: Vec<_> = usual.into_iter().flatten().chain(enable.others.iter().cloned()).collect();
    if all.is_empty() {
        return Err(PluginError::NoSetting(enable.id.clone()));
    }
    all.into_iter().map(|(setting, text)| address(setting, &text)).collect()
}

/// An address that a request can begin with: without a user, a query and a fragment.
fn address(setting: String, text: &str) -> Result<NamedAddress, PluginError> {
    let text = text.trim().trim_end_matches('/').to_owned();
    let refused = |cause: String| PluginError::Address { setting: setting.clone(), cause };
    let parsed = Url::parse(&text);
    // Refused here, so that no message below repeats a password.
    if parsed.as_ref().is_ok_and(|url| !url.username().is_empty() || url.password().is_some()) {
        return Err(refused("a user and a password do not belong into plugins.toml".to_owned()));
    }
    let origin = Origin::of(&text).map_err(|fault| refused(fault.to_string()))?;
    let url = parsed.map_err(|fault| refused(fault.to_string()))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("it has a query or a fragment".to_owned()));
    }
    Ok(NamedAddress { setting, url, text, origin })
}

/// The new text of plugins.toml.
fn edited(id: &str, addresses: &[NamedAddress], file: &Path, before: &str) -> Result<String, CommandError> {
    let (config, _) = config::check(before, file).map_err(CommandError::configuration)?;
    let edit = SettingsEdit::parse(before);
    let mut edit = edit.map_err(|fault| CommandError::configuration(format!("{}: {fault}", file.display())))?;
    let not_editable = |NotEditable(key)| PluginError::NotEditable { id: id.to_owned(), file: file.to_owned(), key };
    if !edit.has(id) {
        match config.plugin.iter().find(|plugin| plugin.id == id) {
            Some(PluginConfig { file: other, .. }) if other != file => {
                return Err(PluginError::InFragment { id: id.to_owned(), file: other.clone() }.into());
            }
            Some(_) => return Err(not_editable(NotEditable("plugin")).into()),
            None => {}
        }
        let beside =
            beside(id, file).ok_or_else(|| PluginError::NoSuchPlugin { id: id.to_owned(), file: file.to_owned() })?;
        edit.add(id, "declarative", &beside).map_err(not_editable)?;
    }
    for NamedAddress { setting, text, origin, .. } in addresses {
        edit.set(id, setting, text).map_err(not_editable)?;
        edit.grant(id, &origin.to_string()).map_err(not_editable)?;
    }
    Ok(edit.text())
}

/// The path of the declarative provider with this id, relative to plugins.toml.
fn beside(id: &str, file: &Path) -> Option<String> {
    // An id must not be used as a path with folders.
    if !badgesmith_engine::plugins::is_id(id) {
        return None;
    }
    let here = file.parent().unwrap_or(Path::new(""));
    let paths = FOLDERS.map(|folder| PathBuf::from(folder).join(format!("{id}.toml")));
    let found = paths.into_iter().find(|path| here.join(path).is_file());
    found.map(|path| path.to_string_lossy().replace('\\', "/"))
}

/// Replaces the file in one step, so that no reader sees half of it; its permissions stay.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    // If the file is a symbolic link, its target is replaced and the link stays.
    let file = fs::canonicalize(file)?;
    let temporary = NamedTempFile::new_in(file.parent().unwrap_or(Path::new("")))?;
    fs::write(temporary.path(), text)?;
    fs::set_permissions(temporary.path(), fs::metadata(&file)?.permissions())?;
    temporary.as_file().sync_all()?;
    temporary.persist(&file)?;
    Ok(())
}

/// Sends one request to an upstream. An answer with any status counts as an answer.
fn probe(address: &NamedAddress) -> Result<(), CommandError> {
    let answer = block_on(async {
        let client = Connections::new().client().map_err(CommandError::http_client)?.clone();
        Ok(client.get(address.url.clone()).timeout(PATIENCE).send().await)
    })?;
    match answer {
        Ok(_) => print(&format!("{} answers\n", address.origin)),
        Err(fault) => {
            let why = if fault.is_timeout() { "not in time" } else { "it cannot be reached" };
            // The file is written already, so a closed standard error is ignored.
            let _ = io::Write::write_fmt(
                &mut io::stderr(),
                format_args!("warning: {} does not answer from here ({why}); it is set nevertheless\n", address.origin),
            );
            Ok(())
        }
    }
}
