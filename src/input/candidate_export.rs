//! The Candidate List as ECHA's portals export it: the old portal's csv (a preamble, tabs, quotes that are not escaped,
//! headings and months in the language of the page) and xlsx (sheet `results`), and the new portal's xlsx (sheet
//! `List_results`). The layout is found from what stands in the file, not from its name.

use super::rulebook::Fault;
use super::rulebook::fault::{Faults, Place};
use super::text;
use super::workbook::{self, Kind, Value};
use crate::declaration::Date;
use crate::rule::candidate_list::Exported;
use crate::substance::{Cas, CasText, Ec, read_cas, read_ec};
use std::path::Path;
use std::sync::Arc;

/// An export that was read.
#[derive(Debug, Clone)]
pub struct Export {
    /// Which of the layouts it has, for people.
    pub layout: &'static str,
    /// The day of the export, where the file says it.
    pub exported: Option<Date>,
    /// Its rows.
    pub rows: Vec<Exported>,
    /// Whether the members of a group stand below it.
    pub members_listed: bool,
}

/// A table as text: rows of cells with the number of the row.
struct Grid {
    name: String,
    rows: Vec<(u32, Vec<String>)>,
}

/// Where the columns stand.
struct Columns {
    name: usize,
    ec: usize,
    cas: usize,
    reason: Option<usize>,
    date: usize,
}

/// Reads an export.
///
/// # Errors
/// Every fault with its row and column: unknown layouts, numbers whose check digit does not hold, days that are none.
pub fn read(path: &Path) -> Result<Export, Vec<Fault>> {
    let faults = Faults::default();
    let shown: Arc<str> = path.display().to_string().into();
    let export = match std::fs::read(path) {
        Ok(bytes) => of_bytes(&bytes, &shown, &faults),
        Err(error) => {
            faults.of_file(&shown, format!("filen kan inte läsas ({error})"), format!("the file cannot be read ({error})"));
            None
        }
    };
    match export {
        Some(export) if faults.count() == 0 => Ok(export),
        _ => Err(faults.sorted()),
    }
}

fn of_bytes(bytes: &[u8], shown: &Arc<str>, faults: &Faults) -> Option<Export> {
    let (grids, text_file) = match workbook::read(bytes) {
        Ok(read) if read.kind != Kind::Delimited => (read.sheets.iter().map(grid).collect::<Vec<_>>(), false),
        Ok(_) => match text::decode(bytes) {
            Ok(decoded) => (vec![lines(&decoded.text)], true),
            Err(error) => {
                faults.of_file(shown, error.sv, error.en);
                return None;
            }
        },
        Err(error) => {
            faults.of_file(shown, error.sv, error.en);
            return None;
        }
    };
    let found = grids.iter().find_map(|grid| heading(grid).map(|(at, columns)| (grid, at, columns)));
    let Some((grid, at, columns)) = found else {
        faults.of_file(
            shown,
            "filen är ingen export av kandidatförteckningen: ingen rad har rubriker som Substance name, EC No., CAS No. och Date of inclusion; \
             hämta listan på nytt från echa.europa.eu (csv eller xlsx)",
            "the file is no export of the Candidate List: no row has headings such as Substance name, EC No., CAS No. and Date of inclusion; \
             fetch the list again from echa.europa.eu (csv or xlsx)",
        );
        return None;
    };
    let new_portal = !text_file && grid.name == "List_results";
    let layout = match (text_file, new_portal) {
        (true, _) => "old portal, csv",
        (false, true) => "new portal, xlsx",
        (false, false) => "old portal, xlsx",
    };
    let exported = grids.iter().flat_map(|grid| grid.rows.iter().take(40)).flat_map(|(_, cells)| cells).find_map(|cell| {
        let (_, day) = cell.split_once("date:").or_else(|| cell.split_once("datum:"))?;
        day.split_whitespace().next().and_then(read_day)
    });
    let mut rows = Vec::new();
    for (number, cells) in grid.rows.iter().skip_while(|(number, _)| *number <= at) {
        if let Some(row) = exported_row(*number, cells, &columns, shown, text_file, faults) {
            rows.push(row);
        }
    }
    if rows.is_empty() && faults.count() == 0 {
        faults.of_file(shown, "exporten har inga ämnen under rubriken", "the export has no substances below its heading");
    }
    Some(Export { layout, exported, rows, members_listed: !new_portal })
}

fn grid(sheet: &workbook::Sheet) -> Grid {
    let rows = sheet
        .rows
        .iter()
        .map(|row| {
            let width = row.cells().map(|cell| cell.column as usize + 1).max().unwrap_or_default().min(64);
            let mut cells = vec![String::new(); width];
            for cell in row.cells() {
                if let Some(own) = cells.get_mut(cell.column as usize) {
                    *own = match &cell.value {
                        Value::Date { text, .. } => text.to_string(),
                        _ => cell.raw(),
                    };
                }
            }
            (row.number + 1, cells)
        })
        .collect();
    Grid { name: sheet.name.to_string(), rows }
}

