"""How the file of labels is laid out.

`words` holds all that was ever said, one row a change, numbered: nothing is rewritten but the mark of what is current.
`before` and `origin` are numbers of changes: what the word took the place of, and whose content it repeats (its own,
or by an undo an older one's; 0 is nothing). So an undo knows whether something was changed anew, and a merge its base.
"""

VERSION = 1
APPLICATION = 0x494D4147  # "IMAG" in the file's header tells it from any other SQLite file

SCHEMA = """
CREATE TABLE samples (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT,
    at TEXT NOT NULL DEFAULT '', rev INTEGER NOT NULL DEFAULT 0);
CREATE INDEX samples_by_rev ON samples (rev);
CREATE TABLE authors (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE words (
    rev INTEGER PRIMARY KEY, sample INTEGER NOT NULL, author INTEGER NOT NULL, id TEXT NOT NULL,
    at TEXT NOT NULL, tool TEXT NOT NULL, deleted INTEGER NOT NULL, record TEXT,
    before INTEGER NOT NULL, origin INTEGER NOT NULL, current INTEGER NOT NULL);
CREATE UNIQUE INDEX words_now ON words (sample, author, id) WHERE current = 1;
CREATE TABLE batches (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, author TEXT NOT NULL, tool TEXT NOT NULL, at TEXT NOT NULL,
    root INTEGER, back INTEGER NOT NULL DEFAULT 0, taken INTEGER NOT NULL DEFAULT 0,
    first INTEGER NOT NULL DEFAULT 0, last INTEGER NOT NULL DEFAULT -1, seconds REAL, keys INTEGER);
CREATE TABLE places (
    target TEXT NOT NULL, sample INTEGER NOT NULL, author INTEGER NOT NULL, place TEXT NOT NULL,
    PRIMARY KEY (target, sample, author)) WITHOUT ROWID;
CREATE TABLE reached (target TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE agreed (
    target TEXT NOT NULL, sample INTEGER NOT NULL, author INTEGER NOT NULL, id TEXT NOT NULL,
    rev INTEGER NOT NULL, seen TEXT NOT NULL,
    PRIMARY KEY (target, sample, author, id)) WITHOUT ROWID;
CREATE TABLE conflicts (
    target TEXT NOT NULL, sample INTEGER NOT NULL, author INTEGER NOT NULL, id TEXT NOT NULL,
    rev INTEGER NOT NULL, seen TEXT NOT NULL, theirs TEXT, at TEXT NOT NULL,
    PRIMARY KEY (target, sample, author, id)) WITHOUT ROWID;
"""
