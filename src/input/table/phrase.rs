//! A line of human text in two forms of the same length: as written, and folded (lower case, one kind of dash and
//! blank). Phrases are found in the folded form, between word boundaries, and blanked out of both.

use std::ops::Range;

/// A text in which phrases are found and taken out. A phrase that ends in `*` takes the rest of its word with it.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    written: Vec<char>,
    folded: Vec<char>,
}

/// One character in the form that phrases are written in.
fn fold(character: char) -> char {
    match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '’' | '‘' | '´' | '`' => '\'',
        '\u{3bc}' => 'µ',
        '％' => '%',
        c if c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}' => ' ',
        // One character must stay one, so that both forms keep the same length.
        c => c.to_lowercase().next().unwrap_or(c),
    }
}

/// The text folded, blanks collapsed and trimmed.
pub(super) fn plain(text: &str) -> String {
    let folded: String = text.chars().map(fold).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the character belongs to a word.
fn in_word(character: Option<&char>) -> bool {
    character.is_some_and(|c| c.is_alphanumeric())
}

impl Phrase {
    /// The text, of which at most 1 000 characters are looked at: no question is longer, and hostile cells are.
    pub(super) fn new(text: &str) -> Phrase {
        let written: Vec<char> = text.chars().take(1_000).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let folded = written.iter().map(|c| fold(*c)).collect();
        Phrase { written, folded }
    }

    /// Where the phrase stands first.
    pub(super) fn find(&self, phrase: &str) -> Option<Range<usize>> {
        self.find_from(0, phrase)
    }

    /// Where the phrase stands first at or after `from`.
    pub(super) fn find_from(&self, from: usize, phrase: &str) -> Option<Range<usize>> {
        let (stem, open) = phrase.strip_suffix('*').map_or((phrase, false), |stem| (stem, true));
        let (first, last) = (stem.chars().next()?, stem.chars().next_back()?);
        let folded = self.folded.as_slice();
        for (start, character) in folded.iter().enumerate().skip(from) {
            if *character != first || (first.is_alphanumeric() && start > 0 && in_word(folded.get(start - 1))) {
                continue;
            }
            // Compared in place: this is asked some hundred times of every answer.
            let mut length = 0;
            let stands = stem.chars().all(|wanted| {
                length += 1;
                folded.get(start + length - 1) == Some(&wanted)
            });
            let mut end = start + length;
            if !stands || !(open || !last.is_alphanumeric() || !in_word(folded.get(end))) {
                continue;
            }
            while open && (in_word(folded.get(end)) || matches!(folded.get(end), Some('-' | ':')) && in_word(folded.get(end + 1))) {
                end += 1;
            }
            return Some(start..end);
        }
        None
    }

    /// Whether any of the phrases stands in the text.
    pub(super) fn has_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.find(phrase).is_some())
    }

    /// Blanks out the first place of the phrase; whether there was one.
    pub(super) fn take(&mut self, phrase: &str) -> bool {
        let Some(range) = self.find(phrase) else { return false };
        self.blank(range);
        true
    }

    /// Blanks out every place of the phrases; how many there were.
    pub(super) fn take_all(&mut self, phrases: &[&str]) -> usize {
        let mut count = 0;
        for phrase in phrases {
            while self.take(phrase) {
                count += 1;
            }
        }
        count
    }

    /// Blanks out a range of characters.
    pub(super) fn blank(&mut self, range: Range<usize>) {
        for at in range {
            if let (Some(written), Some(folded)) = (self.written.get_mut(at), self.folded.get_mut(at)) {
                (*written, *folded) = (' ', ' ');
            }
        }
    }

    /// The folded characters.
    pub(super) fn folded(&self) -> &[char] {
        &self.folded
    }

    /// Folded text of a range.
    pub(super) fn folded_text(&self, range: Range<usize>) -> String {
        self.folded.get(range).unwrap_or_default().iter().collect()
    }

    /// Text of a range as written.
    pub(super) fn written_text(&self, range: Range<usize>) -> String {
        self.written.get(range).unwrap_or_default().iter().collect()
    }

    /// The words between blanks, as ranges; brackets and the punctuation around a word are left out of it, a final
    /// hyphen is kept.
    pub(super) fn words(&self) -> Vec<Range<usize>> {
        let edge = |c: &char| !(c.is_alphanumeric() || matches!(c, '-' | '%' | '&' | '+' | 'µ' | '>' | '<' | '≥' | '≤'));
        let mut words = Vec::new();
        let mut at = 0;
        while at < self.folded.len() {
            if self.folded.get(at) == Some(&' ') {
                at += 1;
                continue;
            }
            let start = at;
            while at < self.folded.len() && self.folded.get(at) != Some(&' ') {
                at += 1;
            }
            let (mut from, mut to) = (start, at);
            while from < to && self.folded.get(from).is_some_and(edge) {
                from += 1;
            }
            while to > from && self.folded.get(to - 1).is_some_and(edge) {
                to -= 1;
            }
            if from < to {
                words.push(from..to);
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_stand_between_word_boundaries() {
        let phrase = Phrase::new("Uppfyller RoHS-direktivet 2011/65/EU?");
        assert_eq!(phrase.find("rohs").map(|range| phrase.written_text(range)).as_deref(), Some("RoHS"));
        assert_eq!(phrase.find("rohs*").map(|range| phrase.written_text(range)).as_deref(), Some("RoHS-direktivet"));
        assert_eq!(phrase.find("upp"), None);
        assert!(phrase.find("2011/65*").is_some());
    }

    #[test]
    fn taking_out_keeps_the_length() {
        let mut phrase = Phrase::new("fri från PVC");
        assert!(phrase.take("fri från"));
        assert_eq!(phrase.folded_text(0..12).trim(), "pvc");
        assert_eq!(phrase.words(), vec![9..12]);
    }

    #[test]
    fn folding_collapses_blanks_and_dashes() {
        assert_eq!(plain("  PVC\u{a0}–  Fri\n"), "pvc - fri");
    }
}
