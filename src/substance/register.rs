//! The register: every substance that the project knows, its names, groups, hazard classes and structures.
//!
//! It is built from the tables in `rules/substances/` when the program is built, and packed into the binary. It may grow
//! while rule files are loaded (substances that only a rule names); after that it never changes.

mod added;
mod packed;

use super::number::{Cas, Ec};
use crate::amount::Factor;
use crate::declaration::Date;
pub(crate) use added::Added;
use packed::Tables;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Bound;
use std::sync::Arc;

/// A plain multiplying hash. The keys are the register's own, so nobody can choose them to collide, and every line of a
/// declaration is looked up by them. What is packed stands in the order of this hash.
#[derive(Debug, Clone, Copy, Default)]
struct Quick(u64);

impl Quick {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        // The table takes its place from the low bits, which multiplying mixes least.
        self.0 ^ self.0 >> 29
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (own, byte) in last.iter_mut().zip(rest) {
            *own = *byte;
        }
        self.mix(u64::from_le_bytes(last) ^ (rest.len() as u64) << 56);
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(u64::from(word));
    }
}

type Table<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

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

impl GroupId {
    const fn index(self) -> usize {
        self.0 as usize
    }
}

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
    pub name: Cow<'static, str>,
    /// Swedish name, where known.
    pub name_sv: Option<Cow<'static, str>>,
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
    not_stems: Vec<String>,
    members: Vec<Member>,
}

impl Group {
    /// Whether a lower-case name holds one of the stems when what only looks like one is taken out.
    fn has_stem_in(&self, lower: &str) -> bool {
        let holds = |name: &str| self.stems.iter().any(|stem| name.contains(stem.as_str()));
        if !holds(lower) {
            return false;
        }
        if !self.not_stems.iter().any(|part| lower.contains(part.as_str())) {
            return true;
        }
        // A line break stands in for what is taken out, so that its two sides never make a stem together.
        let rest = self.not_stems.iter().fold(lower.to_string(), |rest, part| rest.replace(part.as_str(), "\n"));
        holds(&rest)
    }
}

/// The substances of an EC number: nearly always one, which then needs no memory of its own.
#[derive(Debug, Clone)]
enum EcMeans {
    One([SubstanceId; 1]),
    Several(Vec<SubstanceId>),
}

impl EcMeans {
    fn ids(&self) -> &[SubstanceId] {
        match self {
            EcMeans::One(id) => id,
            EcMeans::Several(ids) => ids,
        }
    }

    fn push(&mut self, id: SubstanceId) {
        match self {
            EcMeans::One([first]) => *self = EcMeans::Several(vec![*first, id]),
            EcMeans::Several(ids) => ids.push(id),
        }
    }
}

