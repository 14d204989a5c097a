//! Files shared out over threads, the largest first, each file by itself. The only place that starts threads.

use super::listing::Entry;
use super::progress::Progress;
use super::spill::Spill;
use super::{Reader, Stopped};
use crate::input::read::{self, Found};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Which declaration: the index of its file in the listing, and its own number in that file (archives hold several).
pub type At = (usize, u32);

/// Takes one thing found in a file; its lines go to the worker's spill file. The first is what the worker has at hand.
pub type Look<'a, W, T> = &'a (dyn Fn(&mut W, At, Found, &mut Spill) -> io::Result<T> + Sync);

/// How the work is shared out.
#[derive(Clone, Copy)]
pub struct Pool<'a> {
    /// Threads, the sign to stop, and how files are read.
    pub reader: Reader<'a>,
    /// Where the spill files lie.
    pub folder: &'a Path,
}

impl Pool<'_> {
    /// Reads the files of `entries` that `chosen` lists and lets `look` take everything found in them, each worker with what
    /// `begin` gave it. `round` keeps the spill files of several calls apart. What comes back is in no particular order.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn read<W, T: Send>(
        &self,
        what: &str,
        entries: &[Entry],
        mut chosen: Vec<usize>,
        round: u32,
        begin: &(dyn Fn() -> W + Sync),
        look: Look<'_, W, T>,
    ) -> Result<Vec<(At, T)>, Stopped> {
        let size = |index: usize| entries.get(index).map_or(0, |entry| entry.size);
        let progress = Progress::new(what, chosen.len() as u64, chosen.iter().map(|index| size(*index)).sum());
        // A large file that is begun last is waited for by all other threads.
        chosen.sort_by_key(|index| (std::cmp::Reverse(size(*index)), *index));
        let jobs = self.reader.jobs.max(1).min(chosen.len().max(1));
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(jobs)
            .thread_name(|number| format!("{WORKER}{number}"))
            // Part trees are walked by recursion, as deep as the readers allow.
            .stack_size(8 << 20)
            .build()
            .map_err(|error| Stopped::Disk(io::Error::other(error)))?;
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let first = round * 4096;
        let results = threads.broadcast(|worker| {
            let work = || -> io::Result<Vec<(At, T)>> {
                let mut own = begin();
                let mut spill = Spill::create(self.folder, first + worker.index() as u32)?;
                let mut seen = Vec::new();
                while !self.reader.stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed) {
                    let Some(index) = chosen.get(next.fetch_add(1, Ordering::Relaxed)).copied() else { break };
                    let Some(entry) = entries.get(index) else { continue };
                    self.file(index, entry, &mut spill, &mut seen, &mut |at, found, spill| look(&mut own, at, found, spill))?;
                    progress.file(entry.size);
                }
                spill.finish()?;
                Ok(seen)
            };
            let result = work();
            if result.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            result
        });
        progress.finish();
        let mut all = Vec::new();
        for result in results {
            all.append(&mut result?);
        }
        if self.reader.stop.load(Ordering::Relaxed) { Err(Stopped::Interrupted) } else { Ok(all) }
    }

    fn file<T>(
        &self,
        index: usize,
        entry: &Entry,
        spill: &mut Spill,
        seen: &mut Vec<(At, T)>,
        look: &mut dyn FnMut(At, Found, &mut Spill) -> io::Result<T>,
    ) -> io::Result<()> {
        let mut number = 0_u32;
        let mut outcome = Ok(());
        let mut each = |found: Found| {
            let at = (index, number);
            number += 1;
            match look(at, found, spill) {
                Ok(value) => seen.push((at, value)),
                Err(error) => {
                    outcome = Err(error);
                    return ControlFlow::Break(());
                }
            }
            if self.reader.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        match read::bytes(&entry.path()) {
            Ok(bytes) => read::read(&bytes, &entry.name, entry.named, self.reader.mapping, &mut each),
            Err(error) => {
                let _ = each(Found::Declaration(Box::new(read::unreadable(&entry.name, "", &error))));
            }
        }
        outcome
    }
}

/// What the names of worker threads begin with. A panic there is caught and told as a finding, so the program's panic
/// hook keeps quiet about it.
pub const WORKER: &str = "check-";
