//! Which rule files a person means by a path: a rule set, a contract profile, a whole rules folder, or the rules in the
//! binary. What is read with the same substances and categories stands on one shelf.

use super::cases::{self, CaseFile};
use super::register_files::register_of;
use super::rulebook::fault::Faults;
use super::rulebook::sources::{Location, document};
use super::rulebook::table::{Table, parse};
use super::rulebook::{Fault, Request, built_in_contracts, built_in_sets};
use crate::substance::Register;
use std::path::{Path, PathBuf};

/// A rule set or a contract profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// What to ask the loader for: an id, or a path.
    pub wish: String,
    /// Whether it is a contract profile.
    pub contract: bool,
    /// Where its worked examples stand.
    cases: Location,
}

impl Book {
    /// The file of its rules, as faults name it.
    pub fn file(&self) -> String {
        match (&self.cases, self.contract) {
            (Location::BuiltIn(_), true) => format!("rules/contracts/{}.toml", self.wish),
            (Location::BuiltIn(_), false) => format!("rules/{}/rules.toml", self.wish),
            (Location::Disk(_), _) => self.wish.clone(),
        }
    }
}

/// Rule sets and contracts that are read with the same substances and categories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// The folders whose sets, categories and substances are looked into before the built-in ones.
    pub dirs: Vec<PathBuf>,
    /// What stands on it.
    pub books: Vec<Book>,
}

/// Sorts paths onto shelves. Without paths: all that is in `dirs`, and without these all that is built in.
///
/// # Errors
/// Every path that is no rule file, rule set or rules folder.
pub fn shelves(paths: &[PathBuf], dirs: &[PathBuf]) -> Result<Vec<Shelf>, Vec<Fault>> {
    let faults = Faults::default();
    let mut shelves: Vec<Shelf> = Vec::new();
    let mut put = |dirs: Vec<PathBuf>, books: Vec<Book>| match shelves.iter_mut().find(|shelf| shelf.dirs == dirs) {
        Some(shelf) => {
            for book in books {
                if !shelf.books.contains(&book) {
                    shelf.books.push(book);
                }
            }
        }
        None => shelves.push(Shelf { dirs, books }),
    };
    if paths.is_empty() && dirs.is_empty() {
        put(Vec::new(), built_in());
    }
    for dir in paths.is_empty().then_some(dirs).into_iter().flatten() {
        put(dirs.to_vec(), in_folder(dir));
    }
    for path in paths {
        let with = |root: Option<&Path>| match root {
            Some(root) if dirs.is_empty() => vec![root.to_path_buf()],
            _ => dirs.to_vec(),
        };
        if path.join("rules.toml").is_file() {
            put(with(library_of(path)), vec![set(&path.join("rules.toml"))]);
        } else if path.is_dir() {
            let books = in_folder(path);
            if books.is_empty() {
                faults.of_file(
                    &path.display().to_string(),
                    "mappen har inga regler; ange en mapp med rules.toml, en regelfil, en avtalsprofil eller en hel regelmapp",
                    "the folder has no rules; name a folder with a rules.toml, a rule file, a contract profile or a whole rules folder",
                );
            }
            let root = is_library(path).then_some(path.as_path());
            let inside = if path.file_name().is_some_and(|name| name == "contracts") { library_of(path) } else { None };
            put(with(root.or(inside)), books);
        } else if path.is_file() {
            if let Some((book, root)) = of_file(path, &faults) {
                put(with(root.as_deref()), vec![book]);
            }
        } else {
            let id = path.to_str().unwrap_or_default();
            let known = built_in_sets().find(|own| *own == id).map(built_in_set);
            match known.or_else(|| built_in_contracts().find(|own| *own == id).map(built_in_contract)) {
                Some(book) => put(with(None), vec![book]),
                None => {
                    let known = built_in_sets().chain(built_in_contracts()).collect::<Vec<_>>().join(", ");
                    faults.of_file(
                        &path.display().to_string(),
                        format!("det finns ingen sådan fil, mapp eller inbyggt regelverk; de inbyggda är: {known}"),
                        format!("there is no such file, folder or built-in rule set; built in are: {known}"),
                    );
                }
            }
        }
    }
    if faults.count() > 0 { Err(faults.sorted()) } else { Ok(shelves) }
}

fn built_in_set(id: &str) -> Book {
    Book { wish: id.to_string(), contract: false, cases: Location::BuiltIn(format!("{id}/cases.toml")) }
}

fn built_in_contract(id: &str) -> Book {
    Book { wish: id.to_string(), contract: true, cases: Location::BuiltIn(format!("contracts/cases/{id}.toml")) }
}

fn built_in() -> Vec<Book> {
    built_in_sets().map(built_in_set).chain(built_in_contracts().map(built_in_contract)).collect()
}

fn set(file: &Path) -> Book {
    let cases = if file.file_name().is_some_and(|name| name == "rules.toml") {
        file.with_file_name("cases.toml")
    } else {
        // A rule file that stands alone: `my-rules.toml` has its examples in `my-rules.cases.toml`.
        file.with_extension("cases.toml")
    };
    Book { wish: file.display().to_string(), contract: false, cases: Location::Disk(cases) }
}

