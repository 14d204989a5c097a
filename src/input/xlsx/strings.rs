//! The shared texts of a workbook: each stored once, all in one, found by number.

use super::super::archive;
use super::super::container::Limits;
use super::super::read_error::{Fault, ReadError};
use super::member::Feed;
use super::scan::{Markup, Stop, attributes, from, push, settle, string_item, tag};
use memchr::{memchr, memchr3};

/// The shared texts.
#[derive(Debug, Default)]
pub(super) struct Strings {
    texts: String,
    /// Where each text ends, and the next begins.
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of memory they take.
    pub(super) fn held(&self) -> usize {
        self.texts.capacity() + self.ends.capacity() * size_of::<u32>()
    }

    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<&str> {
        let index = index as usize;
        let end = *self.ends.get(index)? as usize;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.texts.get(start..end)
    }

    /// Reads the part that the feed has been opened at, with `room` bytes of memory to fill.
    pub(super) fn read(feed: &mut Feed<'_>, limits: &Limits, room: usize) -> Result<Strings, ReadError> {
        let most = limits.string_bytes.min(room);
        let mut reading = Reading { strings: Strings::default(), limits, most, depth: 0, claimed: 0 };
        loop {
            let seen = reading.steps(feed.data());
            feed.consume(seen.map_err(Stop::told)?);
            if feed.ended() {
                break;
            }
            feed.more()?;
        }
        let size = feed.given() as u64;
        // A text takes at least `<si/>`. Small claims are let be: some programs count wrong.
        let claimed = reading.claimed;
        if claimed > 1_000_000 && claimed > size / 5 {
            return Err(ReadError::new(
                Fault::Hostile,
                format!("filen påstår sig ha {claimed} texter men rymmer dem inte; spara om den"),
                format!("the file claims {claimed} texts but cannot hold them; save it anew"),
            ));
        }
        if reading.depth != 0 || !feed.data().iter().all(u8::is_ascii_whitespace) {
            return Err(archive::damaged());
        }
        Ok(reading.strings)
    }
}

struct Reading<'l> {
    strings: Strings,
    limits: &'l Limits,
    /// Bytes that the texts and their ends may take.
    most: usize,
    depth: usize,
    claimed: u64,
}

impl Reading<'_> {
    /// Reads as many whole texts as there are; tells how far that was.
    fn steps(&mut self, data: &[u8]) -> Result<usize, Stop> {
        let mut at = 0;
        loop {
            let start = self.strings.texts.len();
            match self.step(data, at) {
                Ok(next) => at = next,
                Err(Stop::More) => {
                    self.strings.texts.truncate(start);
                    return Ok(at);
                }
                Err(stop) => return Err(stop),
            }
        }
    }

    #[inline]
    fn step(&mut self, data: &[u8], at: usize) -> Result<usize, Stop> {
        let rest = from(data, at);
        if self.depth == 1 && rest.starts_with(b"<si><t>") {
            let text = from(rest, 7);
            let length = memchr3(b'<', b'&', b'\r', text).ok_or(Stop::More)?;
            if from(text, length).starts_with(b"</t></si>") {
                let start = self.strings.texts.len();
                push(&mut self.strings.texts, text.get(..length).unwrap_or_default())?;
                settle(&mut self.strings.texts, start, false);
                if length > self.limits.cell_text_bytes {
                    return Err(Stop::LongText);
                }
                self.end_text()?;
                return Ok(at + 7 + length + 9);
            }
        }
        let Some(text) = memchr(b'<', rest) else {
            return if rest.is_empty() { Err(Stop::More) } else { Ok(data.len()) };
        };
        let tag = tag(data, at + text)?;
        match tag.markup {
            Markup::Other => {}
            Markup::Close => self.depth = self.depth.checked_sub(1).ok_or(Stop::Damaged)?,
            Markup::Open if self.depth == 1 && tag.name == b"si" => {
                let end = string_item(data, tag.end, &mut self.strings.texts, self.limits)?;
                self.end_text()?;
                return Ok(end);
            }
            Markup::Empty if self.depth == 1 && tag.name == b"si" => self.end_text()?,
            Markup::Open | Markup::Empty => {
                if self.depth == 0 {
                    if tag.name != b"sst" {
                        return Err(Stop::Damaged);
                    }
                    let mut claimed = None;
                    attributes(data, tag.attributes, self.limits, |name, value| {
                        if name == b"uniqueCount" {
                            claimed = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
                        }
                    })?;
                    self.claimed = claimed.unwrap_or(0);
                }
                self.depth += usize::from(tag.markup == Markup::Open);
                if self.depth > self.limits.depth {
                    return Err(Stop::Deep);
                }
            }
        }
        Ok(tag.end)
    }

    #[inline]
    fn end_text(&mut self) -> Result<(), Stop> {
        let held = self.strings.texts.len() + self.strings.ends.len() * size_of::<u32>();
        if self.strings.ends.len() >= self.limits.strings || held > self.most {
            return Err(Stop::Texts);
        }
        self.strings.ends.push(u32::try_from(self.strings.texts.len()).map_err(|_| Stop::Texts)?);
        Ok(())
    }
}
