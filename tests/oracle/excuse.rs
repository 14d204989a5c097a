//! Whether a claimed exemption covers a finding.

use super::Case;
use super::weigh::{Q, q};
use kemkoll::declaration::{ClaimedExemption, Subject};
use kemkoll::rule::{Exemption, Expiry, Rule};
use kemkoll::substance::Identity;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Excuse {
    No,
    Unclear,
    Covers,
}

/// `III-6(c)`, `Annex III 6 (c)` and `6c` are the same.
fn bare(id: &str) -> String {
    let lower = id.to_lowercase().replace("annex", " ").replace("bilaga", " ");
    let trimmed = lower.trim();
    let without = match trimmed.split_once(['-', ' ', '/']) {
        Some((annex, rest)) if !annex.is_empty() && annex.chars().all(|c| matches!(c, 'i' | 'v' | 'x')) => rest,
        _ => trimmed,
    };
    without.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Holds the claims on the lines, on what holds them and in the answers against the rule's exemptions. A claim is made
/// for the whole amount, so the exemption must cover every substance in it.
pub fn excuse(case: &Case, rule: &Rule, items: &[(usize, bool)], lo: &Q, hi: &Q) -> Excuse {
    let mut claims: Vec<&ClaimedExemption> = Vec::new();
    let mut identities: Vec<&Identity> = Vec::new();
    for (item, unidentified) in items {
        if *unidentified {
            continue;
        }
        let item = &case.tree.items[*item];
        identities.push(&item.identity);
        claims.extend(item.claims);
        let mut node = Some(item.node);
        while let Some(at) = node {
            claims.extend(&case.tree.nodes[at].part.exemptions);
            node = case.tree.nodes[at].parent;
        }
    }
    if rule.exemptions.is_empty() || identities.is_empty() {
        return Excuse::No;
    }
    for statement in &case.product.statements {
        if let Subject::List(list) = &statement.subject {
            if case.book.sets.get(rule.set).is_some_and(|set| *set.id == **list) {
                claims.extend(&statement.exemptions);
            }
        }
    }
    let mut best = Excuse::No;
    for claim in claims.into_iter().filter(|claim| !claim.none) {
        if claim.id.trim().is_empty() {
            best = best.max(Excuse::Unclear);
        }
        for exemption in rule.exemptions.iter().filter(|exemption| bare(&exemption.id) == bare(&claim.id)) {
            let all = identities.iter().map(|identity| fits(case, exemption, identity, lo, hi)).min();
            best = best.max(all.unwrap_or(Excuse::No));
        }
    }
    best
}

fn fits(case: &Case, exemption: &Exemption, identity: &Identity, lo: &Q, hi: &Q) -> Excuse {
    let on = case.settings.on;
    if !exemption.substances.is_empty() || !exemption.groups.is_empty() {
        let covers = |substance| {
            exemption.substances.contains(&substance)
                || exemption.groups.iter().any(|group| case.register.members(*group).iter().any(|member| member.substance == substance))
        };
        let covered = match identity {
            Identity::Known(substance) | Identity::Suspected(substance) => covers(*substance),
            Identity::Among { candidates, .. } => candidates.iter().all(|substance| covers(*substance)),
            Identity::Group(group) => exemption.groups.contains(group),
            Identity::Unregistered { stems, .. } => stems.iter().any(|stem| exemption.groups.contains(stem)),
            Identity::Unresolved => false,
        };
        if !covered {
            return Excuse::No;
        }
    }
    if exemption.valid_from.is_some_and(|from| from > on) {
        return Excuse::No;
    }
    let mut answer = match exemption.expires {
        Expiry::Never => Excuse::Covers,
        Expiry::Unknown => Excuse::Unclear,
        Expiry::On(day) if day >= on => Excuse::Covers,
        Expiry::On(_) if exemption.renewal_pending => Excuse::Unclear,
        Expiry::On(_) => Excuse::No,
    };
    // All of the interval inside the bounds covers; all outside does not; else nobody can tell.
    if exemption.max.is_some_and(|max| *lo > q(max)) || exemption.min.is_some_and(|min| *hi < q(min)) {
        return Excuse::No;
    }
    if exemption.max.is_some_and(|max| *hi > q(max)) || exemption.min.is_some_and(|min| *lo < q(min)) {
        answer = answer.min(Excuse::Unclear);
    }
    answer
}
