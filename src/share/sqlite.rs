//! A store in one file: SQLite, compiled in. Acknowledged means on disk: the log is written ahead and flushed at every
//! commit.

use super::StoreError;
use super::database::{Database, Row, Value};
use super::seal::make_private_folder;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, params_from_iter};
use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

/// Marks the file as ours.
const APPLICATION_ID: i64 = 0x4b45_4d4b;
/// How long to wait for another writer.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open file.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Opens the file, or begins one.
    pub fn open(path: &Path) -> Result<Sqlite, StoreError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
            make_private_folder(folder).map_err(|error| StoreError::Unreachable(error.to_string()))?;
        }
        begin_private(path);
        let connection = Connection::open(path).map_err(|error| fault(&error))?;
        let mut sqlite = Sqlite { connection };
        sqlite.connection.busy_timeout(PATIENCE).map_err(|error| fault(&error))?;
        sqlite.connection.set_prepared_statement_cache_capacity(64);
        sqlite.settle()?;
        Ok(sqlite)
    }

    /// A new file that does not outlive the run: nothing waits for the disk.
    pub fn fleeting(path: &Path) -> Result<Sqlite, StoreError> {
        begin_private(path);
        let connection = Connection::open(path).map_err(|error| fault(&error))?;
        let mut sqlite = Sqlite { connection };
        sqlite.batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -8192")?;
        Ok(sqlite)
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        // The mark comes before any table, so that whoever sees tables without it sees something else.
        if self.mark()? != APPLICATION_ID {
            let mut things = self.query("SELECT count(*) FROM sqlite_master", Vec::new())?;
            if things.first_mut().is_none_or(|row| row.number() == 0) {
                self.batch(&format!("PRAGMA application_id = {APPLICATION_ID}"))?;
            } else if self.mark()? != APPLICATION_ID {
                return Err(StoreError::NotAStore);
            }
        }
        // Readers never wait for a writer, and a commit is on disk when it returns. SQLite does not wait by itself for
        // another process that makes the same change of journal.
        let mut tries = 0;
        loop {
            match self.batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536") {
                Err(StoreError::Busy) if tries < 500 => std::thread::sleep(Duration::from_millis(20)),
                settled => return settled,
            }
            tries += 1;
        }
    }

    fn mark(&self) -> Result<i64, StoreError> {
        self.connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(|error| fault(&error))
    }
}

/// Makes the file, readable by its owner alone: follow-ups are secret until somebody decides otherwise. Whoever shares the
/// file gives others the right. What goes wrong here, SQLite tells.
fn begin_private(path: &Path) {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let _ = options.open(path);
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Number(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
        })
    }
}

impl Database for Sqlite {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN IMMEDIATE")
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.batch("COMMIT")
    }

    fn rollback(&mut self) {
        // A transaction that an error ended already is gone.
        if !self.connection.is_autocommit() {
            let _ = self.batch("ROLLBACK");
        }
    }

    fn execute(&mut self, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(&numbered(sql)).map_err(|error| fault(&error))?;
        statement.execute(params_from_iter(values.iter())).map(|rows| rows as u64).map_err(|error| fault(&error))
    }

    fn query(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare_cached(&numbered(sql)).map_err(|error| fault(&error))?;
        let width = statement.column_count();
        let mut rows = statement.query(params_from_iter(values.iter())).map_err(|error| fault(&error))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(|error| fault(&error))? {
            let mut cells = Vec::with_capacity(width);
            for column in 0..width {
                cells.push(match row.get_ref(column).map_err(|error| fault(&error))? {
                    ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                    ValueRef::Integer(number) => Value::Number(number),
                    ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Value::Null,
                });
            }
            found.push(Row(cells.into_iter()));
        }
        Ok(found)
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(|error| fault(&error))
    }

    fn has_log(&mut self) -> Result<bool, StoreError> {
        let tables = self.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'", Vec::new())?;
        Ok(!tables.is_empty())
    }

    fn begin_log(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn take_stock(&mut self) -> Result<(), StoreError> {
        self.batch("PRAGMA analysis_limit = 1000; ANALYZE")
    }

    fn take_time(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// SQLite numbers its values `?1`.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

fn fault(error: &rusqlite::Error) -> StoreError {
    let why = || error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::NotADatabase) => StoreError::NotAStore,
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged(why()),
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => StoreError::Unreachable(why()),
        Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::AuthorizationForStatementDenied) => StoreError::Denied(why()),
        _ => StoreError::Other(why()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow_up::{Content, FollowUpFacts, Moment};
    use crate::share::log::Log;
    use crate::share::{Draft, Signer, Store, Writer};

    #[test]
    fn a_disk_that_is_full_is_told_and_nothing_is_half_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let mut log = Log::open(Sqlite::open(&path).unwrap(), true, Moment(0)).unwrap();
        let signer = Signer::from_bytes(&[1; 32]);
        let writer = Writer { organisation: "Region A", author: "AB", signer: &signer, now: Moment(0) };
        let write = |log: &mut Log<Sqlite>, content: Content| {
            let draft = Draft { subject: "f-1".to_string(), content };
            log.append(&writer, &mut |_| Ok(vec![draft.clone()])).map(|events| events.len())
        };
        assert_eq!(write(&mut log, Content::FollowUpPlanned(FollowUpFacts::default())), Ok(1));
        log.database.batch("PRAGMA max_page_count = 1").unwrap();
        let long = || Content::Noted { text: "a".repeat(1 << 20) };
        assert_eq!(write(&mut log, long()), Err(StoreError::Full));
        assert_eq!(log.since(0, 10).unwrap().len(), 1);
        log.database.batch("PRAGMA max_page_count = 1000000").unwrap();
        assert_eq!(write(&mut log, long()), Ok(1));
        assert_eq!(log.inspect().unwrap().troubles, []);
        #[cfg(unix)]
        for name in ["store.sqlite", "store.sqlite-wal"] {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "others can read {name}");
        }
    }
}
