//! The tables that follow from the log: one row a follow-up, a deviation, a substance observed. They are made in the same
//! transaction as the events, and anew by `rebuild`.

use super::StoreError;
use super::database::{Database, Row, Value};
use super::exchange::{article_key, gtin_key};
use super::log::{EVENT, Log, PAGE, opened};
use crate::declaration::Date;
use crate::follow_up::deviation::DeadlineOf;
use crate::follow_up::shared::Label;
use crate::follow_up::{Account, Content, Deviation, Event, FollowUp, FollowUpFacts, Glow, Light, Observation, Product, SubjectKind};
use std::collections::{BTreeMap, BTreeSet};

/// Sorts after every day.
pub const NO_DAY: &str = "9999-12-31";

const FOLLOW_UP: &str = "id, organisation, state, type, contract, contract_title, award, supplier, supplier_key, supplier_number, area, \
    categories, cpv, diary_number, method, laboratory, responsible, secrecy, planned_for, started, decided, valid_until, outcome, rulesets, \
    products, undetermined, deviations, deviations_open, over, due, due_sort, light_now, red_after, no_effect, entered, changed";
const FOLLOW_UP_WIDTH: usize = 36;
const DEVIATION: &str = "id, follow_up, organisation, state, severity, contract, area, supplier, supplier_key, article_number, gtin, \
    product, part, rule, ruleset, ruleset_version, finding, title_sv, title_en, verdict, evidence, substances, lo, hi, limit_value, unit, \
    comparison, discovered, deadline, deadline_of, extensions, measure_reported, verified, verifier, sufficient, ended, reopened, over, due, \
    due_sort, light_now, red_after, no_effect, entered, changed";
const DEVIATION_WIDTH: usize = 45;
const OBSERVATION: &str = "follow_up, number, organisation, contract, supplier, article_number, gtin, product, part, rule, ruleset, \
    ruleset_version, verdict, evidence, cas, ec, substance, written, lo, hi, total_lo, total_hi, limit_value, comparison, unit, level, kind, \
    place, file, file_sha256";
const OBSERVATION_WIDTH: usize = 30;

/// Deviations carry the contract and area of their follow-up, for searching. Those that carry others are corrected.
const INHERIT: &str = "UPDATE deviation_now SET contract = (SELECT f.contract FROM follow_up_now f WHERE f.id = deviation_now.follow_up), \
    area = (SELECT f.area FROM follow_up_now f WHERE f.id = deviation_now.follow_up) WHERE EXISTS (SELECT 1 FROM follow_up_now f \
    WHERE f.id = deviation_now.follow_up AND (f.contract IS DISTINCT FROM deviation_now.contract OR f.area IS DISTINCT FROM deviation_now.area))";

/// What a deviation has from its follow-up.
#[derive(Debug, Clone, Default)]
struct Inherited {
    contract: Option<String>,
    area: Option<String>,
}

/// How many rows are gathered before they are written.
const GATHER: usize = 5_000;
/// How many deviations, or numbers of bytes, are asked for at a time.
const FEW: usize = 1_000;
/// So many bytes of events of follow-ups are held at a time, unless one event has more.
const HEAVY: u64 = 4 << 20;
/// How many events of one follow-up are read at a time.
const PIECE: usize = 50;
/// More events than this of one follow-up are not held at a time.
const MANY: usize = 5_000;

/// What the deviations of a follow-up come to.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    number: u64,
    open: u64,
    glow: Option<Glow>,
    due: Option<Date>,
}

/// What new events concern.
#[derive(Debug, Default)]
pub struct Touched {
    follow_ups: BTreeSet<String>,
    deviations: BTreeSet<String>,
    /// Follow-ups whose contract and area may be others now, or new to some of their deviations.
    inherit: BTreeSet<String>,
    /// Follow-ups with other observations.
    observed: BTreeSet<String>,
    /// Products that were shared, with their numbers.
    shared: BTreeSet<(String, (String, String))>,
}

