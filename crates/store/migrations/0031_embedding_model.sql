-- The sentence model that a workspace has chosen, and how many tokens were used on the day that was last counted (days
-- since 1970 UTC). Its key is sealed.
CREATE TABLE embedding_model (
    workspace_id {id} PRIMARY KEY REFERENCES workspace (id),
    address TEXT NOT NULL,
    model TEXT NOT NULL,
    api_key {bytes},
    cross_border BOOLEAN NOT NULL,
    tokens_a_day BIGINT NOT NULL,
    dimension BIGINT,
    checked_at BIGINT,
    used_day BIGINT NOT NULL DEFAULT 0,
    used_tokens BIGINT NOT NULL DEFAULT 0
);
