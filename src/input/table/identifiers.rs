//! Numbers in the form of CAS and EC numbers: found in names and in cells that hold several of them. Whether they are
//! what they look like, their check digits tell later.

use super::amounts::says_nothing;
use std::sync::Arc;

/// Whether the text holds something in the form of a CAS number (2–7 digits, 2 digits, 1 digit).
pub(super) fn has_cas(text: &str) -> bool {
    is_plain_cas(text) || holds(text, Identifier::Cas)
}

/// Whether the text holds something in the form of an EC number (3 digits, 3 digits, 1 digit).
pub(super) fn has_ec(text: &str) -> bool {
    !is_plain_cas(text) && holds(text, Identifier::Ec)
}

/// Whether the text is `7439-92-1` and nothing else, as nearly every cell of a CAS column.
fn is_plain_cas(text: &str) -> bool {
    let [digits @ .., b'-', tens, ones, b'-', check] = text.as_bytes() else { return false };
    (2..=10).contains(&digits.len()) && digits.iter().chain([tens, ones, check]).all(u8::is_ascii_digit)
}

fn holds(text: &str, wanted: Identifier) -> bool {
    // Most texts have no two dashes, and so no number.
    if text.is_ascii() && text.bytes().filter(|byte| *byte == b'-').count() < 2 {
        return false;
    }
    let mut at = 0;
    while let Some((_, end, kind)) = next_identifier(text, at) {
        if kind == wanted {
            return true;
        }
        at = end;
    }
    false
}

/// Which number a text has the form of; whether it is one, the check digit tells later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identifier {
    Cas,
    Ec,
}

/// The next run of digits and dashes from byte `from` on that has the form of a CAS or EC number: start, end, which.
pub(super) fn next_identifier(text: &str, from: usize) -> Option<(usize, usize, Identifier)> {
    let rest = text.get(from..)?;
    let mut start: Option<usize> = None;
    let mut groups = [0usize; 3];
    let mut group = 0usize;
    let mut dash_before = false;
    let mut characters = rest.char_indices().peekable();
    let mut previous_alphanumeric = false;
    loop {
        let next = characters.next();
        let (at, character) = next.unwrap_or((rest.len(), ' '));
        if character.is_ascii_digit() && !(start.is_none() && previous_alphanumeric) {
            if start.is_none() {
                start = Some(at);
                groups = [0; 3];
                group = 0;
            }
            if let Some(count) = groups.get_mut(group) {
                *count += 1;
            }
            dash_before = false;
        } else if is_dash(character) && start.is_some() && !dash_before && characters.peek().is_some_and(|(_, next)| next.is_ascii_digit())
        {
            group += 1;
            dash_before = true;
        } else {
            if let Some(begin) = start.take() {
                let kind = match (group, groups) {
                    // A chemical name goes on behind its locants: "1,2-13-..." and "2-50-00-0x" are none.
                    _ if character.is_alphanumeric() => None,
                    (2, [2..=10, 2, 1]) => Some(Identifier::Cas),
                    (2, [3, 3, 1]) => Some(Identifier::Ec),
                    _ => None,
                };
                if let Some(kind) = kind {
                    return Some((from + begin, from + at, kind));
                }
            }
            next?;
            previous_alphanumeric = character.is_alphanumeric();
            continue;
        }
        previous_alphanumeric = true;
    }
}

fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}')
}

/// The numbers of a cell in a CAS or EC column, each as written, and what is left of the text.
pub(super) struct Numbers {
    /// In the form of CAS numbers, or of nothing known (then identification refuses them).
    pub cas: Vec<Arc<str>>,
    /// In the form of EC numbers.
    pub ec: Vec<Arc<str>>,
    /// Words beside the numbers: a name.
    pub words: Option<Arc<str>>,
}

/// Takes the numbers of a cell apart: `7439-92-1; 7440-43-9`, `13676-54-5/25722-66-1`, two numbers with a blank between.
pub(super) fn numbers_in(text: &str) -> Numbers {
    let mut numbers = Numbers { cas: Vec::new(), ec: Vec::new(), words: None };
    let trimmed = text.trim();
    if is_plain_cas(trimmed) {
        numbers.cas.push(trimmed.into());
        return numbers;
    }
    // By far the commonest otherwise: one number and nothing else.
    if let Some((0, end, kind)) = next_identifier(trimmed, 0) {
        if end == trimmed.len() {
            let list = if kind == Identifier::Cas { &mut numbers.cas } else { &mut numbers.ec };
            list.push(trimmed.into());
            return numbers;
        }
    }
    if says_nothing(trimmed) {
        return numbers;
    }
    let mut words = String::new();
    for piece in trimmed.split([';', ',', '/', '\n', '\r', '+', '&', '|']) {
        let piece = piece.trim();
        let mut at = 0;
        let mut any = false;
        let mut left = String::new();
        while let Some((start, end, kind)) = next_identifier(piece, at) {
            left.push_str(piece.get(at..start).unwrap_or(""));
            let list = if kind == Identifier::Cas { &mut numbers.cas } else { &mut numbers.ec };
            list.extend(piece.get(start..end).map(Into::into));
            (any, at) = (true, end);
        }
        left.push_str(piece.get(at..).unwrap_or(""));
        let left = left.trim_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ':' | '.' | '-' | '*'));
        if left.is_empty() || is_filler(left) {
            continue;
        }
        if !any && left.bytes().any(|byte| byte.is_ascii_digit())
            || !any && numbers.cas.is_empty() && numbers.ec.is_empty() && !trimmed.contains([';', ',', '/', '\n'])
        {
            // Damaged numbers, keys, "proprietary": kept as written, for identification to refuse.
            numbers.cas.push(piece.into());
        } else if !says_nothing(left) {
            if !words.is_empty() {
                words.push_str(", ");
            }
            words.push_str(left);
        }
    }
    numbers.words = Some(words).filter(|words| !words.is_empty()).map(Into::into);
    numbers
}

