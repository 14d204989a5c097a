pub use crate::amount::Decimal;
