//! Loads rule files that are right and rule files that are wrong, and holds every fault against its line and column.

use kemkoll::amount::Factor;
use kemkoll::input::register::register;
use kemkoll::input::rulebook::{Fault, Request, built_in_contracts, built_in_sets, load};
use kemkoll::rule::{Consequence, RuleBook};
use kemkoll::substance::{Cas, NameMeans, Register, normalise_name};
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rulebooks").join(name)
}

fn loaded(request: &Request) -> (RuleBook, Register) {
    let mut register = register().expect("the built-in register");
    match load(request, &mut register) {
        Ok(book) => (book, register),
        Err(faults) => panic!("{}", shown(&faults, "")),
    }
}

fn rules(path: &Path) -> Request {
    Request { rules: vec![path.display().to_string()], ..Request::default() }
}

fn shown(faults: &[Fault], root: &str) -> String {
    faults.iter().map(|fault| fault.to_string().replace(root, "") + "\n").collect()
}

/// The faults of a broken fixture are those in its `faults.txt`, all of them, at their places.
#[track_caller]
fn has_faults(name: &str, request: &Request) {
    let mut register = register().expect("the built-in register");
    let faults = load(request, &mut register).err().unwrap_or_default();
    assert!(faults.iter().all(|fault| !fault.message.sv.is_empty() && fault.message.sv != fault.message.en), "both languages");
    // Which sets there are is no matter of the fixture.
    let sets = format!("the rule sets are: {}", built_in_sets().collect::<Vec<_>>().join(", "));
    let have = shown(&faults, &format!("{}/", fixture(name).display())).replace(&sets, "the rule sets are: ...");
    let file = fixture(name).join("faults.txt");
    let want = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert!(have == want, "{name}: the faults are\n{have}\nand not\n{want}");
}

#[test]
fn everything_built_in_loads() {
    let (book, _) = loaded(&Request::default());
    // What is only watched is loaded when somebody asks for it.
    assert!(book.sets.iter().all(|set| set.consequence != Consequence::Watch));
    let (all, _) = loaded(&Request { rules: built_in_sets().map(str::to_string).collect(), ..Request::default() });
    let ids: Vec<&str> = all.sets.iter().map(|set| &*set.id).collect();
    assert_eq!(ids, built_in_sets().collect::<Vec<_>>(), "a set's id is the name of its folder");
    let watched = all.sets.iter().filter(|set| set.consequence == Consequence::Watch).count();
    assert_eq!(book.sets.len() + watched, all.sets.len());
    for contract in built_in_contracts() {
        let (book, _) = loaded(&Request { contract: Some(contract.into()), ..Request::default() });
        assert_eq!(book.contract.as_ref().map(|own| &*own.id), Some(contract), "a contract's id is the name of its file");
    }
}

#[test]
fn faults_of_fields() {
    has_faults("fields", &rules(&fixture("fields/rules.toml")));
}

#[test]
fn faults_of_references() {
    has_faults("references", &rules(&fixture("references/rules.toml")));
}

#[test]
fn faults_of_syntax() {
    has_faults("syntax", &rules(&fixture("syntax/rules.toml")));
}

#[test]
fn faults_of_dates() {
    has_faults("dates", &rules(&fixture("dates/rules.toml")));
}

#[test]
fn faults_of_lists() {
    has_faults("lists", &rules(&fixture("lists")));
}

#[test]
fn faults_of_duplicates() {
    has_faults("duplicates", &rules(&fixture("duplicates/rules.toml")));
}

#[test]
fn faults_of_contracts_show_both_places() {
    has_faults("contract", &Request { contract: Some(fixture("contract/contract.toml")), ..Request::default() });
}

#[test]
fn faults_of_categories() {
    has_faults("categories", &Request { rules: vec!["rohs".into()], rules_dirs: vec![fixture("categories")], ..Request::default() });
}

#[test]
fn faults_of_the_command_line() {
    let mut register = register().expect("the built-in register");
    let request = Request { rules: vec!["rosh".into(), "rohs@1".into(), "no/such.toml".into()], ..Request::default() };
    let faults = load(&request, &mut register).expect_err("three faults");
    let sets = built_in_sets().collect::<Vec<_>>().join(", ");
    assert_eq!(
        shown(&faults, ""),
        format!(
            "no/such.toml: there is no such file\n\
             rohs@1: `rohs` has version `2015/863` in `rules/rohs/rules.toml`, not `1`; change the version or fetch the rule set\n\
             rosh: there is no rule set and no file `rosh`; the rule sets are: {sets}\n"
        )
    );
}

