//! `badgesmith hook`: makes the secret of a webhook, and says what to enter at GitHub.

use badgesmith_engine::world::SERVER;
use badgesmith_provider::is_web_address;
use clap::{Args, Subcommand};

use crate::{
    command_error::CommandError,
    output::print,
    secret::{SecretLocation, SecretName, WEBHOOK as PURPOSE, random},
};

/// The path of the webhooks that are signed with the server's own secret; the path of an owner's webhooks is below it.
const PATH: &str = "/webhooks/github";
/// The events to choose, as GitHub's form names them.
const EVENTS: &str = "Check runs, Check suites, Forks, Packages, Pushes, Registry packages, Releases, Repositories, \
    Stars, Statuses, Visibility changes, Workflow jobs, Workflow runs";

/// What can be done with webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum HookCommand {
    /// Makes a random secret for the webhooks of an owner, stores it, and prints what to enter at GitHub.
    Add(HookOptions),
}

/// A new webhook.
#[derive(Args, Debug)]
pub(crate) struct HookOptions {
    #[command(flatten)]
    location: SecretLocation,
    /// The organisation or user whose repositories send deliveries; '*' is the server itself, for every owner who has
    /// no secret of its own.
    #[arg(long)]
    owner: String,
    /// The public address of the server, such as `https://badges.example.com`.
    #[arg(long)]
    url: String,
    /// Makes a new secret beside the present one; both are valid until `badgesmith secret rotate --finish`.
    #[arg(long)]
    rotate: bool,
}

/// Runs the command.
///
/// # Errors
/// The owner or the address is invalid, there is a secret already, or it cannot be stored.
pub(crate) fn run(hook: &HookCommand) -> Result<(), CommandError> {
    let HookCommand::Add(options) = hook;
    print(&options.add()?)
}

impl HookOptions {
    /// Stores a new secret, and returns what to print.
    fn add(&self) -> Result<String, CommandError> {
        let Self { location, owner, rotate, .. } = self;
        let is_name = owner == SERVER || (!owner.is_empty() && !owner.contains(['/', '*', '#']));
        if !is_name || owner.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
            return Err(CommandError::HookOwner(owner.clone()));
        }
        let address = address(&self.url, owner).ok_or_else(|| CommandError::HookUrl(self.url.clone()))?;
        let name = SecretName::of_owner(location.clone(), owner, PURPOSE);
        let secret = random()?;
        match (name.is_set()?, rotate) {
            (true, false) => return Err(CommandError::HookExists(owner.clone())),
            (false, true) => return Err(CommandError::SecretNotFound { secret: name.to_string() }),
            (true, true) => name.rotate(&secret)?,
            (false, false) => name.set(&secret)?,
        }
        Ok(instructions(owner, &address, &secret, *rotate))
    }
}

/// The address of the webhook; `None` if the server's address is invalid.
fn address(server: &str, owner: &str) -> Option<String> {
    let server = server.trim_end_matches('/');
    let server = server.strip_suffix(PATH).unwrap_or(server);
    let path = if owner == SERVER { PATH.to_owned() } else { format!("{PATH}/{owner}") };
    (is_web_address(server) && !server.contains(['?', '#', ' '])).then(|| format!("{server}{path}"))
}

/// What to enter at GitHub, and how to check it.
fn instructions(owner: &str, address: &str, secret: &str, is_rotation: bool) -> String {
    let whose = if owner == SERVER { "the server".to_owned() } else { owner.to_owned() };
    let (where_to, last) = if is_rotation {
        let words = "At GitHub, open the webhook (Settings, Webhooks, Edit), choose \"Change secret\", and enter:";
        let last = format!(
            "Both secrets are valid until you forget the old one:\n  badgesmith secret rotate --finish --owner \
             '{owner}' --purpose {PURPOSE}"
        );
        (words, last)
    } else {
        let words = "At GitHub, open Settings, Webhooks, \"Add webhook\" of the organisation or repository, and enter:";
        (words, "Then open a badge such as /badges/workflow/OWNER/REPOSITORY/ci.yml/main.svg.".to_owned())
    };
    let plain = address.starts_with("http://");
    let warning = if plain { "\nThis address is not https: what GitHub sends can be read on its way.\n" } else { "" };
    format!(
        "The secret of the webhooks of {whose} is stored. It is shown this once.\n\n{where_to}\n\n  \
         Payload URL       {address}\n  Content type      application/json\n  Secret            {secret}\n  \
         SSL verification  enabled\n  Events            \"Let me select individual events\":\n                    \
         {EVENTS}\n{warning}\nTo check it, look at \"Recent Deliveries\" of the webhook: GitHub sends a ping at once, and \
         its response is\n200 with {{\"status\":\"pong\"}}. 401 says that the secret or the owner differs.\n{last}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_the_server_with_the_path_of_the_owner() {
        for (server, owner, expected) in [
            ("https://b.example", "acme", Some("https://b.example/webhooks/github/acme")),
            ("https://b.example/", "*", Some("https://b.example/webhooks/github")),
            ("https://b.example/sub/webhooks/github", "acme", Some("https://b.example/sub/webhooks/github/acme")),
            ("http://127.0.0.1:8080", "*", Some("http://127.0.0.1:8080/webhooks/github")),
            ("b.example", "*", None),
            ("https://b.example?x=1", "*", None),
            ("https://b.example/#x", "*", None),
        ] {
            assert_eq!(address(server, owner).as_deref(), expected, "{server}");
        }
    }

    #[test]
    fn what_to_enter_has_the_secret_once_and_says_how_to_end_a_rotation() {
        let first = instructions("acme", "https://b.example/webhooks/github/acme", "hush", false);
        assert_eq!(first.matches("hush").count(), 1, "{first}");
        assert!(first.contains("Payload URL       https://b.example/webhooks/github/acme\n"), "{first}");
        assert!(first.contains("webhooks of acme") && !first.contains("is not https"), "{first}");
        let again = instructions("*", "http://b.example/webhooks/github", "hush", true);
        assert!(again.contains("secret rotate --finish --owner '*' --purpose Webhook"), "{again}");
        assert!(again.contains("webhooks of the server") && again.contains("is not https"), "{again}");
    }
}
