//! What a workbook says of itself: its sheets and where they lie, how days are counted, and the number format of every
//! cell format.

use super::super::archive;
use super::super::calendar::DateSystem;
use super::super::container::Limits;
use super::super::number_format::NumberFormat;
use super::super::package::{attribute, elements};
use super::super::read_error::{Fault, ReadError};
use super::super::workbook::Visibility;
use super::member::{Feed, Members, placed};
use super::memo::{Memo, read_once};
use super::scan::Stop;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// One sheet as the workbook lists it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) visibility: Visibility,
    /// Where its cells are; nothing for a chart or macro.
    pub(super) part: Option<String>,
}

/// The number formats, and which cell format has which.
#[derive(Debug, Default)]
pub(super) struct Formats {
    pub(super) formats: Vec<NumberFormat>,
    of_style: Vec<u32>,
}

impl Formats {
    /// The place in `formats` of a cell format; beyond its end when there is no such format.
    #[inline]
    pub(super) fn of(&self, style: u32) -> usize {
        match self.of_style.get(style as usize) {
            Some(format) => *format as usize,
            // Without any styles there is only the general format.
            None if self.of_style.is_empty() => style as usize,
            None => usize::MAX,
        }
    }
}

/// The sheets in the workbook's order, and how it counts days.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) sheets: Vec<Listed>,
    pub(super) system: DateSystem,
    /// What the workbook points at.
    related: Rc<Relations>,
}

/// What a workbook says of itself.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) listing: Rc<Listing>,
    pub(super) formats: Rc<Formats>,
    /// The part with the shared strings.
    pub(super) strings: Option<String>,
}

thread_local! {
    static STYLES: RefCell<Memo<Formats>> = const { RefCell::new(Memo::new()) };
    static RELATIONS: RefCell<Memo<Relations>> = const { RefCell::new(Memo::new()) };
    static LISTINGS: RefCell<Memo<Listing>> = const { RefCell::new(Memo::new()) };
}

/// What a part points at, by id.
type Relations = BTreeMap<String, Relation>;

/// One relation: what kind of thing it points at, and its part.
#[derive(Debug)]
struct Relation {
    kind: String,
    part: String,
    /// Whether the part was found only under the target's decoded name.
    decoded: bool,
}

impl Book {
    pub(super) fn read<'a>(members: &Members<'a>, feed: &mut Feed<'a>, limits: &Limits) -> Result<Book, ReadError> {
        let package = relations(members, feed, "", limits)?;
        let workbook = package.values().find(|relation| relation.kind == "officeDocument").ok_or_else(archive::damaged)?;
        let related = relations(members, feed, &workbook.part, limits)?;
        let folder = workbook.part.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = |kind: &str, file: &str| {
            let named = related.values().find(|relation| relation.kind == kind).map(|relation| relation.part.clone());
            named.or_else(|| Some(resolve(folder, file))).filter(|part| members.has(part))
        };
        // Which part a sheet is depends on what the workbook points at.
        let points_at_same = |listing: &Listing| Rc::ptr_eq(&listing.related, &related);
        let listing = read_once(&LISTINGS, (members, feed), &workbook.part, limits, points_at_same, |xml| listed(xml, &related, limits))?;
        let formats = match beside("styles", "styles.xml") {
            Some(part) => read_once(
                &STYLES,
                (members, feed),
                &part,
                limits,
                |_| true,
                |xml| formats(xml, limits).map_err(|error| placed(error, &part)),
            )?,
            None => Rc::default(),
        };
        Ok(Book { listing, formats, strings: beside("sharedStrings", "sharedStrings.xml") })
    }
}

/// What the relations of a part point at.
fn relations<'a>(members: &Members<'a>, feed: &mut Feed<'a>, part: &str, limits: &Limits) -> Result<Rc<Relations>, ReadError> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let name = resolve(folder, &format!("_rels/{file}.rels"));
    if !members.has(&name) {
        return Ok(Rc::default());
    }
    // What a target means may depend on which parts there are.
    let all_there = |relations: &Relations| relations.values().all(|relation| !relation.decoded && members.has(&relation.part));
    read_once(&RELATIONS, (members, feed), &name, limits, all_there, |xml| {
        let mut found = Relations::new();
        elements(xml, |element, start| {
            if element == "Relationship"
                && attribute(start, "TargetMode").as_deref() != Some("External")
                && let Some((id, target)) = attribute(start, "Id").zip(attribute(start, "Target"))
            {
                let kind = attribute(start, "Type").unwrap_or_default();
                let kind = kind.rsplit('/').next().unwrap_or_default().to_string();
                let part = resolve(folder, &target);
                let plain = Some(percent_decoded(&part)).filter(|plain| !members.has(&part) && members.has(plain));
                let decoded = plain.is_some();
                found.insert(id, Relation { kind, part: plain.unwrap_or(part), decoded });
            }
            found.len() <= limits.members
        })
        .map_err(|error| placed(error, &name))?;
        Ok(found)
    })
}

