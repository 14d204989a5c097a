//! What was stated: declaration, product, article, homogeneous material, constituent and the supplier's answers, each
//! with the place it was read from.
//!
//! Readers build these values and identify nothing; the identities are found afterwards (`substance.rs`). Reading never
//! fails halfway: it gives a declaration and a list of problems.

use crate::amount::{Amount, Decimal, Dimension, Interval, Reading};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A calendar date, without time and place.
pub type Date = jiff::civil::Date;

/// One sentence in each language of the users.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Text {
    /// Swedish.
    pub sv: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The sentence in both languages.
    pub fn new(sv: impl Into<String>, en: impl Into<String>) -> Text {
        Text { sv: sv.into(), en: en.into() }
    }
}

/// A short text that very many places share, such as the name of a sheet: half as large as an `Arc<str>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(Arc<Box<str>>);

impl Deref for Label {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Label {
        Label(Arc::new(text.into()))
    }
}

impl From<String> for Label {
    fn from(text: String) -> Label {
        Label(Arc::new(text.into()))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where in a file something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A cell; row and column count from zero.
    Cell {
        /// Name of the sheet; for csv the empty text.
        sheet: Label,
        /// Zero-based row.
        row: u32,
        /// Zero-based column.
        column: u32,
    },
    /// An element or attribute; line and column count from one.
    Xml {
        /// One-based line.
        line: u32,
        /// One-based column, in characters.
        column: u32,
        /// Path of local names: `Main/Product/Composition/Substance`.
        path: Label,
    },
}

/// A place and the text that stands there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// Where.
    pub place: Place,
    /// What a person sees there.
    pub raw: Arc<str>,
}

impl Source {
    /// A cell with its text.
    pub fn cell(sheet: &Label, row: u32, column: u32, raw: impl Into<Arc<str>>) -> Source {
        Source { place: Place::Cell { sheet: sheet.clone(), row, column }, raw: raw.into() }
    }

    /// The file as a whole.
    pub fn file(raw: impl Into<Arc<str>>) -> Source {
        Source { place: Place::File, raw: raw.into() }
    }
}

/// The name of a cell as spreadsheets show it: (16, 5) is `F17`.
pub fn cell_name(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    letters.reverse();
    format!("{}{}", letters.into_iter().collect::<String>(), u64::from(row) + 1)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File => Ok(()),
            Place::Cell { sheet, row, column } if sheet.is_empty() => write!(f, "{}", cell_name(*row, *column)),
            Place::Cell { sheet, row, column } => write!(f, "{sheet}!{}", cell_name(*row, *column)),
            Place::Xml { line, column, .. } => write!(f, "{line}:{column}"),
        }
    }
}

/// What sort of declaration a file is; it decides what its silence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum DeclarationKind {
    /// Every constituent is said to be listed.
    FullMaterial,
    /// Only what some named lists ask for.
    ReportableOnly,
    /// Answers to questions.
    Questionnaire,
    /// Measured results.
    LaboratoryReport,
    /// The file does not say.
    #[default]
    Unspecified,
}

impl DeclarationKind {
    /// The word used in files and results.
    pub const fn code(self) -> &'static str {
        match self {
            DeclarationKind::FullMaterial => "full-material",
            DeclarationKind::ReportableOnly => "reportable-only",
            DeclarationKind::Questionnaire => "questionnaire",
            DeclarationKind::LaboratoryReport => "laboratory-report",
            DeclarationKind::Unspecified => "unspecified",
        }
    }
}

/// What one file states or measured about one or more products.
#[derive(Debug, Clone, Default)]
pub struct Declaration {
    /// The file, relative to the argument it was found under; `a.zip!/b.xlsx` inside an archive.
    pub file: String,
    /// SHA-256 of the file's bytes, lower-case hexadecimal.
    pub file_sha256: String,
    /// Format and version as recognised: `xlsx`, `iec62474 X8.00`, `ipc1752a`.
    pub format: String,
    /// Who declares.
    pub supplier: Option<Arc<str>>,
    /// Date of issue.
    pub date: Option<Date>,
    /// Language of the headings or texts (`sv`, `en`, `nb`, `da`, `fi`, `de`), where recognised.
    pub language: Option<&'static str>,
    /// What its silence means.
    pub kind: DeclarationKind,
    /// What is bought.
    pub products: Vec<Product>,
    /// What is wrong with the data; a product's problems name it by its index.
    pub problems: Vec<Problem>,
}

