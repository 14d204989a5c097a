//! Bundles out and in. A bundle is written to a temporary name and renamed, so that nobody ever reads half of one.

use super::told;
use crate::cli::share::{Exchange, Export, Import, Sync};
use crate::request::{self, Refusal};
use crate::settings::{self, Identity};
use crate::{Exit, complain, print};
use kemkoll::follow_up::shared::Policy;
use kemkoll::follow_up::shared::disclose::{Kept, Terms};
use kemkoll::follow_up::trust::Trust;
use kemkoll::input::register_files::register_of;
use kemkoll::output::text::plain;
use kemkoll::output::words::Lang;
use kemkoll::share::bundle::{self, Bundle, ENDING, Header, Limits, Refused};
use kemkoll::share::exchange::{self, Published, stream_of, trust};
use kemkoll::share::{Store, Upgrade};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How much is let out.
fn policy(given: Option<&str>, lang: Lang) -> Result<Policy, Refusal> {
    let usual = settings::sharing(lang)?;
    Ok(given.and_then(Policy::from_code).unwrap_or(usual))
}

/// `share export`.
pub fn export(command: &Export, lang: Lang) -> Result<Exit, Refusal> {
    let Exchange { place, who, format, .. } = &command.exchange;
    let most = policy(command.policy.as_deref(), lang)?;
    let own = settings::organisation(who, lang)?;
    let mut store = settings::open_existing(place, lang)?;
    let terms = Terms { most, today: request::today() };
    let (register, _) = register_of(&[]).map_err(|faults| request::refused(&faults, lang))?;
    let json = format == "json";
    let Some(to) = command.to.as_deref().filter(|_| !command.dry_run) else {
        let told_of = exchange::would_publish(&mut *store, &own.organisation, terms, &register).map_err(|error| told(&error, lang))?;
        return Ok(tell(&told_of, None, json, lang));
    };
    let (published, bytes, header) = bundled(&mut *store, &own, terms, &register, lang)?;
    let path = if to.is_dir() { to.join(name(&own.organisation, &header)) } else { to.to_path_buf() };
    replace(&path, &bytes).map_err(|error| unwritten(&path, &error, lang))?;
    Ok(tell(&published, Some((&path, &header)), json, lang))
}

/// Publishes what is new, and packs what others may see.
fn bundled(
    store: &mut dyn Store,
    own: &Identity,
    terms: Terms,
    register: &kemkoll::substance::Register,
    lang: Lang,
) -> Result<(Published, Vec<u8>, Header), Refusal> {
    let say = |error: &kemkoll::share::StoreError| told(error, lang);
    let now = settings::now();
    let published = exchange::publish(store, &own.organisation, own.signer(), now, terms, register).map_err(|error| say(&error))?;
    let events = exchange::to_send(store, &own.organisation, terms.most).map_err(|error| say(&error))?;
    let stream = stream_of(store.id(), &own.organisation, terms.most);
    let mut bytes = Vec::new();
    let header = bundle::write(&mut bytes, &own.organisation, terms.most, &stream, &events, own.signer())
        .map_err(|error| Refusal::one(error.to_string()))?;
    Ok((published, bytes, header))
}

/// The name of a bundle: whose, how much, and from which store, so that several write beside each other.
fn name(organisation: &str, header: &Header) -> String {
    name_of(organisation, header.policy, &header.stream)
}

