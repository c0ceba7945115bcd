//! HTTP clients: TLS by rustls and ring, Mozilla's roots, HTTP/2 where the upstream speaks it.

use std::{
    env, io,
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

/// What upstreams read in their logs.
const USER_AGENT: &str = concat!("badgesmith/", env!("CARGO_PKG_VERSION"));
/// How long a connection may take to stand: the name's lookup, TCP and TLS.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
/// How long a connection is kept without use; upstreams close theirs after a minute or later.
const IDLE: Duration = Duration::from_secs(30);
/// How many HTTP/1.1 connections to one host are kept without use.
const IDLE_CONNECTIONS: usize = 8;
/// How long an HTTP/2 connection may be silent during an exchange until it is asked whether it lives, and for how long
/// it may think about that. Without it a connection that died silently would spoil every exchange on it.
#[cfg(feature = "http2")]
const SILENCE: Duration = Duration::from_secs(3);
#[cfg(feature = "http2")]
const PONG_PATIENCE: Duration = Duration::from_secs(2);
/// What no proxy is asked for.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// The HTTP client that everything in a process shares, built by its first use so that a start costs nothing. To be used
/// within one tokio runtime. `HTTPS_PROXY` and `NO_PROXY` are read at that first use.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<OnceLock<Result<Client, String>>>);

impl Connections {
    /// Connections, none of them open yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The client.
    ///
    /// # Errors
    /// `HTTPS_PROXY` is no address of a proxy, or there is no TLS.
    pub fn client(&self) -> Result<&Client, String> {
        let built = self.0.get_or_init(|| build(mozilla(), &Detour::from_environment()));
        built.as_ref().map_err(Clone::clone)
    }
}

/// The proxy an operator set, and what it is not to be asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Detour {
    pub(crate) proxy: Option<String>,
    pub(crate) except: Option<String>,
}

impl Detour {
    /// `HTTPS_PROXY` and `NO_PROXY`, in capitals or not, as curl reads them.
    pub(crate) fn from_environment() -> Self {
        let either = |name: &str| env::var(name).or_else(|_| env::var(name.to_ascii_lowercase())).ok();
        Self { proxy: either("HTTPS_PROXY"), except: either("NO_PROXY") }
    }
}

/// Mozilla's roots, compiled in: reading the system's would take milliseconds.
pub(crate) fn mozilla() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// TLS by ring, trusting these roots.
///
/// # Errors
/// What is wrong with TLS.
pub(crate) fn tls(roots: RootCertStore) -> Result<ClientConfig, String> {
    let tls = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), Arc::new(Clock))
        .with_safe_default_protocol_versions()
        .map_err(|fault| format!("no TLS: {fault}"))?;
    let mut tls = tls.with_root_certificates(roots).with_no_client_auth();
    let protocols: &[&[u8]] = if cfg!(feature = "http2") { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
    tls.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(tls)
}

/// The time that certificates are judged by. Before 1970 there is none, where rustls' own clock panics.
#[derive(Debug)]
struct Clock;

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(UnixTime::since_unix_epoch)
    }
}

/// A client that follows no redirect and asks no proxy.
fn plain(tls: ClientConfig) -> ClientBuilder {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_PATIENCE)
        .no_proxy();
    #[cfg(feature = "http2")]
    let builder = builder.http2_keep_alive_interval(SILENCE).http2_keep_alive_timeout(PONG_PATIENCE);
    builder
}

/// Builds the client for upstreams. It follows no redirect and asks a proxy only for https to other machines.
///
/// # Errors
/// What is wrong with the proxy, in words without its address because that may carry a password; or with TLS.
pub(crate) fn build(roots: RootCertStore, detour: &Detour) -> Result<Client, String> {
    let builder = plain(tls(roots)?).pool_idle_timeout(IDLE).pool_max_idle_per_host(IDLE_CONNECTIONS);
    built(match detour.proxy.as_deref().map(str::trim).filter(|proxy| !proxy.is_empty()) {
        None => builder,
        Some(proxy) => {
            let except = detour.except.as_deref().unwrap_or_default();
            let proxy = proxied(proxy).ok_or("HTTPS_PROXY is no address of a proxy; write http://host:port")?;
            builder.proxy(proxy.no_proxy(NoProxy::from_string(&format!("{LOOPBACK},{except}"))))
        }
    })
}

