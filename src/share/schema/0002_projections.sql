-- What the log comes to, for lists and for reporting tools. `kemkoll follow-up rebuild` makes all of it anew from the log.
-- Point tools at the views `follow_up`, `deviation` and `observation`: the light is computed there for the current day.

CREATE TABLE follow_up_now (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    state TEXT NOT NULL,
    type TEXT NOT NULL,
    contract TEXT,
    contract_title TEXT,
    award TEXT,
    supplier TEXT,
    supplier_key TEXT NOT NULL,     -- lower case, for searching
    supplier_number TEXT,
    area TEXT,
    categories TEXT NOT NULL,       -- `;a;b;`
    cpv TEXT NOT NULL,
    diary_number TEXT,
    method TEXT,
    laboratory TEXT,
    responsible TEXT,
    secrecy TEXT,
    planned_for TEXT,
    started TEXT,
    decided TEXT,
    valid_until TEXT,
    outcome TEXT,
    rulesets TEXT NOT NULL,         -- `id@version, …`
    products BIGINT NOT NULL,
    undetermined BIGINT NOT NULL,   -- products that could not be decided
    deviations BIGINT NOT NULL,
    deviations_open BIGINT NOT NULL,
    over BIGINT NOT NULL,           -- 1 when nothing more is to be done
    due TEXT,
    due_sort TEXT NOT NULL,         -- the same, or the end of time
    light_now TEXT,                 -- until `red_after`
    red_after TEXT,
    no_effect BIGINT NOT NULL,      -- events that did not fit
    entered TEXT NOT NULL,
    changed TEXT NOT NULL
);
-- A list is found in one of these without looking at the rows, and the rows on the page are looked up last.
CREATE INDEX follow_up_due ON follow_up_now (due_sort, id, over);
CREATE INDEX follow_up_over ON follow_up_now (over, due_sort, id);
CREATE INDEX follow_up_contract ON follow_up_now (contract, due_sort, id, over);
CREATE INDEX follow_up_supplier ON follow_up_now (supplier_key, due_sort, id, over);
CREATE INDEX follow_up_area ON follow_up_now (area, due_sort, id, over);
CREATE INDEX follow_up_organisation ON follow_up_now (organisation, due_sort, id, over);
CREATE INDEX follow_up_state ON follow_up_now (state, due_sort, id, over);
CREATE INDEX follow_up_light ON follow_up_now (light_now, due_sort, id, red_after, over);
CREATE INDEX follow_up_red ON follow_up_now (red_after);

-- Which follow-ups concern a category.
CREATE TABLE category_now (
    category TEXT NOT NULL,
    follow_up TEXT NOT NULL,
    PRIMARY KEY (category, follow_up)
);

-- Suppliers' names, lower case: few enough to be searched for a part of one.
CREATE TABLE supplier_now (
    supplier_key TEXT PRIMARY KEY
);

