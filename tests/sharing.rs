//! Sharing on the command line: bundles and keys, what is refused, looking a product up, rechecking what is stored, and a
//! story of three organisations with two stores each.

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use kemkoll::follow_up::shared::{Policy, Record};
use kemkoll::follow_up::trust::Trust;
use kemkoll::follow_up::{Content, Moment};
use kemkoll::share::exchange::{KEYS, Reader, read_shared, stream_of};
use kemkoll::share::{self, Draft, Location, Signer, Store, Upgrade, Writer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Invented rules; `limit` in percent.
fn rules(limit: &str) -> String {
    format!(
        r#"
[ruleset]
id = "test"
title = {{ sv = "Prov", en = "Test" }}
authority = "Test"
legal_basis = "Test"
version = "1"
consequence = "restriction"

[[rule]]
id = "test/lead"
title = {{ sv = "Bly", en = "Lead" }}
substances = {{ cas = ["7439-92-1"] }}
limit = {{ above = "{limit} %", of = "homogeneous-material" }}
count = "sum"
severity = "major"
"#
    )
}

/// A contract awarded long ago, that may tighten the limit.
fn contract(id: &str, tighten: Option<&str>) -> String {
    let tightened = tighten.map_or_else(String::new, |limit| {
        format!("\n[[tighten]]\nrule = \"test/lead\"\nlimit = {{ above = \"{limit} %\", of = \"homogeneous-material\" }}\n")
    });
    format!(
        "[contract]\nid = \"{id}\"\ntitle = {{ sv = \"Avtal\", en = \"Contract\" }}\nbuyer = \"Region\"\naward = 2025-01-01\n\
         period = {{ from = 2025-02-01, to = 2029-01-31 }}\nrulesets = [\"rules.toml\"]\n{tightened}"
    )
}

/// One person's machine at an organisation.
struct Office {
    folder: TempDir,
    organisation: &'static str,
    store: String,
}

impl Office {
    fn new(organisation: &'static str) -> Office {
        let office = Office { folder: tempfile::tempdir().unwrap(), organisation, store: "store.sqlite".to_string() };
        office.write("rules.toml", &rules("0.1"));
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A declaration: article numbers with the amount of lead in each.
    fn declare(&self, supplier: &str, products: &[(&str, &str)]) {
        let mut text = "Leverantör;Artikelnummer;Produkt;Material;CAS-nummer;Ämne;Halt\n".to_string();
        for (article, amount) in products {
            text.push_str(&format!("{supplier};{article};Handske {article};Gummi;7439-92-1;Bly;{amount}\n"));
        }
        self.write("in/a.csv", &text);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kemkoll"))
            .current_dir(self.folder.path())
            .env_remove("RUST_BACKTRACE")
            .env("LC_ALL", "C")
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("KEMKOLL_ORGANISATION", self.organisation)
            .env("KEMKOLL_AUTHOR", "AB")
            .env("KEMKOLL_STORE", &self.store)
            .args(arguments)
            .output()
            .unwrap()
    }

    fn say(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// Expects an exit code, and gives the message.
    fn complains(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stderr)
    }

    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.say(code, &[arguments, &["--format", "json"]].concat())).unwrap()
    }

    /// Checks what is declared, under a contract, and records it.
    fn check(&self, contract: &str) {
        self.write("contracts/own.toml", contract);
        let output =
            self.run(&["check", "in", "--contract", "contracts/own.toml", "--as-of", "2026-06-01", "--fail-on", "never", "--follow-up"]);
        assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    }

    fn follow_up(&self) -> String {
        let found = self.json(0, &["follow-up", "list", "--all"]);
        found["rows"].as_array().unwrap().iter().find(|row| row["organisation"] == self.organisation).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_string()
    }

    fn open(&self) -> Box<dyn Store> {
        let location =
            if self.store.starts_with("postgres") { Location::Url(self.store.clone()) } else { Location::File(self.path(&self.store)) };
        share::open(&location, Upgrade::OwnOnly, Moment(0)).unwrap()
    }

    fn signer(&self) -> Signer {
        Signer::load_or_make(&self.path("data/kemkoll/signing.key")).unwrap()
    }

    /// Trusts the keys of all these.
    fn trust(&self, others: &[&Office]) {
        let signer = self.signer();
        let writer = Writer { organisation: self.organisation, author: "AB", signer: &signer, now: Moment(1_795_305_600_000) };
        let drafts: Vec<Draft> = others
            .iter()
            .map(|other| Draft {
                subject: KEYS.to_string(),
                content: Content::KeyTrusted {
                    on: jiff::civil::date(2026, 11, 22),
                    organisation: other.organisation.to_string(),
                    key: other.signer().public().to_string(),
                },
            })
            .collect();
        self.open().append(&writer, &mut |_| Ok(drafts.clone())).unwrap();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn pack(path: &Path, text: &str) {
    let mut packed = GzEncoder::new(fs::File::create(path).unwrap(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap();
}

/// An office that has closed a follow-up of a product without deviations.
fn shared_from(organisation: &'static str, contract_id: &str) -> Office {
    let office = Office::new(organisation);
    office.declare("Exempel AB", &[("A-1", "0,05 %"), ("A-2", "0,01 %")]);
    office.check(&contract(contract_id, None));
    let id = office.follow_up();
    office.say(0, &["follow-up", "close", &id, "--outcome", "no-deviations", "--decision", "granskat av Anna Andersson"]);
    office
}

#[test]
fn a_bundle_goes_from_one_to_another() {
    let a = shared_from("Region A", "avtal-a");
    let b = Office::new("Region B");
    let told = a.json(0, &["share", "export", "--to", "bundle.kemkoll.gz"]);
    assert_eq!((&told["products"], &told["withheld"], &told["new_events"]), (&2.into(), &0.into(), &2.into()));
    let bundle = a.path("bundle.kemkoll.gz");
    let first = fs::read(&bundle).unwrap();
    // The same again is the same to the byte.
    assert_eq!(a.json(0, &["share", "export", "--to", "bundle.kemkoll.gz"])["new_events"], 0);
    assert_eq!(fs::read(&bundle).unwrap(), first);
    let plain = unpacked(&bundle);
    assert!(plain.starts_with("{\"kemkoll_bundle\":1,\"organisation\":\"Region A\",\"policy\":\"findings\""), "{plain}");
    for secret in ["Anna", "AB\"", "a.csv", "Gummi", "Handske", "granskat"] {
        let told = plain.replace("Exempel AB", "");
        assert!(!told.contains(secret), "{secret} left");
    }
    let path = bundle.to_str().unwrap();
    let why = b.complains(3, &["share", "import", path]);
    assert!(why.contains("Region A") && why.contains("not trusted"), "{why}");
    assert_eq!(b.open().since(0, 10).unwrap().len(), 0);
    // Keys are shown, written, compared and trusted.
    a.say(0, &["share", "keys", "export", "--to", "a.key"]);
    let key = a.path("a.key");
    let said = b.say(0, &["share", "keys", "import", key.to_str().unwrap()]);
    assert!(said.contains("Region A") && said.contains("trusted"), "{said}");
    assert!(b.say(0, &["share", "keys"]).contains("trusted since"));
    let told = b.json(0, &["share", "import", path]);
    assert_eq!((&told["bundles"][0]["organisation"], &told["bundles"][0]["new_events"]), (&"Region A".into(), &2.into()));
    assert_eq!(b.json(0, &["share", "import", path])["bundles"][0]["new_events"], 0);
    assert!(b.say(0, &["follow-up", "verify"]).contains("Everything holds"));

    // The same limits were asked for: it can be used.
    b.write("contracts/own.toml", &contract("avtal-b", None));
    let mine = ["--contract", "contracts/own.toml"];
    let found = b.json(0, &[&["follow-up", "lookup", "--supplier", "exempel", "--article", "a-1"], &mine[..]].concat());
    let row = &found["rows"][0];
    assert_eq!(
        (&row["use"], &row["organisation"], &row["outcome"]),
        (&"reusable".into(), &"Region A".into(), &"no-deviations".into()),
        "{row:#}"
    );
    assert_eq!(row["own_limits"][0]["verdict"], "compliant");
    assert_eq!(row["own_limits"][0]["hi"], "500");
    // A stricter limit of one's own was not.
    b.write("contracts/own.toml", &contract("avtal-b", Some("0.02")));
    let found = b.json(0, &[&["follow-up", "lookup", "--supplier", "exempel", "--article", "A-1"], &mine[..]].concat());
    let row = &found["rows"][0];
    assert_eq!((&row["use"], &row["fails"][0]["condition"]), (&"for-reference".into(), &"limits".into()));
    assert_eq!(row["fails"][0]["missing"][0], "test/lead");
    assert_eq!(row["own_limits"][0]["verdict"], "non-compliant");
    // Nor is another method, nor what is too old.
    let late = ["--type", "laboratory", "--as-of", "2030-01-01"];
    let found = b.json(0, &[&["follow-up", "lookup", "--supplier", "exempel", "--article", "A-1"], &mine[..], &late[..]].concat());
    let fails: Vec<&str> = found["rows"][0]["fails"].as_array().unwrap().iter().map(|one| one["condition"].as_str().unwrap()).collect();
    assert_eq!(fails, ["limits", "method", "too-old"]);
    let page = b.say(0, &[&["follow-up", "lookup", "--supplier", "exempel", "--article", "A-1", "--lang", "sv"], &mine[..]].concat());
    assert!(page.contains("för kännedom") && page.contains("inte minst lika stränga") && page.contains("Region A"), "{page}");
    assert!(b.say(0, &[&["follow-up", "lookup", "--supplier", "annan", "--article", "A-1"], &mine[..]].concat()).contains("no known"));

    // What is stored is held against the stricter limit.
    let found = b.json(1, &[&["recheck"], &mine[..]].concat());
    assert_eq!((&found["products"], &found["shared"], &found["non_compliant"]), (&2.into(), &2.into(), &1.into()), "{found:#}");
    assert_eq!(found["rows"][0]["article_number"], "A-1");
    let page = b.say(1, &[&["recheck", "--lang", "sv"], &mine[..]].concat());
    assert!(page.contains("A-1") && page.contains("500 mg/kg") && page.contains("uppslag"), "{page}");
    b.say(0, &[&["recheck", "--fail-on", "never"], &mine[..]].concat());
    // And what one's own store holds too.
    a.write("contracts/own.toml", &contract("avtal-a", Some("0.02")));
    let found = a.json(1, &[&["recheck"], &mine[..]].concat());
    assert_eq!((&found["products"], &found["shared"], &found["non_compliant"]), (&2.into(), &0.into(), &1.into()));

    // A new version of the rules, contract by contract.
    a.write("new.toml", &rules("0.02"));
    let found = a.json(1, &["recheck", "--rules-diff", "rules.toml", "new.toml"]);
    let of = &found["contracts"][0];
    assert_eq!((&of["contract"], &of["products"]), (&"avtal-a".into(), &2.into()), "{found:#}");
    assert_eq!(of["changes"].as_array().unwrap().len(), 1);
    assert_eq!((&of["changes"][0]["article_number"], &of["changes"][0]["new"]["verdict"]), (&"A-1".into(), &"non-compliant".into()));
    let page = a.say(1, &["recheck", "--rules-diff", "rules.toml", "new.toml", "--lang", "sv"]);
    assert!(page.contains("avtal-a: 2 produkter, 1 får ett annat utfall"), "{page}");

    // A key that is revoked takes what it signed with it.
    b.say(0, &["share", "keys", "revoke", "Region A", "--reason", "förlorad dator"]);
    assert_eq!(b.json(0, &[&["recheck"], &mine[..]].concat())["products"], 0);
    let why = b.complains(3, &["share", "import", path]);
    assert!(why.contains("revoked"), "{why}");
    assert!(b.say(0, &["share", "keys", "list", "--lang", "sv"]).contains("ÅTERKALLAD"));
}

#[test]
fn a_bundle_that_is_not_what_it_says_is_refused_whole() {
    let a = shared_from("Region A", "avtal-a");
    let b = Office::new("Region B");
    b.trust(&[&a]);
    let before = b.open().since(0, 100).unwrap();
    a.say(0, &["share", "export", "--to", "bundle.kemkoll.gz"]);
    let good = fs::read(a.path("bundle.kemkoll.gz")).unwrap();
    let plain = unpacked(&a.path("bundle.kemkoll.gz"));
    let (header, rest) = plain.split_once('\n').unwrap();
    let bad = b.path("bad.kemkoll.gz");
    let refused = |wanted: &str| {
        let why = b.complains(3, &["share", "import", "bad.kemkoll.gz"]);
        assert!(why.contains(wanted), "{wanted}: {why}");
        assert_eq!(b.open().since(0, 100).unwrap(), before, "something was taken in");
    };
    pack(&bad, &plain.replace("\\\"hi\\\":\\\"500\\\"", "\\\"hi\\\":\\\"100\\\""));
    refused("altered");
    pack(&bad, &format!("{}\n{rest}", header.replace("\"products\":2", "\"products\":1")));
    refused("signature");
    pack(&bad, &format!("{}\n{rest}", header.replace("Region A", "Region C")));
    refused("signature");
    pack(&bad, &format!("{}\n{rest}", header.replace("\"kemkoll_bundle\":1", "\"kemkoll_bundle\":2")));
    refused("format 2");
    let without_last: Vec<&str> = plain.lines().take(plain.lines().count() - 1).collect();
    pack(&bad, &format!("{}\n", without_last.join("\n")));
    refused("altered");
    pack(&bad, &format!("{plain}{}\n", plain.lines().last().unwrap()));
    refused("altered");
    for cut in [3, 40, good.len() / 2, good.len() - 4] {
        fs::write(&bad, &good[..cut]).unwrap();
        let why = b.complains(3, &["share", "import", "bad.kemkoll.gz"]);
        assert!(why.contains("altered") || why.contains("no bundle"), "{cut}: {why}");
        assert_eq!(b.open().since(0, 100).unwrap(), before);
    }
    fs::write(&bad, b"hej").unwrap();
    refused("no bundle");
    pack(&bad, "{\"hej\":1}\n");
    refused("no bundle");
    // A bomb: a line that never ends, and a body that is longer than it may be.
    let mut packed = GzEncoder::new(fs::File::create(&bad).unwrap(), Compression::best());
    for _ in 0..64 {
        packed.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    packed.finish().unwrap();
    assert!(fs::metadata(&bad).unwrap().len() < 1 << 20);
    refused("no bundle");
    // The good one beside it is taken in all the same.
    fs::write(b.path("good.kemkoll.gz"), &good).unwrap();
    assert_eq!(b.json(3, &["share", "import", "."])["bundles"].as_array().unwrap().len(), 2);
    assert_eq!(b.open().since(0, 100).unwrap().len(), before.len() + 2);
    let limits = share::bundle::Limits { unpacked: 1000, events: 10 };
    let read = share::bundle::read_from(&good[..], limits, &|_, _| Ok(()));
    assert_eq!(read.err(), Some(share::bundle::Refused::TooLarge));
    let limits = share::bundle::Limits { unpacked: 1 << 20, events: 1 };
    let read = share::bundle::read_from(&good[..], limits, &|_, _| Ok(()));
    assert_eq!(read.err(), Some(share::bundle::Refused::TooLarge));
}

#[test]
fn what_may_not_leave_is_told_and_stays() {
    let a = Office::new("Region A");
    a.declare("Exempel AB", &[("A-1", "0,5 %"), ("A-2", "0,01 %")]);
    // Not awarded, whatever is decided.
    a.check(
        &contract("framtida", None)
            .replace("award = 2025-01-01", "award = 2039-01-01")
            .replace("from = 2025-02-01, to = 2029-01-31", "from = 2039-02-01, to = 2040-01-31"),
    );
    a.say(0, &["follow-up", "amend", &a.follow_up(), "--sharing", "full"]);
    let told = a.json(0, &["share", "export", "--dry-run"]);
    assert_eq!((&told["products"], &told["stay"]["before-award"]), (&0.into(), &2.into()), "{told:#}");
    assert_eq!(a.json(0, &["share", "export", "--to", "x.kemkoll.gz"])["products"], 0);
    assert!(!unpacked(&a.path("x.kemkoll.gz")).contains("Exempel"));
    // Not closed, nothing measured, nothing decided.
    let a = Office::new("Region A");
    a.declare("Exempel AB", &[("A-1", "0,5 %"), ("A-2", "0,01 %")]);
    a.check(&contract("avtal-a", None));
    assert_eq!(a.json(0, &["share", "export", "--dry-run"])["stay"]["open"], 2);
    assert!(a.say(0, &["share", "export", "--dry-run", "--lang", "sv"]).contains("inte avslutad och inget mätt"));
    // Decided: the finding that awaits the supplier's answer leaves without the supplier.
    a.say(0, &["follow-up", "amend", &a.follow_up(), "--sharing", "findings"]);
    let told = a.json(0, &["share", "export", "--to", "x.kemkoll.gz"]);
    assert_eq!((&told["products"], &told["withheld"]), (&2.into(), &1.into()));
    let plain = unpacked(&a.path("x.kemkoll.gz"));
    assert!(plain.contains("A-2") && !plain.contains("A-1") && plain.contains("withheld"), "{plain}");
    assert!(!plain.contains("Gummi"), "parts are the formulation");
    // Fewer still: verdicts only.
    a.say(0, &["share", "export", "--policy", "verdicts", "--to", "v.kemkoll.gz"]);
    let plain = unpacked(&a.path("v.kemkoll.gz"));
    assert!(plain.contains("A-2") && !plain.contains("7439-92-1"), "{plain}");
    // With the supplier's consent, and asked for, the parts too.
    let id = a.follow_up();
    a.say(0, &["follow-up", "amend", &id, "--sharing", "full"]);
    assert_eq!(a.json(0, &["share", "export", "--policy", "full", "--to", "f.kemkoll.gz"])["without_consent"], 2);
    assert!(!unpacked(&a.path("f.kemkoll.gz")).contains("Gummi"));
    a.say(0, &["follow-up", "amend", &id, "--consent", "2026-11-01", "--consent-reference", "mejl"]);
    a.say(0, &["share", "export", "--policy", "full", "--to", "f.kemkoll.gz"]);
    let plain = unpacked(&a.path("f.kemkoll.gz"));
    assert!(plain.contains("Gummi") && !plain.contains("mejl") && !plain.contains("A-1"), "{plain}");
    assert!(a.say(0, &["follow-up", "verify"]).contains("Everything holds"));
    let why = a.complains(2, &["share", "export", "--to", "no/such/folder/x.gz"]);
    assert!(why.contains("could not be written"), "{why}");
    a.write("config/kemkoll/settings.toml", "sharing = \"allt\"\n");
    assert!(a.complains(2, &["share", "export", "--dry-run"]).contains("is no policy"));
    a.write("config/kemkoll/settings.toml", "sharing = \"verdicts\"\n");
    assert_eq!(a.json(0, &["share", "export", "--to", "s.kemkoll.gz"])["bundle"]["policy"], "verdicts");
}

#[test]
fn a_shared_folder_is_enough() {
    let (a, b) = (shared_from("Region A", "avtal-a"), shared_from("Region B", "avtal-b"));
    a.trust(&[&b]);
    b.trust(&[&a]);
    let shared = tempfile::tempdir().unwrap();
    let folder = shared.path().to_str().unwrap();
    // Several at once, over and over.
    std::thread::scope(|scope| {
        for office in [&a, &b, &a, &b] {
            scope.spawn(move || {
                for _ in 0..3 {
                    office.say(0, &["share", "sync", folder]);
                }
            });
        }
    });
    a.say(0, &["share", "sync", folder]);
    let names: Vec<String> = fs::read_dir(shared.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.ends_with(".kemkoll.gz")), "{names:?}");
    for office in [&a, &b] {
        let found = office.json(0, &["recheck", "--rules", "rules.toml"]);
        assert_eq!((&found["products"], &found["shared"]), (&4.into(), &2.into()));
        assert!(office.say(0, &["follow-up", "verify"]).contains("Everything holds"));
    }
    // Whoever lets out less takes away what was let out before.
    a.say(0, &["share", "sync", folder, "--policy", "verdicts"]);
    let names: Vec<String> = fs::read_dir(shared.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.len() == 2 && names.iter().any(|name| name.starts_with("region-a-verdicts-")), "{names:?}");
    fs::write(shared.path().join("x.kemkoll.gz"), "skräp").unwrap();
    let why = b.complains(3, &["share", "sync", folder]);
    assert!(why.contains("x.kemkoll.gz") && why.contains("no bundle"), "{why}");
}

#[test]
fn laboratory_results_are_kept_as_measured() {
    let a = Office::new("Region A");
    a.declare("Exempel AB", &[("A-1", "0,05 %")]);
    a.write(
        "in/lab.csv",
        "Prov;Leverantör;Artikelnummer;Produkt;Material;Analyt;CAS;Resultat;Enhet;LOD;LOQ;Mätosäkerhet;Metod;Laboratorium;Ackreditering\n\
         P1;Exempel AB;A-1;Handske A-1;Gummi;Bly;7439-92-1;2500;mg/kg;1;5;250;SS-EN 16711-1;Analysbolaget;SWEDAC 1234\n\
         P2;Exempel AB;A-2;Handske A-2;Gummi;Bly;7439-92-1;<5;mg/kg;1;5;;SS-EN 16711-1;Analysbolaget;SWEDAC 1234\n",
    );
    a.check(&contract("avtal-a", None));
    let found = a.json(0, &["follow-up", "list", "--all"]);
    let mut kept: BTreeMap<(String, String), Value> = BTreeMap::new();
    for row in found["rows"].as_array().unwrap() {
        let shown = a.json(0, &["follow-up", "show", row["id"].as_str().unwrap()]);
        for entry in shown["history"].as_array().unwrap() {
            let content = &entry["content"];
            for seen in content["observations"].as_array().into_iter().flatten() {
                let product = content["product"]["article_number"].as_str().unwrap().to_string();
                kept.insert((product, content["method"].as_str().unwrap().to_string()), seen.clone());
            }
        }
    }
    let seen = &kept[&("A-1".to_string(), "laboratory".to_string())];
    assert_eq!(
        (&seen["evidence"], &seen["verdict"], &seen["lo"]),
        (&"measured".into(), &"non-compliant".into(), &"2500".into()),
        "{seen:#}"
    );
    let how = &seen["measured"][0];
    let wanted = serde_json::json!({
        "sample": "P1", "method": "SS-EN 16711-1", "laboratory": "Analysbolaget", "accreditation": "SWEDAC 1234",
        "lod": "1", "loq": "5", "uncertainty": "250",
    });
    assert_eq!(how, &wanted);
    let seen = &kept[&("A-2".to_string(), "laboratory".to_string())];
    assert_eq!(
        (&seen["evidence"], &seen["verdict"], &seen["measured"][0]["loq"]),
        (&"measured".into(), &"compliant".into(), &"5".into()),
        "{seen:#}"
    );
    // The measured value stands in for the declared one, and says how it was measured.
    let seen = &kept[&("A-1".to_string(), "declaration".to_string())];
    assert_eq!((&seen["evidence"], &seen["measured"][0]["laboratory"]), (&"measured".into(), &"Analysbolaget".into()), "{seen:#}");
    // Measured observations go out without a decision; the breach that nobody has asked about without the supplier.
    let told = a.json(0, &["share", "export", "--to", "x.kemkoll.gz"]);
    assert!(told["products"].as_u64().unwrap() >= 2 && told["withheld"].as_u64().unwrap() >= 1, "{told:#}");
    let plain = unpacked(&a.path("x.kemkoll.gz"));
    assert!(plain.contains("A-2") && plain.contains("SS-EN 16711-1") && !plain.contains("A-1\\\""), "{plain}");
    let found = a.json(1, &["recheck", "--rules", "rules.toml"]);
    assert_eq!(found["rows"][0]["findings"][0]["measured"], true, "{found:#}");
}

/// What a store has of what others published from their stores, by stream and subject.
fn seen(office: &Office, all: &[&Office]) -> BTreeMap<String, BTreeMap<String, Record>> {
    let mut store = office.open();
    let signer = office.signer();
    let trust = Trust::of(office.organisation, store.events(KEYS).unwrap());
    let mut found: BTreeMap<String, BTreeMap<String, Record>> = BTreeMap::new();
    for other in all {
        let stream = stream_of(other.open().id(), other.organisation, Policy::Findings);
        let mut reader = Reader::new(&*store, office.organisation, signer.public(), &trust);
        // To compare, also what the store itself published.
        reader.own_streams.clear();
        let mut of_stream = BTreeMap::new();
        store
            .each("s-", &mut |subject, events| {
                let own = events.into_iter().filter(|event| event.stream == stream).collect();
                if let Some(shared) = read_shared(subject, own, &reader) {
                    of_stream.insert(subject.to_string(), shared.record);
                }
                Ok(())
            })
            .unwrap();
        found.insert(format!("{} {stream}", other.organisation), of_stream);
    }
    found
}

#[test]
fn three_organisations_with_two_stores_each_end_with_the_same() {
    let mut offices: Vec<Office> = ["Region A", "Region A", "Region B", "Region B", "Region C", "Region C"].map(Office::new).into();
    // One of them keeps its follow-ups in PostgreSQL.
    #[cfg(feature = "postgres")]
    if let Some(server) = crate::server::server() {
        offices[3].store = server.database();
    }
    offices[0].store = "own.sqlite".to_string();
    let limits = [None, Some("0.05"), None, Some("0.02"), Some("0.08"), None];
    let amounts = ["0,5 %", "0,09 %", "0,06 %", "0,03 %", "0,01 %"];
    let mut seed = 20_261_122_u64;
    let mut below = |number: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % number
    };
    let everybody: Vec<&Office> = offices.iter().collect();
    for (at, office) in offices.iter().enumerate() {
        let others: Vec<&Office> = everybody.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, office)| *office).collect();
        office.trust(&others);
    }
    let check = |at: usize, shift: usize| {
        let office = &offices[at];
        let products: Vec<(&str, &str)> =
            ["A-1", "A-2", "A-3"].into_iter().zip((0..3).map(|number| amounts[(number + shift) % 5])).collect();
        office.declare("Exempel AB", &products);
        office.check(&contract(&format!("avtal-{at}"), limits[at]));
        office.say(0, &["follow-up", "amend", &office.follow_up(), "--sharing", "findings"]);
    };
    let mail = tempfile::tempdir().unwrap();
    let mut sent: Vec<PathBuf> = Vec::new();
    for round in 0..3 {
        for (at, office) in offices.iter().enumerate() {
            // Something changes now and then.
            if round == 0 || below(2) == 0 {
                check(at, round + at);
            }
            let path = mail.path().join(format!("{round}-{at}.kemkoll.gz"));
            office.say(0, &["share", "export", "--to", path.to_str().unwrap()]);
            sent.push(path);
        }
        // Bundles arrive in any order, some never, some twice.
        for _ in 0..10 {
            let (to, which) = (below(6) as usize, below(sent.len() as u64) as usize);
            offices[to].say(0, &["share", "import", sent[which].to_str().unwrap()]);
        }
    }
    // In the end everybody gets the last from everybody, and an old one again.
    let last: Vec<&str> = sent.iter().rev().take(6).map(|path| path.to_str().unwrap()).collect();
    for office in &offices {
        let again = sent[below(6) as usize].to_str().unwrap();
        office.say(0, &[&["share", "import"], &last[..], &[again]].concat());
    }
    let truth: BTreeMap<String, BTreeMap<String, Record>> = offices.iter().flat_map(|office| seen(office, &[office])).collect();
    assert_eq!(truth.len(), 6);
    let (named, withheld): (Vec<&Record>, Vec<&Record>) =
        truth.values().flat_map(BTreeMap::values).partition(|record| record.named().is_some());
    assert!(!named.is_empty() && !withheld.is_empty(), "{} named, {} withheld", named.len(), withheld.len());
    for office in &offices {
        assert_eq!(seen(office, &everybody), truth, "{} {} sees something else", office.organisation, office.store);
        assert!(office.say(0, &["follow-up", "verify"]).contains("Everything holds"));
        office.say(0, &["follow-up", "rebuild"]);
        assert_eq!(seen(office, &everybody), truth);
    }
    // Every store answers the same about a product, apart from what it knows at first hand.
    let asked = ["follow-up", "lookup", "--supplier", "Exempel", "--article", "A-3", "--rules", "rules.toml"];
    for (at, office) in offices.iter().enumerate() {
        let rows = office.json(0, &asked)["rows"].as_array().unwrap().clone();
        let shared = rows.iter().filter(|row| row["follow_up"].is_null()).count();
        let known = truth.iter().filter(|(stream, _)| **stream != *seen(office, &[office]).keys().next().unwrap());
        let told = known.flat_map(|(_, records)| records.values()).filter_map(Record::named);
        let wanted = told.filter(|named| named.article_number.as_ref().is_some_and(|number| number.as_str() == "A-3")).count();
        assert_eq!(shared, wanted, "office {at}");
    }
}
