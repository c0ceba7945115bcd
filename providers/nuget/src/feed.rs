//! The resources of a feed: known in advance for nuget.org, and read from the service index of any other feed.

use badgesmith_provider::{Call, Failure, Request, Scheme, Step};
use badgesmith_versions::Version;
use serde::Deserialize;

use crate::id::PackageId;

/// The number of requests that a host allows in a call.
const FETCHES: usize = 64;

/// The types of the resource that lists the versions of a package.
const PACKAGES: &[&str] = &["PackageBaseAddress/3.0.0"];
/// The types of the resource that says whether a version is listed, the best one first: only the first two have SemVer
/// 2 packages.
const REGISTRATIONS: &[&str] = &[
    "RegistrationsBaseUrl/3.6.0",
    "RegistrationsBaseUrl/Versioned",
    "RegistrationsBaseUrl/3.4.0",
    "RegistrationsBaseUrl/3.0.0-rc",
    "RegistrationsBaseUrl/3.0.0-beta",
    "RegistrationsBaseUrl",
];

/// The types of the resource that searches for packages. All support the search for an id; the newer ones also contain
/// SemVer 2 packages.
const SEARCHES: &[&str] =
    &["SearchQueryService/3.5.0", "SearchQueryService/3.0.0-rc", "SearchQueryService/3.0.0-beta", "SearchQueryService"];
/// The path of the service index in nuget.org's layout, relative to the setting `upstream`.
const INDEX: &str = "v3/index.json";

/// The resources of a feed that contain the versions of its packages.
pub(crate) struct Feed<'a> {
    /// The resource with the index of each package.
    pub(crate) packages: FeedResource<'a>,
    /// The resource with the leaf of each version. A feed without it has no unlisted versions.
    pub(crate) registrations: Option<FeedResource<'a>>,
    /// The number of leaves that may be fetched.
    pub(crate) leaves: usize,
}

/// The address of a resource, and the authentication of requests to it.
pub(crate) struct FeedResource<'a> {
    base: String,
    authentication: Authentication<'a>,
}

/// How requests to a feed are authenticated.
#[derive(Clone, Copy)]
enum Authentication<'a> {
    None,
    Token { scheme: Scheme, owner: &'a str },
}

/// <https://learn.microsoft.com/en-us/nuget/api/service-index>
#[derive(Deserialize)]
struct ServiceIndex {
    resources: Vec<IndexEntry>,
}

#[derive(Deserialize)]
struct IndexEntry {
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
    /// The feed of this deployment: the one whose service index is the setting `index`, or nuget.org's layout at the
    /// setting `upstream`.
    ///
    /// # Errors
    /// The step that requests the service index; a failure if its answer is not a service index, or if the setting
    /// `auth` is invalid.
    pub(crate) fn find(call: &'a Call) -> Result<Self, Step> {
        let authentication = Authentication::read(call)?;
        let resource = |base: &str| FeedResource { base: base.to_owned(), authentication };
        if call.setting("index").is_empty() {
            let upstream = call.setting("upstream").trim_end_matches('/');
            return Ok(Self {
                packages: resource(&format!("{upstream}/v3-flatcontainer")),
                registrations: Some(resource(&format!("{upstream}/v3/registration5-gz-semver2"))),
                leaves: FETCHES - 1,
            });
        }
        let index = ServiceIndex::fetch(call, authentication.apply(Request::to(call.setting("index"))))?;
        Ok(Self {
            packages: index.find(PACKAGES).map(resource).ok_or_else(Failure::invalid_response)?,
            registrations: index.find(REGISTRATIONS).map(resource),
            leaves: FETCHES - 2,
        })
    }

    /// The resource that searches for packages, from the feed's service index.
    ///
    /// # Errors
    /// The step that requests the service index; a failure if its answer is not a service index or has no such
    /// resource.
    pub(crate) fn find_search(call: &'a Call) -> Result<FeedResource<'a>, Step> {
        let authentication = Authentication::read(call)?;
        let request = match call.setting("index") {
            "" => Request::get::<&str>(call.setting("upstream"), INDEX, []),
            index => Request::to(index),
        };
        let index = ServiceIndex::fetch(call, authentication.apply(request))?;
        let base = index.find(SEARCHES).ok_or_else(Failure::invalid_response)?;
        Ok(FeedResource { base: base.to_owned(), authentication })
    }
}

impl FeedResource<'_> {
    /// The request for the index of a package.
    pub(crate) fn index_request(&self, id: &PackageId) -> Request {
        self.authentication.apply(Request::get(&self.base, "{}/index.json", [id.as_str()]))
    }

    /// The request that searches for a package by its id.
    pub(crate) fn search_request(&self, id: &PackageId) -> Request {
        // The address of a search resource has no slash at its end: the query follows its last segment.
        let (folder, file) = self.base.rsplit_once('/').unwrap_or((&self.base, ""));
        let path = format!("{file}?q=packageid%3A{{}}&prerelease=true&semVerLevel=2.0.0");
        self.authentication.apply(Request::get(folder, path, [id.as_str()]))
    }

    /// The request for the leaf of a version.
    pub(crate) fn leaf_request(&self, id: &PackageId, version: &Version<'_>) -> Request {
        let version = version.to_string().to_ascii_lowercase();
        self.authentication.apply(Request::get(&self.base, "{}/{}.json", [id.as_str(), &version]))
    }
}

impl<'a> Authentication<'a> {
    fn read(call: &'a Call) -> Result<Self, Failure> {
        let scheme = match call.setting("auth") {
            "" => return Ok(Self::None),
            "bearer" => Scheme::Bearer,
            "basic" => Scheme::Basic,
            _ => return Err(Failure::inaccessible("SETTING_INVALID", "setting auth must be bearer or basic")),
        };
        Ok(Self::Token { scheme, owner: call.setting("owner") })
    }

    fn apply(self, request: Request) -> Request {
        match self {
            Self::None => request,
            Self::Token { scheme, owner } => request.auth_as(scheme, "token", owner),
        }
    }
}

impl ServiceIndex {
    fn fetch(call: &Call, request: Request) -> Result<Self, Step> {
        let answer = call.fetch(request)?;
        if answer.is_missing() {
            // The failure for a missing feed must differ from that for a missing package.
            return Err(Failure::invalid_response().into());
        }
        Ok(answer.json()?)
    }

    /// The address of the resource with the first of these types that the feed has.
    fn find(&self, types: &[&str]) -> Option<&str> {
        let of_type = |wanted: &&str| self.resources.iter().find(|entry| entry.has_type(wanted));
        types.iter().find_map(of_type).map(|entry| entry.id.as_str())
    }
}

impl IndexEntry {
    /// Whether the resource has this type and an HTTP address.
    fn has_type(&self, wanted: &str) -> bool {
        let is_type = match &self.types {
            Types::One(name) => name == wanted,
            Types::Many(names) => names.iter().any(|name| name == wanted),
        };
        is_type && (self.id.starts_with("https://") || self.id.starts_with("http://"))
    }
}
