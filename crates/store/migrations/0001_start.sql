-- The first schema, one text for both engines. Rules:
--   every table has workspace_id, but setup_token, which comes before the first workspace;
--   a reference is always (workspace_id, x), so that no row can refer to another workspace's;
--   {id} is an integer primary key, {bytes} a byte string; times are milliseconds since 1970 UTC; JSON is TEXT
--   and never queried into.

CREATE TABLE workspace (
    id {id} PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    event_seq BIGINT NOT NULL
);

CREATE TABLE setup_token (
    hash {bytes} PRIMARY KEY,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE agent (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    locale TEXT NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX agent_email ON agent (email);

CREATE TABLE session (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    token_hash {bytes} NOT NULL,
    previous_hash {bytes},
    rotated_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    user_agent TEXT NOT NULL,
    address TEXT NOT NULL,
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);
CREATE UNIQUE INDEX session_token ON session (token_hash);
CREATE UNIQUE INDEX session_previous ON session (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX session_agent ON session (workspace_id, agent_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE inbox (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    hook_key TEXT NOT NULL,
    address_key TEXT NOT NULL,
    address TEXT,
    config TEXT NOT NULL,
    verify_token TEXT NOT NULL,
    health TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    removed_at BIGINT,
    UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX inbox_hook ON inbox (hook_key);
CREATE UNIQUE INDEX inbox_address ON inbox (workspace_id, kind, address_key) WHERE removed_at IS NULL;

CREATE TABLE inbox_secret (
    inbox_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id, name),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);

CREATE TABLE contact (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    named_by_agent BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    merged_into BIGINT,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, merged_into) REFERENCES contact (workspace_id, id)
);

CREATE TABLE identity (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,
    user_id TEXT,
    phone TEXT,
    username TEXT,
    profile_name TEXT,
    search_key TEXT NOT NULL,
    blocked BOOLEAN NOT NULL,
    last_inbound_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contact (workspace_id, id)
);
CREATE UNIQUE INDEX identity_user ON identity (inbox_id, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX identity_phone ON identity (inbox_id, phone) WHERE phone IS NOT NULL;
CREATE INDEX identity_contact ON identity (workspace_id, contact_id);

CREATE TABLE conversation (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    identity_id BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    turn TEXT NOT NULL,
    assignee_id BIGINT,
    snoozed_until BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_message_id BIGINT,
    last_message_direction TEXT,
    last_message_kind TEXT,
    last_message_preview TEXT,
    last_message_at BIGINT,
    last_message_status TEXT,
    unread BIGINT NOT NULL,
    last_inbound_at BIGINT,
    waiting_since BIGINT,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id),
    FOREIGN KEY (workspace_id, identity_id) REFERENCES identity (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contact (workspace_id, id),
    FOREIGN KEY (workspace_id, assignee_id) REFERENCES agent (workspace_id, id)
);
-- One conversation that is not resolved per address.
CREATE UNIQUE INDEX conversation_live ON conversation (inbox_id, identity_id) WHERE state <> 'resolved';
-- One index for the order of each list.
CREATE INDEX conversation_all ON conversation (workspace_id, updated_at DESC, id DESC);
CREATE INDEX conversation_state ON conversation (workspace_id, state, updated_at DESC, id DESC);
CREATE INDEX conversation_assignee ON conversation (workspace_id, assignee_id, updated_at DESC, id DESC);
CREATE INDEX conversation_assignee_state ON conversation (workspace_id, assignee_id, state, updated_at DESC, id DESC);
CREATE INDEX conversation_contact ON conversation (workspace_id, contact_id, updated_at DESC, id DESC);
CREATE INDEX conversation_identity ON conversation (workspace_id, identity_id, id);
CREATE INDEX conversation_count ON conversation (workspace_id, assignee_id, unread) WHERE state = 'open';
CREATE INDEX conversation_due ON conversation (snoozed_until) WHERE state = 'snoozed';

CREATE TABLE label (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    color TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX label_name ON label (workspace_id, name_key);

CREATE TABLE conversation_label (
    conversation_id BIGINT NOT NULL,
    label_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id, label_id),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversation (workspace_id, id),
    FOREIGN KEY (workspace_id, label_id) REFERENCES label (workspace_id, id)
);
CREATE INDEX conversation_label_label ON conversation_label (workspace_id, label_id);

CREATE TABLE quick_reply (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    shortcut TEXT NOT NULL,
    shortcut_key TEXT NOT NULL,
    body TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX quick_reply_shortcut ON quick_reply (workspace_id, shortcut_key);

-- The raw form of everything that ever came in.
CREATE TABLE inbound (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    dedupe {bytes} NOT NULL,
    body {bytes} NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);
CREATE UNIQUE INDEX inbound_dedupe ON inbound (inbox_id, dedupe);

-- What of it is still to be applied: small, rows are deleted.
CREATE TABLE inbound_queue (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    FOREIGN KEY (workspace_id, id) REFERENCES inbound (workspace_id, id)
);
CREATE INDEX inbound_queue_lane ON inbound_queue (inbox_id, id);

CREATE TABLE inbound_parked (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    parked_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    FOREIGN KEY (workspace_id, id) REFERENCES inbound (workspace_id, id)
);
CREATE INDEX inbound_parked_time ON inbound_parked (workspace_id, parked_at DESC, id DESC);

-- One row per inbox: who applies its deliveries. lease_until is 0 when the last holder gave the lane back.
CREATE TABLE lane (
    inbox_id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);

CREATE TABLE message (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    direction TEXT NOT NULL,
    kind TEXT NOT NULL,
    author_kind TEXT NOT NULL,
    author_agent_id BIGINT,
    text TEXT,
    content TEXT NOT NULL,
    provider_id TEXT,
    client_id TEXT,
    reply_to_id BIGINT,
    reply_to_provider_id TEXT,
    forwarded BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    status TEXT,
    queued_at BIGINT,
    accepted_at BIGINT,
    sent_at BIGINT,
    delivered_at BIGINT,
    read_at BIGINT,
    played_at BIGINT,
    failed_at BIGINT,
    failure TEXT,
    edited_at BIGINT,
    revoked_at BIGINT,
    inbound_id BIGINT,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversation (workspace_id, id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id),
    FOREIGN KEY (workspace_id, author_agent_id) REFERENCES agent (workspace_id, id),
    FOREIGN KEY (workspace_id, reply_to_id) REFERENCES message (workspace_id, id),
    FOREIGN KEY (workspace_id, inbound_id) REFERENCES inbound (workspace_id, id)
);
CREATE UNIQUE INDEX message_provider ON message (inbox_id, provider_id) WHERE provider_id IS NOT NULL;
CREATE UNIQUE INDEX message_client ON message (conversation_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX message_thread ON message (workspace_id, conversation_id, id);

CREATE TABLE reaction (
    message_id BIGINT NOT NULL,
    side TEXT NOT NULL,
    workspace_id BIGINT NOT NULL,
    emoji TEXT NOT NULL,
    agent_id BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, message_id, side),
    FOREIGN KEY (workspace_id, message_id) REFERENCES message (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);

CREATE TABLE media (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    message_id BIGINT,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    mime TEXT NOT NULL,
    size BIGINT,
    name TEXT,
    width BIGINT,
    height BIGINT,
    duration_ms BIGINT,
    waveform {bytes},
    voice BOOLEAN NOT NULL,
    animated BOOLEAN NOT NULL,
    storage_key TEXT,
    thumbnail_key TEXT,
    source TEXT,
    failure TEXT,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    FOREIGN KEY (workspace_id, message_id) REFERENCES message (workspace_id, id),
    FOREIGN KEY (workspace_id, created_by) REFERENCES agent (workspace_id, id)
);
CREATE INDEX media_message ON media (workspace_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX media_storage ON media (workspace_id, storage_key) WHERE storage_key IS NOT NULL;
CREATE INDEX media_thumbnail ON media (workspace_id, thumbnail_key) WHERE thumbnail_key IS NOT NULL;
CREATE INDEX media_unused ON media (created_at) WHERE message_id IS NULL;

-- What is to be sent; rows are deleted when sent or given up.
CREATE TABLE outbound (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    message_id BIGINT,
    inbox_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    identity_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    intent TEXT NOT NULL,
    send_state TEXT,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    FOREIGN KEY (workspace_id, message_id) REFERENCES message (workspace_id, id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversation (workspace_id, id),
    FOREIGN KEY (workspace_id, identity_id) REFERENCES identity (workspace_id, id)
);
CREATE INDEX outbound_identity ON outbound (workspace_id, identity_id);
CREATE UNIQUE INDEX outbound_message ON outbound (message_id) WHERE message_id IS NOT NULL;
-- The order within a conversation, without what is uncertain.
CREATE INDEX outbound_lane ON outbound (conversation_id, id) WHERE state <> 'uncertain';
CREATE INDEX outbound_ready ON outbound (next_at, id) WHERE state = 'queued';
CREATE INDEX outbound_lease ON outbound (lease_until) WHERE state = 'sending';

CREATE TABLE early_report (
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    provider_id TEXT NOT NULL,
    report TEXT NOT NULL,
    at BIGINT NOT NULL,
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);
CREATE INDEX early_report_message ON early_report (inbox_id, provider_id);
CREATE INDEX early_report_time ON early_report (at);

CREATE TABLE job (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    fence BIGINT NOT NULL
);
CREATE INDEX job_ready ON job (run_at, id);

CREATE TABLE event (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject BIGINT NOT NULL,
    conversation_id BIGINT,
    deleted BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
CREATE INDEX event_time ON event (at);
