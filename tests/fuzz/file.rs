//! Any file: the bytes say what it is. `KEMKOLL_FUZZ_LEGACY` allows third-party readers to panic, as the program does.
#![no_main]

use libfuzzer_sys::{fuzz_target, Corpus};
use std::sync::LazyLock;

static LEGACY: LazyLock<bool> = LazyLock::new(|| {
    let legacy = std::env::var_os("KEMKOLL_FUZZ_LEGACY").is_some();
    if legacy {
        // libFuzzer ends the process at any panic, the program only at one that nobody catches.
        std::panic::set_hook(Box::new(|_| {}));
    }
    legacy
});

fuzz_target!(|bytes: &[u8]| -> Corpus {
    fuzzed::check(bytes, *LEGACY);
    Corpus::Keep
});
