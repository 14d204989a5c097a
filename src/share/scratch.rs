//! A place on disk for what a run must sort and cannot hold in memory. It lasts as long as the run.

use super::StoreError;
use super::database::{Database, Row, Value};
use super::sqlite::Sqlite;
use std::path::Path;

/// Tables that nobody keeps.
pub struct Scratch {
    database: Sqlite,
}

impl Scratch {
    /// Makes the tables that `schema` says in a new file. Whoever owns the folder removes it.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path, schema: &str) -> Result<Scratch, StoreError> {
        let mut database = Sqlite::fleeting(path)?;
        // One transaction from first to last: nothing of it is ever read by anybody else.
        database.batch(&format!("BEGIN; {schema}"))?;
        Ok(Scratch { database })
    }

    /// Adds rows: `INSERT INTO t (a, b) VALUES`, how many values each row has, the rows, and what to do about a conflict.
    ///
    /// # Errors
    /// A disk that is full above all.
    pub fn insert(&mut self, before: &str, width: usize, rows: Vec<Vec<Value>>, after: &str) -> Result<(), StoreError> {
        self.database.insert(before, width, rows, after).map(|_| ())
    }

    /// Rows, with values for `$1`, `$2`, ….
    ///
    /// # Errors
    /// A disk that is full, for what is sorted on the way.
    pub fn query(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.database.query(sql, values)
    }

    /// Statements without values.
    ///
    /// # Errors
    /// A disk that is full above all.
    pub fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.database.batch(sql)
    }
}
