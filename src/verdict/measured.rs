//! Measured against declared: what laboratories found, held against what suppliers state of the same product.

use crate::amount::Amount;
use crate::declaration::Source;
use crate::substance::{Composition, Identity};

/// One measured amount of one product.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// Keys of the product (article number, GTIN, name), see [`product_keys`].
    pub keys: Vec<String>,
    /// Names of the parts that were tested, outermost first.
    pub part: Vec<String>,
    /// What was measured.
    pub identity: Identity,
    /// As the laboratory wrote it.
    pub written: String,
    /// How much.
    pub amount: Amount,
    /// The laboratory's file.
    pub file: String,
    /// Where in that file.
    pub source: Source,
}

/// The keys under which a product is recognised in another file, strongest first: supplier's article number, GTIN, name.
pub fn product_keys(_composition: &Composition, _product: usize) -> Vec<String> {
    Vec::new()
}

/// Everything that laboratories measured in this composition.
pub fn measurements(_composition: &Composition) -> Vec<Measurement> {
    Vec::new()
}

/// Lets measurements of the same products stand in for what was declared; adds `data/declaration-contradicted` where
/// the measured amount lies above the declared one. Returns whether anything changed.
pub fn apply_measurements(_composition: &mut Composition, _measurements: &[Measurement]) -> bool {
    false
}
