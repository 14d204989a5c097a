//! A bundle of what an organisation shares. The first byte tells what the rest is: a bundle as it stands, one before it is
//! packed, or (parted by NUL) what its events say, sealed here so that no hash or signature keeps it away from what reads it.
#![no_main]

use kemkoll::declaration::Date;
use kemkoll::follow_up::recheck::recheck;
use kemkoll::follow_up::reuse::{Asker, fails};
use kemkoll::follow_up::shared::{Policy, latest};
use kemkoll::follow_up::{Content, FollowUpKind, Moment};
use kemkoll::share::bundle::{Limits, read_from, write};
use kemkoll::share::seal::Envelope;
use kemkoll::share::{Draft, Sealed, Signer};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const LIMITS: Limits = Limits { unpacked: 8 << 20, events: 10_000 };
const WHO: &str = "Region A";
const STREAM: &str = "stream";

static SIGNER: LazyLock<Signer> = LazyLock::new(|| Signer::from_bytes(&[7; 32]));

/// Reads what pretends to be a bundle. Only its own key would be trusted.
fn hostile(bytes: &[u8]) {
    if let Err(refused) = read_from(bytes, LIMITS, &|_, _| Ok(())) {
        assert!(!refused.text().en.is_empty());
    }
}

/// What a trusted organisation may send: whatever it says, reading it takes it or leaves it.
fn signed(bytes: &[u8]) {
    let contents = bytes.split(|byte| *byte == 0).filter_map(|one| serde_json::from_slice::<Content>(one).ok());
    let events: Vec<Sealed> = (1..)
        .zip(contents)
        .filter_map(|(sequence, content)| {
            let draft = Draft { subject: format!("s-{}", sequence % 3), content };
            let envelope = Envelope { organisation: WHO, author: WHO, stream: STREAM, sequence, time: Moment(1_795_305_600_000) };
            Sealed::new(&draft, &envelope, &SIGNER).ok()
        })
        .collect();
    let mut packed = Vec::new();
    write(&mut packed, WHO, Policy::Full, STREAM, &events, &SIGNER).expect("written to memory");
    let Ok(bundle) = read_from(&packed[..], LIMITS, &|_, _| Ok(())) else { return };
    assert_eq!(bundle.events, events, "a bundle reads back as it was written");
    let (register, book) = fuzzed::rules();
    let on = Date::constant(2026, 11, 1);
    for subject in ["s-0", "s-1", "s-2"] {
        let own = bundle.events.iter().filter(|event| event.subject == subject).filter_map(|event| event.open().ok());
        let Some(record) = latest(own) else { continue };
        for policy in Policy::ALL {
            let less = record.reduced(policy);
            assert!(policy > Policy::Verdicts || less.findings.is_empty());
        }
        let asker = Asker { book, register, on, kind: FollowUpKind::DeclarationCheck };
        let _ = fails(&record, &asker);
        let _ = recheck(&[&record], book, register, on, &[], true);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    match first % 3 {
        0 => hostile(rest),
        1 => {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut packed, rest).expect("packed in memory");
            hostile(&packed.finish().expect("packed in memory"));
        }
        _ => signed(rest),
    }
});
