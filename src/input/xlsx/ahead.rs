//! A large part inflated in pieces, on a thread of its own where that is allowed, a few pieces ahead of who reads them:
//! one huge sheet then keeps two processors busy. The pieces are the same with and without such a thread, and so is
//! whatever is wrong with them.

use super::super::read_error::ReadError;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

thread_local! {
    static ALLOWED: Cell<bool> = const { Cell::new(false) };
}

/// Says whether this thread may have a helper while it reads large parts.
pub fn allow(allowed: bool) {
    ALLOWED.set(allowed);
}

/// Packed bytes from which on a part is large.
pub(super) const LARGE: usize = 1 << 20;

/// How many pieces lie ready.
const READY: usize = 3;

/// Bytes of a piece.
const PIECE: usize = 256 << 10;

/// Starts a thread; whether it could be started.
pub(super) type Spawn<'a> = Rc<dyn Fn(Box<dyn FnOnce() + Send + 'a>) -> bool + 'a>;

/// Starts threads that end with the scope.
pub(super) fn spawn_in<'a>(scope: &'a Scope<'a, '_>) -> Spawn<'a> {
    // A panic there is caught with those of its worker.
    Rc::new(move |work| Builder::new().name("check-inflate".to_string()).spawn_scoped(scope, work).is_ok())
}

/// Fills a piece from its beginning; tells how many bytes it has and whether nothing comes after it.
type Fill<'a> = Box<dyn FnMut(&mut [u8]) -> Result<(usize, bool), ReadError> + Send + 'a>;

/// Some bytes of a part.
#[derive(Default)]
struct Piece {
    bytes: Vec<u8>,
    filled: usize,
    last: bool,
}

impl Piece {
    fn filled(fill: &mut Fill<'_>, mut bytes: Vec<u8>) -> Result<Piece, ReadError> {
        bytes.resize(PIECE, 0);
        let (filled, last) = fill(&mut bytes)?;
        Ok(Piece { bytes, filled, last })
    }
}

enum Source<'a> {
    Own(Fill<'a>),
    /// From the helper; a piece that is used up goes back to be filled again.
    Helper(Receiver<Result<Piece, ReadError>>, SyncSender<Vec<u8>>),
}

/// A part, piece by piece.
pub(super) struct Pieces<'a> {
    source: Source<'a>,
    piece: Piece,
    at: usize,
}

impl<'a> Pieces<'a> {
    /// The pieces that `fill` gives.
    pub(super) fn new(spawn: &Spawn<'a>, make: impl Fn() -> Fill<'a>) -> Pieces<'a> {
        let helped = ALLOWED.get().then(|| helper(spawn, make())).flatten();
        Pieces { source: helped.unwrap_or_else(|| Source::Own(make())), piece: Piece::default(), at: 0 }
    }

    /// Fills `out` from its beginning as far as the part goes; how far that was, and whether the part has ended.
    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<(usize, bool), ReadError> {
        let mut given = 0;
        while given < out.len() {
            if self.at == self.piece.filled {
                if self.piece.last {
                    break;
                }
                self.next()?;
                continue;
            }
            let length = (out.len() - given).min(self.piece.filled - self.at);
            let (to, from) = (out.get_mut(given..given + length), self.piece.bytes.get(self.at..self.at + length));
            let (Some(to), Some(from)) = (to, from) else { break };
            to.copy_from_slice(from);
            given += length;
            self.at += length;
        }
        Ok((given, self.piece.last && self.at == self.piece.filled))
    }

    fn next(&mut self) -> Result<(), ReadError> {
        let used = std::mem::take(&mut self.piece).bytes;
        self.at = 0;
        self.piece = match &mut self.source {
            Source::Own(fill) => Piece::filled(fill, used)?,
            Source::Helper(pieces, back) => {
                if !used.is_empty() {
                    // When the way back is full there are pieces enough.
                    let _ = back.try_send(used);
                }
                match pieces.recv() {
                    Ok(piece) => piece?,
                    // It ended without a last piece: it panicked, and that is told when it is joined.
                    Err(_) => return Err(super::super::archive::damaged()),
                }
            }
        };
        Ok(())
    }
}

fn helper<'a>(spawn: &Spawn<'a>, mut fill: Fill<'a>) -> Option<Source<'a>> {
    let (give, pieces) = sync_channel(READY);
    let (back, free) = sync_channel::<Vec<u8>>(READY + 2);
    let work = move || {
        loop {
            let piece = Piece::filled(&mut fill, free.try_recv().unwrap_or_default());
            let end = piece.as_ref().map_or(true, |piece| piece.last);
            // Nobody listens any more when the reader has refused the part.
            if give.send(piece).is_err() || end {
                return;
            }
        }
    };
    spawn(Box::new(work)).then_some(Source::Helper(pieces, back))
}
