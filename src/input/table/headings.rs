//! What column headings mean, in six languages: the dictionary is data (`headings.toml`), this file matches it.

use crate::amount::{Dimension, Unit};
use crate::declaration::{Level, Subject};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;
use unicode_normalization::UnicodeNormalization as _;

/// What a column, or the label of a single value, holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Who sells and declares.
    Supplier,
    /// Who makes it.
    Manufacturer,
    /// Name of what is bought.
    ProductName,
    /// The supplier's article number.
    ArticleNumber,
    /// The buyer's article number.
    BuyerArticleNumber,
    /// GTIN or EAN.
    Gtin,
    /// Category, product group, CPV code.
    Category,
    /// Name of a component, an article of its own.
    Component,
    /// Number of a component.
    ComponentNumber,
    /// Name of a homogeneous material.
    Material,
    /// Name of a substance.
    Substance,
    /// CAS number.
    Cas,
    /// EC number.
    Ec,
    /// How much of the substance.
    Amount,
    /// Least amount.
    AmountMin,
    /// Greatest amount.
    AmountMax,
    /// Unit of the amount.
    Unit,
    /// A column that holds `<` and the like in front of the amount.
    Qualifier,
    /// Mass, of the level that the heading names; otherwise of the finest named level of the row.
    Mass(Option<Level>),
    /// Unit of the mass.
    MassUnit,
    /// Number of pieces.
    Units,
    /// What it is for.
    Function,
    /// What it touches.
    Contact,
    /// Hazard classification.
    Classification,
    /// A claimed exemption.
    Exemption,
    /// Whether the substance is added on purpose.
    Intended,
    /// A column of answers about one subject.
    Answer(Asked),
    /// The text of a question that the row answers.
    Question,
    /// The answer to the row's question.
    Reply,
    /// A column to tick: one possible answer to the row's question.
    Tick(Ticked),
    /// Why.
    Justification,
    /// Name of the evidence.
    Evidence,
    /// Date of issue, or of the analysis.
    Date,
    /// Mark or number of a sample.
    Sample,
    /// What a laboratory looked for.
    Analyte,
    /// What it measured.
    Result,
    /// Measurement uncertainty.
    Uncertainty,
    /// Limit of quantification.
    Loq,
    /// Limit of detection.
    Lod,
    /// Method of analysis.
    Method,
    /// Laboratory.
    Laboratory,
    /// A laboratory's accreditation.
    Accreditation,
    /// A remark.
    Comment,
    /// Version of a list of substances.
    ListVersion,
    /// Known, and of no use to a check (price, lead time).
    Ignored,
    /// Not understood.
    Unknown,
}

/// What a column of answers asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// About what.
    pub subject: Subject,
    /// What a "yes" would mean.
    pub polarity: Polarity,
}

/// What a "yes" means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Polarity {
    /// It contains the subject.
    Contains,
    /// It is free of the subject.
    Free,
    /// It meets the requirement.
    Complies,
}

/// The answer that a tick stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ticked {
    /// "Ja".
    Yes,
    /// "Nej".
    No,
    /// "Ej tillämpligt".
    NotApplicable,
    /// "Vet ej".
    NotKnown,
}

/// What a heading was understood as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// What the column holds.
    pub role: Role,
    /// The unit that the heading names.
    pub unit: Option<Unit>,
    /// Language of the phrase that matched; `None` where several languages share it.
    pub language: Option<&'static str>,
}

/// A heading before generic words ("namn", "nr") are settled by their surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It says all by itself.
    Role(Role),
    /// "Namn": of what, the surroundings tell.
    Name,
    /// "Nr": of what, the surroundings tell.
    Number,
}

/// A heading as matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matched {
    pub meaning: Meaning,
    pub unit: Option<Unit>,
    pub language: Option<&'static str>,
}

impl Matched {
    const NOTHING: Matched = Matched { meaning: Meaning::Role(Role::Unknown), unit: None, language: None };

    /// Whether the dictionary knows the heading.
    pub fn is_known(&self) -> bool {
        self.meaning != Meaning::Role(Role::Unknown)
    }
}

