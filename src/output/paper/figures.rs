//! Shares in figures, as text and as places on an axis. Whole numbers throughout, so that a paper is the same on every
//! machine.

use super::Share;
use crate::output::report::whole;
use crate::output::words::{Lang, decimal};

/// What stands for a withheld value, for programs and readers of English.
pub const WITHHELD: &str = "withheld";

/// What stands for a withheld value.
pub fn withheld(lang: Lang) -> &'static str {
    lang.of("dold", WITHHELD)
}

/// Hundredths of a per cent that `part` is of `whole`, rounded half up; `None` of nothing.
pub fn hundredths(part: u64, whole: u64) -> Option<u64> {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let rounded = (part * 20_000 + whole).checked_div(whole * 2)?;
    u64::try_from(rounded).ok()
}

/// Hundredths of a per cent with both decimals: `12.00`.
pub fn exact(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Tenths of a per cent without a zero that says nothing: `12`, `4.5`.
fn tenths(tenths: u64, lang: Lang) -> String {
    match (tenths / 10, tenths % 10) {
        (percent, 0) => percent.to_string(),
        (percent, rest) => decimal(&format!("{percent}.{rest}"), lang),
    }
}

/// The share alone: `12 %`. What is not nothing never reads as nothing, and what is not all never as all.
pub fn percent(share: Share, lang: Lang) -> String {
    let Share { part, whole, .. } = share;
    let (part_wide, whole_wide) = (u128::from(part), u128::from(whole));
    let Some(rounded) = (part_wide * 2_000 + whole_wide).checked_div(whole_wide * 2) else { return "–".to_string() };
    match u64::try_from(rounded).unwrap_or(1_000) {
        0 if part > 0 => format!("<\u{a0}{}\u{a0}%", tenths(1, lang)),
        1_000 if part < whole => format!(">\u{a0}{}\u{a0}%", tenths(999, lang)),
        rounded => format!("{}\u{a0}%", tenths(rounded, lang)),
    }
}

/// The interval, rounded outward to tenths: `4.5–31.2 %`.
pub fn interval(share: Share, lang: Lang) -> String {
    let low = u64::from(share.low) / 10;
    let high = u64::from(share.high).div_ceil(10);
    format!("{}–{}\u{a0}%", tenths(low, lang), tenths(high, lang))
}

/// "3 of 25".
pub fn counts(share: Share, lang: Lang) -> String {
    format!("{}\u{a0}{}\u{a0}{}", whole(share.part, lang), lang.of("av", "of"), whole(share.whole, lang))
}

/// The counts and the interval: `(3 of 25; 4.5–31.2 %)`. Of nothing there is no interval to tell.
pub fn behind(share: Share, lang: Lang) -> String {
    if share.whole == 0 { format!("({})", counts(share, lang)) } else { format!("({}; {})", counts(share, lang), interval(share, lang)) }
}

/// The whole share: `12 % (3 of 25; 4.5–31.2 %)`.
pub fn share(share: Share, lang: Lang) -> String {
    format!("{} {}", percent(share, lang), behind(share, lang))
}

/// An axis of shares that begins at nothing and ends where it reads well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// Its end, in hundredths of a per cent.
    pub end: u64,
    /// From mark to mark.
    step: u64,
}

impl Axis {
    /// The shortest that holds these shares with their intervals, and a line.
    pub fn over(shares: impl Iterator<Item = Share>, line: Option<u16>) -> Axis {
        let far = |share: Share| u64::from(share.high).max(hundredths(share.part, share.whole).unwrap_or(0)).min(10_000);
        let reach = shares.map(far).chain(line.map(u64::from)).max().unwrap_or(10_000);
        let ends = [(500, 100), (1_000, 200), (2_000, 500), (4_000, 1_000), (6_000, 2_000)];
        let (end, step) = ends.into_iter().find(|(end, _)| reach <= *end).unwrap_or((10_000, 2_500));
        Axis { end, step }
    }

    /// The marks on it, in hundredths of a per cent.
    pub fn marks(self) -> impl Iterator<Item = u64> {
        (0..).map(move |number| number * self.step).take_while(move |mark| *mark <= self.end)
    }

    /// Where a share stands, in thousandths of the axis.
    pub fn place(self, hundredths: u64) -> u64 {
        (hundredths.min(self.end) * 2_000 + self.end) / (self.end * 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_read_as_people_write_them() {
        let few = Share { part: 3, whole: 25, low: 455, high: 3_115 };
        assert_eq!(share(few, Lang::En).replace('\u{a0}', " "), "12 % (3 of 25; 4.5–31.2 %)");
        assert_eq!(share(few, Lang::Sv).replace('\u{a0}', " "), "12 % (3 av 25; 4,5–31,2 %)");
        let none = Share { part: 0, whole: 0, low: 0, high: 10_000 };
        assert_eq!(share(none, Lang::En).replace('\u{a0}', " "), "– (0 of 0)");
        let third = Share { part: 1, whole: 3, low: 84, high: 9_058 };
        assert_eq!(percent(third, Lang::Sv).replace('\u{a0}', " "), "33,3 %");
        let rare = Share { part: 1, whole: 1_000_000, low: 0, high: 1 };
        assert_eq!(percent(rare, Lang::En).replace('\u{a0}', " "), "< 0.1 %");
        assert_eq!(interval(rare, Lang::En).replace('\u{a0}', " "), "0–0.1 %");
        let nearly = Share { part: 999_999, whole: 1_000_000, low: 9_999, high: 10_000 };
        assert_eq!(percent(nearly, Lang::En).replace('\u{a0}', " "), "> 99.9 %");
        let most = Share { part: u64::MAX, whole: u64::MAX, low: 9_999, high: 10_000 };
        assert_eq!(percent(most, Lang::En).replace('\u{a0}', " "), "100 %");
    }

    #[test]
    fn axes_are_as_long_as_they_must_be() {
        let at = |high| Share { part: 0, whole: 10, low: 0, high };
        assert_eq!(Axis::over([at(410)].into_iter(), None).end, 500);
        assert_eq!(Axis::over([at(410)].into_iter(), Some(1_500)).end, 2_000);
        assert_eq!(Axis::over([at(9_000)].into_iter(), None).end, 10_000);
        assert_eq!(Axis::over(std::iter::empty(), None).end, 10_000);
        let axis = Axis::over([at(2_000)].into_iter(), None);
        assert_eq!(axis.marks().collect::<Vec<_>>(), [0, 500, 1_000, 1_500, 2_000]);
        assert_eq!((axis.place(0), axis.place(1_000), axis.place(9_999)), (0, 500, 1_000));
    }
}
