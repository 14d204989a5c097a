//! `kemkoll normalise`: identified declarations as one flat table, a row for every constituent.

use super::rows::{neutralised, to_json_line};
use crate::amount::{Dimension, Doubt, MG_PER_KG, Unit, decimal_of};
use crate::declaration::{Constituent, Level, Part, Place, Product, Source};
use crate::substance::{Among, Composition, Identity, Register, SubstanceId};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::sync::Arc;

/// Names of the columns, in order.
pub const COLUMNS: [&str; 38] = [
    "file",
    "file_sha256",
    "format",
    "supplier",
    "article_number",
    "buyer_article_number",
    "gtin",
    "product",
    "categories",
    "declaration_kind",
    "date",
    "level",
    "part",
    "written_name",
    "written_cas",
    "written_ec",
    "identity",
    "cas",
    "ec",
    "name",
    "candidates",
    "lo",
    "hi",
    "unit",
    "dimension",
    "kind",
    "doubt",
    "measured",
    "answer",
    "intended",
    "function",
    "exemptions",
    "sheet",
    "cell",
    "line",
    "raw",
    "amount_place",
    "amount_raw",
];

/// One constituent. Lists stand in one text, separated by `; `; parts by ` > `.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FlatRow {
    /// The input.
    pub file: String,
    /// SHA-256 of its bytes.
    pub file_sha256: String,
    /// Format as recognised.
    pub format: String,
    /// Who declares.
    pub supplier: Option<String>,
    /// The supplier's article number.
    pub article_number: Option<String>,
    /// The buyer's article number.
    pub buyer_article_number: Option<String>,
    /// Global Trade Item Number.
    pub gtin: Option<String>,
    /// Name of the product.
    pub product: Option<String>,
    /// Categories as declared.
    pub categories: Option<String>,
    /// What sort of declaration.
    pub declaration_kind: String,
    /// Date of the declaration, `yyyy-mm-dd`.
    pub date: Option<String>,
    /// Level of the part that holds it: product | article | material | packaging.
    pub level: String,
    /// Names below the product, outermost first; null for the product itself.
    pub part: Option<String>,
    /// Name as written.
    pub written_name: Option<String>,
    /// CAS numbers as written.
    pub written_cas: Option<String>,
    /// EC numbers as written.
    pub written_ec: Option<String>,
    /// known | mixed | ambiguous | conflict | suspected | group | unregistered | unresolved.
    pub identity: String,
    /// CAS number of the substance it is; null where that is uncertain.
    pub cas: Option<String>,
    /// EC number.
    pub ec: Option<String>,
    /// Name in the register, or of the group.
    pub name: Option<String>,
    /// Substances it may be, by CAS number or name.
    pub candidates: Option<String>,
    /// Lower bound, a decimal number in `unit`.
    pub lo: String,
    /// Upper bound.
    pub hi: String,
    /// mg/kg for mass fractions, else one unit a dimension.
    pub unit: String,
    /// mass-fraction | volume-fraction | mass-per-area | mass-per-area-time | mass-per-volume | mass.
    pub dimension: String,
    /// content | extractable | migration | release | emission, where it is told.
    pub kind: Option<String>,
    /// What is doubtful about the amount, by the word that verdict reasons use.
    pub doubt: Option<String>,
    /// Whether a laboratory measured it.
    pub measured: bool,
    /// Answer of a yes/no column.
    pub answer: Option<bool>,
    /// Whether it is said to be added on purpose.
    pub intended: Option<bool>,
    /// What it is for.
    pub function: Option<String>,
    /// Exemptions claimed for it.
    pub exemptions: Option<String>,
    /// Sheet, for workbooks.
    pub sheet: Option<String>,
    /// Cell where the substance is named.
    pub cell: Option<String>,
    /// `line:column path` for XML.
    pub line: Option<String>,
    /// What stands there.
    pub raw: String,
    /// Where the amount stands, when that is another place.
    pub amount_place: Option<String>,
    /// What stands there.
    pub amount_raw: Option<String>,
}

impl FlatRow {
    /// The values as text in the order of [`COLUMNS`]; null is the empty text. Nothing is neutralised here.
    pub fn cells(&self) -> [String; 38] {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let truth = |value: Option<bool>| value.map(|value| value.to_string()).unwrap_or_default();
        [
            self.file.clone(),
            self.file_sha256.clone(),
            self.format.clone(),
            text(&self.supplier),
            text(&self.article_number),
            text(&self.buyer_article_number),
            text(&self.gtin),
            text(&self.product),
            text(&self.categories),
            self.declaration_kind.clone(),
            text(&self.date),
            self.level.clone(),
            text(&self.part),
            text(&self.written_name),
            text(&self.written_cas),
            text(&self.written_ec),
            self.identity.clone(),
            text(&self.cas),
            text(&self.ec),
            text(&self.name),
            text(&self.candidates),
            self.lo.clone(),
            self.hi.clone(),
            self.unit.clone(),
            self.dimension.clone(),
            text(&self.kind),
            text(&self.doubt),
            self.measured.to_string(),
            truth(self.answer),
            truth(self.intended),
            text(&self.function),
            text(&self.exemptions),
            text(&self.sheet),
            text(&self.cell),
            text(&self.line),
            self.raw.clone(),
            text(&self.amount_place),
            text(&self.amount_raw),
        ]
    }
}

