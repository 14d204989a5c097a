//! `rules import`: the authority's own list into a rule set. The new list is built, loaded and compared before anything
//! is written, so that nothing is ever half written.

use super::export::write_all;
use super::library::{self, Library};
use super::unwritten;
use crate::cli::RulesImport;
use crate::request::{self, Refusal};
use kemkoll::input::candidate_export::{self, Export};
use kemkoll::input::candidate_set::{CandidateSet, at_hand};
use kemkoll::output::page::Page;
use kemkoll::output::rule_diff;
use kemkoll::output::words::Lang;
use kemkoll::rule::candidate_list::{Merged, merged};
use kemkoll::rule::diff::{Side, difference};
use serde::Serialize;
use std::path::Path;

#[derive(Debug, Serialize)]
struct Document<'a> {
    layout: &'static str,
    exported: Option<String>,
    rows: usize,
    entries_before: usize,
    entries: usize,
    doubts: Vec<Doubt<'a>>,
    written: Option<String>,
    difference: serde_json::Value,
}

#[derive(Debug, Serialize)]
struct Doubt<'a> {
    sv: &'a str,
    en: &'a str,
}

/// Reads the export, tells what it changes, and writes the rule set where one is asked for.
pub fn import(arguments: &RulesImport, lang: Lang) -> Result<String, Refusal> {
    let export = candidate_export::read(&arguments.file).map_err(|faults| request::refused(&faults, lang))?;
    let set = at_hand(arguments.out.as_deref(), &arguments.beside.rules_dir).map_err(|faults| request::refused(&faults, lang))?;
    let merged = merged(&set.lines, &export.rows, export.members_listed);
    let files = set.files(&merged, export.exported);
    let failed = |error: std::io::Error| {
        let sentence =
            lang.of("resultatet kunde inte skrivas: {}; inget skrevs", "the result could not be written: {}; nothing was written");
        Refusal::one(sentence.replace("{}", &error.to_string()))
    };
    // Loaded from aside first: a list that the program would refuse is never written.
    let dirs = &arguments.beside.rules_dir;
    let aside = tempfile::tempdir().map_err(failed)?;
    let (old, new) = (aside.path().join("old"), aside.path().join("new"));
    write_all(&old, &set.as_it_is).map_err(failed)?;
    write_all(&new, &files).map_err(failed)?;
    let load = |folder: &Path| library::open(dirs, None, &[folder.join("rules.toml").display().to_string()], lang);
    let (before, after): (Library, Library) = (load(&old)?, load(&new)?);
    let found = difference(
        Side { book: &before.book, register: &before.register, on: None },
        Side { book: &after.book, register: &after.register, on: None },
    );
    let out = arguments.out.as_deref().filter(|_| !arguments.dry_run);
    if let Some(out) = out {
        write_all(out, &files).map_err(failed)?;
    }
    if arguments.format == "json" {
        let text = rule_diff::json(&found, &set.file, &arguments.file.display().to_string()).map_err(unwritten)?;
        let document = Document {
            layout: export.layout,
            exported: export.exported.map(|day| day.to_string()),
            rows: export.rows.len(),
            entries_before: set.entries(),
            entries: merged.entries,
            doubts: merged.doubts.iter().map(|doubt| Doubt { sv: &doubt.sv, en: &doubt.en }).collect(),
            written: out.map(|out| out.display().to_string()),
            difference: serde_json::from_str(&text).map_err(unwritten)?,
        };
        return serde_json::to_string_pretty(&document).map(|text| text + "\n").map_err(unwritten);
    }
    let mut text = head(&export, &set, &merged, lang);
    text.push_str(&rule_diff::text(&found, lang, request::width()));
    text.push_str(&tail(&merged, out, lang));
    Ok(text)
}

fn head(export: &Export, set: &CandidateSet, merged: &Merged, lang: Lang) -> String {
    let mut page = Page::new(request::width());
    page.heading(lang.of("Kandidatförteckningen ur ECHA:s export", "The Candidate List from ECHA's export"));
    page.pair(
        lang.of("slags fil", "kind of file"),
        match (export.layout, lang) {
            ("old portal, csv", Lang::Sv) => "gamla portalen, csv",
            ("old portal, xlsx", Lang::Sv) => "gamla portalen, xlsx",
            ("new portal, xlsx", Lang::Sv) => "nya portalen, xlsx",
            (layout, _) => layout,
        },
    );
    page.pair(lang.of("exporterad", "exported"), &export.exported.map(|day| day.to_string()).unwrap_or_default());
    page.pair(lang.of("rader", "rows"), &export.rows.len().to_string());
    page.pair(lang.of("jämförd med", "compared with"), &set.file);
    page.pair(lang.of("poster", "entries"), &format!("{} -> {}", set.entries(), merged.entries));
    page.gap();
    page.finish()
}

fn tail(merged: &Merged, out: Option<&Path>, lang: Lang) -> String {
    let mut page = Page::new(request::width());
    if !merged.doubts.is_empty() {
        page.heading(lang.of("Att titta på", "To look at"));
        for doubt in &merged.doubts {
            page.say(2, lang.text(doubt));
        }
    }
    page.gap();
    match out {
        Some(out) => {
            let sentence = lang.of(
                "skrevs till `{}`; kontrollera med `kemkoll rules lint {}` och använd med `--rules {}`",
                "written to `{}`; check with `kemkoll rules lint {}` and use with `--rules {}`",
            );
            page.say(0, &sentence.replace("{}", &out.display().to_string()));
        }
        None => page.say(0, lang.of("inget skrevs; skriv med --out MAPP", "nothing was written; write with --out DIR")),
    }
    format!("\n{}", page.finish())
}
