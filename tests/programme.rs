//! Reports on product areas and on contract products, from stores that the program itself filled: what they say in both
//! languages, and that nothing of anybody is in what is published, in any format.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// What each supplier of an invented contract declares: (supplier, what of, how much), one product each.
struct Purchase {
    contract: &'static str,
    category: &'static str,
    /// Whether the contract bans what the Candidate List only asks to be told of.
    bans: bool,
    products: Vec<(char, &'static str, &'static str)>,
}

const LEAD: &str = "7439-92-1;Bly";
const DEHP: &str = "117-81-7;DEHP";
/// Below every limit.
const LITTLE: &str = "0,01 %";
const MUCH: &str = "0,5 %";

/// Five contracts. In three areas there are five suppliers and more; textiles come from three, toys from two.
fn purchases() -> Vec<Purchase> {
    let products = |suppliers: &str, number: usize, odd: &[(&str, &'static str, &'static str)]| {
        let each = |supplier: char| {
            let odd: Vec<_> =
                odd.iter().filter(|(whose, ..)| whose.contains(supplier)).map(|(_, what, how)| (supplier, *what, *how)).collect();
            let plain = vec![(supplier, LEAD, LITTLE); number - odd.len()];
            [odd, plain].concat()
        };
        suppliers.chars().flat_map(each).collect()
    };
    let purchase = |contract, category, bans, products| Purchase { contract, category, bans, products };
    let gloves = [("ABCD", DEHP, MUCH), ("BEF", LEAD, MUCH), ("AFGH", LEAD, "")];
    let displays = [("LMNO", LEAD, MUCH), ("NOP", DEHP, ""), ("P", DEHP, MUCH)];
    vec![
        purchase("handskar", "medical-device/gloves", true, products("ABCDEFGH", 4, &gloves)),
        purchase("skärmar", "eee/3-it-telecom/display", true, products("LMNOPQ", 4, &displays)),
        purchase("soffor", "furniture/upholstered", false, products("AFGHI", 3, &[("AFG", DEHP, MUCH)])),
        purchase("textil", "textile/care", true, products("ABC", 2, &[("A", LEAD, MUCH)])),
        purchase("leksaker", "toy", true, products("JK", 2, &[("J", LEAD, MUCH)])),
    ]
}

/// One person's machine at an organisation.
struct Office {
    folder: TempDir,
    organisation: &'static str,
}

/// Marks whatever must not be told: no word of the program has it.
const SECRET: &str = "Qzx";

impl Office {
    fn new(organisation: &'static str) -> Office {
        Office { folder: tempfile::tempdir().unwrap(), organisation }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kemkoll"))
            .current_dir(self.folder.path())
            .env_remove("RUST_BACKTRACE")
            .env("LC_ALL", "C")
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("KEMKOLL_ORGANISATION", self.organisation)
            .env("KEMKOLL_AUTHOR", "Qzxförfattare")
            .env("KEMKOLL_STORE", "store.sqlite")
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
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{arguments:?}");
        text(&output.stderr)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.say(0, &[arguments, &["--format", "json"]].concat())).unwrap()
    }

    /// Checks what is bought, contract by contract, and records it. `mark` stands before every name.
    fn check(&self, purchases: &[Purchase], mark: &str) {
        for Purchase { contract, category, bans, products } in purchases {
            let mut files: BTreeMap<char, String> = BTreeMap::new();
            for (number, (supplier, what, how)) in products.iter().enumerate() {
                let head = "Leverantör;Artikelnummer;Produkt;Kategori;Material;CAS-nummer;Ämne;Halt\n";
                files.entry(*supplier).or_insert_with(|| head.to_string()).push_str(&format!(
                    "{mark}Leverantör {supplier} AB;{mark}{contract}-{number};{mark}Modell {number};{category};{mark}Gummi;{what};{how}\n"
                ));
            }
            for (supplier, text) in files {
                self.write(&format!("in/{contract}/{mark}{supplier}.csv"), &text);
            }
            let tighten = "[[tighten]]\nrule = \"reach-candidate-list/article\"\nconsequence = \"contract\"\n";
            self.write(
                &format!("contracts/{contract}.toml"),
                &format!(
                    "[contract]\nid = \"{mark}{contract}\"\ntitle = {{ sv = \"{mark}Avtal\", en = \"Contract\" }}\nbuyer = \"{mark}Region\"\n\
                     award = 2025-01-01\nperiod = {{ from = 2025-02-01, to = 2029-01-31 }}\n\
                     rulesets = [\"reach-candidate-list\"]\n{}",
                    if *bans { tighten } else { "" }
                ),
            );
            let folder = format!("in/{contract}");
            let profile = format!("contracts/{contract}.toml");
            let asked = ["check", &folder, "--contract", &profile, "--as-of", "2026-06-01", "--fail-on", "never", "--follow-up"];
            self.say(0, &asked);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a report printed is what stands in a file of the repository; written there when the variable asks for it.
fn is_as_kept(name: &str, printed: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/programme").join(name);
    if std::env::var_os("KEMKOLL_WRITE_EXPECTED").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, printed).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(printed, kept, "{name} differs; set KEMKOLL_WRITE_EXPECTED to write it anew, and read it");
}

#[test]
fn areas_and_contract_products_are_reported_in_both_languages() {
    let office = Office::new("Region A");
    office.check(&purchases(), "");
    for lang in ["sv", "en"] {
        is_as_kept(&format!("area.{lang}.txt"), &office.say(0, &["report", "area", "--lang", lang]));
        is_as_kept(&format!("kpi.{lang}.txt"), &office.say(0, &["report", "kpi", "--target", "75", "--lang", lang]));
    }
    is_as_kept("area.csv", &office.say(0, &["report", "area", "--format", "csv", "--lang", "en"]));

    // Toys, of two suppliers, are put together with the smallest of the others.
    let report = office.json(&["report", "area", "--lang", "en"]);
    let told = report.to_string();
    assert!(told.contains("other areas") && !told.contains("toys") && !told.contains("textiles"), "{report:#}");
    // The same again is the same, byte for byte; and so it is over other levels of confidence but for the intervals.
    assert_eq!(office.json(&["report", "area", "--lang", "en"]), report);

    // The figures of contracts, chosen and counted.
    let gloves = office.json(&["report", "kpi", "--contract", "handskar", "--lang", "en"]).to_string();
    assert!(gloves.contains("Of 32 contract products"), "{gloves}");
    let furniture = office.json(&["report", "kpi", "--category", "furniture", "--lang", "en"]).to_string();
    assert!(furniture.contains("Of 15 contract products"), "{furniture}");
    let none = office.say(0, &["report", "kpi", "--category", "battery", "--lang", "en"]);
    assert!(none.contains("No products under contracts were followed up."), "{none}");
    let wrong = office.refused(&["report", "kpi", "--contract", "handske", "--category", "handske", "--lang", "en"]);
    assert!(wrong.contains("contract `handske`") && wrong.contains("`handske` is no category"), "{wrong}");
    // Of years before anything was checked there is nothing.
    let before = office.say(0, &["report", "area", "--until-year", "2020", "--lang", "en"]);
    assert!(before.contains("Nothing can be published"), "{before}");
    assert!(office.refused(&["report", "area", "--store", "nowhere.sqlite", "--lang", "en"]).contains("nowhere.sqlite"));
}

/// All that stands in a file, with what is packed in it.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut all = bytes.to_vec();
    if let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) {
        for at in 0..archive.len() {
            let mut member = archive.by_index(at).unwrap();
            all.extend(member.name().unwrap().bytes());
            member.read_to_end(&mut all).unwrap();
        }
    }
    all
}

