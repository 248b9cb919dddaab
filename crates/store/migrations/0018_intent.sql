-- What customers may want of a business, in its own words. It is the business's own text and not sealed.
CREATE TABLE intent (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    answer TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX intent_name ON intent (workspace_id, name_key);

-- A text with the intent that it is an example of; without one it belongs to none. What was taken from a customer's message
-- is sealed with the customer's key, what was written for the purpose with the workspace's.
CREATE TABLE intent_example (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    intent_id BIGINT,
    state TEXT NOT NULL,
    origin TEXT NOT NULL,
    sealed {bytes} NOT NULL,
    message_id BIGINT,
    conversation_id BIGINT,
    contact_id BIGINT,
    -- What the bot understood when it was corrected, and how likely that seemed to it, in percent.
    understood_id BIGINT,
    confidence BIGINT,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT,
    -- The number of the last change of the workspace's intents that concerned it.
    revision BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, intent_id) REFERENCES intent (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contact (workspace_id, id),
    FOREIGN KEY (workspace_id, created_by) REFERENCES agent (workspace_id, id),
    FOREIGN KEY (workspace_id, decided_by) REFERENCES agent (workspace_id, id)
);
CREATE INDEX intent_example_state ON intent_example (workspace_id, state, created_at DESC, id DESC);
CREATE INDEX intent_example_intent ON intent_example (workspace_id, intent_id, state, created_at DESC, id DESC);
CREATE INDEX intent_example_revision ON intent_example (workspace_id, revision);
CREATE INDEX intent_example_contact ON intent_example (workspace_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE UNIQUE INDEX intent_example_message ON intent_example (workspace_id, message_id) WHERE message_id IS NOT NULL;

-- A trained model. What it learned of customers' texts is in it, so it goes when one of them is erased.
CREATE TABLE intent_version (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    version BIGINT NOT NULL,
    -- The revision of the examples that it was trained with.
    revision BIGINT NOT NULL,
    examples BIGINT NOT NULL,
    intents BIGINT NOT NULL,
    figures TEXT NOT NULL,
    took_ms BIGINT NOT NULL,
    trained_at BIGINT NOT NULL,
    sealed {bytes} NOT NULL,
    PRIMARY KEY (workspace_id, version)
);

-- Where the learning of a workspace is.
CREATE TABLE intent_learning (
    workspace_id {id} PRIMARY KEY REFERENCES workspace (id),
    -- Grows with each change of intents, examples or of the version in use.
    revision BIGINT NOT NULL,
    -- The revision of the last change that a model must be trained for.
    changed BIGINT NOT NULL,
    -- The revision at which something was forgotten last: whoever holds older examples reads all of them again.
    forgotten BIGINT NOT NULL,
    -- What was accepted after this revision is remembered beside the model in use.
    learned BIGINT NOT NULL,
    version BIGINT,
    newest BIGINT NOT NULL,
    automatic BOOLEAN NOT NULL
);
