//! What the reports for people share: the header that says what was checked, and the sentences that a row of findings
//! becomes. The workbook and the page say the same thing in the same words.

use super::rows::{Counts, FindingRow, ProductRow, SubstanceRow, WhereRow};
use super::words::{self, Lang};
use crate::declaration::Date;
use crate::rule::{Limit, Rule, RuleBook};
use crate::verdict::{Proof, Verdict};

/// What was checked, beside what the rule book itself says (contract, rule sets and their versions).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportHeader {
    /// Version of the program: `0.1.0`.
    pub program_version: String,
    /// The day that picked the rules in force.
    pub as_of: Date,
    /// The contract period that `upcoming` looks at.
    pub period: Option<(Date, Date)>,
    /// What a compliant verdict had to rest on.
    pub proof: Proof,
    /// How many files were looked at, readable or not.
    pub files: u64,
}

/// The verdicts that are counted, worst first: the order of every list a person reads.
pub const WORST_FIRST: [Verdict; 7] = [
    Verdict::NonCompliant,
    Verdict::Undetermined,
    Verdict::Declarable,
    Verdict::Exempt,
    Verdict::Compliant,
    Verdict::Notice,
    Verdict::NotApplicable,
];

/// A sign for each verdict, so that colour never stands alone.
pub const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NonCompliant => "✕",
        Verdict::Undetermined => "?",
        Verdict::Declarable => "!",
        Verdict::Exempt => "§",
        Verdict::Compliant => "✓",
        Verdict::Notice => "i",
        Verdict::NotApplicable => "–",
    }
}

/// Text and background of each verdict as 0xRRGGBB; every pair has a contrast of at least 7:1.
pub const fn colours(verdict: Verdict) -> (u32, u32) {
    match verdict {
        Verdict::NonCompliant => (0x7A_12_12, 0xFD_E4_E1),
        Verdict::Undetermined => (0x5C_3B_00, 0xFF_F0_CC),
        Verdict::Declarable => (0x16_3A_70, 0xE1_EC_FB),
        Verdict::Exempt => (0x47_28_6B, 0xF0_E7_FA),
        Verdict::Compliant => (0x10_4A_28, 0xDF_F3_E6),
        Verdict::Notice | Verdict::NotApplicable => (0x37_41_4D, 0xEC_EE_F1),
    }
}

/// What a report adds up while it reads the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Products by verdict.
    pub products: Counts,
    /// Findings by verdict of rules that count, also those that comply and are not written.
    pub findings: Counts,
    /// The same of award and watch rules.
    pub apart: Counts,
    /// Data problems by verdict.
    pub problems: Counts,
    /// Files of which something could not be read.
    pub unreadable: u64,
}

impl Totals {
    /// All of `counts` together.
    pub fn sum(counts: &Counts) -> u64 {
        WORST_FIRST.iter().fold(0, |sum, verdict| counts.get(*verdict).saturating_add(sum))
    }

    /// Counts a product with its findings.
    pub fn product(&mut self, row: &ProductRow) {
        self.products.add(row.verdict, 1);
        self.findings.add_all(&row.counts);
        self.apart.add_all(&row.counts_apart);
    }

    /// Counts a data problem; other findings are counted with their product.
    pub fn finding(&mut self, row: &FindingRow) {
        if is_problem(row) {
            self.problems.add(row.verdict, 1);
        }
    }

    /// What is said of findings that decide nothing; empty when there are none.
    pub fn told_apart(&self, lang: Lang) -> String {
        if Totals::sum(&self.apart) == 0 {
            return String::new();
        }
        let counts = counted(&self.apart, lang);
        match lang {
            Lang::Sv => format!("Vid sidan av bedömningen, av tilldelningskriterier och bevakade ämnen: {counts}."),
            Lang::En => format!("Apart from the verdict, of award criteria and watched substances: {counts}."),
        }
    }
}

