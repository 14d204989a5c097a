//! `kemkoll rules …` and `kemkoll substance` as a person runs them: what they print, how they exit, what they write.

use rust_xlsxwriter::Workbook;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new("tests/fixtures/rules").join(name)
}

/// Runs the program in the repository; what it printed, what it complained, how it exited.
#[track_caller]
fn kemkoll<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_kemkoll"))
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (text(&output.stdout), text(&output.stderr), output.status.code().expect("an exit code"))
}

#[track_caller]
fn words(command: &str) -> (String, String, i32) {
    kemkoll(command.split_whitespace())
}

#[track_caller]
fn json(command: &str) -> Value {
    let (text, complaint, _) = words(&format!("{command} --format json"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{complaint}"))
}

/// Holds a text against a file beside the fixtures; `KEMKOLL_ACCEPT=1` writes the file.
#[track_caller]
fn is_as_in(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture(name));
    if std::env::var_os("KEMKOLL_ACCEPT").is_some() {
        fs::write(&path, text).expect("written");
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(text == wanted, "{name} is\n{text}\nand not\n{wanted}");
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn lint_says_everything_at_once() {
    let (text, _, exit) = words("rules lint tests/fixtures/rules/doubts tests/fixtures/rules/contracts/late.toml");
    // Where the laws stand in their files is not what is tested.
    let places = regex::Regex::new(r"rules/rohs/rules\.toml:\d+:\d+").expect("a pattern");
    is_as_in("doubts/lint.txt", &places.replace_all(&text, "rules/rohs/rules.toml:L:C"));
    assert_eq!(exit, 2, "a case of no rule and an id of another set are errors");
    let known: BTreeSet<&str> = kemkoll::rule::lint::CODES.iter().map(|(code, _, _)| *code).collect();
    let document = json("rules lint tests/fixtures/rules/doubts tests/fixtures/rules/contracts/late.toml");
    let remarks = document["remarks"].as_array().expect("remarks");
    assert_eq!(remarks.len() + 1, text.lines().count(), "one line each, and the sum");
    let mut found = BTreeSet::new();
    for remark in remarks {
        let code = remark["code"].as_str().expect("a code");
        assert!(known.contains(code), "`{code}` is not in CODES");
        assert!(remark["line"].as_u64().is_some() && remark["column"].as_u64().is_some(), "{remark}");
        assert_ne!(remark["message"]["sv"], remark["message"]["en"]);
        found.insert(code);
    }
    // Files that are refused stand in tests/rulebooks.rs.
    let missing: Vec<&&str> = known.iter().filter(|code| **code != "refused" && !found.contains(**code)).collect();
    assert!(missing.is_empty(), "no fixture shows {missing:?}");
}

#[test]
fn warnings_fail_only_when_strict() {
    let (text, _, exit) = words("rules lint tests/fixtures/rules/own/failing");
    assert_eq!(exit, 0, "{text}");
    assert!(text.contains("warning:") && text.ends_with("1 rule set, 1 rule: 0 errors, 3 warnings\n"), "{text}");
    assert_eq!(words("rules lint --strict tests/fixtures/rules/own/failing").2, 2);
    let (text, _, _) = words("rules lint tests/fixtures/rules/own/failing --lang sv");
    assert!(text.contains("varning:") && text.ends_with("1 regelverk, 1 regel: 0 fel, 3 varningar\n"), "{text}");
    let (_, complaint, exit) = words("rules lint no/such/folder");
    assert!(exit == 2 && complaint.contains("there is no such file, folder or built-in rule set"), "{complaint}");
}

/// The library itself has nothing to be said about, and neither has the folder that it is made from.
#[test]
fn the_library_is_free_of_faults() {
    for command in ["rules lint", "rules lint rules"] {
        let (text, complaint, exit) = words(command);
        assert_eq!(exit, 0, "{command}: {text}{complaint}");
    }
}

#[test]
fn cases_that_fail_are_told() {
    let (text, _, exit) = words("rules test tests/fixtures/rules/own/failing");
    is_as_in("own/failing/test.txt", &text);
    assert_eq!(exit, 1);
    let (text, _, _) = words("rules test tests/fixtures/rules/own/failing/cases.toml --lang sv");
    is_as_in("own/failing/test.sv.txt", &text);
    let document = json("rules test tests/fixtures/rules/own/failing");
    assert_eq!(document[0]["cases"], 2);
    assert_eq!(document[0]["failed"][0]["line"], 9);
    let (_, complaint, exit) = words("rules test tests/fixtures/rulebooks/lists");
    assert!(exit == 2 && complaint.contains("list.csv:3:3:"), "{complaint}");
    assert_eq!(words("rules test rohs --as-of 2026-11-22").2, 0);
}

/// Half a rule book is none: a single fault anywhere, and no file is checked.
#[test]
fn a_wrong_rule_file_refuses_the_whole_check() {
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("out");
    for name in ["fields/rules.toml", "references/rules.toml", "syntax/rules.toml", "dates/rules.toml", "lists", "duplicates/rules.toml"] {
        let rules = Path::new("tests/fixtures/rulebooks").join(name);
        let samples = Path::new("samples/01-examination-gloves/declarations");
        let arguments = [Path::new("check"), samples, Path::new("--rules"), &rules, Path::new("--out"), &out];
        let (text, complaint, exit) = kemkoll(arguments);
        assert_eq!(exit, 2, "{name}: {complaint}");
        assert!(text.is_empty() && !out.exists(), "{name}: something was checked");
        assert!(complaint.lines().all(|line| line.starts_with("kemkoll: ")) && !complaint.is_empty(), "{name}: {complaint}");
    }
}

#[test]
fn rules_are_listed_and_filtered() {
    let ids = |command: &str| -> Vec<String> {
        json(command).as_array().into_iter().flatten().filter_map(|rule| rule["rule"].as_str()).map(str::to_string).collect()
    };
    let own = "rules list --rules-dir tests/fixtures/rulebooks/valid/sets --set my-region";
    assert_eq!(ids(own), ["my-region/bisphenol-a", "my-region/our-list", "my-region/our-list-together", "my-region/packaging-metals"]);
    assert_eq!(ids(&format!("{own} --level packaging")), ["my-region/packaging-metals"]);
    assert_eq!(ids(&format!("{own} --group lead")), ["my-region/packaging-metals"]);
    assert_eq!(ids(&format!("{own} --substance lead --consequence contract")), ["my-region/packaging-metals"]);
    assert!(ids(&format!("{own} --consequence restriction")).is_empty());
    assert!(
        ids("rules list --substance 117-81-7 --category eee/8-medical --set rohs").contains(&"rohs/dehp/medical-and-monitoring".into())
    );
    assert!(!ids("rules list --set rohs --as-of 2010-01-01").contains(&"rohs/dehp/medical-and-monitoring".into()));
    assert!(ids("rules list --contract gloves-2027 --set gloves-2027").contains(&"gloves-2027/pvc-free".into()));
    for (language, name) in [("en", "list.txt"), ("sv", "list.sv.txt")] {
        is_as_in(name, &words(&format!("{own} --lang {language}")).0);
    }
    let (_, complaint, exit) = words("rules list --set nope --group nope --category nope --substance nope-nope-nope");
    assert!(exit == 2 && complaint.lines().count() == 4, "{complaint}");
}

#[test]
fn a_rule_is_shown_whole() {
    for (language, name) in [("en", "show.txt"), ("sv", "show.sv.txt")] {
        let (text, complaint, exit) =
            kemkoll(["rules", "show", "failing/bisphenol-a", "--rules-dir", "tests/fixtures/rules/own", "--lang", language]);
        assert_eq!(exit, 0, "{complaint}");
        is_as_in(name, &text);
    }
    // A rule that adds, as an element, with a scope, exemptions and cases.
    let (text, _, exit) = words("rules show rohs/lead/medical-devices --lang sv");
    assert_eq!(exit, 0);
    for part in ["över 0,1 % som Pb", "eee/8-medical", "från 2014-07-22", "Undantag som kan åberopas", "6(c)", "0.107 % lead monoxide"] {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
    assert!(!text.contains("kompaktlysrör"), "an exemption for mercury alone is not for lead");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "wider than the terminal");
    let set = json("rules show reach-candidate-list");
    assert_eq!(set["official_count"], 253);
    let (text, _, _) = words("rules show gloves-2027 --lang sv");
    assert!(text.contains("Region Exempel") && text.contains("reach-candidate-list/article"), "{text}");
    assert!(words("rules show gloves-2027/pvc-free").0.contains("pvc"));
    let (_, complaint, exit) = words("rules show lead/medical");
    assert!(exit == 2 && complaint.contains("rohs/lead/medical-devices"), "{complaint}");
}

/// Dates of inclusion with the number of entries, as the authority publishes them.
fn inclusions() -> BTreeMap<String, usize> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/candidate-list-dates.csv");
    let text = fs::read_to_string(path).expect("the fixture");
    let rows = text.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.map(|(day, number)| (day.to_string(), number.parse().expect("a number"))).collect()
}

/// Between two dates the diff names exactly the entries added between them.
#[test]
fn the_candidate_list_at_two_dates() {
    let list = json("rules show reach-candidate-list/article");
    let mut by_day: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in list["entries"].as_array().expect("entries") {
        let day = entry["on_list"]["from"].as_str().expect("a day").to_string();
        by_day.entry(day).or_default().insert(entry["entry"].as_str().expect("an id").to_string());
    }
    let counted: BTreeMap<String, usize> = by_day.iter().map(|(day, entries)| (day.clone(), entries.len())).collect();
    assert_eq!(counted, inclusions(), "dates of inclusion");
    let days: Vec<&String> = by_day.keys().collect();
    let pairs = [(0, 1), (5, 9), (days.len() - 4, days.len() - 1), (days.len() - 2, days.len() - 1)];
    for (from, to) in pairs {
        let (from, to) = (days[from], days[to]);
        let found = json(&format!("rules diff reach-candidate-list@{from} reach-candidate-list@{to}"));
        let wanted: BTreeSet<&String> =
            by_day.iter().filter(|(day, _)| *day > from && *day <= to).flat_map(|(_, entries)| entries).collect();
        let list = &found["lists"][0];
        let named: BTreeSet<String> =
            list["entries_added"].as_array().into_iter().flatten().filter_map(|own| own["entry"].as_str()).map(str::to_string).collect();
        assert_eq!(named.iter().collect::<BTreeSet<_>>(), wanted, "{from} to {to}");
        assert_eq!(texts(&list["rules"]), ["reach-candidate-list/article", "reach-candidate-list/mixture"]);
        assert_eq!(found["lists"].as_array().map(Vec::len), Some(1));
        assert!(texts(&found["rules_added"]).is_empty() && list["entries_removed"] == Value::Array(Vec::new()), "{found}");
        // The other way round they are taken away.
        let back = json(&format!("rules diff reach-candidate-list@{to} reach-candidate-list@{from}"));
        assert_eq!(back["lists"][0]["entries_removed"].as_array().map(Vec::len), Some(wanted.len()));
    }
}

/// A copy of the built-in rules to change.
fn exported() -> TempDir {
    let place = tempfile::tempdir().expect("a folder");
    let (_, complaint, exit) = kemkoll([Path::new("rules"), Path::new("export"), &place.path().join("rules")]);
    assert_eq!(exit, 0, "{complaint}");
    place
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("the file");
    assert!(text.contains(from), "{} has no `{from}`", path.display());
    fs::write(path, text.replacen(from, to, 1)).expect("written");
}

#[test]
fn an_export_is_the_same_library() {
    let place = exported();
    let dir = place.path().join("rules");
    for entry in ["rohs/rules.toml", "rohs/cases.toml", "substances/substances.csv", "categories.toml", "contracts/gloves-2027.toml"] {
        let own = fs::read_to_string(dir.join(entry)).expect("exported");
        let repository = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(entry)).expect("ours");
        assert_eq!(own, repository.replace("\r\n", "\n"), "{entry}");
    }
    let (_, complaint, exit) = kemkoll([Path::new("rules"), Path::new("export"), &dir]);
    assert!(exit == 2 && complaint.contains("--force"), "{complaint}");
    assert_eq!(kemkoll([Path::new("rules"), Path::new("export"), &dir, Path::new("--force")]).2, 0);
    // The same verdicts to the byte, and the same fingerprints.
    let check = |out: &str, extra: &[&Path]| {
        let out = place.path().join(out);
        let samples = Path::new("samples/03-patient-monitor/declarations");
        let mut arguments = vec![Path::new("check"), samples, Path::new("--as-of"), Path::new("2026-11-22"), Path::new("--all")];
        arguments.extend([Path::new("--out"), out.as_path()]);
        arguments.extend(extra);
        let (_, complaint, exit) = kemkoll(&arguments);
        assert!(exit == 0 || exit == 1, "{complaint}");
        let read = |name: &str| fs::read_to_string(out.join(name)).expect("a result");
        let run: Value = serde_json::from_str(&read("run.json")).expect("a record");
        (read("findings.jsonl"), read("products.jsonl"), run["rulesets"].clone(), run["rulebook"].clone(), run["fingerprint"].clone())
    };
    let built_in = check("built-in", &[]);
    assert!(!built_in.0.is_empty());
    assert_eq!(check("exported", &[Path::new("--rules-dir"), &dir]), built_in);
}

#[test]
fn an_edited_export_is_used() {
    let place = exported();
    let dir = place.path().join("rules");
    let dir_text = dir.display().to_string();
    replace(&dir.join("rohs/rules.toml"), "limit = { above = \"0.1 %\"", "limit = { above = \"0.05 %\"");
    replace(
        &dir.join("substances/synonyms.csv"),
        "cas,name,language,ambiguous\n",
        "cas,name,language,ambiguous\n50-00-0,stallformalin,sv,\n",
    );
    let found = json(&format!("rules diff built-in {dir_text}"));
    assert_eq!(found["rules_changed"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["rules_changed"][0]["fields"][0]["new"], "above 500 mg/kg");
    let (text, _, exit) = kemkoll(["substance", "stallformalin", "--rules-dir", &dir_text]);
    assert!(exit == 0 && text.contains("50-00-0"), "{text}");
    assert_eq!(words("substance stallformalin").2, 1);
    // A fault in a substance table is told with its place, and refuses everything.
    replace(&dir.join("substances/synonyms.csv"), "50-00-0,stallformalin,sv,", "50-00-1,stallformalin,sv,maybe");
    let (text, _, exit) = kemkoll(["rules", "lint", &dir_text]);
    assert!(exit == 2 && text.contains("synonyms.csv:2:1:") && text.contains("synonyms.csv:2:26:"), "{text}");
    let (_, complaint, exit) = kemkoll(["check", "samples/05-furniture/declarations", "--rules-dir", &dir_text]);
    assert!(exit == 2 && complaint.contains("synonyms.csv:2:1:"), "{complaint}");
}

#[test]
fn substances_by_number_and_name() {
    let one = |asked: &str| json(&format!("substance {asked}"));
    let dehp = one("117-81-7");
    assert_eq!(dehp["meaning"], "substance");
    let view = &dehp["substances"][0];
    assert_eq!((view["ec"].as_str(), view["formula"].as_str()), (Some("204-211-0"), Some("C24H38O4")));
    assert!(view["groups"].as_array().is_some_and(|groups| groups.iter().any(|own| own["group"] == "phthalates-ortho")));
    assert!(view["hazards"].as_array().is_some_and(|own| own.iter().any(|own| texts(&own["classes"]).contains(&"Repr. 1B"))));
    let touched = |id: &str| view["rules"].as_array().into_iter().flatten().find(|rule| rule["rule"] == id).cloned().expect("a rule");
    assert_eq!(touched("reach-candidate-list/article")["on_list"]["from"], "2008-10-28");
    assert_eq!(touched("rohs/dehp/general")["limit"]["value"], "1000");
    // Any name in any language, and the EC number, mean the same.
    for asked in ["204-211-0", "DEHP", "di(2-etylhexyl)ftalat"] {
        assert_eq!(one(asked)["substances"][0]["cas"], "117-81-7", "{asked}");
    }
    let oxide = one("1317-36-8");
    let lead = oxide["substances"][0]["groups"].as_array().into_iter().flatten().find(|own| own["group"] == "lead").cloned();
    assert_eq!(lead.expect("the group")["fraction"], "0.9283");
    // What is ambiguous lists what it could mean.
    let several = one("DMF");
    assert_eq!(several["meaning"], "several");
    assert!(several["substances"].as_array().is_some_and(|list| list.len() > 1));
    assert_eq!(one("lead compounds")["group"]["group"], "lead");
    // A slip is answered with what was probably meant, and never taken for it.
    let (text, _, exit) = words("substance 117-81-8 --lang sv");
    assert!(exit == 1 && text.contains("fel kontrollsiffra") && text.contains("117-81-7"), "{text}");
    let (text, _, exit) = words("substance blymonoxdi --lang sv");
    assert!(exit == 1 && text.contains("1317-36-8"), "{text}");
    let (text, _, exit) = words("substance 999999-99-4");
    assert!(exit == 0 && text.contains("not in the register"), "{text}");
    for language in ["sv", "en"] {
        let (text, _, _) = words(&format!("substance 7439-92-1 --lang {language}"));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "wider than the terminal");
    }
}

/// The old portal's csv with these entries: name, EC, CAS, reason, date.
fn old_csv(rows: &[[String; 5]]) -> String {
    let mut text = "Kandidaatslijst\nNote: Group entries are split in different rows.\nExport date: 01-apr-2026 23:44:30\n\n".to_string();
    text.push_str("\"Substance Identifier\"\t\"\"\n\n");
    let heads = ["Naam van de stof ", "Description ", "EG-nr. ", "CAS-nr. ", "Reden voor opname ", "Datum van opname "];
    let heads = heads.iter().chain(&["Besluit ", "IUCLID-gegevensset ", "Ondersteunend document ", "Reactie ", "Opmerkingen "]);
    text.push_str(&heads.map(|head| format!("\"{head}\"\t")).collect::<String>());
    text.push('\n');
    const MONTHS: [&str; 12] = ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"];
    for [name, ec, cas, reason, day] in rows {
        let parts: Vec<&str> = day.split('-').collect();
        let month = MONTHS[parts[1].parse::<usize>().expect("a month") - 1];
        // Two values in a cell are adjacent quoted texts.
        let reason = reason.replace("; ", "\"\"");
        let fields = [name.as_str(), "", ec, cas, &reason, &format!("{}-{month}-{}", parts[2], parts[0]), "ED/1/2026", "", "", "", ""];
        text.push_str(&fields.map(|field| format!("\"{field}\"\t")).concat());
        text.push('\n');
    }
    text
}

fn workbook(path: &Path, sheets: &[(&str, Vec<Vec<String>>)]) {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).expect("a name");
        for (at, row) in rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                sheet.write_string(at as u32, column as u16, cell).expect("a cell");
            }
        }
    }
    book.save(path).expect("a workbook");
}

