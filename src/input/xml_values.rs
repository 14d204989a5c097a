//! Values as XML standards write them: booleans, dates, numbers with a unit in another attribute, masses and shares with
//! ranges and tolerances; and which rule sets a named list of substances speaks for.

use super::xml::Node;
use crate::amount::{
    Amount, Context, Decimal, Dimension, Doubt, Interval, Mark, PERCENT, Reading, Unit, WHOLE, read_number, read_text, share,
};
use crate::declaration::{Constituent, Date, Named, Problem, ProblemCode, Source, Text};
use std::sync::Arc;

/// `true`, `1`, `yes` and their opposites; `None` for anything else.
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "ja" => Some(true),
        "false" | "0" | "no" | "n" | "nej" => Some(false),
        _ => None,
    }
}

/// An ISO date, with or without time and zone (`2026-03-01`, `2026-03-01T08:00:00+01:00`, `20260301`).
pub fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    let day = text.get(..10).filter(|day| day.as_bytes().get(4) == Some(&b'-')).or_else(|| text.get(..8))?;
    let digits: String = day.chars().filter(|c| *c != '-').collect();
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
    Date::new(number(0..4)?, i8::try_from(number(4..6)?).ok()?, i8::try_from(number(6..8)?).ok()?).ok()
}

/// A number in the notation of XML schemas, whose decimal mark is a point (`1.000` is one); what breaks that notation is
/// read as a person would have written it.
pub fn amount(text: &str, unit: Option<Unit>) -> Reading {
    let text = text.trim();
    match Decimal::parse(text) {
        Some(value) => read_number(value, unit, &Context::default()),
        None => {
            let mark = if text.contains(',') { Mark::Unknown } else { Mark::Point };
            read_text(text, &Context { unit, mark, ..Context::default() })
        }
    }
}

/// The reading's interval when it is a mass without doubt.
pub fn mass_of(reading: Reading) -> Option<Interval> {
    match reading {
        Reading::Amount(amount) if amount.dimension == Dimension::Mass && amount.doubt.is_none() => Some(amount.interval),
        _ => None,
    }
}

/// The reading's interval when it is a mass fraction without doubt.
pub fn fraction_of(reading: Reading) -> Option<Interval> {
    match reading {
        Reading::Amount(amount) if amount.dimension == Dimension::MassFraction && amount.doubt.is_none() => Some(amount.interval),
        _ => None,
    }
}

/// A value with its range and tolerances, all in one unit.
pub struct Measure<'d> {
    /// The value itself.
    pub value: Option<&'d str>,
    /// Least and greatest value.
    pub range: (Option<&'d str>, Option<&'d str>),
    /// How far it may lie below and above.
    pub tolerance: (Option<&'d str>, Option<&'d str>),
}

impl Measure<'_> {
    /// What the value, range and tolerances say together; `None` when none of them is given.
    ///
    /// The standards do not say whether a tolerance is a percentage of the value or stands in its unit, so both readings
    /// stay, unless the second is larger than the value itself.
    pub fn reading(&self, unit: Option<Unit>) -> Option<Reading> {
        let greatest = match unit {
            Some(unit) if unit.dimension == Dimension::MassFraction => WHOLE,
            _ => u64::MAX,
        };
        let value = self.value.map(|text| self.tolerated(amount(text, unit), unit));
        let (least, most) = (self.range.0.map(|text| amount(text, unit)), self.range.1.map(|text| amount(text, unit)));
        let range = match (least, most) {
            (None, None) => return value,
            (Some(Reading::Amount(least)), Some(Reading::Amount(most))) => {
                Amount { interval: least.interval.hull(most.interval), doubt: least.doubt.or(most.doubt), ..largest(least, most) }
            }
            // Without an upper end nothing is known above; without a lower end nothing below.
            (Some(Reading::Amount(least)), _) => {
                let open = value.is_none();
                Amount { interval: Interval { hi: if open { greatest } else { least.interval.hi }, ..least.interval }, ..least }
            }
            (_, Some(Reading::Amount(most))) => {
                let open = value.is_none();
                Amount { interval: Interval { lo: if open { 0 } else { most.interval.lo }, ..most.interval }, ..most }
            }
            _ => return value.or(Some(Reading::Empty)),
        };
        match value {
            Some(Reading::Amount(value)) if value.dimension == range.dimension => {
                Some(Reading::Amount(Amount { interval: value.interval.hull(range.interval), doubt: value.doubt.or(range.doubt), ..value }))
            }
            Some(Reading::Amount(value)) if range.interval == Interval::ZERO => Some(Reading::Amount(value)),
            _ => Some(Reading::Amount(range)),
        }
    }

    fn tolerated(&self, reading: Reading, unit: Option<Unit>) -> Reading {
        let (Reading::Amount(amount), Some(unit)) = (reading, unit) else {
            return reading;
        };
        let Interval { mut lo, mut hi } = amount.interval;
        if let Some(spread) = self.tolerance.0.and_then(|text| spread(text, lo, unit)) {
            lo = lo.saturating_sub(spread);
        }
        if let Some(spread) = self.tolerance.1.and_then(|text| spread(text, hi, unit)) {
            hi = hi.saturating_add(spread);
        }
        if unit.dimension == Dimension::MassFraction {
            hi = hi.min(WHOLE);
        }
        Reading::Amount(Amount { interval: Interval { lo, hi }, ..amount })
    }
}

