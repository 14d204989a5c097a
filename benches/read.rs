//! Reading the cells of xlsx files on one thread: our reader, and the workbooks made from what it reads, beside
//! calamine's streaming reader over the same cells and beside merely inflating the same members. Rounds in turns.
//!
//! `cargo bench --no-default-features --bench read`; `KEMKOLL_BENCH_FILES` (300), `KEMKOLL_BENCH_ROWS` (100000, of the one
//! large sheet) and `KEMKOLL_BENCH_ROUNDS` (7) change the sizes; `KEMKOLL_BENCH_FILE` measures that file instead, and then
//! the peak memory after each way of reading too.

use calamine::{DataRef, Reader, Xlsx};
use kemkoll::amount::Decimal;
use kemkoll::input::container::Limits;
use kemkoll::input::xlsx::{self, Content};
use rust_xlsxwriter::{Format, Workbook};
use std::io::{Cursor, Read};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const SUBSTANCES: [(&str, &str, f64); 6] = [
    ("Polypropylene", "9003-07-0", 71.5),
    ("Calcium carbonate", "471-34-1", 20.0),
    ("Pentaerythritol tetrakis(3-(3,5-di-tert-butyl-4-hydroxyphenyl)propionate)", "6683-19-8", 1.25),
    ("Copper", "7440-50-8", 62.0),
    ("Lead", "7439-92-1", 0.1),
    ("Tin & alloys <1 %", "7440-31-5", 1.0 / 3.0),
];

/// One supplier's file of eight columns; every other one with shares that a number format shows as percent.
fn file(number: u32, rows: u32) -> Result<Vec<u8>, Failure> {
    let mut workbook = Workbook::new();
    let percent = Format::new().set_num_format("0.00%");
    let sheet = workbook.add_worksheet();
    sheet.set_name("Declaration")?;
    let headings = ["Article number", "Product name", "Component", "Material", "Substance", "CAS number", "Share", "Function"];
    for (column, heading) in (0..).zip(headings) {
        sheet.write_string(0, column, heading)?;
    }
    for row in 1..=rows {
        let product = row / 20;
        let Some((substance, cas, amount)) = SUBSTANCES.get(row as usize % SUBSTANCES.len()) else { continue };
        sheet.write_string(row, 0, format!("AB-{number:05}-{product:02}"))?;
        sheet.write_string(row, 1, format!("Housing {product} of series {number}"))?;
        sheet.write_string(row, 2, if row % 20 < 10 { "Housing" } else { "Contact" })?;
        sheet.write_string(row, 3, if row % 10 < 5 { "PP compound" } else { "Brass" })?;
        sheet.write_string(row, 4, *substance)?;
        sheet.write_string(row, 5, *cas)?;
        if number.is_multiple_of(2) {
            sheet.write_number_with_format(row, 6, amount / 100.0, &percent)?;
        } else {
            sheet.write_number(row, 6, *amount)?;
        }
        sheet.write_string(row, 7, if row % 5 == 0 { "base material" } else { "additive" })?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// Every way of reading tells how many cells, or bytes, it saw, so that none of it is done for nothing.
type Way = (&'static str, fn(&[u8]) -> Result<u64, Failure>);

fn inflate(bytes: &[u8]) -> Result<u64, Failure> {
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

fn library(bytes: &[u8]) -> Result<u64, Failure> {
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

fn own(bytes: &[u8]) -> Result<u64, Failure> {
    let mut cells = 0;
    xlsx::cells(bytes, &Limits::default(), |_, stored| {
        let held = match stored.content {
            Content::Number(written) => {
                let number = Decimal::of_stored_text(written.as_bytes());
                number.or_else(|| written.parse().ok().and_then(Decimal::from_f64_15)).is_some()
            }
            _ => true,
        };
        cells += u64::from(held);
        Ok(())
    })?;
    Ok(cells)
}

fn whole(bytes: &[u8]) -> Result<u64, Failure> {
    let workbook = kemkoll::input::workbook::read(bytes)?;
    Ok(workbook.sheets.iter().flat_map(|sheet| sheet.rows.iter()).map(|row| row.len() as u64).sum())
}

const WAYS: [Way; 4] =
    [("inflating alone", inflate), ("calamine's streaming reader", library), ("our reader", own), ("our reader, whole workbooks", whole)];

fn measure(name: &str, files: &[Vec<u8>], rounds: usize) -> Result<(), Failure> {
    let mut taken = WAYS.map(|_| Vec::new());
    let mut seen = [0; WAYS.len()];
    // The first round warms up and does not count.
    for round in 0..=rounds {
        for ((times, seen), (_, way)) in taken.iter_mut().zip(&mut seen).zip(WAYS) {
            let start = Instant::now();
            *seen = files.iter().map(|bytes| way(bytes)).sum::<Result<u64, Failure>>()?;
            if round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    println!("{name}, one thread, {rounds} rounds");
    let [_, library, _, _] = &taken;
    for (((way, _), times), seen) in WAYS.iter().zip(&taken).zip(seen) {
        let mut ratios: Vec<f64> = times.iter().zip(library).map(|(one, other)| one.as_secs_f64() / other.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let mut times = times.clone();
        times.sort();
        let ratio = |at: usize| ratios.get(at).copied().unwrap_or(f64::NAN);
        println!(
            "  {way}: median {:.1} ms for {seen}; / calamine {:.3} ({:.3} to {:.3})",
            times.get(rounds / 2).copied().unwrap_or(Duration::ZERO).as_secs_f64() * 1000.0,
            ratio(rounds / 2),
            ratio(0),
            ratio(rounds.saturating_sub(1))
        );
    }
    Ok(())
}

fn size(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The greatest resident memory so far in KiB, as far as the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn main() -> Result<(), Failure> {
    let rounds = size("KEMKOLL_BENCH_ROUNDS", 7).max(1);
    if let Some(path) = std::env::var_os("KEMKOLL_BENCH_FILE") {
        let bytes = std::fs::read(&path)?;
        println!("after opening: {} KiB", peak());
        for (name, way) in [WAYS[0], WAYS[2], WAYS[3], WAYS[1]] {
            let seen = way(&bytes)?;
            println!("after {name} of {seen}: peak {} KiB", peak());
        }
        return measure(&path.to_string_lossy(), &[bytes], rounds);
    }
    let many = u32::try_from(size("KEMKOLL_BENCH_FILES", 300))?;
    let rows = u32::try_from(size("KEMKOLL_BENCH_ROWS", 100_000))?;
    let files = (0..many).map(|number| file(number, 200)).collect::<Result<Vec<_>, Failure>>()?;
    measure(&format!("{many} files of 200 lines"), &files, rounds)?;
    measure(&format!("one sheet of {rows} lines"), &[file(0, rows)?], rounds)
}
