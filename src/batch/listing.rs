//! Which files a run checks: the arguments made into one list, in one order, with one name for each file.
//!
//! The list is a function of the set of arguments and of what the disk holds: their order, the working folder and
//! whether the shell expanded a pattern change nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file to check. There may be very many, so folders are shared and no name is kept twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    folder: Arc<Path>,
    /// Its name in that folder, where the last part of `name` is another.
    own: Option<Box<OsStr>>,
    /// What results call it: relative to the argument it was found under, folders parted by `/`.
    pub name: Box<str>,
    /// Size in bytes, as the file system gives it.
    pub size: u64,
    /// Whether it was named itself, and not found in a folder.
    pub named: bool,
}

impl Entry {
    /// Where it is.
    pub fn path(&self) -> PathBuf {
        match &self.own {
            Some(own) => self.folder.join(&**own),
            None => self.folder.join(last_part(&self.name)),
        }
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Everything that the arguments lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Files, sorted bytewise by name; no name stands twice.
    pub entries: Vec<Entry>,
    /// Hidden files and folders that were passed over.
    pub hidden: u64,
    /// Lock files of open workbooks (`~$a.xlsx`) that were passed over.
    pub lock_files: u64,
    /// Links to folders that are checked anyway, or that lead back to where they stand; not followed.
    pub links: u64,
    /// Files reached a second time.
    pub repeated: u64,
    /// Folders of results from earlier runs.
    pub earlier_results: u64,
    /// What the file system would not let us list: name and reason.
    pub unreadable: Vec<(String, String)>,
}

/// An argument that names nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// As given.
    pub argument: String,
    /// Whether it is a pattern that matches nothing (or is none), rather than a path.
    pub pattern: bool,
}

/// Lists the files that `arguments` lead to: files, folders with all they hold, and patterns (`*`, `?`, `[a-z]`, `**`).
/// `results` is the folder that the run writes to; it is never searched.
///
/// # Errors
///
/// Every argument that does not exist.
pub fn list(arguments: &[OsString], results: Option<&Path>) -> Result<Listing, Vec<Missing>> {
    let mut roots: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut missing = Vec::new();
    for argument in arguments {
        match expand(argument) {
            Ok(paths) => {
                for path in paths {
                    match place_of(&path) {
                        Some(place) => {
                            roots.entry(place).or_insert(path);
                        }
                        None => missing.push(Missing { argument: shown(path.as_os_str()), pattern: false }),
                    }
                }
            }
            Err(fault) => missing.push(fault),
        }
    }
    if !missing.is_empty() {
        missing.sort_by(|a, b| a.argument.cmp(&b.argument));
        missing.dedup();
        return Err(missing);
    }
    let mut search = Search {
        listing: Listing::default(),
        found: Vec::new(),
        by_target: BTreeMap::new(),
        folders: BTreeSet::new(),
        links: BTreeMap::new(),
        results: results.and_then(|folder| fs::canonicalize(folder).ok()),
    };
    let mut named = Vec::new();
    for (index, (place, path)) in roots.iter().enumerate() {
        // Outer folders stand before what is in them, so a file is named after the outermost argument.
        if path.is_dir() {
            // One that lies in another argument has been searched already.
            if !search.folders.contains(place) {
                search.folder(index, path, place.clone(), Relative::default());
            }
        } else {
            named.push((index, path));
        }
        // A link is followed only when all that stands there by itself is known, so that the real name wins.
        while let Some((relative, (path, target))) = search.links.pop_first() {
            search.folder(index, &path, target, relative);
        }
    }
    for (index, path) in named {
        search.named_file(index, path);
    }
    let places: Vec<&PathBuf> = roots.keys().collect();
    Ok(search.finish(&places))
}

/// The paths that an argument stands for.
fn expand(argument: &OsStr) -> Result<Vec<PathBuf>, Missing> {
    let path = PathBuf::from(argument);
    if fs::metadata(&path).is_ok() {
        return Ok(vec![path]);
    }
    let pattern = argument.to_str().filter(|text| text.contains(['*', '?', '[']));
    let Some(pattern) = pattern else {
        return Err(Missing { argument: shown(argument), pattern: false });
    };
    let none = || Missing { argument: shown(argument), pattern: true };
    // As shells do: a star passes over hidden names, and no star crosses a folder.
    let options = glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
    let matches: Vec<PathBuf> = glob::glob_with(pattern, options).map_err(|_| none())?.flatten().collect();
    if matches.is_empty() { Err(none()) } else { Ok(matches) }
}

