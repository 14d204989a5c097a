//! XML looked through byte by byte, in a window that may end anywhere: tags, attributes and text. Nothing is copied
//! that need not be. What ends too early says so ([`Stop::More`]) and is looked at again when more has come.

use super::super::container::Limits;
use super::super::read_error::{Fault, ReadError};
use memchr::{memchr, memchr3, memmem};

/// Why looking on is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The window ends inside what is looked at.
    More,
    /// Not XML.
    Damaged,
    /// XML that no spreadsheet program writes, and that programs would read differently.
    Odd,
    /// A document type, where entities would be declared.
    DocumentType,
    /// An entity other than the five of XML.
    Entity,
    /// Bytes that are no text in the encoding of the part.
    Encoding,
    /// Elements in elements in elements.
    Deep,
    /// Too many attributes in one element.
    Attributes,
    /// A text longer than a cell may hold.
    LongText,
    /// A row or column beyond any sheet.
    Beyond,
    /// More shared texts than a workbook may have.
    Texts,
    /// Too many cell formats.
    Formats,
    /// Too many merged ranges.
    Merges,
    /// The taker of the cells gave an error, which lies beside.
    Refused,
}

impl Stop {
    /// The error for a person.
    pub(super) fn told(self) -> ReadError {
        match self {
            Stop::More | Stop::Damaged | Stop::Refused => super::super::archive::damaged(),
            Stop::Odd => odd(),
            Stop::DocumentType | Stop::Entity => super::super::package::entities(),
            Stop::Encoding => ReadError::new(
                Fault::Encoding,
                "texten har tecken som inte finns i dess kodning; spara om filen i ett kalkylprogram",
                "the text has characters that its encoding lacks; save the file anew in a spreadsheet program",
            ),
            Stop::Deep => ReadError::new(
                Fault::Hostile,
                "elementen är nästlade djupare än i någon arbetsbok; spara om filen i ett kalkylprogram",
                "the elements are nested deeper than in any workbook; save the file anew in a spreadsheet program",
            ),
            Stop::Attributes => ReadError::new(
                Fault::Hostile,
                "ett element har fler attribut än i någon arbetsbok; spara om filen i ett kalkylprogram",
                "an element has more attributes than in any workbook; save the file anew in a spreadsheet program",
            ),
            Stop::LongText => ReadError::new(
                Fault::TooLarge,
                "texten i en cell är längre än vad som läses; korta den",
                "the text of a cell is longer than what is read; shorten it",
            ),
            Stop::Beyond => super::super::archive::too_large("bladet", "the sheet"),
            Stop::Texts => super::super::archive::too_large("mängden text", "the amount of text"),
            Stop::Formats => super::super::archive::too_large("antalet cellformat", "the number of cell formats"),
            Stop::Merges => super::super::archive::too_large("antalet sammanslagna celler", "the number of merged cells"),
        }
    }
}

pub(super) fn odd() -> ReadError {
    ReadError::new(
        Fault::Hostile,
        "en cell är skriven på ett sätt som inget kalkylprogram skriver; spara om filen i ett",
        "a cell is written as no spreadsheet program writes it; save the file anew in one",
    )
}

/// What a piece of markup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Markup {
    /// `<a …>`
    Open,
    /// `<a …/>`
    Empty,
    /// `</a>`
    Close,
    /// A comment, a processing instruction, or the XML declaration.
    Other,
}

/// One piece of markup.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag<'b> {
    pub(super) markup: Markup,
    /// Without its prefix.
    pub(super) name: &'b [u8],
    /// Where the attributes begin.
    pub(super) attributes: usize,
    /// Behind the tag.
    pub(super) end: usize,
}

#[inline]
fn byte(data: &[u8], at: usize) -> Result<u8, Stop> {
    data.get(at).copied().ok_or(Stop::More)
}

#[inline]
pub(super) fn from(data: &[u8], at: usize) -> &[u8] {
    data.get(at..).unwrap_or_default()
}