/// The lines of the csv. A standard reader would take `"a""b"` for one text with a quote in it; here they are two values,
/// which stay parted by a line break.
fn lines(text: &str) -> Grid {
    let heading = text.lines().find(|line| line.matches('\t').count() >= 5).is_some();
    let comma = text.lines().map(|line| line.matches(';').count()).max().unwrap_or_default() >= 5;
    let mut rows = Vec::new();
    if heading {
        for (at, line) in text.lines().enumerate() {
            let cells: Vec<String> = line.trim_end_matches(['\r', '\n']).split('\t').map(unquoted).collect();
            rows.push((at as u32 + 1, cells));
        }
    } else {
        // Saved again by a spreadsheet, with its own separator.
        let separator = if comma { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
        for record in reader.records().map_while(Result::ok) {
            let line = record.position().map_or(0, |position| position.line() as u32);
            rows.push((line, record.iter().map(|cell| cell.trim().replace('"', "\n")).collect()));
        }
    }
    Grid { name: String::new(), rows }
}

fn unquoted(cell: &str) -> String {
    let cell = cell.trim();
    let inner = cell.strip_prefix('"').map_or(cell, |rest| rest.strip_suffix('"').unwrap_or(rest));
    inner.replace("\"\"", "\n").trim().to_string()
}

fn plain(cell: &str) -> String {
    cell.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The heading: its row and where the columns stand. By name in English, else by the order that the portal always uses.
fn heading(grid: &Grid) -> Option<(u32, Columns)> {
    for (number, cells) in grid.rows.iter().take(200) {
        let names: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
        let at = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.as_str()));
        let name = at(&["substancename", "name"]);
        let (ec, cas) = (at(&["ecno", "ecnumber"]), at(&["casno", "casnumber"]));
        let (reason, date) = (at(&["reasonforinclusion"]), at(&["dateofinclusion"]));
        if let (Some(name), Some(ec), Some(cas), Some(date)) = (name, ec, cas, date) {
            return Some((*number, Columns { name, ec, cas, reason, date }));
        }
        // A translated heading: the numbers are called after EC and CAS in every language, and the order never changes.
        let like = |at: usize, words: &[&str]| names.get(at).is_some_and(|name| words.iter().any(|word| name.contains(word)));
        if (9..=13).contains(&cells.len()) && like(2, &["ec", "eg", "ey", "ce", "we", "ek", "es", "eo"]) && like(3, &["cas"]) {
            return Some((*number, Columns { name: 0, ec: 2, cas: 3, reason: Some(4), date: 5 }));
        }
    }
    None
}

/// One row; what is wrong with it is told.
fn exported_row(number: u32, cells: &[String], columns: &Columns, shown: &Arc<str>, text_file: bool, faults: &Faults) -> Option<Exported> {
    let cell = |at: usize| cells.get(at).map(String::as_str).unwrap_or_default().trim();
    if cells.iter().all(|cell| cell.trim().is_empty()) {
        return None;
    }
    let place = |column: usize| Place {
        // A cell's name says more than a line in a workbook.
        file: if text_file {
            Arc::clone(shown)
        } else {
            format!("{shown}!{}", workbook::a1(number.saturating_sub(1), column as u32)).into()
        },
        line: if text_file { number } else { 0 },
        column: if text_file { column as u32 + 1 } else { 0 },
    };
    let values = |at: usize| -> Vec<String> {
        let parts = cell(at).split(['\n', '#', ',', ';']).map(str::trim).filter(|part| !matches!(*part, "" | "-" | "–"));
        let mut found: Vec<String> = Vec::new();
        for part in parts {
            if !found.iter().any(|own| own == part) {
                found.push(part.to_string());
            }
        }
        found
    };
    let name = cell(columns.name).split(['\n', '#']).map(str::trim).find(|part| !part.is_empty()).unwrap_or_default().to_string();
    if name.is_empty() {
        faults.at(&place(columns.name), "raden har inget namn", "the row has no name");
        return None;
    }
    let mut cas: Vec<Cas> = Vec::new();
    for text in values(columns.cas) {
        match read_cas(&text) {
            CasText::Valid(number) | CasText::FromDate(number) => cas.push(number),
            CasText::Blank => {}
            _ => faults.at(
                &place(columns.cas),
                format!("`{text}` ({name}) är inget giltigt CAS-nummer; kontrollera mot ECHA:s webbplats och rätta filen"),
                format!("`{text}` ({name}) is no valid CAS number; check it against ECHA's site and correct the file"),
            ),
        }
    }
    let mut ec: Vec<Ec> = Vec::new();
    for text in values(columns.ec) {
        match read_ec(&text) {
            Some(Ok(number)) => ec.push(number),
            _ => faults.at(
                &place(columns.ec),
                format!("`{text}` ({name}) är inget giltigt EG-nummer; kontrollera mot ECHA:s webbplats och rätta filen"),
                format!("`{text}` ({name}) is no valid EC number; check it against ECHA's site and correct the file"),
            ),
        }
    }
    // Several decisions in one cell: the first is when it came on the list.
    let days: Vec<Option<Date>> =
        cell(columns.date).split(['\n', '#']).map(str::trim).filter(|day| !day.is_empty()).map(read_day).collect();
    let from = days.iter().copied().collect::<Option<Vec<Date>>>().and_then(|days| days.into_iter().min());
    let Some(from) = from else {
        let written = cell(columns.date);
        faults.at(
            &place(columns.date),
            format!("`{written}` ({name}) är ingen dag; det ska stå som 04-Feb-2026, 04/02/2026 eller 2026-02-04"),
            format!("`{written}` ({name}) is no day; it must stand as 04-Feb-2026, 04/02/2026 or 2026-02-04"),
        );
        return None;
    };
    let reason = columns.reason.map(|at| plain(cell(at))).unwrap_or_default();
    Some(Exported { row: number, name, cas, ec, reason, from })
}

