//! The names and the hex digits that a color can be written as.

/// Shields' own names, and those that it gives by meaning.
const SHIELDS: [&str; 6] = ["brightgreen", "critical", "important", "inactive", "informational", "success"];
/// The names of CSS, among which are shields' other names.
const CSS: &str = "\
aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood \
cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray \
darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen \
darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue \
firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew \
hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan \
lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray \
lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid \
mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream \
mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen \
paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple rebeccapurple red rosybrown \
royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray slategrey snow \
springgreen steelblue tan teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen";

/// Whether a text is the name of a color that a badge can have, or its three or six hex digits, with or without `#`.
///
/// ```
/// use badgesmith_provider::color::is_color;
///
/// assert!(["brightgreen", "success", "tomato", "4c1", "#44cc11"].into_iter().all(is_color));
/// assert!(!["", "gren", "#4c", "rgb(1,2,3)"].into_iter().any(is_color));
/// ```
pub fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let is_hex = matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex || SHIELDS.contains(&text) || CSS.split(' ').any(|name| name == text)
}

/// Every name of a color.
#[cfg(feature = "testkit")]
pub fn color_names() -> impl Iterator<Item = &'static str> {
    SHIELDS.into_iter().chain(CSS.split(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_whole_name_is_no_color() {
        for text in ["yellow green", "blue ", "bright", "Red", "#red", "12345", "#1234", "1234567", "##123", "äöü"] {
            assert!(!is_color(text), "{text}");
        }
    }
}
