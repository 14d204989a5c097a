//! What a heading or a question asks: about which list, substance or material, what a "yes" would mean, above which
//! threshold, and by which version of a list.
//!
//! A question is only taken to be about a whole list when every other word in it is an ordinary filler word:
//! "ftalater på kandidatförteckningen" asks about phthalates, and its "no" says nothing of the rest of the list.

use super::headings::Polarity;
use super::list_version::{self, ListVersion};
use super::phrase::{Phrase, plain};
use crate::amount::{Context, Dimension, Reading, read_text};
use crate::declaration::Subject;
use std::ops::Range;

/// What a question asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The lists, substances or materials that it asks about; empty when it names none ("Status").
    pub subjects: Vec<Subject>,
    /// Several substances that a bracket counts up for the first subject: `Ftalater (DEHP, DBP)`.
    pub members: Vec<Subject>,
    /// What a "yes" means.
    pub sense: Sense,
    /// The threshold that it names.
    pub threshold: Threshold,
    /// The version of the list that it names.
    pub version: Option<ListVersion>,
    /// Whether it speaks of "REACH" as a whole, which is not one list.
    pub whole_reach: bool,
    /// Whether other words than the subject and fillers stand beside a list.
    pub narrowed: bool,
    /// Whether the words around the subject are more than its name ("rutin för PVC", "puderfria PVC-handskar"): nobody
    /// can tell what an answer says of it.
    pub loose: bool,
}

/// What a "yes" means, as far as the words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// The words say it.
    Said(Polarity),
    /// The requirement is said not to be met ("non-compliant").
    Breaks,
    /// Only a subject stands there: "PVC", "RoHS".
    Bare,
    /// Two negations, or a list that may be met or contained: nobody can tell.
    Unclear,
}

/// The threshold in a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// None.
    None,
    /// A mass fraction in ppt.
    Fraction(u64),
    /// One that is no mass fraction, lacks its unit or cannot be read.
    Other,
}

/// Lists and laws with the words that name them; the more special ones first. `*` stands for the rest of the word.
/// Ids without a rule set of that name (`china-rohs`) keep other countries' laws from answering for the EU's.
const LISTS: &[(&str, &[&str])] = &[
    (
        "china-rohs",
        &[
            "china rohs*",
            "china-rohs*",
            "rohs china",
            "rohs (china)",
            "kina rohs*",
            "kina-rohs*",
            "kiinan rohs*",
            "rohs kina",
            "gb/t 26572*",
            "sj/t 11363*",
        ],
    ),
    ("uk-rohs", &["uk rohs*", "uk-rohs*", "rohs uk"]),
    ("us-rohs", &["california rohs*", "rohs california"]),
    ("uk-reach", &["uk reach*", "uk-reach*", "reach uk"]),
    (
        "reach-annex-xvii",
        &[
            "xvii*",
            "bilaga 17",
            "annex 17",
            "begränsningslista*",
            "begränsningsförteckning*",
            "begränsningsbilaga*",
            "reach restriction list",
            "reach restrictions",
            "begrænsningsliste*",
            "begrensningsliste*",
            "rajoitusluettelo*",
            "beschränkungsliste*",
        ],
    ),
    (
        "reach-annex-xiv",
        &[
            "xiv*",
            "bilaga 14",
            "annex 14",
            "authorisation list",
            "authorization list",
            "tillståndslista*",
            "tillståndsförteckning*",
            "godkendelsesliste*",
            "godkjenningsliste*",
            "lupaluettelo*",
            "zulassungsliste*",
        ],
    ),
    (
        "reach-candidate-list",
        &[
            "svhc*",
            "kandidatförteckning*",
            "kandidatlist*",
            "kandidatämne*",
            "candidate list*",
            "reach candidate*",
            "kandidaattiluettelo*",
            "kandidaattilista*",
            "kandidatenlist*",
            "very high concern",
            "särskilt farligt ämne",
            "särskilt farliga ämnen",
            "särskilt farliga kemiska ämnen",
            "særlig problematiske stoffer",
            "erityistä huolta aiheuttav*",
            "besonders besorgniserregend*",
            "artikel 33*",
            "article 33*",
            "art. 33*",
            "art 33*",
        ],
    ),
    (
        "pops",
        &[
            "pops*",
            "pop-förordning*",
            "pop regulation*",
            "pop-ämne*",
            "eu pop",
            "2019/1021*",
            "persistent organic pollutants",
            "persistenta organiska föroreningar",
            "långlivade organiska föroreningar",
            "stockholmskonvention*",
            "stockholm convention",
        ],
    ),
    ("mdr-10-4-1", &["10.4.1*", "10.4 mdr", "mdr 10.4*"]),
    ("elv", &["elv", "elv-*", "2000/53*", "end of life vehicle*", "end-of-life vehicle*"]),
    ("prio", &["prio", "prio-*", "utfasningsämne*"]),
    ("sin-list", &["sin list*", "sin-list*"]),
    ("california-proposition-65", &["prop 65", "prop. 65", "proposition 65"]),
    ("tsca", &["tsca*"]),
    ("rohs", &["rohs*", "2011/65*", "2015/863*", "2002/95*"]),
];

