//! What is read beside the library that reads the values: which number format each cell has, merged ranges,
//! and cells that the library leaves out.

use super::calendar::DateSystem;
use super::container::Limits;
use super::number_format::NumberFormat;
use super::read_error::ReadError;
use super::workbook::{Comment, Merge};
use super::{archive, workbook};

/// What is known of a workbook beside its values.
#[derive(Debug)]
pub(super) struct Places {
    /// The number formats that [`Place::format`] points at.
    pub(super) formats: Vec<NumberFormat>,
    /// How dates are counted.
    pub(super) system: DateSystem,
    /// One for each sheet, in the library's order.
    pub(super) sheets: Vec<SheetPlaces>,
}

/// What is known of a sheet beside its values.
#[derive(Debug, Default)]
pub(super) struct SheetPlaces {
    /// Cells that hold something, in the order they stand in the file.
    pub(super) cells: Vec<Place>,
    /// Merged ranges.
    pub(super) merges: Vec<Merge>,
    /// Comments on cells.
    pub(super) comments: Vec<Comment>,
}

/// One cell, beside its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) row: u32,
    pub(super) column: u32,
    /// Index into [`Places::formats`].
    pub(super) format: u32,
    pub(super) state: State,
}

/// Whether the library has the cell's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    /// It has, or should have.
    Stored,
    /// It has it as text, and the text is an error.
    ErrorText,
    /// A formula without a result.
    MissingResult,
    /// A value that the library leaves out.
    Own(workbook::Value),
}

impl SheetPlaces {
    /// Sorts the cells for a library that gives its values row by row, and refuses what it would need too
    /// much memory for, because it keeps the blank cells of the used rectangle too. Returns that area.
    pub(super) fn settle(&mut self, limits: &Limits) -> Result<usize, ReadError> {
        self.cells.sort_by_key(|place| (place.row, place.column));
        let Some((first, last)) = self.cells.first().zip(self.cells.last()) else {
            return Ok(0);
        };
        let columns = self.cells.iter().map(|place| place.column);
        let left = columns.clone().min().unwrap_or(0);
        let right = columns.max().unwrap_or(0);
        let area = (u64::from(last.row - first.row) + 1) * (u64::from(right - left) + 1);
        match usize::try_from(area) {
            Ok(area) if area <= limits.rectangle => Ok(area),
            _ => Err(archive::too_large("bladets använda yta", "the used area of the sheet")),
        }
    }
}