/// The parts of one kind that a part points at.
pub(super) fn related<'a>(
    members: &Members<'a>,
    feed: &mut Feed<'a>,
    part: &str,
    kind: &str,
    limits: &Limits,
) -> Result<Vec<String>, ReadError> {
    let relations = relations(members, feed, part, limits)?;
    let parts = relations.values().filter(|relation| relation.kind == kind && members.has(&relation.part));
    Ok(parts.map(|relation| relation.part.clone()).collect())
}

/// The part that a target means, seen from a folder.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let base = if target.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Undoes `%20`, which some programs write in relations only.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn listed(xml: &[u8], related: &Rc<Relations>, limits: &Limits) -> Result<Listing, ReadError> {
    let mut sheets = Vec::new();
    let mut system = DateSystem::From1900;
    let mut fault = None;
    elements(xml, |name, element| {
        match name {
            "workbookPr" => {
                if let Some(flag) = attribute(element, "date1904") {
                    system = if matches!(flag.as_str(), "1" | "true" | "on") { DateSystem::From1904 } else { DateSystem::From1900 };
                }
            }
            "sheet" => {
                let name = attribute(element, "name").unwrap_or_default();
                // `r:id`, whatever the prefix: some programs leave it out.
                let relation = attribute(element, "id").and_then(|id| related.get(&id));
                let visibility = match attribute(element, "state").as_deref() {
                    None | Some("visible") => Visibility::Visible,
                    Some("veryHidden") => Visibility::VeryHidden,
                    Some(_) => Visibility::Hidden,
                };
                match relation.map(|relation| (relation.kind.as_str(), &relation.part)) {
                    Some(("worksheet", part)) => sheets.push(Listed { name, visibility, part: Some(part.clone()) }),
                    Some(("chartsheet" | "dialogsheet" | "xlMacrosheet" | "xlIntlMacrosheet", _)) => {
                        sheets.push(Listed { name, visibility, part: None });
                    }
                    _ => fault = Some(archive::damaged().at(name)),
                }
                if sheets.len() > limits.sheets {
                    fault = Some(archive::too_large("antalet blad", "the number of sheets"));
                }
            }
            _ => {}
        }
        fault.is_none() && name != "definedNames"
    })?;
    if let Some(fault) = fault {
        return Err(fault);
    }
    let names: BTreeSet<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    if names.len() != sheets.len() {
        return Err(ReadError::new(
            Fault::Damaged,
            "två blad har samma namn; spara om filen i ett kalkylprogram",
            "two sheets carry the same name; save the file anew in a spreadsheet program",
        ));
    }
    Ok(Listing { sheets, system, related: Rc::clone(related) })
}

/// The number format of every cell format.
fn formats(xml: &[u8], limits: &Limits) -> Result<Formats, ReadError> {
    let mut codes: BTreeMap<u32, NumberFormat> = BTreeMap::new();
    let mut places: BTreeMap<Option<u32>, u32> = BTreeMap::new();
    let mut found = Formats::default();
    let mut fault = None;
    let mut inside = false;
    elements(xml, |name, element| {
        match name {
            "numFmt" => {
                if let Some((id, code)) = attribute(element, "numFmtId").zip(attribute(element, "formatCode"))
                    && let Ok(id) = id.trim().parse()
                {
                    codes.insert(id, if code.len() > LONGEST_CODE { NumberFormat::unknown() } else { NumberFormat::parse(&code) });
                }
                if codes.len() > limits.formats {
                    fault = Some(Stop::Formats);
                }
            }
            "cellXfs" => inside = true,
            "cellStyles" | "dxfs" | "tableStyles" => return false,
            "xf" if inside => {
                // A format without a number is general; one whose number is none is unknown.
                let id = attribute(element, "numFmtId").map_or(Some(0), |id| id.trim().parse().ok());
                let place = *places.entry(id).or_insert_with(|| {
                    let format = match id {
                        None => NumberFormat::unknown(),
                        Some(id) => match codes.get(&id) {
                            Some(format) => format.clone(),
                            None => u16::try_from(id).map_or_else(|_| NumberFormat::unknown(), NumberFormat::built_in),
                        },
                    };
                    found.formats.push(format);
                    found.formats.len() as u32 - 1
                });
                found.of_style.push(place);
                if found.of_style.len() > limits.formats {
                    fault = Some(Stop::Formats);
                }
            }
            _ => {}
        }
        fault.is_none()
    })?;
    match fault {
        Some(stop) => Err(stop.told()),
        None => Ok(found),
    }
}

/// Bytes of the longest number format that is read. Excel itself stops at 255 characters.
const LONGEST_CODE: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_of_relations() {
        for (folder, target, expected) in [
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "./worksheets/../sheet1.xml", "xl/sheet1.xml"),
            ("xl", "..\\data\\sheet1.xml", "data/sheet1.xml"),
            ("", "xl/workbook.xml", "xl/workbook.xml"),
            ("", "../../../etc/x", "etc/x"),
        ] {
            assert_eq!(resolve(folder, target), expected);
        }
        assert_eq!(percent_decoded("xl/blad%20ett%C3%A5%2"), "xl/blad ettå%2");
    }
}
