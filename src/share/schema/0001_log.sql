-- The log of events. Rows are added and never changed or removed. Both databases read this file; once released it is never
-- edited: changes are new numbered files beside it.

-- The store itself: one row. Updating `position` is the lock that puts writers in line.
CREATE TABLE store (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    position BIGINT NOT NULL,
    made TEXT NOT NULL
);

-- How far each organisation has counted in each store where its events began.
CREATE TABLE stream (
    organisation TEXT NOT NULL,
    stream TEXT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (organisation, stream)
);

CREATE TABLE event (
    position BIGINT PRIMARY KEY,    -- order of arrival in this store
    id TEXT NOT NULL,
    organisation TEXT NOT NULL,
    stream TEXT NOT NULL,           -- the store where the event began
    sequence BIGINT NOT NULL,       -- the organisation's number in that stream
    author TEXT NOT NULL,
    time TEXT NOT NULL,             -- RFC 3339, UTC
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,             -- as in the content
    content TEXT NOT NULL,          -- JSON; the hash covers this text to the byte
    hash TEXT NOT NULL,             -- SHA-256 of envelope and content
    public_key TEXT NOT NULL,       -- ed25519
    signature TEXT NOT NULL
);
CREATE UNIQUE INDEX event_id ON event (id, hash);
CREATE INDEX event_subject ON event (subject, position);

-- Keys that signed events here, with the first one who used each.
CREATE TABLE signing_key (
    organisation TEXT NOT NULL,
    public_key TEXT NOT NULL,
    author TEXT NOT NULL,
    first_used TEXT NOT NULL,
    PRIMARY KEY (organisation, public_key)
);
