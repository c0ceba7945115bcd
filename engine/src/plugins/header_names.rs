//! The names of headers that a provider may not set, because something else sets them.

/// Why a provider may not set this header, as the end of a sentence; `None` if it may.
pub(crate) fn reserved(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    Some(match name.as_str() {
        "authorization" => "which the schemes bearer and basic of a secret set",
        "accept" => "which the request's own \"accept\" sets",
        "content-type" => "which is application/json with a body",
        "host" | "cookie" | "user-agent" | "accept-encoding" | "range" | "expect" => "which is the host's to set",
        "content-length" | "transfer-encoding" | "connection" | "keep-alive" | "te" | "trailer" | "upgrade" => {
            "which frames the message"
        }
        _ if name.starts_with("content-") => "which describes the body",
        _ if name.starts_with("proxy-") => "which is for proxies",
        _ if name.starts_with("if-") => "which the host's cache sets",
        _ => return None,
    })
}
