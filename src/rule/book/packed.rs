//! The built-in rules as the program carries them: read, checked and compiled when the program is built, so that nothing of
//! that is left to do at start. Lists of entries and the tables of who counts where stay in the binary until somebody
//! asks for them. The side that writes and the side that reads stand beside each other here.

use super::{Places, RuleBook, Selection, Window};
use crate::amount::{Dimension, Factor, Kind, Unit};
use crate::declaration::Text;
use crate::rule::{
    Basis, Categories, Category, Comparison, Consequence, Count, Decision, Entries, Entry, EntryId, Exemption, Expiry, Limit, Members, Of,
    Rule, RuleSet, Scope, Severity,
};
use crate::substance::packing::{NONE, Packer, Unpacker, Words, date_of, factor_of, factor_word, word_of};
use crate::substance::{Added, Cas, Ec, GroupId, MaterialId, Register, SubstanceId};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

const CONSEQUENCES: [Consequence; 5] =
    [Consequence::Restriction, Consequence::Information, Consequence::Contract, Consequence::Award, Consequence::Watch];
const SEVERITIES: [Severity; 3] = [Severity::Minor, Severity::Major, Severity::Critical];
const COUNTS: [Count; 2] = [Count::Sum, Count::Each];
const COMPARISONS: [Comparison; 2] = [Comparison::Above, Comparison::From];
const LEVELS: [Of; 5] = [Of::Product, Of::Article, Of::HomogeneousMaterial, Of::Mixture, Of::Packaging];
const BASES: [Option<Basis>; 6] =
    [None, Some(Basis::Dry), Some(Basis::PlasticisedMaterial), Some(Basis::AccessiblePart), Some(Basis::Coating), Some(Basis::Food)];
const DECISIONS: [Decision; 2] = [Decision::Simple, Decision::GuardBand];
const KINDS: [Kind; 5] = [Kind::Content, Kind::Extractable, Kind::Migration, Kind::Release, Kind::Emission];
const DIMENSIONS: [Dimension; 6] = [
    Dimension::MassFraction,
    Dimension::VolumeFraction,
    Dimension::MassPerArea,
    Dimension::MassPerAreaTime,
    Dimension::MassPerVolume,
    Dimension::Mass,
];

/// Words of a substance that stands as an entry by itself: which, its CAS number, its EC number, where its name stands and
/// how long that is.
const NAMED_WORDS: usize = 5;

type MemberList = Arc<[(SubstanceId, Factor)]>;

/// What entries refer to: substances by name, and the lists of members that several entries share.
struct Shared {
    blob: Unpacker,
    named: &'static [[[u8; 4]; NAMED_WORDS]],
    members: Vec<(Words, OnceLock<MemberList>)>,
}

/// Entries where they lie in the binary.
pub(in crate::rule) struct PackedEntries {
    shared: Arc<Shared>,
    words: Words,
}

impl PackedEntries {
    /// The entries as they were packed.
    pub(in crate::rule) fn lay_out(&self) -> Box<[Entry]> {
        // They are as they were packed unless the build is broken; a test reads them all.
        self.read().unwrap_or_default()
    }

    fn read(&self) -> Option<Box<[Entry]>> {
        let mut from = self.shared.blob.within(self.words);
        let mut entries = Vec::with_capacity(from.count()?);
        while !from.is_done() {
            entries.push(self.shared.entry(&mut from)?);
        }
        Some(entries.into_boxed_slice())
    }
}

impl Shared {
    fn entry(&self, from: &mut Unpacker) -> Option<Entry> {
        let named = from.word()?;
        if named == NONE {
            return self.wide(from);
        }
        let [substance, cas, ec, at, length] = self.named.get(named as usize)?.map(u32::from_le_bytes);
        let (at, length) = (at as usize, length as usize);
        let name = Cow::Borrowed(self.blob.text.get(at..at.checked_add(length)?)?);
        let id = match (cas, ec) {
            (NONE, NONE) => EntryId::Written(name.clone()),
            (NONE, ec) => EntryId::Ec(Ec::from_word(ec)),
            (cas, _) => EntryId::Cas(Cas::from_word(cas)),
        };
        let members = Members::one(SubstanceId::from_word(substance), factor_of(from.word()?));
        Some(Entry { id, name, members, from: date_of(from.word()?)?, ..Entry::default() })
    }

