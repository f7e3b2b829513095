-- A feed whose hub is believed is asked seldom. When the hub is believed no more, it is asked as others are,
-- and not only when the seldom time comes.

ALTER TABLE feed ADD COLUMN unpushed_due INTEGER;   -- next_due without pushes; NULL: next_due is that
