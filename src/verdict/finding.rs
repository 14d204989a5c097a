//! The values that judging gives: one finding for each rule and thing, one assessment for each product.

use crate::amount::Factor;
use crate::declaration::{Date, DeclarationKind, Source, Text};
use crate::rule::Consequence;
use std::sync::Arc;

/// What a rule says of a thing; a whole is as bad as its worst part, so the order is the ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Category, material, function, part size or date puts it outside the rule.
    NotApplicable,
    /// A data problem that no violation can hide behind.
    Notice,
    /// No violation is possible on what is declared.
    Compliant,
    /// Would be non-compliant or undetermined; a claimed exemption covers it.
    Exempt,
    /// A duty to inform, justify or label arises.
    Declarable,
    /// Anything else.
    Undetermined,
    /// The whole interval violates.
    NonCompliant,
}

impl Verdict {
    /// All, least first.
    pub const ALL: [Verdict; 7] = [
        Verdict::NotApplicable,
        Verdict::Notice,
        Verdict::Compliant,
        Verdict::Exempt,
        Verdict::Declarable,
        Verdict::Undetermined,
        Verdict::NonCompliant,
    ];

    /// The word used in results.
    pub const fn code(self) -> &'static str {
        match self {
            Verdict::NotApplicable => "not-applicable",
            Verdict::Notice => "notice",
            Verdict::Compliant => "compliant",
            Verdict::Exempt => "exempt",
            Verdict::Declarable => "declarable",
            Verdict::Undetermined => "undetermined",
            Verdict::NonCompliant => "non-compliant",
        }
    }

    /// The verdict named by `code`.
    pub fn from_code(code: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.code() == code)
    }

    /// The word for people.
    pub fn word(self) -> Text {
        match self {
            Verdict::NotApplicable => Text::new("inte tillämplig", "not applicable"),
            Verdict::Notice => Text::new("anmärkning", "notice"),
            Verdict::Compliant => Text::new("uppfyller", "compliant"),
            Verdict::Exempt => Text::new("undantagen", "exempt"),
            Verdict::Declarable => Text::new("ska informeras om", "declarable"),
            Verdict::Undetermined => Text::new("kan inte avgöras", "undetermined"),
            Verdict::NonCompliant => Text::new("uppfyller inte", "non-compliant"),
        }
    }
}

/// Why a verdict is undetermined; the first in this order among what keeps it open is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The file, or part of it, cannot be read.
    Unreadable,
    /// Nothing is declared at all.
    NoContent,
    /// This is not declared.
    NotDeclared,
    /// An amount that is none.
    AmountInvalid,
    /// Named without an amount.
    AmountMissing,
    /// A number without a unit.
    UnitMissing,
    /// Measured or declared in another dimension or kind than the limit.
    DimensionMismatch,
    /// A separator with two readings.
    AmbiguousNumber,
    /// Not detected, and the limit of detection is not told.
    LoqMissing,
    /// A failed number or an ambiguous name points to the substance.
    SuspectedIdentity,
    /// Two identifiers of one line name different substances.
    IdentityConflict,
    /// Several substances in one line.
    MixedLine,
    /// A declared group whose members' shares are unknown.
    GroupAmount,
    /// The element's share of the compound is unknown.
    FactorUnknown,
    /// A constituent that nobody can identify.
    UnresolvedSubstance,
    /// One amount stated differently in two places.
    AmountsDisagree,
    /// The supplier's answer contradicts the content.
    StatementContradictsContent,
    /// The declaration is older than what the list holds.
    OutdatedList,
    /// Rows that might hold content were not read.
    RowsSkipped,
    /// Declared of a coarser level than the rule speaks of.
    LevelTooCoarse,
    /// Masses that are needed to weigh parts are missing.
    MassMissing,
    /// A fact that decides whether the rule applies is missing.
    CategoryMissing,
    /// An exemption whose condition the declaration is silent on.
    ExemptionUnclear,
    /// A bare yes where evidence is asked for.
    EvidenceMissing,
    /// The interval lies on both sides of the limit.
    StraddlesLimit,
    /// Only stated, where proof was demanded.
    NotDemonstrated,
}

