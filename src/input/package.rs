//! The XML that Office packages share (xlsx, xlsb): elements and their attributes, relations between parts.

use super::archive::{Package, damaged};
use super::read_error::{Fault, ReadError};
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// The parts of an xlsb package that matter, by lower-case name.
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
        || name.contains("worksheets/") && name.ends_with(".bin")
        || name.contains("comments") && name.ends_with(".bin");
    kept && !folders.iter().any(|folder| name.starts_with(folder))
        && !name.ends_with("calcchain.xml")
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
    let mut open = 0_i64;
    loop {
        match reader.read_event().map_err(|_| damaged())? {
            Event::Start(element) => {
                open += 1;
                if !visit(element.local_name().as_ref(), &element) {
                    return Ok(());
                }
            }
            Event::Empty(element) if !visit(element.local_name().as_ref(), &element) => return Ok(()),
            Event::End(_) => open -= 1,
            // Entities would be declared there; no spreadsheet program writes any.
            Event::DocType(_) => return Err(entities()),
            Event::Eof => return if open == 0 { Ok(()) } else { Err(damaged()) },
            _ => {}
        }
    }
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

/// The error of a document type, which could declare entities.
pub(super) fn entities() -> ReadError {
    ReadError::new(
        Fault::Hostile,
        "arbetsboken använder entiteter (DTD), vilket inget kalkylprogram gör; spara om den i ett",
        "the workbook uses entities (a document type), which no spreadsheet program does; save it anew in one",
    )
}
