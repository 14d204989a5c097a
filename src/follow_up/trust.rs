//! Whose keys an organisation trusts: computed from its own events, so that who trusted and who revoked a key stays known.

use super::{Content, Event, in_order};
use crate::declaration::Date;
use std::collections::BTreeMap;

/// A key of another organisation, or another key of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Whose.
    pub organisation: String,
    /// The public key.
    pub key: String,
    /// Since when it is trusted.
    pub since: Date,
    /// Who said so last.
    pub author: String,
    /// When it was revoked, and why.
    pub revoked: Option<(Date, String)>,
}

/// The keys that an organisation knows, by whose they are and the key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    keys: BTreeMap<(String, String), TrustedKey>,
}

impl Trust {
    /// What the events of `organisation` come to; what others wrote about keys does not count.
    pub fn of(organisation: &str, events: impl IntoIterator<Item = Event>) -> Trust {
        let mut trust = Trust::default();
        for event in in_order(events.into_iter().filter(|event| event.organisation == organisation)) {
            match event.content {
                Content::KeyTrusted { on, organisation, key } => {
                    let known =
                        TrustedKey { organisation: organisation.clone(), key: key.clone(), since: on, author: event.author, revoked: None };
                    trust.keys.insert((organisation, key), known);
                }
                Content::KeyRevoked { on, organisation, key, reason } => {
                    if let Some(known) = trust.keys.get_mut(&(organisation, key)) {
                        known.author = event.author;
                        known.revoked = Some((on, reason));
                    }
                }
                _ => {}
            }
        }
        trust
    }

    /// Whether what the key signed for the organisation counts.
    pub fn holds(&self, organisation: &str, key: &str) -> bool {
        self.get(organisation, key).is_some_and(|known| known.revoked.is_none())
    }

    /// What is known of a key.
    pub fn get(&self, organisation: &str, key: &str) -> Option<&TrustedKey> {
        self.keys.get(&(organisation.to_string(), key.to_string()))
    }

    /// All of them, revoked ones too.
    pub fn iter(&self) -> impl Iterator<Item = &TrustedKey> {
        self.keys.values()
    }
}
