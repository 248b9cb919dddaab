-- The language model that a workspace has chosen. Its key is sealed.
CREATE TABLE language_model (
    workspace_id {id} PRIMARY KEY REFERENCES workspace (id),
    address TEXT NOT NULL,
    model TEXT NOT NULL,
    api_key {bytes},
    answers BOOLEAN NOT NULL,
    assists BOOLEAN NOT NULL,
    cross_border BOOLEAN NOT NULL,
    tokens_a_day BIGINT NOT NULL,
    tokens_a_contact BIGINT NOT NULL,
    abilities TEXT NOT NULL,
    checked_at BIGINT
);

-- How many tokens were used on a day (days since 1970 UTC): for whom, 0 for everything together.
CREATE TABLE language_model_use (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    day BIGINT NOT NULL,
    spender BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, day, spender)
);
