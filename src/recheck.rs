//! placeholder
use crate::Exit;
use crate::cli::share::Recheck;
pub fn run(_: &Recheck) -> Exit {
    Exit::Holds
}
