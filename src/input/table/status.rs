//! Answers in six languages, and the status words of distributors, to claims.
//!
//! Nothing here is generous: a blank is no answer, a hedged answer is "unknown", "REACH compliant" does not speak for the
//! Candidate List, and "lead free" means less lead than the law allows.

use super::exemption_id::{EXEMPTION, ids_in, list_in};
use super::headings::Polarity;
use super::list_version::ListVersion;
use super::phrase::{Phrase, plain};
use super::question::{Question, Sense, Threshold, WITHOUT_EXEMPTION};
use crate::amount::{Context, Dimension, Interval, Reading, read_text};
use crate::declaration::{Claim, ClaimedExemption, Date, Source, Statement, Subject};
use std::sync::Arc;

/// What an answer says of one or more subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// About what; never empty.
    pub subjects: Vec<Subject>,
    /// What it says, polarity settled.
    pub claim: Claim,
    /// Version of the list, as written.
    pub list_version: Option<Arc<str>>,
    /// The day that version stands for.
    pub list_date: Option<Date>,
    /// Exemptions that it names; an empty text when it claims one without naming it.
    pub exemptions: Vec<String>,
    /// Whether it says that no exemption is used.
    pub no_exemption: bool,
    /// The answer's own words, when they say more than the claim.
    pub justification: Option<Arc<str>>,
}

/// One of the four plain answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Does not apply.
    NotApplicable,
    /// Not known.
    NotKnown,
}

const BLANK: &[&str] = &[
    "",
    "ja/nej",
    "ja / nej",
    "nej/ja",
    "yes/no",
    "yes / no",
    "ja/nei",
    "ja / nei",
    "ja/nein",
    "kyllä/ei",
    "kyllä / ei",
    "y/n",
    "j/n",
    "välj",
    "välj alternativ",
    "välj i listan",
    "select",
    "please select",
    "choose",
    "velg",
    "vælg",
    "valitse",
    "auswählen",
    "bitte wählen",
    "[ ]",
    "( )",
    "fyll i",
    "#n/a",
];
const YES: &[&str] = &[
    "ja", "j", "yes", "y", "kyllä", "kylla", "k", "x", "✓", "✔", "☑", "☒", "●", "•", "true", "sant", "sann", "sand", "tosi", "wahr", "1",
    "jo", "jepp", "[x]", "(x)", "√",
];
const NO: &[&str] = &["nej", "nei", "no", "n", "ei", "e", "nein", "false", "falskt", "falsk", "usant", "epätosi", "falsch", "0", "✗", "✘"];
const NOT_APPLICABLE: &[&str] = &[
    "n/a",
    "na",
    "n.a.",
    "n.a",
    "e.t.",
    "e.t",
    "et",
    "ej tillämpligt",
    "ej tillämplig",
    "ej tillämpbart",
    "inte tillämpligt",
    "icke tillämpligt",
    "ej relevant",
    "inte relevant",
    "ej aktuellt",
    "ikke relevant",
    "ikke aktuelt",
    "ikke aktuel",
    "ikke anvendelig",
    "ei sovellu",
    "ei koske",
    "ei relevantti",
    "entfällt",
    "nicht zutreffend",
    "nicht anwendbar",
    "nicht relevant",
    "not applicable",
    "not relevant",
    "does not apply",
    "i.r.",
    "i/a",
    "out of scope",
    "omfattas ej",
    "omfattas inte",
];
const NOT_KNOWN: &[&str] = &[
    "uppgift saknas",
    "uppgifter saknas",
    "information saknas",
    "saknas",
    "vet ej",
    "vet inte",
    "okänt",
    "okänd",
    "ej känt",
    "ej angivet",
    "ej angiven",
    "unknown",
    "not known",
    "not available",
    "unavailable",
    "vendor undefined",
    "undefined",
    "not stated",
    "not specified",
    "not reviewed",
    "under review",
    "not determined",
    "not tested",
    "pending",
    "request pending",
    "tbd",
    "tbc",
    "to be confirmed",
    "to be determined",
    "utreds",
    "under utredning",
    "ej testad",
    "ej testat",
    "ej utrett",
    "inväntar svar",
    "ei tietoa",
    "ei tiedossa",
    "ei tiedetä",
    "tuntematon",
    "ikke kjent",
    "ukjent",
    "vet ikke",
    "ukendt",
    "ved ikke",
    "vides ikke",
    "ikke oplyst",
    "ikke oppgitt",
    "unbekannt",
    "nicht bekannt",
    "keine angabe",
    "keine angaben",
    "k.a.",
    "?",
    "??",
    "???",
    "no data",
    "no information",
    "inga uppgifter",
    "ingen uppgift",
    "data not available",
];
/// Words that make of a yes something less than a yes.
const HEDGES: &[&str] = &[
    "delvis",
    "partly",
    "partial*",
    "teilweise",
    "osittain",
    "delvist",
    "except*",
    "utom",
    "förutom",
    "undtaget",
    "unntatt",
    "paitsi",
    "außer",
    "med förbehåll",
    "med reservation",
    "planned",
    "planeras",
    "planerad*",
    "will be",
    "kommer att",
    "expected",
    "förväntas",
    "soon",
    "snart",
    "target*",
    "men inte",
    "but not",
    "but",
    "men",
    "mutta",
    "aber",
    "troligen",
    "troligtvis",
    "sannolikt",
    "probably",
    "likely",
    "förmodligen",
    "to our knowledge",
    "såvitt vi vet",
    "så vitt vi vet",
    "as far as we know",
    "to the best of our knowledge",
    "todennäköisesti",
    "sandsynligvis",
    "sannsynligvis",
    "wahrscheinlich",
    "some",
    "vissa",
    "noen",
    "nogle",
    "eventuellt",
    "possibly",
    "may",
    "kan",
    "most",
    "de flesta",
    "majority",
    "trace*",
    "spår",
    "spårmängd*",
    "spor",
    "spuren",
];
const BELOW_THE_LIMIT: &[&str] = &[
    "below threshold",
    "below the threshold",
    "below limit",
    "below the limit",
    "under threshold",
    "under gränsvärdet",
    "under gränsvärde",
    "under gränsen",
    "under tröskelvärdet",
    "under grenseverdien",
    "under grenseverdi",
    "under grænseværdien",
    "under grænseværdi",
    "alle raja-arvon",
    "unter dem grenzwert",
    "unter grenzwert",
];
const ABOVE_THE_LIMIT: &[&str] = &[
    "above threshold",
    "above the threshold",
    "above limit",
    "above the limit",
    "over threshold",
    "över gränsvärdet",
    "över gränsvärde",
    "över gränsen",
    "over grenseverdien",
    "over grænseværdien",
    "yli raja-arvon",
    "über dem grenzwert",
    "über grenzwert",
];
const UNAFFECTED: &[&str] = &["unaffected*", "not affected", "un-affected"];
const AFFECTED: &[&str] = &["affected*"];

