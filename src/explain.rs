//! `kemkoll explain`: one finding of an earlier run, with everything behind it.

use crate::cli::Explain;
use crate::publish;
use crate::request::{self, Refusal};
use crate::{Exit, print};
use kemkoll::batch::listing::shown;
use kemkoll::output::explain;
use kemkoll::output::words::Lang;
use std::fs::File;
use std::io::BufReader;

/// Finds the finding and prints its reasoning.
pub fn run(arguments: &Explain) -> Exit {
    let lang = request::language(&arguments.language);
    explained(arguments, lang).map_or_else(|refusal| refusal.tell(lang), |text| print(text.as_bytes()))
}

fn explained(arguments: &Explain, lang: Lang) -> Result<String, Refusal> {
    if let Err(error) = publish::recover(&arguments.out)
        && arguments.out.exists()
    {
        let sentence = lang.of(
            "resultaten i `{}` är halvt skrivna och kan inte göras färdiga ({why}); kör `kemkoll check` igen",
            "the results in `{}` are half written and cannot be finished ({why}); run `kemkoll check` again",
        );
        return Err(Refusal::one(sentence.replace("{}", &shown(arguments.out.as_os_str())).replace("{why}", &error.to_string())));
    }
    let path = arguments.out.join("findings.jsonl");
    let file = File::open(&path).map_err(|error| {
        let sentence = lang.of(
            "`{}` kunde inte läsas ({why}); ange med `--out` mappen som `kemkoll check --out` skrev",
            "`{}` could not be read ({why}); give with `--out` the folder that `kemkoll check --out` wrote",
        );
        Refusal::one(sentence.replace("{}", &shown(path.as_os_str())).replace("{why}", &error.to_string()))
    })?;
    let rows = explain::find(BufReader::new(file), &arguments.finding).map_err(|error| Refusal::one(error.message(lang)))?;
    // The rule's own texts are those of the rules in the program; a finding of other rules is explained without them.
    let book = request::built_in();
    let texts: Vec<String> = rows.iter().map(|row| explain::explain(row, book.as_ref(), lang, request::width())).collect();
    Ok(texts.join("\n"))
}
