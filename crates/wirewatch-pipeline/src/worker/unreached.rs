//! A machine without a network fails every feed: that is one thing to say, not hundreds, and no failure of
//! any of them.

use std::collections::HashSet;
use wirewatch_model::{FailureKind, Outcome, address};

/// So many hosts in a row that cannot be reached are no chance.
const IN_A_ROW: usize = 8;
/// Where fewer are followed, all of them are none, from so many on.
const IN_ALL: usize = 2;

/// Follows whether anything at all can be reached.
#[derive(Debug, Default)]
pub(super) struct Unreached {
    /// Hosts that could not be reached since one last could.
    hosts: HashSet<String>,
    /// All hosts there were.
    known: HashSet<String>,
    /// Whether any could be reached ever.
    reached: bool,
    told: bool,
}

impl Unreached {
    /// Takes in how a check ended; one that failed while nothing can be reached is no failure of its feed.
    pub(super) fn judge(&mut self, url: &str, outcome: &mut Outcome) {
        let host = address::host(url).unwrap_or_default();
        match outcome {
            Outcome::Failed { failure: FailureKind::Dns | FailureKind::Network, .. } => {
                self.fail(host);
            }
            // Nothing was sent, which says nothing of the network.
            Outcome::Paused { .. } => {}
            Outcome::Failed { failure: FailureKind::Address | FailureKind::Settings, .. } => {}
            _ => {
                self.known.insert(host);
                self.hosts.clear();
                (self.reached, self.told) = (true, false);
            }
        }
        if let Outcome::Failed { failure: failure @ (FailureKind::Dns | FailureKind::Network), .. } = outcome
            && self.told
        {
            *failure = FailureKind::Offline;
        }
    }

    fn fail(&mut self, host: String) {
        self.known.insert(host.clone());
        let again = !self.hosts.insert(host);
        // A whole round has passed when one comes again and no other was had meanwhile.
        let all = again && self.hosts.len() >= IN_ALL && self.hosts.len() == self.known.len();
        if (all || self.hosts.len() >= IN_A_ROW) && !self.told {
            self.tell();
        }
    }

    /// At the end of a run: a short list of feeds is told of here.
    pub(super) fn end(&mut self) {
        if !self.reached && !self.told && self.hosts.len() >= IN_ALL {
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.told = true;
        tracing::warn!("no feed can be reached: look at the network of this machine, or the proxy");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(failure: FailureKind) -> Outcome {
        Outcome::Failed { failure, message: String::new() }
    }

    /// Whether a check of the `nth` host that ended so is blamed on the network.
    fn blames(unreached: &mut Unreached, nth: usize, outcome: &Outcome) -> bool {
        let mut judged = outcome.clone();
        unreached.judge(&format!("https://n{nth}.example/rss"), &mut judged);
        assert!(judged == *outcome || judged == failed(FailureKind::Offline));
        judged != *outcome
    }

    #[test]
    fn many_hosts_in_a_row_that_cannot_be_reached_are_told_once_and_anew_after_an_answer() {
        let mut unreached = Unreached::default();
        let (dns, network) = (failed(FailureKind::Dns), failed(FailureKind::Network));
        blames(&mut unreached, 0, &Outcome::Read);
        for nth in 1..IN_A_ROW {
            assert!(!blames(&mut unreached, nth, &dns), "{nth}");
        }
        assert!(!blames(&mut unreached, 1, &dns), "one host twice is one host");
        assert!(blames(&mut unreached, IN_A_ROW, &network) && blames(&mut unreached, 1, &dns));
        assert!(!blames(&mut unreached, 2, &failed(FailureKind::Timeout)), "that host answered");
        assert!(!unreached.told && !blames(&mut unreached, 3, &dns));
    }

    #[test]
    fn a_short_list_is_unreached_when_all_of_it_is_and_one_comes_again() {
        let mut unreached = Unreached::default();
        let dns = failed(FailureKind::Dns);
        for nth in [1, 2, 3] {
            blames(&mut unreached, nth, &Outcome::Read);
        }
        assert!(
            [1, 2, 1, 2, 3].iter().all(|nth| !blames(&mut unreached, *nth, &dns)),
            "the third may be there"
        );
        assert!(blames(&mut unreached, 1, &dns) && blames(&mut unreached, 3, &dns));
        assert!(!blames(&mut unreached, 2, &Outcome::Unchanged) && !blames(&mut unreached, 1, &dns));
        let mut single = Unreached::default();
        assert!([1, 1, 1].iter().all(|nth| !blames(&mut single, *nth, &dns)), "one feed may be dead");
    }

    #[test]
    fn a_short_round_that_reached_nothing_is_told_of_at_its_end() {
        let dns = failed(FailureKind::Dns);
        let told = |outcomes: &[&Outcome]| {
            let mut unreached = Unreached::default();
            for (nth, outcome) in outcomes.iter().enumerate() {
                blames(&mut unreached, nth, outcome);
            }
            unreached.end();
            unreached.told
        };
        assert!(told(&[&dns, &dns]));
        assert!(!told(&[&dns]), "one feed may be dead");
        assert!(!told(&[&Outcome::Read, &dns, &dns]));
    }
}