/// The mass fraction of lead that a "lead-free" part may hold: the limit of the laws that made the word (RoHS), in ppt.
const LEAD_FREE: u64 = 1_000_000_000;
/// The sum of chlorine and bromine that "halogen-free" allows (1 500 mg/kg, IEC 61249-2-21), in ppt.
const HALOGEN_FREE: u64 = 1_500_000_000;

/// Whether a cell is no answer at all: blank, a dash, an untouched choice.
pub fn is_blank(answer: &str) -> bool {
    let answer = plain(answer);
    BLANK.contains(&answer.trim_end_matches(['.', '…', ':']))
        || answer.chars().all(|c| matches!(c, '-' | '.' | '_' | '/' | ' ' | '☐' | '□' | '…' | '[' | ']' | '(' | ')' | ':' | '*'))
        || checked_label(&answer).is_some_and(|label| label.is_none())
}

/// The plain answer that the whole cell gives, if it gives one.
pub fn word_of(answer: &str) -> Option<Word> {
    let answer = plain(answer);
    let answer = match checked_label(&answer) {
        Some(Some(label)) => label,
        Some(None) => return None,
        None => answer,
    };
    let answer = answer.trim_end_matches(['.', '!', ',', ';', ':']).trim();
    let answers =
        |words: &[&str]| words.contains(&answer) || words.iter().any(|word| word.ends_with('.') && word.trim_end_matches('.') == answer);
    if answers(YES) {
        Some(Word::Yes)
    } else if answers(NO) {
        Some(Word::No)
    } else if answers(NOT_APPLICABLE) {
        Some(Word::NotApplicable)
    } else if answers(NOT_KNOWN) {
        Some(Word::NotKnown)
    } else {
        None
    }
}

const TICKED: &[char] = &['☒', '☑', '✓', '✔', '■'];

