-- Consent, what is held, erased and kept how long, and the records that the law asks for.

-- The ledger of consents is only added to. Each entry carries a hash over its content and over the hash of the one
-- before it; the workspace keeps the number and the hash of the last. Nothing refers to the people: the ledger outlives
-- them, and what of it is theirs is sealed with their key.
CREATE TABLE consent (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    seq BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    given BOOLEAN NOT NULL,
    text_version TEXT NOT NULL,
    way TEXT NOT NULL,
    message_id BIGINT,
    agent_id BIGINT,
    at BIGINT NOT NULL,
    expires_at BIGINT,
    sealed {bytes},
    hash {bytes} NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
CREATE INDEX consent_contact ON consent (workspace_id, contact_id, purpose, seq DESC);
ALTER TABLE workspace ADD COLUMN consent_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE workspace ADD COLUMN consent_hash {bytes};
CREATE INDEX contact_merged ON contact (workspace_id, merged_into) WHERE merged_into IS NOT NULL;

-- A message that goes is looked for among what others quote.
CREATE INDEX message_reply ON message (workspace_id, reply_to_id) WHERE reply_to_id IS NOT NULL;

-- Erasures: begun with the names of the keys to destroy and the places of files to remove, and finished with a receipt
-- in a chain of its own.
CREATE TABLE erasure (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    contact_id BIGINT NOT NULL,
    why TEXT NOT NULL,
    agent_id BIGINT,
    begun_at BIGINT NOT NULL,
    finished_at BIGINT,
    rest TEXT NOT NULL,
    counts TEXT NOT NULL,
    seq BIGINT,
    hash {bytes},
    signature {bytes}
);
CREATE UNIQUE INDEX erasure_seq ON erasure (workspace_id, seq) WHERE seq IS NOT NULL;
CREATE INDEX erasure_unfinished ON erasure (begun_at) WHERE rest <> '';
CREATE INDEX erasure_contact ON erasure (workspace_id, contact_id);
ALTER TABLE workspace ADD COLUMN erasure_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE workspace ADD COLUMN erasure_hash {bytes};

CREATE TABLE hold (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    contact_id BIGINT NOT NULL,
    placed_by BIGINT NOT NULL,
    placed_at BIGINT NOT NULL,
    lifted_by BIGINT,
    lifted_at BIGINT,
    sealed {bytes} NOT NULL
);
CREATE UNIQUE INDEX hold_standing ON hold (workspace_id, contact_id) WHERE lifted_at IS NULL;

CREATE TABLE retention (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    inbox_id BIGINT,
    class TEXT NOT NULL,
    purpose TEXT,
    days BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);
CREATE UNIQUE INDEX retention_rule ON retention (workspace_id, class, COALESCE(inbox_id, 0), COALESCE(purpose, ''));

-- One run a day.
CREATE TABLE retention_run (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    day BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    finished_at BIGINT,
    removed TEXT NOT NULL,
    PRIMARY KEY (workspace_id, day)
);

CREATE TABLE notice (
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    language TEXT NOT NULL,
    version BIGINT NOT NULL,
    text TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id, language),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);

-- Who was told what, once for each inbox.
CREATE TABLE notice_sent (
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,
    language TEXT NOT NULL,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id, contact_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);

CREATE TABLE breach (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    noticed_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sealed {bytes} NOT NULL
);
CREATE INDEX breach_time ON breach (workspace_id, noticed_at DESC, id DESC);

-- What a workspace has decided about privacy, as JSON under a name.
CREATE TABLE privacy_setting (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (workspace_id, name)
);

-- What a message to a customer is for; nothing where it answers what they asked. Only with their consent is anything else
-- sent, also when it is sent again.
ALTER TABLE message ADD COLUMN purpose TEXT;
