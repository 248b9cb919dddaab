-- The processes that share this database. A number is in the ids that its holder makes: of the moments before
-- lease_until nobody else may make any. A holder that ended leaves its row, without its instance.
CREATE TABLE node (
    number {id} PRIMARY KEY,
    instance TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    version TEXT NOT NULL
);
