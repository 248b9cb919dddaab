-- How suggestions of articles fared, each counted once: to list them nobody adds up all that was ever suggested.
CREATE TABLE suggestion_count (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    article_id BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    edited BIGINT NOT NULL,
    dismissed BIGINT NOT NULL,
    helpful BIGINT NOT NULL,
    unhelpful BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, article_id)
);

INSERT INTO suggestion_count (workspace_id, article_id, unchanged, edited, dismissed, helpful, unhelpful)
SELECT workspace_id, source_id, SUM(CASE WHEN used = 'unchanged' THEN 1 ELSE 0 END),
    SUM(CASE WHEN used = 'edited' THEN 1 ELSE 0 END), SUM(CASE WHEN used = 'dismissed' THEN 1 ELSE 0 END),
    SUM(CASE WHEN helpful THEN 1 ELSE 0 END), SUM(CASE WHEN helpful THEN 0 WHEN helpful IS NULL THEN 0 ELSE 1 END)
FROM suggestion WHERE kind = 'article' GROUP BY workspace_id, source_id;
