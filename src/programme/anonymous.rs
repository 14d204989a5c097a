//! What may be told of many without telling of anybody among them.
//!
//! A number is told when nothing stands behind it or at least [`FEWEST`] suppliers do, and so is every number that can be
//! worked out from those that are told. Products are divided by how they ended, and what they ended as is divided further:
//!
//! ```text
//! products → undetermined | failing | the others
//!                           failing → within a family of substances | not
//!                                     the others → declarable | exempt | met
//!                           failing and the others → measured | declared
//! ```
//!
//! A division is told only where what it divides is told. The rows of a table and its total are the one other way in which
//! numbers hang together: whatever the told rows leave of a told total is a number too, so rows are withheld until that
//! remainder is of as many suppliers as anything else. Every sum of counts that follows from what is told is then one of
//! these remainders or put together from several; the tests solve for it.
//!
//! Where nothing fails, that is told: it tells of everybody, but nothing that could harm. That all fail is not told, though
//! many stand behind it: whoever knows one supplier of the area would know that its products do.

/// Fewest suppliers that stand behind anything that is told.
pub const FEWEST: usize = 3;

/// Products that are counted together, and whose they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crowd {
    /// How many products.
    pub products: u64,
    /// Different suppliers, by number; more than enough are not kept.
    suppliers: Vec<u32>,
}

impl Crowd {
    /// Counts a product. One whose supplier is withheld is nobody's: it may be that of any of them.
    pub fn add(&mut self, supplier: Option<u32>) {
        self.products += 1;
        self.behind(supplier);
    }

    fn behind(&mut self, suppliers: impl IntoIterator<Item = u32>) {
        for supplier in suppliers {
            if self.suppliers.len() < FEWEST && !self.suppliers.contains(&supplier) {
                self.suppliers.push(supplier);
            }
        }
    }

    fn join(&mut self, other: &Crowd) {
        self.products += other.products;
        self.behind(other.suppliers.iter().copied());
    }

    /// All of several crowds, which have no product in common.
    pub fn all<'a>(crowds: impl IntoIterator<Item = &'a Crowd>) -> Crowd {
        let mut all = Crowd::default();
        crowds.into_iter().for_each(|crowd| all.join(crowd));
        all
    }

    /// Whether nothing is counted.
    pub fn is_empty(&self) -> bool {
        self.products == 0
    }

    /// How many suppliers are missing before it may be told.
    fn lacks(&self) -> usize {
        if self.is_empty() { 0 } else { FEWEST - self.suppliers.len() }
    }

    /// Whether it may be told.
    pub fn may_be_told(&self) -> bool {
        self.lacks() == 0
    }
}

/// What is wrong with telling that some fail beside the rest: that all of them do.
fn all_fail(failing: &Crowd, rest: &Crowd) -> usize {
    usize::from(!failing.is_empty() && rest.is_empty())
}

/// How the products of a row ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Could not be decided.
    pub undetermined: Crowd,
    /// Break a requirement.
    pub failing: Crowd,
    /// Decided, and break none.
    pub others: Crowd,
}

impl Ended {
    /// The whole of several rows.
    pub fn all<'a>(rows: impl IntoIterator<Item = &'a Ended> + Clone) -> Ended {
        Ended {
            undetermined: Crowd::all(rows.clone().into_iter().map(|row| &row.undetermined)),
            failing: Crowd::all(rows.clone().into_iter().map(|row| &row.failing)),
            others: Crowd::all(rows.into_iter().map(|row| &row.others)),
        }
    }

    fn products(&self) -> u64 {
        self.undetermined.products + self.failing.products + self.others.products
    }
}

/// How much of a row is told beside how many products it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Telling {
    /// No more.
    Nothing,
    /// How many fail, of all products.
    Failing,
    /// How many could not be decided.
    Undetermined,
    /// How many could not be decided, and how many of the rest fail.
    Everything,
}

impl Telling {
    const FINEST_FIRST: [Telling; 4] = [Telling::Everything, Telling::Undetermined, Telling::Failing, Telling::Nothing];

    /// Whether the number that fails is told.
    pub const fn tells_failing(self) -> bool {
        matches!(self, Telling::Everything | Telling::Failing)
    }

    /// Whether the number that could not be decided is told.
    pub const fn tells_undetermined(self) -> bool {
        matches!(self, Telling::Everything | Telling::Undetermined)
    }

    /// Whether it tells nothing that another does not.
    const fn is_within(self, other: Telling) -> bool {
        (other.tells_failing() || !self.tells_failing()) && (other.tells_undetermined() || !self.tells_undetermined())
    }

    /// What is lost of a row.
    const fn loss(self) -> u64 {
        match self {
            Telling::Everything => 0,
            Telling::Failing => 1,
            Telling::Undetermined => 2,
            Telling::Nothing => 3,
        }
    }

    /// Whether a row may be told so, seen alone.
    fn fits(self, row: &Ended) -> bool {
        let Ended { undetermined, failing, others } = row;
        let lacks = match self {
            Telling::Nothing => 0,
            Telling::Undetermined => undetermined.lacks() + Crowd::all([failing, others]).lacks(),
            Telling::Failing => {
                let rest = Crowd::all([undetermined, others]);
                failing.lacks() + rest.lacks() + all_fail(failing, &rest)
            }
            Telling::Everything => undetermined.lacks() + failing.lacks() + others.lacks() + all_fail(failing, others),
        };
        lacks == 0
    }

    /// The most that a row may tell, seen alone.
    fn most(row: &Ended) -> Telling {
        Telling::FINEST_FIRST.into_iter().find(|telling| telling.fits(row)).unwrap_or(Telling::Nothing)
    }
}

