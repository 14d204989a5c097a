//! The text of a number format, cut into its sections and each section read: digits, percent signs, words,
//! conditions, dates (ECMA-376 part 1, 18.8.31).

use super::workbook::Shown;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    pub(super) condition: Option<Condition>,
    pub(super) appearance: Appearance,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Condition {
    comparison: Comparison,
    bound: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// What one section of a format code makes of a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Appearance {
    Number(Shown),
    Date,
    Time,
    /// Words in front of the number: the cell reads as text.
    Words {
        before: Box<str>,
        after: Box<str>,
        percent: bool,
    },
    /// Whole numbers with a fixed number of digits, perhaps with dashes between: `00000`, `0-00-0`.
    Digits(Box<str>),
    /// Words and no number at all.
    Literal(Box<str>),
    /// Nothing is shown.
    Hidden,
}

impl Condition {
    fn parse(inside: &str) -> Option<Condition> {
        let (comparison, bound) = if let Some(bound) = inside.strip_prefix("<=") {
            (Comparison::LessOrEqual, bound)
        } else if let Some(bound) = inside.strip_prefix(">=") {
            (Comparison::GreaterOrEqual, bound)
        } else if let Some(bound) = inside.strip_prefix("<>") {
            (Comparison::NotEqual, bound)
        } else if let Some(bound) = inside.strip_prefix('<') {
            (Comparison::Less, bound)
        } else if let Some(bound) = inside.strip_prefix('>') {
            (Comparison::Greater, bound)
        } else {
            (Comparison::Equal, inside.strip_prefix('=')?)
        };
        Some(Condition { comparison, bound: bound.trim().parse().ok()? })
    }

    pub(super) fn holds(self, stored: f64) -> bool {
        match self.comparison {
            Comparison::Less => stored < self.bound,
            Comparison::LessOrEqual => stored <= self.bound,
            Comparison::Greater => stored > self.bound,
            Comparison::GreaterOrEqual => stored >= self.bound,
            Comparison::Equal => stored == self.bound,
            Comparison::NotEqual => stored != self.bound,
        }
    }
}

/// One piece of a format code.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// Quoted or escaped text: shown as it stands.
    Words(String),
    /// The inside of square brackets.
    Bracket(String),
    /// Any other character.
    Char(char),
}

/// Cuts a code at its semicolons, and each section into tokens. Padding (`_x`) and fill (`*x`) are dropped.
pub(super) fn split_sections(code: &str) -> Vec<Vec<Token>> {
    let mut sections = vec![Vec::new()];
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        let token = match c {
            ';' => {
                sections.push(Vec::new());
                continue;
            }
            '"' => Token::Words(chars.by_ref().take_while(|c| *c != '"').collect()),
            '\\' => Token::Words(chars.next().into_iter().collect()),
            '_' | '*' => {
                chars.next();
                continue;
            }
            '[' => Token::Bracket(chars.by_ref().take_while(|c| *c != ']').collect()),
            c => Token::Char(c),
        };
        if let Some(section) = sections.last_mut() {
            section.push(token);
        }
    }
    sections
}

/// What is known of a section while it is read.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) condition: Option<Condition>,
    before: String,
    /// Words since the last digit; they end up between digits or after the number.
    after: String,
    between: String,
    /// The placeholders with the dashes between them.
    mask: String,
    digits: usize,
    point: bool,
    /// A comma right after the latest digit; at the end of the number it divides by a thousand.
    comma_last: bool,
    scaled: bool,
    grouped: bool,
    percents: usize,
    general: bool,
    exponent: bool,
    day_or_year: bool,
    month: bool,
    clock: bool,
    /// ".000" after seconds.
    seconds_fraction: bool,
    pub(super) text_placeholder: bool,
    odd: bool,
}

