//! How what is worked out when the program is built lies in the binary: words of fixed width, and texts in one blob. The
//! side that writes and the side that reads stand beside each other here.

use crate::amount::Factor;
use crate::declaration::Date;

/// No text, no number.
pub(crate) const NONE: u32 = u32::MAX;

/// Words where they lie in the binary, least byte first.
pub(crate) type Words = &'static [[u8; 4]];

/// What writes.
#[derive(Default)]
pub(crate) struct Packer {
    pub words: Vec<u32>,
    text: String,
}

impl Packer {
    pub fn word(&mut self, word: u32) {
        self.words.push(word);
    }

    pub fn count(&mut self, count: usize) {
        self.words.push(u32::try_from(count).unwrap_or(NONE));
    }

    pub fn flag(&mut self, flag: bool) {
        self.word(u32::from(flag));
    }

    pub fn text(&mut self, text: &str) {
        self.count(self.text.len());
        self.count(text.len());
        self.text.push_str(text);
    }

    pub fn option(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => {
                self.word(NONE);
                self.word(0);
            }
        }
    }

    pub fn texts<T: AsRef<str>>(&mut self, texts: &[T]) {
        self.count(texts.len());
        texts.iter().for_each(|text| self.text(text.as_ref()));
    }

    pub fn long(&mut self, number: u64) {
        self.word(number as u32);
        self.word((number >> 32) as u32);
    }

    pub fn long_option(&mut self, number: Option<u64>) {
        self.flag(number.is_some());
        self.long(number.unwrap_or(0));
    }

    /// One of a few values, by its place among them.
    pub fn one_of<T: PartialEq>(&mut self, all: &[T], value: &T) {
        self.word(all.iter().position(|one| one == value).and_then(|at| u32::try_from(at).ok()).unwrap_or(NONE));
    }

    /// Words after how many they are.
    pub fn table(&mut self, words: impl IntoIterator<Item = u32>) {
        let at = self.words.len();
        self.word(0);
        self.words.extend(words);
        let count = u32::try_from(self.words.len() - at - 1).unwrap_or(NONE);
        if let Some(place) = self.words.get_mut(at) {
            *place = count;
        }
    }

    pub fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + self.words.len() * 4 + self.text.len());
        bytes.extend_from_slice(&u32::try_from(self.words.len()).unwrap_or(NONE).to_le_bytes());
        for word in self.words {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(self.text.as_bytes());
        bytes
    }
}

/// What reads, from front to back. Every step gives `None` where the bytes are not as the packer wrote them.
#[derive(Clone, Copy)]
pub(crate) struct Unpacker {
    words: Words,
    pub text: &'static str,
}

impl Unpacker {
    pub fn new(bytes: &'static [u8]) -> Option<Unpacker> {
        let (count, rest) = bytes.split_first_chunk::<4>()?;
        let (words, text) = rest.split_at_checked(u32::from_le_bytes(*count) as usize * 4)?;
        Some(Unpacker { words: words.as_chunks::<4>().0, text: std::str::from_utf8(text).ok()? })
    }

    /// Reads other words of the same blob.
    pub fn within(self, words: Words) -> Unpacker {
        Unpacker { words, ..self }
    }

    /// Whether everything has been read.
    pub fn is_done(&self) -> bool {
        self.words.is_empty()
    }

    pub fn word(&mut self) -> Option<u32> {
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        Some(u32::from_le_bytes(*word))
    }

    pub fn count(&mut self) -> Option<usize> {
        self.word().map(|word| word as usize)
    }

    pub fn flag(&mut self) -> Option<bool> {
        self.word().map(|word| word != 0)
    }

    pub fn text(&mut self) -> Option<&'static str> {
        let (from, length) = (self.count()?, self.count()?);
        self.text.get(from..from.checked_add(length)?)
    }

    /// `Some(None)` where no text was written.
    pub fn option(&mut self) -> Option<Option<&'static str>> {
        if self.words.first().copied().map(u32::from_le_bytes)? == NONE {
            self.take(2)?;
            return Some(None);
        }
        self.text().map(Some)
    }

    pub fn texts<T: From<&'static str>>(&mut self) -> Option<Vec<T>> {
        (0..self.count()?).map(|_| self.text().map(T::from)).collect()
    }

    pub fn long(&mut self) -> Option<u64> {
        let (low, high) = (self.word()?, self.word()?);
        Some(u64::from(low) | u64::from(high) << 32)
    }

    pub fn long_option(&mut self) -> Option<Option<u64>> {
        let (is_there, number) = (self.flag()?, self.long()?);
        Some(is_there.then_some(number))
    }

    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(self.count()?).copied()
    }

    pub fn take(&mut self, count: usize) -> Option<Words> {
        let (own, rest) = self.words.split_at_checked(count)?;
        self.words = rest;
        Some(own)
    }

    /// Words whose number stands before them.
    pub fn table(&mut self) -> Option<Words> {
        let count = self.count()?;
        self.take(count)
    }
}

/// A day as a word.
pub(crate) fn word_of(date: Option<Date>) -> u32 {
    date.map_or(NONE, |date| {
        u32::from(date.year().unsigned_abs()) << 16 | u32::from(date.month().unsigned_abs()) << 8 | u32::from(date.day().unsigned_abs())
    })
}

/// `Some(None)` where no day was written.
pub(crate) fn date_of(word: u32) -> Option<Option<Date>> {
    if word == NONE {
        return Some(None);
    }
    let (year, month, day) = (i16::try_from(word >> 16).ok()?, i8::try_from(word >> 8 & 0xff).ok()?, i8::try_from(word & 0xff).ok()?);
    Date::new(year, month, day).ok().map(Some)
}

pub(crate) const fn factor_word(factor: Factor) -> u32 {
    factor.lo << 16 | factor.hi
}

pub(crate) const fn factor_of(word: u32) -> Factor {
    Factor { lo: word >> 16, hi: word & 0xffff }
}
