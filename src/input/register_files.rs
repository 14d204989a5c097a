//! Substance tables of a user's own rules folder (`substances/`), as `rules export` writes them out for editing. Each
//! table that stands there takes the place of the built-in one. Every row is checked first, with line and column.

use super::register::{BrokenRegister, build, register};
use super::rulebook::Fault;
use super::rulebook::fault::{Document, Faults};
use super::rulebook::lists::{Row, bad_cas, bad_ec, rows};
use super::rulebook::sources::{Location, document};
use crate::substance::{Cas, Details, Ec, GroupShare, Register};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// A table: its name, all its columns, those that are needed, and those that the register keeps, in its order.
struct Shape {
    name: &'static str,
    columns: &'static [&'static str],
    needed: &'static [&'static str],
    kept: &'static [&'static str],
}

/// The tables in the order in which the register is built from them.
const SHAPES: [Shape; 7] = [
    Shape {
        name: "substances",
        columns: &["cas", "ec", "name", "name_sv", "formula"],
        needed: &["cas", "ec", "name"],
        kept: &["cas", "ec", "name", "name_sv"],
    },
    Shape {
        name: "synonyms",
        columns: &["cas", "name", "language", "ambiguous"],
        needed: &["cas", "name", "language"],
        kept: &["cas", "name", "language", "ambiguous"],
    },
    Shape {
        name: "group-names",
        columns: &["group", "element", "name_en", "name_sv", "words", "stems", "not_stems"],
        needed: &["group", "name_en", "name_sv"],
        kept: &["group", "element", "name_en", "name_sv", "words", "stems", "not_stems"],
    },
    Shape {
        name: "groups",
        columns: &["group", "cas", "ec", "name", "element", "fraction", "confidence"],
        needed: &["group", "cas"],
        kept: &["group", "cas", "ec", "name", "element", "fraction", "confidence"],
    },
    Shape {
        name: "hazards",
        columns: &["cas", "ec", "index", "name", "group", "classes", "from"],
        needed: &["cas", "name", "classes", "from"],
        kept: &["cas", "ec", "name", "group", "classes", "from"],
    },
    Shape {
        name: "structures",
        columns: &["structure", "cas", "name"],
        needed: &["structure", "cas"],
        kept: &["structure", "cas", "name"],
    },
    Shape {
        name: "materials",
        columns: &["material", "name", "language"],
        needed: &["material", "name"],
        kept: &["material", "name", "language"],
    },
];

/// The register for these folders: the tables of the first that holds `substances/`, else the built-in ones. The second
/// value is the fingerprint of the tables when they are not the built-in ones.
///
/// # Errors
/// Every fault of every table.
pub fn register_of(dirs: &[PathBuf]) -> Result<(Register, Option<String>), Vec<Fault>> {
    let faults = Faults::default();
    let broken = |error: BrokenRegister| {
        faults.of_file("substances", format!("registret kan inte byggas: {error}"), error.to_string());
        faults.sorted()
    };
    let own = dirs.iter().map(|dir| dir.join("substances")).find(|folder| folder.is_dir());
    let Some(folder) = own else { return Ok((register().map_err(broken)?, None)) };
    let text = tables(&folder, &faults);
    if faults.count() > 0 {
        return Err(faults.sorted());
    }
    let register = build(&text).map_err(broken)?;
    let digest = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((register, Some(digest)))
}

/// All tables in the packed form: those of the folder, and the built-in ones for the rest.
fn tables(folder: &Path, faults: &Faults) -> String {
    let mut packed = String::with_capacity(5_000_000);
    let mut known = Known::default();
    for shape in &SHAPES {
        if let Some(document) = document(&location(folder, shape.name), None, faults) {
            own_table(shape, &document, &mut known, faults, &mut packed);
        }
        packed.push('\n');
    }
    packed
}

/// The table in the folder, else the built-in one.
fn location(folder: &Path, table: &str) -> Location {
    let name = format!("{table}.csv");
    let path = folder.join(&name);
    if path.is_file() { Location::Disk(path) } else { Location::BuiltIn(format!("substances/{name}")) }
}

/// What the tables of the register for these folders say of a number beyond what judging needs. What is wrong with a
/// table has been told by [`register_of`].
pub fn details(dirs: &[PathBuf], number: Cas) -> Details {
    let own = dirs.iter().map(|dir| dir.join("substances")).find(|folder| folder.is_dir());
    let number = number.to_string();
    let mut found = Details::default();
    for table in ["substances", "groups", "hazards"] {
        let at = own.as_deref().map_or_else(|| Location::BuiltIn(format!("substances/{table}.csv")), |folder| location(folder, table));
        let Some(document) = document(&at, None, &Faults::default()) else { continue };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(document.text.as_bytes());
        let Ok(headers) = reader.headers().cloned() else { continue };
        for row in reader.records().map_while(Result::ok) {
            let field = |name: &str| {
                let column = headers.iter().position(|own| own.trim() == name);
                column.and_then(|at| row.get(at)).unwrap_or_default().trim().to_string()
            };
            if field("cas") != number {
                continue;
            }
            match table {
                "substances" => found.formula = Some(field("formula")).filter(|formula| !formula.is_empty()),
                "groups" => found.groups.push(GroupShare {
                    group: field("group"),
                    element: field("element"),
                    fraction: field("fraction"),
                    confidence: field("confidence"),
                }),
                _ => found.hazards.push((field("index"), field("classes"), field("from"))),
            }
        }
    }
    found
}

/// What later tables may refer to.
#[derive(Default)]
struct Known {
    /// CAS numbers of `substances.csv`.
    numbers: HashSet<Cas>,
    /// Groups of `group-names.csv`.
    groups: BTreeSet<String>,
}

