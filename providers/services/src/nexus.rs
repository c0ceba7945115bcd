//! Sonatype Nexus, version 2 or 3, on the server that the caller names.

use badgesmith_provider::{Badge, Call, Failure, Request, Step};
use serde_json::Value;

use crate::{
    failures::{invalid_query, json, lacks, not_found},
    host::Host,
    reading::{self, list, string},
};

const MISSING: &str = "artifact not found";

/// An artifact, and the server and repository in which it is searched for.
struct Artifact {
    host: Host,
    /// `r` for releases, `s` for snapshots, or the name of a repository.
    repository: String,
    group: String,
    name: String,
}

/// The newest version of an artifact.
pub(crate) fn badge(call: &Call) -> Result<Badge, Step> {
    let artifact = Artifact::of(call)?;
    let version = if call.query("nexusVersion") == Some("3") {
        artifact.third(call)?
    } else {
        let answer = call.fetch(artifact.second_request(call)?)?;
        // Nexus 3 does not have the addresses of Nexus 2: it answers with 404, or with an HTML page.
        match answer.json::<Value>() {
            Ok(found) if found["data"].is_array() || found["data"].is_object() => artifact.second(&found["data"])?,
            Ok(_) => artifact.third(call)?,
            Err(_) if answer.is_missing() || (200..300).contains(&answer.status) => artifact.third(call)?,
            Err(failure) => return Err(failure.into()),
        }
    };
    Ok(reading::version(&version))
}

impl Artifact {
    /// Reads `/nexus/r/GROUP/ARTIFACT?server=…`, and the older `/nexus/r/https/HOST/GROUP/ARTIFACT`.
    fn of(call: &Call) -> Result<Self, Failure> {
        let (repository, group, name) = (call.param("repository"), call.param("group"), call.param("artifact"));
        let [host, group, name] = match group {
            "http" | "https" => {
                let parts: Vec<_> = name.rsplitn(3, '/').collect();
                let [name, artifact_group, server] = parts[..] else { return Err(invalid_query("server")) };
                let name = name.split(':').next().unwrap_or(name);
                [format!("{group}://{server}"), artifact_group.to_owned(), name.to_owned()]
            }
            _ => [call.query("server").unwrap_or_default().to_owned(), group.to_owned(), name.to_owned()],
        };
        Ok(Self { host: Host::named(&host, "", "server")?, repository: repository.to_owned(), group, name })
    }

    fn is_repository(&self) -> bool {
        !matches!(self.repository.as_str(), "r" | "s")
    }

    fn second_request(&self, call: &Call) -> Result<Request, Failure> {
        let path =
            if self.is_repository() { "service/local/artifact/maven/resolve" } else { "service/local/lucene/search" };
        let mut request = self.host.get(path, []).query("g", &*self.group).query("a", &*self.name);
        if self.is_repository() {
            request = request.query("r", &*self.repository).query("v", "LATEST");
        }
        with_options(call, request.accept("application/json"))
    }

    /// The version in an answer of Nexus 2.
    fn second(&self, data: &Value) -> Result<String, Failure> {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        if self.is_repository() {
            let version = text(&data["baseVersion"]).or_else(|| text(&data["version"]));
            return version.ok_or_else(|| lacks("invalid artifact version"));
        }
        let artifacts = data.as_array().filter(|artifacts| !artifacts.is_empty());
        let artifacts = artifacts.ok_or_else(|| not_found("artifact or version not found"))?;
        if self.repository == "r" {
            return text(&artifacts[0]["latestRelease"]).ok_or_else(|| lacks("invalid artifact version"));
        }
        let versions = artifacts.iter().flat_map(|artifact| [&artifact["latestSnapshot"], &artifact["version"]]);
        let snapshot = versions.filter_map(text).find(|version| version.contains("-SNAPSHOT"));
        snapshot.ok_or_else(|| lacks("no snapshot versions found"))
    }

    /// The version from an answer of Nexus 3.
    fn third(&self, call: &Call) -> Result<String, Step> {
        let request = self.host.get("service/rest/v1/search", []);
        let request = request.query("group", &*self.group).query("name", &*self.name).query("sort", "version");
        let request = match self.repository.as_str() {
            "s" => request.query("prerelease", "true"),
            "r" => request.query("prerelease", "false"),
            repository => request.query("repository", repository),
        };
        let found = json(call.fetch(with_options(call, request)?)?, MISSING)?;
        let words = if self.repository == "s" {
            "artifact or snapshot version not found"
        } else {
            "artifact or version not found"
        };
        if list(&found, "/items")?.is_empty() {
            return Err(not_found(words).into());
        }
        Ok(string(&found, "/items/0/version")?.to_owned())
    }
}

/// Adds the options of `queryOpt=:c=sources:p=jar` to the query.
fn with_options(call: &Call, mut request: Request) -> Result<Request, Failure> {
    for option in call.query("queryOpt").unwrap_or_default().split(':').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').ok_or_else(|| invalid_query("queryOpt"))?;
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
            return Err(invalid_query("queryOpt"));
        }
        request = request.query(name, value);
    }
    Ok(request)
}
