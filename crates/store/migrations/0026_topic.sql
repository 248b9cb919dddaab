-- How often something was said by customers in an hour (hours since 1970 UTC). Numbers alone: the subject is a keyed hash of a
-- word, the id of an intent, or 0 for everything.
CREATE TABLE topic_count (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL,
    subject BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, subject, hour)
);
CREATE INDEX topic_count_hour ON topic_count (workspace_id, kind, hour);

-- Up to which message of a workspace customers' words were counted, and up to which it was looked for what is unusual in them;
-- since when somebody holds what is understood for right, and how it was judged to have moved since (JSON; none before the first
-- look).
CREATE TABLE topic_progress (
    workspace_id {id} PRIMARY KEY REFERENCES workspace (id),
    message_id BIGINT NOT NULL,
    looked_id BIGINT NOT NULL,
    accepted_at BIGINT,
    drift TEXT
);

-- What customers wrote about far more often than usual. No words are kept.
CREATE TABLE surge (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL,
    subject BIGINT NOT NULL,
    count BIGINT NOT NULL,
    hours BIGINT NOT NULL,
    -- In hundredths.
    usual BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    dismissed BOOLEAN NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX surge_lasting ON surge (workspace_id, kind, subject) WHERE ended_at IS NULL;
CREATE INDEX surge_list ON surge (workspace_id, began_at DESC, id DESC);
