//! How people write amounts: bounds, ranges, words, separators of thousands, units behind the number.
//!
//! The grammar never guesses. What has two readings keeps both; a number without a unit says nothing about the amount;
//! text that is no amount beside a named substance means "present, nobody knows how much".

use super::unit::{Dimension, Kind, PERCENT, Unit};
use super::{Amount, Doubt, Interval, WHOLE};
use crate::amount::Decimal;

/// What the cell's surroundings tell about it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Context {
    /// The unit of the row, the heading or the sheet, when the cell itself names none.
    pub unit: Option<Unit>,
    /// What the other cells of the column prove about the decimal mark.
    pub mark: Mark,
    /// Whether this is a laboratory's result: "not detected" then needs its limit.
    pub laboratory: bool,
    /// Limit of detection or quantification of the row, in steps of its own dimension.
    pub loq: Option<(Dimension, u64)>,
}

/// What is known about the decimal mark of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Nothing settles it.
    #[default]
    Unknown,
    /// `0,5`: a comma separates decimals.
    Comma,
    /// `0.5`: a point separates decimals.
    Point,
    /// The column's cells contradict each other.
    Mixed,
}

impl Mark {
    /// What two cells prove together.
    pub fn and(self, other: Mark) -> Mark {
        match (self, other) {
            (Mark::Unknown, mark) | (mark, Mark::Unknown) => mark,
            (a, b) if a == b => a,
            _ => Mark::Mixed,
        }
    }
}

/// What a cell in an amount column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Nothing: blank, a dash, N/A. Beside a named substance that is [`Amount::MISSING`], unless an answer says more.
    Empty,
    /// An amount.
    Amount(Amount),
    /// "Rest", "balance": 100 % minus the other constituents of the material.
    Balance,
}

const EMPTY: &[&str] = &[
    "",
    "-",
    "--",
    "---",
    ".",
    "n/a",
    "n.a.",
    "n.a",
    "na",
    "not available",
    "not applicable",
    "e.t.",
    "ej tillämpligt",
    "ej tillämplig",
    "ikke relevant",
    "ej relevant",
    "entfällt",
    "ei sovellu",
    "uppgift saknas",
    "saknas",
    "unknown",
    "okänd",
    "okänt",
    "ukjent",
    "ukendt",
    "tuntematon",
    "unbekannt",
    "?",
    "not known",
    "vet ej",
    "no data",
    "ei tietoa",
    "keine angabe",
    "k.a.",
    "not stated",
    "ej angivet",
    "nil value",
];
const NOT_DETECTED: &[&str] = &[
    "n.d.",
    "n.d",
    "nd",
    "n. d.",
    "not detected",
    "none detected",
    "not det.",
    "bdl",
    "u.d.",
    "ud",
    "ej påvisad",
    "ej påvisat",
    "ej påvisbar",
    "ej påvisbart",
    "ej detekterad",
    "ej detekterat",
    "ej det.",
    "e.p.",
    "icke påvisad",
    "ikke påvist",
    "i.p.",
    "ikke detekteret",
    "ikke detektert",
    "ei todettu",
    "ei havaittu",
    "ei tod.",
    "nicht nachweisbar",
    "nicht nachgewiesen",
    "n.n.",
    "n.n",
    "nn",
    "undetected",
    "below detection",
    "below detection limit",
    "below lod",
    "under detektionsgränsen",
    "under rapporteringsgränsen",
    "below loq",
    "below reporting limit",
];
const BELOW_LIMIT: &[&str] =
    &["lod", "loq", "rl", "mdl", "eql", "bg", "nwg", "detektionsgräns", "rapporteringsgräns", "kvantifieringsgräns", "dl", "mrl"];
