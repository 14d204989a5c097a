//! The packed tables of `rules/substances/` to the substance register.
//!
//! The tables were checked when the program was built (`pack.rs`), so a fault here means a broken build; it is still
//! told and never skipped, because a row that is left out could be the one that matters.

use crate::amount::{Decimal, Factor};
use crate::substance::{Cas, Ec, Register, SubstanceId};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::Read;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/register.bin"));

/// SHA-256 over the tables of the register, lower-case hexadecimal.
pub const REGISTER_SHA256: &str = env!("KEMKOLL_REGISTER_SHA256");

/// A row of a packed table that cannot be read: the build is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRegister {
    /// Which table.
    pub table: &'static str,
    /// The row as it stands.
    pub row: String,
}

impl fmt::Display for BrokenRegister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the built-in table `{}` cannot be read at `{}`; build the program anew", self.table, self.row)
    }
}

impl std::error::Error for BrokenRegister {}

/// Builds the register from the tables in the binary.
pub fn register() -> Result<Register, BrokenRegister> {
    let broken = |table, row: &str| BrokenRegister { table, row: row.to_string() };
    let mut text = String::with_capacity(5_000_000);
    flate2::read::DeflateDecoder::new(PACKED).read_to_string(&mut text).map_err(|error| broken("all", &error.to_string()))?;
    build(&text)
}

/// Builds the register from tables in the packed form: a line a row, a tab between fields, an empty line after each table.
pub(super) fn build(text: &str) -> Result<Register, BrokenRegister> {
    let mut rows = text.lines();
    let mut register = Register::with_capacity(34_000, 60_000);
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
fn next<'a, const N: usize>(rows: &mut impl Iterator<Item = &'a str>, table: &'static str) -> Result<Option<[&'a str; N]>, BrokenRegister> {
    let row = match rows.next() {
        Some("") | None => return Ok(None),
        Some(row) => row,
    };
    let mut fields = [""; N];
    let mut count = 0;
    for field in row.split('\t') {
        match fields.get_mut(count) {
            Some(own) => *own = field,
            None => return Err(BrokenRegister { table, row: row.to_string() }),
        }
        count += 1;
    }
    if count == N { Ok(Some(fields)) } else { Err(BrokenRegister { table, row: row.to_string() }) }
}

/// An optional CAS number: `None` for an empty field.
fn cas(text: &str, table: &'static str) -> Result<Option<Cas>, BrokenRegister> {
    match text {
        "" => Ok(None),
        text => Cas::parse(text).map(Some).ok_or_else(|| BrokenRegister { table, row: text.to_string() }),
    }
}

fn ec(text: &str, table: &'static str) -> Result<Option<Ec>, BrokenRegister> {
    match text {
        "" => Ok(None),
        text => Ec::parse(text).map(Some).ok_or_else(|| BrokenRegister { table, row: text.to_string() }),
    }
}

fn known(register: &Register, text: &str, table: &'static str) -> Result<SubstanceId, BrokenRegister> {
    cas(text, table)?.and_then(|cas| register.by_cas(cas)).ok_or_else(|| BrokenRegister { table, row: text.to_string() })
}

fn substances<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenRegister> {
    while let Some([number, ec_number, name, name_sv]) = next(rows, "substances")? {
        register.add(cas(number, "substances")?, ec(ec_number, "substances")?, name, Some(name_sv));
    }
    Ok(())
}