impl Touched {
    /// Notes what one event concerns.
    pub fn add(&mut self, subject: &str, content: &Content) {
        match SubjectKind::of(subject) {
            Some(SubjectKind::FollowUp) if !self.follow_ups.contains(subject) => {
                self.follow_ups.insert(subject.to_string());
            }
            Some(SubjectKind::Deviation) if !self.deviations.contains(subject) => {
                self.deviations.insert(subject.to_string());
            }
            _ => {}
        }
        match content {
            Content::FollowUpPlanned(_) | Content::FollowUpAmended(_) => {
                self.inherit.insert(subject.to_string());
            }
            Content::ProductChecked(_) if !self.observed.contains(subject) => {
                self.observed.insert(subject.to_string());
            }
            Content::Shared(_) => self.shared.extend(shared_product(content).map(|product| (subject.to_string(), product))),
            _ => {}
        }
    }
}

impl<D: Database> Log<D> {
    /// Brings the tables up to what the new events say.
    pub(super) fn project(&mut self, touched: Touched) -> Result<(), StoreError> {
        let Touched { mut follow_ups, deviations, inherit, observed, shared } = touched;
        self.insert_products(shared)?;
        let deviations: Vec<String> = deviations.into_iter().collect();
        for some in deviations.chunks(FEW) {
            let mut accounts = Vec::with_capacity(some.len());
            for (_, events) in self.events_of_many(some)? {
                let account: Account<Deviation> = Account::of(events);
                let no_effect = account.without_effect().count();
                if let Some(deviation) = account.state {
                    follow_ups.insert(deviation.facts.follow_up.clone());
                    accounts.push((deviation, no_effect));
                }
            }
            let parents = accounts.iter().map(|(deviation, _)| deviation.facts.follow_up.clone()).collect::<BTreeSet<String>>();
            let parents = self.inherited(&parents.into_iter().collect::<Vec<String>>())?;
            let rows = accounts.iter().map(|(deviation, no_effect)| {
                deviation_row(deviation, parents.get(&deviation.facts.follow_up).cloned().unwrap_or_default(), *no_effect)
            });
            self.database.execute_many("DELETE FROM deviation_now WHERE id IN ({})", some)?;
            self.insert_deviations(rows.collect())?;
        }
        for portion in self.portions(follow_ups.into_iter().collect())? {
            match portion.as_slice() {
                [] => {}
                [one] => self.project_one(one, observed.contains(one))?,
                some => self.project_some(some, &observed)?,
            }
        }
        let inherit: Vec<String> = inherit.into_iter().collect();
        self.database.execute_many(&format!("{INHERIT} AND follow_up IN ({{}})"), &inherit)
    }

    /// Follow-ups whose events are little text together; one with much stands alone.
    fn portions(&mut self, follow_ups: Vec<String>) -> Result<Vec<Vec<String>>, StoreError> {
        let (mut portions, mut portion, mut together) = (Vec::new(), Vec::new(), 0);
        for some in follow_ups.chunks(FEW) {
            let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
            let sql = "SELECT subject, CAST(sum(octet_length(content)) AS BIGINT) FROM event WHERE subject IN ({}) GROUP BY subject";
            for mut row in self.database.query_many(sql, some)? {
                numbers.insert(row.text(), row.count());
            }
            for id in some {
                let number = numbers.get(id).copied().unwrap_or(0);
                if together + number > HEAVY && !portion.is_empty() {
                    portions.push(std::mem::take(&mut portion));
                    together = 0;
                }
                portion.push(id.clone());
                together += number;
            }
        }
        portions.push(portion);
        Ok(portions)
    }

    pub(super) fn project_some(&mut self, some: &[String], observed: &BTreeSet<String>) -> Result<(), StoreError> {
        let mut sums = self.sums(some)?;
        let mut work = Rebuild::default();
        let mut observers = Vec::new();
        for (id, events) in self.events_of_many(some)? {
            let account: Account<FollowUp> = Account::of(events);
            let Some(follow_up) = &account.state else { continue };
            let sum = sums.remove(&id).unwrap_or_default();
            work.follow_ups.push(follow_up_row(follow_up, &sum, account.without_effect().count() as u64));
            work.keep_words(follow_up);
            if observed.contains(id.as_str()) {
                work.observations.extend(observation_rows(follow_up));
                work.keep_products(follow_up);
                observers.push(id);
            }
        }
        self.clear(some, &observers)?;
        self.write_rows(&mut work)
    }