/// How many boxes are ticked.
fn ticks(answer: &str) -> usize {
    answer.chars().filter(|c| TICKED.contains(c)).count() + plain(answer).matches("[x]").count()
}

/// `☒ Ja ☐ Nej`: the label of the only ticked box; `Some(None)` when none is ticked, `None` when the cell has no boxes to
/// choose from or several are ticked.
fn checked_label(answer: &str) -> Option<Option<String>> {
    const OPEN: &[char] = &['☐', '□'];
    let answer = answer.replace("[x]", "☒").replace("[ ]", "☐").replace("(x)", "☒").replace("( )", "☐");
    if !answer.contains(OPEN) || !answer.chars().any(char::is_alphabetic) {
        return None;
    }
    // The label stands behind its box, or before it when the cell ends with a box.
    let ends_with_box = answer.trim_end().ends_with(|c| TICKED.contains(&c) || OPEN.contains(&c));
    let mut labels: Vec<(char, String)> = Vec::new();
    let mut text = String::new();
    for character in answer.chars() {
        if TICKED.contains(&character) || OPEN.contains(&character) {
            if ends_with_box {
                labels.push((character, text.trim().to_owned()));
            } else {
                if let Some(last) = labels.last_mut() {
                    last.1 = text.trim().to_owned();
                }
                labels.push((character, String::new()));
            }
            text.clear();
        } else {
            text.push(character);
        }
    }
    if let Some(last) = labels.last_mut().filter(|_| !ends_with_box) {
        last.1 = text.trim().to_owned();
    }
    let mut ticked = labels.into_iter().filter(|(character, label)| TICKED.contains(character) && !label.is_empty());
    match (ticked.next(), ticked.next()) {
        (Some((_, label)), None) => Some(Some(label)),
        (None, _) => Some(None),
        // Two ticks contradict each other: the cell is read as text, which nobody understands.
        _ => None,
    }
}

/// What an answer says to a heading or question. `polarity` is what the heading of the answer column says, when the
/// question stands elsewhere ("Uppfylls kravet?"). A blank gives nothing; an answer that nobody understands gives
/// [`Claim::Unknown`], so that it is seen.
pub fn claims_of(heading: &str, polarity: Option<Polarity>, answer: &str) -> Vec<Answer> {
    claims_for(&Question::of(heading), polarity, answer)
}

/// The same for a question that was understood before.
pub fn claims_for(question: &Question, polarity: Option<Polarity>, answer: &str) -> Vec<Answer> {
    if is_blank(answer) {
        return Vec::new();
    }
    if ticks(answer) > 1 {
        // "☒ Ja ☒ Nej" says nothing, and that is said.
        let unknown = Answer {
            subjects: question.subjects.clone(),
            claim: Claim::Unknown,
            list_version: None,
            list_date: None,
            exemptions: Vec::new(),
            no_exemption: false,
            justification: Some(answer.trim().into()),
        };
        return Some(unknown).filter(|unknown| !unknown.subjects.is_empty()).into_iter().collect();
    }
    if word_of(answer).is_none() {
        // "Lead free / RoHS Compliant": several statements in one cell.
        let parts: Vec<&str> =
            answer.split(['\n', ';']).flat_map(|part| part.split(" / ")).map(str::trim).filter(|part| !part.is_empty()).collect();
        if parts.len() > 1 && parts.iter().all(|part| stands_alone(part)) {
            return parts.iter().filter_map(|part| claim_of(question, polarity, part)).collect();
        }
    }
    claim_of(question, polarity, answer).into_iter().collect()
}

/// Whether a text says by itself what is claimed of what.
fn stands_alone(text: &str) -> bool {
    let own = Question::of(text);
    (own.speaks() && !own.subjects.is_empty()) || Phrase::new(text).has_any(AFFECTED) || Phrase::new(text).has_any(UNAFFECTED)
}