/// What is bought, under one article number.
#[derive(Debug, Clone)]
pub struct Product {
    /// The supplier's article number.
    pub article_number: Option<Arc<str>>,
    /// Name.
    pub name: Option<Arc<str>>,
    /// The product as an object: its mass, articles, materials, constituents.
    pub root: Part,
    /// The supplier's answers.
    pub statements: Vec<Statement>,
    /// Where it was found.
    pub source: Source,
    /// Another kind than the declaration's, where a file mixes them.
    pub kind: Option<DeclarationKind>,
    /// Whether it is a mixture (cleaning agent, adhesive): then the root holds its constituents.
    pub mixture: bool,
    /// What few products have.
    pub more: Rare<ProductMore>,
}

/// What few products have. A file may hold a hundred thousand products, so it takes memory only where it is said; it is
/// reached through the product itself: `product.gtin`.
#[derive(Debug, Clone, Default)]
pub struct ProductMore {
    /// The buyer's article number.
    pub buyer_article_number: Option<Arc<str>>,
    /// Global Trade Item Number.
    pub gtin: Option<Arc<str>>,
    /// The supplier of this product where it differs from the declaration's.
    pub supplier: Option<Arc<str>>,
    /// Category ids or words as declared ("eee/8-medical", "Undersökningshandskar", a CPV code).
    pub categories: Vec<Arc<str>>,
    /// Another date than the declaration's.
    pub date: Option<Date>,
    /// Its packaging, beside the articles.
    pub packaging: Vec<Part>,
}

impl Product {
    /// A product without content, found at `source`.
    pub fn new(source: Source) -> Product {
        Product {
            article_number: None,
            name: None,
            root: Part::new(Level::Product, source.clone()),
            statements: Vec::new(),
            source,
            kind: None,
            mixture: false,
            more: Rare::default(),
        }
    }
}

impl Product {
    /// How many constituents it has, those of its parts and packaging included.
    pub fn all_constituents(&self) -> usize {
        self.root.all_constituents() + self.packaging.iter().map(Part::all_constituents).sum::<usize>()
    }
}

/// Something that is mostly as it is when nothing is said, and then takes no memory.
#[derive(Clone)]
pub struct Rare<T>(Option<Box<T>>);

impl<T> Rare<T> {
    /// What is said, if anything is.
    pub fn said(&self) -> Option<&T> {
        self.0.as_deref()
    }
}

impl<T> From<Option<T>> for Rare<T> {
    fn from(said: Option<T>) -> Self {
        Rare(said.map(Box::new))
    }
}

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Rare(None)
    }
}

impl<T: fmt::Debug + Default> fmt::Debug for Rare<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(said) => said.fmt(f),
            None => T::default().fmt(f),
        }
    }
}

static NO_MORE_OF_PRODUCT: ProductMore =
    ProductMore { buyer_article_number: None, gtin: None, supplier: None, categories: Vec::new(), date: None, packaging: Vec::new() };

impl Deref for Product {
    type Target = ProductMore;

    #[inline]
    fn deref(&self) -> &ProductMore {
        self.more.0.as_deref().unwrap_or(&NO_MORE_OF_PRODUCT)
    }
}

impl DerefMut for Product {
    fn deref_mut(&mut self) -> &mut ProductMore {
        self.more.0.get_or_insert_default()
    }
}

/// Which level of the tree a part stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The product itself (the root).
    Product,
    /// An article or an assembly of articles.
    Article,
    /// A homogeneous material, or a mixture inside a product.
    Material,
    /// A piece of packaging.
    Packaging,
}

/// One object of the tree: the product itself, an article in it, a homogeneous material, a piece of packaging.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is.
    pub level: Level,
    /// Its name as written; for a material the material's name.
    pub name: Option<Arc<str>>,
    /// Mass of one piece, in nanograms.
    pub mass: Option<Interval>,
    /// Parts of it.
    pub parts: Vec<Part>,
    /// What is declared directly of it, as fractions or masses of this part.
    pub constituents: Vec<Constituent>,
    /// Where its name stands.
    pub source: Source,
    /// What few parts have.
    pub more: Rare<PartMore>,
}