    fn wide(&self, from: &mut Unpacker) -> Option<Entry> {
        let id = match from.word()? {
            0 => EntryId::Cas(Cas::from_word(from.word()?)),
            1 => EntryId::Ec(Ec::from_word(from.word()?)),
            _ => EntryId::Written(Cow::Borrowed(from.text()?)),
        };
        let name = Cow::Borrowed(from.text()?);
        let members = match from.word()? {
            NONE => Members::one(SubstanceId::from_word(from.word()?), factor_of(from.word()?)),
            list => Members::shared(self.members(list)?),
        };
        let mut groups = || Some(from.table()?.iter().map(|word| GroupId::from_word(u32::from_le_bytes(*word))).collect());
        let (groups, open_groups) = (groups()?, groups()?);
        Some(Entry { id, name, members, groups, open_groups, from: date_of(from.word()?)?, until: date_of(from.word()?)? })
    }

    fn members(&self, list: u32) -> Option<MemberList> {
        let (words, laid) = self.members.get(list as usize)?;
        let member =
            |[id, factor]: &[[u8; 4]; 2]| (SubstanceId::from_word(u32::from_le_bytes(*id)), factor_of(u32::from_le_bytes(*factor)));
        Some(Arc::clone(laid.get_or_init(|| words.as_chunks::<2>().0.iter().map(member).collect())))
    }
}

/// What is shared while a book is packed.
struct Packing<'a> {
    packer: Packer,
    register: &'a Register,
    named: BTreeMap<SubstanceId, u32>,
    members: BTreeMap<*const (SubstanceId, Factor), u32>,
    entries: BTreeMap<*const (), u32>,
    exemptions: BTreeMap<*const Exemption, u32>,
}

impl RuleBook {
    /// The bytes that [`RuleBook::packed`] reads, for a book without a contract; and with it what its rules added to the
    /// register. The same book gives the same bytes.
    pub fn pack(&self, register: &Register) -> Vec<u8> {
        let mut packing = Packing {
            packer: Packer::default(),
            register,
            named: BTreeMap::new(),
            members: BTreeMap::new(),
            entries: BTreeMap::new(),
            exemptions: BTreeMap::new(),
        };
        register.pack_added(&mut packing.packer);
        packing.packer.text(&self.fingerprint);
        packing.packer.count(self.sets.len());
        self.sets.iter().for_each(|set| packing.set(set));
        packing.categories(&self.categories);
        packing.shared(&self.rules);
        packing.packer.count(self.rules.len());
        self.rules.iter().for_each(|rule| packing.rule(rule));
        let mut packer = packing.packer;
        packer.count(self.selections.len());
        for selection in &self.selections {
            packer.word(selection.rule);
            packer.table(selection.windows.iter().flat_map(|(from, until)| [word_of(*from), word_of(*until)]));
        }
        // The first yardstick of a rule's own selection tells the selection.
        let selection_of = |yardstick: &u32| (0..).zip(&self.selections).find(|(_, own)| own.yardsticks.contains(yardstick));
        packer.table(self.yardstick_of.iter().map(|yardstick| selection_of(yardstick).map_or(NONE, |(index, _)| index)));
        let Places { of_substances, ranges, of_groups, covered, group_ranges } = &self.places;
        packer.table(of_substances.as_flattened().iter().copied().map(u32::from_le_bytes));
        packer.table(ranges.as_flattened().iter().copied().map(u32::from_le_bytes));
        packer.table(of_groups.as_flattened().iter().copied().map(u32::from_le_bytes));
        packer.table(covered.iter().copied().map(u32::from));
        packer.table(group_ranges.iter().flat_map(|(group, (from, to))| [group.to_word(), *from, *to]));
        packer.finish()
    }

