//! `badgesmith smoke`: whether a deployment does what its users need, asked from outside.

use std::{io::Write, time::Duration};

use badgesmith_host::client::Connections;
use clap::Args;
use reqwest::{Client, Method, Response, header};
use serde_json::{Value, json};
use tokio::runtime;
use url::Url;

use crate::report::{Secret, Signed, now};

/// How long one answer may take: what image proxies wait, and a cold start.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// What a run of the smoke test is reported for.
const PLATFORM: &str = "linux";
const BRANCH: &str = "smoke";

/// Asks a deployment for a badge, for a badge that is none, and, with the secret of an owner in BADGESMITH_SECRET,
/// reports a result, sends it again, and looks for it.
///
/// Exit codes: 0 all is well, 1 something is not.
#[derive(Args, Debug)]
pub(crate) struct Smoke {
    /// The deployment's address.
    #[arg(long, value_name = "URL")]
    url: Url,
    /// The owner whose secret BADGESMITH_SECRET holds.
    #[arg(long, default_value = "badgesmith-smoke")]
    owner: String,
    /// The repository the result is reported for.
    #[arg(long, default_value = "smoke")]
    repo: String,
    /// Leaves the report out, where there is no secret.
    #[arg(long)]
    unsigned: bool,
}

/// Asks, and says line by line what was found.
///
/// # Errors
/// How many of the answers were wrong.
pub(crate) fn run(smoke: &Smoke) -> Result<(), String> {
    let secret = std::env::var("BADGESMITH_SECRET").ok().filter(|secret| !secret.is_empty()).map(Secret);
    let secret = match (secret, smoke.unsigned) {
        (_, true) => None,
        (Some(secret), false) => Some(secret),
        (None, false) => {
            return Err(format!(
                "BADGESMITH_SECRET is empty; put the secret of {} into it, or leave the report out with --unsigned",
                smoke.owner
            ));
        }
    };
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|fault| format!("the runtime cannot start: {fault}"))?;
    runtime.block_on(async {
        let mut asked = Asked {
            client: Connections::new().client().map_err(|error| error.to_string())?.clone(),
            url: smoke.url.clone(),
            wrong: 0,
        };
        asked.public().await;
        if let Some(secret) = secret {
            asked.report(smoke, &secret).await;
        }
        match asked.wrong {
            0 => Ok(()),
            wrong => Err(format!("{wrong} of the answers of {} are wrong", smoke.url)),
        }
    })
}

/// A deployment, and how many of its answers were wrong.
struct Asked {
    client: Client,
    url: Url,
    wrong: usize,
}

/// An answer as it is judged.
struct Answer {
    status: u16,
    location: String,
    body: String,
}

impl Asked {
    /// What anybody can ask.
    async fn public(&mut self) {
        let badge = self.get("/badge/smoke-test-brightgreen").await;
        self.judge("a static badge", badge, |a| a.status == 200 && a.body.contains("<title>smoke: test</title>"));
        let json = self.get("/badge/smoke-test-brightgreen.json").await;
        self.judge("the same as JSON", json, |a| a.status == 200 && a.body.contains(r#""message":"test""#));
        let nothing = self.get("/no/such/badge.svg").await;
        self.judge("a picture of nothing", nothing, |a| a.status == 200 && a.body.contains("badge not found"));
        let nothing = self.get("/no/such/badge").await;
        self.judge("nothing as JSON", nothing, |a| a.status == 404 && a.body.contains("ROUTE_NOT_FOUND"));
        let health = self.get("/health").await;
        self.judge("its health", health, |a| a.status == 200 && a.body.contains(r#""status":"Healthy""#));
    }

    /// What a build does, and what somebody does who listened to it.
    async fn report(&mut self, smoke: &Smoke, secret: &Secret) {
        let rest = format!("{PLATFORM}/{}/{}/{BRANCH}", smoke.owner, smoke.repo);
        let path = format!("/tests/results/{rest}");
        let run = format!("{:016x}", fastrand::u64(..));
        let link = format!("https://example.com/smoke/{run}");
        let passed = fastrand::u32(1..1_000_000);
        let body = json!({
            "platform": PLATFORM, "passed": passed, "failed": 0, "skipped": 0, "total": passed, "commit": run,
            "run_id": run, "url_html": link, "timestamp": now(),
        })
        .to_string();
        let signed = Signed::new(secret, &path, body.as_bytes());
        let forged = Signed::new(&Secret(run.clone()), &path, body.as_bytes());
        let answer = self.post(&path, &body, &forged).await;
        self.judge("a forged report", answer, |a| a.status == 401 && code(a) == "INVALID_SIGNATURE");
        let answer = self.post(&path, &body, &signed).await;
        self.judge("a signed report", answer, |a| a.status == 201 && a.body.contains(&run));
        let answer = self.post(&path, &body, &signed).await;
        self.judge("the same report again", answer, |a| a.status == 400 && code(a) == "NONCE_ALREADY_USED");
        // A query that nobody asked with before, because a cache in front may show the badge of half a minute ago.
        let fresh = format!("?smoke={run}");
        let badge = self.get(&format!("/badges/tests/{rest}{fresh}")).await;
        self.judge("its badge", badge, |a| a.status == 200 && a.body.contains(&format!(r#""{passed} passed""#)));
        let redirect = self.get(&format!("/redirect/test-results/{rest}{fresh}")).await;
        self.judge("its redirect", redirect, |a| a.status == 302 && a.location == link);
    }

    async fn get(&self, path: &str) -> Result<Answer, String> {
        self.ask(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: &str, signed: &Signed) -> Result<Answer, String> {
        self.ask(Method::POST, path, Some((body, signed))).await
    }

    async fn ask(&self, method: Method, path: &str, report: Option<(&str, &Signed)>) -> Result<Answer, String> {
        let base = self.url.as_str().trim_end_matches('/');
        let mut request = self.client.request(method, format!("{base}{path}")).timeout(PATIENCE);
        if let Some((body, signed)) = report {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .header("X-Signature", &signed.signature)
                .header("X-Timestamp", &signed.timestamp)
                .header("X-Nonce", &signed.nonce)
                .body(body.to_owned());
        }
        let response = request.send().await.map_err(|fault| fault.without_url().to_string())?;
        read(response).await.map_err(|fault| fault.without_url().to_string())
    }

    /// One line for an answer.
    fn judge(&mut self, what: &str, answer: Result<Answer, String>, is_right: impl Fn(&Answer) -> bool) {
        let line = match answer {
            Ok(answer) if is_right(&answer) => format!("ok     {what}\n"),
            Ok(answer) => {
                self.wrong += 1;
                let said: String = answer.body.chars().filter(|c| !c.is_control()).take(200).collect();
                format!("WRONG  {what}: {} {}{said}\n", answer.status, answer.location)
            }
            Err(fault) => {
                self.wrong += 1;
                format!("WRONG  {what}: {fault}\n")
            }
        };
        // Whoever closed standard output reads the exit code.
        let mut out = std::io::stdout();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

/// Reads an answer as far as it is judged.
async fn read(mut response: Response) -> Result<Answer, reqwest::Error> {
    let status = response.status().as_u16();
    let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let location = location.unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_ANSWER {
            break;
        }
    }
    Ok(Answer { status, location, body: String::from_utf8_lossy(&bytes).into_owned() })
}

/// The code of an error.
fn code(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    body["error_details"][0]["error_code"].as_str().unwrap_or_default().to_owned()
}