const WHOLE_REACH: &[&str] = &["reach*", "1907/2006*"];

/// Ways to ask for a yes or no that are not part of the question.
const HINTS: &[&str] = &[
    "(ja/nej)",
    "(ja / nej)",
    "(nej/ja)",
    "ja/nej",
    "ja / nej",
    "(ja/nei)",
    "ja/nei",
    "ja / nei",
    "(ja/nein)",
    "ja/nein",
    "ja / nein",
    "(yes/no)",
    "(yes / no)",
    "yes/no",
    "yes / no",
    "(y/n)",
    "y/n",
    "(j/n)",
    "j/n",
    "(kyllä/ei)",
    "(kyllä / ei)",
    "kyllä/ei",
    "kyllä / ei",
    "(k/e)",
    "ja eller nej",
    "yes or no",
    "within reach of",
    "out of reach of",
];

/// Words that say that no exemption is used; the claim stands by itself.
pub(super) const WITHOUT_EXEMPTION: &[&str] = &[
    "utan undantag",
    "inga undantag",
    "inget undantag",
    "without exemption*",
    "without using exemption*",
    "no exemption*",
    "uten unntak",
    "ingen unntak",
    "uden undtagelse*",
    "ingen undtagelse*",
    "ilman poikkeu*",
    "ei poikkeu*",
    "ohne ausnahme*",
    "keine ausnahme*",
    "rohs_0001",
];

const BREAKS: &[&str] = &[
    "non-compliant",
    "noncompliant",
    "non compliant",
    "not compliant",
    "non-compliance",
    "does not comply",
    "do not comply",
    "not comply",
    "not conform",
    "non-conform*",
    "does not meet",
    "do not meet",
    "uppfyller ej",
    "uppfyller inte",
    "uppfylls ej",
    "uppfylls inte",
    "ej uppfyllt",
    "inte uppfyllt",
    "ej uppfylld",
    "inte uppfylld",
    "ikke uppfylt",
    "oppfyller ikke",
    "oppfylles ikke",
    "ikke oppfylt",
    "opfylder ikke",
    "opfyldes ikke",
    "ikke opfyldt",
    "overholder ikke",
    "ei täytä",
    "ei täyty",
    "ei vastaa",
    "ei noudata",
    "erfüllt nicht",
    "nicht erfüllt",
    "nicht konform",
    "entspricht nicht",
];

const FREE: &[&str] = &[
    "fri från",
    "fritt från",
    "fria från",
    "fri fra",
    "frit for",
    "fri for",
    "fritt for",
    "free from",
    "free of",
    "frei von",
    "innehåller inte",
    "innehåller ej",
    "innehåller icke",
    "innehåller inga",
    "innehåller inget",
    "innehåller ingen",
    "innehåller varken",
    "inte innehålla",
    "ej innehålla",
    "does not contain",
    "doesn't contain",
    "do not contain",
    "not contain",
    "contains no",
    "contain no",
    "contains none",
    "inneholder ikke",
    "inneholder ingen",
    "ikke inneholde",
    "indeholder ikke",
    "indeholder ingen",
    "ikke indeholde",
    "ei sisällä",
    "eivät sisällä",
    "enthält kein*",
    "enthält nicht",
    "enthalten kein*",
    "förekommer inte",
    "förekommer ej",
    "inte förekomma",
    "ej förekomma",
    "ingår inte",
    "ingår ej",
    "inte ingå",
    "ej ingå",
    "inngår ikke",
    "indgår ikke",
    "forekommer ikke",
    "ei esiinny",
    "not present",
    "absent",
    "absence of",
    "frånvaro av",
    "frånvarande",
    "fraværende",
    "abwesend",
    "not used",
    "used no",
    "används inte",
    "används ej",
    "finns inte",
    "finns ej",
    "finns inga",
    "finns inget",
    "utan tillsats av",
    "utan innehåll av",
    "utan",
    "without",
    "ohne",
    "ilman",
    "uten",
    "uden",
];

pub(super) const COMPLIES: &[&str] = &[
    "uppfyller",
    "uppfylls",
    "uppfyllda",
    "uppfylld",
    "uppfyllt",
    "uppfylla",
    "uppfyllelse",
    "efterlever",
    "följer",
    "comply",
    "complies",
    "compliant*",
    "compliance*",
    "complying",
    "conform*",
    "konform*",
    "överensstämmer",
    "överensstämmelse",
    "i enlighet med",
    "in accordance with",
    "meets",
    "meet",
    "fulfils",
    "fulfills",
    "oppfyller",
    "oppfylles",
    "oppfylt",
    "oppfylle",
    "opfylder",
    "opfyldes",
    "opfyldt",
    "opfylde",
    "overholder",
    "overholde",
    "overholdes",
    "täyttää*",
    "täyttyy*",
    "täyttyvät",
    "täytetty",
    "noudattaa*",
    "vastaa",
    "vastaako",
    "vaatimustenmukai*",
    "erfüllt",
    "erfüllen",
    "entspricht",
    "entsprechen",
];

