-- Passkeys, and whether a provider's word for an e-mail address counts.

-- What an agent's device signs with. The credential is the id that the device chose.
CREATE TABLE passkey (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    credential {bytes} NOT NULL,
    name TEXT NOT NULL,
    public_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);
CREATE UNIQUE INDEX passkey_credential ON passkey (credential);
CREATE INDEX passkey_agent ON passkey (workspace_id, agent_id);

-- Whether an address that the provider has verified finds the account with that address.
ALTER TABLE provider ADD COLUMN links_by_email BOOLEAN NOT NULL DEFAULT FALSE;
