//! What the cells of a table were read as. The same names, numbers and amounts stand on thousands of lines, and equal
//! texts are mostly one text in memory, so each is read once and found again by where it lies.

use super::amounts::{read_cell, says_nothing};
use super::identifiers::{Numbers, has_cas, has_ec, name_without_numbers, numbers_in};
use crate::amount::{Context, Decimal, Reading, Unit};
use crate::input::workbook::{Cell, Shown, Value};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

/// How many readings of one sort are kept: a table in which every cell is another gains nothing and must not grow.
const MOST: usize = 4096;

/// Mixes addresses and small numbers; nobody outside chooses them, so it need not withstand anybody.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.write_u64(chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as u64);
    }

    fn write_i128(&mut self, word: i128) {
        self.write_u64(word as u64);
        self.write_u64((word >> 64) as u64);
    }
}

/// Readings by what was read.
struct Kept<K, T>(HashMap<K, T, BuildHasherDefault<Mix>>);

impl<K, T> Default for Kept<K, T> {
    fn default() -> Self {
        Kept(HashMap::default())
    }
}

impl<K: Eq + Hash, T: Clone> Kept<K, T> {
    fn of(&mut self, key: K, read: impl FnOnce() -> T) -> T {
        if let Some(known) = self.0.get(&key) {
            return known.clone();
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let new = read();
        self.0.insert(key, new.clone());
        new
    }
}

/// Where a text lies; two texts that live at the same time and lie at one place are one text.
pub(super) fn address(text: &Arc<str>) -> usize {
    text.as_ptr() as usize
}

/// What a cell holds, in a form that can be compared at once; `None` for what is too rare to be worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Held {
    Text(usize),
    Number(Decimal),
    Percent(Decimal),
}

impl Held {
    fn of(cell: &Cell) -> Option<Held> {
        match (&cell.value, &cell.shown) {
            (Value::Text(text), _) => Some(Held::Text(address(text))),
            (Value::Number(number), Shown::Plain) => Some(Held::Number(*number)),
            (Value::Number(number), Shown::Percent) => Some(Held::Percent(*number)),
            _ => None,
        }
    }
}

/// A substance's name with the numbers that stand in it.
#[derive(Clone)]
pub(super) struct Named {
    /// The name without the numbers.
    pub name: Option<Arc<str>>,
    /// Numbers in the form of CAS numbers.
    pub cas: Vec<Arc<str>>,
    /// Numbers in the form of EC numbers.
    pub ec: Vec<Arc<str>>,
}

/// The readings of one table. It must not outlive the sheet whose cells it has seen: texts are known by where they lie.
#[derive(Default)]
pub(super) struct Recall {
    said: Kept<usize, Option<Arc<str>>>,
    raw: Kept<Held, Arc<str>>,
    named: Kept<usize, Option<Arc<Named>>>,
    numbers: Kept<usize, Arc<Numbers>>,
    units: Kept<usize, Option<Option<Unit>>>,
    amounts: Kept<(u32, usize, Held), Reading>,
    /// With the name itself: it may be no text of the sheet, and must lie where it lies as long as it is known by that.
    packaging: Kept<usize, (Arc<str>, bool)>,
}

impl Recall {
    /// What a person sees in the cell.
    pub fn raw(&mut self, cell: &Cell) -> Arc<str> {
        match (&cell.value, Held::of(cell)) {
            (Value::Text(text), _) => Arc::clone(text),
            (_, Some(held)) => self.raw.of(held, || cell.raw().into()),
            (_, None) => cell.raw().into(),
        }
    }

    /// What the cell says, unless it is blank, a dash or N/A.
    pub fn said(&mut self, cell: &Cell) -> Option<Arc<str>> {
        match &cell.value {
            Value::Text(text) => self.said.of(address(text), || said_of(text)),
            Value::MissingResult | Value::Error(_) => None,
            _ => Some(self.raw(cell)),
        }
    }

    /// The substance that the cell names.
    pub fn named(&mut self, cell: &Cell) -> Option<Arc<Named>> {
        match &cell.value {
            Value::Text(text) => self.named.of(address(text), || said_of(text).map(|name| Arc::new(named_of(name)))),
            _ => self.said(cell).map(|name| Arc::new(named_of(name))),
        }
    }

    /// The numbers that stand in the text of a CAS or EC column.
    pub fn numbers(&mut self, text: &Arc<str>) -> Arc<Numbers> {
        self.numbers.of(address(text), || {
            let mut numbers = numbers_in(text);
            // By far the commonest cell is one number and nothing else: one text will do.
            if let [number] = numbers.cas.as_mut_slice()
                && **number == **text
            {
                *number = Arc::clone(text);
            }
            Arc::new(numbers)
        })
    }

    /// Whether a name is one of packaging, as `read` tells.
    pub fn packaging(&mut self, name: &Arc<str>, read: impl FnOnce(&str) -> bool) -> bool {
        self.packaging.of(address(name), || (Arc::clone(name), read(name))).1
    }

    /// The unit that a unit column's text names: `None` when it says nothing, `Some(None)` when nobody knows it.
    pub fn unit(&mut self, text: &Arc<str>) -> Option<Option<Unit>> {
        self.units.of(address(text), || if says_nothing(text) { None } else { Some(Unit::parse(text)) })
    }

    /// The amount in a cell of a column; `unit_text` is what the row's unit column says. Everything else that the
    /// context tells must be the same for the whole column.
    pub fn amount(&mut self, column: u32, unit_text: Option<&Arc<str>>, cell: &Cell, context: &Context) -> Reading {
        match Held::of(cell) {
            Some(held) => self.amounts.of((column, unit_text.map_or(0, address), held), || read_cell(cell, context)),
            None => read_cell(cell, context),
        }
    }
}

/// The text without blanks around it, unless it says nothing.
fn said_of(text: &Arc<str>) -> Option<Arc<str>> {
    if says_nothing(text) {
        return None;
    }
    let trimmed = text.trim();
    Some(if trimmed.len() == text.len() { Arc::clone(text) } else { trimmed.into() })
}

fn named_of(name: Arc<str>) -> Named {
    if !has_cas(&name) && !has_ec(&name) {
        return Named { name: Some(name), cas: Vec::new(), ec: Vec::new() };
    }
    let numbers = numbers_in(&name);
    let rest = name_without_numbers(&name);
    Named {
        name: if rest.is_empty() { None } else { Some(rest.into()) },
        cas: numbers.cas.into_iter().filter(|number| has_cas(number)).collect(),
        ec: numbers.ec,
    }
}