fn old_xlsx(path: &Path, rows: &[[String; 5]]) {
    let heads = ["Substance name", "Description", "EC No.", "CAS No.", "Reason for inclusion", "Date of inclusion", "Decision"];
    let mut table = vec![heads.map(str::to_string).to_vec()];
    for [name, ec, cas, reason, day] in rows {
        let parts: Vec<&str> = day.split('-').collect();
        let day = format!("{}/{}/{}", parts[2], parts[1], parts[0]);
        let cas = cas.replace(", ", "#");
        table.push(vec![name.clone(), String::new(), ec.clone(), cas, reason.replace("; ", "#"), day, "ED/1/2026".into()]);
    }
    let criteria = vec![vec!["Candidate List".to_string()], vec!["Export date: 11/01/2022 11:39:10".to_string()]];
    workbook(path, &[("results", table), ("criteria", criteria)]);
}

/// The new portal lists no members, and an entry once for each decision.
fn new_xlsx(path: &Path, rows: &[[String; 5]]) {
    let heads = ["Substance name", "Description", "EC number", "CAS number", "Date of inclusion", "Reason for inclusion", "Decision"];
    let mut table = vec![heads.map(str::to_string).to_vec()];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut add = |row: &[String; 5], year: &str, reason: &str| {
        let [name, ec, cas, _, day] = row;
        let parts: Vec<&str> = day.split('-').collect();
        let month = MONTHS[parts[1].parse::<usize>().expect("a month") - 1];
        let day = format!("{}-{month}-{year}", parts[2]);
        table.push(vec![name.clone(), "-".into(), ec.clone(), cas.replace(", ", "\n"), day, reason.into(), "ED/1/2026".into()]);
    };
    for row in rows {
        add(row, &row[4][..4], &row[3]);
    }
    // Extended reasons: the entry again, later.
    add(&rows[0], "2026", "Endocrine disrupting properties (Article 57(f))");
    workbook(path, &[("List_results", table)]);
}