/// What is told of each row, and of all of them together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Of each row.
    pub rows: Vec<Telling>,
    /// Of the total.
    pub total: Telling,
}

/// Decides what is told of rows and of their total. The total comes first: rows give way to it.
pub fn told(rows: &[Ended]) -> Told {
    let total = Telling::most(&Ended::all(rows));
    let mut told: Vec<Telling> = rows.iter().map(Telling::most).collect();
    // What is told of fewer rows, until the remainders are of enough suppliers. With nothing told of any row the remainders
    // are the total's own numbers, which may be told, so this ends.
    while lacks(rows, &told, total) > 0 {
        let mut best: Option<(usize, u64, usize, Telling)> = None;
        for (at, (row, now)) in rows.iter().zip(&told).enumerate() {
            for less in Telling::FINEST_FIRST.into_iter().filter(|less| less != now && less.is_within(*now) && less.fits(row)) {
                let lost = (less.loss() - now.loss()) * row.products().max(1);
                let step = (lacks(rows, &with(&told, at, less), total), lost, at, less);
                if best.is_none_or(|best| step < best) {
                    best = Some(step);
                }
            }
        }
        let Some((_, _, at, less)) = best else { break };
        told = with(&told, at, less);
    }
    // What was withheld on the way and need not have been, the largest rows first.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(rows.get(*at).map_or(0, Ended::products)));
    for at in order {
        let (Some(row), Some(now)) = (rows.get(at), told.get(at).copied()) else { continue };
        let more = Telling::FINEST_FIRST.into_iter().filter(|more| *more != now && now.is_within(*more) && more.fits(row));
        let kept = more.map(|more| with(&told, at, more)).find(|told| lacks(rows, told, total) == 0);
        told = kept.unwrap_or(told);
    }
    Told { rows: told, total }
}

fn with<T: Copy>(all: &[T], at: usize, one: T) -> Vec<T> {
    all.iter().enumerate().map(|(index, own)| if index == at { one } else { *own }).collect()
}

/// How many suppliers are missing from what the told rows leave of the total.
fn lacks(rows: &[Ended], told: &[Telling], total: Telling) -> usize {
    let mut undetermined = Crowd::default();
    let mut failing = Crowd::default();
    // What is left when the undetermined, the failing, or both are taken from what is known of rows together.
    let (mut but_undetermined, mut but_failing, mut others) = (Crowd::default(), Crowd::default(), Crowd::default());
    for (row, told) in rows.iter().zip(told) {
        if !told.tells_undetermined() {
            undetermined.join(&row.undetermined);
            but_undetermined.join(&row.others);
            if !told.tells_failing() {
                but_undetermined.join(&row.failing);
            }
        }
        if !told.tells_failing() {
            failing.join(&row.failing);
            but_failing.join(&row.others);
            if !told.tells_undetermined() {
                but_failing.join(&row.undetermined);
            }
        }
        if *told != Telling::Everything {
            others.join(&row.others);
        }
    }
    let mut lacks = 0;
    if total.tells_undetermined() {
        lacks += undetermined.lacks() + but_undetermined.lacks();
    }
    if total.tells_failing() {
        lacks += failing.lacks() + but_failing.lacks() + all_fail(&failing, &but_failing);
    }
    if total == Telling::Everything {
        lacks += others.lacks() + all_fail(&failing, &others);
    }
    lacks
}

/// Which rows tell how something is divided, and whether their total does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divided {
    /// Each row.
    pub rows: Vec<bool>,
    /// The total.
    pub total: bool,
}

/// Decides which rows tell a further division. `parts` are the parts of each row, the same number in each; `open` says which
/// rows tell what is divided, and whether the total does. `failing` names parts that fail each with the part that is its
/// rest.
pub fn divided(parts: &[Vec<Crowd>], open: &Divided, failing: &[(usize, usize)]) -> Divided {
    let number = parts.iter().map(Vec::len).max().unwrap_or(0);
    let lacks = |parts: &[Crowd]| -> usize {
        let all: usize = parts.iter().map(Crowd::lacks).sum();
        let rest = failing.iter().filter_map(|(failing, rest)| Some(all_fail(parts.get(*failing)?, parts.get(*rest)?)));
        all + rest.sum::<usize>()
    };
    let left = |told: &[bool]| -> Vec<Crowd> {
        let withheld = || parts.iter().zip(told).filter(|(_, told)| !**told).map(|(row, _)| row);
        (0..number).map(|part| Crowd::all(withheld().filter_map(|row| row.get(part)))).collect()
    };
    let products = |at: usize| parts.get(at).map_or(0, |row| row.iter().map(|part| part.products).sum::<u64>());
    let alone: Vec<bool> = parts.iter().zip(&open.rows).map(|(row, open)| *open && lacks(row) == 0).collect();
    let nothing = vec![false; parts.len()];
    if !open.total || lacks(&left(&nothing)) > 0 {
        return Divided { rows: alone, total: false };
    }
    let mut told = alone.clone();
    while lacks(&left(&told)) > 0 {
        let open = told.iter().enumerate().filter(|(_, told)| **told).map(|(at, _)| at);
        let steps = open.map(|at| (lacks(&left(&with(&told, at, false))), products(at), at));
        let Some((_, _, at)) = steps.min() else { break };
        told = with(&told, at, false);
    }
    let mut order: Vec<usize> = (0..parts.len()).filter(|at| alone.get(*at) == Some(&true) && told.get(*at) == Some(&false)).collect();
    order.sort_by_key(|at| std::cmp::Reverse(products(*at)));
    for at in order {
        let more = with(&told, at, true);
        if lacks(&left(&more)) == 0 {
            told = more;
        }
    }
    Divided { rows: told, total: true }
}
