//! The Candidate List's rule set as files: the one at hand, and the same with another list.

use super::rulebook::Fault;
use super::rulebook::fault::Faults;
use super::rulebook::sources::{Location, document};
use crate::declaration::Date;
use crate::rule::candidate_list::{Line, Merged};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SET: &str = "reach-candidate-list";
const LIST: &str = "candidate-list.csv";
const FILES: [&str; 3] = ["rules.toml", LIST, "cases.toml"];

/// The rule set at hand.
#[derive(Debug, Clone)]
pub struct CandidateSet {
    /// Its rule file, as people are told of it.
    pub file: String,
    /// Its files as they are.
    pub as_it_is: Vec<(String, String)>,
    /// The rows of its list.
    pub lines: Vec<Line>,
}

/// The set that the new list is compared with: the one in `out`, else in one of the folders, else the built-in one.
///
/// # Errors
/// Files of it that cannot be read.
pub fn at_hand(out: Option<&Path>, dirs: &[PathBuf]) -> Result<CandidateSet, Vec<Fault>> {
    let faults = Faults::default();
    let own = out.map(Path::to_path_buf).into_iter().chain(dirs.iter().map(|dir| dir.join(SET)));
    let folder = own.into_iter().find(|folder| folder.join("rules.toml").is_file() && folder.join(LIST).is_file());
    let at = |name: &str| match &folder {
        Some(folder) => Location::Disk(folder.join(name)),
        None => Location::BuiltIn(format!("{SET}/{name}")),
    };
    let mut as_it_is = Vec::new();
    for name in FILES {
        let missing_is_fine = name == "cases.toml" && matches!(at(name), Location::Disk(path) if !path.is_file());
        if missing_is_fine {
            continue;
        }
        if let Some(document) = document(&at(name), None, &faults) {
            as_it_is.push((name.to_string(), document.text.to_string()));
        }
    }
    let mut lines = Vec::new();
    let list = as_it_is.iter().find(|(name, _)| name == LIST).map(|(_, text)| text.as_str()).unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(list.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    for row in reader.records() {
        match row {
            Ok(row) => {
                let field = |name: &str| {
                    let column = headers.iter().position(|own| own.trim() == name);
                    column.and_then(|at| row.get(at)).unwrap_or_default().trim().to_string()
                };
                lines.push(Line {
                    entry: field("entry"),
                    cas: field("cas"),
                    ec: field("ec"),
                    name: field("name"),
                    group: field("group"),
                    from: field("from"),
                    until: field("until"),
                    note: field("note"),
                });
            }
            Err(error) => {
                let shown = at(LIST).shown();
                faults.of_file(&shown, format!("tabellen kan inte läsas: {error}"), format!("the table cannot be read: {error}"));
            }
        }
    }
    if faults.count() > 0 {
        return Err(faults.sorted());
    }
    Ok(CandidateSet { file: at("rules.toml").shown(), as_it_is, lines })
}

impl CandidateSet {
    /// How many entries it has.
    pub fn entries(&self) -> usize {
        self.lines.iter().map(|line| line.entry.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// The files of the set with another list: the list itself, and in rules.toml its version, its count and what the
    /// sources say of the list. Everything else stays as it is.
    pub fn files(&self, merged: &Merged, exported: Option<Date>) -> Vec<(String, String)> {
        // The same list is the same set, whoever exported it when.
        if merged.lines == self.lines {
            return self.as_it_is.clone();
        }
        self.as_it_is
            .iter()
            .map(|(name, text)| {
                let text = match name.as_str() {
                    LIST => list(&merged.lines),
                    "rules.toml" => rules(text, merged, exported),
                    _ => text.clone(),
                };
                (name.clone(), text)
            })
            .collect()
    }
}

fn list(lines: &[Line]) -> String {
    let mut text = String::from("entry,cas,ec,name,group,from,until,note\n");
    for line in lines {
        let fields = [&line.entry, &line.cas, &line.ec, &line.name, &line.group, &line.from, &line.until, &line.note];
        let quoted: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        text.push_str(&quoted.join(","));
        text.push('\n');
    }
    text
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_string() }
}

fn rules(text: &str, merged: &Merged, exported: Option<Date>) -> String {
    let version = merged.latest.map(|day| day.to_string()).unwrap_or_default();
    let mut inside_head = false;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside_head = line.trim() == "[ruleset]";
        }
        let key = line.split('=').next().unwrap_or_default().trim();
        lines.push(match key {
            "version" if inside_head && !version.is_empty() => format!("version = \"{version}\""),
            "official_count" if inside_head => format!("official_count = {}", merged.entries),
            _ => line.to_string(),
        });
    }
    let text = lines.join("\n") + "\n";
    let of_export = exported.map(|day| format!(", export of {day}")).unwrap_or_default();
    // The sources and remarks that name the list's version, as this project writes them.
    let mut patterns = vec![
        (
            r"version of \d{4}-\d{2}-\d{2} \(\d+ entries\)(, export of \d{4}-\d{2}-\d{2})?",
            format!("version of {version} ({} entries){of_export}", merged.entries),
        ),
        (r"All \d+ entries of the published list", format!("All {} entries of the published list", merged.entries)),
    ];
    if let Some(day) = exported {
        patterns.push((r"The list is as it stood on \d{4}-\d{2}-\d{2}", format!("The list is as it stood on {day}")));
    }
    patterns.into_iter().fold(text, |text, (pattern, new)| match regex::Regex::new(pattern) {
        Ok(found) => found.replace_all(&text, regex::NoExpand(&new)).into_owned(),
        Err(_) => text,
    })
}
