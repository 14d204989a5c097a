//! `kemkoll report letter`: the draft of a letter to a supplier, of one follow-up.

use crate::cli::report::Letter;
use crate::request::{self, Refusal};
use crate::sharing::replace;
use crate::{Exit, desk, print, settings};
use kemkoll::follow_up::{Account, Deviation, FollowUp, SubjectKind};
use kemkoll::output::letter::draft::{Basis, Nothing, draft};
use kemkoll::output::text::plain;
use kemkoll::output::words::Lang;
use kemkoll::share::{Filter, StoreError};

/// Does what was asked for.
pub fn run(command: &Letter, lang: Lang) -> Result<Exit, Refusal> {
    let (ready, book) = request::rules(&command.rules, &request::no_reading(), lang)?;
    let own = settings::organisation(&command.who, lang)?.organisation;
    let mut store = settings::open_existing(&command.place, lang)?;
    let told = |error: StoreError| Refusal::one(lang.text(&error.text()));
    let id = desk::meant(&mut *store, &command.id, SubjectKind::FollowUp, lang)?;
    let account: Account<FollowUp> = Account::of(store.events(&id).map_err(told)?);
    let Some(follow_up) = account.state else {
        let sentence =
            lang.of("`{}` är inte öppnad; se `kemkoll follow-up show {}`", "`{}` has not been opened; see `kemkoll follow-up show {}`");
        return Err(Refusal::one(sentence.replace("{}", &id)));
    };
    if follow_up.organisation != own {
        let sentence = lang.of(
            "`{}` är en uppföljning av {owner}; bara den som äger uppföljningen skriver till leverantören. Är det ni, ange `--organisation`",
            "`{}` is a follow-up of {owner}; only whose it is writes to the supplier. If that is you, give `--organisation`",
        );
        return Err(Refusal::one(sentence.replace("{owner}", &plain(&follow_up.organisation)).replace("{}", &id)));
    }
    let on = command.on.unwrap_or_else(request::today);
    if let Some(by) = command.answer_by.filter(|by| *by < on) {
        let sentence = lang.of(
            "svaret kan inte vara klart {by}, före brevets dag {on}",
            "the answer cannot be due on {by}, before the day of the letter, {on}",
        );
        return Err(Refusal::one(sentence.replace("{by}", &by.to_string()).replace("{on}", &on.to_string())));
    }
    let mine = Filter { follow_up: Some(id.clone()), ..Filter::default() };
    let ids: Vec<String> = store.deviations(&mine, on).map_err(told)?.rows.into_iter().map(|row| row.id).collect();
    let events = store.events_of_each(&ids).map_err(told)?;
    let deviations: Vec<Deviation> = events.into_values().filter_map(|events| Account::of(events).state).collect();
    let basis = Basis {
        follow_up: &follow_up,
        deviations: &deviations,
        book: &book,
        register: &ready.register,
        on,
        answer_by: command.answer_by,
        lang,
    };
    let letter = match draft(&basis) {
        Ok(letter) => letter,
        Err(why) => return Ok(print(format!("{id}: {}\n", nothing(why, lang)).as_bytes())),
    };
    let ending = command.out.as_ref().and_then(|path| path.extension()).map(|ending| ending.to_ascii_lowercase());
    let html = match command.format.as_deref() {
        Some(format) => format == "html",
        None => ending.is_some_and(|ending| ending == "html" || ending == "htm"),
    };
    let text = if html { letter.html() } else { letter.text() };
    let Some(path) = &command.out else { return Ok(print(text.as_bytes())) };
    replace(path, text.as_bytes()).map_err(|error| {
        let sentence = lang.of("`{}` kan inte skrivas: {why}", "`{}` cannot be written: {why}");
        Refusal::one(sentence.replace("{}", &path.display().to_string()).replace("{why}", &error.to_string()))
    })?;
    Ok(Exit::Holds)
}

/// Why there is no letter. That is no fault: nothing is to be asked.
fn nothing(why: Nothing, lang: Lang) -> &'static str {
    match why {
        Nothing::Cancelled => lang.of("uppföljningen är inställd; inget brev", "the follow-up is cancelled; no letter"),
        Nothing::NotChecked => lang.of("inget är kontrollerat ännu; inget brev", "nothing has been checked yet; no letter"),
        Nothing::Settled => lang.of(
            "inget att fråga: inga öppna avvikelser och inget oavgjort; inget brev",
            "nothing to ask: no open deviations and nothing undecided; no letter",
        ),
        Nothing::Answered => lang.of(
            "inget att fråga: leverantören har svarat på allt som är öppet; verifiera med `kemkoll deviation verify`; inget brev",
            "nothing to ask: the supplier has answered all that is open; verify with `kemkoll deviation verify`; no letter",
        ),
    }
}