/// A client for one visit: it finds `name` at these addresses, and no other name anywhere.
///
/// # Errors
/// What is wrong with TLS.
pub(crate) fn pinned(tls: &ClientConfig, name: &str, addresses: &[SocketAddr]) -> Result<Client, String> {
    built(plain(tls.clone()).pool_max_idle_per_host(0).dns_resolver(Nowhere).resolve_to_addrs(name, addresses))
}

fn built(builder: ClientBuilder) -> Result<Client, String> {
    builder.build().map_err(|fault| format!("no HTTP client: {}", fault.without_url()))
}

/// Who knows no name.
struct Nowhere;

impl Resolve for Nowhere {
    fn resolve(&self, name: Name) -> Resolving {
        let fault = io::Error::new(io::ErrorKind::NotFound, format!("{} was not judged", name.as_str()));
        Box::pin(async move { Err(fault.into()) })
    }
}

/// The proxy for https alone: plain http goes to this machine only. One that could not be used would be passed by.
fn proxied(address: &str) -> Option<Proxy> {
    let address = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let url = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Proxy::https(url).ok()
}

#[cfg(test)]
mod tests {
    use std::error::Error;

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

    #[test]
    fn the_client_can_be_built_with_the_rustls_reqwest_was_built_with() {
        assert_eq!(build(mozilla(), &Detour::default()).map(drop), Ok(()));
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
            let detour = Detour { proxy: proxy.map(str::to_owned), except: None };
            let built = build(mozilla(), &detour);
            assert_eq!(built.is_ok(), is_accepted, "{proxy:?}");
            let words = built.err().unwrap_or_default();
            assert!(words.is_empty() || words.contains("write http://host:port") && !words.contains("pa55"), "{words}");
        }
    }

    /// A server with a certificate nobody signed, and the certificate.
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
    async fn http_2_is_spoken_where_the_upstream_can_and_http_1_1_elsewhere() {
        for (protocols, version) in [
            (&[b"h2".as_slice(), b"http/1.1"] as &[&[u8]], http::Version::HTTP_2),
            (&[b"http/1.1"], http::Version::HTTP_11),
            (&[], http::Version::HTTP_11),
        ] {
            let (port, certificate) = tls_server(protocols).await;
            let mut roots = RootCertStore::empty();
            roots.add(certificate).unwrap();
            let client = build(roots, &Detour::default()).unwrap();
            let response = client.get(format!("https://localhost:{port}/")).send().await.unwrap();
            assert_eq!(response.version(), version);
        }
    }

    #[tokio::test]
    async fn a_certificate_is_refused_unless_somebody_known_signed_it_for_that_host() {
        let (port, certificate) = tls_server(&[]).await;
        let mut own = RootCertStore::empty();
        own.add(certificate).unwrap();
        for (roots, host, words) in
            [(mozilla(), "localhost", "UnknownIssuer"), (own, "127.0.0.1", "not valid for name")]
        {
            let client = build(roots, &Detour::default()).unwrap();
            let fault = client.get(format!("https://{host}:{port}/")).send().await.unwrap_err();
            let causes = std::iter::successors(fault.source(), |&cause| cause.source());
            let last = causes.last().unwrap().to_string();
            assert!(last.contains(words), "{last}");
        }
    }

    #[tokio::test]
    async fn a_proxy_is_asked_for_https_to_other_machines_and_for_nothing_else() {
        let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = proxy.local_addr().unwrap().to_string();
        let asked = |url: &'static str| {
            let detour = Detour { proxy: Some(address.clone()), except: Some("direct.invalid".to_owned()) };
            let client = build(mozilla(), &detour).unwrap();
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