#[test]
fn a_file_of_ones_own() {
    let (book, register) = loaded(&rules(&fixture("valid/sets/my-rules.toml")));
    assert_eq!(book.sets.len(), 1);
    let rule = |id: &str| book.rule(id).unwrap_or_else(|| panic!("the rule {id}"));
    assert_eq!(rule("my-region/bisphenol-a").consequence, Consequence::Contract);

    // One entry each, one of them known by its name alone.
    let list = rule("my-region/our-list");
    assert_eq!(list.entries.iter().map(|entry| entry.id.to_string()).collect::<Vec<_>>(), ["A", "B", "C"]);
    let Some(NameMeans::One(secret)) = register.by_name(&normalise_name("VÅR HEMLIGA MJUKGÖRARE")) else { panic!("a name of its own") };
    assert_eq!(*list.entries[1].members, [(secret, Factor::ONE)]);
    assert_eq!(book.hits(secret).count(), 2);
    assert!(list.open && list.stem_groups.len() == 1, "the entry of a group is open");

    // Added: one entry for each pair of dates.
    let together = rule("my-region/our-list-together");
    assert_eq!(
        together.entries.iter().map(|entry| entry.from.map(|day| day.to_string())).collect::<Vec<_>>(),
        [Some("2018-06-27".to_string()), Some("2020-01-01".to_string())]
    );

    // Lead chromate counts with its lead and its chromium; what is excluded is out, and its group no longer covered.
    let metals = rule("my-region/packaging-metals");
    let of = |number: &str| Cas::parse(number).and_then(|cas| register.by_cas(cas)).expect("registered");
    let entry = metals.entries.first().expect("one entry");
    let share = |number: &str| entry.members.iter().find(|(id, _)| *id == of(number)).map(|(_, factor)| *factor);
    assert_eq!(share("7758-97-6"), Some(Factor::exactly(6411 + 1609)));
    assert_eq!(share("7440-43-9"), None);
    let named: Vec<&str> = entry.groups.iter().map(|group| register.group_id(*group)).collect();
    assert!(named.contains(&"lead") && !named.contains(&"cadmium"), "{named:?}");
    assert_eq!(metals.limit.element.as_deref(), Some("Pb + Cd + Hg + Cr VI"));
}

#[test]
fn a_contract_tightens() {
    let (plain, _) = loaded(&Request::default());
    let (book, _) = loaded(&Request { contract: Some("gloves-2027".into()), ..Request::default() });
    assert_eq!(plain.rule("reach-candidate-list/article").map(|rule| rule.consequence), Some(Consequence::Information));
    assert_eq!(book.rule("reach-candidate-list/article").map(|rule| rule.consequence), Some(Consequence::Contract));
    assert_eq!(book.rule("gloves-2027/pvc-free").map(|rule| rule.materials.len()), Some(1));
    assert!(book.rule("rohs/lead/general").is_none(), "the contract does not ask for it");
}

#[test]
fn the_fingerprint_is_that_of_the_rules() {
    let fingerprint = |request: &Request| loaded(request).0.fingerprint;
    let request = |rules: &[&str]| Request { rules: rules.iter().map(|id| id.to_string()).collect(), ..Request::default() };
    let all = fingerprint(&Request::default());
    assert_eq!(all.len(), 64);
    assert_eq!(all, fingerprint(&Request::default()));
    let three = fingerprint(&request(&["rohs", "reach-annex-xvii", "reach-candidate-list"]));
    assert_eq!(three, fingerprint(&request(&["reach-candidate-list", "rohs", "reach-annex-xvii", "rohs"])));
    assert_ne!(three, fingerprint(&request(&["rohs", "reach-annex-xvii"])));
    assert_ne!(three, all);
    // The same file elsewhere, with other line ends, is the same set.
    let own = fixture("valid/sets/my-rules.toml");
    let elsewhere = tempfile::tempdir().expect("a folder");
    for name in ["my-rules.toml", "our-list.csv"] {
        let text = std::fs::read_to_string(own.with_file_name(name)).expect("the fixture");
        let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        std::fs::write(elsewhere.path().join(name), text).expect("written");
    }
    assert_eq!(fingerprint(&rules(&own)), fingerprint(&rules(&elsewhere.path().join("my-rules.toml"))));
    // A folder of one's own comes first, and is found by id.
    let by_id = Request { rules: vec!["my-region@2027-01".into()], rules_dirs: vec![fixture("valid/sets")], ..Request::default() };
    assert_eq!(loaded(&by_id).0.sets.first().map(|set| set.hash.clone()), loaded(&rules(&own)).0.sets.first().map(|set| set.hash.clone()));
}
