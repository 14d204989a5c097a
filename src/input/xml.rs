//! XML bytes to a tree of elements that knows where everything stands.
//!
//! Text is decoded before it is parsed (byte order mark, then the prolog). Entities that a file declares itself are
//! refused, nothing outside the file is ever fetched, and depth, elements, attributes and sizes are limited, so a hostile
//! file costs no more than its own bytes.

use super::read_error::{Fault, ReadError};
use crate::declaration::{Label, Text};
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, Event};
use quick_xml::{Reader, XmlVersion};
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;

mod node;
mod plain;

pub use node::Node;

/// Most bytes of a file, before and after decoding.
const MOST_BYTES: usize = 512 << 20;
/// Deepest nesting; real files stay below 40, and readers of part trees recurse this deep.
const DEEPEST: usize = 200;
/// Most elements of a file, since each costs memory: so many in any …
const FREE_ELEMENTS: usize = 500_000;
/// … one more for each so many bytes (the tersest real files take some 35) …
const BYTES_AN_ELEMENT: usize = 32;
/// … and never more than this.
const MOST_ELEMENTS: usize = 4_000_000;
/// Most attributes of one element; checking for duplicates costs the square of it.
const MOST_ATTRIBUTES: usize = 256;
/// Most bytes in one attribute or text: embedded documents are that large, declared values never.
const LONGEST_VALUE: usize = 64 << 20;
/// Most namespace prefixes in force at one place.
const MOST_PREFIXES: usize = 500;
/// Longest text kept beside a place.
pub(super) const LONGEST_RAW: usize = 300;

/// Why an XML file could not be read, with the place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlError {
    /// What went wrong.
    pub fault: Fault,
    /// One-based line; 0 when it is the file as a whole.
    pub line: u32,
    /// One-based column in characters; 0 when it is the file as a whole.
    pub column: u32,
    /// What happened and what to do.
    pub message: Text,
}

impl XmlError {
    /// An error about the file as a whole.
    pub fn new(fault: Fault, sv: impl Into<String>, en: impl Into<String>) -> XmlError {
        XmlError { fault, line: 0, column: 0, message: Text::new(sv, en) }
    }

    fn at(mut self, (line, column): (u32, u32)) -> XmlError {
        (self.line, self.column) = (line, column);
        self
    }

    /// The stable code (`file-damaged` …).
    pub fn code(&self) -> &'static str {
        self.fault.code()
    }
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(&self.message.en) } else { write!(f, "{}:{}: {}", self.line, self.column, self.message.en) }
    }
}

impl std::error::Error for XmlError {}

impl From<XmlError> for ReadError {
    fn from(error: XmlError) -> ReadError {
        let place = if error.line == 0 { String::new() } else { format!("{}:{}", error.line, error.column) };
        ReadError::new(error.fault, error.message.sv, error.message.en).at(place)
    }
}

fn damaged(sv: impl fmt::Display, en: impl fmt::Display) -> XmlError {
    XmlError::new(
        Fault::Damaged,
        format!("filen är inte hel xml ({sv}); be leverantören spara och skicka den på nytt"),
        format!("the file is not whole xml ({en}); ask the supplier to save and send it again"),
    )
}

/// What quick-xml objects to; it speaks English only.
fn malformed(error: impl fmt::Display) -> XmlError {
    damaged("koden är trasig", clipped(&error.to_string()))
}

fn too_large(sv: &str, en: &str) -> XmlError {
    XmlError::new(Fault::TooLarge, format!("{sv}; dela upp filen"), format!("{en}; split the file"))
}

fn hostile(sv: &str, en: &str) -> XmlError {
    XmlError::new(Fault::Hostile, format!("{sv}; filen läses inte"), format!("{en}; the file is not read"))
}

