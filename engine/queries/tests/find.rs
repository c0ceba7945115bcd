//! What queries find, and what they are refused.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use badgesmith_queries::{Document, DocumentKind, LARGEST_DOCUMENT, QueryError};

fn find(kind: DocumentKind, text: &str, query: &str) -> Result<Vec<String>, QueryError> {
    Document::read(kind, text)?.find(query)
}

fn check(kind: DocumentKind, text: &str, rows: &[(&str, &str)]) {
    for (query, expected) in rows {
        let found = find(kind, text, query).map_or_else(|fault| format!("({fault})"), |texts| texts.join("|"));
        assert_eq!(found, *expected, "{kind:?}: {query}");
    }
}

/// The example of RFC 9535, section 1.5.
const STORE: &str = r#"{ "store": {
    "book": [
      { "category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95 },
      { "category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99 },
      { "category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99 },
      { "category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99 }
    ],
    "bicycle": { "color": "red", "price": 399 } } }"#;

#[test]
fn a_jsonpath_finds_what_rfc_9535_says() {
    let rows = [
        ("$.store.book[*].author", "Nigel Rees|Evelyn Waugh|Herman Melville|J. R. R. Tolkien"),
        ("$..author", "Nigel Rees|Evelyn Waugh|Herman Melville|J. R. R. Tolkien"),
        ("$.store.book[0].title", "Sayings of the Century"),
        ("$.store..price", "8.95|12.99|8.99|22.99|399"),
        ("$..book[2].title", "Moby Dick"),
        ("$..book[-1].title", "The Lord of the Rings"),
        ("$..book[0,1].price", "8.95|12.99"),
        ("$..book[:2].price", "8.95|12.99"),
        ("$..book[?@.isbn].price", "8.99|22.99"),
        ("$..book[?@.price < 10].title", "Sayings of the Century|Moby Dick"),
        ("$..book[?(@.price < 10 && @.category == 'fiction')].title", "Moby Dick"),
        ("$.store.book[?count(@.*) == 5].isbn", "0-553-21311-3|0-395-19395-8"),
        ("$.store.book[?length(@.title) == 9].author", "Herman Melville"),
        ("$.store.book[?match(@.author, 'N.*')].price", "8.95"),
        ("$.store.book[?search(@.title, '[LM]o')].price", "8.99|22.99"),
        ("$.store.book[?value(@..isbn) == '0-553-21311-3'].price", "8.99"),
        ("$.store.bicycle.color", "red"),
        ("store.bicycle.color", "red"),
        ("$.store.book.[0].price", "8.95"),
        ("$.store.car", "(no result)"),
        ("$.store.bicycle", "(result is an object)"),
        ("$.store.book[", "(unparseable jsonpath query)"),
        ("$.store,", "(no result)"),
        ("$[?", "(unparseable jsonpath query)"),
        ("$[?(en|**|(@.object.property.one=='other'))]", "(unparseable jsonpath query)"),
    ];
    check(DocumentKind::Json, STORE, &rows);
}

#[test]
fn a_jsonpath_finds_what_jsonpath_plus_finds() {
    let json = r#"{
        "releases": [
            {"tag": "v2", "pre": true, "assets": [{"n": "a", "count": 3}, {"n": "b", "count": "5"}]},
            {"tag": "v1", "pre": false, "assets": [], "length": "own"}
        ],
        "tags": ["x", "😀y"], "0": "zero", "dev-deps": {"foo": "^1", "bar": "^2"}, "a.b": "dot", "empty": "", "none": null
    }"#;
    let rows = [
        ("$.releases.length", "2"),
        ("$.tags.1.length", "3"),
        ("$.releases.1.length", "own"),
        ("$.tags[*].length", "1|3"),
        ("$.empty.length", "0"),
        ("$..assets.length", "2|0"),
        ("$.none.length", "(no result)"),
        ("$.tags.length.length", "(no result)"),
        ("$.releases.0.tag", "v2"),
        ("$.0", "zero"),
        ("$.tags.00", "(no result)"),
        ("$[releases][0][tag]", "v2"),
        ("$[dev-deps].foo", "^1"),
        ("$[dev-deps, tags]", "(result is an object)"),
        ("dev-deps.foo", "^1"),
        ("$.'a.b'", "dot"),
        ("$.dev-deps.*~", "foo|bar"),
        ("$.dev-deps~", "dev-deps"),
        ("$.tags[*]~", "0|1"),
        ("$~", "(no result)"),
        ("$..n^.count", "3|5"),
        ("$..n^^^.tag", "v2|v2"),
        ("$.dev-deps.foo^.bar", "^2"),
        ("$^", "(no result)"),
        ("$.releases[?(!@.pre)].tag", "v1"),
        ("$.releases[?(@.pre)].tag", "v2"),
        ("$.releases[?!@.pre].tag", "(no result)"),
        ("$.releases[?@.pre].tag", "v2|v1"),
        ("$.releases[?(@.assets.length > 0)].tag", "v2"),
        ("$.releases[?(@.nothing == null)].tag", "v2|v1"),
        ("$.releases[?(@.pre === false)].tag", "v1"),
        ("$..assets[?(@.count == 5)].n", "b"),
        ("$..assets[?(@.count === 5)].n", "(no result)"),
        ("$..assets[?(@.count > 4)].n", "b"),
        ("$..assets[?@.count > 4].n", "(no result)"),
        ("$.releases[(@.length-1)].tag", "(unparseable jsonpath query)"),
        ("$.releases[?(@.tag.match(/v/))].tag", "(unparseable jsonpath query)"),
        ("$.", "(unparseable jsonpath query)"),
        ("$. a", "(unparseable jsonpath query)"),
        ("", "(unparseable jsonpath query)"),
    ];
    check(DocumentKind::Json, json, &rows);
}

#[test]
fn a_page_of_html_is_searched_as_its_source_nests_it() {
    let html = "<!DOCTYPE html><html lang=en><head><meta name=v content='1.20'><title>a &eacute;</title></head>\
        <body><table><tr><td>1<td>2</table><ul><li>x<li>y</ul><script>a<b</script><A HREF='/q?a&amp;b'>l</A></body></html>";
    let xml = badgesmith_queries::as_xml(html).unwrap();
    let rows = [
        ("//title", "a é"),
        ("/html/@lang", "en"),
        ("//meta[@name='v']/@content", "1.20"),
        ("//table/tr/td[2]", "2"),
        ("//li", "x|y"),
        ("//a/@href", "/q?a&b"),
        ("name(//li[1])", "li"),
        ("//script", "a<b"),
        ("//h1", "(no result)"),
    ];
    check(DocumentKind::Xml, &xml, &rows);
}

#[test]
fn a_name_has_the_prefix_it_is_written_with() {
    let xml = "<a xmlns='u' xmlns:u='u' xmlns:p='v' xml:lang='en'><p:b p:c='1' d='2' xmlns:q='v'/><q:b xmlns:q='v'/><u:e/><f/></a>";
    let rows = [
        ("name(/*)", "a"),
        ("name(//*[2])", "q:b"),
        ("//*[name()='p:b']/@p:c", "1"),
        ("name(//@p:c)", "p:c"),
        ("name(//@d)", "d"),
        ("name(/*/@*)", "xml:lang"),
        ("name(//*[3])", "u:e"),
        ("name(//*[4])", "f"),
        ("name(//p:b/..)", "a"),
        ("local-name(//p:b)", "b"),
        ("namespace-uri(//p:b)", "v"),
    ];
    check(DocumentKind::Xml, xml, &rows);
}

#[test]
fn values_are_shown_as_they_are_written() {
    let json =
        r#"{"a":1.0,"b":1e3,"c":-0,"d":true,"e":null,"f":[1,[null,"x"],[]],"g":"","h":[],"i":18446744073709551615}"#;
    let rows = [
        ("$.a", "1.0"),
        ("$.b", "1000"),
        ("$.c", "-0"),
        ("$.d", "true"),
        ("$.e", "(no result)"),
        ("$.f", "1|x"),
        ("$.g", ""),
        ("$.h", "(no result)"),
        ("$.i", "18446744073709551615"),
    ];
    check(DocumentKind::Json, json, &rows);
}

#[test]
fn yaml_and_toml_are_read_as_what_they_mean() {
    let yaml = "\u{feff}base: &base\n  image: redis\n  on: yes\nservice:\n  <<: *base\n  tag: '7.0'\n  port: 6_379\n  when: 2026-11-21\n  nothing: ~\n";
    let rows = [
        ("$.service.image", "redis"),
        ("$.service.on", "yes"),
        ("$.service.tag", "7.0"),
        ("$.service.when", "2026-11-21"),
        ("$.service.nothing", "(no result)"),
    ];
    check(DocumentKind::Yaml, yaml, &rows);
    let toml = "[package]\nname = 'wave'\nrust-version = '1.95'\nsince = 2026-11-21\nsize = 1.50\nhuge = inf\n[[bin]]\nname = 'a'\n[[bin]]\nname = 'b'\n";
    let rows = [
        ("$.package.rust-version", "1.95"),
        ("$.package.since", "2026-11-21"),
        ("$.package.size", "1.50"),
        ("$.package.huge", "(no result)"),
        ("$.bin[*].name", "a|b"),
    ];
    check(DocumentKind::Toml, toml, &rows);
}

#[test]
fn an_xpath_finds_what_shields_shows() {
    let xml = "<?xml version='1.0'?><catalog xmlns:x='urn:x'><book id='bk101'><title>XML Guide</title><price>44.95</price></book>\
        <book id='bk102'><title>Midnight Rain</title><price>5.95</price></book><x:note>a <b>c</b> d</x:note><e/><f><g>h</g>i</f></catalog>";
    let rows = [
        ("//book[@id='bk102']/title", "Midnight Rain"),
        ("//book[2]/@id", "bk102"),
        ("/catalog/book/title", "XML Guide|Midnight Rain"),
        ("//book[1]/title/text()", "XML Guide"),
        ("string(//book[1]/title)", "XML Guide"),
        ("count(//book)", "2"),
        ("sum(//price) > 50", "true"),
        ("//book[price > 10]/title", "XML Guide"),
        ("//book[last()]/title | //book[1]/@id", "bk101|Midnight Rain"),
        ("translate(//book[2]/@id, 'bk', 'BK')", "BK102"),
        ("concat(//book[1]/@id, '-', normalize-space(' a  b '))", "bk101-a b"),
        ("//*[local-name()='note']", "a"),
        ("//x:note", "a"),
        ("//x:note/b", "c"),
        ("//a:si", "(no result)"),
        ("//f", "hi"),
        ("//e", ""),
        ("//does/not/@exist", "(no result)"),
        ("//a[contains(@href, \"foo\"]", "(XPath parse error)"),
        ("nonsense()", "(XPath parse error)"),
        ("$variable", "(XPath parse error)"),
        ("", "(XPath parse error)"),
    ];
    check(DocumentKind::Xml, xml, &rows);
}

#[test]
fn what_is_not_of_its_kind_is_said_so() {
    let rows = [
        (DocumentKind::Json, "{\"a\":1", "unparseable json response"),
        (DocumentKind::Json, "<html>", "unparseable json response"),
        (DocumentKind::Json, "\"foo\"", "resource must contain an object or array"),
        (DocumentKind::Json, &"[".repeat(200), "unparseable json response"),
        (DocumentKind::Yaml, "a: b: c", "unparseable yaml response"),
        (DocumentKind::Yaml, "a: 1\n---\nb: 2", "unparseable yaml response"),
        (DocumentKind::Yaml, "foo", "resource must contain an object or array"),
        (DocumentKind::Toml, "a = ", "unparseable toml response"),
        (DocumentKind::Xml, "<a>", "unparseable xml response"),
        (DocumentKind::Json, &" ".repeat(LARGEST_DOCUMENT + 1), "document too large"),
    ];
    for (kind, text, words) in rows {
        let fault = Document::read(kind, text).unwrap_err();
        assert_eq!(fault.to_string(), words, "{kind:?}");
        assert!(!fault.is_in_query(), "{kind:?}: {words}");
    }
}

#[test]
fn a_document_that_is_larger_than_it_looks_is_refused() {
    let aliases: String = (b'b'..=b'k')
        .map(|letter| {
            let (name, before) = (char::from(letter), char::from(letter - 1));
            format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(","))
        })
        .collect();
    let yaml = format!("a: &a [x,x,x,x,x,x,x,x,x]\n{aliases}");
    assert_eq!(Document::read(DocumentKind::Yaml, &yaml).unwrap_err(), QueryError::TooManyValues(DocumentKind::Yaml));
    assert_eq!(
        Document::read(DocumentKind::Yaml, &"- ".repeat(500_000)).unwrap_err(),
        QueryError::TooManyValues(DocumentKind::Yaml)
    );
    assert!(Document::read(DocumentKind::Yaml, &"[".repeat(1_000_000)).is_err());
    assert!(Document::read(DocumentKind::Toml, &format!("a = {}", "[".repeat(1_000_000))).is_err());
    let entities: String = (1..20).map(|at| format!("<!ENTITY a{at} '&a{0};&a{0};'>", at - 1)).collect();
    let xml = format!("<!DOCTYPE a [<!ENTITY a0 'lol'>{entities}]><a>&a19;</a>");
    assert_eq!(Document::read(DocumentKind::Xml, &xml).unwrap_err(), QueryError::Entities);
}

