//! What was read out of small parts of the workbooks before: the files of one program have the same relations and styles,
//! byte for byte, and what is the same need not be inflated and read again.

use super::super::container::Limits;
use super::super::read_error::ReadError;
use super::member::{Feed, Members, Packed, placed};
use std::cell::RefCell;
use std::rc::Rc;
use std::thread::LocalKey;

/// Packed bytes of the largest part that is remembered.
const SMALL: usize = 4096;

/// How many parts of a sort are remembered by each thread.
const KEPT: usize = 6;

/// Parts of one sort, and what was read out of them.
pub(super) struct Memo<T> {
    entries: Vec<Entry<T>>,
    /// Which entry makes room for the next one.
    next: usize,
}

struct Entry<T> {
    name: String,
    /// As it lies in the file; compared whole, so that no two parts are ever taken for each other.
    packed: Vec<u8>,
    part: Packed,
    limits: Limits,
    /// Bytes when inflated.
    size: usize,
    read: Rc<T>,
}

impl<T> Memo<T> {
    pub(super) const fn new() -> Self {
        Memo { entries: Vec::new(), next: 0 }
    }
}

/// What `read` makes of a part's inflated bytes, or made of the same bytes before, where `fits` allows.
pub(super) fn read_once<'a, T: 'static>(
    memo: &'static LocalKey<RefCell<Memo<T>>>,
    (members, feed): (&Members<'a>, &mut Feed<'a>),
    name: &str,
    limits: &Limits,
    fits: impl Fn(&T) -> bool,
    read: impl FnOnce(&[u8]) -> Result<T, ReadError>,
) -> Result<Rc<T>, ReadError> {
    let (packed, part) = members.packed(name).map_err(|error| placed(error, name))?;
    let small = packed.len() <= SMALL;
    if small {
        let known = memo.with_borrow(|memo| {
            let same = |entry: &&Entry<T>| {
                entry.part == part && entry.packed == packed && entry.name == name && entry.limits == *limits && fits(&entry.read)
            };
            memo.entries.iter().find(same).map(|entry| (Rc::clone(&entry.read), entry.size))
        });
        if let Some((known, size)) = known {
            feed.count(size).map_err(|error| placed(error, name))?;
            return Ok(known);
        }
    }
    let xml = feed.whole(members, name, limits)?;
    let new = Rc::new(read(&xml)?);
    if small {
        let (name, packed, limits, size, read) = (name.to_string(), packed.to_vec(), *limits, xml.len(), Rc::clone(&new));
        let entry = Entry { name, packed, part, limits, size, read };
        memo.with_borrow_mut(|memo| {
            if memo.entries.len() < KEPT {
                memo.entries.push(entry);
            } else if let Some(oldest) = memo.entries.get_mut(memo.next % KEPT) {
                *oldest = entry;
                memo.next += 1;
            }
        });
    }
    Ok(new)
}