/// The list at hand as an export's rows: entries, and their members below them where the layout has these.
fn list_at_hand(members: bool) -> Vec<[String; 5]> {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/reach-candidate-list/candidate-list.csv")).expect("ours");
    let mut rows: Vec<[String; 5]> = Vec::new();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let dash = |text: &str| if text.is_empty() { "-".to_string() } else { text.to_string() };
    for row in reader.records() {
        let row = row.expect("a row");
        let note = &row[7];
        if note == "entry" || members && note == "member" {
            rows.push([
                row[3].to_string(),
                dash(&row[2]),
                dash(&row[1]),
                "PBT (Article 57d); vPvB (Article 57e)".into(),
                row[5].to_string(),
            ]);
        } else if note == "other CAS number of the entry" {
            let last = rows.last_mut().expect("its entry");
            last[2] = format!("{}, {}", last[2], &row[1]);
        }
    }
    rows
}

fn new_entry() -> [String; 5] {
    ["invented plasticiser of a test", "-", "999999-99-4", "PBT (Article 57d)", "2026-06-30"].map(str::to_string)
}

#[test]
fn exports_in_all_three_layouts() {
    let place = tempfile::tempdir().expect("a folder");
    for layout in ["old.csv", "old.xlsx", "new.xlsx"] {
        let path = place.path().join(layout);
        let write = |rows: &[[String; 5]]| match layout {
            "old.csv" => fs::write(&path, old_csv(rows)).expect("written"),
            "old.xlsx" => old_xlsx(&path, rows),
            _ => new_xlsx(&path, rows),
        };
        let members = layout != "new.xlsx";
        let shown = path.display().to_string();
        // The same list: nothing differs.
        let mut rows = list_at_hand(members);
        write(&rows);
        let (text, complaint, exit) = kemkoll(["rules", "import", "echa-candidate-list", &shown, "--dry-run"]);
        assert!(exit == 0 && text.contains("nothing differs") && text.contains("253 -> 253"), "{layout}: {text}{complaint}");
        // One more: it gets the next id, and nothing else changes.
        rows.insert(7, new_entry());
        write(&rows);
        let out = place.path().join(format!("{layout}-set"));
        let out_shown = out.display().to_string();
        let dry: Value = {
            let (text, complaint, _) =
                kemkoll(["rules", "import", "echa-candidate-list", &shown, "--dry-run", "--out", &out_shown, "--format", "json"]);
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} {text} {complaint}"))
        };
        assert!(!out.exists(), "a dry run writes nothing");
        let list = &dry["difference"]["lists"][0];
        assert_eq!(list["entries_added"].as_array().map(Vec::len), Some(1), "{layout}: {dry}");
        assert_eq!(list["entries_added"][0]["entry"], "SVHC-254");
        assert!(list["entries_changed"] == Value::Array(Vec::new()) && list["entries_removed"] == Value::Array(Vec::new()), "{dry}");
        assert_eq!((dry["entries"].as_u64(), &dry["written"]), (Some(254), &Value::Null));
        let (text, complaint, exit) = kemkoll(["rules", "import", "echa-candidate-list", &shown, "--out", &out_shown]);
        assert_eq!(exit, 0, "{layout}: {text}{complaint}");
        // A whole rule set: its rules know their new version and count, its cases are kept, and it is sound.
        let rules = fs::read_to_string(out.join("rules.toml")).expect("written");
        assert!(rules.contains("version = \"2026-06-30\"") && rules.contains("official_count = 254"), "{rules}");
        let (text, _, exit) = kemkoll(["rules", "lint", &out_shown]);
        assert!(exit == 0 && text.contains("0 errors, 0 warnings"), "{text}");
        assert_eq!(kemkoll(["rules", "test", &out_shown, "--as-of", "2026-11-22"]).2, 0);
        // Read in again over itself, it stays as it is.
        let before = fs::read_to_string(out.join("candidate-list.csv")).expect("written");
        assert_eq!(kemkoll(["rules", "import", "echa-candidate-list", &shown, "--out", &out_shown]).2, 0);
        assert_eq!(fs::read_to_string(out.join("candidate-list.csv")).expect("written"), before);
    }
}

