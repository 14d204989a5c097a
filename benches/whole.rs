//! Whole runs over generated xlsx files, beside the spreadsheet library merely walking over the same cells with as many
//! threads: the ratio of their times; second runs beside first ones, by what the first kept; and the peak memory for many files
//! beside that for few. Whole processes, in turns.
//!
//! `cargo bench --no-default-features --bench whole`; `KEMKOLL_BENCH_FILES` (2000), `KEMKOLL_BENCH_ROUNDS` (7),
//! `KEMKOLL_BENCH_JOBS` (all cores) and `KEMKOLL_BENCH_MEMORY` (1000, and ten times as many) change the sizes.

use calamine::{DataRef, Reader, Xlsx};
use rayon::prelude::*;
use rust_xlsxwriter::{Format, Workbook};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// First argument of the process that only reads cells.
const READ: &str = "read-cells";

const PRODUCTS: u32 = 10;
const LINES_A_PRODUCT: u32 = 20;

/// Name, number and percent of what a material is made of.
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

const LEAD: &str = "7439-92-1";

/// One supplier's file: ten products, four materials each, one product with lead in its brass (so that about one line in
/// a hundred gives findings); in every other file the shares are fractions that a number format shows as percent.
fn write_file(place: &Path, number: u32, products: u32) -> Result<(), Failure> {
    let mut workbook = Workbook::new();
    let percent = Format::new().set_num_format("0.00%");
    let sheet = workbook.add_worksheet();
    sheet.set_name("Declaration")?;
    let shown = number.is_multiple_of(2);
    let share = if shown { "Concentration" } else { "Concentration (%)" };
    let headings = ["Article number", "Product name", "Component", "Material", "Substance", "CAS number", share, "Function"];
    for (column, heading) in (0..).zip(headings) {
        sheet.write_string(0, column, heading)?;
    }
    let mut row = 0;
    for product in 0..products {
        let article = format!("AB-{number:05}-{product:02}");
        let name = format!("Housing {product} of series {number}");
        for line in 0..LINES_A_PRODUCT {
            row += 1;
            let group = (line / 5) % 2;
            let Some((substance, cas, amount)) = LINES.get((group * 5 + line % 5) as usize) else { continue };
            let (substance, cas) = if product > 0 && *cas == LEAD { ("Aluminium", "7429-90-5") } else { (*substance, *cas) };
            sheet.write_string(row, 0, &article)?;
            sheet.write_string(row, 1, &name)?;
            sheet.write_string(row, 2, if line < 10 { "Housing" } else { "Contact" })?;
            sheet.write_string(row, 3, if group == 0 { "PP compound" } else { "Brass" })?;
            sheet.write_string(row, 4, substance)?;
            sheet.write_string(row, 5, cas)?;
            if shown {
                sheet.write_number_with_format(row, 6, amount / 100.0, &percent)?;
            } else {
                sheet.write_number(row, 6, *amount)?;
            }
            sheet.write_string(row, 7, if line % 5 == 0 { "base material" } else { "additive" })?;
        }
    }
    workbook.save(place)?;
    Ok(())
}

fn write_files(folder: &Path, files: u32, products: u32) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    (0..files).into_par_iter().try_for_each(|number| write_file(&folder.join(format!("supplier-{number:05}.xlsx")), number, products))
}

/// What every reader on top of the library has to pay: opening each file and taking each cell with its style.
fn read_cells(folder: &Path, jobs: usize) -> Result<(), Failure> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.sort();
    let threads = rayon::ThreadPoolBuilder::new().num_threads(jobs).build()?;
    let one = |path: &PathBuf| -> Result<u64, Failure> {
        let mut workbook = Xlsx::new(Cursor::new(std::fs::read(path)?))?;
        let mut cells = 0;
        for name in workbook.sheet_names() {
            let mut reader = workbook.worksheet_cells_reader(&name)?;
            while let Some((cell, _)) = reader.next_cell_with_style_id()? {
                cells += u64::from(!matches!(cell.get_value(), DataRef::Empty));
            }
        }
        Ok(cells)
    };
    let cells: u64 = threads.install(|| files.par_iter().with_max_len(1).map(one).try_reduce(|| 0, |a, b| Ok(a + b)))?;
    println!("{cells}");
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
            let status = std::fs::read_to_string(&place).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            peak = peak.max(line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    let status = child.wait()?;
    let taken = start.elapsed();
    // 1 says that something was found, which is what the files are made for.
    match status.code() {
        Some(0 | 1) => Ok((taken, peak)),
        _ => Err(format!("{command:?} ended with {status}").into()),
    }
}

