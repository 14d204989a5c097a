//! The one rule of tests that need some rule and do not care which: lead in a homogeneous material.

/// A rule file.
pub const RULES: &str = r#"
[ruleset]
id = "test"
title = { sv = "Prov", en = "Test" }
authority = "Test"
legal_basis = "Test"
version = "1"
consequence = "restriction"

[[rule]]
id = "test/lead"
title = { sv = "Bly", en = "Lead" }
substances = { cas = ["7439-92-1"] }
limit = { above = "0.1 %", of = "homogeneous-material" }
count = "sum"
severity = "major"
"#;
