-- Whether the bot thinks about what people answer, without a word to the customer.
ALTER TABLE inbox_bot ADD COLUMN shadow BOOLEAN NOT NULL DEFAULT FALSE;

-- The newest trial of an inbox's bot on past conversations: how far it went. Its run tells it from those before it.
CREATE TABLE bot_replay (
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    run BIGINT NOT NULL,
    conversations BIGINT NOT NULL,
    looked BIGINT NOT NULL,
    place TEXT,
    started_at BIGINT NOT NULL,
    done_at BIGINT,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);

-- Questions that people answered, with what the bot would have done. Those of past conversations have the run they were
-- tried in, those of the day have 0.
CREATE TABLE bot_trial (
    workspace_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    run BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    reply_id BIGINT NOT NULL,
    deed TEXT NOT NULL,
    said TEXT,
    confidence BIGINT,
    reason TEXT,
    agreement TEXT,
    verdict TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, message_id, run),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversation (workspace_id, id)
);
CREATE INDEX bot_trial_place ON bot_trial (workspace_id, inbox_id, run, id);
CREATE INDEX bot_trial_conversation ON bot_trial (workspace_id, conversation_id);
