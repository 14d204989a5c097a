//! Bytes to values: what kind of file it is, and what stands in it.
//! Nothing here knows any chemistry.

pub mod container;
pub mod decimal;
pub mod delimited;
pub mod number_format;
pub mod read_error;
pub mod workbook;
