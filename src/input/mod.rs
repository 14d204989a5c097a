//! Bytes to values: what kind of file it is, and what stands in it.
//! Nothing here knows any chemistry.

pub mod archive;
pub mod calendar;
pub mod compound_file;
pub mod container;
pub mod decimal;
pub mod delimited;
pub mod excel;
mod format_code;
mod format_places;
pub mod number_format;
mod ods_places;
pub mod read;
pub mod read_error;
pub mod table;
pub mod text;
pub mod register;
pub mod workbook;
#[cfg(test)]
mod workbook_tests;
mod xls_places;
mod xlsb_places;
mod xlsx_places;

// Seams until the table and XML readers stand here.
fn table_read(workbook: &workbook::Workbook) -> crate::declaration::Declaration {
    crate::declaration::Declaration { format: workbook.kind.word().to_string(), ..Default::default() }
}
fn xml_formats_read(_bytes: &[u8]) -> crate::declaration::Declaration {
    crate::declaration::Declaration { format: "xml".to_string(), ..Default::default() }
}
