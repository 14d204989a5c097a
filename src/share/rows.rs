//! Lists: what is asked for, and the rows that answer it. Overdue first, then the nearest deadline; the light is that of
//! the day it is asked for.

use super::StoreError;
use super::database::{Database, Row, Value};
use super::project::{DEVIATION_LIST, FOLLOW_UP_LIST, next_day, search_key};
use crate::declaration::Date;
use crate::follow_up::Light;
use serde::Serialize;

/// How far answers are counted: nobody reads a list of more.
pub const COUNTED: u64 = 10_000;

/// Which follow-ups or deviations. What is not given does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The contract's id.
    pub contract: Option<String>,
    /// Part of the supplier's name.
    pub supplier: Option<String>,
    /// Procurement area (A to H), or a category and all below it.
    pub area: Option<String>,
    /// The light.
    pub light: Option<Light>,
    /// Something is due that day at the latest.
    pub due_by: Option<Date>,
    /// Whose.
    pub organisation: Option<String>,
    /// The state's word.
    pub state: Option<String>,
    /// Deviations of this follow-up.
    pub follow_up: Option<String>,
    /// Leave out what is over.
    pub open: bool,
    /// Greatest number of rows; `None`: all.
    pub limit: Option<u32>,
}

/// Rows, and how many there are in all.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// As many as asked for.
    pub rows: Vec<T>,
    /// How many answer the question; [`COUNTED`] stands for that many or more.
    pub total: u64,
}

/// A follow-up in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FollowUpRow {
    /// Its id.
    pub id: String,
    /// Whose.
    pub organisation: String,
    /// Where it stands.
    pub state: String,
    /// How it is made.
    #[serde(rename = "type")]
    pub kind: String,
    /// The contract.
    pub contract: Option<String>,
    /// The supplier.
    pub supplier: Option<String>,
    /// Area A to H.
    pub area: Option<String>,
    /// Categories.
    pub categories: Vec<String>,
    /// The number in the register of documents.
    pub diary_number: Option<String>,
    /// The day it is planned for.
    pub planned_for: Option<String>,
    /// When it began.
    pub started: Option<String>,
    /// When it was decided.
    pub decided: Option<String>,
    /// Last day that others may rely on it.
    pub valid_until: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
    /// What was held against.
    pub rulesets: String,
    /// How many products were checked.
    pub products: u64,
    /// How many of them could not be decided.
    pub undetermined: u64,
    /// How many deviations.
    pub deviations: u64,
    /// How many of them are not over.
    pub deviations_open: u64,
    /// The next deadline.
    pub due: Option<String>,
    /// Whether it has passed.
    pub overdue: bool,
    /// The light on the day asked for; none where nothing has been looked at.
    pub light: Option<&'static str>,
    /// Events that did not fit.
    pub no_effect: u64,
}

/// A deviation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviationRow {
    /// Its id.
    pub id: String,
    /// The follow-up.
    pub follow_up: String,
    /// Whose.
    pub organisation: String,
    /// Where it stands.
    pub state: String,
    /// How grave.
    pub severity: Option<String>,
    /// The contract.
    pub contract: Option<String>,
    /// Area A to H.
    pub area: Option<String>,
    /// The supplier.
    pub supplier: Option<String>,
    /// The supplier's number of the product.
    pub article_number: Option<String>,
    /// The product's name.
    pub product: Option<String>,
    /// The part.
    pub part: String,
    /// The rule.
    pub rule: String,
    /// The finding's stable id.
    pub finding: String,
    /// The rule's title, in Swedish.
    pub title_sv: String,
    /// In English.
    pub title_en: String,
    /// The verdict as seen last.
    pub verdict: String,
    /// What was found.
    pub substances: String,
    /// Lower bound as seen last.
    pub lo: Option<String>,
    /// Upper bound.
    pub hi: Option<String>,
    /// The limit.
    pub limit: Option<String>,
    /// Unit of all three.
    pub unit: Option<String>,
    /// `above` or `from`.
    pub comparison: Option<String>,
    /// When it was found.
    pub discovered: Option<String>,
    /// The deadline that runs, or ran last.
    pub deadline: Option<String>,
    /// How many times it was moved.
    pub extensions: u64,
    /// The next day that something is due.
    pub due: Option<String>,
    /// Whether it has passed.
    pub overdue: bool,
    /// The light on the day asked for.
    pub light: Option<&'static str>,
    /// Events that did not fit.
    pub no_effect: u64,
}

