-- What became of a suggestion: for which message of a customer it was, where it came from, and what the agent did with it.
-- No words are kept.
CREATE TABLE suggestion (
    workspace_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    source_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    used TEXT,
    helpful BOOLEAN,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, message_id, kind, source_id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES message (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);
CREATE INDEX suggestion_source ON suggestion (workspace_id, kind, source_id);

-- Questions of customers that the knowledge had no answer to. Their words stand in the message alone. The topic is the
-- first question of those that say nearly the same; NULL until somebody has looked.
CREATE TABLE unanswered (
    workspace_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    answer_id BIGINT,
    locale TEXT NOT NULL,
    by_bot BOOLEAN NOT NULL,
    topic_id BIGINT,
    dismissed BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, message_id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES message (workspace_id, id),
    FOREIGN KEY (workspace_id, answer_id) REFERENCES message (workspace_id, id)
);
CREATE INDEX unanswered_topic ON unanswered (workspace_id, topic_id, message_id);
CREATE INDEX unanswered_answer ON unanswered (workspace_id, answer_id) WHERE answer_id IS NOT NULL;

-- Up to which change of a workspace its conversations were looked through for such questions.
CREATE TABLE unanswered_progress (
    workspace_id {id} PRIMARY KEY REFERENCES workspace (id),
    seq BIGINT NOT NULL
);
