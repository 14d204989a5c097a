//! What every table in a file becomes: sheets of rows of cells, each cell with its stored value and with how
//! its number format shows it. Hidden sheets are kept and say so.

use super::container::{self, Limits};
use super::read_error::{Fault, ReadError};
use super::{archive, delimited, excel};
use crate::amount::Decimal;
use crate::declaration::Label;
use std::fmt::Write as _;
use std::sync::Arc;

pub use super::container::Kind;
pub use super::rows::{Cell, Edited, Row, Rows};

/// All the tables of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Workbook {
    /// What the bytes turned out to be.
    pub kind: Kind,
    /// The sheets, in the file's order; one, named after nothing, for delimited text.
    pub sheets: Vec<Sheet>,
    /// What a reader of the result should know: encodings guessed, parts not read.
    pub notes: Vec<Note>,
}

/// Something worth saying about how the file was read; no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// A stable kebab-case word.
    pub code: &'static str,
    /// The sheet or member; empty when it is the file as a whole.
    pub place: String,
    /// The sentence in Swedish.
    pub sv: String,
    /// The sentence in English.
    pub en: String,
}

/// One table.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// The sheet's name; empty for delimited text.
    pub name: Label,
    /// Whether a person who opens the file sees it.
    pub visibility: Visibility,
    /// Rows that hold anything, ascending by number.
    pub rows: Rows,
    /// Cells that are shown as one; the value stands in the first.
    pub merges: Vec<Merge>,
    /// What people wrote on cells, and not in them.
    pub comments: Vec<Comment>,
}

/// A comment on a cell, which stands in no cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Zero-based row.
    pub row: u32,
    /// Zero-based column.
    pub column: u32,
    /// What it says; `None` where the format tells only that there is one.
    pub text: Option<Arc<str>>,
}

/// Whether a person who opens the file sees the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Shown.
    Visible,
    /// Hidden; can be shown from the menu.
    Hidden,
    /// Hidden so that only a macro shows it.
    VeryHidden,
}

/// A rectangle of merged cells; zero-based, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merge {
    /// The topmost row.
    pub first_row: u32,
    /// The leftmost column.
    pub first_column: u32,
    /// The lowest row.
    pub last_row: u32,
    /// The rightmost column.
    pub last_column: u32,
}

/// What a cell stores.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text; also a number whose format writes words or signs in front of it (`"<"0.0` shows `<0.1`).
    /// Equal texts are mostly one text that is shared.
    Text(Arc<str>),
    /// A number as stored, before the format scales it: 0.2 % is 0.002 with `Shown::Percent`.
    Number(Number),
    /// True or false.
    Bool(bool),
    /// A day in the Gregorian calendar.
    Date {
        /// Year, as 2026.
        year: i32,
        /// Month, 1 to 12.
        month: u8,
        /// Day, 1 to 31.
        day: u8,
        /// `2026-02-04`, with the time of day where there is one.
        text: Box<str>,
    },
    /// An error value such as `#N/A`.
    Error(Box<str>),
    /// A formula whose result was never stored.
    MissingResult,
}

impl Value {
    /// A stored number. One that no spreadsheet can store is kept as its text.
    pub fn number(decimal: Decimal) -> Value {
        Number::of(decimal).map_or_else(|| Value::Text(decimal.to_string().into()), Value::Number)
    }
}

/// A decimal number in the fewest bytes that hold every double at 15 significant digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    digits: i64,
    /// How many of the digits stand after the decimal mark; below 0 when zeros follow them.
    scale: i8,
}

impl Number {
    /// The same number, unless it has too many digits.
    #[inline]
    pub fn of(decimal: Decimal) -> Option<Number> {
        let (mut digits, mut scale) = (decimal.digits, i8::try_from(decimal.scale).ok()?);
        while i64::try_from(digits).is_err() && scale <= 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        Some(Number { digits: i64::try_from(digits).ok()?, scale })
    }

    /// As the amounts are worked out with.
    #[inline]
    pub fn decimal(self) -> Decimal {
        let digits = i128::from(self.digits);
        match u32::try_from(self.scale) {
            Ok(scale) => Decimal { digits, scale },
            Err(_) => Decimal { digits: digits.saturating_mul(10_i128.saturating_pow(u32::from(self.scale.unsigned_abs()))), scale: 0 },
        }
    }
}

/// How a number format shows the stored number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As it is stored (rounded perhaps).
    Plain,
    /// A hundred times larger and with a percent sign: stored 0.002 is shown 0.2 %.
    Percent,
    /// As it is stored, followed by a literal text, trimmed: `%` of the format `0.0"%"`, `mg/kg` of `0" mg/kg"`.
    UnitText(Arc<str>),
    /// The format could not be read, or shows something other than the stored number.
    Unknown,
}

