//! Runs with what earlier runs found out: the results are the same to the byte, whatever became of the cache meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const RULES: &str = r#"
[ruleset]
id = "test"
title = { sv = "Prov", en = "Test" }
authority = "Test"
legal_basis = "Test"
version = "1"
consequence = "restriction"

[[rule]]
id = "test/lead"
title = { sv = "Bly", en = "Lead" }
substances = { cas = ["7439-92-1"] }
limit = { above = "0.1 %", of = "homogeneous-material" }
scope = { categories = ["eee/8-medical"] }
count = "sum"
severity = "major"

[[rule]]
id = "test/cadmium"
title = { sv = "Kadmium", en = "Cadmium" }
substances = { cas = ["7440-43-9"] }
limit = { above = "0.01 %", of = "homogeneous-material" }
count = "sum"
severity = "major"
"#;

const FORMATS: &str = if cfg!(feature = "tables") { "csv,parquet,xlsx,html,sarif,junit" } else { "xlsx,html,sarif,junit" };

struct Place {
    folder: TempDir,
}

impl Place {
    /// Every sample, an archive, what cannot be read, what is no declaration, and a laboratory's report.
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        fs::write(place.path("rules.toml"), RULES).unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut work = vec![root.join("samples"), root.join("tests/fixtures/workbooks")];
        while let Some(folder) = work.pop() {
            for item in fs::read_dir(folder).unwrap() {
                let path = item.unwrap().path();
                if path.is_dir() {
                    work.push(path);
                } else {
                    let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('/', "_");
                    place.write(&format!("in/{name}"), &fs::read(&path).unwrap());
                }
            }
        }
        let head = "Leverantör;Artikelnummer;Produkt;Material;CAS-nummer;Ämne;Halt\n";
        place.write("in/a.csv", format!("{head}Exempel AB;1;Handske;Gummi;7440-43-9;Kadmium;0,5 %\n").as_bytes());
        place.write("in/b.csv", format!("{head}Exempel AB;2;Handske;Gummi;7439-92-1;Bly;0,05 %\n").as_bytes());
        let lab = "Laboratorium;Testlab AB\nArtikelnummer;Produkt;Prov;Analyt;CAS-nummer;Resultat;Enhet;LOQ\n2;Handske;Gummi;Bly;7439-92-1;3000;mg/kg;10\n";
        place.write("in/lab.csv", lab.as_bytes());
        place.write("in/broken.xlsx", b"PK\x03\x04broken");
        place.write("in/letter.pdf", b"%PDF-1.7\n");
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in [("x.csv", format!("{head}Exempel AB;3;Stövel;PVC;7440-43-9;Kadmium;0,005 %\n")), ("y.pdf", "%PDF-1.4".into())]
        {
            archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        place.write("in/archive.zip", &archive.finish().unwrap().into_inner());
        place
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), bytes).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kemkoll"));
        command.current_dir(self.folder.path()).env("LC_ALL", "C").args(arguments).output().unwrap()
    }

    /// The results of a run, without the arguments in its record; and what it said.
    fn check(&self, cache: &[&str], more: &[&str]) -> (BTreeMap<String, Vec<u8>>, Vec<u8>) {
        let common = ["check", "in", "--rules", "rules.toml", "--as-of", "2026-06-01", "--out", "out", "--format", FORMATS];
        let output = self.run(&[&common, more, cache].concat());
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
        let mut files = BTreeMap::new();
        for item in fs::read_dir(self.path("out")).unwrap() {
            let item = item.unwrap();
            files.insert(item.file_name().into_string().unwrap(), fs::read(item.path()).unwrap());
        }
        let mut record: serde_json::Value = serde_json::from_slice(&files["run.json"]).unwrap();
        record["arguments"].take();
        files.insert("run.json".to_string(), record.to_string().into_bytes());
        (files, [output.stdout, output.stderr].concat())
    }

    fn packs(&self) -> Vec<PathBuf> {
        let mut packs: Vec<PathBuf> = fs::read_dir(self.path("cache")).unwrap().map(|item| item.unwrap().path()).collect();
        packs.sort();
        packs
    }
}

const CACHE: [&str; 2] = ["--cache", "cache"];

