//! Reading and writing single tags.

use memchr::memchr;

/// Longest attribute value that is kept, in bytes; a `meta` description or an address fits.
const VALUE_LIMIT: usize = 4_096;

/// The first eight letters of an element's name, in lower case: enough to tell apart the elements
/// that are treated in a way of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name(u64);

impl Name {
    /// The name of an element, known when the program is built.
    pub(super) const fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let mut packed = 0u64;
        let mut at = 0;
        while at < bytes.len() && at < 8 {
            packed = packed << 8 | bytes[at].to_ascii_lowercase() as u64;
            at += 1;
        }
        Self(packed)
    }
}

/// What happens to an element.
pub(super) enum Treatment {
    /// Tag and content go, up to the closing mark.
    Cut(&'static str),
    /// The tags go, the content stays.
    Drop,
    /// No content, kept.
    Void,
    /// Kept; its end may be left out.
    Optional,
    /// Kept with content that is no markup.
    Raw(&'static str),
    /// Kept, closed by a tag of its own.
    Nested,
}

/// Names of a list as patterns of one `match` arm.
macro_rules! treat {
    ($name:expr; $($($word:literal)|+ => $what:expr,)*) => {
        $($(if $name.0 == const { Name::of($word) }.0 { return $what; })+)*
    };
}

/// How the element of that name is treated.
#[inline]
pub(super) fn treatment(name: Name) -> Treatment {
    treat! { name;
        "div" | "a" | "span" => Treatment::Nested,
        "p" | "li" | "td" | "tr" | "th" | "dt" | "dd" | "html" | "head" | "body" | "thead" | "tbody"
            | "tfoot" | "colgroup" => Treatment::Optional,
        "script" => Treatment::Cut("</script"),
        "img" | "b" | "i" | "em" | "strong" | "u" | "font" | "small" | "big" | "code" | "tt" | "s"
            | "strike" | "nobr" | "source" | "picture" | "input" | "path" | "embed" | "param" | "track"
            | "wbr" | "base" | "frameset" | "frame" | "option" | "optgroup" | "plaintext" | "area" | "map"
            | "label" | "col" | "keygen" | "math" | "use" | "g" | "abbr"
            | "acronym" | "bdi" | "bdo" | "image" | "isindex" | "rb" | "rtc" | "ruby" => Treatment::Drop,
        "br" | "hr" | "meta" | "link" => Treatment::Void,
        "style" => Treatment::Cut("</style"),
        "svg" => Treatment::Cut("</svg"),
        "noscript" => Treatment::Cut("</noscript"),
        "iframe" => Treatment::Cut("</iframe"),
        "button" => Treatment::Cut("</button"),
        "select" => Treatment::Cut("</select"),
        "textarea" => Treatment::Cut("</textarea"),
        "video" => Treatment::Cut("</video"),
        "audio" => Treatment::Cut("</audio"),
        "canvas" => Treatment::Cut("</canvas"),
        "template" => Treatment::Cut("</template"),
        "noframes" => Treatment::Cut("</noframes"),
        "noembed" => Treatment::Cut("</noembed"),
        "object" => Treatment::Cut("</object"),
        "applet" => Treatment::Cut("</applet"),
        "datalist" => Treatment::Cut("</datalist"),
        "rp" => Treatment::Cut("</rp"),
        "rt" => Treatment::Cut("</rt"),
        "xmp" => Treatment::Cut("</xmp"),
        "title" => Treatment::Raw("</title"),
    }
    Treatment::Nested
}

/// Elements whose end does not close the blocks around them.
pub(super) fn is_inline(name: Name) -> bool {
    [Name::of("a"), Name::of("span"), Name::of("time"), Name::of("cite"), Name::of("q")].contains(&name)
}

/// The name that begins at `at`, and where it ends.
pub(super) fn name(bytes: &[u8], at: usize) -> (Name, usize) {
    let mut packed = 0u64;
    let mut end = at;
    while let Some(byte) =
        bytes.get(end).filter(|byte| !matches!(byte, b'>' | b'/') && !byte.is_ascii_whitespace())
    {
        if end - at < 8 {
            packed = packed << 8 | u64::from(byte.to_ascii_lowercase());
        }
        end += 1;
    }
    (Name(packed), end)
}

/// Walks the attributes of a tag.
pub(super) struct Attributes<'a> {
    page: &'a str,
    at: usize,
}

/// One attribute as it stands in the page.
struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
}

impl<'a> Attributes<'a> {
    /// The attributes that begin at `at`, behind the element's name.
    pub(super) fn new(page: &'a str, at: usize) -> Self {
        Self { page, at }
    }

