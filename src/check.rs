//! `kemkoll check`: everything in order from the arguments to the exit code. The work itself is done by the library; this
//! says what is done when, where it is written, and what a person is told.

use crate::cli::Check;
use crate::publish::{Published, RUN, Stage};
use crate::record::{self, Recording};
use crate::request::{self, Refusal};
use crate::{Exit, complain, interrupt};
use kemkoll::batch::listing::{self, Listing};
use kemkoll::batch::{self, Lines, Outcome, Reader, Run, Stopped};
use kemkoll::input::apart::Apart;
use kemkoll::input::table::mapping::skeleton;
use kemkoll::input::{container, read, workbook};
use kemkoll::output::digest::Digest;
use kemkoll::output::json::{self, NotDeclarationRow, OptionsRow, PassedOver, PeriodRow, RunCounts, RunRecord, UnreadableRow};
use kemkoll::output::report::ReportHeader;
use kemkoll::output::rows::{self, FindingRow, ProductRow, TextRow};
use kemkoll::output::summary::Summary;
use kemkoll::output::text::{self, TextOptions};
use kemkoll::output::words::Lang;
use kemkoll::output::{Format, html, junit, sarif, table, xlsx};
use kemkoll::rule::{Gate, RuleBook};
use kemkoll::substance::Register;
use kemkoll::verdict::{FileReport, Proof, Settings, Tell};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::panic::resume_unwind;
use std::thread;

const FINDINGS: &str = "findings.jsonl";
const PRODUCTS: &str = "products.jsonl";

/// Checks, writes, tells; see [`Exit`].
pub fn run(arguments: &Check) -> Exit {
    let lang = request::language(&arguments.language);
    check(arguments, lang).unwrap_or_else(|refusal| refusal.tell(lang))
}

fn check(arguments: &Check, lang: Lang) -> Result<Exit, Refusal> {
    let to_stdout = format_to_stdout(arguments, lang)?;
    // Neither has to do with the other, and each has its own to wait for.
    let (listing, loaded) = thread::scope(|scope| {
        let listing = scope.spawn(|| request::files(&arguments.paths, arguments.out.as_deref(), lang));
        let loaded = request::rules(&arguments.rules, &arguments.reading, lang);
        (listing.join().unwrap_or_else(|panic| resume_unwind(panic)), loaded)
    });
    let listing = listing?;
    // Never freed: they are needed to the end, and giving the system back a hundred thousand pieces of memory one by one
    // takes longer than checking a file. They hold nothing but memory.
    let loaded = ManuallyDrop::new(loaded?);
    let (ready, book) = &*loaded;
    let settings = settings(arguments, book, lang)?;
    let gate = gate(arguments, book);
    let record = record(arguments, ready, book, &settings, gate);
    let recording = record::begin(arguments, lang)?;

    interrupt::listen(request::stopping(lang));
    let apart = request::apart(&arguments.reading, ready, lang)?;
    let cache = request::cache(&arguments.reading, ready, lang);
    let stage = Stage::open(arguments.out.as_deref()).map_err(|error| cannot_write(arguments, &error, lang))?;
    let run = Run {
        reader: Reader {
            register: &ready.register,
            confirmations: &ready.confirmations,
            mapping: ready.mapping.as_ref(),
            jobs: request::jobs(arguments.reading.jobs),
            cache: cache.as_ref(),
            apart: Some(&apart),
            stop: &interrupt::STOP,
        },
        book,
        settings: &settings,
        lines: &lines,
    };
    let outcome = match batch::check(&run, &listing.entries, stage.folder()) {
        Ok(outcome) => outcome,
        Err(stopped) => {
            stage.abandon();
            return Err(match stopped {
                Stopped::Interrupted => Refusal::Interrupted,
                Stopped::Disk(error) => cannot_write(arguments, &error, lang),
            });
        }
    };
    if outcome.declarations == 0 && listing.unreadable.is_empty() {
        stage.abandon();
        return Err(Refusal::one(lang.of("ingen av filerna är en deklaration", "none of the files is a declaration")));
    }
    let job = Job {
        arguments,
        lang,
        book,
        register: &ready.register,
        settings: &settings,
        listing: &listing,
        outcome: &outcome,
        apart: &apart,
        to_stdout,
    };
    job.finish(stage, record, gate, recording)
}

