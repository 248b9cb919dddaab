-- How long a delivery's body is in bytes where it is kept packed; NULL where it is kept as it came.
ALTER TABLE inbound ADD COLUMN size BIGINT;

-- A workspace's changes are in the order of their times as they are in that of their numbers, so what is old is found by
-- the numbers.
DROP INDEX event_time;
