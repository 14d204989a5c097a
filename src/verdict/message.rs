//! The one sentence of a finding that a supplier understands, in Swedish and English.

use super::finding::{Reason, Verdict};
use crate::amount::{Dimension, Interval, MG_PER_KG, PERCENT, Unit, WHOLE, decimal_of};
use crate::declaration::Text;
use crate::rule::{Comparison, Consequence, Limit, Of, Rule};

/// What the sentence is about.
pub(super) struct Subject<'a> {
    pub rule: &'a Rule,
    /// Names of the substances (or materials) that contributed.
    pub names: Vec<String>,
    /// Name of the thing, empty for the product itself.
    pub part: String,
    pub interval: Option<Interval>,
    pub verdict: Verdict,
    pub reason: Option<Reason>,
}

/// An amount as people read it: percent from 0.01 %, else mg/kg; other dimensions in the limit's unit.
fn shown(steps: u64, unit: Unit) -> String {
    if unit.dimension != Dimension::MassFraction {
        return format!("{} {}", decimal_of(steps, unit), unit.symbol);
    }
    if steps == 0 || steps >= 100_000_000 {
        format!("{} %", rounded(decimal_of(steps, PERCENT)))
    } else {
        format!("{} mg/kg", rounded(decimal_of(steps, MG_PER_KG)))
    }
}

/// At most six significant digits behind the point; the exact bounds stand in the result fields.
fn rounded(text: String) -> String {
    match text.split_once('.') {
        Some((whole, part)) if part.len() > 6 => {
            let cut: String = part.chars().take(6).collect();
            let cut = cut.trim_end_matches('0');
            if cut.is_empty() { whole.to_string() } else { format!("{whole}.{cut}") }
        }
        _ => text,
    }
}

/// A measured or declared mass fraction as people read it.
pub(super) fn fraction(steps: u64) -> Text {
    let text = shown(steps, PERCENT);
    Text::new(comma(&text), text)
}

/// An upper bound in words: "högst 0,1 %", or "under 0,1 %" where the bound is one grid step inside it.
pub(super) fn at_most(steps: u64, unit: Unit) -> Text {
    match inside(steps, 1) {
        Some(bound) => Text::new(format!("under {}", comma(&shown(bound, unit))), format!("less than {}", shown(bound, unit))),
        None => Text::new(format!("högst {}", comma(&shown(steps, unit))), format!("at most {}", shown(steps, unit))),
    }
}

/// A lower bound in words: "minst 0,1 %", or "över 0,1 %" where the bound is one grid step inside it.
fn at_least(steps: u64, unit: Unit) -> Text {
    match inside(steps, -1) {
        Some(bound) => Text::new(format!("över {}", comma(&shown(bound, unit))), format!("more than {}", shown(bound, unit))),
        None => Text::new(format!("minst {}", comma(&shown(steps, unit))), format!("at least {}", shown(steps, unit))),
    }
}

/// The rounder number one step away, when that is where an open bound was written.
fn inside(steps: u64, by: i64) -> Option<u64> {
    steps.checked_add_signed(by).filter(|bound| *bound > 0 && bound.is_multiple_of(1_000) && !steps.is_multiple_of(1_000))
}

fn interval_text(interval: Interval, unit: Unit) -> (String, String) {
    let top = if unit.dimension == Dimension::MassFraction { WHOLE } else { u64::MAX };
    let number = |steps| shown(steps, unit);
    let text = if interval.lo == interval.hi {
        Text::new(comma(&number(interval.lo)), number(interval.lo))
    } else if interval.hi >= top && interval.lo <= 1 {
        Text::new("okänd halt", "an unknown amount")
    } else if interval.hi >= top {
        at_least(interval.lo, unit)
    } else if interval.lo <= 1 {
        at_most(interval.hi, unit)
    } else if number(interval.lo) == number(interval.hi) {
        // Bounds that only rounding outward parts.
        Text::new(comma(&number(interval.lo)), number(interval.lo))
    } else {
        let range = format!("{}–{}", number(interval.lo), number(inside(interval.hi, 1).unwrap_or(interval.hi)));
        Text::new(comma(&range), range)
    };
    (text.sv, text.en)
}

/// Decimal comma for Swedish; only between digits.
fn comma(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters
        .iter()
        .enumerate()
        .map(|(at, c)| {
            let digit = |index: Option<usize>| index.and_then(|index| characters.get(index)).is_some_and(char::is_ascii_digit);
            if *c == '.' && digit(at.checked_sub(1)) && digit(Some(at + 1)) { ',' } else { *c }
        })
        .collect()
}

