-- Roles that a workspace makes for itself, teams, and what they see.

-- An agent's role is one of the built-in names or such a role's id as text. permissions and masks are JSON lists of
-- names.
CREATE TABLE role (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    permissions TEXT NOT NULL,
    scope TEXT NOT NULL,
    masks TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX role_name ON role (workspace_id, name_key);

CREATE TABLE team (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX team_name ON team (workspace_id, name_key);

CREATE TABLE team_member (
    workspace_id BIGINT NOT NULL,
    team_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, team_id, agent_id),
    FOREIGN KEY (workspace_id, team_id) REFERENCES team (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agent (workspace_id, id)
);
CREATE INDEX team_member_agent ON team_member (workspace_id, agent_id, team_id);

-- The inboxes that a team serves.
CREATE TABLE team_inbox (
    workspace_id BIGINT NOT NULL,
    team_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, team_id, inbox_id),
    FOREIGN KEY (workspace_id, team_id) REFERENCES team (workspace_id, id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);
CREATE INDEX team_inbox_inbox ON team_inbox (workspace_id, inbox_id);

-- The team that a conversation was given to; the statement that sets it sees to it that there is one.
ALTER TABLE conversation ADD COLUMN team_id BIGINT;
-- The order of the lists of those who do not see everything.
CREATE INDEX conversation_team ON conversation (workspace_id, team_id, state, updated_at DESC, id DESC)
    WHERE team_id IS NOT NULL;
CREATE INDEX conversation_inbox ON conversation (workspace_id, inbox_id, state, updated_at DESC, id DESC);
-- What counting reads, with what decides who sees it.
DROP INDEX conversation_count;
CREATE INDEX conversation_count ON conversation (workspace_id, assignee_id, unread, team_id, inbox_id)
    WHERE state = 'open';

-- To whom a conversation belonged before the change, so that those are told who see it no longer.
ALTER TABLE event ADD COLUMN was_assignee_id BIGINT;
ALTER TABLE event ADD COLUMN was_team_id BIGINT;

-- As whom an admin sees the workspace in this session.
ALTER TABLE session ADD COLUMN viewing_as BIGINT;
