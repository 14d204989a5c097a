//! `plan` and `report letter` on the command line: the first year without a store, what is refused, and that a letter holds
//! nothing of anybody else.

use crate::lead::RULES;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// One person's machine.
struct Place {
    folder: TempDir,
    organisation: &'static str,
}

const CONTRACT: &str = r#"[contract]
id = "handskar-2025"
title = { sv = "Handskar", en = "Gloves" }
buyer = "Region A"
award = 2025-01-01
period = { from = 2025-02-01, to = 2029-01-31 }
rulesets = ["rules.toml"]
"#;

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap(), organisation: "Region A" };
        place.write("rules.toml", RULES);
        place.write("contract.toml", CONTRACT);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A declaration of one supplier: article numbers with the amount of lead in each.
    fn declare(&self, name: &str, supplier: &str, products: &[(&str, &str)]) {
        let mut text = "Leverantör;Artikelnummer;Produkt;Kategori;Material;CAS-nummer;Ämne;Halt\n".to_string();
        for (article, amount) in products {
            text.push_str(&format!("{supplier};{article};Handske {article};handskar;Gummi;7439-92-1;Bly;{amount}\n"));
        }
        self.write(&format!("in/{name}"), &text);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kemkoll"))
            .current_dir(self.folder.path())
            .env_remove("RUST_BACKTRACE")
            .env_remove("KEMKOLL_STORE")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("KEMKOLL_ORGANISATION", self.organisation)
            .env("KEMKOLL_AUTHOR", "AB")
            .args(arguments)
            .output()
            .unwrap()
    }

    fn say(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}\n{}", text(&output.stdout));
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
        text(&output.stderr)
    }

    fn check(&self) {
        let arguments = ["check", "in", "--contract", "contract.toml", "--as-of", "2026-06-01", "--fail-on", "never", "--follow-up"];
        self.say(0, &arguments);
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.say(0, &[arguments, &["--format", "json"]].concat())).unwrap()
    }

    fn ids(&self, arguments: &[&str]) -> Vec<String> {
        let found = self.json(arguments);
        found["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_string()).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A letter without what differs from run to run: ids that follow from where it ran do not, but the day of the check does.
fn settled(letter: &str, today: &str) -> String {
    letter.replace(today, "2026-12-01")
}

fn expected(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/letters").join(name);
    if std::env::var_os("KEMKOLL_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, wanted, "{} (KEMKOLL_BLESS=1 writes it anew)", path.display());
}

#[test]
fn without_store_and_purchases_there_is_nothing_to_plan() {
    let place = Place::new();
    let why = place.refused(&["plan"]);
    assert!(why.contains("there is nothing to plan from") && why.contains("--purchases FILE"), "{why}");
    let why = place.refused(&["plan", "--lang", "sv"]);
    assert!(why.contains("det finns inget att planera av"), "{why}");
    // A store that is named must be there, unless there are purchases.
    let why = place.refused(&["plan", "--store", "missing.sqlite"]);
    assert!(why.contains("`missing.sqlite` does not exist"), "{why}");
    let why = place.refused(&["plan", "--purchases", "missing.csv"]);
    assert!(why.contains("missing.csv") && why.contains("cannot be read"), "{why}");
    place.write("odd.csv", "a;b\n1;2\n");
    let why = place.refused(&["plan", "--purchases", "odd.csv"]);
    assert!(why.contains("odd.csv: no row has a heading for suppliers; write a row of headings"), "{why}");
    // Looking makes no store.
    assert!(!place.path("data/kemkoll/follow-ups.sqlite").exists());
}

#[test]
fn a_letter_asks_what_is_open_in_both_languages() {
    let place = Place::new();
    place.declare("a.csv", "Exempel AB", &[("A-1", "0,5 %"), ("A-2", "0,01 %"), ("A-3", "0,3 %"), ("A-4", "")]);
    place.check();
    let today = place.say(0, &["deviation", "list", "--format", "json"]);
    let today = serde_json::from_str::<serde_json::Value>(&today).unwrap()["rows"][0]["discovered"].as_str().unwrap().to_string();
    let id = place.ids(&["follow-up", "list"]).remove(0);
    place.say(0, &["follow-up", "amend", &id, "--diary-number", "RA 2026-117", "--responsible", "miljöstrateg"]);
    let deviations = place.json(&["deviation", "list"]);
    let of = |article: &str| {
        let rows = deviations["rows"].as_array().unwrap();
        rows.iter().find(|row| row["article_number"] == article).unwrap()["id"].as_str().unwrap().to_string()
    };
    place.say(0, &["deviation", "request-plan", &of("A-3"), "--deadline", "2026-12-10", "--on", "2026-11-25"]);
    let ask = ["report", "letter", &id[..10], "--rules", "rules.toml", "--on", "2026-12-01"];
    let swedish = place.say(0, &[&ask[..], &["--lang", "sv"]].concat());
    expected("sv.txt", &settled(&swedish, &today));
    let english = place.say(0, &[&ask[..], &["--lang", "en", "--answer-by", "2027-01-15"]].concat());
    expected("en.txt", &settled(&english, &today));
    let page = place.say(0, &[&ask[..], &["--lang", "sv", "--format", "html"]].concat());
    expected("sv.html", &settled(&page, &today));
    // To a file, whose ending says what it is.
    assert_eq!(place.say(0, &[&ask[..], &["--lang", "sv", "--out", "brev.html"]].concat()), "");
    assert_eq!(fs::read_to_string(place.path("brev.html")).unwrap(), page);
    let why = place.refused(&[&ask[..], &["--out", "missing/brev.txt"]].concat());
    assert!(why.contains("cannot be written"), "{why}");
    let why = place.refused(&[&ask[..], &["--answer-by", "2026-11-30"]].concat());
    assert!(why.contains("before the day of the letter"), "{why}");

    // What is over is not in it; what is answered is told, and not asked again.
    place.say(0, &["deviation", "withdraw", &of("A-1"), "--reason", "hemligt skäl"]);
    place.say(
        0,
        &["deviation", "accept-plan", &of("A-3"), "--deadline", "2027-02-01", "--corrective", "byter stabilisator", "--on", "2026-11-26"],
    );
    let letter = place.say(0, &ask);
    assert!(!letter.contains(&of("A-1")) && !letter.contains("0.5 %") && !letter.contains("hemligt"), "{letter}");
    assert!(letter.contains("agreed: byter stabilisator") && letter.contains("Answer by 2027-02-01."), "{letter}");
    place.say(0, &["deviation", "report-measure", &of("A-3"), "--text", "bytt", "--on", "2026-11-28"]);
    let letter = place.say(0, &ask);
    assert!(letter.contains("You have answered these already") && !letter.contains("Answer with"), "{letter}");
    // A plan that is due before the letter is late.
    let late = place.say(0, &["report", "letter", &id, "--rules", "rules.toml", "--on", "2026-12-20"]);
    assert!(!late.contains("at once"), "a measure that was reported is not awaited: {late}");
}

#[test]
fn nothing_to_ask_is_said_and_no_letter_is_written() {
    let place = Place::new();
    place.declare("a.csv", "Exempel AB", &[("A-2", "0,01 %")]);
    place.check();
    let id = place.ids(&["follow-up", "list"]).remove(0);
    let said = place.say(0, &["report", "letter", &id, "--out", "brev.txt"]);
    assert_eq!(said, format!("{id}: nothing to ask: no open deviations and nothing undecided; no letter\n"));
    assert!(!place.path("brev.txt").exists());
    let planned = place.say(0, &["follow-up", "plan", "--supplier", "Annan AB"]);
    let planned = planned.split(':').next().unwrap().to_string();
    assert!(place.say(0, &["report", "letter", &planned]).contains("nothing has been checked yet"));
    place.say(0, &["follow-up", "cancel", &planned, "--reason", "dubbel"]);
    assert!(place.say(0, &["report", "letter", &planned, "--lang", "sv"]).contains("uppföljningen är inställd"));
    let why = place.refused(&["report", "letter", "f-ffff"]);
    assert!(why.contains("no follow-up is named `f-ffff`"), "{why}");
}

#[test]
fn a_letter_holds_nothing_of_anybody_else() {
    let mut place = Place::new();
    place.declare("a.csv", "Exempel AB", &[("A-1", "0,5 %"), ("A-4", "")]);
    place.declare("zebra/hemlig-fil.csv", "Zebra Konkurrent AB", &[("ZK-77", "0,7 %"), ("ZK-78", "")]);
    place.check();
    // Another organisation follows up the same supplier in the same store.
    place.organisation = "Region Zeta";
    place.declare("a.csv", "Exempel AB", &[("ZETA-1", "0,9 %")]);
    place.check();
    place.organisation = "Region A";
    let of = |supplier: &str, organisation: &str| {
        let found = place.json(&["follow-up", "list", "--supplier", supplier, "--organisation", organisation]);
        found["rows"][0]["id"].as_str().unwrap().to_string()
    };
    // `--organisation` chooses the rows here; who asks is told by the environment.
    let own = of("exempel", "Region A");
    let zebra = of("zebra", "Region A");
    let zeta = of("exempel", "Region Zeta");
    place.say(0, &["follow-up", "note", &own, "internt: tjänsteperson misstänker fusk"]);
    let zebra_deviations = place.ids(&["deviation", "list", "--supplier", "zebra"]);
    for format in ["text", "html"] {
        for lang in ["sv", "en"] {
            let letter = place.say(0, &["report", "letter", &own, "--on", "2026-12-01", "--format", format, "--lang", lang]);
            assert!(letter.contains("A-1") && letter.contains("A-4") && letter.contains("a.csv"), "{letter}");
            let lower = letter.to_lowercase();
            for secret in ["zebra", "zk-7", "hemlig-fil", "zeta", "0,7", "0.7", "0,9", "0.9", "7000", "9000", "internt", "fusk", "in/a.csv"]
            {
                assert!(!lower.contains(secret), "{secret} in {letter}");
            }
            assert!(!letter.contains(&zebra) && !letter.contains(&zeta));
            assert!(zebra_deviations.iter().all(|id| !letter.contains(id)));
        }
    }
    let why = place.refused(&["report", "letter", &zeta]);
    assert!(why.contains("is a follow-up of Region Zeta; only whose it is writes to the supplier"), "{why}");
}

#[test]
fn hostile_texts_neither_steer_a_terminal_nor_run_in_a_page() {
    let place = Place::new();
    let evil = "<script>alert(1)</script>\u{1b}[31m\u{202e}Röd\u{7}'\"&";
    place.write(
        "in/a.csv",
        &format!("Leverantör,Artikelnummer,Produkt,Material,CAS-nummer,Ämne,Halt\nExempel <b>AB</b>,A-1,\"{}\",\"<img src=x onerror=alert(2)>\",7439-92-1,Bly,0.5 %\n", evil.replace('"', "\"\"")),
    );
    place.check();
    let id = place.ids(&["follow-up", "list"]).remove(0);
    let letter = place.say(0, &["report", "letter", &id]);
    assert!(!letter.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{letter:?}");
    let page = place.say(0, &["report", "letter", &id, "--format", "html"]);
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"), "{page}");
    assert!(
        page.contains("&lt;script&gt;") && page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"),
        "{page}"
    );
    assert!(!page.contains(['\u{1b}', '\u{7}', '\u{202e}']));
}

fn section<'a>(plan: &'a serde_json::Value, id: &str) -> &'a Vec<serde_json::Value> {
    let sections = plan["sections"].as_array().unwrap();
    sections.iter().find(|section| section["id"] == id).unwrap_or_else(|| panic!("{id}"))["rows"].as_array().unwrap()
}

fn column<'a>(rows: &'a [serde_json::Value], id: &str) -> Vec<&'a serde_json::Value> {
    rows.iter().map(|row| &row[id]).collect()
}