#[test]
fn a_jsonpath_that_would_explode_is_refused() {
    let deep = format!("{}{}", "[".repeat(120), "]".repeat(120));
    let wide = format!("[{}]", ["{\"a\":[1,{\"b\":2}]}"; 20_000].join(","));
    let names = format!("[{}]", (0..20_000).map(|at| format!("\"{at}\"")).collect::<Vec<_>>().join(","));
    let rows = [
        (&deep, "$..*..*..*..*..*", QueryError::TooManySteps),
        (&deep, "$..[*,*,*,*]..[*,*,*,*]..[*,*,*,*]", QueryError::TooManySteps),
        (&wide, "$[?count($..*) < 1]", QueryError::TooManySteps),
        (&wide, "$[?@..[?@..[?$..c]]]", QueryError::TooManySteps),
        (&wide, "$[?match('x', @.b)]", QueryError::NoResult),
        (&wide, "$[?match('x', $[0].b)]", QueryError::NoResult),
        (&names, "$[?match(@, @)].x", QueryError::TooManySteps),
        (&names, "$[?match(@, '[0-9]*1[0-9]{30}.*')].x", QueryError::NoResult),
        (&wide, "$[?@[?@[?@[?@[?@.a]]]]]", QueryError::QueryTooDeep),
        (&wide, &format!("$[?{}@.a{}]", "(".repeat(17), ")".repeat(17)), QueryError::QueryTooDeep),
        (&wide, &"a".repeat(1025), QueryError::QueryTooLong),
        (&wide, "$..b[?@.c]", QueryError::NoResult),
        (&wide, "$[?@.a[1].b == 3]", QueryError::NoResult),
    ];
    for (text, query, fault) in rows {
        assert_eq!(find(DocumentKind::Json, text, query), Err(fault), "{query}");
    }
}

