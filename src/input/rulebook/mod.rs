//! Rule files to a valid rule book, in two steps: as written, then valid. Everything that is wrong is told at once, with
//! file, line and column, and then nothing is checked: a rule that was skipped would look like a rule that was met.

mod categories;
mod contract;
pub(in crate::input) mod fault;
pub(in crate::input) mod lists;
mod select;
pub(in crate::input) mod sources;
pub(in crate::input) mod table;
#[cfg(test)]
mod tests;
mod valid;
mod written;

pub use fault::Fault;

use crate::input::built_in;
use crate::rule::lint::{Outline, Remark};
use crate::rule::{Categories, Consequence, Contract, Rule, RuleBook, RuleSet};
use crate::substance::Register;
use categories::WrittenCategory;
use contract::WrittenContract;
use fault::{Faults, Place};
use sources::{Hashed, Location, document};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use table::Table;
use valid::{Check, Home};
use written::{WrittenRule, WrittenSet};

/// Which rules a run is checked against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// A contract profile: a file, or the id of a built-in one.
    pub contract: Option<PathBuf>,
    /// Ids of rule sets (`rohs`, `rohs@2015/863`), rule files, or folders with a `rules.toml`.
    pub rules: Vec<String>,
    /// Folders with further rule sets, contracts and categories, looked into before the built-in ones.
    pub rules_dirs: Vec<PathBuf>,
    /// Fingerprint of the register's tables when they are not the built-in ones
    /// ([`register_of`](crate::input::register_files::register_of)).
    pub register_sha256: Option<String>,
    /// With neither contract nor rules: also the sets that are only watched, and every rule as it is written; for looking.
    pub watched: bool,
}

/// Rules as far as they could be read, and all that is wrong or doubtful: what `rules lint` looks at.
pub struct Inspected {
    /// The rules that are right.
    pub book: RuleBook,
    /// What is wrong, by place; with any, nothing is checked.
    pub faults: Vec<Fault>,
    /// What a rule file may leave out but a good one has, by place.
    pub remarks: Vec<Remark>,
    /// Where rules, their limits and lists are written, by rule id.
    pub outlines: BTreeMap<String, Outline>,
    /// The ids of all rules that are written somewhere, faulty or not.
    pub written: BTreeSet<String>,
}

/// A rule set as written.
struct Loaded {
    location: Location,
    set: WrittenSet,
    rules: Vec<WrittenRule>,
    hashed: Hashed,
    /// Which of its rules were asked for, by the beginnings of their ids; `None`: all.
    parts: Option<BTreeMap<String, Option<Place>>>,
}

/// A wish for a rule set, and where it is written (`None`: on the command line).
struct Wish {
    text: String,
    place: Option<Place>,
}

/// The ids of all built-in rule sets.
pub fn built_in_sets() -> impl Iterator<Item = &'static str> {
    sources::built_in_files().filter_map(|path| path.strip_suffix("/rules.toml"))
}

/// The ids of all built-in contract profiles.
pub fn built_in_contracts() -> impl Iterator<Item = &'static str> {
    sources::built_in_files().filter_map(|path| path.strip_prefix("contracts/")?.strip_suffix(".toml")).filter(|name| !name.contains('/'))
}

/// Every built-in rule file with its text, by its path in the rules folder: sets, contracts, categories, substances.
pub fn built_in_texts() -> Vec<(String, String)> {
    let rules = sources::built_in_files().filter_map(|path| {
        let text = Location::BuiltIn(path.to_string()).read().ok()?;
        Some((path.to_string(), text.to_string()))
    });
    let substances = sources::built_in_substances().into_iter().map(|(path, text)| (path, text.to_string()));
    let mut all: Vec<(String, String)> = rules.chain(substances).collect();
    all.sort();
    all
}