    /// The book that was packed; its additions to the register are entered there. `None`, and nothing is entered, where the
    /// register is not the packed one as it is, or the bytes are no book.
    pub fn packed(bytes: &'static [u8], register: &mut Register) -> Option<RuleBook> {
        let mut from = Unpacker::new(bytes)?;
        let added = Added::unpack(&mut from, register)?;
        let fingerprint = from.text()?.to_string();
        let sets = (0..from.count()?).map(|_| set(&mut from)).collect::<Option<_>>()?;
        let categories = categories(&mut from)?;
        let named = from.table()?.as_chunks::<NAMED_WORDS>().0;
        let members = (0..from.count()?).map(|_| Some((from.table()?, OnceLock::new()))).collect::<Option<_>>()?;
        let shared = Arc::new(Shared { blob: from, named, members });
        let packed = |words| Entries::packed(PackedEntries { shared: Arc::clone(&shared), words });
        let entries: Vec<Entries> = (0..from.count()?).map(|_| from.table().map(packed)).collect::<Option<_>>()?;
        let exemptions: Vec<Arc<Exemption>> = (0..from.count()?).map(|_| exemption(&mut from).map(Arc::new)).collect::<Option<_>>()?;
        let rules = (0..from.count()?).map(|_| rule(&mut from, &entries, &exemptions)).collect::<Option<_>>()?;
        let selections = (0..from.count()?).map(|_| selection(&mut from)).collect::<Option<_>>()?;
        let selection_of: Vec<u32> = from.table()?.iter().copied().map(u32::from_le_bytes).collect();
        let places = Places {
            of_substances: Cow::Borrowed(from.table()?.as_chunks().0),
            ranges: Cow::Borrowed(from.table()?.as_chunks().0),
            of_groups: Cow::Borrowed(from.table()?.as_chunks().0),
            covered: from.table()?.iter().map(|[covered, ..]| *covered).collect(),
            group_ranges: {
                let range = |words: &[[u8; 4]; 3]| {
                    let [group, from, to] = words.map(u32::from_le_bytes);
                    (GroupId::from_word(group), (from, to))
                };
                from.table()?.as_chunks().0.iter().map(range).collect()
            },
        };
        if !from.is_done() {
            return None;
        }
        register.enter(added);
        Some(RuleBook { sets, rules, categories, fingerprint, selections, places, ..RuleBook::default() }.related(&selection_of))
    }
}

fn selection(from: &mut Unpacker) -> Option<Selection> {
    let rule = from.word()?;
    let window = |[from, until]: &[[u8; 4]; 2]| -> Option<Window> {
        Some((date_of(u32::from_le_bytes(*from))?, date_of(u32::from_le_bytes(*until))?))
    };
    let windows = from.table()?.as_chunks().0.iter().map(window).collect::<Option<_>>()?;
    Some(Selection { rule, yardsticks: Vec::new(), windows })
}

