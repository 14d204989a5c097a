//! A result file while it is made: a thread of its own writes and hashes what is handed over, so that whoever makes the
//! lines need not wait for either.

use super::Hashed;
use crate::interrupt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// So much is handed over at once.
const PIECE: usize = 256 << 10;
/// So many pieces may wait to be written.
const WAITING: usize = 4;
/// A file of this size is worth bringing to the disk before it is asked for.
const LARGE: u64 = 1 << 20;

/// A result file that can be written until the run is to stop. Whatever went wrong is told at the next flush, or before.
#[derive(Debug)]
pub struct Output {
    piece: Vec<u8>,
    to: SyncSender<Message>,
    /// Pieces that have been written, to be filled again.
    back: Receiver<Vec<u8>>,
    seen: Seen,
    /// Whether all that was taken is known to be written.
    flushed: bool,
}

/// What has been written of a file, as of the last flush.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Option<Hashed>>>);

impl Seen {
    /// Nothing before the first flush, or where writing failed.
    pub fn hashed(&self) -> Option<Hashed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, hashed: Option<Hashed>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = hashed;
    }
}

enum Message {
    Piece(Vec<u8>),
    /// Asks whether all that came before is written.
    Flush(SyncSender<io::Result<()>>),
}

impl Output {
    /// A new file. `early`: what is large goes to the disk as soon as it is whole.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn create(path: &Path, early: bool) -> io::Result<Output> {
        let file = File::create(path)?;
        let (to, from) = mpsc::sync_channel(WAITING);
        let (give_back, back) = mpsc::channel();
        let output = Output { piece: Vec::with_capacity(PIECE), to, back, seen: Seen::default(), flushed: false };
        let seen = output.seen();
        thread::Builder::new().name("write".to_string()).spawn(move || work(file, early, &from, &give_back, &seen))?;
        Ok(output)
    }

    /// Where the hash of what was written can be seen.
    pub(super) fn seen(&self) -> Seen {
        self.seen.clone()
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if interrupt::stopped() {
            return Err(io::Error::other("stopped"));
        }
        let empty = self.back.try_recv().unwrap_or_else(|_| Vec::with_capacity(PIECE));
        self.to.send(Message::Piece(std::mem::replace(&mut self.piece, empty))).map_err(|_| gone())
    }
}

fn gone() -> io::Error {
    io::Error::other("the thread that writes has ended")
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE.saturating_sub(self.piece.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.piece.extend_from_slice(taken);
        self.flushed = false;
        if self.piece.len() >= PIECE {
            self.hand_over()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.piece.is_empty() {
            self.hand_over()?;
        }
        let (answer, answered) = mpsc::sync_channel(1);
        self.to.send(Message::Flush(answer)).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())??;
        self.flushed = true;
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Whoever wants to know flushes before; then the thread may be busy with the disk, and is not waited for.
        if !self.flushed {
            let _ = self.flush();
        }
    }
}

/// Writes until nobody hands anything over any more, or writing fails: then the sender's end tells.
fn work(mut file: File, early: bool, from: &Receiver<Message>, give_back: &Sender<Vec<u8>>, seen: &Seen) {
    let mut hashed = Hashed::default();
    let mut failed = None;
    let mut synced = false;
    for message in from {
        match message {
            Message::Piece(mut piece) => {
                if failed.is_none() {
                    failed = file.write_all(&piece).err();
                    hashed.add(&piece);
                }
                piece.clear();
                // Whoever filled it may have gone.
                let _ = give_back.send(piece);
            }
            Message::Flush(answer) => {
                let result = match &failed {
                    None => Ok(()),
                    Some(error) => Err(io::Error::new(error.kind(), error.to_string())),
                };
                seen.set(failed.is_none().then(|| hashed.clone()));
                let _ = answer.send(result);
                if early && !synced && failed.is_none() && hashed.bytes >= LARGE {
                    // Publishing waits for the disk in any case; this only begins sooner.
                    let _ = file.sync_data();
                    synced = true;
                }
            }
        }
    }
}
