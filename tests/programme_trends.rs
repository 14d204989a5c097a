//! `kemkoll report trends` over a store of several years and over bundles: who counts in which year, what is told of it in
//! every format, and which bundles are refused.

use crate::lead::RULES;
use calamine::{Reader, Xlsx, open_workbook};
use kemkoll::follow_up::Moment;
use kemkoll::share::{self, Draft, Location, Signer, Store, Upgrade, Writer};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A second rule beside the one about lead.
const DEHP_RULE: &str = r#"
[[rule]]
id = "test/dehp"
title = { sv = "DEHP", en = "DEHP" }
substances = { cas = ["117-81-7"] }
limit = { above = "0.1 %", of = "homogeneous-material" }
count = "sum"
severity = "major"
"#;

const CONTRACT: &str = r#"
[contract]
id = "avtal"
title = { sv = "Avtal", en = "Contract" }
buyer = "Region"
award = 2020-01-01
period = { from = 2020-02-01, to = 2039-01-31 }
rulesets = ["rules.toml"]
"#;

/// Some day in a month of a year.
fn day_in(year: i64, month: i64) -> Moment {
    Moment((year - 1970) * 31_556_952_000 + (month * 30 - 15) * 86_400_000)
}

/// A machine with a store.
struct Office {
    folder: TempDir,
    organisation: &'static str,
}

/// A product: supplier, article number, substance by CAS number, amount.
type Product = (&'static str, &'static str, &'static str, &'static str);

const LEAD: &str = "7439-92-1";
const DEHP: &str = "117-81-7";

impl Office {
    fn new(organisation: &'static str) -> Office {
        let office = Office { folder: tempfile::tempdir().unwrap(), organisation };
        fs::write(office.path("rules.toml"), format!("{RULES}{DEHP_RULE}")).unwrap();
        fs::write(office.path("contract.toml"), CONTRACT).unwrap();
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, store: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kemkoll"))
            .current_dir(self.folder.path())
            .env_remove("RUST_BACKTRACE")
            .env("LC_ALL", "C")
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("KEMKOLL_ORGANISATION", self.organisation)
            .env("KEMKOLL_AUTHOR", "AB")
            .env("KEMKOLL_STORE", store)
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Expects an exit code, and gives what was printed and what was complained of.
    fn say(&self, code: i32, arguments: &[&str]) -> (String, String) {
        let output = self.run("store.sqlite", arguments);
        let (out, complaint) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}{complaint}");
        (out, complaint)
    }

    fn open(&self, store: &str) -> Box<dyn Store> {
        share::open(&Location::File(self.path(store)), Upgrade::OwnOnly, Moment(0)).unwrap()
    }

    fn signer(&self) -> Signer {
        Signer::load_or_make(&self.path("data/kemkoll/signing.key")).unwrap()
    }

    /// Checks products, and keeps it in the store as if it had been done then.
    fn check(&self, year: i64, month: i64, products: &[Product]) {
        let mut table = "Leverantör;Artikelnummer;Produkt;Kategori;Material;CAS-nummer;Halt\n".to_string();
        for (supplier, article, cas, amount) in products {
            table.push_str(&format!("{supplier};{article};Handske;medical-device/gloves;Gummi;{cas};{amount}\n"));
        }
        fs::create_dir_all(self.path("in")).unwrap();
        fs::write(self.path("in/a.csv"), table).unwrap();
        let then = format!("then-{year}-{month}.sqlite");
        let output =
            self.run(&then, &["check", "in", "--contract", "contract.toml", "--as-of", "2026-06-01", "--fail-on", "never", "--follow-up"]);
        assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
        let events = self.open(&then).since(0, 10_000).unwrap();
        let drafts: Vec<Draft> =
            events.into_iter().map(|(_, event)| Draft { subject: event.subject.clone(), content: event.open().unwrap().content }).collect();
        let signer = self.signer();
        let writer = Writer { organisation: self.organisation, author: "AB", signer: &signer, now: day_in(year, month) };
        self.open("store.sqlite").append(&writer, &mut |_| Ok(drafts.clone())).unwrap();
    }

