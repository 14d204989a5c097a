//! The cache tried: what was kept comes back, and nothing else ever does.

use super::pack::{Pack, Writer, complete};
use super::store::Store;
use super::*;
use std::fs;

fn known(bytes: &[u8]) -> Known<'_> {
    Known { sha256: read::digest(bytes), name: "a/b.csv", named: false }
}

fn declaration() -> Vec<Found> {
    let mut all = Vec::new();
    read::read(b"Artikelnummer;CAS;Halt %\n1;7439-92-1;0,1\n"[..].into(), "a/b.csv", false, None, &mut |found| {
        all.push(found);
        std::ops::ControlFlow::Continue(())
    });
    all
}

fn bundle(found: &[Found]) -> Bundle {
    let mut bundle = Bundle::default();
    found.iter().for_each(|found| bundle.add_found(found, "a/b.csv"));
    bundle
}

fn packs(folder: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(folder).unwrap().map(|item| item.unwrap().path()).collect()
}

#[test]
fn what_was_read_comes_back_under_the_same_terms_only() {
    let folder = tempfile::tempdir().unwrap();
    let terms = Terms::default();
    let found = declaration();
    let room = &mut Room::default();
    let cache = Cache::open(folder.path(), 1 << 20, &terms).unwrap();
    assert!(cache.declarations(&known(b"x"), room).is_none());
    cache.keep_declarations(&known(b"x"), &bundle(&found));
    drop(cache);
    let cache = Cache::open(folder.path(), 1 << 20, &terms).unwrap();
    assert_eq!(format!("{:?}", cache.declarations(&known(b"x"), room).unwrap()), format!("{found:?}"));
    assert!(cache.declarations(&known(b"y"), room).is_none());
    assert!(cache.declarations(&Known { named: true, ..known(b"x") }, room).is_none());
    // Moved and renamed it is the same file, unless the ending says otherwise.
    let moved = cache.declarations(&Known { name: "c.csv", ..known(b"x") }, room).unwrap();
    assert!(matches!(&moved[..], [Found::Declaration(declaration)] if declaration.file == "c.csv"));
    assert!(cache.declarations(&Known { name: "c.txt", ..known(b"x") }, room).is_none());
    let mapped = Cache::open(folder.path(), 1 << 20, &Terms { mapping_sha256: Some("ab"), ..terms }).unwrap();
    assert!(mapped.declarations(&known(b"x"), room).is_none());
}

#[test]
fn what_could_not_be_read_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = declaration();
    let error = crate::input::read_error::ReadError::new(crate::input::read_error::Fault::Damaged, "trasig", "broken");
    found.push(Found::Declaration(Box::new(read::unreadable("a/b.csv!/c", "csv", &error))));
    let cache = Cache::open(folder.path(), 1 << 20, &Terms::default()).unwrap();
    cache.keep_declarations(&known(b"x"), &bundle(&found));
    drop(cache);
    assert!(packs(folder.path()).is_empty());
}

#[test]
fn results_come_back_as_they_were() {
    let sealed = vec![b'x'; 5000];
    for kept in [
        Kept::Declaration {
            file: "a.csv".into(),
            sealed,
            note: vec![1, 2],
            waiting: vec![u64::MAX, 0, 7],
            category_missing: 3,
            headings: true,
        },
        Kept::Other { file: "a.zip!/b.pdf".into(), what: "pdf" },
    ] {
        let bytes = kept.pack();
        assert_eq!(Kept::unpack(&bytes).unwrap(), kept);
        for end in 0..bytes.len() {
            assert!(Kept::unpack(&bytes[..end]).is_none_or(|other| other != kept));
        }
    }
}

#[test]
fn nothing_that_was_changed_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(folder.path(), "results").unwrap();
    for number in 0..4_u8 {
        writer.append(&[number; 16], &[number; 100]).unwrap();
    }
    let path = writer.finish().unwrap();
    let sound = fs::read(&path).unwrap();
    let mut room = Vec::new();
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, bytes).unwrap();
        let Some(pack) = Pack::open(&path) else { continue };
        for number in 0..4_u8 {
            assert!(pack.get(&[number; 16], &mut room).is_none_or(|length| room[..length] == [number; 100]), "{at}");
        }
    }
    for end in 0..sound.len() {
        fs::write(&path, &sound[..end]).unwrap();
        assert!(Pack::open(&path).is_none());
    }
    fs::write(&path, b"something else that lies there, long enough to be one").unwrap();
    assert!(Pack::open(&path).is_none());
}

#[test]
fn what_an_ended_run_wrote_is_there_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(folder.path(), "results").unwrap();
    for number in 0..20_u8 {
        writer.append(&[number; 16], &vec![number; 10_000]).unwrap();
    }
    let part = packs(folder.path()).pop().unwrap();
    // While it writes nobody touches it.
    complete(&part).unwrap();
    assert!(part.exists());
    drop(writer);
    let bytes = fs::read(&part).unwrap();
    fs::write(&part, &bytes[..bytes.len() - 5000]).unwrap();
    let store = Store::open(folder.path(), "results", false, 1 << 20);
    assert!(!part.exists());
    let pack = Pack::open(&packs(folder.path())[0]).unwrap();
    let mut room = Vec::new();
    assert_eq!(pack.get(&[3; 16], &mut room), Some(10_000));
    assert!(room == [3; 10_000] && pack.get(&[19; 16], &mut room).is_none());
    drop(store);
}

#[test]
fn many_small_files_become_one_and_the_longest_unused_goes() {
    let folder = tempfile::tempdir().unwrap();
    let noise =
        |seed: u8| (0..2000_u32).map(|at| (at.wrapping_mul(2_654_435_761).rotate_left(u32::from(seed)) >> 24) as u8).collect::<Vec<u8>>();
    for run in 0..40_u8 {
        let store = Store::open(folder.path(), "declarations", true, 1 << 20);
        store.put([run; 16], &noise(run));
    }
    assert!(packs(folder.path()).len() <= 13, "{}", packs(folder.path()).len());
    let store = Store::open(folder.path(), "declarations", true, 1 << 20);
    for run in 0..40_u8 {
        assert_eq!(store.get(&[run; 16], &mut Room::default()).unwrap(), noise(run));
    }
    drop(store);
    // Somebody else's file in the folder is left alone.
    fs::write(folder.path().join("mine.pack"), vec![0; 100_000]).unwrap();
    for run in 40..60_u8 {
        let store = Store::open(folder.path(), "results", false, 20_000);
        store.put([run; 16], &noise(run));
        assert!(run == 40 || store.get(&[run - 1; 16], &mut Room::default()).is_some());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let total: u64 = packs(folder.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(total - 100_000 <= 20_000, "{total}");
    let store = Store::open(folder.path(), "results", false, 20_000);
    assert!(store.get(&[59; 16], &mut Room::default()).is_some() && store.get(&[40; 16], &mut Room::default()).is_none());
}
