//! The text of an amount cell, under every surrounding that a column may give it.
#![no_main]

use kemkoll::amount::{Context, Dimension, Mark, Reading, Unit, WHOLE, mark_of, read_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (unit, text) = text.split_once('\n').map_or((None, text), |(unit, text)| (Unit::parse(unit), text));
    let _ = mark_of(text);
    for mark in [Mark::Unknown, Mark::Comma, Mark::Point, Mark::Mixed] {
        for laboratory in [false, true] {
            let context = Context { unit, mark, laboratory, loq: None };
            let reading = read_text(text, &context);
            if let Reading::Amount(amount) = &reading {
                assert!(amount.interval.lo <= amount.interval.hi, "{text}: {amount:?}");
                assert!(amount.dimension != Dimension::MassFraction || amount.interval.hi <= WHOLE, "{text}: {amount:?}");
            }
            assert_eq!(reading, read_text(text, &context), "{text} is read in two ways");
        }
    }
});