impl Packing<'_> {
    fn both(&mut self, text: &Text) {
        self.packer.text(&text.sv);
        self.packer.text(&text.en);
    }

    fn set(&mut self, set: &RuleSet) {
        let RuleSet { id, title, authority, legal_basis, version, consequence, list_complete, official_count, hash } = set;
        self.both(title);
        for text in [id, authority, legal_basis, version, hash] {
            self.packer.text(text);
        }
        self.packer.one_of(&CONSEQUENCES, consequence);
        self.packer.flag(*list_complete);
        self.packer.long_option(*official_count);
    }

    fn categories(&mut self, categories: &Categories) {
        self.packer.count(categories.by_id.len());
        for Category { id, parents, names, words, cpv, facet, implies } in categories.by_id.values() {
            self.packer.text(id);
            self.packer.texts(parents);
            self.packer.count(names.len());
            for (language, name) in names {
                self.packer.text(language);
                self.packer.text(name);
            }
            self.packer.texts(words);
            self.packer.texts(cpv);
            self.packer.flag(*facet);
            self.packer.texts(implies);
        }
        self.packer.count(categories.by_word.len());
        for (word, ids) in &categories.by_word {
            self.packer.text(word);
            self.packer.texts(ids);
        }
    }

    /// What rules refer to: named substances, lists of members, entries, exemptions.
    fn shared(&mut self, rules: &[Rule]) {
        let mut all: Vec<&Entries> = Vec::new();
        let mut exemptions: Vec<&Arc<Exemption>> = Vec::new();
        for rule in rules {
            self.entries.entry(rule.entries.address()).or_insert_with(|| {
                all.push(&rule.entries);
                all.len() as u32 - 1
            });
            for exemption in &rule.exemptions {
                self.exemptions.entry(Arc::as_ptr(exemption)).or_insert_with(|| {
                    exemptions.push(exemption);
                    exemptions.len() as u32 - 1
                });
            }
        }
        let mut named: Vec<SubstanceId> = Vec::new();
        let mut lists: Vec<&MemberList> = Vec::new();
        for entry in all.iter().flat_map(|entries| entries.iter()) {
            if let Some(id) = single(entry, self.register) {
                self.named.entry(id).or_insert_with(|| {
                    named.push(id);
                    named.len() as u32 - 1
                });
            } else if let Some(list) = entry.members.list() {
                self.members.entry(list.as_ptr()).or_insert_with(|| {
                    lists.push(list);
                    lists.len() as u32 - 1
                });
            }
        }
        self.packer.count(named.len() * NAMED_WORDS);
        for id in named {
            let substance = self.register.substance(id);
            self.packer.word(id.to_word());
            self.packer.word(substance.cas.map_or(NONE, Cas::to_word));
            self.packer.word(substance.ec.map_or(NONE, Ec::to_word));
            self.packer.text(&substance.name);
        }
        self.packer.count(lists.len());
        for list in lists {
            self.packer.table(list.iter().flat_map(|(id, factor)| [id.to_word(), factor_word(*factor)]));
        }
        self.packer.count(all.len());
        for entries in all {
            let at = self.packer.words.len();
            self.packer.word(0);
            self.packer.count(entries.len());
            entries.iter().for_each(|entry| self.entry(entry));
            let count = self.packer.words.len() - at - 1;
            if let Some(place) = self.packer.words.get_mut(at) {
                *place = count as u32;
            }
        }
        self.packer.count(exemptions.len());
        exemptions.into_iter().for_each(|exemption| self.exemption(exemption));
    }

    fn entry(&mut self, entry: &Entry) {
        let Entry { id, name, members, groups, open_groups, from, until } = entry;
        if let Some(named) = single(entry, self.register).and_then(|id| self.named.get(&id)) {
            self.packer.word(*named);
            members.iter().for_each(|(_, factor)| self.packer.word(factor_word(*factor)));
            self.packer.word(word_of(*from));
            return;
        }
        self.packer.word(NONE);
        match id {
            EntryId::Cas(cas) => self.packer.words.extend([0, cas.to_word()]),
            EntryId::Ec(ec) => self.packer.words.extend([1, ec.to_word()]),
            EntryId::Written(text) => {
                self.packer.word(2);
                self.packer.text(text);
            }
        }
        self.packer.text(name);
        match members.list().and_then(|list| self.members.get(&list.as_ptr())) {
            Some(list) => self.packer.word(*list),
            None => {
                self.packer.word(NONE);
                self.packer.words.extend(members.iter().flat_map(|(id, factor)| [id.to_word(), factor_word(*factor)]));
            }
        }
        for groups in [groups, open_groups] {
            self.packer.table(groups.iter().map(|group| group.to_word()));
        }
        self.packer.word(word_of(*from));
        self.packer.word(word_of(*until));
    }

    fn exemption(&mut self, exemption: &Exemption) {
        let Exemption { id, annex, substances, groups, categories, components, functions, materials, min, max, .. } = exemption;
        let Exemption { valid_from, expires, renewal_pending, granted, title, .. } = exemption;
        self.packer.text(id);
        self.packer.option(annex.as_deref());
        self.packer.table(substances.iter().map(|id| id.to_word()));
        self.packer.table(groups.iter().map(|group| group.to_word()));
        self.packer.texts(categories);
        for words in [components, functions, materials] {
            self.packer.texts(words);
        }
        self.packer.long_option(*min);
        self.packer.long_option(*max);
        self.packer.word(word_of(*valid_from));
        let (kind, day) = match expires {
            Expiry::Never => (0, None),
            Expiry::Unknown => (1, None),
            Expiry::On(day) => (2, Some(*day)),
        };
        self.packer.word(kind);
        self.packer.word(word_of(day));
        self.packer.flag(*renewal_pending);
        self.packer.flag(*granted);
        self.both(title);
    }

    fn limit(&mut self, limit: &Limit) {
        let Limit { comparison, steps, unit, of, element, kind, basis, decision, intentional, used } = limit;
        self.packer.one_of(&COMPARISONS, comparison);
        self.packer.long(*steps);
        self.packer.one_of(&DIMENSIONS, &unit.dimension);
        self.packer.long(unit.steps);
        self.packer.text(unit.symbol);
        self.packer.one_of(&LEVELS, of);
        self.packer.option(element.as_deref());
        self.packer.one_of(&KINDS, kind);
        self.packer.one_of(&BASES, basis);
        self.packer.one_of(&DECISIONS, decision);
        self.packer.flag(*intentional);
        self.packer.flag(*used);
    }

    fn scope(&mut self, scope: &Scope) {
        let Scope { categories, exclude_categories, materials, exclude_materials, components, exclude_components, .. } = scope;
        let Scope { functions, exclude_functions, contact, exclude_contact, part_mass_from, part_share_from, .. } = scope;
        self.packer.texts(categories);
        self.packer.texts(exclude_categories);
        for words in [materials, exclude_materials, components, exclude_components] {
            self.packer.texts(words);
        }
        for words in [functions, exclude_functions, contact, exclude_contact] {
            self.packer.texts(words);
        }
        self.packer.long_option(*part_mass_from);
        self.packer.long_option(*part_share_from);
        self.packer.flag(scope.exclude_mixtures);
        self.packer.flag(scope.named_only);
    }

    fn rule(&mut self, rule: &Rule) {
        let Rule { id, set, title, entries, list_of, materials, open, stem_groups, count, limit, scope, .. } = rule;
        let Rule { from, until, exemptions, severity, consequence, list_complete, requirement, level, evidence, source, advice, .. } = rule;
        self.packer.text(id);
        self.packer.count(*set);
        self.both(title);
        self.packer.word(self.entries.get(&entries.address()).copied().unwrap_or(NONE));
        self.packer.option(list_of.as_deref());
        self.packer.table(materials.iter().map(|material| material.to_word()));
        self.packer.flag(*open);
        self.packer.table(stem_groups.iter().map(|group| group.to_word()));
        self.packer.one_of(&COUNTS, count);
        self.limit(limit);
        self.scope(scope);
        self.packer.word(word_of(*from));
        self.packer.word(word_of(*until));
        let known = |exemption| self.exemptions.get(&Arc::as_ptr(exemption)).copied().unwrap_or(NONE);
        self.packer.table(exemptions.iter().map(known));
        self.packer.one_of(&SEVERITIES, severity);
        self.packer.one_of(&CONSEQUENCES, consequence);
        self.packer.flag(*list_complete);
        self.packer.option(requirement.as_deref());
        self.packer.option(level.as_deref());
        self.packer.texts(evidence);
        self.packer.text(source);
        self.both(advice);
    }
}