/// What `text` means as a heading or label. Generic words that need their surroundings are [`Role::Unknown`] here.
pub fn understand(text: &str) -> Heading {
    let matched = understand_within(None, text);
    let role = match matched.meaning {
        Meaning::Role(role) => role,
        Meaning::Name => Role::ProductName,
        Meaning::Number => Role::Unknown,
    };
    Heading { role, unit: matched.unit, language: matched.language }
}

/// Headings are short; longer text is prose.
const LONGEST_HEADING: usize = 240;

/// What `text` means below the group heading `group`.
pub(super) fn understand_within(group: Option<&str>, text: &str) -> Matched {
    if text.len() > LONGEST_HEADING {
        return Matched::NOTHING;
    }
    let own = understood(text);
    let Some(group) = group.filter(|group| group.len() <= LONGEST_HEADING) else {
        return own;
    };
    let needs_group = match &own.meaning {
        Meaning::Name | Meaning::Number => true,
        Meaning::Role(role) => matches!(
            role,
            Role::Unknown
                | Role::Amount
                | Role::AmountMin
                | Role::AmountMax
                | Role::Mass(None)
                | Role::Unit
                | Role::Tick(_)
                | Role::Reply
                | Role::Units
                | Role::Result
                | Role::ArticleNumber
        ),
    };
    if !needs_group {
        return own;
    }
    let above = understood(group);
    // "Halt max" above "(%)".
    let inner = text.trim().trim_matches(['(', ')', '[', ']']);
    if own.unit.is_some() && whole_unit(inner).is_some() && above.is_known() {
        return Matched { unit: own.unit, ..above };
    }
    let together = understood(&format!("{group} {text}"));
    let role = match (&own.meaning, &above.meaning) {
        (Meaning::Name, Meaning::Role(Role::Manufacturer | Role::Supplier)) => above.meaning.clone(),
        (Meaning::Name, Meaning::Role(role)) => match name_of(role) {
            Some(role) => Meaning::Role(role),
            None => Meaning::Name,
        },
        (Meaning::Number, Meaning::Role(role)) => match number_of(role) {
            Some(role) => Meaning::Role(role),
            None => Meaning::Number,
        },
        (Meaning::Role(Role::Result), Meaning::Role(Role::Amount)) => Meaning::Role(Role::Amount),
        (Meaning::Role(Role::ArticleNumber), Meaning::Role(Role::Component | Role::ComponentNumber)) => {
            Meaning::Role(Role::ComponentNumber)
        }
        (Meaning::Role(Role::Mass(None)), Meaning::Role(role)) => Meaning::Role(Role::Mass(level_of(role))),
        (Meaning::Role(Role::Unit), Meaning::Role(Role::Mass(_))) => Meaning::Role(Role::MassUnit),
        // "RoHS | Ja, Nej": the group asks, the columns are ticked; the questionnaire reader joins them.
        (Meaning::Role(Role::Reply), Meaning::Role(Role::Answer(_))) => above.meaning.clone(),
        (Meaning::Role(Role::Unknown), _) if together.is_known() && above.meaning != together.meaning => together.meaning.clone(),
        // An unknown column below "Halt" is one more amount only when it names a unit: "Halt | %, ppm".
        (Meaning::Role(Role::Unknown), Meaning::Role(Role::Amount)) if own.unit.is_some() => Meaning::Role(Role::Amount),
        _ => own.meaning.clone(),
    };
    let amount = matches!(role, Meaning::Role(Role::Amount | Role::AmountMin | Role::AmountMax));
    Matched { meaning: role, unit: own.unit.or(if amount { above.unit } else { None }), language: own.language.or(above.language) }
}

/// As many texts as this are remembered by each thread.
const REMEMBERED: usize = 4096;

thread_local! {
    /// File after file has the same headings.
    static UNDERSTOOD: RefCell<HashMap<Box<str>, Matched>> = RefCell::default();
}

/// What the dictionary says of a text.
fn understood(text: &str) -> Matched {
    UNDERSTOOD.with_borrow_mut(|known| {
        if let Some(matched) = known.get(text) {
            return matched.clone();
        }
        let matched = dictionary().understand(text);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(text.into(), matched.clone());
        matched
    })
}