const CONTAINS: &[&str] = &[
    "innehåller",
    "innehålla",
    "innehåll av",
    "innehåll",
    "contains",
    "contain",
    "contained",
    "containing",
    "content of",
    "inneholder",
    "inneholde",
    "indeholder",
    "indeholde",
    "innhold av",
    "indhold af",
    "sisältää*",
    "sisältävät*",
    "enthält",
    "enthalten",
    "förekommer",
    "förekomst av",
    "förekomma",
    "forekommer",
    "forekomst av",
    "forekomst af",
    "finns",
    "finnes",
    "findes",
    "ingår",
    "ingå",
    "inngår",
    "indgår",
    "esiintyy",
    "present",
    "presence of",
    "includes",
    "includes any",
    "har tillsatts",
    "tillsatts",
];

const NEGATIONS: &[&str] =
    &["inte", "ej", "icke", "ikke", "not", "nicht", "ei", "eivät", "inga", "inget", "ingen", "none", "kein*", "varken", "never", "aldrig"];

/// Words that say nothing of what the question is about. A question of these and a list's name is about that list.
const FILLERS: &[&str] = &[
    // Swedish, and what Norwegian and Danish share.
    "ämne",
    "ämnen",
    "ämnet",
    "ämnena",
    "kemiska",
    "kemiskt",
    "kemikalier",
    "något",
    "några",
    "någon",
    "nagon",
    "som",
    "finns",
    "är",
    "på",
    "i",
    "av",
    "om",
    "enligt",
    "med",
    "den",
    "det",
    "de",
    "dem",
    "dess",
    "en",
    "ett",
    "och",
    "eller",
    "samt",
    "till",
    "från",
    "för",
    "vid",
    "över",
    "under",
    "mer",
    "än",
    "mindre",
    "högre",
    "lägre",
    "halt",
    "halter",
    "halten",
    "koncentration",
    "koncentrationer",
    "vikt",
    "per",
    "ingående",
    "delkomponent",
    "delkomponenter",
    "komponent",
    "komponenter",
    "del",
    "delar",
    "artikel",
    "artiklar",
    "produkt",
    "produkten",
    "produkter",
    "produkterna",
    "produktens",
    "vara",
    "varan",
    "varor",
    "varorna",
    "material",
    "materialet",
    "förpackning",
    "offererad",
    "offererade",
    "erbjuden",
    "erbjudna",
    "upptagna",
    "upptaget",
    "upptagen",
    "listade",
    "listad",
    "listat",
    "omfattas",
    "gällande",
    "senaste",
    "aktuella",
    "aktuell",
    "version",
    "versionen",
    "upp",
    "krav",
    "kravet",
    "kraven",
    "kraven",
    "ställs",
    "förordning",
    "förordningen",
    "direktiv",
    "direktivet",
    "eu",
    "eu:s",
    "eg",
    "eg-nr",
    "echa",
    "echas",
    "nr",
    "nummer",
    "bilaga",
    "bilagan",
    "lista",
    "listan",
    "förteckning",
    "förteckningen",
    "ska",
    "skall",
    "får",
    "kan",
    "har",
    "vi",
    "ni",
    "er",
    "vår",
    "våra",
    "alla",
    "samtliga",
    "hela",
    "status",
    "begränsade",
    "begränsningar",
    "begränsning",
    "så",
    "kallade",
    "s.k",
    "sk",
    "viktprocent",
    "gränsvärde",
    "gränsvärdet",
    "gränsvärden",
    "hos",
    "sig",
    "överstiger",
    "överstigande",
    "respektive",
    "andel",
    "medveten",
    "förtecknade",
    "datum",
    "daterad",
    "avseende",
    "angående",
    "resp",
    "publicerad",
    "publicerade",
    "uppdaterad",
    // English.
    "substance",
    "substances",
    "chemical",
    "chemicals",
    "any",
    "of",
    "the",
    "on",
    "in",
    "at",
    "a",
    "an",
    "and",
    "or",
    "is",
    "are",
    "does",
    "do",
    "your",
    "our",
    "its",
    "it",
    "all",
    "with",
    "to",
    "by",
    "for",
    "from",
    "this",
    "these",
    "that",
    "which",
    "listed",
    "list",
    "above",
    "over",
    "below",
    "more",
    "than",
    "less",
    "concentration",
    "concentrations",
    "weight",
    "product",
    "products",
    "article",
    "articles",
    "item",
    "items",
    "part",
    "parts",
    "component",
    "components",
    "homogeneous",
    "requirements",
    "requirement",
    "restriction",
    "restrictions",
    "restricted",
    "directive",
    "regulation",
    "regulations",
    "current",
    "latest",
    "annex",
    "no",
    "number",
    "ec",
    "supplied",
    "delivered",
    "offered",
    "we",
    "declare",
    "hereby",
    "fully",
    "environmental",
    "threshold",
    "limit",
    "limits",
    "has",
    "have",
    "be",
    "shall",
    "must",
    "according",
    "under",
    "as",
    "subject",
    "date",
    "dated",
    "updated",
    "material",
    "manufacturer",
    "supplier",
    "under",
    // Norwegian and Danish.
    "stoff",
    "stoffer",
    "stoffet",
    "stof",
    "stofferne",
    "noen",
    "nogen",
    "nogle",
    "som",
    "er",
    "på",
    "av",
    "af",
    "og",
    "til",
    "fra",
    "produktet",
    "varen",
    "varer",
    "produkter",
    "artikkel",
    "artikler",
    "vedlegg",
    "bilag",
    "listen",
    "kravene",
    "kravet",
    "krav",
    "henhold",
    "ifølge",
    "forordning",
    "forordningen",
    "direktivet",
    "over",
    "mer",
    "enn",
    "mere",
    "end",
    "konsentrasjon",
    "vekt",
    "vektprosent",
    "vægt",
    "vægtprocent",
    "kjemiske",
    "kemiske",
    "alle",
    "oppført",
    "opført",
    "oppførte",
    // Finnish.
    "tuote",
    "tuotteet",
    "tuotteessa",
    "tuotteen",
    "aine",
    "aineet",
    "aineita",
    "ainetta",
    "aineiden",
    "on",
    "onko",
    "ovat",
    "yli",
    "alle",
    "luettelo",
    "luettelossa",
    "luettelon",
    "olevia",
    "oleva",
    "mukaan",
    "mukainen",
    "mukaiset",
    "ja",
    "tai",
    "liite",
    "liitteen",
    "liitteessä",
    "asetus",
    "asetuksen",
    "direktiivi",
    "direktiivin",
    "direktiiviä",
    "vaatimukset",
    "vaatimuksia",
    "vaatimus",
    "kemikaaleja",
    "mainittuja",
    "pitoisuus",
    "pitoisuutena",
    "jotka",
    "jotain",
    "ehdokas",
    "osa",
    "osat",
    // German.
    "stoffe",
    "das",
    "der",
    "die",
    "den",
    "dem",
    "des",
    "ein",
    "eine",
    "einen",
    "produkt",
    "produkte",
    "erzeugnis",
    "erzeugnisse",
    "artikel",
    "und",
    "oder",
    "von",
    "auf",
    "im",
    "ist",
    "sind",
    "gemäß",
    "nach",
    "mit",
    "mehr",
    "als",
    "über",
    "anhang",
    "liste",
    "verordnung",
    "richtlinie",
    "anforderungen",
    "alle",
    "gelistet",
    "gelistete",
    // Signs.
    "%",
    "w/w",
    ">",
    "<",
    "≥",
    "≤",
    "-",
    "&",
    "(eg)",
    "(eu)",
    "(ec)",
    "n°",
];

