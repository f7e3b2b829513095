//! Walls against programs, told by the marks their makers leave in answers.

use crate::http::headers::Headers;

/// How much of a body is searched for marks.
const SEARCHED_BYTES: usize = 64 * 1024;

/// Marks in bodies, each with the statuses it counts under: a challenge page may come as 200, but the
/// same words in a long page of status 200 are an article about walls.
const BODY_MARKS: &[(&str, &str)] = &[
    ("/cdn-cgi/challenge-platform/", "Cloudflare"),
    ("cf-browser-verification", "Cloudflare"),
    ("<title>Just a moment...</title>", "Cloudflare"),
    ("<title>Attention Required! | Cloudflare</title>", "Cloudflare"),
    ("_Incapsula_Resource", "Imperva"),
    ("Incapsula incident ID", "Imperva"),
    ("captcha-delivery.com", "DataDome"),
    ("px-captcha", "HUMAN"),
    ("_pxAppId", "HUMAN"),
    ("ddos-guard", "DDoS-Guard"),
    ("Sucuri WebSite Firewall", "Sucuri"),
    ("errors.edgesuite.net", "Akamai"),
    ("awsWafCookieDomainList", "AWS WAF"),
    ("Making sure you&#39;re not a bot!", "Anubis"),
    ("/.within.website/x/cmd/anubis", "Anubis"),
    ("__qrator", "Qrator"),
    ("vercel.link/security-checkpoint", "Vercel"),
];

/// The wall that gave this answer, if one did.
pub(crate) fn wall(status: u16, headers: &Headers, body: &[u8]) -> Option<&'static str> {
    if headers.get("cf-mitigated").is_some_and(|value| value.eq_ignore_ascii_case("challenge")) {
        return Some("Cloudflare");
    }
    if headers.get("x-amzn-waf-action").is_some() {
        return Some("AWS WAF");
    }
    if headers.get("x-vercel-mitigated").is_some() {
        return Some("Vercel");
    }
    let refused = matches!(status, 401 | 403 | 405 | 406 | 429 | 503);
    let searched = &body[..body.len().min(SEARCHED_BYTES)];
    // A challenge that comes as a success is a short page without an article.
    let short = body.len() < 32 * 1024 && (status == 200 || status == 202);
    if refused || short {
        let text = String::from_utf8_lossy(searched);
        let found = BODY_MARKS.iter().find(|(mark, _)| text.contains(mark));
        if let Some((_, by)) = found
            && (refused || !looks_like_an_article(&text))
        {
            return Some(by);
        }
    }
    let server = headers.get("server").unwrap_or_default().to_ascii_lowercase();
    let denied = matches!(status, 401 | 403 | 405 | 406);
    match () {
        () if denied && headers.get("x-datadome").is_some() => Some("DataDome"),
        () if denied && server.contains("ddos-guard") => Some("DDoS-Guard"),
        () if denied && server.contains("qrator") => Some("Qrator"),
        () if denied && server.contains("cloudflare") && is_cloudflare_block(searched) => Some("Cloudflare"),
        () if denied && server.contains("akamaighost") => Some("Akamai"),
        () if denied && headers.get("x-sucuri-id").is_some() => Some("Sucuri"),
        () => None,
    }
}

fn is_cloudflare_block(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    text.contains("Cloudflare Ray ID") || text.contains("error code: 10")
}

/// Whether a page has running text: walls have a sentence or two.
fn looks_like_an_article(text: &str) -> bool {
    text.matches("<p").count() > 5 || text.contains("<article") || text.contains("<item")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
        pairs.iter().copied().collect()
    }

    #[test]
    fn walls_are_named() {
        let challenge = b"<html><head><title>Just a moment...</title></head></html>";
        assert_eq!(wall(503, &headers(&[]), challenge), Some("Cloudflare"));
        assert_eq!(wall(403, &headers(&[("cf-mitigated", "challenge")]), b""), Some("Cloudflare"));
        assert_eq!(wall(403, &headers(&[("server", "ddos-guard")]), b""), Some("DDoS-Guard"));
        assert_eq!(wall(200, &headers(&[]), b"<script src='/_Incapsula_Resource?x'>"), Some("Imperva"));
        assert_eq!(wall(202, &headers(&[("x-amzn-waf-action", "challenge")]), b""), Some("AWS WAF"));
    }

    #[test]
    fn a_plain_refusal_is_no_wall() {
        assert_eq!(wall(403, &headers(&[("server", "nginx")]), b"<h1>Forbidden</h1>"), None);
        assert_eq!(wall(404, &headers(&[("server", "cloudflare")]), b"not here"), None);
    }

    #[test]
    fn an_article_about_walls_is_no_wall() {
        let page = format!("<article>{}captcha-delivery.com is a host</article>", "<p>text</p>".repeat(10));
        assert_eq!(wall(200, &headers(&[("server", "nginx")]), page.as_bytes()), None);
    }
}
