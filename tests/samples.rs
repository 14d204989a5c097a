//! Runs the real program on every story under `samples/` as its `check.toml` says, and holds the exit code, the summary,
//! every product and the reviewed findings against what the story promises. The promises were worked out by hand.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How a story is checked: `kemkoll check samples/STORY/declarations ARGS --lang LANG`, from the root of the repository.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    args: Vec<String>,
    exit: i32,
    lang: String,
}

/// What must come out. Every product is listed; of the findings those that matter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    products: Vec<Map<String, Value>>,
    findings: Vec<Map<String, Value>>,
    /// Findings that must not be there, however few fields they name.
    #[serde(default)]
    absent: Vec<Map<String, Value>>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The stories' names, in order.
fn stories() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("samples"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn file(story: &str, name: &str) -> PathBuf {
    root().join("samples").join(story).join(name)
}

fn text(story: &str, name: &str) -> String {
    fs::read_to_string(file(story, name)).unwrap_or_else(|error| panic!("samples/{story}/{name}: {error}"))
}

fn check_of(story: &str) -> Check {
    toml::from_str(&text(story, "check.toml")).unwrap_or_else(|error| panic!("samples/{story}/check.toml: {error}"))
}

fn expected_of(story: &str) -> Expected {
    serde_json::from_str(&text(story, "expected.json")).unwrap_or_else(|error| panic!("samples/{story}/expected.json: {error}"))
}

/// The command that a person types, without what only tests add.
fn command_line(story: &str, check: &Check) -> String {
    format!("kemkoll check samples/{story}/declarations {} --lang {}", check.args.join(" "), check.lang)
}

fn run(story: &str, check: &Check, out: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kemkoll"));
    command.current_dir(root()).env("LC_ALL", "C").env_remove("COLUMNS");
    command.arg("check").arg(format!("samples/{story}/declarations")).args(&check.args).args(["--lang", &check.lang]);
    if let Some(out) = out {
        command.arg("--out").arg(out);
    }
    command.output().unwrap()
}

fn rows(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whether a row is as promised. `substance`, `exemption` and `where` look inside the row; everything else is a field of it.
fn fits(row: &Value, promised: &Map<String, Value>) -> bool {
    promised.iter().all(|(key, wanted)| match key.as_str() {
        "substance" => row["substances"].as_array().is_some_and(|all| all.iter().any(|one| &one["cas"] == wanted)),
        "exemption" => &row["exemption"]["id"] == wanted,
        "where" => row["where"].as_array().is_some_and(|all| all.iter().any(|one| place(one).as_deref() == wanted.as_str())),
        field => row.get(field).is_some_and(|found| found == wanted),
    })
}

/// `Blad1!F17`; only the cell where a file has no sheets.
fn place(one: &Value) -> Option<String> {
    let cell = one["cell"].as_str()?;
    Some(one["sheet"].as_str().filter(|sheet| !sheet.is_empty()).map_or_else(|| cell.to_string(), |sheet| format!("{sheet}!{cell}")))
}

/// What a promise is about, to find the rows that came close.
fn same_subject(row: &Value, promised: &Map<String, Value>) -> bool {
    ["file", "article_number", "part", "rule"].iter().all(|key| promised.get(*key).is_none_or(|wanted| row.get(*key) == Some(wanted)))
}

fn shown(row: &Value) -> String {
    let keys = ["file", "article_number", "part", "rule", "verdict", "reason", "evidence", "lo", "hi"];
    let told: Vec<String> = keys.iter().filter_map(|key| row.get(*key).map(|value| format!("{key} {value}"))).collect();
    told.join(", ")
}

/// Everything in which the program and a story disagree.
fn disagreements(story: &str) -> Vec<String> {
    let (check, expected) = (check_of(story), expected_of(story));
    let mut wrong = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let run_with_files = run(story, &check, Some(&out));
    if run_with_files.status.code() != Some(check.exit) {
        let errors = String::from_utf8_lossy(&run_with_files.stderr);
        wrong.push(format!("exit code {:?}, expected {}; {errors}", run_with_files.status.code(), check.exit));
    }
    if !out.join("products.jsonl").exists() {
        return wrong;
    }
    let (products, findings) = (rows(&out.join("products.jsonl")), rows(&out.join("findings.jsonl")));
    let key = |row: &Value| (row["file"].to_string(), row["article_number"].to_string());
    let promised: BTreeSet<_> = expected.products.iter().map(|row| key(&Value::Object(row.clone()))).collect();
    for row in products.iter().filter(|row| !promised.contains(&key(row))) {
        wrong.push(format!("a product that is not expected: {}", shown(row)));
    }
    for wanted in &expected.products {
        let same: Vec<&Value> = products.iter().filter(|row| key(row) == key(&Value::Object(wanted.clone()))).collect();
        match same.as_slice() {
            [one] if fits(one, wanted) => {}
            [] => wrong.push(format!("no product {}", Value::Object(wanted.clone()))),
            found => wrong.extend(found.iter().map(|row| {
                let rules = &row["worst_rules"];
                format!("product {}, expected {}; worst rules {rules}", shown(row), Value::Object(wanted.clone()))
            })),
        }
    }
    for wanted in &expected.findings {
        if !findings.iter().any(|row| fits(row, wanted)) {
            let close: Vec<String> =
                findings.iter().filter(|row| same_subject(row, wanted)).map(|row| format!("\n      but {}", shown(row))).collect();
            wrong.push(format!("no finding {}{}", Value::Object(wanted.clone()), close.concat()));
        }
    }
    for unwanted in &expected.absent {
        wrong.extend(findings.iter().filter(|row| fits(row, unwanted)).map(|row| format!("a finding that must not be: {}", shown(row))));
    }
    // The summary names the folder of the results; without one it is the same everywhere.
    let summary = String::from_utf8(run(story, &check, None).stdout).unwrap();
    let promised = text(story, "expected.txt").replace("\r\n", "\n");
    if summary != promised {
        let line = summary.lines().zip(promised.lines()).take_while(|(a, b)| a == b).count();
        wrong.push(format!(
            "the summary differs from expected.txt from line {}:\n      is       {:?}\n      expected {:?}\n      when the new one is right: {} > samples/{story}/expected.txt",
            line + 1,
            summary.lines().nth(line).unwrap_or(""),
            promised.lines().nth(line).unwrap_or(""),
            command_line(story, &check),
        ));
    }
    wrong
}

#[test]
fn every_story_comes_out_as_promised() {
    let mut told = String::new();
    for story in stories() {
        for one in disagreements(&story) {
            told.push_str(&format!("\n  {story}: {one}"));
        }
    }
    assert!(told.is_empty(), "the program and the stories disagree:{told}");
}

#[test]
fn every_story_is_complete() {
    let stories = stories();
    assert!(stories.len() >= 8, "only {stories:?}");
    let overview = fs::read_to_string(root().join("samples/README.md")).unwrap();
    for (index, story) in stories.iter().enumerate() {
        assert!(story.starts_with(&format!("{:02}-", index + 1)), "`{story}` is not number {}", index + 1);
        assert!(overview.contains(&format!("({story}/README.md)")), "samples/README.md does not lead to {story}");
        for name in ["README.md", "check.toml", "expected.json", "expected.txt"] {
            assert!(!text(story, name).trim().is_empty(), "samples/{story}/{name} is empty");
        }
        let (check, expected, readme) = (check_of(story), expected_of(story), text(story, "README.md"));
        assert!(!expected.products.is_empty(), "{story} expects no product");
        let line = command_line(story, &check);
        assert!(readme.contains(&line), "samples/{story}/README.md does not show `{line}`");
        assert!(check.args.windows(2).any(|pair| pair[0] == "--as-of"), "{story} depends on the day it is checked");
        let declarations: Vec<_> = fs::read_dir(file(story, "declarations")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!declarations.is_empty(), "{story} has no declaration");
        for path in declarations {
            let size = fs::metadata(&path).unwrap().len();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(size < 64 * 1024, "{} is too large to be a sample: {size} bytes", path.display());
            assert!(readme.contains(&name), "samples/{story}/README.md does not say what {name} is");
        }
    }
}

#[test]
fn the_stories_show_every_verdict_and_many_reasons() {
    let mut verdicts: BTreeMap<String, usize> = BTreeMap::new();
    let mut reasons = BTreeSet::new();
    for story in stories() {
        let expected = expected_of(&story);
        for row in &expected.products {
            *verdicts.entry(row["verdict"].as_str().unwrap().to_string()).or_default() += 1;
        }
        reasons.extend(expected.findings.iter().filter_map(|row| row["reason"].as_str().map(str::to_string)));
    }
    for verdict in ["non-compliant", "undetermined", "declarable", "exempt", "compliant"] {
        assert!(verdicts.contains_key(verdict), "no product is {verdict}: {verdicts:?}");
    }
    for reason in [
        "unit-missing",
        "dimension-mismatch",
        "suspected-identity",
        "group-amount",
        "outdated-list",
        "exemption-unclear",
        "straddles-limit",
        "not-demonstrated",
        "not-declared",
    ] {
        assert!(reasons.contains(reason), "no finding is undetermined for `{reason}`: {reasons:?}");
    }
}
