//! Who a constituent is: CAS and EC numbers, the register of known substances, and the identities of a declaration.
//!
//! A number must pass its check digit; what fails is never repaired silently. Identification only says what the file
//! supports: one substance, several, a group, a suspicion, or nobody.

mod identity;
mod look_up;
mod number;
pub(crate) mod packing;
mod register;
mod structure;

pub(crate) use identity::part_name;
pub use identity::{Among, Composition, Confirmations, Identity, Line, identify};
pub use look_up::{Details, GroupShare, Meant, Near, NearMeans, look_up};
pub use number::{Cas, CasText, Ec, read_cas, read_ec};
pub(crate) use register::{Added, normalise_into};
pub use register::{GroupId, MaterialId, Member, NameMeans, Register, Substance, SubstanceId, normalise_name};
