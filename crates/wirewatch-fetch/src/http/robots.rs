//! robots.txt (RFC 9309): a small parser and the rules that count for us.

/// No more of a file than this is read, in bytes.
pub(crate) const READ_BYTES: usize = 500 * 1024;

/// Sitemaps of one file that are remembered.
const MOST_SITEMAPS: usize = 20;

/// The rules a robots.txt holds for one product token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Robots {
    rules: Vec<Rule>,
    /// Least time between two requests that the file asks for, in seconds.
    pub(crate) crawl_delay_secs: Option<u32>,
    /// Sitemaps the file names, for a search for feeds.
    pub(crate) sitemaps: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allow: bool,
    /// Percent-encoding normalised; `*` and a final `$` are special.
    pattern: String,
}

impl Robots {
    /// Reads a file and keeps the group of `token`, else that of `*`; groups of the same name are
    /// one (RFC 9309 §2.2.1).
    pub(crate) fn parse(body: &[u8], token: &str) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(READ_BYTES)]);
        let (mut own, mut general, mut sitemaps) = (None, None, Vec::new());
        let (mut names_us, mut names_all, mut in_rules) = (false, false, true);
        for line in text.trim_start_matches('\u{feff}').split(['\n', '\r']) {
            let Some((key, value)) = key_value(line) else { continue };
            if key == "user-agent" {
                if in_rules {
                    (names_us, names_all, in_rules) = (false, false, false);
                }
                names_all |= value == "*";
                names_us |= product(value).eq_ignore_ascii_case(token);
                // A group without rules still is our group.
                if names_us {
                    own.get_or_insert_with(Self::default);
                }
                continue;
            }
            // `Sitemap` and unknown lines belong to no group and end none.
            if key == "sitemap" && !value.is_empty() && sitemaps.len() < MOST_SITEMAPS && value.len() <= 2048
            {
                sitemaps.push(value.to_owned());
            }
            if !matches!(key.as_str(), "allow" | "disallow" | "crawl-delay") {
                continue;
            }
            in_rules = true;
            if names_us {
                own.get_or_insert_with(Self::default).add(&key, value);
            }
            if names_all {
                general.get_or_insert_with(Self::default).add(&key, value);
            }
        }
        Self { sitemaps, ..own.or(general).unwrap_or_default() }
    }

    /// The rules as lines that [`Robots::from_text`] reads again.
    pub(crate) fn to_text(&self) -> String {
        let word = |rule: &Rule| if rule.allow { "allow" } else { "disallow" };
        let lines = self.rules.iter().map(|rule| format!("{}:{}\n", word(rule), rule.pattern));
        let delay = self.crawl_delay_secs.map(|secs| format!("crawl-delay:{secs}\n"));
        let sitemaps = self.sitemaps.iter().map(|sitemap| format!("sitemap:{sitemap}\n"));
        lines.chain(delay).chain(sitemaps).collect()
    }

    /// The rules of [`Robots::to_text`].
    pub(crate) fn from_text(text: &str) -> Self {
        let mut robots = Self::default();
        for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
            robots.add(key, value);
        }
        robots
    }

    /// About how much memory the rules take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let rules = self.rules.iter().map(|rule| size_of::<Rule>() + rule.pattern.capacity());
        let sitemaps = self.sitemaps.iter().map(|sitemap| size_of::<String>() + sitemap.capacity());
        rules.chain(sitemaps).sum()
    }

    fn add(&mut self, key: &str, value: &str) {
        match key {
            "crawl-delay" => {
                let secs = value.parse::<f32>().ok().filter(|secs| secs.is_finite() && *secs > 0.0);
                // The value is finite and positive; `as` saturates.
                self.crawl_delay_secs = secs.map(|secs| secs.ceil() as u32).or(self.crawl_delay_secs);
            }
            "sitemap" => self.sitemaps.push(value.to_owned()),
            // An empty rule matches nothing.
            _ if value.is_empty() => {}
            _ => self.rules.push(Rule { allow: key == "allow", pattern: normalise(value) }),
        }
    }

    /// Whether a path with its query may be asked for: the longest matching rule decides, and allow
    /// wins a tie (RFC 9309 §2.2.2).
    pub(crate) fn allows(&self, path_and_query: &str) -> bool {
        let path = normalise(path_and_query);
        if path == "/robots.txt" {
            return true;
        }
        let matching = self.rules.iter().filter(|rule| matches(&rule.pattern, &path));
        matching.max_by_key(|rule| (rule.pattern.len(), rule.allow)).is_none_or(|rule| rule.allow)
    }
}

fn key_value(line: &str) -> Option<(String, &str)> {
    let line = line.split('#').next().unwrap_or_default();
    let (key, value) = line.split_once(':')?;
    Some((key.trim().to_ascii_lowercase(), value.trim()))
}

/// The product token a User-Agent or a User-agent line begins with: letters, `_` and `-`.
pub(crate) fn product(value: &str) -> &str {
    let end = value.find(|letter: char| !letter.is_ascii_alphabetic() && !matches!(letter, '_' | '-'));
    &value[..end.unwrap_or(value.len())]
}

/// Percent-encodes what is not ASCII and undoes the encoding of unreserved characters, so that two
/// spellings of a path compare equal (RFC 9309 §2.2.2).
fn normalise(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = String::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        let hex = |digit: Option<&u8>| digit.and_then(|digit| char::from(*digit).to_digit(16));
        let decoded = match (byte, hex(bytes.get(at)), hex(bytes.get(at + 1))) {
            (b'%', Some(high), Some(low)) => {
                at += 2;
                // Two hex digits fit a byte.
                Some((high * 16 + low) as u8)
            }
            _ => None,
        };
        match decoded {
            Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') => {
                out.push(char::from(byte));
            }
            Some(byte) => push_encoded(&mut out, byte),
            None if byte.is_ascii_graphic() => out.push(char::from(byte)),
            None => push_encoded(&mut out, byte),
        }
    }
    out
}

