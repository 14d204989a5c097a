//! The register as the program carries it: worked out when the program is built, and laid out so that nothing has to be
//! read again at start. Numbers stand in tables of fixed width, texts in one blob, and what is looked up in tables of slots.
//! The side that writes and the side that reads stand beside each other here.

use super::{Group, GroupId, MaterialId, Member, NameMeans, Quick, Register, Substance, SubstanceId};
use crate::substance::number::{Cas, Ec};
use crate::substance::packing::{NONE, Packer, Unpacker, Words, date_of, factor_of, factor_word, word_of};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Words of a table of names: where the text stands, how long it is, what kind of meaning, and which.
const NAME_WORDS: usize = 4;
/// Words of a table of synonyms: the language, where the text stands, how long it is.
const SYNONYM_WORDS: usize = 3;
/// Kinds of meaning.
const ONE: u32 = 0;
const GROUP: u32 = 1;
const SEVERAL: u32 = 2;

impl Packer {
    fn ids(&mut self, ids: &[SubstanceId]) {
        self.table(ids.iter().map(|id| id.0));
    }

    /// A table of slots for keys, each with its place and hash; a slot holds the place, counted from 1.
    fn slots(&mut self, keys: &[(usize, u64)]) {
        let size = (keys.len() * 2).next_power_of_two().max(2);
        let mut slots = vec![0_u32; size];
        for (place, hash) in keys {
            let mut at = *hash as usize & (size - 1);
            while slots.get(at).is_some_and(|slot| *slot != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = u32::try_from(place + 1).unwrap_or(0);
            }
        }
        self.count(size);
        self.words.extend(slots);
    }
}

impl Unpacker {
    fn ids(&mut self) -> Option<Vec<SubstanceId>> {
        Some(self.table()?.iter().map(|word| SubstanceId(u32::from_le_bytes(*word))).collect())
    }

    fn slots(&mut self) -> Option<Slots> {
        self.table().map(Slots)
    }
}

/// A table of slots by hash.
#[derive(Debug, Clone, Copy, Default)]
struct Slots(Words);

impl Slots {
    /// The first place under this hash that `is_it`.
    fn find(self, hash: u64, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let mask = self.0.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        loop {
            let place = u32::from_le_bytes(*self.0.get(at)?).checked_sub(1)? as usize;
            if is_it(place) {
                return Some(place);
            }
            at = (at + 1) & mask;
        }
    }
}

/// The tables that stay as they are packed.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    by_cas: Slots,
    by_ec: Slots,
    by_name: Slots,
    names: Words,
    /// Where each substance's synonyms begin, and one more; then a language, where the text stands, its length.
    synonym_starts: Words,
    synonyms: Words,
    /// Substances of names that mean several: how many, then which.
    several: Words,
    languages: Vec<&'static str>,
    text: &'static str,
}

fn number(words: &[[u8; 4]], at: usize) -> Option<usize> {
    words.get(at).map(|word| u32::from_le_bytes(*word) as usize)
}

/// The hash under which a key stands in its slots.
fn hash_of<K: Hash + ?Sized>(key: &K) -> u64 {
    let mut hasher = Quick::default();
    key.hash(&mut hasher);
    hasher.finish()
}

fn hash_of_name(name: &str) -> u64 {
    let mut hasher = Quick::default();
    hasher.write(name.as_bytes());
    hasher.finish()
}

impl Tables {
    /// How many substances were packed.
    pub fn substances(&self) -> usize {
        self.synonym_starts.len().saturating_sub(1)
    }

    /// The place of a CAS number, which `cas_at` gives for a place.
    pub fn cas(&self, cas: Cas, cas_at: impl Fn(usize) -> Option<Cas>) -> Option<usize> {
        self.by_cas.find(hash_of(&cas), |place| cas_at(place) == Some(cas))
    }

    /// The place of an EC number.
    pub fn ec(&self, ec: Ec, ec_at: impl Fn(usize) -> Option<Ec>) -> Option<usize> {
        self.by_ec.find(hash_of(&ec), |place| ec_at(place) == Some(ec))
    }

