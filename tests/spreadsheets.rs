//! Our reader of xlsx held against calamine's streaming reader, cell by cell: position, kind, text, number and how the
//! number format shows it, with hidden sheets and merged ranges. Over the samples, the real files where they are at
//! hand, and workbooks from three writers. Where calamine is wrong, the case is named and what stands in the file decides.

mod raw;

use crate::generate::Dice;
use calamine::{DataRef, Reader, SheetType, SheetVisible, Style, Xlsx};
use kemkoll::input::calendar::{DateSystem, iso_date};
use kemkoll::input::number_format::NumberFormat;
use kemkoll::input::workbook::{self, Merge, Shown, Value, Visibility, a1};
use raw::{Page, Told};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What our reader reads.
fn ours(bytes: &[u8]) -> Result<Vec<Page>, String> {
    let book = workbook::read(bytes).map_err(|error| error.to_string())?;
    let page = |sheet: &workbook::Sheet| Page {
        name: sheet.name.to_string(),
        visibility: sheet.visibility,
        cells: sheet
            .rows
            .iter()
            .flat_map(|row| row.cells().map(move |cell| (row.number, cell.column, cell.value.clone(), cell.shown.clone())))
            .collect(),
        merges: sheet.merges.clone(),
    };
    Ok(book.sheets.iter().map(page).collect())
}

/// The number format of a style, as calamine tells it.
fn format_of(styles: &[Style], style: usize) -> NumberFormat {
    let Some(found) = styles.get(style) else {
        return if style == 0 && styles.is_empty() { NumberFormat::general() } else { NumberFormat::unknown() };
    };
    match &found.number_format {
        None => NumberFormat::general(),
        // What calamine does not know is called general.
        Some(format) if format.format_code == "General" => format
            .format_id
            .and_then(|id| u16::try_from(id).ok())
            .filter(|id| *id < 164)
            .map_or_else(NumberFormat::general, NumberFormat::built_in),
        Some(format) => NumberFormat::parse(&format.format_code),
    }
}

/// What calamine reads, shown by the formats that it tells.
fn theirs(bytes: &[u8]) -> Result<Vec<Page>, String> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let system = if book.has_1904_epoch() { DateSystem::From1904 } else { DateSystem::From1900 };
    let mut pages = Vec::new();
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let mut cells: BTreeMap<(u32, u32), (Value, Shown)> = BTreeMap::new();
        let mut blank = BTreeSet::new();
        {
            let mut reader = book.worksheet_cells_reader(&sheet.name).map_err(|error| error.to_string())?;
            let formats: Vec<NumberFormat> = (0..reader.styles().len()).map(|style| format_of(reader.styles(), style)).collect();
            let of =
                |style: usize| formats.get(style).cloned().unwrap_or_else(|| format_of(&[], if formats.is_empty() { style } else { 1 }));
            while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|error| error.to_string())? {
                let text = |text: &str| {
                    let worded = of(style).text(text).unwrap_or_else(|| text.to_string());
                    (!text.chars().all(char::is_whitespace)).then(|| (Value::Text(worded.into()), Shown::Plain))
                };
                let plain = |value: Value| Some((value, Shown::Plain));
                let read = match cell.get_value() {
                    DataRef::Empty => {
                        blank.insert(cell.get_position());
                        None
                    }
                    DataRef::Int(number) => Some(of(style).number(*number as f64, system)),
                    DataRef::Float(number) => Some(of(style).number(*number, system)),
                    DataRef::DateTime(day) => Some(of(style).number(day.as_f64(), system)),
                    DataRef::String(said) => text(said),
                    DataRef::SharedString(said) => text(said),
                    DataRef::Bool(answer) => plain(Value::Bool(*answer)),
                    DataRef::DateTimeIso(day) => plain(iso_date(day)),
                    DataRef::DurationIso(said) => text(said),
                    DataRef::Error(error) => plain(Value::Error(error.to_string().into())),
                };
                if let Some(read) = read {
                    cells.insert(cell.get_position(), read);
                }
            }
        }
        let mut reader = book.worksheet_cells_reader(&sheet.name).map_err(|error| error.to_string())?;
        while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(|error| error.to_string())? {
            if cell.formula.is_some() && blank.contains(&cell.pos) && cell.value == DataRef::Empty {
                cells.insert(cell.pos, (Value::MissingResult, Shown::Plain));
            }
        }
        drop(reader);
        let merges = book.merge_cells_by_sheet_name(&sheet.name).map_err(|error| error.to_string())?;
        pages.push(Page {
            name: sheet.name,
            visibility: match sheet.visible {
                SheetVisible::Visible => Visibility::Visible,
                SheetVisible::Hidden => Visibility::Hidden,
                SheetVisible::VeryHidden => Visibility::VeryHidden,
            },
            cells: cells.into_iter().map(|((row, column), (value, shown))| (row, column, value, shown)).collect(),
            merges: merges
                .iter()
                .map(|merge| Merge {
                    first_row: merge.start.0,
                    first_column: merge.start.1,
                    last_row: merge.end.0,
                    last_column: merge.end.1,
                })
                // A range of one cell merges nothing.
                .filter(|merge| (merge.first_row, merge.first_column) != (merge.last_row, merge.last_column))
                .collect(),
        });
    }
    Ok(pages)
}

