//! Publishing tried: nothing before its time, nothing lost, nothing stale.

use super::*;

fn publish(out: &Path, files: &[(&str, &str)]) -> Published {
    let mut stage = Stage::open(Some(out)).unwrap();
    for (name, text) in files {
        stage.create(name).unwrap().write_all(text.as_bytes()).unwrap();
    }
    let written = stage.written().unwrap();
    let rows: Vec<String> =
        written.iter().map(|row| format!("{{\"name\":\"{}\",\"bytes\":{},\"sha256\":\"{}\"}}", row.name, row.bytes, row.sha256)).collect();
    let record = format!("{{\"program\":\"kemkoll\",\"files\":[{}]}}", rows.join(","));
    stage.create(RUN).unwrap().write_all(record.as_bytes()).unwrap();
    stage.publish().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    items(folder).unwrap().into_keys().map(|name| name.into_string().unwrap()).collect()
}

fn done(left: &[&str]) -> Published {
    Published::Done { left: left.iter().map(ToString::to_string).collect() }
}

#[test]
fn nothing_is_seen_until_everything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/out");
    let mut stage = Stage::open(Some(&out)).unwrap();
    stage.create("a").unwrap().write_all(b"1").unwrap();
    assert!(!out.exists());
    stage.abandon();
    assert!(!folder.path().join("new").exists());

    let mut stage = Stage::open(Some(&out)).unwrap();
    stage.create("a").unwrap().write_all(b"2").unwrap();
    assert_eq!(stage.publish().unwrap(), done(&[]));
    drop(stage);
    assert_eq!(fs::read(out.join("a")).unwrap(), b"2");
    assert_eq!((names(&out), names(out.parent().unwrap())), (vec!["a".to_string()], vec!["out".to_string()]));
}

#[test]
fn when_one_file_is_refused_the_earlier_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    fs::write(out.join("a"), "old").unwrap();
    fs::create_dir(out.join("b")).unwrap();
    let mut stage = Stage::open(Some(out)).unwrap();
    stage.create("a").unwrap().write_all(b"new").unwrap();
    stage.create("b").unwrap().write_all(b"new").unwrap();
    assert!(stage.publish().is_err());
    drop(stage);
    assert_eq!(fs::read(out.join("a")).unwrap(), b"old");
    assert_eq!(names(out), ["a", "b"]);
}

/// Both ways: a folder in the results has one name only, and forces the journal.
#[test]
fn what_an_earlier_run_wrote_goes_and_what_is_anybody_elses_stays() {
    for with_folder in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        assert_eq!(publish(&out, &[("findings.jsonl", "1"), ("report.xlsx", "1"), ("report.html", "1")]), done(&[]));
        fs::write(out.join("notes.txt"), "mine").unwrap();
        fs::write(out.join("report.html"), "mine too").unwrap();
        if with_folder {
            fs::create_dir(out.join("letters")).unwrap();
            fs::write(out.join("letters/a.txt"), "sent").unwrap();
        }
        assert_eq!(publish(&out, &[("findings.jsonl", "2")]), done(&["report.html"]));
        let mut expected = vec!["findings.jsonl", "letters", "notes.txt", "report.html", "run.json"];
        expected.retain(|name| with_folder || *name != "letters");
        assert_eq!(names(&out), expected);
        assert_eq!(fs::read(out.join("findings.jsonl")).unwrap(), b"2");
        assert_eq!(fs::read(out.join("notes.txt")).unwrap(), b"mine");
        assert_eq!(fs::read(out.join("report.html")).unwrap(), b"mine too");
        assert_eq!(names(folder.path()), ["out"]);
    }
}

#[test]
fn a_record_that_is_not_ours_removes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("x"), "").unwrap();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for record in [
        format!("{{\"program\":\"other\",\"files\":[{{\"name\":\"x\",\"bytes\":0,\"sha256\":\"{empty}\"}}]}}"),
        format!("{{\"program\":\"kemkoll\",\"files\":[{{\"name\":\"../out/x\",\"bytes\":0,\"sha256\":\"{empty}\"}}]}}"),
        "[]".to_string(),
    ] {
        fs::write(out.join(RUN), record).unwrap();
        assert_eq!(publish(&out, &[("a", "1")]), done(&[]));
        assert!(out.join("x").exists());
    }
}