/// The text of a file: by its byte order mark, else by what its prolog says, else UTF-8.
///
/// # Errors
/// An empty file, one above 512 MiB, an encoding nobody knows, bytes that are not text in the encoding.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    if bytes.len() > MOST_BYTES {
        return Err(too_large("filen är större än 512 MiB", "the file is larger than 512 MiB"));
    }
    let (encoding, body) = encoding_of(bytes)?;
    let text = if encoding == encoding_rs::UTF_8 {
        Cow::Borrowed(std::str::from_utf8(body).map_err(|error| {
            let offset = error.valid_up_to();
            let line = 1 + body[..offset].iter().filter(|byte| **byte == b'\n').count();
            wrong_encoding("utf-8").at((u32::try_from(line).unwrap_or(u32::MAX), 1))
        })?)
    } else {
        encoding.decode_without_bom_handling_and_without_replacement(body).ok_or_else(|| wrong_encoding(encoding.name()))?
    };
    if text.len() > MOST_BYTES {
        return Err(too_large("filen är större än 512 MiB", "the file is larger than 512 MiB"));
    }
    if text.trim().is_empty() {
        return Err(XmlError::new(
            Fault::Empty,
            "filen är tom; be leverantören skicka den på nytt",
            "the file is empty; ask the supplier to send it again",
        ));
    }
    Ok(text)
}

fn wrong_encoding(name: &str) -> XmlError {
    XmlError::new(
        Fault::Encoding,
        format!("filen säger sig vara kodad som `{name}` men är det inte; spara den på nytt som utf-8"),
        format!("the file says that it is encoded as `{name}` and is not; save it again as utf-8"),
    )
}

fn encoding_of(bytes: &[u8]) -> Result<(&'static encoding_rs::Encoding, &[u8]), XmlError> {
    if let Some((encoding, length)) = encoding_rs::Encoding::for_bom(bytes) {
        return Ok((encoding, &bytes[length..]));
    }
    match bytes {
        [0, 0, 0, b'<', ..] | [b'<', 0, 0, 0, ..] => {
            return Err(XmlError::new(
                Fault::Encoding,
                "filen är kodad som utf-32, som inte läses; spara den på nytt som utf-8",
                "the file is encoded as utf-32, which is not read; save it again as utf-8",
            ));
        }
        [b'<', 0, _, 0, ..] => return Ok((encoding_rs::UTF_16LE, bytes)),
        [0, b'<', 0, _, ..] => return Ok((encoding_rs::UTF_16BE, bytes)),
        _ => {}
    }
    let Some(label) = declared_encoding(bytes) else {
        return Ok((encoding_rs::UTF_8, bytes));
    };
    let encoding = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
        XmlError::new(
            Fault::Encoding,
            format!("teckenkodningen `{label}` är okänd; spara filen på nytt som utf-8"),
            format!("the encoding `{label}` is not known; save the file again as utf-8"),
        )
    })?;
    // Programs that write a text in memory often leave "utf-16" in the prolog of a file of single bytes.
    let wide = encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE;
    Ok((if wide { encoding_rs::UTF_8 } else { encoding }, bytes))
}

/// The encoding that the prolog names, read as ASCII.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(400)];
    let start = head.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let head = head[start..].strip_prefix(b"<?xml")?;
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let prolog = std::str::from_utf8(&head[..end]).ok()?;
    let value = prolog.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label: String = value[1..].split(quote).next()?.trim().chars().take(40).collect();
    Some(label)
}

struct Element<'a> {
    /// Local name.
    name: &'a str,
    /// Text directly inside, in one piece.
    text: Cow<'a, str>,
    /// Index into the document's namespaces; `None` without one.
    namespace: Option<u32>,
    /// Index of the first child and of the next sibling; 0, the root, means none.
    child: u32,
    next: u32,
    /// Index of the last descendant: elements stand in document order.
    last: u32,
    attributes: u32,
    attribute_count: u32,
    /// Whether the name of any attribute has a prefix.
    prefixed: bool,
    /// Index into the document's paths.
    path: u32,
    line: u32,
    column: u32,
}

/// A parsed file.
pub struct Document<'a> {
    elements: Vec<Element<'a>>,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    namespaces: Vec<Cow<'a, str>>,
    paths: Vec<Path<'a>>,
    /// The path of a name below another path.
    path_of: HashMap<(u32, &'a str), u32>,
    most_elements: usize,
}

/// A path of local names from the root. A file has few, however many elements; it is written out when somebody asks.
struct Path<'a> {
    above: u32,
    name: &'a str,
    written: OnceCell<Label>,
    /// The attribute that was asked for last, and the path with it.
    with_attribute: RefCell<Option<(Box<str>, Label)>>,
}

