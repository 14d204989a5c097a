//! A store that several organisations share: PostgreSQL. The session lives in a thread of its own, so that a server that
//! stops answering costs a wait with an end, whatever it stopped in.

use super::StoreError;
use super::database::{Database, Row, Value, insert_rows};
use super::tls;
use postgres::error::SqlState;
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, Statement};
use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(10);
/// How long the server may work on one statement, and wait for other writers, unless the address says otherwise.
const STATEMENT_SECONDS: u64 = 30;
/// How long to wait for an answer before the server is given up: longer than the server's own limit.
const ANSWER: Duration = Duration::from_secs(45);
/// The same while everything is made anew.
const LONG: Duration = Duration::from_secs(3600);
/// Puts writers in line; any number would do that is nobody else's.
const WRITERS: i64 = 0x6b65_6d6b_6f6c_6c00;

/// From so many rows on they are copied in.
const COPY_FROM: usize = 20;
/// So many at a time, so that each statement is done in time.
const COPY_MOST: usize = 10_000;

enum Job {
    Batch(String),
    Execute(String, Vec<Value>),
    Query(String, Vec<Value>),
    Copy(String, Vec<u8>),
}

enum Answer {
    Done(u64),
    Rows(Vec<Row>),
}

/// An open session.
pub struct Postgres {
    jobs: Sender<Job>,
    answers: Receiver<Result<Answer, StoreError>>,
    patience: Duration,
    lost: bool,
}

impl Postgres {
    /// Connects.
    pub fn open(url: &str) -> Result<Postgres, StoreError> {
        let (url, trust) = tls::split(url).map_err(StoreError::Address)?;
        let mut config: Config = url.parse().map_err(|error: postgres::Error| StoreError::Address(reason(&error)))?;
        let encrypted = tls::connector(&trust).map_err(StoreError::Address)?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECTING);
        }
        if config.get_application_name().is_none() {
            config.application_name("kemkoll");
        }
        config.tcp_user_timeout(ANSWER);
        let own = config.get_options().unwrap_or("").to_string();
        let mut options = String::new();
        for setting in ["statement_timeout", "lock_timeout"] {
            if !own.contains(setting) {
                options.push_str(&format!(" -c {setting}={STATEMENT_SECONDS}s"));
            }
        }
        config.options(format!("{own}{options}").trim());
        let (jobs, work) = channel();
        let (reply, answers) = channel();
        // A thread that hangs in the network is left behind; it holds nothing that anyone waits for.
        thread::Builder::new()
            .name("postgres".to_string())
            .spawn(move || session(&config, encrypted, &work, &reply))
            .map_err(|error| StoreError::Other(error.to_string()))?;
        let mut postgres = Postgres { jobs, answers, patience: CONNECTING + Duration::from_secs(2), lost: false };
        postgres.answer()?;
        postgres.patience = ANSWER;
        postgres.batch("SET search_path TO kemkoll; SET synchronous_commit TO on; SET datestyle TO 'ISO'; SET timezone TO 'UTC'")?;
        Ok(postgres)
    }

    fn ask(&mut self, job: Job) -> Result<Answer, StoreError> {
        if self.lost || self.jobs.send(job).is_err() {
            return Err(StoreError::Unreachable("the session has ended".to_string()));
        }
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer, StoreError> {
        match self.answers.recv_timeout(self.patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                // An answer that comes later would be taken for that of another question.
                self.lost = true;
                Err(StoreError::TimedOut)
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.lost = true;
                Err(StoreError::Unreachable("the session has ended".to_string()))
            }
        }
    }
}