/// What few parts have; see [`ProductMore`].
#[derive(Debug, Clone)]
pub struct PartMore {
    /// Its own number or designator.
    pub number: Option<Arc<str>>,
    /// Its share of the parent's mass, in parts per trillion, where that is declared instead of a mass.
    pub share: Option<Interval>,
    /// How many of it the parent holds; may be a fraction.
    pub units: Decimal,
    /// Whether the supplier says that it is an article of its own (IEC 62474 `isArticle`).
    pub is_article: Option<bool>,
    /// What it is for.
    pub function: Option<Arc<str>>,
    /// What it touches: skin, tissue, food, children's mouths.
    pub contact: Option<Arc<str>>,
    /// Exemptions claimed for the whole part.
    pub exemptions: Vec<ClaimedExemption>,
}

impl Part {
    /// An empty part.
    pub fn new(level: Level, source: Source) -> Part {
        Part { level, name: None, mass: None, parts: Vec::new(), constituents: Vec::new(), source, more: Rare::default() }
    }

    /// How many constituents it has, those of its parts included.
    pub fn all_constituents(&self) -> usize {
        self.constituents.len() + self.parts.iter().map(Part::all_constituents).sum::<usize>()
    }

    /// An empty part with a name.
    pub fn named(level: Level, name: impl Into<Arc<str>>, source: Source) -> Part {
        Part { name: Some(name.into()), ..Part::new(level, source) }
    }
}

static NO_MORE_OF_PART: PartMore = PartMore {
    number: None,
    share: None,
    units: Decimal::whole(1),
    is_article: None,
    function: None,
    contact: None,
    exemptions: Vec::new(),
};

impl Default for PartMore {
    fn default() -> Self {
        NO_MORE_OF_PART.clone()
    }
}

impl Deref for Part {
    type Target = PartMore;

    #[inline]
    fn deref(&self) -> &PartMore {
        self.more.0.as_deref().unwrap_or(&NO_MORE_OF_PART)
    }
}

impl DerefMut for Part {
    fn deref_mut(&mut self) -> &mut PartMore {
        self.more.0.get_or_insert_default()
    }
}

/// One substance as named in the file, with its amount in the part that holds it.
#[derive(Debug, Clone)]
pub struct Constituent {
    /// What it is called; shared by the lines that say the same, and reached through the constituent itself:
    /// `constituent.cas`.
    pub named: Arc<Named>,
    /// What the amount cell says.
    pub reading: Reading,
    /// Answer of a yes/no column for this substance ("ingår": ja). It beats an empty amount.
    pub answer: Option<bool>,
    /// Whether it is said to be added on purpose.
    pub intended: Option<bool>,
    /// Whether a laboratory measured it.
    pub measured: bool,
    /// Where the substance is named.
    pub source: Source,
    /// Where the amount stands (often another cell).
    pub amount_source: Option<Source>,
}

/// What a constituent is called, and what is said of it that many lines say alike.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// Name as written.
    pub name: Option<Arc<str>>,
    /// CAS numbers as written, one an element when a cell holds several; nothing is checked yet. A date cell in a CAS
    /// column stands here as `yyyy-mm-dd`.
    pub cas: Vec<Arc<str>>,
    /// EC numbers as written.
    pub ec: Vec<Arc<str>>,
    /// Structure as SMILES, where given.
    pub smiles: Option<Arc<str>>,
    /// Expanded measurement uncertainty in steps of the amount's dimension, where a laboratory gives it.
    pub uncertainty: Option<u64>,
    /// What it is for.
    pub function: Option<Arc<str>>,
    /// Exemptions claimed for it.
    pub exemptions: Vec<ClaimedExemption>,
    /// How a laboratory came to the amount, as its report says.
    pub analysis: Option<Arc<Analysis>>,
}

impl Deref for Constituent {
    type Target = Named;

    #[inline]
    fn deref(&self) -> &Named {
        &self.named
    }
}

/// Writing makes the names the constituent's own.
impl DerefMut for Constituent {
    fn deref_mut(&mut self) -> &mut Named {
        Arc::make_mut(&mut self.named)
    }
}

impl Constituent {
    /// A constituent of which nothing is known but where it stands.
    pub fn new(source: Source) -> Constituent {
        Constituent::of(Arc::default(), source)
    }

