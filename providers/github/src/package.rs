//! The package that a call is for, and the requests for its versions.

use badgesmith_provider::{About, Call, Failure, Request, order::Order};

use crate::failures::package_not_found;

/// The media type that GitHub recommends.
pub(crate) const JSON: &str = "application/vnd.github+json";
/// The longest login of an organisation or a user, in characters.
const LONGEST_LOGIN: usize = 39;
/// The longest name of a package, in bytes.
const LONGEST_NAME: usize = 255;

/// A package of an organisation or a user, with names in lower case.
#[derive(Debug)]
pub(crate) struct Package<'a> {
    upstream: &'a str,
    owner: OwnerKind,
    login: String,
    /// The registry that has it.
    pub(crate) registry: Registry,
    name: String,
}

/// The registries of GitHub Packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registry {
    Nuget,
    Npm,
    Maven,
    Rubygems,
    /// Images of the registry that the container registry replaced; GitHub still lists them under this name.
    Docker,
    Container,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OwnerKind {
    Organization,
    User,
}

impl<'a> Package<'a> {
    /// Reads the parameters and the query of a call.
    ///
    /// # Errors
    /// `PACKAGE_TYPE_INVALID` and `PACKAGE_OWNER_INVALID` for a registry or a kind of owner that GitHub does not have;
    /// `PACKAGE_NOT_FOUND` for names that no owner or package on GitHub can have.
    pub(crate) fn of(call: &'a Call<'_>) -> Result<Self, Failure> {
        let registry = call.query("type").map_or(Ok(Registry::Nuget), Registry::parse)?;
        let owner = call.query("owner").map_or(Ok(OwnerKind::Organization), OwnerKind::parse)?;
        let (login, name) = (call.param("org"), call.param("package"));
        if !owner.accepts_login(login) {
            return Err(package_not_found().about("org"));
        }
        if !is_name(name) {
            return Err(package_not_found());
        }
        let upstream = call.setting("upstream");
        Ok(Self { upstream, owner, login: login.to_ascii_lowercase(), registry, name: name.to_lowercase() })
    }

    /// The request for a page of the package's versions, counted from 1.
    /// <https://docs.github.com/en/rest/packages/packages#list-package-versions-for-a-package-owned-by-an-organization>
    pub(crate) fn page(&self, number: u32) -> Request {
        let mut path = match self.owner {
            OwnerKind::Organization => "orgs/{}/packages/{}/{}/versions?per_page=100".to_owned(),
            OwnerKind::User => "users/{}/packages/{}/{}/versions?per_page=100".to_owned(),
        };
        if number > 1 {
            path.push_str(&format!("&page={number}"));
        }
        Request::get(self.upstream, path, [&self.login, self.registry.as_str(), &self.name])
            .accept(JSON)
            .auth("token", &self.login)
            .about(About::new(&self.login, about(self.registry.as_str(), &self.name)))
    }

    /// The request for the package itself.
    pub(crate) fn itself(&self) -> Request {
        let path = match self.owner {
            OwnerKind::Organization => "orgs/{}/packages/{}/{}",
            OwnerKind::User => "users/{}/packages/{}/{}",
        };
        Request::get(self.upstream, path, [&self.login, self.registry.as_str(), &self.name])
            .accept(JSON)
            .auth("token", &self.login)
            .about(About::new(&self.login, about(self.registry.as_str(), &self.name)))
    }
}

/// The name of an owner's package in marks that make cached answers stale: `packages/npm/shop`.
pub(crate) fn about(registry: &str, name: &str) -> String {
    format!("packages/{}/{}", registry.to_ascii_lowercase(), name.to_lowercase())
}

impl Registry {
    fn parse(text: &str) -> Result<Self, Failure> {
        let registries = [Self::Nuget, Self::Npm, Self::Maven, Self::Rubygems, Self::Docker, Self::Container];
        registries
            .into_iter()
            .find(|registry| registry.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| Failure::invalid_parameter("PACKAGE_TYPE_INVALID", "type", "invalid package type"))
    }

