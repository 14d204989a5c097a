//! Kemkoll.
