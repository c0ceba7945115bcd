//! The code paths of most requests. Each is repeated within `measured`, whose instructions callgrind counts; the
//! preparation of a path is outside of it.

use std::{
    fmt::Write as _,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use badgesmith_engine::{Config, Engine, Request, plugins};
use badgesmith_renderer::{Color, ResolvedBadge, Scale, Style, png, write_svg};
use bytes::Bytes;
use serde_json::json;
use tokio::runtime::{self, Runtime};

use crate::world::world;

/// 2026-11-21 12:00:00 UTC: the same in every run, because a date's digits are instructions too.
const NOON: Duration = Duration::from_secs(1_795_262_400);
/// How many versions the NuGet package has.
const VERSIONS: u32 = 500;
/// How many tests the report has.
const TESTS: u32 = 1000;

/// The work of `measured`, which gets the number of the turn.
type Work<'a> = &'a mut dyn FnMut(u32);

/// The function whose instructions callgrind counts. `--toggle-collect` and `--dump-after` name it, so it must not be
/// inlined or renamed.
#[inline(never)]
fn measured(turns: u32, work: Work<'_>) {
    (0..turns).for_each(work);
}

/// Runs a path twice: once to fill caches and tables and to load memory pages, and then measured. Prints a line with
/// its name and the number of turns to which the next count of callgrind belongs.
fn path(name: &str, turns: u32, work: Work<'_>) {
    (0..turns).for_each(&mut *work);
    measured(turns, work);
    println!("{}", json!({ "name": name, "turns": turns }));
}

/// Runs all paths, with the libraries of plugins in this folder.
pub(crate) fn run(libraries: &Path) {
    drawing();
    requests(libraries.to_owned());
    let report = report();
    path("read a JUnit report of 1,000 tests", 5, &mut |_| {
        assert_eq!(badgesmith_formats::read(black_box(report.as_bytes())).unwrap().counts.passed, u64::from(TESTS));
    });
}

fn drawing() {
    let badge = |style| ResolvedBadge { color: Color::BRIGHTGREEN, style, ..ResolvedBadge::new("build", "passing") };
    let mut out = Vec::with_capacity(16_384);
    for style in Style::ALL {
        let badge = badge(style);
        path(&format!("draw {} as SVG", style.name()), 500, &mut |_| {
            out.clear();
            write_svg(black_box(&badge), &mut out);
            black_box(&out);
        });
    }
    for style in Style::ALL {
        let badge = badge(style);
        path(&format!("draw {} as PNG", style.name()), 20, &mut |_| {
            black_box(png(black_box(&badge), Scale::ONE)).unwrap();
        });
    }
}

fn requests(libraries: PathBuf) {
    let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let toml = "[[plugin]]\nid = \"nuget\"\nlibrary = \"badgesmith_provider_nuget\"\n\
                origins = [\"https://feed.example.com\"]\nsettings = { upstream = \"https://feed.example.com\" }\n\
                fresh-seconds = 3600\n";
    let config = Config::parse(toml, Path::new("plugins.toml")).unwrap();
    let plugins = plugins::load(&config, &[libraries]).unwrap();
    let engine = Engine::new(plugins, &config.engine, world(index(), document())).unwrap();
    let engine = engine.with_response_cache(&config.engine);

    let fixed = "/badge/build-passing-brightgreen";
    let cached = "/badges/packages/nuget/Demo.svg";
    let package = |number: u32| format!("/badges/packages/nuget/Package{number:05}.svg");
    let queried = |number: u32| {
        let url = format!("https%3A%2F%2Fexample.com%2F{number:05}%2Fdocument.json");
        format!("/badge/dynamic/json.svg?url={url}&query=%24.items%5B500%5D.name")
    };
    // An error badge has status 200, too.
    for (address, words) in [
        (fixed, "build: passing"),
        (cached, "nuget: 24.20.0"),
        (&package(0), "nuget: 24.20.0"),
        (&queried(0), "name 500"),
    ] {
        let body = respond(&runtime, &engine, &Request::get(address));
        assert!(String::from_utf8_lossy(&body).contains(words), "{body:?}");
    }
    let cached = Request::get(cached);
    path("answer a package's badge from the cache", 200, &mut |_| {
        black_box(runtime.block_on(engine.respond_cached(&cached, SystemTime::UNIX_EPOCH + NOON)));
    });
    let fixed = Request::get(fixed);
    path("answer a static badge that is not cached", 200, &mut |_| {
        respond(&runtime, &engine, &fixed);
    });
    let mut number = 0;
    path("make the badge of a NuGet package with 500 versions", 20, &mut |_| {
        number += 1;
        respond(&runtime, &engine, &Request::get(&package(number)));
    });
    path("make a badge by a JSONPath of a document of 100 KB", 5, &mut |_| {
        number += 1;
        respond(&runtime, &engine, &Request::get(&queried(number)));
    });
}

/// The body of an answer, without the cache of responses.
fn respond(runtime: &Runtime, engine: &Engine, request: &Request) -> Bytes {
    let response = runtime.block_on(engine.respond(request, SystemTime::UNIX_EPOCH + NOON));
    assert_eq!(response.status, 200, "{}", request.path);
    response.body
}

/// The index of a package with [`VERSIONS`] versions, in the order in which NuGet lists them.
fn index() -> String {
    let versions: Vec<_> = (0..VERSIONS)
        .map(|number| {
            let (major, minor) = (number / 20, number % 20);
            if number % 5 == 3 {
                format!("{major}.{}.0-preview.{number}", minor + 1)
            } else {
                format!("{major}.{}.0", minor + 1)
            }
        })
        .collect();
    json!({ "versions": versions }).to_string()
}

/// A document of about 100 KB.
fn document() -> String {
    let item = |number: u32| {
        let deep = json!({ "of": null, "is": true });
        let tags = ["one", "two"];
        json!({ "name": format!("name {number}"), "size": number * 17, "tags": tags, "deep": deep, "ratio": 0.25 })
    };
    json!({ "items": (0..1000).map(item).collect::<Vec<_>>() }).to_string()
}

/// A report in the format of JUnit, in which all tests passed.
fn report() -> String {
    let mut text = "<?xml version=\"1.0\"?>\n<testsuites><testsuite name=\"all\">\n".to_owned();
    for number in 0..TESTS {
        writeln!(text, "<testcase classname=\"shop.Cart{}\" name=\"adds item {number}\" time=\"0.012\"/>", number / 50)
            .unwrap();
    }
    text + "</testsuite></testsuites>\n"
}
