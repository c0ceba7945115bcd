//! HTTP clients: TLS with rustls, ring and Mozilla's root certificates, and HTTP/2 if the upstream supports it.

use std::{
    env,
    error::Error,
    fmt, io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use reqwest::{
    Client, ClientBuilder, NoProxy, Proxy,
    dns::{Name, Resolve, Resolving},
    redirect,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::UnixTime, time_provider::TimeProvider};
use url::Url;

use crate::extra_roots::ExtraRoots;

/// The `User-Agent` of every request.
const USER_AGENT: &str = concat!("badgesmith/", env!("CARGO_PKG_VERSION"));
/// The time limit for connecting: lookup of the name, TCP and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an idle connection stays open; upstreams close theirs after a minute or later.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many idle HTTP/1.1 connections to one host stay open.
const IDLE_CONNECTIONS: usize = 8;
/// How long an HTTP/2 connection may be silent during an exchange before a PING is sent, and how long the peer may take
/// to acknowledge the PING. Without it every exchange on a dead connection would time out.
#[cfg(feature = "http2")]
const PING_INTERVAL: Duration = Duration::from_secs(3);
#[cfg(feature = "http2")]
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// The hosts that are always reached without the proxy.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// The HTTP client and connection pool that everything in a process shares. It is built at first use, which keeps the
/// start fast, and `HTTPS_PROXY` and `NO_PROXY` are read then. To be used within one tokio runtime.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    client: Arc<OnceLock<Result<Client, ClientError>>>,
    roots: ExtraRoots,
}

/// Why there is no HTTP client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// `HTTPS_PROXY` is not the URL of a proxy. It is not repeated here, since it may contain a password.
    Proxy,
    /// rustls cannot be set up.
    Tls(String),
    /// reqwest cannot build the client.
    Build(String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy => f.write_str("HTTPS_PROXY is no address of a proxy; write http://host:port"),
            Self::Tls(cause) => write!(f, "no TLS: {cause}"),
            Self::Build(cause) => write!(f, "no HTTP client: {cause}"),
        }
    }
}

impl Error for ClientError {}

impl Connections {
    /// An empty pool.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty pool that trusts these certificates, too.
    #[must_use]
    pub fn trusting(roots: ExtraRoots) -> Self {
        Self { roots, ..Self::default() }
    }

    /// The client.
    ///
    /// # Errors
    /// `HTTPS_PROXY` is not the URL of a proxy, or TLS cannot be set up.
    pub fn client(&self) -> Result<&Client, ClientError> {
        let built = self.client.get_or_init(|| build(roots(&self.roots), &ProxySettings::from_environment()));
        built.as_ref().map_err(Clone::clone)
    }
}

/// The operator's proxy, and the hosts that are reached without it.
#[derive(Clone, Debug, Default)]
struct ProxySettings {
    proxy: Option<String>,
    bypass: Option<String>,
}

impl ProxySettings {
    /// `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case, as curl reads them.
    fn from_environment() -> Self {
        let either = |name: &str| env::var(name).or_else(|_| env::var(name.to_ascii_lowercase())).ok();
        Self { proxy: either("HTTPS_PROXY"), bypass: either("NO_PROXY") }
    }
}

/// Mozilla's root certificates and the operator's own. Mozilla's are compiled in, since reading the system's would take
/// milliseconds.
pub(crate) fn roots(extra: &ExtraRoots) -> RootCertStore {
    RootCertStore { roots: [webpki_roots::TLS_SERVER_ROOTS, extra.anchors()].concat() }
}

/// A TLS configuration with ring that trusts these root certificates.
///
/// # Errors
/// [`ClientError::Tls`].
pub(crate) fn tls(roots: RootCertStore) -> Result<ClientConfig, ClientError> {
    let tls = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), Arc::new(Clock))
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Tls(error.to_string()))?;
    let mut tls = tls.with_root_certificates(roots).with_no_client_auth();
    let protocols: &[&[u8]] = if cfg!(feature = "http2") { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
    tls.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(tls)
}

