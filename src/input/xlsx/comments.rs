//! The comments on a sheet's cells. No column holds them, so whoever reads the sheet must know of them.

use super::super::package::attribute;
use super::super::read_error::ReadError;
use super::super::workbook::{Comment, position};
use super::super::{archive, package, text};
use quick_xml::Reader;
use quick_xml::events::Event;

/// The comments of one part, in the file's order.
pub(super) fn read(xml: &[u8]) -> Result<Vec<Comment>, ReadError> {
    let text = text::decode(xml)?.text;
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    let mut comments = Vec::new();
    let mut place: Option<(u32, u32)> = None;
    let mut said = String::new();
    let mut in_text = false;
    loop {
        match reader.read_event().map_err(|_| archive::damaged())? {
            Event::Start(element) => match element.local_name().as_ref() {
                "comment" => {
                    // One that does not say where it stands may change any line.
                    place = Some(attribute(&element, "ref").and_then(|name| position(&name)).ok_or_else(archive::damaged)?);
                    said.clear();
                }
                "t" => in_text = true,
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                "comment" => {
                    if let Some((row, column)) = place.take() {
                        comments.push(Comment { row, column, text: Some(said.trim().into()) });
                    }
                }
                "t" => in_text = false,
                _ => {}
            },
            Event::Text(text) if in_text => said.push_str(&text.xml10_content()),
            Event::CData(text) if in_text => said.push_str(&text.xml10_content()),
            Event::GeneralRef(name) if in_text => match name.resolve_char_ref() {
                Ok(Some(c)) => said.push(c),
                _ => said.push_str(quick_xml::escape::resolve_predefined_entity(&name.xml10_content()).unwrap_or("\u{fffd}")),
            },
            Event::DocType(_) => return Err(package::entities()),
            Event::Eof => return Ok(comments),
            _ => {}
        }
    }
}
