//! Picks rules by what a person asks for: set, consequence, substance, group, category, level, requirement, day.

use crate::declaration::Date;
use crate::rule::{Consequence, Of, Rule, RuleBook};
use crate::substance::{GroupId, Register, SubstanceId};
use std::collections::BTreeSet;

/// What a person asks for; what is empty asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Ids of rule sets.
    pub sets: Vec<String>,
    /// Consequences.
    pub consequences: Vec<Consequence>,
    /// Substances, of which the rule covers at least one.
    pub substances: Option<BTreeSet<SubstanceId>>,
    /// A group that the rule touches.
    pub group: Option<GroupId>,
    /// A category whose products the rule speaks of.
    pub category: Option<String>,
    /// What the limit is a share of.
    pub of: Vec<Of>,
    /// `base` or `advanced`.
    pub levels: Vec<String>,
    /// `specification`, `award` or `clause`.
    pub requirements: Vec<String>,
    /// In force on this day.
    pub on: Option<Date>,
}

/// The rules asked for, by id.
pub fn chosen<'a>(book: &'a RuleBook, register: &Register, asked: &Asked) -> Vec<&'a Rule> {
    book.rules.iter().filter(|rule| fits(book, register, rule, asked)).collect()
}

fn fits(book: &RuleBook, register: &Register, rule: &Rule, asked: &Asked) -> bool {
    let set = book.set_of(rule).map(|set| &*set.id).unwrap_or_default();
    let one_of = |list: &[String], own: Option<&str>| list.is_empty() || own.is_some_and(|own| list.iter().any(|asked| asked == own));
    one_of(&asked.sets, Some(set))
        && (asked.consequences.is_empty() || asked.consequences.contains(&rule.consequence))
        && (asked.of.is_empty() || asked.of.contains(&rule.limit.of))
        && one_of(&asked.levels, rule.level.as_deref())
        && one_of(&asked.requirements, rule.requirement.as_deref())
        && asked.on.is_none_or(|on| rule.from.is_none_or(|from| from <= on) && rule.until.is_none_or(|until| on <= until))
        && asked.category.as_deref().is_none_or(|category| speaks_of(book, rule, category))
        && asked.substances.as_ref().is_none_or(|substances| substances.iter().any(|id| covers(register, rule, *id)))
        && asked.group.is_none_or(|group| touches(register, rule, group))
}

/// Whether a rule is for products of a category: it or one above it is in the scope, or the scope names none.
fn speaks_of(book: &RuleBook, rule: &Rule, category: &str) -> bool {
    let within = |outer: &std::sync::Arc<str>| book.categories.is_within(category, outer);
    let scope = &rule.scope;
    (scope.categories.is_empty() || scope.categories.iter().any(within)) && !scope.exclude_categories.iter().any(within)
}

/// Whether a substance counts in a rule.
pub fn covers(register: &Register, rule: &Rule, id: SubstanceId) -> bool {
    rule.entries.iter().any(|entry| entry.members.iter().any(|(member, _)| *member == id))
        || register.material_of_substance(id).is_some_and(|material| rule.materials.contains(&material))
}

/// Whether a rule names a group, or a substance of it.
pub fn touches(register: &Register, rule: &Rule, group: GroupId) -> bool {
    rule.entries.iter().any(|entry| {
        entry.groups.contains(&group)
            || entry.open_groups.contains(&group)
            || register.members(group).iter().any(|member| entry.members.iter().any(|(id, _)| *id == member.substance))
    })
}
