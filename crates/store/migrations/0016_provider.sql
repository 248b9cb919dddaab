-- Providers of identity (OpenID Connect) as they are set up now; what stood here before was never in use.
DROP TABLE provider_account;
DROP TABLE provider;

-- scopes is a JSON list of names; group_roles a JSON list of {"group", "role"}, of which the first that fits counts.
CREATE TABLE provider (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret {bytes},
    enabled BOOLEAN NOT NULL,
    scopes TEXT NOT NULL,
    creates_accounts BOOLEAN NOT NULL,
    links_by_email BOOLEAN NOT NULL,
    vouches_for_emails BOOLEAN NOT NULL,
    second_step TEXT NOT NULL,
    group_claim TEXT NOT NULL,
    group_roles TEXT NOT NULL,
    default_role TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);

-- Who somebody is at a provider.
CREATE TABLE provider_account (
    workspace_id BIGINT NOT NULL,
    provider_id BIGINT NOT NULL,
    subject TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, provider_id, subject),
    FOREIGN KEY (workspace_id, provider_id) REFERENCES provider (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);
CREATE UNIQUE INDEX provider_account_agent ON provider_account (workspace_id, agent_id, provider_id);

-- The provider through which a session began.
ALTER TABLE session ADD COLUMN provider_id BIGINT;
-- Whether everybody but owners has to sign in through a provider.
ALTER TABLE workspace ADD COLUMN providers_only BOOLEAN NOT NULL DEFAULT FALSE;