/// The substance that an entry is by itself, under its own number and name.
fn single(entry: &Entry, register: &Register) -> Option<SubstanceId> {
    let id = entry.members.list().is_none().then(|| entry.members.first().map(|(id, _)| *id)).flatten()?;
    let substance = register.substance(id);
    let number = substance.cas.map(EntryId::Cas).or(substance.ec.map(EntryId::Ec));
    let is_own = entry.id == number.unwrap_or_else(|| EntryId::Written(substance.name.clone())) && entry.name == substance.name;
    (is_own && entry.groups.is_empty() && entry.open_groups.is_empty() && entry.until.is_none()).then_some(id)
}

fn both(from: &mut Unpacker) -> Option<Text> {
    Some(Text { sv: from.text()?.to_string(), en: from.text()?.to_string() })
}

fn set(from: &mut Unpacker) -> Option<RuleSet> {
    let title = both(from)?;
    let mut text = || from.text().map(Arc::from);
    let (id, authority, legal_basis, version, hash) = (text()?, text()?, text()?, text()?, text()?);
    let consequence = from.one_of(&CONSEQUENCES)?;
    let (list_complete, official_count) = (from.flag()?, from.long_option()?);
    Some(RuleSet { id, title, authority, legal_basis, version, consequence, list_complete, official_count, hash })
}

