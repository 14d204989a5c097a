//! The category file: ids, parents, names and words by which products are recognised.

use super::fault::{Faults, Place};
use super::table::{Spot, Table};
use crate::rule::{Categories, Category};
use std::collections::{BTreeMap, BTreeSet};

/// A category as written, with the places of its id and parents.
#[derive(Debug, Clone)]
pub(super) struct WrittenCategory {
    id: Spot<String>,
    parents: Vec<Spot<String>>,
    implies: Vec<Spot<String>>,
    category: Category,
}

/// Reads a category file.
pub(super) fn written(root: &Table) -> Vec<WrittenCategory> {
    let mut found = Vec::new();
    for table in root.tables("category") {
        let id = table.id("id");
        let parents = table.one_or_more("parent");
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
        let facet = table.flag("facet");
        if let (Some(facet), Some(parent)) = (&facet, parents.first()) {
            let name = &parent.value;
            table.faults().at(
                &facet.place,
                format!("`facet` hör till en kategori utan förälder; ta bort det, eller ta bort `{name}`"),
                format!("`facet` belongs to a category without a parent; remove it, or remove `{name}`"),
            );
        }
        let implies = table.texts("implies");
        table.finish();
        let Some(id) = id else { continue };
        let category = Category {
            id: id.value.as_str().into(),
            parents: parents.iter().map(|spot| spot.value.as_str().into()).collect(),
            names,
            words,
            cpv,
            facet: facet.is_some_and(|facet| facet.value),
            implies: implies.iter().map(|spot| spot.value.as_str().into()).collect(),
        };
        found.push(WrittenCategory { id, parents, implies, category });
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
    let parents: BTreeMap<&str, Vec<&str>> =
        written.iter().map(|own| (own.id.value.as_str(), own.parents.iter().map(|parent| parent.value.as_str()).collect())).collect();
    for own in &written {
        for parent in &own.parents {
            let name = parent.value.as_str();
            if !first.contains_key(name) {
                faults.at(&parent.place, format!("kategorin `{name}` finns inte"), format!("there is no category `{name}`"));
                continue;
            }
            let mut above = BTreeSet::from([name]);
            let mut next = vec![name];
            while let Some(at) = next.pop() {
                next.extend(parents.get(at).into_iter().flatten().copied().filter(|parent| above.insert(parent)));
            }
            let id = own.id.value.as_str();
            if above.contains(id) {
                faults.at(
                    &parent.place,
                    format!("`{id}` är sin egen förälder genom `{name}`"),
                    format!("`{id}` is its own parent by way of `{name}`"),
                );
            }
        }
    }
    let implied: Vec<Spot<String>> = written.iter().flat_map(|own| own.implies.iter().cloned()).collect();
    let vocabulary = Categories::new(written.into_iter().map(|own| own.category));
    for Spot { value, place } in &implied {
        if vocabulary.facet_of(value).is_none() {
            faults.at(
                place,
                format!("`{value}` är inget svar i en facett; `implies` tar bara kategorier under en med facet = true"),
                format!("`{value}` is no answer of a facet; `implies` takes categories below one with facet = true only"),
            );
        }
    }
    vocabulary
}