CREATE TABLE deviation_now (
    id TEXT PRIMARY KEY,
    follow_up TEXT NOT NULL,
    organisation TEXT NOT NULL,
    state TEXT NOT NULL,
    severity TEXT,
    contract TEXT,
    area TEXT,
    supplier TEXT,
    supplier_key TEXT NOT NULL,
    article_number TEXT,
    gtin TEXT,
    product TEXT,
    part TEXT NOT NULL,
    rule TEXT NOT NULL,
    ruleset TEXT NOT NULL,
    ruleset_version TEXT NOT NULL,
    finding TEXT NOT NULL,
    title_sv TEXT NOT NULL,
    title_en TEXT NOT NULL,
    verdict TEXT NOT NULL,          -- as seen last
    evidence TEXT,
    substances TEXT NOT NULL,
    lo TEXT,
    hi TEXT,
    limit_value TEXT,
    unit TEXT,
    comparison TEXT,
    discovered TEXT,
    deadline TEXT,
    deadline_of TEXT,               -- plan or measure
    extensions BIGINT NOT NULL,
    measure_reported TEXT,
    verified TEXT,
    verifier TEXT,
    sufficient TEXT,                -- yes or no
    ended TEXT,
    reopened BIGINT NOT NULL,
    over BIGINT NOT NULL,           -- 1 when nothing more is to be done
    due TEXT,
    due_sort TEXT NOT NULL,
    light_now TEXT NOT NULL,
    red_after TEXT,
    no_effect BIGINT NOT NULL,
    entered TEXT NOT NULL,
    changed TEXT NOT NULL
);
CREATE INDEX deviation_due ON deviation_now (due_sort, id, over);
CREATE INDEX deviation_over ON deviation_now (over, due_sort, id);
CREATE INDEX deviation_follow_up ON deviation_now (follow_up, due_sort, id);
CREATE INDEX deviation_contract ON deviation_now (contract, due_sort, id, over);
CREATE INDEX deviation_supplier ON deviation_now (supplier_key, due_sort, id, over);
CREATE INDEX deviation_area ON deviation_now (area, due_sort, id, over);
CREATE INDEX deviation_organisation ON deviation_now (organisation, due_sort, id, over);
CREATE INDEX deviation_state ON deviation_now (state, due_sort, id, over);
CREATE INDEX deviation_light ON deviation_now (light_now, due_sort, id, red_after, over);
CREATE INDEX deviation_red ON deviation_now (red_after);

-- One row for each substance that the last check of a product found, under each rule.
CREATE TABLE observation_now (
    follow_up TEXT NOT NULL,
    number BIGINT NOT NULL,
    organisation TEXT NOT NULL,
    contract TEXT,
    supplier TEXT,
    article_number TEXT,
    gtin TEXT,
    product TEXT,
    part TEXT NOT NULL,
    rule TEXT NOT NULL,
    ruleset TEXT NOT NULL,
    ruleset_version TEXT NOT NULL,
    verdict TEXT NOT NULL,
    evidence TEXT,
    cas TEXT,
    ec TEXT,
    substance TEXT NOT NULL,
    written TEXT NOT NULL,
    lo TEXT NOT NULL,               -- of the substance
    hi TEXT NOT NULL,
    total_lo TEXT,                  -- of all that the rule counts together
    total_hi TEXT,
    limit_value TEXT,
    comparison TEXT,
    unit TEXT,
    level TEXT,
    kind TEXT,
    place TEXT NOT NULL,
    file TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    PRIMARY KEY (follow_up, number)
);
CREATE INDEX observation_article ON observation_now (article_number);
CREATE INDEX observation_gtin ON observation_now (gtin);

CREATE VIEW follow_up AS
SELECT id, organisation, state, type, contract, contract_title, award, supplier, supplier_number, area, categories, cpv, diary_number,
    method, laboratory, responsible, secrecy, planned_for, started, decided, valid_until, outcome, rulesets, products, undetermined, deviations,
    deviations_open, due,
    CASE WHEN red_after < CAST(CURRENT_DATE AS TEXT) THEN 'red' ELSE light_now END AS light,
    no_effect, entered, changed
FROM follow_up_now;

CREATE VIEW deviation AS
SELECT id, follow_up, organisation, state, severity, contract, area, supplier, article_number, gtin, product, part, rule, ruleset,
    ruleset_version, finding, title_sv, title_en, verdict, evidence, substances, lo, hi, limit_value, unit, comparison, discovered,
    deadline, deadline_of, extensions, measure_reported, verified, verifier, sufficient, ended, reopened, due,
    CASE WHEN red_after < CAST(CURRENT_DATE AS TEXT) THEN 'red' ELSE light_now END AS light,
    no_effect, entered, changed
FROM deviation_now;

CREATE VIEW observation AS
SELECT follow_up, organisation, contract, supplier, article_number, gtin, product, part, rule, ruleset, ruleset_version, verdict,
    evidence, cas, ec, substance, written, lo, hi, total_lo, total_hi, limit_value, comparison, unit, level, kind, place, file,
    file_sha256
FROM observation_now;
