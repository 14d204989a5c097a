//! Bytes made fewer at the speed of a disk (LZ4), with a byte in front that tells whether they were.

/// What stands in front of bytes that are as they were.
pub const PLAIN: u8 = 0;
/// Shorter ones are left as they are.
const WORTH: usize = 256;
/// What is squeezed comes to no more than this when it is opened; a length is a claim.
const MOST: usize = 512 << 20;

/// The bytes, squeezed where that pays.
pub fn squeeze(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() > WORTH && bytes.len() <= MOST {
        let mut squeezed = vec![0; lz4_flex::block::get_maximum_output_size(bytes.len()) + 5];
        let written = squeezed.get_mut(5..).and_then(|into| lz4_flex::block::compress_into(bytes, into).ok());
        if let (Some(written), Ok(length)) = (written.filter(|written| *written < bytes.len()), u32::try_from(bytes.len())) {
            squeezed.truncate(written + 5);
            let head = [1].into_iter().chain(length.to_le_bytes());
            squeezed.iter_mut().zip(head).for_each(|(place, byte)| *place = byte);
            return squeezed;
        }
    }
    plain(bytes)
}

/// The bytes as they are.
fn plain(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len() + 1);
    plain.push(PLAIN);
    plain.extend_from_slice(bytes);
    plain
}

/// What was given to [`squeeze`] or [`plain`], by way of memory that is used again; nothing when it is something else.
pub fn open<'a>(bytes: &'a [u8], buffer: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    match bytes.split_first()? {
        (&PLAIN, plain) => Some(plain),
        (1, rest) => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            let length = u32::from_le_bytes(*length) as usize;
            if length > MOST {
                return None;
            }
            if buffer.len() < length {
                buffer.resize(length, 0);
            }
            let into = buffer.get_mut(..length)?;
            let opened = lz4_flex::block::decompress_into(rest, into).ok()?;
            (opened == length).then_some(into)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_changed_ones_never_panic() {
        let mut buffer = Vec::new();
        for bytes in [Vec::new(), vec![7; 10], b"abc".repeat(1000), (0..100_000_u32).flat_map(u32::to_le_bytes).collect()] {
            let squeezed = squeeze(&bytes);
            assert_eq!(open(&squeezed, &mut buffer), Some(&*bytes));
            assert_eq!(open(&plain(&bytes), &mut buffer), Some(&*bytes));
            for at in 0..squeezed.len().min(500) {
                let mut changed = squeezed.clone();
                changed[at] ^= 0x41;
                let _ = open(&changed, &mut buffer);
                let _ = open(&squeezed[..at], &mut buffer);
            }
        }
    }
}
