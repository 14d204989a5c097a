//! Sets of reasons and of notes. A verdict is reached some hundred times a product, nearly always without any, so neither
//! takes a place in memory.

use super::finding::Reason;

/// A set of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reasons(u32);

impl Reasons {
    pub const NONE: Reasons = Reasons(0);

    pub const fn of(reason: Reason) -> Reasons {
        Reasons(1 << reason as u32)
    }

    pub fn push(&mut self, reason: Reason) {
        self.0 |= Reasons::of(reason).0;
    }

    pub fn add(&mut self, others: Reasons) {
        self.0 |= others.0;
    }

    pub const fn contains(self, reason: Reason) -> bool {
        self.0 & Reasons::of(reason).0 != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether there is no other reason than this one.
    pub const fn only(self, reason: Reason) -> bool {
        self.0 & !Reasons::of(reason).0 == 0
    }

    /// The reason that is told.
    pub fn first(self) -> Option<Reason> {
        Reason::ALL.get(self.0.trailing_zeros() as usize).copied()
    }
}

impl Extend<Reason> for Reasons {
    fn extend<T: IntoIterator<Item = Reason>>(&mut self, reasons: T) {
        for reason in reasons {
            self.push(reason);
        }
    }
}

impl FromIterator<Reason> for Reasons {
    fn from_iter<T: IntoIterator<Item = Reason>>(reasons: T) -> Reasons {
        let mut set = Reasons::NONE;
        set.extend(reasons);
        set
    }
}

/// A short remark on a finding, in the order in which findings list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    AmountsDisagree,
    ListIncomplete,
    OutdatedList,
    StatementContradictsContent,
}

impl Note {
    const ALL: [(Note, &'static str); 4] = [
        (Note::AmountsDisagree, "amounts-disagree"),
        (Note::ListIncomplete, "list-incomplete"),
        (Note::OutdatedList, "outdated-list"),
        (Note::StatementContradictsContent, "statement-contradicts-content"),
    ];
}

/// A set of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Notes(u8);

impl Notes {
    pub const NONE: Notes = Notes(0);

    pub fn push(&mut self, note: Note) {
        self.0 |= 1 << note as u8;
    }

    /// As findings list them.
    pub fn words(self) -> Vec<&'static str> {
        Note::ALL.into_iter().filter(|(note, _)| self.0 & (1 << *note as u8) != 0).map(|(_, word)| word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_is_told() {
        for (at, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, at);
            assert_eq!(Reasons::of(reason).first(), Some(reason));
        }
        let set: Reasons = [Reason::StraddlesLimit, Reason::NoContent].into_iter().collect();
        assert_eq!((set.first(), set.only(Reason::NoContent)), (Some(Reason::NoContent), false));
        assert_eq!(Reasons::NONE.first(), None);
    }

    #[test]
    fn notes_are_listed_in_order() {
        let mut notes = Notes::NONE;
        notes.push(Note::OutdatedList);
        notes.push(Note::AmountsDisagree);
        assert_eq!(notes.words(), ["amounts-disagree", "outdated-list"]);
    }
}
