//! Function words of the seven languages, folded and sorted: words that say nothing of a document.

/// Whether a folded word is a function word in any of the languages.
pub(crate) fn contains(word: &str) -> bool {
    WORDS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const WORDS: &[&str] = &[
    "a", "aber", "about", "above", "aby", "afin", "after", "again", "against", "ai", "ainsi", "al",
    "albo", "ale", "algo", "algunos", "all", "alle", "allem", "allen", "aller", "alles", "alors",
    "als", "also", "although", "am", "among", "an", "and", "andere", "anderen", "ani", "année",
    "another", "ans", "ante", "antes", "any", "après", "aquí", "are", "around", "as", "así", "at",
    "au", "auch", "aucun", "auf", "aunque", "aus", "aussi", "autre", "autres", "aux", "avait", "avant",
    "avec", "avoir", "año", "años", "aún", "aż", "back", "bajo", "bardzo", "be", "because", "been",
    "before", "bei", "beim", "being", "below", "bereits", "between", "bez", "bien", "bis", "bisher",
    "bo", "both", "but", "by", "być", "był", "była", "było", "były", "będzie", "będą", "c'est", "cada",
    "came", "can", "cannot", "ce", "cela", "celle", "celui", "ces", "cet", "cette", "ceux", "chce",
    "chez", "chyba", "ci", "co", "come", "comme", "comment", "como", "con", "contra", "contre",
    "could", "coś", "cual", "cuando", "czy", "czyli", "d'un", "d'une", "da", "dabei", "damit", "dann",
    "dans", "das", "dass", "day", "days", "de", "del", "dem", "den", "denn", "depuis", "der", "des",
    "desde", "despite", "después", "dessen", "deux", "dice", "did", "die", "dies", "diese", "diesem",
    "diesen", "dieser", "dieses", "dijo", "dit", "dla", "do", "doch", "does", "doing", "donc", "donde",
    "dont", "dort", "dos", "down", "du", "durante", "durch", "during", "dwa", "e", "each", "earlier",
    "early", "ein", "eine", "einem", "einen", "einer", "eines", "el", "ella", "elle", "elles", "ellos",
    "en", "encore", "entre", "er", "era", "erst", "es", "esa", "ese", "eso", "est", "esta", "este",
    "esto", "estos", "está", "están", "et", "etwa", "eu", "even", "ever", "every", "faire", "fait",
    "few", "first", "five", "for", "former", "four", "from", "fue", "fueron", "further", "für", "gab",
    "gdy", "gdzie", "gegen", "gegenüber", "get", "gewesen", "go", "going", "ha", "habe", "haben",
    "había", "had", "han", "has", "hasta", "hat", "hatte", "hatten", "have", "having", "hay", "he",
    "her", "here", "him", "his", "how", "however", "i", "ich", "if", "ihm", "ihn", "ihnen", "ihr",
    "ihre", "ihrem", "ihren", "ihrer", "il", "ile", "ils", "im", "in", "including", "inne", "innych",
    "ins", "into", "is", "ist", "it", "its", "itself", "iż", "ja", "jahr", "jahre", "jahren", "jak",
    "jakie", "jako", "je", "jede", "jednak", "jego", "jej", "jest", "jeszcze", "jetzt", "jeśli",
    "jusqu'à", "just", "już", "kann", "kein", "keine", "keinen", "kiedy", "która", "które", "którego",
    "której", "który", "których", "którym", "którzy", "können", "könnte", "l'on", "la", "las", "last",
    "lat", "lata", "latach", "late", "later", "laut", "le", "least", "les", "less", "leur", "leurs",
    "like", "likely", "lo", "lors", "los", "lui", "ma", "made", "mais", "mają", "make", "man", "many",
    "mardi", "may", "me", "mehr", "mi", "mientras", "might", "mit", "moins", "more", "most", "może",
    "można", "much", "muss", "must", "muy", "my", "más", "même", "müssen", "n'est", "na", "nach",
    "nad", "nada", "nam", "nas", "nawet", "ne", "new", "next", "ni", "nich", "nicht", "nie", "niego",
    "nim", "niż", "no", "noch", "nor", "nos", "not", "notre", "nous", "now", "nuestro", "nun", "nur",
    "o", "ob", "od", "oder", "of", "off", "ohne", "on", "ona", "once", "one", "oni", "only", "ont",
    "or", "oraz", "other", "others", "otra", "otras", "otro", "otros", "ou", "our", "out", "over",
    "own", "où", "par", "para", "parce", "part", "pas", "pendant", "people", "per", "pero", "peu",
    "peut", "plus", "po", "poco", "pod", "podczas", "ponad", "ponieważ", "por", "porque", "pour",
    "pourrait", "poza", "przed", "przez", "przy", "pues", "put", "qu'elle", "qu'il", "quand", "que",
    "quel", "quelle", "qui", "quien", "quoi", "rather", "raz", "recent", "rok", "roku", "s'est", "sa",
    "sagte", "said", "same", "sans", "saw", "say", "says", "se", "sea", "second", "see", "seen",
    "según", "sehr", "sei", "seien", "sein", "seine", "seinem", "seinen", "seiner", "seit", "selon",
    "ser", "sera", "ses", "several", "she", "should", "si", "sich", "sido", "sie", "sin", "since",
    "sind", "six", "się", "so", "sobie", "sobre", "soit", "solche", "soll", "sollen", "sollte", "some",
    "son", "sondern", "sont", "sous", "sowie", "still", "su", "such", "sur", "sus", "swoje", "swój",
    "sí", "są", "ta", "tak", "take", "taken", "także", "tam", "también", "tan", "tanto", "te", "tego",
    "tej", "ten", "teraz", "też", "than", "that", "the", "their", "them", "then", "there", "these",
    "they", "this", "those", "though", "three", "through", "tiene", "tienen", "time", "to", "todo",
    "todos", "told", "too", "tous", "tout", "toute", "toutes", "tras", "tres", "trois", "trzy", "très",
    "tu", "two", "tych", "tylko", "tym", "u", "um", "un", "una", "und", "under", "une", "uno", "unos",
    "uns", "unter", "until", "up", "upon", "us", "use", "vers", "very", "viele", "vom", "von", "vor",
    "vous", "w", "war", "waren", "was", "way", "we", "week", "weeks", "weil", "weiter", "weitere",
    "well", "wenn", "wer", "werde", "werden", "were", "what", "when", "where", "whether", "which",
    "while", "who", "whose", "why", "wie", "wieder", "will", "wir", "wird", "with", "within",
    "without", "więc", "wo", "worden", "would", "wszystkie", "wszystko", "wurde", "wurden", "y", "ya",
    "year", "years", "yes", "yet", "yo", "you", "your", "z", "za", "ze", "został", "została",
    "zostały", "zu", "zum", "zur", "zwei", "zwischen", "él", "été", "être", "über", "że", "а", "або",
    "аж", "але", "б", "без", "би", "более", "був", "була", "були", "було", "бы", "был", "была", "были",
    "было", "быть", "в", "вам", "вас", "ваш", "ведь", "весь", "вже", "ви", "во", "вона", "вони",
    "воно", "вот", "время", "все", "всего", "всех", "всі", "втім", "вы", "від", "г", "где", "год",
    "года", "году", "да", "даже", "для", "до", "его", "ее", "если", "есть", "еще", "ж", "же", "з",
    "за", "здесь", "знову", "зі", "из", "или", "им", "их", "й", "його", "йому", "к", "как", "какой",
    "когда", "кого", "коли", "котрий", "крім", "кто", "лет", "ли", "либо", "лише", "между", "меня",
    "ми", "мне", "много", "може", "может", "мы", "між", "на", "навіть", "над", "надо", "нам", "нас",
    "наш", "не", "него", "нее", "нет", "нею", "ни", "ним", "них", "но", "ну", "ні", "ніж", "о", "об",
    "один", "однак", "однако", "он", "она", "они", "оно", "от", "очень", "перед", "по", "под", "поки",
    "после", "потому", "почти", "при", "про", "під", "після", "раз", "року", "років", "рік", "с", "са",
    "сам", "саме", "свой", "свій", "себе", "себя", "со", "собі", "та", "так", "также", "такий",
    "також", "такой", "там", "те", "теж", "тем", "ти", "тим", "то", "тобто", "тогда", "того", "тоді",
    "тоже", "той", "только", "том", "тому", "тот", "тут", "ты", "у", "уже", "усе", "усі", "хотя", "це",
    "цей", "ця", "ці", "чего", "чем", "через", "чи", "чий", "чому", "что", "чтобы", "ще", "що", "щоб",
    "эта", "эти", "это", "этого", "этой", "этот", "я", "як", "яка", "який", "якщо", "які", "і", "із",
    "інший",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_sorted_for_the_search() {
        assert!(WORDS.is_sorted());
    }

    #[test]
    fn function_words_are_known_and_others_are_not() {
        for word in ["the", "однак", "после", "zwischen", "pendant", "podczas", "también"] {
            assert!(contains(word), "{word}");
        }
        assert!(!contains("sanctions"));
    }
}
