//! Number formats: how a spreadsheet shows a stored number. A format code such as `0.0%`, `0" mg/kg"` or
//! `[<0.1]"<0.1";0.0` is read once, and then says for every stored number what a person sees: the number
//! itself, a percentage, a number with a unit, a date, or words.

use super::calendar::{DateSystem, date};
use super::format_code::{Appearance, Draft, Section, split_sections};
use super::workbook::{Shown, Value};
use crate::amount::Decimal;

/// A format code, read.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberFormat {
    sections: Vec<Section>,
    /// Words around text cells, from the section with `@`.
    around_text: Option<(Box<str>, Box<str>)>,
}

impl NumberFormat {
    /// The format every cell has that was given none.
    pub fn general() -> NumberFormat {
        NumberFormat::of(Appearance::Number(Shown::Plain))
    }

    /// A format that could not be found or read.
    pub fn unknown() -> NumberFormat {
        NumberFormat::of(Appearance::Number(Shown::Unknown))
    }

    fn of(appearance: Appearance) -> NumberFormat {
        NumberFormat { sections: vec![Section { condition: None, appearance }], around_text: None }
    }

    /// The formats that a workbook refers to by number alone (ECMA-376 part 1, 18.8.30); those the standard
    /// leaves to the language of the program are dates, or unknown.
    pub fn built_in(id: u16) -> NumberFormat {
        match id {
            0..=4 | 11..=13 | 37..=44 | 48 | 49 => NumberFormat::general(),
            9 | 10 => NumberFormat::of(Appearance::Number(Shown::Percent)),
            14..=17 | 22 | 27..=31 | 34..=36 | 50..=54 | 57 | 58 => NumberFormat::of(Appearance::Date),
            18..=21 | 32 | 33 | 45..=47 | 55 | 56 => NumberFormat::of(Appearance::Time),
            // Currency; older workbooks repeat the code beside the number, and it wins.
            5..=8 | 23..=26 | 63..=66 => NumberFormat::general(),
            // Thai digits and dates.
            59..=62 | 69 | 70 => NumberFormat::general(),
            67 | 68 => NumberFormat::of(Appearance::Number(Shown::Percent)),
            71..=74 | 77 | 81 => NumberFormat::of(Appearance::Date),
            75 | 76 | 78..=80 => NumberFormat::of(Appearance::Time),
            _ => NumberFormat::unknown(),
        }
    }

    /// Reads a format code. What cannot be read becomes `Shown::Unknown`, never a guess.
    pub fn parse(code: &str) -> NumberFormat {
        let mut sections = Vec::new();
        let mut around_text = None;
        for (index, tokens) in split_sections(code).into_iter().enumerate() {
            let draft = Draft::from_tokens(&tokens);
            if draft.text_placeholder {
                around_text = draft.around_text();
            }
            // The fourth section, and any that holds `@` after the first, is for text alone.
            if index == 3 || (draft.text_placeholder && index > 0) {
                continue;
            }
            if index > 3 {
                return NumberFormat::unknown();
            }
            sections.push(Section { condition: draft.condition, appearance: draft.appearance() });
        }
        if sections.is_empty() {
            return NumberFormat::general();
        }
        NumberFormat { sections, around_text }
    }

    /// Whether every number is shown as it is stored, so that nothing need be looked up.
    pub fn is_plain(&self) -> bool {
        self.around_text.is_none() && Self::are_plain(&self.sections)
    }

    fn are_plain(sections: &[Section]) -> bool {
        sections.iter().all(|s| s.condition.is_none() && s.appearance == Appearance::Number(Shown::Plain))
    }

    /// How every number is shown, when that is the same for all of them and the number stands as it is stored.
    pub fn always(&self) -> Option<Shown> {
        match self.sections.as_slice() {
            [Section { condition: None, appearance: Appearance::Number(shown) }] => Some(shown.clone()),
            sections if Self::are_plain(sections) => Some(Shown::Plain),
            _ => None,
        }
    }

    /// Whether words stand around texts that have this format.
    pub fn has_words(&self) -> bool {
        self.around_text.is_some()
    }

    /// Whether numbers with this format are days or times, and nothing else.
    pub fn is_date(&self) -> bool {
        self.sections.iter().all(|s| matches!(s.appearance, Appearance::Date | Appearance::Time))
    }