impl Reason {
    /// All, in order.
    pub const ALL: [Reason; 26] = [
        Reason::Unreadable,
        Reason::NoContent,
        Reason::NotDeclared,
        Reason::AmountInvalid,
        Reason::AmountMissing,
        Reason::UnitMissing,
        Reason::DimensionMismatch,
        Reason::AmbiguousNumber,
        Reason::LoqMissing,
        Reason::SuspectedIdentity,
        Reason::IdentityConflict,
        Reason::MixedLine,
        Reason::GroupAmount,
        Reason::FactorUnknown,
        Reason::UnresolvedSubstance,
        Reason::AmountsDisagree,
        Reason::StatementContradictsContent,
        Reason::OutdatedList,
        Reason::RowsSkipped,
        Reason::LevelTooCoarse,
        Reason::MassMissing,
        Reason::CategoryMissing,
        Reason::ExemptionUnclear,
        Reason::EvidenceMissing,
        Reason::StraddlesLimit,
        Reason::NotDemonstrated,
    ];

    /// The word used in results.
    pub const fn code(self) -> &'static str {
        match self {
            Reason::Unreadable => "unreadable",
            Reason::NoContent => "no-content",
            Reason::NotDeclared => "not-declared",
            Reason::AmountInvalid => "amount-invalid",
            Reason::AmountMissing => "amount-missing",
            Reason::UnitMissing => "unit-missing",
            Reason::DimensionMismatch => "dimension-mismatch",
            Reason::AmbiguousNumber => "ambiguous-number",
            Reason::LoqMissing => "loq-missing",
            Reason::SuspectedIdentity => "suspected-identity",
            Reason::IdentityConflict => "identity-conflict",
            Reason::MixedLine => "mixed-line",
            Reason::GroupAmount => "group-amount",
            Reason::FactorUnknown => "factor-unknown",
            Reason::UnresolvedSubstance => "unresolved-substance",
            Reason::AmountsDisagree => "amounts-disagree",
            Reason::StatementContradictsContent => "statement-contradicts-content",
            Reason::OutdatedList => "outdated-list",
            Reason::RowsSkipped => "rows-skipped",
            Reason::LevelTooCoarse => "level-too-coarse",
            Reason::MassMissing => "mass-missing",
            Reason::CategoryMissing => "category-missing",
            Reason::ExemptionUnclear => "exemption-unclear",
            Reason::EvidenceMissing => "evidence-missing",
            Reason::StraddlesLimit => "straddles-limit",
            Reason::NotDemonstrated => "not-demonstrated",
        }
    }
}

/// The grade of what stands behind a compliant or non-compliant verdict, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The supplier's word.
    Stated,
    /// Even the undisclosed rest could not violate.
    Demonstrated,
    /// A laboratory measured it.
    Measured,
}

impl Evidence {
    /// The word used in results.
    pub const fn code(self) -> &'static str {
        match self {
            Evidence::Stated => "stated",
            Evidence::Demonstrated => "demonstrated",
            Evidence::Measured => "measured",
        }
    }
}

/// A substance (or group, or material) that contributed to a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// CAS number, if it has one.
    pub cas: Option<String>,
    /// EC number, if it has one.
    pub ec: Option<String>,
    /// Name in the register; the written one when it is in none.
    pub name: String,
    /// As the supplier wrote it.
    pub written: String,
    /// Lower bound as a decimal number in the finding's unit.
    pub lo: String,
    /// Upper bound as a decimal number in the finding's unit.
    pub hi: String,
    /// Mass fraction of the regulated element.
    pub factor: Option<Factor>,
    /// How a laboratory measured it.
    pub measured: Option<MeasuredBy>,
}

/// How a laboratory measured a contribution, as its report says; figures are decimal numbers in the finding's unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeasuredBy {
    /// Mark or number of the sample.
    pub sample: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// The laboratory.
    pub laboratory: Option<String>,
    /// Its accreditation.
    pub accreditation: Option<String>,
    /// Limit of detection.
    pub lod: Option<String>,
    /// Limit of quantification.
    pub loq: Option<String>,
    /// Expanded uncertainty.
    pub uncertainty: Option<String>,
}

/// An exemption that was claimed, or granted by the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExemptionNote {
    /// As claimed.
    pub id: String,
    /// Whether it covers the finding.
    pub applies: bool,
    /// Why or why not.
    pub why: Text,
}

/// What will change inside the contract period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// When.
    pub date: Date,
    /// What happens then.
    pub what: Text,
    /// The verdict from then on.
    pub verdict: Verdict,
}

