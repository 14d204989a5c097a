//! What a run saw, on disk until it is recorded: products, breaches and what else became of known findings, each under the
//! supplier it belongs to. Memory holds one file's worth, however many files there are.

use kemkoll::follow_up::{DeviationFacts, Observation, ProductCheck};
use kemkoll::share::{Row, Scratch, StoreError, Value};
use std::io;
use std::path::Path;

const TABLES: &str = "
CREATE TABLE product (number INTEGER PRIMARY KEY, party TEXT, name TEXT, digest TEXT, supplier TEXT, file TEXT, laboratory INTEGER, content TEXT);
CREATE TABLE category (party TEXT, category TEXT, PRIMARY KEY (party, category)) WITHOUT ROWID;
CREATE TABLE breach (party TEXT, finding TEXT, digits INTEGER, hi TEXT, file_sha256 TEXT, file TEXT, content TEXT, UNIQUE (party, finding));
CREATE TABLE other (party TEXT, finding TEXT, content TEXT, UNIQUE (party, finding));";

/// Made once everything is there.
const INDEXES: &str = "CREATE INDEX product_order ON product (party, number);
CREATE INDEX product_name ON product (party, name, digest);";

/// Rows that wait together.
const WAIT: usize = 40;

/// A run's products and findings.
pub struct Spool {
    scratch: Scratch,
    products: Vec<Vec<Value>>,
    categories: Vec<Vec<Value>>,
    breaches: Vec<Vec<Value>>,
    others: Vec<Vec<Value>>,
    number: u64,
}

/// One supplier of a run, or one declaration that names none.
#[derive(Debug)]
pub struct Party {
    /// Tells parties apart.
    pub key: String,
    /// The supplier's name as declared first.
    pub supplier: Option<String>,
    /// The first file.
    pub file: String,
    /// Whether everything is a laboratory's.
    pub measured: bool,
    /// Categories of all products.
    pub categories: Vec<String>,
}

/// Where a page of products ended.
pub type Number = u64;

impl Spool {
    /// Begins one in a folder that somebody else removes.
    pub fn create(folder: &Path) -> Result<Spool, StoreError> {
        let scratch = Scratch::create(&folder.join("record.sqlite"), TABLES)?;
        Ok(Spool { scratch, products: Vec::new(), categories: Vec::new(), breaches: Vec::new(), others: Vec::new(), number: 0 })
    }

    /// Takes in a product.
    pub fn product(&mut self, party: &str, supplier: Option<&str>, check: &ProductCheck) -> io::Result<()> {
        self.number += 1;
        self.products.push(vec![
            self.number.into(),
            party.into(),
            check.product.key().into(),
            check.digest.as_str().into(),
            supplier.into(),
            check.file.as_str().into(),
            u64::from(check.method == super::LABORATORY).into(),
            serde_json::to_string(check)?.into(),
        ]);
        self.categories.extend(check.categories.iter().map(|category| vec![party.into(), category.as_str().into()]));
        self.pass_on(WAIT)
    }

    /// Takes in a breach. Of the same finding in two files the greater amount stays: it is the one to act on, in whatever
    /// order they were read.
    pub fn breach(&mut self, party: &str, facts: &DeviationFacts) -> io::Result<()> {
        let seen = &facts.observation;
        let hi = seen.hi.as_deref().unwrap_or_default();
        // Orders decimal text by its size: digits before the point, then bytewise.
        let digits = hi.split('.').next().map_or(0, str::len) as u64;
        self.breaches.push(vec![
            party.into(),
            seen.finding.as_str().into(),
            digits.into(),
            hi.into(),
            seen.file_sha256.as_str().into(),
            seen.file.as_str().into(),
            serde_json::to_string(facts)?.into(),
        ]);
        self.pass_on(WAIT)
    }

    /// Takes in a finding that is a deviation already and no breach any more. The first one stays.
    pub fn other(&mut self, party: &str, seen: &Observation) -> io::Result<()> {
        self.others.push(vec![party.into(), seen.finding.as_str().into(), serde_json::to_string(seen)?.into()]);
        self.pass_on(WAIT)
    }

    fn pass_on(&mut self, most: usize) -> io::Result<()> {
        let waiting = [&self.products, &self.categories, &self.breaches, &self.others];
        if waiting.iter().all(|rows| rows.len() < most) {
            return Ok(());
        }
        let mut insert = |before: &str, width, rows: &mut Vec<Vec<Value>>, after: &str| {
            self.scratch.insert(before, width, std::mem::take(rows), after).map_err(io::Error::other)
        };
        insert("INSERT INTO product (number, party, name, digest, supplier, file, laboratory, content) VALUES", 8, &mut self.products, "")?;
        insert("INSERT INTO category (party, category) VALUES", 2, &mut self.categories, "ON CONFLICT DO NOTHING")?;
        insert(
            "INSERT INTO breach (party, finding, digits, hi, file_sha256, file, content) VALUES",
            7,
            &mut self.breaches,
            "ON CONFLICT (party, finding) DO UPDATE SET digits = excluded.digits, hi = excluded.hi, file_sha256 = excluded.file_sha256, \
             file = excluded.file, content = excluded.content WHERE (excluded.digits, excluded.hi, excluded.file_sha256, excluded.file) > \
             (breach.digits, breach.hi, breach.file_sha256, breach.file)",
        )?;
        insert("INSERT INTO other (party, finding, content) VALUES", 3, &mut self.others, "ON CONFLICT DO NOTHING")
    }