#[inline]
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The name without its prefix.
fn local(name: &[u8]) -> &[u8] {
    match memchr(b':', name) {
        Some(at) => from(name, at + 1),
        None => name,
    }
}

/// Reads the markup at `at`, which holds `<`. Attributes are passed over, quotes and all.
pub(super) fn tag(data: &[u8], at: usize) -> Result<Tag<'_>, Stop> {
    let after = |end: usize| Tag { markup: Markup::Other, name: &[], attributes: end, end };
    match byte(data, at + 1)? {
        b'?' => Ok(after(past(data, at + 2, b"?>")?)),
        b'!' => match from(data, at + 2) {
            rest if rest.starts_with(b"--") => Ok(after(past(data, at + 4, b"-->")?)),
            rest if rest.starts_with(b"[CDATA[") => Ok(after(past(data, at + 9, b"]]>")?)),
            rest if b"--".starts_with(rest) || b"[CDATA[".starts_with(rest) => Err(Stop::More),
            rest if rest.starts_with(b"D") => Err(Stop::DocumentType),
            _ => Err(Stop::Damaged),
        },
        b'/' => {
            let name = from(data, at + 2);
            let close = memchr(b'>', name).ok_or(Stop::More)?;
            let name = name.get(..close).unwrap_or_default().trim_ascii_end();
            Ok(Tag { markup: Markup::Close, name: local(name), attributes: at, end: at + 3 + close })
        }
        _ => {
            let rest = from(data, at + 1);
            let length = rest.iter().position(|b| is_blank(*b) || matches!(b, b'>' | b'/')).ok_or(Stop::More)?;
            let attributes = at + 1 + length;
            let mut end = attributes;
            loop {
                end += memchr3(b'>', b'"', b'\'', from(data, end)).ok_or(Stop::More)?;
                match byte(data, end)? {
                    b'>' => break,
                    quote => end += 2 + memchr(quote, from(data, end + 1)).ok_or(Stop::More)?,
                }
            }
            let markup = if data.get(end - 1) == Some(&b'/') { Markup::Empty } else { Markup::Open };
            let name = rest.get(..length).unwrap_or_default();
            if name.is_empty() {
                return Err(Stop::Damaged);
            }
            Ok(Tag { markup, name: local(name), attributes, end: end + 1 })
        }
    }
}

/// Behind the next `mark`.
fn past(data: &[u8], at: usize, mark: &[u8]) -> Result<usize, Stop> {
    Ok(at + memmem::find(from(data, at), mark).ok_or(Stop::More)? + mark.len())
}

/// Gives each attribute, as it is written, from `at` to the tag's end; tells where that is, and whether the element is
/// empty.
#[inline]
pub(super) fn attributes<'b>(
    data: &'b [u8],
    mut at: usize,
    limits: &Limits,
    mut take: impl FnMut(&'b [u8], &'b [u8]),
) -> Result<(usize, bool), Stop> {
    let mut count = 0;
    loop {
        match byte(data, at)? {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'>' => return Ok((at + 1, false)),
            b'/' => return if byte(data, at + 1)? == b'>' { Ok((at + 2, true)) } else { Err(Stop::Damaged) },
            _ => {
                count += 1;
                if count > limits.attributes {
                    return Err(Stop::Attributes);
                }
                let start = at;
                while !matches!(byte(data, at)?, b'=' | b' ' | b'\t' | b'\r' | b'\n' | b'>' | b'<') {
                    at += 1;
                }
                let name = data.get(start..at).unwrap_or_default();
                while is_blank(byte(data, at)?) {
                    at += 1;
                }
                if byte(data, at)? != b'=' {
                    return Err(Stop::Damaged);
                }
                at += 1;
                while is_blank(byte(data, at)?) {
                    at += 1;
                }
                let quote = byte(data, at)?;
                if !matches!(quote, b'"' | b'\'') {
                    return Err(Stop::Damaged);
                }
                let value = from(data, at + 1);
                let length = value.iter().position(|b| *b == quote).ok_or(Stop::More)?;
                take(name, value.get(..length).unwrap_or_default());
                at += length + 2;
            }
        }
    }
}

