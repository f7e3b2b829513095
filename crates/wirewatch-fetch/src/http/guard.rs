//! Which addresses are asked at all.
//!
//! An IP literal in an address is checked here, a name by the resolver: reqwest does not ask a
//! resolver for literals, so either check alone would be no guard. The address that was checked is
//! the one that is dialled, on every hop of a redirect.
//!
//! Names that mean this machine or its network by standard are refused unresolved. Through a proxy it is
//! the proxy that resolves the others: where they lead then is in the hands of whoever runs it.

use crate::http::error::shown;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    collections::{HashMap, HashSet},
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};
use url::{Host, Url};

/// Longest part of an address that a message shows, in characters.
const SHOWN: usize = 200;

/// Why an address is not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No absolute address.
    #[error("'{0}' is no absolute address")]
    Malformed(String),
    /// Neither http nor https.
    #[error("the scheme '{0}' is not http or https")]
    Scheme(String),
    /// It holds a user name or password.
    #[error("the address holds a user name or password")]
    Credentials,
    /// A loopback, private, link-local or otherwise special address.
    #[error("{0} is not a public address")]
    NotPublic(String),
}

/// How names become addresses: the system's resolver, unless a test puts a function in its place.
#[derive(Clone, Default)]
pub struct Lookup(Option<Arc<LookupFn>>);

type LookupFn = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

impl Lookup {
    /// Names are resolved by this function. What it gives is checked as an answer of the system would
    /// be; a port that is not 0 is dialled when the address names none.
    pub fn by(function: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(function)))
    }

    async fn ask(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        match &self.0 {
            Some(function) => function(name),
            None => Ok(tokio::net::lookup_host((name, 0)).await?.collect()),
        }
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Lookup(function)" } else { "Lookup(system)" })
    }
}

/// The guard: what is let through besides public addresses.
#[derive(Debug, Default)]
pub(crate) struct AddressGuard {
    sockets: HashSet<SocketAddr>,
    fixed: HashMap<String, SocketAddr>,
    lookup: Lookup,
}

impl AddressGuard {
    pub(crate) fn new(sockets: &[SocketAddr], fixed: &HashMap<String, SocketAddr>, lookup: &Lookup) -> Self {
        let lower = |(name, socket): (&String, &SocketAddr)| (name.to_ascii_lowercase(), *socket);
        Self {
            sockets: sockets.iter().copied().collect(),
            fixed: fixed.iter().map(lower).collect(),
            lookup: lookup.clone(),
        }
    }

    /// Parses an address and checks everything that can be known before a name is resolved.
    pub(crate) fn parse(&self, address: &str) -> Result<Url, AddressError> {
        let url = Url::parse(address.trim()).map_err(|_| AddressError::Malformed(cut(address)))?;
        self.check(&url)?;
        Ok(url)
    }

