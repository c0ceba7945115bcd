//! `badgesmith smoke`: a smoke test that sends requests to a deployment over HTTP, as its users do.

use std::{io::Write, time::Duration};

use badgesmith_host::client::Connections;
use clap::Args;
use reqwest::{Client, Method, Response, header};
use serde_json::{Value, json};
use tokio::time::sleep;
use url::Url;

use crate::{
    command_error::CommandError,
    report::{Secret, Signed, now},
    runtime::block_on,
};

/// How long one answer may take: as long as image proxies wait, which is enough for a cold start.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// How often the badge of a queued report is requested, and the pause between the requests: the function of the queue
/// may have a cold start.
const QUEUED_TRIES: u32 = 30;
const QUEUED_PAUSE: Duration = Duration::from_secs(1);
/// The platform and the branch that the smoke test reports.
const PLATFORM: &str = "linux";
const BRANCH: &str = "smoke";

/// Asks a deployment for a badge and for a badge that does not exist, and, with the secret of an owner in
/// BADGESMITH_SECRET, reports a result, sends it again, and looks for it.
///
/// Exit codes: 0 if every answer is right, 1 otherwise.
#[derive(Args, Debug)]
pub(crate) struct SmokeOptions {
    /// The address of the deployment.
    #[arg(long, value_name = "URL")]
    url: Url,
    /// The owner whose secret BADGESMITH_SECRET holds.
    #[arg(long, default_value = "badgesmith-smoke")]
    owner: String,
    /// The repository the result is reported for.
    #[arg(long, default_value = "smoke")]
    repo: String,
    /// Sends no report, so that no secret is needed.
    #[arg(long)]
    unsigned: bool,
}

/// Runs the checks, and prints a line for each.
///
/// # Errors
/// An answer was wrong, or there is no secret to sign with.
pub(crate) fn run(smoke: &SmokeOptions) -> Result<(), CommandError> {
    let secret = std::env::var("BADGESMITH_SECRET").ok().filter(|secret| !secret.is_empty()).map(Secret);
    let secret = match (secret, smoke.unsigned) {
        (_, true) => None,
        (Some(secret), false) => Some(secret),
        (None, false) => return Err(CommandError::SmokeSecretMissing { owner: smoke.owner.clone() }),
    };
    block_on(async {
        let client = Connections::new().client().map_err(CommandError::http_client)?.clone();
        let mut test = SmokeTest { client, url: smoke.url.clone(), wrong: 0 };
        test.check_public().await;
        if let Some(secret) = secret {
            test.check_reports(smoke, &secret).await;
        }
        match test.wrong {
            0 => Ok(()),
            wrong => Err(CommandError::SmokeFailed { wrong, url: smoke.url.clone() }),
        }
    })
}

/// A deployment, and how many of its answers were wrong.
struct SmokeTest {
    client: Client,
    url: Url,
    wrong: usize,
}

/// The parts of an answer that are checked.
struct CheckedAnswer {
    status: u16,
    location: String,
    body: String,
}

/// The proof with which a report is sent.
#[derive(Clone, Copy)]
enum Proof<'a> {
    Signature(&'a Signed),
    Token(&'a str),
}

impl SmokeTest {
    /// Checks the addresses that need no signature.
    async fn check_public(&mut self) {
        let badge = self.get("/badge/smoke-test-brightgreen").await;
        self.judge("a static badge", badge, |a| a.status == 200 && a.body.contains("<title>smoke: test</title>"));
        let json = self.get("/badge/smoke-test-brightgreen.json").await;
        self.judge("the same as JSON", json, |a| a.status == 200 && a.body.contains(r#""message":"test""#));
        let nothing = self.get("/no/such/badge").await;
        self.judge("a picture of nothing", nothing, |a| a.status == 200 && a.body.contains("badge not found"));
        let nothing = self.get("/no/such/badge.json").await;
        self.judge("nothing as JSON", nothing, |a| a.status == 404 && a.body.contains("ROUTE_NOT_FOUND"));
        let health = self.get("/health").await;
        self.judge("its health", health, |a| a.status == 200 && a.body.contains(r#""status":"Healthy""#));
    }

    /// Reports a result as a build does and reads it back; also tries a forged signature and a replay.
    async fn check_reports(&mut self, smoke: &SmokeOptions, secret: &Secret) {
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
        // Detects a proxy that removes the token: the answer is 400 then.
        let answer = self.ask(Method::POST, &path, Some((&body, Proof::Token("e30.e30.e30")))).await;
        self.judge("a forged token", answer, |a| a.status == 401 && code(a) == "INVALID_TOKEN");
        let answer = self.post(&path, &body, &signed).await;
        let is_queued = answer.as_ref().is_ok_and(|a| a.status == 202);
        self.judge("a signed report", answer, |a| matches!(a.status, 201 | 202) && a.body.contains(&run));
        let answer = self.post(&path, &body, &signed).await;
        self.judge("the same report again", answer, |a| a.status == 400 && code(a) == "NONCE_ALREADY_USED");
        let words = format!(r#""{passed} passed""#);
        let shows = |a: &CheckedAnswer| a.status == 200 && a.body.contains(&words);
        let tries = if is_queued { QUEUED_TRIES } else { 1 };
        let mut badge = self.get(&format!("/badges/tests/{rest}?smoke={run}")).await;
        for again in 1..tries {
            if badge.as_ref().is_ok_and(shows) {
                break;
            }
            sleep(QUEUED_PAUSE).await;
            // A query that is new every time, because a cache in front may hold an earlier badge.
            badge = self.get(&format!("/badges/tests/{rest}?smoke={run}-{again}")).await;
        }
        self.judge("its badge", badge, shows);
        let redirect = self.get(&format!("/redirect/test-results/{rest}?smoke={run}")).await;
        self.judge("its redirect", redirect, |a| a.status == 302 && a.location == link);
    }

    async fn get(&self, path: &str) -> Result<CheckedAnswer, String> {
        self.ask(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: &str, signed: &Signed) -> Result<CheckedAnswer, String> {
        self.ask(Method::POST, path, Some((body, Proof::Signature(signed)))).await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        report: Option<(&str, Proof<'_>)>,
    ) -> Result<CheckedAnswer, String> {
        let base = self.url.as_str().trim_end_matches('/');
        let mut request = self.client.request(method, format!("{base}{path}")).timeout(TIMEOUT);
        if let Some((body, proof)) = report {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_owned());
            request = match proof {
                Proof::Signature(signed) => request
                    .header("X-Signature", &signed.signature)
                    .header("X-Timestamp", &signed.timestamp)
                    .header("X-Nonce", &signed.nonce),
                Proof::Token(token) => request.bearer_auth(token),
            };
        }
        let response = request.send().await.map_err(|fault| fault.without_url().to_string())?;
        read(response).await.map_err(|fault| fault.without_url().to_string())
    }

    /// Checks an answer, and prints a line.
    fn judge(&mut self, what: &str, answer: Result<CheckedAnswer, String>, is_right: impl Fn(&CheckedAnswer) -> bool) {
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
        // If standard output is closed, the exit code still shows the outcome.
        let mut out = std::io::stdout();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

/// Reads the parts of an answer that are checked.
async fn read(mut response: Response) -> Result<CheckedAnswer, reqwest::Error> {
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
    Ok(CheckedAnswer { status, location, body: String::from_utf8_lossy(&bytes).into_owned() })
}

/// The code in an error's body.
fn code(answer: &CheckedAnswer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    body["error_details"][0]["error_code"].as_str().unwrap_or_default().to_owned()
}
