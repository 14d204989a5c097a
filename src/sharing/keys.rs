//! Whose keys are trusted: each decision is an event in the log, with who took it.

use super::told;
use crate::cli::share::{Keys, KeysAction};
use crate::request::{self, Refusal};
use crate::settings::{self, Identity};
use crate::{Exit, print};
use kemkoll::follow_up::Content;
use kemkoll::follow_up::trust::TrustedKey;
use kemkoll::output::text::plain;
use kemkoll::output::words::Lang;
use kemkoll::share::exchange::{KEYS, trust};
use kemkoll::share::{Draft, Store, Upgrade, seal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs;
use std::io::Read;
use std::path::Path;

/// Begins what a key signs to show that its owner wrote the file.
const OWNER: &[u8] = b"kemkoll public key 1\0";

/// A public key in a file. The signature shows that whoever wrote it holds the private key; whose it is, a person must find
/// out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    kemkoll_public_key: u32,
    organisation: String,
    key: String,
    signature: String,
}

/// Does what `share keys …` asks for.
pub fn keys(command: &Keys, lang: Lang) -> Result<Exit, Refusal> {
    let exchange = command.exchange();
    let json = exchange.format == "json";
    match &command.action {
        Some(KeysAction::Show { .. }) => {
            let own = settings::organisation(&exchange.who, lang)?;
            Ok(show(&own, json))
        }
        None | Some(KeysAction::List { .. }) => {
            let own = settings::organisation(&exchange.who, lang)?;
            let mut store = settings::open(&exchange.place, Upgrade::OwnOnly, lang)?;
            list(&mut *store, &own, json, lang)
        }
        Some(KeysAction::Trust { whose, key, .. }) => {
            let own = settings::identity(&exchange.who, lang)?;
            let mut store = settings::open(&exchange.place, Upgrade::OwnOnly, lang)?;
            trust_key(&mut *store, &own, whose, key, lang)
        }
        Some(KeysAction::Revoke { whose, key, reason, .. }) => {
            let own = settings::identity(&exchange.who, lang)?;
            let mut store = settings::open(&exchange.place, Upgrade::OwnOnly, lang)?;
            revoke(&mut *store, &own, whose, key.as_deref(), reason, lang)
        }
        Some(KeysAction::Export { to, .. }) => export(&settings::organisation(&exchange.who, lang)?, to, lang),
        Some(KeysAction::Import { file, .. }) => {
            let own = settings::identity(&exchange.who, lang)?;
            let found = read(file, lang)?;
            let mut store = settings::open(&exchange.place, Upgrade::OwnOnly, lang)?;
            trust_key(&mut *store, &own, &found.organisation, &found.key, lang)
        }
    }
}