/// Loads what the request asks for into a rule book, and enters every substance that a rule names in the register.
/// With neither contract nor rules: all sets, built in and in `rules_dirs`, but those that are only watched.
///
/// # Errors
/// Every fault of every file, by place. The register may then hold substances of the faulty rules.
pub fn load(request: &Request, register: &mut Register) -> Result<RuleBook, Vec<Fault>> {
    // All of the built-in ones were loaded when the program was built; a register that is not the built-in one refuses them.
    if *request == Request::default()
        && let Some(book) = RuleBook::packed(built_in::book(), register)
    {
        return Ok(book);
    }
    load_anew(request, register)
}

/// Loads as [`load`] does, from the files even where they have been loaded already.
fn load_anew(request: &Request, register: &mut Register) -> Result<RuleBook, Vec<Fault>> {
    let inspected = read(request, register, false);
    if inspected.faults.is_empty() { Ok(inspected.book) } else { Err(inspected.faults) }
}

/// Loads as [`load`] does, and goes on past faults: the rules that are right, and everything that is wrong or doubtful.
pub fn inspect(request: &Request, register: &mut Register) -> Inspected {
    read(request, register, true)
}

/// `outlines`: also tell where everything is written, which a check has no use for.
fn read(request: &Request, register: &mut Register, outlines: bool) -> Inspected {
    let mut work = Work {
        faults: Rc::default(),
        sets: Vec::new(),
        failed: BTreeSet::new(),
        complete: true,
        unasked: false,
        rules_dirs: request.rules_dirs.clone(),
        register_sha256: request.register_sha256.clone(),
    };
    let (categories, category_hash) = work.categories(&request.rules_dirs);
    let own_dirs = work.index(&request.rules_dirs);
    let contract = match &request.contract {
        Some(path) => match work.contract(path) {
            Some(contract) => Some(contract),
            None => {
                work.complete = false;
                None
            }
        },
        None => None,
    };
    if request.contract.is_none() && request.rules.is_empty() {
        for location in own_dirs.values() {
            work.set(location, None, None);
        }
        for id in built_in_sets().filter(|id| !own_dirs.contains_key(*id)) {
            work.set(&Location::BuiltIn(format!("{id}/rules.toml")), None, None);
        }
        work.sets.retain(|loaded| request.watched || loaded.set.consequence != Consequence::Watch);
        // Whoever looks at the library wants it as it is written.
        if !request.watched {
            work.unasked();
        }
    }
    let of_contract = contract.iter().flat_map(|(written, _, _)| &written.rulesets);
    let wishes = of_contract
        .map(|spot| Wish { text: spot.value.clone(), place: Some(spot.place.clone()) })
        .chain(request.rules.iter().map(|text| Wish { text: text.clone(), place: None }));
    for wish in wishes.collect::<Vec<_>>() {
        work.wish(&wish, &own_dirs);
    }
    work.finish(contract, categories, category_hash, register, outlines)
}

struct Work {
    faults: Rc<Faults>,
    rules_dirs: Vec<PathBuf>,
    register_sha256: Option<String>,
    sets: Vec<Loaded>,
    /// Ids of rules that stand somewhere but are faulty: naming them is no further fault.
    failed: BTreeSet<String>,
    /// Whether every set that was asked for could be read as a whole.
    complete: bool,
    /// Whether nobody has named what is loaded.
    unasked: bool,
}

type WholeContract = (WrittenContract, Location, Hashed);

impl Work {
    /// The categories of the user's folders and the built-in ones. A folder that holds substances too is a whole rule
    /// library, and its categories stand in for the built-in ones; otherwise they are added to them.
    fn categories(&self, dirs: &[PathBuf]) -> (Categories, String) {
        let mut files: Vec<Vec<WrittenCategory>> = Vec::new();
        let mut hashed = Hashed::default();
        let own = |dir: &PathBuf| Some(dir.join("categories.toml")).filter(|path| path.is_file());
        let whole = dirs.iter().any(|dir| own(dir).is_some() && dir.join("substances").is_dir());
        let built_in = (!whole).then(|| Location::BuiltIn("categories.toml".into()));
        for (at, location) in built_in.into_iter().chain(dirs.iter().filter_map(own).map(Location::Disk)).enumerate() {
            let Some(document) = document(&location, None, &self.faults) else { continue };
            hashed.insert(&at.to_string(), &document.text);
            if let Some(table) = table::parse(&document, &self.faults) {
                files.push(categories::written(&Table::root(&document, &self.faults, &table)));
            }
        }
        (categories::valid(files, &self.faults), hashed.digest())
    }

