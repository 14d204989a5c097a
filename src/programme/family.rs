//! The families of substances that reports count by. Each substance belongs to one family: the first that takes it, so that
//! families never overlap and what one of them holds can be told without telling another.

use crate::follow_up::shared::{Finding, Named, Who};
use crate::rule::{Rule, RuleBook};
use crate::substance::{GroupId, MaterialId, Register, SubstanceId};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A family of substances.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Family {
    /// Its id, for programs.
    pub id: &'static str,
    /// Its Swedish name.
    pub sv: &'static str,
    /// Its English name.
    pub en: &'static str,
    /// The register's groups that it takes.
    groups: &'static [&'static str],
    /// The register's structural class that it takes.
    structure: Option<&'static str>,
    /// The materials that it takes.
    materials: &'static [&'static str],
}

const fn family(id: &'static str, sv: &'static str, en: &'static str, groups: &'static [&'static str]) -> Family {
    Family { id, sv, en, groups, structure: None, materials: &[] }
}

/// The families, first come first served. What buyers in the Nordics count by (the Norwegian hospital procurement's
/// restriction list has phthalates, PVC and other halogenated plastics, bisphenols, latex and antimicrobials), then what is
/// restricted in electronics and textiles.
pub static FAMILIES: &[Family] = &[
    family("phthalates", "ftalater", "phthalates", &["phthalates-ortho", "phthalates-3", "phthalates-4", "phthalates-72"]),
    Family { materials: &["pvc"], ..family("pvc", "PVC", "PVC", &[]) },
    family("bisphenols", "bisfenoler", "bisphenols", &["bisphenols", "bisphenol-af"]),
    Family { materials: &["latex"], ..family("latex", "latex", "latex", &[]) },
    family("antimicrobials", "antimikrobiella ämnen", "antimicrobials", &["antimicrobials", "silver"]),
    Family {
        structure: Some("pfas"),
        ..family(
            "pfas",
            "PFAS",
            "PFAS",
            &[
                "pfoa",
                "pfoa-related",
                "pfos",
                "pfos-related",
                "pfhxs",
                "pfhxs-related",
                "pfhxa-related",
                "pfbs",
                "pfhxa",
                "pfhpa",
                "c9-c14-pfca",
                "c9-c14-pfca-related",
                "hfpo-da",
            ],
        )
    },
    family(
        "flame-retardants",
        "flamskyddsmedel",
        "flame retardants",
        &["pbde", "pbb", "brominated-flame-retardants", "halogenated-flame-retardants", "hbcdd", "dechlorane-plus", "opfr"],
    ),
    family("chlorinated-paraffins", "klorparaffiner", "chlorinated paraffins", &["sccp", "mccp", "lccp"]),
    family(
        "organotin",
        "tennorganiska föreningar",
        "organotin compounds",
        &["organotin-tri", "organotin-tbt", "organotin-tpt", "organotin-dbt", "organotin-dot"],
    ),
    family("lead", "bly", "lead", &["lead", "lead-chromates"]),
    family("cadmium", "kadmium", "cadmium", &["cadmium"]),
    family("mercury", "kvicksilver", "mercury", &["mercury", "phenylmercury"]),
    family("chromium-vi", "sexvärt krom", "hexavalent chromium", &["chromium-vi"]),
    family(
        "other-metals",
        "andra metaller",
        "other metals",
        &["nickel", "arsenic", "cobalt", "antimony", "beryllium", "thallium", "selenium", "barium"],
    ),
    family("pah", "PAH", "PAHs", &["pah-8", "pah-16-epa", "pah-18", "creosote"]),
    family("azo-amines", "azofärgämnen och arylaminer", "azo dyes and arylamines", &["azo-amines"]),
    family(
        "accelerators",
        "gummiacceleratorer",
        "rubber accelerators",
        &["thiurams", "dithiocarbamates", "thiazoles", "guanidine-accelerators", "nitrosamines"],
    ),
    family(
        "alkylphenols",
        "alkylfenoler och deras etoxilater",
        "alkylphenols and their ethoxylates",
        &["alkylphenols", "nonylphenol", "npe", "apeo", "opeo"],
    ),
    family("solvents", "lösningsmedel", "solvents", &["voc", "halogenated-solvents", "chlorinated-solvents", "aromatic-solvents"]),
    family(
        "formaldehyde",
        "formaldehyd och ämnen som avger det",
        "formaldehyde and its releasers",
        &["formaldehyde-releasers", "formaldehyde"],
    ),
    family("other", "övriga ämnen", "other substances", &[]),
];

/// The family that takes what no other does.
pub fn other() -> &'static Family {
    FAMILIES.last().unwrap_or(&FAMILIES[0])
}

/// The family with this id.
pub fn by_id(id: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.id == id)
}

