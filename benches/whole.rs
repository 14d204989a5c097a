//! Whole runs of the program over generated corpora, each beside something named that does a part of the same work with
//! as many threads; and its peak memory. Whole processes, in turns; at the end one table of ratios, which README.md quotes.
//!
//! `cargo bench --no-default-features --bench whole`; `KEMKOLL_BENCH_FILES` (2000), `KEMKOLL_BENCH_ROUNDS` (5),
//! `KEMKOLL_BENCH_JOBS` (all cores), `KEMKOLL_BENCH_MEMORY` (1000, and twenty times as many) and `KEMKOLL_BENCH_ROWS`
//! (800000, of one sheet) change the sizes, and zero leaves a part out. `KEMKOLL_BENCH_KEEP` names a
//! folder in which the files stay, for `benches/mixed.py`, which compares with Python.

use quick_xml::events::Event;
use rayon::prelude::*;
use rust_xlsxwriter::{Format, Workbook};
use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const PRODUCTS: u32 = 10;
const LINES_A_PRODUCT: u32 = 20;
const LEAD: &str = "7439-92-1";
const DAY: [&str; 2] = ["--as-of", "2026-06-01"];
const HEADINGS: [&str; 8] =
    ["Article number", "Product name", "Component", "Material", "Substance", "CAS number", "Concentration (%)", "Function"];

/// Name, number and percent of what a material is made of: five lines each of a plastic and of brass.
const LINES: [(&str, &str, f64); 10] = [
    ("Polypropylene", "9003-07-0", 71.5),
    ("Calcium carbonate", "471-34-1", 20.0),
    ("Titanium dioxide", "13463-67-7", 5.25),
    ("Carbon black", "1333-86-4", 2.0),
    ("Pentaerythritol tetrakis(3-(3,5-di-tert-butyl-4-hydroxyphenyl)propionate)", "6683-19-8", 1.25),
    ("Copper", "7440-50-8", 62.0),
    ("Zinc", "7440-66-6", 35.9),
    ("Iron", "7439-89-6", 1.0),
    ("Tin", "7440-31-5", 1.0),
    ("Lead", LEAD, 0.1),
];

/// One line of a declaration.
struct Line {
    article: String,
    product: String,
    component: &'static str,
    material: &'static str,
    substance: &'static str,
    cas: &'static str,
    percent: f64,
    function: &'static str,
}

/// The lines of one supplier's file: of each product four materials; one product with lead in its brass, so that about one
/// line in a hundred gives findings.
fn lines(number: u32, products: u32) -> impl Iterator<Item = Line> {
    (0..products).flat_map(move |product| {
        (0..LINES_A_PRODUCT).filter_map(move |line| {
            let group = (line / 5) % 2;
            let (substance, cas, percent) = *LINES.get((group * 5 + line % 5) as usize)?;
            let (substance, cas) = if product > 0 && cas == LEAD { ("Aluminium", "7429-90-5") } else { (substance, cas) };
            Some(Line {
                article: format!("AB-{number:05}-{product:02}"),
                product: format!("Housing {product} of series {number}"),
                component: if line < 10 { "Housing" } else { "Contact" },
                material: if group == 0 { "PP compound" } else { "Brass" },
                substance,
                cas,
                percent,
                function: if line % 5 == 0 { "base material" } else { "additive" },
            })
        })
    })
}

/// In every other file the shares are fractions that a number format shows as percent.
fn write_xlsx(place: &Path, number: u32, products: u32) -> Result<(), Failure> {
    let mut workbook = Workbook::new();
    let percent = Format::new().set_num_format("0.00%");
    // Row by row, so that the one large sheet needs no more memory than others.
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name("Declaration")?;
    let shown = number.is_multiple_of(2);
    for (column, heading) in (0..).zip(HEADINGS) {
        sheet.write_string(0, column, if shown { heading.trim_end_matches(" (%)") } else { heading })?;
    }
    for (row, line) in (1..).zip(lines(number, products)) {
        let texts = [&*line.article, &line.product, line.component, line.material, line.substance, line.cas];
        for (column, text) in (0..).zip(texts) {
            sheet.write_string(row, column, text)?;
        }
        if shown {
            sheet.write_number_with_format(row, 6, line.percent / 100.0, &percent)?;
        } else {
            sheet.write_number(row, 6, line.percent)?;
        }
        sheet.write_string(row, 7, line.function)?;
    }
    workbook.save(place)?;
    Ok(())
}

