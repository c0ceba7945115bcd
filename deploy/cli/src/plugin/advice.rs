//! What to do about an error badge, by its code.

use badgesmith_engine::Code;

/// What to do about an error with this code; `None` for a provider's own code, whose message explains it.
pub(super) fn advice(code: &str) -> Option<&'static str> {
    Some(match Code::parse(code)? {
        Code::UpstreamUnavailable => {
            "an upstream cannot be reached, or it fails; see that the address of the request is right, which begins \
             with a setting in plugins.toml, and that this machine reaches it"
        }
        Code::UpstreamTimeout => {
            "an upstream takes longer than a badge waits; try again, since a server keeps an answer that comes late, \
             or have the provider ask for less"
        }
        Code::UpstreamRateLimited => {
            "the upstream takes no more requests for now; wait, or store a token for it with `badgesmith secret set` \
             if the provider can send one"
        }
        Code::UpstreamForbidden => {
            "the upstream refuses access; see with `badgesmith secret list` whether the secret that it needs is there"
        }
        Code::UpstreamInvalid => {
            "the answer is not what the provider expects; compare what it reads with the answer, which \
             `badgesmith plugin record` writes"
        }
        Code::UpstreamNotSet => "name the upstream with the command in the line of the log above",
        Code::SecretNotConfigured => {
            "store the secret with `badgesmith secret set` for the owner and the purpose that plugins.toml names, in \
             the same --data"
        }
        Code::StoreUnavailable => "the secrets cannot be read; the line of the log above says why",
        Code::ProviderFailed => {
            "the provider did what it may not; the line of the log above says what, and what to grant or to change"
        }
        Code::TooBusy => "too much is under way; try again",
        Code::UrlNotAllowed => {
            "the address guard lets requests to hosts that a caller names go to public addresses over https alone; \
             allow-addresses and allow-http in [engine] of plugins.toml make exceptions"
        }
        Code::ResultNotFound => {
            "nothing is recorded, as this command sees it: it has no store; ask a server that has the results"
        }
        Code::ParameterInvalid | Code::PathInvalid => "a part of the address has a value that it cannot have",
        Code::EngineFailed => "the line of the log above says what failed",
        _ => return None,
    })
}
