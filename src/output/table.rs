//! Findings, products and declared constituents as flat tables, csv and Parquet; the only file that knows polars.
//!
//! Rows are gathered into batches and appended, so memory does not grow with the number of findings. The bytes depend on
//! the rows alone: one thread, fixed compression, no clock. Lists are joined into one text a column, because spreadsheets
//! and most data frames want flat columns; `findings.jsonl` keeps them whole.

#![cfg_attr(not(feature = "tables"), expect(dead_code, reason = "without polars the columns are described but never written"))]

use crate::output::flat::FlatRow;
use crate::output::rows::{FindingRow, ProductRow, TextRow};
use crate::verdict::Verdict;
use std::borrow::Cow;
use std::io;
use std::path::Path;

/// Which sort of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated UTF-8 with a byte order mark (spreadsheets need it for å, ä, ö). Text is neutralised.
    Csv,
    /// zstd-compressed Parquet. Text stands as it is.
    Parquet,
}

/// Writes `findings.csv` or `findings.parquet` to `out`.
///
/// # Errors
/// When a row cannot be read, the file cannot be written, or this build lacks the feature `tables`.
pub fn write_findings<E>(out: &Path, format: TableFormat, rows: impl Iterator<Item = Result<FindingRow, E>>) -> io::Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    write(out, format, FINDING_COLUMNS, rows)
}

/// Writes `products.csv` or `products.parquet` to `out`.
///
/// # Errors
/// As [`write_findings`].
pub fn write_products<E>(out: &Path, format: TableFormat, rows: impl Iterator<Item = Result<ProductRow, E>>) -> io::Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    write(out, format, PRODUCT_COLUMNS, rows)
}

/// Writes what declarations state, identified, one row a constituent (`kemkoll normalise`).
///
/// # Errors
/// As [`write_findings`].
pub fn write_flat<E>(out: &Path, format: TableFormat, rows: impl Iterator<Item = Result<FlatRow, E>>) -> io::Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    write(out, format, FLAT_COLUMNS, rows)
}

/// A column: what it holds, and how it is read from a row.
enum Of<R> {
    Text(fn(&R) -> Option<String>),
    Count(fn(&R) -> Option<u64>),
    Flag(fn(&R) -> Option<bool>),
    /// A decimal text as the nearest binary number, for sorting and plotting. Parquet only: csv has the decimal text,
    /// and no number of a result may be less exact than what it was judged by.
    Nearest(fn(&R) -> Option<f64>),
}

type Column<R> = (&'static str, Of<R>);

/// Between the members of a list.
const BETWEEN: &str = "; ";
/// Between the names of a part, outermost first.
const BELOW: &str = " > ";

fn joined<'a>(texts: impl Iterator<Item = &'a str>, between: &str) -> Option<String> {
    let all: Vec<&str> = texts.collect();
    if all.is_empty() { None } else { Some(all.join(between)) }
}

fn own(text: &str) -> Option<String> {
    Some(text.to_string())
}

fn nearest(text: Option<&String>) -> Option<f64> {
    text.and_then(|text| text.parse().ok())
}

fn swedish(text: &TextRow) -> Option<String> {
    own(&text.sv)
}

fn english(text: &TextRow) -> Option<String> {
    own(&text.en)
}

