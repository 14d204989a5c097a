//! Kemkoll checks supplier product declarations against rules on restricted substances.
#![forbid(unsafe_code)]

pub mod amount;
pub mod batch;
pub mod declaration;
pub mod input;
pub mod output;
pub mod rule;
pub mod substance;
pub mod verdict;
