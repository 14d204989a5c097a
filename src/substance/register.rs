//! The register: every substance that the project knows, its names, groups, hazard classes and structures.
//!
//! It is built once at start from the packed tables in `rules/substances/` and may grow while rule files are loaded
//! (substances that only a rule names); after that it never changes.

use super::number::{Cas, Ec};
use crate::amount::Factor;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A substance of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubstanceId(u32);

impl SubstanceId {
    /// Its index, for look-up tables.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A group of substances: `lead`, `phthalates-ortho`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(u32);

/// A material that rules speak of: `pvc`, `latex`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaterialId(u32);

/// What the register knows of one substance.
#[derive(Debug, Clone, Default)]
pub struct Substance {
    /// CAS number; an entry of a list may have none.
    pub cas: Option<Cas>,
    /// EC number.
    pub ec: Option<Ec>,
    /// English name.
    pub name: Box<str>,
    /// Swedish name, where known.
    pub name_sv: Option<Box<str>>,
}

/// A member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Which substance.
    pub substance: SubstanceId,
    /// The regulated element's share; [`Factor::UNKNOWN`] when missing or of low confidence.
    pub factor: Factor,
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameMeans {
    /// One substance.
    One(SubstanceId),
    /// Several; it resolves to none of them silently.
    Several(Vec<SubstanceId>),
    /// A group as such.
    Group(GroupId),
}

#[derive(Debug, Clone, Default)]
struct Group {
    id: Arc<str>,
    element: Option<Arc<str>>,
    name_en: String,
    name_sv: String,
    stems: Vec<String>,
    members: Vec<Member>,
}

/// Every known substance.
#[derive(Debug, Clone, Default)]
pub struct Register {
    substances: Vec<Substance>,
    by_cas: HashMap<Cas, SubstanceId>,
    by_ec: HashMap<Ec, Vec<SubstanceId>>,
    names: HashMap<Box<str>, NameMeans>,
    groups: Vec<Group>,
    group_ids: BTreeMap<Arc<str>, GroupId>,
    /// Groups of a substance.
    groups_of: HashMap<SubstanceId, Vec<GroupId>>,
    hazards: HashMap<SubstanceId, Vec<Box<str>>>,
    by_hazard: BTreeMap<Box<str>, Vec<SubstanceId>>,
    structures: BTreeMap<Box<str>, Vec<SubstanceId>>,
    materials: Vec<Arc<str>>,
    material_ids: BTreeMap<Arc<str>, MaterialId>,
    /// Normalised word or phrase → material.
    material_words: BTreeMap<String, MaterialId>,
    material_substances: HashMap<SubstanceId, MaterialId>,
}

impl Register {
    /// An empty register.
    pub fn new() -> Register {
        Register::default()
    }

    /// How many substances it holds.
    pub fn len(&self) -> usize {
        self.substances.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.substances.is_empty()
    }

    /// What is known of a substance.
    pub fn substance(&self, id: SubstanceId) -> &Substance {
        // Ids are only made by this register, so the index is inside; a foreign id gets the first substance's shell.
        static EMPTY: std::sync::LazyLock<Substance> = std::sync::LazyLock::new(Substance::default);
        self.substances.get(id.index()).unwrap_or(&EMPTY)
    }

    /// All substances with their ids.
    pub fn substances(&self) -> impl Iterator<Item = (SubstanceId, &Substance)> {
        self.substances.iter().enumerate().map(|(index, substance)| (SubstanceId(index as u32), substance))
    }

    /// Adds a substance, or returns the one that has this CAS (or, without CAS, this EC number and name) already. A name
    /// is indexed as the substance's own.
    pub fn add(&mut self, cas: Option<Cas>, ec: Option<Ec>, name: &str, name_sv: Option<&str>) -> SubstanceId {
        if let Some(id) = cas.and_then(|cas| self.by_cas.get(&cas).copied()) {
            return id;
        }
        if cas.is_none() {
            let same =
                ec.and_then(|ec| self.by_ec.get(&ec)).and_then(|ids| ids.iter().copied().find(|id| self.substance(*id).cas.is_none()));
            if let Some(id) = same {
                return id;
            }
            if ec.is_none() {
                if let Some(NameMeans::One(id)) = self.names.get(normalise_name(name).as_str()) {
                    return *id;
                }
            }
        }
        let id = SubstanceId(self.substances.len() as u32);
        self.substances.push(Substance { cas, ec, name: name.into(), name_sv: name_sv.filter(|name| !name.is_empty()).map(Into::into) });
        if let Some(cas) = cas {
            self.by_cas.insert(cas, id);
        }
        if let Some(ec) = ec {
            self.by_ec.entry(ec).or_default().push(id);
        }
        self.add_name(id, name, false);
        if let Some(name) = name_sv {
            self.add_name(id, name, false);
        }
        id
    }