/// Every known substance.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// What stays as it is packed. The tables below hold what was added since; where they know a key too, they win.
    tables: Tables,
    packed_ec: Vec<(Ec, u32)>,
    packed_ec_ids: Vec<SubstanceId>,
    substances: Vec<Substance>,
    by_cas: Table<Cas, SubstanceId>,
    by_ec: Table<Ec, EcMeans>,
    names: Table<Box<str>, NameMeans>,
    /// Names besides the substance's own, as written, with their language.
    synonyms: Vec<(SubstanceId, Arc<str>, Box<str>)>,
    languages: BTreeMap<Box<str>, Arc<str>>,
    groups: Vec<Group>,
    group_ids: BTreeMap<Arc<str>, GroupId>,
    /// Groups of a substance.
    groups_of: Table<SubstanceId, Vec<GroupId>>,
    /// Shares of a regulated element in a substance.
    factors: BTreeMap<Box<str>, Table<SubstanceId, Factor>>,
    hazards: Table<SubstanceId, Vec<Arc<str>>>,
    by_hazard: BTreeMap<Arc<str>, Vec<(SubstanceId, Option<Date>)>>,
    groups_by_hazard: BTreeMap<Box<str>, Vec<(GroupId, Option<Date>)>>,
    structures: BTreeMap<Box<str>, Vec<SubstanceId>>,
    materials: Vec<Arc<str>>,
    material_ids: BTreeMap<Arc<str>, MaterialId>,
    /// Normalised word or phrase → materials (brass is a copper alloy too).
    material_words: BTreeMap<String, Vec<MaterialId>>,
    material_substances: Table<SubstanceId, MaterialId>,
    /// Material → the families that it belongs to (PVC is a plastic and a chlorinated polymer).
    material_families: BTreeMap<MaterialId, Vec<MaterialId>>,
    /// Room for the key of the name that is being added.
    scratch: String,
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
        let id = SubstanceId(self.substances.len() as u32);
        if let Some(cas) = cas {
            if let Some(known) = self.by_cas(cas) {
                return known;
            }
            self.by_cas.insert(cas, id);
        } else {
            let same = ec.and_then(|ec| self.by_ec(ec).iter().copied().find(|id| self.substance(*id).cas.is_none()));
            if let Some(id) = same {
                return id;
            }
            if ec.is_none() {
                if let Some(NameMeans::One(id)) = self.by_name(&normalise_name(name)) {
                    return id;
                }
            }
        }
        let own = |name: &str| Cow::Owned(name.to_string());
        self.substances.push(Substance { cas, ec, name: own(name), name_sv: name_sv.filter(|name| !name.is_empty()).map(own) });
        if let Some(ec) = ec {
            let mut means = match self.by_ec(ec) {
                [] => EcMeans::One([id]),
                known => EcMeans::Several(known.to_vec()),
            };
            if let EcMeans::Several(_) = means {
                means.push(id);
            }
            self.by_ec.insert(ec, means);
        }
        self.add_name(id, name, false);
        if let Some(name) = name_sv {
            self.add_name(id, name, false);
        }
        id
    }

    /// Adds a name for a substance. `ambiguous`: the name is known to mean other substances too.
    pub fn add_name(&mut self, id: SubstanceId, name: &str, ambiguous: bool) {
        self.index_name(id, name, ambiguous);
    }

    /// Adds a name in a language (`sv`, `en`, `abbr` …) for a substance and keeps it as written, for people.
    pub fn add_synonym(&mut self, id: SubstanceId, name: &str, language: &str, ambiguous: bool) {
        let language = match self.languages.get(language) {
            Some(known) => Arc::clone(known),
            None => {
                let new: Arc<str> = language.into();
                self.languages.insert(language.into(), Arc::clone(&new));
                new
            }
        };
        self.synonyms.push((id, language, name.into()));
        self.index_name(id, name, ambiguous);
    }

    fn index_name(&mut self, id: SubstanceId, name: &str, ambiguous: bool) {
        let mut key = std::mem::take(&mut self.scratch);
        key.clear();
        normalise_into(name, &mut key);
        if !key.is_empty() {
            let new = match self.by_name(&key) {
                Some(NameMeans::One(other)) if other == id && !ambiguous => None,
                Some(NameMeans::One(other)) => Some(NameMeans::Several(if other == id { vec![id] } else { vec![other, id] })),
                Some(NameMeans::Several(ids)) if ids.contains(&id) => None,
                Some(NameMeans::Several(mut ids)) => {
                    ids.push(id);
                    Some(NameMeans::Several(ids))
                }
                Some(NameMeans::Group(_)) | None if ambiguous => Some(NameMeans::Several(vec![id])),
                Some(NameMeans::Group(_)) | None => Some(NameMeans::One(id)),
            };
            if let Some(new) = new {
                self.names.insert(key.as_str().into(), new);
            }
        }
        self.scratch = key;
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
        if !key.is_empty() && self.by_name(&key).is_none() {
            self.names.insert(key.into_boxed_str(), NameMeans::Group(group));
        }
    }

    /// Adds a stem which, in the name of an unregistered substance, means that it may belong to the group.
    pub fn add_group_stem(&mut self, group: GroupId, stem: &str) {
        if let Some(group) = self.groups.get_mut(group.0 as usize) {
            group.stems.push(stem.trim().to_lowercase());
        }
    }

    /// Adds a part of names which is taken out before stems are looked for: naphthalene is no phthalate.
    pub fn add_group_not_stem(&mut self, group: GroupId, part: &str) {
        if let Some(group) = self.groups.get_mut(group.0 as usize) {
            group.not_stems.push(part.trim().to_lowercase());
        }
    }

    /// Adds a member to a group.
    pub fn add_member(&mut self, group: GroupId, substance: SubstanceId, factor: Factor) {
        if let Some(own) = self.groups.get_mut(group.0 as usize) {
            own.members.push(Member { substance, factor });
            self.groups_of.entry(substance).or_default().push(group);
        }
    }

    /// Adds the share of a regulated element (`Pb`, `Cr VI`) in a substance. Where two shares are given for the same, both
    /// are possible.
    pub fn add_factor(&mut self, substance: SubstanceId, element: &str, factor: Factor) {
        if !self.factors.contains_key(element) {
            self.factors.insert(element.into(), Table::default());
        }
        if let Some(shares) = self.factors.get_mut(element) {
            let share = shares.entry(substance).or_insert(factor);
            *share = Factor { lo: share.lo.min(factor.lo), hi: share.hi.max(factor.hi) };
        }
    }

    /// Adds a harmonised hazard class (`Carc. 1B`) and the day from which it applies.
    pub fn add_hazard(&mut self, substance: SubstanceId, class: &str, from: Option<Date>) {
        let class = class.trim();
        let shared = match self.by_hazard.get_key_value(class) {
            Some((known, _)) => Arc::clone(known),
            None => class.into(),
        };
        let own = self.hazards.entry(substance).or_default();
        if own.contains(&shared) {
            // Several rows of one substance: the class applies from the earliest.
            if let Some((_, day)) = self.by_hazard.get_mut(&shared).and_then(|all| all.iter_mut().find(|(id, _)| *id == substance)) {
                *day = day.zip(from).map(|(a, b)| a.min(b));
            }
            return;
        }
        own.push(Arc::clone(&shared));
        self.by_hazard.entry(shared).or_default().push((substance, from));
    }

    /// Adds a harmonised hazard class of a whole group; its members are added one by one.
    pub fn add_group_hazard(&mut self, group: GroupId, class: &str, from: Option<Date>) {
        self.groups_by_hazard.entry(class.trim().into()).or_default().push((group, from));
    }

    /// Adds a substance to a structural class (`pfas`).
    pub fn add_structure(&mut self, structure: &str, substance: SubstanceId) {
        self.structures.entry(structure.into()).or_default().push(substance);
    }

    fn material_of(&mut self, material: &str) -> MaterialId {
        if let Some(id) = self.material_ids.get(material) {
            return *id;
        }
        let id = MaterialId(self.materials.len() as u32);
        let shared: Arc<str> = material.into();
        self.materials.push(Arc::clone(&shared));
        self.material_ids.insert(shared, id);
        id
    }

    /// Says that a material belongs to a family of materials: PVC to the plastics.
    pub fn add_material_member(&mut self, family: &str, member: &str) {
        let (family, member) = (self.material_of(family), self.material_of(member));
        let families = self.material_families.entry(member).or_default();
        if !families.contains(&family) {
            families.push(family);
        }
    }

    /// Adds a spelling of a material. A CAS number as spelling means that the substance is the material (PVC 9002-86-2).
    pub fn add_material(&mut self, material: &str, spelling: &str) -> MaterialId {
        let id = self.material_of(material);
        match Cas::parse(spelling) {
            Some(cas) => {
                let substance = self.add(Some(cas), None, spelling, None);
                self.material_substances.insert(substance, id);
            }
            None => {
                let means = self.material_words.entry(spelling.trim().to_lowercase()).or_default();
                if !means.contains(&id) {
                    means.push(id);
                }
            }
        }
        id
    }

    /// The substance with this CAS number.
    pub fn by_cas(&self, cas: Cas) -> Option<SubstanceId> {
        let packed = self.tables.cas(cas, |place| self.substances.get(place).and_then(|substance| substance.cas));
        packed.map(|place| SubstanceId(place as u32)).or_else(|| self.by_cas.get(&cas).copied())
    }

    /// The substances with this EC number.
    pub fn by_ec(&self, ec: Ec) -> &[SubstanceId] {
        if let Some(means) = self.by_ec.get(&ec) {
            return means.ids();
        }
        let Some(place) = self.tables.ec(ec, |place| self.packed_ec.get(place).map(|(ec, _)| *ec)) else { return &[] };
        let start = |place: usize| self.packed_ec.get(place).map_or(self.packed_ec_ids.len(), |(_, start)| *start as usize);
        self.packed_ec_ids.get(start(place)..start(place + 1)).unwrap_or(&[])
    }

    /// The names of a substance besides its own, each with its language (`sv`, `en`, `nb`, `da`, `fi`, `de`, `abbr`).
    pub fn names_of<'a>(&'a self, id: SubstanceId) -> impl Iterator<Item = (&'a str, &'a str)> {
        let added = self.synonyms.iter().filter(move |(own, _, _)| *own == id).map(|(_, language, name)| (&**language, &**name));
        let packed = self.tables.synonyms_of(id).map(|(language, name)| -> (&'a str, &'a str) { (language, name) });
        packed.chain(added)
    }

    /// The share of a regulated element in a substance, by mass; `None` where the register does not say that the substance
    /// holds it. "Cr VI" is the hexavalent chromium in it.
    pub fn factor(&self, substance: SubstanceId, element: &str) -> Option<Factor> {
        self.factors.get(element)?.get(&substance).copied()
    }

    /// Whether the register gives shares of this element.
    pub fn knows_element(&self, element: &str) -> bool {
        self.factors.contains_key(element)
    }

    /// The elements that the register gives shares of.
    pub fn elements(&self) -> impl Iterator<Item = &str> {
        self.factors.keys().map(AsRef::as_ref)
    }

    /// What a normalised name (see [`normalise_name`]) means.
    pub fn by_name(&self, normalised: &str) -> Option<NameMeans> {
        self.names.get(normalised).cloned().or_else(|| self.tables.name(normalised))
    }

    /// All normalised names with what they mean, in no order.
    pub fn names(&self) -> impl Iterator<Item = (&str, NameMeans)> {
        let own = self.names.iter().map(|(name, means)| (name.as_ref(), means.clone()));
        let packed = self.tables.names().filter(|(name, _)| !self.names.contains_key(*name));
        own.chain(packed.map(|(name, means)| -> (&str, NameMeans) { (name, means) }))
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
    pub fn hazards_of(&self, substance: SubstanceId) -> &[Arc<str>] {
        self.hazards.get(&substance).map_or(&[], Vec::as_slice)
    }

    /// Substances of a hazard class, each with the day from which its classification applies.
    pub fn with_hazard(&self, class: &str) -> &[(SubstanceId, Option<Date>)] {
        self.by_hazard.get(class).map_or(&[], Vec::as_slice)
    }

    /// Groups that have a hazard class as such ("lead compounds with the exception of those specified elsewhere").
    pub fn groups_with_hazard(&self, class: &str) -> &[(GroupId, Option<Date>)] {
        self.groups_by_hazard.get(class).map_or(&[], Vec::as_slice)
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

    /// All structural classes that are known.
    pub fn structures(&self) -> impl Iterator<Item = &str> {
        self.structures.keys().map(AsRef::as_ref)
    }

    /// All materials, by id.
    pub fn material_names(&self) -> impl Iterator<Item = &str> {
        self.material_ids.keys().map(AsRef::as_ref)
    }

    /// The material with this id.
    pub fn material(&self, id: &str) -> Option<MaterialId> {
        self.material_ids.get(id).copied()
    }

    /// Id of a material.
    pub fn material_id(&self, material: MaterialId) -> &str {
        self.materials.get(material.0 as usize).map_or("", |id| id)
    }

    /// The families of materials that a material belongs to.
    pub fn material_families(&self, material: MaterialId) -> &[MaterialId] {
        self.material_families.get(&material).map_or(&[], Vec::as_slice)
    }

    /// Whether a material is one of `wanted`, or belongs to a family that is.
    pub fn material_is_among(&self, material: MaterialId, wanted: &[MaterialId]) -> bool {
        wanted.contains(&material) || self.material_families(material).iter().any(|family| wanted.contains(family))
    }

    /// The material that a substance is, as a whole (polyvinyl chloride is PVC).
    pub fn material_of_substance(&self, substance: SubstanceId) -> Option<MaterialId> {
        self.material_substances.get(&substance).copied()
    }

    /// The materials that a material's name speaks of, whole words only; "PVC-free" and "utan latex" speak of none.
    pub fn materials_in(&self, name: &str) -> Vec<MaterialId> {
        let lower = without_dots(name.to_lowercase());
        let mut found = Vec::new();
        let mut before_is_letter = false;
        for (start, first) in lower.char_indices() {
            // Words begin where no letter or digit stands before.
            let inside_word = std::mem::replace(&mut before_is_letter, first.is_alphanumeric());
            let (before, rest) = lower.split_at(start);
            let Some(initial) = rest.get(..first.len_utf8()).filter(|_| !inside_word) else { continue };
            let from = (Bound::Included(initial), Bound::Unbounded);
            for (word, ids) in self.material_words.range::<str, _>(from).take_while(|(word, _)| word.starts_with(initial)) {
                let Some(after) = rest.strip_prefix(word.as_str()) else { continue };
                if after.starts_with(char::is_alphanumeric) {
                    continue;
                }
                let free = ["-fri", "fri", "-free", "free", "-frei", "frei", "-vapaa", "vapaa", "-frit", "-fritt", "frit", "fritt"]
                    .iter()
                    .any(|suffix| after.trim_start().starts_with(suffix));
                let before = before.trim_end();
                let without = ["utan", "uten", "uden", "without", "non", "non-", "no", "ej", "ilman", "ohne", "not"]
                    .iter()
                    .any(|word| before.strip_suffix(word).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric)));
                // "Vinyl" alone is PVC in the trade; vinyl acetate and vinyl alcohol are not.
                let other_vinyl = word == "vinyl" && after.trim_start_matches([' ', '-']).starts_with(|c: char| c.is_alphabetic());
                if !free && !without && !other_vinyl {
                    found.extend(ids);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The groups whose stems occur in a name.
    pub fn stems_in(&self, name: &str) -> Vec<GroupId> {
        let lower = name.to_lowercase();
        self.groups.iter().enumerate().filter(|(_, group)| group.has_stem_in(&lower)).map(|(index, _)| GroupId(index as u32)).collect()
    }
}

/// The form under which names are compared: lower case, one kind of dash and quote, no blanks, no full stop at the end.
/// Blanks carry no meaning in chemical names ("bis (2-ethylhexyl)phthalate"); hyphens and commas do.
pub fn normalise_name(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    normalise_into(name, &mut plain);
    plain
}

/// Adds the form of [`normalise_name`] to a text.
pub(crate) fn normalise_into(name: &str, plain: &mut String) {
    if name.is_ascii() {
        // Most names, many times a run.
        plain.extend(name.bytes().filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'*')).map(|byte| match byte {
            b'`' => '\'',
            byte => char::from(byte.to_ascii_lowercase()),
        }));
    } else {
        normalise_letters(name, plain);
    }
    plain.truncate(plain.trim_end_matches(['.', ',', ';', ':']).len());
}

fn normalise_letters(name: &str, plain: &mut String) {
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
}
/// "P.V.C." is "PVC": dots behind single letters are no part of an abbreviation.
fn without_dots(text: String) -> String {
    if !text.contains('.') {
        return text;
    }
    let letters: Vec<char> = text.chars().collect();
    let is_letter = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphanumeric());
    let single = |at: usize| is_letter(at.checked_sub(1)) && !is_letter(at.checked_sub(2));
    let kept = letters.iter().enumerate().filter(|(at, c)| **c != '.' || !single(*at)).map(|(_, c)| *c);
    kept.collect()
}