/// A member that stands below its group is taken into the entry, and a person is told so; an entry that the export lacks
/// stays.
#[test]
fn an_import_takes_nothing_off_and_tells_its_doubts() {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("list.csv");
    let mut rows = list_at_hand(true);
    let group = rows.iter().position(|row| row[1] == "-" && row[2] == "-").expect("a group");
    let member = ["invented member", "-", "999999-99-4", &rows[group][3].clone(), &rows[group][4].clone()].map(str::to_string);
    rows.insert(group + 1, member);
    let gone = rows.iter().position(|row| row[2] == "80-05-7").expect("bisphenol A");
    rows.remove(gone);
    fs::write(&path, old_csv(&rows)).expect("written");
    let (text, complaint, exit) = kemkoll(["rules", "import", "echa-candidate-list", &path.display().to_string(), "--dry-run"]);
    assert_eq!(exit, 0, "{complaint}");
    assert!(text.contains("253 -> 253") && text.contains("+ 999999-99-4"), "{text}");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("invented member is taken as a new member of SVHC-") && flat.contains("is not in the export; the entry is kept"),
        "{text}"
    );
}

#[test]
fn an_import_that_is_wrong_writes_nothing() {
    let place = tempfile::tempdir().expect("a folder");
    let (path, out) = (place.path().join("list.csv"), place.path().join("set"));
    let run = || kemkoll(["rules", "import", "echa-candidate-list", &path.display().to_string(), "--out", &out.display().to_string()]);
    let mut rows = list_at_hand(true);
    rows[2][2] = "85535-84-9".into();
    rows[3][1] = "204-371-2".into();
    fs::write(&path, old_csv(&rows)).expect("written");
    let (_, complaint, exit) = run();
    assert_eq!(exit, 2);
    assert!(complaint.contains("list.csv:10:4: `85535-84-9`") && complaint.contains("list.csv:11:3: `204-371-2`"), "{complaint}");
    fs::write(&path, old_csv(&list_at_hand(true)).replace("28-okt-2008", "28-xyz-2008")).expect("written");
    let (_, complaint, exit) = run();
    assert!(exit == 2 && complaint.contains("`28-xyz-2008`"), "{complaint}");
    fs::write(&path, "a,b,c\n1,2,3\n").expect("written");
    let (_, complaint, exit) = run();
    assert!(exit == 2 && complaint.contains("is no export of the Candidate List"), "{complaint}");
    fs::write(&path, b"%PDF-1.7").expect("written");
    assert_eq!(run().2, 2);
    fs::remove_file(&path).expect("gone");
    assert_eq!(run().2, 2);
    assert!(!out.exists(), "something was written");
}

