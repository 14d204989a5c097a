//! A paper for programs: rows are objects keyed by the columns' ids, shares keep their counts and their interval.

use super::figures::hundredths;
use super::{Cell, Paper, Row, Section, Share, Table};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use std::io;

/// One JSON document.
///
/// # Errors
/// None that comes from the paper.
pub fn document(paper: &Paper) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(&Document(paper)).map_err(io::Error::other)?;
    bytes.push(b'\n');
    Ok(bytes)
}

struct Document<'a>(&'a Paper);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let paper = self.0;
        let facts: Vec<Fact<'_>> = paper.facts.iter().map(|(what, value)| Fact { what, value }).collect();
        let sections: Vec<Part<'_>> = paper.sections.iter().map(Part).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("report", paper.id)?;
        map.serialize_entry("title", &paper.title)?;
        map.serialize_entry("lead", &paper.lead)?;
        map.serialize_entry("facts", &facts)?;
        map.serialize_entry("sections", &sections)?;
        map.serialize_entry("remarks", &paper.remarks)?;
        map.end()
    }
}

#[derive(Serialize)]
struct Fact<'a> {
    what: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Heading<'a> {
    id: &'a str,
    title: &'a str,
}

struct Part<'a>(&'a Section);

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let section = self.0;
        let columns: Vec<Heading<'_>> =
            section.table.columns.iter().map(|column| Heading { id: column.id, title: &column.title }).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", section.id)?;
        map.serialize_entry("title", &section.title)?;
        map.serialize_entry("intro", &section.intro)?;
        map.serialize_entry("columns", &columns)?;
        map.serialize_entry("rows", &Rows(&section.table))?;
        map.end()
    }
}

struct Rows<'a>(&'a Table);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.0.rows.len()))?;
        for row in &self.0.rows {
            rows.serialize_element(&Line { table: self.0, row })?;
        }
        rows.end()
    }
}

struct Line<'a> {
    table: &'a Table,
    row: &'a Row,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (column, cell) in self.table.columns.iter().zip(&self.row.cells) {
            map.serialize_entry(column.id, &Value(cell))?;
        }
        if self.row.total {
            map.serialize_entry("is_total", &true)?;
        }
        map.end()
    }
}

struct Value<'a>(&'a Cell);

/// Shares and bounds in per cent.
#[derive(Serialize)]
struct ShareValue {
    part: u64,
    whole: u64,
    share: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

impl From<Share> for ShareValue {
    fn from(share: Share) -> ShareValue {
        // At most 10 000, so that the number is exact to its two decimals.
        let percent = |hundredths: u64| u32::try_from(hundredths).map(|number| f64::from(number) / 100.0).ok();
        let told = hundredths(share.part, share.whole);
        let bound = |bound: u16| told.and_then(|_| percent(u64::from(bound)));
        ShareValue { part: share.part, whole: share.whole, share: told.and_then(percent), low: bound(share.low), high: bound(share.high) }
    }
}

#[derive(Serialize)]
struct Withheld {
    withheld: bool,
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Cell::Empty => serializer.serialize_none(),
            // Decimal numbers stay text: no program rounds them on the way in.
            Cell::Text(text) | Cell::Number(text) => serializer.serialize_str(text),
            Cell::List(texts) => texts.serialize(serializer),
            Cell::Count(number) => serializer.serialize_u64(*number),
            Cell::Share(share) => ShareValue::from(*share).serialize(serializer),
            Cell::Withheld => Withheld { withheld: true }.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::paper::sample;
    use serde_json::json;

    #[test]
    fn rows_are_objects_by_column() {
        let read: serde_json::Value = serde_json::from_slice(&document(&sample::small()).expect("json")).expect("json");
        assert_eq!(read["report"], "area");
        assert_eq!(read["facts"], json!([{ "what": "Period", "value": "2024–2026" }]));
        assert_eq!(
            read["sections"][0]["rows"],
            json!([
                { "area": "Gloves", "products": 25, "failing": { "part": 3, "whole": 25, "share": 12.0, "low": 2.54, "high": 31.22 }, "price": "-0.5" },
                { "area": "Other", "products": { "withheld": true }, "failing": { "withheld": true }, "price": null },
                { "area": "All", "products": 30, "failing": { "part": 4, "whole": 30, "share": 13.33, "low": 3.75, "high": 30.73 }, "price": null, "is_total": true },
            ])
        );
    }

    #[test]
    fn columns_keep_their_order() {
        let text = String::from_utf8(document(&sample::small()).expect("json")).expect("UTF-8");
        let place = |word: &str| text.rfind(word).unwrap_or_else(|| panic!("{word}"));
        assert!(place("\"area\":") < place("\"products\":") && place("\"products\":") < place("\"failing\":"));
    }

    #[test]
    fn hostile_text_is_kept_as_it_is() {
        let paper = sample::hostile();
        let read: serde_json::Value = serde_json::from_slice(&document(&paper).expect("json")).expect("json");
        assert_eq!(read["title"], paper.title);
        assert_eq!(read["sections"][2]["rows"], json!([]));
    }
}