fn check(files: &Path, out: &Path, jobs: usize) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kemkoll"));
    command.arg("check").arg(files).arg("--jobs").arg(jobs.to_string()).arg("--out").arg(out);
    command
}

fn check_anew(files: &Path, out: &Path, jobs: usize) -> Command {
    let mut command = check(files, out, jobs);
    command.args(["--as-of", "2026-06-01", "--no-cache"]);
    command
}

fn size(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Least, middle and greatest.
fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    (at(0), at(values.len() / 2), at(values.len().saturating_sub(1)))
}

fn times(folder: &Path, files: u32, rounds: usize, jobs: usize) -> Result<(), Failure> {
    let place = folder.join("files");
    write_files(&place, files, PRODUCTS)?;
    println!("{files} xlsx files of {} lines, {jobs} threads, {rounds} rounds", PRODUCTS * LINES_A_PRODUCT);
    let (mut ratios, mut reading, mut checking) = (Vec::new(), Vec::new(), Vec::new());
    // The first round fills the system's file cache and does not count.
    for round in 0..=rounds {
        let mut bare = Command::new(std::env::current_exe()?);
        bare.arg(READ).arg(&place).arg(jobs.to_string());
        let (bare, _) = timed(&mut bare, false)?;
        let (whole, _) = timed(&mut check_anew(&place, &folder.join(format!("out-{round}")), jobs), false)?;
        if round > 0 {
            ratios.push(whole.as_secs_f64() / bare.as_secs_f64());
            reading.push(bare.as_secs_f64());
            checking.push(whole.as_secs_f64());
        }
    }
    for (name, values, unit) in
        [("library's reader alone", reading, " s"), ("whole check", checking, " s"), ("whole check / reader alone", ratios, "")]
    {
        let (least, middle, greatest) = spread(values);
        println!("{name}: median {middle:.3}{unit} (least {least:.3}, greatest {greatest:.3})");
    }
    Ok(())
}

/// A first run, a second one over the same files under the same rules, and one under other rules (those of another day,
/// so that everything is judged anew), beside the first.
fn cached(folder: &Path, rounds: usize, jobs: usize) -> Result<(), Failure> {
    let (place, cache) = (folder.join("files"), folder.join("cache"));
    let (mut second, mut other) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let run = |kind: &str, day: &str| {
            let mut command = check(&place, &folder.join(format!("out-{kind}-{round}")), jobs);
            command.args(["--as-of", day]).arg("--cache").arg(&cache);
            timed(&mut command, false).map(|(taken, _)| taken.as_secs_f64())
        };
        let first = run("first", "2026-06-01")?;
        second.push(run("second", "2026-06-01")? / first);
        other.push(run("other", "2026-06-02")? / first);
        std::fs::remove_dir_all(&cache)?;
    }
    for (name, values) in [("second run, nothing changed / first run", second), ("second run, other rules / first run", other)] {
        let (least, middle, greatest) = spread(values);
        println!("{name}: median {middle:.3} (least {least:.3}, greatest {greatest:.3})");
    }
    Ok(())
}

fn memory(folder: &Path, few: u32, jobs: usize) -> Result<(), Failure> {
    let mut peaks = Vec::new();
    for files in [few, few * 10] {
        let place = folder.join(format!("small-{files}"));
        write_files(&place, files, 1)?;
        let (taken, peak) = timed(&mut check_anew(&place, &folder.join(format!("out-small-{files}")), jobs), true)?;
        println!("{files} files of {LINES_A_PRODUCT} lines: peak memory {peak} KiB, {:.3} s", taken.as_secs_f64());
        peaks.push(peak as f64);
        std::fs::remove_dir_all(&place)?;
    }
    if let [few, many] = *peaks {
        println!("peak memory for ten times as many files: {:.3}", many / few);
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, folder, jobs] = &*arguments
        && mode == READ
    {
        return read_cells(Path::new(folder), jobs.parse()?);
    }
    let jobs = size("KEMKOLL_BENCH_JOBS", std::thread::available_parallelism().map_or(1, usize::from));
    let folder = tempfile::tempdir()?;
    let files = size("KEMKOLL_BENCH_FILES", 2000);
    if files > 0 {
        times(folder.path(), u32::try_from(files)?, size("KEMKOLL_BENCH_ROUNDS", 7), jobs)?;
        cached(folder.path(), size("KEMKOLL_BENCH_ROUNDS", 7), jobs)?;
    }
    let few = size("KEMKOLL_BENCH_MEMORY", 1000);
    if few > 0 {
        memory(folder.path(), u32::try_from(few)?, jobs)?;
    }
    Ok(())
}
