//! From cells to amounts: which unit counts, what a number format shows, bounds in two columns, a sign in a third.

use super::layout::text_of;
use crate::amount::{Amount, Context, Dimension, Doubt, Interval, Mark, PERCENT, Reading, Unit, WHOLE, read_number, read_text};
use crate::input::workbook::{Cell, Shown, Value};

/// Reads the cell of an amount; what is no amount (a date, an error, a formula without its result) is never zero.
pub(super) fn read_cell(cell: Cell<'_>, context: &Context) -> Reading {
    match (cell.value, cell.shown) {
        (Value::Text(text), _) => read_text(text, context),
        (Value::Bool(true), _) => Reading::Amount(Amount::MISSING),
        (Value::Bool(false), _) => Reading::Amount(Amount::NONE),
        (Value::Number(number), Shown::Plain) => read_number(number.decimal(), None, context),
        (Value::Number(number), Shown::Percent) => match number.decimal().times_100() {
            Some(percent) => read_number(percent, Some(PERCENT), context),
            None => Reading::Amount(Amount::INVALID),
        },
        // A literal that is no unit ("st", "kr") leaves the number without one: the heading's would be a guess.
        (Value::Number(number), Shown::UnitText(text)) => {
            read_number(number.decimal(), Unit::parse(text), &Context { unit: None, ..*context })
        }
        (Value::Number(number), Shown::Unknown) => read_number(number.decimal(), None, &Context { unit: None, ..*context }),
        (Value::Date { .. } | Value::Error(_) | Value::MissingResult, _) => Reading::Amount(Amount::INVALID),
    }
}

/// Whether the cell can never be an amount, whatever is written in it.
pub(super) fn is_broken(cell: Cell<'_>) -> bool {
    matches!(cell.value, Value::Date { .. } | Value::Error(_) | Value::MissingResult)
}

/// Reads an amount with the sign that stands in a column of its own: `<` and 0.1.
pub(super) fn read_qualified(qualifier: &str, cell: Cell<'_>, context: &Context) -> Reading {
    let (number, unit) = match (cell.value, cell.shown) {
        (Value::Text(text), _) => return read_text(&format!("{qualifier} {text}"), context),
        (Value::Number(number), Shown::Percent) => (number.decimal().times_100(), Some(PERCENT)),
        (Value::Number(number), Shown::UnitText(text)) => (Some(number.decimal()), Unit::parse(text)),
        (Value::Number(number), Shown::Plain) => (Some(number.decimal()), context.unit),
        (Value::Number(number), Shown::Unknown) => (Some(number.decimal()), None),
        _ => return read_cell(cell, context),
    };
    match number {
        // A stored number has a point whatever its column shows.
        Some(number) => read_text(&format!("{qualifier} {number}"), &Context { unit, mark: Mark::Point, ..*context }),
        None => Reading::Amount(Amount::INVALID),
    }
}

/// A cell that says nothing: blank, a dash, N/A.
pub(super) fn is_blank(cell: Cell<'_>) -> bool {
    match cell.value {
        Value::Text(_) => text_of(cell).is_none_or(says_nothing),
        _ => false,
    }
}

/// Words of a cell with nothing to say, lower case.
const NOTHING: [&str; 30] = [
    "-",
    "--",
    "---",
    "–",
    "—",
    ".",
    "?",
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
    "not known",
    "vet ej",
    "no data",
    "ei tietoa",
    "keine angabe",
    "k.a.",
    "not stated",
    "ej angivet",
];

/// Whether a text is blank, a dash or a word for "nothing to say". Every cell of a table passes here, so it looks at the
/// length before it looks at letters.
pub(super) fn says_nothing(text: &str) -> bool {
    let text = text.trim();
    let Some(first) = text.bytes().next() else { return true };
    if text.len() > 20
        || text.is_ascii() && !matches!(first.to_ascii_lowercase(), b'-' | b'.' | b'?' | b'e' | b'i' | b'k' | b'n' | b's' | b'u' | b'v')
    {
        return false;
    }
    let same =
        |word: &&str| word.len() == text.len() && (word.eq_ignore_ascii_case(text) || !text.is_ascii() && text.to_lowercase() == **word);
    NOTHING.iter().any(same)
}

/// "Ja" is true, "nej" is false; anything else is no answer.
pub(super) fn yes_or_no(cell: Cell<'_>) -> Option<bool> {
    let amount = match cell.value {
        Value::Bool(answer) => return Some(*answer),
        Value::Number(number) if number.decimal().is_zero() => return Some(false),
        Value::Number(number) => return (number.decimal().to_string() == "1").then_some(true),
        Value::Text(text) => {
            // "Ja, 0,1 %" answers too; its amount is the amount column's business.
            let word = text.trim().split([',', ';', '.', ' ', '(']).next().unwrap_or("");
            match read_text(word, &Context::default()) {
                Reading::Amount(amount) => amount,
                _ => return None,
            }
        }
        _ => return None,
    };
    if amount == Amount::MISSING {
        Some(true)
    } else if amount == Amount::NONE {
        Some(false)
    } else {
        None
    }
}

