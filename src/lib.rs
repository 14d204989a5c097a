//! Kemkoll.
#![forbid(unsafe_code)]
pub mod amount;
pub mod declaration;
pub mod input;
pub mod output;
pub mod rule;
pub mod substance;
pub mod verdict;