fn push_encoded(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}

/// Whether a pattern matches from the start of a path. `*` stands for anything and a final `$` for
/// the end; leftmost placement of each part is enough, so the time is linear in both per part.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return !to_end || rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    if to_end { rest.ends_with(last) } else { rest.contains(last) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(file: &str, path: &str, allowed: bool) {
        assert_eq!(Robots::parse(file.as_bytes(), "wirewatch").allows(path), allowed, "{path}\n{file}");
    }

    #[test]
    fn the_own_group_outranks_the_general_one() {
        let file = "User-agent: *\nDisallow: /\n\nUser-agent: WireWatch/1.0\nDisallow: /private\n";
        check(file, "/news/1", true);
        check(file, "/private/1", false);
        check("User-agent: otherbot\nDisallow: /\n", "/news", true);
        check("User-agent: *\nDisallow: /\nUser-agent: wirewatch\n", "/news", true);
    }

    #[test]
    fn groups_of_one_name_are_one_and_names_share_rules() {
        let file =
            "user-agent: wirewatch\ndisallow: /a\n\nuser-agent: x\nuser-agent: wirewatch\ndisallow: /b\n";
        check(file, "/a", false);
        check(file, "/b", false);
        check(file, "/c", true);
    }

    #[test]
    fn the_longest_rule_decides_and_allow_wins_a_tie() {
        check("User-agent: *\nDisallow: /news\nAllow: /news/open\n", "/news/open/1", true);
        check("User-agent: *\nAllow: /news\nDisallow: /news\n", "/news", true);
        check("User-agent: *\nAllow: /\nDisallow: /news\n", "/news", false);
        check("User-agent: *\nDisallow:\n", "/news", true);
    }

    #[test]
    fn wildcards_and_the_end_mark() {
        check("User-agent: *\nDisallow: /*.pdf$\n", "/a/b.pdf", false);
        check("User-agent: *\nDisallow: /*.pdf$\n", "/a/b.pdf?x", true);
        check("User-agent: *\nDisallow: /*/print/\n", "/news/print/1", false);
        check("User-agent: *\nDisallow: /*?utm=\n", "/a?utm=1", false);
        check("User-agent: *\nDisallow: *private\n", "/a/private", false);
        check("User-agent: *\nDisallow: /a*b*a$\n", "/aba", false);
        check("User-agent: *\nDisallow: /$\n", "/", false);
        check("User-agent: *\nDisallow: /$\n", "/a", true);
    }

    #[test]
    fn spellings_of_one_path_compare_equal() {
        check("User-agent: *\nDisallow: /новини\n", "/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8/1", false);
        check("User-agent: *\nDisallow: /%7Ejoe\n", "/~joe/", false);
        check("User-agent: *\nDisallow: /a%2fb\n", "/a%2Fb", false);
    }

    #[test]
    fn odd_files_are_read() {
        check("\u{feff}USER-AGENT : * # all\r\nDISALLOW : /a # not this\r\n", "/a", false);
        check("<html><body>Not found</body></html>", "/a", true);
        check("Disallow: /\n", "/a", true);
        check("User-agent: *\nSitemap: https://a.example/s.xml\nDisallow: /a\n", "/a", false);
        check("", "/a", true);
    }

    #[test]
    fn a_crawl_delay_is_kept() {
        let delay = |file: &str| Robots::parse(file.as_bytes(), "wirewatch").crawl_delay_secs;
        assert_eq!(delay("User-agent: *\nCrawl-delay: 2.5\n"), Some(3));
        assert_eq!(delay("User-agent: *\nCrawl-delay: -1\n"), None);
        assert_eq!(delay("User-agent: *\nCrawl-delay: nan\n"), None);
    }

    #[test]
    fn the_file_itself_may_always_be_asked_for() {
        check("User-agent: *\nDisallow: /\n", "/robots.txt", true);
    }

    proptest! {
        #[test]
        fn rules_are_the_same_after_a_restart(file in "(user-agent:\\*\n)((dis)?allow:[/a-z#%*$: ]{0,9}\n|crawl-delay:[0-9.]{1,4}\n|sitemap:[a-z/:#? ]{0,9}\n){0,6}") {
            let robots = Robots::parse(file.as_bytes(), "wirewatch");
            prop_assert_eq!(Robots::from_text(&robots.to_text()), robots);
        }

        #[test]
        fn nothing_panics(file in "(?s).{0,200}", path in "\\PC{0,40}") {
            let _ = Robots::parse(file.as_bytes(), "wirewatch").allows(&path);
        }

        #[test]
        fn a_pattern_without_wildcards_is_a_prefix(pattern in "/[a-z/]{0,6}", path in "/[a-z/]{0,8}") {
            prop_assert_eq!(matches(&pattern, &path), path.starts_with(&pattern));
        }

        #[test]
        fn stars_match_what_a_slow_matcher_matches(pattern in "/[ab*]{0,6}\\$?", path in "/[ab]{0,8}") {
            fn slow(pattern: &[u8], path: &[u8]) -> bool {
                match pattern {
                    [] => true,
                    [b'$'] => path.is_empty(),
                    [b'*', rest @ ..] => (0..=path.len()).any(|skip| slow(rest, &path[skip..])),
                    [byte, rest @ ..] => path.first() == Some(byte) && slow(rest, &path[1..]),
                }
            }
            prop_assert_eq!(matches(&pattern, &path), slow(pattern.as_bytes(), path.as_bytes()));
        }
    }
}