const FINDING_COLUMNS: &[Column<FindingRow>] = &[
    ("id", Of::Text(|row| own(&row.id))),
    ("file", Of::Text(|row| own(&row.file))),
    ("file_sha256", Of::Text(|row| own(&row.file_sha256))),
    ("format", Of::Text(|row| own(&row.format))),
    ("supplier", Of::Text(|row| row.supplier.clone())),
    ("article_number", Of::Text(|row| row.article_number.clone())),
    ("product", Of::Text(|row| row.product.clone())),
    ("part", Of::Text(|row| joined(row.part.iter().map(String::as_str), BELOW))),
    ("rule", Of::Text(|row| own(&row.rule))),
    ("ruleset", Of::Text(|row| row.ruleset.clone())),
    ("ruleset_version", Of::Text(|row| row.ruleset_version.clone())),
    ("consequence", Of::Text(|row| row.consequence.map(|each| each.code().to_string()))),
    ("severity", Of::Text(|row| row.severity.map(|each| each.code().to_string()))),
    ("verdict", Of::Text(|row| own(row.verdict.code()))),
    ("evidence", Of::Text(|row| row.evidence.map(|each| each.code().to_string()))),
    ("reason", Of::Text(|row| row.reason.map(|each| each.code().to_string()))),
    ("notes", Of::Text(|row| joined(row.notes.iter().map(String::as_str), BETWEEN))),
    ("upcoming_date", Of::Text(|row| row.upcoming.as_ref().map(|each| each.date.clone()))),
    ("upcoming_verdict", Of::Text(|row| row.upcoming.as_ref().map(|each| each.verdict.code().to_string()))),
    ("upcoming_sv", Of::Text(|row| row.upcoming.as_ref().and_then(|each| swedish(&each.what)))),
    ("upcoming_en", Of::Text(|row| row.upcoming.as_ref().and_then(|each| english(&each.what)))),
    // The four lists of substances run in step: the second CAS number belongs to the second name.
    ("cas", Of::Text(|row| joined(row.substances.iter().map(|each| each.cas.as_deref().unwrap_or("")), BETWEEN))),
    ("ec", Of::Text(|row| joined(row.substances.iter().map(|each| each.ec.as_deref().unwrap_or("")), BETWEEN))),
    ("substances", Of::Text(|row| joined(row.substances.iter().map(|each| each.name.as_str()), BETWEEN))),
    ("written", Of::Text(|row| joined(row.substances.iter().map(|each| each.written.as_str()), BETWEEN))),
    ("lo", Of::Text(|row| row.lo.clone())),
    ("hi", Of::Text(|row| row.hi.clone())),
    ("limit", Of::Text(|row| row.limit.clone())),
    ("lo_nearest", Of::Nearest(|row| nearest(row.lo.as_ref()))),
    ("hi_nearest", Of::Nearest(|row| nearest(row.hi.as_ref()))),
    ("limit_nearest", Of::Nearest(|row| nearest(row.limit.as_ref()))),
    ("unit", Of::Text(|row| row.unit.clone())),
    ("comparison", Of::Text(|row| row.comparison.clone())),
    ("level", Of::Text(|row| row.level.clone())),
    ("kind", Of::Text(|row| row.kind.clone())),
    ("exemption", Of::Text(|row| row.exemption.as_ref().map(|each| each.id.clone()))),
    ("exemption_applies", Of::Flag(|row| row.exemption.as_ref().map(|each| each.applies))),
    ("exemption_why_sv", Of::Text(|row| row.exemption.as_ref().and_then(|each| swedish(&each.why)))),
    ("exemption_why_en", Of::Text(|row| row.exemption.as_ref().and_then(|each| english(&each.why)))),
    ("where", Of::Text(row_places)),
    ("raw", Of::Text(|row| joined(row.places.iter().map(|each| each.raw()), BETWEEN))),
    ("title_sv", Of::Text(|row| swedish(&row.title))),
    ("title_en", Of::Text(|row| english(&row.title))),
    ("message_sv", Of::Text(|row| swedish(&row.message))),
    ("message_en", Of::Text(|row| english(&row.message))),
];

fn row_places(row: &FindingRow) -> Option<String> {
    let places: Vec<String> = row.places.iter().map(ToString::to_string).collect();
    joined(places.iter().map(String::as_str), BETWEEN)
}