    fn trends(&self, arguments: &[&str]) -> Value {
        let (out, _) = self.say(0, &[&["report", "trends", "--format", "json"], arguments].concat());
        serde_json::from_str(&out).unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Three years: A gets better, B gets worse, and nobody knows about C.
fn three_years() -> Office {
    let office = Office::new("Region A");
    office.check(
        2023,
        3,
        &[
            ("Alfa AB", "A-1", LEAD, "0,5 %"),
            ("Alfa AB", "A-2", LEAD, "0,01 %"),
            ("Beta AB", "B-1", DEHP, "0,01 %"),
            ("Gamma AB", "C-1", LEAD, "ja"),
        ],
    );
    // The same product again in the same year, now better: it counts once.
    office.check(2024, 3, &[("Alfa AB", "A-1", LEAD, "0,6 %")]);
    office.check(2024, 9, &[("ALFA Aktiebolag", "A-1", LEAD, "0,02 %"), ("Beta AB", "B-2", DEHP, "2 %")]);
    office.check(2025, 3, &[("Alfa AB", "A-1", LEAD, "0,02 %"), ("Beta AB", "B-1", DEHP, "3 %"), ("Beta AB", "B-2", DEHP, "2 %")]);
    office
}

/// A section's rows; none where it is not told.
fn rows_of<'a>(paper: &'a Value, section: &str) -> &'a [Value] {
    let found = paper["sections"].as_array().unwrap().iter().find(|one| one["id"] == section);
    found.map_or(&[], |section| section["rows"].as_array().unwrap())
}

/// The rows of years by series and year, as (products, undetermined, failing, of).
fn years(paper: &Value, series: &str) -> Vec<(String, u64, u64, u64, u64)> {
    rows_of(paper, "years")
        .iter()
        .filter(|row| row["series"] == series)
        .map(|row| {
            let number = |value: &Value| value.as_u64().unwrap();
            let year = row["year"].as_str().unwrap().to_string();
            (
                year,
                number(&row["products"]),
                number(&row["undetermined"]),
                number(&row["failing"]["part"]),
                number(&row["failing"]["whole"]),
            )
        })
        .collect()
}

#[test]
fn suppliers_change_from_year_to_year() {
    let office = three_years();
    let paper = office.trends(&["--by", "supplier"]);
    let year = |year: &str, products, undetermined, part, whole| (year.to_string(), products, undetermined, part, whole);
    assert_eq!(years(&paper, "ALFA Aktiebolag"), [year("2023", 2, 0, 1, 2), year("2024", 1, 0, 0, 1), year("2025", 1, 0, 0, 1)]);
    assert_eq!(years(&paper, "Beta AB"), [year("2023", 1, 0, 0, 1), year("2024", 1, 0, 1, 1), year("2025", 2, 0, 2, 2)]);
    assert_eq!(years(&paper, "Gamma AB"), [year("2023", 1, 1, 0, 0)]);
    assert_eq!(years(&paper, "All"), [year("2023", 4, 1, 1, 3), year("2024", 2, 0, 1, 2), year("2025", 3, 0, 2, 3)]);
    let rows = paper["sections"][0]["rows"].as_array().unwrap();
    let beta = rows.iter().find(|row| row["series"] == "Beta AB").unwrap();
    assert_eq!((&beta["first_year"], &beta["last_year"], &beta["change"]), (&"2023".into(), &"2025".into(), &"100.00".into()));
    // Two of two against none of one is little to go by.
    assert_eq!(beta["meaning"], "may be chance");
    assert_eq!(beta["last"], serde_json::json!({ "part": 2, "whole": 2, "share": 100.0, "low": 15.81, "high": 100.0 }));
    let gamma = rows.iter().find(|row| row["series"] == "Gamma AB").unwrap();
    assert_eq!((&gamma["first"], &gamma["meaning"]), (&Value::Null, &"nothing decided".into()));
    assert_eq!(rows.last().unwrap()["is_total"], true);
    // One supplier, one period.
    let some = office.trends(&["--by", "supplier", "--supplier", "beta", "--from-year", "2024", "--until-year", "2024"]);
    // Of a single year there is no change to tell.
    assert_eq!((rows_of(&some, "years").len(), rows_of(&some, "change").len()), (2, 0));
    assert_eq!(years(&some, "Beta AB"), [year("2024", 1, 0, 1, 1)]);
}

