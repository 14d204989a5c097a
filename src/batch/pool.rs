//! Files shared out over threads, the largest first, each file by itself. The only place that starts threads, but for
//! those that work ahead: one inflates a huge sheet (`xlsx/ahead.rs`), one reads result lines back (`spill.rs`).

use super::cache::{Bundle, Cache, Judging, Kept, Known, Room};
use super::listing::Entry;
use super::progress::Progress;
use super::spill::Spill;
use super::{Reader, Stopped};
use crate::input::apart::Apart;
use crate::input::read::{self, Found, Manner};
use crate::input::xlsx::ahead;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Which declaration: the index of its file in the listing, and its own number in that file (archives hold several).
pub type At = (usize, u32);

/// Takes one thing found in a file; its lines go to the worker's spill file. Besides what it makes of it comes what may be
/// kept for later runs. The first is what the worker has at hand.
pub type Look<'a, W, T> = &'a (dyn Fn(&mut W, At, Found, &mut Spill) -> io::Result<(T, Option<Kept>)> + Sync);

/// How what earlier runs kept of files is used again.
pub struct Again<'a, T> {
    /// Of which rules.
    pub judging: Judging,
    /// Takes what was kept, as [`Look`] takes what is read.
    pub take: &'a (dyn Fn(At, Kept, &mut Spill) -> io::Result<T> + Sync),
}

/// What one thread has of its own.
struct Worker<'a, W, T> {
    own: W,
    spill: Spill,
    seen: Vec<(At, T)>,
    manner: Manner<'a>,
    room: Room,
}

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
        (what, round): (&str, u32),
        entries: &[Entry],
        mut chosen: Vec<usize>,
        again: Option<Again<'_, T>>,
        begin: &(dyn Fn() -> W + Sync),
        look: Look<'_, W, T>,
    ) -> Result<Vec<(At, T)>, Stopped> {
        let size = |index: usize| entries.get(index).map_or(0, |entry| entry.size);
        let progress = Progress::new(what, chosen.len() as u64, chosen.iter().map(|index| size(*index)).sum());
        // A large file that is begun last is waited for by all other threads.
        chosen.sort_by_key(|index| (std::cmp::Reverse(size(*index)), *index));
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(self.reader.jobs.max(1))
            .thread_name(|number| format!("{WORKER}{number}"))
            // Part trees are walked by recursion, as deep as the readers allow.
            .stack_size(8 << 20)
            .build()
            .map_err(|error| Stopped::Disk(io::Error::other(error)))?;
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let first = round * 4096;
        let results = threads.broadcast(|thread| {
            // The others have parts of a large file left to work on.
            if thread.index() >= chosen.len() {
                return Ok(Vec::new());
            }
            let work = || -> io::Result<Vec<(At, T)>> {
                // A thread of its own for inflating a huge sheet is worth while only where processors may be idle.
                ahead::allow(self.reader.jobs > 1);
                let spill = Spill::create(self.folder, first + thread.index() as u32)?;
                let manner = Manner { mapping: self.reader.mapping, apart: self.reader.apart.map(Apart::reader) };
                let mut worker = Worker { own: begin(), spill, seen: Vec::new(), manner, room: Room::default() };
                while !self.reader.stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed) {
                    let Some(index) = chosen.get(next.fetch_add(1, Ordering::Relaxed)).copied() else { break };
                    let Some(entry) = entries.get(index) else { continue };
                    self.file((index, entry), &mut worker, again.as_ref(), look)?;
                    progress.file(entry.size);
                }
                worker.spill.finish()?;
                Ok(worker.seen)
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

    fn file<W, T>(
        &self,
        (index, entry): (usize, &Entry),
        worker: &mut Worker<'_, W, T>,
        again: Option<&Again<'_, T>>,
        look: Look<'_, W, T>,
    ) -> io::Result<()> {
        let Worker { own, spill, seen, manner, room } = worker;
        let read = read::bytes(&entry.path());
        let sha256 = read.as_ref().map_or([0; 32], |bytes| read::digest(bytes));
        let known = Known { sha256, name: &entry.name, named: entry.named };
        let cache = self.reader.cache.filter(|_| read.is_ok());
        if let (Some(cache), Some(again)) = (cache, again)
            && let Some(kept) = cache.results(&again.judging, &known, room)
        {
            for (number, kept) in (0..).zip(kept) {
                let at = (index, number);
                seen.push((at, (again.take)(at, kept, spill)?));
            }
            return Ok(());
        }
        let mut number = 0_u32;
        let mut outcome = Ok(());
        let mut results = Bundle::default();
        let mut each = |found: Found| {
            let at = (index, number);
            number += 1;
            match look(own, at, found, spill) {
                Ok((value, kept)) => {
                    seen.push((at, value));
                    if cache.is_some() && again.is_some() {
                        results.add_kept(kept);
                    }
                }
                Err(error) => {
                    outcome = Err(error);
                    return ControlFlow::Break(());
                }
            }
            if self.reader.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        match read {
            Ok(bytes) => self.declarations(bytes, &known, cache.map(|cache| (cache, room)), manner, &mut each),
            Err(error) => {
                let _ = each(Found::Declaration(Box::new(read::unreadable(&entry.name, "", &error))));
            }
        }
        outcome?;
        if let (Some(cache), Some(again)) = (cache, again)
            && !self.reader.stop.load(Ordering::Relaxed)
        {
            cache.keep_results(&again.judging, &known, &results);
        }
        Ok(())
    }

    /// What is in a file, from the cache where it is there.
    fn declarations(
        &self,
        bytes: Vec<u8>,
        known: &Known<'_>,
        mut cache: Option<(&Cache, &mut Room)>,
        manner: &mut Manner<'_>,
        each: read::Each<'_>,
    ) {
        if let Some(found) = cache.as_mut().and_then(|(cache, room)| cache.declarations(known, room)) {
            drop(bytes);
            // A break has done its work by then.
            let _ = found.into_iter().try_for_each(each);
            return;
        }
        let mut bundle = Bundle::default();
        let mut whole = true;
        read::read_known(bytes.into(), known.sha256, known.name, known.named, manner, &mut |found| {
            if cache.is_some() {
                bundle.add_found(&found, known.name);
            }
            let flow = each(found);
            whole &= flow.is_continue();
            flow
        });
        if let Some((cache, _)) = cache.filter(|_| whole) {
            cache.keep_declarations(known, &bundle);
        }
    }
}

/// What the names of worker threads begin with. A panic there is caught and told as a finding, so the program's panic
/// hook keeps quiet about it.
pub const WORKER: &str = "check-";
