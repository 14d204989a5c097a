//! The category file: ids, parents, names and words by which products are recognised.

use super::fault::{Faults, Place};
use super::table::{Spot, Table};
use crate::rule::{Categories, Category};
use std::collections::{BTreeMap, BTreeSet};

/// A category as written, with the place of its id and parent.
#[derive(Debug, Clone)]
pub(super) struct WrittenCategory {
    id: Spot<String>,
    parent: Option<Spot<String>>,
    category: Category,
}

/// Reads a category file.
pub(super) fn written(root: &Table) -> Vec<WrittenCategory> {
    let mut found = Vec::new();
    for table in root.tables("category") {
        let id = table.id("id");
        let parent = table.text("parent");
        let mut names = BTreeMap::new();
        if let Some(inner) = table.required_table("names") {
            for (language, name) in inner.all_texts() {
                if !["sv", "en", "nb", "da", "fi", "de"].contains(&language.as_str()) {
                    table.faults().at(
                        &name.place,
                        format!("`{language}` är inget språk här; skriv sv, en, nb, da, fi eller de"),
                        format!("`{language}` is no language here; write sv, en, nb, da, fi or de"),
                    );
                }
                names.insert(language, name.value);
            }
        }
        let words = table.texts("words").into_iter().map(|spot| spot.value.trim().to_lowercase()).collect();
        let mut cpv = Vec::new();
        for code in table.texts("cpv") {
            if code.value.is_empty() || code.value.len() > 8 || !code.value.bytes().all(|byte| byte.is_ascii_digit()) {
                let written = &code.value;
                table.faults().at(
                    &code.place,
                    format!("`{written}` är inte början av en CPV-kod; skriv upp till åtta siffror"),
                    format!("`{written}` is not the beginning of a CPV code; write up to eight digits"),
                );
            }
            cpv.push(code.value);
        }
        table.finish();
        let Some(id) = id else { continue };
        let category =
            Category { id: id.value.as_str().into(), parent: parent.as_ref().map(|spot| spot.value.as_str().into()), names, words, cpv };
        found.push(WrittenCategory { id, parent, category });
    }
    root.finish();
    found
}

/// The vocabulary of several files; a category of a later file stands in for the one of an earlier. Duplicates within a
/// file, unknown parents and cycles are told.
pub(super) fn valid(files: Vec<Vec<WrittenCategory>>, faults: &Faults) -> Categories {
    let mut written: Vec<WrittenCategory> = Vec::new();
    for file in files {
        let ids: BTreeSet<String> = file.iter().map(|own| own.id.value.clone()).collect();
        written.retain(|own| !ids.contains(&own.id.value));
        written.extend(file);
    }
    let mut first: BTreeMap<&str, &Place> = BTreeMap::new();
    for own in &written {
        let id = own.id.value.as_str();
        match first.get(id) {
            Some(place) => faults.at(
                &own.id.place,
                format!("kategorin `{id}` finns redan på {place}"),
                format!("the category `{id}` stands at {place} already"),
            ),
            None => {
                first.insert(id, &own.id.place);
            }
        }
    }
    let parents: BTreeMap<&str, &str> =
        written.iter().filter_map(|own| Some((own.id.value.as_str(), own.parent.as_ref()?.value.as_str()))).collect();
    for own in &written {
        let Some(parent) = &own.parent else { continue };
        let name = &parent.value;
        if !first.contains_key(name.as_str()) {
            faults.at(&parent.place, format!("kategorin `{name}` finns inte"), format!("there is no category `{name}`"));
            continue;
        }
        let mut at = name.as_str();
        for _ in 0..written.len() {
            if at == own.id.value {
                let id = &own.id.value;
                faults.at(
                    &parent.place,
                    format!("`{id}` är sin egen förälder genom `{name}`"),
                    format!("`{id}` is its own parent by way of `{name}`"),
                );
                break;
            }
            match parents.get(at) {
                Some(next) => at = next,
                None => break,
            }
        }
    }
    Categories::new(written.into_iter().map(|own| own.category))
}
