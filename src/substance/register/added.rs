//! What rule files add to the register that the program carries: substances and names that only a rule knows. The built-in
//! ones add the same every time, so it is worked out with them when the program is built.

use super::{EcMeans, GroupId, MaterialId, NameMeans, Register, Substance, SubstanceId};
use crate::substance::number::{Cas, Ec};
use crate::substance::packing::{NONE, Packer, Unpacker, Words};
use std::borrow::Cow;

/// Kinds of meaning.
const ONE: u32 = 0;
const GROUP: u32 = 1;
const SEVERAL: u32 = 2;

impl SubstanceId {
    pub(crate) const fn to_word(self) -> u32 {
        self.0
    }

    /// What [`SubstanceId::to_word`] gave, of the same register.
    pub(crate) const fn from_word(word: u32) -> SubstanceId {
        SubstanceId(word)
    }
}

impl GroupId {
    pub(crate) const fn to_word(self) -> u32 {
        self.0
    }

    /// What [`GroupId::to_word`] gave, of the same register.
    pub(crate) const fn from_word(word: u32) -> GroupId {
        GroupId(word)
    }
}

impl MaterialId {
    pub(crate) const fn to_word(self) -> u32 {
        self.0
    }

    /// What [`MaterialId::to_word`] gave, of the same register.
    pub(crate) const fn from_word(word: u32) -> MaterialId {
        MaterialId(word)
    }
}

/// What was packed of a register's growth, read but not yet entered.
pub(crate) struct Added {
    substances: Vec<Substance>,
    ec: Vec<(Ec, Vec<SubstanceId>)>,
    names: Vec<(&'static str, NameMeans)>,
}

impl Register {
    /// Whether it is a packed one that nothing was added to.
    pub(crate) fn is_as_packed(&self) -> bool {
        !self.substances.is_empty() && self.substances.len() == self.tables.substances() && self.by_ec.is_empty() && self.names.is_empty()
    }

    /// Packs the substances and names that were added since it was unpacked.
    pub(crate) fn pack_added(&self, packer: &mut Packer) {
        let added = self.substances.get(self.tables.substances()..).unwrap_or_default();
        packer.count(self.tables.substances());
        packer.count(added.len());
        for substance in added {
            packer.word(substance.cas.map_or(NONE, Cas::to_word));
            packer.word(substance.ec.map_or(NONE, Ec::to_word));
            packer.text(&substance.name);
            packer.option(substance.name_sv.as_deref());
        }
        let mut ec: Vec<(&Ec, &[SubstanceId])> = self.by_ec.iter().map(|(ec, means)| (ec, means.ids())).collect();
        ec.sort_unstable();
        packer.count(ec.len());
        for (ec, ids) in ec {
            packer.word(ec.to_word());
            packer.table(ids.iter().map(|id| id.0));
        }
        let mut names: Vec<(&str, &NameMeans)> = self.names.iter().map(|(name, means)| (&**name, means)).collect();
        names.sort_unstable_by_key(|(name, _)| *name);
        packer.count(names.len());
        for (name, means) in names {
            packer.text(name);
            match means {
                NameMeans::One(id) => packer.table([ONE, id.0]),
                NameMeans::Group(group) => packer.table([GROUP, group.0]),
                NameMeans::Several(ids) => packer.table([SEVERAL].into_iter().chain(ids.iter().map(|id| id.0))),
            }
        }
    }

    /// Enters what was packed.
    pub(crate) fn enter(&mut self, added: Added) {
        for substance in added.substances {
            if let Some(cas) = substance.cas {
                self.by_cas.insert(cas, SubstanceId(self.substances.len() as u32));
            }
            self.substances.push(substance);
        }
        for (ec, ids) in added.ec {
            let means = match ids.as_slice() {
                [id] => EcMeans::One([*id]),
                _ => EcMeans::Several(ids),
            };
            self.by_ec.insert(ec, means);
        }
        self.names.extend(added.names.into_iter().map(|(name, means)| (name.into(), means)));
    }
}

impl Added {
    /// What was packed for this register; `None` where it is for another one.
    pub(crate) fn unpack(from: &mut Unpacker, register: &Register) -> Option<Added> {
        if from.count()? != register.tables.substances() || !register.is_as_packed() {
            return None;
        }
        let substance = |from: &mut Unpacker| {
            let (cas, ec) = (from.word()?, from.word()?);
            Some(Substance {
                cas: (cas != NONE).then(|| Cas::from_word(cas)),
                ec: (ec != NONE).then(|| Ec::from_word(ec)),
                name: Cow::Borrowed(from.text()?),
                name_sv: from.option()?.map(Cow::Borrowed),
            })
        };
        let ids = |words: Words| words.iter().map(|word| SubstanceId(u32::from_le_bytes(*word))).collect::<Vec<_>>();
        let name = |from: &mut Unpacker| {
            let (name, means) = (from.text()?, from.table()?);
            let (kind, which) = means.split_first()?;
            let means = match (u32::from_le_bytes(*kind), which) {
                (ONE, [id]) => NameMeans::One(SubstanceId(u32::from_le_bytes(*id))),
                (GROUP, [id]) => NameMeans::Group(GroupId(u32::from_le_bytes(*id))),
                (_, several) => NameMeans::Several(ids(several)),
            };
            Some((name, means))
        };
        Some(Added {
            substances: (0..from.count()?).map(|_| substance(from)).collect::<Option<_>>()?,
            ec: (0..from.count()?).map(|_| Some((Ec::from_word(from.word()?), ids(from.table()?)))).collect::<Option<_>>()?,
            names: (0..from.count()?).map(|_| name(from)).collect::<Option<_>>()?,
        })
    }
}