/// An attribute's value with its entities resolved; most have none.
pub(super) fn value<'v>(raw: &'v [u8], room: &'v mut String) -> Result<&'v [u8], Stop> {
    if memchr(b'&', raw).is_none() {
        return Ok(raw);
    }
    room.clear();
    let mut at = 0;
    while let Some(next) = memchr(b'&', from(raw, at)) {
        push(room, raw.get(at..at + next).unwrap_or_default())?;
        at = entity(raw, at + next, room).map_err(|stop| if stop == Stop::More { Stop::Damaged } else { stop })?;
    }
    push(room, from(raw, at))?;
    Ok(room.as_bytes())
}

#[inline]
pub(super) fn push(into: &mut String, bytes: &[u8]) -> Result<(), Stop> {
    into.push_str(std::str::from_utf8(bytes).map_err(|_| Stop::Encoding)?);
    Ok(())
}

/// Appends what the reference at `at` (an `&`) stands for.
fn entity(data: &[u8], at: usize, into: &mut String) -> Result<usize, Stop> {
    let rest = from(data, at + 1);
    let head = rest.get(..rest.len().min(16)).unwrap_or_default();
    let Some(length) = memchr(b';', head) else {
        return Err(if head.len() < 16 { Stop::More } else { Stop::Entity });
    };
    let name = head.get(..length).unwrap_or_default();
    let character = match name {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"quot" => '"',
        b"apos" => '\'',
        _ => {
            let digits = name.strip_prefix(b"#").and_then(|digits| std::str::from_utf8(digits).ok()).ok_or(Stop::Entity)?;
            let code = match digits.strip_prefix('x') {
                Some(digits) => unsigned(digits, 16),
                None => unsigned(digits, 10),
            };
            code.and_then(char::from_u32).filter(|c| *c != '\0').ok_or(Stop::Damaged)?
        }
    };
    into.push(character);
    Ok(at + 2 + length)
}

fn unsigned(digits: &str, radix: u32) -> Option<u32> {
    // The library would take a sign.
    if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
}

/// Appends the text of an element, from behind its start tag to behind its end tag.
pub(super) fn text(data: &[u8], mut at: usize, into: &mut String) -> Result<usize, Stop> {
    loop {
        let rest = from(data, at);
        let stop = memchr3(b'<', b'&', b'\r', rest).ok_or(Stop::More)?;
        push(into, rest.get(..stop).unwrap_or_default())?;
        at += stop;
        match byte(data, at)? {
            b'&' => at = entity(data, at, into)?,
            b'\r' => {
                into.push('\n');
                at += if byte(data, at + 1)? == b'\n' { 2 } else { 1 };
            }
            _ => {
                let tag = tag(data, at)?;
                match tag.markup {
                    Markup::Close => return Ok(tag.end),
                    Markup::Other => {
                        if from(data, at).starts_with(b"<![CDATA[") {
                            let inside = data.get(at + 9..tag.end - 3).unwrap_or_default();
                            let inside = std::str::from_utf8(inside).map_err(|_| Stop::Encoding)?;
                            if inside.contains('\r') {
                                into.push_str(&inside.replace("\r\n", "\n").replace('\r', "\n"));
                            } else {
                                into.push_str(inside);
                            }
                        }
                        at = tag.end;
                    }
                    Markup::Open | Markup::Empty => return Err(Stop::Odd),
                }
            }
        }
    }
}

/// Passes over all that an element holds, from behind its start tag to behind its end tag.
pub(super) fn skip(data: &[u8], mut at: usize, limits: &Limits) -> Result<usize, Stop> {
    let mut depth = 0;
    loop {
        at += memchr(b'<', from(data, at)).ok_or(Stop::More)?;
        let tag = tag(data, at)?;
        at = tag.end;
        match tag.markup {
            Markup::Open => {
                depth += 1;
                if depth > limits.depth {
                    return Err(Stop::Deep);
                }
            }
            Markup::Close if depth == 0 => return Ok(at),
            Markup::Close => depth -= 1,
            Markup::Empty | Markup::Other => {}
        }
    }
}