    /// Checks everything that can be known before a name is resolved.
    pub(crate) fn check(&self, url: &Url) -> Result<(), AddressError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme(cut(url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        let port = url.port_or_known_default().unwrap_or(80);
        match url.host() {
            None => Err(AddressError::Malformed(cut(url.as_str()))),
            Some(Host::Ipv4(ip)) => self.check_socket(SocketAddr::new(ip.into(), port)),
            Some(Host::Ipv6(ip)) => self.check_socket(SocketAddr::new(ip.into(), port)),
            Some(Host::Domain(name)) => match self.fixed(name) {
                // A port in the address overrides that of the fixed name.
                Some(socket) => {
                    self.check_socket(SocketAddr::new(socket.ip(), url.port().unwrap_or(socket.port())))
                }
                None if is_local_name(name) => Err(AddressError::NotPublic(cut(name))),
                None => Ok(()),
            },
        }
    }

    fn check_socket(&self, socket: SocketAddr) -> Result<(), AddressError> {
        if is_public(socket.ip()) || self.sockets.contains(&socket) {
            Ok(())
        } else {
            Err(AddressError::NotPublic(socket.to_string()))
        }
    }

    fn fixed(&self, name: &str) -> Option<SocketAddr> {
        self.fixed.get(name.trim_end_matches('.')).copied()
    }
}

fn cut(text: &str) -> String {
    shown(text, SHOWN)
}

/// Resolves names to public addresses only.
pub(crate) struct GuardedResolver(pub(crate) Arc<AddressGuard>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            // Checked with its port by `AddressGuard::check`, which runs before every request.
            if let Some(socket) = guard.fixed(name.as_str()) {
                return Ok(Box::new(std::iter::once(socket)) as Addrs);
            }
            let found = guard.lookup.ask(name.as_str()).await?;
            // A name with public and other addresses is asked at the public ones only.
            let public: Vec<SocketAddr> =
                found.iter().copied().filter(|socket| guard.check_socket(*socket).is_ok()).collect();
            match (found.first(), public.is_empty()) {
                (Some(first), true) => {
                    Err(AddressError::NotPublic(format!("{} ({})", name.as_str(), first.ip())).into())
                }
                _ => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

/// Names that mean this machine or its network by standard (RFC 6761, 6762, 8375), or have no domain.
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.') || matches!(last, "localhost" | "local" | "internal") || name.ends_with(".home.arpa")
}

/// Whether an address belongs to the public internet, by the IANA special-purpose registries
/// (RFC 6890 and successors). Forms that embed an IPv4 address are judged by that address.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match (a, b, c) {
        (0 | 10 | 127 | 224..=255, _, _) => true,
        (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _) => true,
        // Protocol assignments, documentation, the old 6to4 relay, benchmarks.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => true,
        _ => false,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // Mapped, and NAT64 (well-known and local prefix).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        // 6to4.
        [0x2002, high, low, ..] => v4(high, low),
        // Teredo and ORCHID, documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Only 2000::/3 is global unicast.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn public_addresses_pass() {
        for ip in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::1", "2606:4700::1111"]
        {
            assert!(is_public(ip.parse().expect("an address")), "{ip}");
        }
    }

    #[test]
    fn special_addresses_do_not() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a00:1::",
            "2001:0:1::",
            "2001:db8::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
        ] {
            assert!(!is_public(ip.parse().expect("an address")), "{ip}");
        }
    }

    #[test]
    fn every_spelling_of_loopback_is_refused() {
        let guard = AddressGuard::default();
        for address in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://0/",
            "http://0.0.0.0/",
            "http://１２７.0.0.1/",
        ] {
            assert!(matches!(guard.parse(address), Err(AddressError::NotPublic(_))), "{address}");
        }
    }

    #[test]
    fn other_schemes_and_credentials_are_refused() {
        let guard = AddressGuard::default();
        for address in ["ftp://a.example/", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x"] {
            assert!(matches!(guard.parse(address), Err(AddressError::Scheme(_))), "{address}");
        }
        assert_eq!(guard.parse("http://user:pw@a.example/"), Err(AddressError::Credentials));
        assert!(matches!(guard.parse("/relative"), Err(AddressError::Malformed(_))));
    }

    #[test]
    fn an_allowed_socket_is_exact() {
        let socket: SocketAddr = "127.0.0.1:4000".parse().expect("a socket");
        let fixed = HashMap::from([("Press.example".to_owned(), socket)]);
        let guard = AddressGuard::new(&[socket], &fixed, &Lookup::default());
        assert!(guard.parse("http://127.0.0.1:4000/feed").is_ok());
        assert!(guard.parse("http://press.example/feed").is_ok());
        for address in ["http://127.0.0.1:4001/", "http://127.0.0.2:4000/", "http://press.example:22/"] {
            assert!(guard.parse(address).is_err(), "{address}");
        }
    }

    #[test]
    fn a_fixed_name_is_no_way_round_the_guard() {
        let fixed = HashMap::from([("a.example".to_owned(), "127.0.0.1:80".parse().expect("a socket"))]);
        assert!(AddressGuard::new(&[], &fixed, &Lookup::default()).parse("http://a.example/").is_err());
    }

    #[test]
    fn names_of_this_machine_and_its_network_are_refused_unresolved() {
        let guard = AddressGuard::default();
        let passes = |address: &str| guard.parse(address).is_ok();
        for address in ["http://localhost/", "http://printer/", "http://a.local./", "http://x.internal/"] {
            assert!(!passes(address), "{address}");
        }
        assert!(!passes("http://192.168.1.1/") && passes("http://press.example/"));
    }

    proptest! {
        #[test]
        fn nothing_panics(address in "\\PC{0,60}") {
            let _ = AddressGuard::default().parse(&address);
        }
    }
}