const PRESENT: &[&str] = &[
    "trace",
    "traces",
    "tr",
    "tr.",
    "spår",
    "spor",
    "spuren",
    "jäämiä",
    "jäämä",
    "x",
    "✓",
    "✔",
    "●",
    "ja",
    "yes",
    "y",
    "j",
    "kyllä",
    "k",
    "sant",
    "true",
    "förekommer",
    "present",
    "ingår",
    "inngår",
    "indgår",
    "detected",
    "d",
    "påvisad",
    "påvist",
    "todettu",
    "nachweisbar",
    "enthalten",
    "sisältää",
    "contains",
    "innehåller",
    "wahr",
    "sann",
    "confidential",
    "proprietary",
    "konfidentiell",
    "konfidentiellt",
    "trade secret",
    "företagshemlighet",
];
const ABSENT: &[&str] = &[
    "none",
    "nej",
    "no",
    "n",
    "nei",
    "ei",
    "nein",
    "ingår ej",
    "ingår inte",
    "inngår ikke",
    "indgår ikke",
    "ikke",
    "ingen",
    "inget",
    "inga",
    "nil",
    "zero",
    "noll",
    "null",
    "nolla",
    "keine",
    "kein",
    "absent",
    "not present",
    "does not contain",
    "innehåller ej",
    "innehåller inte",
    "not contained",
    "not used",
    "ej tillsatt",
    "ei sisällä",
    "falsk",
    "false",
    "falsch",
    "förekommer ej",
    "förekommer inte",
    "not intentionally added",
    "free",
    "fri",
    "frei",
    "vapaa",
];
const BALANCE: &[&str] = &[
    "balance",
    "bal.",
    "bal",
    "rest",
    "resten",
    "resterande",
    "remainder",
    "remaining",
    "rem.",
    "rem",
    "loput",
    "loppuosa",
    "q.s.",
    "qs",
    "ad 100",
    "ad 100 %",
    "ad 100%",
    "add 100",
    "to 100",
    "to 100 %",
    "to 100%",
    "till 100 %",
    "till 100%",
    "up to 100 % balance",
    "restbelopp",
];
const UPPER_OPEN: &[&str] = &[
    "<",
    "under",
    "mindre än",
    "mindre enn",
    "mindre end",
    "alle",
    "less than",
    "below",
    "weniger als",
    "unter",
    "kleiner als",
    "lägre än",
    "lavere enn",
    "lt",
    "pienempi kuin",
    "vähemmän kuin",
];
const UPPER_CLOSED: &[&str] = &[
    "≤",
    "<=",
    "=<",
    "⩽",
    "max.",
    "max",
    "maks.",
    "maks",
    "upp till",
    "opp til",
    "op til",
    "up to",
    "bis zu",
    "enintään",
    "högst",
    "maximalt",
    "maximal",
    "at most",
    "höchstens",
    "le",
    "not more than",
    "maximum",
    "inntil",
    "korkeintaan",
];
const LOWER_OPEN: &[&str] = &[
    ">",
    "över",
    "over",
    "mer än",
    "mer enn",
    "mere end",
    "more than",
    "above",
    "yli",
    "über",
    "mehr als",
    "greater than",
    "gt",
    "enemmän kuin",
];
const LOWER_CLOSED: &[&str] =
    &["≥", ">=", "=>", "⩾", "min.", "min", "minst", "mindst", "at least", "vähintään", "mindestens", "minimum", "ge", "från", "from"];
const ABOUT: &[&str] = &[
    "ca.",
    "ca",
    "c:a",
    "cirka",
    "circa",
    "~",
    "≈",
    "approx.",
    "approx",
    "approximately",
    "about",
    "omkring",
    "omtrent",
    "noin",
    "n.",
    "etwa",
    "ungefär",
    "ung.",
    "zirka",
];

/// Which bound a prefix sets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    UpperOpen,
    UpperClosed,
    LowerOpen,
    LowerClosed,
    About,
}

const PREFIXES: &[(&[&str], Prefix)] = &[
    (UPPER_CLOSED, Prefix::UpperClosed),
    (LOWER_CLOSED, Prefix::LowerClosed),
    (UPPER_OPEN, Prefix::UpperOpen),
    (LOWER_OPEN, Prefix::LowerOpen),
    (ABOUT, Prefix::About),
];

/// What a number proves about the decimal mark of its column: `0,5` and `1.000,25` prove a comma, `0.5` a point,
/// `1,000` nothing.
pub fn mark_of(text: &str) -> Mark {
    let mut found = Mark::Unknown;
    let mut rest = text.as_bytes();
    while let Some(start) = rest.iter().position(u8::is_ascii_digit) {
        let number = rest.get(start..).unwrap_or_default();
        let separates = |at: usize| number.get(at + 1).is_some_and(u8::is_ascii_digit);
        let ends = |(at, byte): (usize, &u8)| !(byte.is_ascii_digit() || matches!(byte, b'.' | b',') && separates(at));
        let (number, after) = number.split_at(number.iter().enumerate().position(ends).unwrap_or(number.len()));
        found = found.and(mark_of_number(number));
        rest = after;
    }
    found
}

/// Of a number that begins and ends with a digit.
fn mark_of_number(number: &[u8]) -> Mark {
    let Some(last) = number.iter().rposition(|byte| !byte.is_ascii_digit()) else { return Mark::Unknown };
    let (Some(separator), Some(before)) = (number.get(last), number.get(..last)) else { return Mark::Unknown };
    let (own, other) = if *separator == b',' { (Mark::Comma, Mark::Point) } else { (Mark::Point, Mark::Comma) };
    if before.contains(separator) {
        // Repeated separators mark thousands, so the other one is the decimal mark, unless both are there.
        return if before.iter().all(|byte| byte == separator || byte.is_ascii_digit()) { other } else { own };
    }
    let lone = before.iter().all(u8::is_ascii_digit);
    let decimals = number.len() - last - 1;
    let may_mark_thousands = lone && decimals == 3 && before.len() <= 3 && before.first() != Some(&b'0');
    if may_mark_thousands { Mark::Unknown } else { own }
}

/// Reads a number that a spreadsheet stored as one. `unit` is what its own format says; otherwise the surroundings'
/// unit counts.
pub fn read_number(value: Decimal, unit: Option<Unit>, context: &Context) -> Reading {
    Reading::Amount(amount_of(Bounds::exactly(value), unit.or(context.unit)))
}

/// Reads the text of an amount cell.
pub fn read_text(text: &str, context: &Context) -> Reading {
    let plain = normalised(text);
    let plain = plain.trim();
    if EMPTY.contains(&plain) {
        return Reading::Empty;
    }
    if !plain.bytes().any(|byte| byte.is_ascii_digit()) {
        return read_word(plain, context);
    }
    if BALANCE.contains(&plain) {
        return Reading::Balance;
    }
    Reading::Amount(read_amount(plain, context))
}