    /// The registry's name in GitHub's API.
    fn as_str(self) -> &'static str {
        match self {
            Self::Nuget => "nuget",
            Self::Npm => "npm",
            Self::Maven => "maven",
            Self::Rubygems => "rubygems",
            Self::Docker => "docker",
            Self::Container => "container",
        }
    }

    /// The order of its clients, where that is not NuGet's. npm's is the same for every version that npm has.
    pub(crate) fn own_order(self) -> Option<Order> {
        match self {
            Self::Maven => Some(Order::Maven),
            Self::Rubygems => Some(Order::Rubygems),
            Self::Nuget | Self::Npm | Self::Docker | Self::Container => None,
        }
    }

    /// Whether it is a registry of container images, whose tags are the versions.
    pub(crate) fn is_image(self) -> bool {
        matches!(self, Self::Docker | Self::Container)
    }
}

impl OwnerKind {
    fn parse(text: &str) -> Result<Self, Failure> {
        match text.to_ascii_lowercase().as_str() {
            "org" => Ok(Self::Organization),
            "user" => Ok(Self::User),
            _ => Err(Failure::invalid_parameter("PACKAGE_OWNER_INVALID", "owner", "owner must be org or user")),
        }
    }

    /// Whether this is a valid login: words of ASCII letters and digits with single dashes between them. The login of a
    /// user that an enterprise manages ends with an underscore and the enterprise's short code.
    fn accepts_login(self, login: &str) -> bool {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || (byte == b'_' && self == Self::User);
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_allowed);
        login.len() <= LONGEST_LOGIN && login.split('-').all(is_word)
    }
}

/// Whether a package can have this name. It may have slashes, as the names of images and npm scopes do, but no segment
/// that a proxy could resolve to another path.
fn is_name(text: &str) -> bool {
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains(char::is_control);
    text.len() <= LONGEST_NAME && text.split(['/', '\\']).all(is_segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(params: [&str; 2], query: &[(&str, &str)], number: u32) -> Result<String, Failure> {
        let mut call = Call::new("version");
        let pairs = ["org", "package"].into_iter().zip(params);
        call.params = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        call.query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        call.settings.insert("upstream".to_owned(), "https://api.github.com".to_owned());
        Package::of(&call).map(|package| package.page(number).url().unwrap())
    }

    #[test]
    fn a_page_has_the_names_in_lower_case_and_in_their_places() {
        let check = |params, query: &[(&str, &str)], number, url| {
            assert_eq!(page(params, query, number).unwrap(), format!("https://api.github.com/{url}"));
        };
        check(["Acme", "Acme.Core"], &[], 1, "orgs/acme/packages/nuget/acme.core/versions?per_page=100");
        check(["acme", "x"], &[("type", "NPM")], 2, "orgs/acme/packages/npm/x/versions?per_page=100&page=2");
        check(["acme", "@A/x"], &[("type", "npm")], 1, "orgs/acme/packages/npm/%40a%2Fx/versions?per_page=100");
        check(["mona_acme", "x"], &[("owner", "User")], 1, "users/mona_acme/packages/nuget/x/versions?per_page=100");
        check(["acme", "a?b#c"], &[("owner", "org")], 1, "orgs/acme/packages/nuget/a%3Fb%23c/versions?per_page=100");
    }

    #[test]
    fn what_github_cannot_have_is_refused_with_the_parameter_at_fault() {
        let long_login = "a".repeat(LONGEST_LOGIN + 1);
        let long_name = "a".repeat(LONGEST_NAME + 1);
        let logins = ["", "-a", "a-", "a--b", "a b", "a_b", "a/b", "a.b", "é", &long_login].map(|login| [login, "x"]);
        let names = ["", ".", "..", "/", "a/", "/a", "a//b", "a/../b", "a\\..\\b", "a\0", "a\n", &long_name];
        for (params, property) in
            logins.map(|params| (params, "org")).into_iter().chain(names.map(|name| (["acme", name], "package")))
        {
            let failure = page(params, &[], 1).unwrap_err();
            assert_eq!(
                (&*failure.code, failure.property.as_deref()),
                ("PACKAGE_NOT_FOUND", Some(property)),
                "{params:?}"
            );
        }
        for (query, code) in [
            (("type", "pypi"), "PACKAGE_TYPE_INVALID"),
            (("type", ""), "PACKAGE_TYPE_INVALID"),
            (("owner", "team"), "PACKAGE_OWNER_INVALID"),
        ] {
            let failure = page(["acme", "x"], &[query], 1).unwrap_err();
            assert_eq!((&*failure.code, failure.property.as_deref()), (code, Some(query.0)));
        }
    }
}
