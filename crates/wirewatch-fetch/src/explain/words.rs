//! Names of the program in words of a person.

use crate::{
    schedule::{Because, Floor, Plan},
    time::span_in_words,
};

/// What a repair mended, in a sentence.
pub fn repair_in_words(name: &str) -> &'static str {
    match name {
        "bare-ampersand" => "an & that begins no entity was taken as itself",
        "bare-less-than" => "a < that begins no element was taken as itself",
        "broken-transfer" => "the connection broke off; what came before was read",
        "cut-body" => "the body ends before its last element does; the entries before were read",
        "forbidden-json" => "faults that JSON forbids, such as a comma too many, were mended",
        "forbidden-character" => "characters that XML forbids were left out",
        "html-entity" => "entities of HTML that XML does not know were read as in HTML",
        "junk-before-root" => "what stands before the first element was passed over",
        "no-charset" => "no charset is declared and it is not UTF-8; it was told by the bytes",
        "stray-end-tag" => "an end without a beginning was passed over",
        "too-many-entries" => "there are more entries than are read at once; the first were taken",
        "lower-case-cdata" => "a section of plain text that begins in lower case was read as one",
        "unclosed-cdata" => "a section of plain text that is never closed was closed with its element",
        "unclosed-comment" => "a comment that is never closed was closed at its first >",
        "unclosed-element" => "an element that is never closed was closed",
        "unclosed-entry" => "an entry that is never closed was closed where the next one begins",
        "unclosed-quote" => "a value without a closing quote was closed",
        "unclosed-root" => "the end of the document is missing",
        "undecodable-bytes" => "bytes that are no text in its charset were replaced",
        "windows-character" => "quotes and dashes of windows-1252 that stood for themselves were put right",
        "wrong-charset" => "the declared charset is wrong; it was told by the bytes",
        _ => "a fault of the body was mended",
    }
}

/// Which rule decides when a feed is asked again.
pub(super) fn plan(plan: &Plan) -> String {
    let floor = span_in_words(plan.floor_secs);
    let of = match plan.floor {
        Floor::Setting => "interval_floor_secs is set to it",
        Floor::Granted => "the publisher grants it",
        Floor::Lively => "nothing is granted; it has validators and an entry an hour or more",
        Floor::Plain => "nothing is granted",
        Floor::Shortest => "less is granted, and nothing is asked more often",
    };
    match plan.because {
        Because::Floor => format!("the floor of {floor}: {of}"),
        Because::Rhythm => {
            format!("its rhythm: sooner there is probably nothing (the floor is {floor}: {of})")
        }
        Because::Silence => format!("it is silent against its habit (the floor is {floor}: {of})"),
        Because::Pushed => "its hub pushes what it announces".to_owned(),
        Because::BackOff => {
            format!("it was not had: the wait doubles up to a day (the floor is {floor}: {of})")
        }
        Because::RetryAfter => "its server asked for it (Retry-After)".to_owned(),
        Because::Skipped => "it asks not to be read before (skipHours, skipDays)".to_owned(),
    }
}