    /// The rule sets of the user's folders, by id. A set whose id cannot be read is told when it is loaded by name.
    fn index(&mut self, dirs: &[PathBuf]) -> BTreeMap<String, Location> {
        let faults = Rc::clone(&self.faults);
        let mut found: BTreeMap<String, Location> = BTreeMap::new();
        for dir in dirs {
            let entries = match std::fs::read_dir(dir) {
                Ok(entries) => entries,
                Err(error) => {
                    let shown = dir.display().to_string();
                    faults.of_file(&shown, format!("mappen kan inte läsas ({error})"), format!("the folder cannot be read ({error})"));
                    self.complete = false;
                    continue;
                }
            };
            let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
            paths.sort();
            for path in paths {
                let file = if path.is_dir() { path.join("rules.toml") } else { path };
                let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if !file.is_file() || !name.ends_with(".toml") || matches!(name, "categories.toml" | "cases.toml") {
                    continue;
                }
                let location = Location::Disk(file);
                // A file that cannot be parsed has to be told: left out, its rules would look met.
                let Some(document) = document(&location, None, &faults) else { continue };
                let Some(table) = table::parse(&document, &faults) else {
                    self.complete = false;
                    continue;
                };
                if table.contains_key("contract") {
                    continue;
                }
                let root = Table::root(&document, &faults, &table);
                let Some(id) = root.table("ruleset").and_then(|set| set.text("id")) else {
                    self.set(&location, None, None);
                    continue;
                };
                if let Some(first) = found.get(&id.value) {
                    let (id_text, first) = (&id.value, first.shown());
                    faults.at(
                        &id.place,
                        format!("regelverket `{id_text}` finns redan i `{first}`"),
                        format!("the rule set `{id_text}` stands in `{first}` already"),
                    );
                    continue;
                }
                found.insert(id.value, location);
            }
        }
        found
    }

    /// Reads a contract profile.
    fn contract(&mut self, path: &Path) -> Option<WholeContract> {
        let faults = Rc::clone(&self.faults);
        let id = path.to_str().unwrap_or_default();
        let own = self.rules_dirs.iter().map(|dir| dir.join("contracts").join(format!("{id}.toml"))).find(|path| path.is_file());
        let location = match (own, built_in_contracts().find(|own| *own == id)) {
            (Some(own), _) if !path.is_file() => Location::Disk(own),
            (None, Some(id)) if !path.is_file() => contract::built_in(id),
            _ => Location::Disk(path.to_path_buf()),
        };
        let document = document(&location, None, &faults)?;
        let table = table::parse(&document, &faults)?;
        let mut hashed = Hashed::default();
        hashed.insert("contract.toml", &document.text);
        let root = Table::root(&document, &faults, &table);
        self.note_failed(&root);
        let written = contract::contract(&root)?;
        Some((written, location, hashed))
    }

    /// Remembers every rule id of a file, so that a rule which is faulty itself is not unknown as well.
    fn note_failed(&mut self, root: &Table) {
        for rule in root.tables("rule") {
            if let Some(id) = rule.text_quietly("id") {
                self.failed.insert(id);
            }
        }
    }

    /// Criteria and contract requirements that nobody has asked for break no contract: they are told, and count for nothing.
    /// What is only for certain kinds of product (toys, vehicles) is not asked of a product that nobody names as one.
    fn unasked(&mut self) {
        self.unasked = true;
        for loaded in self.sets.iter_mut().filter(|loaded| loaded.set.named_products_only) {
            for rule in &mut loaded.rules {
                rule.scope.named_only = true;
            }
        }
        // The user's own sets are asked for by lying in a folder that is named; an edited copy of a built-in one is not.
        let ours = |loaded: &&mut Loaded| built_in_sets().any(|id| id == loaded.set.id.value);
        for loaded in self.sets.iter_mut().filter(ours) {
            let of_set = loaded.set.consequence;
            for rule in &mut loaded.rules {
                let own = rule.consequence.unwrap_or(of_set);
                if own == Consequence::Contract || (own == Consequence::Information && rule.requirement.is_some()) {
                    rule.consequence = Some(Consequence::Watch);
                }
            }
        }
    }