/// A day as the portals write it: `04-Feb-2026` in the language of the page, `04/02/2026`, or ISO.
fn read_day(text: &str) -> Option<Date> {
    let text = text.trim().trim_matches('"');
    if let Ok(day) = text.get(..10).unwrap_or(text).parse() {
        return Some(day);
    }
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ']).filter(|part| !part.is_empty()).collect();
    let [day, month, year, ..] = parts.as_slice() else { return None };
    let month = match month.parse::<i8>() {
        Ok(number) => number,
        Err(_) => month_of(month)?,
    };
    Date::new(year.get(..4).unwrap_or(year).parse().ok()?, month, day.parse().ok()?).ok()
}

/// A month's abbreviation in the languages of the portal. A word that stands for two months in two languages is none.
fn month_of(word: &str) -> Option<i8> {
    const MONTHS: [&[&str]; 12] = [
        &["jan", "janv", "jaan", "ene", "gen", "tammi", "sty", "led", "ian", "sij", "sau", "ιαν", "яну"],
        &["feb", "fév", "févr", "fev", "veebr", "helmi", "lut", "úno", "velj", "vas", "φεβ", "фев"],
        &["mar", "mars", "mart", "marts", "märz", "mär", "märts", "mrt", "maalis", "bře", "ožu", "kov", "μαρ", "мар"],
        &["apr", "avr", "abr", "huhti", "kwi", "dub", "tra", "bal", "απρ", "апр"],
        &["may", "maj", "mai", "mei", "mag", "mayo", "touko", "kvě", "svi", "geg", "μαΐ", "май"],
        &["jun", "juin", "juni", "juuni", "giu", "kesä", "cze", "čvn", "iun", "bir", "ιουν", "юни"],
        &["jul", "juil", "juli", "juuli", "lug", "heinä", "čvc", "iul", "lie", "ιουλ", "юли"],
        &["aug", "août", "aoû", "ago", "elo", "sie", "kol", "rugp", "αυγ", "авг"],
        &["sep", "sept", "set", "syys", "wrz", "zář", "ruj", "rugs", "σεπ", "сеп"],
        &["oct", "okt", "ott", "out", "loka", "paź", "říj", "spa", "οκτ", "окт"],
        &["nov", "marras", "noi", "stu", "lap", "νοε", "ное"],
        &["dec", "déc", "dic", "dez", "dets", "joulu", "gru", "pro", "gruo", "δεκ", "дек"],
    ];
    let word = word.trim_end_matches('.').to_lowercase();
    let mut found = MONTHS.iter().enumerate().filter(|(_, words)| words.contains(&word.as_str()));
    match (found.next(), found.next()) {
        (Some((at, _)), None) => i8::try_from(at + 1).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_the_languages_of_the_page() {
        let day = |text| read_day(text).map(|day| day.to_string());
        assert_eq!(day("04-Feb-2026").as_deref(), Some("2026-02-04"));
        assert_eq!(day("28-okt-2008").as_deref(), Some("2008-10-28"));
        assert_eq!(day("11/01/2022").as_deref(), Some("2022-01-11"));
        assert_eq!(day("2026-02-04").as_deref(), Some("2026-02-04"));
        assert_eq!(day("32-Feb-2026"), None);
        assert_eq!(day("someday"), None);
    }

    #[test]
    fn adjacent_quotes_part_values() {
        assert_eq!(unquoted("\"Toxic (Article 57c)\"\"PBT (Article 57d)\""), "Toxic (Article 57c)\nPBT (Article 57d)");
        assert_eq!(unquoted("\"-\""), "-");
    }
}