fn claim_of(question: &Question, polarity: Option<Polarity>, answer: &str) -> Option<Answer> {
    let mut rest = Phrase::new(answer);
    let no_exemption = rest.take_all(WITHOUT_EXEMPTION) > 0;
    let exempting = EXEMPTION.iter().filter_map(|word| rest.find(word)).map(|range| range.start).min();
    let mut exemptions = if no_exemption { Vec::new() } else { ids_in(answer, false) };
    if let Some(start) = exempting.filter(|_| !no_exemption) {
        if exemptions.is_empty() {
            exemptions.push(String::new());
        }
        let end = rest.folded().len();
        rest.blank(start..end);
    }
    let rest_text = rest.written_text(0..rest.folded().len());
    let rest_text = if exempting.is_some() || no_exemption { tidy(&rest_text) } else { rest_text.trim().to_owned() };
    let own = Question::of(&rest_text);
    let asked = with_polarity(question, polarity);
    let (subjects, claim) = settle(&asked, &own, &rest_text)?;
    let claim = if exemptions.is_empty() { claim } else { by_exemption(claim, &subjects, &rest_text) };
    let (subjects, claim) = of_whole_reach(&asked, subjects, claim);
    if subjects.is_empty() {
        return None;
    }
    let version = earliest(
        question.version.as_ref(),
        own.version.as_ref().or(super::list_version::of_text(answer).as_ref()).filter(|_| speaks_of_list(&subjects)),
    );
    let bare = word_of(answer).is_some();
    Some(Answer {
        subjects,
        claim,
        list_version: version.as_ref().map(|version| version.text.clone()),
        list_date: version.and_then(|version| version.date),
        exemptions,
        no_exemption,
        justification: (!bare && answer.trim().chars().count() > 3).then(|| answer.trim().into()),
    })
}

/// "REACH: not available" leaves the Candidate List as open as the restrictions, and so does "not applicable": a law
/// applies to every article.
fn of_whole_reach(asked: &Question, mut subjects: Vec<Subject>, claim: Claim) -> (Vec<Subject>, Claim) {
    if !asked.whole_reach || subjects != asked.subjects || !matches!(claim, Claim::Unknown | Claim::NotApplicable) {
        return (subjects, claim);
    }
    subjects.push(Subject::List("reach-candidate-list".into()));
    (subjects, Claim::Unknown)
}

fn speaks_of_list(subjects: &[Subject]) -> bool {
    subjects.iter().any(|subject| matches!(subject, Subject::List(_)))
}

/// Both versions' words, and the earlier day: what is said of neither is not said.
fn earliest(a: Option<&ListVersion>, b: Option<&ListVersion>) -> Option<ListVersion> {
    match (a, b) {
        (Some(a), Some(b)) if a.text == b.text => Some(a.clone()),
        (Some(a), Some(b)) => {
            Some(ListVersion { text: format!("{}, {}", a.text, b.text).into(), date: a.date.into_iter().chain(b.date).min() })
        }
        (Some(only), None) | (None, Some(only)) => Some(only.clone()),
        (None, None) => None,
    }
}

/// Blanks collapsed; what stands alone at the end after an exemption was cut off is cut off too ("by", "enligt", "(").
fn tidy(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    while words.last().is_some_and(|word| {
        let word = plain(word);
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        matches!(
            word,
            "" | "by"
                | "with"
                | "via"
                | "using"
                | "under"
                | "per"
                | "enligt"
                | "med"
                | "genom"
                | "through"
                | "rohs-"
                | "mit"
                | "nach"
                | "gemäß"
                | "and"
                | "och"
        )
    }) && words.len() > 1
    {
        words.pop();
    }
    words.join(" ").trim_end_matches([',', ';', '(', '-', ':']).trim().to_owned()
}

/// The question with the sense that its answer column gives it.
fn with_polarity(question: &Question, polarity: Option<Polarity>) -> Question {
    let mut asked = question.clone();
    asked.sense = match (question.sense, polarity) {
        (Sense::Bare, Some(polarity)) => Sense::Said(polarity),
        // "Innehåller produkten PVC?" under "Uppfylls kravet?": a yes may mean either.
        (Sense::Said(Polarity::Contains), Some(Polarity::Complies)) => Sense::Unclear,
        (sense, _) => sense,
    };
    asked
}

/// An exemption beside the claim. Of a law it says that the law is met; of a substance, that there is more of it than the
/// law would otherwise allow ("lead free by exemption"). Laws without exemptions are not met by one.
fn by_exemption(claim: Claim, subjects: &[Subject], rest: &str) -> Claim {
    let excused = match claim {
        Claim::Complies | Claim::CompliesByExemption | Claim::Fails | Claim::Absent | Claim::Below(_) => true,
        // "By exemption" alone, with nothing before it.
        Claim::Unknown => rest.is_empty(),
        _ => false,
    };
    let exempting = |subject: &Subject| matches!(subject, Subject::List(list) if matches!(list.as_ref(), "rohs" | "elv" | "uk-rohs" | "us-rohs" | "china-rohs"));
    match subjects {
        _ if !excused => claim,
        [Subject::Named(_)] => Claim::Present,
        subjects if subjects.iter().all(exempting) => Claim::CompliesByExemption,
        _ => Claim::Unknown,
    }
}