/// Words that tie the parts of an enumeration together, so that it cannot be cut at its commas.
const BINDING: &[&str] = &[
    "för", "to", "att", "som", "with", "med", "mot", "about", "for", "its", "their", "dess", "deras", "sina", "that", "which", "om", "vid",
    "enligt", "in", "i", "of", "av", "af", "på", "on", "other", "andra", "övriga", "alla", "all",
];

const JOINTS: &[&str] = &["och", "eller", "samt", "and", "or", "og", "tai", "sekä", "und", "oder", "&"];

impl Question {
    /// Understands a heading, a question or a statement in running text.
    pub fn of(text: &str) -> Question {
        let mut phrase = Phrase::new(text);
        phrase.take_all(HINTS);
        take_number_of_requirement(&mut phrase);
        let lists_before = lists_of(&mut phrase.clone());
        let version = if lists_before.ids.is_empty() && !lists_before.reach { None } else { list_version::of_question(&mut phrase) };
        let (threshold, below) = take_threshold(&mut phrase);
        let complies_too = phrase.has_any(COMPLIES);
        let (mut sense, side) = take_sense(&mut phrase);
        let Lists { ids: lists, reach: whole_reach, free: free_list } = lists_of(&mut phrase);
        let Named { free: free_words, subjects: mut named, members, mut loose } =
            named_of(&mut phrase, !lists.is_empty() || whole_reach, side);
        if free_words || free_list {
            sense = match sense {
                Sense::Bare | Sense::Said(Polarity::Complies | Polarity::Free) => Sense::Said(Polarity::Free),
                // "innehåller ftalatfri", "inte PVC-fri": who knows.
                _ => Sense::Unclear,
            };
        }
        if below {
            // "SVHC < 0,1 %" is met by a yes; "free of SVHC below 0.1 %" is nonsense.
            sense = match sense {
                Sense::Bare | Sense::Said(Polarity::Contains | Polarity::Complies) => Sense::Said(Polarity::Free),
                _ => Sense::Unclear,
            };
        }
        let mut members = members;
        let beside_list = !lists.is_empty() || whole_reach;
        if beside_list && named.is_empty() {
            // "RoHS (bly, kadmium)": the answer is about what is counted up.
            named.append(&mut members);
        }
        let narrowed = beside_list && !named.is_empty();
        if sense == Sense::Said(Polarity::Free) && complies_too && beside_list && !narrowed {
            sense = Sense::Unclear;
        }
        let mut subjects: Vec<Subject> = Vec::new();
        if !narrowed {
            subjects.extend(lists.iter().map(|id| Subject::List((*id).into())));
            if whole_reach && lists.iter().all(|id| !id.starts_with("reach-")) {
                subjects.push(Subject::List("reach-annex-xvii".into()));
            }
        }
        loose |= named.iter().chain(&members).any(|subject| !is_name(subject));
        subjects.append(&mut named);
        let whole_reach = whole_reach && !narrowed && lists.iter().all(|id| !id.starts_with("reach-"));
        Question { subjects, members, sense, threshold, version, whole_reach, narrowed, loose }
    }