/// Walks through the source and tells line and column; never goes back.
struct Ruler<'a> {
    source: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl<'a> Ruler<'a> {
    fn new(source: &'a str) -> Self {
        Ruler { source, at: 0, line: 1, column: 1 }
    }

    fn advance(&mut self, to: usize) -> (u32, u32) {
        let to = to.min(self.source.len());
        let passed = self.source.get(self.at..to).unwrap_or("").as_bytes();
        let mut line = passed;
        if let Some(last) = memchr::memrchr(b'\n', passed) {
            let (before, behind) = passed.split_at_checked(last + 1).unwrap_or_default();
            let lines = count(before, |byte| byte == b'\n');
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.column = 1;
            line = behind;
        }
        // Every character has one byte that continues none.
        let characters = count(line, |byte| byte & 0xC0 != 0x80);
        self.column = self.column.saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
        self.at = self.at.max(to);
        (self.line, self.column)
    }
}

/// How many bytes are such; in pieces whose count fits a byte, so that many bytes are looked at in one step.
fn count(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    bytes.chunks(128).map(|piece| usize::from(piece.iter().fold(0_u8, |sum, byte| sum + u8::from(is(*byte))))).sum()
}

/// An element that is still open.
struct Open {
    index: u32,
    last_child: u32,
    bindings: usize,
}