fn synonyms<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenRegister> {
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

fn group_names<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<Vec<(&'a str, &'a str)>, BrokenRegister> {
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

fn groups<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenRegister> {
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
                let share =
                    Decimal::parse(fraction).ok_or_else(|| BrokenRegister { table: "groups", row: format!("{number} {fraction}") })?;
                // A fraction below 0.1 is printed with five decimals: outward on the grid of the factors.
                let bounds = share.floor_times(10_000).zip(share.ceil_times(10_000));
                match bounds.map(|(lo, hi)| (u32::try_from(lo), u32::try_from(hi))) {
                    Some((Ok(lo), Ok(hi))) if hi <= 10_000 => Factor { lo, hi },
                    _ => return Err(BrokenRegister { table: "groups", row: format!("{number} {fraction}") }),
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

fn hazards<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenRegister> {
    let mut of_groups = Vec::new();
    let mut own_row: HashSet<SubstanceId> = HashSet::with_capacity(5_000);
    let mut days: HashMap<&str, crate::declaration::Date> = HashMap::new();
    while let Some([number, ec_number, name, group, classes, from]) = next(rows, "hazards")? {
        let day = match days.get(from) {
            Some(day) => *day,
            None => {
                let day = from.parse().map_err(|_| BrokenRegister { table: "hazards", row: format!("{name} {from}") })?;
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
        let id = register.group(group).ok_or_else(|| BrokenRegister { table: "hazards", row: group.to_string() })?;
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

fn structures<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenRegister> {
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

fn materials<'a>(rows: &mut impl Iterator<Item = &'a str>, register: &mut Register) -> Result<(), BrokenRegister> {
    while let Some([material, name, language]) = next(rows, "materials")? {
        if language == "cas" && Cas::parse(name).is_none() {
            return Err(BrokenRegister { table: "materials", row: name.to_string() });
        }
        if language == "member" {
            register.add_material_member(material, name);
        } else {
            register.add_material(material, name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::substance::{NameMeans, normalise_name};

    fn number(text: &str) -> Cas {
        Cas::parse(text).expect("a valid number")
    }

    #[test]
    fn the_register_holds_what_its_tables_say() {
        let register = register().expect("the built-in tables");
        let lead_oxide = register.by_cas(number("1317-36-8")).expect("lead monoxide");
        assert_eq!(register.factor(lead_oxide, "Pb"), Some(Factor::exactly(9283)));
        assert_eq!(register.factor(lead_oxide, "Hg"), None);
        let lead = register.group("lead").expect("the group of lead");
        assert!(register.groups_of(lead_oxide).contains(&lead));
        assert_eq!(register.group_element(lead).map(|element| &**element), Some("Pb"));
        // One substance, two elements.
        let chromate = register.by_cas(number("7758-97-6")).expect("lead chromate");
        assert_eq!(register.factor(chromate, "Pb"), Some(Factor::exactly(6411)));
        assert_eq!(register.factor(chromate, "Cr VI"), Some(Factor::exactly(1609)));
        // Classified as a lead compound without a row of its own; barium chromate is excepted by name.
        assert!(register.hazards_of(lead_oxide).iter().any(|class| &**class == "Repr. 1A"));
        let barium = register.by_cas(number("10294-40-3")).expect("barium chromate");
        assert!(!register.hazards_of(barium).iter().any(|class| &**class == "Skin Sens. 1"));
        assert!(register.groups_with_hazard("Carc. 1B").iter().any(|(group, _)| register.group_id(*group) == "chromium-vi"));
    }

    #[test]
    fn names_words_and_stems() {
        let register = register().expect("the built-in tables");
        let means = |name: &str| register.by_name(&normalise_name(name)).cloned();
        assert_eq!(means("Blyföreningar"), register.group("lead").map(NameMeans::Group));
        assert!(matches!(means("DMF"), Some(NameMeans::Several(_))));
        let formaldehyde = register.by_cas(number("50-00-0")).expect("formaldehyde");
        assert_eq!(means("formalin"), Some(NameMeans::One(formaldehyde)));
        assert!(register.names_of(formaldehyde).any(|(language, name)| (language, name) == ("en", "formalin")));
        let stems = |name: &str| register.stems_in(name).into_iter().map(|group| register.group_id(group)).collect::<Vec<_>>();
        assert_eq!(stems("naphthalene sulfonate"), Vec::<&str>::new());
        assert_eq!(stems("Blyneodekanoat"), ["lead"]);
        assert_eq!(stems("dihexyl phthalate"), ["phthalates-ortho"]);
        assert!(stems("naphthalene phthalate").contains(&"phthalates-ortho"));
        // A group named like a structure holds its substances.
        let pfas = register.group("pfas").expect("the group");
        assert_eq!(register.members(pfas).len(), register.with_structure("pfas").len());
    }

    #[test]
    fn a_word_may_mean_two_materials() {
        let register = register().expect("the built-in tables");
        let named = |name: &str| register.materials_in(name).into_iter().map(|id| register.material_id(id)).collect::<Vec<_>>();
        assert_eq!(named("Mjuk P.V.C."), named("Mjuk PVC"));
        assert!(!named("P.V.C").is_empty());
        assert_eq!(named("Mässing CW614N"), ["brass", "copper-alloy"]);
        assert_eq!(named("PVC-fri slang"), Vec::<&str>::new());
        let pvc = register.by_cas(number("9002-86-2")).and_then(|id| register.material_of_substance(id));
        assert_eq!(pvc.map(|id| register.material_id(id)), Some("pvc"));
    }
}
