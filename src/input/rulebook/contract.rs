//! Contract profiles: what is bought, which rule sets hold, what is made stricter, and the contract's own rules and
//! exemptions.

use super::fault::{Faults, Place};
use super::lists;
use super::sources::Location;
use super::table::{Spot, Table};
use super::valid::{looser, shown};
use super::written::{self, WrittenLimit, WrittenRule};
use crate::declaration::{Date, Text};
use crate::rule::{Categories, Consequence, Contract, Exemption, Expiry, Gate, ListPolicy};
use crate::substance::{Cas, Register};
use std::sync::Arc;

/// A contract as written.
#[derive(Debug, Clone)]
pub(super) struct WrittenContract {
    pub(super) id: Spot<String>,
    pub(super) title: Text,
    pub(super) buyer: String,
    pub(super) categories: Vec<Spot<String>>,
    pub(super) tender: Option<Date>,
    pub(super) award: Option<Date>,
    pub(super) period: Option<(Date, Date)>,
    pub(super) list_policy: ListPolicy,
    pub(super) gate: Option<Gate>,
    pub(super) rulesets: Vec<Spot<String>>,
    pub(super) tighten: Vec<Tighten>,
    pub(super) rules: Vec<WrittenRule>,
    pub(super) exemptions: Vec<WrittenExemption>,
}

/// `[[tighten]]`.
#[derive(Debug, Clone)]
pub(super) struct Tighten {
    pub(super) rule: Spot<String>,
    pub(super) limit: Option<WrittenLimit>,
    pub(super) consequence: Option<Consequence>,
}

/// `[[exemption]]`.
#[derive(Debug, Clone)]
pub(super) struct WrittenExemption {
    pub(super) id: Spot<String>,
    pub(super) rule: Spot<String>,
    pub(super) title: Text,
    pub(super) cas: Vec<Spot<String>>,
    pub(super) groups: Vec<Spot<String>>,
    pub(super) categories: Vec<Spot<String>>,
    pub(super) materials: Vec<Spot<String>>,
    pub(super) components: Vec<String>,
    pub(super) functions: Vec<String>,
    pub(super) valid_from: Option<Date>,
    pub(super) expires: Expiry,
}

/// Reads a contract file.
pub(super) fn contract(root: &Table) -> Option<WrittenContract> {
    let head = root.required_table("contract");
    let rules = root.tables("rule").iter().map(written::rule).collect();
    let tighten = root.tables("tighten").iter().filter_map(tighten).collect();
    let exemptions = root.tables("exemption").iter().filter_map(exemption).collect();
    root.finish();
    let head = head?;
    let id = head.id("id");
    let title = head.required_both("title");
    let buyer = head.text("buyer").map(|spot| spot.value).unwrap_or_default();
    let categories = head.texts("categories");
    let (tender, award) = (head.date("tender"), head.date("award"));
    let period = head.table("period").and_then(|inner| {
        let days = (inner.date("from"), inner.date("to"));
        for (key, missing) in [("from", !inner.has("from")), ("to", !inner.has("to"))] {
            if missing {
                inner.faults().at(&inner.place(), format!("`{key}` saknas i avtalstiden"), format!("`{key}` is missing in the period"));
            }
        }
        inner.finish();
        written::in_order(&inner, &days.0, &days.1);
        Some((days.0?.value, days.1?.value))
    });
    let days = [("tender", &tender), ("award", &award)];
    for (at, (late, day)) in days.iter().enumerate() {
        let first_day = head.table("period").and_then(|inner| inner.date("from"));
        let later = days.get(at + 1).map(|(key, day)| (*key, *day)).into_iter().chain([("period.from", &first_day)]);
        for (key, other) in later {
            if let (Some(day), Some(other)) = (day, other) {
                if other.value < day.value {
                    let (first, second) = (day.value, other.value);
                    head.faults().remark(
                        "dates-out-of-order",
                        &other.place,
                        format!("`{key}` ({second}) ligger före `{late}` ({first}); rätta den ena"),
                        format!("`{key}` ({second}) is before `{late}` ({first}); correct one of them"),
                    );
                }
            }
        }
    }
    let list_policy = head.word("list_policy", &["growing", "tender-date"], |code| match code {
        "growing" => Some(ListPolicy::Growing),
        "tender-date" => Some(ListPolicy::TenderDate),
        _ => None,
    });
    let list_policy = list_policy.map(|spot| (spot.value, spot.place));
    if let (Some((ListPolicy::TenderDate, place)), None) = (&list_policy, &tender) {
        head.faults().at(place, "`tender` saknas; listan ska räknas från den dagen", "`tender` is missing; the list counts from that day");
    }
    let gates = ["non-compliant", "undetermined", "declarable", "never"];
    let gate = head.word("gate", &gates, Gate::from_code).map(|spot| spot.value);
    let rulesets = head.texts("rulesets");
    head.finish();
    Some(WrittenContract {
        id: id?,
        title: title?,
        buyer,
        categories,
        tender: tender.map(|spot| spot.value),
        award: award.map(|spot| spot.value),
        period,
        list_policy: list_policy.map(|(policy, _)| policy).unwrap_or_default(),
        gate,
        rulesets,
        tighten,
        rules,
        exemptions,
    })
}