    /// A constituent of this name, found at `source`.
    pub fn of(named: Arc<Named>, source: Source) -> Constituent {
        Constituent { named, reading: Reading::Empty, answer: None, intended: None, measured: false, source, amount_source: None }
    }

    /// The amount that the line states, before the balance of a material is worked out ([`Amount::MISSING`] for it).
    pub fn amount(&self) -> Amount {
        match (self.reading, self.answer) {
            // "Ingår: Ja" beside a zero: it is there, and how much of it nobody said.
            (Reading::Amount(amount), Some(true)) if amount == Amount::NONE => Amount::MISSING,
            (Reading::Amount(amount), _) => amount,
            (Reading::Empty, Some(false)) => Amount::NONE,
            (Reading::Empty | Reading::Balance, _) => Amount::MISSING,
        }
    }
}

/// How a laboratory came to a result, as its report says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Analysis {
    /// Mark or number of the sample.
    pub sample: Option<Arc<str>>,
    /// The method.
    pub method: Option<Arc<str>>,
    /// The laboratory.
    pub laboratory: Option<Arc<str>>,
    /// Its accreditation.
    pub accreditation: Option<Arc<str>>,
    /// Limit of detection, in grid steps.
    pub lod: Option<(Dimension, u64)>,
    /// Limit of quantification, likewise.
    pub loq: Option<(Dimension, u64)>,
}

/// An exemption that the supplier names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedExemption {
    /// As written: `6(c)`, `III-7(a)`, `RoHS_0001`. Empty when "by exemption" is said without naming one.
    pub id: Arc<str>,
    /// The list it belongs to, where the file says so.
    pub list: Option<Arc<str>>,
    /// The supplier states that there is no exemption, or that he cannot tell.
    pub none: bool,
    /// Where it stands.
    pub source: Source,
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A whole list or law, by the id of its rule set (`rohs`, `reach-candidate-list`, `reach-annex-xvii`, …).
    List(Arc<str>),
    /// A substance, group or material by its name or CAS number as written: "ftalater", "PVC", "80-05-7".
    Named(Arc<str>),
}

/// What the supplier says of the subject. Polarity is already settled: "PVC-fri: Ja" and "Innehåller PVC: Nej" are both
/// [`Claim::Absent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Contains none of it.
    Absent,
    /// Contains less than the list's own threshold, or than the given one (ppt).
    Below(Option<u64>),
    /// Meets the requirement.
    Complies,
    /// Meets it by an exemption.
    CompliesByExemption,
    /// Contains it, how much is not said.
    Present,
    /// Contains more than the list's own threshold, or than the given one (ppt).
    Above(Option<u64>),
    /// Does not meet the requirement.
    Fails,
    /// Says that the question does not apply.
    NotApplicable,
    /// Says that it is not known.
    Unknown,
}

/// An answer of the supplier. A blank is no answer and makes no statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it is about.
    pub subject: Subject,
    /// What it says.
    pub claim: Claim,
    /// Version of the list as written ("EUREACH-0624", "Aug-2011", "D29.00").
    pub list_version: Option<Arc<str>>,
    /// The date that version stands for.
    pub list_date: Option<Date>,
    /// Name of the evidence that the supplier refers to.
    pub evidence: Option<Arc<str>>,
    /// Why, in the supplier's words.
    pub justification: Option<Arc<str>>,
    /// Exemptions named in the answer.
    pub exemptions: Vec<ClaimedExemption>,
    /// Where the answer stands.
    pub source: Source,
}

impl Statement {
    /// A bare statement.
    pub fn new(subject: Subject, claim: Claim, source: Source) -> Statement {
        Statement {
            subject,
            claim,
            list_version: None,
            list_date: None,
            evidence: None,
            justification: None,
            exemptions: Vec::new(),
            source,
        }
    }
}

