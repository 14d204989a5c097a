//! Sealing: an event as it is stored, with a hash over exactly the stored text and its envelope, and a signature over the
//! hash. Who changes one byte must change the hash, and who changes the hash cannot sign it.

use crate::follow_up::{Content, Event, Moment};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Begins what is hashed, so that the hash of an event is never the hash of anything else.
const EVENT: &[u8] = b"kemkoll event 1\0";
/// Begins what is signed.
const SIGNATURE: &[u8] = b"kemkoll event signature 1\0";
/// Begins the key file.
const KEY_FILE: &str = "kemkoll-signing-key-1 ";

/// An event as it is stored and handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// As in [`Event`].
    pub id: String,
    /// As in [`Event`].
    pub organisation: String,
    /// As in [`Event`].
    pub stream: String,
    /// As in [`Event`].
    pub sequence: u64,
    /// As in [`Event`].
    pub author: String,
    /// RFC 3339 in UTC.
    pub time: String,
    /// As in [`Event`].
    pub subject: String,
    /// One JSON text, kept to the byte.
    pub content: String,
    /// SHA-256 as hexadecimal digits.
    pub hash: String,
    /// Public key of who signed it.
    pub key: String,
    /// ed25519, as hexadecimal digits.
    pub signature: String,
}

/// What is wrong with a sealed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Broken {
    /// The hash is not that of what stands there.
    Altered,
    /// The signature is not that of its key.
    Signature,
    /// The content cannot be read.
    Content,
}

/// An event about to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The id of a follow-up or deviation.
    pub subject: String,
    /// What happened.
    pub content: Content,
}

/// Where a draft comes to stand.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// Whose event it is.
    pub organisation: &'a str,
    /// Who writes it.
    pub author: &'a str,
    /// The store.
    pub stream: &'a str,
    /// The number in the stream.
    pub sequence: u64,
    /// When.
    pub time: Moment,
}

impl Sealed {
    /// Seals a draft.
    ///
    /// # Errors
    /// When the system gives no chance for the id.
    pub fn new(draft: &Draft, envelope: &Envelope<'_>, signer: &Signer) -> io::Result<Sealed> {
        let mut sealed = Sealed {
            id: random_id()?,
            organisation: envelope.organisation.to_string(),
            stream: envelope.stream.to_string(),
            sequence: envelope.sequence,
            author: envelope.author.to_string(),
            time: envelope.time.to_string(),
            subject: draft.subject.clone(),
            content: serde_json::to_string(&draft.content).map_err(io::Error::other)?,
            hash: String::new(),
            key: signer.public.clone(),
            signature: String::new(),
        };
        let hash = sealed.digest();
        sealed.hash = hex(&hash);
        sealed.signature = hex(&signer.key.sign(&signed(&hash)).to_bytes());
        Ok(sealed)
    }

    fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(EVENT);
        let sequence = self.sequence.to_string();
        let parts =
            [&self.id, &self.organisation, &self.stream, &sequence, &self.author, &self.time, &self.subject, &self.key, &self.content];
        for part in parts {
            // The length before each part: no two events run together to the same bytes.
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().into()
    }

    /// Whether the stored text is what was hashed, and the hash what was signed.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn verify(&self) -> Result<(), Broken> {
        let hash = self.digest();
        if hex(&hash) != self.hash {
            return Err(Broken::Altered);
        }
        let key: [u8; 32] = unhex(&self.key).ok_or(Broken::Signature)?;
        let signature: [u8; 64] = unhex(&self.signature).ok_or(Broken::Signature)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| Broken::Signature)?;
        // Strict: a signature that several messages or keys could share is refused.
        key.verify_strict(&signed(&hash), &Signature::from_bytes(&signature)).map_err(|_| Broken::Signature)
    }

    /// The event that stands there. A kind that a newer program wrote is [`Content::Unknown`].
    ///
    /// # Errors
    /// When time or content cannot be read.
    pub fn open(&self) -> Result<Event, Broken> {
        Ok(Event {
            id: self.id.clone(),
            organisation: self.organisation.clone(),
            stream: self.stream.clone(),
            sequence: self.sequence,
            author: self.author.clone(),
            time: Moment::parse(&self.time).ok_or(Broken::Content)?,
            subject: self.subject.clone(),
            hash: self.hash.clone(),
            content: serde_json::from_str(&self.content).map_err(|_| Broken::Content)?,
        })
    }
}

/// What is signed: the purpose and the hash of the bytes.
fn for_purpose(domain: &[u8], bytes: &[u8]) -> Vec<u8> {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    [domain, &digest].concat()
}

/// Whether a signature of [`Signer::sign`] is that of the key.
pub fn verified(key: &str, domain: &[u8], bytes: &[u8], signature: &str) -> bool {
    let Some((key, signature)) = unhex::<32>(key).zip(unhex::<64>(signature)) else { return false };
    let Ok(key) = VerifyingKey::from_bytes(&key) else { return false };
    key.verify_strict(&for_purpose(domain, bytes), &Signature::from_bytes(&signature)).is_ok()
}