fn write_csv(place: &Path, number: u32, products: u32) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_path(place)?;
    writer.write_record(HEADINGS)?;
    for line in lines(number, products) {
        let percent = line.percent.to_string();
        writer.write_record([
            &*line.article,
            &line.product,
            line.component,
            line.material,
            line.substance,
            line.cas,
            &percent,
            line.function,
        ])?;
    }
    Ok(writer.flush()?)
}

/// Kemkoll's own XML, which carries the whole model.
fn write_xml(place: &Path, number: u32, products: u32) -> Result<(), Failure> {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    writeln!(
        text,
        "<kemkoll xmlns=\"urn:kemkoll:declaration:1\" kind=\"full-material\" date=\"2026-05-01\" supplier=\"Supplier {number}\">"
    )?;
    let all: Vec<Line> = lines(number, products).collect();
    for own in all.chunk_by(|a, b| a.article == b.article) {
        let Some(first) = own.first() else { continue };
        writeln!(text, "  <product articleNumber=\"{}\" name=\"{}\">", first.article, first.product)?;
        for own in own.chunk_by(|a, b| a.component == b.component) {
            let Some(first) = own.first() else { continue };
            writeln!(text, "    <article name=\"{}\">", first.component)?;
            for own in own.chunk_by(|a, b| a.material == b.material) {
                let Some(first) = own.first() else { continue };
                writeln!(text, "      <material name=\"{}\">", first.material)?;
                for line in own {
                    writeln!(
                        text,
                        "        <constituent name=\"{}\" cas=\"{}\" amount=\"{} %\" function=\"{}\"/>",
                        line.substance, line.cas, line.percent, line.function
                    )?;
                }
                text.push_str("      </material>\n");
            }
            text.push_str("    </article>\n");
        }
        text.push_str("  </product>\n");
    }
    text.push_str("</kemkoll>\n");
    Ok(fs::write(place, text)?)
}

type Write = fn(&Path, u32, u32) -> Result<(), Failure>;

fn write_files(folder: &Path, ending: &str, files: u32, products: u32, write: Write) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    (0..files).into_par_iter().try_for_each(|number| write(&folder.join(format!("supplier-{number:05}.{ending}")), number, products))
}

/// What a file gives a library that does nothing else with it: how many cells, bytes, events or fields.
type Library = fn(Vec<u8>) -> Result<u64, Failure>;

/// What every reader on top of calamine has to pay: opening each file and taking each cell with its style.
fn calamine(bytes: Vec<u8>) -> Result<u64, Failure> {
    use calamine::{DataRef, Reader, Xlsx};
    let mut workbook = Xlsx::new(Cursor::new(bytes))?;
    let mut cells = 0;
    for name in workbook.sheet_names() {
        let mut reader = workbook.worksheet_cells_reader(&name)?;
        while let Some((cell, _)) = reader.next_cell_with_style_id()? {
            cells += u64::from(!matches!(cell.get_value(), DataRef::Empty));
        }
    }
    Ok(cells)
}

fn inflate(bytes: Vec<u8>) -> Result<u64, Failure> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut seen = 0;
    let mut piece = vec![0; 64 << 10];
    for index in 0..archive.len() {
        let mut member = archive.by_index(index)?;
        loop {
            let read = member.read(&mut piece)?;
            seen += read as u64;
            if read == 0 {
                break;
            }
        }
    }
    Ok(seen)
}

fn events(bytes: Vec<u8>) -> Result<u64, Failure> {
    let mut reader = quick_xml::Reader::from_reader(&*bytes);
    let mut seen = 0;
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(seen),
            Event::Start(element) | Event::Empty(element) => {
                for attribute in element.attributes() {
                    seen += attribute?.value.len() as u64;
                }
            }
            _ => seen += 1,
        }
    }
}

fn records(bytes: Vec<u8>) -> Result<u64, Failure> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*bytes);
    let mut record = csv::ByteRecord::new();
    let mut seen = 0;
    while reader.read_byte_record(&mut record)? {
        seen += record.iter().map(|field| field.len() as u64).sum::<u64>();
    }
    Ok(seen)
}

const LIBRARIES: [(&str, Library); 4] = [("calamine", calamine), ("inflate", inflate), ("events", events), ("records", records)];

