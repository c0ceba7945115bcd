//! The spellings of logos in requests, and pictures that are not drawn in time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{sync::atomic::Ordering, time::Duration};

use support::TestServer;

const LOGO: &str = "/badge/a-b-red.png?logo=data:image/svg%2Bxml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20\
                    viewBox='0%200%209%209'%3E%3Cpath%20d='M0%200h9v9z'/%3E%3C/svg%3E";

/// The `max-age` of a PNG, and the PNG.
async fn png(server: &TestServer, path: &str) -> (u32, Vec<u8>) {
    let response = server.get(path).await;
    assert_eq!((response.status.as_u16(), &response.headers["content-type"]), (200, &"image/png".parse().unwrap()));
    let caching = response.headers["cache-control"].to_str().unwrap();
    let age = caching.split(['=', ',']).nth(2).unwrap().parse().unwrap();
    (age, response.body.to_vec())
}

#[tokio::test(start_paused = true)]
async fn a_logo_that_takes_too_long_is_left_out_and_the_picture_is_cached_briefly() {
    let server = TestServer::new("");
    server.executor.holds_steps.store(true, Ordering::Relaxed);
    let recovery = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        server.executor.holds_steps.store(false, Ordering::Relaxed);
    };
    let ((age, without), ()) =
        futures_util::future::join(png(&server, &format!("{LOGO}&cacheSeconds=99999")), recovery).await;
    assert_eq!(age, 10);
    let (age, with) = png(&server, LOGO).await;
    assert_eq!(age, 86_400);
    assert!(with != without && with[16..24] == without[16..24], "the size stays, with the space for the logo");
}

#[tokio::test(start_paused = true)]
async fn large_pictures_that_are_not_drawn_are_too_busy_and_small_ones_are_drawn() {
    let server = TestServer::new("");
    server.executor.holds_steps.store(true, Ordering::Relaxed);
    let large = format!("/badge/a-{}-red.png?scale=4", "b".repeat(200));
    let (small_age, small) = png(&server, "/badge/a-b-red.png").await;
    for path in [LOGO, &large, &large, &large] {
        let response = server.get(path).await;
        assert_eq!(response.line.code, "TOO_BUSY", "{path}");
        let (age, picture) = png(&server, path).await;
        assert!(age == 10 && picture != small, "{path}");
    }
    assert_eq!(png(&server, "/badge/a-b-red.png").await, (small_age, small));
    let (age, _) = png(&server, "/badge/a-other-red.png").await;
    assert_eq!(age, 86_400);
}

#[tokio::test]
async fn an_image_is_a_logo_in_every_spelling_of_its_data_uri() {
    let server = TestServer::new("");
    for (logo, written) in [
        ("image/png;base64,iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo="),
        ("DATA:image/png;base64,iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo="),
        ("Data:Image/png;base64,iVBORw0KGgo", "data:Image/png;base64,iVBORw0KGgo"),
        ("data:image/svg%2Bxml;base64,PHN2Zz4-Pz8_", "data:image/svg+xml;base64,PHN2Zz4+Pz8/"),
        ("data:image/svg+xml;base64,PHN2Zz4+", "data:image/svg+xml;base64,PHN2Zz4+"),
        ("data:image/svg%2Bxml;utf8,(fill:%23f00)", "data:image/svg+xml;utf8,(fill:%23f00)"),
        ("data:image/svg%2Bxml;utf8,(fill:%2523f00)", "data:image/svg+xml;utf8,(fill:%23f00)"),
    ] {
        let response = server.get(&format!("/badge/a-b-red.svg?logo={logo}")).await;
        let svg = String::from_utf8(response.body.to_vec()).unwrap();
        assert!(
            svg.contains(&format!("xlink:href=\"{written}\"")) || svg.contains(&format!("href=\"{written}\"")),
            "{logo}: {svg}"
        );
    }
}

#[cfg(feature = "icons")]
#[tokio::test]
async fn a_plus_in_the_name_of_an_icon_survives_form_decoding() {
    let server = TestServer::new("");
    let svg = async |logo: &str| server.get(&format!("/badge/a-b-red.svg?logo={logo}")).await.body;
    assert_eq!(svg("c++").await, svg("cplusplus").await);
    assert_eq!(svg("c%2B%2B").await, svg("cplusplus").await);
    assert!(svg("c").await != svg("c++").await);
    assert_eq!(svg("github+actions").await, svg("githubactions").await);
    let json = server.get("/badge/a-b-red.json?logo=c++").await;
    assert!(String::from_utf8_lossy(&json.body).contains(r#""namedLogo":"c++""#), "{json:?}");
}
