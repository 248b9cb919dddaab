-- How far each workspace's messages are indexed for search. The index itself is made by search.rs, because it is
-- the engine's own: FTS5 on SQLite, GIN on PostgreSQL.
CREATE TABLE search_progress (
    workspace_id {id} PRIMARY KEY REFERENCES workspace (id),
    -- Changes up to this number are indexed.
    seq BIGINT NOT NULL,
    -- Messages from this id on are indexed, older ones follow; 0 when there are none left.
    older BIGINT NOT NULL
);
