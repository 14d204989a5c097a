//! Follow-ups kept where several people, and several organisations, can reach them: a log of sealed events, and tables that
//! are made from it. One trait, two databases: a file with SQLite, and PostgreSQL when several organisations share one.

pub mod bundle;
mod database;
pub mod exchange;
mod fold;
mod inspect;
mod log;
#[cfg(feature = "postgres")]
mod postgres;
mod project;
mod rows;
mod schema;
mod scratch;
pub mod seal;
mod sqlite;
#[cfg(feature = "postgres")]
mod tls;

pub use database::{Row, Value};
pub use inspect::{Inspection, Place, Trouble};
pub use rows::{COUNTED, DeviationRow, Filter, FollowUpRow, Page};
pub use scratch::Scratch;
pub use seal::{Broken, Draft, Sealed, Signer};

use crate::declaration::{Date, Text};
use crate::follow_up::{Event, FollowUp, Moment};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file with SQLite.
    File(PathBuf),
    /// A PostgreSQL database: `postgres://…`.
    Url(String),
}

impl Location {
    /// Reads what `--store` names.
    pub fn parse(text: &std::ffi::OsStr) -> Location {
        match text.to_str() {
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => Location::Url(url.to_string()),
            _ => Location::File(PathBuf::from(text)),
        }
    }
}

impl fmt::Display for Location {
    /// For messages: never a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::File(path) => write!(f, "{}", path.display()),
            Location::Url(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", ""));
                let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
                let (path_at, path) = rest.find('/').map_or((rest.len(), ""), |at| (at, rest.get(at..).unwrap_or("")));
                let authority = rest.get(..path_at).unwrap_or("");
                match authority.rsplit_once('@') {
                    Some((user, host)) => {
                        let user = user.split_once(':').map_or(user, |(user, _)| user);
                        write!(f, "{scheme}://{user}@{host}{path}")
                    }
                    None => write!(f, "{scheme}://{authority}{path}"),
                }
            }
        }
    }
}

/// Why a store did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// There is no way to it, or it hung up.
    Unreachable(String),
    /// It could not show that it is the one that was asked for.
    Untrusted(String),
    /// It let nobody in.
    Denied(String),
    /// It took too long.
    TimedOut,
    /// Another writer held it for too long.
    Busy,
    /// There is no room left.
    Full,
    /// Its tables are older than this program's.
    Older {
        /// The store's.
        found: i64,
        /// The program's.
        wanted: i64,
    },
    /// Its tables are newer than this program's.
    Newer {
        /// The store's.
        found: i64,
        /// The program's.
        wanted: i64,
    },
    /// Something else stands there.
    NotAStore,
    /// It is damaged.
    Damaged(String),
    /// The connection broke while the last word was said: it may or may not be written.
    Unsure(String),
    /// An event in it cannot be read.
    Event(String),
    /// The address is wrong.
    Address(String),
    /// The program was built without this kind of store.
    NotBuilt,
    /// Anything else that the database says.
    Other(String),
}

