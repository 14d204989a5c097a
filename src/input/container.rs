//! What a file is, told from its bytes and never from its name; archives of declarations; and the limits that
//! hold before any other library is given the bytes.

/// What the bytes of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Excel workbook (xlsx, xlsm).
    Xlsx,
    /// Excel binary workbook (xlsb).
    Xlsb,
    /// Excel 97 to 2003 workbook (xls).
    Xls,
    /// OpenDocument spreadsheet (ods).
    Ods,
    /// Text with a separator (csv, tsv).
    Delimited,
    /// XML, in any encoding.
    Xml,
    /// JSON text.
    Json,
    /// A zip archive of declarations (zip, shai, shci).
    Archive,
    /// An IUCLID archive (i6z).
    Iuclid,
    /// A workbook or archive that needs a password.
    Encrypted,
    /// PDF.
    Pdf,
    /// Anything else.
    Other,
}