#[test]
fn substances_and_families_are_of_all_that_was_looked_at() {
    let office = three_years();
    let year = |year: &str, products, part, whole| (year.to_string(), products, 0, part, whole);
    let families = office.trends(&["--by", "family"]);
    assert_eq!(years(&families, "phthalates"), [year("2023", 4, 0, 4), year("2024", 2, 1, 2), year("2025", 3, 2, 3)]);
    let substances = office.trends(&["--by", "substance"]);
    let named: BTreeSet<&str> = rows_of(&substances, "years").iter().filter_map(|row| row["series"].as_str()).collect();
    let dehp = named.iter().find(|name| name.contains("(117-81-7)")).expect("DEHP by name and number");
    assert_eq!(years(&substances, dehp), [year("2023", 4, 0, 4), year("2024", 2, 1, 2), year("2025", 3, 2, 3)]);
    let lead = named.iter().find(|name| name.contains("(7439-92-1)")).expect("lead by name and number");
    // What the supplier says is there, but not how much, is neither above nor below.
    assert_eq!(years(&substances, lead)[0], ("2023".to_string(), 4, 1, 1, 4));
}

#[test]
fn categories_are_told_level_by_level() {
    let office = three_years();
    let top = office.trends(&["--by", "category", "--lang", "en"]);
    let below = office.trends(&["--by", "category", "--category", "medical-device", "--lang", "en"]);
    let series = |paper: &Value| -> BTreeSet<String> {
        let rows = paper["sections"][0]["rows"].as_array().unwrap();
        rows.iter().map(|row| row["series"].as_str().unwrap().to_string()).collect()
    };
    assert!(!series(&top).contains("no category"), "{:?}", series(&top));
    assert_ne!(series(&top), series(&below));
    assert_eq!(years(&below, "All"), years(&top, "All"));
    let (_, complaint) = office.say(2, &["report", "trends", "--category", "no-such-thing"]);
    assert!(complaint.contains("no-such-thing"), "{complaint}");
    let organisations = office.trends(&["--by", "organisation"]);
    assert_eq!(years(&organisations, "Region A"), years(&organisations, "All"));
}