    /// The normalised name at a place.
    fn name_at(&self, place: usize) -> Option<&'static str> {
        let from = number(self.names, place * NAME_WORDS)?;
        self.text.get(from..from + number(self.names, place * NAME_WORDS + 1)?)
    }

    /// What a normalised name means.
    pub fn name(&self, name: &str) -> Option<NameMeans> {
        let place = self.by_name.find(hash_of_name(name), |place| self.name_at(place) == Some(name))?;
        self.means_at(place)
    }

    /// All normalised names with what they mean, by name.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, NameMeans)> + '_ {
        (0..self.names.len() / NAME_WORDS).filter_map(|place| Some((self.name_at(place)?, self.means_at(place)?)))
    }

    fn means_at(&self, place: usize) -> Option<NameMeans> {
        let (kind, which) = (number(self.names, place * NAME_WORDS + 2)?, number(self.names, place * NAME_WORDS + 3)?);
        let id = u32::try_from(which).ok()?;
        Some(match u32::try_from(kind).ok()? {
            ONE => NameMeans::One(SubstanceId(id)),
            GROUP => NameMeans::Group(GroupId(id)),
            _ => {
                let count = number(self.several, which)?;
                let ids = self.several.get(which + 1..which + 1 + count)?;
                NameMeans::Several(ids.iter().map(|word| SubstanceId(u32::from_le_bytes(*word))).collect())
            }
        })
    }

    /// The synonyms of a substance, each with its language.
    pub fn synonyms_of(&self, id: SubstanceId) -> impl Iterator<Item = (&'static str, &'static str)> {
        let bound = |at: usize| number(self.synonym_starts, at).unwrap_or(0) * SYNONYM_WORDS;
        let own = self.synonyms.get(bound(id.index())..bound(id.index() + 1)).unwrap_or(&[]);
        own.as_chunks::<SYNONYM_WORDS>().0.iter().filter_map(|[language, from, length]| {
            let (from, length) = (u32::from_le_bytes(*from) as usize, u32::from_le_bytes(*length) as usize);
            let language = self.languages.get(u32::from_le_bytes(*language) as usize)?;
            Some((*language, self.text.get(from..from + length)?))
        })
    }
}

impl Register {
    /// The bytes that [`Register::packed`] reads, for a register that was built from its tables. The same register gives the
    /// same bytes.
    pub fn pack(&self) -> Vec<u8> {
        let mut packer = Packer::default();
        self.pack_substances(&mut packer);
        self.pack_names(&mut packer);
        self.pack_groups(&mut packer);
        self.pack_classes(&mut packer);
        packer.finish()
    }

    fn pack_substances(&self, packer: &mut Packer) {
        packer.count(self.substances.len());
        for substance in &self.substances {
            packer.word(substance.cas.map_or(NONE, Cas::to_word));
            packer.word(substance.ec.map_or(NONE, Ec::to_word));
            packer.text(&substance.name);
            packer.option(substance.name_sv.as_deref());
        }
        let numbered = self.substances.iter().enumerate();
        let by_cas: Vec<_> = numbered.filter_map(|(place, substance)| Some((place, hash_of(&substance.cas?)))).collect();
        packer.slots(&by_cas);
        let mut by_ec: Vec<_> = self.by_ec.iter().map(|(ec, means)| (*ec, means.ids())).collect();
        by_ec.sort_unstable();
        packer.slots(&by_ec.iter().enumerate().map(|(place, (ec, _))| (place, hash_of(ec))).collect::<Vec<_>>());
        packer.count(by_ec.len());
        for (ec, ids) in by_ec {
            packer.word(ec.to_word());
            packer.ids(ids);
        }
    }

    fn pack_names(&self, packer: &mut Packer) {
        let mut names: Vec<(&str, &NameMeans)> = self.names.iter().map(|(name, means)| (&**name, means)).collect();
        names.sort_unstable_by_key(|(name, _)| *name);
        packer.slots(&names.iter().enumerate().map(|(place, (name, _))| (place, hash_of_name(name))).collect::<Vec<_>>());
        let mut several: Vec<u32> = Vec::new();
        packer.count(names.len() * NAME_WORDS);
        for (name, means) in names {
            packer.text(name);
            let (kind, which) = match means {
                NameMeans::One(id) => (ONE, id.index()),
                NameMeans::Group(group) => (GROUP, group.index()),
                NameMeans::Several(ids) => {
                    let start = several.len();
                    several.extend(u32::try_from(ids.len()));
                    several.extend(ids.iter().map(|id| id.0));
                    (SEVERAL, start)
                }
            };
            packer.word(kind);
            packer.count(which);
        }
        packer.count(several.len());
        packer.words.extend(several);
        // Synonyms by substance, each substance's own in the order they were added.
        let languages: Vec<&str> = self.languages.keys().map(AsRef::as_ref).collect();
        packer.count(languages.len());
        for language in &languages {
            packer.text(language);
        }
        let mut synonyms: Vec<&(SubstanceId, _, _)> = self.synonyms.iter().collect();
        synonyms.sort_by_key(|(id, _, _)| *id);
        packer.count(self.substances.len() + 1);
        for id in 0..=self.substances.len() {
            packer.count(synonyms.partition_point(|(own, _, _)| own.index() < id));
        }
        packer.count(synonyms.len() * SYNONYM_WORDS);
        for (_, language, name) in synonyms {
            packer.count(languages.partition_point(|own| *own < &**language));
            packer.text(name);
        }
    }

