-- Where knowledge is taken from: a file, by its name, or pages, by their addresses.
CREATE TABLE knowledge_source (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    addresses TEXT NOT NULL,
    choice TEXT NOT NULL,
    every TEXT NOT NULL,
    next_at BIGINT,
    taken_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX knowledge_source_name ON knowledge_source (workspace_id, name_key);
CREATE INDEX knowledge_source_time ON knowledge_source (workspace_id, created_at DESC, id DESC);
CREATE INDEX knowledge_source_due ON knowledge_source (next_at) WHERE next_at IS NOT NULL;

-- The last time that a source was read, and what came of it.
CREATE TABLE knowledge_import (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    source_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    -- Whether it began by the clock and needs nobody's consent.
    by_clock BOOLEAN NOT NULL,
    file TEXT,
    file_hash {bytes},
    file_columns TEXT NOT NULL,
    problem TEXT,
    counts TEXT NOT NULL,
    agent_id BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, source_id),
    FOREIGN KEY (workspace_id, source_id) REFERENCES knowledge_source (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);

-- What was read and is to be written; gone once it is.
CREATE TABLE knowledge_import_item (
    workspace_id BIGINT NOT NULL,
    import_id BIGINT NOT NULL,
    place BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    applied BOOLEAN NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    locale TEXT NOT NULL,
    category TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    questions TEXT NOT NULL,
    hash {bytes},
    article_id BIGINT,
    problem TEXT,
    etag TEXT,
    modified TEXT,
    PRIMARY KEY (workspace_id, import_id, place),
    FOREIGN KEY (workspace_id, import_id) REFERENCES knowledge_import (workspace_id, id)
);
CREATE UNIQUE INDEX knowledge_import_item_source ON knowledge_import_item (workspace_id, import_id, source);
CREATE INDEX knowledge_import_item_verdict ON knowledge_import_item (workspace_id, import_id, verdict, place);

-- What a page's server said of its newest form, so that it is asked for what is newer alone.
CREATE TABLE knowledge_page (
    workspace_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    etag TEXT,
    modified TEXT,
    PRIMARY KEY (workspace_id, source_id, address),
    FOREIGN KEY (workspace_id, source_id) REFERENCES knowledge_source (workspace_id, id)
);

ALTER TABLE article ADD COLUMN source_id BIGINT;
CREATE INDEX article_of_source ON article (workspace_id, source_id, id) WHERE source_id IS NOT NULL;
