-- What the business knows. It is the business's own text and not sealed: most of it is public.

CREATE TABLE category (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    position BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX category_name ON category (workspace_id, name_key);

-- A piece of knowledge with its newest words. Removed ones stay without their words, so that indexes hear of it.
CREATE TABLE article (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    audience TEXT NOT NULL,
    locale TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    questions TEXT NOT NULL,
    category_id BIGINT,
    translation_of BIGINT,
    owner_id BIGINT,
    review_at BIGINT,
    source TEXT,
    source_hash {bytes},
    taken_at BIGINT,
    version BIGINT NOT NULL,
    published_version BIGINT,
    helpful BIGINT NOT NULL,
    unhelpful BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    removed_at BIGINT,
    -- The number of the knowledge's last change that concerned it.
    revision BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, category_id) REFERENCES category (workspace_id, id),
    FOREIGN KEY (workspace_id, translation_of) REFERENCES article (workspace_id, id),
    FOREIGN KEY (workspace_id, owner_id) REFERENCES agent (workspace_id, id)
);
CREATE INDEX article_revision ON article (workspace_id, revision);
-- One index for the order of each list.
CREATE INDEX article_time ON article (workspace_id, updated_at DESC, id DESC) WHERE removed_at IS NULL;
CREATE INDEX article_state ON article (workspace_id, state, updated_at DESC, id DESC) WHERE removed_at IS NULL;
CREATE INDEX article_category ON article (workspace_id, category_id, updated_at DESC, id DESC) WHERE removed_at IS NULL;
CREATE INDEX article_review ON article (workspace_id, review_at) WHERE removed_at IS NULL AND review_at IS NOT NULL;
CREATE UNIQUE INDEX article_source ON article (workspace_id, source) WHERE removed_at IS NULL AND source IS NOT NULL;

CREATE TABLE article_version (
    workspace_id BIGINT NOT NULL,
    article_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    questions TEXT NOT NULL,
    author_id BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, article_id, version),
    FOREIGN KEY (workspace_id, article_id) REFERENCES article (workspace_id, id),
    FOREIGN KEY (workspace_id, author_id) REFERENCES agent (workspace_id, id)
);

-- Which words mean the same to this business, for search: each row one group, as JSON.
CREATE TABLE synonym (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    words TEXT NOT NULL
);
CREATE INDEX synonym_workspace ON synonym (workspace_id, id);

-- How often the knowledge of a workspace changed.
ALTER TABLE workspace ADD COLUMN knowledge_revision BIGINT NOT NULL DEFAULT 0;

CREATE TABLE help_centre (
    workspace_id {id} PRIMARY KEY REFERENCES workspace (id),
    enabled BOOLEAN NOT NULL,
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    intro TEXT NOT NULL,
    color TEXT NOT NULL,
    locales TEXT NOT NULL
);
CREATE UNIQUE INDEX help_centre_slug ON help_centre (slug);
