//! What rules select: substances, lists, groups, hazard classes and structures, laid out as entries. Rules that select the
//! same share what is laid out, since a selection of the register has thousands of entries and dozens of rules make it.

use super::fault::Place;
use super::lists;
use super::sources::{Location, document};
use super::table::Spot;
use super::valid::{Check, Home, Read};
use super::written::{WrittenRule, WrittenSubstances};
use crate::amount::Factor;
use crate::declaration::Date;
use crate::rule::{Comparison, Count, Entries, Entry, EntryId, Members};
use crate::substance::{GroupId, NameMeans, SubstanceId, normalise_name};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All that the layout of a rule's substances depends on, besides the register.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    what: What,
    exclude: Vec<String>,
    count: Count,
    /// Whether any presence violates; says nothing of a sum.
    any: bool,
    element: Option<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Cas(Vec<String>),
    List(Location),
    Groups(Vec<String>),
    Hazards(Vec<String>),
    Structure(String),
    /// Selects materials, and no substance.
    Nothing,
}

impl Wanted {
    pub(super) fn of(written: &WrittenRule, home: &Location) -> Wanted {
        let texts = |spots: &[Spot<String>]| spots.iter().map(|spot| spot.value.clone()).collect();
        let what = match &written.substances.value {
            WrittenSubstances::Cas(numbers) => What::Cas(texts(numbers)),
            WrittenSubstances::List(file) => What::List(home.beside(&file.value)),
            WrittenSubstances::Groups(groups) => What::Groups(texts(groups)),
            WrittenSubstances::Hazards(classes) => What::Hazards(texts(classes)),
            WrittenSubstances::Structure(structure) => What::Structure(structure.value.clone()),
            WrittenSubstances::Materials(_) => What::Nothing,
        };
        Wanted {
            what,
            exclude: texts(&written.exclude),
            count: written.count,
            any: written.count == Count::Each && any_violates(written),
            element: written.limit.element.as_ref().map(|spot| spot.value.clone()),
        }
    }
}

fn any_violates(written: &WrittenRule) -> bool {
    written.limit.comparison == Comparison::Above && written.limit.steps == 0
}

/// A selection as entries, each with the factors of its members.
#[derive(Debug, Clone)]
pub(super) struct Laid {
    pub(super) entries: Entries,
    pub(super) stem_groups: Arc<[GroupId]>,
    /// How many substances the register had: what a list's numbers and names mean may change with it.
    substances: usize,
}

impl Laid {
    /// The entries under another id and name.
    pub(super) fn called(&self, id: &str, name: &str) -> Entries {
        let called = |entry: &Entry| Entry {
            id: EntryId::Written(id.to_string().into()),
            name: name.to_string().into(),
            members: entry.members.clone(),
            groups: entry.groups.clone(),
            open_groups: entry.open_groups.clone(),
            from: entry.from,
            until: entry.until,
        };
        self.entries.iter().map(called).collect()
    }
}

type Window = (Option<Date>, Option<Date>);

/// What a rule selects before factors are looked up.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    entries: Vec<Draft>,
    /// Groups by whose stems an unregistered substance may belong.
    stem_groups: BTreeSet<GroupId>,
}

impl Drafts {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[derive(Debug)]
enum Draft {
    /// One substance under its own number and name.
    Single(SubstanceId, Option<Date>),
    Wide(Box<Wide>),
}

/// An entry of several substances, of groups, or with an id of its own.
#[derive(Debug, Default)]
struct Wide {
    id: Cow<'static, str>,
    name: Cow<'static, str>,
    /// In no order; one may stand there twice.
    members: Vec<SubstanceId>,
    /// Groups that count whole.
    groups: BTreeSet<GroupId>,
    /// Groups of which more may count than is listed.
    open_groups: BTreeSet<GroupId>,
    window: Window,
}

impl Check<'_> {
    /// What was laid out for another rule that wants the same.
    pub(super) fn laid(&self, wanted: &Wanted) -> Option<Laid> {
        let laid = self.selections.get(wanted)?;
        // The numbers and names of a list are looked up in what is known, and other lists add to that.
        let holds = !matches!(wanted.what, What::List(_)) || laid.substances == self.register.len();
        holds.then(|| laid.clone())
    }