/// What is needed to write and tell the results.
struct Job<'a> {
    arguments: &'a Check,
    lang: Lang,
    book: &'a RuleBook,
    register: &'a Register,
    settings: &'a Settings,
    listing: &'a Listing,
    outcome: &'a Outcome,
    apart: &'a Apart,
    to_stdout: Option<Format>,
}

impl Job<'_> {
    fn finish(&self, mut stage: Stage, mut record: RunRecord, gate: Gate, mut recording: Option<Recording>) -> Result<Exit, Refusal> {
        let written = self.write(&mut stage, &mut record).and_then(|summary| {
            if let Some(recording) = &mut recording {
                recording.gather(&record, self.book, self.register, self.outcome, stage.folder())?;
            }
            Ok(summary)
        });
        let summary = match written {
            Ok(summary) => summary,
            Err(error) => {
                stage.abandon();
                return Err(if interrupt::stopped() { Refusal::Interrupted } else { cannot_write(self.arguments, &error, self.lang) });
            }
        };
        // What goes to stdout is made of the files, so it comes before they are moved.
        let told = self.tell(&stage, &record, &summary);
        match stage.publish() {
            Ok(Published::Done { left }) => self.tell_left(&left),
            Ok(Published::Stopped) => {
                stage.abandon();
                return Err(Refusal::Interrupted);
            }
            Err(error) => return Err(cannot_write(self.arguments, &error, self.lang)),
        }
        if let Err(error) = told
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            complain(&format!("{}: {error}", self.lang.of("stdout kunde inte skrivas", "stdout could not be written")));
            return Ok(Exit::Refused);
        }
        // Last, because results can be written again and events cannot.
        if let Some(recording) = recording {
            complain(&recording.write(self.lang)?);
        }
        self.offer_mapping();
        Ok(if !record.unreadable.is_empty() || !self.listing.unreadable.is_empty() {
            Exit::Incomplete
        } else if holds(gate, &record.counts) {
            Exit::Holds
        } else {
            Exit::Breached
        })
    }

    /// Writes every result file, and gathers the summary.
    fn write(&self, stage: &mut Stage, record: &mut RunRecord) -> io::Result<Summary> {
        let mut findings = stage.create(FINDINGS)?;
        let mut products = stage.create(PRODUCTS)?;
        let mut summary = Summary::new(text::LINES);
        self.outcome.each(|lines| {
            findings.write_all(lines.findings)?;
            products.write_all(lines.products)?;
            let digest = Digest::from_bytes(lines.digest).ok_or_else(|| io::Error::other("a temporary file was changed"))?;
            summary.add(digest, &mut |start| {
                let rest = usize::try_from(start).ok().and_then(|start| lines.findings.get(start..)).unwrap_or_default();
                let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
                Ok(serde_json::from_slice(line)?)
            })
        })?;
        findings.flush()?;
        products.flush()?;
        summary.finish();
        summary.complete(record);
        self.complete(record);
        if self.arguments.out.is_some() {
            let mut formats = self.arguments.format.clone();
            formats.sort();
            formats.dedup();
            for format in formats {
                if interrupt::stopped() {
                    return Err(io::Error::other("stopped"));
                }
                self.write_format(stage, format, record)?;
            }
            record.files = stage.written()?;
        }
        let mut file = stage.create(RUN)?;
        json::write_run(record, &mut file)?;
        file.flush()?;
        Ok(summary)
    }

    /// Adds to the record what no result line tells: files and folders that could not even be opened as declarations.
    fn complete(&self, record: &mut RunRecord) {
        let mut known: BTreeMap<String, UnreadableRow> =
            std::mem::take(&mut record.unreadable).into_iter().map(|row| (row.file.clone(), row)).collect();
        for (file, why) in &self.outcome.unreadable {
            let row = known.entry(file.clone()).or_insert_with(|| UnreadableRow { file: file.clone(), reasons: Vec::new() });
            if row.reasons.is_empty() && !why.en.is_empty() {
                row.reasons.push(TextRow::from(why));
            }
        }
        for (file, why) in &self.listing.unreadable {
            let reason = TextRow { sv: format!("kunde inte öppnas: {why}"), en: format!("could not be opened: {why}") };
            known.entry(file.clone()).or_insert_with(|| UnreadableRow { file: file.clone(), reasons: vec![reason] });
        }
        record.unreadable = known.into_values().collect();
        let others = self.outcome.others.iter();
        record.not_declarations = others.map(|(file, what)| NotDeclarationRow { file: file.clone(), what: (*what).to_string() }).collect();
        let Listing { hidden, lock_files, links, repeated, earlier_results, .. } = *self.listing;
        record.passed_over = PassedOver { hidden, lock_files, links, repeated, earlier_results };
    }

    fn write_format(&self, stage: &mut Stage, format: Format, record: &RunRecord) -> io::Result<()> {
        match format {
            Format::Csv => self.write_tables(stage, table::TableFormat::Csv, "csv"),
            Format::Parquet => self.write_tables(stage, table::TableFormat::Parquet, "parquet"),
            Format::Xlsx => {
                let place = stage.place("report.xlsx");
                xlsx::write(&place, &self.header(record), products(stage)?, findings(stage)?, self.book, self.lang)
            }
            Format::Html => {
                let place = stage.place("report.html");
                html::write(&place, &self.header(record), products(stage)?, findings(stage)?, self.book, self.lang)
            }
            Format::Sarif => {
                let mut file = stage.create("findings.sarif")?;
                sarif::write(record, Some(self.book), findings(stage)?, self.lang, &mut file)?;
                file.flush()
            }
            Format::Junit => {
                let mut file = stage.create("junit.xml")?;
                junit::write(record, products(stage)?, findings(stage)?, self.lang, &mut file)?;
                file.flush()
            }
            // Without --out only; refused before.
            Format::Json => Ok(()),
        }
    }

    fn write_tables(&self, stage: &mut Stage, format: table::TableFormat, ending: &str) -> io::Result<()> {
        let place = stage.place(&format!("findings.{ending}"));
        table::write_findings(&place, format, findings(stage)?)?;
        let place = stage.place(&format!("products.{ending}"));
        table::write_products(&place, format, products(stage)?)
    }

    /// Tells the results on stdout: the summary, or the one format that was asked for.
    fn tell(&self, stage: &Stage, record: &RunRecord, summary: &Summary) -> io::Result<()> {
        let notes = self.notes();
        let mut out = BufWriter::new(io::stdout().lock());
        match self.to_stdout {
            Some(format) => {
                for note in &notes {
                    complain(note);
                }
                self.print_format(stage, format, record, &mut out)?;
            }
            None => {
                let written = self.arguments.out.as_ref().map(|out| listing::shown(out.join(FINDINGS).as_os_str()));
                let terminal = io::stdout().is_terminal();
                let options = TextOptions {
                    lang: self.lang,
                    width: if terminal { request::width() } else { text::WIDTH },
                    colour: terminal && colour(),
                    findings_file: written.as_deref(),
                    ..TextOptions::default()
                };
                out.write_all(text::summary(summary, &options).as_bytes())?;
                for note in &notes {
                    for line in text::wrap(note, options.width) {
                        writeln!(out, "{line}")?;
                    }
                }
            }
        }
        out.flush()
    }

    /// Reports of an earlier run that somebody worked in are not ours to remove, and not of these results either.
    fn tell_left(&self, left: &[String]) {
        for name in left {
            let sentence = self.lang.of(
                "`{}` har ändrats sedan en tidigare körning skrev den; den får stå kvar men hör inte till de här resultaten",
                "`{}` was changed since an earlier run wrote it; it stays, and does not belong to these results",
            );
            complain(&sentence.replace("{}", name));
        }
    }

    /// A mapping to start from, for the first file whose headings nobody understood.
    fn offer_mapping(&self) {
        let Some((file, path)) = self.outcome.headings.as_ref().filter(|_| self.arguments.reading.mapping.is_none()) else { return };
        let Ok(bytes) = read::bytes(path) else { return };
        let text = if Apart::wants(container::kind(&bytes)) {
            self.apart.reader().skeleton(&bytes)
        } else {
            workbook::read(&bytes).ok().map(|workbook| skeleton(&workbook))
        };
        let Some(text) = text else { return };
        let sentence = self.lang.of(
            "rubriker i `{}` kunde inte tolkas; spara det som följer som en fil, fyll i vad kolumnerna innehåller, och kör igen med \
             `--mapping FIL`",
            "headings in `{}` were not understood; save what follows as a file, fill in what the columns hold, and run again with \
             `--mapping FILE`",
        );
        complain(&sentence.replace("{}", &text::plain(file)));
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// What else a person should know: what was not checked, and what an option would settle.
    fn notes(&self) -> Vec<String> {
        let (lang, listing, outcome) = (self.lang, self.listing, self.outcome);
        let mut notes = Vec::new();
        let mut note = |number: u64, sv: [&str; 2], en: [&str; 2]| {
            if number > 0 {
                let form = usize::from(number != 1);
                let text = lang.of(sv.get(form).copied().unwrap_or_default(), en.get(form).copied().unwrap_or_default());
                notes.push(text.replace("{}", &number.to_string()));
            }
        };
        note(
            outcome.measured,
            ["{} deklaration hölls mot laboratorieresultat", "{} deklarationer hölls mot laboratorieresultat"],
            ["{} declaration was held against laboratory results", "{} declarations were held against laboratory results"],
        );
        note(
            listing.repeated,
            ["{} fil nåddes två gånger och kontrollerades en gång", "{} filer nåddes två gånger och kontrollerades en gång"],
            ["{} file was reached twice and checked once", "{} files were reached twice and checked once"],
        );
        note(
            listing.hidden,
            ["{} dold fil eller mapp hoppades över", "{} dolda filer eller mappar hoppades över"],
            ["{} hidden file or folder was passed over", "{} hidden files or folders were passed over"],
        );
        note(
            listing.lock_files,
            ["{} låsfil (`~$…`) hoppades över", "{} låsfiler (`~$…`) hoppades över"],
            ["{} lock file (`~$…`) was passed over", "{} lock files (`~$…`) were passed over"],
        );
        note(
            listing.links,
            ["{} länk till en mapp som kontrolleras ändå följdes inte", "{} länkar till mappar som kontrolleras ändå följdes inte"],
            [
                "{} link to a folder that is checked anyway was not followed",
                "{} links to folders that are checked anyway were not followed",
            ],
        );
        note(
            listing.earlier_results,
            ["{} mapp med tidigare resultat hoppades över", "{} mappar med tidigare resultat hoppades över"],
            ["{} folder of earlier results was passed over", "{} folders of earlier results were passed over"],
        );
        if !outcome.others.is_empty() {
            let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
            for (_, what) in &outcome.others {
                *kinds.entry(what).or_default() += 1;
            }
            let kinds: Vec<String> = kinds.iter().map(|(what, number)| format!("{number} {what}")).collect();
            let first: Vec<String> = outcome.others.iter().take(3).map(|(file, _)| format!("`{}`", text::plain(file))).collect();
            let more = if outcome.others.len() > first.len() { ", …" } else { "" };
            let sentence =
                lang.of("inte deklarationer, ej kontrollerade: {kinds} ({names})", "not declarations, not checked: {kinds} ({names})");
            notes.push(sentence.replace("{kinds}", &kinds.join(", ")).replace("{names}", &format!("{}{more}", first.join(", "))));
        }
        if outcome.category_missing > 0 {
            notes.push(self.category_note());
        }
        notes
    }

    /// What `--category` would settle.
    fn category_note(&self) -> String {
        let rules = &self.outcome.waiting_rules;
        let mut wanted: Vec<&str> =
            rules.iter().filter_map(|id| self.book.rule(id)).flat_map(|rule| &rule.scope.categories).map(|category| &**category).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let few: Vec<String> = wanted.iter().take(6).map(|id| format!("`{id}`")).collect();
        let more = if wanted.len() > few.len() { ", …" } else { "" };
        self.lang
            .of(
                "kategori saknas: {products} produkter och {rules} krav kan inte avgöras utan den; ange den i deklarationen eller avtalet, eller \
                 med `--category` ({few})",
                "category missing: {products} products and {rules} rules cannot be decided without it; give it in the declaration or \
                 the contract, or with `--category` ({few})",
            )
            .replace("{products}", &self.outcome.category_missing.to_string())
            .replace("{rules}", &rules.len().to_string())
            .replace("{few}", &format!("{}{more}", few.join(", ")))
    }

    fn header(&self, record: &RunRecord) -> ReportHeader {
        ReportHeader {
            program_version: record.program_version.clone(),
            as_of: self.settings.on,
            period: self.settings.period,
            proof: self.settings.proof,
            files: record.counts.files,
        }
    }

    fn print_format(&self, stage: &Stage, format: Format, record: &RunRecord, out: &mut impl Write) -> io::Result<()> {
        match format {
            Format::Json => json::write_document(record, stage.read(PRODUCTS)?, stage.read(FINDINGS)?, out),
            Format::Sarif => sarif::write(record, Some(self.book), findings(stage)?, self.lang, out),
            Format::Junit => junit::write(record, products(stage)?, findings(stage)?, self.lang, out),
            // Not offered for stdout.
            Format::Csv | Format::Parquet | Format::Xlsx | Format::Html => Ok(()),
        }
    }
}

