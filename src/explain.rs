//! `kemkoll explain`: one finding of an earlier run, with everything behind it.

use crate::cli::Explain;
use crate::request::{self, Refusal};
use crate::{Exit, print};
use kemkoll::batch::listing::shown;
use kemkoll::output::rows::{self, FindingRow};
use kemkoll::output::words::Lang;
use std::fs::File;
use std::io::BufReader;

/// Most findings that are listed when the id is not enough.
const LISTED: usize = 10;

/// Finds the finding and prints its reasoning.
pub fn run(arguments: &Explain) -> Exit {
    let lang = request::language(&arguments.language);
    find(arguments, lang).map_or_else(|refusal| refusal.tell(lang), |row| print(explained(&row, lang).as_bytes()))
}

fn find(arguments: &Explain, lang: Lang) -> Result<FindingRow, Refusal> {
    let path = arguments.out.join("findings.jsonl");
    let place = shown(path.as_os_str());
    let file = File::open(&path).map_err(|error| {
        let sentence = lang.of(
            "`{}` kunde inte läsas ({why}); ange med `--out` mappen som `kemkoll check --out` skrev",
            "`{}` could not be read ({why}); give with `--out` the folder that `kemkoll check --out` wrote",
        );
        Refusal::one(sentence.replace("{}", &place).replace("{why}", &error.to_string()))
    })?;
    let wanted = arguments.finding.trim().to_lowercase();
    let mut found: Vec<FindingRow> = Vec::new();
    for row in rows::read_rows::<FindingRow>(BufReader::new(file)) {
        let row = row.map_err(|error| Refusal::one(format!("{place}: {error}")))?;
        if !wanted.is_empty() && row.id.starts_with(&wanted) {
            found.push(row);
            if found.len() > LISTED {
                break;
            }
        }
    }
    // A short id may be the beginning of a longer one; the same finding may stand in two files.
    if found.iter().any(|row| row.id == wanted) {
        found.retain(|row| row.id == wanted);
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row),
        (Some(first), Some(second)) if first.id != second.id => {
            let list: Vec<String> =
                [first, second].into_iter().chain(found).take(LISTED).map(|row| format!("{} {} {}", row.id, row.file, row.rule)).collect();
            Err(Refusal::one(format!(
                "{}\n  {}",
                lang.of("flera iakttagelser börjar så; välj en", "several findings begin like that; choose one"),
                list.join("\n  ")
            )))
        }
        (Some(row), Some(_)) => Ok(row),
        (None, _) => {
            let sentence = lang.of("ingen iakttagelse `{}` finns i `{place}`", "there is no finding `{}` in `{place}`");
            Err(Refusal::one(sentence.replace("{place}", &place).replace("{}", &arguments.finding)))
        }
    }
}

fn explained(row: &FindingRow, lang: Lang) -> String {
    format!("{} {}\n", row.id, lang.row(&row.message))
}
