//! The Candidate List at hand and the authority's export made into one: entries keep their ids and members, new ones get
//! the next. Nothing that stands on the list is ever taken off it here; what the export does not name is told instead.

use crate::declaration::{Date, Text};
use crate::substance::{Cas, Ec, normalise_name};
use std::collections::{BTreeMap, BTreeSet};

/// A row of the list at hand, as its file writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Id of its entry.
    pub entry: String,
    /// CAS number.
    pub cas: String,
    /// EC number.
    pub ec: String,
    /// Name.
    pub name: String,
    /// Group that the entry takes in whole.
    pub group: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: String,
    /// What the row is: entry, member, …
    pub note: String,
}

/// A row of the export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Row or line in the file, from 1.
    pub row: u32,
    /// Name.
    pub name: String,
    /// CAS numbers.
    pub cas: Vec<Cas>,
    /// EC numbers.
    pub ec: Vec<Ec>,
    /// Reasons for inclusion, as written.
    pub reason: String,
    /// Date of inclusion, the earliest where there are several.
    pub from: Date,
}

/// Both lists as one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// All rows.
    pub lines: Vec<Line>,
    /// Number of entries.
    pub entries: usize,
    /// The latest date of inclusion.
    pub latest: Option<Date>,
    /// What a person should look at.
    pub doubts: Vec<Text>,
}

/// Makes one list of both. `members_listed`: the export prints the members of a group below it.
pub fn merged(at_hand: &[Line], export: &[Exported], members_listed: bool) -> Merged {
    let mut list = List::new(at_hand);
    let mut rows: Vec<Exported> = Vec::new();
    // An entry whose reasons were extended stands once for each decision: the first date is when it came on the list.
    for row in export {
        let same = |own: &&mut Exported| own.cas == row.cas && own.ec == row.ec && normalise_name(&own.name) == normalise_name(&row.name);
        match rows.iter_mut().find(same) {
            Some(own) => own.from = own.from.min(row.from),
            None => rows.push(row.clone()),
        }
    }
    // The group whose members may stand below it.
    let mut group: Option<(String, Date, String)> = None;
    let mut new: Vec<(Exported, Vec<Exported>)> = Vec::new();
    let mut below_new = false;
    for row in rows {
        let no_number = row.cas.is_empty() && row.ec.is_empty();
        if let Some(id) = list.entry_of(&row) {
            list.update(&id, &row);
            group = no_number.then(|| (id, row.from, row.reason.clone()));
            below_new = false;
        } else if members_listed && list.is_member(&row) {
            // A member at hand already; what stands below it belongs to the same group.
        } else if let Some((id, _, _)) =
            group.as_ref().filter(|(_, from, reason)| members_listed && *from == row.from && *reason == row.reason)
        {
            if !below_new {
                let id = id.clone();
                list.add_member(&id, &row);
            } else if let Some((_, members)) = new.last_mut() {
                members.push(row);
            }
        } else {
            group = no_number.then(|| (String::new(), row.from, row.reason.clone()));
            below_new = no_number;
            new.push((row, Vec::new()));
        }
    }
    list.finish(new)
}

struct List {
    lines: Vec<Line>,
    /// Entries that the export names.
    seen: BTreeSet<String>,
    doubts: Vec<Text>,
}

fn is_entry(line: &Line) -> bool {
    line.note.trim() == "entry"
}

impl List {
    fn new(at_hand: &[Line]) -> List {
        List { lines: at_hand.to_vec(), seen: BTreeSet::new(), doubts: Vec::new() }
    }

    /// The entry at hand that a row is: by name, then by CAS, then by EC number. Where several fit, the one of the same day.
    fn entry_of(&self, row: &Exported) -> Option<String> {
        let name = normalise_name(&row.name);
        let of_number = |line: &Line| Cas::parse(&line.cas).is_some_and(|cas| row.cas.contains(&cas));
        let of_ec = |line: &Line| line.cas.is_empty() && Ec::parse(&line.ec).is_some_and(|ec| row.ec.contains(&ec));
        let of_either = |line: &Line| row.cas.is_empty() && Ec::parse(&line.ec).is_some_and(|ec| row.ec.contains(&ec));
        let fits: [&dyn Fn(&Line) -> bool; 4] = [&|line: &Line| normalise_name(&line.name) == name, &of_number, &of_ec, &of_either];
        for fit in fits {
            let found: Vec<&Line> = self.lines.iter().filter(|line| is_entry(line) && fit(line)).collect();
            let same_day = found.iter().find(|line| line.from == row.from.to_string());
            if let Some(line) = same_day.or(found.first()) {
                return Some(line.entry.clone());
            }
        }
        None
    }

    fn is_member(&self, row: &Exported) -> bool {
        let name = normalise_name(&row.name);
        self.lines.iter().any(|line| {
            !is_entry(line)
                && (Cas::parse(&line.cas).is_some_and(|cas| row.cas.contains(&cas))
                    || Ec::parse(&line.ec).is_some_and(|ec| row.ec.contains(&ec))
                    || normalise_name(&line.name) == name)
        })
    }

