-- Since when what customers write is held for moved; none while it is not.
ALTER TABLE topic_progress ADD COLUMN moved_at BIGINT;
