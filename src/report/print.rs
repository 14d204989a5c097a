//! Writes a paper where and how it was asked for: to stdout, or to files that appear whole or not at all.

use crate::cli::report::Printing;
use crate::request::{self, Refusal};
use crate::sharing::replace;
use crate::{Exit, check, complain};
use kemkoll::output::paper::{Paper, csv, html, json, text, xlsx};
use kemkoll::output::text::{WIDTH, plain};
use kemkoll::output::words::Lang;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// How a paper may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
    Csv,
    Html,
    Xlsx,
}

impl Format {
    /// The format that `--format` names, or that the ending of a file's name does.
    fn parse(word: &str) -> Option<Format> {
        match word.to_ascii_lowercase().as_str() {
            "text" | "txt" => Some(Format::Text),
            "json" => Some(Format::Json),
            "csv" => Some(Format::Csv),
            "html" | "htm" => Some(Format::Html),
            "xlsx" => Some(Format::Xlsx),
            _ => None,
        }
    }
}

/// Writes a paper to stdout or to the file that was named.
pub fn write(paper: &Paper, printing: &Printing, lang: Lang) -> Result<Exit, Refusal> {
    let format = chosen(printing, lang)?;
    let Some(out) = printing.out.as_deref() else {
        let shown = match format {
            Format::Text => {
                let colour = io::stdout().is_terminal() && check::colour();
                text::text(paper, lang, request::width(), colour).into_bytes()
            }
            other => bytes(paper, other, lang).map_err(|error| Refusal::one(error.to_string()))?,
        };
        return Ok(crate::print(&shown));
    };
    if out.is_dir() {
        let sentence = lang.of("`{}` är en mapp; ange en fil", "`{}` is a folder; give a file");
        return Err(Refusal::one(sentence.replace("{}", &shown(out))));
    }
    if format == Format::Csv && paper.sections.len() > 1 {
        for section in &paper.sections {
            let path = beside(out, section.id);
            csv::section(section).and_then(|table| replace(&path, &table)).map_err(|error| unwritten(&path, &error, lang))?;
            complain(&lang.of("skrev `{}`", "wrote `{}`").replace("{}", &shown(&path)));
        }
        return Ok(Exit::Holds);
    }
    let written = bytes(paper, format, lang).and_then(|bytes| replace(out, &bytes));
    written.map_err(|error| unwritten(out, &error, lang))?;
    Ok(Exit::Holds)
}

/// What was asked for, else what the file's name ends in, else text for a terminal.
fn chosen(printing: &Printing, lang: Lang) -> Result<Format, Refusal> {
    let named = printing.format.as_deref().and_then(Format::parse);
    let Some(out) = printing.out.as_deref() else {
        return match named {
            Some(Format::Xlsx) => Err(Refusal::one(lang.of(
                "en arbetsbok kan inte skrivas till stdout; ange en fil med `--out`",
                "a workbook cannot be written to stdout; name a file with `--out`",
            ))),
            named => Ok(named.unwrap_or(Format::Text)),
        };
    };
    let ending = || out.extension().and_then(|ending| ending.to_str()).and_then(Format::parse);
    named.or_else(ending).ok_or_else(|| {
        let sentence = lang.of(
            "ändelsen på `{}` säger inte hur det ska skrivas; ange `--format`, eller ett namn på .txt, .json, .csv, .html eller .xlsx",
            "the ending of `{}` does not tell how to write it; give `--format`, or a name that ends in .txt, .json, .csv, .html or .xlsx",
        );
        Refusal::one(sentence.replace("{}", &shown(out)))
    })
}

/// As it stands in a file.
fn bytes(paper: &Paper, format: Format, lang: Lang) -> io::Result<Vec<u8>> {
    match format {
        Format::Text => Ok(text::text(paper, lang, WIDTH, false).into_bytes()),
        Format::Json => json::document(paper),
        Format::Csv => match paper.sections.as_slice() {
            [only] => csv::section(only),
            _ => csv::all(paper),
        },
        Format::Html => Ok(html::page(paper, lang).into_bytes()),
        Format::Xlsx => xlsx::workbook(paper, lang),
    }
}

/// `report.csv` with the section before the ending: `report-areas.csv`.
fn beside(out: &Path, section: &str) -> PathBuf {
    let mut name = out.file_stem().unwrap_or_default().to_os_string();
    name.push(format!("-{section}"));
    if let Some(ending) = out.extension() {
        name.push(".");
        name.push(ending);
    }
    out.with_file_name(name)
}

fn shown(path: &Path) -> String {
    plain(&path.display().to_string())
}

fn unwritten(path: &Path, error: &io::Error, lang: Lang) -> Refusal {
    let sentence = lang.of("`{}` kunde inte skrivas: {why}", "`{}` could not be written: {why}");
    Refusal::one(sentence.replace("{}", &shown(path)).replace("{why}", &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Language;

    fn asked(format: Option<&str>, out: Option<&str>) -> Printing {
        Printing { format: format.map(String::from), out: out.map(PathBuf::from), language: Language { lang: None } }
    }

    #[test]
    fn the_format_is_what_was_asked_for_else_what_the_ending_says() {
        for (format, out, expected) in [
            (None, None, Format::Text),
            (Some("json"), None, Format::Json),
            (None, Some("a.HTML"), Format::Html),
            (None, Some("a.b/report.xlsx"), Format::Xlsx),
            (Some("csv"), Some("a.xlsx"), Format::Csv),
            (Some("text"), Some("report"), Format::Text),
        ] {
            assert_eq!(chosen(&asked(format, out), Lang::En).expect("a format"), expected);
        }
        assert!(chosen(&asked(Some("xlsx"), None), Lang::En).is_err());
        assert!(chosen(&asked(None, Some("report")), Lang::En).is_err());
        assert!(chosen(&asked(None, Some("report.pdf")), Lang::En).is_err());
    }

    #[test]
    fn tables_stand_beside_one_another() {
        assert_eq!(beside(Path::new("a/report.2026.csv"), "areas"), Path::new("a/report.2026-areas.csv"));
        assert_eq!(beside(Path::new("report"), "areas"), Path::new("report-areas"));
    }
}
