//! Where a feed keeps what we ask: on nuget.org known beforehand, elsewhere in its service index.

use badgesmith_provider::{Call, Failure, Request, Scheme, Step};
use badgesmith_versions::Version;
use serde::Deserialize;

use crate::id::PackageId;

/// How many requests a host grants a call.
const FETCHES: usize = 64;

/// The resources that say which versions there are.
const PACKAGES: &[&str] = &["PackageBaseAddress/3.0.0"];
/// The resources that say whether a version is listed, best first: only the first two know SemVer 2 packages.
const REGISTRATIONS: &[&str] = &[
    "RegistrationsBaseUrl/3.6.0",
    "RegistrationsBaseUrl/Versioned",
    "RegistrationsBaseUrl/3.4.0",
    "RegistrationsBaseUrl/3.0.0-rc",
    "RegistrationsBaseUrl/3.0.0-beta",
    "RegistrationsBaseUrl",
];

/// The resources that find packages. All know what we ask of them; the newer ones also know SemVer 2 packages.
const SEARCHES: &[&str] =
    &["SearchQueryService/3.5.0", "SearchQueryService/3.0.0-rc", "SearchQueryService/3.0.0-beta", "SearchQueryService"];
/// Where nuget.org's layout has its service index, under the setting `upstream`.
const INDEX: &str = "v3/index.json";

/// The two places of a feed.
pub(crate) struct Feed<'a> {
    /// Where the versions of a package are listed.
    pub(crate) packages: Place<'a>,
    /// Where a version's leaf lies. A feed without such a place has no unlisted versions.
    pub(crate) registrations: Option<Place<'a>>,
    /// How many leaves may be asked.
    pub(crate) leaves: usize,
}

/// A part of a feed, and how it is asked.
pub(crate) struct Place<'a> {
    base: String,
    access: Access<'a>,
}

/// What a feed wants to see before it answers.
#[derive(Clone, Copy)]
enum Access<'a> {
    Open,
    Token { scheme: Scheme, owner: &'a str },
}

/// <https://learn.microsoft.com/en-us/nuget/api/service-index>
#[derive(Deserialize)]
struct ServiceIndex {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    types: Types,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Types {
    One(String),
    Many(Vec<String>),
}

impl<'a> Feed<'a> {
    /// The feed of this deployment: that of the setting `index`, or nuget.org's layout under the setting `upstream`.
    ///
    /// # Errors
    /// The step that asks for the service index; a failure if it is none, or if the setting `auth` is none.
    pub(crate) fn find(call: &'a Call) -> Result<Self, Step> {
        let access = Access::read(call)?;
        let place = |base: &str| Place { base: base.to_owned(), access };
        if call.setting("index").is_empty() {
            let upstream = call.setting("upstream").trim_end_matches('/');
            return Ok(Self {
                packages: place(&format!("{upstream}/v3-flatcontainer")),
                registrations: Some(place(&format!("{upstream}/v3/registration5-gz-semver2"))),
                leaves: FETCHES - 1,
            });
        }
        let index = ServiceIndex::fetch(call, access.with(Request::to(call.setting("index"))))?;
        Ok(Self {
            packages: index.find(PACKAGES).map(place).ok_or_else(Failure::invalid_response)?,
            registrations: index.find(REGISTRATIONS).map(place),
            leaves: FETCHES - 2,
        })
    }

    /// Where a feed's packages are searched for, as its service index says.
    ///
    /// # Errors
    /// The step that asks for the service index; a failure if it is none, or names no such place.
    pub(crate) fn search(call: &'a Call) -> Result<Place<'a>, Step> {
        let access = Access::read(call)?;
        let request = match call.setting("index") {
            "" => Request::get::<&str>(call.setting("upstream"), INDEX, []),
            index => Request::to(index),
        };
        let index = ServiceIndex::fetch(call, access.with(request))?;
        let base = index.find(SEARCHES).ok_or_else(Failure::invalid_response)?;
        Ok(Place { base: base.to_owned(), access })
    }
}

impl Place<'_> {
    /// Asks for the versions of a package.
    pub(crate) fn index(&self, id: &PackageId) -> Request {
        self.access.with(Request::get(&self.base, "{}/index.json", [id.as_str()]))
    }

    /// Searches for one package by its id.
    pub(crate) fn package(&self, id: &PackageId) -> Request {
        // What is searched at is a file, not a folder: the query follows its name.
        let (folder, file) = self.base.rsplit_once('/').unwrap_or((&self.base, ""));
        let path = format!("{file}?q=packageid%3A{{}}&prerelease=true&semVerLevel=2.0.0");
        self.access.with(Request::get(folder, path, [id.as_str()]))
    }

    /// Asks for a version's leaf.
    pub(crate) fn leaf(&self, id: &PackageId, version: &Version<'_>) -> Request {
        let version = version.to_string().to_ascii_lowercase();
        self.access.with(Request::get(&self.base, "{}/{}.json", [id.as_str(), &version]))
    }
}

impl<'a> Access<'a> {
    fn read(call: &'a Call) -> Result<Self, Failure> {
        let scheme = match call.setting("auth") {
            "" => return Ok(Self::Open),
            "bearer" => Scheme::Bearer,
            "basic" => Scheme::Basic,
            _ => return Err(Failure::inaccessible("SETTING_INVALID", "setting auth must be bearer or basic")),
        };
        Ok(Self::Token { scheme, owner: call.setting("owner") })
    }

    fn with(self, request: Request) -> Request {
        match self {
            Self::Open => request,
            Self::Token { scheme, owner } => request.auth_as(scheme, "token", owner),
        }
    }
}

impl ServiceIndex {
    fn fetch(call: &Call, request: Request) -> Result<Self, Step> {
        let answer = call.fetch(request)?;
        if answer.is_missing() {
            // A feed that is not there must not read as a package that is not there.
            return Err(Failure::invalid_response().into());
        }
        Ok(answer.json()?)
    }

    /// The address of the first of these types that the feed has.
    fn find(&self, types: &[&str]) -> Option<&str> {
        let of_type = |wanted: &&str| self.resources.iter().find(|resource| resource.is(wanted));
        types.iter().find_map(of_type).map(|resource| resource.id.as_str())
    }
}

impl Resource {
    /// Whether it is of this type and can be asked.
    fn is(&self, wanted: &str) -> bool {
        let is_type = match &self.types {
            Types::One(name) => name == wanted,
            Types::Many(names) => names.iter().any(|name| name == wanted),
        };
        is_type && (self.id.starts_with("https://") || self.id.starts_with("http://"))
    }
}