impl Known {
    /// Notes a row in the packed form.
    fn note(&mut self, table: &str, row: &str) {
        let first = row.split('\t').next().unwrap_or_default();
        match table {
            "substances" => self.numbers.extend(Cas::parse(first)),
            "group-names" => {
                self.groups.insert(first.to_string());
            }
            _ => {}
        }
    }
}

fn own_table(shape: &Shape, document: &Document, known: &mut Known, faults: &Faults, packed: &mut String) {
    let mut first: BTreeMap<String, u32> = BTreeMap::new();
    rows(document, shape.columns, shape.needed, faults, |row| {
        checked(shape.name, row, known, faults);
        let mut line = String::new();
        for (count, column) in shape.kept.iter().enumerate() {
            let field = row.get(column);
            if field.value.contains(['\t', '\n', '\r']) {
                faults.at(
                    &field.place,
                    "fältet innehåller en tabb eller en radbrytning; ta bort den",
                    "the field holds a tab or a line break; remove it",
                );
            }
            if count > 0 {
                line.push('\t');
            }
            line.push_str(&field.value);
        }
        let place = row.get(shape.columns.first().copied().unwrap_or_default()).place;
        if let Some(first) = first.get(&line) {
            faults.at(
                &place,
                format!("raden står redan på rad {first}; ta bort den ena"),
                format!("the row stands at line {first} already; remove one"),
            );
            return;
        }
        first.insert(line.clone(), place.line);
        known.note(shape.name, &line);
        packed.push_str(&line);
        packed.push('\n');
    });
}

/// Tells what is wrong with a row by itself and with what it refers to.
fn checked(table: &str, row: &Row, known: &Known, faults: &Faults) {
    let cas_spot = row.get("cas");
    let cas = Cas::parse(&cas_spot.value);
    if cas.is_none() && !cas_spot.value.is_empty() {
        bad_cas(&cas_spot.value, &cas_spot.place, faults);
    }
    let ec = row.get("ec");
    if Ec::parse(&ec.value).is_none() && !ec.value.is_empty() {
        bad_ec(&ec.value, &ec.place, faults);
    }
    match table {
        "substances" => {
            let name = row.get("name");
            if cas_spot.value.is_empty() && ec.value.is_empty() {
                faults.at(&name.place, "raden har varken CAS- eller EG-nummer", "the row has neither a CAS nor an EC number");
            }
            if cas.is_some_and(|cas| known.numbers.contains(&cas)) {
                let written = &cas_spot.value;
                faults.at(
                    &cas_spot.place,
                    format!("`{written}` finns redan i tabellen; ta bort den ena raden"),
                    format!("`{written}` stands in the table already; remove one of the rows"),
                );
            }
        }
        "synonyms" => {
            if cas.is_none_or(|cas| !known.numbers.contains(&cas)) {
                let written = &cas_spot.value;
                faults.at(
                    &cas_spot.place,
                    format!("`{written}` finns inte i substances.csv; lägg till ämnet där först"),
                    format!("substances.csv has no `{written}`; add the substance there first"),
                );
            }
            let ambiguous = row.get("ambiguous");
            if !matches!(ambiguous.value.as_str(), "" | "yes") {
                let written = &ambiguous.value;
                faults.at(&ambiguous.place, format!("`{written}`: skriv yes eller inget"), format!("`{written}`: write yes or nothing"));
            }
        }
        "groups" | "hazards" => {
            let group = row.get("group");
            if !group.value.is_empty() && !known.groups.contains(&group.value) {
                let written = &group.value;
                faults.at(
                    &group.place,
                    format!("gruppen `{written}` finns inte i group-names.csv; lägg till den där"),
                    format!("group-names.csv has no group `{written}`; add it there"),
                );
            }
            if table == "groups" { fraction(row, faults) } else { date(row, faults) }
        }
        "materials" => {
            let (name, language) = (row.get("name"), row.get("language"));
            if language.value == "cas" && Cas::parse(&name.value).is_none() {
                bad_cas(&name.value, &name.place, faults);
            }
        }
        _ => {}
    }
}

fn fraction(row: &Row, faults: &Faults) {
    let (element, fraction, confidence) = (row.get("element"), row.get("fraction"), row.get("confidence"));
    if !matches!(confidence.value.as_str(), "" | "low" | "medium" | "high") {
        let written = &confidence.value;
        faults.at(
            &confidence.place,
            format!("`{written}`: skriv high, medium, low eller inget"),
            format!("`{written}`: write high, medium, low or nothing"),
        );
    }
    let decides = !element.value.is_empty() && matches!(confidence.value.as_str(), "medium" | "high");
    if !decides && fraction.value.is_empty() {
        return;
    }
    let share = crate::amount::Decimal::parse(&fraction.value).and_then(|share| share.ceil_times(10_000));
    if share.is_none_or(|share| share > 10_000) {
        let written = &fraction.value;
        faults.at(
            &fraction.place,
            format!("`{written}` är ingen andel mellan 0 och 1; skriv till exempel 0.9283"),
            format!("`{written}` is no share between 0 and 1; write for example 0.9283"),
        );
    }
}

fn date(row: &Row, faults: &Faults) {
    let from = row.get("from");
    if from.value.len() != 10 || from.value.parse::<crate::declaration::Date>().is_err() {
        let written = &from.value;
        faults.at(
            &from.place,
            format!("`{written}` är inget datum; skriv till exempel 2027-01-31"),
            format!("`{written}` is no date; write for example 2027-01-31"),
        );
    }
}
