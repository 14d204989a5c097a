//! Follow-ups on the command line: from a check to a closed deviation, what is refused, what programs get, and a process
//! that is killed while it writes.

use crate::lead::RULES;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// One person's machine.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        place.write("rules.toml", RULES);
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
        let mut text = "Leverantör;Artikelnummer;Produkt;Material;CAS-nummer;Ämne;Halt\n".to_string();
        for (article, amount) in products {
            text.push_str(&format!("{supplier};{article};Handske {article};Gummi;7439-92-1;Bly;{amount}\n"));
        }
        self.write(&format!("in/{name}"), &text);
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kemkoll"));
        command
            .current_dir(self.folder.path())
            .env_remove("RUST_BACKTRACE")
            .env_remove("KEMKOLL_STORE")
            .env("LC_ALL", "C")
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("KEMKOLL_ORGANISATION", "Region A")
            .env("KEMKOLL_AUTHOR", "AB");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.program().args(arguments).output().unwrap()
    }

    /// Runs it, expects an exit code, and gives what stands on stdout.
    fn say(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// Expects it to be refused, and gives the message.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}\n{}", text(&output.stdout));
        text(&output.stderr)
    }

    fn check(&self, code: i32) -> String {
        let output = self.run(&["check", "in", "--rules", "rules.toml", "--as-of", "2026-06-01", "--follow-up"]);
        assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stderr).lines().last().unwrap_or_default().to_string()
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.say(0, &[arguments, &["--format", "json"]].concat())).unwrap()
    }

    /// The ids in a list.
    fn ids(&self, arguments: &[&str]) -> Vec<String> {
        let found = self.json(arguments);
        found["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_string()).collect()
    }

    fn events(&self) -> u64 {
        self.json(&["follow-up", "verify"])["events"].as_u64().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_check_becomes_follow_ups_once() {
    let place = Place::new();
    place.declare("a.csv", "Exempel AB", &[("A-1", "0,5 %"), ("A-2", "0,01 %")]);
    place.declare("b.csv", "Ångström AB", &[("B-1", "0,01 %")]);
    assert_eq!(place.check(1), "kemkoll: follow-up: 2 follow-ups recorded, 1 new deviations, 0 changed");
    let events = place.events();
    // The same again, also from another folder and by another number of threads, is nothing new.
    assert_eq!(place.check(1), "kemkoll: follow-up: nothing new to record");
    fs::rename(place.path("in/a.csv"), place.path("in/renamed.csv")).unwrap();
    assert_eq!(place.check(1), "kemkoll: follow-up: nothing new to record");
    assert_eq!(place.events(), events);
    let follow_ups = place.json(&["follow-up", "list"]);
    assert_eq!(follow_ups["total"], 2);
    let lights: BTreeSet<(&str, &str)> = follow_ups["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["supplier"].as_str().unwrap(), row["light"].as_str().unwrap()))
        .collect();
    // Nobody has decided yet that the second is well.
    assert_eq!(lights, BTreeSet::from([("Exempel AB", "yellow"), ("Ångström AB", "yellow")]));

    // What was observed is kept, also below the limit.
    let id = place.ids(&["follow-up", "list", "--supplier", "ångström"]).remove(0);
    let shown = place.json(&["follow-up", "show", &id]);
    let product =
        shown["history"].as_array().unwrap().iter().map(|entry| &entry["content"]).find(|content| content["event"] == "product-checked");
    let seen = &product.unwrap()["observations"][0];
    assert_eq!((&seen["hi"], &seen["unit"], &seen["verdict"]), (&"100".into(), &"mg/kg".into(), &"compliant".into()));
    assert_eq!(seen["substances"][0]["cas"], "7439-92-1");
    assert_eq!(seen["places"][0], "F2");

    // Another amount is one event on the deviation, and mended it is another; nobody closes it but a person.
    place.declare("renamed.csv", "Exempel AB", &[("A-1", "0,4 %"), ("A-2", "0,01 %")]);
    assert_eq!(place.check(1), "kemkoll: follow-up: 1 follow-ups recorded, 0 new deviations, 1 changed");
    assert_eq!(place.check(1), "kemkoll: follow-up: nothing new to record");
    place.declare("renamed.csv", "Exempel AB", &[("A-1", "0,02 %"), ("A-2", "0,01 %")]);
    assert_eq!(place.check(0), "kemkoll: follow-up: 1 follow-ups recorded, 0 new deviations, 1 changed");
    let deviation = place.json(&["deviation", "list"]);
    assert_eq!(deviation["rows"][0]["state"], "open");
    assert_eq!(deviation["rows"][0]["verdict"], "compliant");
    // Other rules are another question.
    place.write("rules.toml", &RULES.replace("version = \"1\"", "version = \"2\""));
    assert_eq!(place.check(0), "kemkoll: follow-up: 2 follow-ups recorded, 0 new deviations, 0 changed");
}

#[test]
fn a_deviation_from_found_to_closed() {
    let place = Place::new();
    place.declare("a.csv", "Exempel AB", &[("A-1", "0,5 %")]);
    place.check(1);
    let follow_up = place.ids(&["follow-up", "list"]).remove(0);
    let id = place.ids(&["deviation", "list"]).remove(0);
    let why = place.refused(&["deviation", "close", &id, "--decision", "klart"]);
    assert_eq!(
        why,
        format!("kemkoll: `{id}`: there is no evidence; verify first with `deviation verify --evidence`; nothing was written\n")
    );
    let why = place.refused(&["follow-up", "close", &follow_up, "--outcome", "remedied", "--decision", "klart"]);
    assert!(why.contains("1 deviations are not over"), "{why}");
    let on = ["--on", "2026-11-02"];
    let said = place.say(0, &[&["deviation", "request-plan", &id, "--deadline", "2026-11-10"], &on[..]].concat());
    assert_eq!(said, format!("{id}: plan requested, by 2026-11-10\n"));
    let list = place.say(0, &["deviation", "list", "--as-of", "2026-11-10"]);
    assert!(list.contains("▲ yellow") && !list.contains("OVERDUE"), "{list}");
    let list = place.say(0, &["deviation", "list", "--as-of", "2026-11-11", "--lang", "sv"]);
    assert!(list.contains("■ röd") && list.contains("2026-11-10 FÖRSENAD") && list.contains("åtgärdsplan begärd"), "{list}");
    assert_eq!(place.ids(&["deviation", "list", "--light", "red", "--as-of", "2026-11-11"]), [id.as_str()]);
    assert_eq!(place.ids(&["follow-up", "list", "--light", "red", "--as-of", "2026-11-11"]), [follow_up.as_str()]);
    assert_eq!(place.ids(&["follow-up", "list", "--light", "red", "--as-of", "2026-11-10"]), Vec::<String>::new());

    let moved = ["deviation", "move-deadline", &id, "--to", "2026-11-20", "--reason", "semester"];
    place.say(0, &[&moved[..], &["--on", "2026-11-03", "--author", "CD"]].concat());
    place.say(0, &[&["deviation", "accept-plan", &id, "--deadline", "2026-12-01", "--corrective", "byter stabilisator"], &on[..]].concat());
    place.say(0, &["deviation", "report-measure", &id, "--text", "bytt från parti 7", "--on", "2026-11-25"]);
    let empty = place.refused(&["deviation", "verify", &id, "--evidence", " "]);
    assert!(empty.contains("no evidence"), "{empty}");
    place.say(0, &["deviation", "verify", &id, "--evidence", "rapport 12", "--verifier", "kemist", "--on", "2026-11-27"]);
    assert_eq!(place.say(0, &["deviation", "close", &id[..8], "--decision", "åtgärdad", "--on", "2026-11-28"]), format!("{id}: closed\n"));
    let why = place.refused(&["deviation", "escalate", &id, "--reason", "för sent"]);
    assert!(why.contains("the deviation's state is: closed"), "{why}");
    let closed = ["follow-up", "close", &follow_up, "--outcome", "remedied", "--decision", "alla släckta", "--on", "2026-11-30"];
    assert_eq!(place.say(0, &closed), format!("{follow_up}: closed, remedied\n"));

    let shown = place.say(0, &["deviation", "show", &id, "--lang", "sv", "--as-of", "2027-01-01"]);
    let expected = format!(
        "{id}  ● grön  avslutad
  inga avvikelser, eller åtgärdade i tid och tillräckligt
  uppföljning    {follow_up}
  leverantör     Exempel AB
  produkt        A-1 Handske A-1
  del            Gummi
  krav           test/lead (test@1)
  kravets titel  Bly"
    );
    assert!(shown.starts_with(&expected), "{shown}");
    for line in [
        "  halt           5000 mg/kg\n",
        "  gräns          över 1000 mg/kg (homogeneous-material)\n",
        "  plats          a.csv F2",
        "  verifierad     2026-11-27 kemist tillräckligt: rapport 12\n",
        "  tidsfrist flyttad 2026-11-10 → 2026-11-20, 2026-11-03 (CD, Region A): semester\n",
        "  2026-11-25 åtgärd redovisad (AB): bytt från parti 7\n",
        "  2026-11-28 avslutad (AB): åtgärdad\n",
    ] {
        assert!(shown.contains(line), "{line}{shown}");
    }
    let shown = place.json(&["follow-up", "show", &follow_up]);
    assert_eq!(shown["follow_up"]["valid_until"], "2029-11-30");
    assert_eq!(shown["follow_up"]["light"], "green");
    assert_eq!(place.ids(&["follow-up", "list"]), Vec::<String>::new());
    assert_eq!(place.ids(&["follow-up", "list", "--all"]), [follow_up.as_str()]);
    // The same check again is nothing new; a breach after that is another round.
    assert_eq!(place.check(1), "kemkoll: follow-up: nothing new to record");
    place.declare("a.csv", "Exempel AB", &[("A-1", "0,6 %")]);
    assert_eq!(place.check(1), "kemkoll: follow-up: 1 follow-ups recorded, 1 new deviations, 0 changed");
    assert_eq!(place.ids(&["follow-up", "list", "--all"]).len(), 2);
    assert_ne!(place.ids(&["follow-up", "list"]), [follow_up]);
    assert_eq!(place.say(0, &["follow-up", "rebuild"]), format!("the tables are made anew from {} events\n", place.events()));
    assert!(place.say(0, &["follow-up", "verify"]).contains("Everything holds"));
}

#[test]
fn a_planned_follow_up_is_taken_up_by_the_check() {
    let place = Place::new();
    let planned =
        ["follow-up", "plan", "--supplier", "Exempel AB", "--area", "G", "--diary-number", "RS 2026-0123", "--planned", "2026-12-01"];
    let said = place.say(0, &planned);
    let id = said.split(':').next().unwrap().to_string();
    assert!(place.refused(&planned).contains(&id));
    let list = place.say(0, &["follow-up", "list", "--area", "G", "--as-of", "2026-12-02"]);
    assert!(list.contains("○ none") && list.contains("2026-12-01 OVERDUE") && list.contains("planned"), "{list}");
    assert_eq!(place.ids(&["follow-up", "list", "--area", "H"]), Vec::<String>::new());
    place.say(0, &["follow-up", "amend", &id, "--responsible", "miljöstrateg", "--supplier-number", "556000-0000"]);
    place.declare("a.csv", "EXEMPEL AB", &[("A-1", "0,01 %")]);
    place.check(0);
    let shown = place.json(&["follow-up", "show", &id]);
    assert_eq!(shown["follow_up"]["state"], "under-way");
    assert_eq!(shown["facts"]["diary_number"], "RS 2026-0123");
    assert_eq!(shown["facts"]["responsible"], "miljöstrateg");
    place.say(0, &["follow-up", "ask", &id, "intyg om ftalater", "--deadline", "2026-12-15"]);
    assert_eq!(place.ids(&["follow-up", "list", "--state", "awaiting-supplier", "--deadline", "2026-12-15"]), [id.as_str()]);
    place.say(0, &["follow-up", "answer", &id, "intyg 4711"]);
    place.say(0, &["follow-up", "note", &id, "=HYPERLINK(\"x\") ringde"]);
    let said = place.say(0, &["follow-up", "close", &id, "--outcome", "no-deviations", "--decision", "intyg granskat"]);
    assert_eq!(said, format!("{id}: closed, no deviations\n"));
    assert!(place.refused(&["follow-up", "cancel", &id, "--reason", "x"]).contains("the follow-up is closed"));
    assert!(place.refused(&["follow-up", "show", "f-ffff"]).contains("no follow-up is named `f-ffff`"));
    assert!(place.refused(&["deviation", "close", &id, "--decision", "x"]).contains("no deviation is named"));
}

#[test]
fn who_writes_must_be_known_and_reading_needs_nobody() {
    let place = Place::new();
    let nobody = |arguments: &[&str]| {
        place.program().env_remove("KEMKOLL_ORGANISATION").env_remove("KEMKOLL_AUTHOR").args(arguments).output().unwrap()
    };
    let output = nobody(&["follow-up", "plan", "--supplier", "Exempel AB"]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("--organisation") && told.contains("KEMKOLL_AUTHOR") && told.contains("settings.toml"), "{told}");
    assert_eq!(text(&nobody(&["follow-up", "list"]).stdout), "no follow-ups\n");
    // A check that cannot be recorded is not begun.
    place.declare("a.csv", "Exempel AB", &[("A-1", "0,5 %")]);
    let output = nobody(&["check", "in", "--rules", "rules.toml", "--follow-up", "--out", "out"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!place.path("out").exists());

    place.write("config/kemkoll/settings.toml", "organisation = \"Region Fil\"\nauthor = \"FF\"\nstore = \"own.sqlite\"\n");
    assert_eq!(nobody(&["follow-up", "plan", "--supplier", "Exempel AB"]).status.code(), Some(0));
    assert!(place.path("own.sqlite").exists());
    let listed = text(&nobody(&["follow-up", "list", "--format", "json"]).stdout);
    assert!(listed.contains("Region Fil"), "{listed}");
    place.write("config/kemkoll/settings.toml", "organization = \"Region Fil\"\n");
    let output = nobody(&["follow-up", "plan", "--supplier", "Exempel AB"]);
    assert!(text(&output.stderr).contains("organization"), "{}", text(&output.stderr));
}

#[test]
fn an_altered_log_is_exit_code_one() {
    let place = Place::new();
    place.say(0, &["follow-up", "plan", "--supplier", "Exempel AB", "--store", "s.sqlite"]);
    place.say(0, &["follow-up", "verify", "--store", "s.sqlite"]);
    rusqlite::Connection::open(place.path("s.sqlite"))
        .unwrap()
        .execute_batch("UPDATE event SET content = replace(content, 'Exempel', 'Annan')")
        .unwrap();
    let told = place.say(1, &["follow-up", "verify", "--store", "s.sqlite", "--lang", "sv"]);
    assert!(told.contains("FEL: 1") && told.contains("ändrad efteråt"), "{told}");
    let told = place.say(1, &["follow-up", "verify", "--store", "s.sqlite", "--format", "json"]);
    assert!(told.contains("\"trouble\": \"altered\""), "{told}");
}

#[test]
fn a_store_that_cannot_be_used_is_exit_code_two() {
    let place = Place::new();
    place.write("letter.txt", &"Hej! ".repeat(400));
    let told = place.refused(&["follow-up", "list", "--store", "mistyped.sqlite"]);
    assert!(told.contains("`mistyped.sqlite` does not exist") && !place.path("mistyped.sqlite").exists(), "{told}");
    let told = place.refused(&["follow-up", "list", "--store", "letter.txt", "--lang", "sv"]);
    assert!(told.contains("inget lager"), "{told}");
    #[cfg(feature = "postgres")]
    {
        let told = place.refused(&["follow-up", "list", "--store", "postgres://anna:hemligt@127.0.0.1:1/kemkoll"]);
        assert!(told.contains("cannot be reached") && !told.contains("hemligt"), "{told}");
        place.declare("a.csv", "Exempel AB", &[("A-1", "0,5 %")]);
        let arguments =
            ["check", "in", "--rules", "rules.toml", "--follow-up", "--out", "out", "--store", "postgres://127.0.0.1:1/kemkoll"];
        place.refused(&arguments);
        assert!(!place.path("out").exists());
    }
}

#[cfg(feature = "postgres")]
#[test]
fn the_commands_work_over_postgresql() {
    let Some(server) = crate::server::server() else { return };
    let place = Place::new();
    let url = server.database();
    place.write("config/kemkoll/settings.toml", &format!("store = \"{url}\"\n"));
    place.declare("a.csv", "Exempel AB", &[("A-1", "0,5 %")]);
    assert_eq!(place.check(1), "kemkoll: follow-up: 1 follow-ups recorded, 1 new deviations, 0 changed");
    assert_eq!(place.check(1), "kemkoll: follow-up: nothing new to record");
    let id = place.ids(&["deviation", "list"]).remove(0);
    place.say(0, &["deviation", "request-plan", &id, "--deadline", "2026-11-10"]);
    assert_eq!(place.ids(&["follow-up", "list", "--light", "red", "--as-of", "2026-12-01"]).len(), 1);
    assert!(place.say(0, &["follow-up", "verify"]).contains("Everything holds"));
    place.say(0, &["follow-up", "rebuild"]);
    assert_eq!(place.ids(&["follow-up", "list", "--light", "red", "--as-of", "2026-12-01"]).len(), 1);
}

/// Kills a process that appends, again and again, at moments that a seed decides, and looks for what it had acknowledged.
fn killed(place: &Place, store: &str, times: u32) {
    let said = place.say(0, &["follow-up", "plan", "--supplier", "Exempel AB", "--store", store]);
    let id = said.split(':').next().unwrap().to_string();
    let mut seed = 20_261_122_u64;
    let mut acknowledged: BTreeSet<String> = BTreeSet::new();
    let mut cut_short = 0;
    for _ in 0..times {
        let mut child = place
            .program()
            .args(["follow-up", "note", &id, "--store", store])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        // More than it can write before it is killed.
        let feeder = std::thread::spawn(move || {
            for number in 0..100_000 {
                if writeln!(input, "rad {number}").is_err() {
                    return;
                }
            }
        });
        let (told, lines) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in output.split(b'\n').map_while(Result::ok) {
                if told.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Now and then while it opens the store, mostly while it writes.
        let mut first = None;
        if seed >> 62 != 0 {
            first = lines.recv_timeout(Duration::from_secs(30)).ok();
        }
        std::thread::sleep(Duration::from_micros((seed >> 33) % 40_000));
        child.kill().unwrap();
        child.wait().unwrap();
        feeder.join().unwrap();
        reader.join().unwrap();
        let lines: Vec<String> = first.into_iter().chain(lines.try_iter()).collect();
        cut_short += usize::from(!lines.is_empty());
        // A line that was itself cut is no acknowledgement.
        acknowledged.extend(lines.iter().filter_map(|line| line.split(' ').nth(1)).filter(|id| id.len() == 32).map(str::to_string));
    }
    let begun = Instant::now();
    let verified: serde_json::Value =
        serde_json::from_str(&place.say(0, &["follow-up", "verify", "--store", store, "--format", "json"])).unwrap();
    assert_eq!(verified["troubles"], serde_json::json!([]));
    let shown: serde_json::Value =
        serde_json::from_str(&place.say(0, &["follow-up", "show", &id, "--store", store, "--format", "json"])).unwrap();
    let there: BTreeSet<String> =
        shown["history"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_string()).collect();
    let lost: Vec<&String> = acknowledged.difference(&there).collect();
    assert!(lost.is_empty(), "{} acknowledged events are gone", lost.len());
    assert!(cut_short > times as usize / 2 && acknowledged.len() > times as usize, "too little was written to mean anything");
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn two_hundred_killed_processes_lose_nothing_acknowledged() {
    let place = Place::new();
    killed(&place, "store.sqlite", 200);
}

#[cfg(feature = "postgres")]
#[test]
fn two_hundred_killed_processes_lose_nothing_in_postgresql() {
    let Some(server) = crate::server::server() else { return };
    let place = Place::new();
    killed(&place, &server.database(), 200);
}

/// Eight processes note at once, each its own lines.
fn noted_by_eight(place: &Place, store: &str) {
    const EACH: usize = 60;
    let said = place.say(0, &["follow-up", "plan", "--supplier", "Exempel AB", "--store", store]);
    let id = said.split(':').next().unwrap().to_string();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (id, organisation) = (&id, format!("Region {}", writer % 3));
            scope.spawn(move || {
                let mut child = place
                    .program()
                    .args(["follow-up", "note", id, "--store", store])
                    .env("KEMKOLL_ORGANISATION", organisation)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .spawn()
                    .unwrap();
                let mut input = child.stdin.take().unwrap();
                (0..EACH).for_each(|number| writeln!(input, "rad {writer} {number}").unwrap());
                drop(input);
                let output = child.wait_with_output().unwrap();
                assert_eq!(output.status.code(), Some(0));
                assert_eq!(text(&output.stdout).lines().count(), EACH);
            });
        }
    });
    let verified = place.json(&["follow-up", "verify", "--store", store]);
    assert_eq!((&verified["troubles"], &verified["events"]), (&serde_json::json!([]), &(8 * EACH + 1).into()));
    let shown = place.json(&["follow-up", "show", &id, "--store", store]);
    let notes: Vec<&str> = shown["history"].as_array().unwrap().iter().filter_map(|entry| entry["content"]["text"].as_str()).collect();
    assert_eq!(notes.len(), 8 * EACH);
    assert_eq!(notes.into_iter().collect::<BTreeSet<&str>>().len(), 8 * EACH);
}

#[test]
fn eight_processes_lose_nothing_and_double_nothing() {
    let place = Place::new();
    noted_by_eight(&place, "store.sqlite");
    #[cfg(feature = "postgres")]
    if let Some(server) = crate::server::server() {
        noted_by_eight(&place, &server.database());
    }
}

/// Kills checks that record, at moments that a seed decides: a run is recorded whole or not at all.
fn recorded_whole(place: &Place, store: &str) {
    for number in 0..40 {
        let (name, supplier) = (format!("{number:02}.csv"), format!("Leverantör {} AB", number % 7));
        place.declare(&name, &supplier, &[(&format!("A-{number}"), "0,5 %"), (&format!("B-{number}"), "0,01 %")]);
    }
    let arguments = ["check", "in", "--rules", "rules.toml", "--as-of", "2026-06-01", "--follow-up", "--store", store];
    // Made before, so that it can be looked into after every kill.
    place.say(0, &["follow-up", "rebuild", "--store", store]);
    let begun = Instant::now();
    let other = tempfile::tempdir().unwrap();
    let elsewhere = other.path().join("timed.sqlite").display().to_string();
    assert_eq!(place.run(&[&arguments[..8], &[&elsewhere]].concat()).status.code(), Some(1));
    let whole = place.json(&["follow-up", "verify", "--store", &elsewhere])["events"].as_u64().unwrap();
    let took = begun.elapsed().as_micros() as u64;
    let mut seed = 20_261_123_u64;
    for _ in 0..30 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = place.program().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Recording comes last.
        std::thread::sleep(Duration::from_micros(took / 3 + (seed >> 33) % took));
        child.kill().unwrap();
        child.wait().unwrap();
        let verified = place.json(&["follow-up", "verify", "--store", store]);
        assert_eq!(verified["troubles"], serde_json::json!([]));
        let events = verified["events"].as_u64().unwrap();
        assert!(events == 0 || events == whole, "{events} of {whole} events");
    }
    assert_eq!(place.run(&arguments).status.code(), Some(1));
    assert_eq!(place.json(&["follow-up", "verify", "--store", store])["events"], whole);
    assert_eq!(place.ids(&["deviation", "list", "--store", store]).len(), 40);
}

#[test]
fn a_killed_check_is_recorded_whole_or_not_at_all() {
    recorded_whole(&Place::new(), "store.sqlite");
    #[cfg(feature = "postgres")]
    if let Some(server) = crate::server::server() {
        recorded_whole(&Place::new(), &server.database());
    }
}

#[cfg(feature = "postgres")]
#[test]
fn a_shared_store_that_refuses_is_told_and_nothing_is_half_written() {
    let Some(server) = crate::server::server() else { return };
    let place = Place::new();
    let url = server.database();
    let mut client = crate::server::client(&url);
    let mut sql = |text: &str| client.batch_execute(&format!("SET search_path TO kemkoll; {text}")).unwrap();
    place.declare("a.csv", "Exempel AB", &[("A-1", "0,5 %"), ("A-2", "0,4 %")]);
    place.say(0, &["follow-up", "plan", "--supplier", "Annan AB", "--store", &url]);
    let check = |store: &str| {
        let output = place.run(&["check", "in", "--rules", "rules.toml", "--follow-up", "--out", "out", "--store", store]);
        (output.status.code(), text(&output.stderr))
    };
    // In the middle of the run's events, and in the tables that follow from them.
    for (table, after) in [("event", 3), ("observation_now", 0), ("deviation_now", 1)] {
        sql(&format!(
            "CREATE SEQUENCE counted; CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('kemkoll.counted') > {after} THEN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; \
             END IF; RETURN NEW; END $$; \
             CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()"
        ));
        let (code, told) = check(&url);
        assert!(code == Some(2) && told.contains("the store is full"), "{table} {code:?} {told}");
        sql(&format!("DROP TRIGGER full_disk ON {table}; DROP FUNCTION full_disk; DROP SEQUENCE counted"));
        let verified = place.json(&["follow-up", "verify", "--store", &url]);
        assert_eq!((&verified["events"], &verified["troubles"]), (&1.into(), &serde_json::json!([])));
        assert_eq!(place.ids(&["deviation", "list", "--store", &url]), Vec::<String>::new());
        // What was checked is not lost for it.
        assert!(place.path("out/findings.jsonl").exists());
    }
    sql("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$; \
         CREATE TRIGGER slow BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION slow()");
    let (code, told) = check(&format!("{url}?options=-c%20statement_timeout%3D500"));
    assert!(code == Some(2) && told.contains("does not answer in time"), "{code:?} {told}");
    sql("DROP TRIGGER slow ON event");
    // Somebody else writes and does not come to an end.
    let mut busy = crate::server::client(&url);
    busy.batch_execute("BEGIN; UPDATE kemkoll.store SET position = position").unwrap();
    let (code, told) = check(&format!("{url}?options=-c%20lock_timeout%3D500"));
    assert!(code == Some(2) && told.contains("held by somebody else"), "{code:?} {told}");
    busy.batch_execute("ROLLBACK").unwrap();

    sql("INSERT INTO migration (version, applied) VALUES (99, '')");
    let (code, told) = check(&url);
    assert!(code == Some(2) && told.contains("schema 99") && told.contains("update kemkoll"), "{code:?} {told}");
    sql("DELETE FROM migration WHERE version = 99");
    assert_eq!(place.json(&["follow-up", "verify", "--store", &url])["events"], 1);
    sql("DELETE FROM migration WHERE version > 1; DROP VIEW follow_up; DROP VIEW deviation; DROP VIEW observation; \
         DROP TABLE follow_up_now, deviation_now, observation_now, category_now, supplier_now, product_now");
    let (code, told) = check(&url);
    assert!(code == Some(2) && told.contains("kemkoll follow-up upgrade"), "{code:?} {told}");
    place.say(0, &["follow-up", "upgrade", "--store", &url]);
    let (code, told) = check(&url);
    assert!(code == Some(1) && told.contains("2 new deviations"), "{code:?} {told}");
}