/// Answers questions until nobody asks any more.
fn session(config: &Config, encrypted: MakeRustlsConnect, work: &Receiver<Job>, reply: &Sender<Result<Answer, StoreError>>) {
    let mut client = match config.connect(encrypted) {
        Ok(client) => client,
        Err(error) => {
            let _ = reply.send(Err(fault(&error)));
            return;
        }
    };
    let _ = reply.send(Ok(Answer::Done(0)));
    let mut prepared: HashMap<String, Statement> = HashMap::new();
    while let Ok(job) = work.recv() {
        let answer = match job {
            Job::Batch(sql) => client.batch_execute(&sql).map(|()| Answer::Done(0)),
            Job::Execute(sql, values) => statement(&mut client, &mut prepared, sql)
                .and_then(|statement| Ok(Answer::Done(client.execute(&statement, &referred(&values))?))),
            Job::Copy(sql, rows) => match copy(&mut client, &sql, &rows) {
                Ok(copied) => copied.map(Answer::Done),
                // The connection broke on the way.
                Err(error) => {
                    let _ = reply.send(Err(StoreError::Unreachable(error.to_string())));
                    continue;
                }
            },
            Job::Query(sql, values) => statement(&mut client, &mut prepared, sql).and_then(|statement| {
                Ok(Answer::Rows(client.query(&statement, &referred(&values))?.iter().map(row).collect::<Result<_, _>>()?))
            }),
        };
        if reply.send(answer.map_err(|error| fault(&error))).is_err() {
            return;
        }
    }
}

/// Sends rows in the text form of COPY.
fn copy(client: &mut Client, sql: &str, rows: &[u8]) -> io::Result<Result<u64, postgres::Error>> {
    let mut writer = match client.copy_in(sql) {
        Ok(writer) => writer,
        Err(error) => return Ok(Err(error)),
    };
    match writer.write_all(rows) {
        Ok(()) => Ok(writer.finish()),
        Err(error) => match error.downcast::<postgres::Error>() {
            Ok(told) => Ok(Err(told)),
            Err(error) => Err(error),
        },
    }
}

/// A value in the text form of COPY.
fn write_field(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"\\N"),
        Value::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Text(text) => {
            for byte in text.bytes() {
                match byte {
                    b'\\' => out.extend_from_slice(b"\\\\"),
                    b'\n' => out.extend_from_slice(b"\\n"),
                    b'\r' => out.extend_from_slice(b"\\r"),
                    b'\t' => out.extend_from_slice(b"\\t"),
                    other => out.push(other),
                }
            }
        }
    }
}

