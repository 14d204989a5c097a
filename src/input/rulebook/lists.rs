//! The CSV files that rules name: lists of substances, and exemptions. Every row is checked, with line and column.

use super::fault::{Document, Faults, Place};
use super::table::Spot;
use crate::amount::Dimension;
use crate::declaration::{Date, Text};
use crate::rule::{Categories, Exemption, Expiry, parse_limit};
use crate::substance::{Cas, Ec, GroupId, Register};
use std::sync::Arc;

/// One row of a list.
#[derive(Debug, Clone)]
pub(super) struct ListRow {
    pub(super) entry: String,
    pub(super) cas: Option<Cas>,
    pub(super) ec: Option<Ec>,
    pub(super) name: String,
    pub(super) group: Option<GroupId>,
    pub(super) from: Option<Date>,
    pub(super) until: Option<Date>,
}

const LIST_COLUMNS: &[&str] = &["entry", "cas", "ec", "name", "group", "from", "until", "note"];
const EXEMPTION_COLUMNS: &[&str] = &[
    "id",
    "annex",
    "cas",
    "groups",
    "categories",
    "components",
    "functions",
    "materials",
    "min",
    "max",
    "valid_from",
    "expires",
    "renewal",
    "confidence",
    "title_sv",
    "title_en",
    "note",
];

/// A row of a CSV file: its fields by column, each with its place.
pub(in crate::input) struct Row<'a> {
    document: &'a Document,
    columns: &'a [Option<usize>],
    names: &'a [&'static str],
    record: csv::StringRecord,
    /// Where the row and each of its fields begin, in bytes of the document.
    starts: Vec<usize>,
}

impl Row<'_> {
    /// A field, trimmed, with its place.
    pub(in crate::input) fn get(&self, name: &str) -> Spot<String> {
        let column = self.names.iter().position(|own| *own == name).and_then(|at| self.columns.get(at).copied().flatten());
        let at = column.and_then(|column| self.starts.get(column)).or(self.starts.first()).copied().unwrap_or_default();
        let value = column.and_then(|column| self.record.get(column)).unwrap_or_default().trim().to_string();
        Spot { value, place: self.document.place(at) }
    }

    /// Values separated by `;`.
    fn several(&self, name: &str) -> Vec<Spot<String>> {
        let Spot { value, place } = self.get(name);
        value
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| Spot { value: part.to_string(), place: place.clone() })
            .collect()
    }

    fn words(&self, name: &str) -> Vec<String> {
        self.several(name).into_iter().map(|spot| spot.value.to_lowercase()).collect()
    }
}

/// Reads a CSV file and gives each row to `each`. The separator is the one in the heading row: comma, semicolon or tab.
pub(in crate::input) fn rows(
    document: &Document,
    names: &'static [&'static str],
    needed: &[&str],
    faults: &Faults,
    mut each: impl FnMut(&Row),
) {
    let text: &str = &document.text;
    let heading = text.lines().next().unwrap_or_default();
    let separator = [b',', b';', b'\t'].into_iter().max_by_key(|mark| (heading.bytes().filter(|byte| byte == mark).count(), *mark == b','));
    let separator = separator.unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            return faults.at(
                &document.place(0),
                format!("tabellen kan inte läsas: {error}"),
                format!("the table cannot be read: {error}"),
            );
        }
    };
    let starts = field_starts(text, 0, separator);
    for (at, own) in headers.iter().enumerate() {
        let place = document.place(starts.get(at).copied().unwrap_or_default());
        let own = own.trim();
        if !names.contains(&own) {
            let known = names.join(", ");
            faults.at(
                &place,
                format!("`{own}` är ingen känd kolumn; kolumnerna är: {known}"),
                format!("`{own}` is no known column; the columns are: {known}"),
            );
        } else if headers.iter().take(at).any(|other| other.trim() == own) {
            faults.at(&place, format!("kolumnen `{own}` finns två gånger"), format!("the column `{own}` stands twice"));
        }
    }
    let columns: Vec<Option<usize>> = names.iter().map(|name| headers.iter().position(|own| own.trim() == *name)).collect();
    let mut complete = true;
    for name in needed {
        if !headers.iter().any(|own| own.trim() == *name) {
            faults.at(&document.place(0), format!("kolumnen `{name}` saknas"), format!("the column `{name}` is missing"));
            complete = false;
        }
    }
    if !complete {
        return;
    }
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                return faults.at(
                    &document.place(0),
                    format!("tabellen kan inte läsas: {error}"),
                    format!("the table cannot be read: {error}"),
                );
            }
        }
        let start = record.position().map_or(0, |position| position.byte() as usize);
        let starts = field_starts(text, start, separator);
        if record.len() != headers.len() {
            let (have, want) = (record.len(), headers.len());
            faults.at(
                &document.place(start),
                format!("raden har {have} fält men rubriken {want}; en text med avgränsare i behöver citationstecken"),
                format!("the row has {have} fields but the heading {want}; a text that holds a separator needs quotes"),
            );
            continue;
        }
        each(&Row { document, columns: &columns, names, record: record.clone(), starts });
    }
}