    /// What a cell with this format holds, from the stored double.
    pub fn number(&self, stored: f64, system: DateSystem) -> (Value, Shown) {
        let Some(decimal) = Decimal::from_f64_15(stored) else {
            return (Value::Text(stored.to_string().into()), Shown::Unknown);
        };
        match self.appearance_of(stored) {
            None => (Value::number(decimal), Shown::Unknown),
            Some(Appearance::Number(shown)) => (Value::number(decimal), shown.clone()),
            Some(Appearance::Hidden) => (Value::number(decimal), Shown::Unknown),
            Some(appearance @ (Appearance::Date | Appearance::Time)) => match date(stored, system, *appearance == Appearance::Time) {
                Some(value) => (value, Shown::Plain),
                None => (Value::number(decimal), Shown::Unknown),
            },
            // "n.d." or "0" drawn over a stored 0.002 is neither what is stored nor what anybody measured; `<0.1` says at
            // least a bound.
            Some(Appearance::Literal(words)) if !decimal.is_zero() && !words.starts_with(['<', '≤']) => {
                (Value::number(decimal), Shown::Unknown)
            }
            Some(Appearance::Literal(words)) => (Value::Text((**words).into()), Shown::Plain),
            Some(Appearance::Words { before, after, percent }) => {
                let number = if *percent {
                    match decimal.times_100() {
                        Some(number) => format!("{number} %"),
                        None => return (Value::number(decimal), Shown::Unknown),
                    }
                } else {
                    decimal.to_string()
                };
                let text = format!("{before}{number}{after}");
                (Value::Text(text.trim().into()), Shown::Plain)
            }
            Some(Appearance::Digits(mask)) => match fill(mask, decimal) {
                Some(text) => (Value::Text(text.into()), Shown::Plain),
                None => (Value::number(decimal), Shown::Plain),
            },
        }
    }

    /// What a text cell with this format shows: `@" ppm"` writes a unit after the text.
    pub fn text(&self, text: &str) -> Option<String> {
        let (before, after) = self.around_text.as_ref()?;
        Some(format!("{before}{text}{after}"))
    }

    /// The section that applies to a number; `None` where programs differ and it matters.
    fn appearance_of(&self, stored: f64) -> Option<&Appearance> {
        let section = |index: usize| self.sections.get(index).map(|s| &s.appearance);
        if self.sections.len() == 1 && self.sections.first().is_some_and(|s| s.condition.is_none()) {
            return section(0);
        }
        let condition = |index: usize| self.sections.get(index).and_then(|s| s.condition);
        if condition(0).is_none() && condition(1).is_none() {
            // Positive, negative, zero; a missing one is the first.
            let index = if stored < 0.0 {
                1
            } else if stored == 0.0 {
                2
            } else {
                0
            };
            return section(index).or_else(|| section(0));
        }
        for index in 0..self.sections.len() {
            if condition(index).is_some_and(|c| c.holds(stored)) {
                return section(index);
            }
        }
        // No condition holds: the sections without one are left.
        let mut rest = self.sections.iter().filter(|s| s.condition.is_none());
        let first = &rest.next()?.appearance;
        rest.all(|s| s.appearance == *first).then_some(first)
    }
}

