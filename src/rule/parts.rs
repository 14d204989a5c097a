//! The distinct scopes of a book that look at words of parts, so that what a part's names say is asked once for each of
//! them and not for each rule.

use super::{Rule, Scope};
use std::collections::BTreeMap;

/// The distinct scopes of a book that look at words of parts.
#[derive(Debug, Clone, Default)]
pub struct PartScopes {
    /// For each of them the first rule that has it.
    samples: Vec<u32>,
    /// By rule.
    of: Vec<Option<u32>>,
}

/// Everything in a scope that asks for words.
fn words(scope: &Scope) -> [&[String]; 8] {
    [
        &scope.materials,
        &scope.components,
        &scope.functions,
        &scope.contact,
        &scope.exclude_materials,
        &scope.exclude_components,
        &scope.exclude_functions,
        &scope.exclude_contact,
    ]
}

impl PartScopes {
    pub(super) fn new(rules: &[Rule]) -> PartScopes {
        let mut found: BTreeMap<[&[String]; 8], u32> = BTreeMap::new();
        let mut own = PartScopes::default();
        for (index, rule) in rules.iter().enumerate() {
            let words = words(&rule.scope);
            if words.iter().all(|words| words.is_empty()) {
                own.of.push(None);
                continue;
            }
            let next = own.samples.len() as u32;
            let scope = *found.entry(words).or_insert(next);
            if scope == next {
                own.samples.push(index as u32);
            }
            own.of.push(Some(scope));
        }
        own
    }

    /// For each distinct scope the index of a rule that has it.
    pub fn samples(&self) -> &[u32] {
        &self.samples
    }

    /// The scope of the rule with this index; `None` where it asks for no word.
    pub fn of(&self, rule: usize) -> Option<u32> {
        self.of.get(rule).copied().flatten()
    }
}
