//! From a check to a follow-up: the rows of a run become events. There is one follow-up for each supplier and contract (a
//! new round when the last is over), and one deviation for each breach. What is as it was adds nothing.

use crate::cli::Check as CheckCommand;
use crate::request::{self, Refusal};
use crate::settings::{self, Identity};
use kemkoll::declaration::Date;
use kemkoll::follow_up::reuse::{limits_asked, selection_of};
use kemkoll::follow_up::{
    Account, Check, Content, ContractFacts, Deviation, DeviationFacts, FollowUp, FollowUpFacts, FollowUpKind, FollowUpState, Measured,
    Observation, ObservedSubstance, Product, ProductCheck, RuleSetUsed, Supplier, Words,
};
use kemkoll::output::json::RunRecord;
use kemkoll::output::rows::{FindingRow, MeasuredRow, ProductRow, RowError, TextRow};
use kemkoll::output::words::Lang;
use kemkoll::rule::{Consequence, RuleBook};
use kemkoll::share::{Draft, Filter, Store, StoreError, Upgrade};
use kemkoll::substance::Register;
use kemkoll::verdict::Verdict;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io;

/// A run that is to be recorded.
pub struct Recording {
    store: Box<dyn Store>,
    identity: Identity,
    today: Date,
    contract: Option<ContractFacts>,
    check: Check,
    /// Findings that are deviations already: what else was judged well is not kept in memory.
    known: BTreeSet<String>,
    groups: BTreeMap<String, Group>,
}

/// Which product a row is of: file, its hash, article number and name.
type RowOf = (String, String, Option<String>, Option<String>);

/// What a run saw of one supplier.
#[derive(Default)]
struct Group {
    supplier: Option<String>,
    categories: BTreeSet<String>,
    products: Vec<ProductCheck>,
    /// Breaches by the finding's id.
    breaches: BTreeMap<String, DeviationFacts>,
    /// What else became of findings that are deviations already, by the finding's id.
    others: BTreeMap<String, Observation>,
}

/// What recording came to.
#[derive(Debug, Default)]
struct Told {
    follow_ups: u64,
    opened: u64,
    changed: u64,
    events: u64,
}

/// Makes ready to record, when that was asked for. What is wrong with the store is told before anything is checked.
pub fn begin(arguments: &CheckCommand, lang: Lang) -> Result<Option<Recording>, Refusal> {
    if !arguments.follow_up {
        return Ok(None);
    }
    let identity = settings::identity(&arguments.who, lang)?;
    let mut store = settings::open(&arguments.place, Upgrade::OwnOnly, lang)?;
    let today = request::today();
    let own = Filter { organisation: Some(identity.organisation.clone()), ..Filter::default() };
    let deviations = store.deviations(&own, today).map_err(|error| Refusal::one(lang.text(&error.text())))?;
    let known = deviations.rows.into_iter().map(|row| row.finding).collect();
    let (contract, check, groups) = (None, Check::default(), BTreeMap::new());
    Ok(Some(Recording { store, identity, today, contract, check, known, groups }))
}

impl Recording {
    /// Gathers what the run saw, from its rows.
    pub fn gather(
        &mut self,
        record: &RunRecord,
        book: &RuleBook,
        register: &Register,
        products: impl Iterator<Item = Result<ProductRow, RowError>>,
        findings: impl Iterator<Item = Result<FindingRow, RowError>>,
    ) -> io::Result<()> {
        self.contract = book.contract.as_ref().map(|contract| ContractFacts {
            id: contract.id.to_string(),
            title: Some(contract.title.sv.clone()).filter(|title| !title.is_empty()),
            award: contract.award,
            start: contract.period.map(|(from, _)| from),
            end: contract.period.map(|(_, to)| to),
            extended_end: None,
        });
        self.check = Check {
            run: String::new(),
            program_version: record.program_version.clone(),
            as_of: record.as_of.clone(),
            proof: record.options.proof.clone(),
            fingerprint: record.fingerprint.clone(),
            rulesets: record
                .rulesets
                .iter()
                .map(|set| RuleSetUsed {
                    id: set.id.clone(),
                    version: set.version.clone(),
                    hash: set.hash.clone(),
                    selection: Some(selection_of(book, &set.id)),
                })
                .collect(),
            limits: limits_asked(book, register),
        };
        // Where a finding's product stands: group and number.
        let mut places: BTreeMap<RowOf, (String, usize)> = BTreeMap::new();
        for row in products {
            let row = row.map_err(io::Error::other)?;
            // A file that nothing could be read of is no check of anybody.
            if row.reason.is_some() {
                continue;
            }
            let key = group_key(row.supplier.as_deref(), &row.file);
            let group = self.groups.entry(key.clone()).or_default();
            if group.supplier.is_none() {
                group.supplier.clone_from(&row.supplier);
            }
            group.categories.extend(row.categories.iter().cloned());
            let place = (row.file.clone(), row.file_sha256.clone(), row.article_number.clone(), row.product.clone());
            places.entry(place).or_insert((key, group.products.len()));
            group.products.push(product_check(row));
        }
        for row in findings {
            let row = row.map_err(io::Error::other)?;
            // Data problems are told to the supplier; they break no rule.
            if row.ruleset.is_none() || row.verdict == Verdict::NotApplicable {
                continue;
            }
            let place = (row.file.clone(), row.file_sha256.clone(), row.article_number.clone(), row.product.clone());
            let Some((key, number)) = places.get(&place) else { continue };
            let Some(group) = self.groups.get_mut(key) else { continue };
            group.see(row, *number, self.today, &self.known);
        }
        for group in self.groups.values_mut() {
            for product in &mut group.products {
                product.observations.sort();
                product.digest = digest(product)?;
            }
        }
        Ok(())
    }