#[test]
fn all_queries_of_a_document_share_its_steps() {
    let json = format!("[{}]", ["1"; 100_000].join(","));
    let document = Document::read(DocumentKind::Json, &json).unwrap();
    let found: Vec<_> = (0..50).map(|_| document.find("$[?@ == 2]")).collect();
    assert_eq!((found[0].clone(), found[49].clone()), (Err(QueryError::NoResult), Err(QueryError::TooManySteps)));
    let xml = format!("<a>{}</a>", "<b/>".repeat(100_000));
    let document = Document::read(DocumentKind::Xml, &xml).unwrap();
    let found: Vec<_> = (0..50).map(|_| document.find("//c")).collect();
    assert_eq!((found[0].clone(), found[49].clone()), (Err(QueryError::NoResult), Err(QueryError::TooManySteps)));
}

#[test]
fn texts_that_no_badge_can_show_are_not_copied() {
    let long = "é".repeat(1_000_000);
    let json = format!("{{\"a\":\"{long}\"}}");
    let names = ["'a'"; 200].join(",");
    let found = find(DocumentKind::Json, &json, &format!("$[{names}]")).unwrap();
    assert!(found.iter().map(String::len).sum::<usize>() <= 64 * 1024);
    let xml = format!("{}{long}{}", "<a>".repeat(100), "</a>".repeat(100));
    let found = find(DocumentKind::Xml, &xml, "//a").unwrap_or_default();
    assert!(found.iter().map(String::len).sum::<usize>() <= 64 * 1024);
}

