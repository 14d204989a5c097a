//! A rule set of a user's own: `rules.toml`, then, after a NUL each, the list `list.csv`, `exemptions.csv`, a contract and
//! `cases.toml`. Whatever is wrong is a fault with a place, never a panic.
#![no_main]

use kemkoll::input::register::register;
use kemkoll::input::rulebook::{Request, load};
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Written anew for every input.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| tempfile::tempdir().expect("a folder").keep());

fuzz_target!(|bytes: &[u8]| {
    let names = ["rules.toml", "list.csv", "exemptions.csv", "contract.toml", "cases.toml"];
    let mut parts = bytes.split(|byte| *byte == 0);
    for name in names {
        fs::write(FOLDER.join(name), parts.next().unwrap_or_default()).expect("a file");
    }
    let rules = vec![FOLDER.join("rules.toml").to_string_lossy().into_owned()];
    let mut own = register().expect("the register");
    for contract in [None, Some(FOLDER.join("contract.toml"))] {
        let request = Request { rules: if contract.is_none() { rules.clone() } else { Vec::new() }, contract, ..Request::default() };
        if let Err(faults) = load(&request, &mut own) {
            assert!(!faults.is_empty());
            for fault in faults {
                assert!(!fault.to_string().is_empty());
            }
        }
    }
});