/// The clock by which certificates are verified. For a time before 1970 it returns `None`; rustls' own clock would
/// panic.
#[derive(Debug)]
struct Clock;

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(UnixTime::since_unix_epoch)
    }
}

/// A client that follows no redirect and uses no proxy.
fn plain(tls: ClientConfig) -> ClientBuilder {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .no_proxy();
    #[cfg(feature = "http2")]
    let builder = builder.http2_keep_alive_interval(PING_INTERVAL).http2_keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// Builds the shared client. It follows no redirect and uses the proxy only for HTTPS to other machines.
///
/// # Errors
/// The proxy or TLS cannot be used.
fn build(roots: RootCertStore, proxy: &ProxySettings) -> Result<Client, ClientError> {
    let builder = plain(tls(roots)?).pool_idle_timeout(IDLE_TIMEOUT).pool_max_idle_per_host(IDLE_CONNECTIONS);
    finish(match proxy.proxy.as_deref().map(str::trim).filter(|url| !url.is_empty()) {
        None => builder,
        Some(url) => {
            let bypass = proxy.bypass.as_deref().unwrap_or_default();
            let proxy = https_proxy(url).ok_or(ClientError::Proxy)?;
            builder.proxy(proxy.no_proxy(NoProxy::from_string(&format!("{LOOPBACK},{bypass}"))))
        }
    })
}

/// A client for one request: it resolves `name` to these addresses and no other name at all.
///
/// # Errors
/// [`ClientError::Build`].
pub(crate) fn pinned(tls: &ClientConfig, name: &str, addresses: &[SocketAddr]) -> Result<Client, ClientError> {
    finish(
        plain(tls.clone()).pool_max_idle_per_host(0).dns_resolver(RefusingResolver).resolve_to_addrs(name, addresses),
    )
}

fn finish(builder: ClientBuilder) -> Result<Client, ClientError> {
    builder.build().map_err(|error| ClientError::Build(error.without_url().to_string()))
}

/// A resolver that resolves no name.
struct RefusingResolver;

impl Resolve for RefusingResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let fault = io::Error::new(io::ErrorKind::NotFound, format!("{} was not judged", name.as_str()));
        Box::pin(async move { Err(fault.into()) })
    }
}