const PURCHASES: &str = "Leverantör;Varugrupp;Avtal;Inköpsvärde (kr per år);Exponering;Antal produkter;Handläggare
Stora AB;medical-device/infusion;infusion-2026;4 000 000;;50;NN
Exempel AB;handskar;handskar-2025;1000000;hud;12;NN
Möbler AB;furniture/upholstered;;250 000 kr;;;NN
Okänt AB;rymdfärd;;1,000;;;NN
Summa;;;5 251 000;;;
";

#[test]
fn the_first_year_is_planned_from_purchases_alone() {
    let place = Place::new();
    place.write("köp.csv", PURCHASES);
    let plan = place.json(&["plan", "--purchases", "köp.csv", "--as-of", "2026-11-22"]);
    assert_eq!(plan["report"], "plan");
    let ranks = section(&plan, "rank");
    assert_eq!(column(ranks, "supplier"), ["Stora AB", "Exempel AB", "Möbler AB", "Okänt AB"]);
    assert_eq!(column(ranks, "place"), [1, 2, 3, 4]);
    let points = section(&plan, "points");
    assert_eq!(column(points, "volume"), [4, 3, 2, 2]);
    assert_eq!(column(points, "exposure"), [4, 3, 2, 2]);
    assert_eq!(column(points, "time"), [4, 4, 4, 4]);
    for (row, rank) in points.iter().zip(ranks) {
        let parts = ["volume", "exposure", "hazard", "deviations", "time"];
        let sum: u64 = parts.iter().map(|part| row[part].as_u64().unwrap()).sum();
        assert_eq!((&row["points"], &row["supplier"]), (&sum.into(), &rank["supplier"]));
        assert_eq!(rank["points"], sum);
        assert_eq!(rank["reasons"].as_array().unwrap().len(), parts.len());
    }
    // 50 products, none looked at: 19 of them show that at most five fail. Without a number it takes 29.
    let areas = section(&plan, "areas");
    let area = |id: &str| areas.iter().find(|row| row["category_id"] == id).unwrap();
    assert_eq!((&area("medical-device/infusion")["bought"], &area("medical-device/infusion")["more_needed"]), (&50.into(), &19.into()));
    assert_eq!(
        (&area("furniture/upholstered")["bought"], &area("furniture/upholstered")["more_needed"]),
        (&serde_json::Value::Null, &29.into())
    );
    assert_eq!(area("furniture/upholstered")["at_most_percent"], serde_json::Value::Null);
    let sizes = section(&plan, "sample-sizes");
    assert_eq!(column(sizes, "at_most_5"), [59, 93, 124, 153]);
    assert_eq!(column(sizes, "at_most_10"), [29, 46, 61, 76]);
    assert_eq!(column(sizes, "at_most_20"), [14, 22, 30, 37]);
    // What could not be used is told with its cell.
    assert_eq!(column(section(&plan, "purchases"), "place"), ["B5", "D5", "A6"]);
    let told = plan["sections"].as_array().unwrap().iter().find(|section| section["id"] == "purchases").unwrap()["intro"].to_string();
    assert!(told.contains("Handläggare"), "{told}");
    assert!(!place.path("data/kemkoll/follow-ups.sqlite").exists(), "looking makes no store");

    // The same from a spreadsheet, in which numbers are numbers.
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("Inköp").unwrap();
    sheet.write(0, 0, "Inköp 2026").unwrap();
    for (row, line) in (2..).zip(PURCHASES.lines()) {
        for (column, cell) in (0..).zip(line.split(';')) {
            match cell.replace([' ', 'k', 'r'], "").parse::<f64>() {
                Ok(number) => drop(sheet.write(row, column, number).unwrap()),
                Err(_) => drop(sheet.write(row, column, cell).unwrap()),
            }
        }
    }
    book.save(place.path("köp.xlsx")).unwrap();
    let again = place.json(&["plan", "--purchases", "köp.xlsx", "--as-of", "2026-11-22"]);
    assert_eq!(column(section(&again, "rank"), "supplier"), column(ranks, "supplier"));
    assert_eq!(column(section(&again, "rank"), "points"), column(ranks, "points"));
    assert_eq!(column(section(&again, "purchases"), "place"), ["Inköp!B7", "Inköp!D7", "Inköp!A8"]);

    // A share and a confidence of one's own, and a limit; every format and language is written.
    let plan = place.json(&["plan", "--purchases", "köp.csv", "--at-most", "8", "--confidence", "90", "--limit", "2"]);
    assert_eq!(column(section(&plan, "sample-sizes"), "at_most_wanted")[0], 28);
    assert_eq!(section(&plan, "rank").len(), 2);
    for format in ["text", "csv", "html"] {
        let swedish = place.say(0, &["plan", "--purchases", "köp.csv", "--format", format, "--lang", "sv", "--out", "plan.txt"]);
        assert_eq!(swedish, "");
    }
    let swedish = place.say(0, &["plan", "--purchases", "köp.csv", "--lang", "sv"]);
    assert!(swedish.contains("Vad som bör följas upp härnäst") && swedish.contains("29 slumpvis valda produkter"), "{swedish}");
}

