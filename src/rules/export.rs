//! `rules export`: the built-in rules as files.

use crate::cli::RulesExport;
use crate::request::Refusal;
use kemkoll::input::rulebook::built_in_texts;
use kemkoll::output::words::Lang;
use std::fs;
use std::io;
use std::path::Path;

/// Writes every built-in rule file, or none when one would be overwritten.
pub fn export(arguments: &RulesExport, lang: Lang) -> Result<String, Refusal> {
    let dir = &arguments.dir;
    let files = built_in_texts();
    let there: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).filter(|name| dir.join(name).exists()).collect();
    if !there.is_empty() && !arguments.force {
        let sentence = lang.of(
            "`{}` har redan {n} av filerna (`{first}` …); välj en annan mapp eller skriv över med --force",
            "`{}` holds {n} of the files already (`{first}` …); choose another folder or overwrite with --force",
        );
        let first = there.first().copied().unwrap_or_default();
        let sentence = sentence.replace("{n}", &there.len().to_string()).replace("{first}", first);
        return Err(Refusal::one(sentence.replace("{}", &dir.display().to_string())));
    }
    write_all(dir, &files).map_err(|error| {
        let sentence = lang.of("`{}` kunde inte skrivas: {why}", "`{}` could not be written: {why}");
        Refusal::one(sentence.replace("{}", &dir.display().to_string()).replace("{why}", &error.to_string()))
    })?;
    let sentence = lang.of(
        "{n} filer skrevs till `{}`; ändra dem och kontrollera med `kemkoll rules lint {}`, använd dem med `--rules-dir {}`",
        "{n} files were written to `{}`; edit them and check with `kemkoll rules lint {}`, use them with `--rules-dir {}`",
    );
    Ok(format!("{}\n", sentence.replace("{n}", &files.len().to_string()).replace("{}", &dir.display().to_string())))
}

/// Each file is whole or not there: it is written beside its place and then moved.
pub fn write_all(dir: &Path, files: &[(String, String)]) -> io::Result<()> {
    for (name, text) in files {
        let path = dir.join(name);
        let folder = path.parent().unwrap_or(dir);
        fs::create_dir_all(folder)?;
        let mut beside = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut beside, text.as_bytes())?;
        // The temporary file is the owner's alone; rule files are for everybody who may read the folder.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(beside.path(), fs::Permissions::from_mode(0o644))?;
        }
        beside.persist(&path).map_err(|error| error.error)?;
    }
    Ok(())
}
