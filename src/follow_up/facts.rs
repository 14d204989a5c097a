//! What is known of a follow-up, a check, a deviation and an observation, as it stands in events. Words that come from
//! result files (verdicts, evidence, levels) are kept as text, so that an older program can read what a newer one wrote.

use super::day;
use super::shared::LimitAsked;
use crate::declaration::{Date, Text};
use serde::{Deserialize, Serialize};

/// How a follow-up is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FollowUpKind {
    /// Declarations are checked at the desk.
    #[default]
    DeclarationCheck,
    /// The supplier answers for itself.
    SelfAssessment,
    /// An audit of documents and routines at the supplier's office.
    OfficeAudit,
    /// An audit where the goods are made.
    FactoryAudit,
    /// Goods are analysed by a laboratory.
    Laboratory,
}

impl FollowUpKind {
    /// All of them.
    pub const ALL: [FollowUpKind; 5] = [
        FollowUpKind::DeclarationCheck,
        FollowUpKind::SelfAssessment,
        FollowUpKind::OfficeAudit,
        FollowUpKind::FactoryAudit,
        FollowUpKind::Laboratory,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            FollowUpKind::DeclarationCheck => "declaration-check",
            FollowUpKind::SelfAssessment => "self-assessment",
            FollowUpKind::OfficeAudit => "office-audit",
            FollowUpKind::FactoryAudit => "factory-audit",
            FollowUpKind::Laboratory => "laboratory",
        }
    }

    /// The kind named by `code`.
    pub fn from_code(code: &str) -> Option<FollowUpKind> {
        FollowUpKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// How a follow-up ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing deviated.
    NoDeviations,
    /// What deviated was mended (each deviation's light tells whether in time).
    Remedied,
    /// Something was not mended.
    NotRemedied,
    /// It could not be settled.
    Inconclusive,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 4] = [Outcome::NoDeviations, Outcome::Remedied, Outcome::NotRemedied, Outcome::Inconclusive];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Outcome::NoDeviations => "no-deviations",
            Outcome::Remedied => "remedied",
            Outcome::NotRemedied => "not-remedied",
            Outcome::Inconclusive => "inconclusive",
        }
    }

    /// The outcome named by `code`.
    pub fn from_code(code: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.code() == code)
    }
}

/// Who supplies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Supplier {
    /// Name as declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Organisation number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// VAT number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vat: Option<String>,
    /// Global Location Number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gln: Option<String>,
}

/// The contract that is followed up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContractFacts {
    /// Its id.
    pub id: String,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Day of the award; before it nothing of it may be shared.
    #[serde(with = "day::maybe", skip_serializing_if = "Option::is_none")]
    pub award: Option<Date>,
    /// First day.
    #[serde(with = "day::maybe", skip_serializing_if = "Option::is_none")]
    pub start: Option<Date>,
    /// Last day.
    #[serde(with = "day::maybe", skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
    /// Last day with every extension used.
    #[serde(with = "day::maybe", skip_serializing_if = "Option::is_none")]
    pub extended_end: Option<Date>,
}

/// That something is claimed to be secret. A marking is no decision: it is weighed again whenever someone asks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Secrecy {
    /// The class or section of law.
    pub class: String,
    /// Why.
    pub reason: String,
    /// When to weigh it again.
    #[serde(with = "day::maybe", skip_serializing_if = "Option::is_none")]
    pub reassess: Option<Date>,
}

/// That the supplier lets others see in which parts of its products substances are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// When it was given.
    #[serde(with = "day")]
    pub on: Date,
    /// Where it can be read: a letter, a clause of the contract.
    pub reference: String,
}

/// A rule set as it was used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct RuleSetUsed {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 over its files.
    pub hash: String,
    /// Stands for which of its rules were asked for ([`selection_of`](super::reuse::selection_of)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<String>,
}