    /// The same for one follow-up, however many events it has.
    pub(super) fn project_one(&mut self, id: &String, observed: bool) -> Result<(), StoreError> {
        let one = std::slice::from_ref(id);
        let sum = self.sums(one)?.remove(id).unwrap_or_default();
        self.clear(one, if observed { one } else { &[] })?;
        self.write_folded(id, &sum, observed)
    }

    fn clear(&mut self, follow_ups: &[String], observers: &[String]) -> Result<(), StoreError> {
        self.database.execute_many("DELETE FROM follow_up_now WHERE id IN ({})", follow_ups)?;
        self.database.execute_many("DELETE FROM category_now WHERE follow_up IN ({})", follow_ups)?;
        self.database.execute_many("DELETE FROM product_now WHERE subject IN ({})", observers)?;
        self.database.execute_many("DELETE FROM observation_now WHERE follow_up IN ({})", observers)
    }

    fn write_folded(&mut self, id: &str, sum: &Sum, observed: bool) -> Result<(), StoreError> {
        let folded = self.fold(id)?;
        let Some(follow_up) = &folded.state else { return Ok(()) };
        let mut work = Rebuild::default();
        work.follow_ups.push(follow_up_row(follow_up, sum, folded.no_effect));
        work.keep_words(follow_up);
        if observed {
            work.keep_products(follow_up);
        }
        self.write_rows(&mut work)?;
        if !observed {
            return Ok(());
        }
        let counted: Vec<(&Product, u64)> = follow_up
            .products
            .iter()
            .filter_map(|(key, seen)| Some((&seen.product, folded.counted.get(key)?)))
            .flat_map(|(product, positions)| positions.iter().map(move |position| (product, *position)))
            .collect();
        let mut number = 0;
        for some in counted.chunks(PIECE) {
            let events = self.events_at(&some.iter().map(|(_, position)| *position).collect::<Vec<u64>>())?;
            let mut rows = Vec::new();
            for (product, position) in some {
                let Some(Content::ProductChecked(check)) = events.get(position).map(|event| &event.content) else { continue };
                for seen in &check.observations {
                    rows.extend(substance_rows(follow_up, product, seen, &mut number));
                }
            }
            self.insert_observations(rows)?;
        }
        Ok(())
    }

    /// Contract and area of follow-ups, as the log says: the tables may not be that far yet.
    fn inherited(&mut self, follow_ups: &[String]) -> Result<BTreeMap<String, Inherited>, StoreError> {
        let sql = format!(
            "SELECT {EVENT} FROM event WHERE subject IN ({{}}) AND kind IN ('{}', '{}')",
            Content::FollowUpPlanned(FollowUpFacts::default()).code(),
            Content::FollowUpAmended(FollowUpFacts::default()).code()
        );
        let mut found: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for row in self.database.query_many(&sql, follow_ups)? {
            let (_, event) = opened(row)?;
            found.entry(event.subject.clone()).or_default().push(event);
        }
        let inherited = |(id, events)| {
            let account: Account<FollowUp> = Account::of(events);
            let facts = account.state?.facts;
            Some((id, Inherited { contract: facts.contract.map(|contract| contract.id), area: facts.area }))
        };
        Ok(found.into_iter().filter_map(inherited).collect())
    }

    /// The events about each of these, by subject.
    pub(super) fn events_of_many(&mut self, subjects: &[String]) -> Result<BTreeMap<String, Vec<Event>>, StoreError> {
        let sql = format!("SELECT {EVENT} FROM event WHERE subject IN ({{}})");
        let mut found: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for row in self.database.query_many(&sql, subjects)? {
            let (_, event) = opened(row)?;
            found.entry(event.subject.clone()).or_default().push(event);
        }
        Ok(found)
    }

