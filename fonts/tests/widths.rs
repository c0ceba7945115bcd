//! Text widths equal those of anafanafo 2.0.0 to the last bit, and combined characters have the width of one.

use badgesmith_fonts::Face::{self, HelveticaBold11, Verdana10, Verdana11, VerdanaBold10};
use badgesmith_fonts::width;

/// Computed by anafanafo itself.
#[rustfmt::skip]
const ROWS: &[(Face, &str, f64)] = &[
    (Verdana10, "", 0.0),
    (Verdana10, "build", 24.27),
    (Verdana10, "passing", 37.959999999999994),
    (Verdana10, "1,204 passed", 67.45),
    (Verdana10, "naïve café", 51.18),
    (Verdana10, "Ελληνικά", 45.30000000000001),
    (Verdana10, "сборка", 35.71),
    (Verdana10, "构建 通过", 43.519999999999996),
    (Verdana10, "✔ 12 | ✘ 3", 52.93),
    (Verdana10, "𠀀", 0.0),
    (Verdana10, "\t", 0.0),
    (Verdana10, "a\u{7f}b", 12.24),
    (Verdana10, "The quick brown fox jumps over the lazy dog, again and again", 314.87999999999994),
    (Verdana11, "", 0.0),
    (Verdana11, "build", 26.699999999999996),
    (Verdana11, "passing", 41.75),
    (Verdana11, "1,204 passed", 74.14999999999999),
    (Verdana11, "naïve café", 56.279999999999994),
    (Verdana11, "Ελληνικά", 49.83),
    (Verdana11, "сборка", 39.29),
    (Verdana11, "构建 通过", 47.870000000000005),
    (Verdana11, "✔ 12 | ✘ 3", 58.199999999999996),
    (Verdana11, "𠀀", 0.0),
    (Verdana11, "\t", 0.0),
    (Verdana11, "a\u{7f}b", 13.46),
    (Verdana11, "The quick brown fox jumps over the lazy dog, again and again", 346.2900000000001),
    (VerdanaBold10, "", 0.0),
    (VerdanaBold10, "build", 27.940000000000005),
    (VerdanaBold10, "passing", 43.06),
    (VerdanaBold10, "1,204 passed", 74.63),
    (VerdanaBold10, "naïve café", 57.2),
    (VerdanaBold10, "Ελληνικά", 50.59),
    (VerdanaBold10, "сборка", 40.2),
    (VerdanaBold10, "构建 通过", 43.42),
    (VerdanaBold10, "✔ 12 | ✘ 3", 55.67),
    (VerdanaBold10, "𠀀", 0.0),
    (VerdanaBold10, "\t", 0.0),
    (VerdanaBold10, "a\u{7f}b", 13.67),
    (VerdanaBold10, "The quick brown fox jumps over the lazy dog, again and again", 349.40000000000015),
    (HelveticaBold11, "", 0.0),
    (HelveticaBold11, "build", 25.639999999999997),
    (HelveticaBold11, "passing", 40.92999999999999),
    (HelveticaBold11, "1,204 passed", 68.48),
    (HelveticaBold11, "naïve café", 53.349999999999994),
    (HelveticaBold11, "Ελληνικά", 47.64),
    (HelveticaBold11, "сборка", 39.05),
    (HelveticaBold11, "构建 通过", 47.06),
    (HelveticaBold11, "✔ 12 | ✘ 3", 49.8),
    (HelveticaBold11, "𠀀", 0.0),
    (HelveticaBold11, "\t", 0.0),
    (HelveticaBold11, "a\u{7f}b", 13.03),
    (HelveticaBold11, "The quick brown fox jumps over the lazy dog, again and again", 324.04),
];

#[test]
fn a_text_is_as_wide_as_anafanafo_says() {
    for (face, text, expected) in ROWS {
        assert_eq!(width(*face, text), *expected, "{text:?} in {face:?}");
    }
}

/// Pairs of equally wide texts in 11 px Verdana; the first of each has characters without a measured width.
#[rustfmt::skip]
#[cfg(feature = "faces")]
const EQUALLY_WIDE: &[(&str, &str)] = &[
    ("cafe\u{301}", "cafe"),
    ("\u{2764}\u{fe0f}", "\u{2764}"),
    ("👩\u{200d}👩\u{200d}👧", "🎉"),
    ("👍🏽", "🎉"),
    ("🇩🇪", "🎉"),
    ("한", "日"),
    ("\u{1112}\u{1161}\u{11ab}", "한"),
    ("שָׁלוֹם", "שלום"),
    ("a\u{feff}b", "ab"),
];

#[test]
#[cfg(feature = "faces")]
fn a_grapheme_cluster_is_as_wide_as_one_character() {
    for (text, alike) in EQUALLY_WIDE {
        assert_eq!(width(Verdana11, text), width(Verdana11, alike), "{text:?}");
    }
}

#[test]
#[cfg(feature = "faces")]
fn joined_arabic_letters_are_narrower_than_isolated_ones() {
    assert!(width(Verdana11, "ببب") < 3.0 * width(Verdana11, "ب"));
}