/// Which column holds the name of what a group heading announces.
fn name_of(group: &Role) -> Option<Role> {
    match group {
        Role::ProductName | Role::ArticleNumber | Role::Category => Some(Role::ProductName),
        Role::Component | Role::ComponentNumber => Some(Role::Component),
        Role::Material => Some(Role::Material),
        Role::Substance | Role::Cas | Role::Amount => Some(Role::Substance),
        Role::Sample => Some(Role::Sample),
        Role::Laboratory => Some(Role::Laboratory),
        Role::Analyte => Some(Role::Analyte),
        _ => None,
    }
}

/// Which column holds the number of what a group heading announces.
fn number_of(group: &Role) -> Option<Role> {
    match group {
        Role::ProductName | Role::ArticleNumber => Some(Role::ArticleNumber),
        Role::Component | Role::ComponentNumber => Some(Role::ComponentNumber),
        Role::Sample => Some(Role::Sample),
        Role::Cas => Some(Role::Cas),
        Role::Ec => Some(Role::Ec),
        Role::Exemption => Some(Role::Exemption),
        Role::Material | Role::Substance => Some(Role::Ignored),
        _ => None,
    }
}

/// The level that a group heading announces.
fn level_of(group: &Role) -> Option<Level> {
    match group {
        Role::ProductName | Role::ArticleNumber => Some(Level::Product),
        Role::Component | Role::ComponentNumber => Some(Level::Article),
        Role::Material => Some(Level::Material),
        _ => None,
    }
}

/// Lower case, letters, digits, `%`, `<` and `>` kept, everything else one blank. `CasId` is `cas id`.
pub(super) fn plain(text: &str, plain: &mut String) {
    plain.clear();
    if text.is_ascii() {
        push_plain(text.chars(), text.contains([' ', '\n']), plain);
    } else {
        push_plain(text.nfkc(), text.contains(char::is_whitespace), plain);
    }
    let kept = plain.trim_end().len();
    plain.truncate(kept);
}

fn push_plain(characters: impl Iterator<Item = char>, words: bool, plain: &mut String) {
    let mut characters = characters.peekable();
    let mut before_lower = false;
    while let Some(character) = characters.next() {
        if character.is_alphanumeric() {
            // A new word in `CasId`, `ProductName`; none in `RoHS` or `DiNP`.
            if !words && before_lower && character.is_uppercase() && characters.peek().is_some_and(|next| next.is_lowercase()) {
                plain.push(' ');
            }
            before_lower = character.is_lowercase();
            plain.extend(character.to_lowercase());
        } else if matches!(character, '%' | '<' | '>' | '‰' | '≤' | '≥' | '±') {
            before_lower = false;
            if !plain.is_empty() && !plain.ends_with(' ') {
                plain.push(' ');
            }
            plain.push(character);
            plain.push(' ');
        } else {
            before_lower = false;
            if !plain.is_empty() && !plain.ends_with(' ') {
                plain.push(' ');
            }
        }
    }
}

/// One phrase of the dictionary.
#[derive(Debug, Clone, Copy)]
struct Entry {
    meaning: usize,
    rank: u8,
    language: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Node {
    next: Vec<(u8, u32)>,
    /// Ends with a word.
    word: Option<Entry>,
    /// The word may go on.
    stem: Option<Entry>,
    /// Only as the whole heading.
    whole: Option<Entry>,
}

/// The phrases as a tree of bytes, so that a heading is matched in one walk from each of its words.
#[derive(Debug)]
struct Dictionary {
    nodes: Vec<Node>,
    meanings: Vec<Meaning>,
    contains: Vec<String>,
    free: Vec<String>,
    complies: Vec<String>,
    contains_before: Vec<String>,
    free_before: Vec<String>,
    free_after: Vec<String>,
}

/// A phrase found in a heading.
#[derive(Clone, Copy)]
struct Found {
    start: usize,
    end: usize,
    entry: Entry,
    whole: bool,
}

impl Dictionary {
    fn insert(&mut self, phrase: &str, entry: Entry) {
        let (phrase, whole) = phrase.strip_prefix('=').map_or((phrase, false), |phrase| (phrase, true));
        let (phrase, stem) = phrase.strip_suffix('*').map_or((phrase, false), |phrase| (phrase, true));
        let mut key = String::new();
        plain(phrase, &mut key);
        let mut at = 0usize;
        for byte in key.bytes() {
            let next = self.nodes.get(at).and_then(|node| node.next.iter().find(|(b, _)| *b == byte)).map(|(_, to)| *to as usize);
            at = match next {
                Some(next) => next,
                None => {
                    let to = self.nodes.len();
                    self.nodes.push(Node::default());
                    if let Some(node) = self.nodes.get_mut(at) {
                        node.next.push((byte, to as u32));
                    }
                    to
                }
            };
        }
        let Some(node) = self.nodes.get_mut(at) else { return };
        let slot = if whole {
            &mut node.whole
        } else if stem {
            &mut node.stem
        } else {
            &mut node.word
        };
        match slot {
            // The same phrase in two languages tells neither.
            Some(known) if known.meaning == entry.meaning => known.language = None,
            Some(_) => debug_assert!(false, "`{phrase}` has two meanings"),
            None => *slot = Some(entry),
        }
    }