impl StoreError {
    /// What happened and what to do, for people. Nothing was written, except as [`StoreError::Unsure`] says.
    pub fn text(&self) -> Text {
        let (sv, en) = match self {
            StoreError::Unreachable(why) => (
                format!("lagret går inte att nå ({why}); kontrollera att databasen är igång och att adressen stämmer"),
                format!("the store cannot be reached ({why}); check that the database runs and that the address is right"),
            ),
            StoreError::Untrusted(why) => (
                format!("lagrets server kan inte visa att den är den rätta ({why}); kontrollera värdnamnet och `sslrootcert`"),
                format!("the store's server cannot show that it is the right one ({why}); check the host name and `sslrootcert`"),
            ),
            StoreError::Denied(why) => (
                format!("lagret nekar åtkomst ({why}); kontrollera användare, lösenord och rättigheter"),
                format!("the store denies access ({why}); check user, password and permissions"),
            ),
            StoreError::TimedOut => (
                "lagret svarar inte i tid; inget skrevs, försök igen senare".to_string(),
                "the store does not answer in time; nothing was written, try again later".to_string(),
            ),
            StoreError::Busy => (
                "lagret är upptaget av någon annan; inget skrevs, försök igen".to_string(),
                "the store is held by somebody else; nothing was written, try again".to_string(),
            ),
            StoreError::Full => (
                "lagret är fullt; inget skrevs, frigör utrymme och försök igen".to_string(),
                "the store is full; nothing was written, make room and try again".to_string(),
            ),
            StoreError::Older { found, wanted } => (
                format!(
                    "lagret har schema {found} och programmet behöver {wanted}; kör `kemkoll follow-up upgrade` när alla som delar lagret är beredda"
                ),
                format!(
                    "the store has schema {found} and this program needs {wanted}; run `kemkoll follow-up upgrade` once everyone who shares the store is ready"
                ),
            ),
            StoreError::Newer { found, wanted } => (
                format!("lagret har schema {found} och programmet kan högst {wanted}; uppdatera kemkoll"),
                format!("the store has schema {found} and this program knows {wanted} at most; update kemkoll"),
            ),
            StoreError::NotAStore => (
                "det som finns där är inget lager för uppföljningar; ange en annan fil eller databas".to_string(),
                "what stands there is no store of follow-ups; give another file or database".to_string(),
            ),
            StoreError::Damaged(why) => (
                format!("lagret är skadat ({why}); återställ det från en säkerhetskopia"),
                format!("the store is damaged ({why}); restore it from a backup"),
            ),
            StoreError::Unsure(why) => (
                format!("förbindelsen bröts just när det skulle sparas ({why}); se efter om det finns innan du försöker igen"),
                format!("the connection broke just as it was to be saved ({why}); look whether it is there before trying again"),
            ),
            StoreError::Event(id) => (
                format!("händelsen `{id}` kan inte läsas; kör `kemkoll follow-up verify`"),
                format!("the event `{id}` cannot be read; run `kemkoll follow-up verify`"),
            ),
            StoreError::Address(why) => (
                format!("adressen till lagret är fel ({why}); den skrivs som `postgres://användare@värd/databas`"),
                format!("the store's address is wrong ({why}); it is written as `postgres://user@host/database`"),
            ),
            StoreError::NotBuilt => (
                "programmet är byggt utan `postgres`; bygg det med förvalda delar".to_string(),
                "this program was built without `postgres`; build it with the default features".to_string(),
            ),
            StoreError::Other(why) => (format!("lagret säger nej: {why}"), format!("the store says no: {why}")),
        };
        Text::new(sv, en)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl std::error::Error for StoreError {}

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// Whose events they are.
    pub organisation: &'a str,
    /// The person.
    pub author: &'a str,
    /// The key.
    pub signer: &'a Signer,
    /// The time.
    pub now: Moment,
}

/// Decides what to write, looking at what is there. Nobody else writes in the meantime.
pub type Decide<'a> = dyn FnMut(&mut dyn Store) -> Result<Vec<Draft>, StoreError> + 'a;

/// A transaction that is open: what is looked at stays as it is, and what is put is written whole or not at all, with
/// everything else that is put.
pub trait Appending {
    /// The store, as it was before. What was put may be there already, but not in the lists.
    fn store(&mut self) -> &mut dyn Store;