fn contract(file: &Path) -> Book {
    let folder = file.parent().unwrap_or(Path::new(""));
    let name = file.file_name().unwrap_or_default();
    let beside = file.with_extension("cases.toml");
    let cases = if beside.is_file() { beside } else { folder.join("cases").join(name) };
    Book { wish: file.display().to_string(), contract: true, cases: Location::Disk(cases) }
}

/// Whether a folder is a rule library: it brings its own substances or categories.
fn is_library(folder: &Path) -> bool {
    folder.join("substances").is_dir() || folder.join("categories.toml").is_file()
}

/// The rule library that a set's folder or the folder of contracts stands in.
fn library_of(folder: &Path) -> Option<&Path> {
    let parent = match folder.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return None,
    };
    is_library(parent).then_some(parent)
}

/// Every set and contract of a folder, by name.
fn in_folder(folder: &Path) -> Vec<Book> {
    let quiet = Faults::default();
    let mut books = Vec::new();
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if entry.join("rules.toml").is_file() {
            books.push(set(&entry.join("rules.toml")));
        } else if name == "contracts" && entry.is_dir() {
            books.extend(in_folder(&entry));
        } else if name.ends_with(".toml") && name != "categories.toml" && !name.ends_with("cases.toml") && entry.is_file() {
            books.extend(of_file(&entry, &quiet).map(|(book, _)| book));
        }
    }
    // Sets before contracts, which build on them.
    books.sort_by_key(|book| book.contract);
    books
}

/// The set or contract that a file is, or that its examples belong to, and the library that it stands in.
fn of_file(path: &Path, faults: &Faults) -> Option<(Book, Option<PathBuf>)> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = path.display().to_string();
    let own = |folder: &Path| library_of(folder).or(is_library(folder).then_some(folder)).map(Path::to_path_buf);
    // A file that is no TOML is told when it is loaded, with the place.
    let Some(document) = document(&Location::Disk(path.to_path_buf()), None, &Faults::default()) else {
        return Some((set(path), own(folder)));
    };
    let unread = Faults::default();
    let Some(table) = parse(&document, &unread) else {
        let in_contracts = folder.file_name().is_some_and(|name| name == "contracts");
        return Some((if in_contracts { contract(path) } else { set(path) }, own(folder)));
    };
    let root = Table::root(&document, &unread, &table);
    if root.has("contract") {
        return Some((contract(path), own(folder)));
    }
    if root.has("case") && !root.has("ruleset") {
        let beside = path.with_file_name("rules.toml");
        let of_contract = folder.file_name().is_some_and(|name| name == "cases");
        let profile = folder.parent().unwrap_or(Path::new("")).join(path.file_name().unwrap_or_default());
        if beside.is_file() {
            return Some((set(&beside), own(folder)));
        }
        if of_contract && profile.is_file() {
            return Some((contract(&profile), own(profile.parent().unwrap_or(Path::new("")))));
        }
        faults.of_file(
            &shown,
            "exemplen har ingen rules.toml bredvid sig; ange regelverket i stället",
            "there is no rules.toml beside the cases; name the rule set instead",
        );
        return None;
    }
    if root.has("category") && !root.has("rule") {
        faults.of_file(
            &shown,
            "filen håller kategorier; ange mappen som den står i",
            "the file holds categories; name the folder that it stands in",
        );
        return None;
    }
    Some((set(path), own(folder)))
}

/// The substances of a shelf, and their fingerprint.
///
/// # Errors
/// Every fault of every table.
pub fn substances(shelf: &Shelf) -> Result<(Register, Option<String>), Vec<Fault>> {
    register_of(&shelf.dirs)
}

/// What to load for one book of a shelf alone.
pub fn request(shelf: &Shelf, book: &Book, register_sha256: Option<String>) -> Request {
    Request {
        contract: book.contract.then(|| PathBuf::from(&book.wish)),
        rules: if book.contract { Vec::new() } else { vec![book.wish.clone()] },
        rules_dirs: shelf.dirs.clone(),
        register_sha256,
        ..Request::default()
    }
}

/// What to load for all rule sets of a shelf together, so that ids are compared over all of them.
pub fn sets_together(shelf: &Shelf, register_sha256: Option<String>) -> Request {
    let rules = shelf.books.iter().filter(|book| !book.contract).map(|book| book.wish.clone()).collect();
    Request { rules, rules_dirs: shelf.dirs.clone(), register_sha256, ..Request::default() }
}

/// What to load for the laws that the shelf's rules are held against: all of its folders and all that is built in.
pub fn everything(shelf: &Shelf, register_sha256: Option<String>) -> Request {
    Request { rules_dirs: shelf.dirs.clone(), register_sha256, ..Request::default() }
}

/// The worked examples of a book; `None` where there are none.
///
/// # Errors
/// Every fault of the file.
pub fn worked(shelf: &Shelf, book: &Book, register_sha256: Option<String>) -> Result<Option<CaseFile>, Vec<Fault>> {
    if let Location::Disk(path) = &book.cases {
        if !path.is_file() {
            return Ok(None);
        }
    }
    cases::at(&book.cases, request(shelf, book, register_sha256)).map(Some)
}