#[test]
fn no_field_of_a_rule_changes_unsaid() {
    let place = tempfile::tempdir().expect("a folder");
    let rule = |limit: &str, more: &str| {
        format!(
            "[ruleset]\nid = \"own\"\ntitle = {{ sv = \"Egna\", en = \"Own\" }}\nversion = \"1\"\nconsequence = \"contract\"\n\n[[rule]]\n\
             id = \"own/a\"\ntitle = {{ sv = \"A\", en = \"A\" }}\nsubstances = {{ cas = [\"80-05-7\"] }}\nlimit = {{ {limit}, of = \"homogeneous-material\" }}\n\
             count = \"sum\"\n{more}"
        )
    };
    let plain = rule("above = \"0 %\"", "");
    let changes = [
        (rule("used_in_manufacture = true", ""), "limit"),
        (rule("above = \"0 %\"", "list_complete = false\n"), "list_complete"),
        (rule("above = \"0 %\"", "scope = { exclude_mixtures = true }\n"), "scope"),
    ];
    let (old, new) = (place.path().join("old.toml"), place.path().join("new.toml"));
    fs::write(&old, plain).expect("written");
    for (changed, field) in changes {
        fs::write(&new, changed).expect("written");
        let found = json(&format!("rules diff {} {}", old.display(), new.display()));
        let fields = found["rules_changed"][0]["fields"].as_array().cloned().unwrap_or_default();
        assert!(fields.iter().any(|one| one["field"] == field), "{field}: {found}");
    }
}