/// What the answer claims, and of what. `rest` is the answer without its exemptions.
fn settle(asked: &Question, own: &Question, rest: &str) -> Option<(Vec<Subject>, Claim)> {
    let phrase = Phrase::new(rest);
    let subjects = || if own.subjects.is_empty() { asked.subjects.clone() } else { own.subjects.clone() };
    if rest.is_empty() {
        return Some((asked.subjects.clone(), Claim::Unknown));
    }
    match word_of(rest) {
        Some(Word::NotApplicable) => return Some((asked.subjects.clone(), Claim::NotApplicable)),
        Some(Word::NotKnown) => return Some((asked.subjects.clone(), Claim::Unknown)),
        Some(word) => return Some(resolve(asked, asked.sense, word == Word::Yes)),
        None => {}
    }
    if phrase.has_any(UNAFFECTED) || phrase.has_any(AFFECTED) {
        return Some(affected(asked, own, !phrase.has_any(UNAFFECTED)));
    }
    if let Some((word, tail)) = first_word(rest) {
        return Some(qualified(asked, word, &tail));
    }
    if phrase.has_any(HEDGES) {
        return Some((asked.subjects.clone(), Claim::Unknown));
    }
    if phrase.has_any(BELOW_THE_LIMIT) {
        return Some((subjects_of_lists(asked, own), Claim::Below(fraction(asked.threshold))));
    }
    if phrase.has_any(ABOVE_THE_LIMIT) {
        return Some((subjects_of_lists(asked, own), Claim::Above(fraction(asked.threshold))));
    }
    if own.speaks() {
        return Some(spoken(asked, own));
    }
    if let Some(claim) = amount_claim(asked, rest) {
        return Some((asked.subjects.clone(), claim));
    }
    // Words that nobody understood: seen, and no answer.
    if asked.subjects.is_empty() && !speaks_of_list(&own.subjects) {
        None
    } else {
        Some((if asked.subjects.is_empty() { subjects() } else { asked.subjects.clone() }, Claim::Unknown))
    }
}

fn subjects_of_lists(asked: &Question, own: &Question) -> Vec<Subject> {
    if speaks_of_list(&own.subjects) { own.subjects.clone() } else { asked.subjects.clone() }
}

fn fraction(threshold: Threshold) -> Option<u64> {
    match threshold {
        Threshold::Fraction(ppt) => Some(ppt),
        Threshold::None | Threshold::Other => None,
    }
}

/// "Affected" and "unaffected" are distributors' words for the Candidate List: does the part hold more than 0.1 % of an
/// entry. Of the law's other lists they say nothing.
fn affected(asked: &Question, own: &Question, affected: bool) -> (Vec<Subject>, Claim) {
    let candidate_list = Subject::List("reach-candidate-list".into());
    let about_reach = |question: &Question| question.whole_reach || question.subjects.contains(&candidate_list);
    let nameless = asked.subjects.is_empty() && own.subjects.is_empty();
    if about_reach(own) || (about_reach(asked) && !speaks_of_list(&own.subjects)) {
        (vec![candidate_list], if affected { Claim::Above(None) } else { Claim::Below(None) })
    } else if nameless {
        (Vec::new(), Claim::Unknown)
    } else {
        (asked.subjects.clone(), Claim::Unknown)
    }
}

/// "Ja, se bilaga", "Nej – under 0,1 %": the word at the start, when punctuation or a bracket ends it, and what follows.
fn first_word(text: &str) -> Option<(Word, String)> {
    let end = text.char_indices().find(|(_, c)| !c.is_alphabetic()).map_or(text.len(), |(at, _)| at);
    let word = match word_of(text.get(..end)?)? {
        word @ (Word::Yes | Word::No) if end > 1 => word,
        _ => return None,
    };
    let tail = text.get(end..)?;
    let trimmed = tail.trim_start();
    let ended = trimmed.starts_with([',', '.', ';', ':', '-', '–', '—', '(', '!', '/', '<', '>', '≤', '≥']);
    // "No SVHC", "ei sisällä": the start of a sentence; "ja enligt intyg" is a yes.
    if !ended && matches!(plain(text.get(..end)?).as_str(), "no" | "ei") {
        return None;
    }
    Some((word, trimmed.trim_start_matches([',', '.', ';', ':', '-', '–', '—', '!', ' ']).to_owned()))
}