    /// Whether the words themselves say what a yes means.
    pub fn speaks(&self) -> bool {
        matches!(self.sense, Sense::Said(_) | Sense::Breaks)
    }
}

/// Drops "3.2.1", "K12:", "Krav 4." from the start; a number that belongs to a name (`1,4-dioxan`) stays.
fn take_number_of_requirement(phrase: &mut Phrase) {
    let folded: String = phrase.folded().iter().collect();
    let trimmed = folded.trim_start();
    let lead = folded.chars().count() - trimmed.chars().count();
    let mut words = trimmed.split(' ').filter(|word| !word.is_empty());
    let (Some(first), second) = (words.next(), words.next()) else { return };
    let numbered = |word: &str| {
        let body = word.trim_end_matches([':', '.', ')']);
        let digits = body.trim_start_matches(char::is_alphabetic);
        let letters = body.chars().count() - digits.chars().count();
        // "K12:" and "3.2" are numbers of requirements; "D4" is a siloxane.
        let marked = letters == 0 || word.ends_with([':', '.', ')']) || digits.contains('.');
        letters <= 3 && marked && !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let length = if ["krav", "requirement", "fråga", "question", "req", "req.", "kravnr", "krav-id", "spørsmål", "vaatimus", "frage"]
        .contains(&first)
        && second.is_some_and(numbered)
    {
        let second = second.unwrap_or("");
        trimmed.find(second).map(|at| trimmed.get(..at).unwrap_or("").chars().count() + second.chars().count())
    } else if numbered(first) && second.is_some_and(|word| word.chars().any(|c| c.is_alphabetic() && !numbered(word))) {
        // "10.4.1" is itself the name of a list.
        (first != "10.4.1" && first != "10.4").then(|| first.chars().count())
    } else {
        None
    };
    if let Some(length) = length {
        phrase.blank(0..lead + length);
    }
}

const ABOVE: &[&str] = &[
    "eller högre än",
    "högre än",
    "mer än",
    "större än",
    "överstigande",
    "överstiger",
    "över",
    "more than",
    "greater than",
    "higher than",
    "exceeding",
    "exceeds",
    "in excess of",
    "above",
    "over",
    "mer enn",
    "høyere enn",
    "mere end",
    "højere end",
    "yli",
    "enemmän kuin",
    "mehr als",
    "über",
    ">=",
    "=>",
    ">",
    "≥",
    "minst",
    "at least",
];
const BELOW: &[&str] = &[
    "mindre än",
    "lägre än",
    "understigande",
    "understiger",
    "under",
    "less than",
    "lower than",
    "not exceeding",
    "below",
    "mindre enn",
    "lavere enn",
    "mindre end",
    "lavere end",
    "alle",
    "vähemmän kuin",
    "weniger als",
    "unter",
    "<=",
    "=<",
    "<",
    "≤",
    "högst",
    "max",
    "max.",
    "maximalt",
    "upp till",
    "at most",
];

/// Takes out the first "> 0,1 %" and whether it is an upper bound; a quantity without a comparison is taken as the limit
/// above which the question asks.
fn take_threshold(phrase: &mut Phrase) -> (Threshold, bool) {
    let mut found: Option<(Range<usize>, bool, Threshold)> = None;
    for (phrases, below) in [(BELOW, true), (ABOVE, false)] {
        for word in phrases {
            let mut from = 0;
            while let Some(range) = phrase.find_from(from, word) {
                from = range.end;
                let Some((end, threshold)) = quantity_at(phrase, range.end) else { continue };
                // The longest phrase that begins first: "not exceeding" before "exceeding".
                let better =
                    found.as_ref().is_none_or(|(best, _, _)| range.end > best.end || (range.end == best.end && range.start < best.start));
                if found.is_none() || (better && found.as_ref().is_some_and(|(best, _, _)| range.start <= best.start && end >= best.end)) {
                    found = Some((range.start..end, below, threshold));
                }
            }
        }
    }
    if let Some((range, below, threshold)) = found {
        phrase.blank(range);
        return (threshold, below);
    }
    // "0,1 viktprocent eller mer", "SVHC 0.1 %"
    let mut at = 0;
    while at < phrase.folded().len() {
        let starts = phrase.folded().get(at).is_some_and(char::is_ascii_digit)
            && (at == 0 || phrase.folded().get(at - 1).is_some_and(|c| matches!(c, ' ' | '(')));
        if starts {
            if let Some((end, threshold @ Threshold::Fraction(_))) = quantity_at(phrase, at) {
                phrase.blank(at..end);
                return (threshold, false);
            }
        }
        at += 1;
    }
    (Threshold::None, false)
}

/// Reads "0,1 %" at a place: where it ends and what it is; `None` when no number stands there.
fn quantity_at(phrase: &Phrase, from: usize) -> Option<(usize, Threshold)> {
    let folded = phrase.folded();
    let mut start = from;
    while matches!(folded.get(start), Some(' ' | ':' | '=')) {
        start += 1;
    }
    let mut end = start;
    while folded.get(end).is_some_and(char::is_ascii_digit)
        || (matches!(folded.get(end), Some(',' | '.')) && folded.get(end + 1).is_some_and(char::is_ascii_digit))
    {
        end += 1;
    }
    if end == start {
        return None;
    }
    // The unit: the longest text behind the number that makes an amount of it.
    let limit = (end + 24).min(folded.len());
    let mut best: Option<(usize, Threshold)> = None;
    for stop in (end + 1..=limit).rev() {
        let cuts = folded.get(stop - 1).is_some_and(|c| c.is_alphanumeric()) && folded.get(stop).is_some_and(|c| c.is_alphanumeric());
        if cuts || folded.get(stop - 1) == Some(&' ') {
            continue;
        }
        let text = phrase.folded_text(start..stop);
        if let Reading::Amount(amount) = read_text(&text, &Context::default()) {
            if amount.doubt.is_none() && amount.interval.lo == amount.interval.hi {
                let threshold =
                    if amount.dimension == Dimension::MassFraction { Threshold::Fraction(amount.interval.lo) } else { Threshold::Other };
                best = Some((stop, threshold));
                break;
            }
        }
    }
    Some(best.unwrap_or((end, Threshold::Other)))
}

/// On which side of its verb the subject stands.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// Where the words end that a subject stands beside.
    verb_ends: Option<usize>,
    /// Whether the verb takes its subject behind it: "contains PVC", but "PVC is present".
    takes_object: bool,
}