/// The result lines of a report.
fn lines(report: &FileReport) -> io::Result<Lines> {
    let findings = rows::finding_rows(report);
    let (lines, starts) = json::numbered_block(&findings)?;
    let mut digest = Digest::of(&findings, &starts, &[], text::LINES);
    drop(findings);
    // A price list has a hundred thousand products: their rows never stand side by side.
    let mut products = Vec::with_capacity(report.products.len() * 640);
    for row in rows::each_product_row(report) {
        digest.add_product(&row);
        json::append(&row, &mut products)?;
    }
    Ok(Lines { findings: lines, products, digest: digest.to_bytes() })
}

fn findings(stage: &Stage) -> io::Result<impl Iterator<Item = Result<FindingRow, rows::RowError>> + use<>> {
    Ok(rows::read_rows(stage.read(FINDINGS)?))
}

fn products(stage: &Stage) -> io::Result<impl Iterator<Item = Result<ProductRow, rows::RowError>> + use<>> {
    Ok(rows::read_rows(stage.read(PRODUCTS)?))
}

/// Which format goes to stdout in place of the summary.
fn format_to_stdout(arguments: &Check, lang: Lang) -> Result<Option<Format>, Refusal> {
    let mut formats = arguments.format.clone();
    formats.sort();
    formats.dedup();
    if arguments.out.is_some() {
        if formats.contains(&Format::Json) {
            return Err(Refusal::one(lang.of(
                "`--format json` skriver till stdout och går inte ihop med `--out`; mappen får findings.jsonl, products.jsonl och run.json ändå",
                "`--format json` writes to stdout and does not go with `--out`; the folder gets findings.jsonl, products.jsonl and run.json anyway",
            )));
        }
        return Ok(None);
    }
    match formats.as_slice() {
        [] => Ok(None),
        [one @ (Format::Json | Format::Sarif | Format::Junit)] => Ok(Some(*one)),
        [Format::Json | Format::Sarif | Format::Junit, ..] | [_] | [_, _, ..] => {
            let names: Vec<&str> = formats.iter().map(|format| format.code()).collect();
            Err(Refusal::one(
                lang.of(
                    "`--format {}` behöver `--out MAPP`; till stdout går ett av json, sarif och junit",
                    "`--format {}` needs `--out DIR`; one of json, sarif and junit can go to stdout",
                )
                .replace("{}", &names.join(",")),
            ))
        }
    }
}