    fn pack_groups(&self, packer: &mut Packer) {
        packer.count(self.groups.len());
        for group in &self.groups {
            packer.text(&group.id);
            packer.option(group.element.as_deref());
            packer.text(&group.name_en);
            packer.text(&group.name_sv);
            for words in [&group.stems, &group.not_stems] {
                packer.count(words.len());
                words.iter().for_each(|word| packer.text(word));
            }
            packer.count(group.members.len());
            for member in &group.members {
                packer.word(member.substance.0);
                packer.word(factor_word(member.factor));
            }
        }
        // Of each substance in the order in which it joined.
        let mut groups_of: Vec<_> = self.groups_of.iter().collect();
        groups_of.sort_unstable_by_key(|(id, _)| **id);
        packer.count(groups_of.len());
        for (id, groups) in groups_of {
            packer.word(id.0);
            packer.count(groups.len());
            groups.iter().for_each(|group| packer.word(group.0));
        }
        packer.count(self.factors.len());
        for (element, shares) in &self.factors {
            packer.text(element);
            let mut shares: Vec<_> = shares.iter().collect();
            shares.sort_unstable_by_key(|(id, _)| **id);
            packer.count(shares.len());
            for (id, factor) in shares {
                packer.word(id.0);
                packer.word(factor_word(*factor));
            }
        }
    }

    fn pack_classes(&self, packer: &mut Packer) {
        packer.count(self.by_hazard.len());
        for (class, substances) in &self.by_hazard {
            packer.text(class);
            packer.count(substances.len());
            for (id, from) in substances {
                packer.word(id.0);
                packer.word(word_of(*from));
            }
        }
        let mut hazards: Vec<_> = self.hazards.iter().collect();
        hazards.sort_unstable_by_key(|(id, _)| **id);
        packer.count(hazards.len());
        for (id, classes) in hazards {
            packer.word(id.0);
            packer.count(classes.len());
            for class in classes {
                packer.count(self.by_hazard.keys().take_while(|known| *known < class).count());
            }
        }
        packer.count(self.groups_by_hazard.len());
        for (class, groups) in &self.groups_by_hazard {
            packer.text(class);
            packer.count(groups.len());
            for (group, from) in groups {
                packer.word(group.0);
                packer.word(word_of(*from));
            }
        }
        packer.count(self.structures.len());
        for (structure, substances) in &self.structures {
            packer.text(structure);
            packer.ids(substances);
        }
        packer.count(self.materials.len());
        self.materials.iter().for_each(|material| packer.text(material));
        packer.count(self.material_words.len());
        for (word, materials) in &self.material_words {
            packer.text(word);
            packer.count(materials.len());
            materials.iter().for_each(|material| packer.word(material.0));
        }
        let mut material_substances: Vec<_> = self.material_substances.iter().collect();
        material_substances.sort_unstable();
        packer.count(material_substances.len());
        for (id, material) in material_substances {
            packer.word(id.0);
            packer.word(material.0);
        }
        packer.count(self.material_families.len());
        for (member, families) in &self.material_families {
            packer.word(member.0);
            packer.count(families.len());
            families.iter().for_each(|family| packer.word(family.0));
        }
    }

    /// The register that was packed; `None` where the bytes are none.
    pub fn packed(bytes: &'static [u8]) -> Option<Register> {
        let mut from = Unpacker::new(bytes)?;
        let mut register = Register::default();
        register.tables.text = from.text;
        register.unpack_substances(&mut from)?;
        register.unpack_names(&mut from)?;
        register.unpack_groups(&mut from)?;
        register.unpack_classes(&mut from)?;
        Some(register)
    }

