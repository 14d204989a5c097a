//! What a person has confirmed of names and numbers: `--confirmations FILE`, a CSV table or TOML.
//!
//! CSV has the columns `written,cas` (and `note`, which is for people); TOML has a table `[confirmed]` of
//! `"written text" = "cas"`. All faults are told at once, and then nothing of the file is used.

use super::rulebook::fault::{Document, Fault, Faults, Place};
use super::rulebook::lists::{bad_cas, rows};
use super::rulebook::sources::{self, Location};
use super::rulebook::table::{Table, parse};
use crate::substance::{Cas, Confirmations, normalise_name};
use std::collections::BTreeMap;
use std::path::Path;

const COLUMNS: &[&str] = &["written", "cas", "note"];

/// Reads a file of confirmations.
///
/// # Errors
/// Every fault of the file, by place.
pub fn read_confirmations(path: &Path) -> Result<Confirmations, Vec<Fault>> {
    let faults = Faults::default();
    let mut confirmed = Confirmed { confirmations: Confirmations::default(), first: BTreeMap::new(), faults: &faults };
    if let Some(document) = sources::document(&Location::Disk(path.to_path_buf()), None, &faults) {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
            from_toml(&document, &faults, &mut confirmed);
        } else {
            rows(&document, COLUMNS, &["written", "cas"], &faults, |row| {
                let (written, cas) = (row.get("written"), row.get("cas"));
                confirmed.add(&written.value, &written.place, &cas.value, &cas.place);
            });
        }
    }
    let Confirmed { confirmations, .. } = confirmed;
    if faults.count() > 0 { Err(faults.sorted()) } else { Ok(confirmations) }
}

fn from_toml(document: &Document, faults: &Faults, confirmed: &mut Confirmed) {
    let Some(table) = parse(document, faults) else { return };
    let root = Table::root(document, faults, &table);
    if let Some(inner) = root.required_table("confirmed") {
        for (written, cas) in inner.all_texts() {
            confirmed.add(&written, &cas.place, &cas.value, &cas.place);
        }
    }
    root.finish();
}

struct Confirmed<'a> {
    confirmations: Confirmations,
    /// Where each text was first confirmed, and as what.
    first: BTreeMap<String, (Cas, Place)>,
    faults: &'a Faults,
}

impl Confirmed<'_> {
    fn add(&mut self, written: &str, at: &Place, cas: &str, cas_at: &Place) {
        let key = normalise_name(written);
        if key.is_empty() {
            self.faults.at(at, "texten är tom; skriv vad som står i deklarationen", "the text is empty; write what the declaration says");
            return;
        }
        let Some(number) = Cas::parse(cas) else {
            bad_cas(cas, cas_at, self.faults);
            return;
        };
        match self.first.get(&key) {
            Some((other, place)) if *other != number => self.faults.at(
                at,
                format!("`{written}` bekräftas som {other} på {place}; behåll det ena"),
                format!("`{written}` is confirmed as {other} at {place}; keep one"),
            ),
            Some(_) => {}
            None => {
                self.first.insert(key, (number, at.clone()));
                self.confirmations.insert(written, number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::{Constituent, Declaration, Product, Source};
    use crate::substance::{Identity, Register, identify};

    fn read(name: &str, text: &str) -> Result<Confirmations, Vec<String>> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        let root = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
        read_confirmations(&path).map_err(|faults| faults.iter().map(|fault| fault.to_string().replace(&root, "")).collect())
    }

    #[test]
    fn a_trade_name_is_what_a_person_confirmed() {
        let mut register = Register::new();
        let wanted = register.add(Cas::parse("80-05-7"), None, "bisphenol A", None);
        for (name, text) in [
            ("own.csv", "written;cas;note\nHemligt lim 7;80-05-7;enligt mejl\n"),
            ("own.toml", "[confirmed]\n\"Hemligt lim 7\" = \"80-05-7\"\n"),
        ] {
            let confirmations = read(name, text).expect("a file without faults");
            let mut line = Constituent::new(Source::file(""));
            line.name = Some("HEMLIGT LIM  7".into());
            let mut product = Product::new(Source::file(""));
            product.root.constituents.push(line);
            let declaration = Declaration { products: vec![product], ..Declaration::default() };
            let composition = identify(declaration, &register, &confirmations);
            assert_eq!(composition.lines.first().map(|line| &line.identity), Some(&Identity::Known(wanted)), "{name}");
        }
    }

    #[test]
    fn every_fault_is_told() {
        let text = "written,cas\nlim,80-05-7\n,80-05-7\nfärg,80-05-8\nLim,50-00-0\n";
        let faults = read("own.csv", text).expect_err("faults");
        assert_eq!(
            faults,
            [
                "own.csv:3:1: the text is empty; write what the declaration says",
                "own.csv:4:6: `80-05-8` is no valid CAS number; check the digits (a spreadsheet may have turned the number into a date)",
                "own.csv:5:1: `Lim` is confirmed as 80-05-7 at own.csv:2:1; keep one",
            ]
        );
        assert_eq!(
            read("own.toml", "[confirm]\n").expect_err("faults"),
            ["own.toml:1:1: `confirmed` is missing; add the field", "own.toml:1:2: `confirm` is no known field here; remove it",]
        );
    }
}
