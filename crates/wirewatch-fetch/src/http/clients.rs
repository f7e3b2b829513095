//! The clients of the HTTP library: one for nearly all feeds, and one for each route that some feed's
//! settings ask for.

use crate::{
    FetchConfig, FetchSetupError,
    http::{
        guard::{AddressGuard, GuardedResolver},
        settings::Route,
    },
};
use reqwest::header::HeaderValue;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use wirewatch_model::FailureKind;

/// Clients kept for routes of their own; each may hold an idle connection a host.
const MOST_ROUTES: usize = 32;

/// All clients.
pub(crate) struct Clients {
    direct: reqwest::Client,
    guard: Arc<AddressGuard>,
    user_agent: HeaderValue,
    connect_timeout: Duration,
    /// The one used longest ago first.
    routes: Mutex<VecDeque<(Route, reqwest::Client)>>,
}

impl Clients {
    pub(crate) fn new(config: &FetchConfig, guard: Arc<AddressGuard>) -> Result<Self, FetchSetupError> {
        // Another part of the process may have installed a provider already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let user_agent = HeaderValue::from_str(&config.user_agent).map_err(|_| FetchSetupError::UserAgent)?;
        let direct = builder(&user_agent, config.connect_timeout)
            .dns_resolver(GuardedResolver(guard.clone()))
            .build()
            .map_err(|error| FetchSetupError::Client(crate::http::error::chain(&error)))?;
        let (connect_timeout, routes) = (config.connect_timeout, Mutex::default());
        Ok(Self { direct, guard, user_agent, connect_timeout, routes })
    }

    /// The client for a route, made when it is first asked for.
    pub(crate) fn of(&self, route: &Route) -> Result<reqwest::Client, (FailureKind, String)> {
        if *route == Route::default() {
            return Ok(self.direct.clone());
        }
        // Plain values that are never left half-changed.
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = routes.iter().position(|(known, _)| known == route);
        let client = match known.and_then(|at| routes.remove(at)) {
            Some((_, client)) => client,
            None => self.build(route)?,
        };
        if routes.len() == MOST_ROUTES {
            routes.pop_front();
        }
        routes.push_back((route.clone(), client.clone()));
        Ok(client)
    }

    fn build(&self, route: &Route) -> Result<reqwest::Client, (FailureKind, String)> {
        let mut builder = builder(&self.user_agent, self.connect_timeout);
        builder = match &route.proxy {
            // The proxy is the user's own choice and may stand in the local network; it is the proxy that
            // resolves the names of feeds and pages.
            Some(address) => {
                let proxy = reqwest::Proxy::all(address.as_str()).map_err(|_| unusable())?;
                builder.proxy(proxy)
            }
            None => builder.dns_resolver(GuardedResolver(self.guard.clone())),
        };
        if route.http1_only {
            builder = builder.http1_only();
        }
        builder.build().map_err(|_| unusable())
    }

    #[cfg(test)]
    pub(crate) fn routes(&self) -> usize {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// The words of the library would repeat the address, which may hold a secret.
fn unusable() -> (FailureKind, String) {
    (FailureKind::Settings, "proxy: the HTTP client cannot use it; check its address".to_owned())
}

/// What all clients have in common: no proxy of the environment, no cookies, no Referer, no redirect
/// that is not ours, no retry, no decoding.
fn builder(user_agent: &HeaderValue, connect_timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(user_agent.clone())
        .no_proxy()
        .referer(false)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .connect_timeout(connect_timeout)
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(Duration::from_secs(30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clients_are_bounded_and_made_once_a_route() {
        let clients = Clients::new(&FetchConfig::default(), Arc::default()).expect("clients");
        let via = |port: usize| Route { proxy: Some(format!("http://127.0.0.1:{port}")), http1_only: false };
        for port in (0..100).flat_map(|port| [1, port]) {
            assert!(clients.of(&via(port)).is_ok());
            assert!(clients.routes() <= MOST_ROUTES);
        }
        let routes = clients.routes.lock().expect("no panic");
        assert!(routes.iter().any(|(route, _)| *route == via(1)), "what is used often stays");
    }
}
