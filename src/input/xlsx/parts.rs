//! The rows of a large sheet cut into parts, so that they can be read at the same time. Where a row begins is told by its
//! first letters only; whoever reads a part finds out whether that was so.

use super::super::read_error::ReadError;
use super::member::Feed;
use memchr::memmem;

/// Bytes of a part, or some more.
pub(super) const PART: usize = 1 << 20;

/// Cuts so many parts off the feed's window, which begins with a row; fewer when no row begins behind them.
pub(super) fn cut(feed: &mut Feed<'_>, number: usize) -> Result<Vec<Vec<u8>>, ReadError> {
    let mut parts: Vec<Vec<u8>> = Vec::with_capacity(number);
    let mut more = true;
    while more && parts.len() < number {
        let mut part = Vec::new();
        while more && part.len() < PART {
            let window = feed.data();
            // Without another row the window holds the end of them, or a row so long that it is no matter.
            let end = last_row(window).unwrap_or(0);
            part.extend_from_slice(window.get(..end).unwrap_or_default());
            feed.consume(end);
            more = end > 0 && !feed.ended();
            if more {
                feed.more()?;
            }
        }
        if !part.is_empty() {
            parts.push(part);
        }
    }
    Ok(parts)
}

/// Where the first row in a window begins.
pub(super) fn first_row(window: &[u8]) -> Option<usize> {
    memmem::find_iter(window, b"<row").find(|at| is_row(window, *at))
}

/// Where the last one does.
fn last_row(window: &[u8]) -> Option<usize> {
    memmem::rfind_iter(window, b"<row").find(|at| is_row(window, *at))
}

/// Not the beginning of `rowBreaks`.
fn is_row(window: &[u8], at: usize) -> bool {
    matches!(window.get(at + 4), Some(b' ' | b'>'))
}