const PRODUCT_COLUMNS: &[Column<ProductRow>] = &[
    ("file", Of::Text(|row| own(&row.file))),
    ("file_sha256", Of::Text(|row| own(&row.file_sha256))),
    ("format", Of::Text(|row| own(&row.format))),
    ("supplier", Of::Text(|row| row.supplier.clone())),
    ("article_number", Of::Text(|row| row.article_number.clone())),
    ("gtin", Of::Text(|row| row.gtin.clone())),
    ("product", Of::Text(|row| row.product.clone())),
    ("categories", Of::Text(|row| joined(row.categories.iter().map(String::as_str), BETWEEN))),
    ("kind", Of::Text(|row| row.kind.map(|each| each.code().to_string()))),
    ("date", Of::Text(|row| row.date.clone())),
    ("verdict", Of::Text(|row| own(row.verdict.code()))),
    ("evidence", Of::Text(|row| row.evidence.map(|each| each.code().to_string()))),
    ("reason", Of::Text(|row| row.reason.map(|each| each.code().to_string()))),
    ("unreadable", Of::Flag(|row| Some(row.unreadable))),
    ("non_compliant", Of::Count(|row| Some(row.counts.get(Verdict::NonCompliant)))),
    ("undetermined", Of::Count(|row| Some(row.counts.get(Verdict::Undetermined)))),
    ("declarable", Of::Count(|row| Some(row.counts.get(Verdict::Declarable)))),
    ("exempt", Of::Count(|row| Some(row.counts.get(Verdict::Exempt)))),
    ("compliant", Of::Count(|row| Some(row.counts.get(Verdict::Compliant)))),
    ("not_applicable", Of::Count(|row| Some(row.counts.get(Verdict::NotApplicable)))),
    ("apart_non_compliant", Of::Count(|row| Some(row.counts_apart.get(Verdict::NonCompliant)))),
    ("apart_undetermined", Of::Count(|row| Some(row.counts_apart.get(Verdict::Undetermined)))),
    ("apart_compliant", Of::Count(|row| Some(row.counts_apart.get(Verdict::Compliant)))),
    ("worst_rules", Of::Text(|row| joined(row.worst_rules.iter().map(String::as_str), BETWEEN))),
    ("problems", Of::Count(|row| Some(row.problems))),
    ("constituents", Of::Count(|row| Some(row.constituents))),
    ("disclosed_percent", Of::Text(|row| row.disclosed_percent.clone())),
];

const FLAT_COLUMNS: &[Column<FlatRow>] = &[
    ("file", Of::Text(|row| own(&row.file))),
    ("file_sha256", Of::Text(|row| own(&row.file_sha256))),
    ("format", Of::Text(|row| own(&row.format))),
    ("supplier", Of::Text(|row| row.supplier.clone())),
    ("article_number", Of::Text(|row| row.article_number.clone())),
    ("buyer_article_number", Of::Text(|row| row.buyer_article_number.clone())),
    ("gtin", Of::Text(|row| row.gtin.clone())),
    ("product", Of::Text(|row| row.product.clone())),
    ("categories", Of::Text(|row| row.categories.clone())),
    ("declaration_kind", Of::Text(|row| own(&row.declaration_kind))),
    ("date", Of::Text(|row| row.date.clone())),
    ("level", Of::Text(|row| own(&row.level))),
    ("part", Of::Text(|row| row.part.clone())),
    ("written_name", Of::Text(|row| row.written_name.clone())),
    ("written_cas", Of::Text(|row| row.written_cas.clone())),
    ("written_ec", Of::Text(|row| row.written_ec.clone())),
    ("identity", Of::Text(|row| own(&row.identity))),
    ("cas", Of::Text(|row| row.cas.clone())),
    ("ec", Of::Text(|row| row.ec.clone())),
    ("name", Of::Text(|row| row.name.clone())),
    ("candidates", Of::Text(|row| row.candidates.clone())),
    ("lo", Of::Text(|row| own(&row.lo))),
    ("hi", Of::Text(|row| own(&row.hi))),
    ("lo_nearest", Of::Nearest(|row| nearest(Some(&row.lo)))),
    ("hi_nearest", Of::Nearest(|row| nearest(Some(&row.hi)))),
    ("unit", Of::Text(|row| own(&row.unit))),
    ("dimension", Of::Text(|row| own(&row.dimension))),
    ("kind", Of::Text(|row| row.kind.clone())),
    ("doubt", Of::Text(|row| row.doubt.clone())),
    ("measured", Of::Flag(|row| Some(row.measured))),
    ("answer", Of::Flag(|row| row.answer)),
    ("intended", Of::Flag(|row| row.intended)),
    ("function", Of::Text(|row| row.function.clone())),
    ("exemptions", Of::Text(|row| row.exemptions.clone())),
    ("sheet", Of::Text(|row| row.sheet.clone())),
    ("cell", Of::Text(|row| row.cell.clone())),
    ("line", Of::Text(|row| row.line.clone())),
    ("raw", Of::Text(|row| own(&row.raw))),
    ("amount_place", Of::Text(|row| row.amount_place.clone())),
    ("amount_raw", Of::Text(|row| row.amount_raw.clone())),
];

