//! Runs the real program as a person or a pipeline does: exit codes, listing, result files, interruption.

use crate::lead::RULES;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// One rule, for tests that must not change when the library of rules does.
const CLEAN: &str = "7439-92-1;Bly;0,01 %";
const BREACH: &str = "7439-92-1;Bly;0,5 %";
const OPEN: &str = "7439-92-1;Bly;0,05-0,5 %";

/// A declaration of one product with these lines of CAS number, name and amount.
fn declaration(article: &str, lines: &[&str]) -> String {
    let mut text = "Leverantör;Artikelnummer;Produkt;Material;CAS-nummer;Ämne;Halt\n".to_string();
    for line in lines {
        text.push_str(&format!("Exempel AB;{article};Handske {article};Gummi;{line}\n"));
    }
    text
}

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        place.write("rules.toml", RULES);
        place
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// `kemkoll check --rules rules.toml …`, in this folder.
    fn check(&self, arguments: &[&str]) -> Output {
        self.checker(arguments).output().unwrap()
    }

    fn checker(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = self.program();
        command.args(["check", "--rules", "rules.toml"]).args(arguments);
        if !arguments.iter().any(|argument| argument.as_ref() == "--as-of") {
            command.args(["--as-of", "2026-06-01"]);
        }
        command
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kemkoll"));
        command.current_dir(self.folder.path()).env("LC_ALL", "C").env_remove("RUST_BACKTRACE");
        command
    }

    /// The lines of a result file as JSON.
    fn rows(&self, name: &str) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let items = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = items.map(|item| item.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn text<'a>(row: &'a serde_json::Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

#[test]
fn the_exit_code_tells_whether_the_gate_holds() {
    let place = Place::new();
    place.write("clean.csv", declaration("1", &[CLEAN]));
    place.write("breach.csv", declaration("2", &[BREACH]));
    place.write("open.csv", declaration("3", &[OPEN]));
    for (arguments, expected) in [
        (&["clean.csv"][..], 0),
        (&["breach.csv"], 1),
        (&["open.csv"], 1),
        (&["clean.csv", "breach.csv", "open.csv"], 1),
        (&["breach.csv", "--fail-on", "never"], 0),
        (&["open.csv", "--fail-on", "non-compliant"], 0),
        (&["breach.csv", "--fail-on", "non-compliant"], 1),
        (&["clean.csv", "--fail-on", "declarable"], 0),
        (&["clean.csv", "--proof", "demonstrated", "--fail-on", "undetermined"], 1),
    ] {
        let output = place.check(arguments);
        assert_eq!(code(&output), expected, "{arguments:?}\n{}\n{}", stdout(&output), stderr(&output));
    }
}

#[test]
fn what_is_wrong_with_the_request_is_told_before_anything_is_checked() {
    let place = Place::new();
    place.write("clean.csv", declaration("1", &[CLEAN]));
    place.write("empty/.hidden", "");
    for (arguments, says) in [
        (&["clean.csv", "none.csv", "nor.csv"][..], "`nor.csv` does not exist"),
        (&["*.xlsx"], "no files match the pattern `*.xlsx`"),
        (&["empty"], "no files to read"),
        (&["clean.csv", "--rules", "no-such-set"], "no-such-set"),
        (&["clean.csv", "--contract", "none.toml"], "none.toml"),
        (&["clean.csv", "--category", "no/such"], "unknown category `no/such`"),
        (&["clean.csv", "--as-of", "yesterday"], "2027-02-01"),
        (&["clean.csv", "--contract-period", "2027-01-01..2026-01-01"], "before it begins"),
        (&["clean.csv", "--format", "html"], "--out"),
        (&["clean.csv", "--format", "pdf"], "sarif"),
        (&["clean.csv", "--jobs", "0"], "--jobs"),
        (&["clean.csv", "--mapping", "none.toml"], "none.toml"),
        (&["clean.csv", "--confirmations", "none.csv"], "none.csv"),
    ] {
        let output = place.check(&[arguments, &["--out", "out"][..usize::from(!arguments.contains(&"html")) * 2]].concat());
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty() && !place.path("out").exists(), "{arguments:?}");
    }
}

