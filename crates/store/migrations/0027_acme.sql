-- Certificates that an authority issues to the installation itself (ACME), shared by its nodes: one row for each pair of a
-- directory and the names asked for, so that another authority begins with nothing of the former's. The account and the
-- certificate's key are sealed.
CREATE TABLE acme (
    id {id} PRIMARY KEY,
    directory TEXT NOT NULL,
    names TEXT NOT NULL,
    account {bytes},
    chain TEXT,
    chain_key {bytes},
    issued_at BIGINT,
    expires_at BIGINT,
    next_at BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    failure TEXT,
    lease_until BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    UNIQUE (directory, names)
);

-- What an authority is shown that asks for a name now (TLS-ALPN-01), whichever node it reaches.
CREATE TABLE acme_challenge (
    name TEXT PRIMARY KEY,
    digest {bytes} NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Nothing looks for suggestions by their source any more: they are counted as they come.
DROP INDEX suggestion_source;