    /// The phrases in `plain`, longest at each start.
    fn find(&self, plain: &str, found: &mut Vec<Found>) {
        found.clear();
        let bytes = plain.as_bytes();
        let significant = plain.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ').len();
        let mut start = 0;
        while start < bytes.len() {
            let mut at = 0usize;
            let mut end = start;
            let mut best: Option<Found> = None;
            while let Some(node) = self.nodes.get(at) {
                if end > start {
                    let word_ends = bytes.get(end).is_none_or(|byte| *byte == b' ');
                    let all = start == 0 && (end == bytes.len() || end == significant);
                    let entry = node.whole.filter(|_| all).map(|entry| (entry, true)).or_else(|| {
                        let entry = node.word.filter(|_| word_ends).or_else(|| node.stem.filter(|_| plain.is_char_boundary(end)));
                        entry.map(|entry| (entry, all))
                    });
                    if let Some((entry, whole)) = entry {
                        best = Some(Found { start, end, entry, whole });
                    }
                }
                let Some(byte) = bytes.get(end) else { break };
                let Some((_, next)) = node.next.iter().find(|(b, _)| b == byte) else { break };
                at = *next as usize;
                end += 1;
            }
            found.extend(best);
            start = match bytes.get(start..).and_then(|rest| rest.iter().position(|byte| *byte == b' ')) {
                Some(blank) => start + blank + 1,
                None => bytes.len(),
            };
        }
    }

    fn understand(&self, text: &str) -> Matched {
        let trimmed = text.trim().trim_end_matches([':', '*', '¹', '²']).trim_end();
        if trimmed.is_empty() {
            return Matched::NOTHING;
        }
        if let Some(unit) = whole_unit(trimmed) {
            let role = if unit.dimension == Dimension::Mass { Role::Mass(None) } else { Role::Amount };
            return Matched { meaning: Meaning::Role(role), unit: Some(unit), language: None };
        }
        let unit = unit_in(trimmed).filter(|unit| !names_another(trimmed, *unit));
        let mut words = String::with_capacity(trimmed.len() + 8);
        plain(trimmed, &mut words);
        let mut found = Vec::with_capacity(8);
        self.find(&words, &mut found);
        // A phrase inside a longer one does not count: `vikt` in `vikt %`.
        let hidden = |one: &Found| {
            found.iter().any(|other| other.start < one.end && one.start < other.end && (other.end - other.start) > (one.end - one.start))
        };
        let best = found
            .iter()
            .filter(|one| !hidden(one))
            .max_by_key(|one| (one.whole, one.entry.rank, one.end - one.start, usize::MAX - one.start))
            .copied();
        let Some(best) = best else {
            return self.open_question(&words, trimmed).map_or(
                // "Pb (ppm)": nobody knows the word, but it carries amounts.
                Matched { unit, ..Matched::NOTHING },
                |asked| Matched { meaning: Meaning::Role(Role::Answer(asked)), unit: None, language: None },
            );
        };
        let mut meaning = self.meanings.get(best.entry.meaning).cloned().unwrap_or(Meaning::Role(Role::Unknown));
        match &mut meaning {
            Meaning::Role(Role::Answer(asked)) => {
                let polarity = self.polarity(&words);
                // "Lead free" says itself what a yes means.
                if let Some(polarity) = polarity.filter(|_| asked.polarity != Polarity::Free) {
                    asked.polarity = polarity;
                }
            }
            Meaning::Role(role) => {
                if !best.whole && matches!(role, Role::Substance | Role::Material | Role::Component | Role::ProductName | Role::Reply) {
                    if let Some(asked) = self.open_question(&words, trimmed) {
                        return Matched { meaning: Meaning::Role(Role::Answer(asked)), unit: None, language: best.entry.language };
                    }
                }
                if let Some(unit) = unit {
                    let amount = found.iter().any(|one| self.meanings.get(one.entry.meaning) == Some(&Meaning::Role(Role::Amount)));
                    settle_by_unit(role, unit, amount);
                }
                if *role == Role::Amount {
                    if let Some(bound) = bound_in(&words) {
                        *role = bound;
                    }
                }
            }
            Meaning::Name | Meaning::Number => {}
        }
        Matched { meaning, unit, language: best.entry.language }
    }