    /// Writes what is new, whole or not at all, and says what that was.
    pub fn write(mut self, lang: Lang) -> Result<String, Refusal> {
        let mut told = Told::default();
        let (groups, contract, check, known, today) = (&self.groups, &self.contract, &self.check, &self.known, self.today);
        let writer = self.identity.writer();
        let result = self.store.append(&writer, &mut |store| {
            told = Told::default();
            let mut drafts = Vec::new();
            for group in groups.values() {
                let run = Run { contract: contract.as_ref(), check, known, today, organisation: writer.organisation };
                run.drafts(store, group, &mut drafts, &mut told)?;
            }
            Ok(drafts)
        });
        let written = result.map_err(|error| Refusal::one(lang.text(&error.text())))?;
        told.events = written.len() as u64;
        Ok(told.text(lang))
    }
}

impl Told {
    fn text(&self, lang: Lang) -> String {
        if self.events == 0 {
            return lang.of("uppföljning: inget nytt att anteckna", "follow-up: nothing new to record").to_string();
        }
        lang.of(
            "uppföljning: {f} uppföljningar antecknade, {o} nya avvikelser, {c} ändrade",
            "follow-up: {f} follow-ups recorded, {o} new deviations, {c} changed",
        )
        .replace("{f}", &self.follow_ups.to_string())
        .replace("{o}", &self.opened.to_string())
        .replace("{c}", &self.changed.to_string())
    }
}

/// Declarations of one supplier belong together; one that names none stands for itself.
fn group_key(supplier: Option<&str>, file: &str) -> String {
    match supplier.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => format!("supplier {}", name.to_lowercase()),
        None => format!("file {file}"),
    }
}

fn product_check(row: ProductRow) -> ProductCheck {
    let laboratory = row.kind.is_some_and(|kind| kind.code() == "laboratory-report");
    ProductCheck {
        run: String::new(),
        digest: String::new(),
        product: Product { article_number: row.article_number, gtin: row.gtin, name: row.product },
        categories: row.categories,
        file: row.file,
        file_sha256: row.file_sha256,
        format: row.format,
        method: if laboratory { "laboratory" } else { "declaration" }.to_string(),
        declared: row.date,
        verdict: row.verdict.code().to_string(),
        evidence: row.evidence.map(|evidence| evidence.code().to_string()),
        non_compliant: row.counts.non_compliant,
        undetermined: row.counts.undetermined,
        observations: Vec::new(),
    }
}

fn observation(row: &FindingRow) -> Observation {
    let mut places: Vec<String> = row.places.iter().map(ToString::to_string).filter(|place| !place.is_empty()).collect();
    places.dedup();
    Observation {
        finding: row.id.clone(),
        rule: row.rule.clone(),
        ruleset: row.ruleset.clone().unwrap_or_default(),
        ruleset_version: row.ruleset_version.clone().unwrap_or_default(),
        verdict: row.verdict.code().to_string(),
        evidence: row.evidence.map(|evidence| evidence.code().to_string()),
        reason: row.reason.map(|reason| reason.code().to_string()),
        part: row.part.clone(),
        substances: row
            .substances
            .iter()
            .map(|substance| ObservedSubstance {
                cas: substance.cas.clone(),
                ec: substance.ec.clone(),
                name: substance.name.clone(),
                written: substance.written.clone(),
                lo: substance.lo.clone(),
                hi: substance.hi.clone(),
            })
            .collect(),
        lo: row.lo.clone(),
        hi: row.hi.clone(),
        limit: row.limit.clone(),
        unit: row.unit.clone(),
        comparison: row.comparison.clone(),
        level: row.level.clone(),
        kind: row.kind.clone(),
        exemption: row.exemption.as_ref().map(|exemption| exemption.id.clone()),
        measured: row.substances.iter().filter_map(|substance| substance.measured.as_ref()).map(measured).collect(),
        places,
        raw: row.places.iter().map(|place| place.raw().to_string()).filter(|raw| !raw.is_empty()).collect(),
        file: row.file.clone(),
        file_sha256: row.file_sha256.clone(),
    }
}

