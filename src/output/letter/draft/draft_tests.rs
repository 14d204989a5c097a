//! Letters drafted of invented follow-ups.