    /// What a yes means, from the heading's own words.
    fn polarity(&self, words: &str) -> Option<Polarity> {
        let has = |list: &[String]| list.iter().any(|word| words.split(' ').any(|w| w == word));
        if has(&self.free) {
            Some(Polarity::Free)
        } else if has(&self.contains) {
            Some(Polarity::Contains)
        } else if has(&self.complies) {
            Some(Polarity::Complies)
        } else {
            None
        }
    }

    /// "Innehåller X", "fri från X", "X-fri", whatever X is.
    fn open_question(&self, words: &str, text: &str) -> Option<Asked> {
        let words = words.trim_end_matches(" ja nej").trim_end_matches(" yes no").trim_end_matches(" y n").trim_end_matches(" ja nei");
        for (phrases, polarity) in [(&self.free_before, Polarity::Free), (&self.contains_before, Polarity::Contains)] {
            for phrase in phrases {
                if let Some(rest) = words.strip_prefix(phrase.as_str()).filter(|rest| rest.starts_with(' ')) {
                    return asked(rest, text, polarity);
                }
            }
        }
        for phrase in &self.free_after {
            if let Some(rest) = words.strip_suffix(phrase.as_str()) {
                // "latexfri" as one word: what is left must still be a word.
                if rest.ends_with(' ') || rest.chars().count() >= 3 {
                    return asked(rest, text, Polarity::Free);
                }
            }
        }
        None
    }
}

/// The question about `subject`, written as in the heading where it stands there unchanged.
fn asked(subject: &str, text: &str, polarity: Polarity) -> Option<Asked> {
    let subject = subject.trim();
    if subject.is_empty() {
        return None;
    }
    let as_written = if text.is_ascii() {
        let lower = text.to_ascii_lowercase();
        lower.find(subject).and_then(|at| text.get(at..at + subject.len()))
    } else {
        None
    };
    Some(Asked { subject: Subject::Named(as_written.unwrap_or(subject).into()), polarity })
}

/// "Halt > (%)": the sign says what every number below it is, unless a number of its own stands behind it.
fn bound_in(words: &str) -> Option<Role> {
    let mut words = words.split(' ').filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let role = match word {
            "<" | "≤" => Role::AmountMax,
            ">" | "≥" => Role::AmountMin,
            _ => continue,
        };
        let numbered = words.peek().is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '<' | '>')));
        return (!numbered).then_some(role);
    }
    None
}

/// A unit says what a generic word means: "Innehåll (%)" is an amount, "Vikt (%)" too, and "Halt i material (%)", which
/// has a word for an `amount` beside that for the thing. "Material (%)" has not: nobody knows what its share is.
fn settle_by_unit(role: &mut Role, unit: Unit, amount: bool) {
    let is_mass = unit.dimension == Dimension::Mass;
    match role {
        Role::Mass(_) if !is_mass => *role = Role::Amount,
        Role::Substance | Role::Units if !is_mass => *role = Role::Amount,
        Role::Material | Role::Component | Role::ProductName if !is_mass && amount => *role = Role::Amount,
        Role::Material | Role::Component | Role::ProductName if !is_mass => *role = Role::Unknown,
        _ => {}
    }
}

/// A heading that is nothing but a unit. Single letters are more often a row number's or a type's heading.
fn whole_unit(text: &str) -> Option<Unit> {
    if text.len() > 24 || (text.len() == 1 && text != "%" && text != "g") {
        return None;
    }
    Unit::parse(text).filter(|unit| unit.symbol != "t")
}