/// A text in which nothing stands for something else in LIKE.
pub fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Which suppliers are meant. They are few, so they are found first and their rows then through an index.
enum Suppliers {
    Any,
    These(Vec<String>),
    /// So many that going through all rows finds the first of them soon.
    Many(String),
}

fn suppliers<D: Database>(database: &mut D, filter: &Filter) -> Result<Suppliers, StoreError> {
    const MOST: usize = 200;
    let Some(supplier) = &filter.supplier else { return Ok(Suppliers::Any) };
    let part = format!("%{}%", escaped(&search_key(supplier)));
    let sql = format!("SELECT supplier_key FROM supplier_now WHERE supplier_key LIKE $1 ESCAPE '\\' LIMIT {}", MOST + 1);
    let keys: Vec<String> = database.query(&sql, vec![part.as_str().into()])?.into_iter().map(|mut row| row.text()).collect();
    Ok(if keys.len() > MOST { Suppliers::Many(part) } else { Suppliers::These(keys) })
}

struct Where {
    sql: String,
    values: Vec<Value>,
}

impl Where {
    /// Adds a condition; every `?` in it is one value.
    fn and(&mut self, condition: &str, values: Vec<Value>) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        let mut values = values.into_iter();
        for part in condition.split_inclusive('?') {
            match part.strip_suffix('?').zip(values.next()) {
                Some((text, value)) => {
                    self.values.push(value);
                    self.sql.push_str(&format!("{text}${}", self.values.len()));
                }
                None => self.sql.push_str(part),
            }
        }
    }

    fn of(filter: &Filter, suppliers: &Suppliers, today: Date, deviations: bool) -> Where {
        let mut wanted = Where { sql: String::new(), values: Vec::new() };
        let today = today.to_string();
        for (column, value) in [
            ("contract", &filter.contract),
            ("organisation", &filter.organisation),
            ("state", &filter.state),
            (if deviations { "follow_up" } else { "id" }, &filter.follow_up),
        ] {
            if let Some(value) = value {
                wanted.and(&format!("{column} = ?"), vec![value.as_str().into()]);
            }
        }
        match suppliers {
            Suppliers::Any => {}
            Suppliers::These(keys) if keys.is_empty() => wanted.and("1 = 0", Vec::new()),
            Suppliers::These(keys) => {
                let marks = vec!["?"; keys.len()].join(", ");
                wanted.and(&format!("supplier_key IN ({marks})"), keys.iter().map(|key| key.as_str().into()).collect());
            }
            Suppliers::Many(part) => wanted.and("supplier_key LIKE ? ESCAPE '\\'", vec![part.as_str().into()]),
        }
        match filter.area.as_deref() {
            Some(letter) if letter.len() == 1 => wanted.and("area = ?", vec![letter.to_uppercase().into()]),
            Some(category) => {
                let column = if deviations { "follow_up" } else { "id" };
                let condition =
                    format!("{column} IN (SELECT c.follow_up FROM category_now c WHERE c.category = ? OR c.category LIKE ? ESCAPE '\\')");
                wanted.and(&condition, vec![category.into(), format!("{}/%", escaped(category)).into()]);
            }
            None => {}
        }
        match filter.light {
            Some(Light::Red) => wanted.and("(light_now = 'red' OR red_after < ?)", vec![today.into()]),
            Some(light) => {
                if deviations && light == Light::Yellow {
                    // A yellow deviation turns red when what is due is late: says the same as below, to the index.
                    wanted.and("due_sort >= ?", vec![today.as_str().into()]);
                }
                wanted.and("light_now = ? AND (red_after IS NULL OR red_after >= ?)", vec![light.code().into(), today.into()]);
            }
            None => {}
        }
        if let Some(day) = filter.due_by {
            wanted.and("due_sort <= ?", vec![day.to_string().into()]);
        }
        if filter.open {
            wanted.and("over = 0", Vec::new());
        }
        wanted
    }
}

fn page<D: Database, T>(
    database: &mut D,
    table: &str,
    columns: &str,
    filter: &Filter,
    wanted: Where,
    read: impl Fn(Row) -> T,
) -> Result<Page<T>, StoreError> {
    let Where { sql, values } = wanted;
    let limit = filter.limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}"));
    // Rows are wide: what is on the page is found in an index first.
    let select = format!(
        "SELECT {columns} FROM {table} WHERE id IN (SELECT id FROM {table}{sql} ORDER BY due_sort, id{limit}) ORDER BY due_sort, id"
    );
    let rows: Vec<T> = database.query(&select, values.clone())?.into_iter().map(read).collect();
    let total = match filter.limit {
        Some(limit) if rows.len() >= limit as usize => {
            let most = format!("SELECT count(*) FROM (SELECT 1 FROM {table}{sql} LIMIT {COUNTED}) counted");
            let mut counted = database.query(&most, values)?;
            counted.first_mut().map_or(0, Row::count)
        }
        _ => rows.len() as u64,
    };
    Ok(Page { rows, total })
}