fn tighten(table: &Table) -> Option<Tighten> {
    let rule = table.id("rule");
    let limit = table.table("limit").and_then(|inner| written::limit(&inner));
    let consequence = written::consequence(table);
    if !table.has("limit") && !table.has("consequence") {
        table.faults().at(
            &table.place(),
            "här skärps inget; skriv en lägre `limit` eller consequence = \"contract\"",
            "nothing is tightened here; write a lower `limit` or consequence = \"contract\"",
        );
    }
    table.finish();
    Some(Tighten { rule: rule?, limit, consequence })
}

fn exemption(table: &Table) -> Option<WrittenExemption> {
    let (id, rule) = (table.id("id"), table.id("rule"));
    let title = table.both("title").unwrap_or_default();
    let words = |key| table.texts(key).into_iter().map(|spot| spot.value.trim().to_lowercase()).filter(|word| !word.is_empty()).collect();
    let (cas, groups) = (table.texts("cas"), table.texts("groups"));
    let (categories, materials) = (table.texts("categories"), table.texts("materials"));
    let (components, functions): (Vec<String>, Vec<String>) = (words("components"), words("functions"));
    let (from, until) = (table.date("valid_from"), table.date("expires"));
    written::in_order(table, &from, &until);
    if !table.has("expires") {
        table.faults().at(
            &table.place(),
            "`expires` saknas; skriv undantagets sista dag",
            "`expires` is missing; write the last day of the exemption",
        );
    }
    if components.is_empty() && functions.is_empty() {
        table.faults().at(
            &table.place(),
            "undantaget gäller allt; skriv `components` eller `functions`",
            "the exemption is for everything; write `components` or `functions`",
        );
    }
    table.finish();
    Some(WrittenExemption {
        id: id?,
        rule: rule?,
        title,
        cas,
        groups,
        categories,
        materials,
        components,
        functions,
        valid_from: from.map(|spot| spot.value),
        expires: Expiry::On(until?.value),
    })
}

/// Makes rules stricter as the contract says; refuses what loosens, naming both places. Beside each rule stands the
/// consequence of its set; `unknown_is_a_fault` is false for a rule that is only faulty.
pub(super) fn apply(
    contract: &WrittenContract,
    rules: &mut [(&mut WrittenRule, Consequence)],
    unknown_is_a_fault: &dyn Fn(&str) -> bool,
    faults: &Faults,
) {
    let mut done: Vec<(&str, &Place)> = Vec::new();
    for tighten in &contract.tighten {
        let id = &tighten.rule.value;
        if let Some((_, first)) = done.iter().find(|(own, _)| own == id) {
            let first = shown(first);
            faults.at(
                &tighten.rule.place,
                format!("`{id}` skärps redan på {first}; behåll det ena"),
                format!("`{id}` is tightened at {first} already; keep one"),
            );
            continue;
        }
        done.push((id, &tighten.rule.place));
        let Some((rule, of_set)) = rules.iter_mut().find(|(rule, _)| rule.id.value == *id) else {
            if unknown_is_a_fault(id) {
                faults.at(
                    &tighten.rule.place,
                    format!("regeln `{id}` finns inte i avtalets regelverk; kontrollera id och `rulesets`"),
                    format!("no rule set of the contract has the rule `{id}`; check the id and `rulesets`"),
                );
            }
            continue;
        };
        let old = rule.consequence.unwrap_or(*of_set);
        if let Some(new) = tighten.consequence {
            let weight = |consequence| match consequence {
                Consequence::Restriction => 4,
                Consequence::Contract => 3,
                Consequence::Information => 2,
                Consequence::Award => 1,
                Consequence::Watch => 0,
            };
            if weight(new) < weight(old) {
                let (place, new, old) = (shown(&rule.id.place), new.code(), old.code());
                faults.at(
                    &tighten.rule.place,
                    format!("`{id}` får inte göras mildare: {old} i {place} blir {new} här"),
                    format!("`{id}` may not be loosened: {old} at {place} becomes {new} here"),
                );
            } else {
                rule.consequence = Some(new);
            }
        }
        if let Some(new) = tighten.limit.as_ref().filter(|_| !rule.broken) {
            // What the contract does not write stays as the rule has it.
            let base = &rule.limit;
            let new = WrittenLimit {
                element: new.element.clone().or_else(|| base.element.clone()),
                kind: new.kind.or(base.kind),
                basis: new.basis.or(base.basis),
                decision: new.decision.or(base.decision),
                ..new.clone()
            };
            match looser(&new, base) {
                Some((sv, en)) => {
                    let place = shown(&base.place);
                    faults.at(
                        &new.place,
                        format!("`{id}` får inte göras mildare: gränsen här {sv} än den i {place}"),
                        format!("`{id}` may not be loosened: the limit here {en} than the one at {place}"),
                    );
                }
                None => rule.limit = new,
            }
        }
    }
}

