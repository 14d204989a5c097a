//! How to read the plan: what gives how many points, and what a sample shows. One sentence or two each.

use kemkoll::output::words::Lang;
use kemkoll::programme::sample::Aim;

/// The remarks of the plan.
pub fn remarks(aim: Aim, lang: Lang) -> Vec<String> {
    let said: [(&str, &str); 9] = [
        (
            "Volym: i förhållande till den största i inköpsfilen; minst 50 % ger 4 poäng, 20 % ger 3, 5 % ger 2, 1 % ger 1. En volym som inte är \
             angiven ger 2, eftersom det okända inte är inget.",
            "Volume: relative to the largest of the purchases; at least 50 % gives 4 points, 20 % gives 3, 5 % gives 2, 1 % gives 1. A volume \
             that is not told gives 2, since what is not known is not nothing.",
        ),
        (
            "Exponering: enligt inköpsfilen, annars efter kategorin: 4 in i kroppen, via läkemedel eller vätskor, eller i små barns mun; 3 länge mot \
             huden, barn, livsmedel; 2 hanteras dagligen eller avges till rum; 1 liten; 0 ingen. Okänt ger 2.",
            "Exposure: as the purchases say, else by category: 4 into the body, by way of medicines or fluids, or in the mouth of small children; \
             3 long on the skin, children, food; 2 handled daily or given off to rooms; 1 little; 0 none. Not known gives 2.",
        ),
        (
            "Fara: det högsta av två. Efter det som har hittats: 4 för ett brott mot ett kritiskt krav eller med ett CMR-, hormonstörande eller \
             långlivat ämne, 3 för andra brott, 2 för det som ska informeras om eller är undantaget, 1 under gränsen. Efter kategorin: 3 där egna \
             krav reglerar fem ämnesfamiljer eller fler, 2 för färre, 1 där bara allmänna krav gäller; 2 när kategorin är okänd.",
            "Hazard: the higher of two. By what was found: 4 for a breach of a critical requirement or with a CMR, endocrine or persistent \
             substance, 3 for other breaches, 2 for what is declarable or exempt, 1 below the limit. By category: 3 where requirements of its own \
             regulate five families of substances or more, 2 for fewer, 1 where only general ones hold; 2 where the category is not known.",
        ),
        (
            "Tidigare avvikelser: 4 när något inte är åtgärdat i tid eller minst en femtedel av produkterna inte uppfyller kraven, 3 när färre gör \
             det eller bara andra har sett det, 2 när minst hälften inte kunde avgöras, 1 när någon inte kunde avgöras eller tidigare avvek.",
            "Earlier deviations: 4 when something is not mended in time or at least a fifth of the products fail, 3 when fewer do or only others \
             saw it, 2 when at least half could not be decided, 1 when some could not or failed earlier.",
        ),
        (
            "Tid sedan sist: 4 aldrig kontrollerad, 3 över tre år, 2 över två år, 1 över ett år, 0 inom ett år. Det som en annan organisation har \
             avslutat de senaste tre åren räknas som kontrollerat men ger en poäng mer: det är till ledning, och om gränserna räcker för de egna \
             kraven visar `kemkoll follow-up lookup`.",
            "Time since last: 4 never looked at, 3 over three years, 2 over two, 1 over one, 0 within a year. What another organisation decided \
             in the last three years counts as looked at but gives a point more: it is for reference, and whether its limits are enough for one's \
             own is told by `kemkoll follow-up lookup`.",
        ),
        (
            "Poängen vägs lika. Samma poäng: större volym först, sedan leverantörens namn. En uppföljning som är planerad eller pågår i den egna \
             organisationen ställer leverantören sist; andras nämns bara.",
            "All points weigh the same. Where they are equal the larger volume comes first, then the supplier's name. A follow-up that is planned \
             or under way in one's own organisation puts the supplier last; others' are only told.",
        ),
        (
            "Urvalet: högst {p} % är visat när ett område där mer än så avviker skulle ge så få avvikelser med högst {a} % sannolikhet \
             (binomialfördelning; hypergeometrisk där antalet produkter som köps är känt). Den övre gränsen är Clopper–Pearsons, ensidig och uppåt \
             avrundad.",
            "Samples: at most {p} % is shown when an area of which more than that fails would give as few failures with a probability of at most \
             {a} % (binomial; hypergeometric where the number of products bought is known). The upper bound is that of Clopper and Pearson, \
             one-sided and rounded up.",
        ),
        (
            "Det förutsätter att produkterna är slumpvis valda. De som redan är kända valdes ofta för att de var misstänkta eller deklarerade; då \
             säger gränsen mindre än den ser ut att göra.",
            "That holds for products chosen at random. Those known already were often chosen because they were suspected or declared; then the \
             bound says less than it seems to.",
        ),
        (
            "Andras resultat är prövade mot deras gränser. De är en ledtråd, inte en bedömning; `kemkoll recheck` prövar dem mot de egna.",
            "Others' results were held against their limits. They are a lead, not a verdict; `kemkoll recheck` holds them against one's own.",
        ),
    ];
    let (at_most, rest) = (aim.at_most.to_string(), 100_u8.saturating_sub(aim.confidence).to_string());
    said.into_iter().map(|(sv, en)| lang.of(sv, en).replace("{p}", &at_most).replace("{a}", &rest)).collect()
}
