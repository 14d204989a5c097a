//! A bundle: shared events of one organisation in a file. gzip over lines of text, so that it can be read without us
//! (`zcat`): a header that says what it is, its signature, and one event a line.
//!
//! Reading trusts nothing: the size is limited before anything is unpacked, the hash is that of every byte after the
//! header, the header is signed, and every event has its own hash and signature. It gives everything or nothing.

use super::Sealed;
use super::seal::{self, Signer, hex};
use crate::declaration::Text;
use crate::follow_up::Content;
use crate::follow_up::shared::{Policy, SetAsked};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::thread;

/// The version of the format.
pub const FORMAT: u32 = 1;
/// How bundles' names end.
pub const ENDING: &str = ".kemkoll.gz";
/// Begins what is signed.
const SIGNATURE: &[u8] = b"kemkoll bundle signature 1\0";
/// The first bytes of the header.
const BEGINS: &str = "{\"kemkoll_bundle\":";
/// The longest line: a product with very many findings.
const LONGEST: u64 = 4 << 20;

/// How large a bundle may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Unpacked, in bytes.
    pub unpacked: u64,
    /// Events.
    pub events: u64,
}

impl Limits {
    /// What fits in memory and is more than any organisation shares.
    pub const USUAL: Limits = Limits { unpacked: 1 << 30, events: 1_000_000 };
}

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The format's version.
    pub kemkoll_bundle: u32,
    /// Who shares.
    pub organisation: String,
    /// How much.
    pub policy: Policy,
    /// The stream of the events.
    pub stream: String,
    /// The key that signed the header.
    pub key: String,
    /// How many events.
    pub events: u64,
    /// How many of them tell of a product; the others take something back.
    pub products: u64,
    /// How many of these products name no supplier.
    pub withheld: u64,
    /// Rule sets that were used.
    pub rulesets: Vec<SetAsked>,
    /// Bytes of the events.
    pub bytes: u64,
    /// SHA-256 of these bytes.
    pub sha256: String,
}

/// What is said in the second line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    signature: String,
}

/// A sealed event as it stands in a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    organisation: String,
    stream: String,
    sequence: u64,
    author: String,
    time: String,
    subject: String,
    content: String,
    hash: String,
    key: String,
    signature: String,
}

/// Why a bundle is refused. Nothing of it is taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It cannot be read, or is cut short.
    Unreadable(String),
    /// It is no bundle.
    NotABundle,
    /// A newer program wrote it.
    Newer(u32),
    /// It is larger than it may be.
    TooLarge,
    /// It is larger, smaller or other than its header says.
    Altered,
    /// The signature is not that of its key.
    Signature,
    /// An event in it is altered or wrongly signed.
    Event(String),
    /// An event in it is not of whom the bundle is, or about something else than what is shared.
    Foreign(String),
    /// Nobody said whose key it is.
    Unknown {
        /// Whom the bundle says it is from.
        organisation: String,
        /// The key.
        key: String,
    },
    /// The key was revoked.
    Revoked {
        /// Whose it was.
        organisation: String,
        /// The key.
        key: String,
    },
}

impl Refused {
    /// Why, and what to do, for people.
    pub fn text(&self) -> Text {
        let (sv, en) = match self {
            Refused::Unreadable(why) => (
                format!("paketet kan inte läsas ({why}); be avsändaren skicka det igen"),
                format!("the bundle cannot be read ({why}); ask the sender for it again"),
            ),
            Refused::NotABundle => (
                "filen är inget paket från kemkoll; kontrollera att det är rätt fil".to_string(),
                "the file is no bundle of kemkoll; check that it is the right one".to_string(),
            ),
            Refused::Newer(version) => (
                format!("paketet har format {version} och programmet kan {FORMAT}; uppdatera kemkoll"),
                format!("the bundle has format {version} and this program knows {FORMAT}; update kemkoll"),
            ),
            Refused::TooLarge => (
                "paketet blir för stort när det packas upp; fråga avsändaren vad det är".to_string(),
                "the bundle grows too large when unpacked; ask the sender what it is".to_string(),
            ),
            Refused::Altered => (
                "paketet är ändrat eller avhugget; be avsändaren skicka det igen".to_string(),
                "the bundle is altered or cut short; ask the sender for it again".to_string(),
            ),
            Refused::Signature => (
                "paketets signatur stämmer inte; be avsändaren skicka det igen på en annan väg".to_string(),
                "the bundle's signature is wrong; ask the sender for it again by another way".to_string(),
            ),
            Refused::Event(id) => (
                format!("händelsen `{id}` i paketet är ändrad; be avsändaren köra `kemkoll follow-up verify`"),
                format!("the event `{id}` in the bundle is altered; ask the sender to run `kemkoll follow-up verify`"),
            ),
            Refused::Foreign(id) => (
                format!("händelsen `{id}` i paketet hör inte dit; fråga avsändaren"),
                format!("the event `{id}` in the bundle does not belong there; ask the sender"),
            ),
            Refused::Unknown { organisation, key } => (
                format!(
                    "paketet säger sig vara från `{organisation}`, men nyckeln `{key}` är inte betrodd; jämför nyckeln med avsändaren per telefon och kör `kemkoll share keys trust`"
                ),
                format!(
                    "the bundle says it is from `{organisation}`, but the key `{key}` is not trusted; compare the key with the sender by telephone and run `kemkoll share keys trust`"
                ),
            ),
            Refused::Revoked { organisation, key } => (
                format!("nyckeln `{key}` för `{organisation}` är återkallad; be avsändaren om den nya nyckeln"),
                format!("the key `{key}` of `{organisation}` is revoked; ask the sender for the new key"),
            ),
        };
        Text::new(sv, en)
    }
}