/// Writes a whole number into a mask of digits and dashes, from the right, as a spreadsheet does.
fn fill(mask: &str, number: Decimal) -> Option<String> {
    if number.scale != 0 || number.digits < 0 {
        return None;
    }
    let digits = number.digits.to_string();
    let mut rest = digits.chars().rev().peekable();
    let mut shown = Vec::new();
    let mut places = mask.chars().filter(|c| *c != '-').count();
    for place in mask.chars().rev() {
        if place == '-' {
            shown.push('-');
            continue;
        }
        places -= 1;
        match rest.next() {
            Some(digit) => shown.push(digit),
            None if place == '0' => shown.push('0'),
            None => {}
        }
        if places == 0 {
            // The leftmost place takes all digits that are left.
            shown.extend(rest.by_ref());
        }
    }
    Some(shown.iter().rev().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::calendar::iso_date;

    fn seen(code: &str, stored: f64) -> String {
        let (value, shown) = NumberFormat::parse(code).number(stored, DateSystem::From1900);
        let mark = match &value {
            Value::Number(_) if shown == Shown::Unknown => " ?",
            Value::Text(_) => " (text)",
            _ => "",
        };
        let cell = super::super::workbook::Cell::of(0, &value, &shown);
        format!("{}{mark}", cell.raw())
    }

    #[test]
    fn percent_signs_scale_unless_quoted_or_escaped() {
        for (code, stored, expected) in [
            ("0%", 0.002, "0.2 %"),
            ("0.00%", 0.001, "0.1 %"),
            ("0.0 %", 0.001, "0.1 %"),
            ("[Red]0.0%;[Blue]-0.0%", -0.001, "-0.1 %"),
            ("0.0\"%\"", 0.2, "0.2 %"),
            ("0.0\\%", 0.2, "0.2 %"),
            ("0.0\\ \\%", 0.2, "0.2 %"),
            ("_-* #,##0.0%_-", 0.2, "20 %"),
            ("0%%", 0.2, "0.2 ?"),
            ("0.0%\" v/v\"", 0.2, "20 % v/v (text)"),
        ] {
            assert_eq!(seen(code, stored), expected, "{code}");
        }
        let (_, shown) = NumberFormat::parse("0.0\"%\"").number(0.2, DateSystem::From1900);
        assert_eq!(shown, Shown::UnitText("%".into()));
    }

    #[test]
    fn a_literal_unit_does_not_scale() {
        for (code, stored, expected) in [
            ("0\" mg/kg\"", 1000.0, "1000 mg/kg"),
            ("#,##0\\ \"ppm\"", 1000.0, "1000 ppm"),
            ("General\" ppm\"", 12.5, "12.5 ppm"),
            ("0.0‰", 0.2, "0.2 ‰"),
            ("0.0 [$ppm-41D]", 5.0, "5 ppm"),
            ("0 mg/kg", 5.0, "5 ?"),
        ] {
            assert_eq!(seen(code, stored), expected, "{code}");
        }
    }

    #[test]
    fn words_in_the_format_are_what_a_person_sees() {
        for (code, stored, expected) in [
            ("[<0.1]\"<0.1\";0.0", 0.05, "<0.1 (text)"),
            ("[<0.1]\"<0.1\";0.0", 0.5, "0.5"),
            ("0.0;-0.0;\"n.d.\"", 0.0, "n.d. (text)"),
            ("\"n.d.\"", 0.2, "0.2 ?"),
            ("\"0\"", 0.2, "0.2 ?"),
            ("\"<\"0.0", 0.1, "<0.1 (text)"),
            ("<0.0%", 0.001, "<0.1 % (text)"),
            ("0.0;-0.0;;@", 0.0, "0 ?"),
            (";;;", 5.0, "5 ?"),
            ("_-* #,##0.00_-;\\-* #,##0.00_-;_-* \"-\"??_-;_-@_-", 0.0, "0"),
            ("_-* #,##0.00_-;\\-* #,##0.00_-;_-* \"-\"??_-;_-@_-", 2.5, "2.5"),
            ("#,##0.00_);(#,##0.00)", -2.5, "-2.5"),
            ("0,", 5000.0, "5000 ?"),
            ("0.0,,\" %\"", 5000.0, "5000 ?"),
            ("#,##0", 5000.0, "5000"),
            ("# ##0", 5000.0, "5000"),
            ("# ?/?", 0.5, "0.5"),
            ("0.00E+00", 0.5, "0.5"),
            ("@", 0.5, "0.5"),
            ("0000000", 123.0, "0000123 (text)"),
            ("0-00-0", 7439921.0, "7439-92-1 (text)"),
            ("0", 5.0, "5"),
        ] {
            assert_eq!(seen(code, stored), expected, "{code}");
        }
        assert_eq!(NumberFormat::parse("@\" ppm\"").text("5").as_deref(), Some("5 ppm"));
        assert_eq!(NumberFormat::parse("0;-0;0;\"about \"@").text("5").as_deref(), Some("about 5"));
        assert_eq!(NumberFormat::parse("@").text("5"), None);
    }

    #[test]
    fn days_and_times() {
        for (code, stored, expected) in [
            ("yyyy-mm-dd", 46057.0, "2026-02-04"),
            ("d/m/yyyy h:mm", 46057.5, "2026-02-04 12:00:00"),
            ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", 46057.0, "2026-02-04"),
            ("mmm-yy", 1.0, "1900-01-01"),
            ("yyyy-mm-dd", 59.0, "1900-02-28"),
            ("yyyy-mm-dd", 60.0, "60 ?"),
            ("yyyy-mm-dd", 61.0, "1900-03-01"),
            ("yyyy-mm-dd", -3.0, "-3 ?"),
            ("[h]:mm:ss", 1.5, "36:00:00 (text)"),
            ("mm:ss.0", 0.5, "12:00:00 (text)"),
            ("h:mm AM/PM", 0.75, "18:00:00 (text)"),
            ("[Red]yyyy", 46057.0, "2026-02-04"),
        ] {
            assert_eq!(seen(code, stored), expected, "{code}");
        }
        let mac = NumberFormat::built_in(14).number(0.0, DateSystem::From1904);
        assert!(matches!(mac.0, Value::Date { year: 1904, month: 1, day: 1, .. }));
        // An ammonium dichromate number that became a day.
        let far = NumberFormat::built_in(14).number(2151163.0, DateSystem::From1900);
        assert!(matches!(far.0, Value::Date { year: 7789, month: 9, day: 5, .. }), "{far:?}");
        assert!(matches!(iso_date("2021-01-05T00:00:00"), Value::Date { ref text, .. } if &**text == "2021-01-05"));
        assert!(matches!(iso_date("soon"), Value::Text(_)));
    }

    #[test]
    fn every_built_in_number_is_known_or_says_so() {
        assert_eq!(NumberFormat::built_in(9), NumberFormat::parse("0%"));
        assert_eq!(NumberFormat::built_in(10), NumberFormat::parse("0.00%"));
        assert!(NumberFormat::built_in(2).is_plain());
        assert!(NumberFormat::built_in(14).is_date());
        assert_eq!(NumberFormat::built_in(163), NumberFormat::unknown());
    }
}