/// Lower case, one kind of dash, blank and micro sign; control characters that some exports put for a dash become one.
fn normalised(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' | '\u{1}' | '\u{ad}' => plain.push('-'),
            '…' => plain.push_str("..."),
            '\u{3bc}' => plain.push('µ'),
            '\u{feff}' | '\u{200b}' => {}
            '’' | '‘' | '´' | '`' => plain.push('\''),
            c if c.is_whitespace() => plain.push(' '),
            c if c.is_ascii_uppercase() => plain.push(c.to_ascii_lowercase()),
            c if c.is_ascii() => plain.push(c),
            c => plain.extend(c.to_lowercase()),
        }
    }
    plain.replace('\u{3bc}', "µ")
}

fn read_word(plain: &str, context: &Context) -> Reading {
    let plain = plain.trim_end_matches(['*', '¹', '²', '³', ')', '(']).trim();
    // A unit may stand behind a word: "n.d. mg/kg".
    let word = plain;
    if NOT_DETECTED.contains(&word)
        || word.split_once(' ').is_some_and(|(first, unit)| NOT_DETECTED.contains(&first) && Unit::parse(unit).is_some())
    {
        return Reading::Amount(not_detected(context));
    }
    if let Some(rest) = word.strip_prefix('<').map(str::trim) {
        if BELOW_LIMIT.contains(&rest) {
            return Reading::Amount(match context.loq {
                Some(_) => not_detected(context),
                None => Amount::doubtful(Interval::UNKNOWN, Doubt::LoqMissing),
            });
        }
    }
    if BALANCE.contains(&word) {
        return Reading::Balance;
    }
    if ABSENT.contains(&word) {
        return Reading::Amount(Amount::NONE);
    }
    if PRESENT.contains(&word) {
        return Reading::Amount(Amount::MISSING);
    }
    // Prose beside a named substance: it is there, and no amount is said.
    Reading::Amount(Amount::INVALID)
}

fn not_detected(context: &Context) -> Amount {
    match context.loq {
        Some((dimension, steps)) => {
            Amount { dimension, kind: None, interval: Interval { lo: 0, hi: steps.saturating_sub(1) }, doubt: None }
        }
        None if context.laboratory => Amount::doubtful(Interval::UNKNOWN, Doubt::LoqMissing),
        None => Amount::NONE,
    }
}

/// Bounds in plain decimals, before the unit is applied.
#[derive(Clone, Copy)]
struct Bounds {
    lo: Option<Decimal>,
    lo_open: bool,
    hi: Option<Decimal>,
    hi_open: bool,
    about: bool,
    ambiguous: bool,
}

impl Bounds {
    fn exactly(value: Decimal) -> Bounds {
        Bounds { lo: Some(value), lo_open: false, hi: Some(value), hi_open: false, about: false, ambiguous: false }
    }
}

/// One number of the text with its possible readings and what surrounds it.
struct Number {
    low: Decimal,
    /// The other reading of an ambiguous separator.
    high: Option<Decimal>,
    unit: Option<Unit>,
    prefix: Option<Prefix>,
}

/// Reads text that holds at least one digit.
fn read_amount(plain: &str, context: &Context) -> Amount {
    let (body, note) = split_note(plain);
    let Some(amount) = read_body(body, context) else {
        return Amount::INVALID;
    };
    // "21 (1-30)", "0.1 % (1000 ppm)": a second amount in brackets. Equal, it is a note; otherwise both readings stay.
    let Some(second) = note.filter(|note| note.bytes().any(|byte| byte.is_ascii_digit())) else {
        return amount;
    };
    let second_context = Context { unit: context.unit, ..*context };
    match read_body(second, &second_context) {
        Some(second) if second.doubt == Some(Doubt::UnitMissing) || second.doubt == Some(Doubt::AmountInvalid) => amount,
        Some(second) if second.dimension == amount.dimension && second.interval == amount.interval => amount,
        Some(second) if second.dimension == amount.dimension => {
            Amount { interval: amount.interval.hull(second.interval), doubt: amount.doubt.or(Some(Doubt::AmbiguousNumber)), ..amount }
        }
        _ => amount,
    }
}

/// Splits a bracketed note off the end, unless the bracket is the unit's own: "0.1 % (w/w)".
fn split_note(plain: &str) -> (&str, Option<&str>) {
    let Some(inner) = plain.strip_suffix(')') else {
        return (plain, None);
    };
    let Some(open) = inner.rfind('(') else {
        return (plain, None);
    };
    if open == 0 {
        return (inner.get(1..).unwrap_or(plain), None);
    }
    let note = &inner[open + 1..];
    if Unit::parse(note).is_some()
        && !note.bytes().any(|byte| byte.is_ascii_digit())
        && !plain[..open].trim_end().ends_with(|c: char| c.is_ascii_digit())
    {
        return (plain, None);
    }
    if Unit::parse(note).is_some() {
        return (plain, None);
    }
    (plain[..open].trim_end(), Some(note))
}