/// Whether a text is a public key.
pub fn is_key(text: &str) -> bool {
    unhex::<32>(text).is_some_and(|bytes| VerifyingKey::from_bytes(&bytes).is_ok())
}

fn signed(hash: &[u8; 32]) -> Vec<u8> {
    [SIGNATURE, hash].concat()
}

/// The private key of whoever writes events on this machine.
pub struct Signer {
    key: SigningKey,
    public: String,
}

impl std::fmt::Debug for Signer {
    /// Never the private key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("public", &self.public).finish_non_exhaustive()
    }
}

impl Signer {
    /// A key from 32 bytes.
    pub fn from_bytes(secret: &[u8; 32]) -> Signer {
        let key = SigningKey::from_bytes(secret);
        let public = hex(key.verifying_key().as_bytes());
        Signer { key, public }
    }

    /// The public key as hexadecimal digits.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// Signs bytes for a purpose that `domain` names, so that no signature stands in for another. Hexadecimal digits.
    pub fn sign(&self, domain: &[u8], bytes: &[u8]) -> String {
        hex(&self.key.sign(&for_purpose(domain, bytes)).to_bytes())
    }

    /// Reads the key file, or makes it (readable by its owner alone) when there is none.
    ///
    /// # Errors
    /// Those of the file system; a file that holds no key, or that others can read.
    pub fn load_or_make(path: &Path) -> io::Result<Signer> {
        match File::open(path) {
            Ok(file) => Signer::load(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Signer::make(path),
            Err(error) => Err(error),
        }
    }

    fn load(file: File) -> io::Result<Signer> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if file.metadata()?.permissions().mode() & 0o077 != 0 {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others can read it; take their permission away (chmod 600)"));
            }
        }
        let mut text = String::new();
        file.take(1024).read_to_string(&mut text)?;
        let secret = text.strip_prefix(KEY_FILE).and_then(|rest| unhex::<32>(rest.trim_end()));
        let secret = secret.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it holds no signing key"))?;
        Ok(Signer::from_bytes(&secret))
    }

    fn make(path: &Path) -> io::Result<Signer> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        make_private_folder(folder)?;
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        // Temporary files are readable by their owner alone.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{KEY_FILE}{}", hex(&secret))?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Ok(_) => {
                // The name is to last as long as what is signed with the key.
                if let Ok(folder) = File::open(folder) {
                    let _ = folder.sync_all();
                }
                Ok(Signer::from_bytes(&secret))
            }
            // Another process was first: its key counts.
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Signer::load(File::open(path)?),
            Err(error) => Err(error.error),
        }
    }
}

/// Makes a folder that only its owner can look into; one that is there already stays as it is.
///
/// # Errors
/// Those of the file system.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// 32 hexadecimal digits that nobody else has.
///
/// # Errors
/// When the system gives no chance.
pub fn random_id() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(hex(&bytes))
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != N * 2 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Sealed {
        let draft = Draft { subject: "f-1".to_string(), content: Content::Noted { text: "ringde".to_string() } };
        let envelope = Envelope { organisation: "Region A", author: "AB", stream: "s", sequence: 1, time: Moment(0) };
        Sealed::new(&draft, &envelope, &Signer::from_bytes(&[7; 32])).unwrap()
    }

    #[test]
    fn every_changed_part_is_seen() {
        let good = sealed();
        assert_eq!(good.verify(), Ok(()));
        assert_eq!(good.open().unwrap().content, Content::Noted { text: "ringde".to_string() });
        let changes: [fn(&mut Sealed); 9] = [
            |event| event.id.push('0'),
            |event| event.organisation = "Region B".to_string(),
            |event| event.stream.push('t'),
            |event| event.sequence = 2,
            |event| event.author.push('C'),
            |event| event.time = Moment(1).to_string(),
            |event| event.subject.push('2'),
            |event| event.content = event.content.replace("ringde", "rindge"),
            |event| event.hash = "0".repeat(64),
        ];
        for change in changes {
            let mut event = good.clone();
            change(&mut event);
            assert_eq!(event.verify(), Err(Broken::Altered));
        }
        // Moving a letter from one part to the next is a change too.
        let moved = Sealed { organisation: "Region ".to_string(), stream: "As".to_string(), ..good.clone() };
        assert_eq!(moved.verify(), Err(Broken::Altered));
    }

    #[test]
    fn only_the_key_signs() {
        let good = sealed();
        let mut forged = Sealed { content: good.content.replace("ringde", "skrev"), ..good.clone() };
        forged.hash = hex(&forged.digest());
        assert_eq!(forged.verify(), Err(Broken::Signature));
        let mut other = Sealed { key: Signer::from_bytes(&[8; 32]).public().to_string(), ..good };
        other.hash = hex(&other.digest());
        assert_eq!(other.verify(), Err(Broken::Signature));
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/signing.key");
        let made = Signer::load_or_make(&path).unwrap();
        assert_eq!(Signer::load_or_make(&path).unwrap().public(), made.public());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(Signer::load_or_make(&path).is_err());
        }
    }
}
