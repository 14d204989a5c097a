//! Number formats: how a spreadsheet shows a stored number.