/// The one of two amounts that is no bare zero, for its dimension: a zero has none of its own.
fn largest(a: Amount, b: Amount) -> Amount {
    if a.interval == Interval::ZERO { b } else { a }
}

/// How far a tolerance reaches from a value, in grid steps.
fn spread(text: &str, value: u64, unit: Unit) -> Option<u64> {
    let tolerance = Decimal::parse(text.trim().trim_start_matches(['+', '-', '±']).trim_end_matches('%').trim())?;
    let hundredths = u128::from(tolerance.ceil_times(1_000_000)?);
    let relative = (u128::from(value) * hundredths).div_ceil(100_000_000);
    let relative = u64::try_from(relative).unwrap_or(u64::MAX);
    let absolute = tolerance.ceil_times(unit.steps).filter(|steps| *steps <= value && !text.contains('%')).unwrap_or(0);
    Some(relative.max(absolute))
}

/// The amount of a substance that a file states both as a mass and as a share of what holds it.
pub struct TwoViews {
    /// What counts: the share where there is one, else the mass; both together where they disagree.
    pub reading: Reading,
    /// Whether the two views contradict each other.
    pub disagree: bool,
}

/// Joins a mass and a share of the same substance, given the mass of what holds it.
pub fn two_views(mass: Option<Reading>, percent: Option<Reading>, parent: Option<Interval>) -> TwoViews {
    let agreed = |reading| TwoViews { reading, disagree: false };
    let (mass, percent) = match (mass, percent) {
        (Some(mass), Some(percent)) => (mass, percent),
        (mass, percent) => return agreed(percent.or(mass).unwrap_or(Reading::Empty)),
    };
    let (Some(own), Some(stated)) = (mass_of(mass), fraction_of(percent)) else {
        return agreed(if fraction_of(percent).is_some() || mass_of(mass).is_none() { percent } else { mass });
    };
    let Some(derived) = parent.and_then(|parent| share(own, parent)).map(Interval::capped) else {
        return agreed(percent);
    };
    if nearly(derived, stated) {
        return agreed(percent);
    }
    TwoViews { reading: Reading::Amount(Amount::fraction(derived.hull(stated))), disagree: true }
}

/// Whether two intervals meet when each is widened by 2 %, for rounding.
pub fn nearly(a: Interval, b: Interval) -> bool {
    let widened = |interval: Interval| Interval { lo: interval.lo - interval.lo / 50, hi: interval.hi.saturating_add(interval.hi / 50) };
    widened(a).meets(widened(b))
}

/// A percentage in the middle of a sentence: `0.1 mass% of article`, `0.1% by weight (1 000 ppm) of any article`. `None`
/// where the text also names intention, another dimension, or no plain percentage.
pub fn threshold(text: &str) -> Option<u64> {
    let plain = text.trim().to_ascii_lowercase();
    if plain.contains("intention") {
        return None;
    }
    let end = plain.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let value = Decimal::parse(&plain[..end])?;
    let rest = plain[end..].trim_start();
    let rest = rest.strip_prefix("mass").or_else(|| rest.strip_prefix("weight")).unwrap_or(rest).trim_start();
    rest.starts_with('%').then(|| value.floor_times(PERCENT.steps)).flatten().filter(|ppt| *ppt <= WHOLE)
}

/// More than the threshold, up to everything.
pub fn above(threshold: u64) -> Reading {
    Reading::Amount(Amount::fraction(Interval { lo: threshold.saturating_add(1).min(WHOLE), hi: WHOLE }))
}

