-- Finds the pieces of knowledge that say the same as another one.
CREATE INDEX article_translation ON article (workspace_id, translation_of) WHERE translation_of IS NOT NULL;
