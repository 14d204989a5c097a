//! CAS and EC numbers with their check digits, as people and spreadsheets write them.

use std::fmt;

/// A CAS registry number whose check digit holds, without that digit: 7439-92-1 is 743992.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cas(u32);

impl Cas {
    /// The number without its check digit, for the packed register.
    pub(crate) const fn to_word(self) -> u32 {
        self.0
    }

    /// What [`Cas::to_word`] gave.
    pub(crate) const fn from_word(word: u32) -> Cas {
        Cas(word)
    }

    /// From the digits before the check digit and the check digit; `None` when it does not hold.
    fn checked(digits: u32, check: u32) -> Option<Cas> {
        (Cas(digits).check() == check).then_some(Cas(digits))
    }

    /// The check digit: the digits times their position from the right, modulo 10.
    fn check(self) -> u32 {
        let (mut rest, mut position, mut sum) = (self.0, 1, 0);
        while rest > 0 {
            sum += rest % 10 * position;
            rest /= 10;
            position += 1;
        }
        sum % 10
    }

    /// Reads `7439-92-1` exactly; see [`read_cas`] for what people write.
    pub fn parse(text: &str) -> Option<Cas> {
        match read_cas(text) {
            CasText::Valid(cas) => Some(cas),
            _ => None,
        }
    }
}

impl fmt::Display for Cas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}-{}", self.0 / 100, self.0 % 100, self.check())
    }
}

/// An EC (EINECS, ELINCS, list) number whose check digit holds, without that digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ec(u32);

impl Ec {
    /// The number without its check digit, for the packed register.
    pub(crate) const fn to_word(self) -> u32 {
        self.0
    }

    /// What [`Ec::to_word`] gave.
    pub(crate) const fn from_word(word: u32) -> Ec {
        Ec(word)
    }

    fn check(self) -> u32 {
        let (mut rest, mut position, mut sum) = (self.0, 6, 0);
        while rest > 0 {
            sum += rest % 10 * position;
            rest /= 10;
            position -= 1;
        }
        // 10 has no digit; the inventory prints 1 for it.
        match sum % 11 {
            10 => 1,
            check => check,
        }
    }

    /// Reads `231-100-4`, with any dash and `EC`, `EG`, `EINECS` before it.
    pub fn parse(text: &str) -> Option<Ec> {
        read_ec(text).and_then(Result::ok)
    }
}

impl fmt::Display for Ec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}-{:03}-{}", self.0 / 1000, self.0 % 1000, self.check())
    }
}

/// What a text in a CAS column is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CasText {
    /// A CAS number that holds.
    Valid(Cas),
    /// A CAS number that a spreadsheet had turned into a date.
    FromDate(Cas),
    /// Shaped like a CAS number, but the check digit does not hold. The digits, check digit last.
    Failed(Vec<u8>),
    /// An EC number in a CAS column.
    Ec(Ec),
    /// Something else: "trade secret", 47, a name.
    Other,
    /// Nothing: blank, a dash, N/A.
    Blank,
}

/// Reads what stands in a CAS column: Unicode dashes, blanks, leading zeros and `CAS:` are normalised, dates turned back.
pub fn read_cas(text: &str) -> CasText {
    // The usual case first: digits-digits-digit and nothing else.
    if let Some(read) = plain_cas(text.as_bytes()) {
        return read;
    }
    let plain = plain_number(text);
    let plain = plain.trim();
    if plain.is_empty()
        || matches!(
            plain.to_ascii_lowercase().as_str(),
            "-" | "n/a" | "na" | "n.a." | "none" | "--" | "saknas" | "ingen" | "not applicable"
        )
    {
        return CasText::Blank;
    }
    let lower = plain.to_ascii_lowercase();
    let mut rest = lower.as_str();
    for prefix in ["cas-nummer", "cas-numero", "casrn", "cas-rn", "cas-nr", "cas-no", "casnr", "cas#", "cas"] {
        if let Some(tail) = rest.strip_prefix(prefix) {
            rest = tail.trim_start_matches(['.', ':', ' ', '#', '-', '=']);
            for word in ["rn", "nr", "no", "number", "nummer"] {
                rest = rest.strip_prefix(word).unwrap_or(rest).trim_start_matches(['.', ':', ' ', '#']);
            }
            break;
        }
    }
    let rest = rest.trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | '*' | '.' | ',' | ';' | ' '));
    let joined: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(read) = plain_cas(joined.as_bytes()) {
        return read;
    }
    if let Some(Ok(ec)) = read_ec(&joined) {
        return CasText::Ec(ec);
    }
    match from_date(rest) {
        Some(cas) => CasText::FromDate(cas),
        None => CasText::Other,
    }
}