#[test]
fn what_has_been_followed_up_moves_the_ranking() {
    let place = Place::new();
    place.write("köp.csv", PURCHASES);
    place.declare("a.csv", "Exempel AB", &[("A-1", "0,5 %"), ("A-2", "0,01 %"), ("A-3", "0,02 %")]);
    place.check();
    let plan = place.json(&["plan", "--purchases", "köp.csv"]);
    // It is under way, so it comes last; what is known of it is told.
    let ranks = section(&plan, "rank");
    let last = ranks.last().unwrap();
    let points = section(&plan, "points").last().unwrap();
    assert_eq!((&last["supplier"], &last["products"], &last["failing"]), (&"Exempel AB".into(), &3.into(), &1.into()));
    assert_eq!((&points["deviations"], &points["time"]), (&4.into(), &0.into()));
    let id = place.ids(&["follow-up", "list"]).remove(0);
    assert_eq!(last["handled"].as_array().unwrap(), &[format!("{}: under way", &id[..10])]);
    // 1 of 3 of the 12 that are bought: what that shows, and that 10 % can be shown no more with ease.
    let area = section(&plan, "areas").iter().find(|row| row["category_id"] == "gloves").unwrap();
    assert_eq!((&area["bought"], &area["decided"], &area["failing"]), (&12.into(), &3.into(), &1.into()));
    assert_eq!(area["at_most_of_bought"], 9);
    assert_eq!(area["more_needed"], 9);

    // Decided, and not mended: nobody handles it any more, and that counts.
    let close = ["follow-up", "close", &id, "--outcome", "not-remedied", "--decision", "avtalet sägs upp"];
    place.say(0, &close);
    let plan = place.json(&["plan", "--purchases", "köp.csv"]);
    let unit = section(&plan, "rank").iter().find(|row| row["supplier"] == "Exempel AB").unwrap();
    assert_eq!(unit["handled"], serde_json::Value::Null);
    assert!(unit["reasons"].to_string().contains("4 earlier deviations: "), "{unit}");
    assert_eq!(section(&plan, "rank").last().unwrap()["supplier"], "Okänt AB");

    // Without purchases the store alone is ranked; and a planned follow-up is told.
    place.say(0, &["follow-up", "plan", "--supplier", "Nya AB"]);
    let plan = place.json(&["plan"]);
    assert_eq!(column(section(&plan, "rank"), "supplier"), ["Exempel AB", "Nya AB"]);
    assert_eq!(column(section(&plan, "points"), "volume"), [0, 0]);
    // Nothing differs from run to run.
    assert_eq!(place.say(0, &["plan", "--as-of", "2027-01-01"]), place.say(0, &["plan", "--as-of", "2027-01-01"]));
}
