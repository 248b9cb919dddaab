-- What watches over the rest: alarms, and the monitor that looks whether everything accepted is shown.

CREATE TABLE alarm (
    id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL,
    inbox_id BIGINT,
    raised_at BIGINT NOT NULL,
    cleared_at BIGINT,
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);
-- At most one of a kind stands for an inbox, or for the whole machine.
CREATE UNIQUE INDEX alarm_standing ON alarm (workspace_id, kind, COALESCE(inbox_id, 0)) WHERE cleared_at IS NULL;
CREATE INDEX alarm_past ON alarm (workspace_id, cleared_at DESC, id DESC) WHERE cleared_at IS NOT NULL;

-- Deliveries that the monitor looks at again: with a reason where something of them is not shown, without one
-- where they were put back into their lane and it waits to see what becomes of them.
CREATE TABLE gap (
    inbound_id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    noticed_at BIGINT NOT NULL,
    reason TEXT,
    detail TEXT,
    replayed_at BIGINT,
    FOREIGN KEY (workspace_id, inbound_id) REFERENCES inbound (workspace_id, id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);
CREATE INDEX gap_time ON gap (workspace_id, noticed_at DESC, inbound_id DESC) WHERE reason IS NOT NULL;

-- The monitor's place, one row for the whole machine: every delivery up to it was looked at. Without a
-- workspace, as it walks through all of them. It begins at the present: what came before was applied by programs
-- without a monitor, which kept less of what it looks for.
CREATE TABLE audit (
    id {id} PRIMARY KEY,
    upto BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    fence BIGINT NOT NULL
);
INSERT INTO audit (id, upto, lease_until, fence) SELECT 1, COALESCE(MAX(id), 0), 0, 0 FROM inbound;
