-- The first schema: inbox, articles, copies and stories, tags, changes.
--
-- Times are integer microseconds UTC. Lists and small records are JSON text. Hashes of 128 bits are
-- blobs of 16 bytes, big-endian; hashes of 64 bits are integers (two's complement).

-- "WIRW": tells our file from any other SQLite file.
PRAGMA application_id = 0x57495257;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Publishers -----------------------------------------------------------------------------------

CREATE TABLE publisher (
    id       INTEGER PRIMARY KEY,
    domain   TEXT NOT NULL UNIQUE,               -- registrable domain
    name     TEXT NOT NULL,
    country  TEXT,
    language TEXT,
    kind     TEXT NOT NULL,
    listed   INTEGER NOT NULL CHECK (listed IN (0, 1))  -- 1: by the feed list; no page overrides it
) STRICT;

-- Feeds ----------------------------------------------------------------------------------------

CREATE TABLE feed (
    id             INTEGER PRIMARY KEY,
    listed_url     TEXT NOT NULL UNIQUE,         -- as the list or the user wrote it: how it is found again
    url            TEXT NOT NULL UNIQUE,         -- the address to ask; another one after a trusted redirect
    origin         TEXT NOT NULL CHECK (origin IN ('file', 'added', 'backfill')),
    publisher      INTEGER REFERENCES publisher (id),
    publisher_spec TEXT NOT NULL,                -- JSON; a feed may differ from its publisher (language)
    title          TEXT,                         -- the list's or the user's name for it
    own_title      TEXT,
    link           TEXT,
    language       TEXT,
    format         TEXT,
    off            TEXT,                         -- why it is not followed; NULL when it is
    -- Who decided: a file may take back what a file said, not what the user or the publisher did.
    off_by         TEXT CHECK (off_by IN ('file', 'unlisted', 'user', 'gone', 'moved')),
    settings       TEXT NOT NULL DEFAULT '{}',   -- JSON
    added_at       INTEGER NOT NULL,
    next_due       INTEGER,
    last_checked   INTEGER,
    last_success   INTEGER,
    outcome        TEXT,
    failure        TEXT,
    message        TEXT,
    http_status    INTEGER,
    failures       INTEGER NOT NULL DEFAULT 0,   -- in a row
    deaths         INTEGER NOT NULL DEFAULT 0,   -- of the process while it was being read
    etag           TEXT,
    last_modified  TEXT,
    body_hash      INTEGER,
    parser_version INTEGER NOT NULL DEFAULT 0,   -- of the parser that last read it
    faulty         INTEGER NOT NULL DEFAULT 0,   -- 1: that reading had repairs, rejects or no entries
    freshness      TEXT,                         -- JSON; what the last answers said of when to come again
    redirect       TEXT,                         -- a permanent redirect under watch
    recent         TEXT NOT NULL DEFAULT '[]'    -- first-seen times of its latest 20 entries, newest first
) STRICT;
CREATE INDEX feed_due ON feed (next_due) WHERE off IS NULL AND next_due IS NOT NULL;

CREATE TABLE feed_address (
    feed  INTEGER NOT NULL REFERENCES feed (id),
    url   TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,                               -- NULL: the present one
    PRIMARY KEY (feed, since, url)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_check (
    id          INTEGER PRIMARY KEY,
    feed        INTEGER NOT NULL REFERENCES feed (id),
    at          INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    outcome     TEXT NOT NULL,
    failure     TEXT,
    message     TEXT,
    http_status INTEGER,
    body_bytes  INTEGER NOT NULL,
    new         INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    known       INTEGER NOT NULL,
    rejects     TEXT NOT NULL DEFAULT '[]',
    repairs     TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX feed_check_feed ON feed_check (feed, id);

-- Hosts ----------------------------------------------------------------------------------------

CREATE TABLE host (
    host         TEXT PRIMARY KEY,
    paused_until INTEGER,
    pause_reason TEXT
) STRICT, WITHOUT ROWID;

-- What recurs on the pages of a host. One packed row a host (see writer/host.rs): as a row a block,
-- every article would touch some hundred rows all over the tree.
CREATE TABLE host_block (
    host   TEXT PRIMARY KEY,
    pages  INTEGER NOT NULL,
    blocks BLOB NOT NULL
) STRICT;

-- Articles -------------------------------------------------------------------------------------

CREATE TABLE story (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    lead     INTEGER NOT NULL,                   -- the article that opened it
    first_at INTEGER NOT NULL,                   -- times of its articles
    last_at  INTEGER NOT NULL
) STRICT;

-- Narrow on purpose: a page of 100 rows from any cursor stays flat as the file grows.
CREATE TABLE article (
    id           INTEGER PRIMARY KEY,
    seq          INTEGER NOT NULL,               -- its latest change
    url          TEXT NOT NULL,
    publisher    INTEGER REFERENCES publisher (id),
    title        TEXT NOT NULL,
    authors      TEXT NOT NULL,                  -- JSON array
    language     TEXT,
    published    INTEGER,
    published_as TEXT,                           -- as written, offset or bare day kept
    first_seen   INTEGER NOT NULL,
    time         INTEGER NOT NULL,               -- earliest plausible of the two
    stored_at    INTEGER NOT NULL,
    relevant     INTEGER NOT NULL CHECK (relevant IN (0, 1)),
    relevance    REAL NOT NULL,
    words        INTEGER NOT NULL,
    method       TEXT NOT NULL,
    provisional  INTEGER NOT NULL CHECK (provisional IN (0, 1)),
    revision     INTEGER NOT NULL,               -- number of the present text, from 1
    revision_key BLOB NOT NULL,
    text_hash    BLOB,                           -- NULL: no letter or digit, equal to nothing
    story        INTEGER NOT NULL REFERENCES story (id),
    copy_of      INTEGER REFERENCES article (id)
) STRICT;
CREATE UNIQUE INDEX article_seq ON article (seq);
CREATE INDEX article_time ON article (time);
CREATE INDEX article_publisher ON article (publisher);
CREATE INDEX article_story ON article (story);
CREATE INDEX article_text_hash ON article (text_hash) WHERE text_hash IS NOT NULL;

-- What is shown of one article and never listed.
CREATE TABLE article_detail (
    article       INTEGER PRIMARY KEY REFERENCES article (id),
    modified_as   TEXT,
    section       TEXT,
    keywords      TEXT NOT NULL,                 -- JSON array
    image         TEXT,
    canonical_url TEXT,                          -- as declared: a claim
    declared      TEXT,                          -- its identity, when that is not the article's own
    site          TEXT,                          -- the site's name by the page's own word
    background    TEXT NOT NULL,                 -- JSON array of paragraph numbers
    rules_version INTEGER NOT NULL,
    failure       TEXT,                          -- why there is no page, when the text is the feed's
    provenance    TEXT                           -- JSON; NULL when the text is the feed's
) STRICT;
CREATE INDEX article_detail_declared ON article_detail (declared) WHERE declared IS NOT NULL;

-- Every address an article is known by, in its normalised form. Exactly one is its identity.
CREATE TABLE article_address (
    identity TEXT PRIMARY KEY,
    article  INTEGER NOT NULL REFERENCES article (id),
    kind     TEXT NOT NULL CHECK (kind IN ('identity', 'alias'))
) STRICT, WITHOUT ROWID;
CREATE INDEX article_address_article ON article_address (article);

CREATE TABLE article_text (
    id    INTEGER PRIMARY KEY REFERENCES article (id),
    title TEXT NOT NULL,
    text  TEXT NOT NULL,
    stems TEXT NOT NULL                          -- stems that differ from their word, each once
) STRICT;

-- Kept in step by the writer at the end of each group, not by triggers: a statement that fires a
-- trigger makes FTS5 write out its buffer, which doubles the cost of an article.
-- The double quotes of content="…" are how Datasette finds the index.
CREATE VIRTUAL TABLE article_fts USING fts5 (
    title, text, stems,
    content="article_text", content_rowid="id",
    tokenize="unicode61 remove_diacritics 2", detail=full
);

-- Earlier texts. `text` is NULL where it was given up: at most 50 are kept, the first and the latest.
CREATE TABLE revision (
    article      INTEGER NOT NULL REFERENCES article (id),
    number       INTEGER NOT NULL,
    title        TEXT NOT NULL,
    text         TEXT,
    words        INTEGER NOT NULL,
    method       TEXT NOT NULL,
    revision_key BLOB NOT NULL,
    text_hash    BLOB,
    replaced_at  INTEGER NOT NULL,
    provenance   TEXT,
    PRIMARY KEY (article, number)
) STRICT;

CREATE TABLE copy (
    article    INTEGER PRIMARY KEY REFERENCES article (id),
    of         INTEGER NOT NULL REFERENCES article (id),
    relation   TEXT NOT NULL,
    similarity REAL NOT NULL,
    evidence   TEXT                              -- JSON: the figures that decided
) STRICT;
CREATE INDEX copy_of ON copy (of);

CREATE TABLE story_article (
    story   INTEGER NOT NULL REFERENCES story (id),
    article INTEGER NOT NULL REFERENCES article (id),
    PRIMARY KEY (story, article)
) STRICT, WITHOUT ROWID;

-- What the index of copies needs to know an article again after a restart.
CREATE TABLE signature (
    article   INTEGER PRIMARY KEY REFERENCES article (id),
    signature BLOB NOT NULL
) STRICT;

-- The inbox ------------------------------------------------------------------------------------

CREATE TABLE entry (
    id                 INTEGER PRIMARY KEY,
    feed               INTEGER NOT NULL REFERENCES feed (id),
    key                TEXT NOT NULL,            -- our identity of it within its feed
    version            INTEGER NOT NULL,         -- hash of what was last announced
    -- owed: an attempt is due. provisional: stored from the feed, its page still tried.
    -- done: stored or met again. rejected: given up, with the reason.
    state              TEXT NOT NULL CHECK (state IN ('owed', 'provisional', 'done', 'rejected')),
    next_try           INTEGER,                  -- NULL: nothing more to do. With `done`: a look for edits
    host               TEXT NOT NULL,            -- to be asked for its page; '' when nobody is
    url                TEXT,
    title              TEXT NOT NULL,
    said               TEXT NOT NULL,            -- JSON: the rest of what the feed said, but for its text
    source_ref         TEXT NOT NULL DEFAULT 'http',
    first_seen         INTEGER NOT NULL,
    last_seen          INTEGER NOT NULL,
    changed_at         INTEGER,                  -- when it was last announced anew
    taken_at           INTEGER,                  -- when its page was last looked at
    edits              INTEGER NOT NULL DEFAULT 0,  -- how often it was owed again
    failures           INTEGER NOT NULL DEFAULT 0,  -- failed attempts at its page, in a row
    deaths             INTEGER NOT NULL DEFAULT 0,  -- of the process while it was in work
    failure            TEXT,                     -- the last one, in words
    failure_status     INTEGER,
    reject_stage       TEXT,
    reject_reason      TEXT,
    article            INTEGER REFERENCES article (id),
    page_etag          TEXT,
    page_last_modified TEXT,
    UNIQUE (feed, key),
    CHECK ((state = 'rejected') = (reject_reason IS NOT NULL)),
    CHECK (state NOT IN ('provisional', 'done') OR article IS NOT NULL)
) STRICT;
CREATE INDEX entry_feed_state ON entry (feed, state);
CREATE INDEX entry_article ON entry (article) WHERE article IS NOT NULL;
-- The first says when something is due, the second whose turn it is.
CREATE INDEX entry_next_try ON entry (state, next_try) WHERE next_try IS NOT NULL;
CREATE INDEX entry_turn ON entry (state, host, next_try) WHERE next_try IS NOT NULL;

-- Summary and content as the feed announced them (JSON, zstd), kept while they may still be needed.
CREATE TABLE entry_body (
    entry     INTEGER PRIMARY KEY REFERENCES entry (id),
    announced BLOB NOT NULL
) STRICT;

-- Tags -----------------------------------------------------------------------------------------

CREATE TABLE topic (
    id    INTEGER PRIMARY KEY,
    slug  TEXT NOT NULL UNIQUE,
    title TEXT
) STRICT;

CREATE TABLE article_topic (
    article       INTEGER NOT NULL REFERENCES article (id),
    topic         INTEGER NOT NULL REFERENCES topic (id),
    score         REAL NOT NULL,
    source        TEXT NOT NULL CHECK (source IN ('rule', 'head', 'manual')),
    rules_version INTEGER NOT NULL,
    evidence      TEXT NOT NULL,                 -- JSON
    PRIMARY KEY (article, topic)
) STRICT, WITHOUT ROWID;
CREATE INDEX article_topic_topic ON article_topic (topic, article);

CREATE TABLE entity (
    id   INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL
) STRICT;

CREATE TABLE article_entity (
    article  INTEGER NOT NULL REFERENCES article (id),
    entity   INTEGER NOT NULL REFERENCES entity (id),
    mentions TEXT NOT NULL,                      -- JSON array of {field, start, end}
    PRIMARY KEY (article, entity)
) STRICT, WITHOUT ROWID;
CREATE INDEX article_entity_entity ON article_entity (entity, article);

-- Changes, readers, jobs -----------------------------------------------------------------------

-- AUTOINCREMENT: a number is never given twice, so that no reader can miss a change.
CREATE TABLE change (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL
            CHECK (kind IN ('new', 'completed', 'revision', 'regrouped', 'retagged', 'withdrawn')),
    article INTEGER NOT NULL REFERENCES article (id),
    story   INTEGER NOT NULL REFERENCES story (id),
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX change_article ON change (article);
CREATE INDEX change_story ON change (story);

CREATE TABLE reader (
    name       TEXT PRIMARY KEY,
    acked      INTEGER NOT NULL,                 -- seq up to which it has seen everything
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    kind             TEXT NOT NULL,
    arguments        TEXT NOT NULL,              -- JSON
    state            TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    checkpoint       TEXT,
    counts           TEXT NOT NULL DEFAULT '{}', -- JSON object of numbers
    error            TEXT,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    finished_at      INTEGER
) STRICT;
CREATE INDEX job_open ON job (id) WHERE state IN ('queued', 'running');

-- Views: the public face of the file. Their columns stay; new ones may be added ----------------

-- One row per article, copies and not relevant ones included. Times are whole seconds, so that their
-- order as text is their order in time.
CREATE VIEW items AS
SELECT a.id,
       a.seq,
       a.url,
       p.name AS publisher,
       a.title,
       a.authors,
       a.language,
       strftime('%Y-%m-%dT%H:%M:%SZ', floor_s.published, 'unixepoch') AS published,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.first_seen / 1000000, 'unixepoch') AS first_seen,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.time / 1000000, 'unixepoch') AS time,
       a.relevant,
       (SELECT json_group_array(slug)
          FROM (SELECT t.slug FROM article_topic at JOIN topic t ON t.id = at.topic
                 WHERE at.article = a.id ORDER BY at.score DESC, t.slug)) AS topics,
       a.copy_of,
       a.story,
       a.words,
       a.method
  FROM article a
  -- A publication time may lie before 1970, where integer division rounds the wrong way.
  JOIN (SELECT id, (published - ((published % 1000000) + 1000000) % 1000000) / 1000000 AS published
          FROM article) floor_s ON floor_s.id = a.id
  LEFT JOIN publisher p ON p.id = a.publisher;

-- One row per story. `publishers` counts who wrote, copies left out.
CREATE VIEW stories AS
SELECT s.id,
       lead.title,
       lead.url,
       strftime('%Y-%m-%dT%H:%M:%SZ', s.first_at / 1000000, 'unixepoch') AS first_time,
       strftime('%Y-%m-%dT%H:%M:%SZ', s.last_at / 1000000, 'unixepoch') AS last_time,
       count(a.id) AS articles,
       count(a.copy_of) AS copies,
       count(DISTINCT CASE WHEN a.copy_of IS NULL THEN a.publisher END) AS publishers,
       max(a.relevant) AS relevant,
       max(a.seq) AS seq
  FROM story s
  JOIN article lead ON lead.id = s.lead
  JOIN story_article sa ON sa.story = s.id
  JOIN article a ON a.id = sa.article
 GROUP BY s.id;

-- One row per feed. seen = owed + provisional + done + rejected.
CREATE VIEW feed_health AS
SELECT f.id,
       f.url,
       coalesce(f.title, f.own_title) AS title,
       p.name AS publisher,
       f.origin,
       CASE WHEN f.origin = 'backfill' THEN 'backfill'
            WHEN f.off IS NOT NULL THEN 'off'
            WHEN f.last_checked IS NULL THEN 'never-checked'
            WHEN f.failures > 0 THEN 'failing'
            WHEN f.faulty THEN 'faulty'
            ELSE 'ok' END AS health,
       f.off,
       f.outcome,
       f.failure,
       f.message,
       f.http_status,
       f.failures,
       strftime('%Y-%m-%dT%H:%M:%SZ', f.last_checked / 1000000, 'unixepoch') AS last_checked,
       strftime('%Y-%m-%dT%H:%M:%SZ', f.last_success / 1000000, 'unixepoch') AS last_success,
       strftime('%Y-%m-%dT%H:%M:%SZ', json_extract(f.recent, '$[0]') / 1000000, 'unixepoch') AS last_entry,
       CASE WHEN f.off IS NULL
            THEN strftime('%Y-%m-%dT%H:%M:%SZ', f.next_due / 1000000, 'unixepoch') END AS next_due,
       coalesce(e.seen, 0) AS seen,
       coalesce(e.owed, 0) AS owed,
       coalesce(e.provisional, 0) AS provisional,
       coalesce(e.done, 0) AS done,
       coalesce(e.rejected, 0) AS rejected
  FROM feed f
  LEFT JOIN publisher p ON p.id = f.publisher
  LEFT JOIN (SELECT feed,
                    count(*) AS seen,
                    sum(state = 'owed') AS owed,
                    sum(state = 'provisional') AS provisional,
                    sum(state = 'done') AS done,
                    sum(state = 'rejected') AS rejected
               FROM entry GROUP BY feed) e ON e.feed = f.id;

-- One row per day (UTC, by the time of the article) and topic.
CREATE VIEW topic_daily AS
SELECT strftime('%Y-%m-%d', a.time / 1000000, 'unixepoch') AS day,
       t.slug AS topic,
       count(*) AS articles,
       sum(a.copy_of IS NULL) AS originals,
       count(DISTINCT CASE WHEN a.copy_of IS NULL THEN a.publisher END) AS publishers
  FROM article_topic at
  JOIN topic t ON t.id = at.topic
  JOIN article a ON a.id = at.article
 GROUP BY day, t.slug;