#[test]
fn nothing_of_anybody_is_in_what_is_published() {
    let office = Office::new("Qzx Region");
    let mut purchases = purchases();
    // Words that others may have put where categories stand.
    purchases.push(Purchase {
        contract: "annat",
        category: "Qzx-kategori",
        bans: true,
        products: "ABCD".chars().map(|supplier| (supplier, LEAD, MUCH)).collect(),
    });
    office.check(&purchases, SECRET);
    // Somebody else's, which are shared.
    let other = Office::new("Qzx Kommun");
    other.check(&self::purchases()[..1], "QzxB");
    let listed = other.json(&["follow-up", "list", "--all"]);
    for row in listed["rows"].as_array().unwrap() {
        other.say(0, &["follow-up", "close", row["id"].as_str().unwrap(), "--outcome", "not-remedied", "--decision", "QzxBeslut"]);
    }
    let bundle = office.path("bundle.kemkoll.gz");
    let key = office.path("other.key");
    other.say(0, &["share", "export", "--to", bundle.to_str().unwrap()]);
    other.say(0, &["share", "keys", "export", "--to", key.to_str().unwrap()]);
    let alone = office.say(0, &["report", "area"]);
    office.say(0, &["share", "keys", "import", "other.key"]);
    office.say(0, &["share", "import", "bundle.kemkoll.gz"]);
    assert_ne!(office.say(0, &["report", "area"]), alone, "what was shared counts");

    fs::create_dir(office.path("out")).unwrap();
    let mut written = 0;
    for (number, more) in
        [&[][..], &["--by", "area"], &["--depth", "2"], &["--depth", "4", "--confidence", "80"], &["--measured"], &["--from-year", "2024"]]
            .iter()
            .enumerate()
    {
        for lang in ["sv", "en"] {
            for format in ["text", "json", "csv", "html", "xlsx"] {
                let out = format!("out/{number}.{lang}.{format}");
                let asked = [&["report", "area", "--lang", lang, "--format", format, "--out", &out], *more].concat();
                let said = office.run(&asked);
                assert_eq!(said.status.code(), Some(0), "{asked:?}\n{}", text(&said.stderr));
            }
        }
    }
    for entry in fs::read_dir(office.path("out")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = unpacked(&fs::read(&path).unwrap());
        let found = bytes.windows(SECRET.len()).position(|window| window.eq_ignore_ascii_case(SECRET.as_bytes()));
        assert!(found.is_none(), "{}: …{}…", path.display(), text(&bytes[found.unwrap_or(0)..(found.unwrap_or(0) + 40).min(bytes.len())]));
        assert!(bytes.len() > 100, "{}", path.display());
        written += 1;
    }
    assert!(written >= 60, "{written}");
    // It is looked for where it is: one's own report names contracts.
    assert!(office.say(0, &["report", "kpi"]).contains(SECRET));
}
