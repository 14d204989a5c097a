//! The store itself, over either database: the log, its numbers, and the tables that follow from it. Whatever is written
//! is written in one transaction together with the tables.

use super::database::{Database, Row, Value};
use super::project::Touched;
use super::rows::{self, DeviationRow, Filter, FollowUpRow, Page};
use super::seal::{Envelope, random_id};
use super::{Appending, Decide, Draft, Findings, Inspection, Sealed, Store, StoreError, Work, Writer, inspect, schema};
use crate::declaration::Date;
use crate::follow_up::{Content, Event, FollowUp, Moment};
use std::collections::{BTreeMap, BTreeSet};
use std::thread;

/// A store over a database.
pub struct Log<D> {
    pub(super) database: D,
    pub(super) id: String,
    inside: bool,
}

/// The columns of an event, in the order they are read and written.
pub const EVENT: &str = "position, id, organisation, stream, sequence, author, time, subject, kind, content, hash, public_key, signature";
const EVENT_WIDTH: usize = 13;
/// How many events are read at a time.
pub const PAGE: u32 = 2_000;
/// After so many new events it is worth counting what there is of everything.
const STOCK: u64 = 10_000;

impl<D: Database> Log<D> {
    /// Opens the store in a database, and makes the tables when there are none.
    pub fn open(database: D, may_upgrade: bool, now: Moment) -> Result<Log<D>, StoreError> {
        let mut log = Log { database, id: String::new(), inside: false };
        if !log.database.has_log()? {
            log.whole(|log| {
                // Somebody else may have made them while we waited.
                if log.database.has_log()? {
                    return Ok(());
                }
                log.database.begin_log()?;
                log.database.batch(schema::MIGRATION)?;
                log.migrate(0, now)?;
                let id = random_id().map_err(|error| StoreError::Other(error.to_string()))?;
                let values = vec![Value::from(id), now.to_string().into()];
                log.database.execute("INSERT INTO store (one, id, position, made) VALUES (1, $1, 0, $2)", values).map(|_| ())
            })?;
        }
        let found = log.number("SELECT max(version) FROM migration", Vec::new())?;
        let wanted = schema::VERSION;
        if found > wanted {
            return Err(StoreError::Newer { found, wanted });
        }
        if found < wanted {
            if !may_upgrade {
                return Err(StoreError::Older { found, wanted });
            }
            log.whole(|log| {
                let found = log.number("SELECT max(version) FROM migration", Vec::new())?;
                log.migrate(found, now)?;
                log.rebuild_inside().map(|_| ())
            })?;
        }
        let mut stores = log.database.query("SELECT id FROM store", Vec::new())?;
        log.id = stores.first_mut().map(Row::text).ok_or(StoreError::NotAStore)?;
        Ok(log)
    }

    fn migrate(&mut self, from: i64, now: Moment) -> Result<(), StoreError> {
        for (version, file) in (1_i64..).zip(schema::FILES) {
            if version > from {
                self.database.batch(file)?;
                let values = vec![Value::Number(version), now.to_string().into()];
                self.database.execute("INSERT INTO migration (version, applied) VALUES ($1, $2)", values)?;
            }
        }
        Ok(())
    }