/// The other process of a comparison: every file of a folder through a library.
fn read_with(library: Library, folder: &Path, jobs: usize) -> Result<(), Failure> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    let threads = rayon::ThreadPoolBuilder::new().num_threads(jobs).build()?;
    let one = |path: &PathBuf| library(fs::read(path)?);
    let seen: u64 = threads.install(|| files.par_iter().with_max_len(1).map(one).try_reduce(|| 0, |a, b| Ok(a + b)))?;
    println!("{seen}");
    Ok(())
}

/// Runs a process to its end: how long, and its greatest resident memory in KiB as far as the system tells.
fn timed(command: &mut Command, watch: bool) -> Result<(Duration, u64), Failure> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0;
    if watch {
        let place = format!("/proc/{}/status", child.id());
        while child.try_wait()?.is_none() {
            let status = fs::read_to_string(&place).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            peak = peak.max(line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    let status = child.wait()?;
    let taken = start.elapsed();
    // 1 says that something was found, 3 that something could not be read: what the files are made for.
    match status.code() {
        Some(0 | 1 | 3) => Ok((taken, peak)),
        _ => Err(format!("{command:?} ended with {status}").into()),
    }
}

fn check(files: &Path, out: &Path, jobs: usize) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kemkoll"));
    command.arg("check").arg(files).args(["--jobs", &jobs.to_string()]).args(DAY).arg("--out").arg(out);
    command
}

fn check_anew(files: &Path, out: &Path, jobs: usize) -> Command {
    let mut command = check(files, out, jobs);
    command.arg("--no-cache");
    command
}

fn library(name: &str, files: &Path, jobs: usize) -> Result<Command, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(name).arg(files).arg(jobs.to_string());
    Ok(command)
}

fn size(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What was measured, with its goal.
struct Row {
    what: String,
    figure: String,
    goal: &'static str,
}

#[derive(Default)]
struct Table(Vec<Row>);

impl Table {
    fn add(&mut self, what: impl Into<String>, figure: impl Into<String>, goal: &'static str) {
        let row = Row { what: what.into(), figure: figure.into(), goal };
        println!("{}: {} (goal {})", row.what, row.figure, row.goal);
        self.0.push(row);
    }

    /// Two processes in turns, the time of the first as a ratio to that of the second: the middle of all rounds, with the
    /// least and the greatest. The first round fills the system's file cache and does not count.
    fn ratio(
        &mut self,
        what: &str,
        goal: &'static str,
        rounds: usize,
        one: &dyn Fn() -> Result<Command, Failure>,
        other: &dyn Fn() -> Result<Command, Failure>,
    ) -> Result<(), Failure> {
        let mut ratios = Vec::new();
        for round in 0..=rounds {
            let one = timed(&mut one()?, false)?.0.as_secs_f64();
            let other = timed(&mut other()?, false)?.0.as_secs_f64();
            if round > 0 {
                ratios.push(one / other);
            }
        }
        self.add(what, spread(ratios), goal);
        Ok(())
    }
}

/// Middle, least and greatest.
fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    format!("{:.2} ({:.2} to {:.2})", at(values.len() / 2), at(0), at(values.len().saturating_sub(1)))
}

fn times(table: &mut Table, folder: &Path, files: u32, rounds: usize, jobs: usize) -> Result<(), Failure> {
    let [xlsx, csv, xml] = ["xlsx", "csv", "xml"].map(|ending| folder.join(ending));
    write_files(&xlsx, "xlsx", files, PRODUCTS, write_xlsx)?;
    write_files(&csv, "csv", files, PRODUCTS, write_csv)?;
    write_files(&xml, "xml", files, PRODUCTS, write_xml)?;
    println!("{files} files of {} lines, {jobs} threads, {rounds} rounds", PRODUCTS * LINES_A_PRODUCT);
    let out = folder.join("out");
    for (what, goal, place, name) in [
        ("xlsx, whole check / calamine's streaming reader", "0.45", &xlsx, "calamine"),
        ("xlsx, whole check / inflating the same members with zlib-rs", "4.5", &xlsx, "inflate"),
        ("xml, whole check / quick-xml's borrowed events with attributes", "1.4", &xml, "events"),
        ("csv, whole check / the csv crate's byte records", "2.0", &csv, "records"),
    ] {
        table.ratio(what, goal, rounds, &|| Ok(check_anew(place, &out, jobs)), &|| library(name, place, jobs))?;
    }
    let alone = || Ok(check_anew(&xlsx, &out, 1));
    table.ratio("xlsx, one thread / two threads", "1.9 or more", rounds, &alone, &|| Ok(check_anew(&xlsx, &out, 2)))?;
    let rohs = || {
        let mut command = check_anew(&xlsx, &out, 1);
        command.args(["--rules", "rohs"]);
        Ok(command)
    };
    table.ratio("xlsx, all built-in rules / RoHS alone, one thread", "1.1", rounds, &alone, &rohs)?;
    // With a period of years, in which much begins and ends.
    let contract = || {
        let mut command = check_anew(&xlsx, &out, 1);
        command.args(["--contract", "medical-electrical-2027"]);
        Ok(command)
    };
    table.ratio("xlsx, a contract with its period / all built-in rules, one thread", "none", rounds, &contract, &alone)
}