/// Writes a bundle. The same events give the same bytes.
///
/// # Errors
/// Those of `to`.
pub fn write(
    to: &mut impl Write,
    organisation: &str,
    policy: Policy,
    stream: &str,
    events: &[Sealed],
    signer: &Signer,
) -> io::Result<Header> {
    let mut body = Vec::new();
    let (mut products, mut withheld) = (0, 0);
    let mut rulesets: BTreeSet<SetAsked> = BTreeSet::new();
    for event in events {
        if let Ok(Content::Shared(shared)) = event.open().map(|event| event.content)
            && let Some(record) = shared.record
        {
            products += 1;
            match record.named() {
                Some(named) => rulesets.extend(named.asked.iter().cloned()),
                None => withheld += 1,
            }
        }
        let line = Line {
            id: event.id.clone(),
            organisation: event.organisation.clone(),
            stream: event.stream.clone(),
            sequence: event.sequence,
            author: event.author.clone(),
            time: event.time.clone(),
            subject: event.subject.clone(),
            content: event.content.clone(),
            hash: event.hash.clone(),
            key: event.key.clone(),
            signature: event.signature.clone(),
        };
        serde_json::to_writer(&mut body, &line).map_err(io::Error::other)?;
        body.push(b'\n');
    }
    let digest: [u8; 32] = Sha256::digest(&body).into();
    let header = Header {
        kemkoll_bundle: FORMAT,
        organisation: organisation.to_string(),
        policy,
        stream: stream.to_string(),
        key: signer.public().to_string(),
        events: events.len() as u64,
        products,
        withheld,
        rulesets: rulesets.into_iter().collect(),
        bytes: body.len() as u64,
        sha256: hex(&digest),
    };
    let first = serde_json::to_string(&header).map_err(io::Error::other)?;
    let signature = Signed { signature: signer.sign(SIGNATURE, first.as_bytes()) };
    let mut packed = GzEncoder::new(to, Compression::default());
    writeln!(packed, "{first}")?;
    writeln!(packed, "{}", serde_json::to_string(&signature).map_err(io::Error::other)?)?;
    packed.write_all(&body)?;
    packed.finish()?.flush()?;
    Ok(header)
}

/// A bundle that holds what it says. Whether its key is trusted is for [`Bundle::check_trust`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// What it says of itself.
    pub header: Header,
    /// The events.
    pub events: Vec<Sealed>,
}

/// Reads a bundle whole. `trusts` says whether a key counts for an organisation, before anything but the header is looked at.
///
/// # Errors
/// Why it is refused.
pub fn read(path: &Path, limits: Limits, trusts: &dyn Fn(&str, &str) -> Result<(), Refused>) -> Result<Bundle, Refused> {
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    read_from(BufReader::new(file), limits, trusts)
}