    fn sums(&mut self, follow_ups: &[String]) -> Result<BTreeMap<String, Sum>, StoreError> {
        // PostgreSQL sums whole numbers to decimal ones.
        let sql = "SELECT follow_up, light_now, min(red_after), min(due), count(*), CAST(sum(1 - over) AS BIGINT) \
                   FROM deviation_now WHERE follow_up IN ({}) GROUP BY follow_up, light_now";
        let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
        for mut row in self.database.query_many(sql, follow_ups)? {
            let follow_up = row.text();
            let now = Light::from_code(&row.text()).unwrap_or(Light::Red);
            let (red_after, due) = (day(row.maybe()), day(row.maybe()));
            let (number, open) = (row.count(), row.count());
            sums.entry(follow_up).or_default().add(Glow { now, red_after }, due, number, open);
        }
        Ok(sums)
    }

    fn write_rows(&mut self, work: &mut Rebuild) -> Result<(), StoreError> {
        self.insert_deviations(std::mem::take(&mut work.deviations))?;
        self.insert_follow_ups(std::mem::take(&mut work.follow_ups))?;
        self.insert_observations(std::mem::take(&mut work.observations))?;
        self.insert_products(std::mem::take(&mut work.products))?;
        let categories = std::mem::take(&mut work.categories).into_iter().map(|(category, id)| vec![plain(&category), id.into()]).collect();
        self.database.insert("INSERT INTO category_now (category, follow_up) VALUES", 2, categories, "ON CONFLICT DO NOTHING")?;
        let suppliers = std::mem::take(&mut work.suppliers).into_iter().map(|key| vec![plain(&key)]).collect();
        self.database.insert("INSERT INTO supplier_now (supplier_key) VALUES", 1, suppliers, "ON CONFLICT DO NOTHING").map(|_| ())
    }

    fn insert_follow_ups(&mut self, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
        self.database.insert(&format!("INSERT INTO follow_up_now ({FOLLOW_UP}) VALUES"), FOLLOW_UP_WIDTH, rows, "").map(|_| ())
    }

    fn insert_deviations(&mut self, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
        self.database.insert(&format!("INSERT INTO deviation_now ({DEVIATION}) VALUES"), DEVIATION_WIDTH, rows, "").map(|_| ())
    }

    fn insert_observations(&mut self, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
        self.database.insert(&format!("INSERT INTO observation_now ({OBSERVATION}) VALUES"), OBSERVATION_WIDTH, rows, "").map(|_| ())
    }

    fn insert_products(&mut self, products: BTreeSet<(String, (String, String))>) -> Result<(), StoreError> {
        let rows = products.into_iter().map(|(subject, (article, gtin))| vec![plain(&subject), plain(&article), plain(&gtin)]).collect();
        let sql = "INSERT INTO product_now (subject, article_key, gtin_key) VALUES";
        self.database.insert(sql, 3, rows, "ON CONFLICT DO NOTHING").map(|_| ())
    }

    /// Makes all tables anew, inside a transaction.
    pub(super) fn rebuild_inside(&mut self) -> Result<u64, StoreError> {
        self.database.take_time()?;
        for table in ["follow_up_now", "deviation_now", "observation_now", "category_now", "supplier_now", "product_now"] {
            self.database.execute(&format!("DELETE FROM {table}"), Vec::new())?;
        }
        let mut work = Rebuild::default();
        let (mut subject, mut position) = (String::new(), 0_u64);
        let mut seen = 0_u64;
        let mut together: Vec<Event> = Vec::new();
        // Follow-ups with so many events that they are read once more, piece by piece.
        let mut large: BTreeSet<String> = BTreeSet::new();
        loop {
            // By subject: every deviation (`d-`) comes before the follow-ups (`f-`).
            let sql = format!("SELECT {EVENT} FROM event WHERE (subject, position) > ($1, $2) ORDER BY subject, position LIMIT {PAGE}");
            let page = self.database.query(&sql, vec![subject.as_str().into(), position.into()])?;
            let last = page.len() < PAGE as usize;
            for row in page {
                let (at, event) = opened(row)?;
                if event.subject != subject {
                    work.take(&subject, std::mem::take(&mut together));
                    subject.clone_from(&event.subject);
                }
                position = at;
                seen += 1;
                if together.len() > MANY && SubjectKind::of(&subject) == Some(SubjectKind::FollowUp) {
                    large.insert(subject.clone());
                }
                if large.contains(&subject) {
                    together.clear();
                } else {
                    together.push(event);
                }
            }
            if last {
                work.take(&subject, std::mem::take(&mut together));
            }
            if last || work.gathered() > GATHER {
                self.write_rows(&mut work)?;
            }
            if last {
                break;
            }
        }
        for id in large {
            let sum = work.sums.remove(&id).unwrap_or_default();
            self.write_folded(&id, &sum, true)?;
        }
        self.database.execute(INHERIT, Vec::new())?;
        self.database.take_stock()?;
        Ok(seen)
    }
}