/// "2 uppfyller inte, 3 kan inte avgöras".
pub fn counted(counts: &Counts, lang: Lang) -> String {
    let parts: Vec<String> = WORST_FIRST
        .into_iter()
        .filter(|verdict| counts.get(*verdict) > 0)
        .map(|verdict| format!("{} {}", whole(counts.get(verdict), lang), words::verdict(verdict, lang)))
        .collect();
    parts.join(", ")
}

/// Whether the row is a data problem rather than the outcome of a rule.
pub fn is_problem(row: &FindingRow) -> bool {
    row.rule.starts_with("data/")
}

/// A whole number with its thousands apart: `12 345`, `12,345`.
pub fn whole(number: u64, lang: Lang) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push_str(lang.of("\u{a0}", ","));
        }
        text.push(digit);
    }
    text
}

/// First letter as a capital, for a cell or a line of its own; the words themselves are made for the middle of a sentence.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Title of the rule or data problem.
pub fn title(row: &FindingRow, lang: Lang) -> String {
    let told = lang.row(&row.title);
    capital(if !told.is_empty() {
        told
    } else if is_problem(row) {
        words::problem(&row.rule, lang)
    } else {
        &row.rule
    })
}

/// The part below the product, outermost first; the word for the product itself when there is none.
pub fn part(row: &FindingRow, lang: Lang) -> String {
    if row.part.is_empty() { lang.of("hela produkten", "the whole product").to_string() } else { row.part.join(" › ") }
}

fn percent(row: &FindingRow) -> bool {
    match (&row.limit, &row.unit) {
        (Some(limit), Some(unit)) => words::in_percent(limit, unit),
        _ => false,
    }
}

/// The declared concentration as the limit meets it: "0,107 %". Empty where nothing was compared.
pub fn declared(row: &FindingRow, lang: Lang) -> String {
    match (&row.lo, &row.hi) {
        (Some(lo), Some(hi)) => words::amount(lo, hi, row.unit.as_deref().unwrap_or(""), percent(row), lang),
        _ => String::new(),
    }
}

/// What violates: "över 0,1 % i varje homogent material". Empty where there is no limit.
pub fn limit(row: &FindingRow, lang: Lang) -> String {
    let (Some(limit), Some(unit), Some(comparison)) = (&row.limit, &row.unit, &row.comparison) else { return String::new() };
    in_what(breaking(limit, unit, comparison, lang), row.level.as_deref(), row.kind.as_deref(), lang)
}

/// What breaks the requirement. `words::limit` says what is allowed of a ban, "no presence"; here it is any presence.
fn breaking(value: &str, unit: &str, comparison: &str, lang: Lang) -> String {
    if value == "0" && comparison == "above" {
        return lang.of("all förekomst", "any presence").to_string();
    }
    words::limit(value, unit, comparison, lang)
}

/// The same of a rule.
pub fn limit_of(limit: &Limit, lang: Lang) -> String {
    let (value, unit) = limit.printed();
    let mut text = breaking(&value, unit, limit.comparison.code(), lang);
    if limit.intentional {
        text.push_str(lang.of(" som är avsiktligt tillsatt", " that is added on purpose"));
    }
    if limit.used {
        text.push_str(lang.of(" som har använts vid tillverkningen", " that was used in the manufacture"));
    }
    if let Some(element) = &limit.element {
        text.push_str(&format!(" {} {element}", lang.of("räknat som", "counted as")));
    }
    in_what(text, Some(limit.of.code()), Some(limit.kind.code()), lang)
}

fn in_what(mut text: String, level: Option<&str>, kind: Option<&str>, lang: Lang) -> String {
    if let Some(level) = level {
        text.push_str(&format!(" {} {}", lang.of("i", "in"), words::level(level, lang)));
    }
    if let Some(kind) = kind.filter(|kind| *kind != "content") {
        text.push_str(&format!(" ({})", words::kind(kind, lang)));
    }
    text
}