fn read_body(body: &str, context: &Context) -> Option<Amount> {
    let (numbers, joint) = numbers_of(body, context.mark)?;
    let bounds = match (numbers.as_slice(), joint) {
        ([one], _) => single(one),
        ([from, to], Joint::Range) => range(from, to)?,
        ([value, deviation], Joint::PlusMinus) => plus_minus(value, deviation)?,
        ([a, b], Joint::Slash) => {
            let (a, b) = (single(a), single(b));
            Bounds { lo: least(a.lo, b.lo), hi: greatest(a.hi, b.hi), ambiguous: true, ..a }
        }
        _ => return None,
    };
    let units: Vec<Unit> = numbers.iter().filter_map(|number| number.unit).collect();
    let unit = units.last().copied();
    if units.iter().any(|other| Some(*other) != unit) {
        return None;
    }
    Some(amount_of(bounds, unit.or(context.unit)))
}

/// How two numbers of one cell hang together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    None,
    Range,
    PlusMinus,
    Slash,
}

const RANGE_WORDS: &[&str] = &["...", "..", "-", "to", "till", "til", "bis", "à", "a", "och", "–"];

/// Cuts the text into at most two numbers with their prefixes and units; `None` when anything is left over that is
/// neither a unit nor a known word.
fn numbers_of(body: &str, mark: Mark) -> Option<(Vec<Number>, Joint)> {
    let mut numbers = Vec::with_capacity(2);
    let mut joint = Joint::None;
    let mut rest = body.trim();
    loop {
        let (mut prefix, mut after) = take_prefix(rest);
        if prefix.is_none() && numbers.len() == 1 {
            // The joint between the first number and the second.
            let trimmed = rest.trim_start();
            if let Some(tail) = trimmed.strip_prefix('±').or_else(|| trimmed.strip_prefix("+/-")) {
                joint = Joint::PlusMinus;
                after = tail;
            } else if let Some(tail) = trimmed.strip_prefix('/') {
                joint = Joint::Slash;
                after = tail;
            } else {
                let word = RANGE_WORDS.iter().find(|word| {
                    trimmed
                        .strip_prefix(**word)
                        .is_some_and(|tail| !word.ends_with(char::is_alphabetic) || tail.starts_with([' ', '<', '>']))
                })?;
                joint = Joint::Range;
                after = &trimmed[word.len()..];
            }
            (prefix, after) = take_prefix(after.trim_start());
        } else if numbers.len() == 1 {
            joint = Joint::Range;
        }
        let (low, high, tail) = take_number(after.trim_start(), mark)?;
        let (unit, tail) = take_unit(tail, numbers.is_empty())?;
        numbers.push(Number { low, high, unit, prefix });
        rest = tail.trim();
        if rest.is_empty() {
            return Some((numbers, joint));
        }
        if numbers.len() == 2 {
            // "21.2 ± 4 % ..." and other tails are no amounts we know.
            return None;
        }
    }
}

fn take_prefix(text: &str) -> (Option<Prefix>, &str) {
    let text = text.trim_start();
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return (None, text);
    }
    let mut best: Option<(Prefix, &str)> = None;
    let mut longest = 0;
    for (words, prefix) in PREFIXES {
        for word in *words {
            if word.len() > longest {
                if let Some(tail) = text.strip_prefix(word) {
                    if !word.ends_with(char::is_alphabetic)
                        || tail.starts_with(|c: char| c == ' ' || c == ':' || c.is_ascii_digit() || c == '.')
                    {
                        longest = word.len();
                        best = Some((*prefix, tail.trim_start_matches([' ', ':', '='])));
                    }
                }
            }
        }
    }
    match best {
        // "ca <5" and "max ca 5": the inner prefix decides the bound.
        Some((Prefix::About, tail)) if tail.starts_with(['<', '>', '≤', '≥']) => take_prefix(tail),
        Some((prefix, tail)) => (Some(prefix), tail),
        None => (None, text.strip_prefix('=').unwrap_or(text).trim_start()),
    }
}

/// Takes the number at the start of `text`: its reading, the other reading when its separator is ambiguous, the tail.
fn take_number(text: &str, mark: Mark) -> Option<(Decimal, Option<Decimal>, &str)> {
    let bytes = text.as_bytes();
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative || bytes.first() == Some(&b'+'));
    let mut end = start;
    while end < bytes.len() {
        match bytes[end] {
            b'0'..=b'9' => end += 1,
            b'.' | b',' if bytes.get(end + 1).is_some_and(u8::is_ascii_digit) => end += 1,
            // A leading separator: ".5"
            // Blank or apostrophe between thousands: three digits must follow, and no fourth.
            b' ' | b'\'' if end > start && is_thousand_group(bytes, end) => end += 1,
            b'e' if end > start
                && (bytes.get(end + 1).is_some_and(u8::is_ascii_digit)
                    || (matches!(bytes.get(end + 1), Some(b'+' | b'-')) && bytes.get(end + 2).is_some_and(u8::is_ascii_digit))) =>
            {
                end += 2;
                while end < bytes.len() && bytes[end].is_ascii_digit() {
                    end += 1;
                }
                break;
            }
            _ => break,
        }
    }
    let digits = &text[start..end];
    let (low, high) = readings(digits, mark)?;
    let sign = |value: Decimal| if negative { Decimal { digits: -value.digits, ..value } } else { value };
    Some((sign(low), high.map(sign), &text[end..]))
}