/// One interval from a least and a greatest amount in two columns; the least may be blank (0), the greatest too (no
/// bound). `None` when both are blank.
pub(super) fn between(min: Option<Reading>, max: Option<Reading>) -> Option<Reading> {
    let given = |reading: Option<Reading>| match reading {
        Some(Reading::Amount(amount)) => Some(amount),
        _ => None,
    };
    if matches!(min, Some(Reading::Balance)) || matches!(max, Some(Reading::Balance)) {
        return Some(Reading::Balance);
    }
    let amount = match (given(min), given(max)) {
        (None, None) => return None,
        (Some(one), Some(other)) if one.doubt.is_some() || other.doubt.is_some() => {
            let doubt = one.doubt.into_iter().chain(other.doubt).min();
            let worst = if one.doubt == doubt { one } else { other };
            match doubt {
                Some(Doubt::AmbiguousNumber) if one.dimension == other.dimension => {
                    Amount { interval: one.interval.hull(other.interval), ..worst }
                }
                _ => worst,
            }
        }
        (Some(min), Some(max)) => {
            let zero = |amount: Amount| amount.interval == Interval::ZERO;
            if min.dimension != max.dimension && !zero(min) && !zero(max) {
                Amount::INVALID
            } else {
                let dimension = if zero(max) { min.dimension } else { max.dimension };
                // Written the other way round it is the same range.
                Amount {
                    dimension,
                    interval: Interval::between(min.interval.lo, max.interval.hi),
                    kind: max.kind.or(min.kind),
                    doubt: None,
                }
            }
        }
        (Some(min), None) => {
            let top = if matches!(min.dimension, Dimension::MassFraction | Dimension::VolumeFraction) { WHOLE } else { u64::MAX };
            Amount { interval: Interval { lo: min.interval.lo, hi: top }, ..min }
        }
        (None, Some(max)) => Amount { interval: if max.doubt.is_some() { max.interval } else { max.interval.down_to_zero() }, ..max },
    };
    Some(Reading::Amount(amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Decimal;
    use crate::input::workbook::Rows;
    use std::sync::Arc;

    fn number(text: &str, shown: Shown) -> Rows {
        let mut rows = Rows::default();
        rows.push_cell(0, 0, Value::number(Decimal::parse(text).expect("number")), &shown);
        rows
    }

    fn only(rows: &Rows) -> Cell<'_> {
        rows.first().and_then(|row| row.first()).expect("a cell")
    }

    fn interval(reading: Reading) -> (u64, u64) {
        match reading {
            Reading::Amount(amount) => (amount.interval.lo, amount.interval.hi),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn formats_say_the_unit() {
        let ppm = Context { unit: Unit::parse("ppm"), ..Context::default() };
        assert_eq!(interval(read_cell(only(&number("0.002", Shown::Percent)), &ppm)), (2_000_000_000, 2_000_000_000));
        assert_eq!(interval(read_cell(only(&number("5", Shown::UnitText(Arc::from("%")))), &ppm)), (50_000_000_000, 50_000_000_000));
        assert_eq!(interval(read_cell(only(&number("5", Shown::Plain)), &ppm)), (5_000_000, 5_000_000));
        assert_eq!(read_cell(only(&number("5", Shown::Unknown)), &ppm), Reading::Amount(Amount::UNITLESS));
        assert_eq!(read_cell(only(&number("5", Shown::UnitText(Arc::from("st")))), &ppm), Reading::Amount(Amount::UNITLESS));
    }

    #[test]
    fn a_sign_in_its_own_column() {
        let percent = Context { unit: Some(PERCENT), ..Context::default() };
        assert_eq!(interval(read_qualified("<", only(&number("0.1", Shown::Plain)), &percent)), (0, 999_999_999));
        assert_eq!(interval(read_qualified("<", only(&number("1.125", Shown::Plain)), &percent)), (0, 11_249_999_999));
        assert_eq!(interval(read_qualified("<", only(&number("0.001", Shown::Percent)), &Context::default())), (0, 999_999_999));
    }

    #[test]
    fn bounds_in_two_columns() {
        let percent = Context { unit: Some(PERCENT), ..Context::default() };
        let one = |text| Some(read_text(text, &percent));
        assert_eq!(interval(between(one("1"), one("5")).expect("range")), (10_000_000_000, 50_000_000_000));
        assert_eq!(interval(between(one("5"), one("1")).expect("range")), (10_000_000_000, 50_000_000_000));
        assert_eq!(interval(between(one(""), one("5")).expect("range")), (0, 50_000_000_000));
        assert_eq!(interval(between(one("5"), one("")).expect("range")), (50_000_000_000, WHOLE));
        assert_eq!(between(one(""), one("-")), None);
    }

    #[test]
    fn answers() {
        let text = |text: &str| {
            let mut rows = Rows::default();
            rows.push_cell(0, 0, Value::Text(text.into()), &Shown::Plain);
            rows
        };
        assert_eq!(yes_or_no(only(&text("Ja"))), Some(true));
        assert_eq!(yes_or_no(only(&text("nej"))), Some(false));
        assert_eq!(yes_or_no(only(&text("vet ej"))), None);
        assert_eq!(yes_or_no(only(&text(" "))), None);
    }
}