/// Reads every table in a file, whatever its name says.
///
/// # Errors
///
/// A [`ReadError`] with a stable code when the bytes hold no table, or cannot be read whole.
pub fn read(bytes: &[u8]) -> Result<Workbook, ReadError> {
    read_within(bytes, &Limits::default())
}

/// As [`read`], with limits of one's own.
///
/// # Errors
///
/// As [`read`].
pub fn read_within(bytes: &[u8], limits: &Limits) -> Result<Workbook, ReadError> {
    if bytes.len() > limits.file_bytes {
        return Err(archive::too_large("filen", "the file"));
    }
    read_kind(bytes, container::kind(bytes), limits)
}

/// As [`read_within`], of bytes whose kind is known and which are not too many.
pub(super) fn read_kind(bytes: &[u8], kind: Kind, limits: &Limits) -> Result<Workbook, ReadError> {
    let not_a_table = |sv: &str, en: &str| Err(ReadError::new(Fault::NotATable, sv, en));
    match kind {
        kind @ (Kind::Xlsx | Kind::Xlsb | Kind::Xls | Kind::Ods) => excel::read(bytes, kind, limits),
        Kind::Delimited => delimited::read(bytes, limits),
        Kind::Encrypted => Err(archive::encrypted()),
        Kind::Empty => Err(ReadError::new(Fault::Empty, "filen är tom; be om den på nytt", "the file is empty; ask for it again")),
        Kind::Pdf => not_a_table(
            "filen är en pdf, som inte läses; be om uppgifterna i Excel, csv eller XML",
            "the file is a pdf, which is not read; ask for the data in Excel, csv or XML",
        ),
        Kind::Html => not_a_table(
            "filen är en webbsida; öppna den i ett kalkylprogram och spara den som xlsx",
            "the file is a web page; open it in a spreadsheet program and save it as xlsx",
        ),
        Kind::Xml => not_a_table("filen är XML och inte en tabell", "the file is XML and not a table"),
        Kind::Json => {
            let (sv, en) = json_words(bytes);
            not_a_table(
                &format!("filen är {sv}, som inte läses; be leverantören om IEC 62474, IPC-1752 eller Excel"),
                &format!("the file is {en}, which is not read; ask the supplier for IEC 62474, IPC-1752 or Excel"),
            )
        }
        Kind::Iuclid => not_a_table(
            "filen är en IUCLID- eller SCIP-akt (i6z), som inte läses; be leverantören om IEC 62474, IPC-1752 eller Excel",
            "the file is an IUCLID or SCIP dossier (i6z), which is not read; ask the supplier for IEC 62474, IPC-1752 or Excel",
        ),
        Kind::Archive => not_a_table(
            "filen är ett arkiv och inte en tabell; dess delar läses var för sig",
            "the file is an archive and not a table; its members are read one by one",
        ),
        Kind::Other => not_a_table(
            "filens slag känns inte igen; be om uppgifterna i Excel, csv eller XML",
            "the kind of file is not recognised; ask for the data in Excel, csv or XML",
        ),
    }
}

/// What JSON text is, in Swedish and English, by the keys that the usual formats cannot do without.
fn json_words(bytes: &[u8]) -> (&'static str, &'static str) {
    // The keys are plain letters: without the zero bytes UTF-16 reads as UTF-8 does.
    let start: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).take(1 << 16).collect();
    let has = |keys: &[&str]| keys.iter().any(|key| memchr::memmem::find(&start, format!("\"{key}\"").as_bytes()).is_some());
    if has(&["processInformation", "LCIAResults"]) {
        ("en miljödeklaration (ILCD/EPD) i JSON", "an environmental declaration (ILCD/EPD) in JSON")
    } else if has(&[
        "passportIdentifier",
        "hazardousSubstances",
        "batteryMaterials",
        "substancesOfConcern",
        "substanceOfConcern",
        "specific",
    ]) {
        ("ett digitalt produktpass (JSON)", "a digital product passport (JSON)")
    } else {
        ("JSON", "JSON")
    }
}

/// Zero-based row and column of a cell's name: `F17` is (16, 5). Of a range the first cell.
pub(super) fn position(name: &str) -> Option<(u32, u32)> {
    let name = name.split(':').next()?;
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let (letters, number) = name.split_at_checked(digits)?;
    let mut column = 0_u32;
    for letter in letters.bytes().map(|letter| letter.to_ascii_uppercase()) {
        if !letter.is_ascii_uppercase() {
            return None;
        }
        column = column.checked_mul(26)?.checked_add(u32::from(letter - b'A') + 1)?;
    }
    Some((number.parse::<u32>().ok()?.checked_sub(1)?, column.checked_sub(1)?))
}

/// The name of a cell as a spreadsheet writes it, from zero-based row and column: (16, 5) is `F17`.
pub fn a1(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    let mut name: String = letters.iter().rev().collect();
    // Writing to a string cannot fail.
    let _ = write!(name, "{}", u64::from(row) + 1);
    name
}
