-- When people are there: of the workspace, and of inboxes that keep hours of their own.
CREATE TABLE workspace_hours (
    workspace_id BIGINT PRIMARY KEY REFERENCES workspace (id),
    zone TEXT NOT NULL,
    week TEXT NOT NULL,
    closed TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE inbox_hours (
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    zone TEXT NOT NULL,
    week TEXT NOT NULL,
    closed TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);

-- At which times the bot of an inbox answers.
ALTER TABLE inbox_bot ADD COLUMN times TEXT NOT NULL DEFAULT 'always';