/// The family of something that was found.
pub fn family_of(who: &Who, register: &Register) -> &'static Family {
    let substance = match who {
        Who::Cas(cas) => register.by_cas(*cas),
        Who::Ec(ec) => register.by_ec(*ec).first().copied(),
        Who::Group(_) | Who::Material(_) => None,
    };
    let groups: Vec<&str> = match (who, substance) {
        (Who::Group(id), _) => vec![id.as_str()],
        (_, Some(substance)) => register.groups_of(substance).iter().map(|group| register.group_id(*group)).collect(),
        _ => Vec::new(),
    };
    let material = match who {
        Who::Material(id) => Some(id.as_str()),
        _ => substance.and_then(|substance| register.material_of_substance(substance)).map(|material| register.material_id(material)),
    };
    let takes = |family: &&Family| {
        family.groups.iter().any(|own| groups.contains(own))
            || material.is_some_and(|material| family.materials.contains(&material))
            || family.structure.is_some_and(|class| substance.is_some_and(|one| register.with_structure(class).contains(&one)))
    };
    FAMILIES.iter().find(takes).unwrap_or_else(other)
}

/// Some of the families.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FamilySet(u32);

impl FamilySet {
    /// All of them.
    pub fn all() -> FamilySet {
        FAMILIES.iter().collect()
    }

    /// Takes another one in.
    pub fn add(&mut self, family: &Family) {
        if let Some(at) = FAMILIES.iter().position(|one| one.id == family.id) {
            self.0 |= 1 << at;
        }
    }

    /// These and those of another.
    #[must_use]
    pub const fn with(self, other: FamilySet) -> FamilySet {
        FamilySet(self.0 | other.0)
    }

    /// Whether they have one in common.
    pub const fn shares(self, other: FamilySet) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether none is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a family is in it.
    pub fn has(self, family: &Family) -> bool {
        FAMILIES.iter().position(|one| one.id == family.id).is_some_and(|at| self.0 & (1 << at) != 0)
    }

    /// Those in it.
    pub fn iter(self) -> impl Iterator<Item = &'static Family> {
        FAMILIES.iter().enumerate().filter(move |(at, _)| self.0 & (1 << at) != 0).map(|(_, family)| family)
    }
}

impl<'a> FromIterator<&'a Family> for FamilySet {
    fn from_iter<I: IntoIterator<Item = &'a Family>>(families: I) -> FamilySet {
        let mut set = FamilySet::default();
        families.into_iter().for_each(|family| set.add(family));
        set
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spoken {
    /// The families of what was found.
    pub found: FamilySet,
    /// Those that what was found may be of as well: something in it has no number, and its rule speaks of these.
    pub perhaps: FamilySet,
}

/// The families of a register and of the rules of a book, looked up once.
pub struct Families<'a> {
    register: &'a Register,
    book: &'a RuleBook,
    /// Of each substance, by its number in the register: the place in [`FAMILIES`].
    of_substance: Vec<u8>,
    of_rule: RefCell<BTreeMap<usize, FamilySet>>,
}