    /// Keeps of each set the parts that were asked for. Gives what was left out, for the fingerprint.
    fn select(&mut self) -> String {
        let mut selection = String::new();
        for loaded in &mut self.sets {
            let Some(parts) = &loaded.parts else { continue };
            let holds = |part: &str, id: &str| id.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            for (part, place) in parts {
                let found = loaded.rules.iter().map(|rule| &rule.id.value).chain(&self.failed).any(|id| holds(part, id));
                if !found {
                    let shown = loaded.location.shown();
                    let sv = format!("ingen regel i `{shown}` har ett id som börjar med `{part}`");
                    let en = format!("no rule in `{shown}` has an id that begins with `{part}`");
                    match place {
                        Some(place) => self.faults.at(place, sv, en),
                        None => self.faults.of_file(part, sv, en),
                    }
                }
                selection.push_str(part);
                selection.push('\n');
            }
            loaded.rules.retain(|rule| parts.keys().any(|part| holds(part, &rule.id.value)));
        }
        selection
    }

    /// Loads the set that a wish names.
    fn wish(&mut self, wish: &Wish, own_dirs: &BTreeMap<String, Location>) {
        let text = wish.text.as_str();
        let (id, version) = match text.split_once('@') {
            Some((id, version)) => (id, Some(version)),
            None => (text, None),
        };
        let by_id = |id: &str| match own_dirs.get(id) {
            Some(location) => Some(location.clone()),
            None => built_in_sets().find(|own| *own == id).map(|id| Location::BuiltIn(format!("{id}/rules.toml"))),
        };
        let of_set = id.split_once('/').and_then(|(set, _)| by_id(set));
        let path = Path::new(text);
        let location = match by_id(id) {
            Some(location) => location,
            None if path.is_dir() => return self.set(&Location::Disk(path.join("rules.toml")), None, None),
            None if path.is_file() || text.ends_with(".toml") => return self.set(&Location::Disk(path.to_path_buf()), None, None),
            // `upphandlingsmyndigheten/11038:2`: the rules of a set whose ids begin so.
            None if of_set.is_some() => {
                let part = Some((id, wish.place.clone()));
                let Some(location) = of_set else { return };
                return self.set(&location, version.map(|version| (version, wish)), part);
            }
            None => {
                let known: BTreeSet<String> = built_in_sets().map(str::to_string).chain(own_dirs.keys().cloned()).collect();
                let known = known.into_iter().collect::<Vec<_>>().join(", ");
                let sv = format!("det finns inget regelverk och ingen fil `{text}`; regelverken är: {known}");
                let en = format!("there is no rule set and no file `{text}`; the rule sets are: {known}");
                match &wish.place {
                    Some(place) => self.faults.at(place, sv, en),
                    None => self.faults.of_file(text, sv, en),
                }
                self.complete = false;
                return;
            }
        };
        self.set(&location, version.map(|version| (version, wish)), None);
    }