    /// Lays a faultless selection out and keeps it.
    pub(super) fn lay(&mut self, wanted: Wanted, drafts: Drafts, elements: Option<&[String]>) -> Laid {
        let entries = match wanted.count {
            Count::Each => drafts.entries.into_iter().map(|draft| self.entry(draft, elements)).collect(),
            Count::Sum => added(drafts.entries).into_iter().map(|wide| self.wide(wide, elements)).collect(),
        };
        let stem_groups = drafts.stem_groups.into_iter().collect();
        let laid = Laid { entries, stem_groups, substances: self.register.len() };
        self.selections.insert(wanted, laid.clone());
        laid
    }

    /// The substances of a rule; `None` when its list cannot be read, which is told.
    pub(super) fn drafts(&mut self, written: &WrittenRule, excluded: &BTreeSet<SubstanceId>, home: &Home) -> Option<Drafts> {
        let mut drafts = Drafts::default();
        match &written.substances.value {
            WrittenSubstances::Cas(numbers) => {
                let numbers = self.numbers(numbers);
                drafts.entries.extend(numbers.into_iter().map(|id| Draft::Single(id, None)));
            }
            WrittenSubstances::List(file) => self.list(file, home, &mut drafts)?,
            WrittenSubstances::Groups(groups) => {
                for group in groups {
                    match self.register.group(&group.value) {
                        Some(id) => {
                            drafts.stem_groups.insert(id);
                            let members: Vec<SubstanceId> = self.register.members(id).iter().map(|member| member.substance).collect();
                            self.as_group(&group.value, Some(id), members, written, &mut drafts.entries);
                        }
                        None => lists::unknown_group(&group.value, &group.place, self.faults),
                    }
                }
            }
            WrittenSubstances::Hazards(classes) => self.hazards(classes, &mut drafts),
            WrittenSubstances::Structure(structure) => {
                if self.register.knows_structure(&structure.value) {
                    let group = self.register.group(&structure.value);
                    drafts.stem_groups.extend(group);
                    let members = self.register.with_structure(&structure.value).to_vec();
                    self.as_group(&structure.value, group, members, written, &mut drafts.entries);
                } else {
                    self.unknown_structure(&structure.value, &structure.place);
                }
            }
            WrittenSubstances::Materials(_) => {}
        }
        self.exclude(excluded, &mut drafts.entries);
        Some(drafts)
    }

    fn unknown_structure(&self, written: &str, place: &Place) {
        let known = self.register.structures().collect::<Vec<_>>().join(", ");
        self.faults.at(
            place,
            format!("strukturen `{written}` finns inte i registret; det känner: {known}"),
            format!("the register has no structure `{written}`; it knows: {known}"),
        );
    }

    /// Lays out a group (or structure): under `sum` it is one entry; under `each` every member is one. The group as such
    /// is an entry too: for members that nobody has listed and, where any presence violates, for the declared group, which
    /// then proves it without telling the member.
    fn as_group(&self, id: &str, group: Option<GroupId>, members: Vec<SubstanceId>, written: &WrittenRule, drafts: &mut Vec<Draft>) {
        let name = group.map_or(id, |group| self.register.group_names(group).0).to_string().into();
        let whole = written.count == Count::Sum;
        let group: BTreeSet<GroupId> = group.into_iter().collect();
        let covered = whole || any_violates(written) || members.is_empty();
        let (groups, open_groups) = if covered { (group, BTreeSet::new()) } else { (BTreeSet::new(), group) };
        let (own, singles) = if whole { (members, Vec::new()) } else { (Vec::new(), members) };
        let wide = Wide { id: id.to_string().into(), name, members: own, groups, open_groups, ..Wide::default() };
        drafts.push(Draft::Wide(Box::new(wide)));
        drafts.extend(singles.into_iter().map(|member| Draft::Single(member, None)));
    }

    fn hazards(&self, classes: &[Spot<String>], drafts: &mut Drafts) {
        let mut found: Vec<(SubstanceId, Option<Date>)> = Vec::new();
        for class in classes {
            let members = self.register.with_hazard(&class.value);
            if members.is_empty() {
                let written = &class.value;
                self.faults.at(
                    &class.place,
                    format!("faroklassen `{written}` finns inte i registret; skriv den som i CLP, till exempel Carc. 1B"),
                    format!("the register has no hazard class `{written}`; write it as CLP does, for example Carc. 1B"),
                );
            }
            found.extend(members);
            // "Lead compounds, except those specified elsewhere": what is not listed by itself.
            for (group, from) in self.register.groups_with_hazard(&class.value) {
                drafts.stem_groups.insert(*group);
                let id = format!("{} {}", self.register.group_id(*group), class.value).into();
                let name = self.register.group_names(*group).0.to_string().into();
                let wide = Wide { id, name, open_groups: BTreeSet::from([*group]), window: (*from, None), ..Wide::default() };
                drafts.entries.push(Draft::Wide(Box::new(wide)));
            }
        }
        // In several classes a substance counts from the earliest day; one without a day has always been in its class, which
        // is why none sorts first.
        found.sort_unstable();
        found.dedup_by_key(|(id, _)| *id);
        drafts.entries.extend(found.into_iter().map(|(id, from)| Draft::Single(id, from)));
    }

