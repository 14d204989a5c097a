//! A paper as csv, one table a section: UTF-8 with a byte order mark, lines and quotes as RFC 4180 has them, text that no
//! spreadsheet runs. A share becomes five columns; what is withheld says so.

use super::figures::{WITHHELD, exact, hundredths};
use super::{Cell, Paper, Section};
use crate::output::table::guarded;
use ::csv::{Terminator, WriterBuilder};
use std::io;

/// What spreadsheets need to read å, ä and ö.
const MARK: &str = "\u{feff}";
/// What the columns of a share add to its id: how many, of how many, the share and its interval in per cent.
const OF_SHARE: [&str; 5] = ["", "_of", "_share", "_low", "_high"];
/// The column that tells sums from the rows they sum up.
const IS_TOTAL: &str = "is_total";

/// The table of a section.
///
/// # Errors
/// None that comes from the paper.
pub fn section(section: &Section) -> io::Result<Vec<u8>> {
    let mut text = MARK.as_bytes().to_vec();
    text.extend(rows(section)?);
    Ok(text)
}

/// The tables of all sections, an empty line between them.
///
/// # Errors
/// None that comes from the paper.
pub fn all(paper: &Paper) -> io::Result<Vec<u8>> {
    let tables: Vec<Vec<u8>> = paper.sections.iter().map(rows).collect::<io::Result<_>>()?;
    let mut text = MARK.as_bytes().to_vec();
    text.extend(tables.join(&b"\r\n"[..]));
    Ok(text)
}

fn rows(section: &Section) -> io::Result<Vec<u8>> {
    let table = &section.table;
    let totals = table.rows.iter().any(|row| row.total);
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).flexible(true).from_writer(Vec::new());
    let mut heads: Vec<String> = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        let endings = if table.has_shares(at) { &OF_SHARE[..] } else { &OF_SHARE[..1] };
        heads.extend(endings.iter().map(|ending| format!("{}{ending}", column.id)));
    }
    heads.extend(totals.then(|| IS_TOTAL.to_string()));
    writer.write_record(&heads)?;
    for row in &table.rows {
        let mut record: Vec<String> = Vec::new();
        for at in 0..table.columns.len() {
            let cell = row.cells.get(at).unwrap_or(&Cell::Empty);
            if table.has_shares(at) {
                record.extend(of_share(cell));
            } else {
                record.push(alone(cell));
            }
        }
        record.extend(totals.then(|| row.total.to_string()));
        writer.write_record(&record)?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

fn of_share(cell: &Cell) -> [String; 5] {
    match cell {
        Cell::Share(share) => {
            let told = hundredths(share.part, share.whole);
            let bound = |bound: u16| told.map(|_| exact(u64::from(bound))).unwrap_or_default();
            let percent = told.map(exact).unwrap_or_default();
            [share.part.to_string(), share.whole.to_string(), percent, bound(share.low), bound(share.high)]
        }
        Cell::Withheld => std::array::from_fn(|_| WITHHELD.to_string()),
        other => [alone(other), String::new(), String::new(), String::new(), String::new()],
    }
}

fn alone(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => guarded(text).into_owned(),
        Cell::List(texts) => guarded(&texts.join("; ")).into_owned(),
        Cell::Count(number) => number.to_string(),
        // A number that begins with a minus is no formula.
        Cell::Number(number) if is_number(number) => number.clone(),
        Cell::Number(other) => guarded(other).into_owned(),
        // Where a table has shares, they have columns of their own.
        Cell::Share(share) => share.part.to_string(),
        Cell::Withheld => WITHHELD.to_string(),
    }
}

/// Whether it is a decimal number: digits, with a point between some of them and a minus before them.
pub(super) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && rest.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::paper::sample;

    #[test]
    fn shares_become_columns_and_totals_are_marked() {
        let text = String::from_utf8(section(&sample::small().sections[0]).expect("csv")).expect("UTF-8");
        assert_eq!(
            text,
            "\u{feff}area,products,failing,failing_of,failing_share,failing_low,failing_high,price,is_total\r\n\
             Gloves,25,3,25,12.00,2.54,31.22,-0.5,false\r\n\
             Other,withheld,withheld,withheld,withheld,withheld,withheld,,false\r\n\
             All,30,4,30,13.33,3.75,30.73,,true\r\n"
        );
    }

    #[test]
    fn nothing_runs_and_nothing_breaks_out() {
        let hostile = sample::hostile();
        let bytes = all(&hostile).expect("csv");
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(text.starts_with('\u{feff}') && text.matches('\u{feff}').count() == 1);
        let mut reader =
            ::csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let cells: Vec<String> =
            reader.records().flat_map(|record| record.expect("a record").iter().map(String::from).collect::<Vec<_>>()).collect();
        assert!(cells.iter().any(|cell| cell == "'=cmd|' /C calc'!A0"), "{cells:?}");
        assert!(cells.iter().any(|cell| cell == "one; '=2+3"), "{cells:?}");
        assert!(cells.iter().any(|cell| cell == "'=1+1"), "a number that is none: {cells:?}");
        assert!(cells.iter().any(|cell| cell == "a \"quoted\", text"), "{cells:?}");
    }

    #[test]
    fn an_empty_table_has_the_columns_of_a_full_one() {
        let mut paper = sample::small();
        paper.sections[0].table.rows.clear();
        let text = String::from_utf8(section(&paper.sections[0]).expect("csv")).expect("UTF-8");
        assert_eq!(text, "\u{feff}area,products,failing,failing_of,failing_share,failing_low,failing_high,price\r\n");
    }
}