fn is_thousand_group(bytes: &[u8], at: usize) -> bool {
    let group = bytes.get(at + 1..at + 4).is_some_and(|group| group.iter().all(u8::is_ascii_digit));
    let ends = !bytes.get(at + 4).is_some_and(u8::is_ascii_digit);
    // What stands before must be a group of at most three digits that does not begin with 0.
    let before = bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let first = at.checked_sub(before).and_then(|start| bytes.get(start));
    let follows_group = at.checked_sub(before + 1).and_then(|i| bytes.get(i)).is_some_and(|byte| matches!(byte, b' ' | b'\''));
    group && ends && (1..=3).contains(&before) && (follows_group || first != Some(&b'0'))
}

/// The readings of digits with separators; two when the separator may mean either.
fn readings(digits: &str, mark: Mark) -> Option<(Decimal, Option<Decimal>)> {
    let plain: String;
    let digits = if digits.contains([' ', '\'']) {
        plain = digits.replace([' ', '\''], "");
        plain.as_str()
    } else {
        digits
    };
    let (mantissa, exponent) = digits.find('e').map_or((digits, ""), |at| digits.split_at(at));
    let commas = mantissa.matches(',').count();
    let points = mantissa.matches('.').count();
    let with = |mantissa: &str| Decimal::parse(&format!("{mantissa}{exponent}"));
    match (commas, points) {
        (0, 0) => Some((Decimal::parse(digits)?, None)),
        (1, 0) | (0, 1) => {
            let separator = if commas == 1 { ',' } else { '.' };
            let (whole, part) = mantissa.split_once(separator)?;
            let decimal = with(&format!("{whole}.{part}"))?;
            let certain = part.len() != 3 || whole.is_empty() || whole.len() > 3 || whole.starts_with('0') || !exponent.is_empty();
            let own = if separator == ',' { Mark::Comma } else { Mark::Point };
            if certain || mark == own {
                return Some((decimal, None));
            }
            let thousands = with(&format!("{whole}{part}"))?;
            if matches!(mark, Mark::Comma | Mark::Point) {
                return Some((thousands, None));
            }
            Some((decimal, Some(thousands)))
        }
        (_, 0) | (0, _) => {
            let separator = if commas > 0 { ',' } else { '.' };
            thousands(mantissa, separator).then(|| with(&mantissa.replace(separator, "")))?.map(|value| (value, None))
        }
        _ => {
            let decimal_mark = if mantissa.rfind(',') > mantissa.rfind('.') { ',' } else { '.' };
            let group_mark = if decimal_mark == ',' { '.' } else { ',' };
            let (whole, part) = mantissa.rsplit_once(decimal_mark)?;
            if part.contains(group_mark) || whole.contains(decimal_mark) || !thousands(whole, group_mark) {
                return None;
            }
            with(&format!("{}.{part}", whole.replace(group_mark, ""))).map(|value| (value, None))
        }
    }
}