/// Text that no spreadsheet runs, wherever it splits the line: after `;` too, since a spreadsheet of a country with
/// decimal commas takes `;` for the separator and is not stopped by quotes inside a cell, and after line breaks.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    if !text.contains([';', '\n', '\r']) {
        return crate::output::rows::neutralised(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for piece in text.split_inclusive([';', '\n', '\r']) {
        // A quote or an apostrophe in front would hide the character from the test but not from every spreadsheet.
        let start = piece.len() - piece.trim_start_matches([' ', '\u{a0}', '"']).len();
        let (lead, rest) = piece.split_at(start);
        safe.push_str(lead);
        safe.push_str(&crate::output::rows::neutralised(rest));
    }
    Cow::Owned(safe)
}

#[cfg(not(feature = "tables"))]
fn write<R, E>(_: &Path, _: TableFormat, _: &[Column<R>], _: impl Iterator<Item = Result<R, E>>) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this build of kemkoll writes no csv and no Parquet; build it with the feature `tables` (on by default), or choose `xlsx`",
    ))
}

#[cfg(feature = "tables")]
use with_polars::write;

#[cfg(feature = "tables")]
mod with_polars {
    use super::{Column, Of, TableFormat, guarded};
    use polars::io::csv::write::BatchedWriter as CsvBatches;
    use polars::io::parquet::write::BatchedWriter as ParquetBatches;
    use polars::prelude::{
        Column as Series, CsvWriter, DataFrame, DataType, ParquetCompression, ParquetWriter, PlSmallStr, Schema, SerWriter,
        StatisticsOptions,
    };
    use std::fs::File;
    use std::io;
    use std::path::Path;

    /// Rows in a batch, which is also a row group of the Parquet file.
    const BATCH_ROWS: usize = 65_536;
    /// Bytes of text in a batch, should the rows be long.
    const BATCH_BYTES: usize = 64 << 20;

    enum Cells {
        Text(Vec<Option<String>>),
        Count(Vec<Option<u64>>),
        Flag(Vec<Option<bool>>),
        Nearest(Vec<Option<f64>>),
    }

    enum Sink {
        Csv(CsvBatches<File>),
        Parquet(Box<ParquetBatches<io::BufWriter<File>>>),
    }

