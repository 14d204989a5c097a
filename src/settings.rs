//! Who writes, and where: from options, else the environment, else the settings file in the user's configuration folder.

use crate::cli::follow_up::{Place, Who};
use crate::request::Refusal;
use kemkoll::follow_up::Moment;
use kemkoll::follow_up::shared::Policy;
use kemkoll::output::words::Lang;
use kemkoll::share::{self, Location, Signer, Store, Upgrade, Writer};
use serde::Deserialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// `settings.toml`, every key optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    organisation: Option<String>,
    author: Option<String>,
    store: Option<String>,
    sharing: Option<String>,
}

/// A folder of the user: `$XDG_…/kemkoll`, else below the home folder.
fn folder(xdg: &str, below_home: &str) -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set(xdg).filter(|path| path.is_absolute());
    let home = || set("HOME").or_else(|| set("USERPROFILE")).map(|home| home.join(below_home));
    base.or_else(home).map(|base| base.join("kemkoll"))
}

fn file() -> Option<PathBuf> {
    folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("settings.toml"))
}

fn data_folder(lang: Lang) -> Result<PathBuf, Refusal> {
    folder("XDG_DATA_HOME", ".local/share").ok_or_else(|| {
        Refusal::one(lang.of(
            "ingen hemkatalog är känd; ange lagret med `--store`, och `HOME` eller `XDG_DATA_HOME` för nyckeln",
            "no home folder is known; name the store with `--store`, and set `HOME` or `XDG_DATA_HOME` for the key",
        ))
    })
}

fn settings(lang: Lang) -> Result<Settings, Refusal> {
    let Some(path) = file() else { return Ok(Settings::default()) };
    let told = |why: &str| {
        let sentence = lang.of("inställningsfilen `{}` kan inte läsas: {why}", "the settings file `{}` cannot be read: {why}");
        Refusal::one(sentence.replace("{}", &path.display().to_string()).replace("{why}", why.trim_end()))
    };
    match fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).map_err(|error| told(&error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Settings::default()),
        Err(error) => Err(told(&error.to_string())),
    }
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The store that is meant.
pub fn location(place: &Place, lang: Lang) -> Result<Location, Refusal> {
    if let Some(named) = place.store.clone().or_else(|| variable("KEMKOLL_STORE")) {
        return Ok(Location::parse(&named));
    }
    match settings(lang)?.store {
        Some(named) => Ok(Location::parse(named.as_ref())),
        None => Ok(Location::File(data_folder(lang)?.join("follow-ups.sqlite"))),
    }
}

/// Opens a store to look into: one that is named must be there, so that a slip of the pen is not taken for an empty list.
pub fn open_existing(place: &Place, lang: Lang) -> Result<Box<dyn Store>, Refusal> {
    if let (Some(named), Location::File(path)) = (&place.store, location(place, lang)?)
        && !path.exists()
    {
        let sentence = lang.of("`{}` finns inte; kontrollera stavningen", "`{}` does not exist; check the spelling");
        return Err(Refusal::one(sentence.replace("{}", &named.to_string_lossy())));
    }
    open(place, Upgrade::OwnOnly, lang)
}

/// Opens the store that is meant.
pub fn open(place: &Place, upgrade: Upgrade, lang: Lang) -> Result<Box<dyn Store>, Refusal> {
    let location = location(place, lang)?;
    share::open(&location, upgrade, now()).map_err(|error| Refusal::one(format!("{location}: {}", lang.text(&error.text()))))
}

/// How much the organisation lets out: as the settings file says, else findings.
pub fn sharing(lang: Lang) -> Result<Policy, Refusal> {
    let Some(word) = settings(lang)?.sharing else { return Ok(Policy::default()) };
    Policy::from_code(&word).ok_or_else(|| {
        let sentence = lang.of(
            "`sharing = \"{}\"` i inställningsfilen är ingen policy; välj verdicts, findings eller full",
            "`sharing = \"{}\"` in the settings file is no policy; choose verdicts, findings or full",
        );
        Refusal::one(sentence.replace("{}", &word))
    })
}

/// Now: the time of an event.
pub fn now() -> Moment {
    Moment(jiff::Zoned::now().timestamp().as_millisecond())
}

/// Somebody who writes.
pub struct Identity {
    /// Whose events.
    pub organisation: String,
    /// The person.
    pub author: String,
    signer: Signer,
}

impl Identity {
    /// The key that signs.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// As the store wants it, with the time it is.
    pub fn writer(&self) -> Writer<'_> {
        Writer { organisation: &self.organisation, author: &self.author, signer: &self.signer, now: now() }
    }
}

/// Who writes, with a signing key that is made at first use.
pub fn identity(who: &Who, lang: Lang) -> Result<Identity, Refusal> {
    named(who, true, lang)
}

/// For which organisation something is done; who does it is not kept.
pub fn organisation(who: &Who, lang: Lang) -> Result<Identity, Refusal> {
    named(who, false, lang)
}

fn named(who: &Who, with_author: bool, lang: Lang) -> Result<Identity, Refusal> {
    let from_file = settings(lang)?;
    let mut wrong = Vec::new();
    let mut one = |option: Option<&String>, name: &str, set: Option<String>, missing: &str, odd: &str| {
        let given = option.cloned().or_else(|| variable(name).map(|value| value.to_string_lossy().into_owned())).or(set);
        let text = given.map(|text| text.trim().to_string()).filter(|text| !text.is_empty());
        match text {
            Some(text) if text.len() <= 200 && !text.chars().any(char::is_control) => text,
            Some(_) => {
                wrong.push(odd.to_string());
                String::new()
            }
            None => {
                let place = file().map_or_else(|| "settings.toml".to_string(), |path| path.display().to_string());
                wrong.push(missing.replace("{}", &place));
                String::new()
            }
        }
    };
    let organisation = one(
        who.organisation.as_ref(),
        "KEMKOLL_ORGANISATION",
        from_file.organisation,
        lang.of(
            "organisation saknas; ange `--organisation`, sätt KEMKOLL_ORGANISATION, eller skriv `organisation = \"…\"` i `{}`",
            "the organisation is missing; give `--organisation`, set KEMKOLL_ORGANISATION, or write `organisation = \"…\"` in `{}`",
        ),
        lang.of("organisationens namn är för långt eller har styrtecken", "the organisation's name is too long or has control characters"),
    );
    let unnamed = (!with_author).then(|| organisation.clone());
    let author = one(
        unnamed.as_ref().or(who.author.as_ref()),
        "KEMKOLL_AUTHOR",
        from_file.author,
        lang.of(
            "författare saknas; ange `--author`, sätt KEMKOLL_AUTHOR, eller skriv `author = \"…\"` i `{}`",
            "the author is missing; give `--author`, set KEMKOLL_AUTHOR, or write `author = \"…\"` in `{}`",
        ),
        lang.of("författarens namn är för långt eller har styrtecken", "the author's name is too long or has control characters"),
    );
    if !wrong.is_empty() {
        return Err(Refusal::Wrong(wrong));
    }
    let key = data_folder(lang)?.join("signing.key");
    Ok(Identity { organisation, author, signer: signer(&key, lang)? })
}

fn signer(path: &Path, lang: Lang) -> Result<Signer, Refusal> {
    Signer::load_or_make(path).map_err(|error| {
        let sentence = lang.of("signeringsnyckeln `{}` kan inte användas: {why}", "the signing key `{}` cannot be used: {why}");
        Refusal::one(sentence.replace("{}", &path.display().to_string()).replace("{why}", &error.to_string()))
    })
}