/// Up to the threshold; without one, nobody knows how much or whether at all.
pub fn up_to(threshold: Option<u64>) -> Reading {
    Reading::Amount(match threshold {
        Some(hi) => Amount::fraction(Interval { lo: 0, hi }),
        None => Amount::doubtful(Interval::UNKNOWN, Doubt::AmountMissing),
    })
}

/// Puts an identifier where it belongs: three digits, three digits, one digit is an EC number, other digits with dashes a
/// CAS number; text that is neither names nothing a register knows and gives `false`.
/// Puts a number in the form of a CAS or EC number to the constituent's others; whether it has such a form.
pub fn identify(constituent: &mut Constituent, text: &str) -> bool {
    let named: &mut Named = constituent;
    sort_identifier(text, &mut named.cas, &mut named.ec)
}

pub fn sort_identifier(text: &str, cas: &mut Vec<Arc<str>>, ec: &mut Vec<Arc<str>>) -> bool {
    let plain = text.trim();
    let groups: Vec<&str> = plain.split('-').map(str::trim).collect();
    let digits = groups.iter().all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    match groups.as_slice() {
        [a, b, c] if digits && a.len() == 3 && b.len() == 3 && c.len() == 1 => ec.push(plain.into()),
        [_, _, _] if digits => cas.push(plain.into()),
        _ => return false,
    }
    true
}

/// A problem of one product.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// Which.
    pub code: ProblemCode,
    /// Whether a violation could hide behind it.
    pub open: bool,
    /// Names of the parts below the product.
    pub part: Vec<String>,
    /// Where.
    pub sources: Vec<Source>,
    /// How many places it stands for.
    pub count: u64,
    /// What to mend.
    pub message: Text,
}

impl Trouble {
    /// A problem at one place.
    pub fn new(code: ProblemCode, open: bool, source: Source, sv: impl Into<String>, en: impl Into<String>) -> Trouble {
        Trouble { code, open, part: Vec::new(), sources: vec![source], count: 1, message: Text::new(sv, en) }
    }

    /// The same problem for the file (`None`) or for a product.
    pub fn of(self, product: Option<usize>) -> Problem {
        let Trouble { code, open, part, sources, count, message } = self;
        Problem { code, open, product, part, sources, count, message }
    }
}

/// Reads a mass; says so when what stands there is none.
pub fn mass(node: Node<'_>, measure: &Measure<'_>, unit: Option<&str>, troubles: &mut Vec<Trouble>, part: &[String]) -> Option<Interval> {
    let reading = measure.reading(unit.and_then(Unit::parse))?;
    let found = mass_of(reading).filter(|mass| mass.hi > 0);
    if found.is_none() && reading != Reading::Empty {
        let raw = format!("{} {}", measure.value.unwrap_or(""), unit.unwrap_or("")).trim().to_string();
        let code = if unit.and_then(Unit::parse).is_none() { ProblemCode::UnitMissing } else { ProblemCode::AmountInvalid };
        let mut trouble = Trouble::new(
            code,
            false,
            node.source(&raw),
            format!("massan `{raw}` går inte att använda; ange ett tal över 0 med enhet (mg, g, kg)"),
            format!("the mass `{raw}` cannot be used; give a number above 0 with a unit (mg, g, kg)"),
        );
        trouble.part = part.to_vec();
        troubles.push(trouble);
    }
    found
}

/// Rule sets that a list speaks for, and the date up to which it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Ids of rule sets.
    pub rulesets: &'static [&'static str],
    /// Date of the version; `None` when it cannot be told.
    pub date: Option<Date>,
}

/// Versions of the IEC 62474 declarable substance list whose release dates IEC published. A version between two of them
/// speaks for the earlier date, one after the last for the last: an answer never covers more than is known. New versions
/// are added here.
const DSL_VERSIONS: &[(u32, (i16, i8, i8))] = &[
    // Older than any version whose date is known: the first candidate list.
    (0, (2008, 10, 28)),
    (7, (2014, 9, 24)),
    (10, (2015, 12, 17)),
    (15, (2018, 1, 15)),
    (16, (2018, 7, 8)),
    (18, (2019, 7, 21)),
    (24, (2022, 1, 17)),
    (27, (2023, 7, 22)),
    (28, (2024, 1, 25)),
    (29, (2024, 7, 22)),
];