/// The one place of a path: its folder without links, and its own name. Links to files keep their own name.
fn place_of(path: &Path) -> Option<PathBuf> {
    let meta = fs::metadata(path).ok()?;
    if meta.is_dir() {
        return fs::canonicalize(path).ok();
    }
    let name = path.file_name()?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::canonicalize(parent).ok().map(|parent| parent.join(name))
}

/// The names below a root, raw for an order that no two names share, and written for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Relative {
    written: Vec<String>,
    raw: Vec<OsString>,
}

impl Relative {
    fn join(&self, name: &OsStr) -> Relative {
        let mut below = self.clone();
        below.written.push(written(name));
        below.raw.push(name.to_os_string());
        below
    }
}

struct Found {
    root: usize,
    relative: Relative,
    path: PathBuf,
    name: String,
    size: u64,
    named: bool,
}

struct Search {
    listing: Listing,
    found: Vec<Found>,
    by_target: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
    /// Links to folders, by the name they have below the argument: path and target.
    links: BTreeMap<Relative, (PathBuf, PathBuf)>,
    results: Option<PathBuf>,
}

impl Search {
    /// All that is in a folder and below it. `real` is the folder without links.
    fn folder(&mut self, root: usize, path: &Path, real: PathBuf, relative: Relative) {
        // A work list and not recursion: a tree as deep as a file system allows must not end the stack.
        let mut work = vec![(path.to_path_buf(), real, relative)];
        while let Some((path, real, relative)) = work.pop() {
            if self.results.as_ref() == Some(&real) {
                continue;
            }
            if !self.folders.insert(real.clone()) {
                self.listing.links += 1;
                continue;
            }
            let items = match children(&path) {
                Ok(items) => items,
                Err(error) => {
                    self.unreadable(&relative, &path, &error);
                    continue;
                }
            };
            if is_result_folder(&items) {
                self.listing.earlier_results += 1;
                continue;
            }
            for name in items.into_iter().rev() {
                let bytes = name.as_encoded_bytes();
                if bytes.starts_with(b"~$") {
                    self.listing.lock_files += 1;
                    continue;
                }
                // What a run that was ended left behind; the next one clears it away.
                if bytes.starts_with(b".kemkoll-") {
                    continue;
                }
                if bytes.starts_with(b".") {
                    self.listing.hidden += 1;
                    continue;
                }
                let (path, below) = (path.join(&name), relative.join(&name));
                match fs::symlink_metadata(&path) {
                    Err(error) => self.unreadable(&below, &path, &error),
                    Ok(meta) if meta.is_symlink() => self.link(root, path, below),
                    Ok(meta) if meta.is_dir() => work.push((path, real.join(&name), below)),
                    Ok(meta) if meta.is_file() => {
                        let target = real.join(&name);
                        self.file(root, path, target, below, meta.len(), false);
                    }
                    // Pipes, sockets and devices are no files that anyone sends.
                    Ok(_) => self.listing.hidden += 1,
                }
            }
        }
    }

    fn link(&mut self, root: usize, path: PathBuf, relative: Relative) {
        match fs::canonicalize(&path).and_then(|target| fs::metadata(&target).map(|meta| (target, meta))) {
            Err(error) => self.unreadable(&relative, &path, &error),
            Ok((target, meta)) if meta.is_dir() => {
                self.links.insert(relative, (path, target));
            }
            Ok((target, meta)) => self.file(root, path, target, relative, meta.len(), false),
        }
    }

    fn named_file(&mut self, root: usize, path: &Path) {
        let name = path.file_name().unwrap_or_default();
        if name.as_encoded_bytes().starts_with(b"~$") {
            // Shells match these too; Excel leaves them beside every open workbook.
            self.listing.lock_files += 1;
            return;
        }
        match fs::canonicalize(path).and_then(|target| fs::metadata(&target).map(|meta| (target, meta.len()))) {
            Ok((target, size)) => self.file(root, path.to_path_buf(), target, Relative::default().join(name), size, true),
            Err(error) => self.unreadable(&Relative::default().join(name), path, &error),
        }
    }

    fn file(&mut self, root: usize, path: PathBuf, target: PathBuf, relative: Relative, size: u64, named: bool) {
        if let Some(known) = self.by_target.get(&target).and_then(|index| self.found.get_mut(*index)) {
            self.listing.repeated += 1;
            known.named |= named;
            // Found twice under one argument (a link beside the file): the bytewise first name is kept.
            if known.root == root && relative.raw < known.relative.raw {
                known.relative = relative;
                known.path = path;
            }
            return;
        }
        self.by_target.insert(target, self.found.len());
        self.found.push(Found { root, relative, path, name: String::new(), size, named });
    }