#[test]
fn with_and_without_the_results_are_the_same_to_the_byte() {
    let place = Place::new();
    let without = place.check(&["--no-cache"], &[]);
    assert!(!place.path("cache").exists());
    for run in 0..3 {
        let with = place.check(&CACHE, if run == 2 { &["--jobs", "1"] } else { &[] });
        assert!(with.1 == without.1, "run {run}");
        for (name, bytes) in &without.0 {
            assert!(with.0.get(name) == Some(bytes), "{name} differs in run {run}");
        }
    }
    // Other options, other rules: nothing of the first results may show.
    for more in
        [&["--all"][..], &["--proof", "demonstrated"], &["--category", "eee/8-medical"], &["--lang", "sv"], &["--as-of", "2020-01-01"]]
    {
        let more: Vec<&str> = if more[0] == "--as-of" { vec!["--contract-period", "2027-01-01..2028-01-01"] } else { more.to_vec() };
        let without = place.check(&["--no-cache"], &more);
        assert!(place.check(&CACHE, &more) == without && place.check(&CACHE, &more) == without, "{more:?}");
    }
    place.write("rules.toml", RULES.replace("0.01 %", "0.001 %").as_bytes());
    let tighter = place.check(&["--no-cache"], &[]);
    assert_ne!(tighter.0["findings.jsonl"], without.0["findings.jsonl"]);
    assert!(place.check(&CACHE, &[]) == tighter);
    // A file of the same size at the same time is another file.
    let time = fs::metadata(place.path("in/a.csv")).unwrap().modified().unwrap();
    let other = String::from_utf8(fs::read(place.path("in/a.csv")).unwrap()).unwrap().replace("0,5 %", "0,0 %");
    place.write("in/a.csv", other.as_bytes());
    fs::File::options().write(true).open(place.path("in/a.csv")).unwrap().set_modified(time).unwrap();
    let changed = place.check(&["--no-cache"], &[]);
    assert_ne!(changed.0["findings.jsonl"], tighter.0["findings.jsonl"]);
    assert!(place.check(&CACHE, &[]) == changed);
}

#[test]
fn a_cache_that_was_damaged_or_is_somebody_elses_is_found_out_anew() {
    let place = Place::new();
    let without = place.check(&["--no-cache"], &[]);
    for round in 0..6 {
        assert!(place.check(&CACHE, &[]) == without, "round {round}");
        for path in place.packs() {
            let mut bytes = fs::read(&path).unwrap();
            match round {
                0 => bytes.truncate(bytes.len() / 2),
                1 => bytes.fill(0),
                2 => bytes.iter_mut().step_by(97).for_each(|byte| *byte ^= 0x40),
                3 => bytes.extend_from_slice(b"more"),
                // The entries alone, as those of a run that was ended.
                _ => {
                    bytes.truncate(bytes.len() - 40);
                    fs::write(path.with_extension("part"), &bytes).unwrap();
                }
            }
            fs::write(&path, bytes).unwrap();
        }
    }
    // A file where the folder should be.
    fs::remove_dir_all(place.path("cache")).unwrap();
    fs::write(place.path("cache"), "x").unwrap();
    let output = place.run(&["check", "in", "--rules", "rules.toml", "--as-of", "2026-06-01", "--cache", "cache"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be used as a cache"));
}

#[test]
fn two_runs_may_share_it() {
    let place = Place::new();
    let without = place.check(&["--no-cache"], &[]).0;
    let run = |out: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kemkoll"));
        command.current_dir(place.folder.path()).env("LC_ALL", "C").args(["check", "in", "--rules", "rules.toml"]);
        command.args(["--as-of", "2026-06-01", "--out", out, "--cache", "cache"]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    for _ in 0..2 {
        let children: Vec<_> = ["out/1", "out/2", "out/3"].map(run).into_iter().collect();
        for mut child in children {
            assert_eq!(child.wait().unwrap().code(), Some(3));
        }
        for out in ["out/1", "out/2", "out/3"] {
            assert!(fs::read(place.path(out).join("findings.jsonl")).unwrap() == without["findings.jsonl"], "{out}");
        }
    }
    assert!(place.packs().iter().all(|path| path.extension().is_some_and(|ending| ending == "pack")), "{:?}", place.packs());
}

#[test]
fn a_table_of_what_is_declared_is_the_same_too() {
    let place = Place::new();
    let table = |cache: &[&str]| {
        let output = place.run(&[&["normalise", "in", "--out", "flat.csv"], cache].concat());
        assert_eq!(output.status.code(), Some(3));
        (fs::read(place.path("flat.csv")).unwrap(), output.stderr)
    };
    let without = table(&["--no-cache"]);
    assert!(table(&CACHE) == without && table(&CACHE) == without);
    // What one command read the other need not read again.
    let check = place.check(&["--no-cache"], &[]);
    assert!(place.check(&CACHE, &[]) == check);
}