/// `\d{2,}-\d{2}-\d` (leading zeros allowed), nothing before or after; `None` when it is shaped otherwise.
fn plain_cas(bytes: &[u8]) -> Option<CasText> {
    let count = bytes.len();
    if !(7..=16).contains(&count) || bytes[count - 2] != b'-' || bytes[count - 5] != b'-' {
        return None;
    }
    let mut digits: u64 = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if at == count - 2 || at == count - 5 {
            continue;
        }
        if !byte.is_ascii_digit() {
            return None;
        }
        digits = digits * 10 + u64::from(byte - b'0');
    }
    let (number, check) = (digits / 10, (digits % 10) as u32);
    // Two to seven digits, then two, then the check digit; the smallest ever given is 50-00-0.
    let number = u32::try_from(number).ok().filter(|number| (1_000..=999_999_999).contains(number));
    match number.and_then(|number| Cas::checked(number, check)) {
        Some(cas) => Some(CasText::Valid(cas)),
        None => {
            let shown = bytes.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0');
            Some(CasText::Failed(shown.skip_while(|digit| *digit == 0).collect()))
        }
    }
}

/// Turns a date back into the CAS number it was: 7789-09-05 was 7789-09-5; 1950-01-01 may have been 50-01-1.
fn from_date(text: &str) -> Option<Cas> {
    let date = text.split(['t', ' ']).next().unwrap_or(text);
    let parts: Vec<&str> = date.split(['-', '/', '.']).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    // Year first (ISO) or year last (day or month first).
    let orders: &[(&str, &str, &str)] = if a.len() == 4 {
        &[(a, b, c)]
    } else if c.len() == 4 {
        &[(c, b, a), (c, a, b)]
    } else {
        return None;
    };
    let mut found = None;
    for (year, month, day) in orders {
        let (Ok(month_number), Ok(day_number)) = (month.parse::<u32>(), day.parse::<u32>()) else { continue };
        if !(1..=12).contains(&month_number) || !(1..=9).contains(&day_number) || !year.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        // A two-digit year became one of this or the last century.
        for head in [*year, &year[2..]] {
            let candidate = format!("{head}-{month_number:02}-{day_number}");
            if let Some(CasText::Valid(cas)) = plain_cas(candidate.as_bytes()) {
                if found.is_some_and(|earlier| earlier != cas) {
                    return None;
                }
                found = Some(cas);
            }
        }
    }
    found
}

/// Reads an EC number: `Ok` when its check digit holds, `Err(())` when it is shaped like one and fails, `None` when it
/// is something else.
pub fn read_ec(text: &str) -> Option<Result<Ec, ()>> {
    // The usual case first: the digits and nothing else.
    if let Some(read) = plain_ec(text.as_bytes()) {
        return Some(read);
    }
    let plain = plain_number(text);
    let lower = plain.trim().to_ascii_lowercase();
    let mut rest = lower.as_str();
    for prefix in ["einecs", "elincs", "eg-nummer", "eg-nr", "ec-nr", "ec no", "ef-nr", "ey-numero", "ec", "eg", "ef", "ey", "eu"] {
        if let Some(tail) = rest.strip_prefix(prefix) {
            rest = tail.trim_start_matches(['.', ':', ' ', '#', '-']);
            break;
        }
    }
    let joined: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    plain_ec(joined.as_bytes())
}

/// `\d{3}-\d{3}-\d` and nothing before or after; `None` when it is shaped otherwise.
fn plain_ec(bytes: &[u8]) -> Option<Result<Ec, ()>> {
    if bytes.len() != 9 || bytes[3] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let mut digits: u32 = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if at == 3 || at == 7 {
            continue;
        }
        if !byte.is_ascii_digit() {
            return None;
        }
        digits = digits * 10 + u32::from(byte - b'0');
    }
    let (number, check) = (digits / 10, digits % 10);
    Some(if number > 0 && Ec(number).check() == check { Ok(Ec(number)) } else { Err(()) })
}

