//! The distinct scopes of a book that look at words of parts, so that what a part's names say is asked once for each of
//! them and not for each rule.

use super::{Rule, Scope};
use std::collections::{BTreeMap, BTreeSet};

/// The distinct scopes of a book that look at words of parts.
#[derive(Debug, Clone, Default)]
pub struct PartScopes {
    /// For each of them the first rule that has it.
    samples: Vec<u32>,
    /// By rule.
    of: Vec<Option<u32>>,
    /// The words that any of them asks of names, functions and contacts, lower case, at the number of their first byte.
    asked: Vec<BTreeSet<String>>,
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
            let scope = &rule.scope;
            let named = scope.components.iter().chain(&scope.exclude_components);
            let rest = scope.functions.iter().chain(&scope.exclude_functions).chain(&scope.contact).chain(&scope.exclude_contact);
            for word in named.chain(rest) {
                let word = word.strip_prefix('=').unwrap_or(word).to_lowercase();
                own.ask(word);
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

    fn ask(&mut self, word: String) {
        self.asked.resize_with(256, BTreeSet::new);
        if let Some(words) = self.asked.get_mut(usize::from(word.bytes().next().unwrap_or(0))) {
            words.insert(word);
        }
    }

    /// For each distinct scope the index of a rule that has it.
    pub fn samples(&self) -> &[u32] {
        &self.samples
    }

    /// Whether any scope asks for a word that is in this lower-case name, function or contact. Names that hold none of them
    /// say the same.
    pub fn ask_for(&self, lower: &str) -> bool {
        let begin = |byte: u8| self.asked.get(usize::from(byte)).filter(|words| !words.is_empty());
        // The empty word is in every text.
        begin(0).is_some()
            || lower.bytes().enumerate().any(|(at, byte)| {
                begin(byte).is_some_and(|words| {
                    let rest = lower.as_bytes().get(at..).unwrap_or(&[]);
                    words.iter().any(|word| rest.starts_with(word.as_bytes()))
                })
            })
    }

    /// The scope of the rule with this index; `None` where it asks for no word.
    pub fn of(&self, rule: usize) -> Option<u32> {
        self.of.get(rule).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_asked_for_as_parts_of_a_text() {
        let mut scopes = PartScopes::default();
        ["batteri", "kabel"].into_iter().for_each(|word| scopes.ask(word.to_string()));
        assert!(scopes.ask_for("nätkabel 2 m") && scopes.ask_for("batteri"));
        assert!(!scopes.ask_for("hölje") && !scopes.ask_for(""));
    }
}
