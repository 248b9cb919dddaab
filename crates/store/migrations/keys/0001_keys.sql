-- The key store: a database apart from the data, with a backup chain of its own, so that a key that is destroyed here
-- is soon destroyed everywhere.

-- What wraps a workspace's keys, itself wrapped by a root key. Several versions stand only while keys are wrapped anew.
CREATE TABLE workspace_key (
    workspace_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    root TEXT NOT NULL,
    wrapped {bytes} NOT NULL,
    PRIMARY KEY (workspace_id, version)
);

-- The keys that seal: one for each person, one secret for the workspace.
CREATE TABLE secret_key (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    version BIGINT NOT NULL,
    wrapped {bytes} NOT NULL,
    FOREIGN KEY (workspace_id, version) REFERENCES workspace_key (workspace_id, version)
);
CREATE UNIQUE INDEX secret_key_workspace ON secret_key (workspace_id) WHERE purpose = 'workspace';
CREATE INDEX secret_key_version ON secret_key (workspace_id, version, id);