#[test]
fn the_deepest_path_fits_a_small_stack() {
    let json = format!("{}1{}", "{\"a\":[".repeat(60), "]}".repeat(60));
    let within = |query: String| {
        let json = json.clone();
        let thread = std::thread::Builder::new().stack_size(1024 * 1024);
        thread.spawn(move || find(DocumentKind::Json, &json, &query)).unwrap().join().unwrap()
    };
    assert_eq!(within(format!("${}", ".a[0]".repeat(60))), Ok(vec!["1".to_owned()]));
    for steps in ["..a", "..*", "..a[0]", "..x^"] {
        assert!(within(format!("${}", steps.repeat(60))).is_err(), "{steps}");
    }
    assert_eq!(within(format!("${}", ".a".repeat(200))), Err(QueryError::QueryTooDeep));
    let filter = format!("[?@{0}[?@{0}[?@{0}[?@{0}]]]]", ".a[0]".repeat(25));
    assert_eq!(within(format!("$..a{filter}")), Err(QueryError::NoResult));
}

#[test]
fn an_xpath_that_would_explode_is_refused() {
    let wide = format!("<a>{}</a>", "<b c='1'><d>e</d></b>".repeat(12_000));
    let texts = format!("<a>{}{}</a>", "<b>1</b>".repeat(12_000), "<c>2</c>".repeat(12_000));
    let distinct: String = ('\u{4e00}'..='\u{9fff}').collect();
    let letters = format!("<a>{}</a>", distinct.repeat(10));
    let row = |times: usize| ["string(/)"].repeat(times).join(",");
    let rows = [
        (&wide, "//*[count(//*) > 1]", QueryError::TooManySteps),
        (&wide, "//d/following::*/preceding::*", QueryError::TooManySteps),
        (&wide, "//b[following-sibling::b[following-sibling::b[@c = 2]]]", QueryError::TooManySteps),
        (&wide, "//*[string(/) = 'x']", QueryError::TooManySteps),
        (&texts, "//b = //c", QueryError::TooManySteps),
        (&texts, "//b > //c", QueryError::TooManySteps),
        (&texts, "//b[. = 'x']", QueryError::NoResult),
        (&letters, "translate(string(/), string(/), '')", QueryError::TooManySteps),
        (&letters, &format!("string-length(concat({}))", row(80)), QueryError::TooManySteps),
        (&wide, &format!("{}1{}", "(".repeat(17), ")".repeat(17)), QueryError::QueryTooDeep),
        (&wide, &format!("{}1", "-".repeat(1025)), QueryError::QueryTooLong),
        (&wide, &"-".repeat(1024), QueryError::QueryTooDeep),
        (&wide, &format!("1{}", "+1".repeat(500)), QueryError::QueryTooDeep),
        (&wide, "//b[@c = '2']", QueryError::NoResult),
        (&wide, "//b[d = 'f']/@c", QueryError::NoResult),
    ];
    for (text, query, fault) in rows {
        assert_eq!(find(DocumentKind::Xml, text, query), Err(fault), "{query}");
    }
    // As deep as a query can lead, on as little stack as a thread has.
    let query = format!("{}1{}{}", "(-".repeat(16), ")".repeat(16), "+1".repeat(13));
    assert_eq!(find(DocumentKind::Xml, "<a/>", &query), Ok(vec!["14".to_owned()]));
}

proptest::proptest! {
    #[test]
    fn no_query_breaks_the_reader(
        jsonpath in "\\$?([.a*?@$(),'\"=!&|<>:0-9 -]|\\.\\.|\\[|\\]|length|count|match){0,24}",
        xpath in "([/a@*.,'\"=!|<>:0-9 -]|//|\\[|\\]|\\(|\\)|text|count|string|position|last|child::|preceding::){0,24}",
    ) {
        let _ = find(DocumentKind::Json, STORE, &jsonpath);
        let _ = find(DocumentKind::Xml, "<a b='c'><d>e</d><!--f--><a>1</a></a>", &xpath);
    }
}
