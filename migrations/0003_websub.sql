-- Subscriptions at WebSub hubs (W3C Recommendation of 23 January 2018), so that a feed need not be asked
-- to be known.

CREATE TABLE websub (
    id          INTEGER PRIMARY KEY,
    feed        INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
    hub         TEXT NOT NULL,                        -- the hub's address
    topic       TEXT NOT NULL,                        -- what the hub knows the feed by
    callback    TEXT NOT NULL,                        -- where the hub reaches us: public address and token
    token       TEXT NOT NULL UNIQUE,                 -- not to be guessed: who knows it is the hub
    secret      TEXT NOT NULL,                        -- the hub signs with it
    -- wanted: the hub is to be asked. pending: it was, and has not verified yet. verified: it pushes.
    -- denied: it will not. ending: it is to stop.
    state       TEXT NOT NULL CHECK (state IN ('wanted', 'pending', 'verified', 'denied', 'ending')),
    lease_until INTEGER,                              -- its pushes are taken until then; NULL: never verified
    next_try    INTEGER NOT NULL,                     -- when the hub is asked, or asked again
    failures    INTEGER NOT NULL DEFAULT 0,           -- in a row
    last_push   INTEGER,                              -- the last one that was a feed and signed by the hub
    missed      INTEGER NOT NULL DEFAULT 0,           -- above 0: checks find what it does not push
    message     TEXT                                  -- why it failed or was denied
) STRICT;
CREATE INDEX websub_feed ON websub (feed);
