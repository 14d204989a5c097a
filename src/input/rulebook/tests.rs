//! The built-in rules as they are packed beside the same rules loaded from their files.

use super::*;
use crate::input::register::register;
use crate::substance::NameMeans;

/// Everything that rules may add to a register, in an order of its own.
fn known(register: &Register) -> (Vec<String>, Vec<(String, NameMeans)>) {
    let substance = |(id, substance): (_, &crate::substance::Substance)| {
        let by_cas = substance.cas.map(|cas| register.by_cas(cas));
        let by_ec = substance.ec.map(|ec| register.by_ec(ec).to_vec());
        format!("{id:?} {substance:?} {by_cas:?} {by_ec:?}")
    };
    let mut names: Vec<(String, NameMeans)> = register.names().map(|(name, means)| (name.to_string(), means)).collect();
    names.sort_by(|a, b| a.0.cmp(&b.0));
    (register.substances().map(substance).collect(), names)
}

#[test]
fn packed_rules_are_those_of_the_files() {
    let request = Request::default();
    let (mut ready, mut anew) = (register().unwrap(), register().unwrap());
    assert!(ready.is_as_packed());
    let packed = RuleBook::packed(built_in::book(), &mut ready).unwrap();
    let loaded = load_anew(&request, &mut anew).unwrap();
    assert!(loaded.rules.len() > 500 && ready.len() > register().unwrap().len());
    // In full, entries and tables too; far too long to be shown.
    assert!(format!("{packed:?}") == format!("{loaded:?}"));
    assert!(known(&ready) == known(&anew));
}

#[test]
fn packed_rules_share_what_the_loaded_ones_share() {
    let mut register = register().unwrap();
    let book = RuleBook::packed(built_in::book(), &mut register).unwrap();
    let distinct: BTreeSet<*const crate::rule::Entry> = book.rules.iter().map(|rule| rule.entries.as_ptr()).collect();
    assert!(distinct.len() < book.rules.len());
    let exemptions = || book.rules.iter().flat_map(|rule| &rule.exemptions);
    assert!(exemptions().map(Arc::as_ptr).collect::<BTreeSet<_>>().len() < exemptions().count());
}

#[test]
fn a_register_that_has_grown_is_loaded_into_from_the_files() {
    let mut register = register().unwrap();
    let lead = register.by_cas(crate::substance::Cas::parse("7439-92-1").unwrap()).unwrap();
    register.add_name(lead, "a name that only this test knows", false);
    let length = register.len();
    assert!(!register.is_as_packed() && RuleBook::packed(built_in::book(), &mut register).is_none());
    assert_eq!(register.len(), length);
    let first = load(&Request::default(), &mut register).unwrap();
    let again = load(&Request::default(), &mut register).unwrap();
    assert!(first.rules.len() == again.rules.len() && first.fingerprint == again.fingerprint);
}

#[test]
fn bytes_that_are_no_book_enter_nothing() {
    let mut register = register().unwrap();
    let book = built_in::book();
    for end in [0, 3, 4, 100, book.len() / 2] {
        assert!(RuleBook::packed(book.get(..end).unwrap(), &mut register).is_none());
        assert!(register.is_as_packed());
    }
}