/// A first run, a second one over the same files under the same rules, and one under other rules (those of another day, so
/// that everything is judged anew), beside the first.
fn cached(table: &mut Table, folder: &Path, rounds: usize, jobs: usize) -> Result<(), Failure> {
    let (place, cache, out) = (folder.join("xlsx"), folder.join("cache"), folder.join("out"));
    let (mut second, mut other) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let run = |day: Option<&str>| {
            let mut command = check(&place, &out, jobs);
            command.arg("--cache").arg(&cache);
            if let Some(day) = day {
                command = Command::new(env!("CARGO_BIN_EXE_kemkoll"));
                command.arg("check").arg(&place).args(["--jobs", &jobs.to_string(), "--as-of", day]);
                command.arg("--out").arg(&out).arg("--cache").arg(&cache);
            }
            timed(&mut command, false).map(|(taken, _)| taken.as_secs_f64())
        };
        let first = run(None)?;
        second.push(run(None)? / first);
        other.push(run(Some("2026-06-02"))? / first);
        fs::remove_dir_all(&cache)?;
    }
    table.add("second run, nothing changed / first run", spread(second), "0.10");
    table.add("second run, rules changed / first run", spread(other), "0.25");
    Ok(())
}

fn megabytes(kib: u64) -> String {
    format!("{:.0} MB", kib as f64 * 1024.0 / 1e6)
}

fn memory(table: &mut Table, folder: &Path, few: u32, jobs: usize) -> Result<(), Failure> {
    let mut peaks = Vec::new();
    for files in [few, few * 20] {
        let place = folder.join(format!("many-{files}"));
        write_files(&place, "xlsx", files, PRODUCTS, write_xlsx)?;
        peaks.push(timed(&mut check_anew(&place, &folder.join("out"), jobs), true)?.1);
        fs::remove_dir_all(&place)?;
    }
    if let [least, most] = *peaks {
        let figure = format!("{:.2} ({} / {})", most as f64 / least as f64, megabytes(most), megabytes(least));
        table.add(format!("peak memory, {} files / {few} files of 200 lines", few * 20), figure, "1.2, under 200 MB");
    }
    Ok(())
}

fn one_sheet(table: &mut Table, folder: &Path, rows: u32, jobs: usize) -> Result<(), Failure> {
    let place = folder.join("large.xlsx");
    write_xlsx(&place, 1, rows / LINES_A_PRODUCT)?;
    let (taken, peak) = timed(&mut check_anew(&place, &folder.join("out"), jobs), true)?;
    let figure = format!("{}, {:.1} s", megabytes(peak), taken.as_secs_f64());
    table.add(format!("one sheet of {rows} rows, peak memory"), figure, "under 300 MB");
    let alone = || Ok(check_anew(&place, &folder.join("out"), 1));
    table.ratio("the same sheet, one thread / two threads", "more than 1", 1, &alone, &|| Ok(check_anew(&place, &folder.join("out"), 2)))
}

