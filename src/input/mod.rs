//! Bytes to values: what kind of file it is, and what stands in it.
//! Nothing here knows any chemistry.

pub mod calendar;
pub mod container;
pub mod decimal;
pub mod delimited;
mod format_code;
pub mod number_format;
pub mod read_error;
pub mod register;
pub mod rulebook;
pub mod workbook;
