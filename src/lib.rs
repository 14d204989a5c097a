//! Kemkoll.
#![forbid(unsafe_code)]
pub mod amount;
pub mod declaration;
