//! From written rules to valid ones: ids are looked up, lists and exemptions read, substances entered in the register,
//! and each rule's substances laid out as entries.

use super::fault::{Faults, Place};
use super::lists::{self, ListRow};
use super::sources::{Hashed, Location, document};
use super::table::Spot;
use super::written::{WrittenLimit, WrittenRule, WrittenScope, WrittenSubstances};
use crate::amount::{Factor, Kind};
use crate::declaration::Date;
use crate::rule::lint::Outline;
use crate::rule::{Categories, Comparison, Consequence, Count, Entry, Exemption, Limit, Rule, Scope};
use crate::substance::{Cas, GroupId, NameMeans, Register, SubstanceId, normalise_name};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What every rule is checked against.
pub(super) struct Check<'a> {
    pub(super) register: &'a mut Register,
    pub(super) categories: &'a Categories,
    pub(super) faults: &'a Faults,
    /// Lists and exemptions that were read already: many rules of a set name the same file.
    /// `None` for a file that cannot be read: that is told once.
    pub(super) lists: BTreeMap<Location, Option<Read<ListRow>>>,
    pub(super) exemptions: BTreeMap<Location, Option<Read<PlacedExemption>>>,
}

/// An exemption and where its file says so.
type PlacedExemption = (Arc<Exemption>, Place);

/// A file that was read: its text, for the fingerprint of each set that names it, and its rows.
#[derive(Clone)]
pub(super) struct Read<T> {
    text: Arc<str>,
    rows: Arc<[T]>,
}

/// The set that a rule belongs to.
pub(super) struct Home<'a> {
    pub(super) index: usize,
    pub(super) consequence: Consequence,
    pub(super) list_complete: bool,
    pub(super) location: &'a Location,
    pub(super) hashed: &'a mut Hashed,
}

/// An entry before factors are looked up.
#[derive(Debug, Default, Clone)]
struct Draft {
    id: String,
    name: String,
    members: BTreeSet<SubstanceId>,
    /// Groups that count whole.
    groups: BTreeSet<GroupId>,
    /// Groups of which more may count than is listed.
    open_groups: BTreeSet<GroupId>,
    from: Option<Date>,
    until: Option<Date>,
}

