-- One row per inbox that ever sent: which node sends for it. lease_until is 0 when the last holder gave the lane back
-- after a second without a call, 1 when it ended otherwise. silent_until: the provider asked not to be called before.
CREATE TABLE send_lane (
    inbox_id {id} PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    silent_until BIGINT NOT NULL,
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inbox (workspace_id, id)
);
CREATE INDEX send_lane_held ON send_lane (lease_until) WHERE lease_until > 0;

-- A sending is now held with its inbox' lane: outbound.fence is the lane's, and outbound.lease_until stays 0.
CREATE INDEX outbound_turn ON outbound (inbox_id, state, next_at, id);
DROP INDEX outbound_ready;
DROP INDEX outbound_lease;
-- What nobody knows of a conversation; few rows.
CREATE INDEX outbound_doubt ON outbound (conversation_id) WHERE state = 'uncertain';
-- What was under way is taken over by whoever takes the lane.
INSERT INTO send_lane (inbox_id, workspace_id, lease_until, fence, silent_until)
    SELECT inbox_id, workspace_id, 1, MAX(fence), 0 FROM outbound WHERE state = 'sending'
    GROUP BY inbox_id, workspace_id;