#[test]
fn one_file_that_cannot_be_read_does_not_stop_the_others() {
    let place = Place::new();
    place.write("in/a.csv", declaration("1", &[BREACH]));
    place.write("in/broken.xlsx", "PK\u{3}\u{4}broken");
    place.write("in/empty.csv", "");
    place.write("in/z.csv", declaration("2", &[CLEAN]));
    let output = place.check(&["in", "--out", "out"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    let products = place.rows("out/products.jsonl");
    let files: Vec<&str> = products.iter().map(|row| text(row, "file")).collect();
    assert_eq!(files, ["a.csv", "broken.xlsx", "empty.csv", "z.csv"]);
    assert_eq!(text(&products[0], "verdict"), "non-compliant");
    assert_eq!(text(&products[3], "verdict"), "compliant");
    let findings = place.rows("out/findings.jsonl");
    let unreadable: Vec<&str> = findings.iter().filter(|row| text(row, "rule") == "data/unreadable").map(|row| text(row, "file")).collect();
    assert_eq!(unreadable, ["broken.xlsx", "empty.csv"]);
    let run: serde_json::Value = serde_json::from_slice(&fs::read(place.path("out/run.json")).unwrap()).unwrap();
    assert_eq!(run["unreadable"].as_array().map(Vec::len), Some(2));
}

#[test]
fn pdfs_and_pictures_are_counted_in_a_folder_and_refused_by_name() {
    let place = Place::new();
    place.write("in/a.csv", declaration("1", &[CLEAN]));
    place.write("in/letter.pdf", "%PDF-1.7\n");
    place.write("in/logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    let output = place.check(&["in"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("1 other, 1 pdf"), "{}", stdout(&output));
    assert_eq!(code(&place.check(&["in/letter.pdf"])), 3);
    let only = place.write("pictures/logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    assert_eq!(code(&place.check(&[only.parent().unwrap().to_str().unwrap()])), 2);
}

/// Many declarations of all sorts: clean, breaching, open, broken, in folders and archives.
fn many(place: &Place, number: usize) {
    for index in 0..number {
        let lines = [CLEAN, BREACH, OPEN, "50-00-0;Formaldehyd;1 %", ";Okänt ämne;2 %"];
        let chosen: Vec<&str> = lines.iter().cycle().skip(index).take(1 + index % 40).copied().collect();
        place.write(format!("in/{}/{index}.csv", index % 7), declaration(&format!("A-{index}"), &chosen));
    }
    let inner = zip(&[("b.csv", declaration("inner", &[BREACH]).as_bytes()), ("x.pdf", b"%PDF-1.4")]);
    let lab = "Laboratorium;Testlab AB\nArtikelnummer;Produkt;Prov;Analyt;CAS-nummer;Resultat;Enhet;LOQ\n\
               A-5;Handske A-5;Gummi;Bly;7439-92-1;3000;mg/kg;10\nA-7;Handske A-7;Gummi;Bly;7439-92-1;30;mg/kg;10\n";
    place.write("in/3/lab.csv", lab);
    place.write("in/archive.zip", zip(&[("a.csv", declaration("outer", &[OPEN]).as_bytes()), ("in.zip", &inner)]));
    place.write("in/broken.xlsx", "PK\u{3}\u{4}broken");
}

/// Large enough to be judged in parts: a csv file, and a workbook whose sheet is read in parts, too.
#[test]
fn neither_threads_nor_parts_show_in_the_results_of_a_large_file() {
    let place = Place::new();
    fs::create_dir(place.path("in")).unwrap();
    let line = |number: u32| {
        let cas = if number.is_multiple_of(500) { "7439-92-1" } else { "7440-50-8" };
        [format!("A{}", number / 7), format!("Del {}", number % 3), cas.to_string(), format!("{}.{:02}", number % 90, number % 97)]
    };
    let mut csv = String::from("Artikelnummer;Material;CAS-nr;Halt (%)\n");
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0..).zip(["Artikelnummer", "Material", "CAS-nr", "Halt (%)", "Kommentar"]) {
        sheet.write(0, column, heading).unwrap();
    }
    for number in 0..40_000 {
        let line = line(number);
        for (column, text) in (0..).zip(&line) {
            sheet.write(number + 1, column, text).unwrap();
        }
        // What cannot be packed makes the sheet large.
        sheet.write(number + 1, 4, f64::from(number).sqrt()).unwrap();
        if number < 12_000 {
            csv += &(line.join(";") + "\n");
        }
    }
    workbook.save(place.path("in/large.xlsx")).unwrap();
    assert!(fs::metadata(place.path("in/large.xlsx")).unwrap().len() > 1 << 20);
    fs::write(place.path("in/large.csv"), csv).unwrap();
    let results = |jobs: &str| {
        let output = place.check(&["in", "--out", "out", "--jobs", jobs, "--no-cache"]);
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        let results = ["findings.jsonl", "products.jsonl"].map(|name| fs::read(place.path("out").join(name)).unwrap());
        fs::remove_dir_all(place.path("out")).unwrap();
        results
    };
    let alone = results("1");
    assert!(alone[1].len() > 1_000_000 && alone[0].len() > 10_000);
    for jobs in ["2", "5"] {
        assert!(results(jobs) == alone, "--jobs {jobs}");
    }
}

#[test]
fn neither_threads_nor_the_order_of_arguments_show_in_the_results() {
    let place = Place::new();
    many(&place, 60);
    let formats = if cfg!(feature = "tables") { "csv,parquet,xlsx,html,sarif,junit" } else { "xlsx,html,sarif,junit" };
    let mut folders: Vec<String> = (0..7).map(|number| format!("in/{number}")).collect();
    folders.extend(["in/archive.zip".to_string(), "in/broken.xlsx".to_string()]);
    let mut first: Option<BTreeMap<String, Vec<u8>>> = None;
    for (run, jobs) in ["1", "2", "8", "3"].into_iter().enumerate() {
        folders.rotate_left(2);
        if run == 2 {
            folders.reverse();
        }
        let mut arguments: Vec<&str> = folders.iter().map(String::as_str).collect();
        arguments.extend(["--out", "out", "--jobs", jobs, "--all", "--format", formats]);
        let output = place.check(&arguments);
        assert_eq!(code(&output), 3, "{}", stderr(&output));
        let mut files = BTreeMap::new();
        for name in place.files("out") {
            if name != "run.json" {
                files.insert(name.clone(), fs::read(place.path("out").join(&name)).unwrap());
            }
        }
        assert!(files.contains_key("findings.jsonl") && files.contains_key("report.xlsx"));
        match &first {
            None => first = Some(files),
            Some(first) => {
                for (name, bytes) in &files {
                    assert!(first.get(name) == Some(bytes), "{name} differs with --jobs {jobs}");
                }
            }
        }
        fs::remove_dir_all(place.path("out")).unwrap();
    }
}

#[test]
fn result_lines_are_sorted_and_name_files_relative_to_their_argument() {
    let place = Place::new();
    many(&place, 30);
    assert_eq!(code(&place.check(&["in", "--out", "out", "--all"])), 3);
    let findings = place.rows("out/findings.jsonl");
    let part = |row: &serde_json::Value| -> Vec<String> {
        row["part"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_string()).collect()
    };
    let key = |row: &serde_json::Value| {
        let own = |field: &str| text(row, field).to_string();
        (own("file"), own("article_number"), own("product"), part(row), own("rule"), own("id"))
    };
    let keys: Vec<_> = findings.iter().map(key).collect();
    assert!(keys.is_sorted());
    let files: Vec<&str> = findings.iter().map(|row| text(row, "file")).collect();
    for expected in ["0/0.csv", "archive.zip!/a.csv", "archive.zip!/in.zip!/b.csv", "broken.xlsx"] {
        assert!(files.contains(&expected), "{expected} is not among {files:?}");
    }
    let all = fs::read_to_string(place.path("out/findings.jsonl")).unwrap();
    assert!(!all.contains(place.folder.path().to_str().unwrap()));
}

#[test]
fn what_a_laboratory_measured_decides_about_the_declaration_of_the_same_product() {
    let place = Place::new();
    place.write("in/a.csv", format!("{}Exempel AB;2;Handske 2;Gummi;{CLEAN}\n", declaration("1", &[CLEAN])));
    assert_eq!(code(&place.check(&["in"])), 0);
    place.write(
        "lab/z.csv",
        "Laboratorium;Testlab AB\nArtikelnummer;Produkt;Prov;Analyt;CAS-nummer;Resultat;Enhet;LOQ\n\
         1;Handske 1;Gummi;Bly;7439-92-1;5000;mg/kg;10\n",
    );
    let output = place.check(&["in", "lab", "--out", "out"]);
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    assert!(stdout(&output).contains("1 declaration was held against laboratory results"), "{}", stdout(&output));
    let verdict = |file: &str, article: &str| {
        let rows = place.rows("out/products.jsonl");
        rows.iter()
            .find(|row| text(row, "file") == file && text(row, "article_number") == article)
            .map(|row| text(row, "verdict").to_string())
    };
    assert_eq!(verdict("a.csv", "1").as_deref(), Some("non-compliant"));
    assert_eq!(verdict("a.csv", "2").as_deref(), Some("compliant"));
    assert_eq!(verdict("z.csv", "1").as_deref(), Some("non-compliant"));
    assert!(place.rows("out/findings.jsonl").iter().any(|row| text(row, "rule") == "data/declaration-contradicted"));
}

#[test]
fn a_mapping_is_offered_once_where_headings_were_not_understood() {
    let place = Place::new();
    for name in ["in/a.csv", "in/b.csv"] {
        place.write(name, "Kolumn X;Foo;Bar\n7439-92-1;abc;0,5\n50-00-0;abc;0,6\n");
    }
    let output = place.check(&["in"]);
    let told = stderr(&output);
    assert!(told.contains("headings in `a.csv` were not understood") && !told.contains("`b.csv`"), "{told}");
    // The skeleton is valid as it stands.
    let skeleton: String = told.lines().skip_while(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    place.write("mapping.toml", skeleton);
    let output = place.check(&["in", "--mapping", "mapping.toml"]);
    assert_ne!(code(&output), 2, "{}", stderr(&output));
}

#[test]
fn what_a_person_confirmed_is_believed() {
    let place = Place::new();
    place.write("a.csv", declaration("1", &[";Plumbosan X;0,5 %"]));
    let verdict = |arguments: &[&str]| {
        let output = place.check(&[&["a.csv", "--out", "out"], arguments].concat());
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        text(&place.rows("out/products.jsonl")[0], "verdict").to_string()
    };
    assert_eq!(verdict(&[]), "undetermined");
    place.write("confirmed.csv", "written,cas,note\nPlumbosan X,7439-92-1,letter of 2026-05-01\n");
    assert_eq!(verdict(&["--confirmations", "confirmed.csv"]), "non-compliant");
}

#[test]
fn a_category_that_would_settle_something_is_named() {
    let place = Place::new();
    let rules = RULES.replace("count = ", "scope = { categories = [\"eee/8-medical\"] }\ncount = ");
    place.write("rules.toml", rules);
    place.write("breach.csv", declaration("1", &[BREACH]));
    let output = place.check(&["breach.csv"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stdout(&output).contains("category missing") && stdout(&output).contains("`eee/8-medical`"), "{}", stdout(&output));
    let output = place.check(&["breach.csv", "--category", "eee/8-medical"]);
    assert!(stdout(&output).contains("non-compliant") && !stdout(&output).contains("category missing"), "{}", stdout(&output));
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("in/a.csv", declaration("1", &[CLEAN]));
    place.write("in/closed/b.csv", declaration("2", &[CLEAN]));
    fs::set_permissions(place.path("in/closed"), fs::Permissions::from_mode(0o000)).unwrap();
    // An administrator reads everything; then there is nothing to see here.
    let closed = fs::read_dir(place.path("in/closed")).is_err();
    let output = place.check(&["in"]);
    fs::set_permissions(place.path("in/closed"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(code(&output), if closed { 3 } else { 0 }, "{}", stderr(&output));
}

#[test]
fn json_on_stdout_is_one_document_and_nothing_else() {
    let place = Place::new();
    many(&place, 10);
    let output = place.check(&["in", "--format", "json"]);
    assert_eq!(code(&output), 3);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["findings"].as_array().is_some_and(|rows| !rows.is_empty()));
    assert_eq!(document["products"].as_array().map(Vec::len), Some(15));
    assert_eq!(text(&document["run"], "program"), "kemkoll");
}

#[test]
fn results_are_put_in_place_whole_and_leave_nothing_behind() {
    let place = Place::new();
    many(&place, 10);
    assert_eq!(code(&place.check(&["in", "--out", "new/out"])), 3);
    assert_eq!(place.files("new/out"), ["findings.jsonl", "products.jsonl", "run.json"]);
    // A second run over the folder that holds the results of the first.
    assert_eq!(code(&place.check(&["in", "new", "--out", "new/out"])), 3);
    assert_eq!(place.rows("new/out/products.jsonl").len(), 15);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_earlier_results_untouched() {
    let place = Place::new();
    let lines: Vec<&str> = [CLEAN, BREACH, OPEN, ";Okänt ämne;2 %"].into_iter().cycle().take(400).collect();
    for index in 0..1500 {
        place.write(format!("in/{index}.csv"), declaration(&index.to_string(), &lines));
    }
    place.write("few/1.csv", declaration("1", &[BREACH]));
    assert_eq!(code(&place.check(&["few", "--out", "out"])), 1);
    let before = fs::read(place.path("out/findings.jsonl")).unwrap();

    for out in ["out", "fresh/out"] {
        let mut command = place.checker(&["in", "--out", out, "--jobs", "1", "--all"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        let has_begun = || {
            let beside = place.path(out).parent().unwrap().to_path_buf();
            let items = [place.path(out), beside].into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
            items.map(|item| item.file_name()).any(|name| name.to_string_lossy().starts_with(".kemkoll-"))
        };
        while !has_begun() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the run never began");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(50));
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), 130, "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
    assert_eq!(place.files("out"), ["findings.jsonl", "products.jsonl", "run.json"]);
    assert_eq!(fs::read(place.path("out/findings.jsonl")).unwrap(), before);
    assert!(!place.path("fresh").exists());
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_fault() {
    let place = Place::new();
    many(&place, 40);
    let mut child = place.checker(&["in", "--format", "json", "--all"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut some = [0; 10];
    let mut pipe = child.stdout.take().unwrap();
    pipe.read_exact(&mut some).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 3);
    assert!(!stderr(&output).contains("panicked") && !stderr(&output).contains("pipe"), "{}", stderr(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn file_names_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    for name in [&b"in/a\xFF.csv"[..], b"in/a\xFE.csv", "in/å\n.csv".as_bytes()] {
        place.write(OsStr::from_bytes(name), declaration("1", &[CLEAN]));
    }
    let output = place.check(&["in", "--out", "out"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let products = place.rows("out/products.jsonl");
    let files: Vec<&str> = products.iter().map(|row| text(row, "file")).collect();
    assert_eq!(files, ["a%FE.csv", "a%FF.csv", "å\n.csv"]);
    let named = place.checker(&[OsStr::from_bytes(b"in/a\xFF.csv")]).output().unwrap();
    assert_eq!(code(&named), 0, "{}", stderr(&named));
}

#[test]
fn a_broken_rule_file_lists_all_its_faults() {
    let place = Place::new();
    place.write("clean.csv", declaration("1", &[CLEAN]));
    let (head, rule) = RULES.split_at(RULES.find("[[rule]]").unwrap());
    let one = rule.replace("count = \"sum\"", "counts = \"sum\"").replace("homogeneous-material", "somewhere");
    let other = rule.replace("7439-92-1", "7439-92-2").replace("test/lead", "test/other");
    place.write("broken.toml", format!("{head}{one}\n{other}"));
    let output = place.program().args(["check", "--rules", "broken.toml", "clean.csv", "--out", "out"]).output().unwrap();
    assert_eq!(code(&output), 2);
    let told = stderr(&output);
    for says in ["7439-92-2", "counts", "somewhere"] {
        let line = told.lines().find(|line| line.contains(says)).unwrap_or_else(|| panic!("{says} is not told in {told}"));
        let (_, place) = line.split_once("broken.toml:").unwrap_or_else(|| panic!("no place in {line}"));
        let mut numbers = place.split(':');
        assert!(numbers.next().is_some_and(|n| n.parse::<u32>().is_ok()), "{line}");
        assert!(numbers.next().is_some_and(|n| n.parse::<u32>().is_ok()), "{line}");
    }
    assert!(!place.path("out").exists());
}

#[test]
fn completions_and_manual_pages_come_from_the_definition() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = place.program().args(["completions", shell]).output().unwrap();
        assert_eq!(code(&output), 0);
        assert!(stdout(&output).contains("fail-on"), "{shell}");
    }
    let output = place.program().arg("man").output().unwrap();
    assert!(stdout(&output).contains(".TH") && stdout(&output).contains("normalise"), "{}", stdout(&output));
    let output = place.program().args(["man", "check"]).output().unwrap();
    let page = stdout(&output);
    assert!(page.contains("kemkoll\\-check") && page.contains("contract\\-period") && page.contains("130"), "{page}");
}

#[test]
fn a_finding_is_explained_by_its_id() {
    let place = Place::new();
    place.write("breach.csv", declaration("1", &[BREACH]));
    assert_eq!(code(&place.check(&["breach.csv", "--out", "out"])), 1);
    let rows = place.rows("out/findings.jsonl");
    let row = rows.iter().find(|row| text(row, "rule") == "test/lead").unwrap();
    let id = text(row, "id");
    let explain = |id: &str, out: &str| place.program().args(["explain", id, "--out", out]).output().unwrap();
    let output = explain(&id[..8], "out");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("7439-92-1") && stdout(&output).contains("breach.csv"), "{}", stdout(&output));
    assert_eq!(code(&explain("ffffffffffffffff", "out")), 2);
    assert_eq!(code(&explain(id, "nowhere")), 2);
}

#[test]
fn normalise_writes_one_flat_table() {
    let place = Place::new();
    many(&place, 12);
    let normalise = |out: &str| place.program().args(["normalise", "in", "--out", out]).output().unwrap();
    let output = normalise("flat.jsonl");
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    let rows = place.rows("flat.jsonl");
    assert!(rows.iter().any(|row| row.to_string().contains("7439-92-1")));
    let first = fs::read(place.path("flat.jsonl")).unwrap();
    normalise("flat.jsonl");
    assert_eq!(fs::read(place.path("flat.jsonl")).unwrap(), first);
    assert_eq!(code(&normalise("flat.pdf")), 2);
}
