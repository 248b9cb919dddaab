-- How much a provider of identity has to ask of people: the authentication contexts of which its word has to name one (a JSON
-- list), and for how many minutes what somebody showed it counts.
ALTER TABLE provider ADD COLUMN acr_values TEXT NOT NULL DEFAULT '[]';
ALTER TABLE provider ADD COLUMN max_age BIGINT;

-- By what name a provider knows the sign-in through which a session began, hashed, so that it can end it.
ALTER TABLE session ADD COLUMN provider_sid {bytes};

-- What a provider has said is over: each of its words counts once, and a sign-in that is over begins no session.
CREATE TABLE sign_out (
    workspace_id BIGINT NOT NULL,
    provider_id BIGINT NOT NULL,
    jti {bytes} NOT NULL,
    sid {bytes},
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, provider_id, jti),
    FOREIGN KEY (workspace_id, provider_id) REFERENCES provider (workspace_id, id)
);
