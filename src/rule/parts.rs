//! The part of scopes that looks at parts, compiled: the distinct scopes of a book, and the words that any of them asks
//! for, so that a name is searched once for all rules.

use super::{Rule, Scope};
use std::collections::BTreeMap;

/// What a part tells of itself by words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// The names of its materials.
    Material,
    /// Its names, and those of what holds it.
    Component,
    /// What it is for.
    Function,
    /// What it touches.
    Contact,
}

impl Told {
    /// All, in order.
    pub const ALL: [Told; 4] = [Told::Material, Told::Component, Told::Function, Told::Contact];
}

/// A scope that looks at words of parts. Words are indices in [`PartScopes`].
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartScope {
    /// One of these, where there are any.
    pub wanted: [Vec<u32>; 4],
    /// None of these.
    pub excluded: [Vec<u32>; 4],
}

/// A word that a scope asks for.
#[derive(Debug, Clone)]
struct Word {
    told: Told,
    /// As written in the rule: the id of a material.
    written: String,
    /// As it is searched for.
    lower: String,
}

/// The distinct scopes of a book that look at words of parts.
#[derive(Debug, Clone, Default)]
pub struct PartScopes {
    scopes: Vec<PartScope>,
    /// By rule.
    of: Vec<Option<u32>>,
    words: Vec<Word>,
    /// The words that begin with a byte, for each kind of telling.
    by_initial: BTreeMap<(Told, u8), Vec<u32>>,
}

/// Collects words and scopes, each once.
#[derive(Default)]
struct Collecting {
    words: BTreeMap<(Told, String), u32>,
    scopes: BTreeMap<PartScope, u32>,
}

impl Collecting {
    fn indices(&mut self, told: Told, words: &[String]) -> Vec<u32> {
        let index = |word: &String| {
            let next = self.words.len() as u32;
            *self.words.entry((told, word.clone())).or_insert(next)
        };
        let mut found: Vec<u32> = words.iter().map(index).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn scope(&mut self, scope: &Scope) -> Option<u32> {
        let wanted = [&scope.materials, &scope.components, &scope.functions, &scope.contact];
        let excluded = [&scope.exclude_materials, &scope.exclude_components, &scope.exclude_functions, &scope.exclude_contact];
        if wanted.into_iter().chain(excluded).all(Vec::is_empty) {
            return None;
        }
        let mut own = PartScope::default();
        for (at, told) in Told::ALL.into_iter().enumerate() {
            own.wanted[at] = self.indices(told, wanted[at]);
            own.excluded[at] = self.indices(told, excluded[at]);
        }
        let next = self.scopes.len() as u32;
        Some(*self.scopes.entry(own).or_insert(next))
    }
}

impl PartScopes {
    pub(super) fn new(rules: &[Rule]) -> PartScopes {
        let mut found = Collecting::default();
        let of = rules.iter().map(|rule| found.scope(&rule.scope)).collect();
        let mut words: Vec<(u32, Word)> = found
            .words
            .into_iter()
            .map(|((told, written), index)| (index, Word { told, lower: written.to_lowercase(), written }))
            .collect();
        words.sort_unstable_by_key(|(index, _)| *index);
        let mut by_initial: BTreeMap<(Told, u8), Vec<u32>> = BTreeMap::new();
        for (index, word) in &words {
            if let Some(initial) = word.lower.bytes().next() {
                by_initial.entry((word.told, initial)).or_default().push(*index);
            }
        }
        let mut scopes: Vec<(u32, PartScope)> = found.scopes.into_iter().map(|(scope, index)| (index, scope)).collect();
        scopes.sort_unstable_by_key(|(index, _)| *index);
        PartScopes {
            scopes: scopes.into_iter().map(|(_, scope)| scope).collect(),
            of,
            words: words.into_iter().map(|(_, word)| word).collect(),
            by_initial,
        }
    }

    /// The distinct scopes.
    pub fn scopes(&self) -> &[PartScope] {
        &self.scopes
    }

    /// The scope of the rule with this index; `None` where it asks for no word.
    pub fn of(&self, rule: usize) -> Option<u32> {
        self.of.get(rule).copied().flatten()
    }

    /// How many words there are.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// Calls `found` with each word that occurs in a lower-case text.
    pub fn words_in(&self, told: Told, lower: &str, mut found: impl FnMut(u32)) {
        for (start, initial) in lower.bytes().enumerate() {
            let Some(words) = self.by_initial.get(&(told, initial)) else { continue };
            let Some(rest) = lower.as_bytes().get(start..) else { continue };
            for index in words {
                if self.words.get(*index as usize).is_some_and(|word| rest.starts_with(word.lower.as_bytes())) {
                    found(*index);
                }
            }
        }
        // A word without letters is in every text.
        for (index, word) in self.words.iter().enumerate() {
            if word.told == told && word.lower.is_empty() {
                found(index as u32);
            }
        }
    }

    /// Calls `found` with the word that is the id of a material.
    pub fn material_word(&self, id: &str, mut found: impl FnMut(u32)) {
        for (index, word) in self.words.iter().enumerate() {
            if word.told == Told::Material && word.written == id {
                found(index as u32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_as_parts_of_a_text() {
        let mut found = Collecting::default();
        let scope = Scope { components: vec!["kabel".into(), "PVC-slang".into()], contact: vec!["hud".into()], ..Scope::default() };
        assert_eq!((found.scope(&scope), found.scope(&Scope::default()), found.scope(&scope)), (Some(0), None, Some(0)));
        let parts = PartScopes::new(&[]);
        assert_eq!((parts.words(), parts.of(0)), (0, None));
    }
}