/// A yes or no with more words behind it. What follows may weaken the answer, never strengthen it.
fn qualified(asked: &Question, word: Word, tail: &str) -> (Vec<Subject>, Claim) {
    let (subjects, claim) = resolve(asked, asked.sense, word == Word::Yes);
    let phrase = Phrase::new(tail);
    let tail_says = Question::of(tail);
    let contains = matches!(claim, Claim::Present | Claim::Above(_) | Claim::Fails);
    // "Nej, < 0,1 %" says less than "Nej".
    if let (Claim::Absent | Claim::Below(_), Some(weaker)) = (claim, amount_claim(asked, tail.trim_matches(['(', ')']))) {
        return match weaker {
            Claim::Absent => (subjects, claim),
            Claim::Below(_) => (subjects, weaker),
            _ => (subjects, Claim::Unknown),
        };
    }
    if phrase.has_any(HEDGES) && !contains {
        return (subjects, Claim::Unknown);
    }
    let contradicts = match tail_says.sense {
        Sense::Said(Polarity::Contains) | Sense::Breaks => !contains,
        Sense::Said(Polarity::Free) => contains && claim != Claim::Fails,
        Sense::Said(Polarity::Complies) | Sense::Bare => false,
        Sense::Unclear => !contains,
    };
    (subjects, if contradicts { Claim::Unknown } else { claim })
}

/// An answer that is a sentence of its own: "RoHS Compliant", "innehåller ej", "Contains lead".
fn spoken(asked: &Question, own: &Question) -> (Vec<Subject>, Claim) {
    let mut spoken = own.clone();
    if own.subjects.is_empty() {
        spoken.subjects.clone_from(&asked.subjects);
        spoken.members.clone_from(&asked.members);
        spoken.whole_reach = asked.whole_reach;
        if spoken.threshold == Threshold::None {
            spoken.threshold = asked.threshold;
        }
        match (own.sense, asked.sense) {
            // "PVC-fri: uppfyller" is a yes.
            (Sense::Said(Polarity::Complies), Sense::Said(Polarity::Free)) => return resolve(asked, asked.sense, true),
            (Sense::Breaks, Sense::Said(Polarity::Free)) => return resolve(asked, asked.sense, false),
            _ => {}
        }
    }
    resolve(&spoken, spoken.sense, true)
}

/// An amount in a column of answers.
fn amount_claim(asked: &Question, text: &str) -> Option<Claim> {
    let folded = plain(text);
    if folded.is_empty() {
        return None;
    }
    match read_text(text, &Context::default()) {
        Reading::Amount(amount) if amount.doubt.is_none() && amount.dimension == Dimension::MassFraction => {
            if amount.interval == Interval::ZERO {
                Some(Claim::Absent)
            } else if amount.interval.lo == 0 {
                // `<0,1 %` is at most one step below the number it names.
                Some(Claim::Below(Some(amount.interval.hi.saturating_add(1))))
            } else if matches!(asked.sense, Sense::Said(Polarity::Complies) | Sense::Breaks | Sense::Unclear) {
                Some(Claim::Unknown)
            } else {
                Some(Claim::Present)
            }
        }
        Reading::Amount(amount) if amount.doubt == Some(crate::amount::Doubt::AmountMissing) => Some(Claim::Present),
        _ => None,
    }
}

/// What a yes or no means for the subjects.
fn resolve(question: &Question, sense: Sense, yes: bool) -> (Vec<Subject>, Claim) {
    let claim = one_claim(question, sense, yes);
    let says_of_each = matches!(claim, Claim::Absent | Claim::Below(_) | Claim::Complies);
    // What is said of "rutin för PVC" is not said of PVC; and "no phthalates on the Candidate List" is not "no phthalates".
    if question.loose || (question.narrowed && says_of_each) {
        return (question.subjects.clone(), Claim::Unknown);
    }
    if says_of_each {
        // "Ftalater (DEHP, DBP): nej" speaks for the two that are counted up.
        let subjects = if question.members.is_empty() { question.subjects.clone() } else { question.members.clone() };
        return (subjects, claim);
    }
    // "PVC eller latex: ja": one of them, and nobody knows which.
    let claim = if question.subjects.len() > 1 && matches!(claim, Claim::Present | Claim::Above(_) | Claim::Fails) {
        Claim::Unknown
    } else {
        claim
    };
    (question.subjects.clone(), claim)
}

