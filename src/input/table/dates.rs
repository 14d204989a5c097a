//! Dates as people write them. A day and a month that could be either are never guessed.

use crate::declaration::Date;

/// What a text says about a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// This day.
    Day(Date),
    /// `04/02/2026`: day and month cannot be told apart.
    Ambiguous,
    /// No date.
    Nothing,
}

/// The date in a text, when it can only be one.
pub(super) fn date_in(text: &str) -> Option<Date> {
    match written(text) {
        Written::Day(date) => Some(date),
        Written::Ambiguous | Written::Nothing => None,
    }
}

/// Reads `2026-02-04`, `20260204`, `4.2.2026`, `31/12/2026`, `4 februari 2026`, `11-Oct-2019`.
pub(super) fn written(text: &str) -> Written {
    let text = text.trim();
    let mut parts: Vec<&str> = Vec::with_capacity(3);
    for part in
        text.split(|c: char| c.is_whitespace() || matches!(c, '-' | '.' | '/' | ',' | 'T' | '‐'..='―')).filter(|part| !part.is_empty())
    {
        parts.push(part);
        if parts.len() == 3 {
            break;
        }
    }
    let number = |part: &str| part.parse::<i32>().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
    let day_of = |year: i32, month: i32, day: i32| {
        let date = i16::try_from(year).ok().zip(i8::try_from(month).ok()).zip(i8::try_from(day).ok());
        date.and_then(|((year, month), day)| Date::new(year, month, day).ok())
            .filter(|_| (1990..=2100).contains(&year))
            .map_or(Written::Nothing, Written::Day)
    };
    match parts.as_slice() {
        [one, ..] if one.len() == 8 && parts.len() <= 2 => match number(one) {
            Some(value) => day_of(value / 10_000, value / 100 % 100, value % 100),
            None => Written::Nothing,
        },
        [a, b, c] => match (number(a), number(b), number(c)) {
            (Some(year), Some(month), Some(day)) if a.len() == 4 => day_of(year, month, day),
            (Some(first), Some(second), Some(year)) if c.len() == 4 => {
                // A point always separates day, month and year in this order; a slash or dash may be either.
                if text.contains('.') || first > 12 || first == second {
                    day_of(year, second, first)
                } else if second > 12 {
                    day_of(year, first, second)
                } else {
                    Written::Ambiguous
                }
            }
            (Some(day), None, Some(year)) if c.len() == 4 => month_named(b).map_or(Written::Nothing, |month| day_of(year, month, day)),
            (None, Some(day), Some(year)) if c.len() == 4 => month_named(a).map_or(Written::Nothing, |month| day_of(year, month, day)),
            _ => Written::Nothing,
        },
        _ => Written::Nothing,
    }
}

/// Month by the start of its name in the six languages.
fn month_named(text: &str) -> Option<i32> {
    const MONTHS: [&[&str]; 12] = [
        &["jan", "tammi"],
        &["feb", "helmi"],
        &["mar", "mär", "maalis"],
        &["apr", "huhti"],
        &["maj", "may", "mai", "touko"],
        &["jun", "kesä"],
        &["jul", "heinä"],
        &["aug", "elo"],
        &["sep", "syys"],
        &["okt", "oct", "loka"],
        &["nov", "marras"],
        &["dec", "des", "dez", "joulu"],
    ];
    let lower = text.to_lowercase();
    let at = MONTHS.iter().position(|names| names.iter().any(|name| lower.starts_with(name)))?;
    i32::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_or_left_alone() {
        let day = |y, m, d| Written::Day(Date::new(y, m, d).expect("date"));
        assert_eq!(written("2026-02-04"), day(2026, 2, 4));
        assert_eq!(written("2026-02-04 12:30"), day(2026, 2, 4));
        assert_eq!(written("20260204"), day(2026, 2, 4));
        assert_eq!(written("4.2.2026"), day(2026, 2, 4));
        assert_eq!(written("31/12/2026"), day(2026, 12, 31));
        assert_eq!(written("12/31/2026"), day(2026, 12, 31));
        assert_eq!(written("4 februari 2026"), day(2026, 2, 4));
        assert_eq!(written("11-Oct-2019"), day(2019, 10, 11));
        assert_eq!(written("04/02/2026"), Written::Ambiguous);
        assert_eq!(written("v.12 2024"), Written::Nothing);
        assert_eq!(written("30.2.2026"), Written::Nothing);
    }
}
