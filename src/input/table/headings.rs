//! What column headings mean, in six languages: the dictionary is data (`headings.toml`), this file matches it.

use crate::amount::Unit;
use crate::declaration::{Level, Subject};

/// What a column, or the label of a single value, holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Who sells and declares.
    Supplier,
    /// Who makes it.
    Manufacturer,
    /// Name of what is bought.
    ProductName,
    /// The supplier's article number.
    ArticleNumber,
    /// The buyer's article number.
    BuyerArticleNumber,
    /// GTIN or EAN.
    Gtin,
    /// Category, product group, CPV code.
    Category,
    /// Name of a component, an article of its own.
    Component,
    /// Number of a component.
    ComponentNumber,
    /// Name of a homogeneous material.
    Material,
    /// Name of a substance.
    Substance,
    /// CAS number.
    Cas,
    /// EC number.
    Ec,
    /// How much of the substance.
    Amount,
    /// Least amount.
    AmountMin,
    /// Greatest amount.
    AmountMax,
    /// Unit of the amount.
    Unit,
    /// A column that holds `<` and the like in front of the amount.
    Qualifier,
    /// Mass, of the level that the heading names; otherwise of the finest named level of the row.
    Mass(Option<Level>),
    /// Unit of the mass.
    MassUnit,
    /// Number of pieces.
    Units,
    /// What it is for.
    Function,
    /// What it touches.
    Contact,
    /// Hazard classification.
    Classification,
    /// A claimed exemption.
    Exemption,
    /// Whether the substance is added on purpose.
    Intended,
    /// A column of answers about one subject.
    Answer(Asked),
    /// The text of a question that the row answers.
    Question,
    /// The answer to the row's question.
    Reply,
    /// A column to tick: one possible answer to the row's question.
    Tick(Ticked),
    /// Why.
    Justification,
    /// Name of the evidence.
    Evidence,
    /// Date of issue, or of the analysis.
    Date,
    /// Mark or number of a sample.
    Sample,
    /// What a laboratory looked for.
    Analyte,
    /// What it measured.
    Result,
    /// Measurement uncertainty.
    Uncertainty,
    /// Limit of quantification.
    Loq,
    /// Limit of detection.
    Lod,
    /// Method of analysis.
    Method,
    /// Laboratory.
    Laboratory,
    /// A remark.
    Comment,
    /// Version of a list of substances.
    ListVersion,
    /// Known, and of no use to a check (price, lead time).
    Ignored,
    /// Not understood.
    Unknown,
}

/// What a column of answers asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// About what.
    pub subject: Subject,
    /// What a "yes" would mean.
    pub polarity: Polarity,
}

/// What a "yes" means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Polarity {
    /// It contains the subject.
    Contains,
    /// It is free of the subject.
    Free,
    /// It meets the requirement.
    Complies,
}

/// The answer that a tick stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ticked {
    /// "Ja".
    Yes,
    /// "Nej".
    No,
    /// "Ej tillämpligt".
    NotApplicable,
    /// "Vet ej".
    NotKnown,
}

/// What a heading was understood as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// What the column holds.
    pub role: Role,
    /// The unit that the heading names.
    pub unit: Option<Unit>,
    /// Language of the phrase that matched; `None` where several languages share it.
    pub language: Option<&'static str>,
}
