//! What was read before in the same table: few things stand in many cells, and what is read out of one need not be read
//! again.

use super::amounts::{read_cell, says_nothing};
use super::columns::IdentityKey;
use super::identifiers::{Numbers, has_cas, has_ec, name_without_numbers, numbers_in};
use crate::amount::{Context, Reading, Unit};
use crate::declaration;
use crate::input::workbook::{Cell, Rows, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// How many readings of a sort are kept at most.
const MOST: usize = 4096;

/// Readings by what was read, each in the only place where it may be: a later one takes the place of an earlier.
pub(super) struct Kept<K, T> {
    places: Vec<Option<(K, T)>>,
    size: usize,
}

impl<K: PartialEq, T: Clone> Kept<K, T> {
    fn new(size: usize) -> Self {
        Kept { places: Vec::new(), size }
    }

    #[inline]
    pub fn get(&self, place: usize, key: &K) -> Option<T> {
        match self.places.get(place % self.size) {
            Some(Some((known, reading))) if known == key => Some(reading.clone()),
            _ => None,
        }
    }

    pub fn put(&mut self, place: usize, key: K, reading: T) {
        if self.places.is_empty() {
            self.places.resize_with(self.size, || None);
        }
        if let Some(free) = self.places.get_mut(place % self.size) {
            *free = Some((key, reading));
        }
    }

    #[inline]
    fn of(&mut self, place: usize, key: K, read: impl FnOnce() -> T) -> T {
        if let Some(known) = self.get(place, &key) {
            return known;
        }
        let new = read();
        self.put(place, key, new.clone());
        new
    }
}

/// By the number of the content.
struct ByContent<T>(Kept<u32, T>);

impl<T: Clone> ByContent<T> {
    #[inline]
    fn of(&mut self, cell: Cell<'_>, read: impl FnOnce() -> T) -> T {
        self.0.of(cell.content as usize, cell.content, read)
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

/// The readings of one table. It must not outlive the sheet whose cells it has seen: they are known by their contents.
pub(super) struct Recall {
    /// What a row names as a substance, and the column where it does.
    pub identities: Kept<IdentityKey, Option<(Arc<declaration::Named>, u32)>>,
    said: ByContent<Option<Arc<str>>>,
    raw: ByContent<Arc<str>>,
    named: ByContent<Option<Arc<Named>>>,
    numbers: ByContent<Arc<Numbers>>,
    units: ByContent<Option<Option<Unit>>>,
    /// By column, content of the unit's cell, content.
    amounts: Kept<(u32, u32, u32), Reading>,
    /// By where the name lies, with the name itself: it must lie there as long as it is known by that.
    packaging: HashMap<usize, (Arc<str>, bool)>,
}

impl Recall {
    /// For the cells of these rows.
    pub fn new(rows: &Rows) -> Recall {
        fn kept<T: Clone>(size: usize) -> ByContent<T> {
            ByContent(Kept::new(size))
        }
        let size = rows.contents().next_power_of_two().clamp(16, MOST);
        Recall {
            identities: Kept::new(size),
            said: kept(size),
            raw: kept(size),
            named: kept(size),
            numbers: kept(size),
            units: kept(size),
            amounts: Kept::new(size),
            packaging: HashMap::new(),
        }
    }

    /// What a person sees in the cell.
    #[inline]
    pub fn raw(&mut self, cell: Cell<'_>) -> Arc<str> {
        match cell.value {
            Value::Text(text) => Arc::clone(text),
            _ => self.raw.of(cell, || cell.raw().into()),
        }
    }

    /// What the cell says, unless it is blank, a dash or N/A.
    #[inline]
    pub fn said(&mut self, cell: Cell<'_>) -> Option<Arc<str>> {
        match cell.value {
            Value::Text(text) => self.said.of(cell, || said_of(text)),
            Value::MissingResult | Value::Error(_) => None,
            _ => Some(self.raw(cell)),
        }
    }

    /// The substance that the cell names.
    #[inline]
    pub fn named(&mut self, cell: Cell<'_>) -> Option<Arc<Named>> {
        match cell.value {
            Value::Text(text) => self.named.of(cell, || said_of(text).map(|name| Arc::new(named_of(name)))),
            _ => self.said(cell).map(|name| Arc::new(named_of(name))),
        }
    }

    /// The numbers that stand in a cell of a CAS or EC column.
    #[inline]
    pub fn numbers(&mut self, cell: Cell<'_>) -> Arc<Numbers> {
        self.numbers.of(cell, || {
            let Value::Text(text) = cell.value else { return Arc::new(numbers_in(&cell.raw())) };
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
        let address = name.as_ptr() as usize;
        if let Some((_, known)) = self.packaging.get(&address) {
            return *known;
        }
        if self.packaging.len() >= MOST {
            self.packaging.clear();
        }
        let packaging = read(name);
        self.packaging.insert(address, (Arc::clone(name), packaging));
        packaging
    }

    /// The unit that a unit column's cell names: `None` when it says nothing, `Some(None)` when nobody knows it.
    pub fn unit(&mut self, cell: Cell<'_>) -> Option<Option<Unit>> {
        let Value::Text(text) = cell.value else { return None };
        self.units.of(cell, || if says_nothing(text) { None } else { Some(Unit::parse(text)) })
    }

    /// The amount in a cell of a column; `unit` is the row's cell of the unit column. Everything else that the context
    /// tells must be the same for the whole column.
    #[inline]
    pub fn amount(&mut self, column: u32, unit: Option<Cell<'_>>, cell: Cell<'_>, context: &Context) -> Reading {
        let key = (column, unit.map_or(u32::MAX, |unit| unit.content), cell.content);
        let place = cell.content.wrapping_add(column.wrapping_mul(61)).wrapping_add(key.1.wrapping_mul(31));
        self.amounts.of(place as usize, key, || read_cell(cell, context))
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