fn categories(from: &mut Unpacker) -> Option<Categories> {
    let category = |from: &mut Unpacker| {
        let id: Arc<str> = from.text()?.into();
        let own = Category {
            id: Arc::clone(&id),
            parents: from.texts()?,
            names: (0..from.count()?).map(|_| Some((from.text()?.to_string(), from.text()?.to_string()))).collect::<Option<_>>()?,
            words: from.texts()?,
            cpv: from.texts()?,
            facet: from.flag()?,
            implies: from.texts()?,
        };
        Some((id, own))
    };
    let by_id = (0..from.count()?).map(|_| category(from)).collect::<Option<_>>()?;
    let by_word = (0..from.count()?).map(|_| Some((from.text()?.to_string(), from.texts()?))).collect::<Option<_>>()?;
    Some(Categories { by_id, by_word, ..Categories::default() }.related())
}

fn exemption(from: &mut Unpacker) -> Option<Exemption> {
    Some(Exemption {
        id: from.text()?.into(),
        annex: from.option()?.map(Into::into),
        substances: from.table()?.iter().map(|word| SubstanceId::from_word(u32::from_le_bytes(*word))).collect(),
        groups: groups(from)?,
        categories: from.texts()?,
        components: from.texts()?,
        functions: from.texts()?,
        materials: from.texts()?,
        min: from.long_option()?,
        max: from.long_option()?,
        valid_from: date_of(from.word()?)?,
        expires: match (from.word()?, date_of(from.word()?)?) {
            (0, _) => Expiry::Never,
            (_, None) => Expiry::Unknown,
            (_, Some(day)) => Expiry::On(day),
        },
        renewal_pending: from.flag()?,
        granted: from.flag()?,
        title: both(from)?,
    })
}

fn groups(from: &mut Unpacker) -> Option<Vec<GroupId>> {
    Some(from.table()?.iter().map(|word| GroupId::from_word(u32::from_le_bytes(*word))).collect())
}

fn limit(from: &mut Unpacker) -> Option<Limit> {
    Some(Limit {
        comparison: from.one_of(&COMPARISONS)?,
        steps: from.long()?,
        unit: Unit { dimension: from.one_of(&DIMENSIONS)?, steps: from.long()?, symbol: from.text()? },
        of: from.one_of(&LEVELS)?,
        element: from.option()?.map(Into::into),
        kind: from.one_of(&KINDS)?,
        basis: from.one_of(&BASES)?,
        decision: from.one_of(&DECISIONS)?,
        intentional: from.flag()?,
        used: from.flag()?,
    })
}

fn scope(from: &mut Unpacker) -> Option<Scope> {
    Some(Scope {
        categories: from.texts()?,
        exclude_categories: from.texts()?,
        materials: from.texts()?,
        exclude_materials: from.texts()?,
        components: from.texts()?,
        exclude_components: from.texts()?,
        functions: from.texts()?,
        exclude_functions: from.texts()?,
        contact: from.texts()?,
        exclude_contact: from.texts()?,
        part_mass_from: from.long_option()?,
        part_share_from: from.long_option()?,
        exclude_mixtures: from.flag()?,
        named_only: from.flag()?,
    })
}

fn rule(from: &mut Unpacker, entries: &[Entries], exemptions: &[Arc<Exemption>]) -> Option<Rule> {
    let exempted = |words: Words| {
        let one = |word: &[u8; 4]| exemptions.get(u32::from_le_bytes(*word) as usize).cloned();
        words.iter().map(one).collect::<Option<Vec<_>>>()
    };
    Some(Rule {
        id: from.text()?.into(),
        set: from.count()?,
        title: both(from)?,
        entries: entries.get(from.count()?)?.clone(),
        list_of: from.option()?.map(Into::into),
        materials: from.table()?.iter().map(|word| MaterialId::from_word(u32::from_le_bytes(*word))).collect(),
        open: from.flag()?,
        stem_groups: groups(from)?,
        count: from.one_of(&COUNTS)?,
        limit: limit(from)?,
        scope: scope(from)?,
        from: date_of(from.word()?)?,
        until: date_of(from.word()?)?,
        exemptions: exempted(from.table()?)?,
        severity: from.one_of(&SEVERITIES)?,
        consequence: from.one_of(&CONSEQUENCES)?,
        list_complete: from.flag()?,
        requirement: from.option()?.map(Into::into),
        level: from.option()?.map(Into::into),
        evidence: from.texts()?,
        source: from.text()?.into(),
        advice: both(from)?,
    })
}