/// Rows on their way to the tables.
#[derive(Default)]
struct Rebuild {
    sums: BTreeMap<String, Sum>,
    deviations: Vec<Vec<Value>>,
    follow_ups: Vec<Vec<Value>>,
    observations: Vec<Vec<Value>>,
    categories: BTreeSet<(String, String)>,
    suppliers: BTreeSet<String>,
    products: BTreeSet<(String, (String, String))>,
}

impl Rebuild {
    /// Keeps the words that follow-ups are searched by.
    fn keep_words(&mut self, of: &FollowUp) {
        self.suppliers.insert(search_key(of.facts.supplier.name.as_deref().unwrap_or_default()));
        self.categories.extend(of.facts.categories.iter().map(|category| (category.clone(), of.id.clone())));
    }

    /// Keeps the numbers that products are looked up by.
    fn keep_products(&mut self, of: &FollowUp) {
        let keys = |product: &Product| {
            (article_key(product.article_number.as_deref().unwrap_or("")), gtin_key(product.gtin.as_deref().unwrap_or("")))
        };
        self.products.extend(of.products.values().map(|seen| (of.id.clone(), keys(&seen.product))));
    }

    fn gathered(&self) -> usize {
        self.deviations.len() + self.follow_ups.len() + self.observations.len() + self.products.len()
    }

    fn take(&mut self, subject: &str, events: Vec<Event>) {
        match SubjectKind::of(subject) {
            Some(SubjectKind::Deviation) => {
                let account: Account<Deviation> = Account::of(events);
                let Some(deviation) = &account.state else { return };
                let open = u64::from(!deviation.state.is_over());
                self.sums.entry(deviation.facts.follow_up.clone()).or_default().add(deviation.glow(), deviation.due(), 1, open);
                self.deviations.push(deviation_row(deviation, Inherited::default(), account.without_effect().count()));
            }
            Some(SubjectKind::FollowUp) => {
                let account: Account<FollowUp> = Account::of(events);
                let Some(follow_up) = &account.state else { return };
                let sum = self.sums.remove(subject).unwrap_or_default();
                self.follow_ups.push(follow_up_row(follow_up, &sum, account.without_effect().count() as u64));
                self.observations.extend(observation_rows(follow_up));
                self.keep_words(follow_up);
                self.keep_products(follow_up);
            }
            // What others shared, and keys.
            None => {
                let products = events.iter().filter_map(|event| Some((subject.to_string(), shared_product(&event.content)?)));
                self.products.extend(products);
            }
        }
    }
}

impl Sum {
    fn add(&mut self, glow: Glow, due: Option<Date>, number: u64, open: u64) {
        self.number += number;
        self.open += open;
        self.glow = Some(self.glow.map_or(glow, |own| own.and(glow)));
        self.due = sooner(self.due, due);
    }
}

/// The numbers of a product that was shared.
fn shared_product(content: &Content) -> Option<(String, String)> {
    let Content::Shared(shared) = content else { return None };
    let named = shared.record.as_ref()?.named()?;
    let text = |label: &Option<Label>| label.as_ref().map(|label| label.as_str().to_string()).unwrap_or_default();
    Some((article_key(&text(&named.article_number)), gtin_key(&text(&named.gtin))))
}