/// What is known of a follow-up as such.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowUpFacts {
    /// How it is made.
    #[serde(rename = "type")]
    pub kind: FollowUpKind,
    /// The contract; `None` for a check under no contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractFacts>,
    /// The supplier.
    pub supplier: Supplier,
    /// Procurement region or risk area: A to H.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Product categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// CPV codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cpv: Vec<String>,
    /// The number in the organisation's register of documents (diarienummer).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diary_number: Option<String>,
    /// Method: declaration, test, label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The laboratory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub laboratory: Option<String>,
    /// Its accreditation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accreditation: Option<String>,
    /// The day it is planned for.
    #[serde(with = "day::maybe", skip_serializing_if = "Option::is_none")]
    pub planned_for: Option<Date>,
    /// The role that answers for it; not a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<String>,
    /// Claimed secrecy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrecy: Option<Secrecy>,
    /// How much of it the organisation lets out: `verdicts`, `findings` or `full`; `None`: as the organisation does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sharing: Option<String>,
    /// The supplier's consent to share what its products are made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// Why it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl FollowUpFacts {
    /// Takes over what `later` says and keeps the rest.
    pub fn amend(&mut self, later: &FollowUpFacts) {
        let one = |own: &mut Option<String>, new: &Option<String>| {
            if new.is_some() {
                own.clone_from(new);
            }
        };
        one(&mut self.area, &later.area);
        one(&mut self.diary_number, &later.diary_number);
        one(&mut self.method, &later.method);
        one(&mut self.laboratory, &later.laboratory);
        one(&mut self.accreditation, &later.accreditation);
        one(&mut self.responsible, &later.responsible);
        one(&mut self.sharing, &later.sharing);
        one(&mut self.reason, &later.reason);
        one(&mut self.supplier.number, &later.supplier.number);
        one(&mut self.supplier.vat, &later.supplier.vat);
        one(&mut self.supplier.gln, &later.supplier.gln);
        for (own, new) in [(&mut self.categories, &later.categories), (&mut self.cpv, &later.cpv)] {
            if !new.is_empty() {
                own.clone_from(new);
            }
        }
        self.planned_for = later.planned_for.or(self.planned_for);
        if later.consent.is_some() {
            self.consent.clone_from(&later.consent);
        }
        if later.secrecy.is_some() {
            self.secrecy.clone_from(&later.secrecy);
        }
        if let (Some(own), Some(new)) = (&mut self.contract, &later.contract) {
            own.award = new.award.or(own.award);
            own.start = new.start.or(own.start);
            own.end = new.end.or(own.end);
            own.extended_end = new.extended_end.or(own.extended_end);
        }
    }
}

/// What declarations were held against. What follows from it stands in the [`ProductCheck`]s of the same run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Check {
    /// Names the run: a hash of what was checked against what.
    pub run: String,
    /// The program's version.
    pub program_version: String,
    /// The day that picked the rules in force.
    pub as_of: String,
    /// `stated` or `demonstrated`.
    pub proof: String,
    /// SHA-256 over all rules.
    pub fingerprint: String,
    /// The rule sets, by id.
    pub rulesets: Vec<RuleSetUsed>,
    /// Limits of the contract's own, or tightened by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitAsked>,
}

impl Check {
    /// Whether both ask the same, whatever day and program version.
    pub fn asks_the_same(&self, other: &Check) -> bool {
        (&self.proof, &self.fingerprint, &self.rulesets) == (&other.proof, &other.fingerprint, &other.rulesets)
    }
}

/// A product as declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Product {
    /// The supplier's article number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article_number: Option<String>,
    /// Global Trade Item Number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Product {
    /// What tells products of one supplier apart: the article number, else the GTIN, else the name.
    pub fn key(&self) -> String {
        let known = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase);
        match (known(&self.article_number), known(&self.gtin), known(&self.name)) {
            (Some(number), _, _) => format!("article {number}"),
            (None, Some(gtin), _) => format!("gtin {gtin}"),
            (None, None, Some(name)) => format!("name {name}"),
            (None, None, None) => String::new(),
        }
    }
}