/// The rows of a composition, in the order of the declaration.
pub fn flat_rows(composition: &Composition, register: &Register) -> Vec<FlatRow> {
    let mut walk = Walk { composition, register, next: 0, rows: Vec::with_capacity(composition.lines.len()) };
    for product in &composition.declaration.products {
        let head = walk.head(product);
        walk.part(&product.root, &head, &mut Vec::new());
        for packaging in &product.packaging {
            walk.part(packaging, &head, &mut vec![part_name(packaging)]);
        }
    }
    walk.rows
}

/// Goes through the parts in the order in which identification numbered the lines.
struct Walk<'a> {
    composition: &'a Composition,
    register: &'a Register,
    next: usize,
    rows: Vec<FlatRow>,
}

impl Walk<'_> {
    /// What is the same for all rows of a product.
    fn head(&self, product: &Product) -> FlatRow {
        let declaration = &self.composition.declaration;
        let owned = |text: &Option<Arc<str>>| text.as_ref().map(|text| text.to_string());
        FlatRow {
            file: declaration.file.clone(),
            file_sha256: declaration.file_sha256.clone(),
            format: declaration.format.clone(),
            supplier: owned(&product.supplier).or_else(|| owned(&declaration.supplier)),
            article_number: owned(&product.article_number),
            buyer_article_number: owned(&product.buyer_article_number),
            gtin: owned(&product.gtin),
            product: owned(&product.name),
            categories: joined(&product.categories),
            declaration_kind: product.kind.unwrap_or(declaration.kind).code().to_string(),
            date: product.date.or(declaration.date).map(|date| date.to_string()),
            ..FlatRow::default()
        }
    }

    fn part(&mut self, part: &Part, head: &FlatRow, path: &mut Vec<String>) {
        for constituent in &part.constituents {
            self.constituent(constituent, part, head, path);
        }
        for child in &part.parts {
            path.push(part_name(child));
            self.part(child, head, path);
            path.pop();
        }
    }

    fn constituent(&mut self, constituent: &Constituent, part: &Part, head: &FlatRow, path: &[String]) {
        let Some(line) = self.composition.lines.get(self.next) else { return };
        self.next += 1;
        let unit = unit_of(line.amount.dimension);
        let mut row = FlatRow {
            level: level_code(part.level).to_string(),
            part: if path.is_empty() { None } else { Some(path.join(" > ")) },
            written_name: constituent.name.as_ref().map(|name| name.to_string()),
            written_cas: joined(&constituent.cas),
            written_ec: joined(&constituent.ec),
            lo: decimal_of(line.amount.interval.lo, unit),
            hi: decimal_of(line.amount.interval.hi, unit),
            unit: unit.symbol.to_string(),
            dimension: dimension_code(line.amount.dimension).to_string(),
            kind: line.amount.kind.map(|kind| kind.code().to_string()),
            doubt: line.amount.doubt.map(|doubt| doubt_code(doubt).to_string()),
            measured: constituent.measured,
            answer: constituent.answer,
            intended: constituent.intended,
            function: constituent.function.as_ref().map(|function| function.to_string()),
            exemptions: joined(&constituent.exemptions.iter().map(|exemption| exemption.id.clone()).collect::<Vec<_>>()),
            raw: constituent.source.raw.to_string(),
            ..head.clone()
        };
        self.identity(&line.identity, &mut row);
        place(&constituent.source, &mut row);
        if let Some(source) = &constituent.amount_source {
            row.amount_place = Some(source.place.to_string()).filter(|place| !place.is_empty());
            row.amount_raw = Some(source.raw.to_string());
        }
        self.rows.push(row);
    }

    fn identity(&self, identity: &Identity, row: &mut FlatRow) {
        let label = |id: SubstanceId| {
            let substance = self.register.substance(id);
            substance.cas.map_or_else(|| substance.name.to_string(), |cas| cas.to_string())
        };
        row.identity = identity_code(identity).to_string();
        match identity {
            Identity::Known(id) => {
                let substance = self.register.substance(*id);
                row.cas = substance.cas.map(|cas| cas.to_string());
                row.ec = substance.ec.map(|ec| ec.to_string());
                row.name = Some(substance.name.to_string());
            }
            Identity::Among { candidates, .. } => {
                row.candidates = Some(candidates.iter().map(|id| label(*id)).collect::<Vec<_>>().join("; "));
            }
            Identity::Suspected(id) => row.candidates = Some(label(*id)),
            Identity::Group(group) => row.name = Some(self.register.group_names(*group).0.to_string()),
            Identity::Unregistered { cas, .. } => row.cas = cas.map(|cas| cas.to_string()),
            Identity::Unresolved => {}
        }
    }
}