fn light(now: Option<&str>, red_after: Option<Date>, today: Date) -> Option<&'static str> {
    let now = Light::from_code(now?)?;
    Some(crate::follow_up::Glow { now, red_after }.on(today).code())
}

fn passed(due: Option<&String>, today: Date) -> bool {
    due.and_then(|due| due.parse::<Date>().ok()).is_some_and(|due| due < today)
}

/// Follow-ups.
pub fn follow_ups<D: Database>(database: &mut D, filter: &Filter, today: Date) -> Result<Page<FollowUpRow>, StoreError> {
    let suppliers = suppliers(database, filter)?;
    let read = |mut row: Row| {
        let (id, organisation, state, kind) = (row.text(), row.text(), row.text(), row.text());
        let (contract, _title, _award, supplier) = (row.maybe(), row.maybe(), row.maybe(), row.maybe());
        let (_key, _number, area, categories) = (row.text(), row.maybe(), row.maybe(), row.text());
        let (_cpv, diary_number, _method, _laboratory) = (row.text(), row.maybe(), row.maybe(), row.maybe());
        let (_responsible, _secrecy, planned_for, started) = (row.maybe(), row.maybe(), row.maybe(), row.maybe());
        let (decided, valid_until, outcome, rulesets) = (row.maybe(), row.maybe(), row.maybe(), row.text());
        let (products, undetermined, deviations, deviations_open, _over) =
            (row.count(), row.count(), row.count(), row.count(), row.count());
        let (due, _sort, now, red_after, no_effect) = (row.maybe(), row.text(), row.maybe(), next_day(&mut row), row.count());
        FollowUpRow {
            overdue: passed(due.as_ref(), today),
            light: light(now.as_deref(), red_after, today),
            categories: categories.split(';').filter(|id| !id.is_empty()).map(str::to_string).collect(),
            id,
            organisation,
            state,
            kind,
            contract,
            supplier,
            area,
            diary_number,
            planned_for,
            started,
            decided,
            valid_until,
            outcome,
            rulesets,
            products,
            undetermined,
            deviations,
            deviations_open,
            due,
            no_effect,
        }
    };
    page(database, "follow_up_now", FOLLOW_UP_LIST, filter, Where::of(filter, &suppliers, today, false), read)
}

/// Deviations.
pub fn deviations<D: Database>(database: &mut D, filter: &Filter, today: Date) -> Result<Page<DeviationRow>, StoreError> {
    let suppliers = suppliers(database, filter)?;
    let read = |mut row: Row| {
        let (id, follow_up, organisation, state) = (row.text(), row.text(), row.text(), row.text());
        let (severity, contract, area, supplier, _key) = (row.maybe(), row.maybe(), row.maybe(), row.maybe(), row.text());
        let (article_number, _gtin, product, part) = (row.maybe(), row.maybe(), row.maybe(), row.text());
        let (rule, _ruleset, _version, finding) = (row.text(), row.text(), row.text(), row.text());
        let (title_sv, title_en, verdict, _evidence) = (row.text(), row.text(), row.text(), row.maybe());
        let (substances, lo, hi, limit) = (row.text(), row.maybe(), row.maybe(), row.maybe());
        let (unit, comparison, discovered, deadline) = (row.maybe(), row.maybe(), row.maybe(), row.maybe());
        let (_deadline_of, extensions, _measure, _verified) = (row.maybe(), row.count(), row.maybe(), row.maybe());
        let (_verifier, _sufficient, _ended, _reopened, _over) = (row.maybe(), row.maybe(), row.maybe(), row.count(), row.count());
        let (due, _sort, now, red_after, no_effect) = (row.maybe(), row.text(), row.maybe(), next_day(&mut row), row.count());
        DeviationRow {
            overdue: passed(due.as_ref(), today),
            light: light(now.as_deref(), red_after, today),
            id,
            follow_up,
            organisation,
            state,
            severity,
            contract,
            area,
            supplier,
            article_number,
            product,
            part,
            rule,
            finding,
            title_sv,
            title_en,
            verdict,
            substances,
            lo,
            hi,
            limit,
            unit,
            comparison,
            discovered,
            deadline,
            extensions,
            due,
            no_effect,
        }
    };
    page(database, "deviation_now", DEVIATION_LIST, filter, Where::of(filter, &suppliers, today, true), read)
}