    /// Notes the text of a list for the fingerprint of the set that names it.
    pub(super) fn hash_list(&self, file: &Spot<String>, home: &mut Home) {
        if let Some(Some(Read { text, .. })) = self.lists.get(&home.location.beside(&file.value)) {
            home.hashed.insert(&file.value, text);
        }
    }

    /// The entries of a list.
    fn list(&mut self, file: &Spot<String>, home: &Home, drafts: &mut Drafts) -> Option<()> {
        let location = home.location.beside(&file.value);
        if !self.lists.contains_key(&location) {
            let read = document(&location, Some(&file.place), self.faults)
                .map(|document| Read { rows: lists::list(&document, self.register, self.faults).into(), text: document.text });
            self.lists.insert(location.clone(), read);
        }
        let Read { rows, .. } = self.lists.get(&location)?.clone()?;
        let mut order: Vec<Wide> = Vec::new();
        let mut places: BTreeMap<(&str, Window), usize> = BTreeMap::new();
        let mut placed = Vec::with_capacity(rows.len());
        let mut nameless: BTreeMap<&str, BTreeSet<SubstanceId>> = BTreeMap::new();
        for row in rows.iter() {
            let window = (row.from, row.until);
            let at = *places.entry((&row.entry, window)).or_insert_with(|| {
                order.push(Wide { id: row.entry.clone().into(), name: row.name.clone().into(), window, ..Wide::default() });
                order.len() - 1
            });
            placed.push(at);
            let mut members: Vec<SubstanceId> = Vec::new();
            if let Some(cas) = row.cas {
                if !row.name.is_empty() && self.register.by_name(&normalise_name(&row.name)).is_none() {
                    nameless.entry(&row.name).or_default();
                }
                let id = match self.register.by_cas(cas) {
                    Some(known) => known,
                    None if row.name.is_empty() => self.register.add(Some(cas), row.ec, &cas.to_string(), None),
                    None => self.register.add(Some(cas), row.ec, &row.name, None),
                };
                members.push(id);
                if let Some(ids) = nameless.get_mut(&*row.name) {
                    ids.insert(id);
                }
            } else if let Some(ec) = row.ec {
                // One EC number may stand for a salt and its hydrates.
                members.extend(self.register.by_ec(ec));
                if members.is_empty() {
                    members.push(self.register.add(None, Some(ec), &row.name, None));
                }
            }
            if let Some(draft) = order.get_mut(at) {
                draft.members.extend(members);
                draft.groups.extend(row.group);
            }
        }
        // A name that the register did not have means every number that the list gives it.
        for (name, ids) in nameless {
            for id in ids {
                self.register.add_name(id, name, false);
            }
        }
        for draft in &mut order {
            for group in &draft.groups {
                draft.members.extend(self.register.members(*group).iter().map(|member| member.substance));
            }
        }
        // Last, since a name may mean what the entry holds already.
        for (row, at) in rows.iter().zip(placed) {
            if row.cas.is_none() && row.ec.is_none() && !row.name.is_empty() {
                if let Some(draft) = order.get_mut(at) {
                    self.by_name_only(&row.name, draft);
                }
            }
        }
        drafts.stem_groups.extend(order.iter().flat_map(|draft| draft.groups.iter().copied()));
        drafts.entries.extend(order.into_iter().map(|wide| Draft::Wide(Box::new(wide))));
        Some(())
    }

    /// A row without numbers is found by its name, so that a declaration that names it exactly resolves to it.
    fn by_name_only(&mut self, name: &str, draft: &mut Wide) {
        match self.register.by_name(&normalise_name(name)) {
            Some(NameMeans::One(id)) => draft.members.push(id),
            Some(NameMeans::Group(group)) => {
                draft.groups.insert(group);
                draft.members.extend(self.register.members(group).iter().map(|member| member.substance));
            }
            Some(NameMeans::Several(ids)) if ids.iter().all(|id| draft.members.contains(id)) => {}
            Some(NameMeans::Several(_)) | None => draft.members.push(self.register.add(None, None, name, None)),
        }
    }