fn sooner(a: Option<Date>, b: Option<Date>) -> Option<Date> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn day(text: Option<String>) -> Option<Date> {
    text.and_then(|text| text.parse().ok())
}

/// Text for a column. PostgreSQL stores no NUL; the event itself keeps it.
fn plain(text: &str) -> Value {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

fn maybe(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |text| plain(text))
}

fn date(day: Option<Date>) -> Value {
    day.map(|day| day.to_string()).into()
}

/// `;a;b;`, so that `;a;` finds a.
fn listed(items: &[String]) -> Value {
    if items.is_empty() { "".into() } else { plain(&format!(";{};", items.join(";"))) }
}

/// What a search for a supplier compares.
pub fn search_key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn follow_up_row(of: &FollowUp, deviations: &Sum, no_effect: u64) -> Vec<Value> {
    let facts = &of.facts;
    let contract = facts.contract.as_ref();
    let glow = of.glow(deviations.glow);
    let due = sooner(of.due(), deviations.due);
    let rulesets = of.check.as_ref().map_or_else(String::new, |check| {
        let sets: Vec<String> = check.rulesets.iter().map(|set| format!("{}@{}", set.id, set.version)).collect();
        sets.join(", ")
    });
    let secrecy = facts.secrecy.as_ref().map(|secrecy| secrecy.class.clone());
    vec![
        plain(&of.id),
        plain(&of.organisation),
        of.state.code().into(),
        facts.kind.code().into(),
        contract.map_or(Value::Null, |contract| plain(&contract.id)),
        contract.map_or(Value::Null, |contract| maybe(contract.title.as_ref())),
        date(contract.and_then(|contract| contract.award)),
        maybe(facts.supplier.name.as_ref()),
        plain(&search_key(facts.supplier.name.as_deref().unwrap_or_default())),
        maybe(facts.supplier.number.as_ref()),
        maybe(facts.area.as_ref()),
        listed(&facts.categories),
        listed(&facts.cpv),
        maybe(facts.diary_number.as_ref()),
        maybe(facts.method.as_ref()),
        maybe(facts.laboratory.as_ref()),
        maybe(facts.responsible.as_ref()),
        maybe(secrecy.as_ref()),
        date(facts.planned_for),
        date(of.started),
        date(of.decided),
        date(of.valid_until()),
        of.outcome.map(|outcome| outcome.code()).into(),
        plain(&rulesets),
        (of.products.len() as u64).into(),
        (of.products.values().filter(|seen| seen.verdict == "undetermined").count() as u64).into(),
        deviations.number.into(),
        deviations.open.into(),
        u64::from(of.state.is_over()).into(),
        date(due),
        due.map_or_else(|| NO_DAY.to_string(), |day| day.to_string()).into(),
        glow.map(|glow| glow.now.code()).into(),
        date(glow.and_then(|glow| glow.red_after)),
        no_effect.into(),
        of.entered.to_string().into(),
        of.changed.to_string().into(),
    ]
}

