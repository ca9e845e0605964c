-- A club, as somebody wrote it who had never heard of ormc; for SQLite.
CREATE TABLE members (
    id INTEGER PRIMARY KEY,
    "full name" TEXT NOT NULL, -- with a comment, (and a bracket
    email VARCHAR(120) UNIQUE,
    status TEXT NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'active', 'it''s over')),
    age INT CHECK (age >= 0 AND age <= 150),
    joined DATETIME DEFAULT CURRENT_TIMESTAMP,
    active BOOLEAN NOT NULL DEFAULT 1,
    fee DECIMAL(10,2) DEFAULT 9.5,
    photo BLOB DEFAULT (x'00'),
    weight REAL DEFAULT -1.5 CHECK(weight > -2),
    "select" TEXT COLLATE NOCASE,
    sponsor INTEGER REFERENCES members(id) ON DELETE SET NULL,
    shout TEXT GENERATED ALWAYS AS (upper("full name")) STORED,
    whatever,
    CONSTRAINT adults CHECK (age IS NULL OR age > 15)
);
CREATE INDEX members_age_idx ON members (age);
CREATE INDEX [by name] ON members (lower("full name"));
CREATE UNIQUE INDEX members_one_active ON members (sponsor DESC, age) WHERE active = 1;
CREATE INDEX mixed ON members (age, lower(email));
CREATE TABLE [rooms] (
    `building` TEXT NOT NULL, number INTEGER NOT NULL,
    seats INTEGER NOT NULL DEFAULT (10 + 2),
    PRIMARY KEY (building, number)
) WITHOUT ROWID;
CREATE TABLE bookings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    building TEXT NOT NULL, number INTEGER NOT NULL,
    member_id INTEGER NOT NULL REFERENCES members ON DELETE CASCADE,
    paid_by INTEGER REFERENCES MEMBERS(ID) ON UPDATE CASCADE,
    starts TIMESTAMP NOT NULL,
    FOREIGN KEY (building, number) REFERENCES rooms(building, number),
    UNIQUE (building, number, starts)
);
CREATE INDEX bookings_member_id_idx ON bookings(member_id);
CREATE TABLE badges (id INTEGER NOT NULL CONSTRAINT badges_pkey PRIMARY KEY, name TEXT NOT NULL CONSTRAINT once UNIQUE);
CREATE TABLE member_badges (
    member_id INTEGER NOT NULL REFERENCES members(id) ON DELETE CASCADE,
    badge_id INTEGER NOT NULL REFERENCES badges(id) ON DELETE CASCADE,
    PRIMARY KEY (member_id, badge_id)
);
CREATE TABLE keys (member_id INTEGER PRIMARY KEY REFERENCES members(id), cut DATE);
CREATE TABLE strays (owner TEXT REFERENCES members(email), gone INTEGER REFERENCES nobody(id));
CREATE TABLE codes (code TEXT PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE search USING fts5(body);
CREATE VIEW adults AS SELECT id, "full name" AS name FROM members WHERE age > 17;
CREATE VIEW "names of adults" (member, "its name") AS
    SELECT id, upper(name)
    FROM adults; -- a view of a view
CREATE TRIGGER no_children BEFORE INSERT ON members WHEN new.age < 3 BEGIN
    SELECT raise(ABORT, 'too young');
END;
