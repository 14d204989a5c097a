//! Kemkoll.
#![forbid(unsafe_code)]
pub mod amount;