    /// Does something whole or not at all.
    pub(super) fn whole<T>(&mut self, work: impl FnOnce(&mut Log<D>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.inside {
            return Err(StoreError::Other("a transaction inside another".to_string()));
        }
        let done = self.database.begin().and_then(|()| {
            self.inside = true;
            let done = work(self);
            self.inside = false;
            done
        });
        let done = done.and_then(|value| self.database.commit().map(|()| value));
        if done.is_err() {
            self.database.rollback();
        }
        done
    }

    pub(super) fn number(&mut self, sql: &str, values: Vec<Value>) -> Result<i64, StoreError> {
        Ok(self.database.query(sql, values)?.first_mut().map_or(0, Row::number))
    }

    /// The positions for so many events. Writers stand in line here until the first of them is done.
    pub(super) fn positions(&mut self, number: u64) -> Result<u64, StoreError> {
        let sql = "UPDATE store SET position = position + $1 WHERE one = 1 RETURNING position";
        let last = self.number(sql, vec![Value::from(number)])?;
        let last = u64::try_from(last).map_err(|_| StoreError::NotAStore)?;
        last.checked_sub(number).ok_or(StoreError::NotAStore)
    }

    fn append_inside(&mut self, writer: &Writer<'_>, decide: &mut Decide<'_>) -> Result<Vec<Event>, StoreError> {
        // Takes the lock before anything is looked at.
        self.positions(0)?;
        let drafts = decide(self)?;
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let sealed = self.add(writer, &drafts)?;
        let mut touched = Touched::default();
        drafts.iter().for_each(|draft| touched.add(&draft.subject, &draft.content));
        self.project(touched)?;
        sealed.iter().map(|event| event.open().map_err(|_| StoreError::Event(event.id.clone()))).collect()
    }

    /// Seals drafts with the next numbers of the writer's organisation and puts them in the log.
    fn add(&mut self, writer: &Writer<'_>, drafts: &[Draft]) -> Result<Vec<Sealed>, StoreError> {
        let count = drafts.len() as u64;
        let position = self.positions(count)?;
        let sql = "INSERT INTO stream (organisation, stream, last) VALUES ($1, $2, $3) \
                   ON CONFLICT (organisation, stream) DO UPDATE SET last = stream.last + excluded.last RETURNING last";
        let values = vec![Value::from(writer.organisation), self.id.as_str().into(), count.into()];
        let last = u64::try_from(self.number(sql, values)?).map_err(|_| StoreError::NotAStore)?;
        let before = last.checked_sub(count).ok_or(StoreError::NotAStore)?;
        let numbered: Vec<(&Draft, u64)> = drafts.iter().zip(before + 1..).collect();
        let stream = self.id.as_str();
        let seal = |(draft, sequence): &(&Draft, u64)| {
            let Writer { organisation, author, now, .. } = *writer;
            let envelope = Envelope { organisation, author, stream, sequence: *sequence, time: now };
            Sealed::new(draft, &envelope, writer.signer).map_err(|error| StoreError::Other(error.to_string()))
        };
        let sealed = spread(&numbered, seal).into_iter().collect::<Result<Vec<Sealed>, StoreError>>()?;
        self.insert((position + 1..).zip(sealed.iter().cloned()).collect())?;
        Ok(sealed)
    }

    fn append_each_inside(&mut self, writer: &Writer<'_>, work: &mut Work<'_>) -> Result<u64, StoreError> {
        // Takes the lock before anything is looked at.
        self.positions(0)?;
        let mut open = Open { log: self, writer, waiting: Vec::new(), weight: 0, touched: Touched::default(), added: 0 };
        work(&mut open)?;
        open.pass_on()?;
        let Open { touched, added, .. } = open;
        self.project(touched)?;
        if added >= STOCK {
            self.database.take_stock()?;
        }
        Ok(added)
    }

    pub(super) fn insert(&mut self, events: Vec<(u64, Sealed)>) -> Result<(), StoreError> {
        let mut keys: BTreeMap<(String, String), (String, String)> = BTreeMap::new();
        let rows = events
            .into_iter()
            .map(|(position, event)| {
                let user = (event.author.clone(), event.time.clone());
                keys.entry((event.organisation.clone(), event.key.clone())).or_insert(user);
                let kind = kind_of(&event.content);
                vec![
                    position.into(),
                    event.id.into(),
                    event.organisation.into(),
                    event.stream.into(),
                    event.sequence.into(),
                    event.author.into(),
                    event.time.into(),
                    event.subject.into(),
                    kind.into(),
                    event.content.into(),
                    event.hash.into(),
                    event.key.into(),
                    event.signature.into(),
                ]
            })
            .collect();
        self.database.insert(&format!("INSERT INTO event ({EVENT}) VALUES"), EVENT_WIDTH, rows, "")?;
        let keys =
            keys.into_iter().map(|((organisation, key), (author, time))| [organisation, key, author, time].map(Value::from).to_vec());
        let sql = "INSERT INTO signing_key (organisation, public_key, author, first_used) VALUES";
        self.database.insert(sql, 4, keys.collect(), "ON CONFLICT (organisation, public_key) DO NOTHING").map(|_| ())
    }

    fn merge_inside(&mut self, events: &[Sealed]) -> Result<u64, StoreError> {
        self.positions(0)?;
        let mut known: BTreeSet<(String, String)> = BTreeSet::new();
        for some in events.chunks(250) {
            let marks: Vec<String> = (1..=some.len()).map(|at| format!("${at}")).collect();
            let sql = format!("SELECT id, hash FROM event WHERE id IN ({})", marks.join(", "));
            let found = self.database.query(&sql, some.iter().map(|event| event.id.as_str().into()).collect())?;
            known.extend(found.into_iter().map(|mut row| (row.text(), row.text())));
        }
        let mut new: Vec<&Sealed> = Vec::new();
        for event in events {
            if known.insert((event.id.clone(), event.hash.clone())) {
                new.push(event);
            }
        }
        if new.is_empty() {
            return Ok(0);
        }
        let added = new.len() as u64;
        let position = self.positions(added)?;
        let mut streams: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        let mut touched = Touched::default();
        for event in &new {
            let last = streams.entry((&event.organisation, &event.stream)).or_default();
            *last = (*last).max(event.sequence);
            let content = event.open().map_err(|_| StoreError::Event(event.id.clone()))?.content;
            touched.add(&event.subject, &content);
        }
        let streams = streams.into_iter().map(|((organisation, stream), last)| vec![organisation.into(), stream.into(), last.into()]);
        self.database.insert(
            "INSERT INTO stream (organisation, stream, last) VALUES",
            3,
            streams.collect(),
            "ON CONFLICT (organisation, stream) DO UPDATE \
             SET last = CASE WHEN excluded.last > stream.last THEN excluded.last ELSE stream.last END",
        )?;
        self.insert((position + 1..).zip(new.into_iter().cloned()).collect())?;
        self.project(touched)?;
        if added >= STOCK {
            self.database.take_stock()?;
        }
        Ok(added)
    }

    pub(super) fn events_of(&mut self, subject: &str) -> Result<Vec<Event>, StoreError> {
        let sql = format!("SELECT {EVENT} FROM event WHERE subject = $1 ORDER BY position");
        let found = self.database.query(&sql, vec![subject.into()])?;
        found.into_iter().map(|row| opened(row).map(|(_, event)| event)).collect()
    }
}

/// A transaction that is written to piece by piece.
struct Open<'a, 'w, D> {
    log: &'a mut Log<D>,
    writer: &'a Writer<'w>,
    waiting: Vec<Draft>,
    /// About how many bytes wait.
    weight: usize,
    touched: Touched,
    added: u64,
}

/// So many drafts wait before they are written, or so many substances in them.
const WAIT: usize = 500;
const WEIGHT: usize = 2_000;

impl<D: Database> Open<'_, '_, D> {
    fn pass_on(&mut self) -> Result<(), StoreError> {
        if !self.waiting.is_empty() {
            self.added += self.waiting.len() as u64;
            self.log.add(self.writer, &self.waiting)?;
            self.waiting.clear();
            self.weight = 0;
        }
        Ok(())
    }
}

impl<D: Database> Appending for Open<'_, '_, D> {
    fn store(&mut self) -> &mut dyn Store {
        self.log
    }

