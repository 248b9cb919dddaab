-- The audit: entries are added and never changed. Each carries a hash over its content and over the hash of the one
-- before it; the workspace keeps the number and the hash of the last, so that a tail that was cut off is missed.
-- Nothing refers to the things that an entry names: it outlives them.
CREATE TABLE audit_entry (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor TEXT,
    seen_as BIGINT,
    act TEXT NOT NULL,
    subject TEXT,
    conversation_id BIGINT,
    contact_id BIGINT,
    address TEXT NOT NULL,
    device TEXT NOT NULL,
    reason TEXT,
    detail TEXT,
    times BIGINT NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
-- One index for the order of each search.
CREATE INDEX audit_entry_time ON audit_entry (workspace_id, at DESC, seq DESC);
CREATE INDEX audit_entry_actor ON audit_entry (workspace_id, actor, at DESC, seq DESC);
CREATE INDEX audit_entry_act ON audit_entry (workspace_id, act, at DESC, seq DESC);
CREATE INDEX audit_entry_contact ON audit_entry (workspace_id, contact_id, at DESC, seq DESC) WHERE contact_id IS NOT NULL;

ALTER TABLE workspace ADD COLUMN audit_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE workspace ADD COLUMN audit_hash {bytes};

-- How much of people somebody saw on a day (days since 1970 UTC), to notice what is unusual.
CREATE TABLE audit_volume (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    actor TEXT NOT NULL,
    day BIGINT NOT NULL,
    listed BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    taken_out BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, actor, day)
);
CREATE INDEX audit_volume_day ON audit_volume (day);