    /// Adds a name for a substance. `ambiguous`: the name is known to mean other substances too.
    pub fn add_name(&mut self, id: SubstanceId, name: &str, ambiguous: bool) {
        let key = normalise_name(name);
        if key.is_empty() {
            return;
        }
        let ids = match self.names.get(key.as_str()) {
            Some(NameMeans::One(other)) if *other == id && !ambiguous => return,
            Some(NameMeans::One(other)) if *other == id => vec![id],
            Some(NameMeans::One(other)) => vec![*other, id],
            Some(NameMeans::Several(ids)) if ids.contains(&id) => return,
            Some(NameMeans::Several(ids)) => ids.iter().copied().chain([id]).collect(),
            Some(NameMeans::Group(_)) | None => {
                let means = if ambiguous { NameMeans::Several(vec![id]) } else { NameMeans::One(id) };
                self.names.insert(key.into_boxed_str(), means);
                return;
            }
        };
        self.names.insert(key.into_boxed_str(), NameMeans::Several(ids));
    }

    /// Adds a group, or completes it.
    pub fn add_group(&mut self, id: &str, element: Option<&str>, name_en: &str, name_sv: &str) -> GroupId {
        if let Some(found) = self.group_ids.get(id) {
            return *found;
        }
        let group = GroupId(self.groups.len() as u32);
        let shared: Arc<str> = id.into();
        self.group_ids.insert(Arc::clone(&shared), group);
        self.groups.push(Group {
            id: shared,
            element: element.filter(|element| !element.is_empty()).map(Into::into),
            name_en: name_en.into(),
            name_sv: name_sv.into(),
            ..Group::default()
        });
        group
    }

    /// Adds a spelling by which suppliers declare the group as such. A substance's own name wins over it.
    pub fn add_group_word(&mut self, group: GroupId, word: &str) {
        let key = normalise_name(word);
        if !key.is_empty() && !self.names.contains_key(key.as_str()) {
            self.names.insert(key.into_boxed_str(), NameMeans::Group(group));
        }
    }

    /// Adds a stem which, in the name of an unregistered substance, means that it may belong to the group.
    pub fn add_group_stem(&mut self, group: GroupId, stem: &str) {
        if let Some(group) = self.groups.get_mut(group.0 as usize) {
            group.stems.push(stem.trim().to_lowercase());
        }
    }

    /// Adds a member to a group.
    pub fn add_member(&mut self, group: GroupId, substance: SubstanceId, factor: Factor) {
        if let Some(own) = self.groups.get_mut(group.0 as usize) {
            own.members.push(Member { substance, factor });
            self.groups_of.entry(substance).or_default().push(group);
        }
    }

    /// Adds a harmonised hazard class (`Carc. 1B`).
    pub fn add_hazard(&mut self, substance: SubstanceId, class: &str) {
        let class: Box<str> = class.trim().into();
        self.hazards.entry(substance).or_default().push(class.clone());
        self.by_hazard.entry(class).or_default().push(substance);
    }

    /// Adds a substance to a structural class (`pfas`).
    pub fn add_structure(&mut self, structure: &str, substance: SubstanceId) {
        self.structures.entry(structure.into()).or_default().push(substance);
    }

    /// Adds a spelling of a material. A CAS number as spelling means that the substance is the material (PVC 9002-86-2).
    pub fn add_material(&mut self, material: &str, spelling: &str) -> MaterialId {
        let id = match self.material_ids.get(material) {
            Some(id) => *id,
            None => {
                let id = MaterialId(self.materials.len() as u32);
                let shared: Arc<str> = material.into();
                self.materials.push(Arc::clone(&shared));
                self.material_ids.insert(shared, id);
                id
            }
        };
        match Cas::parse(spelling) {
            Some(cas) => {
                let substance = self.add(Some(cas), None, spelling, None);
                self.material_substances.insert(substance, id);
            }
            None => {
                self.material_words.insert(spelling.trim().to_lowercase(), id);
            }
        }
        id
    }

    /// The substance with this CAS number.
    pub fn by_cas(&self, cas: Cas) -> Option<SubstanceId> {
        self.by_cas.get(&cas).copied()
    }

    /// The substances with this EC number.
    pub fn by_ec(&self, ec: Ec) -> &[SubstanceId] {
        self.by_ec.get(&ec).map_or(&[], Vec::as_slice)
    }

    /// What a normalised name (see [`normalise_name`]) means.
    pub fn by_name(&self, normalised: &str) -> Option<&NameMeans> {
        self.names.get(normalised)
    }

    /// The group with this id.
    pub fn group(&self, id: &str) -> Option<GroupId> {
        self.group_ids.get(id).copied()
    }

    /// All groups.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> + use<> {
        (0..self.groups.len() as u32).map(GroupId)
    }

    /// Id of a group.
    pub fn group_id(&self, group: GroupId) -> &str {
        self.groups.get(group.0 as usize).map_or("", |group| &group.id)
    }

    /// English and Swedish name of a group.
    pub fn group_names(&self, group: GroupId) -> (&str, &str) {
        self.groups.get(group.0 as usize).map_or(("", ""), |group| (&group.name_en, &group.name_sv))
    }