fn one_claim(question: &Question, sense: Sense, yes: bool) -> Claim {
    let list = question.subjects.iter().find_map(|subject| match subject {
        Subject::List(id) => Some(id.as_ref()),
        Subject::Named(_) => None,
    });
    let contained = |yes: bool, bare: bool| match (yes, question.threshold) {
        (true, Threshold::Fraction(ppt)) => Claim::Above(Some(ppt)),
        (true, _) => Claim::Present,
        (false, Threshold::Fraction(ppt)) => Claim::Below(Some(ppt)),
        (false, Threshold::Other) => Claim::Unknown,
        // A list's bare name and "no" says that nothing has to be declared, not that nothing is there.
        (false, Threshold::None) if bare && list.is_some() => Claim::Below(None),
        (false, Threshold::None) => Claim::Absent,
    };
    let met = |yes: bool| match list {
        // Whoever "complies" with the Candidate List may have fulfilled his duty to tell; it does not say that nothing
        // on it is there.
        Some("reach-candidate-list") => Claim::Unknown,
        // "REACH: nej" may be "not affected" as well as "does not comply".
        Some(_) if question.whole_reach && !yes && sense == Sense::Bare => Claim::Unknown,
        _ if yes => Claim::Complies,
        _ => Claim::Fails,
    };
    match sense {
        Sense::Said(Polarity::Contains) => contained(yes, false),
        Sense::Said(Polarity::Free) => match contained(!yes, false) {
            Claim::Absent => free_of(question),
            claim => claim,
        },
        Sense::Said(Polarity::Complies) => met(yes),
        Sense::Breaks => met(!yes),
        Sense::Unclear => Claim::Unknown,
        Sense::Bare => match list {
            None => contained(yes, true),
            Some("reach-candidate-list" | "pops" | "prio" | "sin-list") => contained(yes, true),
            Some("rohs" | "uk-rohs" | "us-rohs" | "china-rohs" | "uk-reach" | "elv") => met(yes),
            Some(_) if question.whole_reach => met(yes),
            // "Bilaga XVII: ja": met, or contained?
            Some(_) => Claim::Unknown,
        },
    }
}

/// "Free" of lead or halogens is a trade's word with a threshold of its own; of anything else it is absence.
fn free_of(question: &Question) -> Claim {
    let named = |words: &[&str]| {
        question.subjects.iter().any(|subject| match subject {
            Subject::Named(name) => words.contains(&plain(name).as_str()),
            Subject::List(_) => false,
        })
    };
    if named(&["halogen", "halogens", "halogener", "halogeeni", "halogeenit", "halogene"]) {
        Claim::Below(Some(HALOGEN_FREE))
    } else if named(&["lead", "bly", "pb", "blei", "lyijy"]) {
        Claim::Below(Some(LEAD_FREE))
    } else {
        Claim::Absent
    }
}

/// The statements of one answer cell.
pub fn statements_for(question: &Question, polarity: Option<Polarity>, answer: &str, source: &Source) -> Vec<Statement> {
    statements_from(&claims_for(question, polarity, answer), source)
}

/// The statements that understood answers make at a place.
pub fn statements_from(answers: &[Answer], source: &Source) -> Vec<Statement> {
    let mut statements = Vec::new();
    for said in answers {
        let list = list_in(&plain(&source.raw)).or_else(|| said.subjects.contains(&Subject::List("rohs".into())).then_some("RoHS"));
        let claimed = |id: &str, none: bool| ClaimedExemption { id: id.into(), list: list.map(Into::into), none, source: source.clone() };
        let mut exemptions: Vec<ClaimedExemption> = said.exemptions.iter().map(|id| claimed(id, false)).collect();
        if said.no_exemption {
            exemptions.push(claimed("", true));
        }
        for subject in &said.subjects {
            let mut statement = Statement::new(subject.clone(), said.claim, source.clone());
            if matches!(subject, Subject::List(_)) {
                statement.list_version.clone_from(&said.list_version);
                statement.list_date = said.list_date;
            }
            statement.justification.clone_from(&said.justification);
            statement.exemptions.clone_from(&exemptions);
            statements.push(statement);
        }
    }
    statements
}

#[cfg(test)]
mod tests;