#[test]
fn a_report_is_written_as_it_was_asked_for() {
    let office = three_years();
    let write = |arguments: &[&str]| office.say(0, &[&["report", "trends", "--by", "supplier"], arguments].concat());
    let (shown, _) = write(&[]);
    // In 80 columns a share goes on in the next lines of its cell.
    assert!(shown.contains("Beta AB") && shown.contains("100 % (2 of 2;") && shown.contains("15.8–100 %)"), "{shown}");
    let (shown, _) = write(&["--lang", "sv"]);
    assert!(shown.contains("(2 av 2;") && shown.contains("15,8–100 %)"), "{shown}");
    // The same again is the same to the byte, in every format.
    for ending in ["txt", "json", "html", "xlsx"] {
        write(&["--out", &format!("one.{ending}")]);
        write(&["--out", &format!("two.{ending}")]);
        assert_eq!(
            fs::read(office.path(&format!("one.{ending}"))).unwrap(),
            fs::read(office.path(&format!("two.{ending}"))).unwrap(),
            "{ending}"
        );
    }
    let mut book: Xlsx<_> = open_workbook(office.path("one.xlsx")).unwrap();
    let names = book.sheet_names();
    assert_eq!(names[1], "From the first to the last year");
    assert!(book.worksheet_range(&names[1]).unwrap().rows().any(|row| row[0] == "Beta AB"));
    let (_, told) = write(&["--out", "out.csv"]);
    assert!(told.contains("out-change.csv") && told.contains("out-years.csv"), "{told}");
    let years = fs::read_to_string(office.path("out-years.csv")).unwrap();
    assert!(years.contains("\r\nBeta AB,2025,2,0,0,2,2,100.00,15.81,100.00,"), "{years}");
    assert!(!office.path("out.csv").exists());
    let (both, _) = write(&["--format", "csv"]);
    assert!(both.contains("\r\n\r\nseries,year,products,"), "{both}");
    // What cannot be done is told, and nothing is left behind.
    let refused = |arguments: &[&str]| office.say(2, &[&["report", "trends"], arguments].concat()).1;
    assert!(refused(&["--format", "xlsx"]).contains("--out"));
    assert!(refused(&["--out", "report"]).contains("--format"));
    assert!(refused(&["--out", "in", "--format", "json"]).contains("folder"));
    assert!(refused(&["--out", "nowhere/report.json"]).contains("nowhere"));
    let left: Vec<String> =
        fs::read_dir(office.folder.path()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(!left.iter().any(|name| name.starts_with(".kemkoll-")), "{left:?}");
}

#[test]
fn bundles_are_read_without_being_taken_in() {
    let a = three_years();
    let (list, _) = a.say(0, &["follow-up", "list", "--all", "--format", "json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    for row in list["rows"].as_array().unwrap() {
        let close = |outcome| ["follow-up", "close", row["id"].as_str().unwrap(), "--outcome", outcome, "--decision", "granskat"];
        // Where a deviation is open, the follow-up ends without it being mended, and the supplier is kept back.
        if a.run("store.sqlite", &close("no-deviations")).status.code() != Some(0) {
            a.say(0, &close("not-remedied"));
        }
    }
    a.say(0, &["share", "export", "--to", "a.kemkoll.gz"]);
    let bundle = a.path("a.kemkoll.gz");
    let bundle = bundle.to_str().unwrap();

    let b = Office::new("Region B");
    b.check(2025, 3, &[("Delta AB", "D-1", LEAD, "0,01 %")]);
    // Nobody has said whose key it is: the bundle is named, and no report is made.
    let (out, complaint) = b.say(2, &["report", "trends", "--by", "organisation", bundle]);
    assert!(out.is_empty() && complaint.contains("a.kemkoll.gz") && complaint.contains("not trusted"), "{complaint}");
    b.say(0, &["share", "keys", "trust", "Region A", a.signer().public()]);
    let before = b.open("store.sqlite").since(0, 10_000).unwrap().len();
    let paper = b.trends(&["--by", "organisation", bundle]);
    let rows = rows_of(&paper, "years");
    let named: BTreeSet<&str> = rows.iter().filter_map(|row| row["series"].as_str()).collect();
    // The store's own follow-ups are not among what the bundles say.
    assert_eq!(named, BTreeSet::from(["All", "Region A"]));
    let products: u64 = years(&paper, "Region A").iter().map(|(_, products, ..)| products).sum();
    assert!(products >= 3, "{paper:#}");
    assert_eq!(b.open("store.sqlite").since(0, 10_000).unwrap().len(), before, "nothing is taken in");
    // Twice the same bundle says no more than once.
    let twice = b.trends(&["--by", "organisation", bundle, bundle]);
    assert_eq!(years(&twice, "All"), years(&paper, "All"));
    // A findings policy keeps suppliers of open findings back: they count among all alone.
    let suppliers = b.trends(&["--by", "supplier", bundle]);
    let of_named: u64 =
        ["ALFA Aktiebolag", "Alfa AB", "Beta AB", "Gamma AB"].iter().flat_map(|name| years(&suppliers, name)).map(|row| row.1).sum();
    let of_all: u64 = years(&suppliers, "All").iter().map(|row| row.1).sum();
    assert!(of_named < of_all, "{suppliers:#}");
    assert!(suppliers["remarks"].to_string().contains("withheld or not known"), "{suppliers:#}");

    // One bad bundle among good ones refuses the report.
    let mut bytes = fs::read(bundle).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::create_dir(b.path("folder")).unwrap();
    fs::write(b.path("folder/bad.kemkoll.gz"), &bytes).unwrap();
    fs::copy(bundle, b.path("folder/good.kemkoll.gz")).unwrap();
    let (out, complaint) = b.say(2, &["report", "trends", "folder", "--out", "report.json"]);
    assert!(out.is_empty() && complaint.contains("bad.kemkoll.gz") && !complaint.contains("good.kemkoll.gz"), "{complaint}");
    assert!(!b.path("report.json").exists());
    fs::remove_file(b.path("folder/bad.kemkoll.gz")).unwrap();
    assert_eq!(years(&b.trends(&["--by", "organisation", "folder"]), "All"), years(&paper, "All"));
    let (_, complaint) = b.say(2, &["report", "trends", "missing.kemkoll.gz"]);
    assert!(complaint.contains("missing.kemkoll.gz"), "{complaint}");
}

#[test]
fn an_empty_store_has_nothing_to_tell() {
    let office = Office::new("Region A");
    let (shown, _) = office.say(0, &["report", "trends"]);
    assert!(shown.contains("No products fit what was asked for."), "{shown}");
    let paper = office.trends(&[]);
    assert_eq!(paper["sections"][0]["rows"], serde_json::json!([]));
}