/// The name by which a part stands in a list of parts, as in findings.
fn part_name(part: &Part) -> String {
    part.name.as_ref().or(part.number.as_ref()).map_or_else(|| "?".to_string(), |name| name.to_string())
}

fn joined(list: &[Arc<str>]) -> Option<String> {
    if list.is_empty() { None } else { Some(list.join("; ")) }
}

fn place(source: &Source, row: &mut FlatRow) {
    match &source.place {
        Place::File => {}
        Place::Cell { sheet, row: cell_row, column } => {
            row.sheet = Some(sheet.to_string()).filter(|sheet| !sheet.is_empty());
            row.cell = Some(crate::declaration::cell_name(*cell_row, *column));
        }
        Place::Xml { line, column, path } => row.line = Some(format!("{line}:{column} {path}")),
    }
}

const fn level_code(level: Level) -> &'static str {
    match level {
        Level::Product => "product",
        Level::Article => "article",
        Level::Material => "material",
        Level::Packaging => "packaging",
    }
}

const fn identity_code(identity: &Identity) -> &'static str {
    match identity {
        Identity::Known(_) => "known",
        Identity::Among { why: Among::Mixed, .. } => "mixed",
        Identity::Among { why: Among::Ambiguous, .. } => "ambiguous",
        Identity::Among { why: Among::Conflict, .. } => "conflict",
        Identity::Suspected(_) => "suspected",
        Identity::Group(_) => "group",
        Identity::Unregistered { .. } => "unregistered",
        Identity::Unresolved => "unresolved",
    }
}

const fn dimension_code(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::MassFraction => "mass-fraction",
        Dimension::VolumeFraction => "volume-fraction",
        Dimension::MassPerArea => "mass-per-area",
        Dimension::MassPerAreaTime => "mass-per-area-time",
        Dimension::MassPerVolume => "mass-per-volume",
        Dimension::Mass => "mass",
    }
}

const fn doubt_code(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::AmountInvalid => "amount-invalid",
        Doubt::AmountMissing => "amount-missing",
        Doubt::UnitMissing => "unit-missing",
        Doubt::AmbiguousNumber => "ambiguous-number",
        Doubt::LoqMissing => "loq-missing",
    }
}

/// The unit in which a dimension is printed: one a dimension, so that a column can be compared.
const fn unit_of(dimension: Dimension) -> Unit {
    match dimension {
        Dimension::MassFraction => MG_PER_KG,
        Dimension::VolumeFraction => Unit { dimension, steps: 1_000_000, symbol: "ml/m³" },
        Dimension::MassPerArea => Unit { dimension, steps: 1_000_000, symbol: "mg/m²" },
        // 1 µg/cm² is 10⁻⁵ kg/m².
        Dimension::MassPerAreaTime => Unit { dimension, steps: 10_000_000, symbol: "µg/cm²/week" },
        Dimension::MassPerVolume => Unit { dimension, steps: 1_000_000, symbol: "mg/m³" },
        Dimension::Mass => crate::amount::GRAM,
    }
}

/// Writes rows as JSON lines.
///
/// # Errors
/// Whatever writing gives.
pub fn write_jsonl(rows: &[FlatRow], mut out: impl Write) -> io::Result<()> {
    for row in rows {
        writeln!(out, "{}", to_json_line(row)?)?;
    }
    Ok(())
}

/// Writes rows as csv, file after file: make one, give it the rows of every file, and finish it.
#[derive(Debug)]
pub struct FlatCsv<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> FlatCsv<W> {
    /// Writes the headings.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn new(out: W) -> io::Result<FlatCsv<W>> {
        // All cells are quoted: a spreadsheet that splits at `;` would else see the rest of a text as a new cell.
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(out);
        writer.write_record(COLUMNS)?;
        Ok(FlatCsv { writer })
    }

    /// Writes rows; what could run as a formula is neutralised.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn write(&mut self, rows: &[FlatRow]) -> io::Result<()> {
        for row in rows {
            let cells = row.cells();
            self.writer.write_record(cells.iter().map(|cell| neutralised(cell).into_owned()))?;
        }
        Ok(())
    }

    /// Writes what is left and gives back what was written to.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}