/// Files that ask for far more than they are, one at a time: the greatest memory and time that any of them takes.
fn hostile(table: &mut Table, folder: &Path) -> Result<(), Failure> {
    let place = folder.join("hostile");
    fs::create_dir_all(&place)?;
    let pack = |name: &str, types: &str, cells: &str, strings: &str| -> Result<(), Failure> {
        let mut zip = zip::ZipWriter::new(fs::File::create(place.join(name))?);
        let options = zip::write::SimpleFileOptions::default();
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let package = "http://schemas.openxmlformats.org/package/2006/relationships";
        for (part, text) in [
            (types, String::from("<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>")),
            (
                "_rels/.rels",
                format!(
                    "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!(
                    "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
                ),
            ),
            ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{main}\"><sheetData>{cells}</sheetData></worksheet>")),
            ("xl/sharedStrings.xml", format!("<sst xmlns=\"{main}\" uniqueCount=\"4000000000\" count=\"4000000000\">{strings}</sst>")),
        ] {
            zip.start_file(part, options)?;
            zip.write_all(text.as_bytes())?;
        }
        zip.finish()?;
        Ok(())
    };
    // As workbooks, and as archives of xml files.
    let sheet = |name: &str, cells: &str, strings: &str| {
        pack(&format!("{name}.xlsx"), "[Content_Types].xml", cells, strings)?;
        pack(&format!("{name}.zip"), "types.xml", cells, strings)
    };
    sheet("far-cells", "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>", "")?;
    sheet("string-bomb", "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>", &"<si><t/></si>".repeat(20_000_000))?;
    sheet("text-bomb", &format!("<row r=\"1\"><c r=\"A1\" t=\"str\"><v>{}</v></c></row>", " ".repeat(300_000_000)), "")?;
    sheet("row-bomb", &"<row><c><v>1</v></c></row>".repeat(8_000_000), "")?;
    fs::write(place.join("columns.csv"), "Ämne;".repeat(3_000_000))?;
    fs::write(place.join("deep.xml"), "<a>".repeat(5_000_000))?;
    fs::write(place.join("attributes.xml"), format!("<declaration {}/>", (0..400_000).map(|n| format!("a{n}=\"\" ")).collect::<String>()))?;
    let laughs: String = (1..30).map(|n| format!("<!ENTITY l{n} \"&l{};&l{};\">", n - 1, n - 1)).collect();
    fs::write(place.join("entities.xml"), format!("<!DOCTYPE a [<!ENTITY l0 \"ha\">{laughs}]><a>&l29;</a>"))?;
    let (mut most, mut longest, mut files) = (0, Duration::ZERO, 0);
    for entry in fs::read_dir(&place)? {
        let (taken, peak) = timed(&mut check_anew(&entry?.path(), &folder.join("out"), 1), true)?;
        (most, longest, files) = (most.max(peak), longest.max(taken), files + 1);
    }
    let figure = format!("{}, {:.1} s", megabytes(most), longest.as_secs_f64());
    table.add(format!("{files} hostile files, most memory and time of any"), figure, "256 MB, 5 s");
    Ok(())
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, folder, jobs] = &*arguments
        && let Some((_, library)) = LIBRARIES.iter().find(|(name, _)| name == mode)
    {
        return read_with(*library, Path::new(folder), jobs.parse()?);
    }
    let jobs = size("KEMKOLL_BENCH_JOBS", std::thread::available_parallelism().map_or(1, usize::from));
    let rounds = size("KEMKOLL_BENCH_ROUNDS", 5);
    let mut folder = tempfile::tempdir()?;
    if let Some(kept) = std::env::var_os("KEMKOLL_BENCH_KEEP") {
        folder = tempfile::Builder::new().prefix("bench-").tempdir_in(kept)?;
        folder.disable_cleanup(true);
        println!("files are kept in {}", folder.path().display());
    }
    let mut table = Table::default();
    let files = u32::try_from(size("KEMKOLL_BENCH_FILES", 2000))?;
    if files > 0 {
        times(&mut table, folder.path(), files, rounds, jobs)?;
        cached(&mut table, folder.path(), rounds, jobs)?;
    }
    let few = u32::try_from(size("KEMKOLL_BENCH_MEMORY", 1000))?;
    if few > 0 {
        memory(&mut table, folder.path(), few, jobs)?;
    }
    let rows = u32::try_from(size("KEMKOLL_BENCH_ROWS", 800_000))?;
    if rows > 0 {
        one_sheet(&mut table, folder.path(), rows, jobs)?;
        hostile(&mut table, folder.path())?;
    }
    println!("\n| measure | figure | goal |\n| --- | --- | --- |");
    for Row { what, figure, goal } in &table.0 {
        println!("| {what} | {figure} | {goal} |");
    }
    Ok(())
}
