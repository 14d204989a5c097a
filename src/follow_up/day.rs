//! Calendar days as they stand in events (`yyyy-mm-dd`), and the arithmetic between days and milliseconds.

use crate::declaration::Date;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use std::borrow::Cow;

/// Writes a day.
///
/// # Errors
/// Those of the format.
pub fn serialize<S: Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(day)
}

/// Reads a day.
///
/// # Errors
/// When the text is no day.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    let text = Cow::<str>::deserialize(from)?;
    text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no day")))
}

/// The same where none may stand.
pub mod maybe {
    use super::{Cow, Date, Deserialize, Deserializer, Error, Serializer};

    /// Writes a day or null.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<S: Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => to.collect_str(day),
            None => to.serialize_none(),
        }
    }

    /// Reads a day or null.
    ///
    /// # Errors
    /// When the text is no day.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
        let Some(text) = Option::<Cow<str>>::deserialize(from)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| D::Error::custom(format!("`{text}` is no day")))
    }
}

/// How long an outcome may be relied on: three years after the decision (the regions' common rule for reuse).
pub fn three_years_after(day: Date) -> Date {
    day.saturating_add(jiff::Span::new().years(3))
}

/// Days since 1970-01-01 of a day in the proleptic Gregorian calendar.
pub const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day comes last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The year, month and day, that many days after 1970-01-01.
pub const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}
