//! From written rules to valid ones: ids are looked up, exemptions read, substances entered in the register.

use super::fault::{Faults, Place};
use super::lists::{self, ListRow};
use super::select::{Drafts, Laid, Wanted};
use super::sources::{Hashed, Location, document};
use super::table::Spot;
use super::written::{WrittenLimit, WrittenRule, WrittenScope, WrittenSubstances};
use crate::amount::Kind;
use crate::rule::lint::Outline;
use crate::rule::{Categories, Comparison, Consequence, Count, Exemption, Limit, Rule, Scope};
use crate::substance::{Cas, Register, SubstanceId};
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
    /// What rules select, laid out.
    pub(super) selections: BTreeMap<Wanted, Laid>,
}

/// An exemption and where its file says so.
type PlacedExemption = (Arc<Exemption>, Place);

/// A file that was read: its text, for the fingerprint of each set that names it, and its rows.
#[derive(Clone)]
pub(super) struct Read<T> {
    pub(super) text: Arc<str>,
    pub(super) rows: Arc<[T]>,
}

/// The set that a rule belongs to.
pub(super) struct Home<'a> {
    pub(super) index: usize,
    pub(super) consequence: Consequence,
    pub(super) list_complete: bool,
    pub(super) location: &'a Location,
    pub(super) hashed: &'a mut Hashed,
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
        let excluded: BTreeSet<SubstanceId> = self.numbers(&written.exclude).into_iter().collect();
        let mut materials = Vec::new();
        if let WrittenSubstances::Materials(names) = &written.substances.value {
            lists::check_materials(names, self.register, self.faults);
            materials.extend(names.iter().filter_map(|name| self.register.material(&name.value)));
        }
        let wanted = Wanted::of(written, home.location);
        let laid = self.laid(&wanted);
        let drafts = match &laid {
            Some(_) => Drafts::default(),
            None => self.drafts(written, &excluded, home)?,
        };
        if let WrittenSubstances::List(file) = &written.substances.value {
            self.hash_list(file, home);
        }
        // A selection that was laid out for another rule is not without substances.
        let selects = !matches!(written.substances.value, WrittenSubstances::Materials(_)) && laid.is_none();
        if drafts.is_empty() && selects && !written.broken && self.faults.count() == before {
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
        let laid = laid.unwrap_or_else(|| self.lay(wanted, drafts, elements.as_deref()));
        let stem_groups = laid.stem_groups.to_vec();
        let open = !matches!(written.substances.value, WrittenSubstances::Cas(_) | WrittenSubstances::Materials(_)) && {
            !matches!(written.substances.value, WrittenSubstances::List(_)) || !stem_groups.is_empty()
        };
        let entries = match written.count {
            Count::Each => laid.entries,
            // What is counted together is called by the rule.
            Count::Sum => laid.called(&label(&written.substances.value), &written.title.en),
        };
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
            stem_groups,
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
    pub(super) fn numbers(&mut self, written: &[Spot<String>]) -> Vec<SubstanceId> {
        let mut found = Vec::new();
        for spot in written {
            match Cas::parse(&spot.value) {
                Some(cas) => found.push(self.register.add(Some(cas), None, &cas.to_string(), None)),
                None => lists::bad_cas(&spot.value, &spot.place, self.faults),
            }
        }
        found
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

/// The set to which a list belongs that a rule names in another folder: `../reach-candidate-list/candidate-list.csv`.
fn list_of(substances: &WrittenSubstances) -> Option<Arc<str>> {
    let WrittenSubstances::List(file) = substances else { return None };
    let (set, _) = file.value.strip_prefix("../")?.split_once('/')?;
    Some(set.into())
}

/// How the substances of a rule are called together.
pub(super) fn label(substances: &WrittenSubstances) -> String {
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