/// Appends the text of a string item (`si`, `is`), from behind its start tag to behind its end tag: the texts of its
/// runs in turn, without the reading aids of East Asian text (`rPh`).
pub(super) fn string_item(data: &[u8], mut at: usize, into: &mut String, limits: &Limits) -> Result<usize, Stop> {
    let (mut depth, mut aid) = (0_usize, None);
    let begin = into.len();
    loop {
        at += memchr(b'<', from(data, at)).ok_or(Stop::More)?;
        let tag = tag(data, at)?;
        at = tag.end;
        match tag.markup {
            Markup::Close if depth == 0 => return Ok(at),
            Markup::Close => {
                depth -= 1;
                if aid == Some(depth) {
                    aid = None;
                }
            }
            Markup::Open if tag.name == b"t" && aid.is_none() => {
                let mut kept = false;
                attributes(data, tag.attributes, limits, |name, value| kept |= name == b"xml:space" && value == b"preserve")?;
                let start = into.len();
                at = text(data, at, into)?;
                settle(into, start, kept);
                if into.len() - begin > limits.cell_text_bytes {
                    return Err(Stop::LongText);
                }
            }
            Markup::Open => {
                if tag.name == b"rPh" && aid.is_none() {
                    aid = Some(depth);
                }
                depth += 1;
                if depth > limits.depth {
                    return Err(Stop::Deep);
                }
            }
            Markup::Empty | Markup::Other => {}
        }
    }
}

/// Blanks that XML may add around a text unless it says otherwise, and that Excel drops.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

fn has_blanks_around(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|byte| is_blank(*byte)) || bytes.last().is_some_and(|byte| is_blank(*byte))
}

/// Whether [`settle`] would leave a text, whose blanks are not kept, as it is.
#[inline]
pub(super) fn is_settled(text: &str) -> bool {
    !has_blanks_around(text) && (memchr(b'_', text.as_bytes()).is_none() || unescaped(text).is_none())
}

/// Trims the text that begins at `start`, unless its blanks are kept, and undoes the escapes of characters that XML
/// cannot hold.
pub(super) fn settle(into: &mut String, start: usize, kept: bool) {
    let Some(text) = into.get(start..) else { return };
    if !kept && has_blanks_around(text) {
        let trimmed = text.trim_matches(BLANKS).to_string();
        into.truncate(start);
        into.push_str(&trimmed);
    }
    if let Some(undone) = into.get(start..).and_then(unescaped) {
        into.truncate(start);
        into.push_str(&undone);
    }
}

/// Undoes `_x000D_`: characters that XML cannot hold are written by their UTF-16 unit (ECMA-376 part 1, 22.4.2.4).
/// Nothing when the text has no such escape.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let mut out: Option<String> = None;
    let (mut at, mut copied) = (0, 0);
    while let Some(next) = memchr(b'_', from(text.as_bytes(), at)) {
        at += next;
        let Some(unit) = escape(text.as_bytes(), at) else {
            at += 1;
            continue;
        };
        let out = out.get_or_insert_default();
        out.push_str(text.get(copied..at).unwrap_or_default());
        at += 7;
        let low = escape(text.as_bytes(), at).filter(|low| (0xDC00..=0xDFFF).contains(low));
        let character = match (unit, low) {
            (0xD800..=0xDBFF, Some(low)) => {
                at += 7;
                char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
            }
            _ => char::from_u32(unit),
        };
        out.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        copied = at;
    }
    if let Some(out) = &mut out {
        out.push_str(text.get(copied..).unwrap_or_default());
    }
    out
}

