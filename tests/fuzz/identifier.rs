//! The text of an identifier cell: CAS and EC numbers, dates that were CAS numbers, names.
#![no_main]

use kemkoll::substance::{CasText, read_cas, read_ec};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let CasText::Valid(cas) = read_cas(text) {
        assert_eq!(read_cas(&cas.to_string()), CasText::Valid(cas), "{text}");
    }
    if let Some(Ok(ec)) = read_ec(text) {
        assert_eq!(read_ec(&ec.to_string()), Some(Ok(ec)), "{text}");
    }
    fuzzed::check(format!("Ämne;CAS-nummer;Halt (%)\n{text};7439-92-1;0,2\nBly;{text};0,2\n").as_bytes(), false);
});
