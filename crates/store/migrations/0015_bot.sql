-- In which inboxes the bot answers, and how sure it must be. An inbox without a row has no bot.
CREATE TABLE inbox_bot (
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    enabled BOOLEAN NOT NULL,
    threshold BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);

-- What the bot remembers of a conversation while it has the turn.
CREATE TABLE conversation_bot (
    workspace_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    disclosed BOOLEAN NOT NULL,
    spoken BIGINT NOT NULL,
    offered TEXT NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversation (workspace_id, id)
);
