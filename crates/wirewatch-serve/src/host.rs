//! Which host names a request may carry.

use crate::answer::ApiError;
use axum::{extract::Request, http::header::HOST};
use std::net::IpAddr;

/// `localhost`, loopback addresses, and what the user configured.
#[derive(Debug)]
pub(crate) struct Hosts {
    configured: Vec<String>,
}

impl Hosts {
    pub(crate) fn new(configured: Vec<String>) -> Self {
        Self { configured: configured.into_iter().map(|host| host.to_ascii_lowercase()).collect() }
    }

    /// Refuses a request that names another host, or none.
    pub(crate) fn check(&self, request: &Request) -> Result<(), ApiError> {
        let mut values = request.headers().get_all(HOST).iter();
        let named = match (values.next(), values.next()) {
            (Some(host), None) => host.to_str().ok(),
            _ => None,
        };
        // An address in the request line wins over the header, so both must be ours.
        let in_line = request.uri().authority().map(|authority| authority.as_str());
        let ours =
            named.is_some_and(|host| self.is_ours(host)) && in_line.is_none_or(|host| self.is_ours(host));
        if ours { Ok(()) } else { Err(ApiError::forbidden("this host name is not served: see serve.hosts")) }
    }

    fn is_ours(&self, authority: &str) -> bool {
        let host = without_port(authority).to_ascii_lowercase();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&host);
        host == "localhost"
            || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            || self.configured.contains(&host)
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !is_bare_ipv6(authority) => {
            host
        }
        _ => authority,
    }
}

fn is_bare_ipv6(authority: &str) -> bool {
    !authority.starts_with('[') && authority.matches(':').count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(authority: &str, want: bool) {
        let hosts = Hosts::new(vec!["News.Internal".to_owned()]);
        assert_eq!(hosts.is_ours(authority), want, "{authority}");
    }

    #[test]
    fn loopback_and_configured_names_are_ours() {
        for host in [
            "localhost",
            "LOCALHOST:8642",
            "127.0.0.1:8642",
            "127.1.2.3",
            "[::1]:8642",
            "[::1]",
            "::1",
            "news.internal:80",
        ] {
            check(host, true);
        }
    }

    #[test]
    fn everything_else_is_not() {
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8642",
            "10.0.0.1",
            "",
            ":8642",
            "[::2]",
        ] {
            check(host, false);
        }
    }
}
