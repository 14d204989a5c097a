//! Kemkoll checks supplier product declarations against rules on restricted substances, in batches.
//!
//! The flow, in the order of the modules below: amounts are exact ([`amount`]); a file states them of products, articles
//! and materials ([`declaration`]); every line is found to be some substance, several, or nobody ([`substance`]); rules are
//! data, compiled ([`rule`]); judging one against the other gives findings and assessments ([`verdict`]). Those modules
//! think: values in, values out, without disk, clock, network, environment or threads; and so does [`follow_up`], which
//! computes from a log of events where every follow-up and deviation stands, and [`programme`], which learns from many.
//!
//! Around them: [`input`] turns bytes into declarations and rule files into rules, [`batch`] does it for many files at a
//! time, [`output`] writes what came of it, [`share`] keeps the log, and [`analytics`] counts over the years.
//!
//! What holds everywhere: no binary floating point decides a verdict; nothing is dropped unsaid; doubt gives
//! "undetermined", never "compliant"; a finding names its rule, its reason and its cell; the same files, rules and date
//! give the same bytes.
#![forbid(unsafe_code)]

pub mod amount;
pub mod analytics;
pub mod batch;
pub mod declaration;
pub mod follow_up;
pub mod input;
pub mod output;
pub mod programme;
pub mod rule;
pub mod share;
pub mod substance;
pub mod verdict;