/// Whether `number` is written in groups of three, the first of one to three digits and not beginning with 0.
fn thousands(number: &str, separator: char) -> bool {
    let mut groups = number.split(separator);
    let first = groups.next().unwrap_or("");
    (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(|group| group.len() == 3)
}

/// Takes a unit from the start of `text` up to the next number or the end. Footnote marks are dropped.
fn take_unit(text: &str, first: bool) -> Option<(Option<Unit>, &str)> {
    let trimmed = text.trim_start().trim_start_matches(['*', '¹']).trim_start();
    if trimmed.is_empty() {
        return Some((None, ""));
    }
    let whole = trimmed.trim_end_matches(['*', '¹', ';', ',']).trim_end();
    if let Some(unit) = Unit::parse(whole) {
        return Some((Some(unit), ""));
    }
    if !first {
        return None;
    }
    // "0.1 % - 0.5 %": the longest start that is a unit, if what follows can be a joint.
    let boundaries = trimmed.char_indices().map(|(at, _)| at).skip(1).collect::<Vec<_>>();
    for at in boundaries.into_iter().rev() {
        let (head, tail) = trimmed.split_at(at);
        let cuts_a_word = head.ends_with(char::is_alphabetic) && tail.starts_with(char::is_alphabetic);
        if cuts_a_word || head.ends_with('-') || !tail.bytes().any(|byte| byte.is_ascii_digit()) {
            continue;
        }
        if let Some(unit) = Unit::parse(head) {
            return Some((Some(unit), tail));
        }
    }
    Some((None, trimmed))
}

fn single(number: &Number) -> Bounds {
    let (low, high) = (number.low, number.high.unwrap_or(number.low));
    let ambiguous = number.high.is_some();
    let mut bounds = Bounds { lo: Some(low), lo_open: false, hi: Some(high), hi_open: false, about: false, ambiguous };
    match number.prefix {
        None => {}
        Some(Prefix::About) => bounds.about = true,
        Some(Prefix::UpperOpen) => (bounds.lo, bounds.hi_open) = (None, true),
        Some(Prefix::UpperClosed) => bounds.lo = None,
        Some(Prefix::LowerOpen) => (bounds.hi, bounds.lo_open) = (None, true),
        Some(Prefix::LowerClosed) => bounds.hi = None,
    }
    bounds
}

fn range(from: &Number, to: &Number) -> Option<Bounds> {
    let allowed_from = [None, Some(Prefix::LowerOpen), Some(Prefix::LowerClosed), Some(Prefix::About)];
    let allowed_to = [None, Some(Prefix::UpperOpen), Some(Prefix::UpperClosed), Some(Prefix::About)];
    if allowed_from.contains(&from.prefix) && allowed_to.contains(&to.prefix) {
        let ambiguous = from.high.is_some() || to.high.is_some();
        let (from_low, from_high) = (from.low, from.high.unwrap_or(from.low));
        let (to_low, to_high) = (to.low, to.high.unwrap_or(to.low));
        let backwards = compare(from_low, to_high).is_gt();
        if backwards && (from.prefix.is_some() || to.prefix.is_some()) {
            return None;
        }
        let about = from.prefix == Some(Prefix::About) || to.prefix == Some(Prefix::About);
        return Some(Bounds {
            lo: least(Some(from_low), Some(to_low)),
            lo_open: from.prefix == Some(Prefix::LowerOpen),
            hi: greatest(Some(from_high), Some(to_high)),
            hi_open: to.prefix == Some(Prefix::UpperOpen),
            about,
            ambiguous,
        });
    }
    // "<5 >1", "<= 5 - >= 1": the bounds written in the other order.
    if allowed_to[1..3].contains(&from.prefix) && allowed_from[1..3].contains(&to.prefix) {
        return range(to, from);
    }
    None
}

fn plus_minus(value: &Number, deviation: &Number) -> Option<Bounds> {
    if value.prefix.is_some() || deviation.prefix.is_some() || deviation.low.is_negative() {
        return None;
    }
    let ambiguous = value.high.is_some() || deviation.high.is_some();
    let spread = deviation.high.unwrap_or(deviation.low);
    // A percentage behind ± is relative only when the value has another unit; both absolute is the rule here.
    if deviation.unit.is_some_and(|unit| unit == PERCENT) && value.unit.is_some_and(|unit| unit != PERCENT) {
        return None;
    }
    let low = subtract(value.low, spread)?;
    let low = if low.is_negative() { Decimal::ZERO } else { low };
    Some(Bounds {
        lo: Some(low),
        lo_open: false,
        hi: Some(add(value.high.unwrap_or(value.low), spread)?),
        hi_open: false,
        about: false,
        ambiguous,
    })
}

fn aligned(a: Decimal, b: Decimal) -> Option<(i128, i128, u32)> {
    let scale = a.scale.max(b.scale);
    let lift = |value: Decimal| value.digits.checked_mul(10i128.checked_pow(scale - value.scale)?);
    Some((lift(a)?, lift(b)?, scale))
}

fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b, scale) = aligned(a, b)?;
    Some(Decimal { digits: a.checked_add(b)?, scale })
}

fn subtract(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b, scale) = aligned(a, b)?;
    Some(Decimal { digits: a.checked_sub(b)?, scale })
}

fn compare(a: Decimal, b: Decimal) -> std::cmp::Ordering {
    match aligned(a, b) {
        Some((a, b, _)) => a.cmp(&b),
        // Beyond 128 bits only the magnitudes can be told apart; such numbers are refused later.
        None => a.scale.cmp(&b.scale).reverse(),
    }
}

fn least(a: Option<Decimal>, b: Option<Decimal>) -> Option<Decimal> {
    Some(match (a?, b?) {
        (a, b) if compare(a, b).is_le() => a,
        (_, b) => b,
    })
}

fn greatest(a: Option<Decimal>, b: Option<Decimal>) -> Option<Decimal> {
    Some(match (a?, b?) {
        (a, b) if compare(a, b).is_ge() => a,
        (_, b) => b,
    })
}