/// One substance in a line: "bly(II)oxid (CAS 1317-36-8), skrivet `PbO`: 0,107 %, andel 0,9283".
pub fn substance(row: &FindingRow, substance: &SubstanceRow, lang: Lang) -> String {
    let mut text = substance.name.clone();
    let numbers: Vec<String> = [("CAS", &substance.cas), (lang.of("EG", "EC"), &substance.ec)]
        .into_iter()
        .filter_map(|(list, number)| number.as_ref().map(|number| format!("{list} {number}")))
        .collect();
    if !numbers.is_empty() {
        text.push_str(&format!(" ({})", numbers.join(", ")));
    }
    if !substance.written.is_empty() && substance.written != substance.name {
        text.push_str(&format!(", {} \"{}\"", lang.of("skrivet", "written"), substance.written));
    }
    if !substance.lo.is_empty() && !substance.hi.is_empty() {
        let unit = row.unit.as_deref().unwrap_or("mg/kg");
        text.push_str(&format!(": {}", words::amount(&substance.lo, &substance.hi, unit, percent(row), lang)));
    }
    if let Some(factor) = &substance.factor {
        text.push_str(&format!(
            ", {} {}",
            lang.of("varav grundämnet", "of which the element"),
            words::decimal(&factor.replace('-', "–"), lang)
        ));
    }
    text
}

/// Why the verdict is what it is, in sentences; never empty.
pub fn why(row: &FindingRow, lang: Lang) -> Vec<String> {
    let mut sentences = Vec::new();
    match row.reason {
        Some(reason) => sentences.push(sentence(words::reason_explained(reason, lang))),
        None if is_problem(row) => {
            let meaning = match row.verdict {
                Verdict::Undetermined => lang.of(
                    "ett brott kan döljas av felet, så inget ja kan ges förrän det är rättat",
                    "a violation could hide behind it, so no yes can be given until it is corrected",
                ),
                verdict => words::verdict_meaning(verdict, lang),
            };
            sentences.push(sentence(meaning));
        }
        None => sentences.push(sentence(words::verdict_meaning(row.verdict, lang))),
    }
    sentences.extend(row.notes.iter().map(|note| sentence(words::note(note, lang))));
    sentences
}

/// A message as a sentence of its own: capital first, full stop last, and quotation marks where messages have backticks.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let quoted = text.matches('`').count().is_multiple_of(2);
    let text = capital(&if quoted { text.replace('`', "\"") } else { text.to_string() });
    if text.is_empty() || text.ends_with(['.', '!', '?', '…']) { text } else { format!("{text}.") }
}

/// The exemption that was looked at: "6(c), gäller: …".
pub fn exemption(row: &FindingRow, lang: Lang) -> String {
    let Some(exemption) = &row.exemption else { return String::new() };
    let applies = if exemption.applies { lang.of("gäller", "applies") } else { lang.of("gäller inte", "does not apply") };
    let id = if exemption.id.is_empty() { lang.of("utan nummer", "without a number") } else { &exemption.id };
    match lang.row(&exemption.why) {
        "" => format!("{id}, {applies}"),
        why => format!("{id}, {applies}: {why}"),
    }
}

/// What changes inside the contract period: "2027-07-01: uppfyller inte. Gränsen sänks".
pub fn upcoming(row: &FindingRow, lang: Lang) -> String {
    let Some(upcoming) = &row.upcoming else { return String::new() };
    let verdict = words::verdict(upcoming.verdict, lang);
    format!("{}: {verdict}. {}", upcoming.date, sentence(lang.row(&upcoming.what))).trim_end().to_string()
}

/// A place as people look it up: `Blad1!F17`, or line and column with the path of an XML file.
pub fn place(place: &WhereRow, lang: Lang) -> String {
    match place {
        WhereRow::Cell { .. } => place.to_string(),
        WhereRow::Xml { line, column, path, .. } => {
            let at = format!("{} {line}:{column}", lang.of("rad", "line"));
            if path.is_empty() { at } else { format!("{at} ({path})") }
        }
        WhereRow::File { .. } => lang.of("hela filen", "the whole file").to_string(),
    }
}

