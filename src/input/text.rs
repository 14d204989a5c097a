//! Bytes to text: encodings found from the bytes (UTF-8, UTF-16, Windows-1252, what an XML declaration names),
//! and whether a text is XML, a web page, JSON or a table.

use super::container::Kind;
use super::read_error::{Fault, ReadError};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// Text, and how it was encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without a byte order mark.
    pub text: Cow<'a, str>,
    /// The encoding's name (`UTF-8`, `windows-1252` …).
    pub encoding: &'static str,
    /// Whether the encoding was assumed because the bytes are not UTF-8 and nothing names another.
    pub assumed: bool,
    /// Whether some bytes meant nothing in that encoding and became U+FFFD.
    pub damaged: bool,
}

/// The text of a csv file or of XML.
///
/// # Errors
///
/// `file-encoding` when the bytes are not text.
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, ReadError> {
    let (encoding, assumed) = encoding_of(bytes);
    let (text, _, damaged) = encoding.decode(bytes);
    if text.contains('\0') {
        return Err(ReadError::new(
            Fault::Encoding,
            "filen ser ut som text men innehåller nolltecken; spara den som UTF-8",
            "the file looks like text but holds null characters; save it as UTF-8",
        ));
    }
    Ok(Decoded { text, encoding: encoding.name(), assumed, damaged })
}

/// The encoding, and whether it is only assumed.
fn encoding_of(bytes: &[u8]) -> (&'static Encoding, bool) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding, false);
    }
    // UTF-16 without a mark: mostly Latin letters, so every second byte is zero.
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let half = head.len() / 2;
    if half > 0 && bytes.len().is_multiple_of(2) && memchr::memchr(0, head).is_some() {
        if zeros(1) * 10 > half * 7 && zeros(0) * 10 < half {
            return (UTF_16LE, false);
        }
        if zeros(0) * 10 > half * 7 && zeros(1) * 10 < half {
            return (UTF_16BE, false);
        }
    }
    if let Some(encoding) = named_in_declaration(head) {
        // A declaration read as bytes cannot be UTF-16, whatever it says.
        if encoding != UTF_16LE && encoding != UTF_16BE {
            if encoding == UTF_8 && std::str::from_utf8(bytes).is_err() {
                return (WINDOWS_1252, true);
            }
            return (encoding, false);
        }
    }
    if std::str::from_utf8(bytes).is_ok() { (UTF_8, false) } else { (WINDOWS_1252, true) }
}

/// The encoding that `<?xml … encoding="…"?>` names.
pub(super) fn named_in_declaration(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.trim_ascii_start();
    if !head.starts_with(b"<?xml") {
        return None;
    }
    let end = memchr::memmem::find(head, b"?>")?;
    let declaration = head.get(..end)?;
    let at = memchr::memmem::find(declaration, b"encoding")?;
    let rest = declaration.get(at + "encoding".len()..)?.trim_ascii_start();
    let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
    let quote = rest.first().filter(|q| matches!(q, b'"' | b'\''))?;
    let label = rest.get(1..)?.split(|b| b == quote).next()?;
    Encoding::for_label(label)
}

