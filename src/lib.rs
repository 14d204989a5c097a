//! Kemkoll checks supplier product declarations against rules on restricted substances.
#![forbid(unsafe_code)]

pub mod amount;
pub mod declaration;
pub mod substance;
pub mod rule;
pub mod verdict;
pub mod input;
pub mod batch;
pub mod output;
