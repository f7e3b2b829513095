-- A silent feed is asked for the whole of it now and then, whatever its validators say; once a day at most.

ALTER TABLE feed ADD COLUMN last_unconditional INTEGER; -- when that, or any request without validators, was