/// One kind of dash and blank, no invisible characters.
fn plain_number(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{ad}' | '\u{2043}' => Some('-'),
            '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' => None,
            '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10),
            c if c.is_whitespace() => Some(' '),
            c => Some(c),
        })
        .collect()
}

/// The CAS numbers one slip away from digits that fail: one digit changed or two neighbours swapped.
pub fn near_misses(digits: &[u8]) -> Vec<Cas> {
    let mut found = Vec::new();
    let mut push = |digits: &[u8]| {
        let Some((check, number)) = digits.split_last() else { return };
        let number = number.iter().try_fold(0u32, |sum, digit| sum.checked_mul(10)?.checked_add(u32::from(*digit)));
        if let Some(cas) =
            number.filter(|number| (1_000..=999_999_999).contains(number)).and_then(|number| Cas::checked(number, u32::from(*check)))
        {
            if !found.contains(&cas) {
                found.push(cas);
            }
        }
    };
    let mut changed = digits.to_vec();
    for at in 0..changed.len() {
        let original = changed[at];
        for digit in 0..10 {
            if digit != original {
                changed[at] = digit;
                push(&changed);
            }
        }
        changed[at] = original;
    }
    for at in 1..changed.len() {
        if changed[at] != changed[at - 1] {
            changed.swap(at, at - 1);
            push(&changed);
            changed.swap(at, at - 1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cas_numbers_in_the_wild() {
        for text in [
            "7439-92-1",
            " 7439-92-1 ",
            "CAS: 7439-92-1",
            "CAS-nr 7439-92-1",
            "0007439-92-1",
            "7439\u{2011}92\u{2011}1",
            "7439–92–1",
            "7439 - 92 - 1",
            "[7439-92-1]",
            "CAS No. 7439-92-1",
            "7439-92-1*",
            "cas# 7439-92-1",
            "7439\u{a0}-92-1",
        ] {
            assert_eq!(read_cas(text), CasText::Valid(Cas(743_992)), "{text}");
        }
        assert_eq!(Cas(743_992).to_string(), "7439-92-1");
        assert_eq!(Cas::parse("50-00-0").map(|cas| cas.to_string()).as_deref(), Some("50-00-0"));
        assert!(matches!(read_cas("7439-92-2"), CasText::Failed(_)));
        assert!(matches!(read_cas("00-00-0"), CasText::Failed(_)));
        for text in ["trade secret", "47", "system", "SN0015", "proprietary"] {
            assert_eq!(read_cas(text), CasText::Other, "{text}");
        }
        for text in ["", "-", "–", "N/A"] {
            assert_eq!(read_cas(text), CasText::Blank, "{text}");
        }
        assert!(matches!(read_cas("201-004-7"), CasText::Ec(_)));
    }

    #[test]
    fn dates_are_turned_back() {
        for (text, cas) in [
            ("7789-09-05", "7789-09-5"),
            ("7775-11-03", "7775-11-3"),
            ("7789-06-02 00:00:00", "7789-06-2"),
            ("2425-06-01", "2425-06-1"),
            ("05.09.7789", "7789-09-5"),
            ("9/5/7789", "7789-09-5"),
        ] {
            assert_eq!(read_cas(text), CasText::FromDate(Cas::parse(cas).expect("a valid number")), "{text}");
        }
        assert_eq!(read_cas("1950-01-01"), CasText::FromDate(Cas::parse("50-01-1").expect("a valid number")));
        assert_eq!(read_cas("2026-11-22"), CasText::Other);
    }

    #[test]
    fn ec_numbers() {
        assert_eq!(Ec::parse("231-100-4").map(|ec| ec.to_string()).as_deref(), Some("231-100-4"));
        assert_eq!(Ec::parse("EC: 231–100–4").map(|ec| ec.to_string()).as_deref(), Some("231-100-4"));
        assert_eq!(read_ec("231-100-5"), Some(Err(())));
        assert_eq!(read_ec("7439-92-1"), None);
        assert_eq!(read_ec("000-000-0"), Some(Err(())));
    }

    #[test]
    fn near_misses_hold_their_check_digit() {
        // 117-81-7 with two digits swapped.
        let found = near_misses(&[1, 1, 7, 1, 8, 7]);
        assert!(found.contains(&Cas::parse("117-81-7").expect("a valid number")));
    }
}
