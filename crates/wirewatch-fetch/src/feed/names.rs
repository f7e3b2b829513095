//! Names of zones and months as they stand in dates, in lower case.

/// Seconds east of UTC of a zone name.
///
/// Names that several countries use are read as news feeds use them: BST is British summer time, IST
/// India, CST and EST North America.
pub(crate) fn zone(name: &str) -> Option<i32> {
    let hours = |hours: i32| Some(hours * 3600);
    match name {
        "z" | "ut" | "utc" | "gmt" | "wet" | "westz" | "universal" => Some(0),
        "cet" | "met" | "mez" | "bst" | "west" | "wat" => hours(1),
        "cest" | "mest" | "mesz" | "eet" | "oez" | "sast" | "cat" | "киев" => hours(2),
        "eest" | "oesz" | "msk" | "мск" | "trt" | "eat" | "fet" | "idt" => hours(3),
        "msd" | "samt" | "gst" | "azt" | "get" => hours(4),
        "irst" => Some(12_600),
        "aft" => Some(16_200),
        "pkt" | "uzt" | "yekt" | "tmt" | "tjt" => hours(5),
        "ist" => Some(19_800),
        "npt" => Some(20_700),
        "almt" | "omst" | "kgt" | "bdt" => hours(6),
        "mmt" => Some(23_400),
        "krat" | "novt" | "ict" | "wib" => hours(7),
        "irkt" | "hkt" | "sgt" | "myt" | "pht" | "awst" | "wita" => hours(8),
        "yakt" | "jst" | "kst" | "wit" => hours(9),
        "acst" => Some(34_200),
        "vlat" | "aest" => hours(10),
        "acdt" => Some(37_800),
        "aedt" | "magt" => hours(11),
        "nzst" | "pett" => hours(12),
        "nzdt" => hours(13),
        "brt" | "art" | "adt" | "clst" | "uyt" => hours(-3),
        "nst" => Some(-12_600),
        "ndt" => Some(-9_000),
        "edt" | "ast" | "clt" | "vet" | "bot" => hours(-4),
        "est" | "cdt" | "pet" | "cot" | "et" => hours(-5),
        "cst" | "mdt" | "ct" => hours(-6),
        "mst" | "pdt" | "mt" => hours(-7),
        "pst" | "akdt" | "pt" => hours(-8),
        "akst" => hours(-9),
        "hst" => hours(-10),
        _ => None,
    }
}

/// The month a word names, in any of the languages; weekdays that begin like months are none.
pub(crate) fn month(word: &str) -> Option<i8> {
    const WEEKDAYS: &[&str] =
        &["mardi", "martes", "marted", "marți", "середа", "серада", "середу", "maandag", "szerda", "pazar"];
    if WEEKDAYS.iter().any(|day| word.starts_with(day)) {
        return None;
    }
    let found = MONTHS.iter().position(|stems| stems.iter().any(|stem| word.starts_with(stem)))?;
    i8::try_from(found).ok().map(|month| month + 1)
}

/// Beginnings of month names: English, German, French, Spanish, Portuguese, Italian, Dutch, Polish,
/// Russian, Ukrainian, Belarusian, Bulgarian, Lithuanian, Romanian, Greek, Hungarian, Turkish.
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen", "sty", "янв", "яну", "січ", "сту", "sau", "ian", "ιαν", "oca"],
    &["feb", "fév", "fev", "lut", "фев", "лют", "vasar", "φεβ", "şub"],
    &["mar", "mär", "mae", "mrt", "maa", "мар", "бер", "сак", "kov", "μάρ", "μαρ", "már"],
    &["apr", "avr", "abr", "kwi", "апр", "кві", "кра", "bal", "απρ", "ápr", "nis"],
    &["may", "mai", "mag", "mei", "maj", "maio", "май", "мая", "тра", "geg", "μάι", "μαι", "μαΐ", "máj"],
    &["jun", "juin", "giu", "cze", "июн", "юни", "чер", "чэр", "bir", "iun", "ιούν", "ιουν", "jún", "haz"],
    &["jul", "juil", "lug", "lip", "июл", "юли", "лип", "ліп", "lie", "iul", "ιούλ", "ιουλ", "júl", "tem"],
    &["aug", "aoû", "aou", "ago", "sie", "авг", "сер", "жні", "rugp", "αύγ", "αυγ", "ağu"],
    &["sep", "set", "wrz", "сен", "сеп", "вер", "rugs", "σεπ", "szep", "eyl"],
    &["oct", "okt", "out", "ott", "paź", "paz", "окт", "жов", "кас", "spa", "οκτ", "eki"],
    &["nov", "lis", "ноя", "ное", "noi", "lap", "лис", "ліс", "νοέ", "νοε", "kas"],
    &["dec", "déc", "dez", "dic", "gru", "дек", "гру", "сне", "δεκ", "ara"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_of_the_region() {
        for (name, hours) in
            [("msk", 3), ("eet", 2), ("eest", 3), ("cet", 1), ("cest", 2), ("bst", 1), ("est", -5)]
        {
            assert_eq!(zone(name), Some(hours * 3600), "{name}");
        }
        assert_eq!(zone("monday"), None);
    }

    #[test]
    fn months_and_weekdays_are_told_apart() {
        for (word, want) in [
            ("lutego", Some(2)),
            ("березня", Some(3)),
            ("juin", Some(6)),
            ("juillet", Some(7)),
            ("серпня", Some(8)),
        ] {
            assert_eq!(month(word), want, "{word}");
        }
        for weekday in ["mardi", "martes", "середа", "пн", "donnerstag", "śr"] {
            assert_eq!(month(weekday), None, "{weekday}");
        }
    }
}