fn referred(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn statement(client: &mut Client, prepared: &mut HashMap<String, Statement>, sql: String) -> Result<Statement, postgres::Error> {
    if let Some(statement) = prepared.get(&sql) {
        return Ok(statement.clone());
    }
    if prepared.len() > 200 {
        prepared.clear();
    }
    let statement = client.prepare(&sql)?;
    prepared.insert(sql, statement.clone());
    Ok(statement)
}

fn row(row: &postgres::Row) -> Result<Row, postgres::Error> {
    let cell = |(at, column): (usize, &postgres::Column)| {
        let value: Option<Value> = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map(Value::Number),
            Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map(|number| Value::Number(number.into())),
            // Any other type is refused by the driver rather than read as nothing.
            _ => row.try_get::<_, Option<String>>(at)?.map(Value::Text),
        };
        Ok(value.unwrap_or(Value::Null))
    };
    let cells: Result<Vec<Value>, postgres::Error> = row.columns().iter().enumerate().map(cell).collect();
    Ok(Row(cells?.into_iter()))
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Text(text) => text.as_str().to_sql(kind, out),
            Value::Number(number) if *kind == Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
            Value::Number(number) => number.to_sql(kind, out),
            Value::Null => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Database for Postgres {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN")?;
        // Also before there is a row to lock.
        self.query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)", vec![Value::Number(WRITERS)]).map(|_| ())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.patience = ANSWER;
        self.batch("COMMIT").map_err(|error| match error {
            StoreError::Unreachable(why) => StoreError::Unsure(why),
            StoreError::TimedOut => StoreError::Unsure("no answer".to_string()),
            other => other,
        })
    }

    fn rollback(&mut self) {
        self.patience = ANSWER;
        // A session that is lost rolls back by itself.
        if !self.lost {
            let _ = self.batch("ROLLBACK");
        }
    }

    fn execute(&mut self, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
        match self.ask(Job::Execute(sql.to_string(), values))? {
            Answer::Done(rows) => Ok(rows),
            Answer::Rows(rows) => Ok(rows.len() as u64),
        }
    }

    fn query(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match self.ask(Job::Query(sql.to_string(), values))? {
            Answer::Rows(rows) => Ok(rows),
            Answer::Done(_) => Ok(Vec::new()),
        }
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.ask(Job::Batch(sql.to_string())).map(|_| ())
    }

    fn insert(&mut self, before: &str, width: usize, rows: Vec<Vec<Value>>, after: &str) -> Result<u64, StoreError> {
        // Many rows without a word about conflicts go over in one piece.
        let table = before.strip_prefix("INSERT INTO ").and_then(|rest| rest.strip_suffix(" VALUES"));
        let Some(table) = table.filter(|_| after.is_empty() && rows.len() >= COPY_FROM) else {
            return insert_rows(self, before, width, rows, after);
        };
        let sql = format!("COPY {table} FROM STDIN");
        let mut added = 0;
        for some in rows.chunks(COPY_MOST) {
            let mut text = Vec::new();
            for row in some {
                for (at, value) in row.iter().enumerate() {
                    if at > 0 {
                        text.push(b'\t');
                    }
                    write_field(value, &mut text);
                }
                text.push(b'\n');
            }
            added += match self.ask(Job::Copy(sql.clone(), text))? {
                Answer::Done(rows) => rows,
                Answer::Rows(_) => 0,
            };
        }
        Ok(added)
    }

    fn take_stock(&mut self) -> Result<(), StoreError> {
        let tables = ["event", "follow_up_now", "deviation_now", "observation_now", "category_now", "supplier_now"];
        self.batch(&format!("ANALYZE {}", tables.join(", ")))
    }

    fn take_time(&mut self) -> Result<(), StoreError> {
        self.patience = LONG;
        self.batch("SET LOCAL statement_timeout TO 0")
    }

    fn has_log(&mut self) -> Result<bool, StoreError> {
        // The catalogue itself: `to_regclass` remembers what was not there before somebody else made it.
        let sql = "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                   WHERE n.nspname = 'kemkoll' AND c.relname = 'migration'";
        Ok(self.query(sql, Vec::new())?.first_mut().is_some_and(|row| row.number() > 0))
    }

    fn begin_log(&mut self) -> Result<(), StoreError> {
        self.batch("CREATE SCHEMA IF NOT EXISTS kemkoll")
    }
}

/// What the server or the driver says, without the address.
fn reason(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(told) => told.message().to_string(),
        None => error.source().map_or_else(|| error.to_string(), ToString::to_string),
    }
}

fn fault(error: &postgres::Error) -> StoreError {
    if let Some(why) = error.source().and_then(tls::untrusted) {
        return StoreError::Untrusted(why);
    }
    let why = reason(error);
    let Some(code) = error.code() else {
        // Not from the server: the connection, or the driver.
        return if why.contains("timed out") { StoreError::TimedOut } else { StoreError::Unreachable(why) };
    };
    match code {
        code if *code == SqlState::DISK_FULL => StoreError::Full,
        code if *code == SqlState::QUERY_CANCELED => StoreError::TimedOut,
        code if *code == SqlState::LOCK_NOT_AVAILABLE => StoreError::Busy,
        code if *code == SqlState::INSUFFICIENT_PRIVILEGE || *code == SqlState::READ_ONLY_SQL_TRANSACTION => StoreError::Denied(why),
        code if *code == SqlState::INVALID_CATALOG_NAME => StoreError::Unreachable(why),
        code => match code.code().get(..2) {
            Some("28") => StoreError::Denied(why),
            Some("08" | "57") => StoreError::Unreachable(why),
            // Out of memory or of connections is not the disk, but as transient.
            Some("53") => StoreError::Unreachable(why),
            Some("XX" | "58") => StoreError::Damaged(why),
            _ => StoreError::Other(why),
        },
    }
}