fn deviation_row(of: &Deviation, inherited: Inherited, no_effect: usize) -> Vec<Value> {
    let (facts, seen) = (&of.facts, &of.latest);
    let glow = of.glow();
    let due = of.due();
    let substances: Vec<String> = facts
        .observation
        .substances
        .iter()
        .map(|substance| match &substance.cas {
            Some(cas) => format!("{} ({cas})", substance.name),
            None => substance.name.clone(),
        })
        .collect();
    let verification = of.verification.as_ref();
    vec![
        plain(&of.id),
        plain(&facts.follow_up),
        plain(&of.organisation),
        of.state.code().into(),
        maybe(facts.severity.as_ref()),
        maybe(inherited.contract.as_ref()),
        maybe(inherited.area.as_ref()),
        maybe(facts.supplier.as_ref()),
        plain(&search_key(facts.supplier.as_deref().unwrap_or_default())),
        maybe(facts.product.article_number.as_ref()),
        maybe(facts.product.gtin.as_ref()),
        maybe(facts.product.name.as_ref()),
        plain(&facts.observation.part.join(" › ")),
        plain(&facts.observation.rule),
        plain(&facts.observation.ruleset),
        plain(&facts.observation.ruleset_version),
        plain(&facts.observation.finding),
        plain(&facts.title.sv),
        plain(&facts.title.en),
        plain(&seen.verdict),
        maybe(seen.evidence.as_ref()),
        plain(&substances.join(", ")),
        maybe(seen.lo.as_ref()),
        maybe(seen.hi.as_ref()),
        maybe(facts.observation.limit.as_ref()),
        maybe(facts.observation.unit.as_ref()),
        maybe(facts.observation.comparison.as_ref()),
        date(facts.discovered),
        date(of.deadline.map(|(_, day)| day)),
        of.deadline
            .map(|(which, _)| match which {
                DeadlineOf::Plan => "plan",
                DeadlineOf::Measure => "measure",
            })
            .into(),
        (of.extensions.len() as u64).into(),
        date(of.measure.as_ref().map(|(on, _)| *on)),
        date(verification.map(|seen| seen.on)),
        maybe(verification.map(|seen| &seen.verifier)),
        verification.map(|seen| if seen.sufficient { "yes" } else { "no" }).into(),
        date(of.ended.as_ref().map(|(on, _)| *on)),
        u64::from(of.reopened).into(),
        u64::from(of.state.is_over()).into(),
        date(due),
        due.map_or_else(|| NO_DAY.to_string(), |day| day.to_string()).into(),
        glow.now.code().into(),
        date(glow.red_after),
        (no_effect as u64).into(),
        of.entered.to_string().into(),
        of.changed.to_string().into(),
    ]
}

fn observation_rows(of: &FollowUp) -> Vec<Vec<Value>> {
    let mut number = 0;
    let seen = of.products.values().flat_map(|seen| seen.observations.iter().map(move |observation| (&seen.product, observation)));
    seen.flat_map(|(product, seen)| substance_rows(of, product, seen, &mut number)).collect()
}

/// One row for each substance of an observation; `number` counts them.
fn substance_rows(of: &FollowUp, product: &Product, seen: &Observation, number: &mut u64) -> Vec<Vec<Value>> {
    let contract = of.facts.contract.as_ref();
    let rows = seen.substances.iter().map(|substance| {
        *number += 1;
        vec![
            plain(&of.id),
            (*number).into(),
            plain(&of.organisation),
            contract.map_or(Value::Null, |contract| plain(&contract.id)),
            maybe(of.facts.supplier.name.as_ref()),
            maybe(product.article_number.as_ref()),
            maybe(product.gtin.as_ref()),
            maybe(product.name.as_ref()),
            plain(&seen.part.join(" › ")),
            plain(&seen.rule),
            plain(&seen.ruleset),
            plain(&seen.ruleset_version),
            plain(&seen.verdict),
            maybe(seen.evidence.as_ref()),
            maybe(substance.cas.as_ref()),
            maybe(substance.ec.as_ref()),
            plain(&substance.name),
            plain(&substance.written),
            plain(&substance.lo),
            plain(&substance.hi),
            maybe(seen.lo.as_ref()),
            maybe(seen.hi.as_ref()),
            maybe(seen.limit.as_ref()),
            maybe(seen.comparison.as_ref()),
            maybe(seen.unit.as_ref()),
            maybe(seen.level.as_ref()),
            maybe(seen.kind.as_ref()),
            plain(&seen.places.join(", ")),
            plain(&seen.file),
            plain(&seen.file_sha256),
        ]
    });
    rows.collect()
}

/// The columns of a list of follow-ups.
pub const FOLLOW_UP_LIST: &str = FOLLOW_UP;
/// The columns of a list of deviations.
pub const DEVIATION_LIST: &str = DEVIATION;

/// The next value of a row as a day.
pub fn next_day(row: &mut Row) -> Option<Date> {
    day(row.maybe())
}