#[test]
fn what_ended_runs_left_is_finished_or_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    publish(&out, &[("a", "1"), ("b", "1")]);
    // One that was ended while it wrote, and one that is still writing.
    let dead = folder.path().join(".kemkoll-deAd01");
    fs::create_dir_all(dead.join(RESULTS)).unwrap();
    fs::write(dead.join(LOCK_NAME), "").unwrap();
    fs::write(dead.join(RESULTS).join("a"), "half").unwrap();
    let living = Stage::open(Some(&out)).unwrap();
    assert!(!dead.exists());
    recover(&out).unwrap();
    assert!(living.folder().exists());
    // One that was ended right after the folders changed places, when somebody had just saved a file there.
    fs::create_dir_all(dead.join(RESULTS)).unwrap();
    fs::write(dead.join(LOCK_NAME), "").unwrap();
    leftover::note(&dead, &out, ["a".to_string()].iter()).unwrap();
    for name in ["a", "saved.txt"] {
        fs::write(dead.join(RESULTS).join(name), "x").unwrap();
    }
    recover(&out).unwrap();
    assert!(!dead.exists());
    assert_eq!(names(&out), ["a", "b", "run.json", "saved.txt"]);
    assert_eq!(fs::read(out.join("a")).unwrap(), b"1");
    living.abandon();
    // What only looks like one of ours.
    for (name, file) in [(".kemkoll-notes", "lock"), (".kemkoll-abc123", "notes.txt"), (".kemkoll-gone-abc123", "notes.txt")] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join(file), "mine").unwrap();
        recover(&out).unwrap();
        assert!(folder.path().join(name).join(file).exists(), "{name}");
    }

    // One that was ended between two files.
    let dead = out.join(".kemkoll-deAd01");
    fs::create_dir_all(dead.join(RESULTS)).unwrap();
    fs::write(dead.join(RESULTS).join(RUN), "new run").unwrap();
    fs::write(out.join("a"), "new a").unwrap();
    fs::remove_file(out.join(RUN)).unwrap();
    let journal = "{\"temporary\":\".kemkoll-deAd01\",\"beside\":false,\"files\":[\"a\",\"run.json\"],\"stale\":[\"b\"]}";
    fs::write(out.join(journal::JOURNAL), journal).unwrap();
    recover(&out).unwrap();
    assert_eq!(names(&out), ["a", "run.json", "saved.txt"]);
    assert_eq!(fs::read(out.join(RUN)).unwrap(), b"new run");
}

#[test]
fn a_journal_that_leads_elsewhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(folder.path().join("precious"), "x").unwrap();
    for (temporary, stale) in [("../x", "a"), (".kemkoll-x", "../precious")] {
        let text = format!("{{\"temporary\":\"{temporary}\",\"beside\":false,\"files\":[],\"stale\":[\"{stale}\"]}}");
        fs::write(out.join(journal::JOURNAL), text).unwrap();
        assert!(recover(&out).is_err());
        assert!(folder.path().join("precious").exists());
    }
}

const LOCK_NAME: &str = "lock";

#[test]
fn what_is_written_is_hashed_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::open(Some(&folder.path().join("out"))).unwrap();
    // Pieces of all sizes, more than one handing over, and a flush in between.
    let lines: Vec<Vec<u8>> = (0..2000_usize).map(|at| format!("{at}\n").repeat(at % 700).into_bytes()).collect();
    let mut all = stage.create("all").unwrap();
    for (at, line) in lines.iter().enumerate() {
        all.write_all(line).unwrap();
        if at == 900 {
            all.flush().unwrap();
            assert!(stage.read("all").unwrap().bytes().count() == lines[..=900].iter().map(Vec::len).sum::<usize>());
        }
    }
    all.flush().unwrap();
    drop(stage.create("empty").unwrap());
    drop(all);
    let written = stage.written().unwrap();
    assert!(stage.read("all").unwrap().bytes().map(Result::unwrap).eq(lines.concat()));
    for row in written {
        assert_eq!(described(&stage.results().join(&row.name), row.name.clone()).unwrap(), row);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_at_the_flush() {
    let mut output = Output::create(Path::new("/dev/full"), true).unwrap();
    let seen = output.seen();
    output.write_all(&vec![b'x'; 1 << 20]).unwrap();
    assert_eq!(output.flush().unwrap_err().kind(), io::ErrorKind::StorageFull);
    // And again, for whoever asks later; nothing is said to be there.
    assert!(output.write_all(b"y").and_then(|()| output.flush()).is_err());
    assert!(seen.hashed().is_none());
}
