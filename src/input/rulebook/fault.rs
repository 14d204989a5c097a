//! What is wrong with a rule file and where: a fault has the file, the line, the column and a sentence in Swedish and
//! English. Faults are collected, never thrown, so that a person sees them all at once.

use crate::declaration::Text;
use crate::rule::lint::{Grade, Remark, Spot};
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// One thing that is wrong with a rule file, contract, list or category file. Ordered by place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file as the user named it; a built-in one by its path in the repository (`rules/rohs/rules.toml`).
    pub file: Arc<str>,
    /// One-based line; 0 when the fault is about the file as a whole.
    pub line: u32,
    /// One-based column in characters; 0 when the fault is about the file as a whole.
    pub column: u32,
    /// What is wrong and what to do.
    pub message: Text,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "{}: {}", self.file, self.message.en);
        }
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message.en)
    }
}

impl std::error::Error for Fault {}

/// The place of a fault, and of what a fault refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::input) struct Place {
    pub(in crate::input) file: Arc<str>,
    pub(in crate::input) line: u32,
    pub(in crate::input) column: u32,
}

impl Place {
    /// The place as the files that think know it.
    pub(in crate::input) fn spot(&self) -> Spot {
        Spot { file: Arc::clone(&self.file), line: self.line, column: self.column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// All faults found so far.
#[derive(Debug, Default)]
pub(in crate::input) struct Faults {
    list: RefCell<Vec<Fault>>,
    /// What a rule file may leave out, but a good one has.
    remarks: RefCell<Vec<Remark>>,
}

impl Faults {
    /// Notes a fault at a place.
    pub(in crate::input) fn at(&self, place: &Place, sv: impl Into<String>, en: impl Into<String>) {
        let Place { file, line, column } = place.clone();
        self.list.borrow_mut().push(Fault { file, line, column, message: Text::new(sv, en) });
    }

    /// Notes a fault about a file as a whole.
    pub(in crate::input) fn of_file(&self, file: &str, sv: impl Into<String>, en: impl Into<String>) {
        self.at(&Place { file: file.into(), line: 0, column: 0 }, sv, en);
    }

    /// Notes something that loading lets pass and `rules lint` does not.
    pub(in crate::input) fn remark(&self, code: &'static str, place: &Place, sv: impl Into<String>, en: impl Into<String>) {
        self.remarks.borrow_mut().push(Remark { grade: Grade::Warning, code, spot: place.spot(), message: Text::new(sv, en) });
    }

    /// All that was noted besides faults, by place, each once.
    pub(in crate::input) fn remarks(&self) -> Vec<Remark> {
        let mut list = self.remarks.borrow().clone();
        list.sort();
        list.dedup();
        list
    }

    /// How many there are.
    pub(in crate::input) fn count(&self) -> usize {
        self.list.borrow().len()
    }

    /// All, by place, each once.
    pub(in crate::input) fn sorted(&self) -> Vec<Fault> {
        let mut list = self.list.borrow().clone();
        list.sort();
        list.dedup();
        list
    }
}

/// A text with its name, in which places are counted.
#[derive(Debug)]
pub(in crate::input) struct Document {
    pub(in crate::input) name: Arc<str>,
    pub(in crate::input) text: Arc<str>,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl Document {
    pub(in crate::input) fn new(name: Arc<str>, text: Arc<str>) -> Document {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Document { name, text, starts }
    }

    /// The place of a byte.
    pub(in crate::input) fn place(&self, at: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..at).map_or(0, |before| before.chars().count());
        Place { file: Arc::clone(&self.name), line: line as u32, column: before as u32 + 1 }
    }
}