/// Groups of four: easier to read aloud.
fn aloud(key: &str) -> String {
    let digits: Vec<char> = key.chars().collect();
    digits.chunks(4).map(|some| some.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn show(own: &Identity, json: bool) -> Exit {
    let key = own.signer().public();
    if json {
        return print(format!("{:#}\n", json!({ "organisation": own.organisation, "key": key })).as_bytes());
    }
    print(format!("{}: {key}\n  {}\n", plain(&own.organisation), aloud(key)).as_bytes())
}

fn list(store: &mut dyn Store, own: &Identity, json: bool, lang: Lang) -> Result<Exit, Refusal> {
    let trust = trust(store, &own.organisation).map_err(|error| told(&error, lang))?;
    let key = own.signer().public();
    if json {
        let keys: Vec<serde_json::Value> = trust
            .iter()
            .map(|known| {
                let revoked = known.revoked.as_ref();
                json!({
                    "organisation": known.organisation, "key": known.key, "since": known.since.to_string(), "author": known.author,
                    "revoked": revoked.map(|(on, _)| on.to_string()), "reason": revoked.map(|(_, why)| why),
                })
            })
            .collect();
        let page = json!({ "own": { "organisation": own.organisation, "key": key }, "keys": keys });
        return Ok(print(format!("{page:#}\n").as_bytes()));
    }
    let mut page = format!("{}\n  {}: {key}\n", lang.of("Egen nyckel", "Own key"), plain(&own.organisation));
    page.push_str(&format!("{}\n", lang.of("Andras nycklar", "Keys of others")));
    let mut none = true;
    for known in trust.iter() {
        none = false;
        page.push_str(&format!("  {}\n", line(known, lang)));
    }
    if none {
        page.push_str(lang.of("  inga; lägg till med `kemkoll share keys trust`\n", "  none; add with `kemkoll share keys trust`\n"));
    }
    Ok(print(page.as_bytes()))
}

fn line(known: &TrustedKey, lang: Lang) -> String {
    let state = match &known.revoked {
        Some((on, why)) => format!("{} {on}: {why}", lang.of("ÅTERKALLAD", "REVOKED")),
        None => format!("{} {}", lang.of("betrodd sedan", "trusted since"), known.since),
    };
    plain(&format!("{}: {} {state} ({})", known.organisation, known.key, known.author))
}

fn trust_key(store: &mut dyn Store, own: &Identity, organisation: &str, key: &str, lang: Lang) -> Result<Exit, Refusal> {
    let organisation = organisation.trim();
    let key: String = key.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    if organisation.is_empty() || organisation.len() > 200 || organisation.chars().any(char::is_control) {
        return Err(Refusal::one(
            lang.of("organisationens namn är tomt eller orimligt", "the organisation's name is empty or unreasonable"),
        ));
    }
    if !seal::is_key(&key) {
        return Err(Refusal::one(
            lang.of("det är ingen nyckel; den har 64 hexadecimala siffror", "that is no key; it has 64 hexadecimal digits"),
        ));
    }
    let mut there = false;
    let content = Content::KeyTrusted { on: request::today(), organisation: organisation.to_string(), key: key.clone() };
    let done = store.append(&own.writer(), &mut |store| {
        there = trust(store, &own.organisation)?.holds(organisation, &key);
        Ok(if there { Vec::new() } else { vec![Draft { subject: KEYS.to_string(), content: content.clone() }] })
    });
    done.map_err(|error| told(&error, lang))?;
    let sentence = if there { lang.of("redan betrodd", "trusted already") } else { lang.of("betrodd", "trusted") };
    Ok(print(format!("{}: {key} {sentence}\n", plain(organisation)).as_bytes()))
}

fn revoke(store: &mut dyn Store, own: &Identity, organisation: &str, key: Option<&str>, reason: &str, lang: Lang) -> Result<Exit, Refusal> {
    if reason.trim().is_empty() {
        return Err(Refusal::one(lang.of("skälet är tomt; skriv varför", "the reason is empty; write why")));
    }
    let wanted: Option<String> = key.map(|key| key.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect());
    let mut revoked = 0;
    let done = store.append(&own.writer(), &mut |store| {
        let trust = trust(store, &own.organisation)?;
        let meant = trust.iter().filter(|known| {
            known.organisation == organisation.trim() && known.revoked.is_none() && wanted.as_ref().is_none_or(|key| *key == known.key)
        });
        let drafts: Vec<Draft> = meant
            .map(|known| Draft {
                subject: KEYS.to_string(),
                content: Content::KeyRevoked {
                    on: request::today(),
                    organisation: known.organisation.clone(),
                    key: known.key.clone(),
                    reason: reason.to_string(),
                },
            })
            .collect();
        revoked = drafts.len();
        Ok(drafts)
    });
    done.map_err(|error| told(&error, lang))?;
    if revoked == 0 {
        let sentence = lang.of(
            "`{}` har ingen sådan betrodd nyckel; se `kemkoll share keys list`",
            "`{}` has no such trusted key; see `kemkoll share keys list`",
        );
        return Err(Refusal::one(sentence.replace("{}", organisation)));
    }
    let sentence =
        lang.of("{n} nycklar återkallade; det de har signerat räknas inte längre", "{n} keys revoked; what they signed counts no longer");
    Ok(print(format!("{}: {}\n", plain(organisation), sentence.replace("{n}", &revoked.to_string())).as_bytes()))
}

fn signed_text(organisation: &str, key: &str) -> String {
    format!("{organisation}\n{key}")
}

fn export(own: &Identity, to: &Path, lang: Lang) -> Result<Exit, Refusal> {
    let key = own.signer().public();
    let signature = own.signer().sign(OWNER, signed_text(&own.organisation, key).as_bytes());
    let file = KeyFile { kemkoll_public_key: 1, organisation: own.organisation.clone(), key: key.to_string(), signature };
    let text = serde_json::to_string_pretty(&file).map_err(|error| Refusal::one(error.to_string()))?;
    super::bundles::replace(to, format!("{text}\n").as_bytes()).map_err(|error| {
        let sentence = lang.of("`{}` kunde inte skrivas: {why}", "`{}` could not be written: {why}");
        Refusal::one(sentence.replace("{}", &to.display().to_string()).replace("{why}", &error.to_string()))
    })?;
    Ok(print(format!("{}: {key}\n  {}\n", plain(&own.organisation), aloud(key)).as_bytes()))
}

fn read(path: &Path, lang: Lang) -> Result<KeyFile, Refusal> {
    let wrong = |why: &str| {
        let sentence = lang.of("nyckelfilen `{}` kan inte användas: {why}", "the key file `{}` cannot be used: {why}");
        Refusal::one(sentence.replace("{}", &path.display().to_string()).replace("{why}", why))
    };
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|error| wrong(&error.to_string()))?;
    file.take(16_384).read_to_string(&mut text).map_err(|error| wrong(&error.to_string()))?;
    let found: KeyFile = serde_json::from_str(&text).map_err(|_| {
        wrong(lang.of("den är ingen nyckelfil från `kemkoll share keys export`", "it is no key file of `kemkoll share keys export`"))
    })?;
    let holds = found.kemkoll_public_key == 1
        && seal::verified(&found.key, OWNER, signed_text(&found.organisation, &found.key).as_bytes(), &found.signature);
    if holds { Ok(found) } else { Err(wrong(lang.of("den är ändrad", "it is altered"))) }
}
