//! What stands in an xlsx package beside the values of its cells: number formats by style id, merged ranges,
//! whether a sheet has formulas, and ways of writing that the library would misread.

use super::archive::{Package, damaged};
use super::container::Limits;
use super::number_format::NumberFormat;
use super::read_error::{Fault, ReadError};
use super::workbook::Merge;
use memchr::memmem;
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// The parts of a package that matter, by lower-case name.
pub(super) fn wanted(name: &str) -> bool {
    let folders = [
        "docprops/",
        "customxml/",
        "xl/media/",
        "xl/theme/",
        "xl/drawings/",
        "xl/charts/",
        "xl/embeddings/",
        "xl/printersettings/",
        "xl/externallinks/",
        "xl/activex/",
        "xl/ctrlprops/",
        "xl/pivotcache/",
        "xl/pivottables/",
    ];
    let rels = name.ends_with(".rels");
    let kept = rels
        || name.ends_with(".xml")
        || name.ends_with("workbook.bin")
        || name.ends_with("styles.bin")
        || name.ends_with("sharedstrings.bin")
        || name.contains("worksheets/") && name.ends_with(".bin");
    kept && !folders.iter().any(|folder| name.starts_with(folder))
        && !name.ends_with("calcchain.xml")
        && !name.contains("/comments")
        && !name.contains("threadedcomments/")
}

/// The value of an attribute, by local name.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element.attributes().with_checks(false).flatten().find_map(|a| {
        (a.key.local_name().as_ref() == name).then(|| a.normalized_value(XmlVersion::Implicit1_0).ok().map(|v| v.into_owned())).flatten()
    })
}

