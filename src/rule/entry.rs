//! What a rule counts: its list entries, with ids, names and members. A selection of the register ("everything that is
//! Carc. 1B") makes thousands of them, so one that is a single substance of the register takes no memory of its own.

use super::book::PackedEntries;
use crate::amount::Factor;
use crate::declaration::Date;
use crate::substance::{Cas, Ec, GroupId, SubstanceId};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// The id of an entry. It is a text only where a list or rule file writes one; a substance's number is made into text when
/// somebody reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryId {
    /// The entry is the substance with this CAS number.
    Cas(Cas),
    /// The entry is the substance with this EC number, which has no CAS number.
    Ec(Ec),
    /// As written in a list, the id of a group, or a name.
    Written(Cow<'static, str>),
}

impl Default for EntryId {
    fn default() -> EntryId {
        EntryId::Written(Cow::Borrowed(""))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntryId::Cas(cas) => cas.fmt(f),
            EntryId::Ec(ec) => ec.fmt(f),
            EntryId::Written(text) => f.write_str(text),
        }
    }
}

/// The substances of an entry with their factors, by id; most entries have one. Read it as a slice.
#[derive(Debug, Clone)]
pub struct Members(Held);

#[derive(Debug, Clone)]
enum Held {
    One([(SubstanceId, Factor); 1]),
    /// Shared, since a group that is counted together stands in many rules under as many titles.
    Several(Arc<[(SubstanceId, Factor)]>),
}

impl Members {
    /// One substance.
    pub const fn one(substance: SubstanceId, factor: Factor) -> Members {
        Members(Held::One([(substance, factor)]))
    }

    /// Those of several entries, which share them.
    pub(super) const fn shared(members: Arc<[(SubstanceId, Factor)]>) -> Members {
        Members(Held::Several(members))
    }

    /// The list in memory that entries may share; `None` for one substance by itself.
    pub(super) fn list(&self) -> Option<&Arc<[(SubstanceId, Factor)]>> {
        match &self.0 {
            Held::One(_) => None,
            Held::Several(several) => Some(several),
        }
    }

    /// Whether both are the same list in memory, which says nothing when they are not.
    fn is_shared_with(&self, other: &Members) -> bool {
        match (&self.0, &other.0) {
            (Held::Several(a), Held::Several(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl Default for Members {
    fn default() -> Members {
        Members(Held::Several(Arc::default()))
    }
}

impl Deref for Members {
    type Target = [(SubstanceId, Factor)];

    fn deref(&self) -> &[(SubstanceId, Factor)] {
        match &self.0 {
            Held::One(one) => one,
            Held::Several(several) => several,
        }
    }
}

impl FromIterator<(SubstanceId, Factor)> for Members {
    fn from_iter<I: IntoIterator<Item = (SubstanceId, Factor)>>(members: I) -> Members {
        Members(Held::Several(members.into_iter().collect()))
    }
}

impl PartialEq for Members {
    fn eq(&self, other: &Members) -> bool {
        self.is_shared_with(other) || **self == **other
    }
}

impl Eq for Members {}

/// One list entry of a rule: one substance, or several numbers and groups that count as one.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// Its id in the list; for rules without a list the CAS number or group.
    pub id: EntryId,
    /// Its name, for people; mostly the register's own.
    pub name: Cow<'static, str>,
    /// Substances with the factor that applies to each (1 without "as").
    pub members: Members,
    /// Groups that the entry names as such: a declared "lead compounds" is covered by the entry `lead`.
    pub groups: Vec<GroupId>,
    /// Groups whose unlisted members may count in it, though not everything in the group does.
    pub open_groups: Vec<GroupId>,
    /// On the list from this date.
    pub from: Option<Date>,
    /// On the list until this date, inclusive.
    pub until: Option<Date>,
}

/// The entries of a rule. Read them as a slice. Rules that select the same share them; those that the program carries are
/// laid out when somebody first reads them, since there are ten thousands and a run needs few.
#[derive(Clone, Default)]
pub struct Entries(Arc<Shared>);

#[derive(Default)]
struct Shared {
    laid: OnceLock<Box<[Entry]>>,
    packed: Option<PackedEntries>,
}

impl Entries {
    /// Entries that lie packed in the binary.
    pub(super) fn packed(packed: PackedEntries) -> Entries {
        Entries(Arc::new(Shared { laid: OnceLock::new(), packed: Some(packed) }))
    }

    /// Where they lie in memory: the same for all that share them.
    pub(super) fn address(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }
}

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        self.0.laid.get_or_init(|| self.0.packed.as_ref().map(PackedEntries::lay_out).unwrap_or_default())
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl FromIterator<Entry> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Entries {
        Entries(Arc::new(Shared { laid: OnceLock::from(entries.into_iter().collect::<Box<[Entry]>>()), packed: None }))
    }
}

impl<T: IntoIterator<Item = Entry>> From<T> for Entries {
    fn from(entries: T) -> Entries {
        entries.into_iter().collect()
    }
}