/// The unit in a heading: in brackets, behind a comma or a blank, or in front.
fn unit_in(text: &str) -> Option<Unit> {
    if !text.contains(['(', '[', ',', ' ', '\n', '_', '/', '%', '\u{a0}']) {
        return None;
    }
    let mut rest = text;
    while let Some(open) = rest.find(['(', '[']) {
        let inner = rest.get(open + 1..)?;
        let Some(close) = inner.find([')', ']']) else { break };
        if let Some(unit) = inner.get(..close).and_then(bracketed_unit) {
            return Some(unit);
        }
        rest = inner.get(close + 1..)?;
    }
    if let Some((_, unit)) = text.rsplit_once(',') {
        if let Some(unit) = whole_unit(unit.trim()) {
            return Some(unit);
        }
    }
    // The longest of the last three words that spells a unit; digits are no part of one here.
    let mut best = None;
    for (at, _) in text.match_indices(|c: char| c.is_whitespace() || c == '_').rev().take(3) {
        let tail = text.get(at..).unwrap_or("").trim_start_matches(|c: char| c.is_whitespace() || c == '_');
        if let Some(unit) = whole_unit(tail) {
            best = Some(unit);
        }
    }
    best.or_else(|| {
        let (first, _) = text.split_once(char::is_whitespace)?;
        if first == "%" || first.contains('/') || first.eq_ignore_ascii_case("ppm") || first.ends_with('%') {
            whole_unit(first)
        } else {
            None
        }
    })
}

/// Whether the heading offers a second unit of another size: "Halt (% eller ppm)" leaves it to the cells.
fn names_another(text: &str, unit: Unit) -> bool {
    unit.dimension == Dimension::MassFraction
        && text
            .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ',' | ';'))
            .flat_map(|word| std::iter::once(word).chain(word.split('/')))
            .filter(|word| word.len() > 1 || *word == "%" || *word == "‰")
            .filter_map(whole_unit)
            .any(|other| other.dimension == Dimension::MassFraction && other.steps != unit.steps)
}

/// The unit in brackets; also behind "i" or "in": "(i vikt-%)", "(in mg/kg)", "(vikt-% av materialet)".
fn bracketed_unit(inner: &str) -> Option<Unit> {
    let inner = inner.trim();
    whole_unit(inner)
        .or_else(|| inner.split([' ', ';']).find_map(|word| if word.len() > 1 || word == "%" { whole_unit(word) } else { None }))
}

/// Any unit that prose states: "alla halter i vikt-%".
pub(super) fn unit_in_prose(text: &str) -> Option<Unit> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | ':'))
        .map(|word| word.trim_end_matches(['.', '!']))
        .filter(|word| word.len() > 1 || *word == "%")
        .filter_map(whole_unit)
        .find(|unit| unit.dimension != Dimension::Mass)
}

static DICTIONARY: OnceLock<Dictionary> = OnceLock::new();

fn dictionary() -> &'static Dictionary {
    DICTIONARY.get_or_init(load)
}

const LANGUAGES: [&str; 6] = ["sv", "en", "nb", "da", "fi", "de"];

fn load() -> Dictionary {
    let mut dictionary = Dictionary {
        nodes: vec![Node::default()],
        meanings: Vec::new(),
        contains: Vec::new(),
        free: Vec::new(),
        complies: Vec::new(),
        contains_before: Vec::new(),
        free_before: Vec::new(),
        free_after: Vec::new(),
    };
    // The dictionary is part of the program; a test reads it whole, so that a fault cannot reach a user.
    let Ok(file) = include_str!("headings.toml").parse::<toml::Table>() else {
        debug_assert!(false, "headings.toml is not TOML");
        return dictionary;
    };
    let table = |value: &toml::Value, key: &str| value.get(key).and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let strings = |value: Option<&toml::Value>| -> Vec<String> {
        let list = value.and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or(&[]);
        list.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect()
    };
    let file = toml::Value::Table(file);
    for (name, phrases) in table(&file, "role") {
        let Some(meaning) = meaning_named(&name) else {
            debug_assert!(false, "`{name}` is no role");
            continue;
        };
        let rank = phrases.get("rank").and_then(toml::Value::as_integer).and_then(|rank| u8::try_from(rank).ok()).unwrap_or(1);
        insert_all(&mut dictionary, meaning, rank, &phrases, &strings);
    }
    for answer in file.get("answer").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or(&[]) {
        let text = |key: &str| answer.get(key).and_then(toml::Value::as_str);
        let subject = match (text("list"), text("name")) {
            (Some(list), _) => Subject::List(list.into()),
            (None, Some(name)) => Subject::Named(name.into()),
            (None, None) => continue,
        };
        let polarity = match text("polarity") {
            Some("free") => Polarity::Free,
            Some("complies") => Polarity::Complies,
            _ => Polarity::Contains,
        };
        insert_all(&mut dictionary, Meaning::Role(Role::Answer(Asked { subject, polarity })), 2, answer, &strings);
    }
    let polarity = file.get("polarity");
    let words = |key: &str| strings(polarity.and_then(|polarity| polarity.get(key)));
    (dictionary.contains, dictionary.free, dictionary.complies) = (words("contains"), words("free"), words("complies"));
    let subject = file.get("subject");
    let phrases = |key: &str| strings(subject.and_then(|subject| subject.get(key)));
    dictionary.contains_before = phrases("contains_before");
    dictionary.free_before = phrases("free_before");
    dictionary.free_after = phrases("free_after");
    dictionary
}