    /// The element that a group is about (`Pb`).
    pub fn group_element(&self, group: GroupId) -> Option<&Arc<str>> {
        self.groups.get(group.0 as usize).and_then(|group| group.element.as_ref())
    }

    /// Members of a group.
    pub fn members(&self, group: GroupId) -> &[Member] {
        self.groups.get(group.0 as usize).map_or(&[], |group| &group.members)
    }

    /// Groups of a substance.
    pub fn groups_of(&self, substance: SubstanceId) -> &[GroupId] {
        self.groups_of.get(&substance).map_or(&[], Vec::as_slice)
    }

    /// Harmonised hazard classes of a substance.
    pub fn hazards_of(&self, substance: SubstanceId) -> &[Box<str>] {
        self.hazards.get(&substance).map_or(&[], Vec::as_slice)
    }

    /// Substances of a hazard class.
    pub fn with_hazard(&self, class: &str) -> &[SubstanceId] {
        self.by_hazard.get(class).map_or(&[], Vec::as_slice)
    }

    /// All hazard classes that occur.
    pub fn hazard_classes(&self) -> impl Iterator<Item = &str> {
        self.by_hazard.keys().map(AsRef::as_ref)
    }

    /// Substances of a structural class.
    pub fn with_structure(&self, structure: &str) -> &[SubstanceId] {
        self.structures.get(structure).map_or(&[], Vec::as_slice)
    }

    /// Whether the structural class is known.
    pub fn knows_structure(&self, structure: &str) -> bool {
        self.structures.contains_key(structure)
    }

    /// The material with this id.
    pub fn material(&self, id: &str) -> Option<MaterialId> {
        self.material_ids.get(id).copied()
    }

    /// Id of a material.
    pub fn material_id(&self, material: MaterialId) -> &str {
        self.materials.get(material.0 as usize).map_or("", |id| id)
    }

    /// The material that a substance is, as a whole (polyvinyl chloride is PVC).
    pub fn material_of_substance(&self, substance: SubstanceId) -> Option<MaterialId> {
        self.material_substances.get(&substance).copied()
    }

    /// The materials that a material's name speaks of, whole words only; "PVC-free" and "utan latex" speak of none.
    pub fn materials_in(&self, name: &str) -> Vec<MaterialId> {
        let lower = name.to_lowercase();
        let mut found = Vec::new();
        for (word, id) in &self.material_words {
            let mut from = 0;
            while let Some(at) = lower.get(from..).and_then(|rest| rest.find(word.as_str())) {
                let (start, end) = (from + at, from + at + word.len());
                from = end;
                let before = lower[..start].trim_end();
                let after = &lower[end..];
                let starts = !lower[..start].ends_with(char::is_alphanumeric);
                let ends = !after.starts_with(char::is_alphanumeric);
                let free = ["-fri", "fri", "-free", "free", "-frei", "frei", "-vapaa", "vapaa", "-frit", "-fritt", "frit", "fritt"]
                    .iter()
                    .any(|suffix| after.trim_start().starts_with(suffix));
                let without = ["utan", "uten", "uden", "without", "non", "non-", "no", "ej", "ilman", "ohne", "not"]
                    .iter()
                    .any(|word| before.strip_suffix(word).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric)));
                // "Vinyl" alone is PVC in the trade; vinyl acetate and vinyl alcohol are not.
                let other_vinyl = word == "vinyl" && after.trim_start_matches([' ', '-']).starts_with(|c: char| c.is_alphabetic());
                if starts && ends && !free && !without && !other_vinyl && !found.contains(id) {
                    found.push(*id);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// The groups whose stems occur in a name.
    pub fn stems_in(&self, name: &str) -> Vec<GroupId> {
        let lower = name.to_lowercase();
        self.groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.stems.iter().any(|stem| lower.contains(stem.as_str())))
            .map(|(index, _)| GroupId(index as u32))
            .collect()
    }
}

/// The form under which names are compared: lower case, one kind of dash and quote, no blanks, no full stop at the end.
/// Blanks carry no meaning in chemical names ("bis (2-ethylhexyl)phthalate"); hyphens and commas do.
pub fn normalise_name(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            'A'..='Z' => plain.push(c.to_ascii_lowercase()),
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' => plain.push('-'),
            '’' | '‘' | '′' | '´' | '`' => plain.push('\''),
            '“' | '”' | '″' | '"' | '*' | '®' | '™' => {}
            'α' | 'Α' => plain.push_str("alpha"),
            'β' | 'Β' => plain.push_str("beta"),
            'γ' | 'Γ' => plain.push_str("gamma"),
            c if c.is_ascii() && !c.is_ascii_whitespace() => plain.push(c),
            c if c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}' => {}
            c => plain.extend(c.to_lowercase()),
        }
    }
    plain.truncate(plain.trim_end_matches(['.', ',', ';', ':']).len());
    plain
}
