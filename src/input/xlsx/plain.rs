//! Cells as most programs write most cells, with nothing to decode in them, read in one pass over their bytes.

use super::super::container::Limits;
use super::scan::{from, is_settled};
use memchr::memchr3;

/// As much of a window as is text, from its beginning: a character may be cut in two at its end. Looked at once for all
/// the cells in it.
pub(super) fn text_of(data: &[u8]) -> &str {
    match std::str::from_utf8(data) {
        Ok(text) => text,
        Err(error) => data.get(..error.valid_up_to()).and_then(|data| std::str::from_utf8(data).ok()).unwrap_or_default(),
    }
}

/// A cell that is written as `<c r="A1" s="2" t="s"><v>17</v></c>` or `<c r="A1" t="inlineStr"><is><t>lead</t></is></c>`.
/// Whatever is spelled otherwise is left to the slower way.
pub(super) struct Plain<'b> {
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) style: u32,
    pub(super) value: Value<'b>,
    /// Behind the cell.
    pub(super) end: usize,
}

/// What such a cell holds.
pub(super) enum Value<'b> {
    Nothing,
    Number(&'b str),
    Shared(u32),
    Text(&'b str),
}

#[derive(Clone, Copy)]
enum Kind {
    Number,
    Shared,
    Text,
}

impl<'b> Plain<'b> {
    #[inline]
    pub(super) fn read(text: &'b str, at: usize) -> Option<Plain<'b>> {
        let all = text.as_bytes();
        let mut rest = from(all, at).strip_prefix(b"<c r=\"")?;
        let mut column = 0_u32;
        let mut letters = 0;
        while let [letter @ b'A'..=b'Z', after @ ..] = rest {
            column = column.wrapping_mul(26).wrapping_add(u32::from(letter - b'A') + 1);
            letters += 1;
            rest = after;
        }
        let (row, after) = digits(rest)?;
        rest = after.strip_prefix(b"\"")?;
        if letters > 4 {
            return None;
        }
        let (row, column) = (row.checked_sub(1)?, column.checked_sub(1)?);
        let (mut style, mut kind) = (0, Kind::Number);
        loop {
            match rest {
                [b'>', after @ ..] => {
                    rest = after;
                    break;
                }
                [b' ', b's', b'=', b'"', after @ ..] => {
                    let (number, after) = digits(after)?;
                    style = number;
                    rest = after.strip_prefix(b"\"")?;
                }
                [b' ', b't', b'=', b'"', b's', b'"', after @ ..] => {
                    kind = Kind::Shared;
                    rest = after;
                }
                [b' ', b't', b'=', b'"', b'n', b'"', after @ ..] => {
                    kind = Kind::Number;
                    rest = after;
                }
                [b'/', b'>', after @ ..] => {
                    return Some(Plain { row, column, style, value: Value::Nothing, end: all.len() - after.len() });
                }
                _ => {
                    rest = rest.strip_prefix(b" t=\"inlineStr\"")?;
                    kind = Kind::Text;
                }
            }
        }
        let (value, after) = match kind {
            Kind::Shared => {
                let (index, after) = digits(rest.strip_prefix(b"<v>")?)?;
                (Value::Shared(index), after.strip_prefix(b"</v></c>")?)
            }
            Kind::Text => {
                let inside = rest.strip_prefix(b"<is><t>")?;
                let length = memchr3(b'<', b'&', b'\r', inside)?;
                let after = from(inside, length).strip_prefix(b"</t></is></c>")?;
                let start = all.len() - inside.len();
                (Value::Text(text.get(start..start + length).filter(|text| is_settled(text))?), after)
            }
            Kind::Number => {
                let inside = rest.strip_prefix(b"<v>")?;
                let written = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'E' | b'e');
                let length = inside.iter().position(|byte| !written(byte)).filter(|length| *length > 0)?;
                let start = all.len() - inside.len();
                (Value::Number(text.get(start..start + length)?), from(inside, length).strip_prefix(b"</v></c>")?)
            }
        };
        Some(Plain { row, column, style, value, end: all.len() - after.len() })
    }

    /// Whether its text is no longer than a cell's may be.
    #[inline]
    pub(super) fn within(&self, limits: &Limits) -> bool {
        !matches!(self.value, Value::Text(text) if text.len() > limits.cell_text_bytes)
    }
}

/// A whole number of at most nine digits, and what follows it.
#[inline]
fn digits(mut rest: &[u8]) -> Option<(u32, &[u8])> {
    let (mut number, mut length) = (0_u32, 0);
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        number = number.wrapping_mul(10).wrapping_add(u32::from(digit - b'0'));
        length += 1;
        rest = after;
    }
    (1..=9).contains(&length).then_some((number, rest))
}