fn measured(by: &MeasuredRow) -> Measured {
    let MeasuredRow { sample, method, laboratory, accreditation, lod, loq, uncertainty } = by.clone();
    Measured { sample, method, laboratory, accreditation, lod, loq, uncertainty }
}

impl Group {
    fn see(&mut self, row: FindingRow, product: usize, today: Date, known: &BTreeSet<String>) {
        let seen = observation(&row);
        let counts = !matches!(row.consequence, Some(Consequence::Award | Consequence::Watch) | None);
        let Some(check) = self.products.get_mut(product) else { return };
        if row.verdict == Verdict::NonCompliant && counts {
            let facts = DeviationFacts {
                follow_up: String::new(),
                observation: seen.clone(),
                title: words(row.title),
                message: words(row.message),
                severity: row.severity.map(|severity| severity.code().to_string()),
                supplier: row.supplier.clone(),
                product: check.product.clone(),
                discovered: Some(today),
            };
            // The same finding in two files: the greater amount is the one to act on, in whatever order they were read.
            let worse = |other: &DeviationFacts| greatness(&facts.observation) > greatness(&other.observation);
            if self.breaches.get(&row.id).is_none_or(worse) {
                self.breaches.insert(row.id.clone(), facts);
            }
        } else if known.contains(&row.id) {
            self.others.entry(row.id.clone()).or_insert_with(|| seen.clone());
        }
        if !seen.substances.is_empty() {
            check.observations.push(seen);
        }
    }
}

fn words(text: TextRow) -> Words {
    Words { sv: text.sv, en: text.en }
}

/// Orders decimal text by its size: digits before the point, then bytewise.
fn greatness(seen: &Observation) -> (usize, &str, &str, &str) {
    let hi = seen.hi.as_deref().unwrap_or_default();
    (hi.split('.').next().map_or(0, str::len), hi, &seen.file_sha256, &seen.file)
}

/// What tells whether a product is as it was: everything that was seen, without where the file lay.
fn digest(check: &ProductCheck) -> io::Result<String> {
    let mut bare = check.clone();
    bare.file.clear();
    for seen in &mut bare.observations {
        seen.file.clear();
    }
    Ok(hash(&[&serde_json::to_string(&bare).map_err(io::Error::other)?]))
}

/// 16 hexadecimal digits that stand for these texts.
fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The rounds of following up one supplier under one contract.
pub struct Round {
    /// The one that is not over.
    pub open: Option<FollowUp>,
    /// The last one that is over.
    pub last: Option<FollowUp>,
    /// The id of the next.
    pub next: String,
}

/// Finds where following up stands. Ids follow from who, what and the round, so that two stores of one organisation give
/// the same follow-up the same id.
pub fn latest_round(
    store: &mut dyn Store,
    organisation: &str,
    contract: Option<&str>,
    supplier: &str,
    kind: FollowUpKind,
) -> Result<Round, StoreError> {
    let mut last = None;
    for round in 1_u32.. {
        let supplier = supplier.trim().to_lowercase();
        let id = hash(&["follow-up", organisation, contract.unwrap_or_default(), &supplier, kind.code(), &round.to_string()]);
        let next = format!("f-{id}");
        let account: Account<FollowUp> = Account::of(store.events(&next)?);
        match account.state {
            None => return Ok(Round { open: None, last, next }),
            Some(now) if !now.state.is_over() => return Ok(Round { open: Some(now), last, next }),
            Some(over) => last = Some(over),
        }
    }
    Err(StoreError::Other("too many rounds".to_string()))
}

/// What holds for every supplier of a run.
struct Run<'a> {
    contract: Option<&'a ContractFacts>,
    check: &'a Check,
    known: &'a BTreeSet<String>,
    today: Date,
    organisation: &'a str,
}

