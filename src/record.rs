//! From a check to a follow-up: the rows of a run become events. There is one follow-up for each supplier and contract (a
//! new round when the last is over), and one deviation for each breach. What is as it was adds nothing.

mod spool;
mod steps;

use crate::cli::Check as CheckCommand;
use crate::request::{self, Refusal};
use crate::settings::{self, Identity};
use crate::{complain, interrupt};
use kemkoll::batch::{LinesIn, Outcome};
use kemkoll::declaration::Date;
use kemkoll::follow_up::reuse::{limits_asked, selection_of};
use kemkoll::follow_up::{
    Check, ContractFacts, DeviationFacts, FollowUp, FollowUpKind, Measured, Observation, ObservedSubstance, Product, ProductCheck,
    RuleSetUsed, Words,
};
use kemkoll::output::json::RunRecord;
use kemkoll::output::rows::{FindingRow, MeasuredRow, ProductRow, TextRow, read_rows};
use kemkoll::output::words::Lang;
use kemkoll::rule::{Consequence, RuleBook};
use kemkoll::share::{Findings, Store, StoreError, Upgrade};
use kemkoll::substance::Register;
use kemkoll::verdict::Verdict;
use sha2::{Digest, Sha256};
use spool::Spool;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;
use steps::Run;

/// What a run waits in until it is recorded, in the folder for everything temporary.
pub const SPOOL: &str = "record.sqlite";
/// The method of a product that a laboratory measured.
const LABORATORY: &str = "laboratory";

/// A run that is to be recorded.
pub struct Recording {
    store: Box<dyn Store>,
    identity: Identity,
    today: Date,
    contract: Option<ContractFacts>,
    check: Check,
    known: Known,
    spool: Option<Spool>,
}

/// Findings that were deviations already when the run began, as hashes: what else was judged well is not kept.
#[derive(Debug, Default)]
struct Known(HashSet<u64>);

impl Known {
    fn hash(finding: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        finding.hash(&mut hasher);
        hasher.finish()
    }

    fn has(&self, finding: &str) -> bool {
        self.0.contains(&Known::hash(finding))
    }

    fn of(store: &mut dyn Store, organisation: &str) -> Result<Known, StoreError> {
        let (mut known, mut after) = (Known::default(), String::new());
        loop {
            let some = store.findings(Findings::Organisation(organisation), &after, 10_000)?;
            known.0.extend(some.iter().map(|(_, finding)| Known::hash(finding)));
            match some.into_iter().next_back() {
                Some((last, _)) => after = last,
                None => return Ok(known),
            }
        }
    }
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
    let known = Known::of(&mut *store, &identity.organisation).map_err(|error| Refusal::one(lang.text(&error.text())))?;
    Ok(Some(Recording { store, identity, today: request::today(), contract: None, check: Check::default(), known, spool: None }))
}

impl Recording {
    /// Gathers what the run saw, file by file, in a folder for temporary files.
    pub fn gather(&mut self, record: &RunRecord, book: &RuleBook, register: &Register, outcome: &Outcome, folder: &Path) -> io::Result<()> {
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
        let mut spool = Spool::create(folder).map_err(io::Error::other)?;
        outcome.each(|lines| self.see(lines, &mut spool))?;
        spool.finish()?;
        self.spool = Some(spool);
        Ok(())
    }

    /// Keeps what one file gave.
    fn see(&self, lines: LinesIn<'_>, spool: &mut Spool) -> io::Result<()> {
        let mut products: Vec<(String, Option<String>, ProductCheck)> = Vec::new();
        // Where a finding's product stands, by article number and name.
        let mut places: BTreeMap<(Option<String>, Option<String>), usize> = BTreeMap::new();
        for row in read_rows::<ProductRow>(lines.products) {
            let row = row.map_err(io::Error::other)?;
            // A file that nothing could be read of is no check of anybody.
            if row.reason.is_some() {
                continue;
            }
            places.entry((row.article_number.clone(), row.product.clone())).or_insert(products.len());
            products.push((party(row.supplier.as_deref(), &row.file), row.supplier.clone(), product_check(row)));
        }
        for row in read_rows::<FindingRow>(lines.findings) {
            let row = row.map_err(io::Error::other)?;
            // Data problems are told to the supplier; they break no rule.
            if row.ruleset.is_none() || row.verdict == Verdict::NotApplicable {
                continue;
            }
            let place = places.get(&(row.article_number.clone(), row.product.clone()));
            let Some((party, _, check)) = place.and_then(|place| products.get_mut(*place)) else { continue };
            self.see_finding(row, party, check, spool)?;
        }
        for (party, supplier, check) in &mut products {
            check.observations.sort();
            check.digest = digest(check)?;
            spool.product(party, supplier.as_deref(), check)?;
        }
        Ok(())
    }

    fn see_finding(&self, row: FindingRow, party: &str, check: &mut ProductCheck, spool: &mut Spool) -> io::Result<()> {
        let seen = observation(&row);
        let counts = !matches!(row.consequence, Some(Consequence::Award | Consequence::Watch) | None);
        if row.verdict == Verdict::NonCompliant && counts {
            let facts = DeviationFacts {
                follow_up: String::new(),
                observation: seen.clone(),
                title: words(row.title),
                message: words(row.message),
                severity: row.severity.map(|severity| severity.code().to_string()),
                supplier: row.supplier,
                product: check.product.clone(),
                discovered: Some(self.today),
            };
            spool.breach(party, &facts)?;
        } else if self.known.has(&row.id) {
            spool.other(party, &seen)?;
        }
        if !seen.substances.is_empty() {
            check.observations.push(seen);
        }
        Ok(())
    }

    /// Writes what is new, whole or not at all, and says what that was.
    pub fn write(mut self, lang: Lang) -> Result<String, Refusal> {
        let mut told = Told::default();
        let (contract, check, known, today) = (self.contract.as_ref(), &self.check, &self.known, self.today);
        let spool = &mut self.spool;
        let writer = self.identity.writer();
        let run = Run { contract, check, known, today, organisation: writer.organisation };
        let result = self.store.append_each(&writer, &mut |open| {
            told = Told::default();
            let Some(spool) = spool else { return Ok(()) };
            let mut after = String::new();
            while let Some(party) = spool.next_party(&after)? {
                if interrupt::stopped() {
                    return Err(StoreError::Other("interrupted".to_string()));
                }
                run.record(open, spool, &party, &mut told)?;
                after = party.key;
            }
            Ok(())
        });
        told.events = result.map_err(|error| {
            if !interrupt::stopped() {
                return Refusal::one(lang.text(&error.text()));
            }
            complain(lang.of(
                "resultaten är skrivna, men ingen uppföljning är antecknad; kör igen",
                "the results are written, but no follow-up is recorded; run it again",
            ));
            Refusal::Interrupted
        })?;
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
fn party(supplier: Option<&str>, file: &str) -> String {
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
        method: if laboratory { LABORATORY } else { "declaration" }.to_string(),
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

fn words(text: TextRow) -> Words {
    Words { sv: text.sv, en: text.en }
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
        match store.follow_up(&next)? {
            None => return Ok(Round { open: None, last, next }),
            Some(now) if !now.state.is_over() => return Ok(Round { open: Some(now), last, next }),
            Some(over) => last = Some(over),
        }
    }
    Err(StoreError::Other("too many rounds".to_string()))
}
