//! Files with one mistake, and their error messages.

use std::fs;

use badgesmith_engine::plugins::ProviderFile;

use super::{WHOLE, broken_keys::ROWS as MORE_ROWS, written};

/// A part of [`WHOLE`], its replacement, the number of the line that is refused, and the error message.
pub(super) type Row = (&'static str, &'static str, usize, &'static str);

const ROWS: &[Row] = &[
    ("value = \"/value\"", "value = \"/value", 13, "invalid basic string, expected `\"`"),
    ("version = \"1.0.0\"\n", "", 1, "there is no version; write version = …"),
    ("label = \"demo\"\n", "", 6, "there is no label; write label = …"),
    ("get = \"{upstream}/{package}.json\"\n", "", 6, "there is no get; write get = …"),
    ("label = \"demo\"", "lable = \"demo\"", 9, "unknown field `lable`, expected one of `name`, `route`"),
    (
        "mount",
        "origins = [\"https://example.com\"]\nmount",
        3,
        "unknown field `origins`, expected one of `id`, `version`, `summary`, `mount`, `settings`, `badge`",
    ),
    ("version = \"1.0.0\"", "version = 1", 2, "invalid type: integer `1`, write a text in \"quotes\""),
    ("version = \"1.0.0\"", "version = \" \"", 2, "it is empty; write \"1.0.0\""),
    ("id = \"demo\"", "id = \"Demo\"", 1, "an id is lower-case letters, digits and -"),
    (
        "\"/badges/demo\"",
        "\"badges/demo/\"",
        3,
        "a mount begins with / and does not end with it; write \"/badges/demo\"",
    ),
    (
        "https://example.com",
        "http://example.com",
        4,
        "no address to begin with, such as \"https://example.com\": http://example.com is plain http, which is for this machine only; write https",
    ),
    (
        "https://example.com",
        "https://example.com?key=1",
        4,
        "an address to begin with has no ? and no #; write them in get",
    ),
    (
        "https://example.com\"",
        "https://example.com\", feed = \"https://example.com\"",
        4,
        "no get begins with {feed}; write one that does, or take the setting away",
    ),
    (
        "route = \"{package}\"",
        "route = \"{package\"",
        8,
        "\"{package\" in the route \"/badges/demo/{package\" is no segment; write segments such as {package} or latest",
    ),
    (
        "route = \"{package}\"",
        "route = \"{package}/{version}\"",
        11,
        "it does not fit the route \"{package}/{version}\"; write an address that does",
    ),
    (
        "route = \"{package}\"\n",
        "route = \"{package}\"\nquery = [\"tag\"]\n",
        9,
        "invalid type: sequence, write a table such as { name = \"text\" }",
    ),
    (
        "route = \"{package}\"\n",
        "route = \"{package}\"\nquery = { tag = \"latest\" }\n",
        9,
        "{tag} is not used; write it in get, or take it away",
    ),
    (
        "route = \"{package}\"\n",
        "route = \"{package}\"\nquery = { package = \"latest\" }\n",
        9,
        "{package} is in the route already; write another name",
    ),
    (
        "{upstream}/{package}.json\"",
        "{upstream}/{package}/{tag}.json\"\nquery = { tag = \"\" }",
        13,
        "{tag} stands in the path of the address; write what holds where the caller gives none",
    ),
    (
        "json\"",
        "json?{tag}\"\nquery = { tag = \" \" }",
        13,
        "it is empty; write what holds where the caller gives none, or \"\"",
    ),
    (
        "example = \"acme\"",
        "example = \"acme/rocket\"",
        11,
        "it does not fit the route \"{package}\"; write an address that does",
    ),
    (
        "example = \"acme\"",
        "example = \"acme\"\ncategory = \"versions\"",
        12,
        "no category; write one of activity, analysis",
    ),
    (
        "{upstream}/{package}.json",
        "https://example.com/{package}.json",
        12,
        "it begins with no setting; write get = \"{upstream}/{package}.json\" and settings = { upstream = \"https://…\" }",
    ),
    (
        "{upstream}/{package}.json",
        "{upstream}{package}.json",
        12,
        "no / follows the setting; write get = \"{upstream}/…\"",
    ),
    (
        "{upstream}/{package}.json",
        "{origin}/{package}.json",
        12,
        "no setting is called origin; write settings = { origin = \"https://…\" }",
    ),
    (
        "{upstream}/{package}.json",
        "{upstream}/{gem}.json",
        12,
        "{gem} is neither in the route nor in query; there is {package}",
    ),
    (
        "{upstream}/{package}.json",
        "{upstream}/{package.json",
        12,
        "a brace stands alone in \"{upstream}/{package.json\"; write {name}, of letters, digits, - and _",
    ),
    (
        "{upstream}/{package}.json",
        "{upstream}/a b/{package}",
        12,
        "' ' cannot stand in an address; write it percent-encoded",
    ),
    (
        "{upstream}/{package}.json",
        "{upstream}/../{package}",
        12,
        "\"{upstream}/../{package}\" has a segment . or ..; write the path that is meant",
    ),
    ("{upstream}/{package}.json", "{upstream}/all.json", 8, "{package} is not used; write it in get, or take it away"),
    (
        "\"/value\"",
        "\"$.versions[0].name\"",
        13,
        "\"$.versions[0].name\" is no JSON Pointer; write \"/versions/0/name\"",
    ),
    ("\"/value\"", "[\"/value\", \"version\"]", 13, "\"version\" is no JSON Pointer; write \"/version\""),
    ("\"/value\"", "[]", 13, "there is no pointer; write one such as \"/version\""),
    (
        "\"/value\"",
        "1",
        13,
        "invalid type: integer `1`, expected a JSON Pointer such as \"/version\", or a list of them",
    ),
    ("\"/value\"", "\"/a~2b\"", 13, "a ~ in \"a~2b\" stands alone; write ~0 for a tilde, ~1 for a slash"),
    ("\"/value\"", "\"/{gem}\"", 13, "{gem} is neither in the route nor in query; there is {package}"),
    (
        "format = \"text\"",
        "format = \"numeral\"",
        14,
        "unknown variant `numeral`, expected one of `text`, `version`, `pep440`, `number`, `one-decimal`, `metric`, `percent`, `whole-percent`, `bytes`, `size`, `size-iec`, `date`, `relative-date`, `stars`, `ordinal`, `license`, `build`",
    ),
    (
        "format = \"text\"",
        "format = \"text\"\ncolor = \"reddish\"",
        15,
        "\"reddish\" is no colour; write a name such as \"brightgreen\", or \"#4c1\"",
    ),
    (
        "format = \"text\"",
        "format = \"text\"\nscale = { steps = [1], colors = [\"red\", \"green\"] }",
        15,
        "a scale is for numbers; write format = \"metric\", \"percent\" or \"bytes\", or a match",
    ),
    (
        "format = \"text\"",
        "format = \"metric\"\nscale = { steps = [1, 1], colors = [\"red\", \"red\", \"red\"] }",
        15,
        "steps do not ascend; write the lowest first, each once",
    ),
    (
        "format = \"text\"",
        "format = \"metric\"\nscale = { steps = [1], colors = [\"red\"] }",
        15,
        "1 steps and 1 colors; write at least one step, and one color more than steps",
    ),
    (
        "format = \"text\"",
        "format = \"metric\"\nscale = { steps = [], colors = [\"red\"] }",
        15,
        "0 steps and 1 colors; write at least one step, and one color more than steps",
    ),
    (
        "format = \"text\"",
        "format = \"metric\"\nscale = { steps = [1], colours = [\"red\"] }",
        15,
        "unknown field `colours`, expected `steps` or `colors`",
    ),
    (
        "format = \"text\"",
        "format = \"metric\"\ncolor = \"red\"\nscale = { steps = [1], colors = [\"red\", \"green\"] }",
        15,
        "the scale has every colour; take color away",
    ),
    (
        "format = \"text\"",
        "format = \"metric\"\nmatch = { OK = \"green\" }",
        15,
        "a match is for texts; write format = \"text\", or a scale",
    ),
    (
        "format = \"text\"",
        "format = \"text\"\nmatch = { OK = \"grassy\" }",
        15,
        "\"grassy\" is no colour; write a name such as \"brightgreen\", or \"#4c1\"",
    ),
    (
        "format = \"text\"",
        "format = \"text\"\nstatuses = { 404 = \"\" }",
        15,
        "\"\" are no words for a badge; write 1 to 64 bytes such as \"package not found\"",
    ),
    (
        "format = \"text\"",
        "format = \"text\"\n\n[badge.statuses]\n404 = \"not found\"\n429 = \"slow down\"",
        18,
        "429 is a fault, for which badgesmith has its own words; take it away",
    ),
    (
        "format = \"text\"",
        "format = \"text\"\nstatuses = { missing = \"not found\" }",
        15,
        "\"missing\" is no status; write one from 400 to 499, such as 404",
    ),
    (
        "format = \"text\"",
        "format = \"text\"\nempty = \"!\"",
        15,
        "\"!\" are no words for a badge; write 1 to 64 bytes such as \"package not found\"",
    ),
    (
        "format = \"text\"",
        "format = \"text\"\nfresh-seconds = -1",
        15,
        "invalid value: integer `-1`, write a whole number from 0",
    ),
    (
        "format = \"text\"",
        "style = \"loud\"",
        14,
        "no style; write one of flat, flat-square, plastic, for-the-badge, social",
    ),
    ("format = \"text\"", "picture = \"gif\"", 14, "unknown variant `gif`, expected one of `svg`, `png`, `json`"),
    (
        "format = \"text\"",
        "routes = [{ route = \"/demo/{name}\", example = \"/demo/acme\" }]",
        14,
        "this route has no {package}, which the badge uses; write it in the route, or fixed = { package = \"…\" }",
    ),
    (
        "format = \"text\"",
        "routes = [{ route = \"/demo/{package}/{tag}\", example = \"/demo/acme/x\" }]",
        14,
        "{tag} is not used; write it in get, or take it away",
    ),
];

#[test]
fn a_broken_file_is_refused_with_the_line_that_is_wrong() {
    for (part, broken, number, words) in ROWS.iter().chain(MORE_ROWS) {
        assert!(WHOLE.contains(part), "{part}");
        refused(&WHOLE.replacen(part, broken, 1), *number, words);
    }
}

#[test]
fn two_badges_of_a_file_with_the_same_name_or_route_are_refused() {
    let second = |name: &str, route: &str, example: &str| {
        let badge = WHOLE.split_once("\n\n").unwrap().1.replace("name = \"demo\"", &format!("name = {name:?}"));
        let badge = badge.replace("\"{package}\"", &format!("{route:?}")).replace("\"acme\"", &format!("{example:?}"));
        format!("{WHOLE}\n{badge}")
    };
    let same_name = second("demo", "of/{package}", "of/acme");
    refused(&same_name, 17, "another badge has this name; write another");
    let same_route = second("other", "/badges/Demo/{name}", "/badges/demo/acme");
    refused(&same_route, 18, "it fits the same addresses as the route of badge \"demo\"; write another");
}

#[test]
fn a_secret_for_a_host_that_only_callers_name_is_refused() {
    let web = "get = \"{server}/{package}\"\nweb = true\nquery = { server = \"\" }\n\
               secret = { name = \"token\", owner = \"{package}\" }";
    let text = WHOLE.replace("get = \"{upstream}/{package}.json\"", web).replace("settings = ", "# ");
    let words = "a host that a caller names gets no secret; write a setting as the default of {server}, or take the \
                 secret away";
    refused(&text, 13, words);
}

#[test]
fn a_file_that_is_not_utf_8_or_too_long_is_refused() {
    let path = written("latin1", "");
    fs::write(&path, b"id = \"d\xE9mo\"").unwrap();
    let refusal = ProviderFile::open(&path).unwrap_err().to_string();
    assert!(refusal.contains("UTF-8"), "{refusal}");
    let long = written("long", &" ".repeat(300_000));
    let refusal = ProviderFile::open(&long).unwrap_err().to_string();
    assert!(refusal.ends_with("has 300000 bytes of at most 262144"), "{refusal}");
}

fn refused(text: &str, number: usize, words: &str) {
    let path = written("broken", text);
    let refusal = ProviderFile::open(&path).expect_err(text).to_string();
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let expected = format!("{}: line {number}, `{line}`: {words}", path.display());
    assert!(refusal.starts_with(&expected), "{text}\n{refusal}\n{expected}");
}