/// The unit of the escape `_xHHHH_` at `at`.
fn escape(bytes: &[u8], at: usize) -> Option<u32> {
    let seven = bytes.get(at..at + 7)?;
    let digits = seven.strip_prefix(b"_x")?.strip_suffix(b"_")?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(data: &str) -> Result<String, Stop> {
        let mut text = String::new();
        string_item(data.as_bytes(), 0, &mut text, &Limits::default()).map(|_| text)
    }

    #[test]
    fn texts_of_string_items() {
        for (data, expected) in [
            ("<t>a &amp; b</t></si>", "a & b"),
            ("<t> a </t></si>", "a"),
            ("<t xml:space=\"preserve\"> a </t></si>", " a "),
            ("<t xml:space='preserve'>a\r\nb\rc</t></si>", "a\nb\nc"),
            ("<x:r><x:rPr><x:b/></x:rPr><x:t>ri</x:t></x:r><x:r><x:t>ch</x:t></x:r></x:si>", "rich"),
            ("<t>東京</t><rPh sb='0' eb='2'><t>とうきょう</t></rPh><phoneticPr fontId='1'/></si>", "東京"),
            ("<t><![CDATA[<0,1 & ]]>x</t></si>", "<0,1 & x"),
            ("<t>a<!-- b -->c<?d e?></t></si>", "ac"),
            ("<t>&#60;&#x41;&#xE5;</t></si>", "<Aå"),
            ("<t>a_x000D_b_x005F_x000D_c_xZZZZ_</t></si>", "a\rb_x000D_c_xZZZZ_"),
            ("<t>_xD83D__xDCF7__xD83D_</t></si>", "\u{1f4f7}\u{fffd}"),
            ("<t/></si>", ""),
            ("</si>", ""),
        ] {
            assert_eq!(item(data).as_deref(), Ok(expected), "{data}");
        }
        for (data, stop) in [
            ("<t>&b;</t></si>", Stop::Entity),
            ("<t>&#0;</t></si>", Stop::Damaged),
            ("<t>&#+5;</t></si>", Stop::Damaged),
            ("<t>a<b>c</b></t></si>", Stop::Odd),
            ("<t>a</t>", Stop::More),
            ("<!DOCTYPE a></si>", Stop::DocumentType),
        ] {
            assert_eq!(item(data), Err(stop), "{data}");
        }
        assert_eq!(item(&format!("{}</si>", "<r>".repeat(100))), Err(Stop::Deep));
    }

    #[test]
    fn whatever_is_cut_off_asks_for_more() {
        let data = "<x:c r='A>1' s=\"2\"><!-- </c> --><![CDATA[<c>]]><?a b?><v a='&gt;'>1</v></x:c>";
        for end in 1..data.len() {
            let part = data.as_bytes().get(..end).unwrap();
            let first = tag(part, 0);
            if end < "<x:c r='A>1' s=\"2\">".len() {
                assert_eq!(first.err(), Some(Stop::More), "{end}");
            } else {
                let first = first.unwrap();
                assert_eq!((first.name, first.markup), (&b"c"[..], Markup::Open));
                assert_eq!(skip(part, first.end, &Limits::default()), Err(Stop::More), "{end}");
            }
        }
        assert_eq!(skip(data.as_bytes(), 19, &Limits::default()), Ok(data.len()));
    }

    #[test]
    fn attributes_as_they_are_written() {
        let mut seen = Vec::new();
        let data = b" r = 'A1' x:y=\"a>b\"\n s=\"&#51;\"/>";
        let end = attributes(data, 0, &Limits::default(), |name, value| seen.push((name, value)));
        assert_eq!(end, Ok((data.len(), true)));
        assert_eq!(seen, [(&b"r"[..], &b"A1"[..]), (b"x:y", b"a>b"), (b"s", b"&#51;")]);
        assert_eq!(value(b"&#51;", &mut String::new()), Ok(&b"3"[..]));
        let crowd = format!("{}>", " a='1'".repeat(1000));
        assert_eq!(attributes(crowd.as_bytes(), 0, &Limits::default(), |_, _| ()), Err(Stop::Attributes));
    }
}
