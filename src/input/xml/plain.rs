//! XML as programs write it, taken apart in one pass over its bytes: elements, attributes, text, comments, processing
//! instructions. At the first thing that is written otherwise, or is wrong, it gives up, and the library reads the file
//! from its beginning; it also says what is wrong.

use super::{Document, LONGEST_VALUE, Open, Ruler, resolve};
use memchr::{memchr, memchr2, memmem};
use quick_xml::XmlVersion;
use quick_xml::events::BytesRef;
use quick_xml::events::attributes::Attribute;
use quick_xml::name::QName;
use std::borrow::Cow;

/// Most attributes of an element here: each name is compared with all before it.
const MOST_ATTRIBUTES: usize = 32;

/// A document that is written plainly.
pub(super) fn parse(source: &str) -> Option<Document<'_>> {
    let mut plain = Plain {
        source,
        at: 0,
        document: Document::empty(source),
        ruler: Ruler::new(source),
        open: Vec::new(),
        names: Vec::new(),
        bindings: Vec::new(),
        keys: Vec::with_capacity(MOST_ATTRIBUTES),
    };
    // Of the usual size, so that the elements need not be moved as they become more.
    plain.document.elements.reserve(source.len().min(1 << 20) / 80);
    plain.document.attributes.reserve(source.len().min(1 << 20) / 25);
    while plain.at < source.len() {
        plain.step()?;
    }
    (plain.open.is_empty() && !plain.document.elements.is_empty()).then_some(plain.document)
}

struct Plain<'a> {
    source: &'a str,
    /// The next byte to look at.
    at: usize,
    document: Document<'a>,
    ruler: Ruler<'a>,
    open: Vec<Open>,
    /// The names of the open elements, as they are written.
    names: Vec<&'a str>,
    bindings: Vec<(&'a str, Option<u32>)>,
    /// The attributes of the element that is read.
    keys: Vec<&'a str>,
}

impl<'a> Plain<'a> {
    fn rest(&self) -> &'a [u8] {
        self.source.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Takes the next so many bytes.
    fn take(&mut self, length: usize) -> Option<&'a str> {
        let taken = self.source.get(self.at..self.at + length)?;
        self.at += length;
        Some(taken)
    }

    /// Passes over the next byte if it is this one.
    fn passes(&mut self, byte: u8) -> Option<()> {
        (self.rest().first() == Some(&byte)).then(|| self.at += 1)
    }

    /// Passes over everything up to and with the next `mark`.
    fn passes_to(&mut self, mark: &[u8]) -> Option<()> {
        let length = memmem::find(self.rest(), mark)?;
        self.at += length + mark.len();
        Some(())
    }

    /// Reads the text up to the next markup, and that.
    fn step(&mut self) -> Option<()> {
        let rest = self.rest();
        let length = memchr(b'<', rest).unwrap_or(rest.len());
        if length > 0 {
            let text = self.take(length)?;
            self.text(text)?;
        }
        match self.rest() {
            [] => Some(()),
            [_, b'/', ..] => self.end_tag(),
            [_, b'?', b'a'..=b'z' | b'A'..=b'Z', ..] => self.passes_to(b"?>"),
            [_, b'!', b'-', b'-', next, ..] if !matches!(next, b'-' | b'>') => self.passes_to(b"-->"),
            [_, b'!' | b'?', ..] => None,
            _ => self.start_tag(),
        }
    }

    fn text(&mut self, mut text: &'a str) -> Option<()> {
        while let Some(at) = memchr(b'&', text.as_bytes()) {
            let (before, reference) = text.split_at_checked(at)?;
            self.document.text(&self.open, Cow::Borrowed(before)).ok()?;
            let end = memchr2(b';', b'&', reference.get(1..)?.as_bytes())? + 1;
            let (name, rest) = (reference.get(1..end)?, reference.get(end..)?);
            let meant = resolve(&BytesRef::new(name)).ok()?;
            self.document.text(&self.open, Cow::Owned(meant)).ok()?;
            text = rest.strip_prefix(';')?;
        }
        self.document.text(&self.open, Cow::Borrowed(text)).ok()
    }

    fn end_tag(&mut self) -> Option<()> {
        self.at += 2;
        let name = self.names.pop()?;
        if !self.rest().starts_with(name.as_bytes()) {
            return None;
        }
        self.at += name.len();
        self.passes(b'>')?;
        let closed = self.open.pop()?;
        self.document.close(&closed, &mut self.bindings);
        Some(())
    }

    fn start_tag(&mut self) -> Option<()> {
        let place = self.ruler.advance(self.at);
        self.at += 1;
        let name = self.name()?;
        let kept = self.bindings.len();
        let first = self.document.attributes.len();
        let mut prefixed = false;
        self.keys.clear();
        let empty = loop {
            let blanks = self.rest().iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))?;
            self.at += blanks;
            match self.rest() {
                [b'>', ..] => {
                    self.at += 1;
                    break false;
                }
                [b'/', b'>', ..] => {
                    self.at += 2;
                    break true;
                }
                _ if blanks == 0 => return None,
                _ => {}
            }
            let key = self.name()?;
            if self.keys.contains(&key) || self.keys.len() == MOST_ATTRIBUTES {
                return None;
            }
            self.keys.push(key);
            self.passes(b'=')?;
            let value = self.value()?;
            prefixed |= self.document.attribute(key, value, &mut self.bindings).ok()?;
        };
        let index = self.document.element(name, first, prefixed, &mut self.open, &self.bindings, place).ok()?;
        if empty {
            self.bindings.truncate(kept);
        } else {
            self.open.push(Open { index, last_child: 0, bindings: kept });
            self.names.push(name);
        }
        Some(())
    }

    /// The name of an element or attribute. What may stand in one is left to the library too.
    fn name(&mut self) -> Option<&'a str> {
        let ends = |byte: &u8| matches!(byte, 0..=b' ' | b'=' | b'>' | b'/' | b'<' | b'"' | b'\'' | b'&');
        let length = self.rest().iter().position(ends).filter(|length| *length > 0)?;
        self.take(length)
    }

    /// The value of an attribute, with its quotes.
    fn value(&mut self) -> Option<Cow<'a, str>> {
        let quote = *self.rest().first().filter(|quote| matches!(quote, b'"' | b'\''))?;
        self.at += 1;
        let rest = self.rest();
        let plain = rest.iter().position(|byte| *byte == quote || matches!(byte, b'&' | b'\t' | b'\r' | b'\n'))?;
        let is_plain = rest.get(plain) == Some(&quote);
        let length = if is_plain { plain } else { memchr(quote, rest)? };
        let value = self.take(length).filter(|value| value.len() <= LONGEST_VALUE)?;
        self.at += 1;
        if is_plain {
            return Some(Cow::Borrowed(value));
        }
        Attribute { key: QName(""), value: Cow::Borrowed(value) }.normalized_value(XmlVersion::Implicit1_0).ok()
    }
}
