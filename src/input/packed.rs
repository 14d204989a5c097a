//! Declarations as few bytes, for whoever keeps them or hands them to another process. Texts that a declaration shares are
//! written once and shared again when it is read back. Whatever is not such bytes gives nothing, never a wrong value.

use super::read::Found;
use crate::amount::{Amount, Decimal, Dimension, Doubt, Interval, Kind, Reading};
use crate::declaration::{
    Analysis, Claim, ClaimedExemption, Constituent, Date, Declaration, DeclarationKind, Label, Level, Named, Part, PartMore, Place,
    Problem, ProblemCode, Product, ProductMore, Rare, Source, Statement, Subject, Text,
};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Languages that a declaration may be in.
const LANGUAGES: [&str; 6] = ["sv", "en", "nb", "da", "fi", "de"];
/// What something may be that is no declaration: the words of [`Found::Other`].
pub const OTHERS: [&str; 8] = ["pdf", "json", "html", "xml", "text", "i6z", "empty", "other"];
/// Parts in parts; deeper than any reader goes.
const DEPTH: u32 = 4096;

/// What was found in a file called `name`. Members of archives are named after it, and stay so under another name.
pub fn pack(found: &Found, name: &str) -> Vec<u8> {
    let mut to = Packer::default();
    match found {
        Found::Declaration(declaration) => {
            to.byte(0);
            below(&declaration.file, name).pack(&mut to);
            declaration.pack(&mut to);
        }
        Found::Other { file, what } => {
            to.byte(1);
            below(file, name).pack(&mut to);
            what.pack(&mut to);
        }
    }
    to.finish()
}

/// Reads back what [`pack`] wrote, for a file called `name`; nothing when the bytes are not whole.
pub fn unpack(bytes: &[u8], name: &str) -> Option<Found> {
    let mut from = Unpacker::open(bytes)?;
    let kind = from.byte()?;
    let file = match Option::<String>::unpack(&mut from)? {
        Some(rest) => format!("{name}{rest}"),
        None => String::unpack(&mut from)?,
    };
    let found = match kind {
        0 => Found::Declaration(Box::new(Declaration { file, ..Declaration::unpack(&mut from)? })),
        1 => {
            let what = String::unpack(&mut from)?;
            Found::Other { file, what: OTHERS.into_iter().find(|known| *known == what)? }
        }
        _ => return None,
    };
    from.is_done().then_some(found)
}

/// A name as what follows the file's own, where it begins with that.
struct Below<'a>(Option<&'a str>, &'a str);

fn below<'a>(file: &'a str, name: &str) -> Below<'a> {
    Below(file.strip_prefix(name), file)
}

impl Below<'_> {
    fn pack(&self, to: &mut Packer) {
        match self.0 {
            Some(rest) => {
                to.byte(1);
                to.inline(rest);
            }
            None => {
                to.byte(0);
                to.inline(self.1);
            }
        }
    }
}

/// Hashes where a text lies; addresses are spread well enough by one multiplication.
#[derive(Default)]
struct ByPlace(u64);