    fn unpack_substances(&mut self, from: &mut Unpacker) -> Option<()> {
        let count = from.count()?;
        self.substances.reserve(count);
        for _ in 0..count {
            let (cas, ec) = (from.word()?, from.word()?);
            self.substances.push(Substance {
                cas: (cas != NONE).then(|| Cas::from_word(cas)),
                ec: (ec != NONE).then(|| Ec::from_word(ec)),
                name: Cow::Borrowed(from.text()?),
                name_sv: from.option()?.map(Cow::Borrowed),
            });
        }
        self.tables.by_cas = from.slots()?;
        self.tables.by_ec = from.slots()?;
        let count = from.count()?;
        self.packed_ec.reserve(count);
        self.packed_ec_ids.reserve(count);
        for _ in 0..count {
            let ec = Ec::from_word(from.word()?);
            let start = self.packed_ec_ids.len() as u32;
            let count = from.count()?;
            self.packed_ec_ids.extend(from.take(count)?.iter().map(|word| SubstanceId(u32::from_le_bytes(*word))));
            self.packed_ec.push((ec, start));
        }
        Some(())
    }

    fn unpack_names(&mut self, from: &mut Unpacker) -> Option<()> {
        self.tables.by_name = from.slots()?;
        self.tables.names = from.table()?;
        self.tables.several = from.table()?;
        for _ in 0..from.count()? {
            let language = from.text()?;
            self.tables.languages.push(language);
        }
        self.tables.synonym_starts = from.table()?;
        self.tables.synonyms = from.table()?;
        Some(())
    }

    fn unpack_groups(&mut self, from: &mut Unpacker) -> Option<()> {
        for index in 0..from.word()? {
            let mut group = Group {
                id: from.text()?.into(),
                element: from.option()?.map(Into::into),
                name_en: from.text()?.into(),
                name_sv: from.text()?.into(),
                ..Group::default()
            };
            for words in [&mut group.stems, &mut group.not_stems] {
                for _ in 0..from.count()? {
                    words.push(from.text()?.into());
                }
            }
            for _ in 0..from.count()? {
                group.members.push(Member { substance: SubstanceId(from.word()?), factor: factor_of(from.word()?) });
            }
            self.group_ids.insert(group.id.clone(), GroupId(index));
            self.groups.push(group);
        }
        let count = from.count()?;
        self.groups_of.reserve(count);
        for _ in 0..count {
            let (id, count) = (SubstanceId(from.word()?), from.count()?);
            let groups = from.take(count)?.iter().map(|word| GroupId(u32::from_le_bytes(*word))).collect();
            self.groups_of.insert(id, groups);
        }
        for _ in 0..from.count()? {
            let element = from.text()?;
            let count = from.count()?;
            let shares = self.factors.entry(element.into()).or_default();
            shares.reserve(count);
            for _ in 0..count {
                shares.insert(SubstanceId(from.word()?), factor_of(from.word()?));
            }
        }
        Some(())
    }