fn settings(arguments: &Check, book: &RuleBook, lang: Lang) -> Result<Settings, Refusal> {
    let unknown: Vec<String> = arguments
        .category
        .iter()
        .filter(|id| book.categories.get(id).is_none())
        .map(|id| {
            let meant: Vec<String> = book.categories.find(id).iter().map(|meant| format!("`{meant}`")).collect();
            let sentence = if meant.is_empty() {
                lang.of(
                    "okänd kategori `{}`; de som finns står i rules/categories.toml",
                    "unknown category `{}`; those known stand in rules/categories.toml",
                )
            } else {
                lang.of("okänd kategori `{}`; menas {meant}?", "unknown category `{}`; is {meant} meant?")
            };
            sentence.replace("{meant}", &meant.join(", ")).replace("{}", id)
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Refusal::Wrong(unknown));
    }
    let of_contract = book.contract.as_ref().map(|contract| contract.categories.clone()).filter(|categories| !categories.is_empty());
    if of_contract.is_some() && !arguments.category.is_empty() {
        complain(lang.of(
            "`--category` används inte, för avtalet anger kategorier",
            "`--category` is not used, because the contract names categories",
        ));
    }
    Ok(Settings {
        on: arguments.as_of.unwrap_or_else(request::today),
        period: arguments.contract_period.or_else(|| book.contract.as_ref().and_then(|contract| contract.period)),
        proof: if arguments.proof == "demonstrated" { Proof::Demonstrated } else { Proof::Stated },
        categories: of_contract.unwrap_or_else(|| arguments.category.iter().map(|id| id.as_str().into()).collect()),
        tell: match (arguments.all, arguments.follow_up) {
            (true, _) => Tell::All,
            // Amounts below this buyer's limits matter to the next one.
            (false, true) => Tell::Observed,
            (false, false) => Tell::Open,
        },
    })
}