/// Everything that can be wrong with data. Each has a stable id under `data/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemCode {
    /// A CAS number whose check digit does not hold.
    CasCheckDigit,
    /// A valid CAS number that the register does not know.
    UnregisteredCas,
    /// Two identifiers of one line name different substances.
    IdentityConflict,
    /// Nobody can tell which substance this is.
    UnresolvedSubstance,
    /// A number without a unit.
    UnitMissing,
    /// Below 0, above 100 % or unreadable.
    AmountInvalid,
    /// `1,000`.
    AmbiguousNumber,
    /// The lower bounds of a material exceed 100 %.
    TotalOver100,
    /// A full declaration leaves a rest.
    TotalUnder100,
    /// The same line twice.
    DuplicateLine,
    /// One amount is stated differently in two places.
    AmountsDisagree,
    /// The declaration is older than entries of the list it is silent on.
    OutdatedList,
    /// The declaration has no date.
    DateMissing,
    /// The supplier's answer contradicts the content.
    StatementContradictsContent,
    /// A laboratory measured more than was declared.
    DeclarationContradicted,
    /// A column that nobody understood.
    HeadingNotUnderstood,
    /// A row that was not read.
    RowSkipped,
    /// A sheet that is hidden.
    SheetHidden,
    /// A file, sheet or cell that cannot be read.
    Unreadable,
}

impl ProblemCode {
    /// All of them.
    pub const ALL: [ProblemCode; 19] = [
        ProblemCode::CasCheckDigit,
        ProblemCode::UnregisteredCas,
        ProblemCode::IdentityConflict,
        ProblemCode::UnresolvedSubstance,
        ProblemCode::UnitMissing,
        ProblemCode::AmountInvalid,
        ProblemCode::AmbiguousNumber,
        ProblemCode::TotalOver100,
        ProblemCode::TotalUnder100,
        ProblemCode::DuplicateLine,
        ProblemCode::AmountsDisagree,
        ProblemCode::OutdatedList,
        ProblemCode::DateMissing,
        ProblemCode::StatementContradictsContent,
        ProblemCode::DeclarationContradicted,
        ProblemCode::HeadingNotUnderstood,
        ProblemCode::RowSkipped,
        ProblemCode::SheetHidden,
        ProblemCode::Unreadable,
    ];

    /// The stable id.
    pub const fn id(self) -> &'static str {
        match self {
            ProblemCode::CasCheckDigit => "data/cas-check-digit",
            ProblemCode::UnregisteredCas => "data/unregistered-cas",
            ProblemCode::IdentityConflict => "data/identity-conflict",
            ProblemCode::UnresolvedSubstance => "data/unresolved-substance",
            ProblemCode::UnitMissing => "data/unit-missing",
            ProblemCode::AmountInvalid => "data/amount-invalid",
            ProblemCode::AmbiguousNumber => "data/ambiguous-number",
            ProblemCode::TotalOver100 => "data/total-over-100",
            ProblemCode::TotalUnder100 => "data/total-under-100",
            ProblemCode::DuplicateLine => "data/duplicate-line",
            ProblemCode::AmountsDisagree => "data/amounts-disagree",
            ProblemCode::OutdatedList => "data/outdated-list",
            ProblemCode::DateMissing => "data/date-missing",
            ProblemCode::StatementContradictsContent => "data/statement-contradicts-content",
            ProblemCode::DeclarationContradicted => "data/declaration-contradicted",
            ProblemCode::HeadingNotUnderstood => "data/heading-not-understood",
            ProblemCode::RowSkipped => "data/row-skipped",
            ProblemCode::SheetHidden => "data/sheet-hidden",
            ProblemCode::Unreadable => "data/unreadable",
        }
    }
}

/// Something wrong with the data, with its place; never a reason to stop the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub code: ProblemCode,
    /// Whether a violation could hide behind it (undetermined) or not (a notice). An open `row-skipped` or `unreadable`
    /// keeps every verdict of its product (or of the whole file) from being compliant.
    pub open: bool,
    /// Index of the product it concerns; `None` for the whole file.
    pub product: Option<usize>,
    /// Names of the parts below the product, outermost first.
    pub part: Vec<String>,
    /// Where it stands; at most a few places.
    pub sources: Vec<Source>,
    /// How many rows, columns or cells it stands for.
    pub count: u64,
    /// What the supplier should mend.
    pub message: Text,
}

impl Problem {
    /// A problem of the whole file at one place.
    pub fn new(code: ProblemCode, open: bool, source: Source, message: Text) -> Problem {
        Problem { code, open, product: None, part: Vec::new(), sources: vec![source], count: 1, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_spreadsheets_do() {
        assert_eq!(cell_name(16, 5), "F17");
        assert_eq!(cell_name(0, 25), "Z1");
        assert_eq!(cell_name(0, 26), "AA1");
        assert_eq!(cell_name(1_048_575, 16_383), "XFD1048576");
    }
}