    /// Adds an event.
    ///
    /// # Errors
    /// When the store refuses.
    fn put(&mut self, draft: Draft) -> Result<(), StoreError>;
}

/// Writes event after event, looking at what is there. Nobody else writes in the meantime.
pub type Work<'a> = dyn FnMut(&mut dyn Appending) -> Result<(), StoreError> + 'a;

/// Whose deviations.
#[derive(Debug, Clone, Copy)]
pub enum Findings<'a> {
    /// An organisation's.
    Organisation(&'a str),
    /// A follow-up's.
    FollowUp(&'a str),
}

/// A store of events. Everything that writes does it whole or not at all, and returns when it is on disk.
pub trait Store: exchange::Exchange {
    /// The store's own id: the stream that is counted here.
    fn id(&self) -> &str;

    /// Appends what `decide` gives, with the next numbers of the writer's organisation.
    ///
    /// # Errors
    /// When the store refuses, or `decide` does; nothing is written then.
    fn append(&mut self, writer: &Writer<'_>, decide: &mut Decide<'_>) -> Result<Vec<Event>, StoreError>;

    /// Appends what `work` puts, with the next numbers of the writer's organisation, in one transaction and without keeping
    /// it in memory; gives the number of events. The tables follow at the end.
    ///
    /// # Errors
    /// When the store refuses, or `work` does; nothing is written then.
    fn append_each(&mut self, writer: &Writer<'_>, work: &mut Work<'_>) -> Result<u64, StoreError>;

    /// Takes in events that were sealed elsewhere; those that are here already are passed over. Seals are not looked at.
    ///
    /// # Errors
    /// When the store refuses.
    fn merge(&mut self, events: &[Sealed]) -> Result<u64, StoreError>;

    /// All events about a follow-up or deviation.
    ///
    /// # Errors
    /// When the store refuses, or an event cannot be read.
    fn events(&mut self, subject: &str) -> Result<Vec<Event>, StoreError>;

    /// A follow-up without what was observed of its products, however many there are; `None` when nothing opened it.
    ///
    /// # Errors
    /// When the store refuses, or an event cannot be read.
    fn follow_up(&mut self, id: &str) -> Result<Option<FollowUp>, StoreError>;

    /// All events about each of some subjects.
    ///
    /// # Errors
    /// When the store refuses, or an event cannot be read.
    fn events_of_each(&mut self, subjects: &[String]) -> Result<BTreeMap<String, Vec<Event>>, StoreError>;

    /// Deviations by id, each with the id of its finding; those after `after`, at most `limit`.
    ///
    /// # Errors
    /// When the store refuses.
    fn findings(&mut self, of: Findings<'_>, after: &str, limit: u32) -> Result<Vec<(String, String)>, StoreError>;

    /// Events in the order they came here, after a position; at most `limit`.
    ///
    /// # Errors
    /// When the store refuses.
    fn since(&mut self, position: u64, limit: u32) -> Result<Vec<(u64, Sealed)>, StoreError>;

    /// Subjects whose ids begin so; at most `limit`.
    ///
    /// # Errors
    /// When the store refuses.
    fn subjects(&mut self, prefix: &str, limit: u32) -> Result<Vec<String>, StoreError>;

    /// Follow-ups, overdue first. `today` decides the light.
    ///
    /// # Errors
    /// When the store refuses.
    fn follow_ups(&mut self, filter: &Filter, today: Date) -> Result<Page<FollowUpRow>, StoreError>;

    /// Deviations, overdue first.
    ///
    /// # Errors
    /// When the store refuses.
    fn deviations(&mut self, filter: &Filter, today: Date) -> Result<Page<DeviationRow>, StoreError>;

    /// Makes all tables anew from the log; gives the number of events.
    ///
    /// # Errors
    /// When the store refuses, or an event cannot be read.
    fn rebuild(&mut self) -> Result<u64, StoreError>;

    /// Holds every event against its hash, its signature and its stream.
    ///
    /// # Errors
    /// When the store refuses.
    fn inspect(&mut self) -> Result<Inspection, StoreError>;
}

/// What to do about tables that are older than the program's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgrade {
    /// A file is brought up to date; a shared database is refused, because others use it too.
    OwnOnly,
    /// It is brought up to date.
    Always,
}

/// Opens a store; an empty place becomes one. `now` is noted in a new store.
///
/// # Errors
/// When it cannot be reached or is not one.
pub fn open(location: &Location, upgrade: Upgrade, now: Moment) -> Result<Box<dyn Store>, StoreError> {
    match location {
        Location::File(path) => Ok(Box::new(log::Log::open(sqlite::Sqlite::open(path)?, true, now)?)),
        #[cfg(feature = "postgres")]
        Location::Url(url) => Ok(Box::new(log::Log::open(postgres::Postgres::open(url)?, upgrade == Upgrade::Always, now)?)),
        #[cfg(not(feature = "postgres"))]
        Location::Url(_) => {
            let _ = upgrade;
            Err(StoreError::NotBuilt)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://anna:hemligt@db.example/kemkoll?sslmode=disable", "postgres://anna@db.example/kemkoll"),
            ("postgres://db.example:5433/kemkoll", "postgres://db.example:5433/kemkoll"),
            ("postgresql://anna:a@b@db/k", "postgresql://anna@db/k"),
            ("postgres:///k?host=/run&password=hemligt", "postgres:///k"),
        ] {
            assert_eq!(Location::Url(url.to_string()).to_string(), shown);
        }
    }
}
