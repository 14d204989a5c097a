//! All rules at hand for looking at: those of the user's folders and the built-in ones, the watched included.

use crate::request::{self, Refusal};
use kemkoll::input::register_files::register_of;
use kemkoll::input::rulebook::{self, Request};
use kemkoll::output::words::Lang;
use kemkoll::rule::RuleBook;
use kemkoll::rule::lint::Outline;
use kemkoll::substance::Register;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rules, what they name, and where they stand.
pub struct Library {
    /// The substances.
    pub register: Register,
    /// Fingerprint of their tables when they are not the built-in ones.
    pub register_sha256: Option<String>,
    /// The rules.
    pub book: RuleBook,
    /// Where each rule stands, by its id.
    pub outlines: BTreeMap<String, Outline>,
}

/// Everything in the folders and in the binary, or what a contract asks for, or the rules named.
pub fn open(dirs: &[PathBuf], contract: Option<&Path>, rules: &[String], lang: Lang) -> Result<Library, Refusal> {
    let (mut register, register_sha256) = register_of(dirs).map_err(|faults| request::refused(&faults, lang))?;
    let request = Request {
        contract: contract.map(Path::to_path_buf),
        rules: rules.to_vec(),
        rules_dirs: dirs.to_vec(),
        register_sha256: register_sha256.clone(),
        watched: true,
    };
    let read = rulebook::inspect(&request, &mut register);
    if !read.faults.is_empty() {
        return Err(request::refused(&read.faults, lang));
    }
    Ok(Library { register, register_sha256, book: read.book, outlines: read.outlines })
}
