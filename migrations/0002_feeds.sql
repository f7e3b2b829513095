-- What the fetcher must know to be polite and to tell a person how a feed is doing.

ALTER TABLE feed ADD COLUMN folder TEXT;              -- path of folders, as in OPML: World/Europe
ALTER TABLE feed ADD COLUMN health TEXT NOT NULL DEFAULT 'ok';  -- by its last check; see model::Health
ALTER TABLE feed ADD COLUMN health_since INTEGER;     -- when it came to that; NULL before the first check
ALTER TABLE feed ADD COLUMN empty INTEGER NOT NULL DEFAULT 0;   -- 1: its last body held no entry
ALTER TABLE feed ADD COLUMN not_before INTEGER;       -- its server asked not to be asked before
ALTER TABLE feed ADD COLUMN newest_entry INTEGER;     -- the newest plausible date its body ever showed
ALTER TABLE feed ADD COLUMN rhythm TEXT;              -- JSON: when it announces entries; see model::Rhythm
ALTER TABLE feed ADD COLUMN self_url TEXT;            -- its own address by its own word
ALTER TABLE feed ADD COLUMN hubs TEXT NOT NULL DEFAULT '[]';    -- JSON array: its WebSub hubs

ALTER TABLE host ADD COLUMN strikes INTEGER NOT NULL DEFAULT 0; -- pauses asked for in a row

-- robots.txt as last had, so that a restart does not ask for it again.
CREATE TABLE robots (
    origin TEXT PRIMARY KEY,                          -- scheme, host and port
    until  INTEGER NOT NULL,                          -- believed until then
    rules  BLOB NOT NULL                              -- the lines that count for us, zstd
) STRICT, WITHOUT ROWID;

-- Marks by which an entry is known again when its publisher gives it a new id. Entries that one body
-- shows side by side may share a mark.
CREATE TABLE entry_alias (
    feed  INTEGER NOT NULL REFERENCES feed (id),
    alias INTEGER NOT NULL,                           -- 64-bit hash, two's complement
    entry INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    PRIMARY KEY (feed, alias, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_alias_entry ON entry_alias (entry);

DROP VIEW feed_health;

-- One row per feed.
CREATE VIEW feed_health AS
SELECT f.id,
       f.url,
       coalesce(f.title, f.own_title) AS title,
       p.name AS publisher,
       f.origin,
       CASE WHEN f.origin = 'backfill' THEN 'backfill'
            WHEN f.off_by IN ('gone', 'moved') THEN f.off_by
            WHEN f.off IS NOT NULL THEN 'off'
            WHEN f.last_checked IS NULL THEN 'never-checked'
            ELSE f.health END AS health,
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
       coalesce(e.rejected, 0) AS rejected,
       f.folder,
       strftime('%Y-%m-%dT%H:%M:%SZ', f.health_since / 1000000, 'unixepoch') AS health_since,
       strftime('%Y-%m-%dT%H:%M:%SZ', f.newest_entry / 1000000, 'unixepoch') AS newest_entry,
       f.faulty
  FROM feed f
  LEFT JOIN publisher p ON p.id = f.publisher
  LEFT JOIN (SELECT feed,
                    count(*) AS seen,
                    sum(state = 'owed') AS owed,
                    sum(state = 'provisional') AS provisional,
                    sum(state = 'done') AS done,
                    sum(state = 'rejected') AS rejected
               FROM entry GROUP BY feed) e ON e.feed = f.id;
