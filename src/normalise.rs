//! `kemkoll normalise`: what declarations state, identified, as one flat table.

use crate::cli::Normalise;
use crate::publish::{Published, Stage};
use crate::request::{self, Refusal};
use crate::{Exit, complain, interrupt};
use kemkoll::batch::listing::shown;
use kemkoll::batch::{self, Reader, Spilled, Stopped};
use kemkoll::output::flat::{self, FlatCsv, FlatRow};
use kemkoll::output::rows::read_rows;
use kemkoll::output::table::{self, TableFormat};
use kemkoll::output::text::plain;
use kemkoll::output::words::Lang;
use std::io::{self, Write};
use std::path::Path;

/// The lines that the table is made from; beside the results, and never one of them.
pub const LINES: &str = "lines";

#[derive(Debug, Clone, Copy)]
enum Ending {
    Parquet,
    Csv,
    Jsonl,
}

/// Reads, identifies and writes.
pub fn run(arguments: &Normalise) -> Exit {
    let lang = request::language(&arguments.language);
    normalise(arguments, lang).unwrap_or_else(|refusal| refusal.tell(lang))
}

fn normalise(arguments: &Normalise, lang: Lang) -> Result<Exit, Refusal> {
    let ending = ending(&arguments.out, lang)?;
    let (folder, name) = place(&arguments.out, lang)?;
    let listing = request::files(&arguments.paths, None, lang)?;
    let ready = request::reading(&arguments.reading, lang)?;
    interrupt::listen(request::stopping(lang));
    let cannot_write = |error: &io::Error| {
        let sentence = lang.of("`{}` kunde inte skrivas: {why}", "`{}` could not be written: {why}");
        Refusal::one(sentence.replace("{}", &shown(arguments.out.as_os_str())).replace("{why}", &error.to_string()))
    };
    let mut stage = Stage::files(folder).map_err(|error| cannot_write(&error))?;
    let apart = request::apart(&arguments.reading, &ready, lang)?;
    let cache = request::cache(&arguments.reading, &ready, lang);
    let reader = Reader {
        register: &ready.register,
        confirmations: &ready.confirmations,
        mapping: ready.mapping.as_ref(),
        jobs: request::jobs(arguments.reading.jobs),
        cache: cache.as_ref(),
        apart: Some(&apart),
        stop: &interrupt::STOP,
    };
    let lines = |composition: &_| {
        let mut lines = Vec::new();
        flat::write_jsonl(&flat::flat_rows(composition, &ready.register), &mut lines)?;
        Ok(lines)
    };
    let result = batch::identify_each(&reader, &listing.entries, stage.folder(), &lines)
        .and_then(|spilled| Ok(write(&mut stage, &name, ending, &spilled).map(|()| spilled)?));
    let spilled = match result {
        Ok(spilled) => spilled,
        Err(stopped) => {
            stage.abandon();
            return Err(match stopped {
                Stopped::Disk(error) if !interrupt::stopped() => cannot_write(&error),
                _ => Refusal::Interrupted,
            });
        }
    };
    match stage.publish() {
        Ok(Published::Done { .. }) => {}
        Ok(Published::Stopped) => {
            stage.abandon();
            return Err(Refusal::Interrupted);
        }
        Err(error) => return Err(cannot_write(&error)),
    }
    for (file, why) in &spilled.unreadable {
        complain(&format!("{}: {}", plain(file), plain(lang.text(why))));
    }
    for (file, why) in &listing.unreadable {
        complain(&format!("{}: {why}", plain(file)));
    }
    Ok(if spilled.unreadable.is_empty() && listing.unreadable.is_empty() { Exit::Holds } else { Exit::Incomplete })
}

fn write(stage: &mut Stage, name: &str, ending: Ending, spilled: &Spilled) -> io::Result<()> {
    if matches!(ending, Ending::Jsonl) {
        let mut file = stage.create(name)?;
        spilled.copy(&mut file)?;
        return file.flush();
    }
    let mut lines = stage.create_temporary(LINES)?;
    spilled.copy(&mut lines)?;
    lines.flush()?;
    let rows = read_rows::<FlatRow>(stage.read_temporary(LINES)?);
    match ending {
        Ending::Parquet => table::write_flat(&stage.place(name), TableFormat::Parquet, rows),
        Ending::Csv | Ending::Jsonl => {
            let mut csv = FlatCsv::new(stage.create(name)?)?;
            for row in rows {
                csv.write(&[row.map_err(io::Error::other)?])?;
            }
            csv.finish()?.flush()
        }
    }
}

fn ending(out: &Path, lang: Lang) -> Result<Ending, Refusal> {
    let ending = out.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
    match ending.as_deref() {
        Some("parquet") if cfg!(feature = "tables") => Ok(Ending::Parquet),
        Some("parquet") => Err(Refusal::one(lang.of(
            "det här programmet byggdes utan `tables`; bygg det med standardvalen, eller skriv .csv eller .jsonl",
            "this program was built without `tables`; build it with the default features, or write .csv or .jsonl",
        ))),
        Some("csv") => Ok(Ending::Csv),
        Some("jsonl") => Ok(Ending::Jsonl),
        _ => Err(Refusal::one(
            lang.of("`{}` ska sluta på .parquet, .csv eller .jsonl", "`{}` must end in .parquet, .csv or .jsonl")
                .replace("{}", &shown(out.as_os_str())),
        )),
    }
}

/// The folder of the table, and its name in it.
fn place(out: &Path, lang: Lang) -> Result<(&Path, String), Refusal> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match out.file_name().and_then(|name| name.to_str()) {
        Some(name) => Ok((folder, name.to_string())),
        None => Err(Refusal::one(lang.of("`--out` behöver ett filnamn i UTF-8", "`--out` needs a file name in UTF-8"))),
    }
}