fn level(of: Of) -> (&'static str, &'static str) {
    match of {
        Of::Product => ("produkten", "the product"),
        Of::Article => ("varan", "the article"),
        Of::HomogeneousMaterial => ("det homogena materialet", "the homogeneous material"),
        Of::Mixture => ("blandningen", "the mixture"),
        Of::Packaging => ("förpackningen", "the packaging"),
    }
}

fn limit_text(limit: &Limit) -> (String, String) {
    let (level_sv, level_en) = level(limit.of);
    let value = shown(limit.steps, limit.unit);
    let (as_sv, as_en) = limit
        .element
        .as_ref()
        .map_or((String::new(), String::new()), |element| (format!(", räknat som {element}"), format!(", as {element}")));
    if limit.intentional {
        return ("avsiktlig tillsats är inte tillåten".to_string(), "intended addition is not allowed".to_string());
    }
    if limit.used {
        return ("det får inte användas vid tillverkningen".to_string(), "it must not be used in the manufacture".to_string());
    }
    if limit.steps == 0 && limit.comparison == Comparison::Above {
        return (format!("får inte förekomma i {level_sv}"), format!("must not occur in {level_en}"));
    }
    match limit.comparison {
        Comparison::Above => (
            format!("gränsen är högst {} av {level_sv}{as_sv}", comma(&value)),
            format!("the limit is at most {value} of {level_en}{as_en}"),
        ),
        Comparison::From => {
            (format!("gränsen är under {} av {level_sv}{as_sv}", comma(&value)), format!("the limit is below {value} of {level_en}{as_en}"))
        }
    }
}

/// What keeps a verdict open, as half a sentence, with what to do.
fn reason_text(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::Unreadable => ("en del av filen kan inte läsas; skicka en ny fil", "part of the file cannot be read; send a new file"),
        Reason::NoContent => ("inget innehåll är deklarerat; deklarera innehållet", "no content is declared; declare the content"),
        Reason::NotDeclared => {
            ("deklarationen säger inget om detta; besvara kravet", "the declaration is silent on this; answer the requirement")
        }
        Reason::AmountInvalid => ("den angivna halten är ingen halt; rätta den", "the stated amount is not an amount; correct it"),
        Reason::AmountMissing => ("halten saknas; ange den", "the amount is missing; state it"),
        Reason::UnitMissing => ("halten saknar enhet; ange den", "the amount has no unit; state it"),
        Reason::DimensionMismatch => (
            "halten är angiven i ett annat slags enhet än gränsen; ange den i gränsens enhet",
            "the amount is stated in another kind of unit than the limit; state it in the limit's",
        ),
        Reason::AmbiguousNumber => {
            ("talet kan läsas på två sätt; skriv det entydigt", "the number can be read in two ways; write it unambiguously")
        }
        Reason::LoqMissing => ("rapporteringsgränsen saknas; ange den", "the reporting limit is missing; state it"),
        Reason::SuspectedIdentity => (
            "ämnets identitet är osäker; rätta namn och CAS-nummer",
            "the substance's identity is in doubt; correct its name and CAS number",
        ),
        Reason::IdentityConflict => {
            ("namn och nummer pekar på olika ämnen; rätta dem", "name and number mean different substances; correct them")
        }
        Reason::MixedLine => {
            ("flera ämnen delar på en halt; ange varje ämnes halt", "several substances share one amount; state each one's")
        }
        Reason::GroupAmount => ("en ämnesgrupp är angiven; ange de enskilda ämnena", "a group is stated; state the individual substances"),
        Reason::FactorUnknown => (
            "ämnets andel av det reglerade grundämnet är okänd; ange halten som grundämne",
            "the share of the regulated element is unknown; state the amount as the element",
        ),
        Reason::UnresolvedSubstance => (
            "ett oidentifierat ämne kan vara ett begränsat ämne; identifiera det",
            "an unidentified substance may be a restricted one; identify it",
        ),
        Reason::AmountsDisagree => (
            "halten är angiven olika på två ställen; ange den rätta",
            "the amount is stated differently in two places; state the right one",
        ),
        Reason::StatementContradictsContent => {
            ("svaret stämmer inte med innehållet; rätta det ena", "the answer contradicts the content; correct one of them")
        }
        Reason::OutdatedList => (
            "deklarationen är äldre än listan; deklarera mot den gällande listan",
            "the declaration is older than the list; declare against the current one",
        ),
        Reason::RowsSkipped => ("rader i filen kunde inte läsas; rätta dem", "rows of the file could not be read; correct them"),
        Reason::LevelTooCoarse => (
            "halten är angiven för en större del än kravet gäller; ange den per material eller komponent",
            "the amount is stated of a larger part than the requirement speaks of; state it for each material or component",
        ),
        Reason::MassMissing => (
            "massor saknas för att räkna om halten; ange delarnas massor",
            "masses needed to convert the amount are missing; state the parts' masses",
        ),
        Reason::CategoryMissing => (
            "en uppgift som avgör om kravet gäller saknas; ange produktkategori, material eller användning",
            "a fact that decides whether the requirement applies is missing; state product category, material or use",
        ),
        Reason::ExemptionUnclear => (
            "undantaget kan inte bekräftas; ange det som dess villkor kräver",
            "the exemption cannot be confirmed; state what its conditions ask for",
        ),
        Reason::EvidenceMissing => ("underlag saknas; namnge det", "evidence is missing; name it"),
        Reason::StraddlesLimit => (
            "den angivna halten ligger på båda sidor om gränsen; ange den noggrannare",
            "the stated amount lies on both sides of the limit; state it more precisely",
        ),
        Reason::NotDemonstrated => (
            "det ej redovisade kan dölja ett överskridande; redovisa mer eller mät",
            "what is not disclosed may hide a violation; disclose more or measure",
        ),
    }
}

