use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Everything {
    text: Option<String>,
    is_on: Option<bool>,
    small: Option<u8>,
    large: Option<u64>,
    signed: Option<i32>,
    number: Option<f64>,
    kind: Option<Kind>,
    list: Option<Vec<Inner>>,
    table: Option<Inner>,
    names: Option<BTreeMap<String, i64>>,
    letter: Option<char>,
    wrapped: Option<Wrapped>,
    either: Option<Either>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    name: String,
    #[serde(default)]
    count: u32,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    First,
    SecondOne,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Wrapped(String);

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Text(String),
    Table { name: String },
}

#[derive(Debug, Deserialize)]
struct Places {
    text: Spanned<String>,
    list: Vec<Spanned<Inner>>,
    names: BTreeMap<String, Spanned<i64>>,
    absent: Option<Spanned<String>>,
}

#[test]
fn it_reads_and_refuses_what_tomls_own_deserializer_does_in_the_same_words() {
    for text in [
        "",
        "text = 'a'",
        "text = \"a\\n\"",
        "is-on = true",
        "small = 255\nlarge = 18446744073709551615\nsigned = -0x1",
        "large = 0xff_ff\nnumber = 1.5e3",
        "number = 3",
        "number = inf",
        "kind = 'second-one'",
        "table = { name = 'a', count = 1 }",
        "[[list]]\nname = 'a'\n[[list]]\nname = 'b'\ncount = 2",
        "[names]\na = 1\nb.c = 2",
        "names = { a = 1, b = -2 }",
        "letter = 'x'\nwrapped = 'y'\neither = 'z'",
        "either = { name = 'z' }",
        // Refused.
        "text = 1",
        "text = true",
        "text = []",
        "text = {}",
        "text = 1.5",
        "is-on = 'true'",
        "small = 256",
        "small = -1",
        "small = 1.0",
        "small = '1'",
        "signed = 2147483648",
        "kind = 'third'",
        "table = { count = 1 }",
        "table = { name = 1 }",
        "[table]\nname = 'a'\ncount = 'b'",
        "table = 'a'",
        "list = 'a'",
        "list = { name = 'a' }",
        "list = [1]",
        "[[list]]\nname = 'a'\n\n[[list]]\ncount = 2",
        "names = [1]",
        "names = { a = 'b' }",
        "letter = 'xy'",
        "wrapped = 1",
        "either = 1",
        "\n\ncolour = 'red'",
        "text = 'a'\ntext = 'b'",
        "text = ",
        "[table",
    ] {
        let (ours, tomls) = (read::<Everything>(text), toml::from_str::<Everything>(text));
        assert_eq!(ours.map_err(|error| error.to_string()), tomls.map_err(|error| error.to_string()), "{text}");
    }
}

#[test]
fn what_tomls_own_deserializer_takes_or_refuses_in_other_words_is_refused_by_the_type_it_has() {
    let words = |text| read::<Everything>(text).unwrap_err().message().to_owned();
    assert_eq!(words("text = 2026-11-30"), "invalid type: date, expected a string");
    assert_eq!(words("large = 99999999999999999999"), "invalid type: 99999999999999999999, expected u64");
    assert_eq!(words("kind = 1"), "invalid type: integer `1`, expected enum Kind");
    assert_eq!(words("table = ['a', 1]"), "invalid type: sequence, expected struct Inner");
}

#[test]
fn a_value_has_the_place_of_its_text_and_an_error_that_of_its_value() {
    let text = "text = 'a'\nnames = { b = 17 }\n[[list]]\nname = 'c'\n";
    let places: Places = read(text).unwrap();
    assert_eq!(&text[places.text.span()], "'a'");
    assert_eq!((&text[places.names["b"].span()], *places.names["b"].get_ref()), ("17", 17));
    assert_eq!((&text[places.list[0].span()], &*places.list[0].get_ref().name), ("[[list]]", "c"));
    assert!(places.absent.is_none());

    let refused = |text: &str| text[read::<Places>(text).unwrap_err().span().unwrap()].to_owned();
    assert_eq!(refused("text = 'a'\nnames = { b = 'x' }\nlist = []\n"), "'x'");
    assert_eq!(refused("text = 'a'\nnames = {}\nlist = [{ name = 'b' }, { name = 2 }]\n"), "2");
    assert_eq!(refused("text = 'a'\nnames = {}\nlist = [{ name = 'b' }, { count = 2 }]\n"), "{ count = 2 }");
}