/// Days on which the candidate list grew, to give a list that names only a month its day.
const CANDIDATE_LIST_UPDATES: &[(i16, i8, i8)] = &[
    (2017, 1, 12),
    (2017, 7, 7),
    (2018, 1, 15),
    (2018, 6, 27),
    (2019, 1, 15),
    (2019, 7, 16),
    (2020, 1, 16),
    (2020, 6, 25),
    (2021, 1, 19),
    (2021, 7, 8),
    (2022, 1, 17),
    (2022, 6, 10),
    (2023, 1, 17),
    (2023, 6, 14),
    (2024, 1, 23),
    (2024, 6, 27),
    (2024, 11, 7),
    (2025, 1, 21),
    (2025, 6, 25),
    (2025, 11, 5),
    (2026, 2, 4),
];

/// What a list of substances speaks for, by its identity, authority and version as written; `None` for lists that answer
/// none of our rule sets. No list speaks for a day after the declaration itself.
pub fn coverage(identity: &str, authority: &str, version: &str, declared: Option<Date>) -> Option<Coverage> {
    let name = format!("{identity} {authority} {version}").to_lowercase();
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let capped = |date: Option<Date>| match (date, declared) {
        (Some(date), Some(declared)) => Some(date.min(declared)),
        (date, _) => date,
    };
    if plain.contains("eureach") || plain.contains("candidatelist") || plain.contains("svhc") {
        let date = date_code(identity, false).or_else(|| date(version)).or_else(|| date(identity));
        return Some(Coverage { rulesets: &["reach-candidate-list"], date: capped(date) });
    }
    if plain.contains("rohs") {
        if ["china", "korea", "taiwan", "japan", "uae", "india"].iter().any(|other| plain.contains(other)) {
            return None;
        }
        let date = date_code(identity, true).or_else(|| date(version));
        return Some(Coverage { rulesets: &["rohs"], date: capped(date) });
    }
    // The authority alone does not make a list the declarable substance list: exemption lists carry it too.
    if identity.contains("62474") || plain.starts_with("dsl") || plain.contains("chemsherpasubstancelist") {
        let date = if plain.contains("chemsherpasubstancelist") { None } else { dsl_date(version).or_else(|| dsl_date(identity)) };
        return Some(Coverage { rulesets: &["rohs", "reach-candidate-list", "reach-annex-xvii"], date: capped(date) });
    }
    None
}

/// The date of `D29.00`, wherever it stands in the text.
fn dsl_date(text: &str) -> Option<Date> {
    let number = text.split(|c: char| c.is_whitespace() || c == '_').find_map(|word| {
        // Without the letter only what looks like a version: `29.00`, but not the `62474` of the list's own name.
        let digits = word.strip_prefix(['D', 'd']).or_else(|| word.contains('.').then_some(word))?;
        digits.split('.').next()?.parse::<u32>().ok()
    })?;
    let (_, (year, month, day)) = DSL_VERSIONS.iter().rev().find(|(version, _)| *version <= number)?;
    Date::new(*year, *month, *day).ok()
}