/// Where the fields of the row at `start` begin, in bytes.
fn field_starts(text: &str, start: usize, separator: u8) -> Vec<usize> {
    let mut start = start;
    let bytes = text.as_bytes();
    // The reader's position may stand before the line break that ends the row above.
    while matches!(bytes.get(start), Some(b'\n' | b'\r')) {
        start += 1;
    }
    let mut starts = vec![start];
    let mut quoted = false;
    for (offset, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            byte if *byte == separator && !quoted => starts.push(offset + 1),
            _ => {}
        }
    }
    starts
}

fn read_cas(spot: &Spot<String>, faults: &Faults) -> Option<Cas> {
    if spot.value.is_empty() {
        return None;
    }
    let read = Cas::parse(&spot.value);
    if read.is_none() {
        bad_cas(&spot.value, &spot.place, faults);
    }
    read
}

/// Tells that a text is no CAS number.
pub(in crate::input) fn bad_cas(written: &str, place: &Place, faults: &Faults) {
    faults.at(
        place,
        format!("`{written}` är inget giltigt CAS-nummer; kontrollera siffrorna (ett kalkylprogram kan ha gjort om numret till ett datum)"),
        format!("`{written}` is no valid CAS number; check the digits (a spreadsheet may have turned the number into a date)"),
    );
}

/// Tells that a text is no EC number.
pub(in crate::input) fn bad_ec(written: &str, place: &Place, faults: &Faults) {
    faults.at(
        place,
        format!("`{written}` är inget giltigt EG-nummer; kontrollera siffrorna"),
        format!("`{written}` is no valid EC number; check the digits"),
    );
}

fn read_date(spot: &Spot<String>, faults: &Faults) -> Option<Date> {
    if spot.value.is_empty() {
        return None;
    }
    let read = spot.value.parse().ok().filter(|_| spot.value.len() == 10);
    if read.is_none() {
        let written = &spot.value;
        faults.at(
            &spot.place,
            format!("`{written}` är inget datum; skriv till exempel 2027-01-31"),
            format!("`{written}` is no date; write for example 2027-01-31"),
        );
    }
    read
}

/// Tells that a group is unknown.
pub(super) fn unknown_group(written: &str, place: &Place, faults: &Faults) {
    faults.at(
        place,
        format!("gruppen `{written}` finns inte i ämnesregistret; se rules/substances/group-names.csv"),
        format!("the register has no group `{written}`; see rules/substances/group-names.csv"),
    );
}

/// Whether a row's note says that its source prints a number wrong: `printed wrong: why`. Without a reason it is a fault.
fn printed_wrong(note: &Spot<String>, faults: &Faults) -> bool {
    let Some(why) = note.value.strip_prefix("printed wrong") else { return false };
    if why.trim_start_matches([':', ' ']).trim().is_empty() {
        faults.at(
            &note.place,
            "skriv varför numret är fel: `printed wrong: skälet`",
            "write why the number is wrong: `printed wrong: the reason`",
        );
    }
    true
}

