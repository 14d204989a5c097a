//! Formats that are read in a process of their own: the same is read as without, and a file on which that process aborts,
//! swells or hangs is one finding, with every other file complete. The program is the real one.

use crate::lead::RULES;
use serde_json::Value;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const LINE: &str = "Leverantör;Artikelnummer;Produkt;Material;CAS-nummer;Ämne;Halt\nExempel AB;1;Handske;Gummi;7439-92-1;Bly;0,5 %\n";
const FIXTURES: [&str; 2] = ["declaration.xls", "declaration.ods"];

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workbooks").join(name)).unwrap()
}

const CHECK: [&str; 9] = ["check", "--rules", "rules.toml", "in", "--out", "out", "--as-of", "2026-06-01", "--all"];

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(place.path("in")).unwrap();
        fs::write(place.path("rules.toml"), RULES).unwrap();
        fs::write(place.path("in/good.csv"), LINE).unwrap();
        place
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kemkoll"));
        command.args(arguments).current_dir(self.folder.path()).env("LC_ALL", "C");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn check(&self, more: &[&str]) -> Output {
        self.run(&[&CHECK, more].concat())
    }

    fn rows(&self, name: &str) -> Vec<Value> {
        fs::read_to_string(self.path(name)).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Holds the result of a check against what it must be when this file alone cannot be read.
    fn unreadable(&self, file: &str, output: &Output, says: &str) {
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
        let findings = self.rows("out/findings.jsonl");
        let told: Vec<&Value> = findings.iter().filter(|row| row["rule"] == "data/unreadable").collect();
        assert!(told.len() == 1 && told[0]["file"] == file && told[0]["verdict"] == "undetermined", "{told:?}");
        let message = told[0]["message"]["en"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
        assert!(told[0]["message"]["sv"].as_str().unwrap().len() > 20);
        let products = self.rows("out/products.jsonl");
        assert!(products.iter().any(|row| row["file"] == "good.csv" && row["verdict"] == "non-compliant"));
        for name in FIXTURES {
            assert!(
                products.iter().any(|row| row["file"] == name && row["verdict"] == "non-compliant"),
                "{name} is not complete: {products:?}"
            );
        }
    }
}

/// A sheet of so many rows of ten numbers that reading it takes a while and much memory.
fn large_ods(rows: usize) -> Vec<u8> {
    let cell = r#"<table:table-cell office:value-type="float" office:value="1.5"><text:p>1.5</text:p></table:table-cell>"#;
    let row = format!("<table:table-row>{}</table:table-row>", cell.repeat(10));
    let names = r#"xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0""#;
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("mimetype", options.compression_method(zip::CompressionMethod::Stored)).unwrap();
    writer.write_all(b"application/vnd.oasis.opendocument.spreadsheet").unwrap();
    writer.start_file("META-INF/manifest.xml", options).unwrap();
    let manifest = r#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>"#;
    writer.write_all(manifest.as_bytes()).unwrap();
    writer.start_file("content.xml", options).unwrap();
    let head = format!("<office:document-content {names}><office:body><office:spreadsheet><table:table table:name=\"A\">");
    writer.write_all(head.as_bytes()).unwrap();
    for _ in 0..rows {
        writer.write_all(row.as_bytes()).unwrap();
    }
    writer.write_all(b"</table:table></office:spreadsheet></office:body></office:document-content>").unwrap();
    writer.finish().unwrap().into_inner()
}

#[test]
fn the_same_is_read_as_in_one_process() {
    use kemkoll::input::read::{self, Found};
    use kemkoll::input::register;
    use kemkoll::output::flat;
    let place = Place::new();
    let register = register::register().unwrap();
    for name in FIXTURES {
        fs::write(place.path(name), fixture(name)).unwrap();
        let output = place.run(&["normalise", name, "--out", "apart.jsonl"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let mut own = Vec::new();
        read::read(fixture(name).into(), name, true, None, &mut |found| {
            let Found::Declaration(declaration) = found else { panic!("{name} is no declaration") };
            let composition = kemkoll::substance::identify(*declaration, &register, &kemkoll::substance::Confirmations::default());
            flat::write_jsonl(&flat::flat_rows(&composition, &register), &mut own).unwrap();
            std::ops::ControlFlow::Continue(())
        });
        assert!(!own.is_empty() && own == fs::read(place.path("apart.jsonl")).unwrap(), "{name}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_takes_too_much_is_one_finding() {
    let place = Place::new();
    for name in FIXTURES {
        fs::write(place.path("in").join(name), fixture(name)).unwrap();
    }
    fs::write(place.path("in/large.ods"), large_ods(100_000)).unwrap();
    // One process for all, and one for each: the same file suffers.
    for jobs in ["1", "4"] {
        let output = place.check(&["--reader-memory", "160", "--jobs", jobs]);
        place.unreadable("large.ods", &output, "--reader-memory");
    }
    // The largest file is read first: its process is stopped, so that it hangs, or ended.
    for (signal, says) in [("STOP", "--reader-seconds"), ("ABRT", "could not cope"), ("KILL", "could not cope")] {
        let mut command = place.command(&CHECK);
        command.args(["--reader-seconds", if signal == "STOP" { "2" } else { "600" }, "--jobs", "1"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let reader = loop {
            if let Some(reader) = children(child.id()).pop() {
                break reader;
            }
        };
        // Not before it has become the reader.
        std::thread::sleep(Duration::from_millis(50));
        assert!(Command::new("kill").args([&format!("-{signal}"), &reader]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert!(!Path::new("/proc").join(&reader).exists(), "the process is still there");
        place.unreadable("large.ods", &output, says);
    }
}

/// The processes that a process has started.
fn children(of: u32) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(str::to_string).collect::<Vec<_>>()).collect()
}

#[test]
fn nobody_is_left_behind() {
    let place = Place::new();
    for number in 0..40 {
        fs::write(place.path(format!("in/{number}.xls")), fixture("declaration.xls")).unwrap();
    }
    let output = place.check(&["--jobs", "2"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    // Whoever reads stdout to its end would wait for a process that still holds it.
    assert_eq!(place.rows("out/products.jsonl").iter().filter(|row| row["file"].as_str().unwrap().ends_with(".xls")).count() % 40, 0);
}

#[test]
fn the_process_that_reads_is_no_command_for_people() {
    let place = Place::new();
    let help = place.run(&["--help"]);
    assert!(!String::from_utf8_lossy(&help.stdout).contains("read-apart"));
    // Nothing is asked: it ends.
    assert_eq!(place.run(&["read-apart"]).status.code(), Some(2));
}