impl Draft {
    pub(super) fn from_tokens(tokens: &[Token]) -> Draft {
        let mut draft = Draft::default();
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            index += 1;
            match token {
                Token::Words(words) => draft.words(words),
                Token::Bracket(inside) => draft.bracket(inside),
                Token::Char(c) => {
                    let rest = tokens.get(index - 1..).unwrap_or_default();
                    if starts_with(rest, "general") {
                        draft.general = true;
                        draft.digit('#');
                        index += "general".len() - 1;
                    } else if starts_with(rest, "am/pm") {
                        draft.clock = true;
                        index += "am/pm".len() - 1;
                    } else if starts_with(rest, "a/p") {
                        draft.clock = true;
                        index += "a/p".len() - 1;
                    } else if matches!(c, 'E' | 'e') && draft.digits > 0 && matches!(tokens.get(index), Some(Token::Char('+' | '-'))) {
                        draft.exponent = true;
                        index += 1;
                    } else {
                        draft.char(*c);
                    }
                }
            }
        }
        draft.scaled |= draft.comma_last;
        draft
    }

    fn words(&mut self, words: &str) {
        self.scaled |= self.comma_last;
        self.comma_last = false;
        if self.digits == 0 && !self.text_placeholder {
            self.before.push_str(words);
        } else {
            self.after.push_str(words);
        }
    }

    fn bracket(&mut self, inside: &str) {
        if let Some(currency) = inside.strip_prefix('$') {
            let symbol = currency.split('-').next().unwrap_or_default();
            // A currency in front of a number changes nothing that matters here.
            if self.digits > 0 {
                self.words(symbol);
            }
        } else if let Some(condition) = Condition::parse(inside) {
            self.condition = Some(condition);
        } else if inside.starts_with(['<', '>', '=']) {
            self.odd = true;
        } else if !inside.is_empty() && inside.chars().all(|c| matches!(c.to_ascii_lowercase(), 'h' | 'm' | 's')) {
            self.clock = true;
        }
        // The rest are colours and digit shapes.
    }

    fn digit(&mut self, placeholder: char) {
        if self.digits > 0 && !self.after.is_empty() {
            self.between.push_str(&self.after);
            self.mask.push_str(&self.after);
            self.after.clear();
        }
        self.grouped |= self.comma_last;
        self.comma_last = false;
        self.mask.push(placeholder);
        self.digits += 1;
    }

    fn char(&mut self, c: char) {
        match c {
            '0' | '#' | '?' if self.clock && self.seconds_fraction => {}
            '0' | '#' | '?' => self.digit(c),
            '.' if self.clock => self.seconds_fraction = true,
            '.' => {
                self.scaled |= self.comma_last;
                self.comma_last = false;
                self.point = true;
            }
            ',' => self.comma_last = self.digits > 0,
            '%' => {
                self.scaled |= self.comma_last;
                self.comma_last = false;
                self.percents += 1;
            }
            '@' => self.text_placeholder = true,
            'y' | 'Y' | 'd' | 'D' | 'b' | 'B' | 'e' | 'g' | 'a' => self.day_or_year = true,
            'm' | 'M' => self.month = true,
            'h' | 'H' | 's' | 'S' => self.clock = true,
            // Signs and blanks that only decorate; a dash between digits is part of what is shown.
            '-' if self.digits > 0 => self.after.push('-'),
            '-' | '+' | '(' | ')' | '$' | ':' | '/' | '!' | '^' | '&' | '\'' | '{' | '}' | ' ' | '\u{a0}' | '\u{202f}' => {
                self.scaled |= self.comma_last;
                self.comma_last = false;
            }
            c => self.words(c.encode_utf8(&mut [0; 4])),
        }
    }

    /// The words before and after `@`, when there are any.
    pub(super) fn around_text(&self) -> Option<(Box<str>, Box<str>)> {
        let worded = !self.before.trim().is_empty() || !self.after.trim().is_empty();
        (worded && self.digits == 0).then(|| (self.before.as_str().into(), self.after.as_str().into()))
    }

    pub(super) fn appearance(&self) -> Appearance {
        let unknown = Appearance::Number(Shown::Unknown);
        if self.odd || self.scaled || self.percents > 1 {
            return unknown;
        }
        if self.day_or_year || self.month || self.clock {
            if self.digits > 0 || self.percents > 0 {
                return unknown;
            }
            return if self.day_or_year || (self.month && !self.clock) { Appearance::Date } else { Appearance::Time };
        }
        if self.text_placeholder {
            // Numbers in cells formatted as text are shown as they are.
            return Appearance::Number(Shown::Plain);
        }
        // Quoted signs and brackets decorate negative numbers; the stored sign says the same.
        let decoration = |c: char| matches!(c, '-' | '–' | '—' | '+' | '(' | ')') || c.is_whitespace();
        let before = self.before.trim_matches(decoration);
        let after = self.after.trim_matches(decoration);
        if self.digits == 0 {
            return if self.percents > 0 {
                unknown
            } else if self.before.trim().is_empty() {
                Appearance::Hidden
            } else if before.is_empty() {
                // The bookkeeping formats show a stored zero as a dash.
                Appearance::Number(Shown::Plain)
            } else {
                Appearance::Literal(before.into())
            };
        }
        let whole = !self.point && !self.grouped && !self.exponent && self.percents == 0;
        if !self.between.trim().is_empty() {
            let dashes = self.between.chars().all(|c| c == '-');
            return if dashes && whole && before.is_empty() && after.is_empty() {
                Appearance::Digits(self.mask.as_str().into())
            } else {
                unknown
            };
        }
        if whole && before.is_empty() && after.is_empty() && self.mask.len() > 1 && self.mask.chars().all(|c| c == '0') {
            return Appearance::Digits(self.mask.as_str().into());
        }
        let percent = self.percents > 0;
        match (before.is_empty(), after.is_empty()) {
            (true, true) if percent => Appearance::Number(Shown::Percent),
            (true, true) => Appearance::Number(Shown::Plain),
            (true, false) if !percent => Appearance::Number(Shown::UnitText(Arc::from(after))),
            _ => Appearance::Words {
                before: before.into(),
                after: if after.is_empty() { "".into() } else { format!(" {after}").into() },
                percent,
            },
        }
    }
}

/// Whether plain characters spell a word, whatever their case.
fn starts_with(tokens: &[Token], word: &str) -> bool {
    let mut tokens = tokens.iter();
    word.chars().all(|w| matches!(tokens.next(), Some(Token::Char(c)) if c.to_ascii_lowercase() == w))
}
