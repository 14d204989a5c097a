//! Kemkoll.
#![forbid(unsafe_code)]
pub mod amount;
pub mod declaration;
pub mod input;
