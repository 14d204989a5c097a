-- Which cases concern a product: follow-ups of this store (`f-`), and what others shared (`s-`). `kemkoll follow-up lookup` finds
-- them here. Made anew from the log by `kemkoll follow-up rebuild`.

CREATE TABLE product_now (
    subject TEXT NOT NULL,
    article_key TEXT NOT NULL,      -- lower case without blanks; empty where there is none
    gtin_key TEXT NOT NULL,         -- digits without leading zeros; empty where there is none
    PRIMARY KEY (subject, article_key, gtin_key)
);
CREATE INDEX product_article ON product_now (article_key);
CREATE INDEX product_gtin ON product_now (gtin_key);