fn gate(arguments: &Check, book: &RuleBook) -> Gate {
    let asked = arguments.fail_on.as_deref().and_then(Gate::from_code);
    asked.or_else(|| book.contract.as_ref().and_then(|contract| contract.gate)).unwrap_or(Gate::Undetermined)
}

/// Whether nothing was found that stops at this gate. What is open about a file stands for all that it may hide.
fn holds(gate: Gate, counts: &RunCounts) -> bool {
    let products = &counts.products_by_verdict;
    let open = products.undetermined + counts.files_without_product + counts.problems.undetermined;
    match gate {
        Gate::Never => true,
        Gate::NonCompliant => products.non_compliant == 0,
        Gate::Undetermined => products.non_compliant == 0 && open == 0,
        Gate::Declarable => products.non_compliant == 0 && open == 0 && products.declarable == 0,
    }
}

const fn gate_word(gate: Gate) -> &'static str {
    match gate {
        Gate::NonCompliant => "non-compliant",
        Gate::Undetermined => "undetermined",
        Gate::Declarable => "declarable",
        Gate::Never => "never",
    }
}

fn record(arguments: &Check, ready: &request::Ready, book: &RuleBook, settings: &Settings, gate: Gate) -> RunRecord {
    let options = OptionsRow {
        proof: arguments.proof.clone(),
        fail_on: gate_word(gate).to_string(),
        categories: settings.categories.iter().map(ToString::to_string).collect(),
        contract_period: settings.period.map(|(from, to)| PeriodRow { from: from.to_string(), to: to.to_string() }),
        all: settings.tell == Tell::All,
        observed: settings.tell >= Tell::Observed,
        mapping_sha256: ready.mapping_sha256.clone(),
        confirmations_sha256: ready.confirmations_sha256.clone(),
    };
    let given = std::env::args_os().skip(1).map(|argument| listing::shown(&argument)).collect();
    RunRecord::new(book, settings.on.to_string(), given, options)
}

fn cannot_write(arguments: &Check, error: &io::Error, lang: Lang) -> Refusal {
    let place = arguments.out.as_ref().map_or_else(std::env::temp_dir, Clone::clone);
    let sentence = lang.of(
        "resultaten kunde inte skrivas till `{}`: {why}; inget skrevs",
        "the results could not be written to `{}`: {why}; nothing was written",
    );
    Refusal::one(sentence.replace("{}", &listing::shown(place.as_os_str())).replace("{why}", &error.to_string()))
}

/// Whether colours are welcome (no-color.org).
pub fn colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
}
