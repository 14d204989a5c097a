//! What the rules say of an identified declaration: findings, verdicts, and a product's assessment.
//!
//! `judge` is a pure function of one composition, the rule book and the date it is given.

mod answers;
mod assess;
mod clear;
mod conclude;
mod finding;
mod judge;
mod material;
mod measured;
mod message;
mod plan;
mod reasons;
mod record;
mod scope;
mod settle;
mod silent;
mod things;
mod touch;
mod tree;
mod upcoming;
mod words;

pub use finding::*;
pub use judge::{Judge, Proof, ReportPart, Settings, Tell, judge, report};
pub use measured::{Measurement, apply_measurements, measurements, product_keys};
