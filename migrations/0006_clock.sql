-- A machine's clock may be ahead for a while. What was noted then must not hold for years.

-- Until when a pause is held that ends later than any host is granted. Beside `paused_until`, not in its
-- place: the clock may as well be behind now, and then the pause is a true one.
ALTER TABLE host ADD COLUMN held_until INTEGER;

-- By these, what lies too far ahead is found without going through all rows.
CREATE INDEX host_paused ON host (paused_until) WHERE paused_until IS NOT NULL;
CREATE INDEX feed_asked ON feed (coalesce(last_checked, added_at)) WHERE off IS NULL;