/// Reads a bundle from bytes.
///
/// # Errors
/// Why it is refused.
pub fn read_from(from: impl BufRead, limits: Limits, trusts: &dyn Fn(&str, &str) -> Result<(), Refused>) -> Result<Bundle, Refused> {
    let mut text = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(from).take(limits.unpacked.saturating_add(1)));
    let first = line(&mut text, true)?;
    if !first.starts_with(BEGINS) {
        return Err(Refused::NotABundle);
    }
    let header = header(&first)?;
    let second = line(&mut text, false)?;
    let signed: Signed = serde_json::from_str(&second).map_err(|_| Refused::Altered)?;
    if !seal::verified(&header.key, SIGNATURE, first.as_bytes(), &signed.signature) {
        return Err(Refused::Signature);
    }
    trusts(&header.organisation, &header.key)?;
    if header.bytes > limits.unpacked || header.events > limits.events {
        return Err(Refused::TooLarge);
    }
    let mut hasher = Sha256::new();
    let mut events = Vec::new();
    let mut left = header.bytes;
    while left > 0 {
        let own = line(&mut text, false)?;
        let length = own.len() as u64 + 1;
        left = left.checked_sub(length).ok_or(Refused::Altered)?;
        hasher.update(own.as_bytes());
        hasher.update(b"\n");
        if events.len() as u64 >= header.events {
            return Err(Refused::Altered);
        }
        let line: Line = serde_json::from_str(&own).map_err(|_| Refused::Altered)?;
        events.push(sealed(line));
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let rest = text.fill_buf().map_err(|error| unreadable(&error))?;
    if !rest.is_empty() || events.len() as u64 != header.events || hex(&digest) != header.sha256 {
        return Err(Refused::Altered);
    }
    check(&header, &events, trusts)?;
    Ok(Bundle { header, events })
}

fn unreadable(error: &io::Error) -> Refused {
    match error.kind() {
        // What is cut short ends in the middle of the packing.
        io::ErrorKind::UnexpectedEof => Refused::Altered,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Refused::Altered,
        _ => Refused::Unreadable(error.to_string()),
    }
}

/// The next line without its end. The first one tells whether it is a bundle at all.
fn line(text: &mut BufReader<io::Take<MultiGzDecoder<impl BufRead>>>, first: bool) -> Result<String, Refused> {
    let mut bytes = Vec::new();
    let read = text.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
    match read {
        Err(error) if first && matches!(unreadable(&error), Refused::Altered) => return Err(Refused::NotABundle),
        Err(error) => return Err(unreadable(&error)),
        Ok(_) => {}
    }
    if bytes.pop() != Some(b'\n') {
        // The limit came first, or nothing more did.
        let full = text.get_ref().limit() == 0 || bytes.len() as u64 + 1 >= LONGEST;
        return Err(match (full, first) {
            (true, false) => Refused::TooLarge,
            (_, true) => Refused::NotABundle,
            (false, false) => Refused::Altered,
        });
    }
    String::from_utf8(bytes).map_err(|_| if first { Refused::NotABundle } else { Refused::Altered })
}

fn header(first: &str) -> Result<Header, Refused> {
    #[derive(Deserialize)]
    struct Version {
        kemkoll_bundle: u32,
    }
    let version: Version = serde_json::from_str(first).map_err(|_| Refused::NotABundle)?;
    if version.kemkoll_bundle != FORMAT {
        return Err(Refused::Newer(version.kemkoll_bundle));
    }
    serde_json::from_str(first).map_err(|_| Refused::Altered)
}

fn sealed(line: Line) -> Sealed {
    let Line { id, organisation, stream, sequence, author, time, subject, content, hash, key, signature } = line;
    Sealed { id, organisation, stream, sequence, author, time, subject, content, hash, key, signature }
}

/// Holds every event against its seal and the header.
fn check(header: &Header, events: &[Sealed], trusts: &dyn Fn(&str, &str) -> Result<(), Refused>) -> Result<(), Refused> {
    let mut keys: BTreeMap<&str, Result<(), Refused>> = BTreeMap::new();
    let mut numbers: BTreeSet<u64> = BTreeSet::new();
    for event in events {
        let own = event.organisation == header.organisation && event.stream == header.stream && event.author == header.organisation;
        let counted = (1..=i64::MAX as u64).contains(&event.sequence) && numbers.insert(event.sequence);
        if !own || !counted || !event.subject.starts_with("s-") || event.subject.len() > 100 || event.id.len() > 100 {
            return Err(Refused::Foreign(event.id.clone()));
        }
        keys.entry(&event.key).or_insert_with(|| trusts(&event.organisation, &event.key)).clone()?;
    }
    // Signatures are most of the work, so every core takes a share.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = events.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let threads: Vec<_> = events.chunks(share).map(|some| scope.spawn(move || some.iter().try_for_each(check_one))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or(Err(Refused::Altered)))
    })
}

fn check_one(event: &Sealed) -> Result<(), Refused> {
    event.verify().map_err(|_| Refused::Event(event.id.clone()))?;
    match event.open().map(|event| event.content) {
        Ok(Content::Shared(_)) => Ok(()),
        Ok(_) => Err(Refused::Foreign(event.id.clone())),
        Err(_) => Err(Refused::Event(event.id.clone())),
    }
}