/// The month at the end of `EUREACH-0624` (month, year) and `EUROHS-1907` (year, month). Where both readings are months
/// the list's own order decides.
fn date_code(identity: &str, year_first: bool) -> Option<Date> {
    let digits = identity.rsplit(['-', '_', ' ']).next().filter(|code| code.len() == 4)?;
    let (a, b) = (digits.get(..2)?.parse::<i16>().ok()?, digits.get(2..)?.parse::<i16>().ok()?);
    let (month, year) = match (1..=12).contains(&a) {
        true if !(1..=12).contains(&b) => (a, b),
        true if !year_first => (a, b),
        _ => (b, a),
    };
    let (year, month) = (2000 + year, i8::try_from(month).ok().filter(|month| (1..=12).contains(month))?);
    if year_first {
        // No amendment of the annex fell inside such a month after its first day without being in the list.
        return Some(Date::new(year, month, 1).ok()?.last_of_month());
    }
    let day = CANDIDATE_LIST_UPDATES.iter().find(|(y, m, _)| (*y, *m) == (year, month)).map_or(1, |(_, _, day)| *day);
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::GRAM;

    fn day(text: &str) -> Option<Date> {
        text.parse().ok()
    }

    #[test]
    fn dates_with_and_without_time() {
        assert_eq!(date("2026-03-01"), day("2026-03-01"));
        assert_eq!(date("2026-03-01T08:00:00Z"), day("2026-03-01"));
        assert_eq!(date("20260301"), day("2026-03-01"));
        assert_eq!(date("01/03/2026"), None);
        assert_eq!(date("2026-13-01"), None);
    }

    #[test]
    fn points_are_decimals_and_commas_are_doubted() {
        assert_eq!(fraction_of(amount("1.000", Some(PERCENT))), Some(Interval::exactly(PERCENT.steps)));
        assert_eq!(fraction_of(amount("0,5", Some(PERCENT))), Some(Interval::exactly(PERCENT.steps / 2)));
        assert!(matches!(amount("1,000", Some(PERCENT)), Reading::Amount(amount) if amount.doubt.is_some()));
        assert_eq!(amount("NaN", Some(PERCENT)), Reading::Amount(Amount::INVALID));
        assert_eq!(amount("2", None), Reading::Amount(Amount::UNITLESS));
    }

    #[test]
    fn ranges_and_tolerances_widen() {
        let measure = |value, range, tolerance| Measure { value, range, tolerance }.reading(Some(GRAM)).and_then(mass_of);
        let grams = |lo: u64, hi: u64| Some(Interval { lo: lo * 1_000_000_000, hi: hi * 1_000_000_000 });
        assert_eq!(measure(Some("10"), (Some("9"), Some("12")), (None, None)), grams(9, 12));
        assert_eq!(measure(None, (Some("9"), Some("12")), (None, None)), grams(9, 12));
        assert_eq!(measure(None, (None, Some("12")), (None, None)), grams(0, 12));
        // Ten per cent of 100 g, or 10 g: the same.
        assert_eq!(measure(Some("100"), (None, None), (Some("10"), Some("10"))), grams(90, 110));
        // Ten grams of two are not meant.
        assert_eq!(measure(Some("20"), (None, None), (Some("50"), Some("50"))), grams(10, 30));
    }

    #[test]
    fn thresholds_in_sentences() {
        assert_eq!(threshold("0.1 mass% of article [ReportingLevel:Article]"), Some(1_000_000_000));
        assert_eq!(threshold("0.1% by weight (1\u{2009}000 ppm) of any article"), Some(1_000_000_000));
        assert_eq!(threshold("Intentionally added or 0.1 mass% of article"), None);
        assert_eq!(threshold("1 microgram/m2 of coated material"), None);
        assert_eq!(threshold("6 x 10 ^-7 mass% of battery"), None);
    }

    #[test]
    fn lists_speak_for_their_version_only() {
        let declared = day("2024-09-27");
        let date = |identity, version| coverage(identity, "IEC62474", version, declared).and_then(|coverage| coverage.date);
        assert_eq!(date("DSL", "D29.00"), day("2024-07-22"));
        assert_eq!(date("DSL", "D19.00"), day("2019-07-21"));
        assert_eq!(date("IEC_62474 D19.00", ""), day("2019-07-21"));
        assert_eq!(date("DSL", "D3.00"), day("2008-10-28"));
        assert_eq!(date("DSL", "29.00"), day("2024-07-22"));
        assert_eq!(date("DSL", "D31.00"), day("2024-07-22"));
        assert_eq!(coverage("EUREACH-0624", "IPC", "", declared).and_then(|c| c.date), day("2024-06-27"));
        assert_eq!(coverage("EUROHS-1907", "IPC", "", declared).and_then(|c| c.date), day("2019-07-31"));
        assert_eq!(coverage("EUREACH-0125", "IPC", "", declared).and_then(|c| c.date), declared);
        assert_eq!(coverage("China-RoHS", "IEC62474", "", declared), None);
        assert_eq!(coverage("DSL", "IEC62474", "D29.00", declared).map(|c| c.rulesets.len()), Some(3));
    }

    #[test]
    fn two_views_of_one_amount() {
        let gram = |text| amount(text, Some(GRAM));
        let percent = |text| amount(text, Some(PERCENT));
        let parent = Some(Interval::exactly(100 * GRAM.steps));
        assert!(!two_views(Some(gram("2")), Some(percent("2.01")), parent).disagree);
        let apart = two_views(Some(gram("5")), Some(percent("2")), parent);
        assert!(apart.disagree);
        assert_eq!(fraction_of(apart.reading), Some(Interval { lo: 2 * PERCENT.steps, hi: 5 * PERCENT.steps }));
    }

    #[test]
    fn identifiers_find_their_place() {
        let (mut cas, mut ec) = (Vec::new(), Vec::new());
        assert!(sort_identifier("7439-92-1", &mut cas, &mut ec));
        assert!(sort_identifier("231-100-4", &mut cas, &mut ec));
        assert!(!sort_identifier("SN0015", &mut cas, &mut ec));
        assert_eq!((cas.len(), ec.len()), (1, 1));
    }
}
