//! How shared records stand in text, and what their texts may be: figures are digits, words come from lists of the program
//! or the library, labels are short names. Anything else does not go in, and is not read either.

use crate::amount::{Kind, Unit};
use crate::follow_up::DeviationState;
use crate::rule::{Comparison, Count, Of};
use crate::substance::{Cas, Ec};
use crate::verdict::{Evidence, Verdict};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $holds:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The text, when it may stand here.
            pub fn new(text: &str) -> Option<$name> {
                let holds: fn(&str) -> bool = $holds;
                holds(text).then(|| $name(text.to_string()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<$name, String> {
                let holds: fn(&str) -> bool = $holds;
                if holds(&text) { Ok($name(text)) } else { Err("a text that may not stand there".to_string()) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(
    /// A short name without control characters: of a supplier, a product, a rule, a part.
    Label,
    |text| !text.trim().is_empty() && text.len() <= 300 && !text.chars().any(char::is_control)
);
text!(
    /// A word of a list: letters without accents, digits, `-`, `/`, `.`, `_`; no blanks.
    Word,
    |text| {
        !text.is_empty()
            && text.len() <= 80
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'/' | b'.' | b'_'))
    }
);
text!(
    /// A decimal number: digits, and a point between some of them.
    Figure,
    |text| {
        let (whole, rest) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
        let digits = |part: &str| !part.is_empty() && part.len() <= 40 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits(whole) && rest.is_none_or(digits)
    }
);

macro_rules! coded {
    ($name:ident, $type:ty, $write:expr, $read:expr) => {
        /// Written as its word.
        pub mod $name {
            use super::*;
            use serde::de::Error;
            use serde::{Deserializer, Serializer};
            use std::borrow::Cow;

            pub fn serialize<S: Serializer>(value: &$type, to: S) -> Result<S::Ok, S::Error> {
                let write: fn(&$type) -> String = $write;
                to.serialize_str(&write(value))
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                let read: fn(&str) -> Option<$type> = $read;
                let text = Cow::<str>::deserialize(from)?;
                read(&text).ok_or_else(|| D::Error::custom(concat!("no ", stringify!($name))))
            }
        }
    };
    ($name:ident, maybe $type:ty, $write:expr, $read:expr) => {
        /// Written as its word, where there is one.
        pub mod $name {
            use super::*;
            use serde::de::Error;
            use serde::{Deserializer, Serializer};
            use std::borrow::Cow;

            pub fn serialize<S: Serializer>(value: &Option<$type>, to: S) -> Result<S::Ok, S::Error> {
                let write: fn(&$type) -> String = $write;
                match value {
                    Some(value) => to.serialize_str(&write(value)),
                    None => to.serialize_none(),
                }
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<$type>, D::Error> {
                let read: fn(&str) -> Option<$type> = $read;
                let Some(text) = Option::<Cow<str>>::deserialize(from)? else { return Ok(None) };
                read(&text).map(Some).ok_or_else(|| D::Error::custom(concat!("no ", stringify!($name))))
            }
        }
    };
}

/// The unit that a symbol of ours names.
fn unit_of(text: &str) -> Option<Unit> {
    Unit::parse(text).filter(|unit| unit.symbol == text)
}

fn comparison_of(text: &str) -> Option<Comparison> {
    [Comparison::Above, Comparison::From].into_iter().find(|each| each.code() == text)
}

fn evidence_of(text: &str) -> Option<Evidence> {
    [Evidence::Stated, Evidence::Demonstrated, Evidence::Measured].into_iter().find(|each| each.code() == text)
}

fn count_code(count: &Count) -> String {
    match count {
        Count::Sum => "sum".to_string(),
        Count::Each => "each".to_string(),
    }
}

fn count_of(text: &str) -> Option<Count> {
    match text {
        "sum" => Some(Count::Sum),
        "each" => Some(Count::Each),
        _ => None,
    }
}

coded!(cas, Cas, |cas| cas.to_string(), |text| Cas::parse(text).filter(|cas| cas.to_string() == text));
coded!(ec, Ec, |ec| ec.to_string(), |text| Ec::parse(text).filter(|ec| ec.to_string() == text));
coded!(unit, Unit, |unit| unit.symbol.to_string(), unit_of);
coded!(maybe_unit, maybe Unit, |unit| unit.symbol.to_string(), unit_of);
coded!(comparison, Comparison, |each| each.code().to_string(), comparison_of);
coded!(maybe_comparison, maybe Comparison, |each| each.code().to_string(), comparison_of);
coded!(level, Of, |of| of.code().to_string(), Of::from_code);
coded!(maybe_level, maybe Of, |of| of.code().to_string(), Of::from_code);
coded!(kind, Kind, |kind| kind.code().to_string(), Kind::from_code);
coded!(maybe_kind, maybe Kind, |kind| kind.code().to_string(), Kind::from_code);
coded!(count, Count, count_code, count_of);
coded!(verdict, Verdict, |verdict| verdict.code().to_string(), Verdict::from_code);
coded!(evidence, maybe Evidence, |evidence| evidence.code().to_string(), evidence_of);
coded!(deviation, maybe DeviationState, |state| state.code().to_string(), DeviationState::from_code);

/// The reading half of some of these, for facts that are still text.
pub fn read_comparison(text: &str) -> Option<Comparison> {
    comparison_of(text)
}

/// The grade that a word names.
pub fn read_evidence(text: &str) -> Option<Evidence> {
    evidence_of(text)
}

/// The unit that a symbol names.
pub fn read_unit(text: &str) -> Option<Unit> {
    unit_of(text)
}
