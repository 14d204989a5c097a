//! The substance tables to the register: the built-in ones when the program is built (`pack.rs`), and a user's own ones. A
//! row that cannot be read is told and never skipped, because a row that is left out could be the one that matters.

use crate::amount::{Decimal, Factor};
use crate::substance::{Cas, Ec, Register, SubstanceId};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// A row of a table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenTable {
    /// Which table.
    table: &'static str,
    /// The row as it stands.
    row: String,
}

impl fmt::Display for BrokenTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "substances/{}.csv: the row `{}` cannot be read", self.table, self.row)
    }
}

impl std::error::Error for BrokenTable {}

/// Builds the register from all tables after each other: a line a row, a tab between fields, an empty line after each
/// table.
pub fn register(text: &str) -> Result<Register, BrokenTable> {
    let mut rows = text.lines();
    let mut register = Register::new();
    substances(&mut rows, &mut register)?;
    synonyms(&mut rows, &mut register)?;
    let words = group_names(&mut rows, &mut register)?;
    groups(&mut rows, &mut register)?;
    hazards(&mut rows, &mut register)?;
    structures(&mut rows, &mut register)?;
    materials(&mut rows, &mut register)?;
    // Last, so that a word which is also the name of one substance means that substance.
    for (group, words) in words {
        let id = register.add_group(group, None, "", "");
        for word in words.split(';') {
            register.add_group_word(id, word);
        }
    }
    Ok(register)
}

/// The next row of the table cut into `N` fields; `None` at its end.
fn next<'a, const N: usize>(rows: &mut impl Iterator<Item = &'a str>, table: &'static str) -> Result<Option<[&'a str; N]>, BrokenTable> {
    let row = match rows.next() {
        Some("") | None => return Ok(None),
        Some(row) => row,
    };
    let mut fields = [""; N];
    let mut count = 0;
    for field in row.split('\t') {
        match fields.get_mut(count) {
            Some(own) => *own = field,
            None => return Err(BrokenTable { table, row: row.to_string() }),
        }
        count += 1;
    }
    if count == N { Ok(Some(fields)) } else { Err(BrokenTable { table, row: row.to_string() }) }
}

/// An optional CAS number: `None` for an empty field.
fn cas(text: &str, table: &'static str) -> Result<Option<Cas>, BrokenTable> {
    match text {
        "" => Ok(None),
        text => Cas::parse(text).map(Some).ok_or_else(|| BrokenTable { table, row: text.to_string() }),
    }
}

fn ec(text: &str, table: &'static str) -> Result<Option<Ec>, BrokenTable> {
    match text {
        "" => Ok(None),
        text => Ec::parse(text).map(Some).ok_or_else(|| BrokenTable { table, row: text.to_string() }),
    }
}

fn known(register: &Register, text: &str, table: &'static str) -> Result<SubstanceId, BrokenTable> {
    cas(text, table)?.and_then(|cas| register.by_cas(cas)).ok_or_else(|| BrokenTable { table, row: text.to_string() })
}

fn substances<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenTable> {
    while let Some([number, ec_number, name, name_sv]) = next(rows, "substances")? {
        register.add(cas(number, "substances")?, ec(ec_number, "substances")?, name, Some(name_sv));
    }
    Ok(())
}

fn synonyms<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenTable> {
    // Rows are sorted by number, so the last one found is often the next one asked for.
    let mut last = ("", None);
    while let Some([number, name, language, ambiguous]) = next(rows, "synonyms")? {
        let id = match last {
            (same, Some(id)) if same == number => id,
            _ => known(register, number, "synonyms")?,
        };
        last = (number, Some(id));
        register.add_synonym(id, name, language, ambiguous == "yes");
    }
    Ok(())
}

fn group_names<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<Vec<(&'a str, &'a str)>, BrokenTable> {
    let mut words_of = Vec::new();
    while let Some([group, element, name_en, name_sv, words, stems, not_stems]) = next(rows, "group-names")? {
        let id = register.add_group(group, Some(element), name_en, name_sv);
        for stem in stems.split(';').filter(|stem| !stem.trim().is_empty()) {
            register.add_group_stem(id, stem);
        }
        for stem in not_stems.split(';').filter(|stem| !stem.trim().is_empty()) {
            register.add_group_not_stem(id, stem);
        }
        words_of.push((group, words));
        words_of.push((group, name_en));
        words_of.push((group, name_sv));
    }
    Ok(words_of)
}