    fn unreadable(&mut self, relative: &Relative, path: &Path, error: &std::io::Error) {
        let name = if relative.written.is_empty() { shown(path.as_os_str()) } else { relative.written.join("/") };
        self.listing.unreadable.push((name, error.to_string()));
    }

    /// Names every file, with as many folders above its argument as it takes to tell it from the others.
    fn finish(mut self, places: &[&PathBuf]) -> Listing {
        // The folders above each argument, innermost first. A file's own name is in `relative` already.
        let above: Vec<Vec<String>> = places
            .iter()
            .map(|place| {
                let folder = if place.is_dir() { Some(place.as_path()) } else { place.parent() };
                let names = folder.into_iter().flat_map(Path::components);
                let mut names: Vec<String> = names
                    .filter_map(|part| match part {
                        std::path::Component::Normal(name) => Some(written(name)),
                        _ => None,
                    })
                    .collect();
                names.reverse();
                names
            })
            .collect();
        let mut taken = vec![0_usize; places.len()];
        loop {
            for found in &mut self.found {
                let count = taken.get(found.root).copied().unwrap_or(0);
                let outer = above.get(found.root).map_or(&[][..], |names| names.get(..count).unwrap_or(names));
                let parts: Vec<&str> = outer.iter().rev().chain(&found.relative.written).map(String::as_str).collect();
                found.name = parts.join("/");
            }
            let mut by_name: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
            for found in &self.found {
                by_name.entry(&found.name).or_default().insert(found.root);
            }
            let short: BTreeSet<usize> = by_name.into_values().filter(|roots| roots.len() > 1).flatten().collect();
            let mut longer = false;
            for root in short {
                if let (Some(count), Some(names)) = (taken.get_mut(root), above.get(root))
                    && *count < names.len()
                {
                    *count += 1;
                    longer = true;
                }
            }
            if !longer {
                break;
            }
        }
        self.found.sort_by(|a, b| (&a.name, &a.relative.raw).cmp(&(&b.name, &b.relative.raw)));
        // Only names that are not UTF-8 can still be alike.
        let mut used: BTreeSet<String> = BTreeSet::new();
        for found in &mut self.found {
            let plain = found.name.clone();
            let mut number = 2_u32;
            while !used.insert(found.name.clone()) {
                found.name = format!("{plain}#{number}");
                number += 1;
            }
        }
        let mut listing = self.listing;
        let mut folders: BTreeMap<PathBuf, Arc<Path>> = BTreeMap::new();
        listing.entries = self.found.into_iter().map(|found| entry(found, &mut folders)).collect();
        listing.entries.sort_by(|a, b| a.name.cmp(&b.name));
        listing.unreadable.sort();
        listing
    }
}

/// What is kept of a file that was found.
fn entry(found: Found, folders: &mut BTreeMap<PathBuf, Arc<Path>>) -> Entry {
    let Found { path, name, size, named, .. } = found;
    let parent = path.parent().unwrap_or(Path::new(""));
    let folder = match folders.get(parent) {
        Some(known) => Arc::clone(known),
        None => Arc::clone(folders.entry(parent.to_path_buf()).or_insert_with(|| parent.into())),
    };
    let own = path.file_name().unwrap_or_default();
    let own = if own == last_part(&name) { None } else { Some(own.into()) };
    Entry { folder, own, name: name.into_boxed_str(), size, named }
}

/// Names in a folder, sorted bytewise.
fn children(folder: &Path) -> std::io::Result<Vec<OsString>> {
    let mut names = fs::read_dir(folder)?.map(|item| item.map(|item| item.file_name())).collect::<Result<Vec<_>, _>>()?;
    names.sort();
    Ok(names)
}

/// Whether a folder holds what a run wrote: to check one's own results as declarations helps nobody.
fn is_result_folder(names: &[OsString]) -> bool {
    // Where a run was ended while it put its results in place, its journal stands.
    names.iter().any(|name| name == ".kemkoll-journal")
        || ["findings.jsonl", "products.jsonl", "run.json"].iter().all(|wanted| names.iter().any(|name| name == wanted))
}

