//! A run is killed at any moment: the folder of results then holds the earlier results or the new ones, whole, and the
//! next run does its work as if nothing had happened.

use crate::lead::RULES;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Every file of a folder but hidden ones, by name.
type Content = BTreeMap<String, Vec<u8>>;

struct Place {
    folder: TempDir,
    /// From a state that need not be random, only different each time.
    dice: u64,
}

impl Place {
    /// Two folders of declarations that share most files and differ in some.
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap(), dice: 0x9E37_79B9_7F4A_7C15 };
        fs::write(place.path("rules.toml"), RULES).unwrap();
        for (side, amount) in [("one", "0,5 %"), ("two", "0,05 %")] {
            fs::create_dir(place.path(side)).unwrap();
            for index in 0..60 {
                let mut text = "Leverantör;Artikelnummer;Produkt;Material;CAS-nummer;Ämne;Halt\n".to_string();
                for line in 0..20 {
                    text.push_str(&format!("Exempel AB;{index}-{line};Handske {index};Gummi;7439-92-1;Bly;{amount}\n"));
                }
                fs::write(place.path(side).join(format!("{index}.csv")), text).unwrap();
            }
        }
        place
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    fn next(&mut self, below: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % below.max(1)
    }

    fn command(&self, side: &str, out: &str, formats: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kemkoll"));
        command.args(["check", "--rules", "rules.toml", "--as-of", "2026-06-01", "--jobs", "2", "--all", side, "--out", out]);
        command.args(["--format", formats]).current_dir(self.folder.path());
        command.env("LC_ALL", "C").env("KEMKOLL_CACHE", self.path("cache")).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&self, side: &str, out: &str, formats: &str) -> Duration {
        let begun = Instant::now();
        let status = self.command(side, out, formats).status().unwrap();
        assert!(matches!(status.code(), Some(0 | 1)), "{status}");
        begun.elapsed()
    }

    fn content(&self, folder: &str) -> Content {
        let mut content = Content::new();
        for item in fs::read_dir(self.path(folder)).unwrap() {
            let item = item.unwrap();
            let name = item.file_name().into_string().unwrap();
            if !name.starts_with('.') && item.file_type().unwrap().is_file() {
                content.insert(name, fs::read(item.path()).unwrap());
            }
        }
        content
    }

    fn hidden(&self) -> Vec<PathBuf> {
        let mut hidden = Vec::new();
        for folder in [self.path(""), self.path("out")] {
            let items = fs::read_dir(folder).unwrap().map(|item| item.unwrap().path());
            hidden.extend(items.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".kemkoll-")));
        }
        hidden
    }
}

/// Kills after a time, or as long after `sign` stands there, unless it ends before; whether it was killed.
fn kill_after(mut child: Child, sign: Option<&Path>, time: Duration) -> bool {
    while sign.is_some_and(|sign| !sign.exists()) && child.try_wait().unwrap().is_none() {}
    std::thread::sleep(time);
    let over = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    !over
}

/// Every file that the record names is as the record says, and nothing else of ours stands there.
fn belong_together(content: &Content) -> bool {
    use sha2::{Digest, Sha256};
    let Some(record) = content.get("run.json") else { return false };
    let record: serde_json::Value = serde_json::from_slice(record).unwrap();
    let files = record["files"].as_array().unwrap();
    files.iter().all(|row| {
        let hash = |bytes: &Vec<u8>| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        content.get(row["name"].as_str().unwrap()).is_some_and(|bytes| row["sha256"] == hash(bytes))
    }) && files.len() + 1 == content.keys().filter(|name| *name != "notes.txt").count()
}

fn kill(rounds: u32, with_folder: bool) {
    let mut place = Place::new();
    let sides = [("one", "sarif"), ("two", "junit")];
    let mut whole: Vec<Content> = Vec::new();
    let mut longest = Duration::ZERO;
    for (side, formats) in sides {
        // As the killed runs call their folder, for the record keeps the arguments.
        longest = longest.max(place.run(side, "out", formats));
        whole.push(place.content("out"));
        assert!(belong_together(&place.content("out")));
    }
    assert_ne!(whole[0], whole[1]);
    fs::write(place.path("out/notes.txt"), "mine").unwrap();
    if with_folder {
        fs::create_dir(place.path("out/letters")).unwrap();
        fs::write(place.path("out/letters/a.txt"), "sent").unwrap();
    }
    for content in &mut whole {
        content.insert("notes.txt".to_string(), b"mine".to_vec());
    }
    let (mut killed, mut changed, mut half) = (0, 0, 0);
    let mut standing = 1;
    for round in 0..rounds {
        // The other results come, so that every mixture would show.
        let coming = 1 - standing;
        let (side, formats) = sides[coming];
        let longest_us = longest.as_micros() as u64;
        let journal = place.path("out/.kemkoll-journal");
        // Anywhere; or near the end, where results are put in place; or while they are moved one by one.
        let (sign, time) = match round % 3 {
            0 => (None, place.next(longest_us * 11 / 10)),
            1 => (None, longest_us * 7 / 10 + place.next(longest_us * 35 / 100)),
            _ if with_folder => (Some(journal.as_path()), place.next(2000)),
            _ => (None, longest_us * 8 / 10 + place.next(longest_us / 4)),
        };
        killed += u32::from(kill_after(place.command(side, "out", formats).spawn().unwrap(), sign, Duration::from_micros(time)));
        let content = place.content("out");
        if !whole.contains(&content) {
            // Only where files must be moved one by one, and then it shows: the journal stands.
            assert!(with_folder, "round {round}: a mixture of {:?}", content.keys());
            assert!(place.path("out/.kemkoll-journal").exists() && !belong_together(&content), "round {round}");
            half += 1;
            // Whoever reads the results finishes them first.
            let explain = Command::new(env!("CARGO_BIN_EXE_kemkoll"))
                .args(["explain", "ffffffffffffffff", "--out", "out"])
                .current_dir(place.folder.path())
                .output()
                .unwrap();
            assert_eq!(explain.status.code(), Some(2));
        }
        let content = place.content("out");
        let found = whole.iter().position(|whole| *whole == content);
        let Some(found) = found else { panic!("round {round}: a mixture of {:?}", content.keys()) };
        changed += u32::from(found != standing);
        standing = found;
        if round % 10 == 0 {
            let (side, formats) = sides[1 - standing];
            longest = place.run(side, "out", formats);
            standing = 1 - standing;
            assert!(place.content("out") == whole[standing], "round {round}: the run after it");
            // A run that was killed before it had locked its folder leaves it empty, for a while.
            let left = place.hidden();
            assert!(left.iter().all(|left| fs::read_dir(left).unwrap().count() <= 1), "round {round}: {left:?}");
        }
    }
    assert_eq!(with_folder, place.path("out/letters/a.txt").exists());
    println!("{rounds} runs: {killed} killed, {changed} had put their results in place, {half} were finished by a reader");
    assert!(killed > rounds / 2, "only {killed} of {rounds} runs were killed in time");
}

#[test]
fn killed_at_any_moment_results_are_the_earlier_or_the_new_ones() {
    kill(100, false);
}

#[test]
fn killed_at_any_moment_a_folder_that_others_use_too_is_finished_by_the_next_reader() {
    kill(50, true);
}
