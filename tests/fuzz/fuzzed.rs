//! What every target that reads files does with one: reads it, identifies what it declares and judges it, and holds the
//! answer against what must be true of every file.

use kemkoll::declaration::{Date, ProblemCode};
use kemkoll::input::read::{Found, gave_up, read};
use kemkoll::input::register::register;
use kemkoll::input::rulebook::{Request, load};
use kemkoll::rule::RuleBook;
use kemkoll::substance::{Confirmations, Register, identify};
use kemkoll::verdict::{Judge, Proof, Settings, Tell, Verdict};
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::LazyLock;

/// The register, and a few rules of each sort: sums, lists, materials, migration.
static RULES: LazyLock<(Register, RuleBook)> = LazyLock::new(|| {
    let mut register = register().expect("the built-in register");
    let rules = ["rohs", "reach-annex-xvii", "regional-practice"].map(String::from).to_vec();
    let book = load(&Request { rules, ..Request::default() }, &mut register).expect("built-in rules");
    (register, book)
});

/// The register and rules that everything is held against.
pub fn rules() -> (&'static Register, &'static RuleBook) {
    (&RULES.0, &RULES.1)
}

/// Checks the bytes of a file.
///
/// # Panics
/// When the file is not told of, when a reader of ours gave up, or when a file that could not be read is called compliant.
/// What third-party readers do (`legacy`) may be anything that does not end the process.
pub fn check(bytes: &[u8], legacy: bool) {
    let (register, book) = &*RULES;
    let settings =
        Settings { on: Date::constant(2026, 11, 1), period: None, proof: Proof::Stated, categories: Vec::new(), tell: Tell::Open };
    let mut judge = Judge::new(book, register, &settings);
    let mut told = 0;
    read(Cow::Borrowed(bytes), "file", true, None, &mut |found| {
        told += 1;
        let Found::Declaration(declaration) = found else { return ControlFlow::Continue(()) };
        let unread = declaration.problems.iter().find(|problem| problem.code == ProblemCode::Unreadable && problem.open);
        let gave_up = unread.is_some_and(|problem| problem.message.en == gave_up().en);
        assert!(legacy || !gave_up, "a reader of ours gave up");
        let whole_file = unread.is_some_and(|problem| problem.product.is_none());
        let report = judge.judge(&identify(*declaration, register, &Confirmations::default()));
        for product in &report.products {
            assert!(!(whole_file && product.verdict == Verdict::Compliant), "compliant, though the file could not be read");
        }
        if told < 64 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert!(told > 0, "the file was passed over in silence");
}