    /// Takes over what the export says of an entry at hand: an earlier day, and numbers that it did not have.
    fn update(&mut self, id: &str, row: &Exported) {
        self.seen.insert(id.to_string());
        let at_hand: Option<Date> = self.lines.iter().find(|line| line.entry == id).and_then(|line| line.from.parse().ok());
        if let Some(own) = at_hand {
            if row.from < own {
                for line in self.lines.iter_mut().filter(|line| line.entry == id && line.from == own.to_string()) {
                    line.from = row.from.to_string();
                }
            } else if own < row.from {
                let (name, from) = (&row.name, row.from);
                self.doubts.push(Text::new(
                    format!("{id} {name}: exporten säger {from}, listan {own}; den tidigare dagen behålls"),
                    format!("{id} {name}: the export says {from}, the list {own}; the earlier day is kept"),
                ));
            }
        }
        let known: BTreeSet<String> = self.lines.iter().filter(|line| line.entry == id).map(|line| line.cas.clone()).collect();
        let from = self.lines.iter().find(|line| line.entry == id).map(|line| line.from.clone()).unwrap_or_default();
        for cas in row.cas.iter().filter(|cas| !known.contains(&cas.to_string())) {
            let ec = row.ec.first().map(ToString::to_string).unwrap_or_default();
            let note = "other CAS number of the entry".to_string();
            let line =
                Line { entry: id.into(), cas: cas.to_string(), ec, name: row.name.clone(), from: from.clone(), note, ..Line::default() };
            self.insert(line);
        }
    }

    fn add_member(&mut self, id: &str, row: &Exported) {
        let name = &row.name;
        let number = row.row;
        self.doubts.push(Text::new(
            format!("rad {number}: {name} tas som ny medlem av {id}, för raden står under den; exporten märker inte ut medlemmar"),
            format!(
                "row {number}: {name} is taken as a new member of {id}, because the row stands below it; the export does not mark members"
            ),
        ));
        let from = self.lines.iter().find(|line| line.entry == id).map(|line| line.from.clone()).unwrap_or_default();
        for line in lines_of(row, id, &from, "member", "member") {
            self.insert(line);
        }
    }

    /// Behind the last row of its entry.
    fn insert(&mut self, line: Line) {
        let at = self.lines.iter().rposition(|own| own.entry == line.entry).map_or(self.lines.len(), |at| at + 1);
        self.lines.insert(at, line);
    }

    fn finish(mut self, mut new: Vec<(Exported, Vec<Exported>)>) -> Merged {
        new.sort_by(|a, b| (a.0.from, &a.0.name).cmp(&(b.0.from, &b.0.name)));
        let number = |id: &str| id.strip_prefix("SVHC-").and_then(|number| number.parse::<u32>().ok());
        let mut next = self.lines.iter().filter_map(|line| number(&line.entry)).max().unwrap_or_default();
        for (row, members) in &new {
            next += 1;
            let (id, from) = (format!("SVHC-{next:03}"), row.from.to_string());
            self.lines.extend(lines_of(row, &id, &from, "entry", "other CAS number of the entry"));
            for member in members {
                let (name, number) = (&member.name, member.row);
                self.doubts.push(Text::new(
                    format!("rad {number}: {name} tas som medlem av {id}, för raden står under den; exporten märker inte ut medlemmar"),
                    format!("row {number}: {name} is taken as a member of {id}, because the row stands below it; the export does not mark members"),
                ));
                self.lines.extend(lines_of(member, &id, &from, "member", "member"));
            }
            if row.cas.is_empty() && row.ec.is_empty() && members.is_empty() {
                let name = &row.name;
                self.doubts.push(Text::new(
                    format!("{id} {name}: posten har varken nummer eller medlemmar och känns bara igen på namnet; fyll i `group` eller medlemmar"),
                    format!("{id} {name}: the entry has neither numbers nor members and is known by its name only; fill in `group` or members"),
                ));
            }
        }
        let mut entries: BTreeMap<String, &Line> = BTreeMap::new();
        for line in &self.lines {
            entries.entry(line.entry.clone()).or_insert(line);
        }
        let fresh: BTreeSet<String> = self
            .lines
            .iter()
            .filter(|line| number(&line.entry).is_some_and(|own| own + new.len() as u32 > next))
            .map(|line| line.entry.clone())
            .collect();
        for (id, line) in &entries {
            if !self.seen.contains(id) && !fresh.contains(id) {
                let name = &line.name;
                self.doubts.push(Text::new(
                    format!("{id} {name} finns inte i exporten; posten behålls: ta bort den eller skriv `until` om den har utgått"),
                    format!("{id} {name} is not in the export; the entry is kept: remove it or write `until` if it has gone"),
                ));
            }
        }
        let latest = self.lines.iter().filter_map(|line| line.from.parse().ok()).max();
        Merged { entries: entries.len(), latest, doubts: self.doubts, lines: self.lines }
    }
}

/// The rows of an entry or member: one for each CAS number.
fn lines_of(row: &Exported, id: &str, from: &str, first: &str, others: &str) -> Vec<Line> {
    let ec = |at: usize| row.ec.get(at).or(row.ec.first()).map(ToString::to_string).unwrap_or_default();
    let line = |cas: String, ec: String, note: &str| Line {
        entry: id.into(),
        cas,
        ec,
        name: row.name.clone(),
        from: from.into(),
        note: note.into(),
        ..Line::default()
    };
    if row.cas.is_empty() {
        return vec![line(String::new(), ec(0), first)];
    }
    let note = |at: usize| if at == 0 { first } else { others };
    row.cas.iter().enumerate().map(|(at, cas)| line(cas.to_string(), ec(at), note(at))).collect()
}