/// Reads a list of substances.
pub(super) fn list(document: &Document, register: &Register, faults: &Faults) -> Vec<ListRow> {
    let mut found = Vec::new();
    rows(document, LIST_COLUMNS, &["entry", "cas", "name"], faults, |row| {
        let before = faults.count();
        let (entry, name) = (row.get("entry"), row.get("name"));
        let note = row.get("note");
        let printed_wrong = printed_wrong(&note, faults);
        // The source's own mistake is kept for the reader, and never used.
        let cas_text = row.get("cas");
        let cas = if printed_wrong { Cas::parse(&cas_text.value) } else { read_cas(&cas_text, faults) };
        let ec_text = row.get("ec");
        let ec = Ec::parse(&ec_text.value);
        if ec.is_none() && !ec_text.value.is_empty() && !printed_wrong {
            bad_ec(&ec_text.value, &ec_text.place, faults);
        }
        let holds = |text: &str, read: bool| text.is_empty() || read;
        if printed_wrong && holds(&cas_text.value, cas.is_some()) && holds(&ec_text.value, ec.is_some()) {
            faults.at(
                &note.place,
                "raden sägs vara fel tryckt, men numren har rätt kontrollsiffra; ta bort `printed wrong`",
                "the row is said to be printed wrong, but its numbers pass their check digits; remove `printed wrong`",
            );
        }
        let group_text = row.get("group");
        let group = register.group(&group_text.value);
        if group.is_none() && !group_text.value.is_empty() {
            unknown_group(&group_text.value, &group_text.place, faults);
        }
        let (from, until_text) = (read_date(&row.get("from"), faults), row.get("until"));
        let until = read_date(&until_text, faults);
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            faults.at(&until_text.place, "slutdagen ligger före första dagen", "the last day is before the first day");
        }
        if entry.value.is_empty() {
            faults.at(
                &entry.place,
                "`entry` är tomt; skriv postens nummer eller namn",
                "`entry` is empty; write the entry's number or name",
            );
        }
        if cas.is_none() && ec.is_none() && group.is_none() && name.value.is_empty() {
            faults.at(&entry.place, "raden anger varken nummer, namn eller grupp", "the row has neither number, name nor group");
        }
        if faults.count() == before {
            found.push(ListRow { entry: entry.value, cas, ec, name: name.value, group, from, until });
        }
    });
    if found.is_empty() && document.text.lines().count() <= 1 {
        faults.at(&document.place(0), "listan har inga rader", "the list has no rows");
    }
    found
}