    fn put(&mut self, draft: Draft) -> Result<(), StoreError> {
        self.touched.add(&draft.subject, &draft.content);
        self.weight += match &draft.content {
            Content::ProductChecked(check) => check.observations.len(),
            _ => 1,
        };
        self.waiting.push(draft);
        if self.waiting.len() >= WAIT || self.weight >= WEIGHT { self.pass_on() } else { Ok(()) }
    }
}

/// An event as it stands in its row, with its position.
pub fn sealed(mut row: Row) -> (u64, String, Sealed) {
    let position = row.count();
    let (id, organisation, stream, sequence) = (row.text(), row.text(), row.text(), row.count());
    let (author, time, subject, kind) = (row.text(), row.text(), row.text(), row.text());
    let (content, hash, key, signature) = (row.text(), row.text(), row.text(), row.text());
    let sealed = Sealed { id, organisation, stream, sequence, author, time, subject, content, hash, key, signature };
    (position, kind, sealed)
}

/// An event as it stands in its row, read.
pub fn opened(row: Row) -> Result<(u64, Event), StoreError> {
    let (position, _, sealed) = sealed(row);
    let event = sealed.open().map_err(|_| StoreError::Event(sealed.id))?;
    Ok((position, event))
}

/// Does something with each, in order. Signatures are most of the work, so every core takes a share of many.
pub fn spread<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = if items.len() < 64 { 1 } else { thread::available_parallelism().map_or(1, usize::from) };
    let share = items.len().div_ceil(cores).max(1);
    let all = |some: &[T]| some.iter().map(&work).collect::<Vec<R>>();
    thread::scope(|scope| {
        let mut shares = items.chunks(share);
        let first = shares.next().unwrap_or_default();
        let threads: Vec<_> = shares.map(|some| (some, scope.spawn(|| all(some)))).collect();
        let mut done = all(first);
        // A thread that ended badly is made up for here.
        done.extend(threads.into_iter().flat_map(|(some, thread)| thread.join().unwrap_or_else(|_| all(some))));
        done
    })
}

