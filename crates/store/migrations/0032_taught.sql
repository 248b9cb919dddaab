-- What an answer of the bot was taken from: an intent, or a piece of knowledge with the place in its plain words, in bytes;
-- and the customer's message that it answers.
CREATE TABLE bot_answer (
    workspace_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    asked_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    source_id BIGINT NOT NULL,
    place BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, message_id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES message (workspace_id, id),
    FOREIGN KEY (workspace_id, asked_id) REFERENCES message (workspace_id, id)
);
CREATE INDEX bot_answer_asked ON bot_answer (workspace_id, asked_id);

-- What a colleague said of an answer to a customer's message: that it is right, or wrong. No words are kept. Whoever keeps
-- the knowledge decides once what becomes of it; NULL until then.
CREATE TABLE verdict (
    workspace_id BIGINT NOT NULL,
    asked_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    source_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    place BIGINT NOT NULL,
    good BOOLEAN NOT NULL,
    -- Whether it made the message one of the questions without an answer.
    noted BOOLEAN NOT NULL,
    accepted BOOLEAN,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, asked_id, kind, source_id, agent_id),
    FOREIGN KEY (workspace_id, asked_id) REFERENCES message (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);

-- The language whose questions a group of words that mean the same counts for; empty: those of every language.
ALTER TABLE synonym ADD COLUMN locale TEXT NOT NULL DEFAULT '';