/// Applies the unit: outward rounding, open bounds one step inside, the cap and the checks of a mass fraction.
fn amount_of(bounds: Bounds, unit: Option<Unit>) -> Amount {
    let negative = bounds.lo.is_some_and(Decimal::is_negative) || bounds.hi.is_some_and(Decimal::is_negative);
    if negative {
        return Amount::INVALID;
    }
    let all_zero = bounds.lo.is_none_or(Decimal::is_zero) && bounds.hi.is_some_and(Decimal::is_zero);
    if all_zero && !bounds.hi_open {
        return Amount::NONE;
    }
    let Some(unit) = unit else {
        return Amount::UNITLESS;
    };
    let cap = if unit.dimension == Dimension::MassFraction || unit.dimension == Dimension::VolumeFraction { WHOLE } else { u64::MAX };
    let scaled = |value: Option<Decimal>| match value {
        None => Some(None),
        Some(value) => match (value.floor_times(unit.steps), value.ceil_times(unit.steps)) {
            (Some(floor), Some(ceil)) => Some(Some((floor, ceil))),
            _ => None,
        },
    };
    let (Some(lo), Some(hi)) = (scaled(bounds.lo), scaled(bounds.hi)) else {
        return Amount::INVALID;
    };
    // Above 100 % is not an amount; an ambiguous separator may have one reading that is.
    let low_reading_over = lo.is_some_and(|(_, ceil)| ceil > cap) || (lo.is_none() && hi.is_some_and(|(_, ceil)| ceil > cap));
    let high_reading_over = hi.is_some_and(|(_, ceil)| ceil > cap);
    if low_reading_over || (high_reading_over && !bounds.ambiguous && !bounds.about) {
        return Amount::INVALID;
    }
    let mut lo = match lo {
        None => 0,
        Some((floor, _)) if bounds.lo_open => floor.saturating_add(1).min(cap),
        Some((floor, _)) => floor,
    };
    let mut hi = match hi {
        None => cap,
        Some((_, ceil)) if bounds.hi_open => ceil.saturating_sub(1),
        Some((_, ceil)) => ceil,
    };
    if bounds.about {
        lo -= lo.div_ceil(10);
        hi = hi.saturating_add(hi.div_ceil(10));
    }
    let interval = Interval { lo: lo.min(cap), hi: hi.min(cap).max(lo.min(cap)) };
    let doubt = bounds.ambiguous.then_some(Doubt::AmbiguousNumber);
    Amount { dimension: unit.dimension, kind: unit.kind().filter(|kind| *kind != Kind::Content), interval, doubt }
}

#[cfg(test)]
mod tests {
    use super::super::MG_PER_KG;
    use super::*;

    const TENTH: u64 = 1_000_000_000;