    /// Takes substances out. A group of which something is out is no longer covered as a whole.
    fn exclude(&self, excluded: &BTreeSet<SubstanceId>, drafts: &mut Vec<Draft>) {
        if excluded.is_empty() {
            return;
        }
        let holds = |group: &GroupId| self.register.members(*group).iter().any(|member| excluded.contains(&member.substance));
        drafts.retain_mut(|draft| match draft {
            Draft::Single(id, _) => !excluded.contains(id),
            Draft::Wide(wide) => {
                wide.members.retain(|id| !excluded.contains(id));
                let (open, whole) = std::mem::take(&mut wide.groups).into_iter().partition(|group| holds(group));
                wide.groups = whole;
                wide.open_groups.extend::<BTreeSet<GroupId>>(open);
                !wide.members.is_empty() || !wide.groups.is_empty() || !wide.open_groups.is_empty()
            }
        });
    }

    fn entry(&self, draft: Draft, elements: Option<&[String]>) -> Entry {
        match draft {
            Draft::Single(id, from) => {
                let substance = self.register.substance(id);
                let name = substance.name.clone();
                let number = substance.cas.map(EntryId::Cas).or(substance.ec.map(EntryId::Ec));
                Entry {
                    id: number.unwrap_or_else(|| EntryId::Written(name.clone())),
                    name,
                    members: Members::one(id, self.factor(id, elements)),
                    from,
                    ..Entry::default()
                }
            }
            Draft::Wide(wide) => self.wide(*wide, elements),
        }
    }

    fn wide(&self, mut wide: Wide, elements: Option<&[String]>) -> Entry {
        wide.members.sort_unstable();
        wide.members.dedup();
        let (from, until) = wide.window;
        Entry {
            id: EntryId::Written(wide.id),
            name: wide.name,
            members: wide.members.into_iter().map(|id| (id, self.factor(id, elements))).collect(),
            groups: wide.groups.into_iter().collect(),
            open_groups: wide.open_groups.into_iter().collect(),
            from,
            until,
        }
    }

    fn factor(&self, id: SubstanceId, elements: Option<&[String]>) -> Factor {
        let Some(elements) = elements else { return Factor::ONE };
        // A substance of two groups (lead chromate) counts with both of its elements.
        let shares = elements.iter().filter_map(|element| self.register.factor(id, element));
        let sum = shares.reduce(|a, b| Factor { lo: a.lo + b.lo, hi: a.hi + b.hi });
        sum.map_or(Factor::UNKNOWN, |sum| Factor { lo: sum.lo.min(10_000), hi: sum.hi.min(10_000) })
    }
}

/// The entries of a rule that adds: one for each pair of dates, each substance in one of them only, else it would be
/// counted twice. They are called by the rule ([`Laid::called`]).
fn added(drafts: Vec<Draft>) -> Vec<Wide> {
    fn wider(a: Window, b: Window) -> Window {
        (a.0.zip(b.0).map(|(a, b)| a.min(b)), a.1.zip(b.1).map(|(a, b)| a.max(b)))
    }
    let mut members: Vec<(SubstanceId, Window)> = Vec::new();
    // Whole groups and open ones.
    let mut groups: BTreeMap<(bool, GroupId), Window> = BTreeMap::new();
    for draft in &drafts {
        match draft {
            Draft::Single(id, from) => members.push((*id, (*from, None))),
            Draft::Wide(wide) => {
                members.extend(wide.members.iter().map(|id| (*id, wide.window)));
                let whole = wide.groups.iter().map(|group| (true, *group));
                for key in whole.chain(wide.open_groups.iter().map(|group| (false, *group))) {
                    groups.entry(key).and_modify(|window| *window = wider(*window, wide.window)).or_insert(wide.window);
                }
            }
        }
    }
    members.sort_unstable();
    // A substance that is named several times is in from the first day to the last.
    members.dedup_by(|again, first| {
        let same = again.0 == first.0;
        if same {
            first.1 = wider(first.1, again.1);
        }
        same
    });
    let mut windows: BTreeMap<Window, Wide> = BTreeMap::new();
    let new = |window: Window| Wide { window, ..Wide::default() };
    for (id, window) in members {
        windows.entry(window).or_insert_with(|| new(window)).members.push(id);
    }
    for ((whole, group), window) in groups {
        let draft = windows.entry(window).or_insert_with(|| new(window));
        if whole {
            draft.groups.insert(group)
        } else {
            draft.open_groups.insert(group)
        };
    }
    windows.into_values().collect()
}