/// One rule met one thing at the rule's level, or one data problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable hash of supplier, product, part, rule and substances: 16 hexadecimal digits.
    pub id: String,
    /// Names below the product, outermost first; empty for the product itself.
    pub part: Vec<String>,
    /// The rule's id, or `data/…`.
    pub rule: Arc<str>,
    /// Title of the rule, for people.
    pub title: Text,
    /// The set; empty for data problems.
    pub ruleset: Arc<str>,
    /// The set's version.
    pub ruleset_version: Arc<str>,
    /// What a breach means; `None` for data problems.
    pub consequence: Option<Consequence>,
    /// How grave; `None` for data problems.
    pub severity: Option<crate::rule::Severity>,
    /// The verdict.
    pub verdict: Verdict,
    /// Grade of evidence on compliant and non-compliant (and declarable) rows.
    pub evidence: Option<Evidence>,
    /// Why it is undetermined.
    pub reason: Option<Reason>,
    /// Short kebab-case remarks: `list-incomplete`, `amounts-disagree`, `outdated-list` …
    pub notes: Vec<&'static str>,
    /// What will change.
    pub upcoming: Option<Upcoming>,
    /// What contributed.
    pub substances: Vec<Contribution>,
    /// Lower bound of the concentration as a decimal number in `unit`.
    pub lo: Option<String>,
    /// Upper bound.
    pub hi: Option<String>,
    /// The limit.
    pub limit: Option<String>,
    /// mg/kg for mass fractions, else the rule's own unit.
    pub unit: Option<&'static str>,
    /// `above` or `from`.
    pub comparison: Option<&'static str>,
    /// product | article | homogeneous-material | mixture | packaging.
    pub level: Option<&'static str>,
    /// content | extractable | migration | release | emission.
    pub kind: Option<&'static str>,
    /// The exemption looked at.
    pub exemption: Option<ExemptionNote>,
    /// Where it stands in the file.
    pub places: Vec<Source>,
    /// One sentence a supplier understands.
    pub message: Text,
}

/// How many of each verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerdictCounts([u64; Verdict::ALL.len()]);

impl VerdictCounts {
    /// How many of a verdict.
    pub fn of(&self, verdict: Verdict) -> u64 {
        self.0.get(verdict as usize).copied().unwrap_or(0)
    }

    /// So many more of a verdict.
    pub fn add(&mut self, verdict: Verdict, number: u64) {
        if let Some(count) = self.0.get_mut(verdict as usize) {
            *count += number;
        }
    }

    /// The verdicts that there are any of, least first, with their numbers.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Verdict, u64)> {
        Verdict::ALL.into_iter().map(|verdict| (verdict, self.of(verdict))).filter(|(_, count)| *count > 0)
    }

    /// The worst verdict that there is any of.
    pub fn worst(&self) -> Option<Verdict> {
        self.iter().next_back().map(|(verdict, _)| verdict)
    }
}

/// What was found of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Who declares.
    pub supplier: Option<String>,
    /// The supplier's article number.
    pub article_number: Option<String>,
    /// GTIN.
    pub gtin: Option<String>,
    /// Name.
    pub product: Option<String>,
    /// Category ids that were used.
    pub categories: Vec<String>,
    /// What sort of declaration.
    pub kind: DeclarationKind,
    /// Date of the declaration.
    pub date: Option<Date>,
    /// Worst verdict over rules that count, and over open data problems.
    pub verdict: Verdict,
    /// Weakest evidence behind the verdict when it is compliant, strongest when it is non-compliant.
    pub evidence: Option<Evidence>,
    /// How many findings of each verdict, rules that count only.
    pub counts: VerdictCounts,
    /// The same for award and watch rules.
    pub counts_apart: VerdictCounts,
    /// Rules with the worst verdict, by id (at most ten).
    pub worst_rules: Vec<Arc<str>>,
    /// How many data problems.
    pub problems: u64,
    /// Share of the product's mass that is disclosed, parts per trillion (least over materials where masses are missing).
    pub disclosed: Option<u64>,
    /// How many constituents could be read.
    pub constituents: u64,
    /// The findings to write: every verdict but compliant and not-applicable, or all when asked for.
    pub findings: Vec<Finding>,
}

/// Everything that one file gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// Relative path, as in [`crate::declaration::Declaration::file`].
    pub file: String,
    /// SHA-256 of its bytes.
    pub file_sha256: String,
    /// Format as recognised.
    pub format: String,
    /// Its products.
    pub products: Vec<Assessment>,
    /// Data problems of the file as a whole (no product).
    pub problems: Vec<Finding>,
    /// Whether some of it could not be read.
    pub unreadable: bool,
}
