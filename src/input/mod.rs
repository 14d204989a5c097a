//! Bytes to values: what kind of file it is, and what stands in it.
//! Nothing here knows any chemistry.

pub mod bmecat;
pub mod calendar;
pub mod container;
pub mod decimal;
pub mod delimited;
mod format_code;
pub mod granta;
pub mod iec62474;
mod iec62474_compliance;
pub mod ipc1752;
pub mod native;
pub mod number_format;
pub mod read_error;
pub mod sdscom;
pub mod ubl;
pub mod workbook;
pub mod xml;
pub mod xml_answers;
pub mod xml_formats;
pub mod xml_values;
