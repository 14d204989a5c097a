//! The traffic light of a deviation or follow-up: computed for the day it is asked for, never stored.
//!
//! Green: no deviation, or mended in time and enough. Yellow: being handled. Red: not mended in time, or not enough. What
//! is kept with a state is a [`Glow`]: the light as it is, and the day after which it turns red by itself.

use crate::declaration::Date;

/// The light, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Light {
    /// No deviation, or mended in time and enough.
    Green,
    /// Being handled.
    Yellow,
    /// Not mended in time, or not enough.
    Red,
}

impl Light {
    /// All of them, best first.
    pub const ALL: [Light; 3] = [Light::Green, Light::Yellow, Light::Red];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Light::Green => "green",
            Light::Yellow => "yellow",
            Light::Red => "red",
        }
    }

    /// The light named by `code`.
    pub fn from_code(code: &str) -> Option<Light> {
        Light::ALL.into_iter().find(|light| light.code() == code)
    }
}

/// A light and when it turns red by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glow {
    /// The light until then.
    pub now: Light,
    /// The last day of that, inclusive; `None` when no day changes it.
    pub red_after: Option<Date>,
}

impl Glow {
    /// A light that no day changes.
    pub const fn steady(now: Light) -> Glow {
        Glow { now, red_after: None }
    }

    /// Yellow until a deadline, and red after it.
    pub const fn until(deadline: Option<Date>) -> Glow {
        Glow { now: Light::Yellow, red_after: deadline }
    }

    /// The light on a day.
    pub fn on(self, day: Date) -> Light {
        if self.red_after.is_some_and(|last| day > last) { Light::Red } else { self.now }
    }

    /// The worse of both on any day.
    #[must_use]
    pub fn and(self, other: Glow) -> Glow {
        let red_after = match (self.red_after, other.red_after) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Glow { now: self.now.max(other.now), red_after }
    }
}