    fn amount(text: &str) -> Amount {
        match read_text(text, &Context::default()) {
            Reading::Amount(amount) => amount,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn interval(text: &str) -> (u64, u64) {
        let amount = amount(text);
        assert_eq!(amount.doubt, None, "{text}");
        (amount.interval.lo, amount.interval.hi)
    }

    #[test]
    fn the_same_amount_in_many_spellings() {
        for text in [
            "0.1 %",
            "0,1%",
            "1000 mg/kg",
            "1 000 mg/kg",
            "1000 ppm",
            "1\u{a0}000 µg/g",
            "0,1 vikt-%",
            "1 g/kg",
            "1 ‰",
            "1e3 ppm",
            "1,0E-01 %",
            "1'000 ppm",
            "0.10 % (w/w)",
            "0.1 % w/w",
            "(0.1 %)",
            "= 0.1 %",
        ] {
            assert_eq!(interval(text), (TENTH, TENTH), "{text}");
        }
    }

    #[test]
    fn bounds() {
        for text in ["<0.1 %", "< 0,1 %", "under 0,1 %", "mindre än 0,1 %", "alle 0,1 %", "less than 0.1%"] {
            assert_eq!(interval(text), (0, TENTH - 1), "{text}");
        }
        for text in ["≤0.1 %", "<= 0.1 %", "max 0,1 %", "max. 0,1 %", "upp till 0,1 %", "up to 0.1 %", "bis zu 0,1 %", "enintään 0,1 %"]
        {
            assert_eq!(interval(text), (0, TENTH), "{text}");
        }
        for text in [">0.1 %", "> 0,1 %", "över 0,1 %", "over 0.1 %"] {
            assert_eq!(interval(text), (TENTH + 1, WHOLE), "{text}");
        }
        for text in ["≥0.1 %", ">= 0.1 %", "minst 0,1 %", "at least 0.1 %"] {
            assert_eq!(interval(text), (TENTH, WHOLE), "{text}");
        }
        for text in [
            "0.1-0.5 %",
            "0,1 – 0,5 %",
            "0.5-0.1 %",
            "0.1 % - 0.5 %",
            "0.1%-0.5%",
            "0,1 till 0,5 %",
            "0.1 to 0.5 %",
            "≥0.1 - ≤0.5 %",
            "0.1...0.5 %",
            "0.1\u{1}0.5 %",
        ] {
            assert_eq!(interval(text), (TENTH, 5 * TENTH), "{text}");
        }
        assert_eq!(interval(">= 0.1 - < 0.5 %"), (TENTH, 5 * TENTH - 1));
        assert_eq!(interval(">0.1-<0.5 %"), (TENTH + 1, 5 * TENTH - 1));
        assert_eq!(interval("0.1 - < 0.5 %"), (TENTH, 5 * TENTH - 1));
        for text in ["ca 0,1 %", "ca. 0,1 %", "~0.1 %", "approx. 0.1 %", "cirka 0,1 %", "noin 0,1 %"] {
            assert_eq!(interval(text), (900_000_000, 1_100_000_000), "{text}");
        }
        assert_eq!(interval("0.3 ± 0.1 %"), (2 * TENTH, 4 * TENTH));
        assert_eq!(interval("3±4 %"), (0, 70 * TENTH));
        assert_eq!(interval(">120 ppm"), (120_000_001, WHOLE));
    }

    #[test]
    fn words() {
        assert_eq!(amount("n.d."), Amount::NONE);
        assert_eq!(amount("ej påvisad"), Amount::NONE);
        let laboratory = Context { laboratory: true, ..Context::default() };
        assert_eq!(read_text("n.d.", &laboratory), Reading::Amount(Amount::doubtful(Interval::UNKNOWN, Doubt::LoqMissing)));
        let limited = Context { loq: Some((Dimension::MassFraction, 5_000_000)), laboratory: true, ..Context::default() };
        assert_eq!(read_text("n.d.", &limited), Reading::Amount(Amount::fraction(Interval { lo: 0, hi: 4_999_999 })));
        assert_eq!(read_text("<LOQ", &limited), Reading::Amount(Amount::fraction(Interval { lo: 0, hi: 4_999_999 })));
        assert_eq!(amount("<LOD").doubt, Some(Doubt::LoqMissing));
        for text in ["trace", "spår", "x", "ja", "Yes", "Spuren"] {
            assert_eq!(amount(text), Amount::MISSING, "{text}");
        }
        for text in ["none", "ingår ej", "Nej", "no", "ei", "nein", "0", "0 %", "0,0", "0.00 mg/kg"] {
            assert_eq!(amount(text), Amount::NONE, "{text}");
        }
        for text in ["", " ", "-", "–", "N/A", "n/a"] {
            assert_eq!(read_text(text, &Context::default()), Reading::Empty, "{text}");
        }
        for text in ["rest", "Balance", "bal.", "resten", "ad 100 %"] {
            assert_eq!(read_text(text, &Context::default()), Reading::Balance, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_amount_is_present_and_unknown() {
        for text in ["-1 %", "120 %", "50-150 %", "see certificate", "2,5,6 %", "1.2.3 %", "5 % 6 %", "12 ng/serving"] {
            let found = amount(text);
            assert!(found == Amount::INVALID || found == Amount::UNITLESS, "{text}: {found:?}");
        }
        assert_eq!(amount("-1 %"), Amount::INVALID);
        assert_eq!(amount("120 %"), Amount::INVALID);
    }

    #[test]
    fn a_number_without_a_unit_says_nothing() {
        assert_eq!(amount("0.05"), Amount::UNITLESS);
        assert_eq!(amount("<5"), Amount::UNITLESS);
        let percent = Context { unit: Some(PERCENT), ..Context::default() };
        assert_eq!(read_text("0,05", &percent), Reading::Amount(Amount::fraction(Interval::exactly(500_000_000))));
        assert_eq!(read_text("0,05 mg/kg", &percent), Reading::Amount(Amount::fraction(Interval::exactly(50_000))));
    }

    #[test]
    fn thousands_and_decimals() {
        let found = amount("1,000 ppm");
        assert_eq!((found.interval, found.doubt), (Interval { lo: 1_000_000, hi: TENTH }, Some(Doubt::AmbiguousNumber)));
        let comma = Context { mark: Mark::Comma, ..Context::default() };
        assert_eq!(read_text("1,000 ppm", &comma), Reading::Amount(Amount::fraction(Interval::exactly(1_000_000))));
        let point = Context { mark: Mark::Point, ..Context::default() };
        assert_eq!(read_text("1,000 ppm", &point), Reading::Amount(Amount::fraction(Interval::exactly(TENTH))));
        assert_eq!(interval("0,109 %"), (1_090_000_000, 1_090_000_000));
        assert_eq!(interval("1.000,5 ppm"), (1_000_500_000, 1_000_500_000));
        assert_eq!(interval("1,000.5 ppm"), (1_000_500_000, 1_000_500_000));
        assert_eq!(mark_of("1,000"), Mark::Unknown);
        assert_eq!(mark_of("0,5"), Mark::Comma);
        assert_eq!(mark_of("1,000.5 ppm"), Mark::Point);
        assert_eq!(mark_of("0,109"), Mark::Comma);
        assert_eq!(mark_of("0,1-0.5"), Mark::Mixed);
    }

    #[test]
    fn rounding_is_outward_and_other_dimensions_stay_apart() {
        assert_eq!(interval("0.0000000000001 %"), (0, 1));
        assert_eq!(interval("<0.00000000005 %"), (0, 0));
        let load = amount("12 µg/cm²");
        assert_eq!((load.dimension, load.interval.lo), (Dimension::MassPerArea, 120_000_000));
        assert_eq!(amount("0.5 µg/cm²/week").kind, Some(Kind::Release));
        assert_eq!(amount("5 vol-%").dimension, Dimension::VolumeFraction);
        assert_eq!(amount("3 mg").dimension, Dimension::Mass);
        let context = Context { unit: Some(MG_PER_KG), ..Context::default() };
        assert_eq!(
            read_number(Decimal { digits: 5, scale: 1 }, None, &context),
            Reading::Amount(Amount::fraction(Interval::exactly(500_000)))
        );
    }

    #[test]
    fn two_amounts_in_one_cell() {
        assert_eq!(interval("0.1 % (1000 ppm)"), (TENTH, TENTH));
        assert!(amount("21.2 (1-30) %").doubt.is_some());
        let percent = Context { unit: Some(PERCENT), ..Context::default() };
        let Reading::Amount(found) = read_text("21.2 ± 4 (1-30)", &percent) else { panic!() };
        assert_eq!(found.interval, Interval { lo: 10 * TENTH, hi: 300 * TENTH });
    }
}