/// The sentence.
pub(super) fn sentence(subject: &Subject<'_>) -> Text {
    let names = if subject.names.len() > 4 { format!("{} …", subject.names[..4].join(", ")) } else { subject.names.join(", ") };
    let title = &subject.rule.title;
    let (what_sv, what_en) = if names.is_empty() { (title.sv.clone(), title.en.clone()) } else { (names.clone(), names) };
    let (in_sv, in_en) = if subject.part.is_empty() {
        ("i produkten".to_string(), "in the product".to_string())
    } else {
        (format!("i `{}`", subject.part), format!("in `{}`", subject.part))
    };
    let (limit_sv, limit_en) = limit_text(&subject.rule.limit);
    let amount = subject.interval.map(|interval| interval_text(interval, subject.rule.limit.unit));
    let (amount_sv, amount_en) = match &amount {
        Some((sv, en)) => (format!(": {sv}"), format!(": {en}")),
        None => (String::new(), String::new()),
    };
    match subject.verdict {
        Verdict::NonCompliant => {
            Text::new(format!("{what_sv} {in_sv}{amount_sv}; {limit_sv}"), format!("{what_en} {in_en}{amount_en}; {limit_en}"))
        }
        Verdict::Declarable => {
            let (duty_sv, duty_en) = match subject.rule.consequence {
                Consequence::Information => ("informationsplikt gäller", "a duty to inform applies"),
                Consequence::Watch => ("ämnet bevakas, det är ingen överträdelse", "the substance is watched, this is no breach"),
                _ => ("ska redovisas", "must be reported"),
            };
            Text::new(
                format!("{what_sv} {in_sv}{amount_sv}; {limit_sv}; {duty_sv}"),
                format!("{what_en} {in_en}{amount_en}; {limit_en}; {duty_en}"),
            )
        }
        Verdict::Undetermined => {
            let (why_sv, why_en) = subject.reason.map_or(("", ""), reason_text);
            Text::new(
                format!("{what_sv} {in_sv}{amount_sv}; {limit_sv}; {why_sv}"),
                format!("{what_en} {in_en}{amount_en}; {limit_en}; {why_en}"),
            )
        }
        Verdict::Exempt => Text::new(
            format!("{what_sv} {in_sv}{amount_sv}; {limit_sv}; undantag gäller"),
            format!("{what_en} {in_en}{amount_en}; {limit_en}; an exemption applies"),
        ),
        Verdict::Compliant | Verdict::Notice => Text::new(
            format!("{what_sv} {in_sv}{amount_sv}; {limit_sv}; inget överskridande på det som är deklarerat"),
            format!("{what_en} {in_en}{amount_en}; {limit_en}; no violation on what is declared"),
        ),
        Verdict::NotApplicable => Text::new(format!("{} gäller inte här", title.sv), format!("{} does not apply here", title.en)),
    }
}
