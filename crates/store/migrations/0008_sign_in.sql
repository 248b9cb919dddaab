-- How people and programs sign in: second steps, providers of identity, links, limits and tokens.

-- Whether everybody needs a second step.
ALTER TABLE workspace ADD COLUMN second_step_required BOOLEAN NOT NULL DEFAULT FALSE;
-- Whether signing in took two steps, and when the person last proved to be there.
ALTER TABLE session ADD COLUMN two_steps BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE session ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;

-- What a program shows instead of a session. It may at most what it says and what its maker may.
CREATE TABLE api_token (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    hash {bytes} NOT NULL,
    permissions TEXT NOT NULL,
    networks TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT,
    used_from TEXT,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);
CREATE UNIQUE INDEX api_token_hash ON api_token (hash);
CREATE INDEX api_token_agent ON api_token (workspace_id, agent_id);

-- The secret behind an agent's one-time codes; it counts once it is confirmed with a first code.
CREATE TABLE one_time_code (
    workspace_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    secret {bytes} NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, agent_id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);

-- What is left of an agent's recovery codes: a used one is gone.
CREATE TABLE recovery_code (
    workspace_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (workspace_id, agent_id, hash),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);

-- What was begun in a browser and can be finished there alone, because only it knows what is hashed here. Without
-- workspace and agent where nobody is known yet: a provider will say who it is.
CREATE TABLE ceremony (
    hash {bytes} PRIMARY KEY,
    workspace_id BIGINT,
    agent_id BIGINT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    tries_left BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);
CREATE INDEX ceremony_expiry ON ceremony (expires_at);

-- A link that lets its holder choose a password, once: an invitation or a reset.
CREATE TABLE link (
    hash {bytes} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);
CREATE UNIQUE INDEX link_agent ON link (workspace_id, agent_id);

-- Browsers that have signed an agent in: guesses from elsewhere do not slow them down.
CREATE TABLE known_browser (
    hash {bytes} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);
CREATE INDEX known_browser_agent ON known_browser (workspace_id, agent_id);

-- How often somebody tried: when each key, a hash of who and what, has recovered. Without a workspace, as nobody is
-- signed in when it is counted.
CREATE TABLE attempt (
    key {bytes} PRIMARY KEY,
    recovered_at BIGINT NOT NULL
);
CREATE INDEX attempt_recovery ON attempt (recovered_at);

-- A provider of identity (OpenID Connect).
CREATE TABLE provider (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret {bytes} NOT NULL,
    creates_accounts BOOLEAN NOT NULL,
    two_steps BOOLEAN NOT NULL,
    group_claim TEXT NOT NULL,
    group_roles TEXT NOT NULL,
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
CREATE INDEX provider_account_agent ON provider_account (workspace_id, agent_id);