    fn unpack_classes(&mut self, from: &mut Unpacker) -> Option<()> {
        let mut classes: Vec<Arc<str>> = Vec::new();
        for _ in 0..from.count()? {
            let class: Arc<str> = from.text()?.into();
            let mut substances = Vec::new();
            for _ in 0..from.count()? {
                substances.push((SubstanceId(from.word()?), date_of(from.word()?)?));
            }
            classes.push(Arc::clone(&class));
            self.by_hazard.insert(class, substances);
        }
        let count = from.count()?;
        self.hazards.reserve(count);
        for _ in 0..count {
            let (id, count) = (SubstanceId(from.word()?), from.count()?);
            let own: Option<Vec<Arc<str>>> =
                from.take(count)?.iter().map(|word| classes.get(u32::from_le_bytes(*word) as usize).cloned()).collect();
            self.hazards.insert(id, own?);
        }
        for _ in 0..from.count()? {
            let groups = self.groups_by_hazard.entry(from.text()?.into()).or_default();
            for _ in 0..from.count()? {
                groups.push((GroupId(from.word()?), date_of(from.word()?)?));
            }
        }
        for _ in 0..from.count()? {
            let structure = from.text()?.into();
            self.structures.insert(structure, from.ids()?);
        }
        for index in 0..from.word()? {
            let material: Arc<str> = from.text()?.into();
            self.materials.push(Arc::clone(&material));
            self.material_ids.insert(material, MaterialId(index));
        }
        for _ in 0..from.count()? {
            let means = self.material_words.entry(from.text()?.into()).or_default();
            for _ in 0..from.count()? {
                means.push(MaterialId(from.word()?));
            }
        }
        for _ in 0..from.count()? {
            self.material_substances.insert(SubstanceId(from.word()?), MaterialId(from.word()?));
        }
        for _ in 0..from.count()? {
            let families = self.material_families.entry(MaterialId(from.word()?)).or_default();
            for _ in 0..from.count()? {
                families.push(MaterialId(from.word()?));
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Factor;
    use crate::declaration::Date;

    #[test]
    fn what_is_packed_is_what_was_built() {
        let number = |text: &str| Cas::parse(text).expect("a valid number");
        let mut built = Register::new();
        let lead = built.add(Some(number("7439-92-1")), Ec::parse("231-100-4"), "Lead", Some("bly"));
        let oxide = built.add(Some(number("1317-36-8")), Ec::parse("215-267-0"), "Lead monoxide", None);
        let hydrate = built.add(None, Ec::parse("215-267-0"), "An entry without a number", None);
        built.add_synonym(oxide, "Litharge", "en", false);
        built.add_synonym(oxide, "Blyglete", "sv", false);
        built.add_synonym(lead, "PB", "abbr", true);
        built.add_name(oxide, "PB", true);
        let group = built.add_group("lead", Some("Pb"), "lead compounds", "blyföreningar");
        built.add_member(group, oxide, Factor::exactly(9283));
        built.add_factor(oxide, "Pb", Factor::exactly(9283));
        built.add_group_word(group, "lead compounds");
        built.add_group_stem(group, "lead");
        built.add_hazard(oxide, "Repr. 1A", Some(Date::constant(2010, 12, 1)));
        built.add_hazard(lead, "Repr. 1A", None);
        built.add_structure("made-up", lead);
        built.add_material("pvc", "vinyl");
        built.add_material_member("plastic", "pvc");
        let bytes = built.pack();
        assert_eq!(bytes, built.pack());
        let mut packed = Register::packed(bytes.leak()).expect("what was packed");
        for register in [&built, &packed] {
            assert_eq!(register.len(), 3);
            assert_eq!(register.by_cas(number("1317-36-8")), Some(oxide));
            assert_eq!(register.by_cas(number("117-81-7")), None);
            assert_eq!(Ec::parse("215-267-0").map(|ec| register.by_ec(ec).to_vec()), Some(vec![oxide, hydrate]));
            assert_eq!(register.substance(lead).name_sv.as_deref(), Some("bly"));
            assert_eq!(register.by_name("litharge"), Some(NameMeans::One(oxide)));
            assert_eq!(register.by_name("pb"), Some(NameMeans::Several(vec![lead, oxide])));
            assert_eq!(register.by_name("leadcompounds"), Some(NameMeans::Group(group)));
            assert_eq!(register.by_name("tin"), None);
            assert_eq!(register.names_of(oxide).collect::<Vec<_>>(), [("en", "Litharge"), ("sv", "Blyglete")]);
            assert_eq!(register.factor(oxide, "Pb"), Some(Factor::exactly(9283)));
            assert_eq!(register.groups_of(oxide), [group]);
            assert_eq!(register.with_hazard("Repr. 1A"), [(oxide, Some(Date::constant(2010, 12, 1))), (lead, None)]);
            assert_eq!(register.hazards_of(lead).len(), 1);
            assert_eq!(register.with_structure("made-up"), [lead]);
            assert_eq!(register.materials_in("vinyl"), [register.material("pvc").expect("the material")]);
            assert_eq!(register.stems_in("lead soap"), [group]);
            let family = register.material("pvc").map(|pvc| register.material_families(pvc).to_vec());
            assert_eq!(family, register.material("plastic").map(|plastic| vec![plastic]));
            assert!(register.names().any(|(name, means)| name == "litharge" && means == NameMeans::One(oxide)));
            assert_eq!(register.names().filter(|(name, _)| *name == "pb").count(), 1);
        }
        // What is packed can grow: rule files name substances of their own.
        let new = packed.add(Some(number("117-81-7")), Ec::parse("231-100-4"), "DEHP", None);
        assert_eq!((new.index(), packed.by_cas(number("117-81-7"))), (3, Some(new)));
        assert_eq!(Ec::parse("231-100-4").map(|ec| packed.by_ec(ec).to_vec()), Some(vec![lead, new]));
        packed.add_name(new, "Litharge", false);
        assert_eq!(packed.by_name("litharge"), Some(NameMeans::Several(vec![oxide, new])));
        packed.add_name(new, "lead compounds", false);
        assert_eq!(packed.by_name("leadcompounds"), Some(NameMeans::One(new)));
        packed.add_synonym(oxide, "Massicot", "en", false);
        assert_eq!(packed.names_of(oxide).count(), 3);
        assert_eq!(Register::packed(&[1, 0, 0, 0, 0]).map(|register| register.len()), None);
    }
}