/// The contract's own exemptions, each with the id of its rule. One from a restriction is refused.
pub(super) fn exemptions(
    contract: &WrittenContract,
    rules: &[(&WrittenRule, Consequence)],
    unknown_is_a_fault: &dyn Fn(&str) -> bool,
    register: &mut Register,
    categories: &Categories,
    faults: &Faults,
) -> Vec<(String, Arc<Exemption>)> {
    let mut granted = Vec::new();
    for own in &contract.exemptions {
        let id = &own.rule.value;
        match rules.iter().find(|(rule, _)| rule.id.value == *id) {
            None if unknown_is_a_fault(id) => faults.at(
                &own.rule.place,
                format!("regeln `{id}` finns inte i avtalets regelverk"),
                format!("no rule set of the contract has the rule `{id}`"),
            ),
            None => {}
            Some((rule, of_set)) if rule.consequence.unwrap_or(*of_set) == Consequence::Restriction => {
                let place = shown(&rule.id.place);
                faults.at(
                    &own.rule.place,
                    format!("`{id}` är en lag ({place}); ett avtal kan inte ge undantag från den"),
                    format!("`{id}` is law ({place}); a contract cannot grant an exemption from it"),
                );
            }
            Some(_) => {}
        }
        lists::check_categories(&own.categories, categories, faults);
        lists::check_materials(&own.materials, register, faults);
        let mut groups = Vec::new();
        for group in &own.groups {
            match register.group(&group.value) {
                Some(id) => groups.push(id),
                None => lists::unknown_group(&group.value, &group.place, faults),
            }
        }
        let mut substances = Vec::new();
        for number in &own.cas {
            match Cas::parse(&number.value) {
                Some(cas) => substances.push(register.add(Some(cas), None, &cas.to_string(), None)),
                None => lists::bad_cas(&number.value, &number.place, faults),
            }
        }
        let exemption = Exemption {
            id: own.id.value.as_str().into(),
            annex: None,
            substances,
            groups,
            categories: own.categories.iter().map(|spot| spot.value.as_str().into()).collect(),
            components: own.components.clone(),
            functions: own.functions.clone(),
            materials: own.materials.iter().map(|spot| spot.value.clone()).collect(),
            min: None,
            max: None,
            valid_from: own.valid_from,
            expires: own.expires,
            renewal_pending: false,
            granted: true,
            title: own.title.clone(),
        };
        granted.push((id.clone(), Arc::new(exemption)));
    }
    granted
}

/// The valid contract.
pub(super) fn valid(written: &WrittenContract, categories: &Categories, faults: &Faults) -> Contract {
    lists::check_categories(&written.categories, categories, faults);
    Contract {
        id: written.id.value.as_str().into(),
        title: written.title.clone(),
        buyer: written.buyer.as_str().into(),
        categories: written.categories.iter().map(|spot| spot.value.as_str().into()).collect(),
        tender: written.tender,
        award: written.award,
        period: written.period,
        list_policy: written.list_policy,
        gate: written.gate,
        tightened: written.tighten.iter().map(|tighten| tighten.rule.value.as_str().into()).collect(),
    }
}

/// Where the built-in contract of this id stands.
pub(super) fn built_in(id: &str) -> Location {
    Location::BuiltIn(format!("contracts/{id}.toml"))
}