    /// Everything is there.
    pub fn finish(&mut self) -> io::Result<()> {
        self.pass_on(0)?;
        self.scratch.batch(INDEXES).map_err(io::Error::other)
    }

    /// The party after that one.
    pub fn next_party(&mut self, after: &str) -> Result<Option<Party>, StoreError> {
        let sql = "SELECT party FROM product WHERE party > $1 ORDER BY party LIMIT 1";
        let Some(key) = self.scratch.query(sql, vec![after.into()])?.first_mut().map(Row::text) else { return Ok(None) };
        let of = || vec![Value::from(key.as_str())];
        let first = self.scratch.query("SELECT supplier, file FROM product WHERE party = $1 ORDER BY number LIMIT 1", of())?;
        let (supplier, file) = first.into_iter().next().map_or((None, String::new()), |mut row| (row.maybe(), row.text()));
        let declared = self.scratch.query("SELECT 1 FROM product WHERE party = $1 AND laboratory = 0 LIMIT 1", of())?;
        let categories = self.scratch.query("SELECT category FROM category WHERE party = $1 ORDER BY category", of())?;
        let categories = categories.into_iter().map(|mut row| row.text()).collect();
        Ok(Some(Party { measured: declared.is_empty(), supplier, file, categories, key }))
    }

    /// What tells a party's products, and each of their files, apart: products by key, then digests; some at a time.
    pub fn digests(&mut self, party: &str, after: &(String, String)) -> Result<Vec<(String, String)>, StoreError> {
        let sql = "SELECT name, digest FROM product WHERE party = $1 AND (name, digest) > ($2, $3) GROUP BY name, digest \
                   ORDER BY name, digest LIMIT 5000";
        let found = self.scratch.query(sql, vec![party.into(), after.0.as_str().into(), after.1.as_str().into()])?;
        Ok(found.into_iter().map(|mut row| (row.text(), row.text())).collect())
    }

    /// All digests in the order of the files.
    pub fn digests_in_order(&mut self, party: &str) -> Result<String, StoreError> {
        let (mut all, mut after) = (String::new(), 0);
        loop {
            let sql = "SELECT number, digest FROM product WHERE party = $1 AND number > $2 ORDER BY number LIMIT 5000";
            let found = self.scratch.query(sql, vec![party.into(), Value::from(after)])?;
            if found.is_empty() {
                return Ok(all);
            }
            for mut row in found {
                after = row.count();
                if !all.is_empty() {
                    all.push(' ');
                }
                all.push_str(&row.text());
            }
        }
    }

    /// Some of a party's products in the order of the files, with their keys.
    pub fn products(&mut self, party: &str, after: Number) -> Result<Vec<(Number, String, ProductCheck)>, StoreError> {
        let sql = "SELECT number, name, content FROM product WHERE party = $1 AND number > $2 ORDER BY number LIMIT 20";
        let found = self.scratch.query(sql, vec![party.into(), after.into()])?;
        found.into_iter().map(|mut row| Ok((row.count(), row.text(), read(&row.text())?))).collect()
    }

    /// Some of a party's breaches, by finding.
    pub fn breaches(&mut self, party: &str, after: &str) -> Result<Vec<(String, DeviationFacts)>, StoreError> {
        let sql = "SELECT finding, content FROM breach WHERE party = $1 AND finding > $2 ORDER BY finding LIMIT 200";
        let found = self.scratch.query(sql, vec![party.into(), after.into()])?;
        found.into_iter().map(|mut row| Ok((row.text(), read(&row.text())?))).collect()
    }

    /// Whether a finding is a breach.
    pub fn is_breach(&mut self, party: &str, finding: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM breach WHERE party = $1 AND finding = $2";
        Ok(!self.scratch.query(sql, vec![party.into(), finding.into()])?.is_empty())
    }

    /// What became of a finding that is no breach any more.
    pub fn what_became_of(&mut self, party: &str, finding: &str) -> Result<Option<Observation>, StoreError> {
        let sql = "SELECT content FROM other WHERE party = $1 AND finding = $2";
        let found = self.scratch.query(sql, vec![party.into(), finding.into()])?;
        found.into_iter().next().map(|mut row| read(&row.text())).transpose()
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Other(error.to_string()))
}