/// Verbs whose object is what is contained.
const TAKES_OBJECT: &[&str] = &[
    "inneh",
    "fri ",
    "fritt ",
    "fria ",
    "frit ",
    "free ",
    "frei ",
    "contain",
    "does not contain",
    "doesn't",
    "do not contain",
    "not contain",
    "inneholder",
    "inneholde",
    "indeholder",
    "indeholde",
    "ikke inneholde",
    "ikke indeholde",
    "inte inneh",
    "ej inneh",
    "ei sisäl",
    "eivät sisäl",
    "sisäl",
    "enthält",
    "utan",
    "without",
    "ohne",
    "ilman",
    "uten",
    "uden",
];

/// Finds the words that tell what a yes means, and takes them out.
fn take_sense(phrase: &mut Phrase) -> (Sense, Side) {
    phrase.take_all(WITHOUT_EXEMPTION);
    let breaks = phrase.take_all(BREAKS);
    let mut side = Side::default();
    let mut note = |word: &str, end: usize| {
        side.verb_ends = Some(side.verb_ends.map_or(end, |known: usize| known.max(end)));
        side.takes_object |= TAKES_OBJECT.iter().any(|verb| word.starts_with(verb));
    };
    // "is not free of", "inte fri från".
    let mut free = 0;
    let mut doubled = false;
    for word in FREE {
        while let Some(range) = phrase.find(word) {
            let before = phrase.folded_text(range.start.saturating_sub(8)..range.start);
            doubled |= NEGATIONS.iter().any(|negation| before.trim_end().ends_with(&format!(" {negation}")) || before.trim() == *negation);
            note(word, range.end);
            phrase.blank(range);
            free += 1;
        }
    }
    // "No SVHC above 0.1 %"; elsewhere "no" mostly stands for "number".
    let begin = phrase.folded().iter().position(|c| *c != ' ').unwrap_or(0);
    if phrase.find_from(begin, "no ").is_some_and(|range| range.start == begin)
        && phrase.folded().iter().skip(begin + 3).find(|c| **c != ' ').is_some_and(|c| c.is_alphabetic())
    {
        phrase.blank(begin..begin + 2);
        free += 1;
    }
    let complies = phrase.take_all(COMPLIES);
    let mut contains = 0;
    for word in CONTAINS {
        while let Some(range) = phrase.find(word) {
            note(word, range.end);
            phrase.blank(range);
            contains += 1;
        }
    }
    let negations = phrase.take_all(NEGATIONS);
    let sense = match (breaks, free, complies, contains, negations) {
        _ if doubled => Sense::Unclear,
        (0, 0, 0, 0, 0) => Sense::Bare,
        (1, 0, 0, 0, 0) => Sense::Breaks,
        // "uppfyller kravet: fri från PVC".
        (0, 1.., _, 0, 0) => Sense::Said(Polarity::Free),
        (0, 0, 1.., 0, 0) => Sense::Said(Polarity::Complies),
        (0, 0, 0, 1.., 0) => Sense::Said(Polarity::Contains),
        // "PVC ska inte … ingå".
        (0, 0, 0, _, 1) => Sense::Said(Polarity::Free),
        _ => Sense::Unclear,
    };
    (sense, side)
}

