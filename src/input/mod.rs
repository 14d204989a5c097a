//! Bytes to values: what kind of file it is, and what stands in it.

pub mod archive;
pub mod bmecat;
pub mod calendar;
pub mod cases;
pub mod compound_file;
pub mod confirmations;
pub mod container;
pub mod delimited;
pub mod excel;
mod format_code;
mod format_places;
pub mod granta;
pub mod iec62474;
mod iec62474_compliance;
pub mod ipc1752;
pub mod native;
pub mod number_format;
mod ods_places;
pub mod read;
pub mod read_error;
pub mod register;
pub mod rulebook;
pub mod sdscom;
pub mod table;
pub mod text;
pub mod ubl;
pub mod workbook;
#[cfg(test)]
mod workbook_tests;
mod xls_places;
mod xlsb_places;
mod xlsx_places;
pub mod xml;
pub mod xml_answers;
pub mod xml_formats;
pub mod xml_values;
