//! What a file is, told from its bytes and never from its name, and the limits that hold for every file.

use super::compound_file::CompoundFile;
use super::{archive, text};

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
    /// A web page, often saved with the name of a workbook.
    Html,
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
    /// No bytes, or only blanks.
    Empty,
    /// Anything else.
    Other,
}

impl Kind {
    /// The word that results use for the format.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Xlsx => "xlsx",
            Kind::Xlsb => "xlsb",
            Kind::Xls => "xls",
            Kind::Ods => "ods",
            Kind::Delimited => "csv",
            Kind::Xml => "xml",
            Kind::Html => "html",
            Kind::Json => "json",
            Kind::Archive => "zip",
            Kind::Iuclid => "i6z",
            Kind::Encrypted => "encrypted",
            Kind::Pdf => "pdf",
            Kind::Empty => "empty",
            Kind::Other => "other",
        }
    }
}

/// What no file may exceed. All are checked before a library that has no limits of its own is given the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file itself.
    pub file_bytes: usize,
    /// Bytes of all parts of a workbook, inflated.
    pub inflated_bytes: usize,
    /// Bytes of one archive member, and of all members together times sixteen.
    pub member_bytes: usize,
    /// Bytes of an archive member that are read however few bytes it takes in the archive …
    pub member_free: usize,
    /// … and for each of those: what a small archive inflates to without end was made to.
    pub member_per_byte: usize,
    /// Members of an archive, or parts of a workbook.
    pub members: usize,
    /// Sheets of a workbook.
    pub sheets: usize,
    /// Cells that hold something, in one file.
    pub cells: usize,
    /// Cells inside the rectangle of used cells, for formats whose library keeps blank cells too (xls, ods).
    pub rectangle: usize,
    /// Bytes of text in all cells of one file.
    pub text_bytes: usize,
    /// Rows of one sheet.
    pub rows: u32,
    /// Columns of one sheet.
    pub columns: u16,
    /// Shared strings of a workbook.
    pub strings: usize,
    /// Bytes of the shared strings of an xlsx.
    pub string_bytes: usize,
    /// Bytes of one part of an xlsx that is held whole: the list of sheets, relations, styles.
    pub part_bytes: usize,
    /// Bytes of one cell or shared string of an xlsx, with all its markup.
    pub element_bytes: usize,
    /// Bytes of the text of one cell of an xlsx. Excel itself stops at 32 767 characters.
    pub cell_text_bytes: usize,
    /// Attributes of one element of an xlsx.
    pub attributes: usize,
    /// Elements inside one another in an xlsx.
    pub depth: usize,
    /// Cell formats of an xlsx. Excel itself stops at 65 490.
    pub formats: usize,
    /// Merged ranges of one sheet of an xlsx.
    pub merges: usize,
    /// Bytes of memory that the cells of an xlsx may take, whatever the size of the file …
    pub held_bytes: usize,
    /// … and for each byte of the file: a small file that holds much was made to.
    pub held_per_byte: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            file_bytes: 256 << 20,
            inflated_bytes: 512 << 20,
            member_bytes: 256 << 20,
            member_free: 16 << 20,
            member_per_byte: 24,
            members: 10_000,
            sheets: 1_000,
            cells: 8_000_000,
            rectangle: 8_000_000,
            text_bytes: 256 << 20,
            rows: 1_048_576,
            columns: 16_384,
            strings: 4_000_000,
            string_bytes: 256 << 20,
            part_bytes: 32 << 20,
            element_bytes: 4 << 20,
            cell_text_bytes: 1 << 20,
            attributes: 256,
            depth: 64,
            formats: 100_000,
            merges: 1_000_000,
            held_bytes: 64 << 20,
            held_per_byte: 32,
        }
    }
}

/// What kind of file the bytes are.
pub fn kind(bytes: &[u8]) -> Kind {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return archive::kind(bytes);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return match CompoundFile::open(bytes) {
            Ok(file) if file.has("EncryptedPackage") => Kind::Encrypted,
            Ok(file) if file.has("Workbook") || file.has("Book") => Kind::Xls,
            Ok(_) => Kind::Other,
            // A damaged workbook is still best described as one: the reader says what is wrong.
            Err(_) => Kind::Xls,
        };
    }
    let head = bytes.get(..1024).unwrap_or(bytes);
    if memchr::memchr(b'%', head).is_some() && memchr::memmem::find(head, b"%PDF-").is_some() {
        return Kind::Pdf;
    }
    text::kind(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_tell() {
        for (bytes, expected) in [
            (&b""[..], Kind::Empty),
            (b" \r\n\t ", Kind::Empty),
            (b"\xEF\xBB\xBF", Kind::Empty),
            (b"CAS;Halt\n7439-92-1;0,1", Kind::Delimited),
            (b"\xEF\xBB\xBF<?xml version=\"1.0\"?><a/>", Kind::Xml),
            (b"  <Main xmlns='x'/>", Kind::Xml),
            (b"\xFF\xFE<\0a\0/\0>\0", Kind::Xml),
            (b"<\0a\0/\0>\0", Kind::Xml),
            (b"<!DOCTYPE HTML><html>", Kind::Html),
            (b"<table border=1><tr>", Kind::Html),
            (b"{\"a\": 1}", Kind::Json),
            (b"[{\"a\": 1}]", Kind::Json),
            (b"[mg/kg];x", Kind::Delimited),
            (b"%PDF-1.7\n", Kind::Pdf),
            (b"\n\n%PDF-1.4", Kind::Pdf),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Kind::Other),
            (b"PK\x03\x04broken", Kind::Other),
            (b"<0,1;x", Kind::Delimited),
            (b"<LOQ;x", Kind::Delimited),
        ] {
            assert_eq!(kind(bytes), expected, "{bytes:?}");
        }
    }
}