impl Hasher for ByPlace {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, place: usize) {
        self.0 = (self.0.rotate_left(5) ^ place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

#[derive(Default)]
struct Packer {
    body: Vec<u8>,
    texts: Vec<u8>,
    /// The number of each shared text, by where it lies and how long it is.
    known: HashMap<(usize, usize), u64, BuildHasherDefault<ByPlace>>,
    /// The number of what constituents are called, by where that lies.
    named: HashMap<usize, u64, BuildHasherDefault<ByPlace>>,
}

impl Packer {
    fn byte(&mut self, byte: u8) {
        self.body.push(byte);
    }

    fn number(&mut self, number: u64) {
        push_number(&mut self.body, number);
    }

    /// A text that may stand in many places, by its number.
    fn shared(&mut self, text: &str) {
        let next = self.known.len() as u64;
        let number = *self.known.entry((text.as_ptr().addr(), text.len())).or_insert_with(|| {
            push_number(&mut self.texts, text.len() as u64);
            self.texts.extend_from_slice(text.as_bytes());
            next
        });
        self.number(number);
    }

    fn inline(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.body.extend_from_slice(text.as_bytes());
    }

    /// How many texts, the texts, and the rest.
    fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.texts.len() + self.body.len() + 10);
        push_number(&mut bytes, self.known.len() as u64);
        bytes.extend_from_slice(&self.texts);
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Seven bits a byte, the least first; the eighth says that more follow.
fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

struct Unpacker<'a> {
    rest: &'a [u8],
    texts: Vec<Arc<str>>,
    /// Of the texts those that are labels, by their number.
    labels: HashMap<usize, Label>,
    named: Vec<Arc<Named>>,
    depth: u32,
}

impl<'a> Unpacker<'a> {
    fn open(bytes: &'a [u8]) -> Option<Unpacker<'a>> {
        let mut from = Unpacker { rest: bytes, texts: Vec::new(), labels: HashMap::new(), named: Vec::new(), depth: 0 };
        let count = from.count()?;
        let mut texts = Vec::with_capacity(count);
        for _ in 0..count {
            texts.push(from.inline()?.into());
        }
        from.texts = texts;
        Some(from)
    }

    fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// How many things follow, each of which takes a byte at least.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.rest.len())
    }

    fn inline(&mut self) -> Option<&'a str> {
        let length = self.count()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }
}

trait Pack: Sized {
    fn pack(&self, to: &mut Packer);
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self>;
}

