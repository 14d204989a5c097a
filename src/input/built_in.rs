//! The data of `rules/` that the program carries, as it was laid out when the program was built (`pack.rs`, which has a
//! module of the same name in this one's place).

/// The substance register, worked out.
pub(super) const fn register() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/register.bin"))
}

/// The built-in rules that a check without a contract or named rules is made against, worked out.
pub(super) const fn book() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/book.bin"))
}

/// The rule files as they stand.
pub(super) const fn rules() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"))
}

/// The substance tables as they stand, compressed.
pub(super) const fn substances() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/substances.bin"))
}

/// SHA-256 over the tables of the register, lower-case hexadecimal.
pub(super) const REGISTER_SHA256: &str = env!("KEMKOLL_REGISTER_SHA256");
