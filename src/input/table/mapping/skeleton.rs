//! A mapping to start from: the sheets, the rows that look like headings, and what each heading was understood as.

use super::role_name;
use crate::declaration::Subject;
use crate::input::table::headings::{Polarity, Role, understand};
use crate::input::workbook::{Cell, Row, Sheet, Value, Visibility, Workbook, a1};
use std::fmt::Write as _;

/// A mapping file for the workbook, with comments, that only needs its roles filled in. It is valid as it stands.
pub fn skeleton(workbook: &Workbook) -> String {
    let mut text = String::from(
        "# Mappning för `kemkoll check --mapping FIL`. Ändra `unknown` till vad kolumnen innehåller, eller till `ignored`.\n\
         # A mapping for `kemkoll check --mapping FILE`. Change `unknown` to what the column holds, or to `ignored`.\n#\n# role: ",
    );
    let names: Vec<&str> = super::ROLES.iter().map(|(name, _)| *name).chain(["answer"]).collect();
    let mut line = 8;
    for (at, name) in names.iter().enumerate() {
        if line + name.len() > 110 {
            text.push_str("\n#       ");
            line = 8;
        }
        text.push_str(name);
        line += name.len() + 2;
        if at + 1 < names.len() {
            text.push_str(", ");
        }
    }
    text.push_str(
        "\n\n# kind = \"unspecified\"            # full-material, reportable-only, questionnaire, laboratory-report, unspecified\n\
         # decimal-mark = \"comma\"          # comma, point\n\n\
         # [constants]\n# supplier = \"\"\n# product-name = \"\"\n# date = 2026-01-31\n\n\
         # [sentinels]\n# \"-1\" = \"not-detected\"          # not-detected, absent, present, no-result\n",
    );
    let mut tables = 0;
    for (number, sheet) in workbook.sheets.iter().enumerate() {
        if sheet.visibility != Visibility::Visible {
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(text, "\n# Bladet {} är dolt. / The sheet {} is hidden.", shown(&sheet.name), shown(&sheet.name));
            continue;
        }
        if let Some(row) = heading_row(sheet) {
            table(&mut text, sheet, number, row);
            tables += 1;
        }
    }
    if tables == 0 {
        text.push_str("\n[[table]]\nfirst-row = 1\n\n[[table.column]]\nat = \"A\"\nrole = \"unknown\"\n");
    }
    text
}

/// The row that most looks like headings: many short texts of words, early in the sheet, with something below it.
fn heading_row(sheet: &Sheet) -> Option<Row<'_>> {
    let score = |row: Row<'_>| -> usize {
        row.cells()
            .map(|cell| match cell.value {
                Value::Text(text) if text.chars().count() <= 80 && text.chars().any(char::is_alphabetic) => {
                    if understand(text).role == Role::Unknown { 2 } else { 3 }
                }
                _ => 0,
            })
            .sum()
    };
    let candidates = sheet.rows.iter().take(40).filter(|row| row.len() > 1);
    candidates.max_by_key(|row| (score(*row), std::cmp::Reverse(row.number))).filter(|row| score(*row) > 0)
}

fn table(text: &mut String, sheet: &Sheet, number: usize, row: Row<'_>) {
    text.push_str("\n[[table]]\n");
    if sheet.name.is_empty() {
        let _ = writeln!(text, "sheet = {}", number + 1);
    } else {
        let _ = writeln!(text, "sheet = {}", toml::Value::String(sheet.name.to_string()));
    }
    let _ = writeln!(text, "heading-row = {}", u64::from(row.number) + 1);
    if let Some(last) = sheet.rows.last().filter(|last| last.number > row.number) {
        let _ = writeln!(text, "# last-row = {}", u64::from(last.number) + 1);
    }
    let below = sheet.rows.iter().find(|other| other.number > row.number);
    for cell in row.cells().take(200) {
        let heading = cell.raw();
        if heading.trim().is_empty() {
            continue;
        }
        let example = below.and_then(|below| below.cells().find(|other| other.column == cell.column)).map(Cell::raw);
        let understood = understand(&heading);
        let _ = write!(text, "\n# {}: {}", a1(row.number, cell.column), shown(&heading));
        if let Some(example) = example {
            let _ = write!(text, " · {}", shown(&example));
        }
        let letters: String = a1(0, cell.column).chars().filter(char::is_ascii_alphabetic).collect();
        let _ = write!(text, "\n[[table.column]]\nat = \"{letters}\"\n");
        match &understood.role {
            Role::Answer(asked) => {
                let (Subject::List(subject) | Subject::Named(subject)) = &asked.subject;
                let meaning = match asked.polarity {
                    Polarity::Contains => "contains",
                    Polarity::Free => "free",
                    Polarity::Complies => "complies",
                };
                let _ = writeln!(text, "role = \"answer\"\nasks = {}\nmeaning = \"{meaning}\"", toml::Value::String(subject.to_string()));
            }
            role => {
                let _ = writeln!(text, "role = \"{}\"", role_name(role).unwrap_or("unknown"));
            }
        }
        if let Some(unit) = understood.unit {
            let _ = writeln!(text, "unit = \"{}\"", unit.symbol);
        }
    }
}

/// A cell's text in a comment: one line, of at most sixty characters.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.chars().count() < line.chars().count() { format!("`{short}…`") } else { format!("`{short}`") }
}
