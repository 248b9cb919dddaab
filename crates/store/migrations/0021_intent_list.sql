-- The list of all examples, the newest first.
CREATE INDEX intent_example_place ON intent_example (workspace_id, created_at DESC, id DESC);