/// The lists that a text names.
#[derive(Default)]
struct Lists {
    ids: Vec<&'static str>,
    /// Whether it speaks of REACH as a whole.
    reach: bool,
    /// Whether a list's name itself says "free": "SVHC-fri".
    free: bool,
}

/// Takes out the names of lists.
fn lists_of(phrase: &mut Phrase) -> Lists {
    let mut lists = Lists::default();
    let mut take = |words: &[&str]| {
        let mut found = false;
        for word in words {
            while let Some(range) = phrase.find(word) {
                lists.free |= free_stem(&phrase.folded_text(range.clone())).is_some();
                phrase.blank(range);
                found = true;
            }
        }
        found
    };
    let ids: Vec<&'static str> = LISTS.iter().filter(|(_, words)| take(words)).map(|(id, _)| *id).collect();
    let reach = take(WHOLE_REACH) && !ids.contains(&"uk-reach");
    Lists { ids, reach, ..lists }
}

/// What is left when the known phrases are out.
struct Named {
    /// Whether a word said "-free".
    free: bool,
    /// Substances and materials, cut where an enumeration can be cut.
    subjects: Vec<Subject>,
    /// What a bracket counts up.
    members: Vec<Subject>,
    /// Whether more than names is left.
    loose: bool,
}

/// One part of an enumeration.
#[derive(Default)]
struct Piece {
    words: Vec<Range<usize>>,
    /// A word of it says "-free".
    free: bool,
    /// Words stand where none can: behind "free", or before "pvc" in "handskar pvc-fria".
    odd: bool,
}

fn named_of(phrase: &mut Phrase, beside_list: bool, side: Side) -> Named {
    let members = take_members(phrase);
    let mut named = Named { free: false, subjects: Vec::new(), members, loose: false };
    let words = phrase.words();
    let is_filler = |range: &Range<usize>| {
        let word = phrase.folded_text(range.clone());
        FILLERS.contains(&word.as_str()) || JOINTS.contains(&word.as_str()) || word.chars().all(|c| !c.is_alphanumeric())
            // Numbers of laws and their years beside a list's name say nothing more.
            || (beside_list && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '.' | '-')))
    };
    let mut words = words.as_slice();
    if let Some(end) = side.verb_ends {
        let at = words.partition_point(|range| range.start < end);
        let (before, after) = words.split_at(at);
        let said = |words: &[Range<usize>]| words.iter().any(|range| !is_filler(range));
        match (said(before), said(after)) {
            // "Handskarna innehåller PVC"
            (true, true) if side.takes_object && after.first().is_some_and(|range| !is_filler(range)) => words = after,
            // "Ftalater förekommer i PVC"
            (true, true) => named.loose = true,
            _ => {}
        }
    }
    let (Some(first), Some(last)) = (words.iter().position(|range| !is_filler(range)), words.iter().rposition(|range| !is_filler(range)))
    else {
        return named;
    };
    let kept = words.get(first..=last).unwrap_or_default();
    let mut pieces: Vec<Piece> = vec![Piece::default()];
    for (at, range) in kept.iter().enumerate() {
        let word = phrase.folded_text(range.clone());
        if JOINTS.contains(&word.as_str()) {
            pieces.push(Piece::default());
            continue;
        }
        if let Some(piece) = pieces.last_mut() {
            let attached = free_stem(&word).map(|stem| range.start..range.start + stem);
            if STANDING_FREE.contains(&word.as_str()) {
                piece.odd |= piece.free;
                piece.free = true;
            } else if let Some(stem) = attached {
                piece.odd |= piece.free || !piece.words.is_empty();
                piece.free = true;
                piece.words.push(stem);
            } else {
                piece.odd |= piece.free;
                piece.words.push(range.clone());
            }
        }
        let gap = kept.get(at + 1).map(|next| phrase.folded_text(range.end..next.start)).unwrap_or_default();
        if gap.contains([',', ';', '/']) {
            pieces.push(Piece::default());
        }
    }
    named.free = pieces.iter().any(|piece| piece.free);
    if named.free {
        // Every part of "PVC- och latexfri" says "free", or leaves it to the next one.
        let elliptic = |piece: &Piece| piece.words.last().is_some_and(|range| phrase.folded_text(range.clone()).ends_with('-'));
        named.loose |= pieces.iter().any(|piece| piece.odd || (!piece.free && !piece.words.is_empty() && !elliptic(piece)));
    }
    pieces.retain(|piece| !piece.words.is_empty());
    let can_be_cut = pieces.len() > 1
        && pieces.iter().all(|piece| {
            piece.words.len() <= 3 && piece.words.iter().all(|range| !BINDING.contains(&phrase.folded_text(range.clone()).as_str()))
        });
    let mut push = |from: usize, to: usize| {
        let written = phrase.written_text(from..closing(phrase, to)).split_whitespace().collect::<Vec<_>>().join(" ");
        // "tuote ei sisällä PVC:tä"
        let written = written
            .split_once(':')
            .filter(|(head, tail)| head.len() >= 2 && tail.chars().count() <= 3)
            .map_or(written.as_str(), |(head, _)| head);
        let written = written.trim_end_matches('-').trim();
        let subject = Subject::Named(written.into());
        if !written.is_empty() && !named.subjects.contains(&subject) {
            named.subjects.push(subject);
        }
    };
    if can_be_cut {
        for piece in &pieces {
            if let (Some(from), Some(to)) = (piece.words.first(), piece.words.last()) {
                push(from.start, to.end);
            }
        }
    } else if let (Some(from), Some(to)) =
        (pieces.first().and_then(|piece| piece.words.first()), pieces.last().and_then(|piece| piece.words.last()))
    {
        push(from.start, to.end);
    }
    named
}