/// One name of a path as UTF-8: itself where it is that, else with `%FF` for each byte that is not (and `%25` for `%`).
fn written(name: &OsStr) -> String {
    if let Some(name) = name.to_str() {
        return name.to_string();
    }
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// A path or argument for a message, whatever its bytes are; control characters cannot reach the terminal.
pub fn shown(path: &OsStr) -> String {
    written(path).chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "CAS;Halt").unwrap();
        }
        folder
    }

    fn names(listing: &Listing) -> Vec<&str> {
        listing.entries.iter().map(|entry| &*entry.name).collect()
    }

    fn arguments(folder: &Path, names: &[&str]) -> Vec<OsString> {
        names.iter().map(|name| folder.join(name).into_os_string()).collect()
    }

    #[test]
    fn folders_are_searched_in_bytewise_order_and_clutter_is_counted() {
        let folder = folder(&["b.csv", "a/z.csv", "a-b.csv", "A.csv", ".hidden/x.csv", ".x.csv", "~$b.csv"]);
        let listing = list(&[folder.path().into()], None).unwrap();
        assert_eq!(names(&listing), ["A.csv", "a-b.csv", "a/z.csv", "b.csv"]);
        assert_eq!((listing.hidden, listing.lock_files), (2, 1));
        assert!(listing.entries.iter().all(|entry| !entry.named));
    }

    #[test]
    fn a_file_given_twice_is_checked_once_and_the_order_of_arguments_does_not_matter() {
        let folder = folder(&["a/x.csv", "a/y.csv"]);
        let one = list(&arguments(folder.path(), &["a", "a/x.csv", "a/../a/x.csv"]), None).unwrap();
        let other = list(&arguments(folder.path(), &["a/x.csv", "a/../a/x.csv", "a"]), None).unwrap();
        assert_eq!(names(&one), ["x.csv", "y.csv"]);
        assert_eq!(names(&one), names(&other));
        assert_eq!(one.entries.iter().map(|entry| entry.named).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn names_are_lengthened_until_they_differ() {
        let folder = folder(&["a/x.csv", "b/x.csv", "b/y.csv", "c/d/x.csv"]);
        let listing = list(&arguments(folder.path(), &["b", "a"]), None).unwrap();
        assert_eq!(names(&listing), ["a/x.csv", "b/x.csv", "b/y.csv"]);
        let listing = list(&arguments(folder.path(), &["a/x.csv", "c/d/x.csv", "b/y.csv"]), None).unwrap();
        assert_eq!(names(&listing), ["a/x.csv", "d/x.csv", "y.csv"]);
    }

    #[test]
    fn patterns_are_expanded_here_too() {
        let folder = folder(&["a/x.csv", "a/y.tsv", "b/x.csv"]);
        let listing = list(&arguments(folder.path(), &["a/*.csv"]), None).unwrap();
        assert_eq!(names(&listing), ["x.csv"]);
        let listing = list(&arguments(folder.path(), &["**/*.csv"]), None).unwrap();
        assert_eq!(names(&listing), ["a/x.csv", "b/x.csv"]);
        let missing = list(&arguments(folder.path(), &["*.xml", "none"]), None).unwrap_err();
        assert_eq!(missing.iter().map(|fault| fault.pattern).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn earlier_results_are_no_declarations() {
        let folder = folder(&["x.csv", "out/findings.jsonl", "out/products.jsonl", "out/run.json", "new/findings.jsonl"]);
        let listing = list(&[folder.path().into()], Some(&folder.path().join("new"))).unwrap();
        assert_eq!(names(&listing), ["x.csv"]);
        assert_eq!(listing.earlier_results, 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once_and_never_in_circles() {
        use std::os::unix::fs::symlink;
        let folder = folder(&["in/a/x.csv", "other/y.csv"]);
        let inside = folder.path().join("in");
        symlink(&inside, inside.join("a/loop")).unwrap();
        symlink(folder.path().join("other"), inside.join("link")).unwrap();
        symlink(inside.join("a"), inside.join("0")).unwrap();
        symlink(inside.join("nowhere"), inside.join("broken")).unwrap();
        let listing = list(&[inside.into()], None).unwrap();
        assert_eq!(names(&listing), ["a/x.csv", "link/y.csv"]);
        assert_eq!(listing.links, 2);
        assert_eq!(listing.unreadable.len(), 1);
        assert_eq!(listing.unreadable[0].0, "broken");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let folder = folder(&["a%FF.csv"]);
        fs::write(folder.path().join(OsStr::from_bytes(b"a\xFF.csv")), "x").unwrap();
        fs::write(folder.path().join(OsStr::from_bytes(b"a%\xFE.csv")), "x").unwrap();
        let listing = list(&[folder.path().into()], None).unwrap();
        assert_eq!(names(&listing), ["a%25%FE.csv", "a%FF.csv", "a%FF.csv#2"]);
    }
}