    pub(super) fn write<R, E>(
        out: &Path,
        format: TableFormat,
        columns: &[Column<R>],
        rows: impl Iterator<Item = Result<R, E>>,
    ) -> io::Result<()>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let columns: Vec<&Column<R>> =
            columns.iter().filter(|(_, of)| format == TableFormat::Parquet || !matches!(of, Of::Nearest(_))).collect();
        let schema: Schema = columns.iter().map(|(name, of)| (PlSmallStr::from_static(name), data_type(of))).collect();
        let file = File::create(out)?;
        let mut sink = match format {
            TableFormat::Csv => Sink::Csv(CsvWriter::new(file).include_bom(true).n_threads(1).batched(&schema).map_err(io::Error::other)?),
            TableFormat::Parquet => Sink::Parquet(Box::new(
                ParquetWriter::new(io::BufWriter::new(file))
                    .with_compression(ParquetCompression::Zstd(None))
                    .with_statistics(StatisticsOptions::default())
                    .set_parallel(false)
                    .batched(&schema)
                    .map_err(io::Error::other)?,
            )),
        };
        let mut batch = Batch::new(&columns);
        for row in rows {
            let row = row.map_err(io::Error::other)?;
            batch.push(&columns, &row, format);
            if batch.rows >= BATCH_ROWS || batch.bytes >= BATCH_BYTES {
                sink.append(&std::mem::replace(&mut batch, Batch::new(&columns)).frame(&columns)?)?;
            }
        }
        if batch.rows > 0 {
            sink.append(&batch.frame(&columns)?)?;
        }
        sink.finish()
    }

    fn data_type<R>(of: &Of<R>) -> DataType {
        match of {
            Of::Text(_) => DataType::String,
            Of::Count(_) => DataType::UInt64,
            Of::Flag(_) => DataType::Boolean,
            Of::Nearest(_) => DataType::Float64,
        }
    }

    impl Sink {
        fn append(&mut self, frame: &DataFrame) -> io::Result<()> {
            match self {
                Sink::Csv(batches) => batches.write_batch(frame),
                Sink::Parquet(batches) => batches.write_batch(frame),
            }
            .map_err(io::Error::other)
        }

        fn finish(self) -> io::Result<()> {
            match self {
                Sink::Csv(mut batches) => batches.finish(),
                Sink::Parquet(batches) => batches.finish().map(|_| ()),
            }
            .map_err(io::Error::other)
        }
    }

    struct Batch {
        rows: usize,
        bytes: usize,
        cells: Vec<Cells>,
    }

    impl Batch {
        fn new<R>(columns: &[&Column<R>]) -> Batch {
            let cells = columns
                .iter()
                .map(|(_, of)| match of {
                    Of::Text(_) => Cells::Text(Vec::new()),
                    Of::Count(_) => Cells::Count(Vec::new()),
                    Of::Flag(_) => Cells::Flag(Vec::new()),
                    Of::Nearest(_) => Cells::Nearest(Vec::new()),
                })
                .collect();
            Batch { rows: 0, bytes: 0, cells }
        }

        fn push<R>(&mut self, columns: &[&Column<R>], row: &R, format: TableFormat) {
            self.rows += 1;
            for ((_, of), cells) in columns.iter().zip(&mut self.cells) {
                match (of, cells) {
                    (Of::Text(of), Cells::Text(texts)) => {
                        let text = of(row).map(|text| match format {
                            TableFormat::Csv => guarded(&text).into_owned(),
                            TableFormat::Parquet => text,
                        });
                        self.bytes += text.as_ref().map_or(0, String::len);
                        texts.push(text);
                    }
                    (Of::Count(of), Cells::Count(counts)) => counts.push(of(row)),
                    (Of::Flag(of), Cells::Flag(flags)) => flags.push(of(row)),
                    (Of::Nearest(of), Cells::Nearest(numbers)) => numbers.push(of(row)),
                    // `new` made the cells from the same columns.
                    _ => {}
                }
            }
        }

        fn frame<R>(self, columns: &[&Column<R>]) -> io::Result<DataFrame> {
            let series = columns
                .iter()
                .zip(self.cells)
                .map(|((name, _), cells)| {
                    let name = PlSmallStr::from_static(name);
                    match cells {
                        Cells::Text(texts) => Series::new(name, texts),
                        Cells::Count(counts) => Series::new(name, counts),
                        Cells::Flag(flags) => Series::new(name, flags),
                        Cells::Nearest(numbers) => Series::new(name, numbers),
                    }
                })
                .collect();
            DataFrame::new(self.rows, series).map_err(io::Error::other)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flat_table_has_the_columns_of_normalise() {
        let exact = FLAT_COLUMNS.iter().filter(|(_, of)| !matches!(of, Of::Nearest(_))).map(|(name, _)| *name);
        assert_eq!(exact.collect::<Vec<_>>(), crate::output::flat::COLUMNS);
    }

    #[test]
    fn nothing_runs_wherever_a_spreadsheet_splits() {
        assert_eq!(guarded("=1"), "'=1");
        assert_eq!(guarded("bly; =1"), "bly; '=1");
        assert_eq!(guarded("a;\"=1"), "a;\"'=1");
        assert_eq!(guarded("a\n@x"), "a\n'@x");
        assert_eq!(guarded("a; b, c-d"), "a; b, c-d");
    }
}
