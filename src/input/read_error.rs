//! Why a file could not be read: one type for every format, with a stable code, the place, and a sentence
//! in Swedish and English that says what to do.

use std::fmt;

/// What went wrong, as a stable kebab-case word (`ReadError::code`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The file holds no bytes, or nothing but blanks.
    Empty,
    /// The file ends too early or its structure does not hold together.
    Damaged,
    /// A password is needed.
    Encrypted,
    /// A limit on size, members, rows, columns or cells is exceeded.
    TooLarge,
    /// What the file says of itself is impossible (counts beyond its own size).
    Hostile,
    /// A kind of file that holds no table or XML (pdf, image, Word document …).
    NotATable,
    /// The text encoding cannot be told.
    Encoding,
    /// The library that reads this format gave up unexpectedly.
    Internal,
}

impl Fault {
    /// The stable code, used in results.
    pub fn code(self) -> &'static str {
        match self {
            Fault::Empty => "file-empty",
            Fault::Damaged => "file-damaged",
            Fault::Encrypted => "file-encrypted",
            Fault::TooLarge => "file-too-large",
            Fault::Hostile => "file-hostile",
            Fault::NotATable => "file-kind-unknown",
            Fault::Encoding => "file-encoding",
            Fault::Internal => "reader-failed",
        }
    }
}

/// A file, or a part of one, that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// What went wrong.
    pub fault: Fault,
    /// Where: a sheet, an archive member, a cell; empty when it is the file as a whole.
    pub place: String,
    /// What happened and what to do, in Swedish.
    pub sv: String,
    /// The same in English.
    pub en: String,
}

impl ReadError {
    /// An error about the file as a whole.
    pub fn new(fault: Fault, sv: impl Into<String>, en: impl Into<String>) -> Self {
        ReadError { fault, place: String::new(), sv: sv.into(), en: en.into() }
    }

    /// The same error, with its place (a sheet, a member, a cell).
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = place.into();
        self
    }

    /// The stable code (`file-damaged` …).
    pub fn code(&self) -> &'static str {
        self.fault.code()
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() { write!(f, "{}", self.en) } else { write!(f, "`{}`: {}", self.place, self.en) }
    }
}

impl std::error::Error for ReadError {}