/// What kind of text the bytes are, from their beginning; `Kind::Other` when they are no text.
pub(super) fn kind(bytes: &[u8]) -> Kind {
    let mut end = bytes.len().min(4096);
    // Do not cut a character in two.
    while end < bytes.len() && end > 4000 && bytes.get(end).is_some_and(|b| *b & 0xC0 == 0x80) {
        end -= 1;
    }
    let head = bytes.get(..end & !1).filter(|_| bytes.len() > end).unwrap_or(bytes);
    // Most text begins with a few thousand letters of ASCII, which need no decoding.
    let plain = is_plain(head) && named_in_declaration(head).is_none_or(|encoding| encoding == UTF_8);
    let text = match std::str::from_utf8(head).ok().filter(|_| plain) {
        Some(text) => Cow::Borrowed(text),
        None => encoding_of(head).0.decode(head).0,
    };
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if start.is_empty() {
        return if bytes.len() > head.len() { Kind::Delimited } else { Kind::Empty };
    }
    if !plain && has_controls(&text) {
        return Kind::Other;
    }
    if start.starts_with('<') {
        let end = start.char_indices().nth(512).map_or(start.len(), |(end, _)| end);
        let lower = start.get(..end).unwrap_or(start).to_ascii_lowercase();
        let html = ["<html", "<!doctype html", "<table", "<head", "<body", "<meta", "<style", "<div"];
        if html.iter().any(|tag| lower.starts_with(tag)) {
            return Kind::Html;
        }
        if lower.starts_with("<?xml") {
            let root = lower.split("?>").nth(1).unwrap_or_default().trim_start();
            return if root.starts_with("<html") || root.starts_with("<!doctype html") { Kind::Html } else { Kind::Xml };
        }
        // An element, a comment or a document type; not `<0,1` or `<LOQ`, which begin cells.
        let tag: String =
            lower.chars().skip(1).take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/' | '=' | ';' | ',' | '|')).collect();
        let after = lower.chars().nth(1 + tag.chars().count());
        let named = tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '!');
        if named && after.is_some_and(|c| c.is_whitespace() || matches!(c, '>' | '/')) {
            return Kind::Xml;
        }
        return Kind::Delimited;
    }
    if let Some(rest) = start.strip_prefix(['{', '[']) {
        let next = rest.trim_start().chars().next();
        if matches!(next, Some('"' | '{' | '[' | '}' | ']')) {
            return Kind::Json;
        }
    }
    Kind::Delimited
}

/// Whether bytes are ASCII without control characters other than those that end lines and fields.
fn is_plain(bytes: &[u8]) -> bool {
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    bytes.iter().fold(true, |all, byte| all & plain(*byte))
}

/// Whether a text has null characters, or more control characters than any text that people write.
fn has_controls(text: &str) -> bool {
    // The control characters beyond ASCII begin with 0xC2.
    let possible = |byte: u8| matches!(byte, 0..=8 | 0xB | 0xC | 0xE..=0x1F | 0x7F | 0xC2);
    if !text.bytes().fold(false, |any, byte| any | possible(byte)) {
        return false;
    }
    let controls = text.chars().filter(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1a}')).count();
    text.contains('\0') || controls * 20 > text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> (String, &'static str) {
        let decoded = decode(bytes).unwrap();
        (decoded.text.into_owned(), decoded.encoding)
    }

    #[test]
    fn encodings_are_found_from_the_bytes() {
        let utf16 = |le: bool, bom: bool, s: &str| -> Vec<u8> {
            let mark = if bom { "\u{feff}" } else { "" };
            format!("{mark}{s}").encode_utf16().flat_map(|u| if le { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
        };
        let word = "Ämne;Halt";
        assert_eq!(text("Ämne;Halt".as_bytes()), (word.into(), "UTF-8"));
        assert_eq!(text("\u{feff}Ämne;Halt".as_bytes()), (word.into(), "UTF-8"));
        for bom in [true, false] {
            assert_eq!(text(&utf16(true, bom, word)), (word.into(), "UTF-16LE"));
            assert_eq!(text(&utf16(false, bom, word)), (word.into(), "UTF-16BE"));
        }
        assert_eq!(text(b"\xC4mne;Halt"), (word.into(), "windows-1252"));
        assert!(decode(b"\xC4mne;Halt").unwrap().assumed);
        assert_eq!(
            text(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE5</a>").0,
            "<?xml version='1.0' encoding='ISO-8859-1'?><a>å</a>"
        );
        assert_eq!(text(b"<?xml version='1.0' encoding='utf-16'?><a>x</a>").1, "UTF-8");
        assert_eq!(decode(b"a;b\0c").unwrap_err().code(), "file-encoding");
    }
}