/// Panics at the first difference, with its place.
fn hold(what: &str, one: &[Page], other: &[Page]) {
    let heads = |pages: &[Page]| pages.iter().map(|page| (page.name.clone(), page.visibility, page.merges.clone())).collect::<Vec<_>>();
    assert_eq!(heads(one), heads(other), "{what}");
    for (one, other) in one.iter().zip(other) {
        let at = one.cells.iter().zip(&other.cells).position(|(a, b)| a != b);
        let at = at.or((one.cells.len() != other.cells.len()).then(|| one.cells.len().min(other.cells.len())));
        if let Some(at) = at {
            let show = |cell: Option<&Told>| {
                cell.map_or("nothing".into(), |(row, column, value, shown)| format!("{} {value:?} {shown:?}", a1(*row, *column)))
            };
            panic!("{what}, sheet `{}`:\n  {}\n  {}", one.name, show(one.cells.get(at)), show(other.cells.get(at)));
        }
    }
}

/// Compares the readers on one file of which nothing is known; tells how many cells there were.
fn agree(what: &str, bytes: &[u8]) -> usize {
    let ours = ours(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    let theirs = theirs(bytes).unwrap_or_else(|error| panic!("{what}: calamine: {error}"));
    hold(what, &ours, &theirs);
    ours.iter().map(|page| page.cells.len()).sum()
}

fn workbooks_under(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            workbooks_under(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "xlsx" || ending == "xlsm") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn samples_are_read_as_calamine_reads_them() {
    let mut found = Vec::new();
    workbooks_under(&Path::new(env!("CARGO_MANIFEST_DIR")).join("samples"), &mut found);
    assert!(!found.is_empty());
    for path in found {
        assert!(agree(&path.display().to_string(), &std::fs::read(&path).unwrap()) > 0, "{}", path.display());
    }
}

#[test]
fn real_samples_are_read_as_calamine_reads_them() {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/real");
    let folder = std::env::var_os("KEMKOLL_REAL_SAMPLES").map_or_else(beside, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("REAL SAMPLES ABSENT: the real workbooks were NOT compared; set KEMKOLL_REAL_SAMPLES to their folder");
        return;
    }
    let mut found = Vec::new();
    workbooks_under(&folder, &mut found);
    assert!(found.len() >= 8, "{found:?}");
    for path in found {
        agree(&path.display().to_string(), &std::fs::read(&path).unwrap());
    }
}

const CODES: &[&str] =
    &["General", "0%", "0.00%", "0.0\"%\"", "0\" mg/kg\"", "yyyy-mm-dd", "[<0.1]\"<0.1\";0.0", "@\" ppm\"", "h:mm", "#,##0.00", "0.0E+00"];

/// A workbook as rust_xlsxwriter writes it.
fn written_by_library(dice: &mut Dice) -> Vec<u8> {
    let mut book = Workbook::new();
    for index in 0..1 + dice.below(3) {
        let sheet = if dice.one_in(3) { book.add_worksheet_with_constant_memory().unwrap() } else { book.add_worksheet() };
        sheet.set_name(format!("Blad {index} <&>")).unwrap();
        match dice.below(5) {
            0 if index > 0 => sheet.set_hidden(true),
            1 if index > 0 => sheet.set_very_hidden(true),
            _ => &mut *sheet,
        };
        let mut row = 0;
        for _ in 0..dice.below(12) {
            row += 1 + u32::try_from(dice.below(3)).unwrap();
            let mut column = 0;
            for _ in 0..dice.below(9) {
                column += 1 + u16::try_from(if dice.one_in(6) { dice.below(200) } else { 0 }).unwrap();
                let format = Format::new().set_num_format(dice.pick(CODES));
                let number = dice.below(100_000) as f64 / [1.0, 3.0, 10.0, 1000.0, 1e7][dice.below(5)];
                let words = ["Bly", " a & b <c> ", "Ämne\nrad", "_x0041_", "0,1", "東京 📷", "  ", "x\ty\u{1}"];
                match dice.below(11) {
                    0..3 => sheet.write_with_format(row, column, number, &format).unwrap(),
                    3 => sheet.write(row, column, -number).unwrap(),
                    4..6 => sheet.write_with_format(row, column, dice.pick(&words), &format).unwrap(),
                    6 => sheet.write(row, column, dice.one_in(2)).unwrap(),
                    7 => {
                        let result = dice.pick(&["2", "#N/A", "text & mer", "", "0.1", "TRUE", "#DIV/0!"]);
                        sheet.write_with_format(row, column, Formula::new("=A1&\"<\"").set_result(result), &format).unwrap()
                    }
                    8 => sheet.write_blank(row, column, &format).unwrap(),
                    9 => {
                        let day = ExcelDateTime::from_serial_datetime(number).unwrap();
                        sheet.write_with_format(row, column, &day, &Format::new().set_num_format("yyyy-mm-dd hh:mm")).unwrap()
                    }
                    _ => {
                        let (bold, plain) = (Format::new().set_bold(), Format::new());
                        sheet.write_rich_string(row, column, &[(&bold, "hög "), (&plain, "halt <"), (&bold, " ")]).unwrap()
                    }
                };
            }
        }
        if dice.one_in(3) {
            sheet.merge_range(row + 1, 0, row + 3, 4, "sammanslagna", &Format::new()).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn generated_workbooks_of_a_library_are_read_as_calamine_reads_them() {
    let mut dice = Dice::new(5);
    let cells: usize = (0..1000).map(|number| agree(&format!("workbook {number}"), &written_by_library(&mut dice))).sum();
    assert!(cells > 20_000, "{cells}");
}

#[test]
fn generated_raw_workbooks_are_read_as_written_and_as_calamine_reads_them() {
    let mut dice = Dice::new(17);
    let (mut cells, mut compared) = (0, 0);
    let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
    for number in 0..1700 {
        let raw = raw::workbook(&mut dice, 0);
        let what = format!("raw workbook {number}");
        let ours = ours(&raw.bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        hold(&format!("{what}, as read and as written"), &ours, &raw.pages);
        cells += ours.iter().map(|page| page.cells.len()).sum::<usize>();
        if let Some(why) = raw.beyond {
            *reasons.entry(why).or_default() += 1;
            continue;
        }
        for why in raw.wrong.values() {
            *reasons.entry(why).or_default() += 1;
        }
        let without = |pages: Vec<Page>| -> Vec<Page> {
            let keep = |index: usize, page: Page| Page {
                cells: page.cells.into_iter().filter(|(row, column, ..)| !raw.wrong.contains_key(&(index, *row, *column))).collect(),
                ..page
            };
            pages.into_iter().enumerate().map(|(index, page)| keep(index, page)).collect()
        };
        let theirs = theirs(&raw.bytes).unwrap_or_else(|error| panic!("{what}: calamine: {error}"));
        hold(&format!("{what}, ours and calamine's"), &without(ours), &without(theirs));
        compared += 1;
    }
    assert!(cells > 20_000 && compared >= 1000, "{cells} cells, {compared} workbooks compared with calamine");
    for why in [
        "calamine does not resolve dots in targets",
        "calamine knows only one name for the shared strings",
        "calamine reads UTF-8 only",
        "calamine ends a number at its first reference",
        "calamine drops CDATA in a number",
        "calamine drops a number behind a comment",
        "calamine takes a number with blanks around it for text",
        "calamine refuses errors that are newer than 2007",
        "calamine refuses extensions in a cell",
        "calamine drops CDATA in the result of a formula",
    ] {
        assert!(reasons.contains_key(why), "never met: {why}; {reasons:?}");
    }
}

#[test]
fn the_window_may_end_anywhere() {
    // The reader sees a quarter of a mebibyte at a time; the padding moves its end over every byte of the cells.
    for shift in 0..600 {
        let raw = raw::workbook(&mut Dice::new(99 + shift % 7), (256 << 10) - usize::try_from(shift).unwrap() * 3);
        let what = format!("shift {shift}");
        hold(&what, &ours(&raw.bytes).unwrap_or_else(|error| panic!("{what}: {error}")), &raw.pages);
    }
}

/// Converts the workbooks in a folder with LibreOffice; nothing when it is not there.
fn converted(folder: &Path, files: &[PathBuf]) -> Option<Vec<PathBuf>> {
    let out = folder.join("out");
    let mut child = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}", folder.join("profile").display()))
        .args(["--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"])
        .arg(&out)
        .args(files)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let start = Instant::now();
    while child.try_wait().ok()?.is_none() {
        if start.elapsed() > Duration::from_secs(180) {
            let _ = child.kill();
            let _ = child.wait();
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut found = Vec::new();
    if out.is_dir() {
        workbooks_under(&out, &mut found);
    }
    Some(found)
}

#[test]
fn workbooks_that_libreoffice_saved_are_read_as_calamine_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(23);
    let files: Vec<PathBuf> = (0..36).map(|number| folder.path().join(format!("{number}.xlsx"))).collect();
    for (number, path) in files.iter().enumerate() {
        let bytes = if number % 2 == 0 { written_by_library(&mut dice) } else { raw::workbook(&mut dice, 0).bytes };
        std::fs::write(path, bytes).unwrap();
    }
    let Some(found) = converted(folder.path(), &files) else {
        eprintln!("LIBREOFFICE ABSENT: its workbooks were NOT compared; install soffice");
        return;
    };
    // It refuses some of the rarer spellings.
    assert!(found.len() >= 24, "LibreOffice converted {} of {}", found.len(), files.len());
    for path in found {
        agree(&path.display().to_string(), &std::fs::read(&path).unwrap());
    }
}
