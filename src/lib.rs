//! Kemkoll.
#![forbid(unsafe_code)]

pub mod input;