impl<'a> Document<'a> {
    /// Parses a decoded file.
    ///
    /// # Errors
    /// Text that is not well-formed XML or ends early, a document type that declares entities or attributes, and what
    /// exceeds the limits.
    pub fn parse(source: &'a str) -> Result<Document<'a>, XmlError> {
        match plain::parse(source) {
            Some(document) => Ok(document),
            None => Document::parse_any(source),
        }
    }

    fn empty(source: &'a str) -> Document<'a> {
        Document {
            elements: Vec::new(),
            attributes: Vec::new(),
            namespaces: Vec::new(),
            paths: Vec::new(),
            path_of: HashMap::new(),
            most_elements: MOST_ELEMENTS.min(FREE_ELEMENTS + source.len() / BYTES_AN_ELEMENT),
        }
    }

    /// Parses with the library, which knows all that XML may be and what is wrong with what is none.
    fn parse_any(source: &'a str) -> Result<Document<'a>, XmlError> {
        let mut reader = Reader::from_str(source);
        let mut ruler = Ruler::new(source);
        let mut document = Document::empty(source);
        let mut open: Vec<Open> = Vec::new();
        let mut bindings: Vec<(&'a str, Option<u32>)> = Vec::new();
        loop {
            let before = position(reader.buffer_position());
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    let at = position(reader.error_position()).max(ruler.at);
                    return Err(malformed(error).at(ruler.advance(at)));
                }
            };
            let after = position(reader.buffer_position());
            match event {
                Event::Start(_) | Event::Empty(_) => {
                    let empty = matches!(event, Event::Empty(_));
                    let place = ruler.advance(before);
                    let tag = source.get(before..after).unwrap_or("");
                    let tag = tag.strip_prefix('<').unwrap_or(tag);
                    let tag = tag.strip_suffix(if empty { "/>" } else { ">" }).unwrap_or(tag);
                    let kept = bindings.len();
                    let index = document.push(tag, &mut open, &mut bindings, place).map_err(|error| error.at(place))?;
                    if empty {
                        bindings.truncate(kept);
                    } else {
                        open.push(Open { index, last_child: 0, bindings: kept });
                    }
                }
                Event::End(_) => {
                    if let Some(closed) = open.pop() {
                        document.close(&closed, &mut bindings);
                    }
                }
                Event::Text(text) => document.text(&open, text.into_inner()).map_err(|error| error.at(ruler.advance(before)))?,
                Event::CData(text) => document.text(&open, text.into_inner()).map_err(|error| error.at(ruler.advance(before)))?,
                Event::GeneralRef(reference) => {
                    let text = resolve(&reference).map_err(|error| error.at(ruler.advance(before)))?;
                    document.text(&open, Cow::Owned(text)).map_err(|error| error.at(ruler.advance(before)))?;
                }
                Event::DocType(doctype) => check_doctype(&doctype).map_err(|error| error.at(ruler.advance(before)))?,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        if !open.is_empty() {
            let end = ruler.advance(source.len());
            return Err(damaged("den slutar mitt i", "it ends in the middle").at(end));
        }
        if document.elements.is_empty() {
            return Err(damaged("den har inget element", "it has no element"));
        }
        Ok(document)
    }

    /// Adds an element from the inside of its start tag.
    fn push(
        &mut self,
        tag: &'a str,
        open: &mut [Open],
        bindings: &mut Vec<(&'a str, Option<u32>)>,
        place: (u32, u32),
    ) -> Result<u32, XmlError> {
        self.may_hold_more(open)?;
        let length = tag.find(|c: char| c.is_ascii_whitespace()).unwrap_or(tag.len());
        let first = self.attributes.len();
        let mut prefixed = false;
        for attribute in Attributes::new(tag, length) {
            let attribute = attribute.map_err(malformed)?;
            if self.attributes.len() - first >= MOST_ATTRIBUTES {
                return Err(hostile("ett element har fler än 256 attribut", "an element has more than 256 attributes"));
            }
            if attribute.value.len() > LONGEST_VALUE {
                return Err(too_large("ett attribut är större än 64 MiB", "an attribute is larger than 64 MiB"));
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
            // The key borrows the tag, which outlives the iterator; quick-xml ties it to the attribute.
            prefixed |= self.attribute(key_in(tag, attribute.key.0), value, bindings)?;
        }
        self.element(tag.get(..length).unwrap_or(tag), first, prefixed, open, bindings, place)
    }

    /// Whether one more element may stand inside the open ones.
    fn may_hold_more(&self, open: &[Open]) -> Result<(), XmlError> {
        if self.elements.len() >= self.most_elements {
            return Err(too_large(
                "filen har fler element än någon deklaration av dess storlek",
                "the file has more elements than any declaration of its size",
            ));
        }
        if open.len() >= DEEPEST {
            return Err(hostile("elementen är nästlade djupare än 200 nivåer", "elements are nested deeper than 200 levels"));
        }
        if open.is_empty() && !self.elements.is_empty() {
            return Err(damaged("mer än ett rotelement", "more than one root element"));
        }
        Ok(())
    }

    /// Adds an attribute of the element that is added next, or notes what a prefix stands for; whether its name has a
    /// prefix.
    fn attribute(&mut self, key: &'a str, value: Cow<'a, str>, bindings: &mut Vec<(&'a str, Option<u32>)>) -> Result<bool, XmlError> {
        let (before, local) = split_name(key);
        let prefix = match before {
            "xmlns" => local,
            _ if key == "xmlns" => "",
            _ => {
                self.attributes.push((key, value));
                return Ok(local.len() < key.len());
            }
        };
        if bindings.len() >= MOST_PREFIXES {
            return Err(hostile("fler än 500 namnrymder gäller samtidigt", "more than 500 namespaces are in force at once"));
        }
        let index = if value.is_empty() {
            None
        } else {
            self.namespaces.push(value);
            Some(u32::try_from(self.namespaces.len() - 1).unwrap_or(0))
        };
        bindings.push((prefix, index));
        Ok(false)
    }

    /// Adds an element whose attributes, from the `first` on, have been added.
    fn element(
        &mut self,
        qualified: &'a str,
        first: usize,
        prefixed: bool,
        open: &mut [Open],
        bindings: &[(&'a str, Option<u32>)],
        (line, column): (u32, u32),
    ) -> Result<u32, XmlError> {
        self.may_hold_more(open)?;
        let (prefix, name) = split_name(qualified);
        // Most names have no prefix, and comparing nothing with nothing byte by byte is slow on some processors.
        let bound = |bound: &str| if prefix.is_empty() { bound.is_empty() } else { bound == prefix };
        let namespace = bindings.iter().rev().find(|(prefix, _)| bound(prefix)).and_then(|(_, index)| *index);
        let index = u32::try_from(self.elements.len()).unwrap_or(u32::MAX);
        let path = self.path_below(open.last(), name);
        if let Some(above) = open.last_mut() {
            if above.last_child == 0 {
                self.elements[above.index as usize].child = index;
            } else {
                self.elements[above.last_child as usize].next = index;
            }
            above.last_child = index;
        }
        self.elements.push(Element {
            name,
            text: Cow::Borrowed(""),
            namespace,
            child: 0,
            next: 0,
            last: index,
            attributes: u32::try_from(first).unwrap_or(u32::MAX),
            attribute_count: u32::try_from(self.attributes.len() - first).unwrap_or(0),
            prefixed,
            path,
            line,
            column,
        });
        Ok(index)
    }

    /// The path of a name below an open element.
    fn path_below(&mut self, open: Option<&Open>, name: &'a str) -> u32 {
        // An element is mostly called as the one before it.
        let before = open.filter(|above| above.last_child > 0).and_then(|above| self.elements.get(above.last_child as usize));
        if let Some(before) = before.filter(|before| before.name == name) {
            return before.path;
        }
        let above = open.and_then(|above| self.elements.get(above.index as usize)).map_or(u32::MAX, |element| element.path);
        let paths = &mut self.paths;
        *self.path_of.entry((above, name)).or_insert_with(|| {
            paths.push(Path { above, name, written: OnceCell::new(), with_attribute: RefCell::new(None) });
            u32::try_from(paths.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Ends an element, and with it the prefixes that it bound.
    fn close(&mut self, closed: &Open, bindings: &mut Vec<(&'a str, Option<u32>)>) {
        bindings.truncate(closed.bindings);
        let last = u32::try_from(self.elements.len() - 1).unwrap_or(u32::MAX);
        if let Some(element) = self.elements.get_mut(closed.index as usize) {
            element.last = last;
        }
    }

    /// Adds a piece of text to the innermost open element.
    fn text(&mut self, open: &[Open], piece: Cow<'a, str>) -> Result<(), XmlError> {
        let blank = piece.bytes().all(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) || piece.trim().is_empty();
        let Some(element) = open.last().and_then(|above| self.elements.get_mut(above.index as usize)) else {
            return if blank { Ok(()) } else { Err(damaged("text utanför rotelementet", "text outside the root element")) };
        };
        if element.text.is_empty() {
            // White space between children is no content; before other text it is trimmed anyway.
            if !blank {
                element.text = piece;
            }
        } else {
            element.text.to_mut().push_str(&piece);
        }
        if element.text.len() > LONGEST_VALUE {
            return Err(too_large("en text är större än 64 MiB", "a text is larger than 64 MiB"));
        }
        Ok(())
    }

    /// The outermost element.
    pub fn root(&'a self) -> Node<'a> {
        Node { document: self, index: 0 }
    }
}

/// The prefix of a name, empty without one, and the rest.
fn split_name(name: &str) -> (&str, &str) {
    // Names are short, so that a plain look at each byte is quickest.
    match name.bytes().position(|byte| byte == b':') {
        Some(colon) => (name.get(..colon).unwrap_or(""), name.get(colon + 1..).unwrap_or("")),
        None => ("", name),
    }
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// The same key as a slice of the tag, which lives as long as the source.
fn key_in<'a>(tag: &'a str, key: &str) -> &'a str {
    let offset = (key.as_ptr() as usize).wrapping_sub(tag.as_ptr() as usize);
    tag.get(offset..offset.wrapping_add(key.len())).unwrap_or("")
}

/// Character references and the five entities that XML itself defines; any other is unknown, because a file that
/// declares its own is refused.
fn resolve(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    if let Some(character) = reference.resolve_char_ref().map_err(malformed)? {
        return Ok(character.to_string());
    }
    let text = match reference.as_ref() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        other => {
            let name = clipped(other);
            return Err(damaged(format_args!("okänd entitet `&{name};`"), format_args!("unknown entity `&{name};`")));
        }
    };
    Ok(text.to_string())
}

/// A document type may name an external grammar, which is never fetched. One that declares entities (or default values
/// of attributes, which a reader without grammars would miss) is refused.
fn check_doctype(doctype: &str) -> Result<(), XmlError> {
    if doctype.contains("<!ENTITY") || doctype.contains("<!ATTLIST") {
        return Err(hostile("filen definierar egna entiteter (DTD)", "the file defines entities of its own (DTD)"));
    }
    Ok(())
}

/// The text, cut when it is longer than anybody would want to read in a result.
pub fn clipped(text: &str) -> String {
    match text.char_indices().nth(LONGEST_RAW) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests;
