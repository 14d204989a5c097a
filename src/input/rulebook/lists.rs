//! The CSV files that rules name: lists of substances, and exemptions. Every row is checked, with line and column.

use super::fault::{Document, Faults, Place};
use super::table::Spot;
use crate::amount::Dimension;
use crate::declaration::{Date, Text};
use crate::rule::{Categories, Exemption, Expiry, parse_limit};
use crate::substance::{Cas, Ec, GroupId, Register};
use std::cell::OnceCell;
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
    record: &'a csv::StringRecord,
    separator: u8,
    /// Where the row and each of its fields begin, in bytes of the document; looked for when a place is asked for.
    starts: OnceCell<Vec<usize>>,
}

impl Row<'_> {
    fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| *own == name).and_then(|at| self.columns.get(at).copied().flatten())
    }

    /// A field, trimmed.
    fn text(&self, name: &str) -> &str {
        self.column(name).and_then(|column| self.record.get(column)).unwrap_or_default().trim()
    }

    /// Where a field stands.
    fn place(&self, name: &str) -> Place {
        let starts = self.starts.get_or_init(|| {
            let start = self.record.position().map_or(0, |position| position.byte() as usize);
            field_starts(&self.document.text, start, self.separator)
        });
        let at = self.column(name).and_then(|column| starts.get(column)).or(starts.first());
        self.document.place(at.copied().unwrap_or_default())
    }

    /// A field, trimmed, with its place.
    pub(in crate::input) fn get(&self, name: &str) -> Spot<String> {
        Spot { value: self.text(name).to_string(), place: self.place(name) }
    }

    /// Values separated by `;`.
    fn several(&self, name: &str) -> Vec<Spot<String>> {
        // Most fields are empty, and a place takes time to find.
        if self.text(name).is_empty() {
            return Vec::new();
        }
        let Spot { value, place } = self.get(name);
        value
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| Spot { value: part.to_string(), place: place.clone() })
            .collect()
    }

    fn words(&self, name: &str) -> Vec<String> {
        self.text(name).split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
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
        if record.len() != headers.len() {
            let (have, want) = (record.len(), headers.len());
            faults.at(
                &document.place(start),
                format!("raden har {have} fält men rubriken {want}; en text med avgränsare i behöver citationstecken"),
                format!("the row has {have} fields but the heading {want}; a text that holds a separator needs quotes"),
            );
            continue;
        }
        each(&Row { document, columns: &columns, names, record: &record, separator, starts: OnceCell::new() });
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

fn read_cas(written: &str, place: impl Fn() -> Place, faults: &Faults) -> Option<Cas> {
    if written.is_empty() {
        return None;
    }
    let read = Cas::parse(written);
    if read.is_none() {
        bad_cas(written, &place(), faults);
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

fn read_date(row: &Row, column: &str, faults: &Faults) -> Option<Date> {
    let written = row.text(column);
    if written.is_empty() {
        return None;
    }
    let read = written.parse().ok().filter(|_| written.len() == 10);
    if read.is_none() {
        faults.at(
            &row.place(column),
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
fn printed_wrong(row: &Row, faults: &Faults) -> bool {
    let Some(why) = row.text("note").strip_prefix("printed wrong") else { return false };
    if why.trim_start_matches([':', ' ']).trim().is_empty() {
        faults.at(
            &row.place("note"),
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
        let (entry, name) = (row.text("entry"), row.text("name"));
        let printed_wrong = printed_wrong(row, faults);
        // The source's own mistake is kept for the reader, and never used.
        let cas_text = row.text("cas");
        let cas = if printed_wrong { Cas::parse(cas_text) } else { read_cas(cas_text, || row.place("cas"), faults) };
        let ec_text = row.text("ec");
        let ec = Ec::parse(ec_text);
        if ec.is_none() && !ec_text.is_empty() && !printed_wrong {
            bad_ec(ec_text, &row.place("ec"), faults);
        }
        let holds = |text: &str, read: bool| text.is_empty() || read;
        if printed_wrong && holds(cas_text, cas.is_some()) && holds(ec_text, ec.is_some()) {
            faults.at(
                &row.place("note"),
                "raden sägs vara fel tryckt, men numren har rätt kontrollsiffra; ta bort `printed wrong`",
                "the row is said to be printed wrong, but its numbers pass their check digits; remove `printed wrong`",
            );
        }
        let group_text = row.text("group");
        let group = register.group(group_text);
        if group.is_none() && !group_text.is_empty() {
            unknown_group(group_text, &row.place("group"), faults);
        }
        let (from, until) = (read_date(row, "from", faults), read_date(row, "until", faults));
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            faults.at(&row.place("until"), "slutdagen ligger före första dagen", "the last day is before the first day");
        }
        if entry.is_empty() {
            faults.at(
                &row.place("entry"),
                "`entry` är tomt; skriv postens nummer eller namn",
                "`entry` is empty; write the entry's number or name",
            );
        }
        if cas.is_none() && ec.is_none() && group.is_none() && name.is_empty() {
            faults.at(&row.place("entry"), "raden anger varken nummer, namn eller grupp", "the row has neither number, name nor group");
        }
        if faults.count() == before {
            found.push(ListRow { entry: entry.to_string(), cas, ec, name: name.to_string(), group, from, until });
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
        let cas: Vec<Cas> = row.several("cas").iter().filter_map(|spot| read_cas(&spot.value, || spot.place.clone(), faults)).collect();
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
        let (min, max) = (amount(row, "min", faults), amount(row, "max", faults));
        if min.zip(max).is_some_and(|(min, max)| max < min) {
            faults.at(&row.place("max"), "`max` är mindre än `min`", "`max` is less than `min`");
        }
        let valid_from = read_date(row, "valid_from", faults);
        let expires = match row.text("expires") {
            "none" => Expiry::Never,
            "?" => Expiry::Unknown,
            "" => {
                faults.at(
                    &row.place("expires"),
                    "`expires` är tomt; skriv ett datum, none (ingen sista dag) eller ? (okänd)",
                    "`expires` is empty; write a date, none (no last day) or ? (not known)",
                );
                Expiry::Unknown
            }
            _ => read_date(row, "expires", faults).map_or(Expiry::Unknown, Expiry::On),
        };
        if let (Some(first), Expiry::On(last)) = (valid_from, expires) {
            if last < first {
                faults.at(&row.place("expires"), "sista dagen ligger före första dagen", "the last day is before the first day");
            }
        }
        let renewal = row.text("renewal");
        if !matches!(renewal, "" | "pending") {
            let written = renewal;
            faults.at(
                &row.place("renewal"),
                format!("`{written}`: skriv pending eller inget"),
                format!("`{written}`: write pending or nothing"),
            );
        }
        let confidence = row.text("confidence");
        if !matches!(confidence, "" | "high" | "medium" | "low") {
            let written = confidence;
            faults.at(
                &row.place("confidence"),
                format!("`{written}`: skriv high, medium eller low"),
                format!("`{written}`: write high, medium or low"),
            );
        }
        // What nobody has confirmed never decides.
        let expires = if confidence == "low" { Expiry::Unknown } else { expires };
        if faults.count() > before {
            return;
        }
        numbers.push(cas);
        places.push(id.place);
        found.push(Exemption {
            id: id.value.as_str().into(),
            annex: Some(row.text("annex")).filter(|annex| !annex.is_empty()).map(Into::into),
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
            renewal_pending: renewal == "pending",
            granted: false,
            title: Text::new(row.text("title_sv"), row.text("title_en")),
        });
    });
    for (exemption, numbers) in found.iter_mut().zip(numbers) {
        exemption.substances = numbers.into_iter().map(|cas| register.add(Some(cas), None, &cas.to_string(), None)).collect();
    }
    found.into_iter().map(Arc::new).zip(places).collect()
}

fn amount(row: &Row, column: &str, faults: &Faults) -> Option<u64> {
    let written = row.text(column);
    if written.is_empty() {
        return None;
    }
    match parse_limit(written) {
        Some((steps, unit)) if unit.dimension == Dimension::MassFraction && steps <= crate::amount::WHOLE => Some(steps),
        _ => {
            faults.at(
                &row.place(column),
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