impl<'a> Families<'a> {
    /// Looks up the family of every substance.
    pub fn new(register: &'a Register, book: &'a RuleBook) -> Families<'a> {
        const NONE: u8 = u8::MAX;
        let mut of_substance = vec![NONE; register.len()];
        let mut take = |substance: SubstanceId, at: u8| {
            if let Some(own) = of_substance.get_mut(substance.index()).filter(|own| **own == NONE) {
                *own = at;
            }
        };
        for (at, family) in (0..).zip(FAMILIES) {
            for group in family.groups.iter().filter_map(|id| register.group(id)) {
                register.members(group).iter().for_each(|member| take(member.substance, at));
            }
            if let Some(class) = family.structure {
                register.with_structure(class).iter().for_each(|substance| take(*substance, at));
            }
            if !family.materials.is_empty() {
                for (substance, _) in register.substances() {
                    let material = register.material_of_substance(substance).map(|material| register.material_id(material));
                    if material.is_some_and(|id| family.materials.contains(&id)) {
                        take(substance, at);
                    }
                }
            }
        }
        Families { register, book, of_substance, of_rule: RefCell::default() }
    }

    /// The rule with an id, where the book has it.
    pub fn rule(&self, id: &str) -> Option<&'a Rule> {
        self.book.rule(id)
    }

    fn of_substance(&self, substance: SubstanceId) -> &'static Family {
        self.of_substance.get(substance.index()).and_then(|at| FAMILIES.get(usize::from(*at))).unwrap_or_else(other)
    }

    fn of_group(&self, group: GroupId) -> &'static Family {
        let id = self.register.group_id(group);
        FAMILIES.iter().find(|family| family.groups.contains(&id)).unwrap_or_else(other)
    }

    fn of_material(&self, material: MaterialId) -> &'static Family {
        let id = self.register.material_id(material);
        FAMILIES.iter().find(|family| family.materials.contains(&id)).unwrap_or_else(other)
    }

    /// The same as [`family_of`].
    pub fn of(&self, who: &Who) -> &'static Family {
        match who {
            Who::Cas(cas) => self.register.by_cas(*cas).map_or_else(other, |substance| self.of_substance(substance)),
            Who::Ec(ec) => self.register.by_ec(*ec).first().map_or_else(other, |substance| self.of_substance(*substance)),
            Who::Group(id) => self.register.group(id.as_str()).map_or_else(other, |group| self.of_group(group)),
            Who::Material(id) => self.register.material(id.as_str()).map_or_else(other, |material| self.of_material(material)),
        }
    }

    /// The families that a rule of the book speaks of.
    pub fn of_rule(&self, index: usize) -> FamilySet {
        if let Some(known) = self.of_rule.borrow().get(&index) {
            return *known;
        }
        let mut set = FamilySet::default();
        if let Some(rule) = self.book.rules.get(index) {
            for entry in rule.entries.iter() {
                entry.members.iter().for_each(|(substance, _)| set.add(self.of_substance(*substance)));
                entry.groups.iter().for_each(|group| set.add(self.of_group(*group)));
            }
            rule.materials.iter().for_each(|material| set.add(self.of_material(*material)));
        }
        self.of_rule.borrow_mut().insert(index, set);
        set
    }

    /// The families that the rule of a finding speaks of, where anybody knows: a rule of the book, or a contract's own that
    /// names its substances.
    pub fn of_asked(&self, rule: &str, named: Option<&Named>) -> Option<FamilySet> {
        let own = named.into_iter().flat_map(|named| &named.limits).find(|limit| limit.rule.as_str() == rule);
        if let Some(limit) = own.filter(|limit| !limit.substances.is_empty()) {
            return Some(limit.substances.iter().map(|who| self.of(who)).collect());
        }
        self.book.position(rule).map(|index| self.of_rule(index))
    }

    /// What a finding is about.
    pub fn spoken(&self, finding: &Finding, named: Option<&Named>) -> Spoken {
        // A sum tells of what is not there too.
        let present = finding.substances.iter().filter(|one| one.hi.as_str().bytes().any(|digit| matches!(digit, b'1'..=b'9')));
        let found: FamilySet = present.map(|one| self.of(&one.who)).collect();
        if !finding.others && !found.is_empty() {
            return Spoken { found, perhaps: FamilySet::default() };
        }
        // Materials have no number, and the rules on them speak of one family.
        let asked = finding.rule.as_ref().and_then(|rule| self.of_asked(rule.as_str(), named));
        match asked {
            Some(asked) if asked.iter().count() == 1 => Spoken { found: found.with(asked), perhaps: FamilySet::default() },
            Some(asked) => Spoken { found, perhaps: asked },
            None => Spoken { found, perhaps: FamilySet::all() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::register::register;
    use crate::input::rulebook::{Request, load};
    use std::collections::BTreeSet;

    #[test]
    fn families_name_what_the_library_has() {
        let mut register = register().unwrap();
        load(&Request::default(), &mut register).unwrap();
        let mut seen = BTreeSet::new();
        for family in FAMILIES {
            assert!(seen.insert(family.id) && by_id(family.id) == Some(family));
            for group in family.groups {
                assert!(register.group(group).is_some(), "{}: no group `{group}`", family.id);
                assert!(seen.insert(group) || family.id == *group, "`{group}` stands in two families");
            }
            for material in family.materials {
                assert!(register.material(material).is_some(), "{}: no material `{material}`", family.id);
            }
            assert!(family.structure.is_none_or(|class| register.knows_structure(class)), "{}", family.id);
        }
    }

    #[test]
    fn what_is_looked_up_once_is_what_is_looked_up_each_time() {
        let mut register = register().unwrap();
        let book = load(&Request::default(), &mut register).unwrap();
        let families = Families::new(&register, &book);
        let mut of_each = BTreeSet::new();
        for (_, substance) in register.substances() {
            let who = match (substance.cas, substance.ec) {
                (Some(cas), _) => Who::Cas(cas),
                (None, Some(ec)) => Who::Ec(ec),
                (None, None) => continue,
            };
            assert_eq!(families.of(&who).id, family_of(&who, &register).id, "{who:?}");
            of_each.insert(families.of(&who).id);
        }
        for group in register.groups() {
            let who = Who::Group(crate::follow_up::shared::Word::new(register.group_id(group)).unwrap());
            assert_eq!(families.of(&who).id, family_of(&who, &register).id, "{who:?}");
        }
        assert_eq!(of_each.len(), FAMILIES.len(), "a family has no substance: {of_each:?}");
    }
}