/// Calls `visit` for every element, by local name; stops when it returns false.
pub(super) fn elements(xml: &[u8], mut visit: impl FnMut(&str, &BytesStart<'_>) -> bool) -> Result<(), ReadError> {
    let text = super::text::decode(xml)?.text;
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    loop {
        match reader.read_event().map_err(|_| damaged())? {
            Event::Start(element) | Event::Empty(element) if !visit(element.local_name().as_ref(), &element) => {
                return Ok(());
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The number format of every style id.
pub(super) fn formats(package: &Package, workbook: &str) -> Result<Vec<NumberFormat>, ReadError> {
    let folder = workbook.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = format!("{folder}/styles.xml");
    let Some(styles) = package.part(beside.trim_start_matches('/')) else {
        return Ok(Vec::new());
    };
    let mut codes: BTreeMap<String, NumberFormat> = BTreeMap::new();
    let mut formats = Vec::new();
    let mut inside = false;
    elements(styles, |name, element| {
        match name {
            "numFmt" => {
                if let Some((id, code)) = attribute(element, "numFmtId").zip(attribute(element, "formatCode")) {
                    codes.insert(id, NumberFormat::parse(&code));
                }
            }
            "cellXfs" => inside = true,
            "cellStyles" | "dxfs" | "tableStyles" => return false,
            "xf" if inside => formats.push(match attribute(element, "numFmtId") {
                None => NumberFormat::general(),
                Some(id) => {
                    codes.get(&id).cloned().unwrap_or_else(|| id.parse().map_or_else(|_| NumberFormat::unknown(), NumberFormat::built_in))
                }
            }),
            _ => {}
        }
        true
    })?;
    Ok(formats)
}

/// The name of the workbook part, from the package's own relations.
pub(super) fn workbook_part(package: &Package) -> Result<String, ReadError> {
    let rels = package.part("_rels/.rels").ok_or_else(damaged)?;
    let mut target = None;
    elements(rels, |name, element| {
        let kind = attribute(element, "Type").unwrap_or_default();
        if name == "Relationship" && kind.ends_with("/relationships/officeDocument") {
            target = attribute(element, "Target");
        }
        true
    })?;
    Ok(target.ok_or_else(damaged)?.trim_start_matches('/').to_string())
}

/// What the relations beside a part point at, by id, as names of parts.
pub(super) fn relations(package: &Package, part: &str) -> Result<BTreeMap<String, String>, ReadError> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let rels = format!("{folder}/_rels/{file}.rels");
    let mut targets = BTreeMap::new();
    let Some(rels) = package.part(rels.trim_start_matches('/')) else {
        return Ok(targets);
    };
    elements(rels, |name, element| {
        if name == "Relationship"
            && let Some((id, target)) = attribute(element, "Id").zip(attribute(element, "Target"))
        {
            let path = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_string(),
                None => format!("{folder}/{target}").trim_start_matches('/').to_string(),
            };
            targets.insert(id, path);
        }
        true
    })?;
    Ok(targets)
}

/// The part of every sheet, in the workbook's order, with the sheet's name.
pub(super) fn sheet_parts(package: &Package, workbook: &str) -> Result<Vec<(String, Option<String>)>, ReadError> {
    let targets = relations(package, workbook)?;
    let mut sheets = Vec::new();
    elements(package.part(workbook).ok_or_else(damaged)?, |name, element| {
        if name == "sheet" {
            let id = element
                .attributes()
                .with_checks(false)
                .flatten()
                .find(|a| a.key.prefix().is_some() && a.key.local_name().as_ref() == "id")
                .map(|a| a.value.into_owned());
            sheets.push((attribute(element, "name").unwrap_or_default(), id.and_then(|id| targets.get(&id).cloned())));
        }
        name != "definedNames"
    })?;
    Ok(sheets)
}

/// Refuses shared strings that would take memory out of proportion to the file.
pub(super) fn check_shared_strings(package: &Package, limits: &Limits) -> Result<(), ReadError> {
    for name in package.names().filter(|name| name.ends_with("sharedstrings.xml")) {
        let Some(part) = package.part(name) else {
            continue;
        };
        let head = part.get(..part.len().min(4096)).unwrap_or_default();
        if let Some(at) = memmem::find(head, b"uniqueCount") {
            let claimed: u64 = head
                .get(at + 11..)
                .unwrap_or_default()
                .iter()
                .skip_while(|b| !b.is_ascii_digit())
                .take_while(|b| b.is_ascii_digit())
                .fold(0, |n: u64, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')));
            // A string takes at least `<si/>`. Small claims are let be: some programs count wrong.
            if claimed > 1_000_000 && claimed > part.len() as u64 / 5 {
                return Err(ReadError::new(
                    Fault::Hostile,
                    format!("filen påstår sig ha {claimed} texter men rymmer dem inte; spara om den"),
                    format!("the file claims {claimed} texts but cannot hold them; save it anew"),
                ));
            }
        }
        let strings = memmem::find_iter(part, b"<si").count() + memmem::find_iter(part, b":si").count();
        if strings > limits.strings {
            return Err(super::archive::too_large("mängden text", "the amount of text"));
        }
    }
    Ok(())
}

/// What a look at the bytes of a sheet tells.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Scan {
    /// Merged ranges.
    pub(super) merges: Vec<Merge>,
    /// Whether any cell has a formula.
    pub(super) formulas: bool,
    /// A value written with an entity or CDATA, which the library would cut or drop.
    pub(super) odd_value: bool,
}

/// Looks through a sheet without parsing it, which costs a hundredth of parsing it.
pub(super) fn scan(sheet: &[u8]) -> Scan {
    let ends_name = |at: usize| matches!(sheet.get(at), Some(b'>' | b' ' | b'/' | b'\t' | b'\r' | b'\n'));
    let formulas =
        memmem::find_iter(sheet, b"<f").any(|at| ends_name(at + 2)) || memmem::find_iter(sheet, b":f").any(|at| ends_name(at + 2));
    // Merged ranges stand after the cells.
    let tail = memmem::rfind(sheet, b"sheetData").unwrap_or(0);
    let tail = sheet.get(tail..).unwrap_or_default();
    let mut merges = Vec::new();
    for at in memmem::find_iter(tail, b"mergeCell") {
        let Some(rest) = tail.get(at + 9..) else {
            continue;
        };
        let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        let inside = rest.get(..end).unwrap_or_default();
        let range = memmem::find(inside, b"ref")
            .and_then(|at| inside.get(at + 3..))
            .and_then(|value| value.split(|b| matches!(b, b'"' | b'\'')).nth(1))
            .and_then(|value| std::str::from_utf8(value).ok())
            .and_then(range);
        merges.extend(range);
    }
    Scan { merges, formulas, odd_value: has_odd_value(sheet) }
}

/// Whether any value is written with an entity or CDATA. Text results of formulas (`t="str"`) may hold
/// entities; no program writes either in a number. Each byte is passed once, whatever the file holds.
fn has_odd_value(sheet: &[u8]) -> bool {
    if memchr::memchr(b'&', sheet).is_none() && memmem::find(sheet, b"<![CDATA[").is_none() {
        return false;
    }
    let value_tags = memmem::find_iter(sheet, b"<v").chain(memmem::find_iter(sheet, b":v"));
    for at in value_tags {
        let rest = sheet.get(at + 2..).unwrap_or_default();
        if !matches!(rest.first(), Some(b'>' | b' ')) {
            continue;
        }
        let near = sheet.get(at.saturating_sub(64)..=at).unwrap_or_default();
        if memchr::memchr(b'<', near).is_none() {
            continue;
        }
        let Some(open) = memchr::memchr(b'>', rest.get(..256).unwrap_or(rest)) else {
            return true;
        };
        let content = rest.get(open + 1..).unwrap_or_default();
        let end = memchr::memchr(b'<', content).unwrap_or(content.len());
        let text = content.get(..end).unwrap_or_default();
        let cdata = content.get(end..).is_some_and(|next| next.starts_with(b"<![CDATA["));
        if cdata || (memchr::memchr(b'&', text).is_some() && !is_text_result(sheet, at)) {
            return true;
        }
    }
    false
}

/// Whether the cell whose value begins at `at` says `t="str"`; its tag is at most a formula away.
fn is_text_result(sheet: &[u8], at: usize) -> bool {
    let before = sheet.get(..at).unwrap_or_default();
    for tag in memchr::memrchr_iter(b'<', before).take(8) {
        let inside = before.get(tag + 1..).unwrap_or_default();
        let end = memchr::memchr(b'>', inside).unwrap_or(inside.len());
        let inside = inside.get(..end).unwrap_or_default();
        let name = inside.split(|b| *b == b' ').next().unwrap_or_default();
        if name == b"c" || name.ends_with(b":c") {
            return memmem::find(inside, b"t=\"str\"").is_some() || memmem::find(inside, b"t='str'").is_some();
        }
    }
    false
}

/// Reads `A1:C3`.
fn range(text: &str) -> Option<Merge> {
    let (first, last) = text.split_once(':')?;
    let (first_row, first_column) = place(first)?;
    let (last_row, last_column) = place(last)?;
    Some(Merge { first_row, first_column, last_row, last_column })
}

/// Reads `F17` (or `$F$17`) to zero-based row and column.
fn place(text: &str) -> Option<(u32, u32)> {
    let text: String = text.chars().filter(|c| *c != '$').collect();
    let letters = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = text.split_at(letters);
    let mut column = 0_u32;
    for letter in letters.bytes() {
        let value = letter.to_ascii_uppercase().checked_sub(b'A').filter(|v| *v < 26)?;
        column = column.checked_mul(26)?.checked_add(u32::from(value) + 1)?;
    }
    let row: u32 = digits.parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}
