//! Days and times as spreadsheets store them: a count of days since 1900 or 1904, or ISO text.

use super::workbook::Value;

/// Which day is number 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateSystem {
    /// Day 1 is 1 January 1900 (and 29 February 1900, which never was, is day 60).
    From1900,
    /// Day 0 is 1 January 1904 (old Macintosh workbooks).
    From1904,
}

/// A stored number as a day, with the time of day in its text; or as a time alone.
pub(super) fn date(stored: f64, system: DateSystem, time_only: bool) -> Option<Value> {
    if !(0.0..2_958_466.0).contains(&stored) {
        return None;
    }
    let mut day = stored.floor() as i64;
    let mut second = ((stored - stored.floor()) * 86_400.0).round() as i64;
    if time_only {
        let total = day * 86_400 + second;
        let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
        let text = format!("{hours:02}:{minutes:02}:{seconds:02}");
        return Some(Value::Text(text.into()));
    }
    if second == 86_400 {
        day += 1;
        second = 0;
    }
    // Days since 1970-01-01.
    let days = match system {
        DateSystem::From1904 => day - 24_107,
        DateSystem::From1900 if day == 0 || day == 60 => return None,
        DateSystem::From1900 if day < 60 => day - 25_568,
        DateSystem::From1900 => day - 25_569,
    };
    let (year, month, day) = civil(days);
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    if second > 0 {
        let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
        text.push_str(&format!(" {hours:02}:{minutes:02}:{seconds:02}"));
    }
    Some(Value::Date { year, month, day, text: text.into() })
}

/// Year, month and day of a number of days since 1970-01-01 (the well-known algorithm over eras of 400 years).
fn civil(days: i64) -> (i32, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u8, day as u8)
}

/// A day written `2026-02-04` or `2026-02-04T12:30:00`, as ods and strict xlsx store it; text otherwise.
pub fn iso_date(text: &str) -> Value {
    let read = || {
        let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
        let mut parts = day.splitn(3, '-');
        let year: i32 = parts.next()?.parse().ok()?;
        let month: u8 = parts.next()?.parse().ok()?;
        let day: u8 = parts.next()?.parse().ok()?;
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let time = time.trim_end_matches('Z');
        let midnight = time.chars().all(|c| matches!(c, '0' | ':' | '.'));
        let mut shown = format!("{year:04}-{month:02}-{day:02}");
        if !midnight {
            shown.push(' ');
            shown.push_str(time);
        }
        Some(Value::Date { year, month, day, text: shown.into() })
    };
    read().unwrap_or_else(|| Value::Text(text.into()))
}