/// What the rule advises; empty for data problems and rules without advice.
pub fn advice<'a>(row: &FindingRow, book: &'a RuleBook, lang: Lang) -> &'a str {
    book.rule(&row.rule).map_or("", |rule| lang.text(&rule.advice))
}

/// Title of the rule with this id, else the id.
pub fn rule_title<'a>(id: &'a str, book: &'a RuleBook, lang: Lang) -> &'a str {
    book.rule(id).map(|rule| lang.text(&rule.title)).filter(|title| !title.is_empty()).unwrap_or(id)
}

/// Titles of a product's worst rules: the first three, and how many more there are at least.
pub fn worst_titles(ids: &[String], book: &RuleBook, lang: Lang) -> Vec<String> {
    const SHOWN: usize = 3;
    let mut titles: Vec<String> = ids.iter().take(SHOWN).map(|id| rule_title(id, book, lang).to_string()).collect();
    if ids.len() > SHOWN {
        titles.push(match lang {
            Lang::Sv => "med flera".to_string(),
            Lang::En => "and more".to_string(),
        });
    }
    titles
}

/// Title of a rule set, else its id, with its version.
pub fn set_of(rule: &Rule, book: &RuleBook, lang: Lang) -> (String, String) {
    book.set_of(rule).map_or_else(Default::default, |set| {
        let title = lang.text(&set.title);
        ((if title.is_empty() { &*set.id } else { title }).to_string(), set.version.to_string())
    })
}

/// What a compliant verdict had to rest on.
pub fn proof(proof: Proof, lang: Lang) -> &'static str {
    match proof {
        Proof::Stated => lang.of("leverantörens uppgift räcker", "the supplier's statement is enough"),
        Proof::Demonstrated => lang.of(
            "visat: även det som inte redovisas ska rymmas under gränsen",
            "demonstrated: what is undisclosed must fit below the limit too",
        ),
    }
}

/// Relative luminance and contrast as WCAG 2.1 defines them.
#[cfg(test)]
pub(super) fn contrast(a: u32, b: u32) -> f64 {
    let luminance = |colour: u32| {
        let channel = |shift: u32| {
            let value = f64::from((colour >> shift) & 0xFF) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    };
    let (light, dark) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
    (light + 0.05) / (dark + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_can_be_read_and_told_apart_without_colour() {
        for verdict in WORST_FIRST {
            let (text, ground) = colours(verdict);
            assert!(contrast(text, ground) >= 7.0, "{verdict:?}: {}", contrast(text, ground));
            assert!(contrast(text, 0xFF_FF_FF) >= 7.0, "{verdict:?}");
            assert!(WORST_FIRST.iter().filter(|other| sign(**other) == sign(verdict)).count() == 1, "{verdict:?}");
        }
    }

    #[test]
    fn a_ban_is_broken_by_any_presence() {
        assert_eq!(breaking("0", "mg/kg", "above", Lang::Sv), "all förekomst");
        assert_eq!(breaking("1000", "mg/kg", "above", Lang::En), "above 0.1 %");
    }

    #[test]
    fn numbers_and_sentences_are_written_as_people_write() {
        assert_eq!(whole(1_234_567, Lang::Sv), "1\u{a0}234\u{a0}567");
        assert_eq!(whole(123, Lang::En), "123");
        assert_eq!(whole(1_234, Lang::En), "1,234");
        assert_eq!(sentence("åtgärda detta"), "Åtgärda detta.");
        assert_eq!(sentence("Klart."), "Klart.");
        assert_eq!(sentence("ange enheten för `0,2`"), "Ange enheten för \"0,2\".");
        assert_eq!(sentence("`"), "`.");
    }
}