    /// Loads the set at `location` once; `version` is what a wish asks for, and `part` the beginning of the ids that it
    /// wants, with its place.
    fn set(&mut self, location: &Location, version: Option<(&str, &Wish)>, part: Option<(&str, Option<Place>)>) {
        let part = part.map(|(id, place)| (id.to_string(), place));
        match self.sets.iter_mut().find(|loaded| loaded.location == *location) {
            Some(loaded) => match (&mut loaded.parts, part) {
                (Some(parts), Some((id, place))) => {
                    parts.insert(id, place);
                }
                (parts, None) => *parts = None,
                (None, Some(_)) => {}
            },
            None => {
                let before = self.faults.count();
                if let Some(mut loaded) = self.read(location) {
                    loaded.parts = part.map(|part| BTreeMap::from([part]));
                    self.sets.push(loaded);
                }
                self.complete &= self.faults.count() == before;
            }
        }
        let Some((wanted, wish)) = version else { return };
        let Some(loaded) = self.sets.iter().find(|loaded| loaded.location == *location) else { return };
        let have = &loaded.set.version;
        if have != wanted {
            let (id, shown) = (&loaded.set.id.value, location.shown());
            let sv = format!("`{id}` har version `{have}` i `{shown}`, inte `{wanted}`; ändra versionen eller hämta regelverket");
            let en = format!("`{id}` has version `{have}` in `{shown}`, not `{wanted}`; change the version or fetch the rule set");
            match &wish.place {
                Some(place) => self.faults.at(place, sv, en),
                None => self.faults.of_file(&wish.text, sv, en),
            }
        }
    }

    fn read(&mut self, location: &Location) -> Option<Loaded> {
        let faults = Rc::clone(&self.faults);
        let document = document(location, None, &faults)?;
        let table = table::parse(&document, &faults)?;
        let mut hashed = Hashed::default();
        hashed.insert("rules.toml", &document.text);
        let root = Table::root(&document, &faults, &table);
        self.note_failed(&root);
        let set = root.required_table("ruleset").map(|table| written::set(&table));
        let tables = root.tables("rule");
        let rules: Vec<WrittenRule> = tables.iter().map(written::rule).collect();
        root.finish();
        if tables.is_empty() {
            faults.at(&document.place(0), "filen har inga regler; lägg till [[rule]]", "the file has no rules; add [[rule]]");
        }
        let set = set.unwrap_or_else(|| WrittenSet::stand_in(document.place(0)));
        Some(Loaded { location: location.clone(), set, rules, hashed, parts: None })
    }