impl Check<'_> {
    /// The valid rule; `None` when something is wrong with it, which is told.
    pub(super) fn rule(&mut self, written: &WrittenRule, home: &mut Home) -> Option<Rule> {
        let before = self.faults.count();
        self.scope(&written.scope);
        let exemptions = match &written.exemptions {
            Some(file) => self.exemptions_of(file, home),
            None => Vec::new(),
        };
        let excluded: BTreeSet<SubstanceId> = self.numbers(&written.exclude).into_iter().map(|(_, id)| id).collect();
        let mut stem_groups: BTreeSet<GroupId> = BTreeSet::new();
        let mut materials = Vec::new();
        let mut drafts = Vec::new();
        match &written.substances.value {
            WrittenSubstances::Cas(numbers) => {
                for (cas, id) in self.numbers(numbers) {
                    let name = self.register.substance(id).name.to_string();
                    drafts.push(Draft { id: cas.to_string(), name, members: BTreeSet::from([id]), ..Draft::default() });
                }
            }
            WrittenSubstances::List(file) => {
                drafts = self.list(file, home)?;
                stem_groups.extend(drafts.iter().flat_map(|draft| draft.groups.iter().copied()));
            }
            WrittenSubstances::Groups(groups) => {
                for group in groups {
                    match self.register.group(&group.value) {
                        Some(id) => {
                            stem_groups.insert(id);
                            let members: Vec<SubstanceId> = self.register.members(id).iter().map(|member| member.substance).collect();
                            self.as_group(&group.value, Some(id), members, written, &mut drafts);
                        }
                        None => lists::unknown_group(&group.value, &group.place, self.faults),
                    }
                }
            }
            WrittenSubstances::Hazards(classes) => self.hazards(classes, &mut drafts, &mut stem_groups),
            WrittenSubstances::Structure(structure) => {
                if self.register.knows_structure(&structure.value) {
                    let group = self.register.group(&structure.value);
                    stem_groups.extend(group);
                    let members = self.register.with_structure(&structure.value).to_vec();
                    self.as_group(&structure.value, group, members, written, &mut drafts);
                } else {
                    let (written, known) = (&structure.value, self.register.structures().collect::<Vec<_>>().join(", "));
                    self.faults.at(
                        &structure.place,
                        format!("strukturen `{written}` finns inte i registret; det känner: {known}"),
                        format!("the register has no structure `{written}`; it knows: {known}"),
                    );
                }
            }
            WrittenSubstances::Materials(names) => {
                lists::check_materials(names, self.register, self.faults);
                materials.extend(names.iter().filter_map(|name| self.register.material(&name.value)));
            }
        }
        self.exclude(&excluded, &mut drafts);
        let is_material_rule = matches!(written.substances.value, WrittenSubstances::Materials(_));
        if drafts.is_empty() && !is_material_rule && !written.broken && self.faults.count() == before {
            self.faults.at(
                &written.substances.place,
                "regeln omfattar inget ämne; kontrollera substances och exclude",
                "the rule covers no substance; check substances and exclude",
            );
        }
        let elements = self.elements(written);
        let limit = limit(&written.limit, elements.as_deref());
        if written.broken || self.faults.count() > before {
            return None;
        }
        let open = !matches!(written.substances.value, WrittenSubstances::Cas(_) | WrittenSubstances::Materials(_)) && {
            !matches!(written.substances.value, WrittenSubstances::List(_)) || !stem_groups.is_empty()
        };
        let drafts = match written.count {
            Count::Each => drafts,
            Count::Sum => added(drafts, &label(&written.substances.value), &written.title.en),
        };
        let entries = drafts.into_iter().map(|draft| self.entry(draft, elements.as_deref())).collect();
        let words = |spots: &[Spot<String>]| spots.iter().map(|spot| spot.value.clone()).collect::<Vec<_>>();
        let ids = |spots: &[Spot<String>]| spots.iter().map(|spot| spot.value.as_str().into()).collect::<Vec<Arc<str>>>();
        let scope = &written.scope;
        Some(Rule {
            id: written.id.value.as_str().into(),
            set: home.index,
            title: written.title.clone(),
            entries,
            materials,
            open,
            stem_groups: stem_groups.into_iter().collect(),
            count: written.count,
            limit,
            scope: Scope {
                categories: ids(&scope.categories),
                exclude_categories: ids(&scope.exclude_categories),
                materials: words(&scope.materials),
                exclude_materials: words(&scope.exclude_materials),
                components: scope.components.clone(),
                exclude_components: scope.exclude_components.clone(),
                functions: scope.functions.clone(),
                exclude_functions: scope.exclude_functions.clone(),
                contact: scope.contact.clone(),
                exclude_contact: scope.exclude_contact.clone(),
                part_mass_from: scope.part_mass_from,
                part_share_from: scope.part_share_from,
                exclude_mixtures: scope.exclude_mixtures,
                named_only: scope.named_only,
            },
            from: written.from,
            until: written.until,
            exemptions,
            severity: written.severity,
            consequence: written.consequence.unwrap_or(home.consequence),
            list_of: list_of(&written.substances.value),
            list_complete: written.list_complete.unwrap_or(home.list_complete),
            requirement: written.requirement.as_deref().map(Into::into),
            level: written.level.as_deref().map(Into::into),
            evidence: written.evidence.iter().map(|kind| kind.as_str().into()).collect(),
            source: written.source.as_str().into(),
            advice: written.advice.clone(),
        })
    }

    /// Where a rule that has been read and its parts are written.
    pub(super) fn outline(&self, rule: &WrittenRule, location: &Location) -> Outline {
        let rows = rule.exemptions.as_ref().and_then(|file| self.exemptions.get(&location.beside(&file.value))?.as_ref());
        let counted = match &rule.substances.value {
            WrittenSubstances::List(file) => {
                let rows = self.lists.get(&location.beside(&file.value)).and_then(Option::as_ref);
                rows.into_iter().flat_map(|read| read.rows.iter().map(|row| row.entry.clone())).collect()
            }
            other => BTreeSet::from([label(other)]),
        };
        Outline {
            rule: rule.id.place.spot(),
            substances: rule.substances.place.spot(),
            limit: rule.limit.place.spot(),
            exemptions: rows.into_iter().flat_map(|read| read.rows.iter().map(|(_, place)| place.spot())).collect(),
            counted,
        }
    }

    fn scope(&self, scope: &WrittenScope) {
        for named in [&scope.categories, &scope.exclude_categories] {
            lists::check_categories(named, self.categories, self.faults);
        }
        for named in [&scope.materials, &scope.exclude_materials] {
            lists::check_materials(named, self.register, self.faults);
        }
    }

    /// CAS numbers as substances; those that fail are told.
    fn numbers(&mut self, written: &[Spot<String>]) -> Vec<(Cas, SubstanceId)> {
        let mut found = Vec::new();
        for spot in written {
            match Cas::parse(&spot.value) {
                Some(cas) => found.push((cas, self.register.add(Some(cas), None, &cas.to_string(), None))),
                None => lists::bad_cas(&spot.value, &spot.place, self.faults),
            }
        }
        found
    }

    /// Lays out a group (or structure): under `sum` it is one entry; under `each` every member is one. The group as such
    /// is an entry too: for members that nobody has listed and, where any presence violates, for the declared group, which
    /// then proves it without telling the member.
    fn as_group(&self, id: &str, group: Option<GroupId>, members: Vec<SubstanceId>, written: &WrittenRule, drafts: &mut Vec<Draft>) {
        let name = group.map_or(id, |group| self.register.group_names(group).0).to_string();
        let whole = written.count == Count::Sum;
        let any = written.limit.comparison == Comparison::Above && written.limit.steps == 0;
        let own = if whole { members.iter().copied().collect() } else { BTreeSet::new() };
        let group: BTreeSet<GroupId> = group.into_iter().collect();
        let covered = whole || any || members.is_empty();
        let (groups, open_groups) = if covered { (group, BTreeSet::new()) } else { (BTreeSet::new(), group) };
        drafts.push(Draft { id: id.to_string(), name, members: own, groups, open_groups, ..Draft::default() });
        if !whole {
            drafts.extend(members.into_iter().map(|member| self.single(member, None)));
        }
    }

    /// An entry of one substance.
    fn single(&self, id: SubstanceId, from: Option<Date>) -> Draft {
        let substance = self.register.substance(id);
        let number = substance.cas.map(|cas| cas.to_string()).or(substance.ec.map(|ec| ec.to_string()));
        let name = substance.name.to_string();
        Draft { id: number.unwrap_or_else(|| name.clone()), name, members: BTreeSet::from([id]), from, ..Draft::default() }
    }

    fn hazards(&self, classes: &[Spot<String>], drafts: &mut Vec<Draft>, stem_groups: &mut BTreeSet<GroupId>) {
        let mut first: BTreeMap<SubstanceId, Option<Date>> = BTreeMap::new();
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
            for (id, from) in members {
                let day = first.entry(*id).or_insert(*from);
                *day = day.zip(*from).map(|(a, b)| a.min(b));
            }
            // "Lead compounds, except those specified elsewhere": what is not listed by itself.
            for (group, from) in self.register.groups_with_hazard(&class.value) {
                stem_groups.insert(*group);
                let id = format!("{} {}", self.register.group_id(*group), class.value);
                let name = self.register.group_names(*group).0.to_string();
                drafts.push(Draft { id, name, open_groups: BTreeSet::from([*group]), from: *from, ..Draft::default() });
            }
        }
        drafts.extend(first.into_iter().map(|(id, from)| self.single(id, from)));
    }

    /// The entries of a list.
    fn list(&mut self, file: &Spot<String>, home: &mut Home) -> Option<Vec<Draft>> {
        let location = home.location.beside(&file.value);
        if !self.lists.contains_key(&location) {
            let read = document(&location, Some(&file.place), self.faults)
                .map(|document| Read { rows: lists::list(&document, self.register, self.faults).into(), text: document.text });
            self.lists.insert(location.clone(), read);
        }
        let Read { text, rows } = self.lists.get(&location)?.clone()?;
        home.hashed.insert(&file.value, &text);
        let mut order: Vec<Draft> = Vec::new();
        let mut places: BTreeMap<(String, Option<Date>, Option<Date>), usize> = BTreeMap::new();
        let mut placed = Vec::with_capacity(rows.len());
        let mut nameless: BTreeMap<String, BTreeSet<SubstanceId>> = BTreeMap::new();
        for row in rows.iter() {
            let at = *places.entry((row.entry.clone(), row.from, row.until)).or_insert_with(|| {
                order.push(Draft { id: row.entry.clone(), name: row.name.clone(), from: row.from, until: row.until, ..Draft::default() });
                order.len() - 1
            });
            placed.push(at);
            let mut members: Vec<SubstanceId> = Vec::new();
            if let Some(cas) = row.cas {
                let name = if row.name.is_empty() { cas.to_string() } else { row.name.clone() };
                if !row.name.is_empty() && self.register.by_name(&normalise_name(&name)).is_none() {
                    nameless.entry(name.clone()).or_default();
                }
                let id = self.register.add(Some(cas), row.ec, &name, None);
                members.push(id);
                if let Some(ids) = nameless.get_mut(&name) {
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
                self.register.add_name(id, &name, false);
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
        Some(order)
    }

    /// A row without numbers is found by its name, so that a declaration that names it exactly resolves to it.
    fn by_name_only(&mut self, name: &str, draft: &mut Draft) {
        match self.register.by_name(&normalise_name(name)) {
            Some(NameMeans::One(id)) => {
                draft.members.insert(id);
            }
            Some(NameMeans::Group(group)) => {
                draft.groups.insert(group);
                draft.members.extend(self.register.members(group).iter().map(|member| member.substance));
            }
            Some(NameMeans::Several(ids)) if ids.iter().all(|id| draft.members.contains(id)) => {}
            Some(NameMeans::Several(_)) | None => {
                draft.members.insert(self.register.add(None, None, name, None));
            }
        }
    }

    /// Takes substances out. A group of which something is out is no longer covered as a whole.
    fn exclude(&self, excluded: &BTreeSet<SubstanceId>, drafts: &mut Vec<Draft>) {
        if excluded.is_empty() {
            return;
        }
        for draft in drafts.iter_mut() {
            draft.members.retain(|id| !excluded.contains(id));
            let holds = |group: &GroupId| self.register.members(*group).iter().any(|member| excluded.contains(&member.substance));
            let (open, whole) = std::mem::take(&mut draft.groups).into_iter().partition(|group| holds(group));
            draft.groups = whole;
            draft.open_groups.extend::<BTreeSet<GroupId>>(open);
        }
        drafts.retain(|draft| !draft.members.is_empty() || !draft.groups.is_empty() || !draft.open_groups.is_empty());
    }

    /// The elements that the limit counts: none without `as`, one, or those of the rule's groups with `as = "element"`.
    fn elements(&self, written: &WrittenRule) -> Option<Vec<String>> {
        let element = written.limit.element.as_ref()?;
        let groups: &[Spot<String>] = match &written.substances.value {
            WrittenSubstances::Groups(groups) => groups,
            _ => &[],
        };
        let own = |group: &Spot<String>| {
            self.register.group(&group.value).and_then(|id| self.register.group_element(id)).map(|element| element.to_string())
        };
        if element.value == "element" {
            if groups.is_empty() {
                self.faults.at(
                    &element.place,
                    "as = \"element\" gäller bara group och groups; skriv ett grundämne",
                    "as = \"element\" is for group and groups only; write an element",
                );
            }
            let mut found = Vec::new();
            for group in groups {
                match own(group) {
                    Some(element) => found.push(element),
                    None => {
                        let written = &group.value;
                        self.faults.at(
                            &group.place,
                            format!("gruppen `{written}` har inget grundämne"),
                            format!("the group `{written}` has no element"),
                        );
                    }
                }
            }
            return Some(found);
        }
        let written = &element.value;
        if !self.register.knows_element(written) {
            let known = self.register.elements().collect::<Vec<_>>().join(", ");
            self.faults.at(
                &element.place,
                format!("registret har inga halter för grundämnet `{written}`; det känner: {known}"),
                format!("the register has no shares of the element `{written}`; it knows: {known}"),
            );
        }
        for group in groups {
            if let Some(other) = own(group).filter(|other| other != written) {
                let name = &group.value;
                self.faults.at(
                    &element.place,
                    format!("gränsen räknas som `{written}` men gruppen `{name}` gäller `{other}`"),
                    format!("the limit is counted as `{written}` but the group `{name}` is about `{other}`"),
                );
            }
        }
        Some(vec![written.clone()])
    }

    fn entry(&self, draft: Draft, elements: Option<&[String]>) -> Entry {
        let factor = |id: SubstanceId| match elements {
            None => Factor::ONE,
            Some(elements) => {
                // A substance of two groups (lead chromate) counts with both of its elements.
                let shares: Vec<Factor> = elements.iter().filter_map(|element| self.register.factor(id, element)).collect();
                match shares.is_empty() {
                    true => Factor::UNKNOWN,
                    false => Factor {
                        lo: shares.iter().map(|share| share.lo).sum::<u32>().min(10_000),
                        hi: shares.iter().map(|share| share.hi).sum::<u32>().min(10_000),
                    },
                }
            }
        };
        Entry {
            id: draft.id.into(),
            name: draft.name.into(),
            members: draft.members.into_iter().map(|id| (id, factor(id))).collect(),
            groups: draft.groups.into_iter().collect(),
            open_groups: draft.open_groups.into_iter().collect(),
            from: draft.from,
            until: draft.until,
        }
    }

    fn exemptions_of(&mut self, file: &Spot<String>, home: &mut Home) -> Vec<Arc<Exemption>> {
        let location = home.location.beside(&file.value);
        if !self.exemptions.contains_key(&location) {
            let read = document(&location, Some(&file.place), self.faults).map(|document| Read {
                rows: lists::exemptions(&document, self.register, self.categories, self.faults).into(),
                text: document.text,
            });
            self.exemptions.insert(location.clone(), read);
        }
        match self.exemptions.get(&location) {
            Some(Some(Read { text, rows })) => {
                home.hashed.insert(&file.value, text);
                rows.iter().map(|(exemption, _)| Arc::clone(exemption)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The entries of a rule that adds: one for each pair of dates, each substance in one of them only, else it would be
/// counted twice.
fn added(drafts: Vec<Draft>, id: &str, name: &str) -> Vec<Draft> {
    type Window = (Option<Date>, Option<Date>);
    fn wider(a: Window, b: Window) -> Window {
        (a.0.zip(b.0).map(|(a, b)| a.min(b)), a.1.zip(b.1).map(|(a, b)| a.max(b)))
    }
    let mut members: BTreeMap<SubstanceId, Window> = BTreeMap::new();
    // Whole groups and open ones.
    let mut groups: BTreeMap<(bool, GroupId), Window> = BTreeMap::new();
    for draft in &drafts {
        let own = (draft.from, draft.until);
        for id in &draft.members {
            members.entry(*id).and_modify(|window| *window = wider(*window, own)).or_insert(own);
        }
        let whole = draft.groups.iter().map(|group| (true, *group));
        for key in whole.chain(draft.open_groups.iter().map(|group| (false, *group))) {
            groups.entry(key).and_modify(|window| *window = wider(*window, own)).or_insert(own);
        }
    }
    let mut windows: BTreeMap<Window, Draft> = BTreeMap::new();
    let new = |window: Window| Draft { id: id.into(), name: name.into(), from: window.0, until: window.1, ..Draft::default() };
    for (id, window) in members {
        windows.entry(window).or_insert_with(|| new(window)).members.insert(id);
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

/// The set to which a list belongs that a rule names in another folder: `../reach-candidate-list/candidate-list.csv`.
fn list_of(substances: &WrittenSubstances) -> Option<Arc<str>> {
    let WrittenSubstances::List(file) = substances else { return None };
    let (set, _) = file.value.strip_prefix("../")?.split_once('/')?;
    Some(set.into())
}

/// How the substances of a rule are called together.
fn label(substances: &WrittenSubstances) -> String {
    let joined = |spots: &[Spot<String>]| spots.iter().map(|spot| spot.value.as_str()).collect::<Vec<_>>().join("+");
    match substances {
        WrittenSubstances::Cas(spots)
        | WrittenSubstances::Groups(spots)
        | WrittenSubstances::Hazards(spots)
        | WrittenSubstances::Materials(spots) => joined(spots),
        WrittenSubstances::List(file) => file.value.trim_end_matches(".csv").to_string(),
        WrittenSubstances::Structure(structure) => structure.value.clone(),
    }
}

fn limit(written: &WrittenLimit, elements: Option<&[String]>) -> Limit {
    Limit {
        comparison: written.comparison,
        steps: written.steps,
        unit: written.unit,
        of: written.of,
        element: elements.map(|elements| elements.join(" + ").into()),
        kind: written.kind.unwrap_or(Kind::Content),
        basis: written.basis,
        decision: written.decision.unwrap_or_default(),
        intentional: written.intentional,
        used: written.used,
    }
}

/// Why a limit is looser than another, in Swedish and English; `None` when it is as strict or stricter.
pub(super) fn looser(new: &WrittenLimit, old: &WrittenLimit) -> Option<(&'static str, &'static str)> {
    use crate::rule::Of::{Article, HomogeneousMaterial, Product};
    let ban = |limit: &WrittenLimit| limit.comparison == Comparison::Above && limit.steps == 0 && !limit.intentional && !limit.used;
    // Any part that exceeds a limit proves nothing of the whole, but a whole that does proves it of a part: finer is stricter.
    let finer = |of| match of {
        Product => Some(0),
        Article => Some(1),
        HomogeneousMaterial => Some(2),
        _ => None,
    };
    let level_holds = new.of == old.of || finer(new.of).zip(finer(old.of)).is_some_and(|(new, old)| new > old);
    if !level_holds {
        return Some(("gäller en annan eller grövre nivå (`of`)", "is for another or coarser level (`of`)"));
    }
    if new.element.as_ref().map(|spot| &spot.value) != old.element.as_ref().map(|spot| &spot.value) && new.element.is_some() {
        return Some(("räknas som ett annat grundämne (`as`)", "is counted as another element (`as`)"));
    }
    if ban(new) && !old.used {
        return None;
    }
    if new.used != old.used {
        return Some(("går inte att jämföra (`used_in_manufacture`)", "cannot be compared (`used_in_manufacture`)"));
    }
    if new.intentional != old.intentional {
        return Some(("går inte att jämföra (`intentional`)", "cannot be compared (`intentional`)"));
    }
    if new.unit.dimension != old.unit.dimension || new.kind.unwrap_or_default() != old.kind.unwrap_or_default() || new.basis != old.basis {
        return Some(("mäter något annat (enhet, `kind` eller `basis`)", "measures something else (unit, `kind` or `basis`)"));
    }
    if new.decision != old.decision && new.decision.is_some() {
        return Some(("tolkar mätosäkerheten på ett annat sätt (`decision`)", "reads measurement uncertainty in another way (`decision`)"));
    }
    // Above 5 steps is from 6.
    let first = |limit: &WrittenLimit| match limit.comparison {
        Comparison::Above => limit.steps.saturating_add(1),
        Comparison::From => limit.steps,
    };
    (first(new) > first(old)).then_some(("är högre", "is higher"))
}

/// The place of a limit or rule, for messages that show both sides.
pub(super) fn shown(place: &Place) -> String {
    place.to_string()
}