/// Materials that other words often stand beside: "PVC-handskar", "latex policy". An answer about those says nothing of
/// the material.
const MATERIALS: &[&str] = &[
    "pvc",
    "vinyl",
    "latex",
    "lateks",
    "lateksi",
    "naturgummi",
    "naturgummilatex",
    "gummi",
    "rubber",
    "abs",
    "ptfe",
    "silikon",
    "silicone",
    "polyuretan",
    "polyurethane",
    "pu",
    "pur",
    "läder",
    "leather",
    "plast",
    "plastic",
    "lim",
    "glue",
    "nitril",
    "nitrile",
    "polykarbonat",
    "polycarbonate",
    "pc",
];
/// Words that belong to the name of a material.
const OF_MATERIALS: &[&str] = &[
    "plast",
    "plaster",
    "plastic",
    "muovi",
    "kunststoff",
    "material",
    "natural",
    "naturlig",
    "mjuk",
    "soft",
    "mjukgjord",
    "plasticised",
    "plasticized",
];

/// Whether a subject is a name and nothing else, as far as its words can tell.
fn is_name(subject: &Subject) -> bool {
    let Subject::Named(name) = subject else { return true };
    let folded = plain(name);
    let outside = folded.split('(').next().unwrap_or("").trim();
    let words: Vec<&str> = outside.split(' ').filter(|word| !word.is_empty()).collect();
    if words.len() > 5 || words.iter().any(|word| BINDING.contains(word)) {
        return false;
    }
    let parts: Vec<&str> = outside.split([' ', '-', '/', ',']).filter(|part| !part.is_empty()).collect();
    let materials = parts.iter().filter(|part| MATERIALS.contains(part)).count();
    materials == 0 || parts.iter().all(|part| MATERIALS.contains(part) || OF_MATERIALS.contains(part) || part.starts_with("polyvinyl"))
}

/// Extends an end over a closing bracket that belongs to a name: `polyvinylklorid (PVC)`.
fn closing(phrase: &Phrase, end: usize) -> usize {
    if phrase.folded().get(end) == Some(&')') { end + 1 } else { end }
}

/// Words that say "free" of what stands before them.
const STANDING_FREE: &[&str] = &["fri", "fritt", "fria", "frit", "free", "frei", "freie", "vapaa"];

/// The length of the stem, in characters, of a word that says "free of": `PVC-fri`, `blyfritt`, `phthalate-free`,
/// `lyijytön`.
fn free_stem(word: &str) -> Option<usize> {
    const ENDINGS: &[&str] = &["fritt", "fria", "frit", "fri", "free", "freie", "frei", "vapaa"];
    const FINNISH: &[&str] = &[":tön", ":ton", "-tön", "-ton", "iton", "itön", "ytön"];
    if word == "triton" || word == "kriton" {
        return None;
    }
    let length = word.chars().count();
    if let Some(stem) = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending)) {
        let stem = stem.trim_end_matches('-').chars().count();
        return (stem >= 2).then_some(stem);
    }
    let ending = FINNISH.iter().find(|ending| word.ends_with(**ending) && length >= ending.chars().count() + 3)?;
    // Of "lateksiton" the stem is "lateksi": the first letter of the ending belongs to it.
    Some(length - ending.chars().count() + usize::from(!ending.starts_with([':', '-'])))
}

/// Takes out a final bracket that counts up several things, unless they are mere examples.
fn take_members(phrase: &mut Phrase) -> Vec<Subject> {
    let folded = phrase.folded();
    let Some(open) = folded.iter().position(|c| *c == '(') else { return Vec::new() };
    let Some(close) = folded.iter().rposition(|c| *c == ')').filter(|close| *close > open) else { return Vec::new() };
    let head: String = phrase.folded_text(0..open);
    let inside = phrase.written_text(open + 1..close);
    if !inside.contains([',', ';', '/']) || !head.chars().any(char::is_alphabetic) {
        return Vec::new();
    }
    let folded_inside = phrase.folded_text(open + 1..close);
    let examples = [
        "t.ex",
        "t ex",
        "exempelvis",
        "e.g",
        "for example",
        "such as",
        "såsom",
        "f.eks",
        "esim",
        "z.b",
        "bl.a",
        "inkl",
        "incl",
        "including",
    ];
    let parts: Vec<Subject> = if examples.iter().any(|word| folded_inside.contains(word)) {
        Vec::new()
    } else {
        inside
            .split([',', ';', '/'])
            .map(str::trim)
            .filter(|part| part.chars().any(char::is_alphabetic))
            .map(|part| Subject::Named(part.into()))
            .collect()
    };
    phrase.blank(open..close + 1);
    parts
}