fn name_of(organisation: &str, policy: Policy, stream: &str) -> String {
    let mut slug = String::new();
    for c in organisation.to_lowercase().chars() {
        match c {
            'å' | 'ä' => slug.push('a'),
            'ö' | 'ø' => slug.push('o'),
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if !slug.ends_with('-') && !slug.is_empty() => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(60);
    let stream: String = stream.chars().take(12).collect();
    format!("{}-{}-{stream}{ENDING}", slug.trim_matches('-'), policy.code())
}

/// Puts a file in place whole: readers see the old one or the new one.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut building = tempfile::Builder::new();
    building.prefix(".kemkoll-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: the folder's users are to read it.
        building.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = building.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn unwritten(path: &Path, error: &io::Error, lang: Lang) -> Refusal {
    let sentence = lang.of("`{}` kunde inte skrivas: {why}", "`{}` could not be written: {why}");
    Refusal::one(sentence.replace("{}", &path.display().to_string()).replace("{why}", &error.to_string()))
}

/// Why products stay.
fn kept(why: Kept, lang: Lang) -> &'static str {
    match why {
        Kept::BeforeAward => lang.of("upphandlingen är inte tilldelad", "the procurement is not awarded yet"),
        Kept::AwardUnknown => lang.of(
            "tilldelningsdagen är okänd; ange den med `follow-up amend --award`",
            "the day of award is unknown; give it with `follow-up amend --award`",
        ),
        Kept::NoContract => {
            lang.of("inget avtal; besluta med `follow-up amend --sharing`", "under no contract; decide with `follow-up amend --sharing`")
        }
        Kept::Secrecy => lang
            .of("sekretess hävdas; besluta med `follow-up amend --sharing`", "secrecy is claimed; decide with `follow-up amend --sharing`"),
        Kept::Open => lang.of(
            "inte avslutad och inget mätt; avsluta, eller besluta med `follow-up amend --sharing`",
            "not closed and nothing measured; close it, or decide with `follow-up amend --sharing`",
        ),
        Kept::Withdrawn => lang.of("återtaget", "withdrawn"),
        Kept::Nameless => lang.of("produkten har varken nummer eller namn", "the product has neither number nor name"),
    }
}

fn tell(published: &Published, written: Option<(&Path, &Header)>, json: bool, lang: Lang) -> Exit {
    if json {
        let stay: serde_json::Map<String, Value> =
            published.kept.iter().map(|(why, number)| (why.code().to_string(), json!(number))).collect();
        let page = json!({
            "file": written.map(|(path, _)| path.display().to_string()),
            "bundle": written.map(|(_, header)| header),
            "products": published.records,
            "withheld": published.withheld,
            "new_events": published.written,
            "stay": stay,
            "without_consent": published.without_consent,
        });
        return print(format!("{page:#}\n").as_bytes());
    }
    let mut page = String::new();
    if let Some((path, header)) = written {
        page.push_str(&format!("{}: {}, {}\n", plain(&path.display().to_string()), plain(&header.organisation), header.policy.code()));
    }
    let mut count = |number: u64, sentence: &str| page.push_str(&format!("{number:>7}  {sentence}\n"));
    count(published.records, lang.of("produkter delas", "products are shared"));
    if published.withheld > 0 {
        count(published.withheld, lang.of("av dem utan leverantör (svar inväntas)", "of them without the supplier (an answer is awaited)"));
    }
    for (why, number) in &published.kept {
        count(*number, &format!("{}: {}", lang.of("stannar", "stay"), kept(*why, lang)));
    }
    if published.without_consent > 0 {
        count(
            published.without_consent,
            lang.of(
                "utan delarnas namn: leverantörens medgivande saknas (`follow-up amend --consent`)",
                "without the names of parts: the supplier's consent is missing (`follow-up amend --consent`)",
            ),
        );
    }
    print(page.as_bytes())
}

/// What became of one bundle.
struct Taken {
    path: PathBuf,
    result: Result<(Header, u64), Refused>,
}

/// Whether a key counts.
pub fn trusts(own: &Identity, trust: &Trust, organisation: &str, key: &str) -> Result<(), Refused> {
    let own_key = organisation == own.organisation && key == own.signer().public();
    let (organisation, key) = (organisation.to_string(), key.to_string());
    match trust.get(&organisation, &key) {
        Some(known) if known.revoked.is_some() => Err(Refused::Revoked { organisation, key }),
        Some(_) => Ok(()),
        None if own_key => Ok(()),
        None => Err(Refused::Unknown { organisation, key }),
    }
}

fn take_in(store: &mut dyn Store, own: &Identity, paths: Vec<PathBuf>, lang: Lang) -> Result<Vec<Taken>, Refusal> {
    let trust = trust(store, &own.organisation).map_err(|error| told(&error, lang))?;
    let mut taken = Vec::new();
    for path in paths {
        let read = bundle::read(&path, Limits::USUAL, &|organisation, key| trusts(own, &trust, organisation, key));
        let result = match read {
            Ok(Bundle { header, events }) => {
                let new = store.merge(&events).map_err(|error| told(&error, lang))?;
                Ok((header, new))
            }
            Err(why) => Err(why),
        };
        taken.push(Taken { path, result });
    }
    Ok(taken)
}

/// The bundles in a folder, by name.
fn bundles_in(folder: &Path, lang: Lang) -> Result<Vec<PathBuf>, Refusal> {
    let unreadable = |error: &io::Error| {
        let sentence = lang.of("mappen `{}` kan inte läsas: {why}", "the folder `{}` cannot be read: {why}");
        Refusal::one(sentence.replace("{}", &folder.display().to_string()).replace("{why}", &error.to_string()))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(&error))? {
        let path = entry.map_err(|error| unreadable(&error))?.path();
        let named = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(ENDING) && !name.starts_with('.'));
        if named && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The bundles that are named, and those in folders that are.
pub fn named_bundles(named: &[PathBuf], lang: Lang) -> Result<Vec<PathBuf>, Refusal> {
    let mut paths = Vec::new();
    for path in named {
        if path.is_dir() {
            let found = bundles_in(path, lang)?;
            if found.is_empty() {
                let sentence = lang.of("mappen `{}` har inga paket (`*{end}`)", "the folder `{}` has no bundles (`*{end}`)");
                complain(&sentence.replace("{}", &path.display().to_string()).replace("{end}", ENDING));
            }
            paths.extend(found);
        } else if path.exists() {
            paths.push(path.clone());
        } else {
            let sentence = lang.of("`{}` finns inte; kontrollera stavningen", "`{}` does not exist; check the spelling");
            return Err(Refusal::one(sentence.replace("{}", &path.display().to_string())));
        }
    }
    Ok(paths)
}

/// `share import`.
pub fn import(command: &Import, lang: Lang) -> Result<Exit, Refusal> {
    let Exchange { place, who, format, .. } = &command.exchange;
    let own = settings::organisation(who, lang)?;
    let paths = named_bundles(&command.paths, lang)?;
    let mut store = settings::open(place, Upgrade::OwnOnly, lang)?;
    let taken = take_in(&mut *store, &own, paths, lang)?;
    Ok(tell_taken(&taken, None, format == "json", lang))
}

fn tell_taken(taken: &[Taken], shared: Option<(&Published, &Header, bool)>, json: bool, lang: Lang) -> Exit {
    let refused = taken.iter().any(|one| one.result.is_err());
    let shown = if json {
        let bundles: Vec<Value> = taken
            .iter()
            .map(|one| {
                let file = one.path.display().to_string();
                match &one.result {
                    Ok((header, new)) => json!({
                        "file": file, "organisation": header.organisation, "policy": header.policy, "events": header.events,
                        "products": header.products, "new_events": new, "refused": null,
                    }),
                    Err(why) => json!({ "file": file, "refused": lang.text(&why.text()) }),
                }
            })
            .collect();
        let own = shared.map(|(published, header, written)| {
            json!({ "products": published.records, "withheld": published.withheld, "new_events": published.written, "policy": header.policy, "written": written })
        });
        print(format!("{:#}\n", json!({ "own": own, "bundles": bundles })).as_bytes())
    } else {
        let mut page = String::new();
        if let Some((published, header, written)) = shared {
            let state = if written { lang.of("skrivet", "written") } else { lang.of("oförändrat", "unchanged") };
            let sentence = lang.of("eget paket ({p}): {n} produkter, {state}", "own bundle ({p}): {n} products, {state}");
            let sentence = sentence.replace("{p}", header.policy.code()).replace("{n}", &published.records.to_string());
            page.push_str(&format!("{}\n", sentence.replace("{state}", state)));
        }
        for one in taken {
            let file = one.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            match &one.result {
                Ok((header, new)) => {
                    let sentence = lang.of("{o}: {n} produkter ({p}), {new} nya händelser", "{o}: {n} products ({p}), {new} new events");
                    let sentence = sentence
                        .replace("{n}", &header.products.to_string())
                        .replace("{p}", header.policy.code())
                        .replace("{new}", &new.to_string())
                        .replace("{o}", &header.organisation);
                    page.push_str(&format!("{}\n", plain(&sentence)));
                }
                Err(why) => complain(&plain(&format!("{file}: {}", lang.text(&why.text())))),
            }
        }
        print(page.as_bytes())
    };
    match shown {
        Exit::Holds if refused => Exit::Incomplete,
        other => other,
    }
}

/// `share sync`.
pub fn sync(command: &Sync, lang: Lang) -> Result<Exit, Refusal> {
    let Exchange { place, who, format, .. } = &command.exchange;
    let folder = &command.folder;
    if !folder.is_dir() {
        let sentence = lang.of("mappen `{}` finns inte", "the folder `{}` does not exist");
        return Err(Refusal::one(sentence.replace("{}", &folder.display().to_string())));
    }
    let most = policy(command.policy.as_deref(), lang)?;
    let own = settings::organisation(who, lang)?;
    let mut store = settings::open(place, Upgrade::OwnOnly, lang)?;
    let terms = Terms { most, today: request::today() };
    let (register, _) = register_of(&[]).map_err(|faults| request::refused(&faults, lang))?;
    let (published, bytes, header) = bundled(&mut *store, &own, terms, &register, lang)?;
    let path = folder.join(name(&own.organisation, &header));
    // Whoever has nothing to share and never had leaves no empty bundle.
    let changed = header.events > 0 && fs::read(&path).ok().as_deref() != Some(&bytes[..]);
    if changed {
        replace(&path, &bytes).map_err(|error| unwritten(&path, &error, lang))?;
    }
    // What was written under another policy tells more or less than is meant now.
    for other in Policy::ALL.into_iter().filter(|other| *other != most) {
        let _ = fs::remove_file(folder.join(name_of(&own.organisation, other, &stream_of(store.id(), &own.organisation, other))));
    }
    let others: Vec<PathBuf> = bundles_in(folder, lang)?.into_iter().filter(|other| *other != path).collect();
    let taken = take_in(&mut *store, &own, others, lang)?;
    Ok(tell_taken(&taken, Some((&published, &header, changed)), format == "json", lang))
}
