//! Colours are parsed, normalised and weighed as by badge-maker 6.0.0.

use badgesmith_renderer::Color;

/// A text, and its name, fill and brightness as computed by badge-maker; except for the names of properties of
/// JavaScript's prototype (`__proto__`, `constructor`, `toString`), which badge-maker fails on.
#[rustfmt::skip]
#[allow(clippy::type_complexity)]
const ROWS: &[(&str, Option<(&str, &str, f64)>)] = &[
    ("brightgreen", Some(("brightgreen", "#4b0", 0.51))),
    ("green", Some(("green", "#67ac09", 0.52))),
    ("yellow", Some(("yellow", "#d8b800", 0.68))),
    ("yellowgreen", Some(("yellowgreen", "#95991a", 0.54))),
    ("orange", Some(("orange", "#ea7233", 0.56))),
    ("red", Some(("red", "#dd4343", 0.44))),
    ("blue", Some(("blue", "#007ec6", 0.38))),
    ("grey", Some(("grey", "#555", 0.33))),
    ("lightgrey", Some(("lightgrey", "#939393", 0.58))),
    ("gray", Some(("grey", "#555", 0.33))),
    ("lightgray", Some(("lightgrey", "#939393", 0.58))),
    ("critical", Some(("red", "#dd4343", 0.44))),
    ("important", Some(("orange", "#ea7233", 0.56))),
    ("success", Some(("brightgreen", "#4b0", 0.51))),
    ("informational", Some(("blue", "#007ec6", 0.38))),
    ("inactive", Some(("lightgrey", "#939393", 0.58))),
    ("4c1", Some(("#4c1", "#4c1", 0.56))),
    ("#4c1", Some(("#4c1", "#4c1", 0.56))),
    ("ABCDEF", Some(("#abcdef", "#abcdef", 0.78))),
    ("#ABCDEF", Some(("#abcdef", "#abcdef", 0.78))),
    ("abcd", None),
    ("#abcd", Some(("#abcd", "#abcd", 0.72))),
    ("#abcdef80", Some(("#abcdef80", "#abcdef80", 0.78))),
    ("abcdef80", None),
    ("12345", None),
    ("gold", Some(("gold", "gold", 0.79))),
    ("rebeccapurple", Some(("rebeccapurple", "rebeccapurple", 0.31))),
    ("Gold", None),
    ("RED", None),
    ("transparent", None),
    ("currentcolor", None),
    ("none", None),
    ("inherit", None),
    ("", None),
    ("#", None),
    ("#ggg", None),
    ("__proto__", None),
    ("constructor", None),
    ("toString", None),
    ("rgb(1,2,3)", Some(("rgb(1,2,3)", "rgb(1,2,3)", 0.01))),
    ("rgb( 300 , 0 , 0 )", Some(("rgb( 300 , 0 , 0 )", "rgb( 300 , 0 , 0 )", 0.3))),
    ("rgb(1 2 3)", Some(("rgb(1 2 3)", "rgb(1 2 3)", 0.01))),
    ("rgb(1 2 3 / .5)", Some(("rgb(1 2 3 / .5)", "rgb(1 2 3 / .5)", 0.01))),
    ("rgba(1,2,3,0.5)", Some(("rgba(1,2,3,0.5)", "rgba(1,2,3,0.5)", 0.01))),
    ("rgba(1,2,3,50%)", Some(("rgba(1,2,3,50%)", "rgba(1,2,3,50%)", 0.01))),
    ("rgb(1,2,3,4)", None),
    ("rgb(10%,20%,30%)", Some(("rgb(10%,20%,30%)", "rgb(10%,20%,30%)", 0.18))),
    ("rgb(10%,20,30)", None),
    ("rgb(1.5,2,3)", None),
    ("rgb(-1,2,3)", None),
    ("RGB(1,2,3)", None),
    ("rgb (1,2,3)", None),
    ("rgb(1,2)", None),
    ("rgba(1,2,3,1.0)", None),
    ("rgba(1,2,3,0)", Some(("rgba(1,2,3,0)", "rgba(1,2,3,0)", 0.01))),
    ("rgba(1,2,3,.25)", Some(("rgba(1,2,3,.25)", "rgba(1,2,3,.25)", 0.01))),
    ("rgb(1, 2 3)", None),
    ("hsl(120,100%,40%)", Some(("hsl(120,100%,40%)", "hsl(120,100%,40%)", 0.47))),
    ("hsl(120deg, 100%, 80%)", Some(("hsl(120deg, 100%, 80%)", "hsl(120deg, 100%, 80%)", 0.83))),
    ("hsl(1turn,50%,75%)", Some(("hsl(1turn,50%,75%)", "hsl(1turn,50%,75%)", 0.7))),
    ("hsl(1rad,50%,75%)", Some(("hsl(1rad,50%,75%)", "hsl(1rad,50%,75%)", 0.84))),
    ("hsl(200grad,50%,50%)", Some(("hsl(200grad,50%,50%)", "hsl(200grad,50%,50%)", 0.6))),
    ("hsla(200,50%,50%,.3)", Some(("hsla(200,50%,50%,.3)", "hsla(200,50%,50%,.3)", 0.5))),
    ("hsl(200,50,50)", None),
    ("hsl(200 50% 50%)", None),
    ("hsl(0.5,50%,50%)", None),
    ("hwb(1 2% 3%)", None),
    ("lab(50% 1 1)", None),
    ("oklch(40% 0.2 30)", None),
    ("color(srgb 1 1 1)", None),
    ("url(#x)", None),
    ("red;", None),
    ("a\"b", None),
    ("aliceblue", Some(("aliceblue", "aliceblue", 0.97))),
    ("papayawhip", Some(("papayawhip", "papayawhip", 0.94))),
    ("silver", Some(("silver", "silver", 0.75))),
    ("#b1b1b1", Some(("#b1b1b1", "#b1b1b1", 0.69))),
    ("#b0b0b0", Some(("#b0b0b0", "#b0b0b0", 0.69))),
    ("hsl(60,40%,70%)", Some(("hsl(60,40%,70%)", "hsl(60,40%,70%)", 0.79))),
];

#[test]
fn a_color_has_badge_maker_s_notations_and_brightness() {
    for (text, expected) in ROWS {
        let color = Color::parse(text);
        let actual = color.as_ref().map(|color| (color.name(), color.svg(), color.brightness()));
        assert_eq!(actual, *expected, "{text:?}");
    }
}

#[test]
fn white_space_around_a_color_is_ignored() {
    for text in [" red", "red\n", "\u{feff}red "] {
        assert_eq!(Color::parse(text), Some(Color::RED));
    }
}
