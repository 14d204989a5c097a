//! Bytes to values: what kind of file it is, and what stands in it.
//! Nothing here knows any chemistry.

pub mod archive;
pub mod calendar;
pub mod cases;
pub mod compound_file;
pub mod confirmations;
pub mod container;
pub mod delimited;
pub mod excel;
mod format_code;
mod format_places;
pub mod number_format;
mod ods_places;
pub mod read_error;
pub mod register;
pub mod rulebook;
pub mod table;
pub mod text;
pub mod workbook;
#[cfg(test)]
mod workbook_tests;
mod xls_places;
mod xlsb_places;
mod xlsx_places;