    /// Checks everything against the register and each other.
    fn finish(
        mut self,
        mut contract: Option<WholeContract>,
        categories: Categories,
        category_hash: String,
        register: &mut Register,
        outlines: bool,
    ) -> Inspected {
        // Sorted, so that the order in which sets are asked for changes nothing.
        self.sets.sort_by(|a, b| (&a.set.id.value, &a.location).cmp(&(&b.set.id.value, &b.location)));
        let selection = self.select();
        self.duplicates(contract.as_ref().map(|(written, _, _)| written));
        if let Some((written, _, _)) = &mut contract {
            let mut rules: Vec<(&mut WrittenRule, Consequence)> = Vec::new();
            for loaded in &mut self.sets {
                let consequence = loaded.set.consequence;
                rules.extend(loaded.rules.iter_mut().map(|rule| (rule, consequence)));
            }
            let unknown_is_a_fault = |id: &str| self.complete && !self.failed.contains(id);
            contract::apply(written, &mut rules, &unknown_is_a_fault, &self.faults);
        }
        let mut rules: Vec<Rule> = Vec::new();
        let mut sets: Vec<RuleSet> = Vec::new();
        let mut check = Check {
            register: &mut *register,
            categories: &categories,
            faults: &self.faults,
            lists: BTreeMap::new(),
            exemptions: BTreeMap::new(),
            selections: BTreeMap::new(),
        };
        for loaded in &mut self.sets {
            let set = &loaded.set;
            let mut home = Home {
                index: sets.len(),
                consequence: set.consequence,
                list_complete: set.list_complete,
                location: &loaded.location,
                hashed: &mut loaded.hashed,
            };
            rules.extend(loaded.rules.iter().filter_map(|rule| check.rule(rule, &mut home)));
            sets.push(RuleSet {
                id: set.id.value.as_str().into(),
                title: set.title.clone(),
                authority: set.authority.as_str().into(),
                legal_basis: set.legal_basis.as_str().into(),
                version: set.version.as_str().into(),
                consequence: set.consequence,
                list_complete: set.list_complete,
                official_count: set.official_count,
                hash: loaded.hashed.digest().into(),
            });
        }
        let mut valid_contract: Option<Contract> = None;
        let mut contract_hash = String::new();
        if let Some((written, location, hashed)) = &mut contract {
            let home_set = sets.len();
            let mut home = Home { index: home_set, consequence: Consequence::Contract, list_complete: true, location, hashed };
            rules.extend(written.rules.iter().filter_map(|rule| check.rule(rule, &mut home)));
            contract_hash = hashed.digest();
            let all: Vec<(&WrittenRule, Consequence)> = self
                .sets
                .iter()
                .flat_map(|loaded| loaded.rules.iter().map(|rule| (rule, loaded.set.consequence)))
                .chain(written.rules.iter().map(|rule| (rule, Consequence::Contract)))
                .collect();
            let unknown_is_a_fault = |id: &str| self.complete && !self.failed.contains(id);
            let granted = contract::exemptions(written, &all, &unknown_is_a_fault, check.register, &categories, &self.faults);
            for (id, exemption) in granted {
                if let Some(rule) = rules.iter_mut().find(|rule| *rule.id == *id) {
                    rule.exemptions.push(Arc::clone(&exemption));
                }
            }
            valid_contract = Some(contract::valid(written, &categories, &self.faults));
            sets.push(RuleSet {
                id: written.id.value.as_str().into(),
                title: written.title.clone(),
                authority: written.buyer.as_str().into(),
                legal_basis: "".into(),
                version: "".into(),
                consequence: Consequence::Contract,
                list_complete: true,
                official_count: None,
                hash: contract_hash.as_str().into(),
            });
        }
        let unasked = if self.unasked { "unasked" } else { "" };
        let of_register = self.register_sha256.as_deref().unwrap_or(built_in::REGISTER_SHA256);
        let parts = [
            ("register", of_register),
            ("categories", &category_hash),
            ("contract", &contract_hash),
            ("selection", &selection),
            ("unasked", unasked),
        ];
        let of_sets = sets.iter().map(|set| (&*set.id, set.hash.as_bytes()));
        let fingerprint = sources::digest(parts.iter().map(|(name, hash)| (*name, hash.as_bytes())).chain(of_sets));
        let mut places = BTreeMap::new();
        if outlines {
            let of_contract = contract.iter().flat_map(|(written, location, _)| written.rules.iter().map(move |rule| (rule, location)));
            let of_sets = self.sets.iter().flat_map(|loaded| loaded.rules.iter().map(|rule| (rule, &loaded.location)));
            places.extend(
                of_sets
                    .chain(of_contract)
                    .filter(|(rule, _)| !rule.broken)
                    .map(|(rule, location)| (rule.id.value.clone(), check.outline(rule, location))),
            );
        }
        Inspected {
            book: RuleBook::compile(sets, rules, valid_contract, categories, fingerprint, register),
            faults: self.faults.sorted(),
            remarks: self.faults.remarks(),
            outlines: places,
            written: self.failed,
        }
    }

    /// Ids are unique over all sets and the contract.
    fn duplicates(&self, contract: Option<&WrittenContract>) {
        let set_ids = self.sets.iter().map(|loaded| &loaded.set.id).chain(contract.map(|own| &own.id));
        let of_contract = contract.into_iter().flat_map(|own| own.rules.iter());
        let rule_ids = self.sets.iter().flat_map(|loaded| loaded.rules.iter()).chain(of_contract).map(|rule| &rule.id);
        for (kind_sv, kind_en, ids) in
            [("regelverket", "rule set", set_ids.collect::<Vec<_>>()), ("regeln", "rule", rule_ids.collect::<Vec<_>>())]
        {
            let mut first: BTreeMap<&str, &Place> = BTreeMap::new();
            for id in ids.into_iter().filter(|id| !id.value.is_empty()) {
                match first.get(id.value.as_str()) {
                    Some(place) => {
                        let written = &id.value;
                        self.faults.at(
                            &id.place,
                            format!("{kind_sv} `{written}` finns redan på {place}; ge den ett eget id"),
                            format!("the {kind_en} `{written}` stands at {place} already; give it an id of its own"),
                        );
                    }
                    None => {
                        first.insert(&id.value, &id.place);
                    }
                }
            }
        }
    }
}
