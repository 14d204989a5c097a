//! Holding the log against its seals: altered events, wrong signatures, and numbers that are missing or stand twice.

use super::database::{Database, Row};
use super::log::{EVENT, Log, PAGE, kind_of, sealed, spread};
use super::{Broken, Sealed, StoreError};
use crate::follow_up::Content;
use std::collections::{BTreeMap, BTreeSet};

/// Which event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// Whose it is.
    pub organisation: String,
    /// The stream.
    pub stream: String,
    /// Its number there.
    pub sequence: u64,
}

/// Something wrong with the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Envelope or content is not what was sealed.
    Altered(Place),
    /// The signature is not that of its key.
    Signature(Place),
    /// The content cannot be read.
    Unreadable(Place),
    /// Another event has the same id.
    SameId(Place),
    /// A number stands twice in a stream: two copies of one store were written to.
    Doubled(Place),
    /// Numbers are missing in a stream.
    Missing {
        /// Whose.
        organisation: String,
        /// The stream.
        stream: String,
        /// The first missing number.
        from: u64,
        /// The last.
        to: u64,
    },
}

/// A stream and how far it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamCount {
    /// Whose.
    pub organisation: String,
    /// The store where its events began.
    pub stream: String,
    /// How many events are here.
    pub events: u64,
}

/// A key that signed events here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// Whose events.
    pub organisation: String,
    /// The public key.
    pub key: String,
    /// Who used it first.
    pub author: String,
    /// When.
    pub first_used: String,
    /// How many events it signed.
    pub events: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspection {
    /// How many events were looked at.
    pub events: u64,
    /// The streams.
    pub streams: Vec<StreamCount>,
    /// The keys. Whether they are those of whom they should be is for a person to say.
    pub keys: Vec<KeyUse>,
    /// What is wrong; sorted.
    pub troubles: Vec<Trouble>,
}

/// Looks at every event.
pub fn inspect<D: Database>(log: &mut Log<D>) -> Result<Inspection, StoreError> {
    let mut found = Inspection::default();
    let mut streams: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
    let mut used: BTreeMap<(String, String), u64> = BTreeMap::new();
    // Numbers that a later event of the stream stands in for: nobody misses them.
    let mut replaced: BTreeMap<(String, String), BTreeSet<u64>> = BTreeMap::new();
    let mut after = 0_u64;
    loop {
        let sql = format!("SELECT {EVENT} FROM event WHERE position > $1 ORDER BY position LIMIT {PAGE}");
        let page = log.database.query(&sql, vec![after.into()])?;
        let last = page.len() < PAGE as usize;
        let page: Vec<(u64, String, Sealed)> = page.into_iter().map(sealed).collect();
        let seals = spread(&page, |(_, _, event)| event.verify());
        for ((position, kind, event), seal) in page.into_iter().zip(seals) {
            after = position;
            found.events += 1;
            let place = || Place {
                id: event.id.clone(),
                subject: event.subject.clone(),
                organisation: event.organisation.clone(),
                stream: event.stream.clone(),
                sequence: event.sequence,
            };
            match seal {
                // The kind stands beside the content for readers, so it must say the same.
                Ok(()) if kind != kind_of(&event.content) => found.troubles.push(Trouble::Altered(place())),
                Ok(()) if event.open().is_err() => found.troubles.push(Trouble::Unreadable(place())),
                Ok(()) => {}
                Err(Broken::Altered) => found.troubles.push(Trouble::Altered(place())),
                Err(Broken::Signature) => found.troubles.push(Trouble::Signature(place())),
                Err(Broken::Content) => found.troubles.push(Trouble::Unreadable(place())),
            }
            *used.entry((event.organisation.clone(), event.key.clone())).or_default() += 1;
            if kind == "shared"
                && let Ok(Content::Shared(shared)) = event.open().map(|event| event.content)
            {
                let own = replaced.entry((event.organisation.clone(), event.stream.clone())).or_default();
                own.extend(shared.replaces.into_iter().filter(|number| *number < event.sequence));
            }
            streams.entry((event.organisation, event.stream)).or_default().push(event.sequence);
        }
        if last {
            break;
        }
    }
    let mut ends: BTreeMap<(String, String), u64> = BTreeMap::new();
    for mut row in log.database.query("SELECT organisation, stream, last FROM stream", Vec::new())? {
        let (organisation, stream, last) = (row.text(), row.text(), row.count());
        streams.entry((organisation.clone(), stream.clone())).or_default();
        ends.insert((organisation, stream), last);
    }
    for ((organisation, stream), mut numbers) in streams {
        let events = numbers.len() as u64;
        numbers.extend(replaced.remove(&(organisation.clone(), stream.clone())).unwrap_or_default());
        numbers.sort_unstable();
        let last = ends.get(&(organisation.clone(), stream.clone())).copied().unwrap_or(0);
        let mut expected = 1;
        // As if there were one more: what is missing at the end is missing too.
        for number in numbers.into_iter().chain([last + 1]) {
            if number > expected {
                let (organisation, stream) = (organisation.clone(), stream.clone());
                found.troubles.push(Trouble::Missing { organisation, stream, from: expected, to: number - 1 });
            }
            expected = expected.max(number + 1);
        }
        found.streams.push(StreamCount { organisation, stream, events });
    }
    found.troubles.extend(doubled(log)?);
    for mut row in log.database.query("SELECT organisation, public_key, author, first_used FROM signing_key", Vec::new())? {
        let (organisation, key, author, first_used) = (row.text(), row.text(), row.text(), row.text());
        let events = used.remove(&(organisation.clone(), key.clone())).unwrap_or(0);
        found.keys.push(KeyUse { organisation, key, author, first_used, events });
    }
    found.keys.sort_by(|a, b| (&a.organisation, &a.first_used, &a.key).cmp(&(&b.organisation, &b.first_used, &b.key)));
    found.troubles.sort();
    Ok(found)
}

/// Numbers and ids that stand more than once.
fn doubled<D: Database>(log: &mut Log<D>) -> Result<Vec<Trouble>, StoreError> {
    let read =
        |mut row: Row| Place { id: row.text(), subject: row.text(), organisation: row.text(), stream: row.text(), sequence: row.count() };
    let mut troubles = Vec::new();
    for (columns, trouble) in
        [("organisation, stream, sequence", Trouble::Doubled as fn(Place) -> Trouble), ("id", Trouble::SameId as fn(Place) -> Trouble)]
    {
        let on: Vec<String> = columns.split(", ").map(|column| format!("e.{column} = twice.{column}")).collect();
        let sql = format!(
            "SELECT e.id, e.subject, e.organisation, e.stream, e.sequence FROM event e \
             JOIN (SELECT {columns} FROM event GROUP BY {columns} HAVING count(*) > 1) twice ON {}",
            on.join(" AND ")
        );
        troubles.extend(log.database.query(&sql, Vec::new())?.into_iter().map(read).map(trouble));
    }
    Ok(troubles)
}