/// The kind as the content says it, also one that this program does not know.
pub fn kind_of(content: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Kind {
        event: String,
    }
    serde_json::from_str::<Kind>(content).map_or_else(|_| Content::Unknown.code().to_string(), |found| found.event)
}

impl<D: Database> Store for Log<D> {
    fn id(&self) -> &str {
        &self.id
    }

    fn append(&mut self, writer: &Writer<'_>, decide: &mut Decide<'_>) -> Result<Vec<Event>, StoreError> {
        self.whole(|log| log.append_inside(writer, decide))
    }

    fn append_each(&mut self, writer: &Writer<'_>, work: &mut Work<'_>) -> Result<u64, StoreError> {
        self.whole(|log| log.append_each_inside(writer, work))
    }

    fn merge(&mut self, events: &[Sealed]) -> Result<u64, StoreError> {
        self.whole(|log| log.merge_inside(events))
    }

    fn events(&mut self, subject: &str) -> Result<Vec<Event>, StoreError> {
        self.events_of(subject)
    }

    fn follow_up(&mut self, id: &str) -> Result<Option<FollowUp>, StoreError> {
        Ok(self.fold(id)?.state)
    }

    fn events_of_each(&mut self, subjects: &[String]) -> Result<BTreeMap<String, Vec<Event>>, StoreError> {
        self.events_of_many(subjects)
    }

    fn findings(&mut self, of: Findings<'_>, after: &str, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
        let (column, value) = match of {
            Findings::Organisation(name) => ("organisation", name),
            Findings::FollowUp(id) => ("follow_up", id),
        };
        let sql = format!("SELECT id, finding FROM deviation_now WHERE {column} = $1 AND id > $2 ORDER BY id LIMIT {limit}");
        let found = self.database.query(&sql, vec![value.into(), after.into()])?;
        Ok(found.into_iter().map(|mut row| (row.text(), row.text())).collect())
    }

    fn since(&mut self, position: u64, limit: u32) -> Result<Vec<(u64, Sealed)>, StoreError> {
        let sql = format!("SELECT {EVENT} FROM event WHERE position > $1 ORDER BY position LIMIT {limit}");
        let found = self.database.query(&sql, vec![position.into()])?;
        Ok(found.into_iter().map(sealed).map(|(position, _, event)| (position, event)).collect())
    }

    fn subjects(&mut self, prefix: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        let table = if prefix.starts_with("d-") { "deviation_now" } else { "follow_up_now" };
        let sql = format!("SELECT id FROM {table} WHERE id LIKE $1 ESCAPE '\\' ORDER BY id LIMIT {limit}");
        let found = self.database.query(&sql, vec![format!("{}%", rows::escaped(prefix)).into()])?;
        Ok(found.into_iter().map(|mut row| row.text()).collect())
    }

    fn follow_ups(&mut self, filter: &Filter, today: Date) -> Result<Page<FollowUpRow>, StoreError> {
        rows::follow_ups(&mut self.database, filter, today)
    }

    fn deviations(&mut self, filter: &Filter, today: Date) -> Result<Page<DeviationRow>, StoreError> {
        rows::deviations(&mut self.database, filter, today)
    }

    fn rebuild(&mut self) -> Result<u64, StoreError> {
        self.whole(Log::rebuild_inside)
    }

    fn inspect(&mut self) -> Result<Inspection, StoreError> {
        inspect::inspect(self)
    }
}