impl Run<'_> {
    fn drafts(&self, store: &mut dyn Store, group: &Group, drafts: &mut Vec<Draft>, told: &mut Told) -> Result<(), StoreError> {
        let measured = !group.products.is_empty() && group.products.iter().all(|product| product.method == "laboratory");
        let kind = if measured { FollowUpKind::Laboratory } else { FollowUpKind::DeclarationCheck };
        let file = group.products.first().map(|product| product.file.as_str()).unwrap_or_default();
        let named = group.supplier.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let supplier = named.map_or_else(|| format!("file {file}"), str::to_string);
        let contract = self.contract.map(|contract| contract.id.as_str());
        let round = latest_round(store, self.organisation, contract, &supplier, kind)?;

        let mut seen: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for product in &group.products {
            seen.entry(product.product.key()).or_default().insert(&product.digest);
        }
        let before = round.open.as_ref().or(round.last.as_ref().filter(|last| last.state == FollowUpState::Closed));
        let changed: BTreeSet<&str> = seen
            .iter()
            .filter(|(key, digests)| {
                let last = before.and_then(|before| before.products.get(*key));
                last.is_none_or(|last| !last.digests.iter().map(String::as_str).eq(digests.iter().copied()))
            })
            .map(|(key, _)| key.as_str())
            .collect();
        let same_question = before.and_then(|before| before.check.as_ref()).is_some_and(|check| check.asks_the_same(self.check));
        if changed.is_empty() && same_question {
            return Ok(());
        }
        told.follow_ups += 1;
        let subject = round.next;
        let mut add = |content| drafts.push(Draft { subject: subject.clone(), content });
        if round.open.is_none() {
            add(Content::FollowUpPlanned(FollowUpFacts {
                kind,
                contract: self.contract.cloned(),
                supplier: Supplier { name: named.map(str::to_string), ..Supplier::default() },
                categories: group.categories.iter().cloned().collect(),
                method: Some(if measured { "laboratory" } else { "declaration" }.to_string()),
                // Without a supplier the file is all that tells what it is about.
                reason: named.is_none().then(|| format!("deklaration utan leverantör / declaration without a supplier: {file}")),
                ..FollowUpFacts::default()
            }));
        }
        if round.open.as_ref().is_none_or(|open| open.state == FollowUpState::Planned) {
            add(Content::FollowUpStarted { on: self.today });
        }
        let digests: Vec<&str> = group.products.iter().map(|product| product.digest.as_str()).collect();
        let run = hash(&["run", &self.check.fingerprint, &self.check.proof, &digests.join(" ")]);
        add(Content::Checked(Check { run: run.clone(), ..self.check.clone() }));
        // A new round tells everything; a running one what is new.
        let all = round.open.is_none();
        for product in &group.products {
            if all || changed.contains(product.product.key().as_str()) {
                add(Content::ProductChecked(ProductCheck { run: run.clone(), ..product.clone() }));
            }
        }
        self.deviations(store, group, &subject, &changed, all, drafts, told)
    }

    #[expect(clippy::too_many_arguments, reason = "what a follow-up's deviations depend on")]
    fn deviations(
        &self,
        store: &mut dyn Store,
        group: &Group,
        follow_up: &str,
        changed: &BTreeSet<&str>,
        all: bool,
        drafts: &mut Vec<Draft>,
        told: &mut Told,
    ) -> Result<(), StoreError> {
        let concerns = |product: &Product| all || changed.contains(product.key().as_str());
        for (finding, facts) in &group.breaches {
            if !concerns(&facts.product) {
                continue;
            }
            let subject = format!("d-{}", hash(&["deviation", follow_up, finding]));
            let account: Account<Deviation> = Account::of(store.events(&subject)?);
            match account.state {
                None => {
                    told.opened += 1;
                    let facts = DeviationFacts { follow_up: follow_up.to_string(), ..facts.clone() };
                    drafts.push(Draft { subject, content: Content::DeviationOpened(facts) });
                }
                Some(now) if !now.latest.same_as(&facts.observation) => {
                    told.changed += 1;
                    drafts.push(Draft { subject, content: Content::Observed(facts.observation.clone()) });
                }
                Some(_) => {}
            }
        }
        // What was a breach and is none any more. Only where the same rules were asked of the same product.
        let mine = Filter { follow_up: Some(follow_up.to_string()), ..Filter::default() };
        for row in store.deviations(&mine, self.today)?.rows {
            // Opened by somebody else since this run began: what became of it was not kept.
            if !self.known.contains(&row.finding) {
                continue;
            }
            let account: Account<Deviation> = Account::of(store.events(&row.id)?);
            let Some(now) = account.state else { continue };
            let known = &now.facts.observation;
            let asked = self.check.rulesets.iter().any(|set| set.id == known.ruleset);
            if !asked || !changed.contains(now.facts.product.key().as_str()) || group.breaches.contains_key(&known.finding) {
                continue;
            }
            let seen = group.others.get(&known.finding).cloned().unwrap_or_else(|| Observation {
                finding: known.finding.clone(),
                rule: known.rule.clone(),
                ruleset: known.ruleset.clone(),
                ruleset_version: known.ruleset_version.clone(),
                verdict: "not-found".to_string(),
                part: known.part.clone(),
                ..Observation::default()
            });
            if !now.latest.same_as(&seen) {
                told.changed += 1;
                drafts.push(Draft { subject: row.id, content: Content::Observed(seen) });
            }
        }
        Ok(())
    }
}