/// Words that belong to a number, not to a name.
fn is_filler(text: &str) -> bool {
    const FILLERS: [&str; 18] = [
        "cas", "cas nr", "cas-nr", "cas no", "cas:", "cas#", "cas-nr.", "ec", "eg", "ec:", "eller", "or", "och", "and", "oder", "und",
        "tai", "ja",
    ];
    FILLERS.iter().any(|filler| text.eq_ignore_ascii_case(filler))
}

/// A name without the CAS number that is written in it: `BT resin (CAS# 13676-54-5)` is `BT resin`.
pub(super) fn name_without_numbers(name: &str) -> &str {
    let Some((start, _, _)) = next_identifier(name, 0) else { return name };
    let before = name.get(..start).unwrap_or("");
    let cut = before.rfind(['(', '[']).unwrap_or(start);
    let head = name.get(..cut).unwrap_or("").trim_end();
    // Byte positions agree between a text and its ASCII lower case.
    let lower = head.to_ascii_lowercase();
    let words = [" cas-nr", " cas nr", " cas no", " cas", ", cas", " ec", " eg"];
    let head = words
        .iter()
        .filter_map(|word| lower.trim_end_matches([':', '.', '#', ' ']).strip_suffix(word))
        .map(str::len)
        .min()
        .and_then(|at| head.get(..at))
        .unwrap_or(head);
    let head = head.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-' | '(' | '['));
    if !head.is_empty() && !is_filler(head) {
        return head;
    }
    // The number comes first: "7439-92-1 Lead".
    let mut at = 0;
    while let Some((_, end, _)) = next_identifier(name, at) {
        at = end;
    }
    name.get(at..).unwrap_or("").trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-' | ')' | ']' | '(' | '['))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cas(text: &str) -> Vec<String> {
        numbers_in(text).cas.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn several_numbers_in_a_cell() {
        assert_eq!(cas("7439-92-1"), ["7439-92-1"]);
        assert_eq!(cas("7439-92-1; 7440-43-9"), ["7439-92-1", "7440-43-9"]);
        assert_eq!(cas("13676-54-5/25722-66-1"), ["13676-54-5", "25722-66-1"]);
        assert_eq!(cas("7439-92-1 7440-43-9"), ["7439-92-1", "7440-43-9"]);
        assert_eq!(cas("7439-92-1\n7440-43-9"), ["7439-92-1", "7440-43-9"]);
        assert_eq!(cas("CAS: 7439\u{2011}92\u{2011}1"), ["7439\u{2011}92\u{2011}1"]);
        assert_eq!(cas("0000050-00-0"), ["0000050-00-0"]);
        assert_eq!(cas("47"), ["47"]);
        assert_eq!(cas("7439-92"), ["7439-92"]);
        assert_eq!(cas("proprietary"), ["proprietary"]);
        assert!(cas("-").is_empty());
        assert!(cas("N/A").is_empty());
    }

    #[test]
    fn names_and_other_numbers_beside_them() {
        let both = numbers_in("Lead 7439-92-1");
        assert_eq!((both.cas.len(), both.words.as_deref()), (1, Some("Lead")));
        let ec = numbers_in("231-100-4");
        assert_eq!((ec.cas.len(), ec.ec.len()), (0, 1));
    }

    #[test]
    fn numbers_are_lifted_out_of_names() {
        assert_eq!(name_without_numbers("bt resin (cas# 13676-54-5/25722-66-1)"), "bt resin");
        assert_eq!(name_without_numbers("Bly, CAS 7439-92-1"), "Bly");
        assert_eq!(name_without_numbers("7439-92-1 Lead"), "Lead");
        assert_eq!(name_without_numbers("1,3,5-triazine-2,4,6-triamine"), "1,3,5-triazine-2,4,6-triamine");
        assert!(!has_cas("1,2-13-propanediol"));
    }
}