/// Reads a file of exemptions, each with its place. Substances that only it names are added to the register.
pub(super) fn exemptions(
    document: &Document,
    register: &mut Register,
    categories: &Categories,
    faults: &Faults,
) -> Vec<(Arc<Exemption>, Place)> {
    let mut found = Vec::new();
    let mut places: Vec<Place> = Vec::new();
    let mut numbers: Vec<Vec<Cas>> = Vec::new();
    let known: &Register = register;
    rows(document, EXEMPTION_COLUMNS, &["id", "expires"], faults, |row| {
        let before = faults.count();
        let id = row.get("id");
        if id.value.is_empty() {
            faults.at(&id.place, "`id` är tomt; skriv undantagets nummer", "`id` is empty; write the number of the exemption");
        }
        let cas: Vec<Cas> = row.several("cas").iter().filter_map(|spot| read_cas(spot, faults)).collect();
        let mut groups = Vec::new();
        for group in row.several("groups") {
            match known.group(&group.value) {
                Some(id) => groups.push(id),
                None => unknown_group(&group.value, &group.place, faults),
            }
        }
        let named = row.several("categories");
        check_categories(&named, categories, faults);
        let materials = row.several("materials");
        check_materials(&materials, known, faults);
        let (min, max_text) = (amount(&row.get("min"), faults), row.get("max"));
        let max = amount(&max_text, faults);
        if min.zip(max).is_some_and(|(min, max)| max < min) {
            faults.at(&max_text.place, "`max` är mindre än `min`", "`max` is less than `min`");
        }
        let valid_from = read_date(&row.get("valid_from"), faults);
        let expires_text = row.get("expires");
        let expires = match expires_text.value.as_str() {
            "none" => Expiry::Never,
            "?" => Expiry::Unknown,
            "" => {
                faults.at(
                    &expires_text.place,
                    "`expires` är tomt; skriv ett datum, none (ingen sista dag) eller ? (okänd)",
                    "`expires` is empty; write a date, none (no last day) or ? (not known)",
                );
                Expiry::Unknown
            }
            _ => read_date(&expires_text, faults).map_or(Expiry::Unknown, Expiry::On),
        };
        if let (Some(first), Expiry::On(last)) = (valid_from, expires) {
            if last < first {
                faults.at(&expires_text.place, "sista dagen ligger före första dagen", "the last day is before the first day");
            }
        }
        let renewal = row.get("renewal");
        if !matches!(renewal.value.as_str(), "" | "pending") {
            let written = &renewal.value;
            faults.at(&renewal.place, format!("`{written}`: skriv pending eller inget"), format!("`{written}`: write pending or nothing"));
        }
        let confidence = row.get("confidence");
        if !matches!(confidence.value.as_str(), "" | "high" | "medium" | "low") {
            let written = &confidence.value;
            faults.at(
                &confidence.place,
                format!("`{written}`: skriv high, medium eller low"),
                format!("`{written}`: write high, medium or low"),
            );
        }
        // What nobody has confirmed never decides.
        let expires = if confidence.value == "low" { Expiry::Unknown } else { expires };
        if faults.count() > before {
            return;
        }
        numbers.push(cas);
        places.push(id.place);
        found.push(Exemption {
            id: id.value.as_str().into(),
            annex: Some(row.get("annex").value).filter(|annex| !annex.is_empty()).map(Into::into),
            substances: Vec::new(),
            groups,
            categories: named.iter().map(|spot| spot.value.as_str().into()).collect(),
            components: row.words("components"),
            functions: row.words("functions"),
            materials: materials.into_iter().map(|spot| spot.value).collect(),
            min,
            max,
            valid_from,
            expires,
            renewal_pending: renewal.value == "pending",
            granted: false,
            title: Text::new(row.get("title_sv").value, row.get("title_en").value),
        });
    });
    for (exemption, numbers) in found.iter_mut().zip(numbers) {
        exemption.substances = numbers.into_iter().map(|cas| register.add(Some(cas), None, &cas.to_string(), None)).collect();
    }
    found.into_iter().map(Arc::new).zip(places).collect()
}

fn amount(spot: &Spot<String>, faults: &Faults) -> Option<u64> {
    if spot.value.is_empty() {
        return None;
    }
    match parse_limit(&spot.value) {
        Some((steps, unit)) if unit.dimension == Dimension::MassFraction && steps <= crate::amount::WHOLE => Some(steps),
        _ => {
            let written = &spot.value;
            faults.at(
                &spot.place,
                format!("`{written}` är ingen halt; skriv till exempel 0.5 %"),
                format!("`{written}` is no amount; write for example 0.5 %"),
            );
            None
        }
    }
}

/// Tells of categories that do not exist.
pub(super) fn check_categories(named: &[Spot<String>], categories: &Categories, faults: &Faults) {
    for Spot { value, place } in named {
        if categories.get(value).is_none() {
            faults.at(
                place,
                format!("kategorin `{value}` finns inte i categories.toml"),
                format!("there is no category `{value}` in categories.toml"),
            );
        }
    }
}

/// Tells of materials that do not exist.
pub(super) fn check_materials(named: &[Spot<String>], register: &Register, faults: &Faults) {
    for Spot { value, place } in named {
        if register.material(value).is_none() {
            faults.at(
                place,
                format!("materialet `{value}` finns inte i registret; se rules/substances/materials.csv"),
                format!("the register has no material `{value}`; see rules/substances/materials.csv"),
            );
        }
    }
}