/// A product of one file, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProductCheck {
    /// The run it belongs to.
    pub run: String,
    /// SHA-256 of what was seen, without where the file lay: tells whether anything changed.
    pub digest: String,
    /// The product.
    pub product: Product,
    /// Categories used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The file's name; never its contents.
    pub file: String,
    /// SHA-256 of the file.
    pub file_sha256: String,
    /// Format as recognised.
    pub format: String,
    /// `declaration` or `laboratory`.
    pub method: String,
    /// Date of the declaration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
    /// The product's verdict.
    pub verdict: String,
    /// Its evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// How many findings break a rule.
    pub non_compliant: u64,
    /// How many could not be decided.
    pub undetermined: u64,
    /// Regulated substances found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<Observation>,
}

/// A regulated substance found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ObservedSubstance {
    /// CAS number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cas: Option<String>,
    /// EC number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ec: Option<String>,
    /// Name in the register.
    pub name: String,
    /// As the supplier wrote it.
    pub written: String,
    /// Lower bound, decimal text in the observation's unit.
    pub lo: String,
    /// Upper bound.
    pub hi: String,
}

/// How a laboratory came to a result, in its own words and the observation's unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// The sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The laboratory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub laboratory: Option<String>,
    /// Its accreditation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accreditation: Option<String>,
    /// Limit of detection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lod: Option<String>,
    /// Limit of quantification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loq: Option<String>,
    /// Expanded uncertainty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<String>,
}

/// What one rule found in one thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Observation {
    /// The finding's stable id.
    pub finding: String,
    /// The rule.
    pub rule: String,
    /// Its set.
    pub ruleset: String,
    /// The set's version.
    pub ruleset_version: String,
    /// The verdict; `not-found` when a later check no longer gives the finding.
    pub verdict: String,
    /// Grade of what stands behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Why it is undetermined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Names below the product, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub part: Vec<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub substances: Vec<ObservedSubstance>,
    /// Lower bound of the concentration, decimal text in `unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lo: Option<String>,
    /// Upper bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hi: Option<String>,
    /// The limit, in `unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// mg/kg for mass fractions, else the rule's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `above` or `from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<String>,
    /// What it is a share of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// content | extractable | migration | release | emission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The exemption that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption: Option<String>,
    /// How a laboratory measured what was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<Measured>,
    /// Where it stands: `Blad1!F17` or `12:5`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// The text that stands there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<String>,
    /// The file's name.
    pub file: String,
    /// SHA-256 of the file.
    pub file_sha256: String,
}

impl Observation {
    /// Whether the rule is broken.
    pub fn is_breach(&self) -> bool {
        self.verdict == "non-compliant"
    }

    /// Whether both saw the same; where it stood does not matter, and neither does the rule's version.
    pub fn same_as(&self, other: &Observation) -> bool {
        type Seen<'a> = (&'a str, Option<&'a str>, Option<&'a str>, [Option<&'a str>; 5], &'a [ObservedSubstance]);
        fn seen(of: &Observation) -> Seen<'_> {
            let numbers = [&of.lo, &of.hi, &of.limit, &of.unit, &of.comparison].map(|text| text.as_deref());
            (&of.verdict, of.evidence.as_deref(), of.reason.as_deref(), numbers, &of.substances)
        }
        seen(self) == seen(other)
    }
}

/// What is known of a deviation when it is opened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviationFacts {
    /// The follow-up it was found in.
    pub follow_up: String,
    /// What was seen.
    pub observation: Observation,
    /// The requirement's title.
    pub title: Words,
    /// What was asked and found, in a sentence.
    pub message: Words,
    /// critical | major | minor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// The supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// The product.
    pub product: Product,
    /// When it was found.
    #[serde(with = "day::maybe", skip_serializing_if = "Option::is_none")]
    pub discovered: Option<Date>,
}

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Words {
    /// Swedish.
    pub sv: String,
    /// English.
    pub en: String,
}

impl From<Words> for Text {
    fn from(words: Words) -> Text {
        Text::new(words.sv, words.en)
    }
}
