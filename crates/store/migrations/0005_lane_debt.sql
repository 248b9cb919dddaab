-- What a lane took beyond its portion at its last turn, in bytes.
ALTER TABLE lane ADD COLUMN owes BIGINT NOT NULL DEFAULT 0;