    /// The next attribute; at the end of the tag `at` stands behind it.
    fn next(&mut self) -> Option<Attribute<'a>> {
        let bytes = self.page.as_bytes();
        while bytes.get(self.at).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'/') {
            self.at += 1;
        }
        let start = self.at;
        match bytes.get(start) {
            None => return None,
            Some(b'>') => {
                self.at += 1;
                return None;
            }
            // A `=` in the place of a name begins the name.
            Some(_) => self.at += 1,
        }
        while bytes
            .get(self.at)
            .is_some_and(|byte| !matches!(byte, b'=' | b'>' | b'/') && !byte.is_ascii_whitespace())
        {
            self.at += 1;
        }
        let name = &self.page[start..self.at];
        let mut equals = self.at;
        while bytes.get(equals).is_some_and(u8::is_ascii_whitespace) {
            equals += 1;
        }
        if bytes.get(equals) != Some(&b'=') {
            return Some(Attribute { name, value: "" });
        }
        self.at = equals + 1;
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        Some(Attribute { name, value: self.value() })
    }

    fn value(&mut self) -> &'a str {
        let bytes = self.page.as_bytes();
        let start = self.at;
        if let Some(quote @ (b'"' | b'\'')) = bytes.get(start).copied() {
            let end = memchr(quote, &bytes[start + 1..]).map_or(bytes.len(), |end| start + 1 + end);
            self.at = (end + 1).min(bytes.len());
            return &self.page[start + 1..end.max(start + 1)];
        }
        while bytes.get(self.at).is_some_and(|byte| *byte != b'>' && !byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        &self.page[start..self.at]
    }
}

/// Behind the end of the tag.
pub(super) fn skip(mut attributes: Attributes<'_>) -> usize {
    while attributes.next().is_some() {}
    attributes.at
}

/// Whether the tag's type is linked data, and where the tag ends.
pub(super) fn script_type(mut attributes: Attributes<'_>) -> (bool, usize) {
    let mut is_linked_data = false;
    while let Some(attribute) = attributes.next() {
        is_linked_data |= attribute.name.eq_ignore_ascii_case("type")
            && attribute.value.to_ascii_lowercase().contains("ld+json");
    }
    (is_linked_data, attributes.at)
}

/// The attributes the cleaner reads, with a bit each so that none is written twice.
fn kept(name: &str) -> Option<(u32, &'static str)> {
    const KEPT: &[&str] = &[
        "class",
        "href",
        "id",
        "content",
        "name",
        "property",
        "itemprop",
        "rel",
        "hidden",
        "datetime",
        "itemtype",
        "lang",
        "aria-hidden",
        "role",
        "data-testid",
        "data-component",
        "data-type",
        "data-qa",
        "itemid",
        "aria-label",
        "data-module",
        "data-t",
        "type",
        "data-name",
        "xml:lang",
        "http-equiv",
    ];
    let at = KEPT.iter().position(|kept| kept.len() == name.len() && kept.eq_ignore_ascii_case(name))?;
    Some((1 << at, KEPT[at]))
}

/// Writes a start tag with the attributes that are kept; gives the position behind it.
pub(super) fn copy(
    out: &mut String,
    page: &str,
    at: usize,
    name: Name,
    mut attributes: Attributes<'_>,
) -> usize {
    let before = out.len();
    out.push_str(&page[at..attributes.at]);
    let mut written = 0u32;
    let is_link = name == Name::of("link");
    let mut useful_link = false;
    while let Some(attribute) = attributes.next() {
        let hides = attribute.name.eq_ignore_ascii_case("style") && hides(attribute.value);
        let Some((bit, kept)) = (if hides { kept("hidden") } else { kept(attribute.name) }) else { continue };
        if written & bit != 0 {
            continue;
        }
        written |= bit;
        let value = if hides { "" } else { attribute.value };
        let cut = value.floor_char_boundary(VALUE_LIMIT);
        useful_link |= is_link && kept == "rel" && value.to_ascii_lowercase().contains("canonical");
        out.push(' ');
        out.push_str(kept);
        let quote = if value.contains('"') { '\'' } else { '"' };
        out.push('=');
        out.push(quote);
        out.push_str(&value[..cut]);
        out.push(quote);
    }
    out.push('>');
    if is_link && !useful_link {
        out.truncate(before);
    }
    attributes.at
}

/// Whether an inline style hides the element.
fn hides(style: &str) -> bool {
    style.find("display").is_some_and(|at| {
        style[at + "display".len()..]
            .trim_start()
            .strip_prefix(':')
            .is_some_and(|rest| rest.trim_start().starts_with("none"))
    })
}