fn groups<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenTable> {
    while let Some([group, number, ec_number, name, element, fraction, confidence]) = next(rows, "groups")? {
        let substance = match cas(number, "groups")?.and_then(|cas| register.by_cas(cas)) {
            Some(known) => known,
            None => {
                let name = if name.is_empty() { number } else { name };
                register.add(cas(number, "groups")?, ec(ec_number, "groups")?, name, None)
            }
        };
        let factor = match (element, confidence) {
            ("", _) => Factor::ONE,
            (_, "high" | "medium") => {
                let share = Decimal::parse(fraction).ok_or_else(|| BrokenTable { table: "groups", row: format!("{number} {fraction}") })?;
                // A fraction below 0.1 is printed with five decimals: outward on the grid of the factors.
                let bounds = share.floor_times(10_000).zip(share.ceil_times(10_000));
                match bounds.map(|(lo, hi)| (u32::try_from(lo), u32::try_from(hi))) {
                    Some((Ok(lo), Ok(hi))) if hi <= 10_000 => Factor { lo, hi },
                    _ => return Err(BrokenTable { table: "groups", row: format!("{number} {fraction}") }),
                }
            }
            _ => Factor::UNKNOWN,
        };
        let id = register.add_group(group, None, "", "");
        register.add_member(id, substance, factor);
        if !element.is_empty() {
            register.add_factor(substance, element, factor);
        }
    }
    Ok(())
}

fn hazards<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenTable> {
    let mut of_groups = Vec::new();
    let mut own_row: HashSet<SubstanceId> = HashSet::with_capacity(5_000);
    let mut days: HashMap<&str, crate::declaration::Date> = HashMap::new();
    while let Some([number, ec_number, name, group, classes, from]) = next(rows, "hazards")? {
        let day = match days.get(from) {
            Some(day) => *day,
            None => {
                let day = from.parse().map_err(|_| BrokenTable { table: "hazards", row: format!("{name} {from}") })?;
                days.insert(from, day);
                day
            }
        };
        if !group.is_empty() {
            of_groups.push((group, classes, day));
            continue;
        }
        let number = cas(number, "hazards")?;
        let substance = match number.and_then(|cas| register.by_cas(cas)) {
            Some(known) => known,
            None => register.add(number, ec(ec_number, "hazards")?, name, None),
        };
        own_row.insert(substance);
        for class in classes.split(';').filter(|class| !class.is_empty()) {
            register.add_hazard(substance, class, Some(day));
        }
    }
    for (group, classes, day) in of_groups {
        let id = register.group(group).ok_or_else(|| BrokenTable { table: "hazards", row: group.to_string() })?;
        let members: Vec<SubstanceId> = register.members(id).iter().map(|member| member.substance).collect();
        for class in classes.split(';').filter(|class| !class.is_empty()) {
            register.add_group_hazard(id, class, Some(day));
            for member in members.iter().filter(|member| !own_row.contains(member)) {
                register.add_hazard(*member, class, Some(day));
            }
        }
    }
    Ok(())
}

fn structures<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenTable> {
    while let Some([structure, number, name]) = next(rows, "structures")? {
        let number = cas(number, "structures")?;
        let substance = match number.and_then(|cas| register.by_cas(cas)) {
            Some(known) => known,
            None => register.add(number, None, name, None),
        };
        register.add_structure(structure, substance);
    }
    // A group without members that is called like a structure means that structure.
    for group in register.groups() {
        if register.members(group).is_empty() {
            let members = register.with_structure(register.group_id(group)).to_vec();
            for substance in members {
                register.add_member(group, substance, Factor::ONE);
            }
        }
    }
    Ok(())
}

fn materials<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenTable> {
    while let Some([material, name, language]) = next(rows, "materials")? {
        if language == "cas" && Cas::parse(name).is_none() {
            return Err(BrokenTable { table: "materials", row: name.to_string() });
        }
        if language == "member" {
            register.add_material_member(material, name);
        } else {
            register.add_material(material, name);
        }
    }
    Ok(())
}
