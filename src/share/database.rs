//! What the log needs of a database: statements with values in, rows out. Both databases read the same SQL; values are
//! marked `$1`, `$2`, ….

use super::StoreError;

/// A value of a statement or a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Nothing.
    Null,
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_string())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        Value::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// A row of an answer, read from the left.
#[derive(Debug)]
pub struct Row(pub std::vec::IntoIter<Value>);

impl Row {
    /// The next value as text; empty when there is none.
    pub fn text(&mut self) -> String {
        self.maybe().unwrap_or_default()
    }

    /// The next value as text.
    pub fn maybe(&mut self) -> Option<String> {
        match self.0.next() {
            Some(Value::Text(text)) => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(Value::Null) | None => None,
        }
    }

    /// The next value as a number; 0 when there is none.
    pub fn number(&mut self) -> i64 {
        match self.0.next() {
            Some(Value::Number(number)) => number,
            Some(Value::Text(text)) => text.parse().unwrap_or(0),
            Some(Value::Null) | None => 0,
        }
    }

    /// The next value as a count.
    pub fn count(&mut self) -> u64 {
        u64::try_from(self.number()).unwrap_or(0)
    }
}

/// How many values go into one statement.
const MANY: usize = 250;

/// `$1, $2, …`.
fn marks(number: usize) -> String {
    let marks: Vec<String> = (1..=number).map(|at| format!("${at}")).collect();
    marks.join(", ")
}

/// A database with one session.
pub trait Database {
    /// Begins a transaction that writes; it may wait for other writers.
    fn begin(&mut self) -> Result<(), StoreError>;
    /// Ends it, with everything on disk.
    fn commit(&mut self) -> Result<(), StoreError>;
    /// Ends it as if nothing had been.
    fn rollback(&mut self);
    /// Runs a statement; gives the number of rows it touched.
    fn execute(&mut self, sql: &str, values: Vec<Value>) -> Result<u64, StoreError>;
    /// Runs a query.
    fn query(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, StoreError>;
    /// Runs several statements without values.
    fn batch(&mut self, sql: &str) -> Result<(), StoreError>;
    /// Whether the log's tables are there.
    fn has_log(&mut self) -> Result<bool, StoreError>;
    /// Makes the place for the tables, before the first of them.
    fn begin_log(&mut self) -> Result<(), StoreError>;
    /// Lets what follows in this transaction take as long as it takes.
    fn take_time(&mut self) -> Result<(), StoreError>;

    /// Looks how much there is of everything, for whoever plans the queries.
    fn take_stock(&mut self) -> Result<(), StoreError>;

    /// Runs a query for many values, some hundred at a time: `{}` in it stands for their marks.
    fn query_many(&mut self, sql: &str, values: &[String]) -> Result<Vec<Row>, StoreError> {
        let mut found = Vec::new();
        for some in values.chunks(MANY) {
            found.extend(self.query(&sql.replace("{}", &marks(some.len())), some.iter().map(|value| value.as_str().into()).collect())?);
        }
        Ok(found)
    }

    /// Runs a statement for many values, likewise.
    fn execute_many(&mut self, sql: &str, values: &[String]) -> Result<(), StoreError> {
        for some in values.chunks(MANY) {
            self.execute(&sql.replace("{}", &marks(some.len())), some.iter().map(|value| value.as_str().into()).collect())?;
        }
        Ok(())
    }

    /// Adds rows, several a statement. `before` and `after` stand around the values: `INSERT INTO t (a, b) VALUES`, and
    /// what to do about a conflict.
    fn insert(&mut self, before: &str, width: usize, rows: Vec<Vec<Value>>, after: &str) -> Result<u64, StoreError> {
        insert_rows(self, before, width, rows, after)
    }
}

/// Adds rows as [`Database::insert`] does, with statements.
pub fn insert_rows<D: Database + ?Sized>(
    database: &mut D,
    before: &str,
    width: usize,
    rows: Vec<Vec<Value>>,
    after: &str,
) -> Result<u64, StoreError> {
    // Few enough for the limits of both; a fixed number, so that prepared statements are used again.
    let most = (16_000 / width.max(1)).clamp(1, 250);
    let mut added = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<Vec<Value>> = rows.by_ref().take(most).collect();
        let mut sql = String::from(before);
        for at in 0..some.len() {
            sql.push_str(if at == 0 { " (" } else { ", (" });
            for column in 1..=width {
                if column > 1 {
                    sql.push(',');
                }
                sql.push_str(&format!("${}", at * width + column));
            }
            sql.push(')');
        }
        sql.push(' ');
        sql.push_str(after);
        added += database.execute(&sql, some.into_iter().flatten().collect())?;
    }
    Ok(added)
}