fn insert_all(
    dictionary: &mut Dictionary,
    meaning: Meaning,
    rank: u8,
    phrases: &toml::Value,
    strings: &dyn Fn(Option<&toml::Value>) -> Vec<String>,
) {
    let number = dictionary.meanings.len();
    dictionary.meanings.push(meaning);
    for language in LANGUAGES.into_iter().map(Some).chain([None]) {
        for phrase in strings(phrases.get(language.unwrap_or("any"))) {
            dictionary.insert(&phrase, Entry { meaning: number, rank, language });
        }
    }
}

fn meaning_named(name: &str) -> Option<Meaning> {
    let role = match name {
        "supplier" => Role::Supplier,
        "manufacturer" => Role::Manufacturer,
        "product-name" => Role::ProductName,
        "article-number" => Role::ArticleNumber,
        "buyer-article-number" => Role::BuyerArticleNumber,
        "gtin" => Role::Gtin,
        "category" => Role::Category,
        "component" => Role::Component,
        "component-number" => Role::ComponentNumber,
        "material" => Role::Material,
        "substance" => Role::Substance,
        "cas" => Role::Cas,
        "ec" => Role::Ec,
        "amount" => Role::Amount,
        "amount-min" => Role::AmountMin,
        "amount-max" => Role::AmountMax,
        "unit" => Role::Unit,
        "qualifier" => Role::Qualifier,
        "mass" => Role::Mass(None),
        "mass-product" => Role::Mass(Some(Level::Product)),
        "mass-component" => Role::Mass(Some(Level::Article)),
        "mass-material" => Role::Mass(Some(Level::Material)),
        // The mass of a substance is its amount.
        "mass-substance" => Role::Amount,
        "mass-unit" => Role::MassUnit,
        "units" => Role::Units,
        "function" => Role::Function,
        "contact" => Role::Contact,
        "classification" => Role::Classification,
        "exemption" => Role::Exemption,
        "intended" => Role::Intended,
        "question" => Role::Question,
        "reply" => Role::Reply,
        "tick-yes" => Role::Tick(Ticked::Yes),
        "tick-no" => Role::Tick(Ticked::No),
        "tick-not-applicable" => Role::Tick(Ticked::NotApplicable),
        "tick-not-known" => Role::Tick(Ticked::NotKnown),
        "justification" => Role::Justification,
        "evidence" => Role::Evidence,
        "date" => Role::Date,
        "sample" => Role::Sample,
        "analyte" => Role::Analyte,
        "result" => Role::Result,
        "uncertainty" => Role::Uncertainty,
        "loq" => Role::Loq,
        "lod" => Role::Lod,
        "method" => Role::Method,
        "laboratory" => Role::Laboratory,
        "accreditation" => Role::Accreditation,
        "comment" => Role::Comment,
        "list-version" => Role::ListVersion,
        "ignored" => Role::Ignored,
        "name" => return Some(Meaning::Name),
        "number" => return Some(Meaning::Number),
        _ => return None,
    };
    Some(Meaning::Role(role))
}

#[cfg(test)]
mod tests;
