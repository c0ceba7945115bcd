//! Licenses: their names, and the color of their kind.

use super::colored_text::ColoredText;

/// The message and the color for the licenses of something: their names, separated by commas.
///
/// Permissive licenses are green, copyleft licenses orange, and a dedication to the public domain is light green; any
/// other name is light grey. If the licenses are of several kinds, public domain takes precedence over permissive, and
/// permissive over copyleft, since any one of the licenses may be chosen. Without a license the message is `missing`,
/// in red.
///
/// The names are SPDX identifiers, or the common short names such as `GPLv3`. They are compared as they are written.
///
/// ```
/// use badgesmith_provider::format::{ColoredText, license};
///
/// assert_eq!(license(&["MIT", "GPL-3.0"]), ColoredText::new("MIT, GPL-3.0", "green"));
/// assert_eq!(license(&["MPL-2.0"]).color, "orange");
/// assert_eq!(license(&["CC0-1.0"]).color, "7cd958");
/// assert_eq!(license(&["Acme-1.0"]).color, "lightgrey");
/// assert_eq!(license(&[]), ColoredText::new("missing", "red"));
/// ```
pub fn license(names: &[&str]) -> ColoredText {
    if names.is_empty() {
        return ColoredText::new("missing", "red");
    }
    let kind = names.iter().filter_map(|name| kind(name)).max();
    let color = match kind {
        Some(Kind::PublicDomain) => "7cd958",
        Some(Kind::Permissive) => "green",
        Some(Kind::Copyleft) => "orange",
        None => "lightgrey",
    };
    ColoredText::new(names.join(", "), color)
}

/// The kinds of licenses. A later kind takes precedence for the color.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Copyleft,
    Permissive,
    PublicDomain,
}

const PERMISSIVE: &str = "AFL-3.0|Apache-2.0|Artistic-2.0|BSD-2-Clause|BSD-3-Clause|BSD-3-Clause-Clear|BSL-1.0|\
    CC-BY-4.0|ECL-2.0|ISC|MIT|MS-PL|NCSA|PostgreSQL|Zlib|BSD|Apache 2.0";
const COPYLEFT: &str = "AGPL-1.0-only|AGPL-1.0-or-later|AGPL-3.0-only|AGPL-3.0-or-later|CC-BY-SA-4.0|EPL-1.0|EPL-2.0|\
    EUPL-1.1|GPL-1.0-only|GPL-1.0-or-later|GPL-2.0-only|GPL-2.0-or-later|GPL-3.0-only|GPL-3.0-or-later|LGPL-2.0-only|\
    LGPL-2.0-or-later|LGPL-2.1-only|LGPL-2.1-or-later|LGPL-3.0-only|LGPL-3.0-or-later|LPPL-1.3c|MPL-2.0|MS-RL|\
    OFL-1.1|OSL-3.0|GPL|GPL-2.0|GPL-3.0|GPLv2|GPLv2+|GPLv3|GPLv3+|LGPL|LGPL-2.1|LGPL-3.0|LGPLv2|LGPLv2+|LGPLv3|\
    LGPLv3+|AGPL-3.0|AGPLv3+|MPL|MPL 1.1|MPL 2.0|EPL";
const PUBLIC_DOMAIN: &str = "CC0-1.0|Unlicense|WTFPL|0BSD|CC0";

fn kind(name: &str) -> Option<Kind> {
    let is_in = |names: &str| names.split('|').any(|listed| listed == name);
    if is_in(PUBLIC_DOMAIN) {
        Some(Kind::PublicDomain)
    } else if is_in(PERMISSIVE) {
        Some(Kind::Permissive)
    } else {
        is_in(COPYLEFT).then_some(Kind::Copyleft)
    }
}