/// The proxy, for HTTPS only, since plain HTTP goes to this machine or into the operator's own network. `None` for a
/// URL that reqwest would ignore.
fn https_proxy(address: &str) -> Option<Proxy> {
    let address = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let url = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Proxy::https(url).ok()
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use base64::prelude::{BASE64_STANDARD, Engine};
    use rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer},
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };
    use tokio_rustls::TlsAcceptor;

    use super::*;

    fn mozilla() -> RootCertStore {
        roots(&ExtraRoots::default())
    }

    #[test]
    fn the_client_can_be_built_with_the_rustls_reqwest_was_built_with() {
        assert_eq!(build(mozilla(), &ProxySettings::default()).map(drop), Ok(()));
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_without_its_password() {
        let rows = [
            (None, true),
            (Some(""), true),
            (Some("http://user:pa55@proxy.example:3128"), true),
            (Some("proxy.example:3128"), true),
            (Some("socks5://user:pa55@proxy.example:1080"), false),
            (Some("http://user:pa55@proxy.example:port"), false),
            (Some("http://"), false),
        ];
        for (proxy, is_accepted) in rows {
            let settings = ProxySettings { proxy: proxy.map(str::to_owned), bypass: None };
            let built = build(mozilla(), &settings);
            assert_eq!(built.is_ok(), is_accepted, "{proxy:?}");
            let words = built.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(words.is_empty() || words.contains("write http://host:port") && !words.contains("pa55"), "{words}");
        }
    }

    /// A server with a self-signed certificate, and the certificate.
    async fn tls_server(protocols: &[&[u8]]) -> (u16, CertificateDer<'static>) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    let mut connection = h2::server::handshake(stream).await.unwrap();
                    while let Some(Ok((_, mut respond))) = connection.accept().await {
                        respond.send_response(http::Response::new(()), true).unwrap();
                    }
                } else {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                    stream.write_all(answer).await.unwrap();
                    stream.shutdown().await.unwrap();
                }
            }
        });
        (port, certificate)
    }

    #[cfg(feature = "http2")]
    #[tokio::test]
    async fn http_2_is_used_if_the_upstream_supports_it_and_http_1_1_otherwise() {
        for (protocols, version) in [
            (&[b"h2".as_slice(), b"http/1.1"] as &[&[u8]], http::Version::HTTP_2),
            (&[b"http/1.1"], http::Version::HTTP_11),
            (&[], http::Version::HTTP_11),
        ] {
            let (port, certificate) = tls_server(protocols).await;
            let mut roots = RootCertStore::empty();
            roots.add(certificate).unwrap();
            let client = build(roots, &ProxySettings::default()).unwrap();
            let response = client.get(format!("https://localhost:{port}/")).send().await.unwrap();
            assert_eq!(response.version(), version);
        }
    }

    #[tokio::test]
    async fn a_certificate_is_refused_unless_a_trusted_root_signed_it_for_that_host() {
        let (port, certificate) = tls_server(&[]).await;
        let mut own = RootCertStore::empty();
        own.add(certificate).unwrap();
        for (roots, host, words) in
            [(mozilla(), "localhost", "UnknownIssuer"), (own, "127.0.0.1", "not valid for name")]
        {
            let client = build(roots, &ProxySettings::default()).unwrap();
            let fault = client.get(format!("https://{host}:{port}/")).send().await.unwrap_err();
            let causes = std::iter::successors(fault.source(), |&cause| cause.source());
            let last = causes.last().unwrap().to_string();
            assert!(last.contains(words), "{last}");
        }
    }

    #[tokio::test]
    async fn an_authority_of_the_operators_own_is_trusted_by_whoever_is_given_its_certificate() {
        let (port, certificate) = tls_server(&[]).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let text = BASE64_STANDARD.encode(&certificate);
        std::fs::write(&file, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")).unwrap();
        let roots = ExtraRoots::of_files([&*file]).unwrap();
        let address = format!("https://localhost:{port}/");
        for (connections, is_trusted) in [(Connections::trusting(roots.clone()), true), (Connections::new(), false)] {
            let answer = connections.client().unwrap().get(&address).send().await;
            assert_eq!(answer.is_ok(), is_trusted, "{answer:?}");
        }
        assert_eq!(super::roots(&roots).len(), mozilla().len() + 1, "Mozilla's are trusted as before");
    }

    #[tokio::test]
    async fn a_proxy_is_used_for_https_to_other_machines_and_for_nothing_else() {
        let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = proxy.local_addr().unwrap().to_string();
        let asked = |url: &'static str| {
            let settings = ProxySettings { proxy: Some(address.clone()), bypass: Some("direct.invalid".to_owned()) };
            let client = build(mozilla(), &settings).unwrap();
            let proxy = &proxy;
            async move {
                let mut line = [0; 64];
                let accepted = async {
                    let (mut stream, _) = proxy.accept().await.unwrap();
                    let length = stream.read(&mut line).await.unwrap();
                    String::from_utf8_lossy(&line[..length]).lines().next().unwrap_or_default().to_owned()
                };
                tokio::select! {
                    line = accepted => Some(line),
                    _ = client.get(url).send() => None,
                }
            }
        };
        let rows = [
            ("https://upstream.invalid/x?y", Some("CONNECT upstream.invalid:443 HTTP/1.1")),
            ("https://direct.invalid/", None),
            ("https://127.0.0.1:1/", None),
            ("https://localhost:1/", None),
            ("https://[::1]:1/", None),
            ("http://127.0.0.1:1/", None),
        ];
        for (url, line) in rows {
            assert_eq!(asked(url).await.as_deref(), line, "{url}");
        }
    }
}
