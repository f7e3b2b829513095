//! A machine without a network fails every feed: that is one thing to say, not hundreds.

use std::collections::HashSet;
use wirewatch_model::{FailureKind, Outcome, address};

/// So many hosts in a row that cannot be reached are no chance.
const IN_A_ROW: usize = 8;
/// A round that reached nothing is worth a word from so many hosts on.
const IN_ALL: usize = 2;

/// Follows whether anything at all can be reached.
#[derive(Debug, Default)]
pub(super) struct Unreached {
    /// Hosts that could not be reached since one last could.
    hosts: HashSet<String>,
    /// Whether any could ever.
    reached: bool,
    told: bool,
}

impl Unreached {
    /// Takes in how a check ended; whether it is known by now that nothing can be reached.
    pub(super) fn observe(&mut self, url: &str, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Failed { failure: FailureKind::Dns | FailureKind::Network, .. } => {
                self.hosts.insert(address::host(url).unwrap_or_default());
                if self.hosts.len() >= IN_A_ROW && !self.told {
                    self.tell();
                }
            }
            // Nothing was sent, which says nothing of the network.
            Outcome::Paused { .. } => {}
            Outcome::Failed { failure: FailureKind::Address | FailureKind::Settings, .. } => {}
            _ => *self = Self { reached: true, ..Self::default() },
        }
        self.told
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

    fn dns() -> Outcome {
        Outcome::Failed { failure: FailureKind::Dns, message: String::new() }
    }

    #[test]
    fn many_hosts_in_a_row_that_cannot_be_reached_are_told_once_and_anew_after_an_answer() {
        let mut unreached = Unreached::default();
        let mut observe = |nth: usize, outcome: &Outcome| {
            unreached.observe(&format!("https://n{nth}.example/rss"), outcome)
        };
        for nth in 1..IN_A_ROW {
            assert!(!observe(nth, &dns()), "{nth}");
        }
        assert!(!observe(1, &dns()), "one host twice is one host");
        assert!(observe(IN_A_ROW, &dns()) && observe(1, &dns()));
        assert!(!observe(1, &Outcome::Unchanged) && !observe(2, &dns()));
    }

    #[test]
    fn a_short_round_that_reached_nothing_is_told_of_at_its_end() {
        let told = |outcomes: &[Outcome]| {
            let mut unreached = Unreached::default();
            for (nth, outcome) in outcomes.iter().enumerate() {
                unreached.observe(&format!("https://n{nth}.example/rss"), outcome);
            }
            unreached.end();
            unreached.told
        };
        assert!(told(&[dns(), dns()]));
        assert!(!told(&[dns()]), "one feed may be dead");
        assert!(!told(&[Outcome::Read, dns(), dns()]));
    }
}