impl Pack for u64 {
    fn pack(&self, to: &mut Packer) {
        to.number(*self);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<u64> {
        from.number()
    }
}

impl Pack for u32 {
    fn pack(&self, to: &mut Packer) {
        to.number(u64::from(*self));
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<u32> {
        from.number()?.try_into().ok()
    }
}

impl Pack for usize {
    fn pack(&self, to: &mut Packer) {
        to.number(*self as u64);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<usize> {
        from.number()?.try_into().ok()
    }
}

impl Pack for i128 {
    fn pack(&self, to: &mut Packer) {
        let folded = (self << 1 ^ self >> 127).cast_unsigned();
        to.number(folded as u64);
        to.number((folded >> 64) as u64);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<i128> {
        let folded = u128::from(from.number()?) | u128::from(from.number()?) << 64;
        Some((folded >> 1).cast_signed() ^ -(folded & 1).cast_signed())
    }
}

impl Pack for bool {
    fn pack(&self, to: &mut Packer) {
        to.byte(u8::from(*self));
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<bool> {
        match from.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Pack for String {
    fn pack(&self, to: &mut Packer) {
        to.inline(self);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<String> {
        from.inline().map(str::to_string)
    }
}

impl Pack for &'static str {
    fn pack(&self, to: &mut Packer) {
        to.inline(self);
    }

    /// A language; nothing else is kept as such a text.
    fn unpack(from: &mut Unpacker<'_>) -> Option<&'static str> {
        let text = from.inline()?;
        LANGUAGES.into_iter().find(|language| *language == text)
    }
}

impl Pack for Arc<str> {
    fn pack(&self, to: &mut Packer) {
        to.shared(self);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Arc<str>> {
        let number = usize::try_from(from.number()?).ok()?;
        from.texts.get(number).cloned()
    }
}

impl Pack for Label {
    fn pack(&self, to: &mut Packer) {
        to.shared(self);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Label> {
        let number = usize::try_from(from.number()?).ok()?;
        let text = from.texts.get(number)?;
        Some(from.labels.entry(number).or_insert_with(|| Label::from(&**text)).clone())
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, to: &mut Packer) {
        match self {
            None => to.byte(0),
            Some(value) => {
                to.byte(1);
                value.pack(to);
            }
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Option<T>> {
        match from.byte()? {
            0 => Some(None),
            1 => T::unpack(from).map(Some),
            _ => None,
        }
    }
}

impl<T: Pack> Pack for Vec<T> {
    fn pack(&self, to: &mut Packer) {
        to.number(self.len() as u64);
        for value in self {
            value.pack(to);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Vec<T>> {
        let count = from.count()?;
        // A count is a claim: room is made as values come.
        let mut values = Vec::with_capacity(count.min(1024));
        for _ in 0..count {
            values.push(T::unpack(from)?);
        }
        Some(values)
    }
}

impl Pack for Date {
    fn pack(&self, to: &mut Packer) {
        i128::from(self.year()).pack(to);
        to.byte(self.month().cast_unsigned());
        to.byte(self.day().cast_unsigned());
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Date> {
        let year = i128::unpack(from)?.try_into().ok()?;
        Date::new(year, from.byte()?.cast_signed(), from.byte()?.cast_signed()).ok()
    }
}

/// A value whose fields are all written, in this order. A field that is left out does not compile.
macro_rules! fields {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl Pack for $type {
            fn pack(&self, to: &mut Packer) {
                let $type { $($field),* } = self;
                $($field.pack(to);)*
            }

            fn unpack(from: &mut Unpacker<'_>) -> Option<$type> {
                $(let $field = Pack::unpack(from)?;)*
                Some($type { $($field),* })
            }
        }
    };
}

/// One of several words, by its number. A word that is left out does not compile.
macro_rules! words {
    ($type:ident { $($word:ident = $number:literal),* $(,)? }) => {
        impl Pack for $type {
            fn pack(&self, to: &mut Packer) {
                to.byte(match self { $($type::$word => $number),* });
            }

            fn unpack(from: &mut Unpacker<'_>) -> Option<$type> {
                match from.byte()? {
                    $($number => Some($type::$word),)*
                    _ => None,
                }
            }
        }
    };
}

words!(DeclarationKind { FullMaterial = 0, ReportableOnly = 1, Questionnaire = 2, LaboratoryReport = 3, Unspecified = 4 });
words!(Level { Product = 0, Article = 1, Material = 2, Packaging = 3 });
words!(Dimension { MassFraction = 0, VolumeFraction = 1, MassPerArea = 2, MassPerAreaTime = 3, MassPerVolume = 4, Mass = 5 });
words!(Kind { Content = 0, Extractable = 1, Migration = 2, Release = 3, Emission = 4 });
words!(Doubt { AmountInvalid = 0, AmountMissing = 1, UnitMissing = 2, AmbiguousNumber = 3, LoqMissing = 4 });
words!(ProblemCode {
    CasCheckDigit = 0,
    UnregisteredCas = 1,
    IdentityConflict = 2,
    UnresolvedSubstance = 3,
    UnitMissing = 4,
    AmountInvalid = 5,
    AmbiguousNumber = 6,
    TotalOver100 = 7,
    TotalUnder100 = 8,
    DuplicateLine = 9,
    AmountsDisagree = 10,
    OutdatedList = 11,
    DateMissing = 12,
    StatementContradictsContent = 13,
    DeclarationContradicted = 14,
    HeadingNotUnderstood = 15,
    RowSkipped = 16,
    SheetHidden = 17,
    Unreadable = 18,
});

fields!(Interval { lo, hi });
fields!(Amount { dimension, kind, interval, doubt });
fields!(Decimal { digits, scale });
fields!(Text { sv, en });
fields!(Source { place, raw });
fields!(ClaimedExemption { id, list, none, source });
fields!(Statement { subject, claim, list_version, list_date, evidence, justification, exemptions, source });
fields!(Problem { code, open, product, part, sources, count, message });
fields!(Named { name, cas, ec, smiles, uncertainty, function, exemptions, analysis });
fields!(Constituent { named, reading, answer, intended, measured, source, amount_source });
fields!(Product { article_number, name, root, statements, source, kind, mixture, more });
fields!(ProductMore { buyer_article_number, gtin, supplier, categories, date, packaging });
fields!(PartMore { number, share, units, is_article, function, contact, exemptions });

fields!(Analysis { sample, method, laboratory, accreditation, lod, loq });

impl Pack for (Dimension, u64) {
    fn pack(&self, to: &mut Packer) {
        self.0.pack(to);
        self.1.pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<(Dimension, u64)> {
        Some((Pack::unpack(from)?, Pack::unpack(from)?))
    }
}

impl Pack for Arc<Analysis> {
    fn pack(&self, to: &mut Packer) {
        Analysis::pack(self, to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Arc<Analysis>> {
        Analysis::unpack(from).map(Arc::new)
    }
}

impl<T: Pack> Pack for Rare<T> {
    fn pack(&self, to: &mut Packer) {
        match self.said() {
            None => to.byte(0),
            Some(value) => {
                to.byte(1);
                value.pack(to);
            }
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Rare<T>> {
        Option::<T>::unpack(from).map(Rare::from)
    }
}

/// Written where it is met first, and by its number after that.
impl Pack for Arc<Named> {
    fn pack(&self, to: &mut Packer) {
        let next = to.named.len() as u64;
        let number = *to.named.entry(Arc::as_ptr(self).addr()).or_insert(next);
        to.number(number);
        if number == next {
            Named::pack(self, to);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Arc<Named>> {
        let number = usize::try_from(from.number()?).ok()?;
        if number == from.named.len() {
            let named = Named::unpack(from).map(Arc::new)?;
            from.named.push(named);
        }
        from.named.get(number).cloned()
    }
}

impl Pack for Declaration {
    fn pack(&self, to: &mut Packer) {
        // The name of the file stands before it.
        let Declaration { file: _, file_sha256, format, supplier, date, language, kind, products, problems } = self;
        file_sha256.pack(to);
        format.pack(to);
        supplier.pack(to);
        date.pack(to);
        language.pack(to);
        kind.pack(to);
        products.pack(to);
        problems.pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Declaration> {
        Some(Declaration {
            file: String::new(),
            file_sha256: Pack::unpack(from)?,
            format: Pack::unpack(from)?,
            supplier: Pack::unpack(from)?,
            date: Pack::unpack(from)?,
            language: Pack::unpack(from)?,
            kind: Pack::unpack(from)?,
            products: Pack::unpack(from)?,
            problems: Pack::unpack(from)?,
        })
    }
}

impl Pack for Part {
    fn pack(&self, to: &mut Packer) {
        let Part { level, name, mass, parts, constituents, source, more } = self;
        level.pack(to);
        name.pack(to);
        mass.pack(to);
        parts.pack(to);
        constituents.pack(to);
        source.pack(to);
        more.pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Part> {
        from.depth += 1;
        if from.depth > DEPTH {
            return None;
        }
        let part = Part {
            level: Pack::unpack(from)?,
            name: Pack::unpack(from)?,
            mass: Pack::unpack(from)?,
            parts: Pack::unpack(from)?,
            constituents: Pack::unpack(from)?,
            source: Pack::unpack(from)?,
            more: Pack::unpack(from)?,
        };
        from.depth -= 1;
        Some(part)
    }
}

impl Pack for Place {
    fn pack(&self, to: &mut Packer) {
        match self {
            Place::File => to.byte(0),
            Place::Cell { sheet, row, column } => {
                to.byte(1);
                sheet.pack(to);
                row.pack(to);
                column.pack(to);
            }
            Place::Xml { line, column, path } => {
                to.byte(2);
                line.pack(to);
                column.pack(to);
                path.pack(to);
            }
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Place> {
        match from.byte()? {
            0 => Some(Place::File),
            1 => Some(Place::Cell { sheet: Pack::unpack(from)?, row: Pack::unpack(from)?, column: Pack::unpack(from)? }),
            2 => Some(Place::Xml { line: Pack::unpack(from)?, column: Pack::unpack(from)?, path: Pack::unpack(from)? }),
            _ => None,
        }
    }
}

impl Pack for Reading {
    fn pack(&self, to: &mut Packer) {
        match self {
            Reading::Empty => to.byte(0),
            Reading::Amount(amount) => {
                to.byte(1);
                amount.pack(to);
            }
            Reading::Balance => to.byte(2),
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Reading> {
        match from.byte()? {
            0 => Some(Reading::Empty),
            1 => Amount::unpack(from).map(Reading::Amount),
            2 => Some(Reading::Balance),
            _ => None,
        }
    }
}

impl Pack for Subject {
    fn pack(&self, to: &mut Packer) {
        let (word, text) = match self {
            Subject::List(text) => (0, text),
            Subject::Named(text) => (1, text),
        };
        to.byte(word);
        text.pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Subject> {
        match from.byte()? {
            0 => Pack::unpack(from).map(Subject::List),
            1 => Pack::unpack(from).map(Subject::Named),
            _ => None,
        }
    }
}

impl Pack for Claim {
    fn pack(&self, to: &mut Packer) {
        let (word, bound) = match self {
            Claim::Absent => (0, None),
            Claim::Below(bound) => (1, Some(bound)),
            Claim::Complies => (2, None),
            Claim::CompliesByExemption => (3, None),
            Claim::Present => (4, None),
            Claim::Above(bound) => (5, Some(bound)),
            Claim::Fails => (6, None),
            Claim::NotApplicable => (7, None),
            Claim::Unknown => (8, None),
        };
        to.byte(word);
        if let Some(bound) = bound {
            bound.pack(to);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Claim> {
        Some(match from.byte()? {
            0 => Claim::Absent,
            1 => Claim::Below(Pack::unpack(from)?),
            2 => Claim::Complies,
            3 => Claim::CompliesByExemption,
            4 => Claim::Present,
            5 => Claim::Above(Pack::unpack(from)?),
            6 => Claim::Fails,
            7 => Claim::NotApplicable,
            8 => Claim::Unknown,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::read;
    use std::ops::ControlFlow;
    use std::path::Path;

    /// Everything found in the files under `samples/` and in the workbooks of the tests.
    fn found() -> Vec<(String, Found)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut work = vec![root.join("samples"), root.join("tests/fixtures")];
        let mut all = Vec::new();
        while let Some(folder) = work.pop() {
            for item in std::fs::read_dir(folder).unwrap() {
                let path = item.unwrap().path();
                if path.is_dir() {
                    work.push(path);
                    continue;
                }
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                read::read(std::fs::read(&path).unwrap().into(), &name, false, None, &mut |found| {
                    all.push((name.clone(), found));
                    ControlFlow::Continue(())
                });
            }
        }
        assert!(all.len() > 30);
        all
    }

    #[test]
    fn everything_comes_back_as_it_was() {
        for (name, found) in found() {
            let packed = pack(&found, &name);
            assert_eq!(format!("{:?}", unpack(&packed, &name).unwrap()), format!("{found:?}"), "{name}");
            let Some(Found::Declaration(other)) = unpack(&packed, "other") else { continue };
            assert!(other.file.starts_with("other"));
        }
    }

    #[test]
    fn shared_texts_stay_shared() {
        let raw: Arc<str> = "x".into();
        let source = Source { place: Place::File, raw: Arc::clone(&raw) };
        let mut product = Product::new(source);
        product.name = Some(raw);
        let declaration = Declaration { products: vec![product], ..Declaration::default() };
        let packed = pack(&Found::Declaration(Box::new(declaration)), "");
        let Some(Found::Declaration(back)) = unpack(&packed, "") else { panic!() };
        assert!(Arc::ptr_eq(back.products[0].name.as_ref().unwrap(), &back.products[0].root.source.raw));
    }

    #[test]
    fn numbers_of_every_size_come_back() {
        for digits in [0, 1, -1, 63, 64, -64, -65, i128::MAX, i128::MIN, i128::from(u64::MAX)] {
            let mut to = Packer::default();
            digits.pack(&mut to);
            assert_eq!(i128::unpack(&mut Unpacker::open(&to.finish()).unwrap()), Some(digits));
        }
        for number in [0, 127, 128, 16_383, 16_384, u64::MAX] {
            let mut to = Packer::default();
            number.pack(&mut to);
            assert_eq!(u64::unpack(&mut Unpacker::open(&to.finish()).unwrap()), Some(number));
        }
    }

    #[test]
    fn bytes_that_are_cut_or_changed_never_panic() {
        for (name, found) in found().into_iter().take(12) {
            let packed = pack(&found, &name);
            for end in (0..packed.len()).step_by(1 + packed.len() / 200) {
                assert!(unpack(&packed[..end], &name).is_none(), "{name} cut at {end}");
            }
            for at in (0..packed.len()).step_by(1 + packed.len() / 200) {
                let mut changed = packed.clone();
                changed[at] ^= 0xFF;
                let _ = unpack(&changed, &name);
            }
        }
    }
}
