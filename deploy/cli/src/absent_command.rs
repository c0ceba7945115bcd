//! The commands that the client build does not have, and its messages about them.

/// The names of the server's commands on all operating systems. A test of the server build checks that its own commands
/// are in this list.
const SERVER_COMMANDS: &[&str] = &[
    "serve",
    "reload",
    "backup",
    "restore",
    "plugin",
    "secret",
    "hook",
    "identity",
    "subscription",
    "dead",
    "smoke",
    "provision",
    "export",
    "import",
];

/// The advice for a command that this build does not have.
pub(crate) fn advice(name: &str) -> String {
    if SERVER_COMMANDS.contains(&name) {
        let (version, target) = (env!("CARGO_PKG_VERSION"), env!("BADGESMITH_TARGET"));
        format!(
            "`{name}` is a command of the server, and this is the client; the archive badgesmith-{version}-{target} of \
             the same release has it"
        )
    } else {
        format!("unrecognized subcommand '{name}'; there are render, report and readme")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_says_of_a_command_of_the_server_where_it_is() {
        assert!(advice("serve").contains("the archive badgesmith-"), "{}", advice("serve"));
        assert!(advice("sevre").ends_with("there are render, report and readme"), "{}", advice("sevre"));
    }

    #[cfg(feature = "server")]
    #[test]
    fn the_client_knows_the_name_of_every_command_of_the_server() {
        use clap::Subcommand;

        let commands = crate::server_command::ServerCommand::augment_subcommands(clap::Command::new("badgesmith"));
        for command in commands.get_subcommands() {
            assert!(SERVER_COMMANDS.contains(&command.get_name()), "{} is missing in the list", command.get_name());
        }
    }
}
