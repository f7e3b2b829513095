//! Permanent redirects: when a feed's new address is believed.

use crate::{
    http::client::Hop,
    time::{DAY, seconds_between},
};
use url::Url;
use wirewatch_model::{DueFeed, FeedCheck, PermanentRedirect, address};

/// A permanent redirect is believed after this long, in seconds.
const TRUSTED_AFTER_SECS: i64 = 7 * DAY;

/// Learns a permanent redirect of a feed that was had: at once when only the scheme rises to https, else
/// once it has led to the same place for a week. A feed with headers of its own never learns an address of
/// another origin: its next check would hand them over there. It goes on following the redirect, which
/// leaves them behind.
pub(crate) fn watch(due: &DueFeed, check: &mut FeedCheck, hops: &[Hop], final_url: &str) {
    let Some(target) = permanent_target(hops, final_url).filter(|target| *target != due.url) else {
        check.redirect = None;
        return;
    };
    let seen = due.redirect.as_ref().filter(|redirect| redirect.target == target);
    let watched = PermanentRedirect {
        since: seen.map_or(check.checked_at, |redirect| redirect.since),
        checks: seen.map_or(0, |redirect| redirect.checks).saturating_add(1),
        target: target.clone(),
    };
    let old_enough = seconds_between(watched.since, check.checked_at) >= TRUSTED_AFTER_SECS;
    if (old_enough || is_https_upgrade(&due.url, &target)) && may_take_headers(due, &target) {
        check.moved_to = Some(target);
        check.redirect = None;
        return;
    }
    // The same address under https is learnt at once, although from there it leads on.
    let first = hops.get(1).map(|hop| &hop.url);
    let first = first.filter(|first| is_https_upgrade(&due.url, first) && may_take_headers(due, first));
    check.moved_to = first.cloned();
    check.redirect = Some(watched);
}

/// Where the permanent redirects at the start of the chain lead.
fn permanent_target(hops: &[Hop], final_url: &str) -> Option<String> {
    let permanent = hops.iter().take_while(|hop| matches!(hop.status, 301 | 308)).count();
    match (permanent, hops.get(permanent)) {
        (0, _) => None,
        (_, Some(next)) => Some(next.url.clone()),
        (_, None) => Some(final_url.to_owned()),
    }
}

/// Whether the feed's own headers may be sent to this address from now on.
fn may_take_headers(due: &DueFeed, target: &str) -> bool {
    due.settings.headers.is_empty() || address::headers_may_go(&due.url, target)
}

fn is_https_upgrade(from: &str, to: &str) -> bool {
    let (Ok(from), Ok(to)) = (Url::parse(from), Url::parse(to)) else { return false };
    let place = |url: &Url| {
        (url.host_str().map(str::to_owned), url.path().to_owned(), url.query().map(str::to_owned))
    };
    from.scheme() == "http" && to.scheme() == "https" && place(&from) == place(&to)
}
